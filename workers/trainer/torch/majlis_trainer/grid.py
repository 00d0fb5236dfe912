"""Sequences laid out in grids, padded on the right, and the places that are asked for.

Which sequences share a grid depends on the batch, the ranks and the tokens of a pass alone, so that gradients are always
added in the same order. Padding stands after everything that counts, and models are causal, so it is seen by nothing.
For the same reason what several sequences begin with, such as a prompt with its answers, can be computed once for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from majlis_trainer.batch import TokenBatch


@dataclass(frozen=True)
class Prefixes:
    """Beginnings of one length that a grid's sequences have, each once."""

    token_ids: Tensor
    """[prefix, time]"""
    of: Tensor
    """Which one each sequence begins with. [sequence]"""


@dataclass(frozen=True)
class Grid:
    """Some sequences of a batch."""

    sequences: list[int]
    """Indices into the batch. [sequence]"""
    token_ids: Tensor
    """What follows the prefixes. [sequence, time]"""
    prefixes: Prefixes | None
    """What stands before, computed once for all sequences that begin with it; None where nothing is shared."""
    rows: Tensor
    """Places among the sequence × time positions. [place]"""
    entries: Tensor
    """Packed index of the token that each place predicts; empty for sequences' ends. [place]"""
    owners: Tensor
    """Which sequence of the grid each place belongs to. [place]"""
    groups: list[int]
    """Indices of the groups that this grid holds."""

    @property
    def tokens(self) -> int:
        """How many are computed, padding included."""
        return self.token_ids.numel() + (0 if self.prefixes is None else self.prefixes.token_ids.numel())

    def seat(self, sequence: int) -> int:
        """Row of a batch's sequence in the grid."""
        return self.sequences.index(sequence)


WORTH_SHARING = 1 / 8
"""Share of a grid's tokens below which sharing them is not worth a pass of their own."""

EMPTY_GRID = Grid(
    sequences=[],
    token_ids=torch.zeros(1, 1, dtype=torch.long),
    prefixes=None,
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
    shares_prefixes: bool = False
    """Whether what sequences begin with alike is computed once."""

    def passes(self, pass_tokens: int, *, rank: int = 0, world: int = 1) -> Iterator[Grid | None]:
        """This rank's grids, and None for the rest, so that every rank passes as often."""
        if self.shares_prefixes and world == 1:
            yield from self._shared_passes(pass_tokens)
            return
        plans = [self.plan(share, pass_tokens) for share in self.shares(world)]
        for at in range(max(len(plan) for plan in plans)):
            own = plans[rank]
            yield self._lay(own[at]) if at < len(own) else None

    def _shared_passes(self, pass_tokens: int) -> list[Grid]:
        """Like lengths have less padding in a grid, like beginnings more in common: whichever leaves fewer tokens."""
        by_beginning = sorted(range(len(self.groups)), key=self._beginning)
        orders = [*self.shares(1), by_beginning]
        plans = [[self._lay(groups) for groups in self.plan(order, pass_tokens)] for order in orders]
        return min(plans, key=lambda grids: sum(grid.tokens for grid in grids))

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
        """Groups of each grid: as many, in their order, as have no more tokens than that with padding. [grid]"""
        plan: list[list[int]] = []
        sequences: set[int] = set()
        longest = 0
        for group in share:
            wider, length = sequences | set(self.groups[group]), max(longest, self._longest(group))
            if plan and len(wider) * length <= pass_tokens:
                plan[-1].append(group)
            else:
                plan.append([group])
                wider, length = set(self.groups[group]), self._longest(group)
            sequences, longest = wider, length
        return plan

    def _beginning(self, group: int) -> list[int]:
        """Tokens of its first sequence."""
        first = self.groups[group][0]
        tokens: list[int] = self.batch.token_ids[self.batch.offsets[first] : self.batch.offsets[first + 1]].tolist()
        return tokens

    def _longest(self, group: int) -> int:
        return max(self.batch.length(sequence) for sequence in self.groups[group])

    def _lay(self, groups: list[int]) -> Grid:
        batch = self.batch
        sequences = list(dict.fromkeys(sequence for group in groups for sequence in self.groups[group]))
        token_ids = torch.zeros(len(sequences), max(batch.length(sequence) for sequence in sequences), dtype=torch.long)
        places, entries = [], []
        for seat, sequence in enumerate(sequences):
            start, length = batch.offsets[sequence], batch.length(sequence)
            token_ids[seat, :length] = batch.token_ids[start : start + length]
            if self.ends:
                places.append(torch.tensor([length]))
            else:
                places.append(batch.weights[start : start + length].nonzero()[:, 0])
                entries.append(start + places[-1])
        # What is said of token t is read one place before it, and of a sequence at its last token.
        # One of a pair may have none that counts.
        first = min((int(own[0]) for own in places if len(own) > 0), default=1) - 1
        prefixes = shared_prefixes(token_ids, first) if self.shares_prefixes else None
        if prefixes is not None:
            token_ids = token_ids[:, prefixes.token_ids.shape[1] :]
        seats = torch.arange(len(sequences))
        owners = seats.repeat_interleave(torch.tensor([len(own) for own in places]))
        before = 0 if prefixes is None else prefixes.token_ids.shape[1]
        return Grid(
            sequences=sequences,
            token_ids=token_ids,
            prefixes=prefixes,
            rows=owners * token_ids.shape[1] + torch.cat(places) - 1 - before,
            entries=torch.cat(entries) if entries else torch.empty(0, dtype=torch.long),
            owners=owners,
            groups=groups,
        )


def shared_prefixes(token_ids: Tensor, longest: int) -> Prefixes | None:
    """Prefixes of whichever length up to `longest` saves the most of [sequence, time]; None where that is not worth it."""
    rows = token_ids[:, :longest].tolist()
    order = sorted(range(len(rows)), key=rows.__getitem__)
    ordered = token_ids[order, :longest]
    # How many tokens each row has in common with the one before it. Between two such lengths more is always better.
    common = (ordered[1:] == ordered[:-1]).long().cumprod(dim=1).sum(dim=1)
    saved = {length: length * int((common >= length).sum()) for length in set(common.tolist())}
    best = max(saved, key=lambda length: (saved[length], length), default=0)
    if best == 0 or saved[best] < WORTH_SHARING * token_ids.numel():
        return None
    starts = torch.cat([torch.tensor([True]), common < best])
    of = torch.empty(len(rows), dtype=torch.long)
    of[order] = starts.long().cumsum(0) - 1
    return Prefixes(token_ids=ordered[starts, :best], of=of)


def weighted_sequences(batch: TokenBatch) -> list[int]:
    """Sequences that have a token of non-zero weight."""
    return [
        sequence
        for sequence in range(batch.sequences)
        if bool((batch.weights[batch.offsets[sequence] : batch.offsets[sequence + 1]] != 0).any())
    ]
