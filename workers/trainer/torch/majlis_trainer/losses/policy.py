"""The clipped policy loss max(−A·ρ, −A·clip(ρ, 1 − ε_low, 1 + ε_high)), minus an entropy bonus, plus a KL estimate.

Schulman et al. 2017 (arXiv 1707.06347, equation 7), with separate bounds (DAPO, arXiv 2503.14476), the dual clip
min(that, −A·c) for A < 0 (Ye et al. 2020, arXiv 1912.09729, equation 5) and a ratio per token or per sequence (GSPO, arXiv
2507.18071, equation 7). KL estimates are Schulman's (http://joschu.net/blog/kl-approx.html). core/math has the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from majlis_trainer.batch import TokenBatch
from majlis_trainer.grid import Grid, weighted_sequences
from majlis_trainer.losses.loss import MetricSums, by_sequence, clamp_log_ratio
from majlis_trainer.network import Network, entropy_of, log_probs_of

MAX_K3 = 10.0
"""k3 grows exponentially where the policy left the reference's support; it is cut off here."""

KlKind = Literal["k1", "k2", "k3"]


@dataclass(frozen=True)
class PolicySettings:
    """The numbers of the loss."""

    eps_low: float
    eps_high: float
    dual_clip: float | None
    by_sequence: bool
    """One ratio for a whole sequence."""
    entropy_coef: float
    kl: tuple[KlKind, float] | None
    """Estimator and coefficient."""


@dataclass(frozen=True)
class PolicyLoss:
    """A Loss. Per-token tensors follow the batch's packing."""

    batch: TokenBatch
    settings: PolicySettings
    advantages: Tensor
    old_log_probs: Tensor
    reference_log_probs: Tensor | None
    reads_ends: bool = False

    def groups(self) -> list[list[int]]:
        """Sequences that have a weight."""
        return [[sequence] for sequence in weighted_sequences(self.batch)]

    def of_grid(self, network: Network, grid: Grid, metrics: MetricSums) -> Tensor:
        """Each sequence's part of the sum."""
        distribution = network.log_softmax(grid, self.batch.temperature)
        log_probs = log_probs_of(distribution, self.batch.token_ids[grid.entries])
        losses = self._clipped(log_probs, grid, metrics)
        coef = self.settings.entropy_coef
        entropy = entropy_of(distribution if coef != 0 else distribution.detach())
        metrics.add("entropy", entropy, len(entropy))
        if coef != 0:
            losses = losses - coef * entropy
        if self.settings.kl is not None and self.reference_log_probs is not None:
            kind, kl_coef = self.settings.kl
            reference = self.reference_log_probs[grid.entries]
            losses = losses + kl_coef * kl_estimates(kind, log_probs - reference)
        return by_sequence(losses * self.batch.weights[grid.entries], grid)

    def _clipped(self, log_probs: Tensor, grid: Grid, metrics: MetricSums) -> Tensor:
        settings = self.settings
        differences = log_probs - self.old_log_probs[grid.entries]
        ratios = self._log_ratios(differences, grid).exp()
        advantages = self.advantages[grid.entries]
        plain = -advantages * ratios
        bounded = -advantages * ratios.clamp(1 - settings.eps_low, 1 + settings.eps_high)
        losses = torch.maximum(plain, bounded)
        by_ceiling = torch.zeros_like(advantages, dtype=torch.bool)
        if settings.dual_clip is not None:
            ceilings = -advantages * settings.dual_clip
            by_ceiling = (advantages < 0) & (losses > ceilings)
            losses = torch.where(advantages < 0, torch.minimum(losses, ceilings), losses)
        count = len(log_probs)
        own = clamp_log_ratio(differences.detach())
        metrics.add("clipped", (bounded > plain) & ~by_ceiling, count)
        metrics.add("dualClipped", by_ceiling, count)
        metrics.add("approximateKl", own.double().expm1() - own.double(), count)
        metrics.add("ratio", ratios, count)
        metrics.add("ratioDeviation", (ratios.detach() - 1).abs(), count)
        return losses

    def _log_ratios(self, differences: Tensor, grid: Grid) -> Tensor:
        if not self.settings.by_sequence:
            return clamp_log_ratio(differences)
        sums = by_sequence(differences, grid)
        means = clamp_log_ratio(sums / torch.bincount(grid.owners, minlength=len(sums)))
        return means[grid.owners]


def kl_estimates(kind: KlKind, differences: Tensor) -> Tensor:
    """KL(policy ‖ reference) from one sampled token, given log π − log π_ref. [place]"""
    delta = clamp_log_ratio(differences)
    if kind == "k1":
        return delta
    if kind == "k2":
        return delta.square() / 2
    return ((-delta).exp() + delta - 1).clamp(max=MAX_K3)
