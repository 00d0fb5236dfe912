"""Seeded sampling with a key-value cache, in batches whose shape depends on the request alone.

Every sample has a random stream of its own, keyed by seed and place (Philox: Salmon et al. 2011), and takes one number of
it per token. A sample that has ended is computed on with the others, so that where one stops changes no bit of another.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import numpy
import torch
from torch import Tensor

from majlis_trainer.generator.http_error import HttpError

BATCH = 64
"""Samples computed at a time; a larger request is answered in several batches, one after the other."""


@dataclass(frozen=True)
class SamplingRequest:
    """What an answer depends on, beside the weights."""

    prompt: list[int]
    samples: int
    max_tokens: int
    temperature: float
    """0 takes the likeliest token; log-probabilities are then those at temperature 1."""
    top_p: float
    stop_token_ids: frozenset[int]
    seed: int
    top_log_probs: int
    """How many of the likeliest tokens to report beside the sampled one."""


@dataclass
class Sample:
    """One answer: ids with the stop token, and log-probabilities under the distribution that was sampled from."""

    token_ids: list[int]
    log_probs: list[float]
    top: list[list[tuple[int, float]]]
    """The likeliest tokens at each place with their log-probabilities. [token][rank]"""
    finish: str
    """`stop`, `length` or `abort`."""


def generate(module: Any, request: SamplingRequest, is_aborted: Callable[[], bool]) -> list[Sample]:
    """Answers a request, sample by sample in order."""
    samples: list[Sample] = []
    with torch.inference_mode(), _last_places(module):
        for first in range(0, request.samples, BATCH):
            places = range(first, min(first + BATCH, request.samples))
            samples.extend(_generate_batch(module, request, places, is_aborted))
    return samples


@contextmanager
def _last_places(module: Any) -> Iterator[None]:
    """The output layer is computed at last places alone: a long prompt times a large vocabulary would be gigabytes."""
    hook = module.get_output_embeddings().register_forward_pre_hook(lambda _, inputs: (inputs[0][:, -1:], *inputs[1:]))
    try:
        yield
    finally:
        hook.remove()


def _generate_batch(module: Any, request: SamplingRequest, places: range, is_aborted: Callable[[], bool]) -> list[Sample]:
    draws = torch.tensor(numpy.stack([_stream(request, place) for place in places]))
    samples = [Sample([], [], [], "length") for _ in places]
    output = module(input_ids=torch.tensor([request.prompt]), use_cache=True)
    cache = output.past_key_values
    cache.batch_repeat_interleave(len(places))
    logits = output.logits[:, -1].expand(len(places), -1)
    for step in range(request.max_tokens):
        if is_aborted():
            _abort(samples)
            break
        log_probs = _distribution(logits, request)
        tokens = _draw(log_probs, draws[:, step], greedy=request.temperature == 0)
        _append(samples, tokens, log_probs, request)
        if step + 1 == request.max_tokens or all(sample.finish == "stop" for sample in samples):
            break
        output = module(input_ids=tokens[:, None], past_key_values=cache, use_cache=True)
        cache = output.past_key_values
        logits = output.logits[:, -1]
    return samples


def _stream(request: SamplingRequest, place: int) -> Any:
    """Uniform numbers of one sample. [token]"""
    key = numpy.array([request.seed, place], dtype=numpy.uint64)
    return numpy.random.Generator(numpy.random.Philox(key=key)).random(request.max_tokens)


def _distribution(logits: Tensor, request: SamplingRequest) -> Tensor:
    """Log-probabilities that tokens are drawn with, in float32. [sample, vocabulary]"""
    scaled = logits.float() / (request.temperature if request.temperature > 0 else 1.0)
    log_probs = torch.log_softmax(scaled, dim=-1)
    if request.top_p >= 1:
        return log_probs
    ranked, order = log_probs.sort(dim=-1, descending=True, stable=True)
    # Kept is whatever the likelier tokens do not already cover (Holtzman et al. 2020, nucleus sampling).
    covered = ranked.exp().cumsum(dim=-1) - ranked.exp()
    kept = torch.zeros_like(log_probs, dtype=torch.bool).scatter(1, order, covered < request.top_p)
    return torch.log_softmax(scaled.masked_fill(~kept, float("-inf")), dim=-1)


def _draw(log_probs: Tensor, draws: Tensor, *, greedy: bool) -> Tensor:
    """One token per sample, by inversion of the cumulative distribution in float64. [sample]"""
    if greedy:
        return log_probs.argmax(dim=-1)
    cumulative = log_probs.double().exp().cumsum(dim=-1)
    target = draws[:, None] * cumulative[:, -1:]
    tokens = torch.searchsorted(cumulative, target, right=True)[:, 0]
    return tokens.clamp(max=log_probs.shape[1] - 1)


def _append(samples: list[Sample], tokens: Tensor, log_probs: Tensor, request: SamplingRequest) -> None:
    chosen = log_probs.gather(1, tokens[:, None])[:, 0].tolist()
    if not all(map(math.isfinite, chosen)):
        raise HttpError(HTTPStatus.INTERNAL_SERVER_ERROR, "The model gives logits that are no numbers.")
    count = min(request.top_log_probs, log_probs.shape[1])
    top_values, top_ids = log_probs.topk(count, dim=-1)
    rows = zip(samples, tokens.tolist(), chosen, top_ids.tolist(), top_values.tolist(), strict=True)
    for sample, token, log_prob, ids, values in rows:
        if sample.finish == "stop":
            continue
        sample.token_ids.append(token)
        sample.log_probs.append(log_prob)
        sample.top.append([(each, value) for each, value in zip(ids, values, strict=True) if value > float("-inf")])
        if token in request.stop_token_ids:
            sample.finish = "stop"


def _abort(samples: list[Sample]) -> None:
    for sample in samples:
        if sample.finish != "stop":
            sample.finish = "abort"
