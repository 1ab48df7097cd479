"""Real servers for clients to meet, each on a free loopback port, in a thread of its own."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from realtime_widgets.hub.serving import accept_no_more

LIMIT = 60.0
"""Seconds after which a condition that has not come true counts as a failure."""

Handler = Callable[[ServerConnection], Awaitable[object]]


def wait_for(condition: Callable[[], object], what: str = "it") -> None:
    """Wait until a condition comes true."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, f"{what} never came true"
        time.sleep(0.002)


class Thread:
    """An event loop in a thread, for as long as the context lasts."""

    def __enter__(self) -> Any:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="a test's server", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(LIMIT)
        self.loop.close()

    def run(self, coro: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coro, self.loop).result(LIMIT)

    async def _end(self) -> None:
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class Server(Thread):
    """A WebSocket server that remembers what it hears.

    Args:
        handler: called with each connection after it was noted; None: it only listens.
        options: of `websockets.asyncio.server.serve`.
    """

    def __init__(self, handler: Handler | None = None, **options: Any) -> None:
        self.frames: list[str | bytes] = []
        self.headers: list[Any] = []
        self.closed: list[int | None] = []
        self.sockets: set[ServerConnection] = set()
        self._handler = handler
        self._options = options
        self._server: Any = None
        self.port = 0

    def __enter__(self) -> Server:
        super().__enter__()
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
        super().__exit__(*exc)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    @property
    def connections(self) -> int:
        """How many there were."""
        return len(self.headers)

    @property
    def open(self) -> int:
        return len(self.sockets)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The envelopes that it heard."""
        return [json.loads(frame) for frame in self.frames]

    def said(self, kind: str) -> list[dict[str, Any]]:
        """Those of one type."""
        return [message for message in self.messages if message["type"] == kind]

    def types(self) -> list[str]:
        return [message["type"] for message in self.messages]

    def start(self) -> None:
        """Listen, again on the same port."""

        may_come = self._options.get("process_request")

        async def come(socket: ServerConnection, request: Request) -> Response | None:
            answer = may_come and may_come(socket, request)
            if answer is None:  # noted before it is let in: a client that is connected has been counted
                self.sockets.add(socket)
                self.headers.append(request.headers)
                socket.connection_lost_waiter.add_done_callback(lambda _: self.sockets.discard(socket))
            return answer

        async def start() -> None:
            self._server = await serve(
                self._serve, "127.0.0.1", self.port, **self._options | {"process_request": come}
            )
            self.port = self._server.sockets[0].getsockname()[1]

        self.run(start())

    def stop(self) -> None:
        async def stop() -> None:
            if self._server.is_serving():
                await accept_no_more(self._server.sockets)
            self._server.close()
            await self._server.wait_closed()

        self.run(stop())

    def send(self, *frames: Any) -> None:
        """Send to all: text, bytes, or what becomes JSON."""

        async def send() -> None:
            for frame in frames:
                raw = frame if isinstance(frame, str | bytes) else json.dumps(frame)
                for socket in list(self.sockets):
                    with contextlib.suppress(ConnectionClosed):
                        await socket.send(raw)

        self.run(send())

    def close_all(self, code: int = 1000, reason: str = "") -> None:
        async def close() -> None:
            for socket in list(self.sockets):
                await socket.close(code, reason)

        self.run(close())

    async def _serve(self, socket: ServerConnection) -> None:
        try:
            if self._handler is not None:
                await self._handler(socket)
            async for frame in socket:
                self.frames.append(frame)
        except ConnectionClosed:
            pass
        finally:
            self.sockets.discard(socket)
            self.closed.append(socket.close_code)


Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, object]]


async def listen(peer: Peer, port: int = 0) -> asyncio.Server:
    """Listen for TCP connections, with each of which `peer` talks, until it is cancelled: then it is dropped."""

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.ensure_future(peer(reader, writer))
        # Here, and not in the peer: who comes at the very end is cancelled before it has begun.
        talk.add_done_callback(lambda talk: talk.cancelled() and writer.transport.abort())

    return await asyncio.start_server(accept, "127.0.0.1", port)


@contextlib.contextmanager
def plain(peer: Peer) -> Iterator[int]:
    """A TCP server that does as `peer` does; gives its port."""
    with Thread() as thread:

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await peer(reader, writer)
            finally:
                writer.close()

        server = thread.run(listen(talk))
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            thread.run(accept_no_more(server.sockets))
            thread.loop.call_soon_threadsafe(server.close)


async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Shakes hands as a WebSocket server, and neither says nor answers anything ever after."""
    key = ""
    while line := (await reader.readline()).decode().strip():
        name, _, value = line.partition(":")
        key = value.strip() if name.lower() == "sec-websocket-key" else key
    magic = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(magic) + b"\r\n\r\n"
    )
    while await reader.read(4096):
        pass


def refusing(status: int) -> Any:
    return lambda connection, _: connection.respond(HTTPStatus(status), "")
