"""Upstream: what fills a stream from outside, such as a connection, and its status."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar


class UpstreamStatus(Protocol):
    """The status of an upstream at one moment."""

    @property
    def state(self) -> str:
        """`connecting`, `connected`, `reconnecting`, `disconnected` or `error`."""

    @property
    def since(self) -> float:
        """When it entered this state, by `time.monotonic()`."""

    @property
    def unreadable(self) -> bool:
        """Whether nothing of what arrives can be read."""

    @property
    def error(self) -> Exception | None:
        """What went wrong last; None: nothing has."""


S = TypeVar("S", bound=UpstreamStatus, covariant=True)


class Upstream(Protocol[S]):
    """What fills a stream; kept alive as long as the stream."""

    @property
    def status(self) -> S:
        """The current status; any thread."""

    def listen(self, fn: Callable[[], object], /) -> Callable[[], None]:
        """Call `fn()` whenever the status may have changed, on any thread; returns the undo."""
