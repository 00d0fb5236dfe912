"""`python -m majlis_trainer.generator`: serves, or prints one line of JSON that says why it cannot."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from majlis_trainer.call_error import LOOPBACK, CallError, precondition, startup_report
from majlis_trainer.generator.http_error import HttpError
from majlis_trainer.model_files import require_model_files


def main() -> int:
    """Serves until it is told to stop."""
    options = read_options()
    # Nothing is fetched, whatever a configuration names. Read when Transformers is imported.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        check_host(options.host, insecure=options.insecure)
        require_model_files(Path(options.model))
        from majlis_trainer.generator.serve import serve

        serve(
            options.model,
            options.host,
            options.port,
            threads=options.threads,
            until_stdin_ends=options.until_stdin_ends,
        )
    except CallError as failure:
        return report(startup_report(failure))
    except HttpError as failure:
        # At the start there is no request whose field could be named: what is wrong with the directory is.
        if isinstance(failure.__cause__, CallError):
            return report(startup_report(failure.__cause__))
        return report({"error": str(failure), "code": "invalid_argument"})
    except OSError as failure:
        message = f"{options.host}:{options.port} cannot be listened on: {failure}."
        return report({"error": message, "code": "unavailable"})
    return 0


def check_host(host: str, *, insecure: bool) -> None:
    """It asks nobody who they are, so other machines may not reach it."""
    if host not in LOOPBACK and not insecure:
        message = f"A generator on {host} can be reached from other machines, and asks nobody who they are;"
        raise precondition(f"{message} --insecure allows it where the network itself is trusted.")


def report(said: dict[str, object]) -> int:
    """One line for whoever started this, and the exit status."""
    print(json.dumps(said), flush=True)
    return 1


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m majlis_trainer.generator")
    parser.add_argument("--model", required=True, help="a Hugging Face directory with a causal language model")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--insecure", action="store_true", help="listen beyond this machine all the same")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--threads", type=int, default=1, help="of one operation")
    parser.add_argument("--until-stdin-ends", action="store_true", help="stop too when whoever started this is gone")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
