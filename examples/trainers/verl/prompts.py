"""Writes a prompt file of Majlis (id, locale, text) as a dataset of verl, with the question where reward functions see it.

python examples/trainers/verl/prompts.py examples/arabic/prompts.train.jsonl train.parquet
"""

import sys

from datasets import load_dataset

if len(sys.argv) != 3:
    sys.exit(f"usage: {sys.argv[0]} PROMPTS.jsonl OUT.parquet")
source, out = sys.argv[1:]
rows = load_dataset("json", data_files=source, split="train")
rows.map(
    lambda row: {
        "data_source": "majlis",
        "prompt": [{"role": "user", "content": row["text"]}],
        "reward_model": {"style": "rule", "ground_truth": ""},
        "extra_info": {"prompt": row["text"], "locale": row["locale"]},
    },
    remove_columns=rows.column_names,
).to_parquet(out)
