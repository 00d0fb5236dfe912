"""What a request is refused with, in OpenAI's shape of an error."""

from __future__ import annotations

from http import HTTPStatus


class HttpError(Exception):
    """A refusal that a person can act on; `param` names the field that it is about."""

    def __init__(self, status: HTTPStatus, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.param = param

    def body(self) -> dict[str, object]:
        """As vLLM and OpenAI write it."""
        kind = "".join(word.capitalize() for word in self.status.name.split("_")).removesuffix("Error") + "Error"
        return {"error": {"message": str(self), "type": kind, "param": self.param, "code": self.status.value}}


def refuse(param: str, found: object, allowed: str) -> HttpError:
    """A value of a request that nobody can work with."""
    return HttpError(HTTPStatus.BAD_REQUEST, f"{param}: found {found}; allowed: {allowed}", param)
