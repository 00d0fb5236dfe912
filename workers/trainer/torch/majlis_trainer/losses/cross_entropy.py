"""Supervised learning: −Σ weight × log p(token)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from majlis_trainer.batch import TokenBatch
from majlis_trainer.grid import Grid, weighted_sequences
from majlis_trainer.losses.loss import MetricSums, by_sequence
from majlis_trainer.network import Network, log_probs_of


@dataclass(frozen=True)
class CrossEntropy:
    """A Loss."""

    batch: TokenBatch
    reads_ends: bool = False

    def groups(self) -> list[list[int]]:
        """Sequences that have a weight."""
        return [[sequence] for sequence in weighted_sequences(self.batch)]

    def of_grid(self, network: Network, grid: Grid, metrics: MetricSums) -> Tensor:
        """Each sequence's part of the sum."""
        tokens = self.batch.token_ids[grid.entries]
        log_probs = log_probs_of(network.log_softmax(grid, self.batch.temperature), tokens)
        metrics.add("negativeLogLikelihood", -log_probs, len(log_probs))
        return -by_sequence(log_probs * self.batch.weights[grid.entries], grid)
