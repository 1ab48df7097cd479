"""Alert: what thresholds and absences share: what they watch and in which state it is; whom they tell has `telling`."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Protocol, get_args

from ..errors import (
    NamesNearest,
    UsageError,
    WrongType,
    did_you_mean,
    reject_what_cannot_be_called,
    shown,
)
from ..feeds.fields import check_field
from ..runtime import get_runtime
from ..runtime.forksafe import renew_after_fork
from ..runtime.notebook import current
from ..runtime.scheduling import Scheduler
from ..streams import Stream
from .events import STATES, AlertEvent, AlertSeverity, State
from .memory import Memories, Memory
from .notices import Notice, Notifier
from .telling import Handler, Telling
from .watch import Asked, Names, OneField, Track, Watch

logger = logging.getLogger(__name__)


class Shows(Protocol):
    """Who shows an alert, such as a widget."""

    def drop(self, alert: Alert) -> None:
        """Show it no more: it is closed. Any thread."""


class Alert(NamesNearest):
    """What thresholds and absences share; see these."""

    _clock = staticmethod(time.monotonic)
    _wall = staticmethod(time.time)
    _scheduler: Callable[[], Scheduler] = staticmethod(get_runtime)

    def __init__(self, severity: Any, name: Any, notify: Any) -> None:
        if severity not in get_args(AlertSeverity):
            hint = did_you_mean(str(severity), get_args(AlertSeverity)) or "; pass 'warning' or 'error'"
            raise UsageError(f"severity={shown(severity)} cannot be used{hint}")
        if name is not None and not isinstance(name, str):
            raise WrongType(f"name={shown(name)} is no text: pass a str, or None")
        if notify is not None and not callable(getattr(notify, "notify", None)):
            raise WrongType(
                f"notify={shown(notify)} cannot be notified: it has no method notify(); pass rw.Notifications(), or "
                "call on_change(fn) for a function"
            )
        self.severity: AlertSeverity = severity
        """`warning` or `error`."""
        self.name: str = name or ""
        """What it is called; empty: nothing."""
        self.notify: Notifier | None = notify
        """Who notifies the reader of each crossing; None: nobody."""
        self.closed = False
        """Whether it watches nothing any more, for good."""
        self.shown_by: weakref.WeakSet[Shows] = weakref.WeakSet()
        """Who is told when it is closed."""
        self.telling = Telling(self)
        """Whom it tells, and what it has decided."""
        # For a few steps that call nothing foreign; again by this thread, whose finalizers may come in anywhere.
        self.lock = threading.RLock()
        self._tracks: dict[int, Track] = {}
        self._memories = Memories()
        self._missed = 0  # by tracks that have ended
        self._asked: dict[tuple[int, str | None], Watch] = {}
        self._errors: dict[Any, str] = {}
        renew_after_fork(self, Alert._begin_in_child)
        self.scheduler().made(self, Alert.close)

    def _begin_in_child(self) -> None:
        self.lock = threading.RLock()

    # Watching

    def watch(self, stream: Stream, field: str | None = None) -> Watch:
        """Watch a field of a stream, from the records that it has on; any number of streams and fields.

        Crossings among the records that are there already are in `events`; functions and notifications hear of them
        only when one is still raised. Watching the same again does nothing, and after a watch has ended a new one goes
        on from where it was: no record is judged twice. A notebook cell that is run again ends the
        watches that its last run began.

        Args:
            stream: what is watched, with or without anything displayed.
            field: which field; None: `value`, or the only one there is, decided when the first record comes (of an
                absence: any). Of one that does not come, since it is misspelled, say, `error` tells.

        Returns:
            The watch, whose `remove()` ends it.

        Raises:
            UnknownField: when the stream has fields, but not this one.
            UsageError: when it has several and none is named, or this is closed.
        """
        self._check_stream(stream)
        if field is not None:
            check_field(stream, field)
        self._asked = {key: watch for key, watch in self._asked.items() if not watch.removed}
        key = (id(stream), field)
        if key not in self._asked:
            names = self._names(stream, field)
            names()  # raises at once what can be known at once
            self._asked[key] = self._begin(stream, names, field)
        watch = self._asked[key]
        asked = watch.asked_by(current())
        if asked is not None:
            self.scheduler().made(asked, Asked.end)
        return watch

    def attach(
        self, stream: Stream, names: Names | str | None, wake: Callable[[], object] | None = None
    ) -> Watch:
        """Watch for a widget, which removes the watch when it ends.

        Args:
            stream: what the widget follows.
            names: returns its fields; or one field, as for `watch`.
            wake: called, from any thread, when the verdict has changed.
        """
        self._check_stream(stream)
        named = names if callable(names) else self._names(stream, names)
        return self._begin(stream, named, names if isinstance(names, str) else None, wake)

    def _check_stream(self, stream: Any) -> None:
        if not isinstance(stream, Stream):
            raise WrongType(
                f"{shown(stream)} cannot be watched: it is of type {type(stream).__name__}; pass a Stream"
            )
        self.check_open()

    def check_open(self) -> None:
        """Refuse to be used when closed.

        Raises:
            UsageError: when it is.
        """
        if self.closed:
            raise UsageError(f"{self!r} cannot watch anything: it is closed; make a new one")

    def _names(self, stream: Stream, field: str | None) -> Names:
        return OneField(stream, field)

    def _begin(
        self, stream: Stream, names: Names, field: str | None, wake: Callable[[], object] | None = None
    ) -> Watch:
        with self.lock:  # or another thread could end the track meanwhile
            self.check_open()
            track = self._tracks.get(id(stream))
            if track is None:
                self._tracks[id(stream)] = track = self._new_track(stream)
            watch = track.add(names, field, wake)
        track.reading.look()
        return watch

    @abstractmethod
    def _new_track(self, stream: Stream) -> Track:
        """Return the judge of one stream."""

    def _forget(self, track: Track) -> None:
        with self.lock:
            if self._tracks.get(id(track.stream)) is track:
                del self._tracks[id(track.stream)]
                self._missed += track.reading.missed

    def on_change(self, fn: Callable[[AlertEvent], object], /) -> Handler:
        """Call `fn(event)` for each crossing from now on, on the callback thread; also a decorator.

        What it raises is logged, and the others are still called. A notebook cell that is run again removes what its
        last run registered.

        Returns:
            The registration, whose `remove()` ends it; it can be called like `fn`.
        """
        reject_what_cannot_be_called("on_change() cannot call", fn, "the event")
        handler = self.telling.add(fn)
        self.scheduler().made(handler, Handler.remove)
        return handler

    def close(self) -> None:
        """Watch nothing any more, and be shown no more; what was decided is still told. May be called again."""
        with self.lock:  # what has not begun by now will be refused
            self.closed = True
        for shows in list(self.shown_by):
            try:
                shows.drop(self)
            except Exception:  # of a function that observes the widget, say: the watches end all the same
                logger.exception("%r is closed, and still shown by %r", self, shows)
        for track in list(self._tracks.values()):
            for watch in track.watches:
                watch.remove()

    # Looking at it

    @property
    def state(self) -> State:
        """`normal`, `pending` or `raised` by all records until now: the worst of what is watched."""
        tracks = self._looked()
        return max((track.state() for track in tracks), key=STATES.index, default="normal")

    @property
    def events(self) -> list[AlertEvent]:
        """The crossings so far, the newest last; at most 1,000."""
        self._looked()
        return self.telling.events

    @property
    def dropped(self) -> int:
        """Crossings that no function was called for, since it was too slow for them."""
        return self.telling.dropped

    @property
    def watches(self) -> list[Watch]:
        """What is watched, also by the charts and cards that it was given to."""
        return [watch for track in list(self._tracks.values()) for watch in track.watches]

    @property
    def missed(self) -> int:
        """Records that were overwritten in their streams before they could be judged."""
        return self._missed + sum(track.reading.missed for track in list(self._tracks.values()))

    @property
    def error(self) -> str | None:
        """Why something that is watched cannot be judged, a sentence; None: all can."""
        return next(iter(list(self._errors.values())), None)

    def _looked(self) -> list[Track]:
        tracks = list(self._tracks.values())
        for track in tracks:
            track.reading.look()
        return tracks

    @abstractmethod
    def text(self) -> str:
        """Return the condition in short: `≥ 0.9 for 10 s`."""

    @abstractmethod
    def notice(self, event: AlertEvent) -> Notice:
        """Return what the reader is notified of."""

    def __repr__(self) -> str:
        name = f" {self.name!r}" if self.name else ""
        states = [track.state() for track in list(self._tracks.values())]
        state = "closed" if self.closed else max(states, key=STATES.index, default="watching nothing")
        streams = ", ".join(repr(track.stream.name) for track in list(self._tracks.values()))
        of = f" on {streams}" if streams else ""
        return f"<{type(self).__name__}{name} {self.text()}: {state}{of}, {len(self.telling):,} events>"

    # Telling, for tracks

    @classmethod
    def scheduler(cls) -> Scheduler:
        """Return the timers and the callback thread of this process."""
        return cls._scheduler()

    def memory(self, stream: Stream) -> Memory:
        """Return what has been found on a stream by those who watched it."""
        return self._memories.of(stream)

    def fail(self, key: Any, why: str | None) -> None:
        """Note why something cannot be judged, and log it once; None: it can, or nobody asks any more."""
        if why is None:
            self._errors.pop(key, None)
        elif key not in self._errors:
            known = why in self._errors.values()
            self._errors[key] = why
            if not known:
                logger.warning("%s", why)

    def tell(self, stream: Stream, events: Sequence[AlertEvent], *, quiet: bool) -> None:
        """Note crossings, and have the functions called; see `Telling.tell`."""
        if events:
            self.telling.tell(events, self.memory(stream).number, quiet=quiet)
