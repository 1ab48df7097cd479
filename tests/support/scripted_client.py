"""A client of a hub that says nothing by itself, for tests of what a hub says."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from realtime_widgets.hub import Hub

LIMIT = 60.0
"""Seconds that anything may take on a busy machine; a test that waits so long fails."""

Answer = dict[str, Any]


class ScriptedClient:
    """A client that says nothing by itself."""

    def __init__(self, ws: ClientConnection) -> None:
        self.ws = ws
        self.frames: list[Any] = []
        """Everything that came, as it came."""
        self._waiting: list[Answer] = []

    async def say(self, type: str, data: Any = None, **more: Any) -> None:
        await self.ws.send(json.dumps({"type": type, "data": data, **more}))

    async def next(self) -> Answer:
        while not self._waiting:
            frame = json.loads(await asyncio.wait_for(self.ws.recv(), LIMIT))
            self.frames.append(frame)
            self._waiting += frame if isinstance(frame, list) else [frame]
        return self._waiting.pop(0)

    def give_back(self, messages: list[Answer]) -> None:
        """Have messages come again, as the next ones."""
        self._waiting = messages + self._waiting

    async def heard(self, type: str) -> tuple[Answer, list[Answer]]:
        """Return the next message of a type, and those that came before it."""
        before: list[Answer] = []
        while (message := await self.next())["type"] != type:
            before.append(message)
        return message, before

    async def hello(self, *channels: str, batch: bool = True, **can: Any) -> Answer:
        await self.say("hello", {"version": 1, "batch": batch} | can)
        answer, _ = await self.heard("hello")
        if channels:
            await self.say("subscribe", {"streams": list(channels)})
            self.give_back(await self.settled())
        return answer

    async def settled(self) -> list[Answer]:
        """Wait until all that was said has been done; returns what came meanwhile."""
        await self.say("ping", {}, id="settled")
        return (await self.heard("pong"))[1]

    async def ended(self) -> ConnectionClosed:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LIMIT):
                while True:
                    try:
                        self.frames.append(json.loads(await self.ws.recv()))
                    except ConnectionClosed as error:
                        return error
        raise AssertionError("the connection was not closed")


@contextlib.asynccontextmanager
async def client(hub: Hub, **options: Any) -> AsyncIterator[ScriptedClient]:
    if hub.token is not None:
        options = {"additional_headers": {"Authorization": f"Bearer {hub.token}"}} | options
    async with connect(hub.url, proxy=None, close_timeout=1, **options) as ws:
        yield ScriptedClient(ws)


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(main, 2 * LIMIT))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        os.sched_yield() if hasattr(os, "sched_yield") else threading.Event().wait(0.001)


def handshake(hub: Hub, path: str = "/ws/dashboard", **headers: str | None) -> tuple[int, str]:
    """Return how the hub answers an opening handshake."""
    given: dict[str, str | None] = {
        "Host": f"127.0.0.1:{hub.port}",
        "Authorization": f"Bearer {hub.token}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    } | headers
    connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=LIMIT)
    try:
        connection.putrequest("GET", path, skip_host=True)
        for name, value in given.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, "" if answer.status == 101 else answer.read().decode()
    finally:
        connection.close()


def small_socket(hub: Hub) -> socket.socket:
    """A connection whose window is small, so that what is not read soon backs up."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect(("127.0.0.1", hub.port))
    return made
