"""The world of the recovery model: real clients and a real hub's sessions in one event loop, on a clock of its own.

Only the socket between them is made up: it can be late, break, lose, stall, and turn people away.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import functools
import json
import random
import selectors
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from websockets.exceptions import ConnectionClosedError

from realtime_widgets.client import Client, dialing
from realtime_widgets.client.pool import Pool
from realtime_widgets.client.sansio import inbox
from realtime_widgets.client.sansio.delivery import Delivery
from realtime_widgets.errors import ConnectionLost, Unauthorized
from realtime_widgets.hub import send_buffer, session
from realtime_widgets.hub.brokers import Broker
from realtime_widgets.hub.channels import encode_publication
from realtime_widgets.hub.flush import Parcel
from realtime_widgets.hub.session import HubSession
from realtime_widgets.hub.state import HubState
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.streams.gaps import Gap, Position
from support.threadless_brokers import File, Memory, Storage

CHANNELS = ("a", "b", "c")


class _NoFiles(selectors.SelectSelector):
    """Waits for nothing: time goes on by itself."""

    def __init__(self, loop: Timeless) -> None:
        super().__init__()
        self._timeless = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("nothing will ever happen")
        self._timeless.now += max(0.0, timeout)
        return []


class Timeless(asyncio.SelectorEventLoop):
    """An event loop that does not wait: when nothing is to be done it is later."""

    def __init__(self) -> None:
        self.now = 1000.0
        super().__init__(_NoFiles(self))

    def time(self) -> float:
        return self.now


def _finish(future: concurrent.futures.Future[Any], fn: Callable[..., Any], args: tuple[Any, ...]) -> None:
    try:
        future.set_result(fn(*args))
    except BaseException as error:
        future.set_exception(error)


class Threadless:
    """A runtime whose threads are all the loop's."""

    def __init__(self, loop: Timeless) -> None:
        self._loop = loop
        self._paused: list[Callable[[], None]] = []
        self.slow = False
        """Whether users' functions take their time: what is submitted waits."""

    def let_go(self) -> None:
        """Have what waits called."""
        self.slow = False
        for run in self._paused:
            self._loop.call_soon(run)
        self._paused.clear()

    def call_soon(self, fn: Callable[..., object], *args: Any) -> None:
        self._loop.call_soon(fn, *args)

    def submit(self, fn: Callable[..., Any], *args: Any) -> concurrent.futures.Future[Any]:
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        run = functools.partial(_finish, future, fn, args)
        if self.slow:
            self._paused.append(run)
        else:
            self._loop.call_soon(run)
        return future

    def call_apart(self, fn: Callable[..., Any], *args: Any) -> concurrent.futures.Future[Any]:
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        self._loop.call_soon(_finish, future, fn, args)  # whatever takes its time
        return future

    def on_stop(self, fn: Callable[[], object]) -> Callable[[], None]:
        return lambda: None

    def wait(self, future: concurrent.futures.Future[Any], timeout: float | None) -> Any:
        raise AssertionError("nobody waits here: time would stand still")


