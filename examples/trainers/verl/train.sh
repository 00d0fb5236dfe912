#!/bin/sh
# GRPO with verl on Majlis's reward. Takes verl's own overrides as arguments: model, batch sizes, GPUs.
#   majlis reward serve --rubric ar-msa --model models/a
#   python examples/trainers/verl/prompts.py examples/arabic/prompts.train.jsonl train.parquet
#   examples/trainers/verl/train.sh data.train_files=train.parquet data.val_files=train.parquet actor_rollout_ref.model.path=Qwen/Qwen3-0.6B
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec python3 -m verl.trainer.main_ppo \
  algorithm.adv_estimator=grpo \
  reward.custom_reward_function.path="$here/../../../reward/clients/python/majlis_reward.py" \
  reward.custom_reward_function.name=compute_score_async \
  +reward.custom_reward_function.reward_kwargs.url="${MAJLIS_REWARD_URL:-http://127.0.0.1:8090}" \
  reward.reward_manager.name=naive \
  "$@"
