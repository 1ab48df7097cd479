"""Counted: what is known of a task, for those who have one: a progress bar and a loop."""

from __future__ import annotations

from ..feeds.progress import TaskState
from ..streams import Stream
from .task import Task, checked_note, checked_total


class Counted:
    """What can be read and set of something that is counted."""

    _task: Task

    @property
    def total(self) -> int | None:
        """How many there will be; None: not known. Can be set later."""
        return self._task.total

    @total.setter
    def total(self, total: int | None) -> None:
        self._task.total = checked_total(total)
        self._task.tell()

    @property
    def description(self) -> str:
        """A short text beside the count, such as "loss 0.31"; can be set at any time, from any thread."""
        return self._task.note

    @description.setter
    def description(self, note: str | None) -> None:
        self._task.note = checked_note(note)
        self._task.tell()

    @property
    def done(self) -> int:
        """How many there are; of a loop, how many items it has done with."""
        return self._task.done

    @property
    def state(self) -> TaskState:
        """`waiting` for the first count or item, `running`, `done`, `failed`, or `stopped`: by `stop()`, a `break`, an
        interrupt, or an exception in the body of a loop, of which `failed` is told when that has ended the cell.
        """
        return self._task.state

    @property
    def error(self) -> str:
        """Why it has failed, as type and message; empty: it has not, or that is not known yet."""
        return self._task.error

    @property
    def elapsed(self) -> float | None:
        """Seconds since it began, until it ended; None: it has not begun."""
        return self._task.elapsed

    @property
    def rate(self) -> float | None:
        """How many a second: of late, at the end of all; None: not known."""
        return self._task.rate

    @property
    def remaining(self) -> float | None:
        """Seconds until the end; None: not known, or it does not run."""
        return self._task.remaining

    @property
    def stream(self) -> Stream:
        """Its course as a stream: `done`, `rate`, `elapsed` and `state`, ten times a second and at the end exactly.

        It has records from when it is asked for first; each time that a loop begins again is a run of its own.
        """
        return self._task.stream

    def _as_told(self) -> str:
        """Return title, count and state, for a repr."""
        of = "" if self.total is None else f" of {self.total:,}"
        return f"({self._task.title!r}, {self.done:,}{of}, {self.state})"
