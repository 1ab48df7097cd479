"""Limits: how much clients may ask of a hub, and who of them has asked how much. Pure: told the time.

A client that sends too much is slowed, not cut off: it is read no faster than it may send, and told so. Whoever cannot
be slowed, because they come by HTTP or with ever more connections, is told when to come again.
"""

from __future__ import annotations

import math
import numbers
from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakValueDictionary

from ..errors import UsageError, WrongType, named_keywords, shown
from ..protocol.limits import MAX_FRAME_BYTES
from ..streams.amounts import to_count, to_duration

COME_BACK: Final = 10.0
"""Seconds after which a client may try again for whom there was no room."""

MIN_FRAME_BYTES: Final = 4096
"""Bytes of the smallest largest frame: what opens and keeps a connection fits."""

HANDSHAKE: Final = (0.1, 60.0)
"""Seconds that a handshake may be given."""

MAX_DEBT: Final = 5.0
"""Seconds that a client must wait at most for what it has sent, or for a burst if that takes longer: all its
connections wait."""

PORTION: Final = 4096
"""Bytes of a message that counts as one; each takes about as long as a small message."""

MAX_SENDERS: Final = 10_000
"""Clients that are remembered without a connection; beyond it those that were silent for longest are forgotten."""


@named_keywords
@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much clients may ask of a hub; None: as much as they like.

    A client is whom a token names, or, without a name, all who come from one address, however many connections it has.

    Args:
        messages: that one client may send per second in the long run, by WebSocket and HTTP together; more are read
            later, and by HTTP turned away (429). A large one counts as one for each 4 KiB.
        burst: that it may send at once besides.
        connections: of all clients together, 1 or more.
        connections_each: of one client.
        connects: of all clients together that may be opened in any second; who comes too early is told when to come.
        channels: that one connection may follow.
        frame_bytes: of one frame of a WebSocket, 4,096 to 1,048,576; who sends a larger one is closed (1009).
        handshake: seconds in which a request, or what opens a WebSocket, must have come, 0.1 to 60.

    Raises:
        UsageError, WrongType: one of them is out of its range.
    """

    messages: float | None = 5_000
    burst: int = 20_000
    connections: int | None = 10_000
    connections_each: int | None = 1_000
    connects: int | None = 100
    channels: int | None = 128
    frame_bytes: int = MAX_FRAME_BYTES
    handshake: float = 10.0

    def __post_init__(self) -> None:
        if self.messages is not None:
            object.__setattr__(self, "messages", _rate(self.messages))
        to_count(self.burst, "burst= of the limits", least=1)
        for name in ("connections", "connections_each", "connects", "channels"):
            if getattr(self, name) is not None:
                to_count(getattr(self, name), f"{name}= of the limits", least=1)
        size = to_count(self.frame_bytes, "frame_bytes= of the limits")
        seconds = to_duration(self.handshake, "handshake= of the limits")
        for name, value, (least, most) in (
            ("frame_bytes", size, (MIN_FRAME_BYTES, MAX_FRAME_BYTES)),
            ("handshake", seconds, HANDSHAKE),
        ):
            if not least <= value <= most:
                raise UsageError(f"{name}= of the limits cannot be {value:,}; pass {least:,} to {most:,}")
            object.__setattr__(self, name, value)


def _rate(given: Any) -> float:
    what = f"messages= of the limits cannot be {shown(given)}"
    todo = "pass how many messages a second a client may send, such as 1000, or None for as many as it likes"
    if isinstance(given, bool) or not isinstance(given, numbers.Real):
        raise WrongType(f"{what}: it is of type {type(given).__name__}; {todo}")
    rate = float(given)
    if not 0 < rate < math.inf:
        raise UsageError(f"{what}; {todo}")
    return rate


class MessageRate:
    """How much one client has sent: a burst, and so many per second.

    Args:
        limits: of the hub.
        now: seconds of a monotonic clock.
    """

    def __init__(self, limits: Limits, now: float) -> None:
        self._rate = math.inf if limits.messages is None else limits.messages
        self._burst = limits.burst
        self._left = float(limits.burst)
        self._at = now

    def take(self, count: int, now: float, size: int = 0) -> float:
        """Count messages; returns after how many seconds the client has not sent too much any more, 0: it has not.

        Args:
            count: of them.
            now: seconds of the clock.
            size: bytes of them together; of `PORTION` more each, they count as one more.
        """
        count = max(count, math.ceil(size / PORTION))
        if math.isinf(self._rate):
            return 0.0
        if now > self._at:
            self._left = min(self._burst, self._left + (now - self._at) * self._rate)
            self._at = now
        self._left = max(self._left - count, -max(MAX_DEBT * self._rate, self._burst))
        return max(0.0, -self._left / self._rate)

    def wait(self, now: float) -> float:
        """Return what `take` would for no message."""
        return self.take(0, now)


class Senders:
    """How much each client has sent, over all its connections and without any."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rates: WeakValueDictionary[str, MessageRate] = WeakValueDictionary()  # connections hold theirs
        self._recent: OrderedDict[str, MessageRate] = OrderedDict()

    def of(self, who: str, now: float) -> MessageRate:
        """Return the rate of one of them, which is remembered for as long as somebody holds it."""
        rate = self._rates.get(who)
        if rate is None:
            rate = self._rates[who] = MessageRate(self._limits, now)
        self._recent[who] = rate
        self._recent.move_to_end(who)
        if len(self._recent) > MAX_SENDERS:
            self._recent.popitem(last=False)
        return rate


class Connections:
    """Which clients have how many connections."""

    def __init__(self, limits: Limits) -> None:
        self._all = math.inf if limits.connections is None else limits.connections
        self._each = math.inf if limits.connections_each is None else limits.connections_each
        self._open: Counter[str] = Counter()
        self._count = 0

    def complaint_about(self, who: str) -> str | None:
        """Return why a client may not have another one; None: it may."""
        if self._count >= self._all:
            return f"the hub has as many connections as it may, {self._count:,}"
        if self._open.get(who, 0) >= self._each:
            return f"this client has as many connections as it may, {self._open[who]:,}; close others first"
        return None

    def enter(self, who: str) -> None:
        """Count one that was opened."""
        self._open[who] += 1
        self._count += 1

    def leave(self, who: str) -> None:
        """Count one that was closed."""
        self._open[who] -= 1
        self._count -= 1
        if not self._open[who]:
            del self._open[who]


def checked_limits(limits: Any) -> Limits:
    """Return the limits that a user gave; None: the usual ones.

    Raises:
        UsageError: they are none.
    """
    if limits is None:
        return Limits()
    if not isinstance(limits, Limits):
        raise UsageError(f"limits= cannot be of type {type(limits).__name__}; pass rw.Limits(messages=…)")
    return limits
