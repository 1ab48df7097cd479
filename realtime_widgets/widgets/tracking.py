"""Tracking: a loop with a progress bar.

    for epoch in rw.track(range(10), "Epochs"):
        for batch in rw.track(loader, "Batches"):
            ...

What is iterated over passes through a generator that adds one to a number; the rest is done on the I/O thread. A loop
within a loop has a row on the card of the outer one, which it takes over again when it begins again.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from types import FrameType
from typing import Any, Generic, Literal, TypeVar, cast

from ipywidgets import Layout

from ..errors import RuntimeStopped, WrongType, named_keywords, shown
from ..feeds.progress import TaskState
from ..runtime import notebook
from ..streams import Stream
from .nesting import Loop, current_loop
from .progress import CardOfLoop, Progress, display_once, watch
from .rows import Rows
from .settings import OnlySettings
from .task import Task, checked_note, checked_title, checked_total, checked_unit, ending
from .unwinding import Place, frame_above, get_left_loops, places_of, stretches

T = TypeVar("T")


class Tracked(OnlySettings, Generic[T]):
    """Something to iterate over, with its progress; `track` makes it."""

    def __init__(
        self, items: Iterable[T] | AsyncIterable[T], task: Task, place: object, look: dict[str, Any]
    ) -> None:
        self._items = items
        self._task = task
        self._place = place
        self._look = look
        self._card: Progress | None = None
        self._rows: Rows | None = None  # those of its card, once it has one
        task.watch = watch

    def __iter__(self) -> Iterator[T]:
        """Iterate, and count each item once the loop has done with it."""
        items: Any = self._items
        if isinstance(items, AsyncIterable) and not isinstance(items, Iterable):
            raise WrongType(f"{shown(items)} is iterated by `async for`, not by `for`")
        return self._iterate(iter(items))

    def _iterate(self, items: Iterator[T]) -> Iterator[T]:
        task = self._task
        loop = self._begin()
        began = places_of(frame_above(1))
        try:
            for item in items:
                yield item
                task.done += 1
        except GeneratorExit:
            self._left(loop, began, frame_above(1))
            raise
        except BaseException as error:
            self._end(loop, *ending(error))
            raise
        self._end(loop, "done")

    def __aiter__(self) -> AsyncIterator[T]:
        """The same for `async for`."""
        if not isinstance(self._items, AsyncIterable):
            raise WrongType(f"{shown(self._items)} is iterated by `for`, not by `async for`")
        return _AsyncLoop(self, self._items.__aiter__())

    def __len__(self) -> int:
        return len(self._items)  # type: ignore[arg-type]  # as what it iterates over has one

    def __bool__(self) -> bool:
        """Whether there may be items: also where what it iterates over has no length."""
        return self.total != 0

    # Begin and end

    def _begin(self) -> Loop:
        task = self._task
        outer = current_loop()
        if self._rows is not None or outer is None:
            rows = self._rows = self._rows or Rows(task)
            line = rows.first
            if notebook.is_here():
                display_once(self.progress)
        else:
            rows = outer.rows
            line = rows.put(task, outer.line, self._place)
        loop = Loop(rows, line)
        task.begin()
        loop.enter()
        if rows.is_watched or task.is_watched:
            watch(task)
        return loop

    def _left(self, loop: Loop, began: list[Place], frame: FrameType | None) -> None:
        """The loop was left early: it was stopped, unless its cell will end by an exception that went through it."""
        self._end(loop, "stopped")
        with contextlib.suppress(RuntimeStopped):  # at the end of the program
            get_left_loops().add(self._task, stretches(began, places_of(frame)))

    def _end(self, loop: Loop, state: TaskState, error: str = "") -> None:
        loop.leave()
        self._task.end(state, error)

    # What is known of it

    @property
    def progress(self) -> Progress:
        """Its card, to be placed anywhere; a loop shows it in the running cell, unless some cell shows it already.

        A loop within another has a row on the card of that one, and this is one of its own.
        """
        if self._card is None:
            self._rows = self._rows or Rows(self._task)
            self._card = CardOfLoop(self._rows, **self._look)
        return self._card

    @property
    def stream(self) -> Stream:
        """Its course as a stream: `done`, `rate`, `elapsed` and `state`, ten times a second and at the end exactly.

        It has records from when it is asked for first; each time that the loop begins again is a run of its own.
        """
        return self._task.stream

    @property
    def title(self) -> str:
        """What is under way."""
        return self._task.title

    @property
    def total(self) -> int | None:
        """How many items there will be; None: not known. Can be set later."""
        return self._task.total

    @total.setter
    def total(self, total: int | None) -> None:
        self._task.total = checked_total(total)

    @property
    def description(self) -> str:
        """A short text beside the count, such as "loss 0.31"; can be set at any time."""
        return self._task.note

    @description.setter
    def description(self, note: str | None) -> None:
        self._task.note = checked_note(note)

    @property
    def done(self) -> int:
        """How many items the loop has done with."""
        return self._task.done

    @property
    def state(self) -> TaskState:
        """`waiting` for the loop to begin, `running`, `done`, `failed`, or `stopped`: by a `break`, an interrupt, or an
        exception in its body, of which `failed` is told when that has ended the cell.
        """
        return self._task.state

    @property
    def error(self) -> str:
        """Why it has failed, as type and message; empty: it has not, or that is not known yet."""
        return self._task.error

    @property
    def elapsed(self) -> float | None:
        """Seconds since the loop began, until it ended; None: it has not begun."""
        return self._task.elapsed

    @property
    def rate(self) -> float | None:
        """Items a second: of late, at the end of all; None: not known."""
        return self._task.rate

    @property
    def remaining(self) -> float | None:
        """Seconds until the end; None: not known, or it does not run."""
        return self._task.remaining

    def __repr__(self) -> str:
        of = "" if self.total is None else f" of {self.total:,}"
        return f"track({self.title!r}, {self.done:,}{of}, {self.state})"


class _AsyncLoop(AsyncIterator[T]):
    """The iterator of `async for`: no async generator, whose end would come some time after the loop's."""

    def __init__(self, tracked: Tracked[T], items: AsyncIterator[T]) -> None:
        self._tracked = tracked
        self._items = items
        self._loop: Loop | None = None
        self._began: list[Place] = []
        self._ended = False

    async def __anext__(self) -> T:
        if self._ended:
            raise StopAsyncIteration
        if self._loop is None:
            self._loop = self._tracked._begin()
            self._began = places_of(frame_above(1))
        else:
            self._tracked._task.done += 1
        try:
            return await self._items.__anext__()
        except StopAsyncIteration:
            self._end("done")
            raise
        except BaseException as error:
            self._end(*ending(error))
            raise

    def _end(self, state: TaskState, error: str = "") -> None:
        self._ended = True
        assert self._loop is not None
        self._tracked._end(self._loop, state, error)

    def __del__(self) -> None:
        if self._loop is not None and not self._ended:
            self._ended = True
            self._tracked._left(self._loop, self._began, frame_above(1))


