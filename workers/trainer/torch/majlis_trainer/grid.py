"""Sequences laid out in grids, padded on the right, and the places that are asked for.

Which sequences share a grid depends on the batch alone, so that gradients are always added in the same order. Padding
stands after everything that counts, and models are causal, so it is seen by nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from majlis_trainer.batch import TokenBatch

GRID_TOKENS = 4096
"""Tokens of one pass through the model, padding included, unless one group alone has more."""


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


def weighted_sequences(batch: TokenBatch) -> list[int]:
    """Sequences that have a token of non-zero weight."""
    return [
        sequence
        for sequence in range(batch.sequences)
        if bool((batch.weights[batch.offsets[sequence] : batch.offsets[sequence + 1]] != 0).any())
    ]


def lay_grids(batch: TokenBatch, groups: Sequence[Sequence[int]], *, ends: bool) -> list[Grid]:
    """Grids of groups of sequences that must stay together; places are weighted tokens, or the sequences' ends."""
    longest = [max(batch.length(sequence) for sequence in group) for group in groups]
    order = sorted(range(len(groups)), key=lambda group: -longest[group])
    grids: list[Grid] = []
    taken: list[int] = []
    sequences: dict[int, None] = {}
    for group in order:
        wider = sequences | dict.fromkeys(groups[group])
        if taken and len(wider) * longest[taken[0]] > GRID_TOKENS:
            grids.append(_lay(batch, list(sequences), taken, ends=ends))
            taken, wider = [], dict.fromkeys(groups[group])
        taken.append(group)
        sequences = wider
    if taken:
        grids.append(_lay(batch, list(sequences), taken, ends=ends))
    return grids


def _lay(batch: TokenBatch, sequences: list[int], groups: list[int], *, ends: bool) -> Grid:
    time = max(batch.length(sequence) for sequence in sequences)
    token_ids = torch.zeros(len(sequences), time, dtype=torch.long)
    rows, entries, owners = [], [], []
    for seat, sequence in enumerate(sequences):
        start, length = batch.offsets[sequence], batch.length(sequence)
        token_ids[seat, :length] = batch.token_ids[start : start + length]
        if ends:
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
