"""Scheduler: one per process; turns what the delivery decides into frames on the carrier.

The only module that talks to the browser. Everything here runs on the I/O thread except `wake`,
which streams call from whichever thread appended, and the entry points that hand over to it. A frame
goes out at max(now, last + 1/fps) once something has changed: at once after a pause, never on a
free-running timer.

Two kinds of words come back from a page: its pulse, for the delivery, and an intent, for one widget:
what its reader wants done.

    {"rw": 1, "page": "k3x…", "to": "w1", "do": "retry"}
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from .. import cells
from ..delivery import Delivery, Feed
from ..errors import RuntimeStopped, UsageError
from ..frames import WIRE, Frame, Part, pack
from ..runtime import Runtime, get_runtime
from .carrier import Carrier, parentless_context

logger = logging.getLogger(__name__)

DEFAULT_FPS = 20.0
HIGHEST_FPS = 60.0
CATCH_UP = 0.92
"""Ticks may come this much closer than `max_fps` says. A feed of exactly that rate that once had to wait (a pulse took
its turn) would otherwise wait as long with every frame, for good; so it is back in step after ten."""


class Sizable(Feed, Protocol):
    """A feed that follows the width of its views."""

    def resize(self, px: int) -> None:
        """Tells the widest view, CSS pixels."""


class Followed(Protocol):
    """What a widget follows: a stream, a client; anything that says when it may have changed."""

    def listen(self, fn: Callable[[], object], /) -> Callable[[], None]:
        """Calls `fn()` after every change, on whichever thread made it; returns the undo."""


class HopStats(msgspec.Struct, frozen=True):
    """What has gone from this kernel to its pages.

    Attributes:
        frames: messages sent, beats included.
        parts: payloads in them.
        bytes: bytes of columns (the binary part) sent.
        keyframes: parts that stood alone.
        resyncs: keyframes that pages asked for.
        pages: pages known at present.
        widgets: widgets registered at present.
        max_fps: frames per second allowed.
    """

    frames: int
    parts: int
    bytes: int
    keyframes: int
    resyncs: int
    pages: int
    widgets: int
    max_fps: float


class Scheduler:
    """Feeds in, frames out.

    Args:
        runtime: whose I/O thread does the work.
        send: replaces the carrier in tests; called with `(content, buffers)`.
    """

    def __init__(
        self, runtime: Runtime, send: Callable[[dict[str, Any], list[bytes]], None] | None = None
    ) -> None:
        self.carrier_id = uuid.uuid4().hex
        self.delivery = Delivery()
        self.max_fps = DEFAULT_FPS
        self._runtime = runtime
        self._send = send
        self._carrier: Carrier | None = None
        self._context = parentless_context()
        self._lock = threading.Lock()
        self._feeds: dict[str, list[Sizable]] = {}
        self._followed: dict[str, Sequence[Followed]] = {}  # widget → what it follows
        self._unlisten: dict[int, Callable[[], None]] = {}  # id of what is followed → the undo
        self._asked: dict[str, Callable[[str], object]] = {}  # widget → whom its readers' intents reach
        self._awake = False
        self._timer: Any = None
        self._timer_due = 0.0
        self._last_tick = -1e9
        self._sent = {"frames": 0, "parts": 0, "bytes": 0}
        self._watch_cells()

    # For widgets, any thread

    def add(
        self,
        to: str,
        feeds: Mapping[str, Sizable],
        followed: Sequence[Followed],
        asked: Callable[[str], object] | None = None,
    ) -> None:
        """Offers a widget's feeds and wakes whenever something that it follows changes.

        Args:
            to: the widget's address.
            feeds: by name.
            followed: what wakes it.
            asked: called on the I/O thread with what a reader of the widget wants done, a word such as `retry`;
                it comes from outside, so an unknown one is to be ignored. None: the widget takes no intents.
        """
        with self._lock:
            self._followed[to] = followed
            for each in followed:
                # One listener, however many widgets follow the stream: every append pays for it.
                if id(each) not in self._unlisten:
                    self._unlisten[id(each)] = each.listen(self.wake)
        self._feeds[to] = list(feeds.values())
        if asked is not None:
            self._asked[to] = asked
        self._runtime.call_soon(self._add, to, dict(feeds))

    def remove(self, to: str) -> None:
        """Withdraws a widget; twice is fine."""
        with self._lock:
            gone = self._followed.pop(to, [])
            still = {id(each) for followed in self._followed.values() for each in followed}
            for each in gone:
                if id(each) not in still and id(each) in self._unlisten:
                    self._unlisten.pop(id(each))()
        self._feeds.pop(to, None)
        self._asked.pop(to, None)
        self._hand_over(self.delivery.remove, to)

    def wake(self) -> None:
        """There is something new; cheap, and free while a frame is already on its way."""
        if not self._awake:
            self._awake = True
            self._hand_over(self._arm)

    def receive(self, message: Any) -> None:
        """A page's word; comm handlers may run on any thread, so this only hands over."""
        if not isinstance(message, Mapping) or message.get("rw") != WIRE:
            return
        if "do" in message:
            self._hand_over(self._intent, message.get("to"), message["do"])
        else:
            # Timed here: whether a word came before a cell or during it tells whether cells hold words back.
            self._hand_over(self._pulse, message, time.monotonic())

    def stats(self) -> HopStats:
        """Counters at this moment."""
        delivery = self.delivery
        return HopStats(
            keyframes=delivery.keyframes,
            resyncs=delivery.resyncs,
            pages=len(delivery.pages),
            widgets=len(self._feeds),
            max_fps=self.max_fps,
            **self._sent,
        )

    # On the I/O thread

    def _add(self, to: str, feeds: dict[str, Sizable]) -> None:
        self._open_carrier()
        now = time.monotonic()
        for name, feed in feeds.items():
            self.delivery.add(to, name, feed, now)
        self._arm()

    def _open_carrier(self) -> None:
        """Makes the carrier, or makes it anew after `Widget.close_all()`."""
        if self._send is not None or (self._carrier is not None and self._carrier.comm is not None):
            return
        self._carrier = self._context.run(Carrier, self.carrier_id)
        self._carrier.on_msg(lambda _widget, content, _buffers: self.receive(content))
        self.delivery.rekey()

    def _pulse(self, message: Mapping[str, Any], now: float) -> None:
        self.delivery.pulse(message, now)
        for to, feeds in list(self._feeds.items()):
            px = self.delivery.width(to, now)
            for feed in feeds if px else ():
                feed.resize(px)
        self._arm()

    def _intent(self, to: Any, what: Any) -> None:
        """Passes on what a reader wants done; what is malformed, or for nobody here, is ignored."""
        asked = self._asked.get(to) if isinstance(to, str) else None
        if asked is None or not isinstance(what, str):
            return
        try:
            asked(what)
        except Exception:
            logger.exception("widget %s: what its reader asked for, %r, could not be done", to, what)

    def _arm(self) -> None:
        """Sets the timer for the next frame that new data may have."""
        self._tick_at(max(time.monotonic(), self._last_tick + self._period))

    @property
    def _period(self) -> float:
        """Seconds between two ticks."""
        return CATCH_UP / self.max_fps

    def _tick_at(self, due: float) -> None:
        if self._timer is not None:
            if self._timer_due <= due:
                return
            self._timer.cancel()
        self._timer_due = due
        self._timer = self._runtime.call_later(max(0.0, due - time.monotonic()), self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._awake = False  # before reading: whatever is appended from here on wakes again
        now = time.monotonic()
        # Counted from when it was due, or a feed at our own pace would fall behind it by every delay; the second term
        # bounds what may be made up to one frame. Ticks count, not frames: hidden widgets must not cost more.
        period = self._period
        self._last_tick = max(self._last_tick + period, now - period)
        parts = self.delivery.collect(now)
        if parts or self.delivery.beat_due(now):
            self._put(parts)
        due = self.delivery.next_due(now)
        if due is not None:
            self._tick_at(max(due, now + self._period))

    def _put(self, parts: list[Part]) -> None:
        self._sent["frames"] += 1
        self._sent["parts"] += len(parts)
        frame = Frame(self._sent["frames"], time.time(), tuple(parts), self.delivery.heard())
        try:
            content, buffers = pack(frame)
            self._sent["bytes"] += sum(map(len, buffers))
            if self._send is not None:
                self._send(content, buffers)
            elif self._carrier is not None:
                self._context.run(self._carrier.send, content, buffers)
        except Exception:
            # The kernel is on its way out, or its socket is: whoever is left gets everything anew.
            logger.exception("a frame could not be sent to the pages")
            self.delivery.rekey()

    # Cells

    def _watch_cells(self) -> None:
        """Follows the running of cells: while one runs, words from pages may have to wait."""
        if cells.watch(
            lambda _: self._cell(self.delivery.cell_started), lambda: self._cell(self.delivery.cell_ended)
        ):
            self._cell(self.delivery.cell_started)  # the one that makes the first widget

    def _cell(self, tell: Callable[[float], None]) -> None:
        self._hand_over(tell, time.monotonic())
        self._hand_over(self._arm)

    def _hand_over(self, fn: Callable[..., None], *args: Any) -> None:
        """Has the I/O thread do it; at exit, and in forked children, there is nobody left to do it for."""
        with contextlib.suppress(RuntimeStopped):
            self._runtime.call_soon(fn, *args)


def get_scheduler() -> Scheduler:
    """The scheduler of this process; it lives and dies with the runtime and survives reloads of this module."""
    return get_runtime().shared(f"scheduler/{WIRE}", Scheduler)


def configure(*, max_fps: float | None = None) -> None:
    """Changes how this process talks to its pages.

    Args:
        max_fps: frames per second to the pages, 1 to 60 (default 20); None leaves it as it is.

    Raises:
        UsageError: when `max_fps` is not a number from 1 to 60.
    """
    if max_fps is not None:
        fps: object = max_fps
        if isinstance(fps, bool) or not isinstance(fps, int | float) or not 1 <= fps <= HIGHEST_FPS:
            raise UsageError(f"max_fps={max_fps!r} cannot be kept: pass a number from 1 to {HIGHEST_FPS:.0f}")
        get_scheduler().max_fps = float(fps)


def stats() -> HopStats:
    """Counters of what has gone to the pages since the process began."""
    return get_scheduler().stats()