@named_keywords
def track(
    items: Iterable[T] | AsyncIterable[T],
    title: str = "",
    total: int | None = None,
    *,
    unit: str | None = None,
    description: str | None = None,
    theme: Literal["auto", "light", "dark"] = "auto",
    locale: str | None = None,
    layout: Layout | dict[str, Any] | None = None,
) -> Tracked[T]:
    """Iterate with a progress bar: count, rate, the time it has taken and the time that is left.

    The bar is shown in the running cell when the loop begins; outside a notebook the loop runs silently. A loop within
    the loop has a row below it on the same card. A `break` stops it, an exception makes it fail, and both show how far
    it came: an item counts once the loop has done with it. Counting costs less than a tenth of a microsecond an item.

    Args:
        items: anything to iterate over, by `for` or by `async for`.
        title: what is under way.
        total: how many items there will be; None: `len(items)`, where there is one, or else not known.
        unit: of what is counted, such as "batches"; None: items.
        description: a short text beside the count; can be set while it runs.
        theme: `auto` (the host's), `light` or `dark`.
        locale: language of words and numbers, such as `ja`; None: the browser's.
        layout: of the card, an `ipywidgets.Layout`.

    Returns:
        What to iterate over. It has `.stream`, the course of the loop for charts and cards, and `.progress`, its card.

    Raises:
        WrongType: for what cannot be iterated over, a title that is no text, or a total that is no number.
        UsageError: for a total that is no count; TypeError names the nearest keyword.

    Example:
        `bar = rw.track(loader, "Training")`, then `rw.LiveChart(bar.stream, y="rate")` and `for batch in bar: ...`
    """
    given: Any = items
    if not any(hasattr(given, name) for name in ("__iter__", "__aiter__", "__getitem__")):
        hint = f"range({given})" if isinstance(given, int) else "a list, a loader, a generator"
        raise WrongType(f"{shown(given)} cannot be tracked: it cannot be iterated over; pass {hint}")
    task = Task(
        checked_title(title, "a loop"),
        _length(given) if total is None else checked_total(total),
        checked_unit(unit),
    )
    task.note = checked_note(description)
    look = {"theme": theme, "locale": locale, "layout": layout}
    return Tracked(items, task, _place(sys._getframe(1)), look)


def _length(items: Any) -> int | None:
    """Return how many items there will be; None: nobody knows. A loader may have a `len` and refuse it."""
    try:
        return checked_total(len(items))
    except Exception:
        return None


def _place(frame: FrameType) -> tuple[object, int]:
    """Return where in the program `track` was called."""
    while (
        frame.f_code.co_filename == __file__ or frame.f_globals.get("__name__") == named_keywords.__module__
    ):
        frame = cast(FrameType, frame.f_back)
    return frame.f_code, frame.f_lineno
