"""The models of all runs, and the epochs that fence them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grpc import StatusCode

from majlis_trainer.adapter import LoraSettings
from majlis_trainer.call_error import CallError
from majlis_trainer.fields import identifier, required
from majlis_trainer.model_state import ModelState


@dataclass(frozen=True)
class Call:
    """Who calls: stands in every request but GetCapabilities."""

    run: str
    epoch: int
    expected_version: int | None


def read_call(message: Any) -> Call:
    """The `call` of a request or header."""
    call = required(message, "call")
    expected = call.expected_version if call.HasField("expected_version") else None
    return Call(run=identifier(call, "run"), epoch=required(call, "epoch"), expected_version=expected)


class ModelTable:
    """Models by id, and the highest epoch seen of each run."""

    def __init__(self) -> None:
        self._models: dict[str, ModelState] = {}
        self._epochs: dict[str, int] = {}

    def admit(self, call: Call) -> None:
        """Takes note of a call's epoch; one that is lower than the run's highest is ABORTED."""
        highest = self._epochs.get(call.run, call.epoch)
        if call.epoch < highest:
            message = f"Epoch {call.epoch} of run {call.run} has been replaced by epoch {highest}."
            raise CallError(StatusCode.ABORTED, message)
        self._epochs[call.run] = call.epoch

    def add(self, model: ModelState) -> None:
        """Takes in a new model."""
        self._models[model.id] = model

    def remove(self, model: ModelState) -> None:
        """Forgets a model."""
        del self._models[model.id]

    def beside(self, base: str, adapter: LoraSettings | None) -> ModelState | None:
        """A language model whose adapter stands beside the weights of a directory, and has these settings where told."""
        wanted = Path(base).resolve()
        for model in self._models.values():
            own = model.network.adapter
            fits = own is not None and model.network.heads == 0 and adapter in (None, own.settings)
            if fits and Path(model.base).resolve() == wanted:
                return model
        return None

    def find(self, call: Call, model_id: str) -> ModelState:
        """A model of the caller's run, without a gradient of an earlier epoch."""
        self.admit(call)
        model = self._models.get(model_id)
        if model is None or model.run != call.run:
            raise CallError(StatusCode.NOT_FOUND, f"Run {call.run} has no model {model_id}.")
        if call.epoch > model.epoch:
            model.discard_gradient()
            model.epoch = call.epoch
        return model
