"""Base of every widget: settings as traits, data through the frame loop, and clear refusals.

The module a page runs for a widget (`static/widget.js`) is a stub that finds the shared front end
brought by the carrier, and the code of its kind; traits hold settings only, data travel in frames.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anywidget
import traitlets
from ipywidgets import Layout

from ..browser.carrier import has_carrier, read_front_end, read_static
from ..browser.frame_loop import Followed, FrameLoop, get_frame_loop
from ..browser.stats import Stats
from ..errors import named_keywords as named_keywords
from ..feeds.feed import Feed
from ..feeds.freshness import DataState, Facts, data_state, is_down, pace_of
from ..feeds.text import as_unicode
from ..feeds.upstream import UpstreamFeed, with_upstream
from ..runtime import get_runtime
from ..streams import Stream
from .closed import SaysClosed
from .settings import OnlySettings, Setting, choice, flag, language_tag, optional, seconds, text, zone_name
from .shown import get_shown


class LiveWidget(OnlySettings, SaysClosed, anywidget.AnyWidget):
    """What all our widgets share."""

    _anywidget_id = traitlets.Unicode().tag(sync=True)
    """Of the class, for anywidget, which would make a class for each widget to hold it."""

    _esm = traitlets.Unicode().tag(sync=True)
    """The stub module, the same small text for every widget; without a carrier, front end and code of its kind."""

    _rw_id = traitlets.Unicode().tag(sync=True)
    """Address of this widget's parts."""

    _rw_carrier = traitlets.Unicode().tag(sync=True)
    """Whose frames bring this widget's parts, and who takes its words back."""

    _rw_kind = traitlets.Unicode().tag(sync=True)
    """Which of the shared front end's widgets draws this one."""

    title = Setting("", text("title")).tag(sync=True)
    """Heading; empty for none."""

    theme = Setting("auto", choice("theme", "auto", "light", "dark")).tag(sync=True)
    """Colours: the host's (auto, default), light or dark."""

    locale = Setting("", language_tag).tag(sync=True)
    """Language of words and numbers, a BCP 47 tag such as `ja`; empty: the browser's."""

    tz = Setting("", zone_name).tag(sync=True)
    """Time zone of the times shown, an IANA name such as `Asia/Tokyo` or `UTC`; empty: the reader's."""

    stale_after = Setting(None, optional(seconds("stale_after", 0.1, 3.2e9))).tag(sync=True)
    """Seconds (also a timedelta, or "5min") without new data after which the widget is stale; None: when they have
    paused for longer than usual, see `Stream.quiet_after`."""

    paused = Setting(False, flag("paused")).tag(sync=True)
    """Whether the picture stands still while the stream goes on."""

    def __init__(
        self,
        kind: str,
        followed: Sequence[Followed],
        feeds: Mapping[str, Feed],
        *,
        layout: Layout | dict[str, Any] | None,
        **settings: Any,
    ) -> None:
        if layout is not None:
            settings["layout"] = layout
        frame_loop = get_frame_loop()
        super().__init__(
            _esm=read_static("widget.js") if has_carrier() else read_front_end(kind),
            _anywidget_id=f"{type(self).__module__}.{type(self).__qualname__}",
            _rw_id=frame_loop.new_address(),
            _rw_carrier=frame_loop.carrier_id,
            _rw_kind=kind,
            **settings,
        )
        self._streams = [each for each in followed if isinstance(each, Stream)]
        self._feeds = {name: with_upstream(feed) for name, feed in feeds.items()}
        sources = (feed.source for feed in self._feeds.values() if isinstance(feed, UpstreamFeed))
        self._sources = list({id(source): source for source in sources if source is not None}.values())
        self._frame_loop = frame_loop
        self.on_msg(_receiver(frame_loop, self._rw_id))
        frame_loop.add(self._rw_id, self._feeds, [*followed, *self._sources], self._asked, self, kind)
        get_shown().add(self)

    def add_traits(self, **traits: Any) -> None:
        """Adds traits; not that one."""
        traits.pop("_anywidget_id", None)
        if traits:
            super().add_traits(**traits)

    def get_state(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Returns the traits as they are sent to the pages, as ipywidgets does: with all text as Unicode."""
        return as_unicode(dict(super().get_state(*args, **kwargs)))

    def pause(self) -> None:
        """Holds the picture as it is; the stream goes on and nothing is lost."""
        self.paused = True

    def resume(self) -> None:
        """Goes back to the newest data."""
        self.paused = False

    @property
    def stats(self) -> Stats:
        """How its data have travelled so far: rates, counters, ages; see `Stats`."""
        return self._frame_loop.stats_of(self._rw_id, self._feeds, self._streams)

    @property
    def data_state(self) -> DataState:
        """What the data are at this moment: `error`, `paused`, `disconnected`, `no_data`, `stale`, `live`, or `idle`:
        complete as those of a table.
        """
        return data_state(self._facts())

    def _facts(self) -> Facts:
        """What is known of its data at this moment."""
        now = time.monotonic()
        links = [source.status for source in self._sources]
        arrivals = [(stream.age, stream.quiet_after) for stream in self._streams]
        return Facts(
            failed=any(_trouble(feed) for feed in self._feeds.values())
            or any(link.state == "connected" and link.unreadable for link in links),
            paused=self.paused,
            disconnected=any(is_down(link.state, now - link.since) for link in links),
            empty=not any(len(stream) for stream in self._streams),
            missing=any(stream.missing is not None for stream in self._streams),
            age=min((age for age, _ in arrivals if age is not None), default=None),
            stale_after=self.stale_after,
            pace=pace_of(arrivals),
        )

    def _wake(self) -> None:
        """Has the feeds asked for what a setting changes; does nothing in a constructor."""
        frame_loop = getattr(self, "_frame_loop", None)
        if frame_loop is not None:
            frame_loop.wake()

    def _asked(self, what: str, about: Any) -> None:
        """Does what a reader wants done (on the I/O thread); what is unknown is ignored."""
        if what == "resume":
            get_runtime().submit(self.resume)  # there, because users may observe `paused`

    def close(self) -> None:
        """Takes the widget off the pages and stops serving it; the streams stay."""
        frame_loop = getattr(self, "_frame_loop", None)
        if frame_loop is not None:
            frame_loop.remove(self._rw_id)
        super().close()


def _receiver(frame_loop: FrameLoop, to: str) -> Callable[[Any, Any, Any], None]:
    return lambda _widget, content, _buffers: frame_loop.receive(content, to)


def _trouble(feed: Any) -> str | None:
    """Why a feed cannot be shown, as a sentence for the reader; None for one that always can."""
    trouble = getattr(feed, "trouble", None)
    return None if trouble is None else trouble()
