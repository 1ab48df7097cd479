"""Rows: the tasks of one progress card, those of inner loops below their outer one.

An inner loop that begins again (in the next epoch) takes its row over: a hundred epochs make two rows. What is within
bounds is shown, and what has ended long ago is forgotten; both are counted.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Hashable
from typing import Final

from ..feeds.progress import ENDS, Row
from ..runtime.listeners import Listeners
from .task import Task

MOST_ROWS: Final = 20


class Line:
    """A row: the task that has it now, and which place in the program it is for."""

    __slots__ = ("depth", "key", "parent", "place", "runs", "task")

    def __init__(self, key: int, task: Task, parent: Line | None, place: Hashable) -> None:
        self.key = key
        self.task = task
        self.parent = parent
        self.place = place
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.runs = 0
        """To be added to the runs of its task: those of others before it, less those that this one had elsewhere."""

    def keep(self) -> None:
        """Go on to say what is so now, because the task has a row elsewhere from here on."""
        self.task = self.task.as_it_was()


class Rows:
    """The rows of a card, in order.

    Args:
        task: of the first one.
    """

    def __init__(self, task: Task) -> None:
        self._keys = itertools.count()
        self.first = Line(next(self._keys), task, None, None)
        self._lines = [self.first]  # replaced as a whole: the I/O thread reads it at any time
        self._forgotten = 0
        self._listeners = Listeners("a progress card")
        if task.moves is not None and task.state != "running":
            task.moves()
        task.changed, task.moves = self._listeners.tell, self.first.keep

    def put(self, task: Task, parent: Line, place: Hashable) -> Line:
        """Give a task a row below that of its outer loop: that of one that has ended at the same place, or a new one.

        Args:
            task: of an inner loop, before it begins.
            parent: the row of the outer one.
            place: where in the program it is; titles that differ in their digits only are of one place.
        """
        where = (place, re.sub(r"\d+", "#", task.title))
        line = next((each for each in self._lines if _is_free(each, parent, where)), None)
        if line is None:
            line = Line(next(self._keys), task, parent, where)
            self._insert(line)
            line.runs = -task.runs
        elif line.task is not task:
            line.runs += line.task.runs - task.runs
            line.task.changed = line.task.moves = None
            line.task = task
        if task.moves not in (None, line.keep):
            task.moves()
        task.changed, task.moves = self._listeners.tell, line.keep
        return line

    def _insert(self, line: Line) -> None:
        lines = list(self._lines)
        assert line.parent is not None
        at = lines.index(line.parent) + 1
        while at < len(lines) and lines[at].depth > line.parent.depth:
            at += 1
        lines.insert(at, line)
        while len(lines) > MOST_ROWS:
            parents = {each.parent for each in lines}
            over = (e for e in lines[1:] if e.task.state in ENDS and e is not line and e not in parents)
            oldest = min(over, key=lambda each: each.key, default=None)
            if oldest is None:
                break
            lines.remove(oldest)
            self._forgotten += 1
        self._lines = lines

    @property
    def tasks(self) -> list[Task]:
        """The tasks that have the rows now."""
        return [line.task for line in self._lines]

    @property
    def is_watched(self) -> bool:
        """Whether a card shows them."""
        return bool(self._listeners.fns)

    def said(self) -> tuple[list[Row], int]:
        """Return what a card says of them, and how many others there are; any thread."""
        lines = self._lines
        shown = [
            each.task.row(each.key, each.depth, each.runs + each.task.runs) for each in lines[:MOST_ROWS]
        ]
        return shown, self._forgotten + len(lines) - len(shown)

    def listen(self, fn: Callable[[], object], /) -> Callable[[], None]:
        """Call `fn()` after every change, on the thread that made it; returns the undo."""
        return self._listeners.add(fn)

    def tell(self) -> None:
        """Tell those who listen of a change."""
        self._listeners.tell()


def _is_free(line: Line, parent: Line, where: Hashable) -> bool:
    return line.parent is parent and line.place == where and line.task.state in ENDS
