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
from .base import LiveWidget, named_keywords
from .counted import Counted
from .gathering import get_gathering
from .nesting import Loop
from .rows import Rows
from .sampler import Sampled, get_sampler
from .shown import get_shown
from .task import MOST, Task, checked_count, checked_note, checked_title, checked_total, checked_unit, ending


class Progress(Counted, LiveWidget):
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
        self._task.watch = watch
        title = self._task.title
        super().__init__("progress", [rows], {"0": ProgressFeed(rows.said)}, title=title, **settings)
        if rows.is_under_way:
            watch(rows)

    @traitlets.observe("title")
    def _name(self, _: Any) -> None:
        self._task.title = self.title
        self._rows.tell()

    # Counting

    def update(self, count: int = 1) -> None:
        """Count so many more; any thread, and exactly, however many threads do.

        Raises:
            WrongType: when it is no number.
            UsageError: when it is negative, not whole, or more than 2**53.
        """
        if type(count) is not int or not 0 <= count <= MOST:
            count = checked_count(count, "update() of a progress bar")
        task = self._task
        if task.add(count):
            self._begun()
        if task.total is not None and task.done >= task.total:
            self._reached()

    def set(self, done: int) -> None:
        """Say how many there are; any thread.

        Raises:
            WrongType: when it is no number.
            UsageError: when it is negative, not whole, or more than 2**53.
        """
        done = checked_count(done, "set() of a progress bar")
        if self._task.put(done):
            self._begun()
        self._reached()

    def _begun(self) -> None:
        follow(self._task, self._rows)
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
        follow(self._task, self._rows)
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
    def unit(self) -> str:
        """What is counted; "B": bytes; empty: items."""
        return self._task.unit

    @unit.setter
    def unit(self, unit: str | None) -> None:
        self._task.unit = checked_unit(unit)
        self._rows.tell()

    @property
    def data_state(self) -> DataState:
        """`live` while something runs, however long an item takes, `paused`, or else `idle`."""
        if self.paused:
            return "paused"
        return "live" if self._rows.is_under_way else "idle"

    def close(self) -> None:
        """Stops what runs, and takes the bar off the pages."""
        rows = getattr(self, "_rows", None)
        if rows is not None:
            rows.is_open = False
            if self._task.state == "running" and self._loop is None:
                self._task.end("stopped")
        super().close()

    def __repr__(self) -> str:
        return f"Progress{self._as_told()}"


class CardOfLoop(Progress):
    """The card of a loop that `track` iterates over: the same widget, of rows that are there already."""

    def __init__(self, rows: Rows, **settings: Any) -> None:
        self._setup(rows, **settings)


def watch(counted: Sampled) -> None:
    """Have something sampled while it runs; does nothing once the program ends."""
    with contextlib.suppress(RuntimeStopped):
        get_sampler().add(counted)


def follow(task: Task, rows: Rows) -> None:
    """Have a task that has begun sampled for those who follow it: its card, and its stream."""
    if rows.is_watched:
        watch(rows)
    if task.is_watched:
        watch(task)


def display_once(card: Progress) -> None:
    """Display a card in the cell that runs, unless some cell shows it already; outside a notebook nothing."""
    if notebook.is_here():
        get_gathering().add(card._rows)
        if not get_shown().shows(card):
            notebook.display(card)
