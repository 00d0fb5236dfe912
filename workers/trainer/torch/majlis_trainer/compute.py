"""Passes through a model: what Forward wants, and the gradient of a loss. Ranks share a batch's sequences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from grpc import StatusCode
from torch import Tensor

from majlis_trainer.batch import TokenBatch
from majlis_trainer.call_error import CallError, precondition
from majlis_trainer.grid import EMPTY_GRID, Grid, Layout, weighted_sequences
from majlis_trainer.losses.loss import Loss, MetricSums
from majlis_trainer.network import Network, entropy_of, kl_of, log_probs_of
from majlis_trainer.ranks import Ranks
from majlis_trainer.wire import trainer_pb2 as wire

TOKEN_WANTS: dict[int, int] = {
    wire.WANT_LOG_PROBS: wire.TENSOR_NAME_LOG_PROBS,
    wire.WANT_ENTROPY: wire.TENSOR_NAME_ENTROPY,
    wire.WANT_VALUES: wire.TENSOR_NAME_VALUES,
    wire.WANT_KL: wire.TENSOR_NAME_KL,
}
SCORE_WANTS = frozenset({wire.WANT_VALUES, wire.WANT_SCORES})


@dataclass(frozen=True)
class Share:
    """Which part of the work this process has, and how much of it at once."""

    ranks: Ranks
    pass_tokens: int

    def passes(self, layout: Layout) -> Iterator[Grid | None]:
        """This rank's grids, and None where only others still have one."""
        return layout.passes(self.pass_tokens, rank=self.ranks.rank, world=self.ranks.world)


def forward(
    network: Network, against: Network | None, batch: TokenBatch, wants: Sequence[int], share: Share
) -> dict[int, Tensor]:
    """What is wanted, by tensor name, in the batch's packing; 0 where the weight is 0."""
    for want in wants:
        _check_want(want, network, against)
    answer: dict[int, Tensor] = {}
    with torch.no_grad():
        token_wants = [want for want in wants if want != wire.WANT_SCORES]
        if token_wants:
            answer |= _token_pass(network, against, batch, token_wants, share)
        if wire.WANT_SCORES in wants:
            answer[wire.TENSOR_NAME_SCORES] = _score_pass(network, batch, share)
    # What is another rank's is 0 here.
    return {name: share.ranks.add_up(tensor) for name, tensor in answer.items()}


def add_gradient(network: Network, loss: Loss, normalizer: float, share: Share) -> tuple[float, MetricSums]:
    """Adds the gradient of loss / normalizer to the model's; (that loss, metrics), of all ranks together.

    A loss that is not finite is OUT_OF_RANGE and names the first sequence at which it is so.
    """
    metrics = MetricSums()
    total, odd = 0.0, []
    layout = Layout(loss.batch, loss.groups(), ends=loss.reads_ends, shares_prefixes=network.shares_prefixes)
    for grid in share.passes(layout):
        if grid is None:
            (network.outputs(EMPTY_GRID) * 0).sum().backward()  # type: ignore[no-untyped-call]
            continue
        parts = loss.of_grid(network, grid, metrics) / normalizer
        odd += [group for group, part in zip(grid.groups, parts.tolist(), strict=True) if not _is_finite(part)]
        whole = parts.sum()
        whole.backward()  # type: ignore[no-untyped-call]
        total += whole.item()
    said = share.ranks.gather({"loss": total, "odd": odd, "sums": metrics.sums, "counts": metrics.counts})
    _require_finite(said, layout)
    together = MetricSums()
    for one in said:
        for name, value in one["sums"].items():
            together.add(name, value, one["counts"][name])
    return sum(one["loss"] for one in said), together


def _require_finite(said: list[dict[str, Any]], layout: Layout) -> None:
    odd = sorted(group for one in said for group in one["odd"])
    if odd:
        sequences = " and ".join(str(sequence) for sequence in layout.groups[odd[0]])
        raise not_finite(f"at sequence {sequences} of the batch ({len(odd)} of {len(layout.groups)} are so)")
    if not _is_finite(sum(one["loss"] for one in said)):
        raise not_finite("in sum, though not at any one sequence")


def not_finite(where: str) -> CallError:
    """A loss that cannot be learned from."""
    return CallError(
        StatusCode.OUT_OF_RANGE, f"the loss is not finite {where}; its gradient is discarded, weights are as before"
    )


def _is_finite(value: float) -> bool:
    return value - value == 0.0


def _token_pass(
    network: Network, against: Network | None, batch: TokenBatch, wants: Sequence[int], share: Share
) -> dict[int, Tensor]:
    answer = {TOKEN_WANTS[want]: torch.zeros(len(batch.token_ids)) for want in wants}
    groups = [[sequence] for sequence in weighted_sequences(batch)]
    shares_prefixes = network.shares_prefixes and (against is None or against.shares_prefixes)
    for grid in share.passes(Layout(batch, groups, ends=False, shares_prefixes=shares_prefixes)):
        for name, values in _of_grid(network, against, batch, wants, grid or EMPTY_GRID).items():
            if grid is not None:
                answer[name][grid.entries] = values
    return answer


def _of_grid(
    network: Network, against: Network | None, batch: TokenBatch, wants: Sequence[int], grid: Grid
) -> dict[int, Tensor]:
    """By tensor name. [place]"""
    if wire.WANT_VALUES in wants:
        return {wire.TENSOR_NAME_VALUES: network.scores(grid)[:, 0]}
    distribution = network.log_softmax(grid, batch.temperature)
    found: dict[int, Tensor] = {}
    if wire.WANT_LOG_PROBS in wants and grid is not EMPTY_GRID:
        found[wire.TENSOR_NAME_LOG_PROBS] = log_probs_of(distribution, batch.token_ids[grid.entries])
    if wire.WANT_ENTROPY in wants:
        found[wire.TENSOR_NAME_ENTROPY] = entropy_of(distribution)
    if wire.WANT_KL in wants and against is not None:
        other = against.log_softmax(grid, batch.temperature)
        found[wire.TENSOR_NAME_KL] = kl_of(distribution, other)
    return found


def _score_pass(network: Network, batch: TokenBatch, share: Share) -> Tensor:
    """[sequence × head]"""
    scores = torch.zeros(batch.sequences, network.heads)
    groups = [[sequence] for sequence in range(batch.sequences)]
    for grid in share.passes(Layout(batch, groups, ends=True, shares_prefixes=network.shares_prefixes)):
        found = network.scores(grid or EMPTY_GRID)
        if grid is not None:
            scores[grid.sequences] = found
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
