"""Faults of the network between a real client and a real server, after the model of toxiproxy.

A `Proxy` passes the bytes of TCP connections on, and does to them what a test tells it to. What a method sets holds
when it returns, for the connections that are open and for later ones, until `heal()`. Bytes are held back and never
lost: TCP would send them again. What the system has taken for a peer already arrives whatever is set.

It holds little (`CHUNK`, `DEPTH`, `SYSTEM`), so whoever does not read slows the one who writes.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import socket
import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from realtime_widgets.hub.serving import accept_no_more, listen
from support.servers import Thread

Direction = Literal["both", "down", "up"]
"""Down is from the server to the client."""

CHUNK = 4096
"""Bytes that are taken at a time, and are late together."""

DEPTH = 16
"""Chunks on their way in one direction of a connection: with these, latency limits throughput, as a TCP window does."""

SYSTEM = 32 * 1024
"""Bytes that the system shall hold for each socket; it makes more of it, but does not let it grow."""

BEATS = 20
"""Pieces in a second when bandwidth is short."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What one direction suffers: seconds, bytes, bytes per second; None: no limit."""

    latency: float = 0.0
    jitter: float = 0.0
    held: bool = False
    slow_close: float = 0.0
    bandwidth: float | None = None
    size: int | None = None
    pause: float = 0.0
    limit: int | None = None


class Proxy(Thread):
    """A TCP proxy on a free loopback port, in a thread of its own.

    A server that refuses a connection shows as one that closes it at once.

    Args:
        server: port of the server, on 127.0.0.1.
        seed: of chance.
    """

    def __init__(self, server: int, *, seed: int = 0) -> None:
        self.server, self.seed = server, seed
        self.port = 0
        self.connections = 0
        """How many were accepted so far."""
        self.passed = {"down": 0, "up": 0}
        """Bytes, counted before they are sent: what somebody has heard has been counted."""
        self.faults = {"down": Faults(), "up": Faults()}
        self._links: set[_Link] = set()
        self._listener: socket.socket | None = None

    def __enter__(self) -> Proxy:
        super().__enter__()
        self.changed = asyncio.Event()
        self.up()
        return self

    def __exit__(self, *exc: object) -> None:
        self.down()
        super().__exit__(*exc)

    @property
    def open(self) -> int:
        """How many connections there are now."""
        return len(self._links)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def to(self, url: str) -> str:
        """The address of something on the server, by way of the proxy."""
        assert urlsplit(url).port == self.server, f"{url} is not on port {self.server}"
        return url.replace(f":{self.server}", f":{self.port}", 1)

    # Faults

    def latency(self, seconds: float, jitter: float = 0.0, *, direction: Direction = "both") -> None:
        """Every chunk is late, some by up to `jitter` seconds more; the order is kept."""
        self._set(direction, latency=seconds, jitter=jitter)

    def half_open(self, *, direction: Direction = "both") -> None:
        """A black hole: nothing passes, no end of a connection either, and nobody is told."""
        self._set(direction, held=True)

    def slow_close(self, seconds: float, *, direction: Direction = "both") -> None:
        """When one side ends the connection (FIN or RST), the other hears of it so much later."""
        self._set(direction, slow_close=seconds)

    def bandwidth(self, bytes_per_second: float, *, direction: Direction = "both") -> None:
        """No more than so many bytes pass in a second, in each connection."""
        self._set(direction, bandwidth=bytes_per_second)

    def slicing(self, size: int, pause: float = 0.0, *, direction: Direction = "both") -> None:
        """Bytes pass in pieces of 1 to `size`, at least `pause` seconds apart."""
        self._set(direction, size=size, pause=pause)

    def limit(self, size: int) -> None:
        """Each connection is closed (FIN) when `size` bytes, from now on, have gone down: in the midst of a frame."""
        self._set("down", limit=size)

    def reset(self) -> None:
        """Cut the open connections with an RST, and go on."""
        self.run(self._cut(reset=True))

    def down(self) -> None:
        """Listen no more, and close the open connections (FIN)."""

        async def stop() -> None:
            if self._listener is not None:
                await accept_no_more([self._listener])
                self._listener.close()
                self._listener = None
            await self._cut()

        self.run(stop())

    def up(self) -> None:
        """Listen, again on the same port."""

        async def start() -> None:
            if self._listener is None:
                self._listener = listen(socket.AF_INET, "127.0.0.1", self.port)
                self.port = self._listener.getsockname()[1]
                self.loop.add_reader(self._listener, self._accept, self._listener)

        self.run(start())

    def heal(self) -> None:
        """Take all faults away, and listen; what was held back passes at once."""
        self._set("both", **asdict(Faults()))
        self.up()

    def _set(self, direction: Direction, **change: Any) -> None:
        async def change_them() -> None:
            for one in ("down", "up") if direction == "both" else (direction,):
                self.faults[one] = replace(self.faults[one], **change)
            if "limit" in change:
                for link in self._links:
                    link.down.given = 0
            self.changed.set()
            self.changed = asyncio.Event()

        self.run(change_them())

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):  # it has gone away again
            client, _ = listener.accept()
            self.connections += 1
            link = _Link(self, client)
            self._links.add(link)
            link.task.add_done_callback(lambda _: self._links.discard(link))

    async def _cut(self, *, reset: bool = False) -> None:
        links = list(self._links)
        for link in links:
            link.cut(reset=reset)
        await asyncio.gather(*(link.task for link in links), return_exceptions=True)


