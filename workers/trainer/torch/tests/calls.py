"""Requests as a client would send them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from majlis_trainer.trainer import Trainer
from majlis_trainer.wire import trainer_pb2 as wire

LENGTHS = (5, 9, 3, 12, 7, 4)


def call(epoch: int = 1, run: str = "run", version: int | None = None) -> Any:
    """Who calls."""
    return wire.TrainerCall(run=run, epoch=epoch, expected_version=version)


def create(trainer: Trainer, directory: Path, role: str = "policy", **options: Any) -> str:
    """A model's id."""
    number = getattr(wire, f"ROLE_{role.upper()}")
    request = {"call": call(), "role": number, "base": str(directory), "heads": 0, "seed": 1} | options
    model_id: str = trainer.create_model(wire.CreateModelRequest(**request)).model_id
    return model_id


def batch_of(lengths: Sequence[int] = LENGTHS, start: int = 0) -> dict[str, Any]:
    """Sequences with weight 1 on all tokens but the first two of each."""
    places = [(sequence, token) for sequence, length in enumerate(lengths) for token in range(length)]
    return {
        "token_ids": [(7 * (sequence + start) + 3 * token * token + token) % 16 for sequence, token in places],
        "offsets": [0, *torch.tensor(lengths).cumsum(0).tolist()],
        "weights": [0.0 if token < 2 else 1.0 for _, token in places],
    }


def tensors_of(named: Mapping[str, Any]) -> dict[int, bytearray]:
    """As they come over the wire."""
    content: dict[int, bytearray] = {}
    for name, values in named.items():
        is_whole = name in ("token_ids", "offsets", "first", "second")
        tensor = torch.tensor(values, dtype=torch.int32 if is_whole else torch.float32)
        content[getattr(wire, f"TENSOR_NAME_{name.upper()}")] = bytearray(tensor.numpy().tobytes())
    return content


def log_probs(trainer: Trainer, model_id: str, batch: Mapping[str, Any] | None = None) -> Tensor:
    """[token]"""
    header = wire.ForwardHeader(call=call(), model_id=model_id, want=[wire.WANT_LOG_PROBS], temperature=1)
    return trainer.forward(header, tensors_of(batch or batch_of()))[wire.TENSOR_NAME_LOG_PROBS]


def backward(
    trainer: Trainer, model_id: str, tensors: Mapping[str, Any] | None = None, *, caller: Any = None, **header: Any
) -> Any:
    """One micro-batch; cross-entropy unless told."""
    fields: dict[str, Any] = {"step": 0, "micro": 0, "normalizer": 10, "temperature": 1} | header
    if not {"ppo", "value", "bradley_terry", "dpo"} & set(header):
        fields["cross_entropy"] = wire.CrossEntropyLoss()
    request = wire.ForwardBackwardHeader(call=caller or call(), model_id=model_id, **fields)
    return trainer.forward_backward(request, tensors_of(tensors or batch_of()))


def optimize(trainer: Trainer, model_id: str, *, caller: Any = None, **settings: Any) -> Any:
    """One step of Adam."""
    fields: dict[str, Any] = {"step": 0, "learning_rate": 0.01, "beta1": 0.9, "beta2": 0.95, "eps": 1e-8, "weight_decay": 0}
    return trainer.optim_step(wire.OptimStepRequest(call=caller or call(), model_id=model_id, **(fields | settings)))
