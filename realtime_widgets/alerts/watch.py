"""Watch: that an alert watches some fields of a stream, until it is removed; Track: all watches on one stream.

Several may want the same field, such as a chart, a card and the user: it is judged once.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from ..errors import UsageError
from ..feeds.fields import awaited_field, only_field
from ..feeds.thresholds import Severity
from ..runtime.notebook import Cell
from ..runtime.scheduling import Scheduler
from ..streams import Stream
from .events import STATES, AlertEvent, AlertSeverity, State
from .follower import follow
from .look import Look
from .memory import Memory

Names = Callable[[], Sequence[str | None]]
"""Returns the fields that are wanted, asked at every look; None: any will do."""


class OneField:
    """The names of a watch on one field: the one that is named, `value`, or the only one there is.

    Which one is decided with the first record; fields that come later change nothing.
    """

    def __init__(self, stream: Stream, name: str | None) -> None:
        self._stream = stream
        self._name = name

    def __call__(self) -> Sequence[str]:
        """Return the field, or nothing while the stream has none.

        Raises:
            UsageError: when there are several to choose from.
        """
        if self._name is None:
            self._name = only_field(self._stream)
        return () if self._name is None else (self._name,)


class Host(Protocol):
    """What a track needs of its alert."""

    severity: AlertSeverity

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Held while watches begin and end."""

    def memory(self, stream: Stream) -> Memory:
        """Return what earlier tracks have found on a stream."""

    def tell(self, stream: Stream, events: Sequence[AlertEvent], *, quiet: bool) -> None:
        """Note what happened, in order; `quiet`: it was so before it was watched."""

    def fail(self, key: Any, why: str | None) -> None:
        """Note why something cannot be judged, None: it can."""

    def scheduler(self) -> Scheduler:
        """Return the timers and the thread of users' functions."""


class Watch:
    """That an alert watches a stream; `remove()` ends it."""

    __slots__ = ("__weakref__", "_asked", "_track", "field", "names", "wake")

    def __init__(
        self, track: Track, names: Names, field: str | None, wake: Callable[[], object] | None = None
    ) -> None:
        self._track = track
        self._asked: dict[Cell | None, Asked] = {}
        self.names = names
        self.field = field
        """The field that was asked for; None: `value`, or the only one, or any."""
        self.wake = wake
        """Called, from any thread, when its verdict has changed; None: nobody asks."""

    @property
    def stream(self) -> Stream:
        """The stream that is watched."""
        return self._track.stream

    @property
    def state(self) -> State:
        """What it is by all records until now, the worst of its fields; `normal` once it is removed."""
        if self.removed:
            return "normal"
        self._track.reading.look()
        return self._track.state(self)

    @property
    def removed(self) -> bool:
        """Whether it has ended."""
        return self not in self._track.watches

    @property
    def changes(self) -> int:
        """How often the verdict may have changed so far."""
        return self._track.changes + self.removed

    def asked_by(self, cell: Cell | None) -> Asked | None:
        """Note that a cell wants it; None: that was known."""
        if cell in self._asked:
            return None
        self._asked[cell] = asked = Asked(self, cell)
        return asked

    def wanted_no_more(self, cell: Cell | None) -> None:
        """Note that a cell does not want it any more; with the last one it ends."""
        self._asked.pop(cell, None)
        if not self._asked:
            self.remove()

    def verdict(self) -> tuple[Severity, dict[str, Any] | None]:
        """Return what a card says by all records until now: its level, and what pages are told of the reason."""
        if self.state != "raised":
            return "normal", None
        return self._track.host.severity, self._track.reason()

    def remove(self) -> None:
        """Watch no more; twice is fine."""
        self._track.remove(self)

    def __repr__(self) -> str:
        of = "" if self.field is None else f"{self.field!r} of "
        state = "removed" if self.removed else self._track.state(self)
        return f"<Watch on {of}stream {self.stream.name!r}: {state}>"


