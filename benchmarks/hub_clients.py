"""The clients of `hub.py`, in a process of their own, and as cheap as they can be: they count, and read no JSON.

Each message has one `MARK` and then its number, seven digits: what has arrived is counted by it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import struct
import time
from multiprocessing.connection import Connection
from typing import Any

from hub_servers import TOKEN

CHANNEL = "bench"

MARK = b"#@~"
"""No head of a frame has these three bytes."""

AT_ONCE = 64
"""Connections that are being opened at a time."""

PATIENCE = 60.0
"""Seconds in which what is waited for must happen."""


def frame(text: str) -> bytes:
    """Return a text frame of a client; its mask is zero, so that it costs nothing."""
    data = text.encode()
    size = len(data)
    head = struct.pack("!BB", 0x81, 0x80 | size) if size < 126 else struct.pack("!BBH", 0x81, 0xFE, size)
    return head + bytes(4) + data


def said(type: str, data: Any, **more: Any) -> bytes:
    return frame(json.dumps({"type": type, "data": data, **more}))


def data(number: int) -> dict[str, Any]:
    return {"loss": 0.4213, "accuracy": 0.9312, "step": 12, "n": f"{MARK.decode()}{number:07}"}


def envelope(number: int) -> str:
    """What our hub sends of such a message."""
    return json.dumps(
        {"type": CHANNEL, "data": data(number), "timestamp": 1795456052100, "id": "x7Qfx7Qfx7Qf"}
        | {"channel": CHANNEL, "epoch": "c4f1a0b2", "offset": number},
        separators=(",", ":"),
    )


class Crowd:
    """All clients of one server."""

    def __init__(self) -> None:
        self.readers: list[Reader] = []
        self.publisher: Reader | None = None
        self.got = 0
        self.want = 0
        self.all_there = asyncio.Event()
        self.number = 0
        self.sent_at: dict[int, float] = {}
        self.ages: list[float] | None = None

    def count(self, data: bytes) -> None:
        self.got += data.count(MARK)
        if self.ages is not None:
            now = time.perf_counter()
            for part in data.split(MARK)[1:]:
                if len(part) > 6 and (sent := self.sent_at.get(int(part[:7]))) is not None:
                    self.ages.append(now - sent)
        if self.got >= self.want:
            self.all_there.set()

    def publish(self, kind: str, count: int) -> None:
        """Send messages, in one write; all are to be received by everybody."""
        assert self.publisher is not None
        numbers = range(self.number, self.number + count)
        self.number += count
        self.want += count * len(self.readers)
        self.all_there.clear()
        now = time.perf_counter()
        if self.ages is not None:
            self.sent_at.update(dict.fromkeys(numbers, now))
        if kind == "bare":
            frames = [frame(envelope(number)) for number in numbers]
        else:
            frames = [said("publish", data(number), channel=CHANNEL) for number in numbers]
        self.publisher.transport.write(b"".join(frames))

    async def arrived(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.all_there.wait()


class Reader(asyncio.Protocol):
    """One client."""

    transport: asyncio.Transport

    def __init__(self, crowd: Crowd, path: str, first: bytes) -> None:
        self.crowd = crowd
        self.path = path
        self.first = first
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.end = b""  # of what was read: a mark may be split
        self.waits_for = b'"type":"ack"' if first else b"HTTP/1.1 101"

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            f"Authorization: Bearer {TOKEN}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if not self.ready.done():
            if data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 101"):
                self.ready.set_exception(ConnectionError(data.decode(errors="replace")))
            elif data.startswith(b"HTTP/1.1 101") and self.first:
                self.transport.write(self.first)
            elif self.waits_for in data:
                self.ready.set_result(None)
        if (ping := data.find(b"\x89\x04")) >= 0:  # no text of ours has such a byte
            self.transport.write(b"\x8a\x84\0\0\0\0" + data[ping + 2 : ping + 6])
        if b'"type":"ping"' in data:
            self.transport.write(said("pong", {}))
        data = self.end + data
        self.end = data[1 - len(MARK) :]
        self.crowd.count(data)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(error or ConnectionError("closed before it was of use"))


class Clients:
    """What the program has them do; each method is called by its name."""

    def __init__(self) -> None:
        self.crowds: dict[str, Crowd] = {}

    async def open(self, name: str, kind: str, port: int, count: int, batch: bool = False) -> float:
        """Open more connections that follow the channel; returns the seconds that it took."""
        crowd = self.crowds.setdefault(name, Crowd())
        if kind == "bare":
            path, first = "/", b""
        else:
            path = "/ws/dashboard"
            hello = {"version": 1, "recovery": True, "acks": True, "batch": batch}
            first = said("hello", hello) + said("subscribe", {"streams": [CHANNEL]}, id="s")
        room = asyncio.Semaphore(AT_ONCE)
        began = time.perf_counter()

        async def one() -> Reader:
            async with room:
                return await self._connect(crowd, port, path, first)

        crowd.readers += await asyncio.gather(*(one() for _ in range(count)))
        return time.perf_counter() - began

    async def publisher(self, name: str, kind: str, port: int) -> None:
        """Open the connection that publishes, and see one message arrive everywhere."""
        crowd = self.crowds[name]
        path = "/publish" if kind == "bare" else "/ws/dashboard"
        crowd.publisher = await self._connect(crowd, port, path, b"")
        if kind != "bare":
            crowd.publisher.transport.write(said("hello", {"version": 1}))
        crowd.publish(kind, 1)
        await crowd.arrived()

    async def _connect(self, crowd: Crowd, port: int, path: str, first: bytes) -> Reader:
        loop = asyncio.get_running_loop()
        _, reader = await loop.create_connection(lambda: Reader(crowd, path, first), "127.0.0.1", port)
        async with asyncio.timeout(PATIENCE):
            await reader.ready
        return reader

    async def bursts(self, name: str, kind: str, count: int, size: int) -> tuple[float, int]:
        """Publish bursts, each when all have received the one before; returns the seconds, and the deliveries."""
        crowd = self.crowds[name]
        before, began = crowd.got, time.perf_counter()
        for _ in range(count):
            crowd.publish(kind, size)
            await crowd.arrived()
        return time.perf_counter() - began, crowd.got - before

    async def latency(self, name: str, kind: str, rate: float, seconds: float) -> list[float]:
        """Publish at a rate; returns the milliseconds from publishing to each delivery."""
        crowd = self.crowds[name]
        crowd.ages = []
        began = time.perf_counter()
        for turn in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + turn / rate - time.perf_counter()))
            crowd.publish(kind, 1)
        await crowd.arrived()
        ages, crowd.ages = crowd.ages, None
        crowd.sent_at.clear()
        return [1000 * age for age in ages]

    async def close(self, name: str) -> None:
        """Drop all connections of a crowd."""
        crowd = self.crowds.pop(name)
        for reader in [*crowd.readers, *([crowd.publisher] if crowd.publisher else [])]:
            reader.transport.abort()
        await asyncio.sleep(0.2)


def serve(line: Connection) -> None:
    """Do what the program says, until it says nothing more."""

    async def main() -> None:
        gc.freeze()
        clients = Clients()
        loop = asyncio.get_running_loop()
        line.send("ready")
        while (told := await loop.run_in_executor(None, line.recv)) is not None:
            name, arguments = told
            try:
                line.send(await getattr(clients, name)(*arguments))
            except Exception as error:
                line.send(RuntimeError(f"{name}{arguments}: {error!r}"))

    asyncio.run(main())


class Puppets:
    """The process of clients, as the program sees it: `puppets.bursts("ours", …)` has them do it."""

    def __init__(self) -> None:
        self._line, there = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
        self._process.start()
        self._line.recv()

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            self._line.send((name, arguments))
            found = self._line.recv()
            if isinstance(found, Exception):
                raise found
            return found

        return call

    def stop(self) -> None:
        self._process.kill()
        self._process.join()
