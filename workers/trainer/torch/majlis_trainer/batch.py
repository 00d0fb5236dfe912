"""Batches of ragged sequences, packed: sequence s owns entries offsets[s] … offsets[s + 1] − 1.

Every per-token tensor is as long as `token_ids`; entry t speaks of predicting token t from those before it. Reading
checks a batch against itself; `check_against` checks it against a model.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from torch import Tensor

from majlis_trainer.call_error import refuse
from majlis_trainer.tensor_stream import TensorReader
from majlis_trainer.wire import trainer_pb2 as wire


@dataclass(frozen=True)
class TokenBatch:
    """What every batch has."""

    token_ids: Tensor
    """[token]"""
    offsets: list[int]
    """[sequence + 1]"""
    weights: Tensor
    """[token]"""
    temperature: float
    """Logits are divided by it before every log-softmax."""

    @property
    def sequences(self) -> int:
        """How many sequences."""
        return len(self.offsets) - 1

    def length(self, sequence: int) -> int:
        """Tokens of a sequence."""
        return self.offsets[sequence + 1] - self.offsets[sequence]


@dataclass(frozen=True)
class PairBatch:
    """Pairs of a batch's sequences."""

    first: list[int]
    """[pair]"""
    second: list[int]
    """[pair]"""
    labels: Tensor
    """Probability that the first is preferred. [pair]"""
    margins: Tensor | None
    """[pair]"""
    logit_offsets: Tensor | None
    """[pair]"""
    weights: Tensor
    """[pair, head]"""


def read_token_batch(reader: TensorReader, temperature: float) -> TokenBatch:
    """Reads TOKEN_IDS, OFFSETS and WEIGHTS."""
    token_ids = reader.take(wire.TENSOR_NAME_TOKEN_IDS)
    offsets = reader.take(wire.TENSOR_NAME_OFFSETS).tolist()
    rises = all(before < after for before, after in itertools.pairwise(offsets))
    if len(offsets) < 2 or not rises or offsets[0] != 0 or offsets[-1] != len(token_ids):
        allowed = f"rising offsets from 0 to the {len(token_ids)} tokens"
        raise reader.refusal(wire.TENSOR_NAME_OFFSETS, str(offsets)[:80], allowed)
    weights = reader.take(wire.TENSOR_NAME_WEIGHTS, len(token_ids))
    for start in offsets[:-1]:
        if weights[start] != 0:
            found = f"{weights[start].item()} at {start}"
            raise reader.refusal(wire.TENSOR_NAME_WEIGHTS, found, "0, since nothing predicts a first token")
    if not (temperature > 0 and math.isfinite(temperature)):
        raise refuse("temperature", temperature, "a finite number above 0")
    return TokenBatch(token_ids.long(), offsets, weights, temperature)


def read_pairs(reader: TensorReader, batch: TokenBatch, heads: int) -> PairBatch:
    """Reads what pair losses have, for a model with that many heads."""
    first = _read_members(reader, wire.TENSOR_NAME_FIRST, batch)
    pairs = len(first)
    if pairs == 0:
        raise reader.refusal(wire.TENSOR_NAME_FIRST, "no pairs", "at least one pair")
    second = _read_members(reader, wire.TENSOR_NAME_SECOND, batch, pairs)
    labels = reader.take(wire.TENSOR_NAME_LABELS, pairs)
    if not bool(((labels >= 0) & (labels <= 1)).all()):
        raise reader.refusal(wire.TENSOR_NAME_LABELS, "another number", "0 to 1")
    weights = reader.take(wire.TENSOR_NAME_PAIR_WEIGHTS)
    if len(weights) != pairs * heads:
        allowed = f"{pairs} pairs × {heads} heads"
        raise reader.refusal(wire.TENSOR_NAME_PAIR_WEIGHTS, f"{len(weights)} weights", allowed)
    return PairBatch(
        first=first,
        second=second,
        labels=labels,
        margins=reader.take_if_sent(wire.TENSOR_NAME_MARGINS, pairs),
        logit_offsets=reader.take_if_sent(wire.TENSOR_NAME_LOGIT_OFFSETS, pairs),
        weights=weights.view(pairs, heads),
    )


def _read_members(reader: TensorReader, name: int, batch: TokenBatch, length: int | None = None) -> list[int]:
    members: list[int] = reader.take(name, length).tolist()
    for member in members:
        if not 0 <= member < batch.sequences:
            raise reader.refusal(name, str(member), f"sequences from 0 to {batch.sequences - 1}")
    return members


def check_against(batch: TokenBatch, *, vocabulary: int, context: int) -> None:
    """Refuses tokens outside the vocabulary and sequences that are longer than the context."""
    outside = ((batch.token_ids < 0) | (batch.token_ids >= vocabulary)).nonzero()
    if len(outside) > 0:
        at = int(outside[0, 0])
        raise refuse(f"tensors.token_ids[{at}]", batch.token_ids[at].item(), f"0 to {vocabulary - 1}")
    longest = max(range(batch.sequences), key=batch.length)
    if batch.length(longest) > context:
        found = f"a sequence of {batch.length(longest)} tokens"
        raise refuse(f"tensors.offsets[{longest}]", found, f"1 to {context} tokens")
