"""ConnectionIndicator: the state of the connection to a server, and of the attempts to reconnect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, Protocol

from ipywidgets import Layout

from ..client.sansio.state import State, Status
from ..errors import WrongType
from ..feeds.feed import Payload
from ..feeds.freshness import DataState
from ..streams.amounts import Duration
from .base import LiveWidget, named_keywords
from .settings import Setting, seconds


class Linked(Protocol):
    """What has a connection to a server: a `Client`."""

    @property
    def status(self) -> Status:
        """The state of the connection; times by `time.monotonic()`."""

    @property
    def label(self) -> str:
        """The url for display: no credentials, no query."""

    def listen(self, fn: Callable[[], object], /) -> Callable[[], None]:
        """Calls `fn()` whenever the status may have changed, on any thread; returns the undo."""

    def connect(self) -> object:
        """Connects, or tries again now; returns at once."""


DATA_STATES: Final[Mapping[State, DataState]] = {
    "connecting": "loading",
    "connected": "live",
    "reconnecting": "disconnected",
    "disconnected": "disconnected",
    "error": "error",
}


class ConnectionIndicator(LiveWidget):
    """One line about a connection: colour, shape and word, and a button where something can be done.

    A connection that is lost and restored within `grace` is not reported. After that the number of the attempt, the
    seconds to the next one, the reason and a button to try now are shown. A connection that is given up (a wrong token)
    is reported at once. An error that does not end it (a bad message, a callback that raised) is shown for half a
    minute; when nothing of what arrives can be read (`decode=` fails on every frame, the server speaks another
    protocol) that is shown in place of "Connected", until something can.

    Args:
        client: what `rw.connect()` returns.
        grace: how long a lost connection may take to be restored before it is reported: seconds, 0 to 3600, a timedelta
            or "1min".
        theme: `auto` (the host's), `light` or `dark`.
        locale: language of words and numbers, such as `ja`; None: the browser's.
        layout: an `ipywidgets.Layout`, as for every ipywidget.

    Raises:
        WrongType: when `client` is none.
        UsageError: when a setting is out of its range; TypeError names the nearest keyword.
    """

    grace = Setting(5.0, seconds("grace", 0, 3600)).tag(sync=True)
    """Seconds (also a timedelta, or "1min") that a lost connection may take to be restored before it is reported."""

    @named_keywords
    def __init__(
        self,
        client: Linked,
        *,
        grace: Duration = 5.0,
        theme: Literal["auto", "light", "dark"] = "auto",
        locale: str | None = None,
        layout: Layout | dict[str, Any] | None = None,
    ) -> None:
        if not is_linked(client):
            raise WrongType(f"a connection cannot be shown for {client!r}: pass what rw.connect() returns")
        self._client = client
        super().__init__(
            "connection",
            [client],
            {"0": ConnectionFeed(client)},
            grace=grace,
            theme=theme,
            locale=locale,
            layout=layout,
        )

    @property
    def state(self) -> State:
        """The state of the connection: connecting, connected, reconnecting, disconnected or error."""
        return self._client.status.state

    @property
    def data_state(self) -> DataState:
        """What that means for data: `loading`, `live`, `disconnected`, or `error`, also when none can be read."""
        status = self._client.status
        return "error" if _is_unreadable(status) else DATA_STATES[status.state]

    def _asked(self, what: str, about: Any) -> None:
        if what in ("connect", "retry"):
            self._client.connect()

    def __repr__(self) -> str:
        return f"ConnectionIndicator({self._client.label!r}, {self.state})"


def is_linked(thing: object) -> bool:
    """Whether something has a connection to show."""
    status = getattr(thing, "status", None)
    return isinstance(status, Status) and all(hasattr(thing, name) for name in ("label", "listen", "connect"))


class ConnectionFeed:
    """The feed of an indicator: the state of the connection; every part is complete in itself."""

    def __init__(self, client: Linked) -> None:
        self._client = client
        self._said: Status | None = None
        self._version = 0

    def resize(self, px: int) -> None:
        """See `Feed.resize`; it says the same at any width."""

    def changed(self) -> bool:
        """See `Feed.changed`."""
        return self._client.status != self._said

    def take(self, key: bool, now: float) -> Payload:
        """See `Feed.take`."""
        status = self._client.status
        if status != self._said:
            self._said = status
            self._version += 1
        return Payload(self._version, self._version, True, _body(status, self._client.label, now))


def _is_unreadable(status: Status) -> bool:
    return status.unreadable and status.state == "connected"


def _body(status: Status, label: str, now: float) -> dict[str, Any]:
    """What the page needs to count on by itself: durations, never times of our clock."""
    body: dict[str, Any] = {
        "state": status.state,
        "attempts": status.attempts,
        "since_age": max(0.0, now - status.since),
        "label": label,
    }
    if _is_unreadable(status):
        body["unreadable"] = True
    if status.retry_at is not None:
        body["retry_in"] = max(0.0, status.retry_at - now)
    if status.error is not None and status.error_at is not None:
        body["reason"] = str(status.error)
        body["reason_age"] = max(0.0, now - status.error_at)
    return body
