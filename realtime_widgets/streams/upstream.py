"""Upstream: what fills a stream from elsewhere, such as what a connection receives, and where that stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar


class UpstreamStatus(Protocol):
    """Where an upstream stands at one moment."""

    @property
    def state(self) -> str:
        """`connecting`, `connected`, `reconnecting`, `disconnected` or `error`."""

    @property
    def since(self) -> float:
        """When it came into this state, by `time.monotonic()`."""


S = TypeVar("S", bound=UpstreamStatus, covariant=True)


class Upstream(Protocol[S]):
    """What fills a stream; kept alive for as long as the stream is."""

    @property
    def status(self) -> S:
        """Where it stands now; any thread."""

    def listen(self, fn: Callable[[], object], /) -> Callable[[], None]:
        """Call `fn()` whenever the status may have changed, on any thread; returns the undo."""
