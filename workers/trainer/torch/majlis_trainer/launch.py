"""`python -m majlis_trainer.launch RANKS OPTIONS…`: torchrun on this machine, whose ranks serve together.

It ends with status 1 when a rank fails, which has then said why; torchrun's own account of it adds nothing.
"""

from __future__ import annotations

import logging
import os
import sys

from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import main as torchrun


def main() -> int:
    """Runs until all ranks have ended."""
    ranks, *options = sys.argv[1:]
    # Each rank sets its threads itself.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    logging.disable(logging.CRITICAL)
    try:
        torchrun(["--standalone", "--nproc-per-node", ranks, "-m", "majlis_trainer", *options])
    except ChildFailedError:
        return 1
    except SignalException:
        # Asked to stop, by Ctrl-C for example; the ranks have been told.
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
