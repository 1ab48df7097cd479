"""The flush: what has gathered for clients in one turn of the event loop is written at its end, once to each client.

What many clients are sent alike is put into frames once, as a parcel, whoever of them comes first. A client whose
connection cannot take more is left to its session's own task, which can wait. What somebody sends in one burst is done
in many turns, and waits until all of it is done or for `HOLD`: to write to a hundred clients takes longer than most
turns. On the I/O thread.
"""

from __future__ import annotations

import asyncio
import logging
import struct
import time
from collections.abc import Callable
from typing import Final, Protocol

from .send_buffer import batches, bytes_of
from .tally import Tally
from .turns import Turns

logger = logging.getLogger(__name__)

AT_ONCE: Final = 256
"""Clients that are written to before others have their turn, unless there is so much that they would look slow."""

HOLD: Final = 0.004
"""Seconds for which the beginning of a burst waits for the rest."""

MOST_AT_ONCE: Final = 64 * 1024
"""Bytes that are published before they are sent."""

MAX_PARCELS: Final = 64
"""Parcels that are known at a time."""


class Stretch:
    """How much was published since it was last sent.

    Args:
        turns: of those who publish.
    """

    __slots__ = ("_turns", "alone", "bytes", "due")

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.bytes = 0
        self.alone = False
        """Whether there is a message that is not of a burst that goes on."""
        self.due = False
        """Whether there is somebody to whom something of it was not sent yet."""

    def add(self, size: int) -> None:
        """Note that a message of so many bytes is published."""
        self.bytes += size
        if not self._turns.more:
            self.alone = True

    @property
    def long(self) -> bool:
        """Whether it should be sent now, and publishers rest: otherwise clients would look slow."""
        return self.bytes >= MOST_AT_ONCE


class Parcel:
    """What one client is sent at once: texts, each of them a frame, and the bytes that a transport makes of them."""

    __slots__ = ("count", "sent", "texts", "wire")

    def __init__(self, texts: list[str], count: int) -> None:
        self.texts = texts
        self.count = count
        """Envelopes."""
        self.sent = 0
        """How many clients it went to."""
        self.wire: bytes | None = None
        """None: no transport has made them yet."""


def text_frame(text: str) -> bytes:
    """Return a text as the frame of a WebSocket without extensions, from a server: the same for every client.

    https://datatracker.ietf.org/doc/html/rfc6455#section-5.2
    """
    data = text.encode()
    size = len(data)
    if size < 126:
        head = struct.pack("!BB", 0x81, size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", 0x81, 126, size)
    else:
        head = struct.pack("!BBQ", 0x81, 127, size)
    return head + data


class Outlet(Protocol):
    """What a connection can be written to by, without waiting."""

    def free(self) -> bool:
        """Whether it can take more at once."""

    def pack(self, parcel: Parcel) -> bytes:
        """Make the bytes of a parcel, and return them."""

    @property
    def write(self) -> Callable[[bytes], object]:
        """Writes such bytes."""


Writes = list[tuple[Callable[[bytes], object], bytes]]
"""What is about to be written: by which function what."""


class Gatherer(Protocol):
    """What has something for a client."""

    def gather(self, writes: Writes) -> None:
        """Add what is to be written to it; called once."""


class Flush:
    """What is due for all clients of a hub.

    Args:
        tally: counts what is sent; outlets are those of WebSockets.
        turns: of those whose messages it is that are sent.
        stretch: ends with each flush.
    """

    def __init__(self, tally: Tally, turns: Turns, stretch: Stretch) -> None:
        self._tally = tally
        self._turns = turns
        turns.at_end = self._run_now
        self._stretch = stretch
        self._since = 0.0  # when the first of what is due was added
        self.due: list[Gatherer] = []
        """Those who are asked next."""
        self._run_soon: asyncio.Handle | None = None
        self.resting = True
        """Whether nobody is asked soon."""
        self.last: tuple[str | None, Parcel | None] = None, None
        """The frame that was alone last, and its parcel."""
        self._parcels: dict[str | tuple[int, tuple[str, ...]], Parcel] = {}

    def add(self, one: Gatherer) -> None:
        """Ask, at the end of this turn or of the burst, what is to be written to a client."""
        self.due.append(one)
        if not self._turns.more:
            self._stretch.alone = True
        self.begin()

    def begin(self) -> None:
        """Ask those who were put among the `due`, at the end of this turn or of the burst."""
        if self.resting:
            self._stretch.due = True
            self._since = time.monotonic()
            self._schedule()

    def alone(self, frame: str) -> Parcel:
        """Return the parcel of a single frame, which may be another client's too."""
        found = self._parcels.get(frame)
        if found is None:
            found = self._keep(frame, Parcel([frame], 1))
        self.last = frame, found
        return found

    def parcel(self, frames: list[str], most: int) -> Parcel:
        """Return the parcel of some frames, which may be another client's too.

        Args:
            frames: of one envelope each.
            most: bytes of an array of them; 0: each remains alone.
        """
        key = most, tuple(frames)
        found = self._parcels.get(key)
        if found is None:
            texts = list(batches(frames, most)) if most else frames
            found = self._keep(key, Parcel(texts, len(frames)))
        return found

    def _keep(self, key: str | tuple[int, tuple[str, ...]], parcel: Parcel) -> Parcel:
        if len(self._parcels) >= MAX_PARCELS:
            self._forget()
        self._parcels[key] = parcel
        return parcel

    def _schedule(self) -> None:
        self.resting = False
        self._run_soon = asyncio.get_running_loop().call_soon(self._run)

    def _run_now(self) -> None:
        """Write what is due at once: a turn is over."""
        if self._run_soon is not None and not self._may_wait():
            self._run_soon.cancel()
            self._run()

    def _run(self) -> None:
        if self._may_wait():
            self._schedule()
            return
        # Gathered first: each write goes through the system, after which little of ours is left in the caches.
        writes: Writes = []
        count = len(self.due) if self._stretch.long else AT_ONCE
        due, self.due = self.due[:count], self.due[count:]
        for one in due:
            try:
                one.gather(writes)
            except Exception:  # neither here
                logger.exception("what is due to a client was not found")
        for write, wire in writes:
            try:
                write(wire)
            except Exception:  # one client must not keep the others from what is theirs
                logger.exception("a client was not written to")
        if self.due:
            self._schedule()
        else:
            self._run_soon = None
            self.resting = True
            self._stretch.alone = self._stretch.due = False
            self._stretch.bytes = 0
            self._forget()

    def _may_wait(self) -> bool:
        goes_on = self._turns.waiting and not (self._stretch.alone or self._stretch.long)
        return goes_on and time.monotonic() - self._since < HOLD

    def _forget(self) -> None:
        for parcel in self._parcels.values():
            self._tally.sent += parcel.sent * parcel.count
            self._tally.sent_bytes["websocket"] += parcel.sent * sum(map(bytes_of, parcel.texts))
        self._parcels.clear()
        self.last = None, None
