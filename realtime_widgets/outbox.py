"""The outbox: what was handed over to be sent, and what has become of it.

While there is no connection messages wait here, in their order and within bounds; what finds no room fails at
once and says so. Pure: who sends, and when, is `network.connection`'s business.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final, Literal

from .errors import NotSent

DeliveryState = Literal["queued", "sent", "failed"]

MAX_MESSAGES: Final = 256
MAX_BYTES: Final = 1024 * 1024


class Delivery:
    """What has become of one message that was sent.

    Attributes:
        id: the message's id; None for raw frames.
        state: `queued` (no connection yet), `sent` (handed to the network) or `failed`.
        error: why it failed; None otherwise.
    """

    __slots__ = ("error", "id", "raw", "state")

    def __init__(self, raw: str | bytes, id: str | None = None) -> None:
        self.raw = raw
        self.id = id
        self.state: DeliveryState = "queued"
        self.error: NotSent | None = None

    def fail(self, why: str) -> None:
        """Note that it will not be sent."""
        self.state = "failed"
        self.error = NotSent(why)

    def __repr__(self) -> str:
        return (
            f"<Delivery {self.id or 'of a raw frame'}: {self.state}{f', {self.error}' if self.error else ''}>"
        )


class Outbox:
    """What waits for a connection, in its order."""

    def __init__(self) -> None:
        self._waiting: deque[Delivery] = deque()
        self._bytes = 0
        self.sent = 0
        """How many went out."""
        self.failed = 0
        """How many did not."""

    def put(self, delivery: Delivery) -> None:
        """Have it wait, or fail it when there is no room."""
        size = len(delivery.raw)
        if len(self._waiting) >= MAX_MESSAGES or self._bytes + size > MAX_BYTES:
            self.fail(
                [delivery],
                f"{len(self._waiting)} others ({self._bytes:,} bytes) wait for a connection, which is the most "
                f"there may be ({MAX_MESSAGES}, or {MAX_BYTES:,} bytes); send less while client.state is not "
                '"connected"',
            )
            return
        self._waiting.append(delivery)
        self._bytes += size

    @property
    def first(self) -> Delivery | None:
        """The one whose turn it is; None when nothing waits."""
        return self._waiting[0] if self._waiting else None

    def done(self, delivery: Delivery) -> None:
        """Note that one was sent; until then the first stays the first."""
        if self._waiting and self._waiting[0] is delivery:
            self._waiting.popleft()
            self._bytes -= len(delivery.raw)
        delivery.state = "sent"
        self.sent += 1

    def fail(self, deliveries: Iterable[Delivery], why: str) -> None:
        """Note that some will not be sent, and why not."""
        for delivery in deliveries:
            delivery.fail(f"a message was not sent: {why}")
            self.failed += 1

    def take(self) -> list[Delivery]:
        """Return all that waits, oldest first; it waits no longer."""
        taken = list(self._waiting)
        self._waiting.clear()
        self._bytes = 0
        return taken

    def __len__(self) -> int:
        return len(self._waiting)
