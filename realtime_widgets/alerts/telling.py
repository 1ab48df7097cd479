"""Telling: what an alert has decided, and the functions and notifiers that it tells.

They are called on the callback thread, in the order of the crossings. What waits for a slow one is bounded, and what
had to be left out is counted.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial, update_wrapper
from typing import Any, Final, Protocol

from ..errors import RuntimeStopped
from ..runtime.forksafe import renew_after_fork
from ..runtime.scheduling import Scheduler
from .events import AlertEvent
from .notices import Notice, Notifier

logger = logging.getLogger(__name__)

MAX_EVENTS: Final = 1000
"""Crossings that are kept, the newest."""

MAX_UNTOLD: Final = 10_000
"""Crossings that wait for functions that are slow; the oldest are left out."""


class Handler:
    """A registered function; calling this calls it."""

    def __init__(self, fn: Callable[[AlertEvent], object], remove: Callable[[Handler], object]) -> None:
        self.fn = fn
        self._remove = remove
        update_wrapper(self, fn, updated=())

    def remove(self) -> None:
        """Unregister the function; twice is fine."""
        self._remove(self)

    def __call__(self, event: AlertEvent) -> object:
        """Call the function, as if it had not been registered."""
        return self.fn(event)

    def __repr__(self) -> str:
        return f"<Handler on_change: {self.fn!r}>"


class Speaker(Protocol):
    """What is needed of the alert that tells."""

    name: str
    notify: Notifier | None

    def text(self) -> str:
        """Return the condition in short."""

    def notice(self, event: AlertEvent) -> Notice:
        """Return what the reader is notified of."""

    def scheduler(self) -> Scheduler:
        """Return that whose callback thread is used."""


class Telling:
    """The crossings of one alert, and who hears of them."""

    def __init__(self, alert: Speaker) -> None:
        self.dropped = 0
        """Crossings that no function was called for."""
        self._alert = alert
        self._handlers: tuple[Handler, ...] = ()
        self._events: deque[AlertEvent] = deque(maxlen=MAX_EVENTS)
        self._untold: deque[tuple[int, AlertEvent]] = deque()  # with the number of the stream
        self._busy = False
        self._made: dict[str, Any] = {}  # id → the notification of what is raised
        # For a few steps that call nothing foreign; again by this thread, whose finalizers may come in anywhere.
        self._lock = threading.RLock()
        renew_after_fork(self, Telling._begin_in_child)

    def _begin_in_child(self) -> None:
        """Reset in a forked child: the parent tells what was decided there."""
        self._lock = threading.RLock()
        self._untold = deque()
        self._busy = False

    def add(self, fn: Callable[[AlertEvent], object]) -> Handler:
        """Call a function for each crossing from now on."""
        handler = Handler(fn, self._remove)
        self._handlers = (*self._handlers, handler)
        return handler

    def _remove(self, handler: Handler) -> None:
        self._handlers = tuple(each for each in self._handlers if each is not handler)

    @property
    def events(self) -> list[AlertEvent]:
        """The crossings so far, the newest last; at most `MAX_EVENTS`."""
        with self._lock:
            return list(self._events)

    def __len__(self) -> int:
        return len(self._events)

    def tell(self, events: Sequence[AlertEvent], stream: int, *, quiet: bool) -> None:
        """Note crossings, and have the functions called.

        Args:
            events: in order.
            stream: the number by which the alert tells streams of one name apart.
            quiet: whether they are past: only what is still raised is told.
        """
        loud = [event for event in _last_of_each(events) if event.state == "raised"] if quiet else events
        with self._lock:
            self._events.extend(events)
            self._untold.extend((stream, event) for event in loud)
            while len(self._untold) > MAX_UNTOLD:
                self._untold.popleft()
                self.dropped += 1
            if self._busy or not self._untold:
                return
            self._busy = True
        try:
            self._alert.scheduler().submit(self._tell_all).add_done_callback(self._after_submit)
        except RuntimeStopped:
            self._busy = False

    def _after_submit(self, job: Future[Any]) -> None:
        if job.cancelled():
            self._busy = False

    def _tell_all(self) -> None:
        """Run on the callback thread."""
        while True:
            with self._lock:
                if not self._untold:
                    self._busy = False
                    return
                number, event = self._untold.popleft()
            for handler in self._handlers:
                self._guarded(handler.fn, event)
            notifier = self._alert.notify
            if notifier is not None:
                self._guarded(partial(self._notify, notifier, number), event)

    def _notify(self, notifier: Notifier, number: int, event: AlertEvent) -> None:
        """Notify of a crossing; what is cleared takes the place of what was raised, and is not one more."""
        alert = self._alert
        title, message = alert.notice(event)
        id = f"{alert.name}: {event.stream} {number} {event.field} {alert.text()} {event.severity}"
        made = self._made.pop(id, None)
        update = getattr(made, "update", None)
        if event.state == "raised":
            self._made[id] = notifier.notify(title, message, type=event.severity, id=id, ts=event.ts)
        elif update is not None:
            update(title=title, message=message, type="success")
        else:
            notifier.notify(title, message, type="success", id=id, ts=event.ts)

    def _guarded(self, fn: Callable[[AlertEvent], object], event: AlertEvent) -> None:
        try:
            fn(event)
        except BaseException:  # sys.exit() in one must not silence the others
            logger.exception("%r could not tell of %r: %r raised", self._alert, event, fn)


def _last_of_each(events: Sequence[AlertEvent]) -> list[AlertEvent]:
    """Return the last event of each field, in order."""
    return list({event.field: event for event in events}.values())
