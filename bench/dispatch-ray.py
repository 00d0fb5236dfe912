"""Rounds of pipelined Ray actor calls: each line on stdin is a number of calls, each line on stdout a round's seconds.

Each call takes the bytes of a task and returns those of a result, as a rollout worker would.
Usage: dispatch-ray.py ACTORS TASK_BYTES RESULT_BYTES
"""

import json
import logging
import os
import sys
import time

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
import ray  # noqa: E402

IN_FLIGHT = 1024


@ray.remote(num_cpus=0)
class Worker:
    def __init__(self, result_bytes: int) -> None:
        self.result = b"x" * result_bytes

    def work(self, task: bytes) -> bytes:
        return self.result


def play(workers: list, task: bytes, calls: int) -> float:
    start = time.perf_counter()
    pending: list = []
    for at in range(calls):
        pending.append(workers[at % len(workers)].work.remote(task))
        if len(pending) >= IN_FLIGHT:
            half = IN_FLIGHT // 2
            ray.get(pending[:half])
            pending = pending[half:]
    ray.get(pending)
    return time.perf_counter() - start


def main() -> None:
    actors, task_bytes, result_bytes = (int(argument) for argument in sys.argv[1:])
    ray.init(include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
    workers = [Worker.remote(result_bytes) for _ in range(actors)]
    play(workers, b"t" * task_bytes, actors)
    print(json.dumps({"version": ray.__version__}), flush=True)
    for line in sys.stdin:
        print(json.dumps({"seconds": play(workers, b"t" * task_bytes, int(line))}), flush=True)


main()
