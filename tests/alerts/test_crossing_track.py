"""What a threshold decides on the fields of a stream, by a clock that is turned by hand."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import pytest

from realtime_widgets.alerts import crossing_track
from realtime_widgets.alerts.threshold import Threshold
from realtime_widgets.streams import Stream

NOW = 1_000_000.0


def stream_of(name="m", **options):
    return Stream(name, clock=lambda: NOW, **options)


def told(threshold):
    return [(event.state, event.ts, event.value) for event in threshold.events]


def test_it_goes_by_every_record_however_they_come_together(hand):
    stream, t = stream_of(), Threshold(0.9)
    t.watch(stream)
    stream.extend({"ts": np.arange(6.0), "value": [0.1, 0.95, 0.1, 0.1, 0.99, 0.1]})
    hand.turn(1)
    assert told(t) == [
        ("raised", 1.0, 0.95),
        ("cleared", 2.0, 0.1),
        ("raised", 4.0, 0.99),
        ("cleared", 5.0, 0.1),
    ]


def test_what_was_judged_is_not_judged_again_when_it_is_watched_anew(hand):
    stream, t, heard = stream_of(), Threshold(0.9, for_=2, notify=None), []
    t.on_change(heard.append)
    for ts, value in enumerate([1.0, 1.0, 1.0]):
        stream.append(cpu=value, ts=10 + ts)
    for _ in range(3):
        watch = t.watch(stream, "cpu")
        assert t.state == "raised"
        watch.remove()
        hand.work()
    assert (len(heard), len(t.events)) == (1, 1)
    stream.append(cpu=0.0, ts=13)
    stream.append(cpu=1.0, ts=14)
    watch = t.watch(stream, "cpu")
    assert t.state == "pending"
    watch.remove()
    t.watch(stream, "cpu")
    stream.append(cpu=1.0, ts=16)
    hand.turn(1)
    hand.work()
    assert [(event.state, event.ts) for event in t.events] == [
        ("raised", 12.0),
        ("cleared", 13.0),
        ("raised", 16.0),
    ]
    assert [(event.state, event.ts) for event in heard] == [("raised", 12.0), ("raised", 16.0)]


def test_a_field_that_is_shown_again_is_not_judged_again(hand):
    stream, t, fields, heard = stream_of(), Threshold(0.9), ["cpu"], []
    t.on_change(heard.append)
    t.attach(stream, lambda: list(fields))
    stream.append(cpu=1.0, mem=1.0, ts=1)
    for shown in (["cpu"], ["mem"], ["cpu", "mem"], []):
        fields[:] = shown
        assert t.state == ("raised" if shown else "normal")
    stream.append(cpu=0.0, mem=1.0, ts=2)
    hand.turn(1)
    fields[:] = ["cpu"]
    assert t.state == "normal"
    hand.turn(1)
    hand.work()
    assert [(event.field, event.state) for event in t.events] == [
        ("cpu", "raised"),
        ("mem", "raised"),
        ("cpu", "cleared"),
    ]
    assert len(heard) == 2, "what was cleared while nobody looked is among the events"


def test_a_hold_does_not_last_over_records_that_were_overwritten_unwatched(hand):
    stream, t = stream_of(max_points=2), Threshold(0.9, for_=5)
    watch = t.watch(stream)
    stream.append(1.0, ts=0)
    watch.remove()
    for ts in (1, 2, 6):
        stream.append(1.0, ts=ts)
    t.watch(stream)
    assert (t.state, t.events, t.missed) == ("pending", [], 0)


def test_several_fields_of_a_stream_are_told_in_the_order_of_the_records(hand):
    stream, t = stream_of(), Threshold(0.9)
    stream.append(cpu=0.0, mem=0.0, ts=0)
    t.watch(stream, "mem")
    t.watch(stream, "cpu")
    stream.append(cpu=1.0, ts=1)
    stream.append(mem=1.0, ts=2)
    stream.append(cpu=0.0, ts=3)
    assert [(event.field, event.state) for event in t.events] == [
        ("cpu", "raised"),
        ("mem", "raised"),
        ("cpu", "cleared"),
    ]


def test_a_field_that_is_watched_by_several_is_judged_once(hand):
    stream, t = stream_of(), Threshold(0.9)
    mine, of_chart = t.watch(stream, "cpu"), t.attach(stream, lambda: ["cpu", "mem"])
    stream.append(cpu=1.0, mem=0.0)
    assert len(t.events) == 1
    mine.remove()
    stream.append(cpu=0.0, mem=1.0)
    assert len(t.events) == 3
    of_chart.remove()
    stream.append(cpu=1.0)
    assert len(t.events) == 3


def test_a_field_that_is_wanted_later_is_judged_from_what_the_stream_has(hand):
    stream, t, fields = stream_of(), Threshold(0.9), ["cpu"]
    stream.append(cpu=0.0, mem=1.0, ts=1)
    t.attach(stream, lambda: list(fields))
    stream.append(cpu=0.0, mem=1.0, ts=2)
    hand.turn(1)
    fields.append("mem")
    stream.append(cpu=0.0, mem=1.0, ts=3)
    stream.append(cpu=0.0, mem=0.0, ts=4)
    assert [(event.field, event.state, event.ts) for event in t.events] == [
        ("mem", "raised", 1.0),
        ("mem", "cleared", 4.0),
    ]


def test_absent_fields_say_nothing_and_missing_values_end_a_hold_but_not_what_is_raised(hand):
    stream, t = stream_of(), Threshold(0.9, for_=2)
    t.watch(stream, "cpu")
    for ts, record in enumerate([{"cpu": 1.0}, {"mem": 1.0}, {"cpu": 1.0}]):
        stream.append(record, ts=ts)
    assert told(t) == [("raised", 2.0, 1.0)]
    stream.append(cpu=None, ts=3)
    assert t.state == "raised"
    stream.append(cpu=0.0, ts=4)
    for ts, value in enumerate([1.0, math.nan, 1.0, 1.0], 5):
        stream.append(cpu=value, ts=ts)
    assert (t.state, len(t.events)) == ("pending", 2)


def test_late_records_decide_nothing(hand):
    stream, t = stream_of(), Threshold(0.9)
    t.watch(stream)
    stream.append(0.0, ts=100)
    stream.append(1.0, ts=99)
    assert t.events == []
    hand.turn(1)
    stream.append(1.0, ts=98)
    assert t.events == []


def test_a_record_ahead_of_the_clock_neither_decides_nor_blinds(hand):
    stream, t = stream_of(), Threshold(0.9)
    t.watch(stream)
    stream.append(0.0, ts=NOW)
    stream.append(1.0, ts=NOW + 1e6)
    assert t.events == [], "a card does not show it either"
    stream.append(1.0, ts=NOW + 1)
    stream.append(0.0, ts=NOW + 2)
    assert told(t) == [("raised", NOW + 1, 1.0), ("cleared", NOW + 2, 0.0)]


def test_data_that_are_all_ahead_of_the_clock_are_judged(hand):
    stream, t = stream_of(), Threshold(0.9, for_=1)
    t.watch(stream)
    stream.extend({"ts": NOW * 2 + np.arange(3), "value": [1.0, 1.0, 0.0]})
    assert [event.state for event in t.events] == ["raised", "cleared"]


def test_a_clock_that_is_set_back_does_not_blind(hand):
    now = [NOW]
    stream, t = Stream(clock=lambda: now[0]), Threshold(0.9)
    t.watch(stream)
    stream.append(0.0)
    now[0] -= 3600
    stream.append(1.0)
    assert told(t) == [("raised", NOW - 3600, 1.0)]
    hand.turn(1)
    now[0] -= 3600
    stream.append(0.0)
    assert len(t.events) == 2


def test_what_was_ahead_when_it_came_decides_nothing_whenever_it_is_looked_at(hand):
    for looks in (True, False):
        now = [NOW]
        stream, t = Stream(clock=lambda now=now: now[0]), Threshold(0.9)
        t.watch(stream)
        for seconds, value, ahead in [(0, 0.0, 0), (0, 1.0, 100), (90, 0.0, 0), (5, 1.0, 0), (30, 0.0, 0)]:
            now[0] += seconds
            stream.append(value, ts=now[0] + ahead)
            if looks:
                hand.turn(1)
        assert told(t) == [("raised", NOW + 95, 1.0), ("cleared", NOW + 125, 0.0)], looks


def test_a_new_run_and_a_cleared_stream_begin_anew(hand):
    for begin in ("mark_run", "clear"):
        stream, t = stream_of(), Threshold(0.9, for_=5)
        t.watch(stream)
        stream.append(1.0, ts=100)
        getattr(stream, begin)()
        stream.append(1.0, ts=1)
        stream.append(1.0, ts=5)
        assert t.state == "pending", begin
        stream.append(1.0, ts=6)
        assert told(t) == [("raised", 6.0, 1.0)], begin
        hand.turn(1)
        getattr(stream, begin)()
        assert t.state == "raised", f"{begin}: until a record decides"
        stream.append(0.0, ts=0)
        assert t.state == "normal", begin


def test_a_gap_ends_a_hold(hand):
    stream, t = stream_of(), Threshold(0.9, for_=5)
    t.watch(stream)
    stream.append(1.0, ts=0)
    stream.mark_gap()
    stream.append(1.0, ts=5)
    assert t.state == "pending"


def test_a_field_that_is_no_number_is_an_error_until_it_is_one(hand, caplog):
    stream, t = stream_of(), Threshold(0.9)
    t.watch(stream)
    stream.append("high\ud800")
    stream.append("low")
    hand.turn(1)
    assert t.error == (
        "field 'value' of stream 'm' cannot be compared with ≥ 0.9: 'low' is of type str; append numbers, or decode "
        "with numbers=True"
    )
    stream.append("lower")
    hand.turn(1)
    assert len(caplog.records) == 1, "said once"
    stream.append(1.0)
    assert (t.state, t.error) == ("raised", None)


def test_durations_decimals_and_large_integers_are_judged(hand):
    stream, t = stream_of(), Threshold(2**53 + 1)
    t.watch(stream)
    for value in (2**53, Decimal("0.5"), 2**53 + 1, dt.timedelta(seconds=3)):
        stream.append(value)
    assert [(event.state, event.value) for event in t.events] == [
        ("raised", 2**53 + 1),
        ("cleared", dt.timedelta(seconds=3)),
    ]


def test_of_many_crossings_at_once_the_newest_are_told_and_the_rest_counted(hand, monkeypatch):
    monkeypatch.setattr(crossing_track, "MAX_FORWARD", 10)
    stream, t, heard = stream_of(), Threshold(0.5), []
    t.on_change(heard.append)
    t.watch(stream)
    stream.extend(np.arange(100) % 2)
    hand.turn(1)
    hand.work()
    assert (len(heard), heard[-1].state, t.dropped) == (10, "raised", 89)


def test_a_flood_larger_than_half_of_the_stream_is_seen(hand):
    stream, t = stream_of(max_points=100), Threshold(0.9)
    t.watch(stream)
    values = np.zeros(600)
    values[::60] = 1.0
    for piece in np.split(values, 10):
        stream.extend(piece)
    assert (len(t.events), t.missed) == (20, 0)
    stream.extend(np.zeros(1000))
    assert t.missed == 900
    t.close()
    assert t.missed == 900


def test_an_interrupt_while_it_is_judged_neither_loses_nor_doubles(hand, monkeypatch):
    stream, t = stream_of(), Threshold(0.9, for_=2)
    watch = t.watch(stream)
    stream.extend({"ts": np.arange(3.0), "value": [1.0, 1.0, 1.0]})
    tell = t.tell

    def interrupted(*_, **__):
        monkeypatch.setattr(t, "tell", tell)
        raise KeyboardInterrupt

    changes = watch.changes
    monkeypatch.setattr(t, "tell", interrupted)
    with pytest.raises(KeyboardInterrupt):
        t.state  # noqa: B018
    assert watch.state == "raised"
    assert told(t) == [("raised", 2.0, 1.0)]
    assert watch.changes == changes + 1
