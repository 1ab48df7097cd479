"""The outbox: messages that users send, and the delivery state of each.

    queued ── handed to the network ──> sent ── the server's answer ──> acknowledged
       └──────────────────────────────────┴── no room, too late, rejected ──> failed

While there is no link messages wait here, in order and within bounds; one that finds no room fails at once. Where the
server acknowledges (our hub does), a sent message is kept until then: on the next link it is sent again first, with the
same id, by which the server recognizes what it has. With other servers it stays `sent`. What functions of `on_connect=`
send belongs to one link: it goes out before all that waits, and fails when its link ends, because the next link calls
them again. Any thread may put; the rest is for the I/O thread, and nothing here reads a clock.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

from ...streams.gaps import Position
from .delivery import Delivery

MAX_MESSAGES: Final = 256
"""Messages that may wait while there is no link."""

MAX_MESSAGES_CONNECTED: Final = 10_000
"""Messages that may wait while there is one: to be written, or acknowledged."""

MAX_BYTES: Final = 1024 * 1024
"""Bytes of all waiting messages."""

MAX_AGE: Final = 120.0
"""Seconds that a message may wait in all, for the link and for its acknowledgement."""


VOLATILE_TIMEOUT: Final = 0.5
"""Seconds that others may have waited to be written; beyond it the network is too slow, and volatile messages fail."""


class Outbox:
    """The messages that wait for the link, or for the server's acknowledgement, in order."""

    def __init__(self) -> None:
        self.acks: bool | None = None
        """Whether the server acknowledges messages; None: not known yet."""
        self.sent = 0
        """How many were sent."""
        self.acknowledged = 0
        """How many of them the server has acknowledged."""
        self.failed = 0
        """How many did not arrive, as far as we know."""
        self._lock = threading.Lock()  # guards what follows
        self._unsent: deque[Delivery] = deque()
        self._unanswered: dict[str, Delivery] = {}
        self._on_connect_queue: deque[Delivery] = deque()  # goes before the unsent
        self._greeting: list[
            int
        ] = []  # the ids of clients whose functions have yet to return; their unsent wait
        self._shared = True  # the unsent of other clients wait for these no longer
        self._links = 0  # counts starts and ends of links
        self._bytes = 0
        self._linked = False
        self._paused = False  # until it is known whether to send unacknowledged messages again
        self._refusing: str | None = None
        self.generation = 0
        """How often it was opened; a message belongs to the generation in which it was put."""

    # From any thread

    def put(self, delivery: Delivery, now: float) -> None:
        """Queue a delivery, or fail it when it is refused or there is no room.

        Args:
            delivery: what.
            now: seconds of a monotonic clock.
        """
        delivery.since = now
        with self._lock:
            why = self._complaint(delivery)
            delivery.generation = self.generation
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
            return "the connection whose on_connect sent it was lost before"
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
        """Accept messages: somebody wants the connection."""
        with self._lock:
            self._refusing = None
            self.generation += 1

    def link(self) -> None:
        """Start a link: what was not acknowledged is sent again, before the rest."""
        with self._lock:
            self._linked = True
            self._links += 1
            self._paused = self.acks is None and bool(self._unanswered)
            self._unsent.extendleft(reversed(self._unanswered.values()))
            self._unanswered.clear()

    def unlink(self) -> None:
        """End the link: volatile messages fail, and those that `on_connect=` sent on it."""
        with self._lock:
            self._linked = False
            lost = [delivery for delivery in self._unsent if delivery.volatile]
            self._unsent = deque(delivery for delivery in self._unsent if not delivery.volatile)
            on_connect = [each for each in self._unanswered.values() if each.sent_on_connect is not None]
            for delivery in on_connect:
                del self._unanswered[delivery.id or ""]
            on_connect += self._end_on_connect()
            self._bytes -= sum(delivery.size for delivery in (*lost, *on_connect))
        self.fail(lost, "it is volatile, and the connection was lost before")
        self.give_up(on_connect, "the connection whose on_connect sent it was lost before")

    def _end_on_connect(self) -> list[Delivery]:
        """Stop counting `on_connect=` functions, and return their unsent messages."""
        self._links += 1
        self._greeting.clear()
        left = list(self._on_connect_queue)
        self._on_connect_queue.clear()
        return left

    def begin_on_connect(self, sender: int = 0) -> int:
        """Hold waiting messages back for a function of a client's `on_connect=`; returns which link it is for.

        Args:
            sender: which client, as its deliveries say it.
        """
        self._greeting.append(sender)
        self._shared = False
        return self._links

    def end_on_connect(self, link: int, sender: int = 0) -> None:
        """Note that such a function has returned."""
        if link == self._links and sender in self._greeting:
            self._greeting.remove(sender)

    def share(self, link: int) -> None:
        """Hold back no longer what other clients send than those whose functions have yet to return."""
        if link == self._links:
            self._shared = True

    def is_current(self, link: int) -> bool:
        """Whether the link that `begin_on_connect` returned is still there; any thread."""
        return link == self._links

    def close(self, why: str, generation: int | None = None) -> list[Delivery]:
        """Accept nothing any more; returns what was not sent, oldest first, after what a lost link had sent and the
        server has not acknowledged.

        Args:
            why: the reason that is given for messages from now on.
            generation: the one that ends: what was put in later ones stays, and the outbox stays open if it was opened
                since. None: the current one.
        """
        with self._lock:
            ends = generation is None or generation >= self.generation
            linked, self._linked = self._linked, False
            self._refusing = why if ends else None
            unsent = [each for each in self._unsent if ends or each.generation <= (generation or 0)]
            unanswered = list(self._unanswered.values())
            self._unsent = deque(
                each for each in self._unsent if not ends and each.generation > (generation or 0)
            )
            unsent = self._end_on_connect() + unsent
            self._unanswered.clear()
            self._bytes = sum(each.size for each in self._unsent)
        if not linked:
            return unanswered + unsent
        for delivery in unanswered:
            delivery.resolve("sent")
        return unsent

    def set_acks(self, answers: bool) -> None:
        """Set whether the server acknowledges; if not, what was sent is done."""
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
        """The next delivery to send; None when nothing waits, or it is not known yet whether to send it again."""
        if self._on_connect_queue:
            first = self._on_connect_queue[0]
        elif self._paused or not self._unsent:
            return None
        elif not self._greeting:
            first = self._unsent[0]
        elif not self._shared:
            return None
        else:
            with self._lock:  # other threads put
                others = (each for each in self._unsent if each.sender not in self._greeting)
                found = next(others, None)
            if found is None:
                return None
            first = found
        return None if first.early else first

    def done(self, delivery: Delivery) -> None:
        """Note that a delivery was sent; until then it stays the first."""
        again = delivery.state != "queued"
        with self._lock:
            queue = self._unsent if delivery.sent_on_connect is None else self._on_connect_queue
            if queue and (queue[0] is delivery or delivery in queue):
                queue.remove(delivery)
                if self.acks is not False and delivery.wants_ack:
                    self._unanswered[delivery.id or ""] = delivery
                    delivery.state = "sent"
                else:
                    self._bytes -= delivery.size
        self.sent += not again
        if delivery.id not in self._unanswered and not delivery.done:
            delivery.resolve("sent")

    # Results

    def acknowledge(self, id: Any, position: Position | None) -> None:
        """Note the server's acknowledgement; one that was not waited for is ignored."""
        delivery = self._acked(id)
        if delivery is not None:
            delivery.position = position
            self.acknowledged += 1
            self.sent += delivery.state == "queued"  # `done` had not been called yet
            delivery.resolve("acknowledged")

    def refuse(self, id: Any, why: str) -> bool:
        """Fail a message that the server rejected; returns whether it was waited for."""
        delivery = self._acked(id)
        if delivery is not None:
            delivery.refused = True
            self.fail([delivery], f"the server turned it down: {why}")
        return delivery is not None

    def _acked(self, id: Any) -> Delivery | None:
        with self._lock:
            delivery = self._unanswered.pop(id, None) if isinstance(id, str) else None
            for queue in (self._on_connect_queue, self._unsent):
                if delivery is None and id is not None:  # `done` has not been called yet
                    firsts = queue if self._greeting else islice(queue, 1)
                    if (delivery := next((each for each in firsts if each.id == id), None)) is not None:
                        queue.remove(delivery)
            if delivery is not None:
                self._bytes -= delivery.size
        return delivery

    @property
    def due(self) -> float | None:
        """When the next one expires; None: nothing waits."""
        with self._lock:
            firsts = [
                next((one for one in each if one.expires), None)
                for each in (self._unanswered.values(), self._on_connect_queue, self._unsent)
            ]
        return min((each.since + MAX_AGE for each in firsts if each is not None), default=None)

    def expire(self, now: float) -> list[Delivery]:
        """Fail what is too old, and return it."""

        def is_late(each: Delivery) -> bool:
            return each.expires and each.since <= now - MAX_AGE

        with self._lock:
            unsent = [each for each in (*self._on_connect_queue, *self._unsent) if is_late(each)]
            unanswered = [each for each in self._unanswered.values() if is_late(each)]
            for delivery in unanswered:
                del self._unanswered[delivery.id or ""]
            if unsent:
                self._unsent = deque(each for each in self._unsent if not is_late(each))
                self._on_connect_queue = deque(each for each in self._on_connect_queue if not is_late(each))
            self._bytes -= sum(delivery.size for delivery in (*unsent, *unanswered))
        maybe = [each for each in unsent if each.state == "sent"] + unanswered  # sent on an earlier link
        self.fail(
            [each for each in unsent if each.state == "queued"],
            f"it waited {MAX_AGE:.0f} s for {'the network' if self._linked else 'a connection'}",
        )
        self.fail(maybe, f"the server has not answered within {MAX_AGE:.0f} s; it may have arrived")
        return unsent + unanswered

    def give_up(self, deliveries: Iterable[Delivery], why: str) -> None:
        """Fail what will not be sent any more; what an earlier link has sent may have arrived."""
        for delivery in deliveries:
            sent = delivery.state == "sent"
            maybe = "; the server has not answered, and it may have arrived" if sent else ""
            self.fail([delivery], why + maybe)

    def fail(self, deliveries: Iterable[Delivery], why: str) -> None:
        """Fail messages for a reason, and count them."""
        for delivery in deliveries:
            delivery.fail(f"a message was not sent: {why}")
            self.failed += 1
