"""The memory broker: how it numbers channels, and how much it keeps of them."""

from __future__ import annotations

import asyncio

import pytest

from realtime_widgets.errors import UsageError
from realtime_widgets.hub.brokers import make_broker, memory
from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.channels import encode_publication
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.streams.gaps import Position


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
        broker = MemoryBroker(3, 10.0, clock=lambda: now[0])
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
        broker = MemoryBroker(1000, None)
        for channel in "abc":
            for _ in range(5):
                await broker.publish(channel, encode_publication(channel, "x" * 1000))
        kept = [len(await broker.read(channel, 0, 10**6)) for channel in "abc"]
        assert kept == [0, 1, 5], "the one that was silent for longest loses first"

    asyncio.run(main())


def test_channels_that_fell_silent_are_forgotten_as_others_speak():
    async def main() -> None:
        now = [0.0]
        broker = MemoryBroker(10, 5.0, clock=lambda: now[0])
        for i in range(100):
            await broker.publish(f"run {i}", encode_publication("x", i))
        now[0] = 6.0
        for _ in range(100):
            await broker.publish("alive", encode_publication("x", 0))
        assert list(broker._kept) == ["alive"]

    asyncio.run(main())


def test_there_is_no_broker_of_another_name():
    assert isinstance(make_broker("memory", 10, None), MemoryBroker)
    with pytest.raises(UsageError, match="there is no broker 'redis://x': there is 'memory'"):
        make_broker("redis://x", 10, None)
