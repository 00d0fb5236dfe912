"""For --reward.remote_url examples/trainers/openrlhf/reward.py: the same rewards with a token from a file, TLS and patience.

Set MAJLIS_REWARD_URL (https://rewards.example:8090/?label=locale) and MAJLIS_REWARD_TOKEN_FILE where Ray's workers run.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "reward" / "clients" / "python"))
from majlis_reward import reward_func

__all__ = ["reward_func"]
