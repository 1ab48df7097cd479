"""FrameLoop: one per process; sends the frames that `FrameDelivery` decides on, and receives messages from pages.

The only module that talks to the browser. Everything here runs on the I/O thread except `wake`, which streams call on
the appending thread, and the entry points that hand over to the I/O thread. A frame goes out at max(now, last + 1/fps)
once something has changed: at once after a pause, never on a free-running timer.

Two kinds of messages come from a page: its report, for the delivery, and an intent, for one widget: what its reader
wants done.

    {"rw": 2, "page": "k3x…", "to": "w1", "do": "retry"}
    {"rw": 2, "page": "k3x…", "to": "w1", "do": "fetch", "about": {…}}

A widget's module sends a third, answered on the same route: `{"rw": 2, "do": "load"}` when it finds no front end in its
page, answered by `{"rw": 2, "code": "…"}`, the front end with the code of its kind. Where only the latter is missing it
names the kind, `{"rw": 2, "do": "load", "kind": "chart"}`: `{"rw": 2, "module": "chart", "code": "…"}`.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import time
import uuid
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from ..errors import RuntimeStopped, UsageError
from ..feeds.feed import Feed
from ..runtime import Runtime, get_runtime, notebook
from ..streams import Stream
from .carrier import Carrier, has_carrier, is_closed, parentless_context, read_front_end, read_static
from .delivery import FrameDelivery, Outgoing
from .frames import WIRE, Frame, pack
from .pages import CARRIER
from .rates import SAMPLE_INTERVAL, Meter
from .stats import HopStats, Stats

logger = logging.getLogger(__name__)

DEFAULT_FPS = 20.0
MAX_FPS = 60.0
PACE_TOLERANCE = 0.92
"""Share of the period of `max_fps` after which a tick may follow the last. Without it a feed of exactly that rate that
once had to wait (a report used its tick) would wait as long with every frame; with it, it catches up after ten."""


MAX_MESSAGES_PER_SECOND = 200.0
"""Messages a second, all routes together: of the 1,000 that Jupyter lets through, the rest is for the user's own
prints and widgets. A carrier needs no more than `max_fps`; many routes share these."""

Asked = Callable[[str, Any], object]


class Followed(Protocol):
    """What a widget follows: a stream, a client; anything that notifies of changes."""

    def listen(self, fn: Callable[[], object], /) -> Callable[[], None]:
        """Call `fn()` after every change, on the thread that made it; returns the undo."""


class Sender(Protocol):
    """The owner of a comm that serves as a route: a widget, or the carrier."""

    comm: Any

    def send(self, content: Any, buffers: Any = None) -> None:
        """Send a custom message to its models."""


class _Served(msgspec.Struct, frozen=True):
    """A widget as the frame loop knows it."""

    feeds: Mapping[str, Feed]
    followed: Sequence[Followed]
    asked: Asked | None
    sender: Sender | None
    home: str
    kind: str | None

    @property
    def streams(self) -> list[Stream]:
        return [each for each in self.followed if isinstance(each, Stream)]


class FrameLoop:
    """Reads the feeds of all widgets and sends frames of what changed.

    Args:
        runtime: whose I/O thread does the work.
        send: replaces all comms in tests; called with `(route, content, buffers)`.
    """

    def __init__(
        self, runtime: Runtime, send: Callable[[str, dict[str, Any], list[bytes]], None] | None = None
    ) -> None:
        self.carrier_id = uuid.uuid4().hex
        self.delivery = FrameDelivery()
        self.max_fps = DEFAULT_FPS
        self._runtime = runtime
        self._send = send
        self._carrier: Carrier | None = None
        self._modules: dict[str, str] = {}  # kind of widget → the code that a page needs for it
        self._context = parentless_context()
        # No lock: the garbage collector may close a widget on any thread, at any point. Every operation on this
        # dictionary is atomic.
        self._served: dict[str, _Served] = {}
        self._unlisten: dict[int, Callable[[], None]] = {}  # id of what is followed → the undo
        self._awake = False
        self._timer: Any = None
        self._timer_due = 0.0
        self._last_tick = -1e9
        self._addresses = itertools.count(1)
        self._routes = 1  # messages that the last tick sent
        self._frames = 0
        self._parts = 0
        self._bytes = 0
        self._gone = {"merged": 0, "dropped": 0}  # of widgets that were closed
        self._meters: weakref.WeakKeyDictionary[Stream, Meter] = weakref.WeakKeyDictionary()
        self._frame_meter = Meter(0, time.monotonic())
        self._measured = -1e9
        self._watch_cells()

    # For widgets, any thread

    def new_address(self) -> str:
        """Return an address for a widget: this kernel's prefix, a hyphen, and a number (see `frames`)."""
        return f"{self.carrier_id}-{next(self._addresses)}"

    def add(
        self,
        to: str,
        feeds: Mapping[str, Feed],
        followed: Sequence[Followed],
        asked: Asked | None = None,
        sender: Sender | None = None,
        kind: str | None = None,
    ) -> None:
        """Add a widget's feeds, and wake whenever something that it follows changes.

        Args:
            to: the widget's address.
            feeds: by name.
            followed: what wakes the loop.
            asked: called on the I/O thread with an intent (what a reader of the widget wants done, such as `retry`)
                and what it is about; both are untrusted, so unknown ones are to be ignored. None: the widget takes
                no intents.
            sender: the widget itself, for pages that have no carrier. None: only the carrier reaches its pages.
            kind: of widget, whose code the pages need. None: they have it.
        """
        if kind is not None:
            read_static(f"{kind}.js")  # here, so that a missing build raises where the widget is made
        home = CARRIER if sender is None or has_carrier() else to
        served = _Served(dict(feeds), tuple(followed), asked, sender, home, kind)
        self._served[to] = served
        self._runtime.call_soon(self._add, to, served)

    def remove(self, to: str) -> None:
        """Remove a widget; may be called again."""
        gone = self._served.pop(to, None)
        if gone is not None:
            self._hand_over(self._remove, to, gone)

    def registered(self) -> list[object]:
        """Return the widgets that it refers to, once for each reference: no reason to keep any."""
        served = list(self._served.values())
        return [each.sender for each in served] + [getattr(each.asked, "__self__", None) for each in served]

    def wake(self) -> None:
        """Note that something changed; cheap, and one check while a frame is already scheduled."""
        if not self._awake:
            self._awake = True
            self._hand_over(self._arm)

    def receive(self, message: Any, route: str = CARRIER) -> None:
        """Take a page's message; comm handlers may run on any thread, so this only hands over to the I/O thread."""
        if not isinstance(message, Mapping) or message.get("rw") != WIRE:
            return
        if message.get("do") == "load":
            self._hand_over(self._load, route, message.get("kind"))
        elif "do" in message:
            self._hand_over(self._intent, message.get("to"), message["do"], message.get("about"))
        else:
            # Timed here: whether a report came before a cell or during it shows whether cells hold messages back.
            self._hand_over(self._report, message, time.monotonic(), route)

    def stats(self) -> HopStats:
        """Return the counters at this moment."""
        now = time.monotonic()
        served = dict(self._served)
        lost = {name: sum(_lost(each, name) for each in served.values()) for name in self._gone}
        ages = [stream.age for stream in self._streams(served)]
        return HopStats(
            rate=self._rate(self._streams(served), now),
            sent=self._parts,
            bytes=self._bytes,
            keyframes=self.delivery.keyframes,
            resyncs=self.delivery.resyncs,
            merged=self._gone["merged"] + lost["merged"],
            dropped=self._gone["dropped"] + lost["dropped"],
            age=min((age for age in ages if age is not None), default=None),
            draws=sum(self.delivery.pages.draw_rate(to, now) for to in served),
            frames=self._frames,
            frame_rate=self._frame_meter.rate(self._frames, now),
            pages=len(self.delivery.pages),
            widgets=len(served),
            max_fps=self.max_fps,
        )

    def stats_of(self, to: str, feeds: Mapping[str, Feed], streams: Sequence[Stream]) -> Stats:
        """Return the counters of one widget, also of a closed one."""
        now = time.monotonic()
        sent = self.delivery.of(to)
        ages = [age for stream in streams if (age := stream.age) is not None]
        return Stats(
            rate=self._rate(set(streams), now),
            sent=sent.parts,
            bytes=sent.bytes,
            keyframes=sent.keyframes,
            resyncs=sent.resyncs,
            merged=sum(getattr(feed, "merged", 0) for feed in feeds.values()),
            dropped=sum(getattr(feed, "dropped", 0) for feed in feeds.values()),
            age=min(ages, default=None),
            draws=self.delivery.pages.draw_rate(to, now),
        )

    def _streams(self, served: Mapping[str, _Served]) -> set[Stream]:
        return {stream for each in served.values() for stream in each.streams}

    def _rate(self, streams: set[Stream], now: float) -> float:
        meters = [(self._meters.get(stream), stream.last_seq) for stream in streams]
        return sum(meter.rate(total, now) for meter, total in meters if meter is not None)

    # On the I/O thread

    def _add(self, to: str, served: _Served) -> None:
        new = served.kind is not None and served.kind not in self._modules
        if served.kind is not None and new:
            self._modules[served.kind] = read_static(f"{served.kind}.js")
        if served.home == CARRIER and not self._open_carrier() and new and self._carrier is not None:
            # Now, and not when a page asks: a running cell may hold its messages back.
            self._context.run(self._carrier.bring, self._modules)
        for each in served.followed:
            # One listener, however many widgets follow the stream: every append pays for it.
            if id(each) not in self._unlisten:
                self._unlisten[id(each)] = each.listen(self.wake)
        now = time.monotonic()
        for name, feed in served.feeds.items():
            self.delivery.add(to, name, feed, now, served.home)
        for stream in served.streams:
            if stream not in self._meters:
                self._meters[stream] = Meter(stream.last_seq, now)
        self._arm()

    def _remove(self, to: str, gone: _Served) -> None:
        self.delivery.remove(to)
        still = {id(each) for served in dict(self._served).values() for each in served.followed}
        for each in gone.followed:
            if id(each) not in still and id(each) in self._unlisten:
                self._unlisten.pop(id(each))()
        for name in self._gone:
            self._gone[name] += _lost(gone, name)

    def _open_carrier(self) -> bool:
        """Make the carrier, also again after `Widget.close_all()`; returns whether it did."""
        if self._send is not None or (self._carrier is not None and not is_closed(self._carrier.comm)):
            return False
        self._carrier = self._context.run(Carrier, self.carrier_id, self._modules)
        self._carrier.on_msg(lambda _widget, content, _buffers: self.receive(content))
        self.delivery.rekey()
        return True

    def _report(self, message: Mapping[str, Any], now: float, route: str) -> None:
        self.delivery.report(message, now, route)
        for to, served in dict(self._served).items():
            px = self.delivery.pages.width(to, now)
            for feed in served.feeds.values() if px else ():
                feed.resize(px)
        self._arm()

    def _load(self, route: str, kind: Any) -> None:
        """Send code to a page that lacks it: of one kind, or the front end with that of the widget that asked."""
        if kind is not None:
            if isinstance(kind, str) and kind in self._modules:
                self._put(route, {"rw": WIRE, "module": kind, "code": self._modules[kind]}, [])
            return
        served = self._served.get(route)
        own = served.kind if served is not None else None
        code = read_static("page.js") if own is None else read_front_end(own)
        self._put(route, {"rw": WIRE, "code": code}, [])

    def _intent(self, to: Any, what: Any, about: Any) -> None:
        """Pass an intent on to its widget; malformed ones, and those for unknown widgets, are ignored."""
        served = self._served.get(to) if isinstance(to, str) else None
        if served is None or served.asked is None or not isinstance(what, str):
            return
        try:
            served.asked(what, about)
        except Exception:
            logger.exception("widget %s: what its reader asked for, %r, could not be done", to, what)
        self._arm()

    def _arm(self) -> None:
        """Set the timer for the earliest frame that may carry new data."""
        self._tick_at(max(time.monotonic(), self._last_tick + self._period))

    @property
    def _period(self) -> float:
        """Seconds between two ticks."""
        return max(
            PACE_TOLERANCE / self.max_fps, self._routes / MAX_MESSAGES_PER_SECOND, self.delivery.period
        )

    def _tick_at(self, due: float) -> None:
        if self._timer is not None:
            if self._timer_due <= due:
                return
            self._timer.cancel()
        self._timer_due = due
        with contextlib.suppress(RuntimeStopped):  # at exit
            self._timer = self._runtime.call_later(max(0.0, due - time.monotonic()), self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._awake = False  # before reading: records appended from here on wake again
        now = time.monotonic()
        # Counted from when it was due, or a feed of the same rate would fall behind by every delay; the second term
        # limits catching up to one frame. Ticks count, not frames: hidden widgets must not cost more.
        period = self._period
        self._last_tick = max(self._last_tick + period, now - period)
        self._withdraw_closed()
        for stream in self._meters:
            stream.note_pace()
        outgoing = self.delivery.frames(now)
        self._routes = max(1, len(outgoing))
        for each in outgoing:
            self._put_frame(each)
        self._measure(now)
        due = self.delivery.next_due(now)
        if due is not None:
            self._tick_at(max(due, now + self._period))

    def _withdraw_closed(self) -> None:
        """Remove widgets whose comms the notebook closed, as some do when a cell is run again, without notice."""
        for to, served in dict(self._served).items():
            if served.home != CARRIER and served.sender is not None and is_closed(served.sender.comm):
                self.remove(to)

    def _measure(self, now: float) -> None:
        if now - self._measured < SAMPLE_INTERVAL:
            return
        self._measured = now
        self._frame_meter.note(self._frames, now)
        for stream, meter in self._meters.items():
            meter.note(stream.last_seq, now)

    def _put_frame(self, outgoing: Outgoing) -> None:
        self._frames += 1
        self._parts += len(outgoing.parts)
        frame = Frame(self._frames, time.time(), outgoing.parts, outgoing.heard)
        try:
            content, buffers = pack(frame)
        except Exception:
            logger.exception("a frame could not be made")
            return
        self._bytes += sum(map(len, buffers))
        self._put(outgoing.route, content, buffers)

    def _put(self, route: str, content: dict[str, Any], buffers: list[bytes]) -> None:
        try:
            if self._send is not None:
                self._send(route, content, buffers)
                return
            served = self._served.get(route)
            sender = self._carrier if route == CARRIER else served.sender if served is not None else None
            if sender is not None:
                self._context.run(sender.send, content, buffers)
        except Exception:
            # The kernel or its socket is closing: pages that remain get keyframes.
            logger.exception("a frame could not be sent to the pages")
            self.delivery.rekey()

    # Cells

    def _watch_cells(self) -> None:
        """Follow when cells run: while one does, messages from pages may have to wait."""
        if notebook.watch(
            lambda _: self._cell(self.delivery.cell_started), lambda: self._cell(self.delivery.cell_ended)
        ):
            self._cell(self.delivery.cell_started)  # the one that makes the first widget

    def _cell(self, tell: Callable[[float], None]) -> None:
        self._hand_over(tell, time.monotonic())
        self._hand_over(self._arm)

    def _hand_over(self, fn: Callable[..., None], *args: Any) -> None:
        """Call `fn(*args)` on the I/O thread; does nothing at exit and in forked children, which have no pages."""
        with contextlib.suppress(RuntimeStopped):
            self._runtime.call_soon(fn, *args)


def _lost(served: _Served, name: str) -> int:
    return sum(getattr(feed, name, 0) for feed in served.feeds.values())


def get_frame_loop() -> FrameLoop:
    """Return the frame loop of this process; it lives as long as the runtime and survives reloads of this module."""
    return get_runtime().shared(f"frame_loop/{WIRE}", FrameLoop)


def configure(*, max_fps: float | None = None) -> None:
    """Configure how this process sends to its pages.

    Args:
        max_fps: frames per second to the pages, 1 to 60 (default 20); None leaves it as it is.

    Raises:
        UsageError: when `max_fps` is not a number from 1 to 60.
    """
    if max_fps is not None:
        fps: object = max_fps
        if isinstance(fps, bool) or not isinstance(fps, int | float) or not 1 <= fps <= MAX_FPS:
            raise UsageError(f"max_fps={max_fps!r} cannot be kept: pass a number from 1 to {MAX_FPS:.0f}")
        get_frame_loop().max_fps = float(fps)


def stats() -> HopStats:
    """Return the counters of what was sent to the pages since the process began."""
    return get_frame_loop().stats()
