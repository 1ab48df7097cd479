"""The transport interface: what a connection needs of an open link, whatever its protocol."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ...errors import ClientError
from ..sansio.delivery import Delivery

Frames = list[str | bytes]


class Transport(Protocol):
    """One open link to a server."""

    one_way: bool
    """Whether nothing can be sent."""
    resumes: bool
    """Whether the server resumes where the last link ended, whether or not it numbers messages."""

    heard_at: float
    """When anything last came from the other side, seconds since the epoch."""

    def say(self, raw: str) -> None:
        """Send a control message, before what waits in the outbox."""

    def wake(self) -> None:
        """Send what was put into the outbox."""

    def end_with(self, deliveries: list[Delivery]) -> None:
        """Have these sent before the link is closed."""

    def probe(self) -> None:
        """Find out soon whether the peer is still there."""

    async def run(
        self, deliver: Callable[[Frames], object], on_heartbeat: Callable[[], object]
    ) -> ClientError:
        """Read and write until the link ends; returns why it did."""
