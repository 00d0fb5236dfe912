"""A call as bytes, from rank 0 to the others."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from majlis_trainer.wire import trainer_pb2 as wire

MESSAGES: dict[str, Any] = {
    "create_model": wire.CreateModelRequest,
    "forward": wire.ForwardHeader,
    "forward_backward": wire.ForwardBackwardHeader,
    "optim_step": wire.OptimStepRequest,
    "publish_weights": wire.PublishWeightsRequest,
    "save_checkpoint": wire.SaveCheckpointRequest,
    "load_checkpoint": wire.LoadCheckpointRequest,
    "delete_model": wire.DeleteModelRequest,
}
STREAMED = frozenset({"forward", "forward_backward"})
"""Calls that come with tensors."""
STOP = b"stop\n"


@dataclass(frozen=True)
class Command:
    """One call of the trainer."""

    method: str
    message: Any
    tensors: dict[int, bytearray] = field(default_factory=dict)


def encode_command(command: Command) -> bytes:
    """One line of JSON that says how long the parts are, then the parts."""
    message: bytes = command.message.SerializeToString()
    sizes = {name: len(content) for name, content in command.tensors.items()}
    line = json.dumps({"method": command.method, "message": len(message), "tensors": sizes})
    return b"".join([line.encode(), b"\n", message, *command.tensors.values()])


def decode_command(content: bytes) -> Command:
    """The command again."""
    line, _, rest = content.partition(b"\n")
    said = json.loads(line)
    message = MESSAGES[said["method"]].FromString(rest[: said["message"]])
    tensors: dict[int, bytearray] = {}
    at = said["message"]
    for name, size in said["tensors"].items():
        tensors[int(name)] = bytearray(rest[at : at + size])
        at += size
    return Command(said["method"], message, tensors)


def perform(trainer: Any, command: Command) -> Any:
    """Does a call."""
    method = getattr(trainer, command.method)
    return method(command.message, command.tensors) if command.method in STREAMED else method(command.message)
