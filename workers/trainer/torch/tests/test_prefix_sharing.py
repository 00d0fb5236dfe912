"""What sequences begin with alike is computed once, and every figure stays what it is when each is computed whole."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from calls import backward, call, create, log_probs, optimize, tensors_of
from torch import Tensor

from majlis_trainer.batch import TokenBatch
from majlis_trainer.grid import Layout, shared_prefixes
from majlis_trainer.model_directory import Opening, open_network
from majlis_trainer.model_table import Call
from majlis_trainer.prefix_sharing import can_share_prefixes
from majlis_trainer.ranks import Ranks
from majlis_trainer.settings import Settings
from majlis_trainer.trainer import Trainer
from majlis_trainer.wire import trainer_pb2 as wire

ModelOf = Callable[..., Path]
PROMPTS = ([5, 1, 7, 2, 9, 4, 3], [5, 1, 8, 8, 0, 6])
ANSWERS = ([11, 3, 2], [6, 6, 1, 9], [2], [12, 3, 3, 3])


def grouped() -> dict[str, Any]:
    """Four answers to each of two prompts, in turn, with weight 1 on answers."""
    pairs = [(prompt, answer) for answer in ANSWERS for prompt in PROMPTS]
    lengths = [len(prompt) + len(answer) for prompt, answer in pairs]
    return {
        "token_ids": [token for prompt, answer in pairs for token in [*prompt, *answer]],
        "offsets": [0, *itertools.accumulate(lengths)],
        "weights": [weight for prompt, answer in pairs for weight in [0.0] * len(prompt) + [1.0] * len(answer)],
    }


def count_tokens(trainer: Trainer, model: str) -> list[int]:
    """Gets the tokens of each pass from now on."""
    tokens: list[int] = []
    module = trainer._models.find(Call("run", 1, None), model).network.module
    module.get_input_embeddings().register_forward_pre_hook(lambda _, inputs: tokens.append(inputs[0].numel()))
    return tokens


def values(trainer: Trainer, critic: str) -> Tensor:
    """[token]"""
    header = wire.ForwardHeader(call=call(), model_id=critic, want=[wire.WANT_VALUES], temperature=1)
    return trainer.forward(header, tensors_of(grouped()))[wire.TENSOR_NAME_VALUES]


def learned(trainer: Trainer, directory: Path, **options: Any) -> tuple[int, list[float], Tensor]:
    """Tokens passed; gradient norm and loss of a step; log-probs after it."""
    model = create(trainer, directory, **options)
    tokens = count_tokens(trainer, model)
    loss = backward(trainer, model, grouped()).loss
    passed = sum(tokens)
    return passed, [optimize(trainer, model).grad_norm, loss], log_probs(trainer, model, grouped())


def share_nothing(monkeypatch: Any) -> None:
    """Models that are made from now on have whole passes."""
    monkeypatch.setattr("majlis_trainer.trainer.can_share_prefixes", lambda _module: False)


@pytest.mark.parametrize("kind", ["qwen3", "llama", "gpt2", "gpt_neox"])
def test_gradients_and_log_probs_are_those_of_whole_passes(
    trainer: Trainer, model_of: ModelOf, kind: str, monkeypatch: Any
) -> None:
    shared_tokens, shared, shared_after = learned(trainer, model_of(kind))
    share_nothing(monkeypatch)
    tokens, whole, after = learned(trainer, model_of(kind))
    assert (tokens, shared_tokens) == (8 * 11, 2 * 5 + 8 * 6)
    assert shared == pytest.approx(whole, rel=1e-5)
    assert (shared_after - after).abs().max() < 1e-5


def test_adapters_and_the_reference_beside_them_share_too(trainer: Trainer, model_of: ModelOf, monkeypatch: Any) -> None:
    lora = wire.LoraAdapter(rank=2, alpha=4, target_modules=["all-linear"])
    found = []
    for share in (True, False):
        if not share:
            share_nothing(monkeypatch)
        _, norm_and_loss, after = learned(trainer, model_of(), lora=lora)
        reference = log_probs(trainer, create(trainer, model_of(), "reference"), grouped())
        found.append([*norm_and_loss, *after.tolist(), *reference.tolist()])
    assert found[0] == pytest.approx(found[1], rel=1e-5, abs=1e-5)


def test_a_critic_shares_too(trainer: Trainer, model_of: ModelOf, monkeypatch: Any) -> None:
    norms, found = [], []
    count = len(grouped()["token_ids"])
    for share in (True, False):
        if not share:
            share_nothing(monkeypatch)
        critic = create(trainer, model_of(), "critic", heads=1)
        tensors = grouped() | {"old_values": [0.0] * count, "returns": [0.1 * (at % 7) for at in range(count)]}
        backward(trainer, critic, tensors, value=wire.ValueLoss(clip=0.2))
        norms.append(optimize(trainer, critic).grad_norm)
        found.append(values(trainer, critic))
    assert norms[0] == pytest.approx(norms[1], rel=1e-5)
    assert found[1].abs().max() > 0.01
    assert (found[0] - found[1]).abs().max() < 1e-5


@pytest.mark.parametrize(("kind", "settings"), [("gemma3_text", {}), ("mistral", {"sliding_window": 4}), ("mamba", {})])
def test_models_with_windows_or_states_have_whole_passes(model_of: ModelOf, kind: str, settings: Any) -> None:
    network = open_network(Opening(str(model_of(kind, **settings)), heads=0), Settings())
    assert not can_share_prefixes(network.module)


def test_a_model_that_forgets_where_it_was_has_whole_passes(model_of: ModelOf, monkeypatch: Any) -> None:
    module: Any = open_network(Opening(str(model_of()), heads=0), Settings()).module
    assert can_share_prefixes(module)
    forward = module.model.forward

    def from_zero(**given: Any) -> Any:
        return forward(**given, position_ids=torch.arange(given["input_ids"].shape[1])[None])

    monkeypatch.setattr(module.model, "forward", from_zero)
    assert not can_share_prefixes(module)


def test_layers_that_are_computed_again_have_whole_passes(model_of: ModelOf) -> None:
    trainer = Trainer(32, Settings(gradient_checkpointing=True), Ranks())
    assert learned(trainer, model_of())[0] == 8 * 11


def test_the_length_that_saves_the_most_is_shared() -> None:
    rows = torch.tensor([[1, 1, 1, 1, 5], [2, 1, 1, 1, 6], [1, 1, 1, 1, 7], [1, 1, 2, 1, 5]])
    # Two tokens spare 2 × 2 of 20, four spare 4 × 1; as much saved by fewer prefixes of more tokens is the longer one.
    found = shared_prefixes(rows, 4)
    assert found is not None
    assert found.token_ids.tolist() == [[1, 1, 1, 1], [1, 1, 2, 1], [2, 1, 1, 1]]
    assert found.of.tolist() == [0, 2, 0, 1]
    # Tokens from the first place that is read on are nobody else's.
    shorter = shared_prefixes(rows, 3)
    assert shorter is not None
    assert shorter.token_ids.tolist() == [[1, 1], [2, 1]]
    assert shared_prefixes(rows, 1) is None
    assert shared_prefixes(rows, 0) is None
    assert shared_prefixes(rows[:1], 4) is None


def test_answers_to_one_prompt_share_a_pass_where_that_spares_more_than_padding_costs() -> None:
    def passes(prompt: int, answers: list[int]) -> list[list[int]]:
        lengths = [prompt + answer for answer in answers]
        tokens = [
            100 * (at % 2) + token if token < prompt else at for at, length in enumerate(lengths) for token in range(length)
        ]
        weights = [float(token >= prompt) for length in lengths for token in range(length)]
        batch = TokenBatch(torch.tensor(tokens), [0, *itertools.accumulate(lengths)], torch.tensor(weights), 1.0)
        layout = Layout(batch, [[at] for at in range(len(lengths))], ends=False, shares_prefixes=True)
        return [grid.sequences for grid in layout.passes(2 * max(lengths)) if grid is not None]

    # The answers of even and of odd places are to one prompt each; a pass has room for two.
    assert passes(20, [9, 8, 2, 1]) == [[0, 2], [1, 3]]
    assert passes(3, [20, 20, 1, 1]) == [[0, 1], [2, 3]]
