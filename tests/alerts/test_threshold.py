"""Thresholds on streams: by a clock that is turned by hand, on the real threads, and beside rules for single records."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import realtime_widgets as rw
from realtime_widgets.alerts.threshold import Threshold
from realtime_widgets.errors import UnknownKeyword, UsageError, WrongType
from realtime_widgets.streams import Stream

NOW = 1_000_000.0


def stream_of(name="m", **options):
    return Stream(name, clock=lambda: NOW, **options)


def told(threshold):
    return [(event.state, event.ts, event.value) for event in threshold.events]


def test_crossings_are_told_once_with_the_record_that_decided(hand):
    stream, t, heard = (
        stream_of(),
        Threshold(0.9, for_="2s", hysteresis=0.1, severity="error", name="hot"),
        [],
    )
    t.watch(stream, "cpu")
    t.on_change(heard.append)
    for i, value in enumerate([0.5, 0.95, 0.96, 0.97, 0.99, 0.85, 0.79, 0.5]):
        stream.append(cpu=value, ts=100.0 + i)
        hand.turn(0.2)
    hand.work()
    raised, cleared = heard
    assert (raised.state, raised.ts, raised.value, raised.since, raised.lasted) == (
        "raised",
        103.0,
        0.97,
        101.0,
        2.0,
    )
    assert (cleared.state, cleared.ts, cleared.value, cleared.since, cleared.lasted) == (
        "cleared",
        106.0,
        0.79,
        103.0,
        3.0,
    )
    assert (raised.stream, raised.field, raised.threshold, raised.severity, raised.name) == (
        "m",
        "cpu",
        0.9,
        "error",
        "hot",
    )
    assert t.events == heard


def test_the_state_is_that_of_now_and_the_worst_of_the_watches(hand):
    one, other, t = stream_of("one"), stream_of("other"), Threshold(0.9, for_=10)
    first, second = t.watch(one), t.watch(other)
    assert t.state == "normal"
    one.append(0.95, ts=1)
    assert (t.state, first.state, second.state) == ("pending", "pending", "normal")
    other.append(0.95, ts=1)
    other.append(0.95, ts=11)
    assert (t.state, first.state, second.state) == ("raised", "pending", "raised")
    second.remove()
    assert t.state == "pending"


def test_what_the_stream_has_already_is_among_the_events_and_only_what_is_still_so_is_told(hand):
    stream, heard = stream_of(), []
    stream.extend({"ts": np.arange(5.0), "value": [1.0, 0.0, 1.0, 0.0, 1.0]})
    t = Threshold(0.9)
    t.on_change(heard.append)
    t.watch(stream)
    hand.work()
    assert [event.state for event in t.events] == ["raised", "cleared", "raised", "cleared", "raised"]
    assert [(event.state, event.ts) for event in heard] == [("raised", 4.0)]
    calm = Threshold(2)
    calm.on_change(heard.append)
    calm.watch(stream)
    hand.work()
    assert len(heard) == 1


def test_wrong_arguments_are_refused(hand):
    with pytest.raises(UnknownKeyword, match="did you mean 'hysteresis'"):
        Threshold(1, hysterese=1)
    for word in ({"below": True}, {"direction": "below"}):
        with pytest.raises(UnknownKeyword, match="pass above=False"):
            Threshold(1, **word)
    with pytest.raises(
        WrongType, match=r"for a band pass both numbers in parentheses: Threshold\(\(0.2, 0.8\)\)"
    ):
        Threshold(0.2, 0.8)
    with pytest.raises(UsageError, match="for_= of a threshold"):
        Threshold(1, for_="soon")
    with pytest.raises(UsageError, match="did you mean 'warning'"):
        Threshold(1, severity="warn")
    with pytest.raises(WrongType, match="name=3"):
        Threshold(1, name=3)
    with pytest.raises(WrongType, match="has no method notify"):
        Threshold(1, notify=print)
    with pytest.raises(WrongType, match="pass a Stream"):
        Threshold(1).watch([1, 2])
    closed = Threshold(1)
    closed.close()
    with pytest.raises(UsageError, match="it is closed"):
        closed.watch(stream_of())


def test_it_says_what_it_is(hand):
    t = Threshold(0.9, for_=90, name="hot")
    assert repr(t) == "<Threshold 'hot' ≥ 0.9 for 1 min 30 s: watching nothing, 0 events>"
    watch = t.watch(stream_of(), "cpu")
    assert repr(t) == "<Threshold 'hot' ≥ 0.9 for 1 min 30 s: normal on 'm', 0 events>"
    assert repr(watch) == "<Watch on 'cpu' of stream 'm': normal>"
    assert t.value == 0.9
    t.close()
    assert "closed" in repr(t)
    assert "removed" in repr(watch)


def test_it_is_told_while_the_main_thread_is_busy():
    stream, heard = Stream("busy"), threading.Event()
    t = rw.Threshold(0.9)
    t.watch(stream)
    t.on_change(lambda event: heard.set())
    feeder = threading.Thread(target=lambda: [stream.append(v) for v in (0.1, 0.95)])
    feeder.start()
    turns = 0
    while not heard.is_set() and turns < 200_000_000:  # computes all the while, and waits for nothing
        turns += 1
    feeder.join(10)
    assert heard.is_set()
    t.close()
