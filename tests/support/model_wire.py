"""The made-up socket of the recovery model: it can be late, break, lose, stall; both ends of it."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING
from unittest import mock

from websockets.exceptions import ConnectionClosedError

from realtime_widgets.hub.flush import Parcel

if TYPE_CHECKING:
    from support.recovery_world import World

CHANNELS = ("a", "b", "c")


class Pipe:
    """One direction of a socket: frames in order, each at its time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.frames: deque[str] = deque()
        self.last = 0.0  # when the last of them arrives
        self.there = 0  # of them have arrived
        self.arrived = asyncio.Event()
        self.left = asyncio.Event()
        self.broken = False
        self.stalled = False

    def put(self, frame: str) -> None:
        loop = self.world.loop
        self.last = max(loop.now + self.world.latency, self.last)
        self.frames.append(frame)
        loop.call_at(self.last, self._arrive)

    def _arrive(self) -> None:
        # Counted, and no time compared: a loop calls what is due by its clock's resolution, some of it a little early.
        self.there += 1
        self.arrived.set()

    async def get(self) -> str | None:
        """The next frame; None: it is broken."""
        while True:
            if self.broken:
                return None
            if self.there and not self.stalled:
                self.there -= 1
                self.left.set()
                return self.frames.popleft()
            self.arrived.clear()
            await self.arrived.wait()

    def change(self, *, broken: bool | None = None, stalled: bool | None = None) -> None:
        self.broken = self.broken if broken is None else broken
        self.stalled = self.stalled if stalled is None else stalled
        self.arrived.set()
        self.left.set()


class Wire:
    """One socket: the client's end has what a `ClientConnection` has, the hub's what a session's link has."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.down, self.up = Pipe(world), Pipe(world)
        self.transport = mock.Mock(abort=self.reset)
        self.link = HubEnd(self)

    def reset(self) -> None:
        self.down.change(broken=True)
        self.up.change(broken=True)

    def half_open(self) -> None:
        """Nothing passes any more, and nobody is told."""
        self.down.change(stalled=True)
        self.up.change(stalled=True)

    # The client's end

    async def recv(self) -> str:
        frame = await self.down.get()
        if frame is None:
            raise ConnectionClosedError(None, None)
        return frame

    async def send(self, raw: str) -> None:
        if self.up.broken:
            raise ConnectionClosedError(None, None)
        self.up.put(raw)
        await asyncio.sleep(0)

    async def ping(self) -> asyncio.Future[float]:
        if self.up.broken:
            raise ConnectionClosedError(None, None)
        pong: asyncio.Future[float] = self.world.loop.create_future()
        if not self.up.stalled and not self.down.stalled:
            self.world.loop.call_later(2 * self.world.latency, lambda: pong.done() or pong.set_result(0.0))
        return pong

    async def close(self, *_: object) -> None:
        self.reset()


class HubEnd:
    """The hub's end: it waits while eight frames are on their way."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.outlet = self
        self.take: Callable[[bytes], bool] = lambda _: False

    def listen(self, take: Callable[[bytes], bool]) -> None:
        self.take = take

    async def receive(self) -> str | None:
        while (frame := await self.wire.up.get()) is not None and self.take(frame.encode()):
            pass
        return frame

    def free(self) -> bool:
        return len(self.wire.down.frames) < 8 and not self.wire.down.broken

    def pack(self, parcel: Parcel) -> bytes:
        parcel.wire = json.dumps(parcel.texts).encode()
        return parcel.wire

    def write(self, wire: bytes) -> None:
        for text in json.loads(wire):
            self._put(text)

    async def send(self, frame: str) -> None:
        way = self.wire.down
        while len(way.frames) >= 8 and not way.broken:
            way.left.clear()
            await way.left.wait()
        if way.broken:
            raise ConnectionResetError
        self._put(frame)

    def _put(self, frame: str) -> None:
        world = self.wire.world
        envelopes = json.loads(frame)
        envelopes = envelopes if isinstance(envelopes, list) else [envelopes]
        kept = []
        for envelope in envelopes:
            if world.losing > 0 and envelope["type"] in CHANNELS:
                world.losing -= 1
                continue
            kept.append(envelope)
            if world.repeating > 0 and envelope["type"] in CHANNELS:
                world.repeating -= 1
                kept.append(envelope)
        if kept:
            self.wire.down.put(json.dumps(kept))

    async def close(self, *_: object) -> None:
        self.wire.reset()

    def abort(self) -> None:
        self.wire.reset()
