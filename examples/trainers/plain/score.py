"""Rewards two answers to one question.

majlis reward serve --rubric ar-msa
PYTHONPATH=reward/clients/python python examples/trainers/plain/score.py [http://127.0.0.1:8090]
"""

import sys

from majlis_reward import RewardClient

QUESTION = "ما عاصمة الأردن؟"
ANSWERS = ["عاصمة الأردن هي عمّان.", "I do not know."]

url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8090"
client = RewardClient(url, locale="ar")
for answer, outcome in zip(ANSWERS, client.score([QUESTION] * len(ANSWERS), ANSWERS), strict=True):
    told = outcome.reason if outcome.reward is None else f"{outcome.reward:.3f}"
    print(outcome.kind, told, answer)
