"""Loads our exports with Hugging Face datasets, and trains an epoch on each with TRL, as a person would who got the files.

Arguments: a folder with `model` (a causal language model with tokenizer and chat template) and the exports. Prints one JSON
object: per file its rows and types, per trainer what it saw and what it lost.
"""

import contextlib
import json
import logging
import math
import sys
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset, load_dataset
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer
from trl import DPOConfig, DPOTrainer, RewardConfig, RewardTrainer

logging.disable(logging.WARNING)
FOLDER = Path(sys.argv[1])
MODEL = FOLDER / "model"
SHARED = {
    "num_train_epochs": 1,
    "per_device_train_batch_size": 4,
    "logging_steps": 1,
    "save_strategy": "no",
    "report_to": "none",
    "use_cpu": True,
    "bf16": False,
    "gradient_checkpointing": False,
    "disable_tqdm": True,
    "seed": 1,
}


def load(name: str) -> Dataset:
    """The file as datasets has it, without touching the network or a shared cache."""
    builder = "parquet" if name.endswith(".parquet") else "json"
    return load_dataset(builder, data_files=str(FOLDER / name), split="train", cache_dir=str(FOLDER / "cache"))


def tokenizer() -> Any:
    loaded = AutoTokenizer.from_pretrained(MODEL)
    if loaded.pad_token is None:
        loaded.pad_token = loaded.eos_token
    return loaded


def outcome(trainer: Any) -> dict[str, Any]:
    """What the first batch held, whether weights moved, and every loss that was logged."""
    batch = next(iter(trainer.get_train_dataloader()))
    before = [parameter.detach().clone() for parameter in trainer.model.parameters()]
    trainer.train()
    after = trainer.model.parameters()
    moved = any(not torch.equal(old, new) for old, new in zip(before, after, strict=True))
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return {
        "columns": sorted(trainer.train_dataset.column_names),
        "batch": sorted(batch),
        "margins": batch["margin"].tolist() if "margin" in batch else None,
        "rows": len(trainer.train_dataset),
        "firstChosen": trainer.processing_class.decode(chosen_ids(trainer.train_dataset[0])),
        "losses": losses,
        "finite": all(math.isfinite(loss) for loss in losses),
        "steps": trainer.state.global_step,
        "moved": moved,
    }


def chosen_ids(row: dict[str, Any]) -> list[int]:
    return row.get("prompt_ids", []) + row["chosen_ids"]


def train_reward(name: str) -> dict[str, Any]:
    processing = tokenizer()
    model = AutoModelForSequenceClassification.from_pretrained(MODEL, num_labels=1)
    model.config.pad_token_id = processing.pad_token_id
    config = RewardConfig(output_dir=str(FOLDER / "out"), max_length=128, learning_rate=1e-3, **SHARED)
    return outcome(RewardTrainer(model=model, args=config, train_dataset=load(name), processing_class=processing))


def train_dpo(name: str) -> dict[str, Any]:
    config = DPOConfig(output_dir=str(FOLDER / "out"), max_length=128, learning_rate=1e-3, **SHARED)
    model = AutoModelForCausalLM.from_pretrained(MODEL)
    return outcome(DPOTrainer(model=model, args=config, train_dataset=load(name), processing_class=tokenizer()))


FILES = ["standard.jsonl", "standard.parquet", "conversational.jsonl", "conversational.parquet"]
# Trainers print their figures; the answer is to stand alone.
with contextlib.redirect_stdout(sys.stderr):
    files = {name: load(name) for name in FILES}
    answer = {
        "files": {
            name: {"rows": data.to_list(), "types": {key: str(kind) for key, kind in data.features.items()}}
            for name, data in files.items()
        },
        "reward": {name: train_reward(name) for name in ["standard.jsonl", "conversational.parquet"]},
        "dpo": {name: train_dpo(name) for name in ["standard.parquet", "conversational.jsonl"]},
    }
print(json.dumps(answer))
