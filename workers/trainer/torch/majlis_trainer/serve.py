"""Serves a trainer until it is told to stop; ranks other than the first follow it."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import torch
import transformers

from majlis_trainer.certificates import CertificateFiles, Certificates
from majlis_trainer.conductor import Conductor, follow
from majlis_trainer.model_directory import Opening, open_network
from majlis_trainer.otlp_spans import open_spans
from majlis_trainer.ranks import Ranks, is_elsewhere, is_first, join_ranks, local_rank
from majlis_trainer.service import Listening, start_server
from majlis_trainer.settings import Settings, choose_settings
from majlis_trainer.trainer import Trainer

GRACE_SECONDS = 2.0
LOOK_SECONDS = 0.5
FAILED = 1


def serve(options: argparse.Namespace) -> int:
    """Opens the model, listens, prints one line of JSON, and serves until SIGTERM, SIGINT or stdin's end; an exit status."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    # Outputs of models are read here and never changed in place.
    warnings.filterwarnings("ignore", message="FSDP2-wrapped module .* returned a view tensor")
    torch.set_num_threads(options.threads)
    settings = choose_settings(
        device=options.device,
        dtype=options.dtype,
        pass_tokens=options.pass_tokens,
        gradient_checkpointing=options.gradient_checkpointing,
        local_rank=local_rank(),
    )
    if settings.device.type == "cpu":
        torch.use_deterministic_algorithms(True)
    else:
        torch.cuda.set_device(settings.device)
    # Opened once to find out what is wrong with it now rather than in the first call; not by all ranks at once.
    context_length = open_network(Opening(options.model, heads=0), settings).context if is_first() else 0
    ranks = join_ranks(settings.device.type)
    if ranks.world > 1:
        end_with_launcher()
    trainer = Trainer(ranks.gather(context_length)[0], settings, ranks)
    return lead(trainer, ranks, settings, options) if ranks.leads else follow_on(trainer, ranks, options)


def lead(trainer: Trainer, ranks: Ranks, settings: Settings, options: argparse.Namespace) -> int:
    """Rank 0."""
    ended = threading.Event()
    conductor = Conductor(trainer, ranks, ended.set)
    address = f"{options.host}:{options.port}"
    token = Path(options.token_file).read_text().strip() if options.token_file else None
    spans = open_spans(options.trace, os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))
    listening_at = Listening(address, settings.device, token, certificates_of(options), spans)
    server, port = start_server(conductor, listening_at)
    listening = {
        "address": f"{options.host}:{port}",
        "contextLength": trainer.context_length,
        "incarnationId": trainer.incarnation_id,
    }
    print(json.dumps(listening), flush=True)
    wait_for_end(ended, until_stdin_ends=options.until_stdin_ends)
    server.stop(GRACE_SECONDS).wait()
    if spans is not None:
        spans.close()
    conductor.stop()
    return 0 if conductor.ended_by is None else FAILED


def certificates_of(options: argparse.Namespace) -> Certificates | None:
    """None: plaintext."""
    if options.tls_cert is None:
        return None
    ca = None if options.tls_ca is None else Path(options.tls_ca)
    return Certificates(CertificateFiles(Path(options.tls_cert), Path(options.tls_key), ca))


def follow_on(trainer: Trainer, ranks: Ranks, options: argparse.Namespace) -> int:
    """The other ranks. Signals are rank 0's to answer: torchrun and a terminal send them to all."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    if is_elsewhere():
        follow_elsewhere(trainer, until_stdin_ends=options.until_stdin_ends)
    failure = follow(trainer, ranks)
    if failure is None:
        return 0
    logging.getLogger(__name__).error("%s", failure)
    return FAILED


def follow_elsewhere(trainer: Trainer, *, until_stdin_ends: bool) -> None:
    """On another machine than rank 0's: the first rank says whom it follows. Whoever stops this one stops them all."""
    if local_rank() == 0:
        leader = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
        following = {"address": leader, "contextLength": trainer.context_length, "follows": True}
        print(json.dumps(following), flush=True)

    def watch() -> None:
        sys.stdin.read()
        os._exit(FAILED)

    if until_stdin_ends:
        threading.Thread(target=watch, daemon=True).start()


def end_with_launcher() -> None:
    """Ends this rank when torchrun is gone without having told it, so that none is left with a port and memory."""
    launcher = os.getppid()

    def watch() -> None:
        while os.getppid() == launcher:
            time.sleep(LOOK_SECONDS)
        os._exit(FAILED)

    threading.Thread(target=watch, daemon=True).start()


def wait_for_end(ended: threading.Event, *, until_stdin_ends: bool) -> None:
    """Returns when the process should stop."""

    def end(_number: int, _frame: Any) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    if until_stdin_ends:

        def watch() -> None:
            sys.stdin.read()
            ended.set()

        threading.Thread(target=watch, daemon=True).start()
    ended.wait()