class Asked:
    """That a notebook cell has asked for a watch, which others may want as well."""

    def __init__(self, watch: Watch, cell: Cell | None) -> None:
        self._watch = watch
        self._cell = cell

    def end(self) -> None:
        """Note that the cell is run again."""
        self._watch.wanted_no_more(self._cell)


class Track(ABC):
    """The watches of one alert on one stream; judges each field that one of them wants."""

    def __init__(
        self,
        host: Host,
        stream: Stream,
        empty: Callable[[Track], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.host = host
        self.stream = stream
        self.memory = host.memory(stream)
        self.watches: list[Watch] = []
        self.changes = 0
        self._empty = empty
        self._wanted: list[str | None] = []
        self._told: dict[str | None, State] = {}
        self._awaited: dict[str, str] = {}  # field → why it is said that it does not come
        self.reading = follow(stream, self, host.scheduler, clock)

    def add(self, names: Names, field: str | None, wake: Callable[[], object] | None = None) -> Watch:
        """Begin a watch, with the host's lock held; what the stream has is judged with the next look."""
        watch = Watch(self, names, field, wake)
        self.watches = [*self.watches, watch]  # replaced, never mutated: others read it
        return watch

    def remove(self, watch: Watch) -> None:
        """End a watch; with the last one nothing is read any more."""
        with self.host.lock:
            if watch not in self.watches:
                return
            self.watches = [each for each in self.watches if each is not watch]
            if not self.watches:
                self.reading.close()
                self._empty(self)
        self.host.fail((id(self.stream), id(watch)), None)  # another object may have this id next
        if not self.watches:
            for name in self.states():
                self.host.fail((id(self.stream), name), None)
            self._say_awaited()
        if watch.wake is not None:
            watch.wake()  # what it said is so no more

    def state(self, watch: Watch | None = None) -> State:
        """Return the worst state of the fields of a watch, or of all."""
        states = self.states()
        names = list(states) if watch is None else self._names([watch])
        return max((states[name] for name in names if name in states), key=STATES.index, default="normal")

    def fields(self) -> list[str]:
        """See `follower.Reader`."""
        self._wanted = self._names(self.watches)
        return [name for name in self._wanted if name is not None]

    def take(self, look: Look) -> None:
        """See `follower.Reader`."""
        self.judge(look, self._wanted)
        self._say_awaited()
        states = self.states()
        if states != self._told:
            self._told = states
            self.changes += 1
            for wake in {watch.wake for watch in self.watches if watch.wake is not None}:
                wake()

    def _say_awaited(self) -> None:
        """Note which fields no record has had, when they were misspelled or have not come for long; of those that are
        named: what widgets draw, they speak of themselves.
        """
        stream, there, before = self.stream, self.stream.fields, self._awaited
        named = {watch.field: None for watch in self.watches if watch.field is not None}
        missing = [name for name in named if name not in there] if there else []
        said = {name: before.get(name) or awaited_field(stream, name, named) for name in missing}
        self._awaited = {name: why for name, why in said.items() if why is not None}
        for name in before | self._awaited:
            why = self._awaited.get(name)
            said_so = None if why is None else f"stream {stream.name!r} cannot be watched: {why}"
            self.host.fail((id(stream), "awaited", name), said_so)

    def due(self) -> float | None:
        """See `follower.Reader`."""
        return None

    @abstractmethod
    def judge(self, look: Look, names: Sequence[str | None]) -> None:
        """Judge new records, and tell the host."""

    @abstractmethod
    def states(self) -> dict[str | None, State]:
        """Return what each field is that is judged; None: any field."""

    @abstractmethod
    def reason(self) -> dict[str, Any]:
        """Return what pages are told of it."""

    def _names(self, watches: Iterable[Watch]) -> list[str | None]:
        """Return the fields that some watches want, each once."""
        found: dict[str | None, None] = {}
        for watch in watches:
            why = None
            try:
                found |= dict.fromkeys(watch.names())
            except UsageError as error:
                why = str(error)
            self.host.fail((id(self.stream), id(watch)), why)
        return list(found)
