"""`python -m majlis_trainer`: serves, or prints one line of JSON that says why it cannot."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from majlis_trainer.call_error import CallError
from majlis_trainer.model_files import require_safetensors


def main() -> int:
    """Serves until it is told to stop."""
    options = read_options()
    # Nothing is fetched, whatever a configuration names. Read when Transformers is imported.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        require_safetensors(Path(options.model))
        from majlis_trainer.serve import serve

        serve(
            options.model,
            f"{options.host}:{options.port}",
            threads=options.threads,
            until_stdin_ends=options.until_stdin_ends,
        )
    except CallError as failure:
        print(json.dumps({"error": str(failure), "code": failure.code.name.lower()}), flush=True)
        return 1
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


if __name__ == "__main__":
    sys.exit(main())
