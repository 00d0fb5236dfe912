#!/bin/sh
# GRPO with slime on Majlis's reward; run it in a checkout of slime. Takes slime's own flags as arguments: model, data, GPUs.
#   majlis reward serve --rubric ar-msa --model models/a
#   PYTHONPATH=MAJLIS/reward/clients/python MAJLIS/examples/trainers/slime/train.sh --prompt-data prompts.train.jsonl \
#     --input-key text --apply-chat-template --hf-checkpoint Qwen/Qwen3-4B
set -eu
exec python3 train.py \
  --advantage-estimator grpo \
  --rm-url "${MAJLIS_REWARD_URL:-http://127.0.0.1:8090}/?label=locale" --label-key locale \
  --custom-rm-path majlis_reward.slime_reward \
  --dynamic-sampling-filter-path majlis_reward.slime_keep_scored \
  "$@"
