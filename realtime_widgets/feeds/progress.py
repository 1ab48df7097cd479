"""Progress: what a progress card says: a row for each thing that is counted, inner loops below their outer one.

Every part is complete in itself. It goes out when a count or a word is another; what only time changes (how long
something has been running, what remains) the pages count on by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, get_args

import msgspec

from .feed import Payload
from .text import without_controls

TaskState = Literal["waiting", "running", "done", "failed", "stopped"]

ENDS: Final[tuple[TaskState, ...]] = get_args(TaskState)[2:]
"""The states that something ends in."""

MAX_TITLE: Final = 200
MAX_NOTE: Final = 200
MAX_ERROR: Final = 600
"""Characters after which a text is cut."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of one thing that is counted.

    Attributes:
        key: tells it from the other rows of its card.
        depth: how many loops it is within.
        title: what it is called; empty for nothing.
        note: a short text beside it.
        unit: of what is counted; empty: items.
        done: how many there are.
        total: how many there will be; None: not known.
        state: see `TaskState`.
        runs: how often it has begun.
        elapsed: seconds since it began, until it ended; None: it has not begun.
        rate: how many a second; None: not known.
        remaining: seconds until the end; None: not known.
        error: why it failed; empty: it did not, or that is not known.
    """

    key: int
    depth: int = 0
    title: str = ""
    note: str = ""
    unit: str = ""
    done: int = 0
    total: int | None = None
    state: TaskState = "waiting"
    runs: int = 0
    elapsed: float | None = None
    rate: float | None = None
    remaining: float | None = None
    error: str = ""

    def body(self) -> dict[str, Any]:
        """Return it for the pages: without what is empty, and each text at a length that can be shown."""
        said = {
            name: value for name, value in msgspec.structs.asdict(self).items() if value not in (None, "")
        }
        for name, most in (("title", MAX_TITLE), ("note", MAX_NOTE), ("unit", 24), ("error", MAX_ERROR)):
            if name in said:
                said[name] = _cut(said[name], most)
        return said

    def news(self) -> tuple[Any, ...]:
        """Return what is worth telling when it changes: not the time that passes."""
        rate = None if self.rate is None else float(f"{self.rate:.2g}")
        return (
            self.key,
            self.depth,
            self.title,
            self.note,
            self.unit,
            self.done,
            self.total,
            self.state,
            self.runs,
            self.error,
            rate,
        )


def _cut(text: str, most: int) -> str:
    text = without_controls(text[: most * 8])
    return text if len(text) <= most else text[:most] + "…"


class ProgressFeed:
    """The feed of a progress card.

    Args:
        rows: returns its rows at this moment, and how many others there are that are not shown; any thread.
    """

    def __init__(self, rows: Callable[[], tuple[Sequence[Row], int]]) -> None:
        self._rows = rows
        self._said: Any = None
        self._version = 0

    def resize(self, px: int) -> None:
        """See `Feed.resize`; it says the same at any width."""

    def changed(self) -> bool:
        """See `Feed.changed`."""
        return bool(_news(*self._rows()) != self._said)

    def take(self, key: bool, now: float) -> Payload:
        """See `Feed.take`."""
        rows, more = self._rows()
        news = _news(rows, more)
        if news != self._said:
            self._said = news
            self._version += 1
        running = any(row.state == "running" for row in rows)
        body: dict[str, Any] = {
            "rows": [row.body() for row in rows],
            # However long an item takes, what runs is not stale; what does not waits for nothing.
            "age": None,
            "quiet_after": LIVELY if running else None,
        }
        if more:
            body["more"] = more
        nbytes = sum(100 + len(row.title) + len(row.note) + len(row.error) for row in rows)
        return Payload(self._version, self._version, True, body, body_bytes=nbytes)


LIVELY: Final = 1e9
"""Seconds without data that are usual for what runs."""


def _news(rows: Sequence[Row], more: int) -> Any:
    return [row.news() for row in rows], more
