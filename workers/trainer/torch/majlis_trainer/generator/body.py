"""A request's JSON object, read field by field; what does not fit is refused by name."""

from __future__ import annotations

import json
from http import HTTPStatus

from majlis_trainer.generator.http_error import HttpError, refuse

MAX_SEED = 2**63 - 1


class Body:
    """Fields of a JSON object. `path` names the object inside the request in refusals."""

    def __init__(self, values: dict[str, object], path: str = "") -> None:
        self.values = values
        self.path = path

    @staticmethod
    def parse(data: bytes) -> Body:
        """An empty body is an empty object, as for calls without parameters."""
        try:
            values = json.loads(data) if data.strip() else {}
        except ValueError as cause:
            raise HttpError(HTTPStatus.BAD_REQUEST, f"The body is no JSON: {cause}.") from cause
        if not isinstance(values, dict):
            raise HttpError(HTTPStatus.BAD_REQUEST, "The body is no JSON object.")
        return Body(values)

    def text(self, name: str) -> str:
        """A text that has to be there."""
        value = self.values.get(name)
        if isinstance(value, str) and value != "":
            return value
        raise refuse(self.path + name, json.dumps(value), "a text")

    def optional_text(self, name: str) -> str | None:
        """None where it is absent or null."""
        return None if self.values.get(name) is None else self.text(name)

    def whole(self, name: str, default: int, least: int, most: int = MAX_SEED) -> int:
        """A whole number."""
        value = self.values.get(name)
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        raise refuse(self.path + name, json.dumps(value), f"a whole number from {least} to {most}")

    def number(self, name: str, default: float, least: float) -> float:
        """A finite number."""
        value = self.values.get(name)
        if value is None:
            return default
        if isinstance(value, int | float) and not isinstance(value, bool) and least <= value < float("inf"):
            return float(value)
        raise refuse(self.path + name, json.dumps(value), f"a number from {least}")

    def flag(self, name: str) -> bool:
        """False where it is absent."""
        value = self.values.get(name)
        if value is None or isinstance(value, bool):
            return value is True
        raise refuse(self.path + name, json.dumps(value), "true, false")

    def token_ids(self, name: str, vocabulary: int) -> list[int]:
        """Token ids; an empty list where they are absent."""
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise refuse(self.path + name, json.dumps(value)[:60], "a list of token ids: text is tokenized by who asks")
        for each in value:
            if not isinstance(each, int) or isinstance(each, bool) or not 0 <= each < vocabulary:
                raise refuse(self.path + name, f"token id {json.dumps(each)[:60]}", f"0 to {vocabulary - 1}")
        return value

    def inner(self, name: str) -> Body:
        """An object inside this one; an empty one where it is absent."""
        value = self.values.get(name)
        if value is None:
            return Body({}, f"{self.path}{name}.")
        if isinstance(value, dict):
            return Body(value, f"{self.path}{name}.")
        raise refuse(self.path + name, json.dumps(value)[:60], "an object")

    def refuse_beyond(self, allowed: dict[str, tuple[object, ...]]) -> None:
        """Refuses fields whose value asks for what is not done here; each may only have its neutral values."""
        for name, neutral in allowed.items():
            value = self.values.get(name)
            if value is not None and value not in neutral:
                shown = ", ".join(json.dumps(each) for each in neutral)
                raise refuse(self.path + name, json.dumps(value)[:60], f"{shown}: nothing else is done here")
