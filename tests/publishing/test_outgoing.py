"""Outgoing: what goes next and when, on a clock turned by hand, and that no record is lost count of."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.publishing.answers import TAKEN, Answer
from realtime_widgets.publishing.outgoing import BACKOFF, PACE, QUIET, SLOWLY, Outgoing
from realtime_widgets.publishing.queue import Batch

LATER = Answer("later", "the hub sleeps; wake it", "sleep")


def outgoing(most: int = 100) -> Outgoing:
    return Outgoing(most, 10_000, lambda: 0.5)


def batch_of(made: Outgoing, now: float) -> Batch:
    step = made.next(now)
    assert isinstance(step, Batch), step
    return step


def test_the_first_record_goes_at_once_and_what_comes_meanwhile_goes_as_one():
    made = outgoing()
    assert made.next(0.0) is None
    made.put("a", b"1")
    first = batch_of(made, 0.0)
    made.put("a", b"2")
    made.put("a", b"3")
    assert batch_of(made, 0.01) is first
    made.settle(first, TAKEN, 0.02)
    assert made.next(0.03) == pytest.approx(PACE - 0.01)
    assert batch_of(made, 0.02 + PACE).records == (b"2", b"3")
    made.hurried = 1
    assert batch_of(made, 0.03).records == (b"2", b"3")


def test_a_request_that_failed_comes_again_as_it_was_after_delays_that_grow():
    made = outgoing()
    made.put("a", b"1")
    first = batch_of(made, 0.0)
    now, waits = 0.0, []
    for _ in range(8):
        made.settle(first, LATER, now)
        made.put("a", b"more")
        made.hurried = 1  # which nobody's haste shortens
        wait = made.next(now)
        assert isinstance(wait, float)
        waits.append(wait)
        now += wait
        assert batch_of(made, now) is first
    assert waits == pytest.approx([BACKOFF.delay(n, 0.5) for n in range(1, 9)])
    made.settle(first, TAKEN, now)
    made.settle(second := batch_of(made, now + PACE), LATER, now + PACE)
    assert second.records == (b"more",) * 8
    assert made.next(now + PACE) == pytest.approx(BACKOFF.delay(1, 0.5))


def test_a_server_that_asks_for_more_time_gets_it_and_who_waits_for_the_end_tries_now():
    made = outgoing()
    made.put("a", b"1")
    made.settle(batch_of(made, 0.0), Answer("later", "busy", "busy", wait=60.0), 0.0)
    assert made.next(1.0) == 59.0
    made.hasten(1.0)
    batch_of(made, 1.0)


def test_what_only_a_person_can_mend_is_tried_ever_more_slowly_and_no_less():
    made = outgoing()
    made.put("a", b"1")
    now, waits = 0.0, []
    for _ in range(20):
        made.settle(batch_of(made, now), Answer("later", "a wrong token", "token", stuck=True), now)
        wait = made.next(now)
        assert isinstance(wait, float)
        waits.append(wait)
        now += wait
    assert made.stuck == 20
    assert waits == pytest.approx([SLOWLY.delay(n, 0.5) for n in range(1, 21)])
    assert max(waits) < 60 < sum(waits[5:8])
    assert len(made.notices) == 1
    made.settle(batch_of(made, now), TAKEN, now)
    assert made.waiting == 0


def test_trouble_is_told_once_and_its_end_too():
    made = outgoing()
    made.put("a", b"1")
    now = 0.0
    for _ in range(3):
        made.settle(batch_of(made, now), LATER, now)
        now += 100.0
    made.settle(batch_of(made, now), Answer("later", "another", "other"), now)
    now += 100.0
    made.settle(batch_of(made, now), TAKEN, now)
    assert [text.partition(".")[0] for _, text in made.notices] == [
        "the hub sleeps; wake it",
        "another",
        "the hub takes records again",
    ]
    assert made.stats().last_error is None


def test_a_server_that_comes_and_goes_is_not_told_of_each_time():
    made = outgoing()
    now = 1000.0
    for _ in range(int(QUIET)):
        made.put("a", b"1")
        made.settle(batch_of(made, now), LATER, now)
        now += 0.5
        made.settle(batch_of(made, now), TAKEN, now)
        now += 0.5
    assert len(made.notices) == 2
    made.put("a", b"1")
    made.settle(batch_of(made, now), LATER, now)
    assert len(made.notices) == 3


def test_one_record_that_is_refused_costs_only_itself():
    made = outgoing()
    for number in range(9):
        made.put("a", b"%d" % number)
    taken, now = [], 0.0
    while made.waiting:
        batch = batch_of(made, now)
        if b"5" in batch.records:
            made.settle(batch, Answer("divide", "5 is no number; leave it out", "five"), now)
        else:
            taken += batch.records
            made.settle(batch, TAKEN, now)
        now += PACE
    assert b"".join(taken) == b"01234678"
    stats = made.stats()
    assert (stats.sent, stats.refused, stats.dropped) == (8, 1, 0)
    assert [text for _, text in made.notices] == [
        "5 is no number; leave it out; stats.refused counts such records"
    ]


def test_what_a_channel_never_takes_is_refused_as_a_whole():
    made = outgoing()
    for _ in range(5):
        made.put("a", b"1")
    made.settle(batch_of(made, 0.0), Answer("refused", "no such channel", "channel"), 0.0)
    assert (made.stats().refused, made.waiting, made.stats().requests) == (5, 0, 1)


def test_what_is_dropped_is_counted_and_told_once():
    made = outgoing(most=2)
    for _ in range(10):
        made.put("a", b"1")
    assert made.stats().dropped == 8
    assert len(made.notices) == 1
    assert "2 records or 10,000 bytes wait" in made.notices[0][1]


def test_at_the_end_what_waits_is_dropped_and_said_to_be():
    made = outgoing()
    made.put("a", b"1")
    batch = batch_of(made, 0.0)
    made.put("a", b"2")
    made.settle(batch, LATER, 0.0)
    assert made.is_open(batch)
    made.abandon()
    assert not made.is_open(batch)
    assert made.notices[-1][1] == "2 records were not sent before the end: the hub sleeps; wake it"
    made.reject()
    assert (made.stats().dropped, made.stats().appended) == (3, 3)


def test_kinds_of_trouble_without_end_are_not_told_without_end():
    made = outgoing()
    for number in range(1000):
        made.leave_out(f"field {number}", "it is an object")
    assert made.stats().left_out == 1000
    assert len(made.notices) == 100


def test_settled_is_what_came_before_whatever_came_since():
    made = outgoing()
    made.put("a", b"1")
    made.put("b", b"2")
    last = made.last
    batch = batch_of(made, 0.0)
    made.put("b", b"3")
    assert not made.settled(last)
    made.settle(batch, TAKEN, 0.0)
    assert not made.settled(last)
    assert not made.settled(last + 1)
    made.put("c", b"4")
    made.settle(batch_of(made, 1.0), TAKEN, 1.0)  # 2 and 3
    assert made.settled(last + 1)
    assert not made.settled(made.last)


@given(st.integers(0, 2**32), st.integers(1, 12))
def test_no_record_is_lost_count_of_and_none_taken_twice_or_out_of_order(seed: int, most: int):
    """A hub that takes, takes without saying so, refuses and breaks off at random."""
    chance = random.Random(seed)
    made = Outgoing(most, 10_000, chance.random)
    known: dict[str, tuple[bytes, ...]] = {}
    kept: dict[str, list[int]] = {"a": [], "b": []}
    now = 0.0
    for number in range(60):
        made.put(chance.choice("ab"), b"%d" % number)
        now += chance.choice([0.0, PACE])
        step = made.next(now)
        if isinstance(step, Batch):
            fate = chance.choice(["taken", "unheard", "lost", "divide", "refused"])
            if fate in ("taken", "unheard") and step.key not in known:
                known[step.key] = step.records
                kept[step.channel] += map(int, step.records)
            if step.key in known:  # a hub never refuses what it has
                made.settle(step, TAKEN if fate == "taken" else LATER, now)
            else:
                made.settle(step, Answer(fate if fate in ("divide", "refused") else "later", fate, fate), now)  # type: ignore[arg-type]
        stats = made.stats()
        assert stats.appended == stats.sent + stats.waiting + stats.dropped + stats.refused == number + 1
        assert made.waiting <= 2 * most
    for numbers in kept.values():
        assert numbers == sorted(set(numbers))
