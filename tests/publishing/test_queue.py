"""The queue: order, bounds, and what goes into one request."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.publishing.queue import MAX_BATCH_BYTES, MAX_BATCH_RECORDS, Batch, Queue


def drain(queue: Queue) -> list[Batch]:
    found = []
    while (batch := queue.take()) is not None:
        found.append(batch)
    return found


def test_records_of_one_channel_go_as_one_and_the_oldest_channel_first():
    queue = Queue(10, 1000)
    for channel, record in [("a", b"1"), ("b", b"2"), ("a", b"3")]:
        queue.put(channel, record)
    assert [(batch.channel, batch.records, batch.first) for batch in drain(queue)] == [
        ("a", (b"1", b"3"), 1),
        ("b", (b"2",), 2),
    ]
    assert (len(queue), queue.oldest, queue.last) == (0, None, 3)


def test_a_body_is_one_record_or_a_list():
    assert json.loads(Batch("a", (b'{"v":1}',), 1).body()) == {"v": 1}
    assert json.loads(Batch("a", (b'{"v":1}', b'{"v":2}'), 1).body()) == [{"v": 1}, {"v": 2}]


def test_beyond_the_limits_the_oldest_of_all_channels_are_dropped():
    queue = Queue(3, 1000)
    assert [queue.put(channel, channel.encode()) for channel in "abca"] == [0, 0, 0, 1]
    assert [batch.channel for batch in drain(queue)] == ["b", "c", "a"]
    small = Queue(100, 10)
    assert [small.put("a", b"12345") for _ in range(3)] == [0, 0, 1]
    assert small.put("a", b"0123456789") == 2
    assert small.put("a", b"much more than fits") == 1  # the newest is kept all the same
    assert [batch.records for batch in drain(small)] == [(b"much more than fits",)]


def test_a_request_has_no_more_than_fits():
    queue = Queue(10_000, 10**9)
    for _ in range(MAX_BATCH_RECORDS + 1):
        queue.put("a", b"1")
    assert [len(batch.records) for batch in drain(queue)] == [MAX_BATCH_RECORDS, 1]
    for size in (MAX_BATCH_BYTES - 1, 1, 1, 2 * MAX_BATCH_BYTES, 1):
        queue.put("a", b"1" * size)
    assert [len(batch.records) for batch in drain(queue)] == [2, 1, 1, 1]


def test_each_request_has_a_key_of_its_own_and_so_have_the_halves_of_one():
    batch = Batch("a", (b"1", b"2", b"3"), 7)
    first, second = batch.halves()
    assert (first.records, second.records) == ((b"1",), (b"2", b"3"))
    assert len({batch.key, first.key, second.key, Batch("a", (b"1",), 1).key}) == 4


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 30))), st.integers(1, 8), st.integers(1, 60))
def test_the_newest_that_fit_come_out_in_order(records: list[tuple[str, int]], most: int, size: int):
    queue = Queue(most, size)
    kept: list[tuple[str, bytes]] = []
    for number, (channel, length) in enumerate(records):
        raw = b"%d:" % number + b"x" * length
        dropped = queue.put(channel, raw)
        kept.append((channel, raw))
        assert len(kept) - dropped == len(queue)
        kept = kept[dropped:]
        assert len(kept) == 1 or (len(kept) <= most and sum(len(each) for _, each in kept) <= size)
    found = drain(queue)
    for channel in "abc":
        came = [raw for batch in found if batch.channel == channel for raw in batch.records]
        assert came == [raw for name, raw in kept if name == channel]
