"""Passes through a model: what Forward wants, and the gradient of a loss."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from majlis_trainer.batch import TokenBatch
from majlis_trainer.call_error import precondition
from majlis_trainer.grid import lay_grids, weighted_sequences
from majlis_trainer.losses.loss import Loss, MetricSums
from majlis_trainer.network import Network, entropy_of, kl_of, log_probs_of
from majlis_trainer.wire import trainer_pb2 as wire

TOKEN_WANTS: dict[int, int] = {
    wire.WANT_LOG_PROBS: wire.TENSOR_NAME_LOG_PROBS,
    wire.WANT_ENTROPY: wire.TENSOR_NAME_ENTROPY,
    wire.WANT_VALUES: wire.TENSOR_NAME_VALUES,
    wire.WANT_KL: wire.TENSOR_NAME_KL,
}
SCORE_WANTS = frozenset({wire.WANT_VALUES, wire.WANT_SCORES})


def forward(network: Network, against: Network | None, batch: TokenBatch, wants: Sequence[int]) -> dict[int, Tensor]:
    """What is wanted, by tensor name, in the batch's packing; 0 where the weight is 0."""
    for want in wants:
        _check_want(want, network, against)
    answer: dict[int, Tensor] = {}
    with torch.no_grad():
        token_wants = [want for want in wants if want != wire.WANT_SCORES]
        if token_wants:
            answer |= _token_pass(network, against, batch, token_wants)
        if wire.WANT_SCORES in wants:
            answer[wire.TENSOR_NAME_SCORES] = _score_pass(network, batch)
    return answer


def add_gradient(network: Network, loss: Loss, normalizer: float) -> tuple[float, MetricSums]:
    """Adds the gradient of loss / normalizer to the model's; (that loss, metrics)."""
    metrics = MetricSums()
    total = 0.0
    for grid in lay_grids(loss.batch, loss.groups(), ends=loss.reads_ends):
        part = loss.of_grid(network, grid, metrics) / normalizer
        part.backward()  # type: ignore[no-untyped-call]
        total += part.item()
    return total, metrics


def _token_pass(network: Network, against: Network | None, batch: TokenBatch, wants: Sequence[int]) -> dict[int, Tensor]:
    answer = {TOKEN_WANTS[want]: torch.zeros(len(batch.token_ids)) for want in wants}
    groups = [[sequence] for sequence in weighted_sequences(batch)]
    for grid in lay_grids(batch, groups, ends=False):
        if wire.WANT_VALUES in wants:
            answer[wire.TENSOR_NAME_VALUES][grid.entries] = network.scores(grid)[:, 0]
            continue
        distribution = network.log_softmax(grid, batch.temperature)
        if wire.WANT_LOG_PROBS in wants:
            log_probs = log_probs_of(distribution, batch.token_ids[grid.entries])
            answer[wire.TENSOR_NAME_LOG_PROBS][grid.entries] = log_probs
        if wire.WANT_ENTROPY in wants:
            answer[wire.TENSOR_NAME_ENTROPY][grid.entries] = entropy_of(distribution)
        if wire.WANT_KL in wants and against is not None:
            other = against.log_softmax(grid, batch.temperature)
            answer[wire.TENSOR_NAME_KL][grid.entries] = kl_of(distribution, other)
    return answer


def _score_pass(network: Network, batch: TokenBatch) -> Tensor:
    """[sequence × head]"""
    scores = torch.zeros(batch.sequences, network.heads)
    groups = [[sequence] for sequence in range(batch.sequences)]
    for grid in lay_grids(batch, groups, ends=True):
        scores[grid.sequences] = network.scores(grid)
    return scores.flatten()


def _check_want(want: int, network: Network, against: Network | None) -> None:
    reason = None
    if (want in SCORE_WANTS) != (network.heads > 0):
        has_heads = "the model has score heads, not a vocabulary"
        reason = "the model has no score heads" if want in SCORE_WANTS else has_heads
    elif want == wire.WANT_VALUES and network.heads != 1:
        reason = f"the model has {network.heads} heads"
    elif want == wire.WANT_KL and against is None:
        reason = "`against` names no model"
    elif want == wire.WANT_KL and against is not None:
        comparable = against.heads == 0 and against.vocabulary == network.vocabulary
        reason = None if comparable else "both models must be language models of one vocabulary"
    if reason is not None:
        name = wire.Want.Name(want).removeprefix("WANT_").lower()
        raise precondition(f"Forward cannot give {name}: {reason}.")
