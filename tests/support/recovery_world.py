"""The world of the recovery model: real clients and a real hub's sessions in one event loop, on a clock of its own.

Only the socket between them is made up: it can be late, break, lose, stall, and turn people away.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sys
from collections.abc import Callable, Iterator, Sized
from typing import Any
from unittest import mock

from realtime_widgets.client import Client, connection, dialing
from realtime_widgets.client.pool import Pool
from realtime_widgets.client.sansio import inbox
from realtime_widgets.client.sansio.delivery import Delivery
from realtime_widgets.errors import ConnectionLost, Unauthorized
from realtime_widgets.hub import send_buffer, session
from realtime_widgets.hub.brokers import Broker, linked
from realtime_widgets.hub.brokers.base import GAP
from realtime_widgets.hub.channels import encode_publication
from realtime_widgets.hub.session import HubSession
from realtime_widgets.hub.state import HubState
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.streams.gaps import Gap, Position
from support.faulty_engine import FaultyEngine
from support.model_wire import CHANNELS, Wire
from support.threadless_brokers import File, Memory, Shared, Storage, way
from support.timeless import Threadless, Timeless


class Ear:
    """What a hub hears of its channels, all of them.

    Args:
        hub: which.
    """

    def __init__(self, hub: ModelHub) -> None:
        self._world, self._broker = hub.world, hub.broker
        self._leave: list[Callable[[], None]] = []
        self.here: dict[str, Position | None] = {}
        """The last that was heard; None: nothing, or a gap."""
        self.complaint: str | None = None
        self.listen()

    def listen(self, listens: bool = True) -> None:
        """Follow the channels, or no more."""
        for leave in self._leave:
            leave()
        self._leave = [self._broker.subscribe(channel, self._hear) for channel in CHANNELS if listens]
        self.here = dict.fromkeys(CHANNELS)

    def _hear(self, message: Message) -> None:
        channel, there = message.channel or "", Position(message.epoch or "", message.offset or 0)
        here, gap = self.here[channel], message.type == GAP
        if here is not None and there != (here if gap else Position(here.epoch, here.offset + 1)):
            self.complaint = self.complaint or f"{'a gap at ' * gap}{there} came after {here}"
        self.here[channel] = None if gap else there  # anything may follow a gap
        if not gap and not self._world.storage.hubs > 1:
            self._world.note(message)


class ModelHub:
    """One run of a hub."""

    def __init__(self, world: World, broker: Broker) -> None:
        self.world = world
        self.broker = broker
        self.state = HubState(world.runtime, broker)  # type: ignore[arg-type]
        self.ear = Ear(self)
        self.tasks: set[asyncio.Task[None]] = set()
        self.wires: list[Wire] = []
        self.killed = False

    def accept(self) -> Wire:
        wire = Wire(self.world)
        self.wires.append(wire)
        task = self.world.loop.create_task(HubSession(self.state, wire.link, ()).run())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return wire

    def sessions(self) -> list[HubSession]:
        """Those that are served."""
        return [one for one in self.state.sessions if isinstance(one, HubSession)]

    def kill(self) -> None:
        """End it at once."""
        self.killed = True
        self.world.storage.kill(self.broker)
        for wire in self.wires:
            wire.reset()


class World:
    """A client and a hub, and what happens to them.

    Args:
        loop: whose time it is.
        seed: of chance.
        history: messages of a channel that the hub keeps.
        age: seconds that it keeps them.
        broker: "memory" or "sqlite"; "linked": two hubs share an engine; or what makes another.
    """

    def __init__(
        self,
        loop: Timeless,
        seed: int,
        *,
        history: int = 20,
        age: float = 60.0,
        broker: str | Callable[[World], Storage] = "memory",
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
        self.hubs = [ModelHub(self, self.storage.begin()) for _ in range(self.storage.hubs)]
        self.which = 0
        """The hub that clients come to, and that ends next."""
        self.all_hubs = list(self.hubs)
        """Those too that have ended."""
        self.mistakes: list[BaseException | None] = []
        self.publications: list[tuple[str, Any, asyncio.Future[Position], ModelHub]] = []
        self.beginning = {channel: self.storage.position(channel) for channel in CHANNELS}
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
        if callable(self.broker):
            return self.broker(self)
        if self.broker == "memory":
            return Memory(self.loop, self.history, self.age)
        if self.broker == "linked":
            return Shared(self.loop, self.history, self.age, self.note)
        return File(self.loop, self.history, self.age, lambda: self.random.choice([0.0, 0.002, 0.1]))

    def give_token(self) -> str:
        self.expired_tokens, expired = max(0, self.expired_tokens - 1), self.expired_tokens > 0
        return "expired" if expired else "valid"

    def note(self, message: Message) -> None:
        """Keep what the hub has published, the client's own too."""
        position = Position(message.epoch or "", message.offset or 0)
        self.published[message.channel or ""][position] = json.loads(bytes(message.data))

    def note_mistake(self, *_: object) -> None:
        """In place of the log."""
        self.mistakes.append(sys.exception())

    async def open(self, _url: str, headers: dict[str, str], *_: object) -> Wire:
        """In place of `open_websocket`."""
        self.dials += 1
        await asyncio.sleep(self.latency)
        if self.refuses is not None:
            refuses = self.refuses
            raise ConnectionLost(str(refuses), retry_after=3.0)
        if "expired" in headers["Authorization"]:
            raise Unauthorized("401")
        if self.down or self.hub.killed:
            raise ConnectionLost("nobody there")
        return self.hub.accept()

    @property
    def hub(self) -> ModelHub:
        return self.hubs[self.which]

    @property
    def wires(self) -> list[Wire]:
        return [wire for hub in self.hubs for wire in hub.wires]

    @property
    def ways(self) -> list[FaultyEngine]:
        """Those of the hubs to the engine that they share."""
        return [way(hub.broker) for hub in self.hubs] if len(self.hubs) > 1 else []

    # What happens

    def run(self, seconds: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def publish(self, channel: str, count: int = 1, size: int = 0) -> None:
        hub = self.random.choice(self.hubs)

        async def publish() -> None:
            for _ in range(count):
                self.count += 1
                data = {"n": self.count} | ({"pad": "x" * size} if size else {})
                placed = hub.state.channels.publish(encode_publication(channel, data))
                self.publications.append((channel, data, placed, hub))
                if not placed.done() and (not self.ways or self.random.random() < 0.1):
                    await asyncio.wait({placed}, timeout=0.2)

        self.loop.run_until_complete(publish())

    def send(self, channel: str) -> None:
        """The client publishes."""
        self.count += 1
        self.deliveries.append(self.client.publish(channel, {"n": self.count, "mine": True}))

    def cut(self) -> None:
        for wire in self.wires:
            wire.reset()

    def half_open(self) -> None:
        for wire in self.wires:
            wire.half_open()

    def stall(self, stalled: bool) -> None:
        """The way down is stuck: the client reads nothing."""
        for wire in self.wires:
            wire.down.change(stalled=stalled)

    def restart(self, *, anew: bool) -> None:
        """A hub ends, and another begins: with the same numbering; or, where all do, anew."""
        killed = range(len(self.hubs)) if anew else [self.which]
        for which in killed:
            self.hubs[which].kill()
        if anew:
            self.storage.end()
            self.storage = self._new_storage()
        for which in killed:
            self.hubs[which] = hub = ModelHub(self, self.storage.begin())
            self.all_hubs.append(hub)
        self.run(0.0)

    def lose_end(self, count: int, *, publishes: bool) -> None:
        """The engine comes back without its last messages, which all hubs have seen.

        Args:
            count: how many.
            publishes: whether the hubs have something to publish when it does.
        """
        assert isinstance(self.storage, Shared)
        self.heal_ways()
        for hub in self.hubs:
            hub.ear.listen()
        self.run(10.0)
        self.storage.lose(count)
        for which in range(len(self.hubs)):
            self.cut_way(which)
        if publishes:
            self.publish("a")
        self.run(3.0)

    def forget(self) -> None:
        """The engine comes back without anything."""
        assert isinstance(self.storage, Shared)
        before = [one.down for one in self.ways]
        for which, one in enumerate(self.ways):
            one.down = True
            self.cut_way(which)
        self.storage.clear()
        for one, down in zip(self.ways, before, strict=True):
            one.down = down

    def cut_way(self, which: int) -> None:
        """The link of a hub to the engine breaks."""
        self.loop.run_until_complete(self.ways[which].cut())

    def pause(self, paused: bool) -> None:
        """The engine stands still, or goes on."""
        for one in self.ways:
            one.paused = one.paused or paused
            if not paused:
                self.loop.run_until_complete(one.go_on())

    def heal_ways(self) -> None:
        self.pause(False)
        for one in self.ways:
            one.latency, one.down, one.blocked, one.dropping = 0.0, False, False, 0
            one.forgetting.clear()

    def freeze(self, seconds: float) -> None:
        """Our own thread stands still, and time goes on."""
        self.loop.now += seconds
        self.run(0.0)

    def heal(self) -> None:
        self.latency, self.losing, self.repeating = 0.0, 0, 0
        self.refuses, self.down = None, False
        self.expired_tokens = 0
        self.runtime.let_go()
        self.heal_ways()
        for wire in self.wires:
            wire.down.change(stalled=False)
            wire.up.change(stalled=False)
        self.run(1.0)
        self.client.connect()  # two expired tokens in a row end it

    def __str__(self) -> str:
        """How it stands, for who has to find out what went wrong."""
        lines = [f"{self.dials} dials, {self.client!r}, handlers {_state_of(self.client._handlers)}"]
        for hub in self.hubs:
            flush, turns = hub.state.flush, hub.state.turns
            lines.append(f"hub: flush {_state_of(flush)}, turns {_state_of(turns)}")
            lines += [f"  session: {_state_of(session._outgoing)}" for session in hub.sessions()]
        return "\n".join(lines)

    def end(self) -> None:
        self.client.close()
        self.pool._stop()
        self.cut()
        self.run(20.0)
        for hub in self.hubs:
            hub.kill()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.run(0.0)
        self.storage.end()


def _state_of(thing: object) -> str:
    """What a part keeps of numbers, flags and things that wait."""
    kept = {name.lstrip("_"): value for name, value in vars(thing).items()}
    plain = {name: value for name, value in kept.items() if isinstance(value, (bool, int, float, str))}
    sizes = {
        name: len(value) for name, value in kept.items() if isinstance(value, Sized) and name not in plain
    }
    return str(plain | sizes)


@contextlib.contextmanager
def patched(world: World) -> Iterator[None]:
    """Have connections dial into a world, chance be its own, and mistakes be known that a hub made.

    A client of another test, which nobody has let go of yet, dials where it wants to: it lives in another thread.
    """
    outside = dialing.open_websocket

    async def open(*args: Any) -> Any:
        inside = asyncio.get_running_loop() is world.loop
        return await (world.open(*args) if inside else outside(*args))

    with (
        mock.patch.object(dialing, "open_websocket", open),
        mock.patch.object(connection, "_chance", world.random.random),
        mock.patch.object(linked, "random", world.random),
        mock.patch.object(linked.logger, "exception", world.note_mistake),
    ):
        yield


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
