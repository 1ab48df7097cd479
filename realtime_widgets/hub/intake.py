"""Intake: the bytes that come over one connection, handed on no faster than is fair, and the end of who does not read.

It stands between the system's transport and the protocol that reads the bytes, and is the transport of that one. What
comes at once, up to 256 KiB, may be ten thousands of frames, each with work for the protocol: it is handed on in small
pieces, for as long as a turn lasts; the rest waits in the line of `turns`, and the system keeps what comes meanwhile.
A protocol that has enough (it has paused reading) is handed nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Hashable
from typing import Any, Final

from . import turns
from .turns import Turns

logger = logging.getLogger(__name__)

PIECE: Final = 64
"""Bytes that are handed on at once: of the smallest frames 10. More, while those take no time: parts of a large one."""

LARGEST_PIECE: Final = 64 * 1024

WRITE_TIMEOUT: Final = 30.0
"""Seconds in which a peer must have read something of what waits for it; what it does not read costs us memory."""


class Intake(asyncio.Protocol):
    """One connection.

    Args:
        protocol: that reads the bytes.
        line: in which they wait.
    """

    def __init__(self, protocol: Any, line: Turns) -> None:
        self._protocol = protocol
        self._line = line
        self._who: Hashable = self
        self._transport: Any = None
        self._waiting = bytearray()
        self._piece = PIECE
        self._queued = False
        self._held = False
        self._paused = False
        self._deadline: asyncio.TimerHandle | None = None
        self._unread = 0

    def belongs_to(self, who: Hashable) -> None:
        """Say whose connection it is: they take turns, not their connections."""
        self._who = who

    # For the system's transport

    def connection_made(self, transport: Any) -> None:
        """See `asyncio.Protocol`."""
        self._transport = transport
        self._protocol.connection_made(self)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self._waiting += data
        if not self._queued and not self._held and self._line.at_once(self._who):
            self._hand_on()
        else:
            self._settle()

    def eof_received(self) -> Any:
        """See `asyncio.Protocol`."""
        return self._protocol.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._waiting.clear()
        self._stop_watching()
        self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        """See `asyncio.Protocol`."""
        self._watch()
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """See `asyncio.Protocol`."""
        if not self._transport.is_closing():
            self._stop_watching()
        self._protocol.resume_writing()

    # For the protocol

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def set_protocol(self, protocol: Any) -> None:
        """See `asyncio.Transport`; another one reads the rest."""
        self._protocol = protocol

    def get_protocol(self) -> Any:
        """See `asyncio.Transport`."""
        return self._protocol

    def pause_reading(self) -> None:
        """See `asyncio.Transport`."""
        self._held = True
        self._settle()

    def resume_reading(self) -> None:
        """See `asyncio.Transport`."""
        self._held = False
        self._settle()

    def close(self) -> None:
        """Close it when what waits is sent; the peer must read that."""
        self._waiting.clear()
        if not self._transport.is_closing():
            self._transport.close()
            self._watch()

    # Handing on

    def _hand_on(self) -> bool:
        """Hand on for a turn; returns whether the protocol has enough, which means work for others."""
        self._queued = False
        began = now = time.monotonic()
        try:
            while self._waiting and not self._held and not self._transport.is_closing():
                piece = bytes(self._waiting[: self._piece])
                del self._waiting[: self._piece]
                self._line.more = bool(self._waiting)
                self._protocol.data_received(piece)
                before, now = now, time.monotonic()
                quick = now - before < turns.TURN / 10
                self._piece = min(2 * self._piece, LARGEST_PIECE) if quick else PIECE
                if now - began >= turns.TURN:
                    break
        except Exception:
            logger.exception("a connection could not be read, and is cut off")
            self._transport.abort()
        self._line.more = False
        if self._transport.is_closing():
            self._waiting.clear()
        self._settle()
        self._line.at_end()
        self._line.use(self._who, time.monotonic() - began)
        return self._held

    def _settle(self) -> None:
        """Stand in the line with what waits and may be handed on, and let the system wait with more."""
        if self._waiting and not self._held and not self._queued:
            self._queued = True
            self._line.queue(self._who, self._hand_on)
        pause = bool(self._waiting)  # not when it has enough, which is so for a moment after many a message
        if pause != self._paused:
            self._paused = pause
            (self._transport.pause_reading if pause else self._transport.resume_reading)()

    # Who does not read

    def _watch(self) -> None:
        """Cut the peer off when it reads nothing for too long of what is sent."""
        if self._deadline is None:
            self._unread = self._transport.get_write_buffer_size()
            self._deadline = asyncio.get_running_loop().call_later(WRITE_TIMEOUT, self._look)

    def _look(self) -> None:
        self._deadline = None
        left = self._transport.get_write_buffer_size()
        if left and left >= self._unread:
            self._transport.abort()
        elif left:
            self._watch()

    def _stop_watching(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
