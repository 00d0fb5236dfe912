"""`python -m majlis_trainer`: serves, or prints one line of JSON that says why not. torchrun starts it on every rank."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from pathlib import Path

from grpc import StatusCode

from majlis_trainer.call_error import LOOPBACK, CallError, startup_report
from majlis_trainer.call_traces import TraceLines
from majlis_trainer.model_files import require_model_files


def main() -> int:
    """Serves until it is told to stop."""
    options = read_options()
    lines = logging.StreamHandler()
    lines.setFormatter(TraceLines("majlis_trainer: %(message)s"))
    logging.basicConfig(handlers=[lines], level=logging.WARNING)
    # Nothing is fetched, whatever a configuration names. Read when Transformers is imported.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        check_token(options)
        if not (Path(options.model) / "adapter_config.json").is_file():
            require_model_files(Path(options.model))
        from majlis_trainer.serve import serve

        return serve(options)
    except CallError as failure:
        # Rank 0's, or that of all.
        if os.environ.get("RANK", "0") == "0":
            print(json.dumps(startup_report(failure)), flush=True)
        return 1


def check_token(options: argparse.Namespace) -> None:
    """Who listens beyond this machine asks for a token, which travels under TLS."""
    if options.token_file is not None:
        file = Path(options.token_file)
        if not file.is_file() or file.read_text().strip() == "":
            raise CallError(StatusCode.FAILED_PRECONDITION, f"--token-file {file} cannot be read or is empty.")
    if (options.tls_cert is None) != (options.tls_key is None) or (options.tls_ca and not options.tls_cert):
        raise CallError(StatusCode.FAILED_PRECONDITION, "--tls-cert and --tls-key go together; --tls-ca needs both.")
    if options.host in LOOPBACK or options.insecure:
        return
    missing = [] if options.token_file else ["--token-file"]
    missing += [] if options.tls_cert else ["--tls-cert", "--tls-key"]
    if missing:
        message = (
            f"A trainer on {options.host} can be reached from other machines and needs {', '.join(missing)}; "
            "--insecure allows it without where the network itself is trusted."
        )
        raise CallError(StatusCode.FAILED_PRECONDITION, message)


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m majlis_trainer")
    parser.add_argument("--model", required=True, help="a Hugging Face directory with a causal language model")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--token-file", help="every call must show the token in this file")
    parser.add_argument("--tls-cert", help="the server's certificate, PEM; taken up again when it changes")
    parser.add_argument("--tls-key", help="its private key, PEM")
    parser.add_argument("--tls-ca", help="the CA of clients, PEM: each then has to show a certificate of it")
    parser.add_argument("--insecure", action="store_true", help="listen beyond this machine without token or TLS")
    parser.add_argument("--threads", type=int, default=1, help="of one operation")
    parser.add_argument("--device", choices=["cpu", "cuda"], help="cuda where there is one")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], help="of matrix products; bfloat16 on GPUs")
    parser.add_argument("--pass-tokens", type=int, default=4096, help="tokens of one pass, padding included")
    parser.add_argument("--gradient-checkpointing", action="store_true", help="less memory, a third more time")
    parser.add_argument("--trace", help="a receiver of OpenTelemetry traces over HTTP, such as http://127.0.0.1:4318")
    parser.add_argument("--until-stdin-ends", action="store_true", help="stop too when whoever started this is gone")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
