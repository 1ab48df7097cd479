"""The outbox: what was handed over to be sent, and what has become of it.

    queued ── handed to the network ──> sent ── the server's answer ──> acknowledged
       └──────────────────────────────────┴── no room, too late, turned down ──> failed

While there is no link messages wait here, in their order and within bounds; what finds no room fails at once and says
so. Where the server answers (our hub does), what was sent is kept until then: on the next link it goes out again first,
with the same id, by which the server knows what it has had. Other servers leave it at `sent`. What functions of
`on_connect=` send greets a link: it goes out before all that waits, and ends with its link, for the next one is greeted
anew. Any thread may put; the rest is for the I/O thread, and nothing here reads a clock.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future
from typing import Any, Final, Literal, Protocol

from ...errors import SendFailed, TimedOut
from ...streams.gaps import Position

DeliveryState = Literal["queued", "sent", "acknowledged", "failed"]

MAX_MESSAGES: Final = 256
"""Messages that wait while there is no link."""

MAX_MESSAGES_CONNECTED: Final = 10_000
"""Messages that wait while there is one: to be written, and for an answer."""

MAX_BYTES: Final = 1024 * 1024
"""Bytes of all of them."""

MAX_AGE: Final = 120.0
"""Seconds that a message may wait, for the link and for its answer."""


VOLATILE_TIMEOUT: Final = 0.5
"""Seconds that others may have waited to be written; then the network does not keep up, and what is volatile fails."""


class Waiter(Protocol):
    """How users' threads and coroutines wait."""

    def wait(self, future: Future[None], timeout: float | None) -> object:
        """Block until it is done, for `timeout` seconds at most."""

    def awaited(self, future: Future[None]) -> Generator[Any, None, object]:
        """Await it in the running event loop; that it is given up there does not cancel it."""


class Delivery:
    """What has become of one message that was sent; `await` it, or `wait()`, until that is known.

    Args:
        raw: its frame.
        id: by which the server knows it; None: a raw frame, which nobody answers.
        volatile: it is worth nothing later: sent now or not at all.
        wants_ack: whether a server that answers will answer this; a raw frame and what is volatile it will not.
        waiter: how to wait for it; None: nobody can.

    Attributes:
        state: `queued` (no link yet), `sent` (handed to the network; there is no more to know of servers that do not
            answer), `acknowledged` (the server has it) or `failed`.
        error: why it failed; None otherwise.
        position: where it stands in its channel, when the server said so; None otherwise.
        since: when it was queued, seconds of a monotonic clock.
        sent_on_connect: the link that it greets; None: it is for any.
        early: what was asked for before it has not been said yet, so that it has to wait.
    """

    __slots__ = (
        "_resolved",
        "_waiter",
        "early",
        "error",
        "id",
        "life",
        "position",
        "raw",
        "sent_on_connect",
        "since",
        "size",
        "state",
        "volatile",
        "wants_ack",
    )

    def __init__(
        self,
        raw: str | bytes,
        id: str | None = None,
        *,
        volatile: bool = False,
        wants_ack: bool = True,
        waiter: Waiter | None = None,
    ) -> None:
        self.raw = raw
        self.id = id
        self.size = len(raw) if isinstance(raw, bytes) or raw.isascii() else len(raw.encode())
        self.volatile = volatile
        self.wants_ack = wants_ack and id is not None and not volatile
        self.life = 0
        self.early = False
        self.sent_on_connect: int | None = None
        self.since = 0.0
        self.state: DeliveryState = "queued"
        self.error: SendFailed | None = None
        self.position: Position | None = None
        self._waiter = waiter
        self._resolved: Future[None] = Future()

    @property
    def done(self) -> bool:
        """Whether its state is the last."""
        return self._resolved.done()

    def wait(self, timeout: float | None = 10.0) -> None:
        """Wait until it is acknowledged, or sent to a server that does not answer; any thread.

        Args:
            timeout: seconds; None: for ever.

        Raises:
            SendFailed: when it failed.
            TimedOut: when it is not known by then; it goes on.
            WouldDeadlock: in a callback.
        """
        waiting: Future[None] = Future()  # of our own: what interrupts a wait cancels it

        def end(_: object) -> None:
            if waiting.set_running_or_notify_cancel():
                waiting.set_result(None)

        self._resolved.add_done_callback(end)
        assert self._waiter is not None
        try:
            self._waiter.wait(waiting, timeout)
        except TimedOut as error:
            state = (
                "it still waits for a connection" if self.state == "queued" else "the server has not answered"
            )
            raise TimedOut(
                f"what becomes of a message is not known after {timeout} s: {state}; allow more with timeout="
            ) from error
        if self.error is not None:
            raise self.error

    def __await__(self) -> Generator[Any, None, None]:
        assert self._waiter is not None
        yield from self._waiter.awaited(self._resolved)
        if self.error is not None:
            raise self.error

    def resolve(self, state: DeliveryState, error: SendFailed | None = None) -> None:
        """Note the last state."""
        self.state, self.error = state, error
        if not self._resolved.done():
            self._resolved.set_result(None)

    def fail(self, why: str) -> None:
        """Note that it will not arrive."""
        self.resolve("failed", SendFailed(why))

    def __repr__(self) -> str:
        return (
            f"<Delivery {self.id or 'of a raw frame'}: {self.state}{f', {self.error}' if self.error else ''}>"
        )


