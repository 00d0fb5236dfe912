"""Sequences laid out in grids, padded on the right, and the places that are asked for.

Which sequences share a grid depends on the batch, the ranks and the tokens of a pass alone, so that gradients are always
added in the same order. Padding stands after everything that counts, and models are causal, so it is seen by nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from majlis_trainer.batch import TokenBatch


@dataclass(frozen=True)
class Grid:
    """Some sequences of a batch."""

    sequences: list[int]
    """Indices into the batch. [sequence]"""
    token_ids: Tensor
    """[sequence, time]"""
    rows: Tensor
    """Places among the sequence × time positions. [place]"""
    entries: Tensor
    """Packed index of the token that each place predicts; empty for sequences' ends. [place]"""
    owners: Tensor
    """Which sequence of the grid each place belongs to. [place]"""
    groups: list[int]
    """Indices of the groups that this grid holds."""

    def seat(self, sequence: int) -> int:
        """Row of a batch's sequence in the grid."""
        return self.sequences.index(sequence)


EMPTY_GRID = Grid(
    sequences=[],
    token_ids=torch.zeros(1, 1, dtype=torch.long),
    rows=torch.zeros(1, dtype=torch.long),
    entries=torch.empty(0, dtype=torch.long),
    owners=torch.empty(0, dtype=torch.long),
    groups=[],
)
"""One token of nobody's: what a rank passes through a model that others still pass something through."""


@dataclass(frozen=True)
class Layout:
    """How a batch is passed through a model."""

    batch: TokenBatch
    groups: Sequence[Sequence[int]]
    """Sequences that must share a pass. [group]"""
    ends: bool
    """Places are the sequences' ends rather than weighted tokens."""

    def passes(self, pass_tokens: int, *, rank: int = 0, world: int = 1) -> Iterator[Grid | None]:
        """This rank's grids, and None for the rest, so that every rank passes as often."""
        plans = [self.plan(share, pass_tokens) for share in self.shares(world)]
        for at in range(max(len(plan) for plan in plans)):
            own = plans[rank]
            yield self._lay(own[at]) if at < len(own) else None

    def shares(self, world: int) -> list[list[int]]:
        """Groups of each rank, longest first, each given to the rank that has the fewest tokens. [rank]"""
        shares: list[list[int]] = [[] for _ in range(world)]
        tokens = [0] * world
        for group in sorted(range(len(self.groups)), key=lambda group: -self._longest(group)):
            least = min(range(world), key=lambda rank: tokens[rank])
            shares[least].append(group)
            tokens[least] += len(self.groups[group]) * self._longest(group)
        return shares

    def plan(self, share: Sequence[int], pass_tokens: int) -> list[list[int]]:
        """Groups of each grid: as many, longest first, as have no more tokens than that with padding. [grid]"""
        plan: list[list[int]] = []
        sequences: set[int] = set()
        for group in share:
            wider = sequences | set(self.groups[group])
            if plan and len(wider) * self._longest(plan[-1][0]) <= pass_tokens:
                plan[-1].append(group)
            else:
                plan.append([group])
                wider = set(self.groups[group])
            sequences = wider
        return plan

    def _longest(self, group: int) -> int:
        return max(self.batch.length(sequence) for sequence in self.groups[group])

    def _lay(self, groups: list[int]) -> Grid:
        batch = self.batch
        sequences = list(dict.fromkeys(sequence for group in groups for sequence in self.groups[group]))
        time = max(batch.length(sequence) for sequence in sequences)
        token_ids = torch.zeros(len(sequences), time, dtype=torch.long)
        rows, entries, owners = [], [], []
        for seat, sequence in enumerate(sequences):
            start, length = batch.offsets[sequence], batch.length(sequence)
            token_ids[seat, :length] = batch.token_ids[start : start + length]
            if self.ends:
                places = torch.tensor([length])
            else:
                places = batch.weights[start : start + length].nonzero()[:, 0]
                entries.append(start + places)
            # What is said of token t is read one place before it, and of a sequence at its last token.
            rows.append(seat * time + places - 1)
            owners.append(torch.full_like(places, seat))
        return Grid(
            sequences=sequences,
            token_ids=token_ids,
            rows=torch.cat(rows),
            entries=torch.cat(entries) if entries else torch.empty(0, dtype=torch.long),
            owners=torch.cat(owners),
            groups=groups,
        )


def weighted_sequences(batch: TokenBatch) -> list[int]:
    """Sequences that have a token of non-zero weight."""
    return [
        sequence
        for sequence in range(batch.sequences)
        if bool((batch.weights[batch.offsets[sequence] : batch.offsets[sequence + 1]] != 0).any())
    ]
