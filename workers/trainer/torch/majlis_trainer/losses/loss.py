"""What every loss is made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from majlis_trainer.batch import TokenBatch
from majlis_trainer.grid import Grid
from majlis_trainer.network import Network

MAX_LOG_RATIO = 20.0
"""Differences of log-probabilities are clamped to it, so that one odd token cannot overflow an exponential."""


class MetricSums:
    """Sums with counts, which add up over micro-batches and ranks."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = defaultdict(float)
        self.counts: dict[str, int] = defaultdict(int)

    def add(self, name: str, values: Tensor | float, count: int) -> None:
        """Adds a tensor's sum, or a number."""
        self.sums[name] += values.detach().double().sum().item() if isinstance(values, Tensor) else values
        self.counts[name] += count


class Loss(Protocol):
    """One loss over one batch."""

    @property
    def batch(self) -> TokenBatch:
        """The tokens."""

    @property
    def reads_ends(self) -> bool:
        """Whether places are the sequences' ends, rather than weighted tokens."""

    def groups(self) -> Sequence[Sequence[int]]:
        """Sequences that must share a pass."""

    def of_grid(self, network: Network, grid: Grid, metrics: MetricSums) -> Tensor:
        """Each group's part of the sum, not yet divided by the normalizer. [group of the grid]"""


def by_sequence(values: Tensor, grid: Grid) -> Tensor:
    """Sums of places' values over the grid's sequences. [sequence of the grid]"""
    return values.new_zeros(len(grid.sequences)).index_add(0, grid.owners, values)


def clamp_log_ratio(difference: Tensor) -> Tensor:
    """Within ±20."""
    return difference.clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO)
