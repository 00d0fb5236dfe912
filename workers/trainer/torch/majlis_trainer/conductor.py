"""One call on every rank: rank 0 tells the others and does it too; what it answers is what all did.

A call that is refused is refused by every rank alike, since all know the same. Anything else that fails on a rank may leave
the others waiting for it, so it ends all of them: the first to fail says why where the others find it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from grpc import StatusCode

from majlis_trainer.call_error import CallError
from majlis_trainer.command import STOP, Command, decode_command, encode_command, perform
from majlis_trainer.memory import is_out_of_memory
from majlis_trainer.ranks import Ranks
from majlis_trainer.trainer import Trainer

LOST_PEER = ("closed by peer", "Connection reset", "Broken pipe")
"""In gloo's errors."""
log = logging.getLogger(__name__)


class Conductor:
    """Rank 0's side. Used from one thread."""

    def __init__(self, trainer: Trainer, ranks: Ranks, on_end: Callable[[], None]) -> None:
        self.trainer = trainer
        self._ranks = ranks
        self._on_end = on_end
        self.ended_by: str | None = None
        """Why all ranks end, once they do."""

    def perform(self, command: Command) -> Any:
        """Does a call on all ranks; a rank's failure is INTERNAL and ends the trainer."""
        if self._ranks.world == 1:
            return perform(self.trainer, command)
        if self.ended_by is not None:
            raise CallError(StatusCode.INTERNAL, self.ended_by)
        try:
            self._ranks.broadcast(encode_command(command))
            return perform(self.trainer, command)
        except CallError:
            raise
        except Exception as failure:
            self.ended_by = f"{failure_of(self._ranks, failure)}; all ranks end"
            log.error("%s", self.ended_by)
            self._on_end()
            raise CallError(StatusCode.INTERNAL, self.ended_by) from failure

    def stop(self) -> None:
        """Lets the other ranks end. One that has ended already is a failure of all."""
        if self._ranks.world == 1 or self.ended_by is not None:
            return
        try:
            self._ranks.broadcast(STOP)
        except RuntimeError as failure:
            self.ended_by = failure_of(self._ranks, failure)
            log.error("%s", self.ended_by)


def follow(trainer: Trainer, ranks: Ranks) -> str | None:
    """What the other ranks do until rank 0 stops: every call as it comes. Why it cannot go on, where something failed."""
    try:
        while (content := ranks.broadcast(b"")) != STOP:
            try:
                perform(trainer, decode_command(content))
            except CallError as refusal:
                log.debug("rank %d refused, as rank 0 did: %s", ranks.rank, refusal)
    except Exception as failure:
        return failure_of(ranks, failure)
    return None


def failure_of(ranks: Ranks, failure: Exception) -> str:
    """The first rank's failure; what it lacked, where it is memory; that one is gone, where none could say why."""
    if is_out_of_memory(failure):
        failure = MemoryError("out of memory: lower --pass-tokens, use --gradient-checkpointing or more --ranks")
    elif any(sign in str(failure) for sign in LOST_PEER):
        failure = ConnectionError("another rank is gone and did not say why; the system may have killed it for its memory")
    return ranks.report_failure(failure)
