"""Messages that come again: whose they are, and for how long they are known."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.hub.brokers import dedup
from realtime_widgets.hub.brokers.dedup import MAX_AGE, DedupCache, Key, KeyReused, digest_of
from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.channels import encode_publication
from realtime_widgets.hub.policies import Retention
from realtime_widgets.streams.gaps import Position


def test_a_message_that_comes_again_is_known_for_five_minutes():
    async def main() -> None:
        now = [0.0]
        broker, seen = MemoryBroker(Retention(10, None), clock=lambda: now[0]), []
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


def filled(*senders: str, at: float = 0.0) -> DedupCache:
    cache = DedupCache()
    for i, sender in enumerate(senders):
        cache.add(key(i, sender), DATA, Position("e", i), at)
    return cache


DATA = digest_of(b"1")


def test_who_publishes_much_does_not_have_others_forgotten(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dedup, "MAX_BYTES", 10 * dedup.MESSAGE_BYTES + 2 * dedup.SENDER_BYTES)
    remembered = filled("rare")
    for i in range(100):
        remembered.add(key(i, "busy"), DATA, Position("e", i), 1.0)
    assert len(remembered) == 10
    assert remembered.find(key(0, "rare"), DATA, 2.0) == ("e", 0)
    assert remembered.find(key(99, "busy"), DATA, 2.0) == ("e", 99)
    assert remembered.find(key(0, "busy"), DATA, 2.0) is None
    late = MAX_AGE + 1
    for i in range(11):
        remembered.add(key(i, "late"), DATA, Position("e", 0), late)
    assert remembered.find(key(10, "late"), DATA, late) == ("e", 0)
    assert len(remembered) <= 11, "those whose time is over went with it"


def test_senders_count_too_and_the_one_that_was_silent_for_longest_goes_first(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(dedup, "MAX_BYTES", 10 * (dedup.MESSAGE_BYTES + dedup.SENDER_BYTES))
    remembered = filled(*map(str, range(1000)))
    assert len(remembered) == 10
    assert remembered.size <= dedup.MAX_BYTES
    assert remembered.find(key(999, "999"), DATA, 1.0) == ("e", 999)
    assert remembered.find(key(989, "989"), DATA, 1.0) is None


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 8), st.integers(0, 40)), max_size=60))
def test_it_knows_what_a_plain_list_of_everything_knows(steps: list[tuple[str, int, int]]):
    cache, model, now = DedupCache(), {}, 0.0
    for sender, id, later in steps:
        now += later
        each = key(id, sender)
        known = model.get(each)
        expected = known[1] if known is not None and known[0] > now else None
        assert cache.find(each, DATA, now) == expected
        if expected is None:
            model[each] = now + MAX_AGE, Position("e", len(model))
            cache.add(each, DATA, model[each][1], now)
        assert len(cache) <= len(model)
        assert cache.size <= dedup.MAX_BYTES


def steps_of(fn: Callable[[], object]) -> int:
    """How many lines of Python a call runs; not those of finalizers, which the garbage collector runs when it likes."""
    count = 0
    gc.collect()
    gc.disable()

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        fn()
    finally:
        sys.settrace(before)
        gc.enable()
    return count


def test_an_id_takes_as_long_among_many_senders_as_among_few(monkeypatch: pytest.MonkeyPatch):
    def added_to(count: int) -> int:
        monkeypatch.setattr(dedup, "MAX_BYTES", count * (dedup.MESSAGE_BYTES + dedup.SENDER_BYTES))
        cache = filled(*map(str, range(count)))  # as many as there may be
        return steps_of(lambda: cache.add(key(0, "one more"), DATA, Position("e", 1), 0.0))

    assert added_to(3000) == added_to(30)


def test_a_key_with_other_data_is_not_the_message_sent_again():
    async def main() -> None:
        broker = MemoryBroker()
        first = await broker.publish("a", encode_publication("a", {"x": 1}), key("k"))
        assert await broker.publish("a", encode_publication("a", {"x": 1}), key("k")) == first
        with pytest.raises(KeyReused):
            await broker.publish("a", encode_publication("a", {"x": 2}), key("k"))
        assert (await broker.position("a")).offset == 1

    asyncio.run(main())


@pytest.mark.parametrize("id", ["x" * 10_000_000, "\ud800", "", -1])
def test_what_is_kept_of_a_key_does_not_depend_on_its_length(id: str | int):
    cache = DedupCache()
    cache.add(key(id, "\udfff"), DATA, Position("e", 1), 0.0)
    assert cache.find(key(id, "\udfff"), DATA, 1.0) == ("e", 1)
    assert cache.size == dedup.MESSAGE_BYTES + dedup.SENDER_BYTES


def test_only_so_many_messages_are_known_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dedup, "MAX_BYTES", 3 * dedup.MESSAGE_BYTES + dedup.SENDER_BYTES)

    async def main() -> None:
        broker = MemoryBroker()
        first = [await broker.publish("a", encode_publication("a", i), key(str(i))) for i in range(4)]
        assert await broker.publish("a", encode_publication("a", 3), key("3")) == first[3]
        assert await broker.publish("a", encode_publication("a", 0), key("0")) != first[0]

    asyncio.run(main())


def test_one_sender_alone_may_fill_it():
    cache = DedupCache()
    for number in range(50_000):
        cache.add(key(number), DATA, Position("e", number + 1), 0.0)
    assert cache.find(key(0), DATA, dedup.MAX_AGE - 1) == ("e", 1)
