"""Progress: a bar that somebody moves: how many of how many, how fast, since when, and how it ended."""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import Any, Literal

import traitlets
from ipywidgets import Layout

from ..errors import RuntimeStopped
from ..feeds.freshness import DataState
from ..feeds.progress import ProgressFeed, TaskState
from ..runtime import notebook
from ..streams import Stream
from ..streams.amounts import to_count
from .base import LiveWidget, named_keywords
from .nesting import Loop
from .rows import Rows
from .sampler import get_sampler
from .shown import get_shown
from .task import Task, checked_note, checked_title, checked_total, checked_unit, ending


class Progress(LiveWidget):
    """A progress bar: count, rate, the time it has taken and the time that is left; loops within it have rows below it.

    For a loop `track` makes one. Here somebody counts, from any thread:

        with rw.Progress("Upload", total=len(data), unit="B") as bar:
            for chunk in chunks:
                send(chunk)
                bar.update(len(chunk))

    The clock starts with the first count, or with the block. The block displays the bar in its cell, unless it is shown
    already, and ends it: done, failed (with the exception), or stopped (by an interrupt). Without a block the bar is
    done when its total is reached, or at `finish()`.

    Args:
        title: what is under way.
        total: how many there will be; None: not known.
        unit: of what is counted, such as "files"; "B": bytes, which are written as MiB and the like; None: items.
        description: a short text beside the count.
        theme: `auto` (the host's), `light` or `dark`.
        locale: language of words and numbers, such as `ja`; None: the browser's.
        layout: an `ipywidgets.Layout`, as for every ipywidget.

    Raises:
        WrongType: for a title that is no text, or a total that is no number.
        UsageError: for a total that is no count; TypeError names the nearest keyword.
    """

    @named_keywords
    def __init__(
        self,
        title: str = "",
        total: int | None = None,
        *,
        unit: str | None = None,
        description: str | None = None,
        theme: Literal["auto", "light", "dark"] = "auto",
        locale: str | None = None,
        layout: Layout | dict[str, Any] | None = None,
    ) -> None:
        task = Task(checked_title(title, "a progress bar"), checked_total(total), checked_unit(unit))
        task.note = checked_note(description)
        self._setup(Rows(task), theme=theme, locale=locale, layout=layout)

    def _setup(self, rows: Rows, **settings: Any) -> None:
        self._rows = rows
        self._task = rows.first.task
        self._loop: Loop | None = None
        for task in rows.tasks:
            task.watch = watch
        title = self._task.title
        super().__init__("progress", [rows], {"0": ProgressFeed(rows.said)}, title=title, **settings)
        for task in rows.tasks:
            if task.state == "running":
                watch(task)

    @traitlets.observe("title")
    def _name(self, _: Any) -> None:
        self._task.title = self.title
        self._rows.tell()

    # Counting

    def update(self, count: int = 1) -> None:
        """Count so many more; any thread, and exactly, however many threads do.

        Raises:
            WrongType: when it is no number.
            UsageError: when it is negative, or not whole.
        """
        if type(count) is not int or count < 0:
            count = to_count(count, "update() of a progress bar")
        task = self._task
        if task.add(count):
            self._begun()
        if task.total is not None and task.done >= task.total:
            self._reached()

    def set(self, done: int) -> None:
        """Say how many there are; any thread.

        Raises:
            WrongType: when it is no number.
            UsageError: when it is negative, or not whole.
        """
        done = to_count(done, "set() of a progress bar")
        if self._task.put(done):
            self._begun()
        self._reached()

    def _begun(self) -> None:
        watch(self._task)
        self._rows.tell()

    def _reached(self) -> None:
        total = self._task.total
        if total is not None and self._task.done >= total and self._loop is None:
            self.finish()

    def finish(self) -> None:
        """Say that it is done."""
        self._end("done")

    def fail(self, error: BaseException | str = "") -> None:
        """Say that it has failed, and why."""
        self._end("failed", ending(error)[1] if isinstance(error, BaseException) else str(error))

    def stop(self) -> None:
        """Say that it was stopped before its end, which is no failure."""
        self._end("stopped")

    def _end(self, state: TaskState, error: str = "") -> None:
        if self._task.state == "waiting":
            self._task.begin()
        self._task.end(state, error)

    def __enter__(self) -> Progress:
        self._task.begin()
        self._loop = Loop(self._rows, self._rows.first)
        self._loop.enter()
        watch(self._task)
        display_once(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.leave()
        self._end(*ending(error))

    # What is known of it

    @property
    def total(self) -> int | None:
        """How many there will be; None: not known. Can be set later."""
        return self._task.total

    @total.setter
    def total(self, total: int | None) -> None:
        self._task.total = checked_total(total)
        self._rows.tell()

    @property
    def description(self) -> str:
        """A short text beside the count, such as "loss 0.31"; can be set at any time, from any thread."""
        return self._task.note

    @description.setter
    def description(self, note: str | None) -> None:
        self._task.note = checked_note(note)
        self._rows.tell()

    @property
    def unit(self) -> str:
        """What is counted; "B": bytes; empty: items."""
        return self._task.unit

    @unit.setter
    def unit(self, unit: str | None) -> None:
        self._task.unit = checked_unit(unit)
        self._rows.tell()

    @property
    def done(self) -> int:
        """How many there are."""
        return self._task.done

    @property
    def state(self) -> TaskState:
        """`waiting` for the first count, `running`, `done`, `failed` or `stopped`."""
        return self._task.state

    @property
    def error(self) -> str:
        """Why it has failed, as type and message; empty: it has not."""
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

        It has records from when it is asked for first.
        """
        return self._task.stream

    @property
    def data_state(self) -> DataState:
        """`live` while something runs, however long an item takes, `paused`, or else `idle`."""
        if self.paused:
            return "paused"
        return "live" if any(task.state == "running" for task in self._rows.tasks) else "idle"

    def close(self) -> None:
        """Stops what runs, and takes the bar off the pages."""
        task = getattr(self, "_task", None)
        if task is not None and task.state == "running" and self._loop is None:
            task.end("stopped")
        super().close()

    def __repr__(self) -> str:
        of = "" if self.total is None else f" of {self.total:,}"
        return f"Progress({self.title!r}, {self.done:,}{of}, {self.state})"


class CardOfLoop(Progress):
    """The card of a loop that `track` iterates over: the same widget, of rows that are there already."""

    def __init__(self, rows: Rows, **settings: Any) -> None:
        self._setup(rows, **settings)


def watch(task: Task) -> None:
    """Have a task sampled while it runs; does nothing once the program ends."""
    with contextlib.suppress(RuntimeStopped):
        get_sampler().add(task)


def display_once(card: Progress) -> None:
    """Display a card in the cell that runs, unless some cell shows it already; outside a notebook nothing."""
    if notebook.is_here() and not get_shown().shows(card):
        notebook.display(card)
