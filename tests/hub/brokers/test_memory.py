"""The memory broker: how it numbers channels, and how much it keeps of them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest

from realtime_widgets.hub.brokers import memory
from realtime_widgets.hub.brokers.base import KEPT_NOTE_AGE, NOTE_AGE
from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.channels import encode_publication
from realtime_widgets.hub.policies import Kept, Retention
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.streams.gaps import Position
from support.servers import LIMIT


def test_a_broker_numbers_each_channel_from_one_under_one_epoch():
    async def main() -> None:
        broker, seen = MemoryBroker(), []
        broker.subscribe("a", seen.append)
        positions = [await broker.publish(channel, Message("t")) for channel in "aabab"]
        assert positions == [Position(broker.epoch, offset) for offset in (1, 2, 1, 3, 2)]
        assert [(m.channel, m.epoch, m.offset) for m in seen] == [("a", broker.epoch, n) for n in (1, 2, 3)]

    asyncio.run(main())


def test_two_brokers_have_two_epochs():
    assert MemoryBroker().epoch != MemoryBroker().epoch


def test_who_left_a_channel_hears_nothing_more_and_may_leave_twice():
    async def main() -> None:
        broker, first, second = MemoryBroker(), [], []
        undo = broker.subscribe("a", first.append)
        broker.subscribe("a", second.append)
        await broker.publish("a", Message("t"))
        undo()
        undo()
        await broker.publish("a", Message("t"))
        assert (len(first), len(second)) == (1, 2)

    asyncio.run(main())


def test_a_broker_keeps_so_many_messages_for_so_long():
    async def main() -> None:
        now = [0.0]
        broker = MemoryBroker(Retention(3, 10.0), clock=lambda: now[0])
        assert await broker.position("a") == (broker.epoch, 0)
        for second in range(5):
            now[0] = second
            await broker.publish("a", encode_publication("a", second))
        assert [m.offset for m in await broker.read("a", 0, 10**6)] == [3, 4, 5]
        assert [m.offset for m in await broker.read("a", 3, 10**6)] == [4, 5]
        assert [m.offset for m in await broker.read("a", 0, 1)] == [3], "one at least"
        assert await broker.read("a", 5, 10**6) == []
        now[0] = 13.5
        assert [m.offset for m in await broker.read("a", 0, 10**6)] == [5]
        now[0] = 20.0
        assert await broker.read("a", 0, 10**6) == []
        assert await broker.position("a") == (broker.epoch, 5)

    asyncio.run(main())


def test_the_histories_of_all_channels_have_one_bound(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory, "MAX_BYTES", 10_000)

    async def main() -> None:
        broker = MemoryBroker(Retention(1000, None))
        for channel in "abc":
            for _ in range(5):
                await broker.publish(channel, encode_publication(channel, "x" * 1000))
        kept = [len(await broker.read(channel, 0, 10**6)) for channel in "abc"]
        assert kept == [2, 2, 2], "the one that takes most loses first"
        assert broker.history_bytes == broker._shares._families["a"].size * 3

    asyncio.run(main())


def test_who_fills_the_histories_of_some_channels_empties_only_those(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory, "MAX_BYTES", 1_000_000)

    async def main() -> None:
        broker = MemoryBroker(Retention(1000, None))
        for number in range(500):
            await broker.publish("training", encode_publication("training", number))
        for number in range(3000):
            await broker.publish(f"team:eve:{number % 700}", encode_publication("x", "x" * 1000))
        assert len(await broker.read("training", 0, 10**9)) == 500
        assert 900_000 < broker.history_bytes <= memory.MAX_BYTES

    asyncio.run(main())


def test_who_names_many_channels_has_only_those_forgotten(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory, "MAX_CHANNEL_BYTES", 100 * memory._size_of_channel("presence:lobby:00000"))

    async def main() -> None:
        broker = MemoryBroker(Retention(10, None))
        first = await broker.publish("training", encode_publication("training", 0))
        for number in range(1000):
            for channel in (f"presence:lobby:{number}", f"team:eve:{number}"):
                await broker.publish(channel, encode_publication("x", number))
        assert await broker.position("training") == first
        assert len(broker._positions) < 110

    asyncio.run(main())


def test_notes_are_forgotten_when_nobody_has_changed_them_for_a_day():
    async def main() -> None:
        now = [0.0]
        broker = MemoryBroker(clock=lambda: now[0])
        found: list[bytes] = []

        def change(note: bytes, _: float) -> bytes:
            found.append(note)
            return note + b"x"

        await broker.amend("a", change)
        now[0] = NOTE_AGE - 1
        await broker.amend("b", change)
        await broker.amend("a", change)
        now[0] = NOTE_AGE + 1
        await broker.amend("a", change)
        now[0] = 2 * NOTE_AGE
        await broker.amend("b", change)
        assert found == [b"", b"", b"x", b"xx", b""]
        assert list(broker._notes[NOTE_AGE]) == ["a", "b"]

    asyncio.run(main())


def test_notes_that_are_kept_for_longer_outlive_the_others():
    async def main() -> None:
        now = [0.0]
        broker = MemoryBroker(clock=lambda: now[0])
        found: list[bytes] = []

        def change(note: bytes, _: float) -> bytes:
            found.append(note)
            return note or b"noted"

        await broker.amend("a", change, KEPT_NOTE_AGE)
        await broker.amend("b", change)
        now[0] = KEPT_NOTE_AGE - 1
        await broker.amend("a", change, KEPT_NOTE_AGE)
        await broker.amend("b", change)
        now[0] = KEPT_NOTE_AGE
        await broker.amend("a", change, KEPT_NOTE_AGE)
        assert found == [b"", b"", b"noted", b"", b""], "who only looks does not keep it for longer"

    asyncio.run(main())


def test_channels_that_fell_silent_are_forgotten_as_others_speak():
    async def main() -> None:
        now = [0.0]
        broker = MemoryBroker(Retention(10, 5.0), clock=lambda: now[0])
        for i in range(100):
            await broker.publish(f"run {i}", encode_publication("x", i))
        now[0] = 6.0
        for _ in range(100):
            await broker.publish("alive", encode_publication("x", 0))
        assert list(broker._kept[5.0]) == ["alive"]

    asyncio.run(main())


def test_channels_that_nobody_follows_are_forgotten_beyond_a_bound_and_begin_anew_under_another_epoch(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(memory, "MAX_CHANNEL_BYTES", 10 * memory._size_of_channel("run 00"))

    async def main() -> None:
        broker = MemoryBroker(Retention(10, None))
        leave = broker.subscribe("followed", lambda _: None)
        followed = await broker.publish("followed", Message("t"))
        first = await broker.publish("run 00", Message("t"))
        for i in range(1, 50):
            await broker.publish(f"run {i:02}", encode_publication("x", i))
        assert len(broker._positions) == 11
        (histories,) = broker._kept.values()
        assert len(histories) == 11
        assert broker._bytes == sum(memory.size_of(m) for kept in histories.values() for _, m in kept)
        again = await broker.publish("run 00", Message("t"))
        assert again.offset == 1
        assert again.epoch != first.epoch, "or who has read it would take it for what was before"
        assert await broker.publish("followed", Message("t")) == followed._replace(offset=2)
        leave()
        for i in range(50, 100):
            await broker.publish(f"run {i:02}", Message("t"))
        assert (await broker.position("followed")).offset == 0
        assert len(broker._positions) == 10
        assert "followed" not in broker._subscribers

    asyncio.run(main())


def test_what_is_only_subscribed_to_leaves_nothing_behind():
    async def main() -> None:
        broker = MemoryBroker()
        before = await broker.position("x")
        for i in range(100):
            leave = broker.subscribe(f"x{i}", lambda _: None)
            leave()
            leave()
        assert not broker._positions
        assert not broker._idle
        assert await broker.position("x") == before

    asyncio.run(main())


MEASURED = """
import asyncio, gc, json, sys, tracemalloc
from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.channels import encode_publication
from realtime_widgets.hub.policies import Retention

