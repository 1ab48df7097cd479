"""The transport: what a connection needs of an open link, over whatever it goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ...errors import ClientError
from ..sansio.outbox import Delivery

Frames = list[str | bytes]


class Transport(Protocol):
    """What a connection needs of its link, over whatever it goes."""

    one_way: bool
    """Whether nothing can be sent."""
    resumes: bool
    """Whether the server goes on where the last link ended, whatever it numbers."""

    heard_at: float
    """When anything last came from the other side, seconds since the epoch."""

    def say(self, raw: str) -> None:
        """Send something of the link's own, before what waits in the outbox."""

    def wake(self) -> None:
        """Send what was put into the outbox."""

    def end_with(self, deliveries: list[Delivery]) -> None:
        """Have these sent before the goodbye."""

    def probe(self) -> None:
        """Find out soon whether the other side is still there."""

    async def run(self, deliver: Callable[[Frames], object], beat: Callable[[], object]) -> ClientError:
        """Read and write until the link ends; returns why it did."""
