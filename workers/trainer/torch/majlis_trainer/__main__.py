"""`python -m majlis_trainer`: opens a model directory, serves, and prints one line of JSON once it listens."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading

# Nothing is fetched, whatever a configuration names.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers

from majlis_trainer.call_error import CallError
from majlis_trainer.model_directory import open_network
from majlis_trainer.service import start_server
from majlis_trainer.trainer import Trainer

GRACE_SECONDS = 2.0


def main() -> int:
    """Serves until SIGTERM, SIGINT or, where asked, the end of stdin."""
    options = read_options()
    transformers.utils.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True)
    try:
        # Opened once to find out what is wrong with it now rather than in the first call.
        context_length = open_network(options.model, heads=0).context
        trainer = Trainer(context_length)
        server, port = start_server(trainer, f"{options.host}:{options.port}")
    except CallError as failure:
        print(json.dumps({"error": str(failure), "code": failure.code.name.lower()}), flush=True)
        return 1
    print(
        json.dumps(
            {
                "address": f"{options.host}:{port}",
                "contextLength": context_length,
                "incarnationId": trainer.incarnation_id,
            }
        ),
        flush=True,
    )
    wait_for_end(until_stdin_ends=options.until_stdin_ends)
    server.stop(GRACE_SECONDS).wait()
    return 0


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m majlis_trainer")
    parser.add_argument("--model", required=True, help="a Hugging Face directory with a causal language model")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--threads", type=int, default=1, help="of one operation")
    parser.add_argument("--until-stdin-ends", action="store_true", help="stop too when whoever started this is gone")
    return parser.parse_args()


def wait_for_end(*, until_stdin_ends: bool) -> None:
    """Returns when the process should stop."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ended.set())
    if until_stdin_ends:

        def watch() -> None:
            sys.stdin.read()
            ended.set()

        threading.Thread(target=watch, daemon=True).start()
    ended.wait()


if __name__ == "__main__":
    sys.exit(main())
