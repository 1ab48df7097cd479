"""A real client and a real hub with a faulty network between them: one test for each fault, and what was sent is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from realtime_widgets.client import Client
from realtime_widgets.client.sansio.backoff import Reconnect
from realtime_widgets.client.sansio.delivery import Delivery
from realtime_widgets.hub import Hub
from realtime_widgets.protocol import heartbeat
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.streams.gaps import Gap, Position
from support.faults import Proxy
from support.servers import LIMIT, wait_for

QUICK = Reconnect(0.02, 0.2)


class World:
    """A hub, a proxy before it, and a client of that; and what the client has heard."""

    def __init__(self, hub: Hub, proxy: Proxy, url: str) -> None:
        self.hub, self.proxy = hub, proxy
        self.sends = url.startswith("ws:")
        self.client = Client(url, auth=hub.token, reconnect=QUICK, heartbeat=0.5, subscribe=["x"])
        self.stream = self.client.stream("x")
        self.heard: list[Message | Gap] = []
        self.client.on_message(lambda message: self.heard.append(message) if message.channel == "x" else None)
        self.client.on_gap(self.heard.append)
        self.published = 0
        self.sent: set[int] = set()
        self.deliveries: list[Delivery] = []
        self.client.wait_until("connected", LIMIT)
        wait_for(lambda: self.client._receiver.recovery.positions(["x"]), "the position of an empty channel")

    def publish(self, count: int, size: int = 0) -> None:
        for _ in range(count):
            self.hub.publish("x", {"n": self.published, "pad": "x" * size})
            self.published += 1

    def send(self, count: int) -> None:
        for _ in range(count):
            self.sent.add(self.published)
            self.deliveries.append(self.client.publish("x", {"n": self.published, "pad": ""}))
            self.published += 1

    def lost(self) -> None:
        wait_for(lambda: self.client.state != "connected", "the loss of the link")

    def check(self, *, connects: int | None = None) -> None:
        """All is there, once and without a gap, in the order of each who published it."""
        wait_for(lambda: len(self.stream) >= self.published, "the end of what was published")
        numbers = [int(n) for n in self.stream.read()["n"]]
        assert sorted(numbers) == list(range(self.published))
        assert [n for n in numbers if n in self.sent] == sorted(self.sent)
        assert [n for n in numbers if n not in self.sent] == sorted(set(numbers) - self.sent)
        assert self.stream.gaps == ()
        wait_for(lambda: len(self.heard) >= self.published)
        epochs = {thing.epoch for thing in self.heard if isinstance(thing, Message)}
        positions = [Position(thing.epoch or "", thing.offset or 0) for thing in self.heard]  # type: ignore[union-attr]
        assert positions == [Position(epoch, n + 1) for epoch in epochs for n in range(self.published)]
        for delivery in self.deliveries:
            delivery.wait(LIMIT)
            assert delivery.state == "acknowledged"
        if connects is not None:
            assert self.client.stats.connects == connects


@pytest.fixture(params=["ws", "sse"])
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(heartbeat, "ANSWER_TIMEOUT", 1.5)
    monkeypatch.setattr("realtime_widgets.client.transports.eventsource.IDLE_TIMEOUT", 0.0)
    monkeypatch.setattr("realtime_widgets.hub.sse.KEEPALIVE_INTERVAL", 0.3)
    with Hub(history=10_000) as hub, Proxy(hub.port) as proxy:
        path = f"http://127.0.0.1:{proxy.port}/sse/x"
        world = World(hub, proxy, proxy.to(hub.url) if request.param == "ws" else path)
        yield world
        proxy.heal()
        world.client.disconnect()
        world.client.wait_until("disconnected", LIMIT)


def busy(world: World, count: int = 20) -> None:
    """Something goes each way."""
    world.publish(count)
    if world.sends:
        world.send(count)


def test_latency(world: World):
    world.proxy.latency(0.2, jitter=0.1)
    busy(world)
    world.check(connects=1)


def test_a_network_that_is_down(world: World):
    busy(world)
    world.check(connects=1)
    world.proxy.down()
    world.lost()
    busy(world)
    wait_for(lambda: world.client.reconnect_attempts >= 2)
    world.proxy.up()
    world.check(connects=2)


def test_a_reset_in_the_middle(world: World):
    for _ in range(5):
        connects = world.client.stats.connects
        busy(world)
        world.proxy.reset()
        wait_for(lambda connects=connects: world.client.stats.connects > connects)
    world.check()


def test_a_link_that_is_half_open(world: World):
    world.proxy.half_open()
    busy(world)
    world.lost()
    assert "nothing was heard from" in str(world.client.last_error)
    world.proxy.heal()
    world.check(connects=2)


def test_a_close_that_is_slow_to_be_heard(world: World):
    world.proxy.slow_close(1.0)
    world.hub.stop()
    world.hub.start()
    busy(world)
    world.proxy.heal()
    world.check()
    world.proxy.slow_close(60.0)
    world.client.disconnect()
    world.client.wait_until("disconnected", LIMIT)
    assert world.proxy.open, "which does not wait for the other side"


def test_little_bandwidth_is_no_loss_of_the_link(world: World):
    world.proxy.bandwidth(40_000)
    world.publish(60, size=2_000)
    world.check(connects=1)


def test_bytes_in_slices(world: World):
    world.proxy.slicing(3)
    busy(world)
    world.check(connects=1)
    assert world.client.stats.bad == 0


def test_links_that_end_after_some_bytes(world: World):
    world.proxy.limit(150_000)  # in the middle of a frame; a whole one, of 64 KiB, fits
    world.publish(500, size=1_000)
    world.check()
    assert world.client.stats.connects > 2
    world.proxy.heal()
    world.publish(5)
    world.check()


@pytest.mark.parametrize("fault", ["reset", "half_open", "down"])
def test_what_was_sent_when_the_link_broke_arrives_once(monkeypatch: pytest.MonkeyPatch, fault: str):
    monkeypatch.setattr(heartbeat, "ANSWER_TIMEOUT", 0.5)
    cut: dict[str, Callable[[Proxy], Any]] = {
        "reset": Proxy.reset,
        "half_open": Proxy.half_open,
        "down": Proxy.down,
    }
    with Hub() as hub, Proxy(hub.port) as proxy:
        world = World(hub, proxy, proxy.to(hub.url))
        for _ in range(4):
            connects = world.client.stats.connects
            world.send(30)
            cut[fault](proxy)
            world.send(30)
            world.lost()
            proxy.heal()
            wait_for(lambda connects=connects: world.client.stats.connects > connects)
        world.check()
        world.client.disconnect()
        world.client.wait_until("disconnected", LIMIT)
