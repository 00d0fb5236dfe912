"""Soft-label losses of pairs: Bradley-Terry on scores, and DPO on sums of log-probabilities.

With z = first − second + offset, a label y and a margin m it is y·softplus(m − z) + (1 − y)·softplus(m + z), as in
core/math/soft-bradley-terry. Bradley-Terry adds centring × (first + second)² (Eisenstein et al. 2023, arXiv 2312.09244,
equation 2); DPO's rewards are β × (Σ weight × log π − reference sum) (Rafailov et al. 2023, arXiv 2305.18290, equation 7).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus

from majlis_trainer.batch import PairBatch, TokenBatch
from majlis_trainer.grid import Grid
from majlis_trainer.losses.loss import MetricSums, by_sequence
from majlis_trainer.network import Network, log_probs_of


@dataclass(frozen=True)
class BradleyTerryLoss:
    """A Loss on a model with score heads."""

    batch: TokenBatch
    pairs: PairBatch
    centring: float
    reads_ends: bool = True

    def groups(self) -> list[list[int]]:
        """The two of each pair."""
        return pair_groups(self.pairs)

    def of_grid(self, network: Network, grid: Grid, metrics: MetricSums) -> Tensor:
        """Each pair's part of the sum."""
        first, second = sides_of(network.scores(grid), self.pairs, grid)
        pull = self.centring * (first + second).square()
        losses = pair_likelihood(first - second, self.pairs, grid) + pull
        add_pair_metrics(metrics, (first - second).mean(dim=1), self.pairs, grid)
        metrics.add("score", (first + second).mean(dim=1) / 2, len(first))
        return (losses * self.pairs.weights[grid.groups]).sum(dim=1)


@dataclass(frozen=True)
class DpoLoss:
    """A Loss on a language model."""

    batch: TokenBatch
    pairs: PairBatch
    reference_sums: Tensor
    """[sequence]"""
    beta: float
    reads_ends: bool = False

    def groups(self) -> list[list[int]]:
        """The two of each pair."""
        return pair_groups(self.pairs)

    def of_grid(self, network: Network, grid: Grid, metrics: MetricSums) -> Tensor:
        """Each pair's part of the sum."""
        tokens = self.batch.token_ids[grid.entries]
        log_probs = log_probs_of(network.log_softmax(grid, self.batch.temperature), tokens)
        weighted = log_probs * self.batch.weights[grid.entries]
        sums = by_sequence(weighted, grid)
        rewards = self.beta * (sums - self.reference_sums[grid.sequences])
        first, second = sides_of(rewards[:, None], self.pairs, grid)
        add_pair_metrics(metrics, (first - second)[:, 0], self.pairs, grid)
        losses = pair_likelihood(first - second, self.pairs, grid)
        return (losses * self.pairs.weights[grid.groups]).sum(dim=1)


def pair_groups(pairs: PairBatch) -> list[list[int]]:
    """The two sequences of each pair. [pair]"""
    return [list(pair) for pair in zip(pairs.first, pairs.second, strict=True)]


def sides_of(numbers: Tensor, pairs: PairBatch, grid: Grid) -> tuple[Tensor, Tensor]:
    """Numbers of the grid's sequences, for the first and the second of its pairs. [pair, head]"""
    first = [grid.seat(pairs.first[pair]) for pair in grid.groups]
    second = [grid.seat(pairs.second[pair]) for pair in grid.groups]
    return numbers[first], numbers[second]


def pair_likelihood(differences: Tensor, pairs: PairBatch, grid: Grid) -> Tensor:
    """The loss of each pair and head, without centring. [pair, head]"""
    zero = torch.zeros(len(grid.groups), 1)
    margins = zero if pairs.margins is None else pairs.margins[grid.groups, None]
    offsets = zero if pairs.logit_offsets is None else pairs.logit_offsets[grid.groups, None]
    labels = pairs.labels[grid.groups, None]
    logits = differences + offsets
    return labels * softplus(margins - logits) + (1 - labels) * softplus(margins + logits)


def add_pair_metrics(metrics: MetricSums, leads: Tensor, pairs: PairBatch, grid: Grid) -> None:
    """How often and by how much the preferred one leads; pairs without a preference are not counted as decided."""
    sides = (pairs.labels[grid.groups] - 0.5).sign()
    metrics.add("accuracy", sides * leads.detach() > 0, int((sides != 0).sum()))
    metrics.add("lead", sides * leads, len(leads))
