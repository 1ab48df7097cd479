"""The brokers by name, and what all of them have in common: one test for each broker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.hub.brokers import Broker, NotKept, make_broker
from realtime_widgets.hub.brokers.base import KEPT_NOTE_AGE, NOTE_AGE
from realtime_widgets.hub.brokers.dedup import Key, KeyReused
from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.brokers.sqlite import SqliteBroker
from realtime_widgets.hub.channels import encode_publication
from realtime_widgets.hub.policies import ChannelPolicy, Policies
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.streams.gaps import Position
from support.nats_server import NatsServer, nats_server
from support.redis_server import RedisServer, redis_server

Test = Callable[[Broker], Awaitable[object]]

POLICIES = {"long*": ChannelPolicy(history=5), "nothing": ChannelPolicy(history=0)}


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    with nats_server(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture(params=["memory", "sqlite", "redis", "nats"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Test], None]:
    if request.param == "redis":
        server = request.getfixturevalue("redis")
        server.command("FLUSHALL")
        name = server.url
    elif request.param == "nats":
        server = request.getfixturevalue("nats")
        server.clear()
        name = server.url
    else:
        name = {"memory": "memory", "sqlite": f"sqlite:///{tmp_path / 'hub.db'}"}[request.param]

    async def opened(test: Test) -> None:
        broker = make_broker(name, Policies(POLICIES, history=3, history_age=None))
        await broker.open()
        try:
            await test(broker)
        finally:
            await broker.close()

    return lambda test: asyncio.run(opened(test))


def test_each_channel_is_numbered_from_one_under_its_epoch(run: Callable[[Test], None]):
    async def test(broker: Broker) -> None:
        seen: list[Message] = []
        broker.subscribe("a", seen.append)
        epochs = {channel: (await broker.position(channel)).epoch for channel in "ab"}
        epoch = epochs["a"]
        placed = [
            broker.publish(channel, encode_publication(channel, i)) for i, channel in enumerate("aabab")
        ]
        places = [("a", 1), ("a", 2), ("b", 1), ("a", 3), ("b", 2)]
        assert [await one for one in placed] == [Position(epochs[channel], n) for channel, n in places]
        assert [(m.channel, m.epoch, m.offset) for m in seen] == [("a", epoch, n) for n in (1, 2, 3)]
        assert await broker.position("a") == (epoch, 3)
        assert [m.offset for m in await broker.read("a", 1, 10**6)] == [2, 3]

    run(test)


def test_who_is_told_a_position_has_been_handed_all_up_to_it_and_nothing_after(run: Callable[[Test], None]):
    async def test(broker: Broker) -> None:
        seen: list[int | None] = []
        broker.subscribe("a", lambda message: seen.append(message.offset))

        async def look() -> None:
            for _ in range(20):
                (_, offset), upto = await broker.position("a"), len(seen)
                assert upto >= offset
                assert len(await broker.read("a", offset, 10**6)) <= len(seen) - offset

        looking = asyncio.create_task(look())
        for i in range(100):
            placed = broker.publish("a", encode_publication("a", i))
            placed.add_done_callback(lambda done: seen.index(done.result().offset))
            if i % 3 == 0:
                await asyncio.sleep(0)
        await placed
        await looking
        assert seen == list(range(1, 101))

    run(test)


def test_what_comes_again_is_published_once(run: Callable[[Test], None]):
    async def test(broker: Broker) -> None:
        seen: list[Message] = []
        broker.subscribe("a", seen.append)
        keys = [Key("me", "a", "x"), Key("me", "a", "x"), Key("me", "a", 1), Key("you", "a", "x")]
        placed = [broker.publish("a", encode_publication("a", 1), key) for key in keys]
        assert [(await one).offset for one in placed] == [1, 1, 2, 3]
        with pytest.raises(KeyReused):
            await broker.publish("a", encode_publication("a", 2), keys[0])
        assert len(seen) == 3

    run(test)


def test_who_left_hears_nothing_more_and_may_leave_twice(run: Callable[[Test], None]):
    async def test(broker: Broker) -> None:
        first: list[Message] = []
        second: list[Message] = []
        undo = broker.subscribe("a", first.append)
        broker.subscribe("a", second.append)
        await broker.publish("a", Message("t"))
        undo()
        undo()
        await broker.publish("a", Message("t", None))
        assert (len(first), len(second)) == (1, 2)

    run(test)


def test_a_broker_that_was_closed_is_opened_again_with_what_it_had(run: Callable[[Test], None]):
    async def test(broker: Broker) -> None:
        first = await broker.publish("a", encode_publication("a", 1))
        last = broker.publish("a", encode_publication("a", 2))
        await broker.close()
        assert await last == first._replace(offset=2), "what was published is kept"
        await broker.open()
        assert await broker.position("a") == await last
        assert [m.offset for m in await broker.read("a", 0, 10**6)] == [1, 2]

    run(test)


@pytest.mark.parametrize(
    ("name", "error", "says"),
    [
        (
            "reddis://me:secret@x",
            UsageError,
            "there is no broker 'reddis://x': there are 'memory', 'sqlite:///' with the path of a file, 'redis",
        ),
        ("sqlite://hub.db", UsageError, "a path follows three slashes"),
        ("sqlite:///", UsageError, "that is no path of a file"),
        ("sqlite:///:memory:", UsageError, "'memory' for a hub that keeps nothing"),
        (Path("hub.db"), WrongType, "it must be text"),
    ],
)
def test_there_is_no_broker_of_another_name(name: Any, error: type[Exception], says: str):
    with pytest.raises(error, match=says):
        make_broker(name, Policies(history=10, history_age=None))


def test_a_path_is_of_the_folder_or_absolute_or_of_ones_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name, path in (
        ("sqlite:///hub.db", tmp_path / "hub.db"),
        (f"sqlite:///{tmp_path}/x.db", tmp_path / "x.db"),
        ("sqlite:///~/hub.db", tmp_path / "home" / "hub.db"),
    ):
        broker = make_broker(name, Policies(history=10, history_age=None))
        assert isinstance(broker, SqliteBroker)
        assert broker._path == path


def test_messages_are_kept_for_five_minutes_in_memory_and_thirty_days_in_a_file_unless_told(tmp_path: Path):
    memory, file = (
        make_broker(name, Policies(history=10, history_age="auto"))
        for name in ("memory", f"sqlite:///{tmp_path}/x.db")
    )
    assert isinstance(memory, MemoryBroker)
    assert isinstance(file, SqliteBroker)
    assert (memory._retention["a"], file._retention["a"]) == ((10, 300.0), (10, 30 * 24 * 3600.0))


def test_all_but_nats_keep_files(tmp_path: Path):
    names = ["memory", f"sqlite:///{tmp_path}/x.db", "redis://localhost", "nats://localhost"]
    kept = [make_broker(name, Policies()).files is not None for name in names]
    assert kept == [True, True, True, False]


def test_nothing_is_published_on_a_file_that_is_closed(tmp_path: Path):
    async def main() -> None:
        broker = make_broker(f"sqlite:///{tmp_path}/x.db", Policies(history=10, history_age=None))
        await broker.open()
        await broker.close()
        await broker.close()
        with pytest.raises(NotKept, match="the hub has stopped"):
            await broker.publish("a", Message("t"))

    asyncio.run(main())


def test_a_note_beside_a_channel_is_changed_by_whoever_comes_first(run: Callable[[Test], None]):
    async def test(broker: Broker) -> None:
        times: list[float] = []

        def more(note: bytes, now: float) -> bytes:
            times.append(now)
            return note + b"x"

        await asyncio.gather(*(broker.amend("a\x00}\u00e9", more) for _ in range(20)))
        seen: list[bytes] = []

        def look(note: bytes, _: float) -> bytes:
            seen.append(note)
            return note

        await broker.amend("a\x00}\u00e9", look)
        await broker.amend("b", look)
        await broker.amend("a\x00}\u00e9", lambda note, now: b"")
        await broker.amend("a\x00}\u00e9", look)
        assert seen == [b"x" * 20, b"", b""]
        assert all(abs(now - time.time()) < 60 for now in times)

    run(test)


def test_notes_are_changed_likewise_for_however_long_they_are_kept(run: Callable[[Test], None]):
    async def test(broker: Broker) -> None:
        def more(note: bytes, _: float) -> bytes:
            return note + b"x"

        await asyncio.gather(
            *(
                broker.amend(channel, more, KEPT_NOTE_AGE)
                for channel in ("a", "a\x00}\u00e9")
                for _ in range(10)
            ),
            *(broker.amend("b", more) for _ in range(10)),
        )
        seen: list[bytes] = []

        def look(note: bytes, _: float) -> bytes:
            seen.append(note)
            return note

        for channel, age in (("a", KEPT_NOTE_AGE), ("a\x00}\u00e9", KEPT_NOTE_AGE), ("b", NOTE_AGE)):
            await broker.amend(channel, look, age)
        await broker.amend("a", lambda *_: b"", KEPT_NOTE_AGE)
        await broker.amend("a", look, KEPT_NOTE_AGE)
        assert seen == [b"x" * 10] * 3 + [b""]

    run(test)


def test_a_message_is_the_same_where_the_same_was_asked(run: Callable[[Test], None]):
    async def test(broker: Broker) -> None:
        seen: list[Message] = []
        broker.subscribe("a", seen.append)
        await broker.position("a")

        async def publish(data: int, asked: bytes) -> Position:
            return await broker.publish("a", encode_publication("a", data), Key("me", "a", "x", asked))

        first = await publish(1, b"say hi")
        assert await publish(2, b"say hi") == first, "the hub has stamped it anew"
        with pytest.raises(KeyReused):
            await publish(1, b"say ho")
        assert [m.offset for m in seen] == [1]

    run(test)


def test_a_policy_says_how_much_of_a_channel_is_kept(run: Callable[[Test], None]):
    async def test(broker: Broker) -> None:
        for channel in ("plain", "long one", "nothing"):
            for number in range(6):
                await broker.publish(channel, encode_publication(channel, number))

        async def kept(channel: str) -> list[int | None]:
            return [message.offset for message in await broker.read(channel, 0, 10_000)]

        assert [await kept(name) for name in ("plain", "long one", "nothing")] == [
            [4, 5, 6],
            [2, 3, 4, 5, 6],
            [],
        ]
        assert (await broker.position("nothing")).offset == 6

    run(test)
