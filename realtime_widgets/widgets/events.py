"""EventLog: the events of a stream as a list, newest at the bottom."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import traitlets
from ipywidgets import Layout

from ..errors import UsageError, WrongType, shown
from ..feeds.levels import Level, checked_level
from ..feeds.log import EventLogFeed
from ..feeds.log_answers import PageAsked
from ..runtime import get_runtime
from ..runtime.log_handler import Event, LogHandler
from ..streams import Stream
from .base import LiveWidget, named_keywords
from .closed import why_closed
from .settings import Setting, pixels, whole
from .tables import with_tables

MAX_ROWS = 5000
"""Most rows in a page: more elements make it slow."""

MAX_LOOKED_FOR = 200
"""Most characters of what a reader looks for."""


class EventLog(LiveWidget):
    """A log of the events of a stream, newest at the bottom.

    An event is a record with the fields `level`, `source` and `message` (or `msg`); missing ones stay empty. A stream
    of one field shows that as the message. Levels, from the least severe on: debug, info, success, warning, error.
    Other names are understood, and numbers: 0 to 7 are syslog's, from 10 on those of `logging`, or of pino where the
    messages are in `msg`; unknown ones count as info. Colours and other sequences for terminals are taken out. The log
    stays at the newest event unless its reader has scrolled up. It shows what it leaves out: events that came faster
    than a page can show, and texts beyond 2,000 characters. Readers can filter by level and by text, and copy what they
    see. `level`, `max_rows` and `height` can be set later.

    Args:
        stream: where the events come from; also a table, as `Stream.extend` takes it, such as a DataFrame. None: a
            stream of its own, see `stream`.
        level: the least severe level to show, by any name or by number (`logging`'s, or syslog's).
        max_rows: most rows in the page, 10 to 5000; older ones leave at the top.
        title: heading; None for none.
        height: most height of the rows, CSS pixels, 80 to 2000: the log is as high as its rows, and from there on it
            scrolls. Where a layout or a dashboard gives it more or less room, it fills that.
        theme: `auto` (the host's), `light` or `dark`.
        locale: language of words and times, such as `ja`; None: the browser's.
        tz: time zone that times are shown in, an IANA name such as "Asia/Tokyo" or "UTC"; None: the reader's, but
            dates of a table that have no zone stand as they were written.
        layout: an `ipywidgets.Layout`, as for every ipywidget.

    Raises:
        UsageError: when a setting is out of its range; TypeError names the nearest keyword.

    Example:
        `log = EventLog(stream, level="warning"); stream.append(level="error", source="db", message="no answer")`
    """

    level = Setting("info", checked_level).tag(sync=True)
    """The least severe level that is shown, by any name or by number."""

    max_rows = Setting(500, whole("max_rows", 10, MAX_ROWS, "")).tag(sync=True)
    """Most rows in the page."""

    height = Setting(240, pixels("height")).tag(sync=True)
    """Most height of the rows, CSS pixels."""

    _stream = traitlets.Unicode().tag(sync=True)
    """What the stream is called, if anything, for those who wait for its first event."""

    @named_keywords
    def __init__(
        self,
        stream: Stream | Any = None,
        *,
        level: Level | str | int = "info",
        max_rows: int = 500,
        title: str | None = None,
        height: int = 240,
        theme: Literal["auto", "light", "dark"] = "auto",
        locale: str | None = None,
        tz: str | dt.tzinfo | None = None,
        layout: Layout | dict[str, Any] | None = None,
    ) -> None:
        given: Any = Stream() if stream is None else with_tables(stream)
        if not isinstance(given, Stream):
            raise WrongType(
                f"a log cannot follow {shown(given)}: pass a Stream, such as client.stream('events'), "
                "a table, such as a DataFrame, or nothing and append to its .stream"
            )
        self._handlers: list[LogHandler] = []
        self._feed = EventLogFeed(given, checked_level(level), 500)
        super().__init__(
            "events",
            [given],
            {"0": self._feed},
            title=title,
            level=level,
            max_rows=max_rows,
            height=height,
            _stream="" if given.name == Stream().name else given.name,
            theme=theme,
            locale=locale,
            tz=tz,
            layout=layout,
        )

    @property
    def stream(self) -> Stream:
        """The stream whose events are shown; for a log without one, its own: `log.stream.append(message="done")`."""
        return self._feed.stream

    def logging_handler(self, level: str | int = "INFO") -> LogHandler:
        """Returns a handler for Python's `logging` that appends its records to the stream.

        It never raises into the program and takes records from any thread. Tracebacks become the `details` of their
        events. It ends when the log is closed, and when the cell that made it is run again. What is logged about the
        way of events to the pages (`realtime_widgets.browser`) is left out, or it would log itself.

        Args:
            level: the least severe level to take, a name such as "INFO" or "warning", or a number. A logger has a level
                of its own, `WARNING` by default: `logging.getLogger().setLevel("INFO")`.

        Raises:
            UsageError: for an unknown level, or when the log is closed.

        Example:
            `logging.getLogger().addHandler(log.logging_handler())`
        """
        if self.comm is None:
            raise UsageError(f"a closed log has no logging handler: {why_closed(self)}")
        handler = LogHandler(_Appending(self.stream), level)
        self._handlers.append(handler)
        get_runtime().made(handler, LogHandler.close)
        return handler

    @traitlets.observe("level", "max_rows")
    def _choose(self, _: Any) -> None:
        self._feed.choose(level=self.level, max_rows=self.max_rows)
        self._wake()

    def _asked(self, what: str, about: Any) -> None:
        match about:
            case {"seq": int(seq), "count": int(count), "most": int(most)} if what == "fetch":
                self._feed.fetch(seq, count, most)
            case {"seq": int(seq)} if what == "details":
                self._feed.ask_details(seq)
            case {"ask": str(ask), "after": int(after), "before": int(before), "most": int(most)} if (
                what == "page"
            ):
                newest, text, levels = (about.get(name) for name in ("newest", "text", "levels"))
                chosen = tuple(map(str, levels)) if isinstance(levels, list) else ()
                looked = str(text or "")[:MAX_LOOKED_FOR]
                self._feed.ask_page(PageAsked(ask, after, before, most, bool(newest), looked, chosen))
            case _:
                super()._asked(what, about)

    def close(self) -> None:
        """Takes the log off the pages and ends its logging handlers; the stream stays."""
        for handler in getattr(self, "_handlers", ()):
            handler.close()
        super().close()

    def __repr__(self) -> str:
        return f"EventLog({self._feed.stream.name!r}, level={self.level!r}, {self.data_state})"


class _Appending:
    """Appends events to a stream; refers to no widget, or a handler would hold a log that no cell shows any more."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def __call__(self, event: Event) -> None:
        if self._stream.complete:  # a table was, until now
            self._stream.complete = False
        self._stream.append(**event)