async def main(data):
    broker = MemoryBroker(Retention(1000, None))
    names = ["日" * 100 + str(i) for i in range(200)]
    await broker.publish("warm", encode_publication("warm", data))
    gc.collect()
    tracemalloc.start()
    before, counted = tracemalloc.get_traced_memory()[0], broker._bytes + broker._idle_bytes
    for i in range(200):
        message = encode_publication(names[i], data)
        message.id = "id" * 50 + str(i)
        await broker.publish(names[i], message)
    del message
    gc.collect()
    print(tracemalloc.get_traced_memory()[0] - before, broker._bytes + broker._idle_bytes - counted)

asyncio.run(main(json.load(sys.stdin)))
"""


@pytest.mark.parametrize(
    "data", ["x" * 5000, "日" * 5000, [[[[[]]]]] * 500, {str(i): i for i in range(500)}, None]
)
def test_a_kept_message_takes_no_more_than_is_counted(data: object, child_env: dict[str, str]):
    """In a process of its own: threads that others have left here allocate, too."""
    command = [sys.executable, "-c", MEASURED]
    done = subprocess.run(
        command,
        input=json.dumps(data),
        env=child_env,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=True,
    )
    taken, counted = map(int, done.stdout.split())
    assert taken <= counted * 1.05
    assert counted < 3 * taken


def test_channels_are_kept_for_as_long_as_their_policies_say_whichever_fell_silent_first():
    async def main() -> None:
        now = [0.0]
        retention = Retention(10, None, {"short": Kept(10, 5.0), "shorter": Kept(10, 1.0)})
        broker = MemoryBroker(retention, clock=lambda: now[0])
        for channel in ("long", "short", "shorter"):
            await broker.publish(channel, encode_publication(channel, 1))
        now[0] = 2.0
        await broker.publish("shorter", encode_publication("shorter", 2))
        kept = {
            name: [m.offset for m in await broker.read(name, 0, 10_000)]
            for name in ("long", "short", "shorter")
        }
        assert kept == {"long": [1], "short": [1], "shorter": [2]}
        now[0] = 6.0
        assert await broker.read("short", 0, 10_000) == []
        assert len(await broker.read("long", 0, 10_000)) == 1

    asyncio.run(main())


def test_where_there_is_no_more_room_the_channel_that_was_silent_for_longest_loses_first(
    monkeypatch: pytest.MonkeyPatch,
):
    async def main() -> None:
        now = [0.0]
        retention = Retention(1000, None, {"young": Kept(1000, 100.0)})
        broker = MemoryBroker(retention, clock=lambda: now[0])
        await broker.publish("young", encode_publication("young", "x" * 1000))
        now[0] = 1.0
        await broker.publish("old", encode_publication("old", "x" * 1000))
        monkeypatch.setattr(memory, "MAX_BYTES", broker.history_bytes + 500)
        now[0] = 2.0
        await broker.publish("other", encode_publication("other", "x" * 1000))
        left = {name: len(await broker.read(name, 0, 10_000)) for name in ("young", "old", "other")}
        assert left == {"young": 0, "old": 1, "other": 1}

    asyncio.run(main())
