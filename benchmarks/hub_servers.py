"""The servers of `hub.py`, each in a process of its own: our hub, what users would use in its place, Redis, NATS."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection
from typing import Any

import psutil

TOKEN = "of-the-benchmark"


def bare(line: Connection) -> None:
    """A server as everybody writes it first: what comes at `/publish` goes to all others by `websockets.broadcast`."""
    from websockets.asyncio.server import ServerConnection, broadcast, serve
    from websockets.exceptions import ConnectionClosed

    there: set[ServerConnection] = set()

    async def handler(socket: ServerConnection) -> None:
        assert socket.request is not None
        if socket.request.path == "/publish":
            with contextlib.suppress(ConnectionClosed):
                async for frame in socket:
                    broadcast(there, frame)
            return
        there.add(socket)
        try:
            await socket.wait_closed()
        finally:
            there.discard(socket)

    async def main() -> None:
        async with serve(handler, "127.0.0.1", 0, compression=None) as server:
            line.send(next(iter(server.sockets)).getsockname()[1])
            await asyncio.Future()

    asyncio.run(main())


def ours(line: Connection, broker: str) -> None:
    """A hub without limits: what it can do is asked here, not what it may."""
    import realtime_widgets as rw

    limits = rw.Limits(messages=None, connections=None, connections_each=None, connects=None)
    with rw.Hub(broker=broker, token=TOKEN, limits=limits) as hub:
        line.send(hub.port)
        line.recv()


class Server:
    """One of them, running.

    Args:
        run: the function above.
        arguments: for it, after the line.
    """

    def __init__(self, run: Callable[..., None], *arguments: Any) -> None:
        self.line, there = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("spawn").Process(
            target=run, args=(there, *arguments), daemon=True
        )
        self.process.start()
        assert self.process.pid is not None
        self.port: int = self.line.recv()
        self.pid = self.process.pid

    @property
    def cpu(self) -> float:
        """Seconds of CPU time that it has taken."""
        return cpu_of(self.pid)

    @property
    def rss(self) -> int:
        """Bytes of memory that it has."""
        return int(psutil.Process(self.pid).memory_info().rss)

    def stop(self) -> None:
        self.process.kill()
        self.process.join()


@contextlib.contextmanager
def server(run: Callable[..., None], *arguments: Any) -> Iterator[Server]:
    one = Server(run, *arguments)
    try:
        yield one
    finally:
        one.stop()


def cpu_of(pid: int) -> float:
    """Return the seconds of CPU time that a process has taken."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def redis() -> AbstractContextManager[tuple[str, int]]:
    """A redis-server that keeps nothing on disk; gives its address and its pid."""
    return _engine(
        "redis://127.0.0.1:{port}/0",
        ("redis-server", "valkey-server"),
        "--port {port} --bind 127.0.0.1 --dir {folder} --save",
        "",
    )


def nats() -> AbstractContextManager[tuple[str, int]]:
    """A nats-server with JetStream in a file, as it is by default; gives its address and its pid."""
    return _engine(
        "nats://127.0.0.1:{port}",
        ("nats-server",),
        "--port {port} --addr 127.0.0.1 --jetstream --sd {folder}",
    )


@contextlib.contextmanager
def _engine(url: str, programs: Sequence[str], options: str, *last: str) -> Iterator[tuple[str, int]]:
    program = next(filter(None, map(shutil.which, programs)), None)
    if program is None:
        raise SystemExit(f"there is no {programs[0]}: .ci/system installs it")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        arguments = options.format(port=port, folder=folder).split()
        nothing = subprocess.DEVNULL
        process = subprocess.Popen([program, *arguments, *last], stdout=nothing, stderr=nothing)
        try:
            while process.poll() is None:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.01)
            yield url.format(port=port), process.pid
        finally:
            process.kill()
            process.wait()
