"""The JetStream of a NATS: notes, the clock, and who makes a stream."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from realtime_widgets.hub.brokers import nats_jetstream
from realtime_widgets.hub.brokers.nats_jetstream import JetStream
from realtime_widgets.hub.brokers.nats_link import Address, Connection
from realtime_widgets.hub.brokers.nats_streams import (
    NOTES,
    OTHER_SEQUENCE,
    Refused,
    config_of,
    making_of,
    read_stream,
    stream_of,
)
from realtime_widgets.hub.policies import Retention
from support.nats_server import NatsServer, nats_server


@pytest.fixture(scope="module")
def module_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    with nats_server(tmp_path_factory.mktemp("nats")) as made:
        yield made


@pytest.fixture
def server(module_server: NatsServer) -> NatsServer:
    """A NATS that has nothing."""
    module_server.clear()
    return module_server


@asynccontextmanager
async def jetstreams(server: NatsServer, count: int = 1) -> AsyncIterator[list[JetStream]]:
    connections = [Connection(Address(server.url)) for _ in range(count)]
    made = [JetStream(connection, 1) for connection in connections]
    try:
        for connection in connections:
            await connection.connect()
        await asyncio.gather(*(each.open() for each in made))
        yield made
    finally:
        for connection in connections:
            await connection.close()


def test_hubs_that_open_at_once_make_the_stream_of_notes_once_and_know_the_time(server: NatsServer):
    async def main() -> None:
        async with jetstreams(server, 4) as made:
            assert all(abs(each.now() - time.time()) < 1 for each in made)  # one machine, one clock
            await made[0].put_note("rw-note.x", b"one", 0)
            for each in made:
                with pytest.raises(Refused) as caught:
                    await each.put_note("rw-note.x", b"two", 0)
                assert caught.value.code == OTHER_SEQUENCE

    asyncio.run(main())
    assert server.streams() == [NOTES]


def test_a_note_is_changed_if_its_number_is_still_the_one_that_was_read(server: NatsServer):
    async def main() -> None:
        async with jetstreams(server) as (one,):
            subject = "rw-note.x"
            first = await one.put_note(subject, b"one", 0)
            second = await one.put_note(subject, b"two", first)
            with pytest.raises(Refused):
                await one.put_note(subject, b"three", first)
            stored = await one.get(NOTES, {"last_by_subj": subject})
            assert stored is not None
            assert (stored.seq, stored.body) == (second, b"two")
            assert await one.get(NOTES, {"last_by_subj": "rw-note.y"}) is None
            assert await one.get("none", {"seq": 1}) is None
            assert await one.stream_info("none") is None

    asyncio.run(main())


def test_a_stream_is_made_by_one_and_by_another_when_that_one_is_dead(
    server: NatsServer, monkeypatch: pytest.MonkeyPatch
):
    config = config_of("a", Retention(10, None), 1)
    other = config_of("a", Retention(10, None), 1)
    assert config["subjects"] != other["subjects"]

    async def main() -> None:
        async with jetstreams(server, 2) as (one, two):
            dead = await one.put_note(making_of(stream_of("a")), b"making", 0)
            await two.make(other)
            assert await two.stream_info(stream_of("a")) is None, "somebody else makes it"
            monkeypatch.setattr(nats_jetstream, "MAKING", 0.0)
            await asyncio.gather(one.make(config), two.make(other))
            info = await one.stream_info(stream_of("a"))
            assert info is not None
            assert read_stream(info).config["subjects"] in (config["subjects"], other["subjects"])
            free = await one.get(NOTES, {"last_by_subj": making_of(stream_of("a"))})
            assert free is not None
            assert free.body == b""
            assert free.seq > dead

    asyncio.run(main())
