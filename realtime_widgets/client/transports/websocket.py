"""The WebSocket transport: one open socket to a server, from its opening to its end.

It reads, writes and keeps the heartbeat. All state of one link is here or in the link's `Session`, so that a link that
ends slowly cannot affect the next. Everything runs on the I/O thread.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from ...errors import ClientError, ConnectionLost
from ...protocol.heartbeat import Heartbeat
from ...runtime.scheduling import Clock, Timer
from ..masking import Mask
from ..sansio.delivery import Delivery
from ..sansio.outbox import Outbox
from ..timeout import Timeout
from .base import Frames
from .handshake import explain

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

CLOSE_FLUSH_TIMEOUT: Final = 0.5
"""Seconds to send what still waits when the link is ended on purpose."""


PROBE_TIMEOUT: Final = 5.0
"""Seconds that the peer has to answer when we ask whether it is still there."""


class WebSocketTransport:
    """An open socket.

    Args:
        socket: the socket.
        url: where it leads to, for errors.
        outbox: what is sent whenever no control message waits.
        clock: for the heartbeat.
        heartbeat: seconds between two pings; None: none are sent, and silence does not end the link.
        mask: knows the secrets of the connection; None: there are none.
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
        mask: Mask | None = None,
    ) -> None:
        self.heartbeat = None if heartbeat is None else Heartbeat(heartbeat, clock.time())
        """When the peer was last heard; None: there is no heartbeat."""
        self.heard_at = time.time()
        self._socket = socket
        self._url = url
        self._outbox = outbox
        self._mask = mask
        self._clock = clock
        self._frames: Frames = []  # that came and are not delivered yet
        self._urgent: deque[str | None] = deque()  # before the outbox; None: a protocol ping
        self._sending: Delivery | None = None  # handed to the socket, which is still sending it
        self._last: list[Delivery] = []
        self._to_write = asyncio.Event()
        self._timer: Timer | None = None
        self._probe: Timeout | None = None
        self._verdict: ClientError | None = None

    def say(self, raw: str) -> None:
        """Send a control message, before what waits in the outbox."""
        self._urgent.append(raw)
        self._to_write.set()

    def wake(self) -> None:
        """Send what was put into the outbox."""
        self._to_write.set()

    def end_with(self, deliveries: list[Delivery]) -> None:
        """Have these sent before the link is closed; the caller then cancels `run`."""
        self._last = deliveries

    async def run(
        self, deliver: Callable[[Frames], object], on_heartbeat: Callable[[], object]
    ) -> ClientError:
        """Read and write until the link ends; returns why it did. When cancelled, it closes the link.

        Args:
            deliver: gets the frames that came at once.
            on_heartbeat: is called at every heartbeat, to send something besides the ping of the WebSocket protocol.
        """
        # Bytes are a sign of life: a large frame may take longer than the heartbeat on a slow line.
        self._socket.on_bytes = self._heard  # type: ignore[attr-defined]
        writer = asyncio.create_task(self._write())
        self._to_write.set()
        self._schedule_heartbeat(on_heartbeat)
        loop, recv = asyncio.get_running_loop(), self._socket.recv
        try:
            while True:
                frame = await recv()
                if not self._frames:
                    # recv() only suspends when there is nothing left to read: what came at once is delivered at once.
                    loop.call_soon(self._take_in, deliver)
                self._frames.append(frame)
        except asyncio.CancelledError:
            self._over(writer)
            await self._goodbye()
            raise
        except Exception as ended:
            self._take_in(deliver)
            return self._verdict or explain(ended, self._url, mask=self._mask)
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
        """Send what there is to send, in order, until the socket ends."""
        from websockets.exceptions import ConnectionClosed

        try:
            while True:
                await self._to_write.wait()
                self._to_write.clear()
                await self._write_all()
        except ConnectionClosed:
            pass  # the reader notices it too, and what was not sent stays first
        except Exception as error:
            self._abort(explain(error, self._url, mask=self._mask))

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
            async with asyncio.timeout(CLOSE_FLUSH_TIMEOUT):
                while self._last:
                    # One that the socket was sending is on its way: sending it twice would be wrong.
                    if self._last[0] is not self._sending:
                        await self._socket.send(self._last[0].raw)
                    self._outbox.done(self._last.pop(0))
        except (TimeoutError, ConnectionClosed):
            pass
        finally:
            self._outbox.give_up(self._last, f"the connection to {self._url} was closed before")
        await self._socket.close()

    # Heartbeat

    def _schedule_heartbeat(self, on_heartbeat: Callable[[], object]) -> None:
        if self.heartbeat is not None:
            delay = self.heartbeat.due - self._clock.time()
            self._timer = self._clock.call_later(max(0.0, delay), self._check, on_heartbeat)

    def _check(self, on_heartbeat: Callable[[], object]) -> None:
        assert self.heartbeat is not None
        now = self._clock.time()
        due, gone = self.heartbeat.check(now)
        if gone:
            silence = now - self.heartbeat.heard
            self._abort(ConnectionLost(f"nothing was heard from {self._url} for {silence:.0f} s"))
            return
        if due:
            self._urgent.append(None)  # which every WebSocket server answers, whatever it serves
            self._to_write.set()
            on_heartbeat()
        self._schedule_heartbeat(on_heartbeat)

    def probe(self) -> None:
        """Ask whether the peer is still there, and end the link when nothing is heard within `PROBE_TIMEOUT`."""
        if self.heartbeat is not None and self._probe is None:
            self._urgent.append(None)
            self._to_write.set()
            self._probe = Timeout(self._clock, PROBE_TIMEOUT, partial(self._judge, self.heartbeat.heard))

    def _judge(self, heard: float) -> None:
        assert self.heartbeat is not None
        self._probe = None
        if self.heartbeat.heard <= heard and not self._frames:
            self._abort(ConnectionLost(f"nothing was heard from {self._url} since this machine slept"))

    def _heard(self) -> None:
        self.heard_at = time.time()
        if self.heartbeat is not None:
            self.heartbeat.heard = self._clock.time()

    def _ponged(self, answer: asyncio.Future[float]) -> None:
        if not answer.cancelled() and answer.exception() is None:
            self._heard()
