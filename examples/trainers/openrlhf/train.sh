#!/bin/sh
# PPO with OpenRLHF on Majlis's reward. Takes OpenRLHF's own flags as arguments: models, batch sizes, GPUs.
#   majlis reward serve --rubric ar-msa --model models/a
#   examples/trainers/openrlhf/train.sh --actor.model_name_or_path Qwen/Qwen3-0.6B \
#     --data.prompt_dataset examples/arabic/prompts.train.jsonl --data.input_key text
set -eu
url=${MAJLIS_REWARD_URL:-http://127.0.0.1:8090}
exec python3 -m openrlhf.cli.train_ppo_ray \
  --reward.remote_url "$url/get_reward?label=locale" --data.label_key locale \
  --data.apply_chat_template \
  "$@"
