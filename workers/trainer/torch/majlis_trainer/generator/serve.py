"""Serves a generator until it is told to stop."""

from __future__ import annotations

import json
import threading
import warnings

import torch
import transformers

from majlis_trainer.generator.generator import Generator
from majlis_trainer.generator.served_model import ServedModel
from majlis_trainer.generator.server import GeneratorServer
from majlis_trainer.serve import wait_for_end


def serve(model: str, host: str, port: int, *, threads: int, until_stdin_ends: bool) -> None:
    """Opens the model, listens, prints one line of JSON, and serves until SIGTERM, SIGINT or stdin's end."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    # Every request says which adapter it wants.
    warnings.filterwarnings("ignore", message="Adapter .* was active which is now deleted")
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    served = ServedModel(model)
    server = GeneratorServer((host, port), Generator(served))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base_url = f"http://{host}:{server.server_address[1]}"
    print(json.dumps({"baseUrl": base_url, "contextLength": served.context, "model": served.name}), flush=True)
    wait_for_end(threading.Event(), until_stdin_ends=until_stdin_ends)
    server.shutdown()
