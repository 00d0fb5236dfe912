"""A trainer in this process: fencing, repetition, what is not finite, and memory that runs out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from calls import LENGTHS, backward, batch_of, call, create, log_probs, optimize
from grpc import StatusCode

from majlis_trainer.call_error import CallError
from majlis_trainer.model_table import Call
from majlis_trainer.network import Network
from majlis_trainer.ranks import Ranks
from majlis_trainer.settings import Settings
from majlis_trainer.trainer import Trainer
from majlis_trainer.wire import trainer_pb2 as wire

ModelOf = Callable[..., Path]


def code_of(work: Callable[[], object]) -> StatusCode | None:
    """What a call is refused with."""
    try:
        work()
    except CallError as refusal:
        return refusal.code
    return None


def test_a_repeated_call_answers_the_same_and_works_once(trainer: Trainer, model_of: ModelOf, monkeypatch: Any) -> None:
    passes = count_passes(monkeypatch)
    model = create(trainer, model_of())
    first = backward(trainer, model)
    done = len(passes)
    assert backward(trainer, model, caller=call(epoch=1, version=0)) == first
    assert len(passes) == done
    stepped = optimize(trainer, model)
    assert optimize(trainer, model) == stepped
    assert stepped.version == 1


def test_another_call_under_the_same_key_is_already_exists(trainer: Trainer, model_of: ModelOf) -> None:
    model = create(trainer, model_of())
    backward(trainer, model)
    assert code_of(lambda: backward(trainer, model, batch_of(start=1))) is StatusCode.ALREADY_EXISTS
    assert code_of(lambda: backward(trainer, model, normalizer=11)) is StatusCode.ALREADY_EXISTS
    optimize(trainer, model)
    assert code_of(lambda: optimize(trainer, model, learning_rate=0.5)) is StatusCode.ALREADY_EXISTS


def test_a_lower_epoch_is_aborted_and_a_higher_one_discards_the_gradient(trainer: Trainer, model_of: ModelOf) -> None:
    model = create(trainer, model_of())
    backward(trainer, model)
    later = call(epoch=2)
    assert code_of(lambda: optimize(trainer, model, caller=later)) is StatusCode.FAILED_PRECONDITION
    assert code_of(lambda: backward(trainer, model)) is StatusCode.ABORTED
    assert code_of(lambda: backward(trainer, model, caller=later)) is None


def test_steps_micro_batches_and_versions_come_in_order(trainer: Trainer, model_of: ModelOf) -> None:
    model = create(trainer, model_of())
    for header in ({"step": 1}, {"micro": 1}, {"caller": call(version=3)}):
        assert code_of(lambda header=header: backward(trainer, model, **header)) is StatusCode.FAILED_PRECONDITION  # type: ignore[misc]
    assert code_of(lambda: optimize(trainer, model)) is StatusCode.FAILED_PRECONDITION
    stranger = call(run="stranger")
    assert code_of(lambda: backward(trainer, model, caller=stranger)) is StatusCode.NOT_FOUND


def test_a_loss_that_is_not_finite_names_the_sequence_and_leaves_nothing(trainer: Trainer, model_of: ModelOf) -> None:
    model = create(trainer, model_of())
    before = log_probs(trainer, model)
    backward(trainer, model)
    odd = batch_of()
    start = odd["offsets"][3]
    odd["weights"] = [float("nan") if at == start + 4 else weight for at, weight in enumerate(odd["weights"])]
    with pytest.raises(
        CallError, match=r"At step 0, micro-batch 1 of policy-1: the loss is not finite at sequence 3"
    ) as told:
        backward(trainer, model, odd, micro=1)
    assert told.value.code is StatusCode.OUT_OF_RANGE
    assert code_of(lambda: optimize(trainer, model)) is StatusCode.FAILED_PRECONDITION
    assert torch.equal(log_probs(trainer, model), before)
    backward(trainer, model)
    assert optimize(trainer, model).version == 1


def test_memory_that_runs_out_halves_the_passes_once_and_changes_no_gradient(model_of: ModelOf, monkeypatch: Any) -> None:
    small = Trainer(32, Settings(pass_tokens=40), Ranks())
    plain = Trainer(32, Settings(), Ranks())
    norms = []
    for trainer in (plain, small):
        model = create(trainer, model_of())
        backward(trainer, model, batch_of(LENGTHS[:2]))
        if trainer is small:
            passes = limit_passes(monkeypatch, tokens=30)
        backward(trainer, model, batch_of(LENGTHS, start=2), micro=1)
        norms.append(optimize(trainer, model).grad_norm)
    assert norms[1] == pytest.approx(norms[0], rel=1e-5)
    assert passes[0] > 30
    assert max(passes[1:]) <= 20


def test_memory_that_runs_out_again_is_an_error_that_says_what_to_do(model_of: ModelOf, monkeypatch: Any) -> None:
    trainer = Trainer(32, Settings(pass_tokens=40), Ranks())
    model = create(trainer, model_of())
    limit_passes(monkeypatch, tokens=3)
    with pytest.raises(CallError, match=r"Out of memory with passes of 20 tokens: .*--pass-tokens") as told:
        backward(trainer, model)
    assert told.value.code is StatusCode.RESOURCE_EXHAUSTED
    assert code_of(lambda: optimize(trainer, model)) is StatusCode.FAILED_PRECONDITION


def test_the_output_layer_is_computed_at_weighted_places_only(trainer: Trainer, model_of: ModelOf, monkeypatch: Any) -> None:
    shapes: list[tuple[int, ...]] = []
    outputs = Network.outputs

    def seen(self: Network, grid: Any) -> Any:
        found = outputs(self, grid)
        shapes.append(tuple(found.shape))
        return found

    monkeypatch.setattr(Network, "outputs", seen)
    batch = batch_of()
    backward(trainer, create(trainer, model_of()), batch)
    assert shapes == [(sum(weight > 0 for weight in batch["weights"]), 24)]


def test_gradients_are_the_same_with_layers_computed_again(model_of: ModelOf) -> None:
    norms, passes = [], []
    for checkpointing in (False, True):
        trainer = Trainer(32, Settings(gradient_checkpointing=checkpointing), Ranks())
        model = create(trainer, model_of())
        module = trainer._models.find(call_of(), model).network.module
        count: list[int] = []
        module.model.layers[0].mlp.register_forward_pre_hook(lambda *_, count=count: count.append(1))
        backward(trainer, model)
        passes.append(len(count))
        norms.append(optimize(trainer, model).grad_norm)
    assert norms[1] == pytest.approx(norms[0], rel=1e-6)
    assert passes == [1, 2]


def test_bfloat16_is_close_and_keeps_float32_weights_and_log_probs(model_of: ModelOf) -> None:
    plain, short = Trainer(32, Settings(), Ranks()), Trainer(32, Settings(dtype="bfloat16"), Ranks())
    model, rounded = create(plain, model_of()), create(short, model_of())
    apart = (log_probs(plain, model) - log_probs(short, rounded)).abs().max().item()
    assert 1e-4 < apart < 0.2
    assert short._models.find(call_of(), rounded).network.module.lm_head.weight.dtype is torch.float32
    assert log_probs(short, rounded).dtype is torch.float32


def call_of() -> Call:
    """A call as the table knows it."""
    return Call(run="run", epoch=1, expected_version=None)


def count_passes(monkeypatch: Any) -> list[int]:
    """Tokens of each pass through any network from now on."""
    return limit_passes(monkeypatch, tokens=10**9)


def limit_passes(monkeypatch: Any, tokens: int) -> list[int]:
    """The same, where passes of more than that run out of memory."""
    passes: list[int] = []
    outputs = Network.outputs

    def limited(self: Network, grid: Any) -> Any:
        passes.append(grid.token_ids.numel())
        if grid.token_ids.numel() > tokens:
            raise torch.OutOfMemoryError("no room")
        return outputs(self, grid)

    monkeypatch.setattr(Network, "outputs", limited)
    return passes


def test_a_step_that_fails_halfway_leaves_a_model_that_only_a_checkpoint_mends(
    trainer: Trainer, model_of: ModelOf, tmp_path: Path, monkeypatch: Any
) -> None:
    model = create(trainer, model_of())
    place = {"call": call(), "model_id": model, "directory": str(tmp_path / "checkpoint")}
    trainer.save_checkpoint(wire.SaveCheckpointRequest(**place))
    before = log_probs(trainer, model)
    backward(trainer, model)

    def fail(_self: Any) -> None:
        raise torch.OutOfMemoryError("no room for moments")

    with monkeypatch.context() as patched:
        patched.setattr(torch.optim.AdamW, "step", fail)
        with pytest.raises(torch.OutOfMemoryError):
            optimize(trainer, model)
    with pytest.raises(CallError, match="failed halfway; load its newest checkpoint"):
        log_probs(trainer, model)
    trainer.load_checkpoint(wire.LoadCheckpointRequest(**place))
    assert torch.equal(log_probs(trainer, model), before)
