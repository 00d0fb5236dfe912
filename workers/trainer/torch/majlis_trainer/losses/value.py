"""The critic's loss ½·max((V − R)², (clip(V, V_old ± clip) − R)²) (Huang et al. 2022, detail 9); as in core/math."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from majlis_trainer.batch import TokenBatch
from majlis_trainer.grid import Grid, weighted_sequences
from majlis_trainer.losses.loss import MetricSums, by_sequence
from majlis_trainer.network import Network


@dataclass(frozen=True)
class ValueLoss:
    """A Loss on a model with one head. Per-token tensors follow the batch's packing."""

    batch: TokenBatch
    old_values: Tensor
    returns: Tensor
    clip: float | None
    reads_ends: bool = False

    def groups(self) -> list[list[int]]:
        """Sequences that have a weight."""
        return [[sequence] for sequence in weighted_sequences(self.batch)]

    def of_grid(self, network: Network, grid: Grid, metrics: MetricSums) -> Tensor:
        """Each sequence's part of the sum."""
        values = network.scores(grid)[:, 0]
        returns, old = self.returns[grid.entries], self.old_values[grid.entries]
        errors = plain = (values - returns).square()
        if self.clip is not None:
            # values clipped to old ± clip, with bounds of one number each for autograd
            bounded = torch.minimum(torch.maximum(values, old - self.clip), old + self.clip)
            errors = torch.maximum(plain, (bounded - returns).square())
        metrics.add("valueLoss", errors / 2, len(values))
        metrics.add("clipped", errors > plain, len(values))
        return by_sequence(errors * self.batch.weights[grid.entries], grid) / 2
