"""What happens when memory runs out: passes of half as many tokens, once, and then an error that says what to do."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from typing import TypeVar

import torch
from grpc import StatusCode

from majlis_trainer.call_error import CallError

Answer = TypeVar("Answer")
CPU_ALLOCATOR = "DefaultCPUAllocator"
log = logging.getLogger(__name__)


class PassSize:
    """Tokens of one pass, halved at most once in a process's life, and not where other ranks wait for the pass."""

    def __init__(self, tokens: int, *, may_halve: bool) -> None:
        self.tokens = tokens
        self._may_halve = may_halve and tokens > 1

    def within(self, work: Callable[[int], Answer]) -> Answer:
        """Work that is given the tokens of a pass, and is done anew from its beginning with half of them."""
        while True:
            try:
                return work(self.tokens)
            except (RuntimeError, MemoryError) as failure:
                if not is_out_of_memory(failure):
                    raise
                if not self._may_halve:
                    raise CallError(StatusCode.RESOURCE_EXHAUSTED, self.advice()) from failure
            # Outside the handler, whose traceback keeps the failed pass's tensors.
            self._halve()

    def advice(self) -> str:
        """What a person can do."""
        return (
            f"Out of memory with passes of {self.tokens} tokens: start the trainer with lower --pass-tokens, with "
            "--gradient-checkpointing, with more --ranks, or train LoRA adapters."
        )

    def _halve(self) -> None:
        self._may_halve = False
        self.tokens = max(self.tokens // 2, 1)
        log.warning("out of memory: passes have %d tokens from now on", self.tokens)
        free_memory()


def free_memory() -> None:
    """What nobody refers to any more goes back to the device now: modules refer to themselves in circles."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def is_out_of_memory(failure: BaseException) -> bool:
    """CUDA has an error of its own; the CPU's is known by its text."""
    return isinstance(failure, torch.OutOfMemoryError | MemoryError) or CPU_ALLOCATOR in str(failure)
