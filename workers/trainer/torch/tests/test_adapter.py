"""LoRA adapters: what they train, what a reference sees, and their directories."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from calls import LENGTHS, backward, batch_of, call, create, log_probs, optimize, tensors_of
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from majlis_trainer.adapter import WEIGHTS_FILE
from majlis_trainer.call_error import BadInputError, CallError
from majlis_trainer.model_table import Call
from majlis_trainer.network import Network
from majlis_trainer.trainer import Trainer
from majlis_trainer.wire import trainer_pb2 as wire

ModelOf = Callable[..., Path]
LORA = wire.LoraAdapter(rank=4, alpha=8, target_modules=["q_proj", "v_proj"])


def network_of(trainer: Trainer, model_id: str) -> Network:
    """A model's."""
    return trainer._models.find(Call("run", 1, None), model_id).network


def publish(trainer: Trainer, model_id: str, directory: Path) -> Path:
    """Where it was written."""
    trainer.publish_weights(wire.PublishWeightsRequest(call=call(), model_id=model_id, directory=str(directory)))
    return directory


def train(trainer: Trainer, model_id: str, steps: int = 3, first: int = 0) -> None:
    """On other sequences each time."""
    for step in range(first, first + steps):
        backward(trainer, model_id, batch_of(start=step), step=step)
        optimize(trainer, model_id, step=step, learning_rate=0.05)


def test_a_new_adapter_changes_nothing_and_the_seed_decides_it(trainer: Trainer, model_of: ModelOf) -> None:
    plain = log_probs(trainer, create(trainer, model_of()))
    same, again, other = (create(trainer, model_of(), lora=LORA, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(log_probs(trainer, same), plain)
    first, second, third = (network_of(trainer, one).parameters() for one in (same, again, other))
    assert {name.rpartition(".lora_")[0].rpartition(".")[2] for name in first} == {"q_proj", "v_proj"}
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], third[name]) for name in first)


def test_the_gradient_of_its_second_factor_is_the_weights_gradient_times_the_first(
    trainer: Trainer, model_of: ModelOf
) -> None:
    whole, adapted = create(trainer, model_of()), create(trainer, model_of(), lora=LORA)
    backward(trainer, whole)
    backward(trainer, adapted)
    weights, factors = network_of(trainer, whole).parameters(), network_of(trainer, adapted).parameters()
    for name in ("model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.v_proj"):
        gradient, down = weights[f"{name}.weight"].grad, factors[f"{name}.lora_A.default.weight"]
        found = factors[f"{name}.lora_B.default.weight"].grad
        assert gradient is not None
        assert found is not None
        torch.testing.assert_close(found, 8 / 4 * gradient @ down.T, atol=1e-6, rtol=1e-4)


def test_training_leaves_the_base_alone_and_a_reference_shares_it(trainer: Trainer, model_of: ModelOf) -> None:
    base = model_of()
    plain = log_probs(trainer, create(trainer, base))
    policy = create(trainer, base, lora=LORA)
    reference = create(trainer, base, "reference")
    assert network_of(trainer, reference).module is network_of(trainer, policy).module
    train(trainer, policy)
    assert (log_probs(trainer, policy) - plain).abs().max() > 0.1
    assert torch.equal(log_probs(trainer, reference), plain)
    backward(trainer, policy, step=3)
    log_probs(trainer, reference)
    assert optimize(trainer, policy, step=3).grad_norm > 0
    with pytest.raises(CallError, match="frozen reference"):
        backward(trainer, reference)


def test_a_reference_with_its_own_adapter_shares_the_base_too(trainer: Trainer, model_of: ModelOf, tmp_path: Path) -> None:
    start = create(trainer, model_of(), lora=LORA)
    train(trainer, start)
    supervised = publish(trainer, start, tmp_path / "supervised")
    begun = log_probs(trainer, start)
    policy, reference = create(trainer, supervised, lora=LORA), create(trainer, supervised, "reference")
    assert network_of(trainer, reference).module in (network_of(trainer, one).module for one in (start, policy))
    train(trainer, policy, steps=2)
    train(trainer, start, steps=2, first=3)
    moved = log_probs(trainer, policy)
    assert torch.equal(log_probs(trainer, reference), begun)
    assert torch.equal(log_probs(trainer, policy), moved)
    assert not torch.equal(moved, begun)
    whole = publish(trainer, reference, tmp_path / "whole")
    torch.testing.assert_close(log_probs(trainer, create(trainer, whole)), begun, atol=1e-5, rtol=1e-5)
    copied = create(trainer, model_of(), init_from=reference)
    torch.testing.assert_close(log_probs(trainer, copied), begun, atol=1e-5, rtol=1e-5)
    assert torch.equal(log_probs(trainer, policy), moved)


