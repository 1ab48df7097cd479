"""The event stream: a hub session over Server-Sent Events, for clients that only listen: an `EventSource`, curl.

It is a `session.ClientTransport` as for a WebSocket, and sends on behalf of its client what that cannot: a hello, and a
subscription to the channels of its path, with positions. Every event is one envelope, and its id has the positions in
all channels after it:

    id: c4f1:17,c4f1:3
    data: {"type": "metrics_update", "channel": "metrics", "epoch": "c4f1", "offset": 17, ...}

so that an `EventSource`, which sends the last id back when it reconnects, is sent what it missed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..protocol.envelope import Message, new_envelope, write
from ..protocol.positions import from_text, to_text, to_wire
from ..protocol.sse import COMMENT, encode, encode_retry
from ..streams.gaps import Position
from .drain import Leaving

if TYPE_CHECKING:
    from starlette.types import Receive, Send

KEEPALIVE_INTERVAL: Final = 15.0
"""Seconds between two comments that keep the connection alive."""

WRITE_TIMEOUT: Final = 30.0
"""Seconds that a client may take to read before it is considered gone."""

RETRY: Final = 3000
"""Milliseconds that an `EventSource` is told to wait before it reconnects, instead of what it was told before: by a
refusal, or when the hub stopped. Our own client is told 0, for it has delays of its own."""

HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # proxies buffer responses otherwise
]


class _Sent(Message):
    """What is sent: of it only this is read, and the data of no other type than `history`."""

    data: msgspec.Raw = msgspec.Raw(b"")


_decode = msgspec.json.Decoder(_Sent).decode


class EventStream:
    """One HTTP response as a session's transport.

    Args:
        channels: that it sends, in the order of its path.
        last_id: the id of the last event that the client has; None: it has none.
        receive, send: of ASGI.
        abort: drops the connection at once.
        streams: those that can be ended; this one is among them until it ends.
        sent: is told the bytes that were sent.
        recent: messages of the past to begin with, of each channel for which the id has no position.
        retry: milliseconds after which the client shall reconnect; None: as it likes.
    """

    def __init__(
        self,
        channels: Sequence[str],
        last_id: str | None,
        receive: Receive,
        send: Send,
        abort: Callable[[], None],
        streams: set[Leaving],
        *,
        sent: Callable[[int], object] = lambda _: None,
        recent: int = 0,
        retry: int | None = None,
    ) -> None:
        self.abort = abort
        self._streams = streams
        self._retry = retry
        self._last_words = b""
        self._channels = channels
        self._positions = positions_of(channels, last_id)
        self._receive = receive
        self._send = send
        self._sent = sent
        self._words: deque[str] = deque()  # messages to the session, on behalf of the client
        self._spoken = asyncio.Event()
        self._subscribed = asyncio.Event()  # the session has heard all that is said at the beginning
        self._responding = asyncio.Event()
        self._ended = False
        hello = {"version": 1, "recovery": True}
        self._speak("hello", hello)
        begin = {"positions": to_wire(self._positions), "recent": dict.fromkeys(channels, recent)}
        self._speak("subscribe", {"streams": list(channels), **begin})

    async def run(self, session: Callable[[], Any]) -> None:
        """Respond with a stream of events, for as long as the session runs.

        It responds once the session follows the channels: what is published when the client is connected reaches it.
        """
        self._streams.add(self)
        served = asyncio.ensure_future(session())
        served.add_done_callback(lambda _: self._subscribed.set())
        beside = [served]
        try:
            await self._subscribed.wait()
            await self._send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            if not self._ended:
                await self._write(COMMENT)
            self._responding.set()
            beside += [asyncio.create_task(self._wait_for_the_end()), asyncio.create_task(self._keep_alive())]
            await served
            with contextlib.suppress(OSError):
                await self._send({"type": "http.response.body", "body": self._last_words, "more_body": False})
        finally:
            self._end()
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    def go(self, retry_after: float) -> None:
        """See `drain.Leaving`: what was not sent yet is sent from the last id on when the client comes again."""
        self._last_words = encode_retry(round(1000 * retry_after))
        self._end()

    # ClientTransport

    outlet: Final = None

    async def receive(self) -> str | None:
        """See `session.ClientTransport`."""
        while not self._ended:
            if self._words:
                return self._words.popleft()
            self._spoken.clear()
            self._subscribed.set()
            await self._spoken.wait()
        return None

    def listen(self, take: Callable[[bytes], bool]) -> None:
        """See `session.ClientTransport`; here the client says next to nothing."""

    async def send(self, frame: str) -> None:
        """See `session.ClientTransport`."""
        await self._responding.wait()
        message = _decode(frame)  # a single one, since the hello does not ask for more at once
        if message.type == "ping":
            self._speak("pong", {}, message.id)
            return
        self._note(message)
        retry = self._retry if message.type == "hello" else None  # once, at the beginning
        await self._write(encode(frame, id=self._id(), retry=retry))

    async def close(self, code: int, reason: str) -> None:
        """See `session.ClientTransport`."""
        self._end()

    # Internals

    def _speak(self, type: str, data: Any, id: str | int | None = None) -> None:
        self._words.append(write(new_envelope(type, data, id=id)))
        self._spoken.set()

    def _note(self, message: _Sent) -> None:
        """Note the client's position after this message."""
        if message.channel is not None and message.epoch is not None and message.offset is not None:
            after = message.offset
            if message.type == "history":
                after = msgspec.json.decode(message.data)["after"]
            self._positions[message.channel] = Position(message.epoch, after)

    def _id(self) -> str | None:
        found = [self._positions.get(channel) for channel in self._channels]
        return ",".join("" if each is None else to_text(each) for each in found)

    async def _write(self, body: bytes) -> None:
        if self._ended:
            raise ConnectionResetError("the client has gone")
        self._sent(len(body))
        try:
            async with asyncio.timeout(WRITE_TIMEOUT):
                await self._send({"type": "http.response.body", "body": body, "more_body": True})
        except TimeoutError:
            self._end()
            self.abort()
            raise ConnectionResetError("the client does not read") from None

    async def _wait_for_the_end(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._end()

    async def _keep_alive(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.sleep(KEEPALIVE_INTERVAL)
                await self._write(COMMENT)

    def _end(self) -> None:
        self._ended = True
        self._streams.discard(self)
        self._spoken.set()


def positions_of(channels: Sequence[str], last_id: str | None) -> dict[str, Position]:
    """Return the positions in an event id of ours; none when it is no such id."""
    parts = (last_id or "").split(",")
    if len(parts) != len(channels):
        return {}
    found = {channel: from_text(part) for channel, part in zip(channels, parts, strict=True)}
    return {channel: position for channel, position in found.items() if position is not None}
