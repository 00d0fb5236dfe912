"""One model of one run: weights, optimizer state, and what its current step has accumulated."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils import clip_grads_with_norm_, get_total_norm
from torch.optim import AdamW

from majlis_trainer.call_error import precondition
from majlis_trainer.full_tensors import full_tensor
from majlis_trainer.network import Network


@dataclass(frozen=True)
class Answered:
    """A finished call, for answering its repetition."""

    step: int
    request_hash: bytes
    answer: Any


@dataclass(frozen=True)
class AdamSettings:
    """The numbers of one optimizer step."""

    learning_rate: float
    betas: tuple[float, float]
    eps: float
    weight_decay: float
    clip: float | None
    """Largest global gradient norm; None means no clipping."""


@dataclass
class ModelState:
    """A model and what training adds to it."""

    id: str
    run: str
    base: str
    """The directory of whole weights that its tokenizer stands in, and that an adapter stands beside."""
    network: Network
    frozen: bool
    epoch: int
    """The epoch that the gradient belongs to."""
    version: int = 0
    """Optimizer steps, skipped ones included."""
    micros: int = 0
    """Micro-batches in the gradient."""
    answered: dict[str, Answered] = field(default_factory=dict)
    is_torn: bool = False
    """Whether a step was left halfway, so that the weights are those of no version."""
    _optimizer: AdamW | None = None

    @property
    def optimizer(self) -> AdamW:
        """Made at the first step. Its own step counts leave skipped steps out."""
        if self._optimizer is None:
            self._optimizer = AdamW(list(self.network.parameters().values()))
        return self._optimizer

    def check_version(self, expected: int | None) -> None:
        """Refuses a call that believes the model to be at another version, and a model that is at none."""
        if self.is_torn:
            raise precondition(f"A step of model {self.id} failed halfway; load its newest checkpoint into it.")
        if expected is not None and expected != self.version:
            raise precondition(f"Model {self.id} has had {self.version} steps, not {expected}.")

    def check_trainable(self, step: int) -> None:
        """Refuses to train a reference, and a step that is not the one due."""
        if self.frozen:
            raise precondition(f"Model {self.id} is a frozen reference.")
        self.check_version(step)

    def discard_gradient(self) -> None:
        """Forgets a gradient that was accumulated and not stepped, with the answers that stood for it."""
        self.zero_gradient()
        self.answered = {key: one for key, one in self.answered.items() if one.step != self.version}

    def zero_gradient(self) -> None:
        """The next micro-batch is the first one."""
        self.micros = 0
        self._drop_gradient()

    def take_gradient(self) -> dict[str, Tensor]:
        """Puts what has been accumulated aside."""
        taken = {name: one.grad for name, one in self.network.parameters().items() if one.grad is not None}
        self._drop_gradient()
        return taken

    def _drop_gradient(self) -> None:
        for parameter in self.network.parameters().values():
            parameter.grad = None

    def add_gradient(self, taken: dict[str, Tensor]) -> None:
        """Adds what was put aside."""
        for name, parameter in self.network.parameters().items():
            earlier = taken.get(name)
            if earlier is not None:
                parameter.grad = earlier if parameter.grad is None else earlier.add_(parameter.grad)

    def step(self, settings: AdamSettings) -> tuple[float, bool]:
        """One AdamW step; (gradient norm before clipping, whether it was skipped since that is not finite)."""
        parameters = list(self.network.parameters().values())
        for parameter in parameters:
            if parameter.grad is None:
                # Decay and moments go on for every parameter, whichever of them the loss reached.
                parameter.grad = torch.zeros_like(parameter)
        norm = full_tensor(get_total_norm([one.grad for one in parameters if one.grad is not None]))
        grad_norm = float(norm)
        skipped = not math.isfinite(grad_norm)
        if not skipped:
            if settings.clip is not None:
                clip_grads_with_norm_(parameters, settings.clip, norm)
            for group in self.optimizer.param_groups:
                group["lr"] = settings.learning_rate
                group["betas"] = settings.betas
                group["eps"] = settings.eps
                group["weight_decay"] = settings.weight_decay
            self.is_torn = True
            self.optimizer.step()
            self.is_torn = False
        self.zero_gradient()
        self.version += 1
        return grad_norm, skipped