def test_a_published_adapter_says_the_same_in_peft_and_here(trainer: Trainer, model_of: ModelOf, tmp_path: Path) -> None:
    policy = create(trainer, model_of(), lora=LORA)
    train(trainer, policy)
    found = log_probs(trainer, policy)
    directory = publish(trainer, policy, tmp_path / "adapter")
    assert {file.name for file in directory.iterdir()} == {"adapter_config.json", WEIGHTS_FILE}
    assert publish(trainer, policy, directory) == directory
    model = PeftModel.from_pretrained(
        AutoModelForCausalLM.from_pretrained(model_of(), dtype=torch.float32), directory
    ).eval()
    batch = batch_of()
    for start, length in zip(batch["offsets"], LENGTHS, strict=False):
        tokens = torch.tensor(batch["token_ids"][start : start + length])
        distribution = torch.log_softmax(model(input_ids=tokens[None]).logits[0], dim=-1)
        expected = distribution[:-1].gather(1, tokens[1:, None])[:, 0]
        torch.testing.assert_close(found[start + 2 : start + length], expected[1:], atol=1e-4, rtol=1e-4)
    merged = create(trainer, directory)
    torch.testing.assert_close(log_probs(trainer, merged), found, atol=1e-5, rtol=1e-5)
    assert network_of(trainer, merged).adapter is None
    copied = create(trainer, model_of(), init_from=policy)
    torch.testing.assert_close(log_probs(trainer, copied), found, atol=1e-5, rtol=1e-5)
    further = create(trainer, directory, lora=LORA)
    assert torch.equal(log_probs(trainer, further), found)
    beside = create(trainer, model_of(), lora=LORA, init_from=policy)
    assert torch.equal(log_probs(trainer, beside), found)


@pytest.mark.parametrize("kind", ["qwen3", "gpt2"])
def test_all_linear_is_every_linear_layer_but_the_output_layer(
    trainer: Trainer, model_of: ModelOf, tmp_path: Path, kind: str
) -> None:
    base = model_of(kind, n_positions=32, n_embd=16, n_layer=2, n_head=2) if kind == "gpt2" else model_of(kind)
    policy = create(trainer, base, lora=wire.LoraAdapter(rank=2, alpha=2, target_modules=["all-linear"]))
    train(trainer, policy, steps=2)
    directory = publish(trainer, policy, tmp_path / "adapter")
    targets = json.loads((directory / "adapter_config.json").read_text())["target_modules"]
    expected = {
        "qwen3": ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"],
        "gpt2": ["c_attn", "c_fc", "c_proj"],
    }
    assert targets == expected[kind]
    merged = create(trainer, directory)
    torch.testing.assert_close(log_probs(trainer, merged), log_probs(trainer, policy), atol=1e-5, rtol=1e-5)
    copied = create(trainer, base, init_from=policy)
    torch.testing.assert_close(log_probs(trainer, copied), log_probs(trainer, policy), atol=1e-5, rtol=1e-5)


def test_a_reward_model_trains_its_head_with_the_adapter(trainer: Trainer, model_of: ModelOf, tmp_path: Path) -> None:
    reward = create(trainer, model_of(), "reward", heads=2, lora=LORA)
    pairs: dict[str, Any] = {"first": [0, 2], "second": [1, 3], "labels": [1.0, 0.0], "pair_weights": [1.0] * 4}
    loss = wire.BradleyTerryLoss(centring=0.1)
    for step in range(2):
        backward(trainer, reward, batch_of() | pairs, step=step, bradley_terry=loss)
        optimize(trainer, reward, step=step)
    directory = publish(trainer, reward, tmp_path / "adapter")
    again = create(trainer, directory, "reward", heads=2)
    header = {"call": call(), "want": [wire.WANT_SCORES], "temperature": 1}
    found, expected = (
        trainer.forward(wire.ForwardHeader(model_id=one, **header), tensors_of(batch_of()))[wire.TENSOR_NAME_SCORES]
        for one in (again, reward)
    )
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert expected.abs().max() > 0


