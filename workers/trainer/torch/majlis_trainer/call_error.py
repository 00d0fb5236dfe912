"""What a call is refused with. Codes are gRPC's canonical ones; a refused value keeps its parts for the caller."""

from __future__ import annotations

from grpc import StatusCode

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""Hosts that only this machine reaches."""


class CallError(Exception):
    """A failure that a person can act on: one sentence and a status code."""

    def __init__(self, code: StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class BadInputError(CallError):
    """A value that was refused: where it stood, what it was, what would have been accepted."""

    def __init__(self, *, source: str, place: str, found: str, allowed: str) -> None:
        super().__init__(StatusCode.INVALID_ARGUMENT, f"{source} at {place}: found {found}; allowed: {allowed}")
        self.source = source
        self.place = place
        self.found = found
        self.allowed = allowed


def refuse(place: str, found: object, allowed: str) -> BadInputError:
    """A refusal of something in a trainer request."""
    return BadInputError(source="trainer request", place=place, found=str(found), allowed=allowed)


def precondition(message: str) -> CallError:
    """A call that does not fit the state in which it finds the trainer."""
    return CallError(StatusCode.FAILED_PRECONDITION, message)


def startup_report(failure: CallError) -> dict[str, object]:
    """What a server that cannot start prints as JSON: the sentence, its code and, of a refused value, its parts."""
    said: dict[str, object] = {"error": str(failure), "code": failure.code.name.lower()}
    if isinstance(failure, BadInputError):
        said["refused"] = {name: getattr(failure, name) for name in ("source", "place", "found", "allowed")}
    return said
