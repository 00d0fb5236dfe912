"""A Transformers model as the trainer sees it: log-probabilities or scores at a grid's places, in float32.

Models stand in evaluation mode always, so that dropout is off and the trainer's log-probabilities are those of the model
that is published. The output layer is computed at the places that are asked for and nowhere else: what goes into it is
selected first, so that memory goes with places × vocabulary and not with a whole grid's tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from grpc import StatusCode
from torch import Tensor
from transformers import DynamicCache

from majlis_trainer.adapter import Adapter
from majlis_trainer.call_error import CallError
from majlis_trainer.grid import EMPTY_GRID, Grid, Prefixes
from majlis_trainer.settings import Settings


class PlaceSelector:
    """Hidden states of the places that a pass asks for, on their way into the output layer."""

    def __init__(self, output_layer: torch.nn.Module) -> None:
        self.rows: Tensor | None = None
        output_layer.register_forward_pre_hook(self._select)

    def _select(self, _module: torch.nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
        if self.rows is None:
            return None
        return (inputs[0].flatten(0, 1)[self.rows][None], *inputs[1:])


class Network:
    """A causal language model (`heads` 0), or a token classifier whose labels are score heads."""

    def __init__(self, module: Any, heads: int, settings: Settings, adapter: Adapter | None = None) -> None:
        self.module = module.eval()
        self.heads = heads
        self.settings = settings
        self.adapter = adapter
        self.vocabulary: int = module.get_input_embeddings().num_embeddings
        self.context = _context_of(module)
        self.is_twin = False
        """Whether its weights are those that another model's adapter stands beside."""
        self.frozen: dict[str, Tensor] | None = None
        """Of a twin: an adapter of its own, which stands in the other's place while it computes. None is no adapter."""
        self.shares_prefixes = False
        """Whether grids may have prefixes."""
        self._selector = PlaceSelector(module.get_output_embeddings() if heads == 0 else head_of(module))

    @property
    def config(self) -> Any:
        """The Transformers configuration."""
        return self.module.config

    def twin(self, frozen: dict[str, Tensor] | None) -> Network:
        """The base of this model over the same weights, with another adapter that is never trained, or with none."""
        twin = object.__new__(Network)
        twin.__dict__.update(self.__dict__)
        twin.is_twin, twin.frozen = True, frozen
        return twin

    def parameters(self) -> dict[str, torch.nn.Parameter]:
        """Every tensor that is this model's own: all weights, or its adapter's and head's. Shared ones once."""
        if self.adapter is None:
            return dict(self.module.named_parameters())
        return {} if self.is_twin else self.adapter.parameters(self.module)

    def log_softmax(self, grid: Grid, temperature: float) -> Tensor:
        """Log-probabilities of the next token at the places. [place, vocabulary]"""
        return torch.log_softmax(self.outputs(grid) / temperature, dim=-1)

    def scores(self, grid: Grid) -> Tensor:
        """[place, head], on the CPU"""
        return self.outputs(grid).cpu()

    def outputs(self, grid: Grid) -> Tensor:
        """What the output layer gives at the places. [place, vocabulary or head]"""
        with self.settings.mixed_precision(), self.in_place():
            past = None if grid.prefixes is None else self._states(grid.prefixes)
            return self._at(grid.rows, grid.token_ids, past)[0].float()

    def _states(self, prefixes: Prefixes) -> DynamicCache:
        """Keys and values of each sequence's prefix, through which gradients go back to all that have it."""
        past = DynamicCache(config=self.config)
        # Nothing is asked of the output layer, which takes no fewer places than one.
        self._at(EMPTY_GRID.rows, prefixes.token_ids, past)
        past.batch_select_indices(prefixes.of.to(self.settings.device))
        return past

    def _at(self, rows: Tensor, token_ids: Tensor, past: DynamicCache | None) -> Tensor:
        """[1, place, vocabulary or head]"""
        device = self.settings.device
        self._selector.rows = rows.to(device)
        try:
            output = self.module(input_ids=token_ids.to(device), past_key_values=past, use_cache=past is not None)
        finally:
            self._selector.rows = None
        logits: Tensor = output.logits
        return logits

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """While the shared weights are this model's."""
        if self.adapter is None or not self.is_twin:
            yield
        elif self.frozen is None:
            with self.adapter.switched_off():
                yield
        else:
            with self.adapter.replaced(self.module, self.frozen):
                yield


HEAD_NAMES = ("score", "classifier")
"""What token and sequence classifiers call their head."""


def head_of(module: Any) -> torch.nn.Module:
    """The score heads of a classifier."""
    for name in HEAD_NAMES:
        head = getattr(module, name, None)
        if isinstance(head, torch.nn.Linear):
            return head
    kind = type(module).__name__
    raise CallError(StatusCode.UNIMPLEMENTED, f"{kind} has no linear head called {' or '.join(HEAD_NAMES)}.")


def _context_of(module: Any) -> int:
    """Longest sequence in tokens."""
    context = getattr(module.config.get_text_config(), "max_position_embeddings", None)
    if isinstance(context, int):
        return context
    kind = type(module).__name__
    raise CallError(StatusCode.UNIMPLEMENTED, f"{kind}'s configuration does not say how long a sequence may be.")


def log_probs_of(log_softmax: Tensor, token_ids: Tensor) -> Tensor:
    """Log-probability of each place's token. [place], on the CPU"""
    return log_softmax.gather(1, token_ids.to(log_softmax.device)[:, None])[:, 0].cpu()


def entropy_of(log_softmax: Tensor) -> Tensor:
    """In nats. [place], on the CPU"""
    return -(log_softmax.exp() * log_softmax).sum(dim=-1).cpu()


def kl_of(log_softmax: Tensor, other: Tensor) -> Tensor:
    """Exact KL(first ‖ second) over the vocabulary, in nats. [place], on the CPU"""
    return (log_softmax.exp() * (log_softmax - other)).sum(dim=-1).cpu()
