"""EventLog: the events of a stream as a list, newest at the bottom."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import traitlets
from ipywidgets import Layout

from ..errors import UsageError, WrongType
from ..feeds.levels import Level
from ..feeds.log import EventLogFeed
from ..streams import Stream
from .base import LiveWidget, named_keywords

MAX_ROWS = 5000
"""Most rows in a page: more elements make it slow."""


class EventLog(LiveWidget):
    """A log of the events of a stream, newest at the bottom.

    An event is a record with the text fields `level`, `source` and `message`; missing ones stay empty. A stream of one
    field shows that as the message. Levels, from the least severe on: debug, info, success, warning, error; those of
    `logging` are understood, unknown ones count as info. The log stays at the newest event unless its reader has
    scrolled up. It shows what it leaves out: events that came faster than a page can show, and texts beyond 2,000
    characters.

    Args:
        stream: where the events come from.
        level: the least severe level to show.
        max_rows: most rows in the page, 10 to 5000; older ones leave at the top.
        title: heading; None for none.
        theme: `auto` (the host's), `light` or `dark`.
        locale: language of words and times, such as `ja`; None: the browser's.
        layout: an `ipywidgets.Layout`, as for every ipywidget; `{"height": "400px"}` makes the log taller.

    Raises:
        UsageError: when a setting is out of its range; TypeError names the nearest keyword.

    Example:
        `log = EventLog(stream, level="warning"); stream.append(level="error", source="db", message="no answer")`
    """

    max_rows = traitlets.Int(500).tag(sync=True)
    """Most rows in the page."""

    @named_keywords
    def __init__(
        self,
        stream: Stream,
        *,
        level: Level = "info",
        max_rows: int = 500,
        title: str | None = None,
        theme: Literal["auto", "light", "dark"] = "auto",
        locale: str | None = None,
        layout: Layout | dict[str, Any] | None = None,
    ) -> None:
        given: Any = stream
        if not isinstance(given, Stream):
            raise WrongType(
                f"a log cannot follow {given!r}: pass a Stream, such as client.stream('events') or rw.Stream()"
            )
        rows: Any = max_rows
        if isinstance(rows, bool) or not isinstance(rows, int | np.integer) or not 10 <= rows <= MAX_ROWS:
            raise UsageError(f"max_rows={rows!r} cannot be used: pass a whole number from 10 to {MAX_ROWS}")
        self._feed = EventLogFeed(stream, level, int(rows))
        super().__init__(
            "events",
            [stream],
            {"0": self._feed},
            title=title or "",
            max_rows=int(rows),
            stale_after=None,
            theme=theme,
            locale=locale,
            layout=layout,
        )

    @property
    def level(self) -> Level:
        """The least severe level that is shown."""
        return self._feed.level

    def _asked(self, what: str, about: Any) -> None:
        match about:
            case {"seq": int(seq), "count": int(count), "most": int(most)} if what == "fetch":
                self._feed.fetch(seq, count, most)
            case _:
                super()._asked(what, about)

    def __repr__(self) -> str:
        return f"EventLog({self._feed.stream.name!r}, level={self.level!r}, {self.data_state})"
