"""A Transformers model as the trainer sees it: log-probabilities or scores at a grid's places, in float32.

Models stand in evaluation mode always, so that dropout is off and the trainer's log-probabilities are those of the model
that is published.
"""

from __future__ import annotations

from typing import Any

import torch
from grpc import StatusCode
from torch import Tensor

from majlis_trainer.call_error import CallError
from majlis_trainer.grid import Grid


class Network:
    """A causal language model (`heads` 0), or a token classifier whose labels are score heads."""

    def __init__(self, module: Any, heads: int) -> None:
        self.module = module.eval()
        self.heads = heads
        self.vocabulary: int = module.get_input_embeddings().num_embeddings
        self.context = _context_of(module)

    @property
    def config(self) -> Any:
        """The Transformers configuration."""
        return self.module.config

    def parameters(self) -> dict[str, torch.nn.Parameter]:
        """Every trained tensor by name, once where it is shared."""
        return dict(self.module.named_parameters())

    def log_softmax(self, grid: Grid, temperature: float) -> Tensor:
        """Log-probabilities of the next token at the places. [place, vocabulary]"""
        return torch.log_softmax(self._at_places(grid) / temperature, dim=-1)

    def scores(self, grid: Grid) -> Tensor:
        """[place, head]"""
        return self._at_places(grid)

    def _at_places(self, grid: Grid) -> Tensor:
        logits: Tensor = self.module(input_ids=grid.token_ids, use_cache=False).logits
        return logits.flatten(0, 1)[grid.rows].float()


def _context_of(module: Any) -> int:
    """Longest sequence in tokens."""
    context = getattr(module.config.get_text_config(), "max_position_embeddings", None)
    if isinstance(context, int):
        return context
    kind = type(module).__name__
    raise CallError(StatusCode.UNIMPLEMENTED, f"{kind}'s configuration does not say how long a sequence may be.")


def log_probs_of(log_softmax: Tensor, token_ids: Tensor) -> Tensor:
    """Log-probability of each place's token. [place]"""
    return log_softmax.gather(1, token_ids[:, None])[:, 0]


def entropy_of(log_softmax: Tensor) -> Tensor:
    """In nats. [place]"""
    return -(log_softmax.exp() * log_softmax).sum(dim=-1)


def kl_of(log_softmax: Tensor, other: Tensor) -> Tensor:
    """Exact KL(first ‖ second) over the vocabulary, in nats. [place]"""
    return (log_softmax.exp() * (log_softmax - other)).sum(dim=-1)
