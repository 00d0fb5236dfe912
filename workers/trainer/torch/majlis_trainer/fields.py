"""Fields of messages that must be there: proto3 decodes an absent one as zero or as an empty text."""

from __future__ import annotations

from typing import Any

from majlis_trainer.call_error import BadInputError


def required(message: Any, field: str) -> Any:
    """An `optional` field's value or a sub-message; a BadInputError where it is absent."""
    if message.HasField(field):
        return getattr(message, field)
    raise _absent(message, field, "a value")


def identifier(message: Any, field: str) -> str:
    """A text that names something, so that an empty one is an absent one."""
    text: str = getattr(message, field)
    if text != "":
        return text
    raise _absent(message, field, "a non-empty text")


def _absent(message: Any, field: str, allowed: str) -> BadInputError:
    source = f"message {message.DESCRIPTOR.full_name}"
    return BadInputError(source=source, place=field, found="nothing", allowed=allowed)
