"""SkyRL's training entry point with Majlis's environment registered. Takes SkyRL's own overrides as arguments.

    majlis reward serve --rubric ar-msa --model models/a
    PYTHONPATH=reward/clients/python MAJLIS_REWARD_URL=http://127.0.0.1:8090 python examples/trainers/skyrl/main_majlis.py \
      environment.env_class=majlis trainer.algorithm.advantage_estimator=grpo data.train_data="['train.parquet']"
"""

import sys
from typing import Any

import ray
from skyrl.train.config import SkyRLTrainConfig
from skyrl.train.entrypoints.main_base import BasePPOExp, validate_cfg
from skyrl.train.utils import initialize_ray
from skyrl_gym.envs import register


@ray.remote(num_cpus=1)
def train(config: Any) -> None:
    # In the task that trains, since that is where environments are made.
    register(id="majlis", entry_point="majlis_reward:MajlisEnv")
    BasePPOExp(config).run()


if __name__ == "__main__":
    config = SkyRLTrainConfig.from_cli_overrides(sys.argv[1:])
    validate_cfg(config)
    initialize_ray(config)
    ray.get(train.remote(config))
