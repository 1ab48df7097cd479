"""Course: the stream of a task, written where nobody's lock is held.

Those who listen to a stream are called by whoever writes it, and the garbage collector may end a loop at any moment, on
any thread, in the middle of a write too. So a task says under its lock what there is to write, and has it written when
it has let go of that. Records come in the order in which they were said; of two writers one writes for both.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Final, NamedTuple

from ..runtime.forksafe import renew_after_fork
from ..streams import Stream

FIELDS: Final = {"done": "number", "rate": "number", "elapsed": "number", "state": "text"}
PATIENCE: Final = 1.0
"""Seconds to wait for another writer, so that what was said is in the stream when `write` returns. That one writes it
anyhow: who waits longer may be what it waits for."""


class Record(NamedTuple):
    """What there is to write.

    Attributes:
        turn: counts the changes of state; a record of an earlier one comes too late.
        begins: whether a run of the stream begins with it.
        values: by field.
    """

    turn: int
    begins: bool
    values: dict[str, Any]


class Course:
    """A stream and what is to be written to it.

    Args:
        title: of the task; empty: none.
    """

    def __init__(self, title: str) -> None:
        self.stream = Stream(title or "progress", fields=FIELDS)
        self._waiting: deque[Record] = deque()
        self._turn = 0
        self._pen = threading.RLock()
        self._writing = False  # by the thread that has the pen
        renew_after_fork(self, Course._renew_lock)

    def _renew_lock(self) -> None:
        self._pen = threading.RLock()
        self._writing = False

    def say(self, record: Record) -> None:
        """Have a record written by the next `write`; calls nobody."""
        self._waiting.append(record)

    def write(self) -> None:
        """Write what was said; with no lock held that a listener, or the end of any loop, may need."""
        while self._waiting:
            if not self._pen.acquire(timeout=PATIENCE):
                return
            try:
                if (
                    self._writing
                ):  # by a listener, or by the garbage collector: the write that is under way goes on
                    return
                self._write_all()
            finally:
                self._pen.release()

    def _write_all(self) -> None:
        self._writing = True
        try:
            while self._waiting:
                self._write(self._waiting.popleft())
        finally:
            self._writing = False

    def _write(self, record: Record) -> None:
        if record.turn < self._turn:
            return
        self._turn = record.turn
        stream = self.stream
        if record.begins:
            stream.mark_run()
        stream.append(**record.values)
        running = record.values["state"] == "running"
        if stream.complete == running:
            stream.complete = not running
