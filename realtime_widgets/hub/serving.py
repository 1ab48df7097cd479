"""Serving: one run of the web server, from its listening socket to the last closed connection.

The server is uvicorn, run as a task on the I/O thread with a socket of ours; no other module knows it. It is imported
when the first hub starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
import weakref
from collections.abc import Callable, Collection, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, Final

from ..errors import UsageError
from .drain import Drain, Leaving, spread
from .limits import Limits
from .protocols import protocols
from .turns import Turns

if TYPE_CHECKING:
    from starlette.types import ASGIApp
    from uvicorn import Server

    from .brokers import Broker

logger = logging.getLogger(__name__)

DRAIN_TIMEOUT: Final = 0.7
"""Seconds that connections have to end by themselves when the hub stops; then they are aborted."""

PING_INTERVAL: Final = 20.0
"""Seconds between two pings of the WebSocket protocol, and seconds that their answers may take."""

ACCEPTED_AT_ONCE: Final = 1
"""Connections that are accepted in one iteration of the event loop, however many come: as many as have their turn."""

WAITING_TO_BE_ACCEPTED: Final = 2048
"""Connections that the system keeps until they are."""

_listening: weakref.WeakSet[socket.socket] = weakref.WeakSet()


def find(host: str) -> tuple[socket.AddressFamily, str]:
    """Return the address of a host, IPv4 if it has one; blocks for as long as the system takes to look it up.

    Raises:
        UsageError: it has none.
    """
    try:
        found = socket.getaddrinfo(host or None, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise UsageError(
            f"the hub cannot listen on {host!r}: {error.strerror}; pass an address of this machine"
        ) from error
    family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    return family, str(address[0])


def listen(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    """Return a listening socket; connections wait in its queue until the server accepts them.

    Raises:
        UsageError: the port is taken, or we may not use it.
    """
    # asyncio has small writes leave at once (TCP_NODELAY) only where the protocol is named.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # Connections in TIME_WAIT do not make a port taken (on Windows the option means something else).
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(WAITING_TO_BE_ACCEPTED)
    except OSError as error:
        listener.close()
        todo = "stop what uses it, choose another port, or port=0 for any free one"
        if error.errno == errno.EADDRNOTAVAIL:
            todo = (
                "pass an address of this machine as host=, such as 127.0.0.1, or 0.0.0.0 for all that it has"
            )
        raise UsageError(
            f"the hub cannot listen on port {port} of {address}: {error.strerror}; {todo}"
        ) from error
    listener.setblocking(False)
    _listening.add(listener)
    return listener


async def accept_no_more(listening: Iterable[Any]) -> None:
    """Stop accepting connections, so that the servers of these sockets can be closed; on their loop.

    A connection accepted in the very iterations of the loop in which a server closes is neither served nor closed:
    https://github.com/python/cpython/issues/109564
    """
    for listener in listening:
        _let_wait(listener)
    for _ in range(3):  # from the listener to a task, from there to a transport, and to its protocol
        await asyncio.sleep(0)


def _let_wait(listener: Any) -> None:
    """Stop accepting from a socket: new connections wait in its queue."""
    with contextlib.suppress(NotImplementedError):  # the event loop of Windows accepts in another way
        asyncio.get_running_loop().remove_reader(listener)


class Serving:
    """One run of the server. It is made on any thread; the rest is for the I/O thread.

    Args:
        app: the ASGI application.
        beside: is run as long as the server runs.
        broker: is opened before and closed after.
        line: in which what comes waits for its turn.
        limits: of frames and handshakes.
        streams: the responses that do not end by themselves.
    """

    def __init__(
        self,
        app: ASGIApp,
        beside: Callable[[], Coroutine[Any, Any, None]],
        broker: Broker,
        line: Turns,
        limits: Limits,
        streams: Collection[Leaving],
    ) -> None:
        self._broker = broker
        self._streams = streams
        self._server = _make_server(app, line, limits)
        self._beside = beside
        self._stop = asyncio.Event()
        self.drain = Drain()
        self._drains_for = 0.0
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.pid = os.getpid()

    @property
    def up(self) -> bool:
        """Whether it answers requests; from any thread."""
        return self._ready.is_set() and not self.stopping and not self.over

    @property
    def stopping(self) -> bool:
        """Whether it is stopping, or has stopped."""
        return self._stop.is_set()

    @property
    def over(self) -> bool:
        """Whether it has ended, or belongs to the parent of a fork; from any thread."""
        return self.pid != os.getpid() or (self._task is not None and self._task.done())

    def begin(self, listener: socket.socket) -> None:
        """Serve on a listening socket, until `stop()` or until cancelled."""
        self._task = asyncio.get_running_loop().create_task(self._run(listener))

    async def answering(self) -> None:
        """Wait until it answers requests, or has ended.

        Raises:
            UsageError: the broker could not begin.
        """
        assert self._task is not None
        ready = asyncio.ensure_future(self._ready.wait())
        await asyncio.wait({ready, self._task}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._task.done() and not self._task.cancelled() and (error := self._task.exception()) is not None:
            raise error

    def stop(self, drain: float = 0.0) -> None:
        """Close every connection (close code 1012) and the server, within `drain`, `DRAIN_TIMEOUT` and a little.

        Args:
            drain: seconds over which clients are sent away, one after the other; 0 ends a drain under way, too.
        """
        if not drain:
            self.drain.hurry()
        elif not self.stopping:
            self._drains_for = drain
        self._stop.set()

    async def stopped(self, drain: float = 0.0) -> None:
        """Stop, and wait until it has ended."""
        self.stop(drain)
        if self._task is not None:
            await asyncio.wait({self._task})

    def remaining(self) -> str:
        """Return what has not ended yet, for a message; from any thread."""
        if not self.stopping:
            return "the I/O thread has not begun with it, because it is busy"
        return f"{len(self._server.server_state.connections)} connections are still open"

    def leave(self) -> None:
        """Start to close every connection and return: the tasks are about to be cancelled."""
        if not self._server.should_exit:
            for server in self._servers():
                for listener in server.sockets:
                    _let_wait(listener)
            self._end_streams()
            for connection in list(self._server.server_state.connections):
                connection.shutdown()

    async def _run(self, listener: socket.socket) -> None:
        with contextlib.closing(listener):
            await self._broker.open()
            try:
                await self._serve(listener)
            finally:
                await self._broker.close()

    async def _serve(self, listener: socket.socket) -> None:
        server = asyncio.create_task(self._server.serve(sockets=[listener]))
        beside = asyncio.create_task(self._beside())
        stop = asyncio.create_task(self._stop.wait())
        try:
            while not (self._server.started or server.done()):
                await asyncio.sleep(0)
            if not server.done():
                listener.listen(WAITING_TO_BE_ACCEPTED)  # the event loop takes its own number for both
                self._ready.set()
            await asyncio.wait({server, beside, stop}, return_when=asyncio.FIRST_COMPLETED)
            if self._drains_for:
                await self.drain.run(self._drains_for, self._there, {server, beside})
            self._stop.set()
            await accept_no_more([listener])
            self._end_streams()
            self._server.should_exit = True
            await asyncio.wait({server}, timeout=DRAIN_TIMEOUT)
        finally:
            for going in self._servers():
                going.close()
            listener.close()
            for connection in list(self._server.server_state.connections):
                connection.transport.abort()
            await _end(beside, stop)
            await asyncio.wait(
                {server}, timeout=DRAIN_TIMEOUT / 4
            )  # uvicorn checks `should_exit` ten times a second
            await _end(server)

    def _there(self) -> list[Leaving]:
        """Return the WebSockets and streams that have not been asked to go."""
        found: Iterable[Any] = self._server.server_state.connections
        sockets = (one for one in found if hasattr(one, "go") and one.handshake_complete)
        return [*(one for one in sockets if not one.close_sent), *self._streams]

    def _end_streams(self) -> None:
        for stream in list(self._streams):
            stream.go(spread(len(self._server.server_state.connections)))

    def _servers(self) -> list[asyncio.Server]:
        return getattr(self._server, "servers", [])  # uvicorn sets it when it starts


async def _end(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    for error in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(error, Exception):
            logger.error("the hub ended because of an error", exc_info=error)


def _make_server(app: ASGIApp, line: Turns, limits: Limits) -> Server:
    from uvicorn import Config, Server

    http, websockets = protocols(line, limits.handshake)
    config = Config(
        app,
        http=http,
        ws=websockets,
        ws_max_size=limits.frame_bytes,
        ws_ping_interval=PING_INTERVAL,
        ws_ping_timeout=PING_INTERVAL,
        ws_per_message_deflate=False,  # on this machine it would only cost time and memory
        interface="asgi3",
        lifespan="off",
        log_config=None,
        proxy_headers=False,  # any client could forge them; `forwarded` knows whose to read
        server_header=False,
        backlog=ACCEPTED_AT_ONCE,
    )
    config.load()
    config.loaded_app = app  # at the level TRACE uvicorn wraps it in a middleware that logs every query
    return Server(config)


def _close_inherited() -> None:
    """Close them in a forked child: its copy of a listening socket would keep the port taken after the hub's end."""
    for listener in list(_listening):
        listener.close()
    _listening.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_inherited)
