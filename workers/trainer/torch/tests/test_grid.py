"""How a batch's sequences are shared out over ranks and passes."""

from __future__ import annotations

import itertools

import pytest
import torch

from majlis_trainer.batch import TokenBatch
from majlis_trainer.grid import Layout, weighted_sequences


def batch(*lengths: int) -> TokenBatch:
    """Token t of sequence s is 100 s + t; all but the first of each have weight 1."""
    tokens = [100 * sequence + token for sequence, length in enumerate(lengths) for token in range(length)]
    weights = [float(token > 0) for length in lengths for token in range(length)]
    offsets = list(itertools.accumulate(lengths, initial=0))
    return TokenBatch(torch.tensor(tokens), offsets, torch.tensor(weights), 1.0)


def alone(*lengths: int, ends: bool = False) -> Layout:
    """Every sequence is a group of its own."""
    return Layout(batch(*lengths), [[sequence] for sequence in range(len(lengths))], ends=ends)


def test_a_pass_has_no_more_tokens_than_told_with_padding_and_longest_first() -> None:
    grids = list(alone(2, 5, 3, 4).passes(10))
    assert [grid.sequences for grid in grids if grid] == [[1, 3], [2, 0]]
    assert [list(grid.token_ids.shape) for grid in grids if grid] == [[2, 5], [2, 3]]
    assert all(grid and grid.token_ids.numel() <= 10 for grid in grids)


def test_a_sequence_that_is_longer_than_a_pass_has_one_for_itself() -> None:
    assert [grid.sequences for grid in alone(9, 3).passes(4) if grid] == [[0], [1]]


def test_places_are_one_before_the_weighted_tokens_and_entries_are_those() -> None:
    (grid,) = alone(3, 2).passes(100)
    assert grid is not None
    assert grid.token_ids.tolist() == [[0, 1, 2], [100, 101, 0]]
    assert grid.rows.tolist() == [0, 1, 3]
    assert grid.entries.tolist() == [1, 2, 4]
    assert grid.owners.tolist() == [0, 0, 1]


def test_ends_are_last_tokens() -> None:
    (grid,) = alone(3, 2, ends=True).passes(100)
    assert grid is not None
    assert grid.rows.tolist() == [2, 4]


@pytest.mark.parametrize("world", [1, 2, 3, 5])
@pytest.mark.parametrize("pass_tokens", [1, 6, 20, 1000])
def test_each_group_is_passed_once_on_one_rank_and_every_rank_passes_as_often(world: int, pass_tokens: int) -> None:
    pairs = Layout(batch(2, 5, 3, 4, 9, 1), [[0, 4], [1, 4], [2, 3], [5, 0]], ends=True)
    ranks = [list(pairs.passes(pass_tokens, rank=rank, world=world)) for rank in range(world)]
    assert len({len(grids) for grids in ranks}) == 1
    done = sorted(group for grids in ranks for grid in grids if grid for group in grid.groups)
    assert done == [0, 1, 2, 3]
    for grid in itertools.chain.from_iterable(ranks):
        if grid is not None:
            assert {sequence for group in grid.groups for sequence in pairs.groups[group]} == set(grid.sequences)


def test_ranks_have_tokens_of_like_number() -> None:
    layout = alone(10, 9, 8, 7, 6, 5, 4, 3)
    tokens = [sum(layout.batch.length(one) for one in share) for share in layout.shares(2)]
    assert tokens == [26, 26]


def test_sequences_without_a_weight_are_left_out() -> None:
    weightless = batch(3, 3)
    weightless.weights[3:] = 0
    assert weighted_sequences(weightless) == [0]
