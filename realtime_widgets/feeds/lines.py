"""Lines: what the lines of one chart are called and their numbers, for good.

A line is a field of a feed. It gets its number, which decides its colour, when it is first seen, and keeps it while
others come and go; so does its name. The kernel remembers both, so all pages agree, also after a reload.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from .naming import label_of


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart."""

    number: int
    """Its place in the order of appearance, from 0 on."""
    label: str
    """What the legend calls it."""


class LineNumbers:
    """The numbers of the lines of one chart, in the order of their appearance; any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 0

    def next(self) -> int:
        """Return a number that no line of the chart has."""
        with self._lock:
            number = self._next
            self._next += 1
            return number


class FeedLines:
    """The lines of one feed of a chart; any thread.

    Args:
        numbers: those of the chart.
        fields: the fields that are known now. A feed that has none yet keeps one number for its first, so that the
            order of the feeds decides and not which of them has data first.
        prefix: what the legend puts before the name of a field.
        alone: what it calls the first line of the feed if it came alone; None: by its field.
    """

    def __init__(
        self, numbers: LineNumbers, fields: Sequence[str] = (), prefix: str = "", alone: str | None = None
    ) -> None:
        self._lock = threading.Lock()
        self._numbers = numbers
        self._prefix = prefix
        self._alone = alone
        self._lines: dict[str, Line] = {}
        self._kept = None if fields else numbers.next()
        self.of(fields)

    def of(self, fields: Sequence[str]) -> list[Line]:
        """Return the lines of some fields in their order; those that are new are numbered and named."""
        with self._lock:
            first = not self._lines
            for field in fields:
                if field in self._lines:
                    continue
                alone = self._alone if first and len(fields) == 1 else None
                number = self._numbers.next() if self._kept is None else self._kept
                self._kept = None
                self._lines[field] = Line(number, self._prefix + label_of(field) if alone is None else alone)
            return [self._lines[field] for field in fields]
