"""The loss that a ForwardBackward header names, with exactly the tensors that it uses."""

from __future__ import annotations

import math
from typing import Any

from majlis_trainer.batch import TokenBatch, read_pairs, read_token_batch
from majlis_trainer.call_error import refuse
from majlis_trainer.fields import required
from majlis_trainer.losses.cross_entropy import CrossEntropy
from majlis_trainer.losses.loss import Loss
from majlis_trainer.losses.pairs import BradleyTerryLoss, DpoLoss
from majlis_trainer.losses.policy import KlKind, PolicyLoss, PolicySettings
from majlis_trainer.losses.value import ValueLoss
from majlis_trainer.tensor_stream import TensorReader
from majlis_trainer.wire import trainer_pb2 as wire

SCORE_LOSSES = frozenset({"value", "bradley_terry"})
KL_KINDS: dict[int, KlKind] = {wire.KL_KIND_K1: "k1", wire.KL_KIND_K2: "k2", wire.KL_KIND_K3: "k3"}


def read_loss(header: Any, tensors: dict[int, bytearray], heads: int) -> Loss:
    """Reads the loss for a model with that many heads; what does not fit is a BadInputError."""
    name = header.WhichOneof("loss")
    if name is None:
        allowed = "one of cross_entropy, ppo, value, bradley_terry, dpo"
        raise refuse("loss", "nothing", allowed)
    needs_scores = name in SCORE_LOSSES
    if needs_scores != (heads > 0):
        raise refuse("loss", name, "a model with score heads" if needs_scores else "a language model")
    reader = TensorReader(tensors, "message majlis.v1.ForwardBackwardRequest")
    batch = read_token_batch(reader, required(header, "temperature"))
    loss = READERS[name](getattr(header, name), reader, batch, heads)
    reader.finish()
    return loss


def _read_cross_entropy(_config: Any, _reader: TensorReader, batch: TokenBatch, _heads: int) -> Loss:
    return CrossEntropy(batch)


def _read_ppo(config: Any, reader: TensorReader, batch: TokenBatch, _heads: int) -> Loss:
    tokens = len(batch.token_ids)
    settings = _policy_settings(config)
    reference = reader.take_if_sent(wire.TENSOR_NAME_REFERENCE_LOG_PROBS, tokens)
    if settings.kl is not None and reference is None:
        raise reader.refusal(wire.TENSOR_NAME_REFERENCE_LOG_PROBS, "nothing", f"{tokens} entries")
    return PolicyLoss(
        batch=batch,
        settings=settings,
        advantages=reader.take(wire.TENSOR_NAME_ADVANTAGES, tokens),
        old_log_probs=reader.take(wire.TENSOR_NAME_OLD_LOG_PROBS, tokens),
        reference_log_probs=reference,
    )


def _policy_settings(config: Any) -> PolicySettings:
    eps_low, eps_high = required(config, "eps_low"), required(config, "eps_high")
    dual_clip = config.dual_clip if config.HasField("dual_clip") else None
    if not 0 <= eps_low <= 1:
        raise refuse("loss.ppo.eps_low", eps_low, "0 to 1")
    if not eps_high > 0:
        raise refuse("loss.ppo.eps_high", eps_high, "a number above 0")
    if dual_clip is not None and not dual_clip > 1:
        raise refuse("loss.ppo.dual_clip", dual_clip, "a number above 1")
    if config.ratio not in (wire.RATIO_KIND_TOKEN, wire.RATIO_KIND_SEQUENCE):
        raise refuse("loss.ppo.ratio", config.ratio, "token or sequence")
    kl = None
    if config.HasField("kl"):
        kind = KL_KINDS.get(config.kl.kind)
        if kind is None:
            raise refuse("loss.ppo.kl.kind", config.kl.kind, "one of k1, k2, k3")
        kl = (kind, required(config.kl, "coef"))
    return PolicySettings(
        eps_low=eps_low,
        eps_high=eps_high,
        dual_clip=dual_clip,
        by_sequence=config.ratio == wire.RATIO_KIND_SEQUENCE,
        entropy_coef=required(config, "entropy_coef"),
        kl=kl,
    )


def _read_value(config: Any, reader: TensorReader, batch: TokenBatch, heads: int) -> Loss:
    if heads != 1:
        raise refuse("loss", f"value on {heads} heads", "1 head")
    clip = config.clip if config.HasField("clip") else None
    if clip is not None and not clip > 0:
        raise refuse("loss.value.clip", clip, "a number above 0")
    tokens = len(batch.token_ids)
    return ValueLoss(
        batch=batch,
        old_values=reader.take(wire.TENSOR_NAME_OLD_VALUES, tokens),
        returns=reader.take(wire.TENSOR_NAME_RETURNS, tokens),
        clip=clip,
    )


def _read_bradley_terry(config: Any, reader: TensorReader, batch: TokenBatch, heads: int) -> Loss:
    return BradleyTerryLoss(batch=batch, pairs=read_pairs(reader, batch, heads), centring=required(config, "centring"))


def _read_dpo(config: Any, reader: TensorReader, batch: TokenBatch, _heads: int) -> Loss:
    return DpoLoss(
        batch=batch,
        pairs=read_pairs(reader, batch, 1),
        reference_sums=reader.take(wire.TENSOR_NAME_REFERENCE_SUMS, batch.sequences),
        beta=required(config, "beta"),
    )


READERS = {
    "cross_entropy": _read_cross_entropy,
    "ppo": _read_ppo,
    "value": _read_value,
    "bradley_terry": _read_bradley_terry,
    "dpo": _read_dpo,
}


def read_normalizer(header: Any) -> float:
    """The number that the loss is divided by."""
    normalizer = float(required(header, "normalizer"))
    if not (normalizer > 0 and math.isfinite(normalizer)):
        raise refuse("normalizer", normalizer, "a finite number above 0")
    return normalizer
