"""Each loss against its formula, written out with numbers and without PyTorch's autograd; gradients by differences."""

from __future__ import annotations

import math
from typing import Any, cast

import pytest
import torch
from torch import Tensor

from majlis_trainer.batch import PairBatch, TokenBatch
from majlis_trainer.grid import Grid, Layout
from majlis_trainer.losses.cross_entropy import CrossEntropy
from majlis_trainer.losses.loss import Loss, MetricSums
from majlis_trainer.losses.pairs import BradleyTerryLoss, DpoLoss
from majlis_trainer.losses.policy import PolicyLoss, PolicySettings, kl_estimates
from majlis_trainer.losses.value import ValueLoss
from majlis_trainer.network import Network

TEMPERATURE = 0.7
BATCH = TokenBatch(
    token_ids=torch.tensor([0, 2, 1, 1, 0, 2, 2]),
    offsets=[0, 3, 7],
    weights=torch.tensor([0.0, 1.0, 0.5, 0.0, 2.0, 0.0, 1.0]),
    temperature=TEMPERATURE,
)
PLACES = [1, 2, 4, 6]
"""Entries of non-zero weight, in the order of a grid whose longest sequence comes first: 4, 6, then 1, 2."""


class FakeNetwork:
    """Gives the logits of each entry, or the scores of each sequence, that it was made with."""

    def __init__(self, outputs: Tensor) -> None:
        self.outputs = outputs

    def log_softmax(self, grid: Grid, temperature: float) -> Tensor:
        """[place, vocabulary]"""
        return torch.log_softmax(self.outputs[grid.entries] / temperature, dim=-1)

    def scores(self, grid: Grid) -> Tensor:
        """[place, head]"""
        return self.outputs[grid.entries] if len(grid.entries) else self.outputs[grid.sequences]


def loss_of(loss: Loss, outputs: Tensor) -> tuple[Tensor, MetricSums]:
    """The whole sum."""
    metrics = MetricSums()
    (grid,) = Layout(loss.batch, loss.groups(), ends=loss.reads_ends).passes(100)
    assert grid is not None
    return loss.of_grid(cast(Network, FakeNetwork(outputs)), grid, metrics).sum(), metrics


def logits() -> Tensor:
    """[token, vocabulary]"""
    return torch.tensor([[math.sin(3 * t + v) for v in range(3)] for t in range(7)], dtype=torch.float64)


def log_prob(values: Tensor, entry: int) -> float:
    """Of an entry's token at the temperature."""
    row: list[float] = [value / TEMPERATURE for value in values[entry].tolist()]
    return row[int(BATCH.token_ids[entry])] - math.log(sum(math.exp(one) for one in row))


def entropy(values: Tensor, entry: int) -> float:
    """In nats."""
    row: list[float] = [value / TEMPERATURE for value in values[entry].tolist()]
    total = sum(math.exp(one) for one in row)
    return -sum(math.exp(one) / total * (one - math.log(total)) for one in row)


def weight(entry: int) -> float:
    """Of an entry."""
    return float(BATCH.weights[entry])


def test_cross_entropy_is_the_weighted_sum_of_minus_log_p() -> None:
    expected = -sum(weight(entry) * log_prob(logits(), entry) for entry in PLACES)
    loss, metrics = loss_of(CrossEntropy(BATCH), logits())
    assert loss.item() == pytest.approx(expected, rel=1e-6)
    assert metrics.counts["negativeLogLikelihood"] == 4


@pytest.mark.parametrize("by_sequence", [False, True])
@pytest.mark.parametrize("dual_clip", [None, 1.5])
@pytest.mark.parametrize("kl", [None, ("k2", 0.3), ("k3", 0.2)])
def test_ppo_is_the_formula(by_sequence: bool, dual_clip: float | None, kl: Any) -> None:
    old = torch.tensor([0.0, -1.9, -0.2, 0.0, -2.5, 0.0, -0.6])
    advantages = torch.tensor([0.0, 1.5, -2.0, 0.0, -0.7, 0.0, 0.9])
    reference = torch.tensor([0.0, -1.0, -1.2, 0.0, -0.5, 0.0, -2.0])
    settings = PolicySettings(0.2, 0.3, dual_clip, by_sequence, 0.05, kl)
    loss, metrics = loss_of(PolicyLoss(BATCH, settings, advantages, old, reference), logits())
    expected, clipped = 0.0, 0
    for own in ([1, 2], [4, 6]):
        ratios = [log_prob(logits(), entry) - float(old[entry]) for entry in own]
        if by_sequence:
            ratios = [sum(ratios) / len(ratios)] * len(ratios)
        for entry, log_ratio in zip(own, ratios, strict=True):
            ratio, advantage = math.exp(log_ratio), float(advantages[entry])
            plain, bounded = -advantage * ratio, -advantage * min(max(ratio, 0.8), 1.3)
            term = max(plain, bounded)
            ceiled = dual_clip is not None and advantage < 0 and term > -advantage * dual_clip
            if dual_clip is not None and ceiled:
                term = -advantage * dual_clip
            clipped += bounded > plain and not ceiled
            term -= 0.05 * entropy(logits(), entry)
            if kl is not None:
                delta = log_prob(logits(), entry) - float(reference[entry])
                term += kl[1] * {"k2": delta**2 / 2, "k3": math.exp(-delta) - 1 + delta}[kl[0]]
            expected += weight(entry) * term
    assert loss.item() == pytest.approx(expected, rel=1e-5)
    assert metrics.sums["clipped"] == clipped


