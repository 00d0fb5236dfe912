"""A pause between requests: who comes meanwhile waits, who is under way ends or is cut off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from majlis_trainer.generator.http_error import refuse

MODES = ("abort", "wait", "keep")


class Pausing:
    """Counts requests under way, so that a pause can wait for them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._paused = False
        self._running = 0
        self._pauses_with_abort = 0

    @property
    def is_paused(self) -> bool:
        """Whether new requests wait."""
        return self._paused

    @property
    def running(self) -> int:
        """Requests under way or waiting for their turn to compute."""
        return self._running

    def pause(self, mode: str) -> None:
        """`wait` returns when nobody is under way; `abort` cuts answers off; `keep` lets them go on."""
        if mode not in MODES:
            raise refuse("mode", mode, ", ".join(MODES))
        with self._changed:
            self._paused = True
            if mode == "abort":
                self._pauses_with_abort += 1
            if mode != "keep":
                self._changed.wait_for(lambda: self._running == 0)

    def resume(self) -> None:
        """Lets those go on that waited."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    @contextmanager
    def request(self) -> Iterator[int]:
        """Waits out a pause; then counts as under way. Gives what `is_aborted` asks for."""
        with self._changed:
            self._changed.wait_for(lambda: not self._paused)
            self._running += 1
            ticket = self._pauses_with_abort
        try:
            yield ticket
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def is_aborted(self, ticket: int) -> bool:
        """Whether a pause has cut the request off since it began."""
        return self._pauses_with_abort > ticket
