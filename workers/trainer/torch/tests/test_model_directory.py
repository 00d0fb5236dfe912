"""What is opened, as what, and what is refused in so many words."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from calls import LENGTHS, backward, batch_of, call, create, log_probs, tensors_of
from conftest import SIZES
from gguf_file import qwen3_gguf
from grpc import StatusCode
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

from majlis_trainer.call_error import BadInputError, CallError
from majlis_trainer.model_directory import Opening, open_network
from majlis_trainer.settings import Settings, choose_settings
from majlis_trainer.trainer import Trainer
from majlis_trainer.wire import trainer_pb2 as wire

ModelOf = Callable[..., Path]


def scores(trainer: Trainer, model_id: str) -> list[float]:
    """Of each sequence. [sequence]"""
    header = wire.ForwardHeader(call=call(), model_id=model_id, want=[wire.WANT_SCORES], temperature=1)
    return trainer.forward(header, tensors_of(batch_of()))[wire.TENSOR_NAME_SCORES].tolist()


@pytest.mark.parametrize("kind", ["qwen3", "llama", "gemma2", "gemma3_text", "olmo2"])
def test_log_probs_are_those_of_transformers(trainer: Trainer, model_of: ModelOf, kind: str) -> None:
    directory = model_of(kind)
    found = log_probs(trainer, create(trainer, directory))
    model: Any = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
    model.eval()
    batch = batch_of()
    for start, length in zip(batch["offsets"], LENGTHS, strict=False):
        tokens = torch.tensor(batch["token_ids"][start : start + length])
        logits = model(input_ids=tokens[None]).logits[0]
        expected = torch.log_softmax(logits, dim=-1)[:-1].gather(1, tokens[1:, None])[:, 0]
        torch.testing.assert_close(found[start + 2 : start + length], expected[1:], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", ["qwen3", "gemma3_text", "gpt_neox"])
def test_a_sequence_classifier_is_a_reward_model_with_its_own_scores(trainer: Trainer, model_of: ModelOf, kind: str) -> None:
    directory = model_of(kind, AutoModelForSequenceClassification, num_labels=1)
    found = scores(trainer, create(trainer, directory, "reward", heads=1))
    model = AutoModelForSequenceClassification.from_pretrained(directory, dtype=torch.float32).eval()
    batch = batch_of()
    for at, (start, length) in enumerate(zip(batch["offsets"], LENGTHS, strict=False)):
        tokens = torch.tensor(batch["token_ids"][start : start + length])
        assert found[at] == pytest.approx(model(input_ids=tokens[None]).logits.item(), abs=1e-5)
    assert max(found) - min(found) > 0.1


def test_an_architecture_without_a_token_classifier_trains_publishes_and_comes_back(
    trainer: Trainer, model_of: ModelOf, tmp_path: Path
) -> None:
    reward = create(trainer, model_of("gemma3_text"), "reward", heads=1)
    pairs: dict[str, Any] = {"first": [0, 2], "second": [1, 3], "labels": [1.0, 0.0], "pair_weights": [1.0, 1.0]}
    backward(trainer, reward, batch_of() | pairs, bradley_terry=wire.BradleyTerryLoss(centring=0.1))
    request = {"call": call(), "model_id": reward, "directory": str(tmp_path / "published")}
    trainer.publish_weights(wire.PublishWeightsRequest(**request))
    again = create(trainer, tmp_path / "published", "reward", heads=1)
    assert scores(trainer, again) == scores(trainer, reward)


def refusal(directory: Path, heads: int = 0) -> CallError:
    """What a directory is refused with."""
    with pytest.raises(CallError) as told:
        open_network(Opening(str(directory), heads), Settings())
    return told.value


@pytest.fixture
def copied(model_of: ModelOf, tmp_path: Path) -> Path:
    """A directory to damage."""
    return Path(shutil.copytree(model_of(), tmp_path / "copied"))


def test_a_missing_configuration_or_missing_weights_are_not_found(copied: Path) -> None:
    (copied / "model.safetensors").rename(copied / "elsewhere")
    assert refusal(copied).code is StatusCode.NOT_FOUND
    (copied / "config.json").unlink()
    assert "config.json cannot be read" in str(refusal(copied))


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt"])
def test_pickled_weights_are_refused(copied: Path, name: str) -> None:
    (copied / "model.safetensors").rename(copied / name)
    told = refusal(copied)
    assert isinstance(told, BadInputError)
    assert (told.found, "can run code" in told.allowed) == (name, True)


def test_damaged_weights_and_weights_that_are_lacking_are_refused(copied: Path) -> None:
    config = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3, "layer_types": None}))
    assert "model.layers.2" in str(refusal(copied))
    (copied / "model.safetensors").write_bytes(b"not it")
    assert isinstance(refusal(copied), BadInputError)


def test_code_of_the_models_own_is_not_run(copied: Path) -> None:
    config = json.loads((copied / "config.json").read_text())
    own = {"model_type": "mine", "auto_map": {"AutoConfig": "mine.Config", "AutoModelForCausalLM": "mine.Model"}}
    (copied / "config.json").write_text(json.dumps(config | own))
    (copied / "mine.py").write_text("raise SystemExit('it ran')")
    assert isinstance(refusal(copied), BadInputError)


@pytest.mark.parametrize(
    "vocabulary",
    [
        {"model": {"type": "BPE", "vocab": {"a": 0, "odd": 24}}},
        {"model": {"type": "Unigram", "vocab": [["a", 0.0]] * 25}},
    ],
)
def test_a_tokenizer_with_ids_beyond_the_vocabulary_is_refused(copied: Path, vocabulary: Any) -> None:
    (copied / "tokenizer.json").write_text(json.dumps(vocabulary))
    told = refusal(copied)
    assert isinstance(told, BadInputError)
    assert "0 to 23" in told.allowed
    fitting = {"model": {"vocab": {"a": 23, "<image>": 24}}, "added_tokens": [{"id": 24, "content": "<image>"}]}
    (copied / "tokenizer.json").write_text(json.dumps(fitting))
    open_network(Opening(str(copied), 0), Settings())


def test_weights_that_are_no_numbers_are_refused_by_name(copied: Path) -> None:
    weights = load_file(copied / "model.safetensors")
    weights["model.norm.weight"][1] = float("nan")
    save_file(weights, copied / "model.safetensors", metadata={"format": "pt"})
    assert "found NaN or an infinity in model.norm.weight" in str(refusal(copied))


def test_a_prompt_longer_than_the_context_is_refused(trainer: Trainer, model_of: ModelOf) -> None:
    model = create(trainer, model_of())
    with pytest.raises(BadInputError, match="a sequence of 33 tokens; allowed: 1 to 32 tokens"):
        log_probs(trainer, model, batch_of([3, 33]))


def test_a_model_that_looks_ahead_is_refused(tmp_path: Path) -> None:
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        **{key: SIZES[key] for key in ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads")}
    )
    torch.manual_seed(3)
    BertForSequenceClassification(config).save_pretrained(tmp_path)
    assert "which looks ahead" in str(refusal(tmp_path, heads=1))


@pytest.mark.skipif(find_spec("gguf") is None, reason="needs the package gguf")
def test_a_gguf_file_opens_as_the_model_that_it_was_made_from(trainer: Trainer, model_of: ModelOf, tmp_path: Path) -> None:
    directory = model_of("qwen3", tie_word_embeddings=False, head_dim=128)
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
    (tmp_path / "model.gguf").write_bytes(qwen3_gguf(model))
    opened = create(trainer, tmp_path)
    expected = log_probs(trainer, create(trainer, directory))
    torch.testing.assert_close(log_probs(trainer, opened), expected, atol=1e-5, rtol=1e-5)
    request = {"call": call(), "model_id": opened, "directory": str(tmp_path / "published")}
    trainer.publish_weights(wire.PublishWeightsRequest(**request))
    again = create(trainer, tmp_path / "published")
    assert torch.equal(log_probs(trainer, again), log_probs(trainer, opened))


def test_several_gguf_files_and_a_damaged_one_are_refused(copied: Path) -> None:
    (copied / "model.safetensors").unlink()
    (copied / "b.gguf").write_bytes(b"GGUF")
    assert isinstance(refusal(copied), BadInputError)
    (copied / "a.gguf").write_bytes(b"GGUF")
    assert "a.gguf, b.gguf" in str(refusal(copied))


def test_cuda_that_is_not_there_is_refused_with_what_to_do(monkeypatch: Any) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    options: dict[str, Any] = {"dtype": None, "pass_tokens": 10, "gradient_checkpointing": False, "local_rank": 0}
    with pytest.raises(CallError, match="--device cpu"):
        choose_settings(device="cuda", **options)
    assert choose_settings(device=None, **options).dtype == "float32"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert choose_settings(device=None, **options).dtype == "bfloat16"
    with pytest.raises(CallError, match="fewer than ranks"):
        choose_settings(device="cuda", **(options | {"local_rank": 1}))
