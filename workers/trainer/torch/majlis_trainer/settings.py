"""How this process computes: device, types of numbers, and how much at once."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Literal

import torch
from grpc import StatusCode

from majlis_trainer.call_error import CallError

DtypeName = Literal["float32", "bfloat16"]
PASS_TOKENS = 4096
"""Tokens of one pass unless told."""


@dataclass(frozen=True)
class Settings:
    """Of a whole process; every rank has the same but for the device's number."""

    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    dtype: DtypeName = "float32"
    """Of matrix products. Trained weights, log-probabilities and losses are float32 in any case."""
    pass_tokens: int = PASS_TOKENS
    """Tokens of one pass through a model, padding included, unless one group of sequences alone has more."""
    gradient_checkpointing: bool = False
    """Layers' insides are computed again in the backward pass rather than kept."""

    @property
    def torch_dtype(self) -> torch.dtype:
        """The dtype as PyTorch names it."""
        return torch.bfloat16 if self.dtype == "bfloat16" else torch.float32

    def mixed_precision(self) -> AbstractContextManager[object]:
        """Around passes: float32 weights are multiplied in the dtype."""
        if self.dtype == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)


def choose_settings(
    *, device: str | None, dtype: DtypeName | None, pass_tokens: int, gradient_checkpointing: bool, local_rank: int
) -> Settings:
    """Settings from options: a GPU where there is one and bfloat16 on it, unless told. No CUDA is refused."""
    kind = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if kind == "cuda" and not torch.cuda.is_available():
        message = "CUDA is not available to this PyTorch: use --device cpu, or a build of PyTorch for this machine's driver."
        raise CallError(StatusCode.FAILED_PRECONDITION, message)
    if kind == "cuda" and local_rank >= torch.cuda.device_count():
        message = f"There are {torch.cuda.device_count()} CUDA devices, fewer than ranks: lower --ranks."
        raise CallError(StatusCode.FAILED_PRECONDITION, message)
    return Settings(
        device=torch.device("cuda", local_rank) if kind == "cuda" else torch.device("cpu"),
        dtype=dtype or ("bfloat16" if kind == "cuda" else "float32"),
        pass_tokens=pass_tokens,
        gradient_checkpointing=gradient_checkpointing,
    )
