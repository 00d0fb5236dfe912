"""Compares the Python package's generated messages with proto/gen/descriptors.binpb; prints what differs."""

import json
import sys
from pathlib import Path

from google.protobuf import descriptor_pb2

root = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(root / "workers" / "trainer" / "torch"))

from majlis_trainer.wire import messages_pb2, trainer_pb2  # noqa: E402


def essence(file):
    """All but where the file was and what a compiler adds by itself."""
    file.ClearField("name")
    file.ClearField("options")
    file.ClearField("source_code_info")
    todo = list(file.message_type)
    while todo:
        message = todo.pop()
        todo.extend(message.nested_type)
        for field in message.field:
            field.ClearField("json_name")
    return file.SerializeToString(deterministic=True)


served = descriptor_pb2.FileDescriptorSet.FromString((root / "proto" / "gen" / "descriptors.binpb").read_bytes())
by_name = {Path(file.name).name: file for file in served.file if file.package == "majlis.v1"}
compared, different = [], []
for name, module in (("trainer.proto", trainer_pb2), ("messages.proto", messages_pb2)):
    own = descriptor_pb2.FileDescriptorProto()
    module.DESCRIPTOR.CopyToProto(own)
    compared.append(name)
    if essence(own) != essence(by_name[name]):
        different.append(name)
print(json.dumps({"compared": compared, "different": different}))