class _Link:
    """One connection: two sockets, and two ways between them."""

    def __init__(self, proxy: Proxy, client: socket.socket) -> None:
        self.proxy = proxy
        self.client, self.server = client, socket.socket()
        for one in (self.client, self.server):
            one.setblocking(False)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SYSTEM)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SYSTEM)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.up = _Way(self, "up", self.client, self.server)
        self.down = _Way(self, "down", self.server, self.client)
        self._reset = False
        self.task = proxy.loop.create_task(self._run())
        self.task.add_done_callback(self._end)  # a task that is cancelled before it begins runs no `finally`

    def cut(self, *, reset: bool = False) -> None:
        self._reset = reset
        self.task.cancel()

    async def _run(self) -> None:
        await self.up.until(lambda _: 0.0)  # into a black hole no connection opens
        try:
            await self.proxy.loop.sock_connect(self.server, ("127.0.0.1", self.proxy.server))
        except OSError:
            return
        async with asyncio.TaskGroup() as tasks:
            for way, back in ((self.up, self.down), (self.down, self.up)):
                tasks.create_task(way.take())
                tasks.create_task(way.give(back))

    def _end(self, _: object) -> None:
        for one in (self.client, self.server):
            with contextlib.suppress(OSError), one:
                if self._reset:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                else:
                    one.shutdown(socket.SHUT_WR)
                    for _ in range(8):  # bytes that nobody has read would make an RST of it
                        one.recv(SYSTEM)


class _Way:
    """One direction of a connection: bytes, and at last its end (b"" is FIN, None is RST)."""

    def __init__(self, link: _Link, name: str, source: socket.socket, sink: socket.socket) -> None:
        self.given = 0
        self._link, self._name, self._source, self._sink = link, name, source, sink
        self._proxy, self._loop = link.proxy, link.proxy.loop
        self._random = random.Random(f"{self._proxy.seed} {self._proxy.connections} {name}")
        self._queue: asyncio.Queue[tuple[float, bytes | None]] = asyncio.Queue(DEPTH)  # when, and what
        self._last = 0.0

    @property
    def faults(self) -> Faults:
        return self._proxy.faults[self._name]

    async def until(self, due: Callable[[Faults], float]) -> None:
        """Wait for a time that the faults decide, anew whenever they change."""
        while self.faults.held or due(self.faults) > self._loop.time():
            at = None if self.faults.held else due(self.faults)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(at):
                    await self._proxy.changed.wait()

    async def take(self) -> None:
        """Take what comes from the source, and let it wait when there is no room."""
        chunk: bytes | None = b"-"
        while chunk:
            try:
                chunk = await self._loop.sock_recv(self._source, CHUNK)
            except OSError:
                chunk = None
            await self._queue.put((self._loop.time(), chunk))

    async def give(self, back: _Way) -> None:
        """Give it to the sink when its time has come; when the sink is gone, tell the source."""
        chunk: bytes | None = b"-"
        try:
            while chunk:
                came, chunk = await self._queue.get()
                luck, rest = self._random.random(), chunk
                while rest:
                    rest = await self._pass(came, luck, rest)
            await self.until(lambda now: came + now.latency + now.slow_close)
            if chunk is not None:
                self._sink.shutdown(socket.SHUT_WR)
                return
        except OSError:
            gone = self._loop.time()
            await back.until(lambda now: gone + now.latency + now.slow_close)
        self._link.cut(reset=True)

    async def _pass(self, came: float, luck: float, chunk: bytes) -> bytes:
        """Give a piece of a chunk; returns the rest."""
        await self.until(lambda now: max(came + now.latency + luck * now.jitter, self._last + now.pause))
        begun, size = self._loop.time(), len(chunk)
        if self.faults.size is not None:
            size = min(size, self._random.randint(1, self.faults.size))
        if self.faults.bandwidth is not None:
            size = min(size, max(1, int(self.faults.bandwidth / BEATS)))
        await self.until(lambda now: begun + size / (now.bandwidth or math.inf))
        limit = self.faults.limit
        if limit is not None:
            size = min(size, limit - self.given)
        self.given += size
        self._proxy.passed[self._name] += size
        await self._loop.sock_sendall(self._sink, chunk[:size])
        self._last = self._loop.time()
        if limit is not None and self.given >= limit:
            self._link.cut()
            await asyncio.sleep(math.inf)  # nothing more, until this is cancelled
        return chunk[size:]
