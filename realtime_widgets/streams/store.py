"""StreamStore: streams by name, their subscribers, and the state of the connection that fills them.

Appending a record creates its stream, subscribing twice counts once, and the last subscriber to leave drops the
stream. Widgets that only need a stream take `store["cpu"]`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from typing import Any

from ..errors import named_keywords
from ..runtime.forksafe import renew_after_fork
from .amounts import Duration
from .batch import Batch
from .intake import MISSING
from .stream import Stream


class StreamStore:
    """Streams by name, created on first use; any thread may use the store.

    Args:
        max_points: most records kept per stream; None: no limit.
        max_age: how long a record is kept: seconds, timedelta or a text such as "5min"; None: no limit.
        keep: whether a stream stays when its last subscriber leaves.
        clock: gives the time of records without one, in seconds since the epoch.
    """

    @named_keywords
    def __init__(
        self,
        *,
        max_points: int | None = 1000,
        max_age: Duration | None = None,
        keep: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.keep = keep
        self._connected = False
        self._last_heartbeat: float | None = None
        self._connection_error: str | BaseException | None = None
        self._max_points = max_points
        self._max_age = max_age
        self._clock = clock
        # Reentrant, because a stream's listener may use the store while clear() holds it.
        self._lock = threading.RLock()
        self._streams: dict[str, Stream] = {}
        self._subscribers: dict[str, dict[Hashable, None]] = {}
        renew_after_fork(self, StreamStore._renew_lock)
        self._stream("")  # raises for impossible limits now, not at the first record

    def _renew_lock(self) -> None:
        self._lock = threading.RLock()

    def __getitem__(self, name: str) -> Stream:
        """Return the stream of this name; creates it when there is none."""
        with self._lock:
            stream = self._streams.get(name)
            if stream is None:
                stream = self._streams[name] = self._stream(name)
            return stream

    def append(self, name: str, value: Any = MISSING, /, *, ts: Any = None, **fields: Any) -> int:
        """Add one record to a stream, created if necessary; takes what `Stream.append` takes."""
        return self[name].append(value, ts=ts, **fields)

    def get(self, name: str) -> Stream | None:
        """Return the stream of this name, None when there is none."""
        return self._streams.get(name)

    def latest(self, name: str, limit: int = 50) -> Batch:
        """Return the newest records of a stream, oldest first; none when there is no such stream."""
        stream = self.get(name)
        return (self._stream(name) if stream is None else stream).latest(limit)

    def subscribe(self, name: str, subscriber: Hashable) -> None:
        """Add a subscriber of a stream, which need not exist yet; subscribing again changes nothing."""
        with self._lock:
            self._subscribers.setdefault(name, {})[subscriber] = None

    def unsubscribe(self, name: str, subscriber: Hashable) -> None:
        """Remove a subscriber of a stream; when it was the last one, drop the stream (unless `keep`).

        An unknown subscriber changes nothing. A dropped stream can still be read through existing references.
        """
        with self._lock:
            subscribers = self._subscribers.get(name)
            if subscribers is None or subscriber not in subscribers:
                return
            del subscribers[subscriber]
            if not subscribers:
                del self._subscribers[name]
                if not self.keep:
                    self._drop(name)

    def subscribers(self, name: str) -> tuple[Hashable, ...]:
        """Return the subscribers of a stream, in the order they subscribed."""
        with self._lock:
            return tuple(self._subscribers.get(name, ()))

    def clear(self, name: str) -> None:
        """Drop a stream's records and its subscriptions; the stream itself stays, so that charts on it go on."""
        with self._lock:
            self._subscribers.pop(name, None)
            stream = self._streams.get(name)
        if stream is not None:
            stream.clear()

    @property
    def connected(self) -> bool:
        """Whether there is a connection; setting it True clears `connection_error`."""
        return self._connected

    @connected.setter
    def connected(self, value: bool) -> None:
        with self._lock:
            self._connected = value
            if value:
                self._connection_error = None

    @property
    def last_heartbeat(self) -> float | None:
        """When the server was last heard of, in seconds since the epoch; None: not yet."""
        return self._last_heartbeat

    @last_heartbeat.setter
    def last_heartbeat(self, value: float | None) -> None:
        self._last_heartbeat = value

    @property
    def connection_error(self) -> str | BaseException | None:
        """Why there is no connection; None: nothing is wrong. Becoming connected clears it."""
        return self._connection_error

    @connection_error.setter
    def connection_error(self, value: str | BaseException | None) -> None:
        self._connection_error = value

    def __contains__(self, name: object) -> bool:
        return name in self._streams

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter(list(self._streams))

    def __len__(self) -> int:
        return len(self._streams)

    def __repr__(self) -> str:
        state = "connected" if self.connected else "not connected"
        return f"<{type(self).__name__}: {', '.join(map(repr, self)) or 'no streams'}; {state}>"

    def _drop(self, name: str) -> None:
        """Forget a stream that has no subscribers left (with the lock held)."""
        self._streams.pop(name, None)

    def _stream(self, name: str) -> Stream:
        return Stream(name, max_points=self._max_points, max_age=self._max_age, clock=self._clock)
