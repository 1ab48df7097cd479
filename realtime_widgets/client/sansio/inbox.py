"""The inbox: what waits for users' callbacks, and what is dropped when they are slow.

Things wait in the order in which they happened. Each channel has an overflow policy:

| policy | when the callbacks are slow |
|---|---|
| `drop_oldest` | the oldest of all waiting messages are dropped; a gap, `overflow`, says which |
| `latest` | one message of the channel waits: a newer one replaces it |
| `keyed(…)` | one message for each key waits: a newer one of that key replaces it |
| `lossless` | the channel is paused at the server, which sends it later, as far as its history reaches |

What waits is bounded in number and in bytes, see `footprint`. Everything dropped or replaced is counted. Pure, and for
one thread at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import msgspec

from ...errors import UsageError, WrongType, did_you_mean
from ...protocol.envelope import Message, channel_of
from ...protocol.limits import MAX_NAME_LENGTH
from ...streams.gaps import Gap, Position
from .footprint import footprint_of

CallbackKind = Literal["message", "gap", "state", "error", "disconnect"]

Named = Literal["drop_oldest", "latest", "lossless"]

MAX_WAITING: Final = 10_000
"""Messages and errors that may wait; beyond it the oldest are dropped."""

MAX_WAITING_BYTES: Final = 64 * 1024 * 1024
"""Bytes of the messages that may wait; beyond it the oldest are dropped, but for the newest of all."""

PAUSE_ABOVE: Final = 50_000
"""Messages of a lossless channel that may wait before it is paused; it resumes when half as many wait."""

MAX_LOSSLESS_WAITING: Final = 100_000
"""Messages of a lossless channel that may wait where the server cannot pause it: later ones become a gap."""


PAUSE_ABOVE_BYTES: Final = 64 * 1024 * 1024
"""Bytes of all lossless messages that may wait before the channel of the next is paused; half as many let it resume."""

MAX_LOSSLESS_BYTES: Final = 256 * 1024 * 1024
"""Bytes of all lossless messages that may wait where the server cannot pause: later ones become a gap."""

MAX_LOST_CHANNELS: Final = 1000
"""Channels whose dropped messages are a gap of their own until it is told; the others are one together."""

MAX_COUNTED_CHANNELS: Final = 10_000
"""Channels that have counters of their own."""

OTHERS: Final = "(others)"
"""The name under which those beyond it are counted, and those whose names are too long."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """The policy by which one message for each key waits; see `keyed`."""

    key: Callable[[Any], Hashable]


Overflow = Named | Keyed


def keyed(key: str | Callable[[Any], Hashable]) -> Keyed:
    """Return the policy by which only the newest message for each key waits, for tables and order books.

    Example:
        rw.connect(url, overflow={"prices": rw.keyed("symbol")})

    Args:
        key: a field of the messages' data, or a function of the data that gives the key.
    """
    if isinstance(key, str):
        name = key
        return Keyed(lambda data: data.get(name) if isinstance(data, Mapping) else None)
    if not callable(key):
        raise WrongType(f"keyed({key!r}) has no key: pass the name of a field, or a function of the data")
    return Keyed(key)


def checked_overflow(given: Any) -> tuple[Overflow, dict[str, Overflow]]:
    """Return the policy of channels that are not named, and those that are.

    Raises:
        UsageError: when there is no such policy.
    """
    default: Any = "drop_oldest" if isinstance(given, Mapping) else given
    channels: dict[str, Overflow] = dict(given) if isinstance(given, Mapping) else {}
    for policy in (default, *channels.values()):
        if not isinstance(policy, Keyed) and policy not in get_args(Named):
            names = get_args(Named)
            hint = (
                did_you_mean(str(policy), names)
                or f"; pass one of {', '.join(map(repr, names))}, or rw.keyed(…)"
            )
            raise UsageError(f"there is no policy {policy!r} for overflow{hint}")
    return default, channels


class ChannelStats(msgspec.Struct):
    """What waits of one channel, and what was dropped or merged.

    Attributes:
        waiting: messages that wait.
        most: the most that ever did.
        dropped: messages that were dropped.
        merged: messages that a newer one replaced.
        paused: times that the server was told to pause the channel.
    """

    waiting: int = 0
    most: int = 0
    dropped: int = 0
    merged: int = 0
    paused: int = 0


class _Slot:
    """One thing that waits; its `kind` is None when it is gone."""

    __slots__ = ("channel", "key", "kind", "size", "thing")

    def __init__(self, kind: CallbackKind, thing: Any, channel: str, key: Hashable, size: int = 0) -> None:
        self.kind: CallbackKind | None = kind
        self.thing = thing
        self.channel = channel
        self.key = key
        self.size = size  # of a message, in bytes


class Inbox:
    """A bounded queue of what happened.

    Args:
        overflow: the policy of channels that are not named.
        channels: the policies of the others.
    """

    def __init__(
        self, overflow: Overflow = "drop_oldest", channels: Mapping[str, Overflow] | None = None
    ) -> None:
        self.dropped = 0
        """Messages and errors that were dropped."""
        self.stats: dict[str, ChannelStats] = {}
        """By channel; beyond `MAX_COUNTED_CHANNELS` of them under one name, `OTHERS`."""
        self.crowded: set[str] = set()
        """Lossless channels of which too much waits."""
        self._overflow = overflow
        self._channels = dict(channels or {})
        self._slots: deque[_Slot] = deque()
        self._droppable: deque[_Slot] = deque()  # those that may be dropped, oldest first
        self._waiting = 0  # of those, without the ones that are gone
        self._bytes = 0  # of the messages among them
        self._lossless_bytes = 0
        self._dead = 0  # slots of things that are gone
        self._places: dict[str, dict[Hashable, _Slot]] = {}
        self._tails: dict[str, _Slot] = {}
        self._lost: dict[str, tuple[Position | None, Position | None, float]] = {}

    def key_of(self, kind: CallbackKind, thing: Any) -> Hashable:
        """Return the key of a message of a keyed channel, else None; may call a function of the user's."""
        if kind != "message":
            return None
        policy = self._policy(channel_of(thing))
        return _key_of(policy, thing) if isinstance(policy, Keyed) else None

    def put(self, kind: CallbackKind, thing: Any, key: Hashable = None, ts: float = 0.0) -> None:
        """Queue a thing; what is too much is dropped.

        Args:
            kind: what happened.
            thing: the message, gap, state or error.
            key: from `key_of`, which must not be called with a lock held.
            ts: seconds since the epoch, for a gap where something is dropped.
        """
        if kind == "gap":
            self._places.pop(thing.channel, None)  # no later message may take a place before it
        if kind == "message":
            self._put_message(thing, key, ts)
        elif kind == "gap" and self._policy(thing.channel) == "lossless":
            self._put_gap(thing)
        else:
            slot = _Slot(kind, thing, thing.channel if kind == "gap" else "", None)
            self._slots.append(slot)
            if kind in ("error", "gap"):
                self._droppable.append(slot)
                self._waiting += 1
        while self._waiting > MAX_WAITING or (self._bytes > MAX_WAITING_BYTES and self._waiting > 1):
            self._drop_oldest(ts)

    def _put_message(self, message: Message, key: Hashable, ts: float) -> None:
        channel = channel_of(message)
        policy = self._policy(channel)
        stats = self._stats_of(channel)
        size = footprint_of(message.data)
        if policy == "latest" or isinstance(policy, Keyed):
            place = self._places.get(channel, {}).get(key)
            if place is not None:
                place.thing = message
                self._bytes += size - place.size
                place.size = size
                stats.merged += 1
                return
        if policy == "lossless" and (
            stats.waiting >= MAX_LOSSLESS_WAITING or self._lossless_bytes >= MAX_LOSSLESS_BYTES
        ):
            self.dropped += 1
            stats.dropped += 1
            self._put_gap(Gap(channel, "overflow", ts, *_around(message)))
            return
        self._tails.pop(channel, None)
        slot = _Slot("message", message, channel, key, size)
        self._slots.append(slot)
        stats.waiting += 1
        stats.most = max(stats.most, stats.waiting)
        if policy == "lossless":
            self._lossless_bytes += size
            much = stats.waiting > PAUSE_ABOVE or self._lossless_bytes > PAUSE_ABOVE_BYTES
            if much and channel in self.stats and channel not in self.crowded:
                self.crowded.add(channel)
                stats.paused += 1
            return
        if policy != "drop_oldest":
            self._places.setdefault(channel, {})[key] = slot
        self._droppable.append(slot)
        self._waiting += 1
        self._bytes += size

    def _put_gap(self, gap: Gap) -> None:
        """Queue a gap of a lossless channel; gaps of one kind without a message between them become one."""
        tail = self._tails.get(gap.channel)
        if tail is not None and tail.kind is not None and _go_on(tail.thing, gap):
            tail.thing = msgspec.structs.replace(tail.thing, until=gap.until)
        else:
            tail = self._tails[gap.channel] = _Slot("gap", gap, gap.channel, None)
            self._slots.append(tail)

    def _stats_of(self, channel: str) -> ChannelStats:
        stats = self.stats.get(channel)
        if stats is None:
            may = len(self.stats) < MAX_COUNTED_CHANNELS and len(channel) <= MAX_NAME_LENGTH
            name = channel if may else OTHERS
            stats = self.stats.setdefault(name, ChannelStats())
        return stats

    def _leave_place(self, slot: _Slot) -> None:
        places = self._places.get(slot.channel)
        if places is not None and places.get(slot.key) is slot:
            del places[slot.key]
            if not places:
                del self._places[slot.channel]

    def _policy(self, channel: str) -> Overflow:
        return self._channels.get(channel, self._overflow)

    def take(self) -> tuple[CallbackKind, Any] | None:
        """Remove and return the oldest thing; None when nothing waits."""
        while self._slots:
            slot = self._slots[0]
            if slot.kind is None:
                self._slots.popleft()
                self._dead -= 1
                continue
            if slot.channel in self._lost:
                return "gap", self._told(slot.channel)
            self._slots.popleft()
            kind, slot.kind = slot.kind, None
            if self._droppable and self._droppable[0] is slot:
                self._droppable.popleft()
            self._waiting -= kind == "error" or (kind == "gap" and self._policy(slot.channel) != "lossless")
            if kind == "message":
                self._taken(slot)
            elif self._tails.get(slot.channel) is slot:
                del self._tails[slot.channel]
            return kind, slot.thing
        for channel in self._lost:
            return "gap", self._told(channel)
        return None

    def _taken(self, slot: _Slot) -> None:
        stats = self._stats_of(slot.channel)
        stats.waiting -= 1
        policy = self._policy(slot.channel)
        if policy == "lossless":
            before, self._lossless_bytes = self._lossless_bytes, self._lossless_bytes - slot.size
            if self._lossless_bytes <= PAUSE_ABOVE_BYTES // 2:
                # Now others too: of those that were paused for the bytes of all, nothing may wait any more.
                fit = self.crowded if before > PAUSE_ABOVE_BYTES // 2 else {slot.channel}
                self.crowded -= {each for each in fit if self._stats_of(each).waiting <= PAUSE_ABOVE // 2}
            return
        self._waiting -= 1
        self._bytes -= slot.size
        self._leave_place(slot)

    def clear(self) -> None:
        """Discard everything."""
        for stats in self.stats.values():
            stats.waiting = 0
        self._slots.clear()
        self._droppable.clear()
        self._places.clear()
        self._tails.clear()
        self._lost.clear()
        self.crowded.clear()
        self._waiting = self._dead = self._bytes = self._lossless_bytes = 0

    def __len__(self) -> int:
        return len(self._slots) - self._dead + len(self._lost)

    # Dropping

    def _drop_oldest(self, ts: float) -> None:
        """Drop the oldest message, error or gap; gaps and messages dropped one after the other become one gap."""
        slot = self._droppable.popleft()
        kind, thing = slot.kind, slot.thing
        if kind is None:
            return
        slot.kind = slot.thing = None
        self._waiting -= 1
        self._bytes -= slot.size
        self._dead += 1
        if self._dead > len(self._slots) // 2 + 100:
            self._slots = deque(slot for slot in self._slots if slot.kind is not None)
            self._dead = 0
        if kind == "gap":
            self._lose(slot.channel, thing.after, thing.until, thing.ts)
            return
        self.dropped += 1
        if kind == "message":
            stats = self._stats_of(slot.channel)
            stats.waiting -= 1
            stats.dropped += 1
            self._leave_place(slot)
            self._lose(slot.channel, *_around(thing), ts)

    def _lose(self, channel: str, after: Position | None, until: Position | None, ts: float) -> None:
        if channel not in self._lost and (
            len(self._lost) >= MAX_LOST_CHANNELS or len(channel) > MAX_NAME_LENGTH
        ):
            channel, after, until = OTHERS, None, None
        after, _, ts = self._lost.get(channel, (after, None, ts))
        self._lost[channel] = after, until, ts

    def _told(self, channel: str) -> Gap:
        after, until, ts = self._lost.pop(channel)
        return Gap(channel, "overflow", ts, after, until)


def _around(message: Message) -> tuple[Position | None, Position | None]:
    """Return the positions before a message and at it; None where it is not numbered."""
    if message.epoch is None or message.offset is None:
        return None, None
    return Position(message.epoch, message.offset - 1), Position(message.epoch, message.offset)


def _go_on(before: Gap, gap: Gap) -> bool:
    """Return whether two gaps in a row have the same reason and epoch, so that they can be one."""
    epochs = [each and each.epoch for each in (before.until, gap.after, gap.until)]
    return before.reason == gap.reason and len(set(epochs)) == 1


def _key_of(policy: Keyed, message: Message) -> Hashable:
    """Return the key of a message; None, which is then its key, when it has none or the function raises."""
    try:
        key = policy.key(message.data)
        hash(key)
    except BaseException:  # sys.exit() in it must not end the I/O thread
        return None
    return key
