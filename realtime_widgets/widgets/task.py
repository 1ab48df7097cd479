"""Task: one thing that is counted: how many of how many, since when, how fast, and how it ended.

Whoever counts only adds to a number; nothing is computed or sent for an item. A sampler on the I/O thread looks at the
number ten times a second while something watches it: a card, or a stream.

    waiting ── begin ──> running ── end ──> done │ failed │ stopped
                            ^                          │
                            └── begin, or more counted ┘
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from ..errors import UsageError, WrongType, shown
from ..feeds.estimator import Estimator
from ..feeds.progress import Row, TaskState
from ..runtime.forksafe import renew_after_fork
from ..streams import Stream
from ..streams.amounts import to_count
from .course import Course, Record
from .settings import text

MOST: Final = 2**53
"""The largest count: larger numbers are not exact in the pages."""

FRESH: Final = 0.1
"""Seconds for which a look at the count is good; whoever asks later looks anew. A sampler looks as often."""


class Count:
    """How many there are, in one run: each time that something begins it has another one, which nobody else adds to."""

    __slots__ = ("done",)

    def __init__(self, done: int) -> None:
        self.done = done


class Task:
    """Something that is counted.

    Args:
        title: what it is called.
        total: how many there will be; None: not known.
        unit: of what is counted, "B" for bytes; empty: items.
        clock: seconds, never running backwards.
    """

    def __init__(
        self, title: str, total: int | None, unit: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.title = title
        self.total = total
        self.unit = unit
        self.note = ""
        """A short text beside the count."""
        self.count = Count(0)
        """Of this run: a loop adds to it, so that counting costs next to nothing; several threads use `add`."""
        self.state: TaskState = "waiting"
        self.error = ""
        """Why it failed."""
        self.in_doubt = False
        """Whether an exception may have stopped this run, so that the end of the cell may say that it has failed."""
        self.runs = 0
        """How often it has begun."""
        self.changed: Callable[[], object] | None = None
        """Called when something else than the count has changed, and after each sample."""
        self.moves: Callable[[], object] | None = None
        """Called before it begins in another row, on another card it may be."""
        self.watch: Callable[[Task], object] | None = None
        """Called when it begins to be followed while it runs, to have it sampled."""
        self._clock = clock
        # The garbage collector may end a loop on a thread that has the lock. Nobody is called with it held.
        self._lock = threading.RLock()
        self._course: Course | None = None
        self._turn = 0  # counts the changes of state
        self._origin = 0  # the count that it began with
        self._began: float | None = None
        self._ended: float | None = None
        self._sampled = 0.0
        self._estimator = Estimator(0.0)
        renew_after_fork(self, Task._renew_lock)

    def _renew_lock(self) -> None:
        self._lock = threading.RLock()

    @property
    def done(self) -> int:
        """How many there are."""
        return self.count.done

    # Counting

    def begin(self) -> Count:
        """Begin, or begin once more: from zero, with the clock at zero. Returns the count of this run."""
        with self._lock:
            self._begin()
            count = self.count
        self._write()
        self.tell()
        return count

    def runs_by(self, count: Count) -> bool:
        """Whether it runs, and by this count."""
        return self.state == "running" and self.count is count

    def _begin(self, done: int = 0) -> None:
        again = self.runs > 0
        self.runs += 1
        self.count, self.in_doubt = Count(done), False
        self._began, self._ended = self._clock(), None
        self._set_origin()
        self._become("running", begins=again)

    def _set_origin(self) -> None:
        """What there is now was not counted since it began: nothing is known of how fast that was."""
        assert self._began is not None
        self._origin = self.done
        self._sampled = self._began
        self._estimator = Estimator(self._began, self.done)

    def _become(self, state: TaskState, error: str = "", *, begins: bool = False) -> None:
        """Be in a state from now on, and have that recorded; with the lock held."""
        self._turn += 1
        self.state, self.error = state, error
        self._record(begins=begins)

    def add(self, count: int) -> bool:
        """Count so many more; any number of threads may. Returns whether it has begun with that, or gone on."""
        with self._lock:
            begun = self._go_on()
            self.count.done += count
        if begun:
            self._write()
        return begun

    def put(self, done: int) -> bool:
        """Say how many there are; returns the same. What it is told as it begins is where it goes on from, such as what
        an earlier upload has left: it took no time.
        """
        with self._lock:
            begun = self._go_on(done)
            at_once = not self.done and (self.elapsed or 0.0) < FRESH
            self.count.done = done
            if at_once:
                self._set_origin()
        if begun:
            self._write()
        return begun

    def _go_on(self, done: int = 0) -> bool:
        """Begin with the first count; after an end go on, and the clock has run on. With the lock held: of several
        threads that count first one begins.
        """
        if self.state == "running":
            return False
        if self.state == "waiting":
            self._begin(done)
        else:
            self._ended = None
            self._become("running")
        return True

    def end(self, state: TaskState, error: str = "", *, count: Count | None = None) -> None:
        """End, with a last record that is exact; once ended it stays so.

        Args:
            state: how.
            error: why it failed.
            count: of the run that ends; nothing happens where that is not the one that is under way. None: any.
        """
        with self._lock:
            if self.state != "running" or count not in (None, self.count):
                return
            self._ended = self._clock()
            self._estimator.tell(self._ended, self.done)
            self._become(state, error)
        self._write()
        self.tell()

    def explain(self, count: Count, state: TaskState, error: str) -> None:
        """Say more of how a run was stopped, as soon as that is known; does nothing once it has begun again."""
        with self._lock:
            if self.state != "stopped" or self.count is not count:
                return
            self._become(state, error)
        self._write()
        self.tell()

    # Watching

    @property
    def stream(self) -> Stream:
        """Its counts as a stream, made when it is asked for first; see `track`."""
        course = self._course
        if course is None:  # a listener asks while others count: once it is made there is nothing to wait for
            course = self._followed()
        if self.watch is not None and self.state == "running":
            self.watch(self)
        return course.stream

    def _followed(self) -> Course:
        with self._lock:
            if self._course is None:
                self._course = Course(self.title)
                if self.state != "waiting":
                    self._record()
            course = self._course
        course.write()
        return course

    @property
    def is_watched(self) -> bool:
        """Whether there is a stream to write."""
        return self._course is not None

    def sample(self) -> bool:
        """Look at the count and record it (on the I/O thread); returns whether it still runs."""
        with self._lock:
            if self.state != "running":
                return False
            self._look()
            self._record()
        self._write()
        self.tell()
        return True

    def look(self) -> None:
        """Look at the count, for a card; what has a stream is sampled for that."""
        with self._lock:
            if self.state == "running" and self._course is None:
                self._look()

    def _look(self) -> None:
        self._sampled = self._clock()
        self._estimator.tell(self._sampled, self.done)

    def _record(self, *, begins: bool = False) -> None:
        course = self._course
        if course is None:
            return
        turn = (
            self._turn
        )  # first: what ends it from here on, on this very thread, makes this record one that is late
        values = {"done": self.done, "rate": self._rate(), "elapsed": self.elapsed, "state": self.state}
        course.say(Record(turn, begins, values))

    def _write(self) -> None:
        if self._course is not None:
            self._course.write()

    def tell(self) -> None:
        """Tell who follows it that something is another."""
        if self.changed is not None:
            self.changed()

    # What is known of it

    @property
    def elapsed(self) -> float | None:
        """Seconds since it began, until it ended; None: it has not begun."""
        if self._began is None:
            return None
        return max(0.0, (self._clock() if self._ended is None else self._ended) - self._began)

    @property
    def rate(self) -> float | None:
        """How many a second, of late; of all at the end. None: not known."""
        self._look_anew()
        return self._rate()

    def _rate(self) -> float | None:
        if self._ended is None:
            return self._estimator.rate(self._sampled)
        elapsed, counted = self.elapsed, self.done - self._origin
        return counted / elapsed if elapsed and counted > 0 else None

    @property
    def remaining(self) -> float | None:
        """Seconds until the end, at the rate of late; None: not known, or it does not run."""
        self._look_anew()
        return self._estimator.remaining(self._sampled, self.total) if self.state == "running" else None

    def _look_anew(self) -> None:
        """Look at the count where no sampler has done so of late."""
        with self._lock:
            if self.state == "running" and self._clock() - self._sampled >= FRESH:
                self._look()

    def as_it_was(self) -> Task:
        """Return what is known of it now, as a task that nobody counts: what still runs is stopped."""
        with self._lock:
            kept = Task(self.title, self.total, self.unit, self._clock)
            kept.note, kept.count, kept.runs = self.note, Count(self.done), self.runs
            kept.state, kept.error = self.state, self.error
            kept._origin, kept._began, kept._ended = self._origin, self._began, self._ended
        if kept.state == "running":
            kept.end("stopped")
        return kept

    def row(self, key: int, depth: int, runs: int) -> Row:
        """Return what a card says of it."""
        return Row(
            key=key,
            depth=depth,
            title=self.title,
            note=self.note,
            unit=self.unit,
            done=self.done,
            total=self.total,
            state=self.state,
            runs=runs,
            elapsed=self.elapsed,
            rate=self.rate,
            remaining=self.remaining,
            error=self.error,
        )


# What is checked

checked_note: Final = text("description")
checked_unit: Final = text("unit")


def checked_total(total: Any) -> int | None:
    """Return a total; None: not known.

    Raises:
        WrongType: when it is no number.
        UsageError: when it is no count.
    """
    if total is None:
        return None
    return checked_count(total, "total= of a progress bar")


def checked_count(count: Any, what: str) -> int:
    """Return a count.

    Raises:
        WrongType: when it is no number.
        UsageError: when it is no count.
    """
    checked = to_count(count, what)
    if checked > MOST:
        raise UsageError(f"{what} cannot be {shown(checked)}: 2**53 is the largest count that can be shown")
    return checked


def checked_title(title: Any, what: str) -> str:
    """Return the title of a bar.

    Raises:
        WrongType: when it is no text; a number was meant to be the total.
    """
    if title is None:
        return ""
    if not isinstance(title, str):
        hint = f"; a count goes to total={shown(title)}" if isinstance(title, int | float) else ""
        raise WrongType(f"{what} cannot be called {shown(title)}: pass a str{hint}")
    return str(title)


def ending(error: BaseException | None) -> tuple[TaskState, str]:
    """Return the state that an exception ends something in, and what there is to say: an interrupt is no failure."""
    if error is None:
        return "done", ""
    kind = type(error).__name__
    if isinstance(error, KeyboardInterrupt | GeneratorExit | SystemExit) or kind == "CancelledError":
        return "stopped", ""
    try:
        said = str(error)
    except Exception as broken:  # users' classes
        said = f"(its text raised {type(broken).__name__})"
    return "failed", f"{kind}: {said}" if said else kind
