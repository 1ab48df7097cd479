"""Rows: the tasks of one progress card, those of inner loops below their outer one.

A loop that begins again at its place (in the next epoch, as the next job of a thread) takes the row over: a hundred
epochs make two rows. What is within bounds is shown, what runs before what has ended, and what has ended long ago is
forgotten; both are counted.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Hashable
from functools import partial
from typing import Final

from ..feeds.progress import ENDS, Row
from ..runtime.forksafe import renew_after_fork
from ..runtime.listeners import Listeners
from .task import Task

MOST_ROWS: Final = 20


class Line:
    """A row: the task that has it now, and which place in the program it is for; None: it has been forgotten."""

    __slots__ = ("children", "depth", "key", "moves", "parent", "place", "runs", "task")

    def __init__(self, key: int, task: Task, parent: Line | None, place: Hashable) -> None:
        self.key = key
        self.task = task
        self.parent = parent
        self.place = place
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.children = 0
        """Rows below it."""
        self.moves: Callable[[], object] | None = None
        """What its task calls before it begins elsewhere."""
        self.runs = 0
        """To be added to the runs of its task: those of others before it, less those that this one had elsewhere."""


class Rows:
    """The rows of a card, in order.

    Args:
        task: of the first one.
    """

    def __init__(self, task: Task) -> None:
        self._keys = itertools.count()
        self.first = Line(next(self._keys), task, None, None)
        self.is_open = True
        """Whether there is a card, or will be."""
        self._lines = [self.first]  # replaced as a whole: the I/O thread reads it at any time
        self._free: dict[int, Line] = {}  # whose tasks have ended, on any thread, which waits for no lock
        self._forgotten = 0
        self._listeners = Listeners("a progress card")
        self._lock = threading.RLock()
        renew_after_fork(self, Rows._renew_lock)
        self._give(self.first, task)

    def _renew_lock(self) -> None:
        self._lock = threading.RLock()

    def put(self, task: Task, parent: Line | None, place: Hashable) -> Line:
        """Give a task a row: that of one that has ended at the same place, or a new one; any thread.

        Args:
            task: of another loop than the first, before it begins.
            parent: the row of the loop that it is within; None: it runs beside the first one.
            place: where in the program it is; titles that differ in their digits only are of one place.
        """
        where = (place, re.sub(r"\d+", "#", task.title))
        with self._lock:
            lines = self._lines[1:] if len(self._lines) <= MOST_ROWS else self._free.copy().values()
            line = next((each for each in lines if _fits(each, parent, where)), None)
            if line is None:
                line = Line(next(self._keys), task, parent, where)
                line.runs = -task.runs
                self._insert(line)
            else:
                self._free.pop(line.key, None)
                if line.task is not task:
                    line.runs += line.task.runs - task.runs
                    line.task.changed = line.task.moves = None
            self._give(line, task)
            return line

    def _give(self, line: Line, task: Task) -> None:
        if task.moves not in (None, line.moves) and (line is not self.first or task.state != "running"):
            task.moves()
        line.task = task
        line.moves = line.moves or partial(self._keep, line)
        task.changed, task.moves = partial(self._heard, line), line.moves

    def _heard(self, line: Line) -> None:
        if line.task.state in ENDS and line is not self.first:
            self._free[line.key] = line
        self._listeners.tell()

    def _keep(self, line: Line) -> None:
        """Go on to say what is so now, because the task has a row elsewhere from here on."""
        line.task = line.task.as_it_was()
        self._heard(line)

    def _insert(self, line: Line) -> None:
        lines, parent = list(self._lines), line.parent
        at = len(lines)
        if parent is not None and parent in lines:
            parent.children += 1
            at = lines.index(parent) + 1
            while at < len(lines) and lines[at].depth > parent.depth:
                at += 1
        lines.insert(at, line)
        while len(lines) > MOST_ROWS:
            free = self._free.copy().values()
            over = [e for e in free if _may_go(e, parent)]
            if not over:
                break
            for each in sorted(over, key=lambda each: each.key)[: len(lines) - MOST_ROWS]:
                del self._free[each.key]
                lines.remove(each)
                each.place = each.task.changed = each.task.moves = None
                if each.parent is not None:
                    each.parent.children -= 1
                self._forgotten += 1
        self._lines = lines

    # What is asked of it

    @property
    def is_under_way(self) -> bool:
        """Whether one of its tasks runs."""
        return any(line.task.state == "running" for line in self._lines)

    @property
    def is_watched(self) -> bool:
        """Whether a card shows them."""
        return bool(self._listeners.fns)

    def sample(self) -> bool:
        """Look at the counts of what is shown (on the I/O thread); returns whether anything runs."""
        for line in _shown(self._lines):
            line.task.look()
        self._listeners.tell()
        return self.is_watched and self.is_under_way

    def said(self) -> tuple[list[Row], int]:
        """Return what a card says of them, and how many others there are; any thread."""
        lines = self._lines
        said = [each.task.row(each.key, each.depth, each.runs + each.task.runs) for each in _shown(lines)]
        return said, self._forgotten + len(lines) - len(said)

    def listen(self, fn: Callable[[], object], /) -> Callable[[], None]:
        """Call `fn()` after every change, on the thread that made it; returns the undo."""
        return self._listeners.add(fn)

    def tell(self) -> None:
        """Tell those who listen of a change."""
        self._listeners.tell()


def _fits(line: Line, parent: Line | None, where: Hashable) -> bool:
    """Whether a row can be taken over. That of a job that has failed, or may have, is kept: the next is another one."""
    task = line.task
    ended = task.state in ENDS and (parent is not None or not (task.state == "failed" or task.in_doubt))
    return ended and line.parent is parent and line.place == where


def _may_go(line: Line, parent: Line | None) -> bool:
    return line.place is not None and line.task.state in ENDS and not line.children and line is not parent


def _shown(lines: list[Line]) -> list[Line]:
    """Return as many as a card shows: of more than that the first, and those that run or have failed."""
    if len(lines) <= MOST_ROWS:
        return lines
    first, *others = lines
    others.sort(key=lambda line: line.task.state not in ("running", "failed"))
    chosen = {id(line) for line in (first, *others)[:MOST_ROWS]}
    return [line for line in lines if id(line) in chosen]
