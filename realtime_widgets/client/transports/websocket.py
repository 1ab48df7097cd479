"""The transport: one open socket to a server, from its opening to its end.

What comes over it, what goes out, and its signs of life. Whatever belongs to one link is in here or in the link's
`Session`, so that a link that takes its time to end cannot touch the next. Everything runs on the I/O thread.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from ...errors import ClientError, ConnectionLost
from ...protocol.heartbeat import STALL, Heartbeat
from ...runtime.scheduling import Timer
from ..sansio.outbox import Delivery, Outbox
from .handshake import explain

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

Frames = list[str | bytes]

LAST_WORDS: Final = 0.5
"""Seconds that what was still to be sent may take when the link is ended on purpose."""


PROBE: Final = 5.0
"""Seconds that the other side has to answer when we ask whether it is still there."""


class Clock(Protocol):
    """Time, as an asyncio loop has it; a test may crank its own."""

    def time(self) -> float:
        """Seconds, never running backwards."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Call `callback(*args)` in `delay` seconds, on the I/O thread."""


class Timeout:
    """The time that the other side has for an answer; where we stood still ourselves, a little more: read, then judge.

    Args:
        clock: what it goes by.
        seconds: how long.
        over: called at its end.
    """

    def __init__(self, clock: Clock, seconds: float, over: Callable[[], object]) -> None:
        self._clock = clock
        self._over = over
        self._wait(seconds)

    def cancel(self) -> None:
        """Wait no longer."""
        self._timer.cancel()

    def _wait(self, seconds: float) -> None:
        self._timer = self._clock.call_later(seconds, self._check, self._clock.time() + seconds)

    def _check(self, due: float) -> None:
        if self._clock.time() - due >= STALL:
            self._wait(STALL)
        else:
            self._over()


class Transport(Protocol):
    """What a connection needs of its link, over whatever it goes."""

    one_way: bool
    """Whether nothing can be sent."""
    resumes: bool
    """Whether the server goes on where the last link ended, whatever it numbers."""

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


