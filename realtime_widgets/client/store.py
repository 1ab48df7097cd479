"""The store of a client: its streams by channel, who subscribes to them, and where its connection stands."""

from __future__ import annotations

import weakref
from collections.abc import Hashable, Iterable
from typing import Protocol

from ..errors import UsageError
from ..streams import Stream
from ..streams.store import StreamStore
from .sansio.state import Status


class StoreOwner(Protocol):
    """A client, as its store needs it."""

    @property
    def status(self) -> Status:
        """Where its connection stands."""

    @property
    def label(self) -> str:
        """The address, without credentials and query."""

    def stream(self, channel: str) -> Stream:
        """Return the stream of a channel, and ask the server for it."""

    def _last_heard(self) -> float | None:
        """When anything last came from the server, seconds since the epoch; None: never."""

    def _unwant(self, channels: set[str]) -> None:
        """Ask the server for channels no more, but for those that somebody else wants."""


class ClientStore(StreamStore):
    """The streams of one client; get it through `client.store`.

    It holds the streams that the client was asked for, until the last subscriber of one leaves, the client
    unsubscribes from it, or is closed. A name that is not there yet is asked for at the server. What it says of the
    connection is read from the client and cannot be set.

    Args:
        owner: the client; not kept.
    """

    def __init__(self, owner: StoreOwner) -> None:
        super().__init__(max_points=100_000)
        self._owner = weakref.ref(owner)

    def __getitem__(self, name: str) -> Stream:
        """Return the stream of a channel; the server is asked for it."""
        stream = self.get(name)
        return self._client().stream(name) if stream is None else stream

    def subscribe(self, name: str, subscriber: Hashable) -> None:
        """Note that `subscriber` uses a channel, and ask the server for it; doing it again changes nothing."""
        self[name]
        super().subscribe(name, subscriber)

    @property
    def connected(self) -> bool:
        """Whether the client is connected at this moment."""
        owner = self._owner()
        return owner is not None and owner.status.state == "connected"

    @connected.setter
    def connected(self, value: bool) -> None:
        raise _not_settable("connected")

    @property
    def last_heartbeat(self) -> float | None:
        """When anything last came from the server, a pong included, in seconds since the epoch; None: never."""
        owner = self._owner()
        return None if owner is None else owner._last_heard()

    @last_heartbeat.setter
    def last_heartbeat(self, value: float | None) -> None:
        raise _not_settable("last_heartbeat")

    @property
    def connection_error(self) -> str | BaseException | None:
        """Why there is no connection; None: there is one, or nothing has gone wrong."""
        owner = self._owner()
        if owner is None or (status := owner.status).state == "connected":
            return None
        return status.error

    @connection_error.setter
    def connection_error(self, value: str | BaseException | None) -> None:
        raise _not_settable("connection_error")

    # For the client

    def adopt(self, name: str, stream: Stream) -> Stream:
        """Keep a stream that the client has made, and return the one that is kept."""
        with self._lock:
            return self._streams.setdefault(name, stream)

    def release(self, names: Iterable[str] | None = None) -> None:
        """Keep streams no more, which go on for whoever holds them; None: all."""
        with self._lock:
            for name in list(self._streams) if names is None else names:
                self._streams.pop(name, None)

    def _drop(self, name: str) -> None:
        super()._drop(name)
        if (owner := self._owner()) is not None:
            owner._unwant({name})

    def _client(self) -> StoreOwner:
        owner = self._owner()
        if owner is None:
            raise UsageError(
                "this store cannot ask for a channel: its client is gone; keep what rw.connect() returned"
            )
        return owner


def _not_settable(name: str) -> UsageError:
    return UsageError(
        f"{name} of a client's store cannot be set: it is what the connection says; use connect() and disconnect()"
    )
