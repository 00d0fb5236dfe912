"""Serves a trainer until it is told to stop."""

from __future__ import annotations

import json
import signal
import sys
import threading

import torch
import transformers

from majlis_trainer.model_directory import open_network
from majlis_trainer.service import start_server
from majlis_trainer.trainer import Trainer

GRACE_SECONDS = 2.0


def serve(model: str, address: str, *, threads: int, until_stdin_ends: bool) -> None:
    """Opens the model, listens on host:port, prints one line of JSON, and serves until SIGTERM, SIGINT or stdin's end."""
    transformers.utils.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    # Opened once to find out what is wrong with it now rather than in the first call.
    context_length = open_network(model, heads=0).context
    trainer = Trainer(context_length)
    server, port = start_server(trainer, address)
    listening = {
        "address": f"{address.rpartition(':')[0]}:{port}",
        "contextLength": context_length,
        "incarnationId": trainer.incarnation_id,
    }
    print(json.dumps(listening), flush=True)
    wait_for_end(until_stdin_ends=until_stdin_ends)
    server.stop(GRACE_SECONDS).wait()


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