class WebSocketTransport:
    """An open socket.

    Args:
        socket: the socket.
        url: where it leads to, for errors.
        outbox: what goes out whenever nothing of the link's own is waiting.
        clock: for the signs of life.
        heartbeat: seconds between two of them; None: none are sent, and silence means nothing.
    """

    one_way = False
    resumes = False

    def __init__(
        self,
        socket: ClientConnection,
        url: str,
        *,
        outbox: Outbox,
        clock: Clock,
        heartbeat: float | None,
    ) -> None:
        self.heartbeat = None if heartbeat is None else Heartbeat(heartbeat, clock.time())
        """When the other side was last heard; None: nobody asks."""
        self._socket = socket
        self._url = url
        self._outbox = outbox
        self._clock = clock
        self._frames: Frames = []  # that came and are not delivered yet
        self._urgent: deque[str | None] = deque()  # before the outbox; None: a ping of the protocol's own
        self._sending: Delivery | None = None  # handed to the socket, which is busy
        self._last: list[Delivery] = []
        self._to_write = asyncio.Event()
        self._timer: Timer | None = None
        self._probe: Timeout | None = None
        self._verdict: ClientError | None = None

    def say(self, raw: str) -> None:
        """Send something of the link's own, before what waits in the outbox."""
        self._urgent.append(raw)
        self._to_write.set()

    def wake(self) -> None:
        """Send what was put into the outbox."""
        self._to_write.set()

    def end_with(self, deliveries: list[Delivery]) -> None:
        """Have these sent before the goodbye; whoever ran it then cancels that."""
        self._last = deliveries

    async def run(self, deliver: Callable[[Frames], object], beat: Callable[[], object]) -> ClientError:
        """Read and write until the link ends; returns why it did. When it is cancelled it says goodbye.

        Args:
            deliver: gets the frames that came at once.
            beat: is called at every sign of life, to have something said beside the protocol's own ping.
        """
        writer = asyncio.create_task(self._write())
        self._to_write.set()
        self._beat_later(beat)
        loop, recv = asyncio.get_running_loop(), self._socket.recv
        try:
            while True:
                frame = await recv()
                if not self._frames:
                    # recv() only suspends when there is nothing left to read: what came at once goes on at once.
                    loop.call_soon(self._take_in, deliver)
                self._frames.append(frame)
        except asyncio.CancelledError:
            self._over(writer)
            await self._goodbye()
            raise
        except Exception as ended:
            self._take_in(deliver)
            return self._verdict or explain(ended, self._url)
        finally:
            self._over(writer)

    def _over(self, writer: asyncio.Task[None]) -> None:
        writer.cancel()
        for timer in (self._timer, self._probe):
            if timer is not None:
                timer.cancel()

    def _abort(self, why: ClientError) -> None:
        self._verdict = why
        self._socket.transport.abort()

    def _take_in(self, deliver: Callable[[Frames], object]) -> None:
        frames, self._frames = self._frames, []
        if frames:
            self._heard()
            deliver(frames)

    # Writing

    async def _write(self) -> None:
        """Send what there is to send, in its order, until the socket ends."""
        from websockets.exceptions import ConnectionClosed

        try:
            while True:
                await self._to_write.wait()
                self._to_write.clear()
                await self._write_all()
        except ConnectionClosed:
            pass  # the reader knows, and what was not sent stays first
        except Exception as error:
            self._abort(explain(error, self._url))

    async def _write_all(self) -> None:
        socket, outbox = self._socket, self._outbox
        while True:
            if self._urgent:
                raw = self._urgent.popleft()
                if raw is None:
                    asyncio.ensure_future(await socket.ping()).add_done_callback(self._ponged)
                else:
                    await socket.send(raw)
            elif (delivery := outbox.first) is not None:
                self._sending = delivery
                await socket.send(delivery.raw)
                self._sending = None
                outbox.done(delivery)
            else:
                return

    async def _goodbye(self) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            async with asyncio.timeout(LAST_WORDS):
                while self._last:
                    # One that the socket was busy with is on its way: twice would be wrong.
                    if self._last[0] is not self._sending:
                        await self._socket.send(self._last[0].raw)
                    self._outbox.done(self._last.pop(0))
        except (TimeoutError, ConnectionClosed):
            pass
        finally:
            self._outbox.give_up(self._last, f"the connection to {self._url} was closed before")
        await self._socket.close()

    # Signs of life

    def _beat_later(self, beat: Callable[[], object]) -> None:
        if self.heartbeat is not None:
            delay = self.heartbeat.due - self._clock.time()
            self._timer = self._clock.call_later(max(0.0, delay), self._check, beat)

    def _check(self, beat: Callable[[], object]) -> None:
        assert self.heartbeat is not None
        now = self._clock.time()
        due, gone = self.heartbeat.check(now)
        if gone:
            silence = now - self.heartbeat.heard
            self._abort(ConnectionLost(f"nothing was heard from {self._url} for {silence:.0f} s"))
            return
        if due:
            self._urgent.append(None)  # which every WebSocket server answers, whatever it talks about
            self._to_write.set()
            beat()
        self._beat_later(beat)

    def probe(self) -> None:
        """Ask at once whether the other side is still there; when nothing is heard within `PROBE` the link is ended."""
        if self.heartbeat is not None and self._probe is None:
            self._urgent.append(None)
            self._to_write.set()
            self._probe = Timeout(self._clock, PROBE, partial(self._judge, self.heartbeat.heard))

    def _judge(self, heard: float) -> None:
        assert self.heartbeat is not None
        self._probe = None
        if self.heartbeat.heard <= heard and not self._frames:
            self._abort(ConnectionLost(f"nothing was heard from {self._url} since this machine slept"))

    def _heard(self) -> None:
        if self.heartbeat is not None:
            self.heartbeat.heard = self._clock.time()

    def _ponged(self, answer: asyncio.Future[float]) -> None:
        if not answer.cancelled() and answer.exception() is None:
            self._heard()
