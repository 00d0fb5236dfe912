"""Tiny models in directories of their own, and a trainer in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from majlis_trainer.ranks import Ranks
from majlis_trainer.settings import Settings
from majlis_trainer.trainer import Trainer

VOCABULARY = 24
SIZES: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 8,
    "max_position_embeddings": 32,
    "pad_token_id": None,
    "bos_token_id": None,
    "eos_token_id": None,
}

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def model_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A directory with a random model of a type, made once for the same settings."""
    made: dict[str, Path] = {}

    def make(kind: str = "qwen3", opener: Any = AutoModelForCausalLM, **settings: Any) -> Path:
        key = f"{kind} {opener.__name__} {sorted(settings.items())}"
        if key not in made:
            torch.manual_seed(7)
            model = opener.from_config(AutoConfig.for_model(kind, **(SIZES | settings)))
            with torch.no_grad():
                for parameter in model.parameters():
                    # Far enough from 0 for anything wrong to show.
                    parameter.add_(0.15 * torch.randn_like(parameter))
            made[key] = tmp_path_factory.mktemp(kind)
            model.save_pretrained(made[key])
        return made[key]

    return make


@pytest.fixture
def trainer() -> Trainer:
    """A trainer of one rank."""
    return Trainer(32, Settings(), Ranks())
