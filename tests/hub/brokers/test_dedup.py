"""Messages that come again: whose they are, and for how long they are known."""

from __future__ import annotations

import asyncio

import pytest

from realtime_widgets.hub.brokers import dedup
from realtime_widgets.hub.brokers.dedup import MAX_AGE, Key
from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.channels import encode_publication
from realtime_widgets.streams.gaps import Position


def test_a_message_that_comes_again_is_known_for_five_minutes():
    async def main() -> None:
        now = [0.0]
        broker, seen = MemoryBroker(10, None, clock=lambda: now[0]), []
        broker.subscribe("a", seen.append)
        first = await broker.publish("a", encode_publication("a", 1), key("k"))
        await broker.publish("a", encode_publication("a", 2))
        assert await broker.publish("a", encode_publication("a", 1), key("k")) == first
        now[0] = MAX_AGE - 0.1
        assert await broker.publish("a", encode_publication("a", 1), key("k")) == first
        now[0] = MAX_AGE
        assert await broker.publish("a", encode_publication("a", 1), key("k")) != first
        assert len(seen) == 3
        assert await broker.publish("a", encode_publication("a", 1), key("other")) != first

    asyncio.run(main())


def key(id: str | int, sender: str = "me", channel: str = "a") -> Key:
    return Key(sender, channel, id)


def test_an_id_is_its_senders_within_a_channel():
    async def main() -> None:
        broker = MemoryBroker()
        keys = [key(0), key("0"), key(0, "you"), key(0, channel="b")]
        found = [await broker.publish("a", encode_publication("a", 1), each) for each in (*keys, *keys)]
        assert [offset for _, offset in found] == [1, 2, 3, 4, 1, 2, 3, 4]

    asyncio.run(main())


def test_who_publishes_much_does_not_have_others_forgotten(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dedup, "MAX_IDS", 10)
    remembered = dedup.DedupCache()
    remembered.add(key("first", "rare"), Position("e", 1), 0.0)
    for i in range(100):
        remembered.add(key(i, "busy"), Position("e", i), 1.0)
    assert len(remembered) == 10
    assert remembered.find(key("first", "rare"), 2.0) == ("e", 1)
    assert remembered.find(key(99, "busy"), 2.0) == ("e", 99)
    assert remembered.find(key(0, "busy"), 2.0) is None
    remembered.add(key(0, "late"), Position("e", 0), MAX_AGE + 1)
    for i in range(10):
        remembered.add(key(i, "late"), Position("e", 0), MAX_AGE + 1)
    assert len(remembered) == 10, "those whose time is over went with it"


def test_only_so_many_messages_are_known_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dedup, "MAX_PER_SENDER", 3)

    async def main() -> None:
        broker = MemoryBroker()
        first = [await broker.publish("a", encode_publication("a", i), key(str(i))) for i in range(4)]
        assert await broker.publish("a", encode_publication("a", 3), key("3")) == first[3]
        assert await broker.publish("a", encode_publication("a", 0), key("0")) != first[0]

    asyncio.run(main())


def test_all_who_publish_over_http_are_not_taken_for_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dedup, "MAX_PER_SENDER", 3)
    remembered = dedup.DedupCache()
    for i in range(10):
        remembered.add(key(i, dedup.HTTP_SENDER), Position("e", i), 0.0)
    assert remembered.find(key(0, dedup.HTTP_SENDER), 1.0) == ("e", 0)
