"""The engines that hubs share, for tests that hold for all of them; and brokers on them, with what they were handed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from realtime_widgets.hub import Hub
from realtime_widgets.hub.brokers import linked, nats_link, redis_link
from realtime_widgets.hub.brokers.engine import Link
from realtime_widgets.hub.brokers.linked import LinkedBroker
from realtime_widgets.hub.brokers.nats import NatsBroker, NatsLink
from realtime_widgets.hub.brokers.redis import RedisBroker
from realtime_widgets.hub.brokers.redis_link import RedisLink
from realtime_widgets.hub.channels import encode_publication
from realtime_widgets.hub.policies import Retention
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.streams.gaps import Position
from support.nats_server import NatsServer, nats_server
from support.redis_server import RedisServer, redis_server
from support.servers import LIMIT

EngineServer = RedisServer | NatsServer


def engine_server(
    engine: str, folder: Path, *, safe: bool = False
) -> AbstractContextManager[RedisServer] | AbstractContextManager[NatsServer]:
    """A server of an engine, "redis" or "nats".

    Args:
        safe: what it has answered outlives its process.
    """
    if engine == "nats":
        return nats_server(folder)
    return redis_server(folder, **({"appendonly": "yes", "appendfsync": "always"} if safe else {}))


def make(url: str, history: int = 1000, age: float | None = None) -> LinkedBroker:
    """A broker, which is not open."""
    retention = Retention(history, age)
    if url.startswith(redis_link.SCHEMES):
        return RedisBroker(redis_link.Address(url), retention)
    return NatsBroker(nats_link.Address(url), retention)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deafness is noticed five times as soon."""
    monkeypatch.setattr(linked, "BEAT", 0.2)
    for module in (redis_link, nats_link):
        monkeypatch.setattr(module, "ANSWER_TIMEOUT", 0.3)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(LIMIT):
        while not condition():
            await asyncio.sleep(0.002)


@asynccontextmanager
async def brokers(
    *urls: str, history: int = 1000, age: float | None = None
) -> AsyncIterator[list[LinkedBroker]]:
    """Open brokers, for as long as the context lasts."""
    made = [make(url, history, age) for url in urls]
    try:
        for one in made:
            await one.open()
        yield made
    finally:
        for one in made:
            await one.close()


async def deafen(server: EngineServer, link: Link) -> None:
    """Have the server say nothing to a link any more, which nobody is told."""
    if isinstance(link, RedisLink):
        assert isinstance(server, RedisServer)
        topics = set(await asyncio.to_thread(server.command, "PUBSUB", "CHANNELS"))
        await link._tell("UNSUBSCRIBE", [])
        # It goes another way than what is published, which Redis may have before it.
        while set(await asyncio.to_thread(server.command, "PUBSUB", "CHANNELS")) == topics:
            await asyncio.sleep(0.002)
    else:
        assert isinstance(link, NatsLink)
        for topic in link._connection._topics.values():
            await link._connection._client._send_unsubscribe(topic._id)
        await link._connection._client.flush()


class Heard:
    """What a sink of a broker was handed: offsets, and gaps as the positions before them."""

    def __init__(self, broker: LinkedBroker, channel: str = "a") -> None:
        self.things: list[int | Position] = []
        self.epochs: list[str] = []
        self.leave = broker.subscribe(channel, self._take)

    def _take(self, message: Message) -> None:
        position = Position(message.epoch or "", message.offset or 0)
        if message.type == "gap":
            self.things.append(position)
        else:
            self.things.append(position.offset)
            self.epochs.append(position.epoch)


async def follow(*brokers: LinkedBroker) -> list[Heard]:
    """Listen at brokers; returns when none of them misses anything any more."""
    heard = [Heard(broker) for broker in brokers]
    for broker in brokers:
        await broker.position("a")
    return heard


def publish(
    broker: LinkedBroker, count: int = 1, channel: str = "a", first: int = 0
) -> list[Awaitable[Position]]:
    return [broker.publish(channel, encode_publication(channel, first + i)) for i in range(count)]


def offsets(first: int, last: int) -> list[Any]:
    return list(range(first, last + 1))


def standing(hub: Hub) -> tuple[str, str]:
    """What a hub says of its broker: in `/health`, and as a figure."""
    headers = {"Authorization": f"Bearer {hub.token}"}
    with httpx.Client(base_url=hub.address, headers=headers, trust_env=False, timeout=LIMIT) as web:
        figures = web.get("/metrics").text.splitlines()
        (up,) = [line.split()[1] for line in figures if line.startswith("rw_hub_broker_up ")]
        return web.get("/health").json()["broker"], up


def post(hub: Hub, data: object) -> httpx.Response:
    """Publish on channel "a"."""
    headers = {"Authorization": f"Bearer {hub.token}"}
    return httpx.post(f"{hub.address}/publish/a", json=data, headers=headers, trust_env=False, timeout=LIMIT)