class Outbox:
    """What waits for the link, or for the server's answer, in its order."""

    def __init__(self) -> None:
        self.acks: bool | None = None
        """Whether the server answers what it is sent; None: not known yet."""
        self.sent = 0
        """How many went out."""
        self.acknowledged = 0
        """How many of them the server has, by its own word."""
        self.failed = 0
        """How many did not arrive, as far as we know."""
        self._lock = threading.Lock()  # of what follows
        self._unsent: deque[Delivery] = deque()
        self._unanswered: dict[str, Delivery] = {}
        self._on_connect_queue: deque[Delivery] = deque()  # before the unsent
        self._on_connect_running = 0  # functions that have yet to send theirs; until then the unsent wait
        self._links = 0  # that came and went
        self._bytes = 0
        self._linked = False
        self._paused = False  # until it is known whether to send again what a link has taken with it
        self._refusing: str | None = None
        self.life = 0
        """How often it was opened: what is put in belongs to the last time."""

    # From any thread

    def put(self, delivery: Delivery, now: float) -> None:
        """Have it wait, or fail it when it may not or there is no room.

        Args:
            delivery: what.
            now: seconds of a monotonic clock.
        """
        delivery.since = now
        with self._lock:
            why = self._complaint(delivery)
            delivery.life = self.life
            if why is None:
                (self._unsent if delivery.sent_on_connect is None else self._on_connect_queue).append(
                    delivery
                )
                self._bytes += delivery.size
        if why is not None:
            self.fail([delivery], why)

    def _complaint(self, delivery: Delivery) -> str | None:
        if self._refusing is not None:
            return self._refusing
        if delivery.sent_on_connect is not None and delivery.sent_on_connect != self._links:
            return "the connection that it was to greet was lost before"
        if delivery.volatile and not self._linked:
            return "it is volatile, and there is no connection at this moment"
        if delivery.volatile and self._unsent and delivery.since - self._unsent[0].since > VOLATILE_TIMEOUT:
            return "it is volatile, and others still wait to be written at this moment"
        if delivery.size > MAX_BYTES:
            return f"it has {delivery.size:,} bytes, more than {MAX_BYTES:,}; send less at once"
        waiting = len(self)
        most = MAX_MESSAGES_CONNECTED if self._linked else MAX_MESSAGES
        if waiting < most and self._bytes + delivery.size <= MAX_BYTES:
            return None
        return (
            f"{waiting} others ({self._bytes:,} bytes) wait for {'the server' if self._linked else 'a connection'}, "
            f"which is the most there may be ({most:,}, or {MAX_BYTES:,} bytes); "
            + (
                "wait for a delivery now and then"
                if self._linked
                else 'send less while client.state is not "connected"'
            )
        )

    def __len__(self) -> int:
        return len(self._on_connect_queue) + len(self._unsent) + len(self._unanswered)

    # The link

    def open(self) -> None:
        """Take messages in: somebody wants the connection."""
        with self._lock:
            self._refusing = None
            self.life += 1

    def link(self) -> None:
        """Begin with a link: what was not answered goes out again, before the rest."""
        with self._lock:
            self._linked = True
            self._links += 1
            self._paused = self.acks is None and bool(self._unanswered)
            self._unsent.extendleft(reversed(self._unanswered.values()))
            self._unanswered.clear()

    def unlink(self) -> None:
        """The link is gone: what is worth nothing later fails."""
        with self._lock:
            self._linked = False
            lost = [delivery for delivery in self._unsent if delivery.volatile]
            self._unsent = deque(delivery for delivery in self._unsent if not delivery.volatile)
            greeting = [each for each in self._unanswered.values() if each.sent_on_connect is not None]
            for delivery in greeting:
                del self._unanswered[delivery.id or ""]
            greeting += self._end_greeting()
            self._bytes -= sum(delivery.size for delivery in (*lost, *greeting))
        self.fail(lost, "it is volatile, and the connection was lost before")
        self.give_up(greeting, "the connection that it was to greet was lost before")

    def _end_greeting(self) -> list[Delivery]:
        """Count no functions any more, and return what of theirs is unsent."""
        self._links += 1
        self._on_connect_running = 0
        left = list(self._on_connect_queue)
        self._on_connect_queue.clear()
        return left

    def begin_on_connect(self) -> int:
        """Have what waits wait for a function that greets the link; returns which link that is."""
        self._on_connect_running += 1
        return self._links

    def end_on_connect(self, link: int) -> None:
        """Go on: such a function has run."""
        if link == self._links:
            self._on_connect_running -= 1

    def is_current(self, link: int) -> bool:
        """Whether a link is still there that `begin_on_connect` was called for; any thread."""
        return link == self._links

    def close(self, why: str, life: int | None = None) -> list[Delivery]:
        """Take nothing in any more, for a reason; returns what was not sent, oldest first, and what a link
        that is lost had taken without an answer: it waits no longer.

        Args:
            why: what is said of messages from now on.
            life: which life ends: what was put in since stays, and so it does when it has been opened since. None:
                whatever it is.
        """
        with self._lock:
            ends = life is None or life >= self.life
            linked, self._linked = self._linked, False
            self._refusing = why if ends else None
            unsent = [each for each in self._unsent if ends or each.life <= (life or 0)]
            unanswered = list(self._unanswered.values())
            self._unsent = deque(each for each in self._unsent if not ends and each.life > (life or 0))
            unsent = self._end_greeting() + unsent
            self._unanswered.clear()
            self._bytes = sum(each.size for each in self._unsent)
        if not linked:
            return unanswered + unsent
        for delivery in unanswered:
            delivery.resolve("sent")
        return unsent

    def set_acks(self, answers: bool) -> None:
        """Note whether the server answers; if not, what was sent is done."""
        with self._lock:
            self.acks, self._paused = answers, False
            settled: list[Delivery] = []
            if not answers:
                settled = [
                    *self._unanswered.values(),
                    *(each for each in self._unsent if each.state == "sent"),
                ]
                self._unanswered.clear()
                self._unsent = deque(each for each in self._unsent if each.state != "sent")
                self._bytes -= sum(delivery.size for delivery in settled)
        for delivery in settled:
            delivery.resolve("sent")

    # Sending

    @property
    def first(self) -> Delivery | None:
        """The one whose turn it is; None when nothing waits, or it is not known yet whether to send it again."""
        if self._on_connect_queue:
            first = self._on_connect_queue[0]
        elif self._unsent and not self._paused and not self._on_connect_running:
            first = self._unsent[0]
        else:
            return None
        return None if first.early else first

    def done(self, delivery: Delivery) -> None:
        """Note that one was sent; until then the first stays the first."""
        again = delivery.state != "queued"
        with self._lock:
            queue = self._unsent if delivery.sent_on_connect is None else self._on_connect_queue
            if queue and queue[0] is delivery:
                queue.popleft()
                if self.acks is not False and delivery.wants_ack:
                    self._unanswered[delivery.id or ""] = delivery
                    delivery.state = "sent"
                else:
                    self._bytes -= delivery.size
        self.sent += not again
        if delivery.id not in self._unanswered and not delivery.done:
            delivery.resolve("sent")

    # What became of it

    def acknowledge(self, id: Any, position: Position | None) -> None:
        """Note the server's answer; one that was not waited for means nothing."""
        delivery = self._acked(id)
        if delivery is not None:
            delivery.position = position
            self.acknowledged += 1
            self.sent += delivery.state == "queued"  # its last byte had not been noted yet
            delivery.resolve("acknowledged")

    def refuse(self, id: Any, why: str) -> bool:
        """Note that the server turned one down; returns whether it was waited for."""
        delivery = self._acked(id)
        if delivery is not None:
            self.fail([delivery], f"the server turned it down: {why}")
        return delivery is not None

    def _acked(self, id: Any) -> Delivery | None:
        with self._lock:
            delivery = self._unanswered.pop(id, None) if isinstance(id, str) else None
            for queue in (self._on_connect_queue, self._unsent):
                if delivery is None and queue and queue[0].id == id is not None:
                    delivery = queue.popleft()  # its last byte was not yet noted as sent
            if delivery is not None:
                self._bytes -= delivery.size
        return delivery

    @property
    def due(self) -> float | None:
        """When the next one is too old; None: nothing waits."""
        with self._lock:
            firsts = [
                next(iter(each), None)
                for each in (self._unanswered.values(), self._on_connect_queue, self._unsent)
            ]
        return min((each.since + MAX_AGE for each in firsts if each is not None), default=None)

    def expire(self, now: float) -> list[Delivery]:
        """Fail what is too old; returns it."""
        with self._lock:
            unsent = [
                each for each in (*self._on_connect_queue, *self._unsent) if each.since <= now - MAX_AGE
            ]
            unanswered = [each for each in self._unanswered.values() if each.since <= now - MAX_AGE]
            for delivery in unanswered:
                del self._unanswered[delivery.id or ""]
            if unsent:
                self._unsent = deque(each for each in self._unsent if each.since > now - MAX_AGE)
                self._on_connect_queue = deque(
                    each for each in self._on_connect_queue if each.since > now - MAX_AGE
                )
            self._bytes -= sum(delivery.size for delivery in (*unsent, *unanswered))
        maybe = [each for each in unsent if each.state == "sent"] + unanswered  # on an earlier link
        self.fail(
            [each for each in unsent if each.state == "queued"],
            f"it waited {MAX_AGE:.0f} s for {'the network' if self._linked else 'a connection'}",
        )
        self.fail(maybe, f"the server has not answered within {MAX_AGE:.0f} s; it may have arrived")
        return unsent + unanswered

    def give_up(self, deliveries: Iterable[Delivery], why: str) -> None:
        """Note that nobody will send some any more; what an earlier link has taken may have arrived."""
        for delivery in deliveries:
            sent = delivery.state == "sent"
            maybe = "; the server has not answered, and it may have arrived" if sent else ""
            self.fail([delivery], why + maybe)

    def fail(self, deliveries: Iterable[Delivery], why: str) -> None:
        """Note that some did not arrive, and why not."""
        for delivery in deliveries:
            delivery.fail(f"a message was not sent: {why}")
            self.failed += 1
