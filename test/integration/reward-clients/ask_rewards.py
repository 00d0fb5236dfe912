"""Asks a reward server in every way that the Python file has. Argument: its address. Prints what came back, as JSON."""

import asyncio
import json
import os
import sys
from types import SimpleNamespace
from typing import Any

os.environ["MAJLIS_REWARD_URL"] = sys.argv[1]
from majlis_reward import (
    MajlisEnv,
    RewardError,
    TrlReward,
    client_of_environment,
    compute_score,
    compute_score_async,
    reward_func,
    slime_reward,
)

CHAT = [{"role": "user", "content": "Who?"}]
EXTRA = {"prompt": "Who?", "locale": "ar"}


def told(call: Any) -> Any:
    """What it gives, or the error that it is."""
    try:
        return call()
    except RewardError as failure:
        return {"error": failure.code, "status": failure.status, "unscored": failure.is_unscored}


def skyrl(answer: str) -> float:
    env = MajlisEnv(extras={"locale": "ar"})
    env.init(CHAT)
    return float(env.step(answer)["reward"])


def slime(answer: str) -> Any:
    sample = SimpleNamespace(prompt="Who?", response=answer, label=None, metadata={"locale": "ar"})
    return asyncio.run(slime_reward(SimpleNamespace(), [sample]))


def everything(answer: str) -> dict[str, Any]:
    [outcome] = client_of_environment().score(["Who?"], [answer], locale="ar")
    return {
        "plain": outcome._asdict(),
        "verl": told(lambda: compute_score("data", answer, "", EXTRA)),
        "verl_async": told(lambda: asyncio.run(compute_score_async("data", answer, "", EXTRA))),
        "trl": TrlReward()(prompts=["Who?"], completions=[answer], locale=["ar"]),
        "skyrl": told(lambda: skyrl(answer)),
        "openrlhf": told(lambda: reward_func(["Who?" + answer], ["Who?"], [None])),
        "slime": slime(answer),
    }


print(json.dumps({answer: everything(answer) for answer in ["scored", "abstained", "malformed", "\ud800"]}))