def test_a_checkpoint_has_the_adapter_alone_and_training_goes_on_from_it(
    trainer: Trainer, model_of: ModelOf, tmp_path: Path
) -> None:
    policy, other = create(trainer, model_of(), lora=LORA), create(trainer, model_of(), lora=LORA, seed=5)
    train(trainer, policy, steps=2)
    place = {"call": call(), "directory": str(tmp_path / "checkpoint")}
    trainer.save_checkpoint(wire.SaveCheckpointRequest(model_id=policy, **place))
    stored = load_file(tmp_path / "checkpoint" / "torch-trainer-state.safetensors")
    assert all(".lora_" in name for name in stored)
    assert trainer.load_checkpoint(wire.LoadCheckpointRequest(model_id=other, **place)).step == 2
    train(trainer, policy, steps=2, first=2)
    train(trainer, other, steps=2, first=2)
    assert torch.equal(log_probs(trainer, other), log_probs(trainer, policy))


@pytest.mark.parametrize(
    ("lora", "place"),
    [
        ({"rank": 0, "alpha": 1, "target_modules": ["q_proj"]}, "lora.rank"),
        ({"rank": 1, "alpha": 0, "target_modules": ["q_proj"]}, "lora.alpha"),
        ({"rank": 1, "alpha": 1, "target_modules": []}, "lora.target_modules"),
        ({"rank": 1, "alpha": 1, "target_modules": ["no_such_layer"]}, "lora.target_modules"),
    ],
)
def test_settings_that_make_no_adapter_are_refused(trainer: Trainer, model_of: ModelOf, lora: Any, place: str) -> None:
    with pytest.raises(BadInputError) as told:
        create(trainer, model_of(), lora=wire.LoraAdapter(**lora))
    assert told.value.place == place


def test_a_directory_that_does_not_fit_its_base_is_refused_by_the_tensors_name(
    trainer: Trainer, model_of: ModelOf, tmp_path: Path
) -> None:
    directory = publish(trainer, create(trainer, model_of(), lora=LORA), tmp_path / "adapter")
    config = json.loads((directory / "adapter_config.json").read_text())

    def told(changes: dict[str, Any], **options: Any) -> str:
        (directory / "adapter_config.json").write_text(json.dumps(config | changes))
        with pytest.raises(BadInputError) as refused:
            create(trainer, directory, **options)
        return str(refused.value)

    wider = str(model_of("qwen3", hidden_size=32))
    assert "q_proj.lora_A.weight: found shape [4, 16]; allowed: shape [4, 32]" in told({"base_model_name_or_path": wider})
    shallow = str(model_of("qwen3", num_hidden_layers=1))
    assert "layers.1.self_attn.q_proj.lora_A.weight: found shape [4, 16]" in told({"base_model_name_or_path": shallow})
    assert "/nowhere" in told({"base_model_name_or_path": "/nowhere"})
    assert "IA3" in told({"peft_type": "IA3"})
    assert "use_dora" in told({"use_dora": True})
    assert "rank=4" in told({}, lora=wire.LoraAdapter(rank=8, alpha=8, target_modules=["q_proj", "v_proj"]))
    tensors = load_file(directory / WEIGHTS_FILE)
    tensors.pop(min(tensors))
    save_file(tensors, directory / WEIGHTS_FILE)
    assert "found nothing" in told({})
    (directory / WEIGHTS_FILE).rename(directory / "adapter_model.bin")
    assert "can run code" in told({})


def test_a_reference_has_no_adapter_of_its_own(trainer: Trainer, model_of: ModelOf) -> None:
    with pytest.raises(BadInputError, match="a reference is not trained"):
        create(trainer, model_of(), "reference", lora=LORA)
