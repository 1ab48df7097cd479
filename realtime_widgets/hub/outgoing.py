"""Outgoing: what one client is sent, and in which order. All of it runs on the I/O thread.

New messages go through a bounded buffer, so that no publisher waits for a client. A channel of which a client missed
something is *behind*: it is sent from the history (`catch_up`), once the frames that were before are on their way, and
then goes on with new messages. So is one that the client reads too slowly, unless its policy says that only the newest
message is sent then (`conflation`). Any other client that does not read fast enough has to be closed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Protocol

from ..protocol.envelope import Message
from ..streams.gaps import Position
from .brokers.base import GAP, OutOfReach
from .catch_up import CatchUp
from .channels import Channels
from .conflation import Newest
from .flush import MOST_AT_ONCE, Flush, Outlet, Writes
from .send_buffer import SendBuffer, batches
from .tally import Tally
from .turns import Turn

logger = logging.getLogger(__name__)

MAX_BATCH_BYTES: Final = 64 * 1024
"""Bytes of envelopes that go into one frame, unless a single one is larger."""

CONFLATE_BYTES: Final = 64 * 1024
"""Bytes that wait for a client when of some channels only the newest messages are sent; a fast client has fewer."""

CAUGHT_UP_AT_ONCE: Final = 16
"""Channels that are read from the history at once: each may wait for what a disk is writing."""


class ClientTransport(Protocol):
    """An accepted connection."""

    @property
    def outlet(self) -> Outlet | None:
        """By which it can be written to without waiting; None: it cannot."""

    async def receive(self) -> str | bytes | None:
        """Return the next frame; None: it has ended."""

    def listen(self, take: Callable[[bytes], bool]) -> None:
        """Have frames of UTF-8 offered as they come, where that can be; `receive` returns those that are not taken."""

    async def send(self, frame: str) -> None:
        """Send a frame, waiting while the peer does not read; raises ConnectionError when the connection has ended."""

    async def close(self, code: int, reason: str) -> None:
        """Close it with the closing handshake; raises ConnectionError when it has ended."""

    def abort(self) -> None:
        """Drop it at once."""


class Outgoing:
    """What one client is sent.

    Args:
        transport: its connection.
        channels: of the hub.
        tally: is told how many messages were sent.
        flush: of all clients, at the end of a turn of the event loop.
        turn: of the client, with what is sent to it.
        conflates: returns whether only the newest message of a channel is sent to a slow client.
        too_slow: called when the client reads too slowly for what it is sent.
        out_of_reach: called when the history cannot be read.
    """

    def __init__(
        self,
        transport: ClientTransport,
        channels: Channels,
        tally: Tally,
        flush: Flush,
        turn: Turn,
        *,
        conflates: Callable[[str], bool],
        too_slow: Callable[[], object],
        out_of_reach: Callable[[OutOfReach], object],
    ) -> None:
        self.batch = 0
        """Bytes of envelopes in one frame; 0: a single envelope, however large."""
        self.recovers = False
        """Whether the client knows heads, and asks for what it missed."""
        self._transport = transport
        self._channels = channels
        self._outlet = transport.outlet
        self._tally = tally
        self._flush = flush
        self._turn = turn
        self._conflates = conflates
        self._too_slow = too_slow
        self._out_of_reach = out_of_reach
        self._buffer = SendBuffer()
        self._behind: dict[str, CatchUp | Newest] = {}
        self._awake = asyncio.Event()
        self._resting = False  # that the task waits for something to do
        self._flushes = False  # that what waits is written at the end of this turn
        self._idle = False  # that nothing waits and nothing is behind, and that the task rests
        self._alone: str | None = None  # what came when it was idle, and is not in the buffer
        self._more: list[str] = []  # what came after that
        self._more_size = 0  # characters of both, if there is more: few enough for the buffer
        self._goodbye: tuple[int, str, str | None] | None = None

    def say(self, frame: str) -> None:
        """Send a frame of the hub itself."""
        if self._goodbye is None:
            if self._put(frame):
                self._write_soon()
            else:
                self._too_slow()

    def hear(self, message: Message, frame: str) -> None:
        """Send a published message, now or when its channel is no longer behind; see `channels.FrameSink`."""
        if self._idle and message.type != GAP:  # nearly always, and this is done for each client and message
            self._idle = False
            self._flushes = True
            self._alone = frame
            flush = self._flush
            flush.due.append(self)
            if flush.resting:
                flush.begin()
            return
        if self._alone is not None and message.type != GAP:  # this is done as often
            size = len(frame) + (self._more_size if self._more else len(self._alone))
            if size <= MOST_AT_ONCE:
                self._more.append(frame)
                self._more_size = size
                return
        channel = message.channel
        if self._goodbye is not None or channel is None:
            return
        here = Position(message.epoch or "", message.offset or 0)
        behind = self._behind.get(channel)
        if message.type == GAP:
            if self.recovers and not isinstance(behind, CatchUp):
                self.fall_behind(channel, CatchUp(channel, here, begun=True))
        elif behind is not None:
            behind.hear(message, frame)
            self._awake.set()
        elif self._buffer.bytes > CONFLATE_BYTES and self._conflates(channel):
            newest = Newest(channel, tells=self.recovers)
            newest.hear(message, frame)
            self.fall_behind(channel, newest)
        elif self._put(frame):
            self._write_soon()
        elif self.recovers:
            self.fall_behind(channel, CatchUp.after_overflow(channel, here))
        else:
            self._too_slow()

    def fall_behind(self, channel: str, catch_up: CatchUp | Newest) -> None:
        """Send what a client has missed of a channel, once the frames that wait are on their way."""
        self._join()
        catch_up.turn = self._buffer.put_in
        self._behind[channel] = catch_up
        self._awake.set()

    def is_behind(self, channel: str) -> bool:
        """Return whether there is something of a channel that does not wait in the buffer yet."""
        return channel in self._behind

    def leave(self, channel: str) -> None:
        """Send nothing more that was missed of a channel."""
        self._behind.pop(channel, None)

    def close(self, code: int, reason: str, last_words: str | None = None) -> None:
        """Send nothing more than what is being sent, and a last frame, and close the connection."""
        self._goodbye = (code, reason, last_words)
        self._behind.clear()
        self._join()
        self._buffer.clear()
        self._awake.set()

    def _put(self, frame: str) -> bool:
        """Have a frame wait; returns whether there was room."""
        self._join()
        return self._buffer.put(frame)

    def _join(self) -> None:
        """Have what came alone wait with what comes now."""
        self._idle = False
        if self._alone is not None:
            for frame in (self._alone, *self._more):
                self._buffer.put(frame)  # which is empty
            self._alone = None
            self._more.clear()

    def _write_soon(self) -> None:
        if not self._flushes:
            self._flushes = True
            self._flush.add(self)

    def gather(self, writes: Writes) -> None:
        """Hand over what waits, if it can be written without waiting; the rest is for the task."""
        self._flushes = False
        outlet, alone = self._outlet, self._alone
        if alone is not None and outlet is not None and outlet.free():
            self._alone = None
            self._idle = True
            frame, parcel = self._flush.last
            if self._more:
                parcel = self._flush.parcel([alone, *self._more], self.batch)
                self._more.clear()
            elif parcel is None or frame is not alone:
                parcel = self._flush.alone(alone)
            parcel.sent += 1
            writes.append((outlet.write, parcel.wire or outlet.pack(parcel)))
            return
        self._join()
        waiting = self._buffer.frames
        if waiting and self._resting and outlet is not None and not self._behind and outlet.free():
            frames = self._buffer.take(self.batch or MAX_BATCH_BYTES)
            parcel = self._flush.parcel(frames, self.batch)
            parcel.sent += 1
            writes.append((outlet.write, parcel.wire or outlet.pack(parcel)))
        if waiting:
            self._awake.set()
        else:
            self._rest()

    def _rest(self) -> None:
        self._idle = self._resting and not (self._buffer.frames or self._behind or self._goodbye)

    async def run(self) -> None:
        """Send until the connection ends, or is closed."""
        try:
            while self._goodbye is None:
                self._resting = True
                if not self._flushes:
                    self._rest()
                await self._awake.wait()
                self._join()
                self._resting = False
                await self._turn.come()
                self._awake.clear()
                while True:
                    recent = self._buffer.take(self.batch)
                    await self._send(recent)
                    try:
                        earlier = await self._catch_up()
                    except OutOfReach as why:
                        if self._goodbye is None:
                            self._out_of_reach(why)
                        break
                    await self._send(earlier)
                    if not recent and not earlier:
                        self._turn.end()
                        break
                    if self._turn.over:
                        await self._turn.give()
            code, reason, last_words = self._goodbye
            if last_words is not None:
                await self._transport.send(last_words)
            await self._transport.close(code, reason)
        except ConnectionError:
            pass  # the reader notices it as well
        except Exception:
            logger.exception("a client cannot be written to, and is cut off")
            self._transport.abort()

    async def _send(self, frames: list[str]) -> None:
        self._tally.sent += len(frames)
        for each in batches(frames, self.batch) if self.batch else frames:
            await self._transport.send(each)

    async def _catch_up(self) -> list[str]:
        """Return frames of channels that are behind and may begin; the channels take turns."""
        due = [each for each in self._behind.items() if each[1].turn <= self._buffer.taken][
            :CAUGHT_UP_AT_ONCE
        ]
        if not due:
            return []
        most = (self.batch or MAX_BATCH_BYTES) // len(due)
        found = await asyncio.gather(*(catch_up.next(self._channels, most) for _, catch_up in due))
        frames: list[str] = []
        for (channel, catch_up), some in zip(due, found, strict=True):
            if self._behind.get(channel) is not catch_up:
                continue  # unsubscribed, or requested again, meanwhile
            del self._behind[channel]
            if not catch_up.over:
                self._behind[channel] = catch_up  # to the end, so that the others come first
            frames += some
        return frames
