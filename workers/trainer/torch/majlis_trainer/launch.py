"""`python -m majlis_trainer.launch RANKS OPTIONS…`: torchrun on this machine, whose ranks serve together.

With `--nodes M --node K --rendezvous HOST:PORT` before the options, M machines of as many ranks each share the work:
machine 0 keeps the rendezvous there, and its first rank serves.

It ends with status 1 when a rank fails, which has then said why; torchrun's own account of it adds nothing.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys

from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import main as torchrun


def main() -> int:
    """Runs until all ranks have ended."""
    parser = argparse.ArgumentParser(prog="python -m majlis_trainer.launch", allow_abbrev=False)
    parser.add_argument("ranks", type=int)
    parser.add_argument("--nodes", type=int, default=1)
    parser.add_argument("--node", type=int, default=0)
    parser.add_argument("--rendezvous", help="HOST:PORT of machine 0")
    places, options = parser.parse_known_args()
    # Each rank sets its threads itself.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    logging.disable(logging.CRITICAL)
    try:
        torchrun([*meeting(places), "--nproc-per-node", str(places.ranks), "-m", "majlis_trainer", *options])
    except ChildFailedError:
        return 1
    except SignalException:
        # Asked to stop, by Ctrl-C for example; the ranks have been told.
        return 0
    return 0


def meeting(places: argparse.Namespace) -> list[str]:
    """Where the ranks of all machines meet. Numbers are given, not drawn: rank 0 is where callers look for it."""
    if places.nodes == 1:
        return ["--standalone"]
    host, _, port = places.rendezvous.rpartition(":")
    numbers = ["--nnodes", str(places.nodes), "--node-rank", str(places.node)]
    return [*numbers, "--rdzv-backend", "static", "--master-addr", host, "--master-port", port]


if __name__ == "__main__":
    sys.exit(main())
