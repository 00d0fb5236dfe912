"""Trains two steps of TRL's GRPO on our reward function, with the trainer that examples/trainers/trl makes.

Arguments: a model directory (a causal language model with tokenizer), the address of a reward server, a folder to write to,
and the prompts, JSON [{prompt, locale}]. Prints one JSON object: for each step what was asked, rewarded and learnt.
"""

import contextlib
import json
import logging
import math
import sys
from typing import Any

import torch
from datasets import Dataset
from grpo import make_trainer
from majlis_reward import TrlReward
from transformers import TrainerCallback
from trl import GRPOConfig

logging.disable(logging.WARNING)
model, url, out, prompts = sys.argv[1:]
STEPS = 2
GROUP = 4

steps: list[dict[str, Any]] = []


class Watched(TrlReward):
    """Keeps what the trainer asked, and what it was told."""

    def __call__(self, prompts: Any, completions: Any, locale: Any = None, **columns: Any) -> list[float | None]:
        rewards = super().__call__(prompts, completions, locale, **columns)
        steps.append({"prompts": prompts, "completions": completions, "locales": locale, "rewards": rewards})
        return rewards


class Advantages(TrainerCallback):
    """Keeps what the trainer made of the rewards."""

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        steps[-1]["advantages"] = list(trainer._logs["advantages"])


def parameters() -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in trainer.model.parameters()]


# Trainers print their figures; the answer is to stand alone.
with contextlib.redirect_stdout(sys.stderr):
    config = GRPOConfig(
        output_dir=out,
        max_steps=STEPS,
        per_device_train_batch_size=2 * GROUP,
        num_generations=GROUP,
        max_completion_length=8,
        learning_rate=1e-3,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        disable_tqdm=True,
        seed=1,
    )
    trainer = make_trainer(model, Watched(url), Dataset.from_list(json.loads(prompts)), config, callbacks=[Advantages()])
    before = parameters()
    trainer.train()
    moved = any(not torch.equal(old, new) for old, new in zip(before, parameters(), strict=True))
    logged = [entry for entry in trainer.state.log_history if "loss" in entry]

for step, entry in zip(steps, logged, strict=True):
    step["unscored"] = entry["majlis/unscored"]
    step["mean"] = entry["rewards/majlis/mean"]
    step["finite"] = math.isfinite(entry["loss"]) and math.isfinite(entry["grad_norm"])
print(json.dumps({"steps": steps, "moved": moved}))
