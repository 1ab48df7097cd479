"""Sending: the messages that users send over a connection, until a link sends them or they have waited too long.

The outbox has the messages and the rules; this module adds timers, on the clock of the connection, and whether the
address accepts anything: Server-Sent Events go one way. Runs on the I/O thread, but for `put` and `admit`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from ..errors import ClientError
from ..runtime import Runtime
from ..runtime.scheduling import Clock, Timer
from .sansio.delivery import Delivery
from .sansio.outbox import Outbox

ONE_WAY_HINT: Final = (
    "Server-Sent Events go one way; to publish, send an HTTP request, or connect to a WebSocket "
    "(ws:// or wss://)"
)


class Sending:
    """The outbox of a connection, and its timers.

    Args:
        runtime: whose I/O thread it runs on.
        label: the address for display.
        one_way: nothing can be sent there.
        clock: read when a message is put; None: the monotonic clock, which any thread can read and is also the loop's.
        loop: returns the clock for timers.
        wake: is called when there is something to send.
        complain: is called with the errors of messages that could not be sent.
    """

    def __init__(
        self,
        runtime: Runtime,
        label: str,
        *,
        one_way: bool,
        clock: Clock | None,
        loop: Callable[[], Clock],
        wake: Callable[[], object],
        complain: Callable[[ClientError], object],
    ) -> None:
        self.outbox = Outbox()
        self.one_way = one_way
        self._runtime = runtime
        self._label = label
        self._clock = clock
        self._loop = loop
        self._wake = wake
        self._complain = complain
        self._expiry: Timer | None = None
        if one_way:
            self.outbox.close(ONE_WAY_HINT)

    def admit(self) -> None:
        """Accept messages from now on: somebody wants the connection; any thread."""
        if not self.one_way:
            self.outbox.open()

    def put(self, delivery: Delivery) -> None:
        """Send a message, or queue it until there is a link; any thread. One that finds no room fails at once."""
        delivery.early = True
        self.outbox.put(delivery, self._clock.time() if self._clock is not None else time.monotonic())
        delivery.refused = self.one_way and delivery.error is not None
        if delivery.error is None:
            self._runtime.call_soon(self._was_put, delivery)
        elif delivery.expires:  # who would wait for as long as it takes tries again
            self._runtime.call_soon(self._has_failed, delivery)

    def turn(self, *, one_way: bool) -> None:
        """Follow a change between one-way and two-way addresses: refuse messages, or accept them again."""
        if one_way:
            self.one_way = True
            waiting = self.outbox.close(ONE_WAY_HINT)
            self.outbox.give_up(waiting, ONE_WAY_HINT)
            for delivery in waiting:
                self._has_failed(delivery)
        elif self.one_way:
            self.one_way = False
            self.outbox.open()

    def stop(self) -> None:
        """Stop the timer."""
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None

    def close(self, generation: int | None) -> list[Delivery]:
        """Accept nothing any more; returns what waits, but for what was put in after a generation of the outbox."""
        closed = f"there is no connection to {self._label}; call connect() first"
        return self.outbox.close(ONE_WAY_HINT if self.one_way else closed, generation)

    def _was_put(self, delivery: Delivery) -> None:
        """Have it sent; what its thread requested before it, a channel for example, has been requested by now."""
        delivery.early = False
        self._wake()
        if self._expiry is None and delivery.expires:
            self._look_later()

    def _look_later(self) -> None:
        if (due := self.outbox.due) is not None:
            clock = self._loop()
            self._expiry = clock.call_later(max(0.0, due - clock.time()), self._expire)

    def _expire(self) -> None:
        """Fail what has waited too long."""
        self._expiry = None
        for delivery in self.outbox.expire(self._loop().time()):
            self._has_failed(delivery)
        self._look_later()

    def _has_failed(self, delivery: Delivery) -> None:
        assert delivery.error is not None
        self._complain(delivery.error)
