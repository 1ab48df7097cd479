"""Tracking: a loop with a progress bar.

    for epoch in rw.track(range(10), "Epochs"):
        for batch in rw.track(loader, "Batches"):
            ...

What is iterated over passes through a generator that adds one to a number; the rest is done on the I/O thread. A loop
within a loop has a row on the card of the outer one, which it takes over again when it begins again. What an iterator
does counts for its own turn alone.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from types import FrameType
from typing import Any, Generic, Literal, NoReturn, TypeVar, cast

from ipywidgets import Layout

from ..errors import RuntimeStopped, WrongType, named_keywords, shown
from ..feeds.progress import TaskState
from ..runtime import notebook
from .counted import Counted
from .gathering import get_gathering
from .left_loops import get_left_loops
from .nesting import Loop, current_loop
from .progress import CardOfLoop, Progress, display_once, follow, watch
from .rows import Line, Rows
from .settings import OnlySettings
from .task import Count, Task, checked_note, checked_title, checked_total, checked_unit, ending
from .unwinding import Place, exit_of, places_above

T = TypeVar("T")


class Tracked(Counted, OnlySettings, Generic[T]):
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
        turn = self._begin(places_above(1))
        count = turn.count
        try:
            for item in items:
                yield item
                count.done += 1
        except GeneratorExit as closing:
            turn.leave(places_above(1), closing.__context__)
            raise
        except BaseException as error:
            turn.end(*ending(error))
            raise
        turn.end("done")

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

    def _begin(self, places: list[Place]) -> _Turn:
        task = self._task
        task.end("stopped")  # what another iterator has begun
        rows, line = self._row()
        count = task.begin()
        loop = Loop(rows, line)
        loop.enter()
        follow(task, rows)
        if notebook.is_here():
            with contextlib.suppress(RuntimeStopped):
                get_left_loops().begun(task, count, places)
        return _Turn(task, count, loop, places)

    def _row(self) -> tuple[Rows, Line]:
        """Return its row: on its own card, on that of the loop around it, or on one that its cell has already."""
        task, outer = self._task, current_loop()
        if self._rows is None:
            if outer is not None:
                return outer.rows, outer.rows.put(task, outer.line, self._place)
            rows = get_gathering().rows_for(task) if notebook.is_here() else Rows(task)
            if rows.first.task is not task:
                return rows, rows.put(task, None, self._place)
            self._rows = rows
        if notebook.is_here():
            display_once(self.progress)
        return self._rows, self._rows.first

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
    def title(self) -> str:
        """What is under way."""
        return self._task.title

    def __reduce_ex__(self, protocol: object, /) -> NoReturn:
        raise WrongType(
            f"{self!r} can be neither copied nor pickled: track the items where they are iterated over"
        )

    def __repr__(self) -> str:
        return f"track{self._as_told()}"


class _Turn:
    """One time that something tracked is iterated over, from its first item to its end: what another iterator does
    with the same has no part in it.
    """

    __slots__ = ("_began", "_loop", "_task", "count")

    def __init__(self, task: Task, count: Count, loop: Loop, began: list[Place]) -> None:
        self._task = task
        self._loop = loop
        self._began = began
        self.count = count

    def end(self, state: TaskState, error: str = "") -> None:
        self._loop.leave(ended=state == "done")
        self._task.end(state, error, count=self.count)

    def leave(self, left: list[Place], handled: BaseException | None) -> None:
        """End early. All items may have come nevertheless, as from what is in a `zip` with one that has no more: then
        it is done. Else it was stopped, unless its cell will end by an exception that went through it.
        """
        way = exit_of(self._began, left, handled)
        handed_out = self.count.done + 1
        if handed_out == self._task.total and (way.ended or self._loop.is_left_behind):
            self.count.done = handed_out
            self.end("done")
            return
        if self._task.runs_by(self.count):
            self._task.in_doubt = bool(way.stretches)  # before: another job may want its row
        self.end("stopped")
        with contextlib.suppress(RuntimeStopped):  # at the end of the program
            if way.stretches:
                get_left_loops().add(self._task, self.count, way.stretches)


class _AsyncLoop(AsyncIterator[T]):
    """The iterator of `async for`: no async generator, whose end would come some time after the loop's."""

    def __init__(self, tracked: Tracked[T], items: AsyncIterator[T]) -> None:
        self._tracked = tracked
        self._items = items
        self._turn: _Turn | None = None
        self._ended = False

    async def __anext__(self) -> T:
        if self._ended:
            raise StopAsyncIteration
        turn = self._turn
        if turn is None:
            self._turn = self._tracked._begin(places_above(1))
        else:
            turn.count.done += 1
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
        assert self._turn is not None
        self._turn.end(state, error)

    def __del__(self) -> None:
        turn = self._turn
        if turn is not None and not self._ended:
            self._ended = True
            turn.leave(places_above(1), sys.exc_info()[1])


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
    the loop has a row below it on the same card, and so have loops of other threads of the cell, and those that run
    beside each other, as in `asyncio.gather`. A `break` stops it, an exception makes it fail, and both show how far it
    came: an item counts once the loop has done with it. Of what is in a `zip` each is done that had no more items than
    were asked for. Counting costs less than a tenth of a microsecond an item.

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
        if any(kind.__name__ == "DataFrame" for kind in type(items).__mro__):
            return checked_total(
                len(items.columns)
            )  # its length is of its rows, and it is iterated by columns
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
