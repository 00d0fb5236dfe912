"""GRPO with TRL on Majlis's reward.

    majlis reward serve --rubric ar-msa --model models/a
    PYTHONPATH=reward/clients/python python examples/trainers/trl/grpo.py \
      --reward http://127.0.0.1:8090 --model Qwen/Qwen3-0.6B --prompts examples/arabic/prompts.train.jsonl --out policy
"""

import argparse
from typing import Any

from datasets import Dataset, load_dataset
from majlis_reward import TrlReward
from transformers import AutoTokenizer
from trl import GRPOConfig, GRPOTrainer


def questions(file: str) -> Dataset:
    """A prompt file of Majlis (id, locale, text) as TRL wants it; the column `locale` reaches the reward."""
    rows = load_dataset("json", data_files=file, split="train")
    return rows.rename_column("text", "prompt").select_columns(["prompt", "locale"])


def make_trainer(model: str, reward: TrlReward, prompts: Dataset, config: GRPOConfig, **more: Any) -> GRPOTrainer:
    """The trainer, with the reward as its only reward function; others may stand beside it in the list."""
    tokenizer = AutoTokenizer.from_pretrained(model, padding_side="left")
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    return GRPOTrainer(
        model=model, reward_funcs=[reward], args=config, train_dataset=prompts, processing_class=tokenizer, **more
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("reward", "model", "prompts", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--steps", type=int, default=500)
    asked = parser.parse_args()
    config = GRPOConfig(output_dir=asked.out, max_steps=asked.steps, num_generations=8, max_completion_length=256)
    make_trainer(asked.model, TrlReward(asked.reward), questions(asked.prompts), config).train()