def test_kl_estimates_are_bounded_where_the_policy_left_the_reference() -> None:
    far = torch.tensor([-50.0, 50.0])
    assert kl_estimates("k1", far).tolist() == [-20.0, 20.0]
    assert kl_estimates("k3", far).tolist() == pytest.approx([10.0, 10.0])


@pytest.mark.parametrize("clip", [None, 0.3])
def test_value_is_half_the_larger_squared_error(clip: float | None) -> None:
    values = torch.tensor([[math.cos(2 * t)] for t in range(7)])
    old, returns = torch.linspace(-1, 1, 7), torch.linspace(2, -2, 7)
    loss, _ = loss_of(ValueLoss(BATCH, old, returns, clip), values)
    expected = 0.0
    for entry in PLACES:
        value, before, target = float(values[entry, 0]), float(old[entry]), float(returns[entry])
        error = (value - target) ** 2
        if clip is not None:
            error = max(error, (min(max(value, before - clip), before + clip) - target) ** 2)
        expected += weight(entry) * error / 2
    assert loss.item() == pytest.approx(expected, rel=1e-6)


PAIRS = PairBatch(
    first=[0, 1],
    second=[1, 0],
    labels=torch.tensor([1.0, 0.3]),
    margins=torch.tensor([0.2, 0.0]),
    logit_offsets=torch.tensor([0.0, -0.5]),
    weights=torch.tensor([[1.0, 0.0], [0.5, 2.0]]),
)


def soft_label_loss(lead: float, pair: int) -> float:
    """y·softplus(m − z) + (1 − y)·softplus(m + z)"""
    assert PAIRS.margins is not None
    assert PAIRS.logit_offsets is not None
    label, margin = float(PAIRS.labels[pair]), float(PAIRS.margins[pair])
    logit = lead + float(PAIRS.logit_offsets[pair])
    return label * math.log1p(math.exp(margin - logit)) + (1 - label) * math.log1p(math.exp(margin + logit))


def test_bradley_terry_is_the_soft_label_loss_of_each_head_and_pulls_scores_to_zero() -> None:
    scores = torch.tensor([[0.4, -1.0], [-0.3, 0.6]])
    loss, metrics = loss_of(BradleyTerryLoss(BATCH, PAIRS, centring=0.05), scores)
    expected = 0.0
    for pair, (first, second) in enumerate([(0, 1), (1, 0)]):
        for head in (0, 1):
            a, b = float(scores[first, head]), float(scores[second, head])
            expected += float(PAIRS.weights[pair, head]) * (soft_label_loss(a - b, pair) + 0.05 * (a + b) ** 2)
    assert loss.item() == pytest.approx(expected, rel=1e-6)
    assert metrics.counts["accuracy"] == 2


def test_dpo_is_that_loss_of_gains_over_the_reference() -> None:
    pairs = PairBatch(
        PAIRS.first, PAIRS.second, PAIRS.labels, PAIRS.margins, PAIRS.logit_offsets, torch.tensor([[1.0], [2.0]])
    )
    reference = torch.tensor([-2.0, -1.0])
    loss, _ = loss_of(DpoLoss(BATCH, pairs, reference, beta=0.4), logits().float())
    sums = [sum(weight(entry) * log_prob(logits(), entry) for entry in own) for own in ([1, 2], [4, 6])]
    rewards = [0.4 * (sums[sequence] - float(reference[sequence])) for sequence in (0, 1)]
    expected = soft_label_loss(rewards[0] - rewards[1], 0) + 2 * soft_label_loss(rewards[1] - rewards[0], 1)
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_the_gradient_of_ppo_is_that_of_differences() -> None:
    old, advantages = torch.full((7,), -1.0, dtype=torch.float64), torch.linspace(-1, 1, 7, dtype=torch.float64)
    loss = PolicyLoss(BATCH, PolicySettings(0.2, 0.2, None, False, 0.1, None), advantages, old, None)
    at = logits().requires_grad_()
    loss_of(loss, at)[0].backward()  # type: ignore[no-untyped-call]
    assert at.grad is not None
    for entry, vocabulary in ((4, 0), (6, 1), (2, 2)):
        step = torch.zeros_like(at)
        step[entry, vocabulary] = 1e-5
        up, down = (loss_of(loss, at.detach() + sign * step)[0].item() for sign in (1, -1))
        assert at.grad[entry, vocabulary].item() == pytest.approx((up - down) / 2e-5, rel=1e-6)
