"""Tensors as a header that declares them and chunks that fill them, little-endian.

A stream is whole or refused: each tensor's chunks come in order, without gap or overlap, and all that was declared has
arrived when the stream ends. What nobody takes out of it is refused too, since a tensor that is silently ignored would
train another loss than the sender meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from majlis_trainer.call_error import BadInputError
from majlis_trainer.wire import trainer_pb2 as wire

CHUNK_BYTES = 1024 * 1024
MOST_BYTES = 1024 * 1024 * 1024
BYTES_PER_ELEMENT = 4
INTEGER_TENSORS = frozenset(
    {
        wire.TENSOR_NAME_TOKEN_IDS,
        wire.TENSOR_NAME_OFFSETS,
        wire.TENSOR_NAME_FIRST,
        wire.TENSOR_NAME_SECOND,
    }
)


def tensor_place(name: int) -> str:
    """How a refusal names a tensor, for example `tensors.old_log_probs`."""
    known = wire.TensorName.DESCRIPTOR.values_by_number.get(name)
    label = str(name) if known is None else known.name.removeprefix("TENSOR_NAME_").lower()
    return f"tensors.{label}"


@dataclass
class Filling:
    """A declared tensor and how many of its bytes are there."""

    content: bytearray
    filled: int = 0


class TensorReader:
    """Takes named tensors out of a stream's set and checks that each is there and as long as it must be."""

    def __init__(self, tensors: dict[int, bytearray], source: str) -> None:
        self._left = tensors
        self._source = source

    def has(self, name: int) -> bool:
        """Whether the tensor was sent and not yet taken."""
        return name in self._left

    def take(self, name: int, length: int | None = None) -> Tensor:
        """The tensor of that name, INT32 or FLOAT32 as the name says, of any length unless one is given."""
        if name not in self._left:
            raise self.refusal(name, "nothing", "a tensor")
        content = self._left.pop(name)
        dtype = torch.int32 if name in INTEGER_TENSORS else torch.float32
        # torch takes no empty buffer.
        tensor = torch.frombuffer(content, dtype=dtype) if content else torch.empty(0, dtype=dtype)
        if length is not None and len(tensor) != length:
            raise self.refusal(name, f"{len(tensor)} entries", f"{length} entries")
        return tensor

    def take_if_sent(self, name: int, length: int) -> Tensor | None:
        """None where the tensor was not sent."""
        return self.take(name, length) if self.has(name) else None

    def finish(self) -> None:
        """Refuses what nobody asked for."""
        for name in self._left:
            raise self.refusal(name, "a tensor", "only tensors that the call uses")

    def refusal(self, name: int, found: str, allowed: str) -> BadInputError:
        """A refusal of one tensor."""
        return BadInputError(source=self._source, place=tensor_place(name), found=found, allowed=allowed)


def collect(parts: Iterator[Any], source: str) -> tuple[Any, dict[int, bytearray]]:
    """Reads a whole stream of ForwardRequest or ForwardBackwardRequest: the header, and each tensor's bytes."""
    first = next(parts, None)
    if first is None or first.WhichOneof("part") != "header":
        raise BadInputError(source=source, place="part", found="no header", allowed="a header first")
    header = first.header
    fillings = _declared(header.tensors, source)
    for part in parts:
        if part.WhichOneof("part") != "chunk":
            raise BadInputError(source=source, place="part", found="no chunk", allowed="chunks after the header")
        _fill(fillings, part.chunk, source)
    for name, filling in fillings.items():
        if filling.filled < len(filling.content):
            found, allowed = f"{filling.filled} bytes", f"the declared {len(filling.content)} bytes"
            raise BadInputError(source=source, place=tensor_place(name), found=found, allowed=allowed)
    return header, {name: filling.content for name, filling in fillings.items()}


def _declared(declarations: Iterable[Any], source: str) -> dict[int, Filling]:
    fillings: dict[int, Filling] = {}
    total = 0
    for declaration in declarations:
        name = declaration.name
        total += declaration.length * BYTES_PER_ELEMENT
        allowed = None
        if name == wire.TENSOR_NAME_UNSPECIFIED or name not in wire.TensorName.values():
            allowed = "the name of a tensor"
        elif not declaration.HasField("length"):
            allowed = "a declaration with a length"
        elif name in fillings:
            allowed = "one declaration for each tensor"
        elif total > MOST_BYTES:
            allowed = f"at most {MOST_BYTES} bytes in one stream"
        if allowed is not None:
            found = f"{declaration.length} entries, {total} bytes so far"
            raise BadInputError(source=source, place=tensor_place(name), found=found, allowed=allowed)
        fillings[name] = Filling(bytearray(declaration.length * BYTES_PER_ELEMENT))
    return fillings


def _fill(fillings: Mapping[int, Filling], chunk: Any, source: str) -> None:
    filling = fillings.get(chunk.name)
    allowed = None
    if filling is None:
        allowed = "chunks of declared tensors"
    elif not chunk.HasField("offset") or chunk.offset != filling.filled:
        allowed = f"a chunk at offset {filling.filled}"
    elif chunk.offset + len(chunk.data) > len(filling.content):
        allowed = f"the declared {len(filling.content)} bytes"
    if filling is None or allowed is not None:
        found = f"{len(chunk.data)} bytes at offset {chunk.offset}"
        raise BadInputError(source=source, place=tensor_place(chunk.name), found=found, allowed=allowed or "nothing")
    filling.content[filling.filled : filling.filled + len(chunk.data)] = chunk.data
    filling.filled += len(chunk.data)


def reply_parts(tensors: Mapping[int, Tensor]) -> Iterator[Any]:
    """The messages of a Forward reply: float32 tensors by name."""
    declarations = [
        wire.TensorDeclaration(name=wire.TensorName.Name(name), length=tensor.numel()) for name, tensor in tensors.items()
    ]
    yield wire.ForwardResponse(header=wire.ForwardResultHeader(tensors=declarations))
    for name, tensor in tensors.items():
        content = tensor.detach().to(torch.float32).contiguous().numpy().tobytes()
        for offset in range(0, len(content), CHUNK_BYTES):
            data = content[offset : offset + CHUNK_BYTES]
            yield wire.ForwardResponse(chunk=wire.TensorChunk(name=wire.TensorName.Name(name), offset=offset, data=data))