class Pipe:
    """One direction of a socket: frames in order, each at its time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.frames: deque[tuple[float, str]] = deque()
        self.arrived = asyncio.Event()
        self.left = asyncio.Event()
        self.broken = False
        self.stalled = False

    def put(self, frame: str) -> None:
        loop = self.world.loop
        at = max(loop.now + self.world.latency, self.frames[-1][0] if self.frames else 0.0)
        self.frames.append((at, frame))
        loop.call_at(at, self.arrived.set)

    async def get(self) -> str | None:
        """The next frame; None: it is broken."""
        while True:
            if self.broken:
                return None
            if self.frames and not self.stalled and self.frames[0][0] <= self.world.loop.now:
                self.left.set()
                return self.frames.popleft()[1]
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

    async def receive(self) -> str | None:
        return await self.wire.up.get()

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


class ModelHub:
    """One run of a hub."""

    def __init__(self, world: World, broker: Broker) -> None:
        self.state = HubState(world.runtime, broker)  # type: ignore[arg-type]
        for channel in CHANNELS:
            broker.subscribe(channel, world.note)
        self.tasks: set[asyncio.Task[None]] = set()
        self.wires: list[Wire] = []
        self.world = world

    def accept(self) -> Wire:
        wire = Wire(self.world)
        self.wires.append(wire)
        task = self.world.loop.create_task(HubSession(self.state, wire.link, ()).run())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return wire


class World:
    """A client and a hub, and what happens to them.

    Args:
        loop: whose time it is.
        seed: of chance.
        history: messages of a channel that the hub keeps.
        age: seconds that it keeps them.
        broker: "memory" or "sqlite".
    """

    def __init__(
        self, loop: Timeless, seed: int, *, history: int = 20, age: float = 60.0, broker: str = "memory"
    ) -> None:
        self.loop = loop
        self.random = random.Random(seed)
        self.runtime = Threadless(loop)
        self.latency = 0.0
        self.losing = 0
        self.repeating = 0
        self.refuses: int | None = None
        self.expired_tokens = 0
        self.down = False
        self.dials = 0
        self.history, self.age = history, age
        self.published: dict[str, dict[Position, Any]] = {channel: {} for channel in CHANNELS}
        self.heard: dict[str, list[Message | Gap]] = {channel: [] for channel in CHANNELS}
        self.deliveries: list[Delivery] = []
        self.count = 0
        self.broker = broker
        self.storage = self._new_storage()
        self.hub = ModelHub(self, self.storage.begin())
        self.beginning = Position(self.storage.epoch, 0)
        self.pool = Pool(self.runtime, clock=loop)  # type: ignore[arg-type]
        self.client = Client(
            "ws://world/",
            auth=self.give_token,
            subscribe=("a", "b"),
            overflow={"b": "lossless"},
            pool=self.pool,
        )
        self.client.on_message(lambda message: self.heard[message.channel or ""].append(message))
        self.client.on_gap(lambda gap: self.heard[gap.channel].append(gap))
        self.streams = {channel: self.client.stream(channel) for channel in ("a", "b")}

    def _new_storage(self) -> Storage:
        if self.broker == "memory":
            return Memory(self.loop, self.history, self.age)
        return File(self.loop, self.history, self.age, lambda: self.random.choice([0.0, 0.002, 0.1]))

    def give_token(self) -> str:
        self.expired_tokens, expired = max(0, self.expired_tokens - 1), self.expired_tokens > 0
        return "expired" if expired else "valid"

    def note(self, message: Message) -> None:
        """Keep what the hub has published, the client's own too."""
        position = Position(message.epoch or "", message.offset or 0)
        self.published[message.channel or ""][position] = json.loads(bytes(message.data))

    async def open(self, _url: str, headers: dict[str, str], *_: object) -> Wire:
        """In place of `open_websocket`."""
        self.dials += 1
        await asyncio.sleep(self.latency)
        if self.refuses is not None:
            refuses = self.refuses
            raise ConnectionLost(str(refuses), retry_after=3.0)
        if "expired" in headers["Authorization"]:
            raise Unauthorized("401")
        if self.down:
            raise ConnectionLost("nobody there")
        return self.hub.accept()

    # What happens

    def run(self, seconds: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def publish(self, channel: str, count: int = 1, size: int = 0) -> None:
        async def publish() -> None:
            for _ in range(count):
                self.count += 1
                data = {"n": self.count} | ({"pad": "x" * size} if size else {})
                await self.hub.state.channels.publish(encode_publication(channel, data))

        self.loop.run_until_complete(publish())

    def send(self, channel: str) -> None:
        """The client publishes."""
        self.count += 1
        self.deliveries.append(self.client.publish(channel, {"n": self.count, "mine": True}))

    def cut(self) -> None:
        for wire in self.hub.wires:
            wire.reset()

    def half_open(self) -> None:
        for wire in self.hub.wires:
            wire.half_open()

    def stall(self, stalled: bool) -> None:
        """The way down is stuck: the client reads nothing."""
        for wire in self.hub.wires:
            wire.down.change(stalled=stalled)

    def restart(self, *, anew: bool) -> None:
        """The hub ends, and another begins: with the same numbering, or anew."""
        before = self.hub
        if anew:
            self.storage.end()
            self.storage = self._new_storage()
        self.hub = ModelHub(self, self.storage.begin())
        for wire in before.wires:
            wire.reset()
        self.run(0.0)

    def freeze(self, seconds: float) -> None:
        """Our own thread stands still, and time goes on."""
        self.loop.now += seconds
        self.run(0.0)

    def heal(self) -> None:
        self.latency, self.losing, self.repeating = 0.0, 0, 0
        self.refuses, self.down = None, False
        self.expired_tokens = 0
        self.runtime.let_go()
        for wire in self.hub.wires:
            wire.down.change(stalled=False)
            wire.up.change(stalled=False)
        self.run(1.0)
        self.client.connect()  # two expired tokens in a row end it

    def end(self) -> None:
        self.client.close()
        self.pool._stop()
        self.cut()
        self.run(20.0)
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.run(0.0)
        self.storage.end()


def patched(world_open: Callable[..., Any]) -> Any:
    """Have connections dial into a world."""
    return mock.patch.object(dialing, "open_websocket", world_open)


@contextlib.contextmanager
def narrow() -> Iterator[None]:
    """Have everything that waits be too much early."""
    with (
        mock.patch.object(send_buffer, "MAX_BYTES", 20_000),
        mock.patch.object(session, "MAX_BATCH_BYTES", 2_000),
        mock.patch.object(inbox, "MAX_WAITING", 10),
        mock.patch.object(inbox, "PAUSE_ABOVE", 8),
    ):
        yield
