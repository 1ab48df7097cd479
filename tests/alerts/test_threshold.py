"""Thresholds on streams: by a clock that is turned by hand, on the real threads, and beside rules for single records."""

from __future__ import annotations

import datetime as dt
import math
import threading
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import realtime_widgets as rw
from realtime_widgets.alerts import threshold as threshold_module
from realtime_widgets.alerts.threshold import Threshold
from realtime_widgets.errors import UnknownField, UnknownKeyword, UsageError, WrongType
from realtime_widgets.streams import Stream
from support.hand_scheduler import HandScheduler

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


def test_watching_the_same_again_does_nothing_and_a_removed_watch_can_be_begun_again(hand):
    stream, t = stream_of(), Threshold(0.9)
    watch = t.watch(stream, None)
    assert t.watch(stream) is watch
    stream.append(1.0)
    assert len(t.events) == 1
    watch.remove()
    watch.remove()
    stream.append(0.0)
    assert (len(t.events), t.watches, t.state) == (1, [], "normal")
    again = t.watch(stream)
    assert again is not watch
    assert not again.removed
    stream.append(1.0)
    assert [event.state for event in t.events] == ["raised", "cleared", "raised"], "each once"


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


clocked = st.tuples(
    st.sampled_from([0.0, 1.0, 30.0, 61.0, -1.0, -90.0]),  # seconds by which the clock goes on, or is set
    st.sampled_from([-500.0, -1.0, 0.0, 0.0, 0.0, 61.0, 62.0, 500.0]),  # by which a record is ahead of it
    st.sampled_from([0.0, 0.5, 0.85, 0.95, 1.0, 1.0, math.nan]),
    st.booleans(),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(clocked, max_size=30), st.sampled_from([0.0, 2.0]))
def test_when_a_stream_is_looked_at_changes_nothing_however_clocks_are_set(hand, records, hold):
    found = []
    for looked in ("at each", "now and then", "at the end"):
        now = [NOW]
        stream = Stream(clock=lambda now=now: now[0])
        t = Threshold(0.9, for_=hold, hysteresis=0.1)
        watch = t.watch(stream)
        for seconds, ahead, value, look in records:
            now[0] += seconds
            stream.append(value, ts=now[0] + ahead)
            if looked == "at each" or (look and looked == "now and then"):
                assert watch.state in ("normal", "pending", "raised")
        found.append(told(t))
    assert found[0] == found[1] == found[2]


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


def test_the_field_of_none_is_decided_with_the_first_record(hand):
    stream, t = stream_of(), Threshold(0.9)
    t.watch(stream)
    stream.append(load=1.0)
    assert [event.field for event in t.events] == ["load"]
    stream.append(load=0.0, value=1.0)
    assert [event.state for event in t.events] == ["raised", "cleared"], "what comes later changes nothing"


def test_several_fields_and_none_named_are_an_error_on_the_threshold_said_once(hand, caplog):
    stream, t = stream_of(), Threshold(0.9)
    t.watch(stream)
    stream.append(cpu=1.0, mem=1.0)
    hand.turn(1)
    stream.append(cpu=1.0, mem=1.0)
    hand.turn(1)
    assert "has several fields ('cpu', 'mem')" in t.error
    assert len(caplog.records) == 1
    with pytest.raises(UsageError, match="several fields"):
        Threshold(1).watch(stream)
    with pytest.raises(UnknownField, match="did you mean 'cpu'"):
        t.watch(stream, "cpuu")


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
    monkeypatch.setattr(threshold_module, "MAX_FORWARD", 10)
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


def test_the_watch_says_what_a_card_shows(hand):
    stream, t, woken = stream_of(), Threshold((0.2, 0.8), severity="error", for_=1, name="cold"), []
    watch = t.attach(stream, None, lambda: woken.append(1))
    assert watch.verdict() == ("normal", None)
    changes = watch.changes
    stream.append(0.9, ts=1)
    stream.append(0.9, ts=2)
    level, reason = watch.verdict()
    assert level == "error"
    assert reason.pop("text") == "< {0} / > {1}"
    assert reason == {
        "kind": "outside",
        "bounds": [0.2, 0.8],
        "for": 1.0,
        "severity": "error",
        "name": "cold",
    }
    assert watch.changes == changes + 1
    assert woken == [1]


def test_a_cell_that_is_run_again_leaves_no_second_watcher(hand, monkeypatch):
    from support.notebooks import make_shell

    shell = make_shell(monkeypatch)
    scheduler = HandScheduler()  # made in a notebook
    monkeypatch.setattr(threshold_module.Alert, "_scheduler", staticmethod(lambda: scheduler))
    stream, heard, made = stream_of(), [], []

    def cell():
        made.append(Threshold(0.9))
        made[-1].watch(stream)
        made[-1].on_change(heard.append)

    shell.run(cell)
    shell.run(cell)
    stream.append(1.0)
    scheduler.turn(1)
    scheduler.work()
    assert (len(heard), made[0].closed, made[1].closed) == (1, True, False)


def test_cells_that_watch_and_register_anew_do_so_once(hand, monkeypatch):
    from support.notebooks import make_shell

    shell = make_shell(monkeypatch)
    scheduler = HandScheduler()
    monkeypatch.setattr(threshold_module.Alert, "_scheduler", staticmethod(lambda: scheduler))
    heard = []
    t = shell.run(lambda: Threshold(0.9), "one")
    streams = []

    def watching():
        streams.append(stream_of())
        t.watch(streams[-1])

    for _ in range(2):
        shell.run(watching, "two")
        shell.run(lambda: t.on_change(heard.append), "three")
    for stream in streams:
        stream.append(1.0)
    scheduler.turn(1)
    scheduler.work()
    assert len(heard) == 1
    assert [watch.stream for watch in t.watches] == streams[1:]


def test_a_watch_ends_with_the_last_cell_that_asked_for_it(hand, monkeypatch):
    from support.notebooks import make_shell

    shell = make_shell(monkeypatch)
    scheduler = HandScheduler()
    monkeypatch.setattr(threshold_module.Alert, "_scheduler", staticmethod(lambda: scheduler))
    stream = stream_of()
    t = shell.run(lambda: Threshold(0.9), "one")
    for _ in range(2):
        watch = shell.run(lambda: [t.watch(stream), t.watch(stream)][0], "two")
        assert shell.run(lambda: t.watch(stream), "three") is watch
    shell.run(lambda: None, "two")
    assert t.watches == [watch], "the third cell wants it still"
    shell.run(lambda: None, "three")
    assert (t.watches, watch.removed) == ([], True)


def test_what_is_wrong_with_a_watch_is_forgotten_with_it(hand):
    stream, t, fields = stream_of(), Threshold(0.9), ["cpu"]
    several = t.watch(stream)
    stream.append(cpu="high", mem=1.0)
    assert t.state == "normal"
    assert "several fields" in t.error
    several.remove()
    assert t.error is None
    shown = t.attach(stream, lambda: list(fields))
    assert t.state == "normal"
    assert "cannot be compared" in t.error
    fields[:] = ["mem"]
    assert (t.state, t.error) == ("raised", None)
    fields[:] = ["cpu"]
    stream.append(cpu="higher")
    assert (t.state, t.error is None) == ("normal", False)
    shown.remove()
    assert (t.error, t._errors) == (None, {})


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


record = st.tuples(
    st.sampled_from([0.0, 1.0, 1.0, 2.0, -1.5, -5.0]),  # seconds since the one before
    st.sampled_from([0.0, 0.5, 0.85, 0.95, 1.0, 1.0, math.nan, None]),  # None: the field is left out
    st.sampled_from(["", "", "", "", "", "run", "gap", "clear", "ahead"]),
)


class Rules:
    """What `Threshold` promises, for one record after the other."""

    def __init__(self, hold, hysteresis):
        self.hold, self.back = hold, 0.9 - hysteresis
        self.newest, self.pending, self.raised, self.events = -math.inf, None, False, []

    def anew(self):
        self.newest, self.pending = -math.inf, None

    def take(self, ts, value):
        if value is None or ts < self.newest:
            return
        self.newest = ts
        if self.raised:
            if value < self.back:
                self.raised = False
                self.events.append(("cleared", ts))
        elif value >= 0.9:
            self.pending = ts if self.pending is None else self.pending
            if ts - self.pending >= self.hold:
                self.pending, self.raised = None, True
                self.events.append(("raised", ts))
        else:
            self.pending = None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(record, max_size=40),
    st.sampled_from([0.0, 2.0]),
    st.sampled_from([0.0, 0.2]),
    st.lists(st.booleans(), min_size=40, max_size=40),
    st.sampled_from([3, 100]),
)
def test_its_events_are_those_of_the_rules_however_the_records_are_batched(
    hand, records, hold, hysteresis, looks, max_points
):
    stream, t, rules = (
        stream_of(max_points=max_points),
        Threshold(0.9, for_=hold, hysteresis=hysteresis),
        Rules(hold, hysteresis),
    )
    t.watch(stream, "x")
    stream.append(y=0.0, ts=0.0)  # the clock's own time: what is ahead is not the first
    ts = 100.0
    for (step, value, mark), look in zip(records, looks, strict=False):
        ts += step
        if mark == "ahead":
            stream.append(x=1.0, ts=NOW + 100 + ts)
            continue
        if mark == "run":
            stream.mark_run()
            rules.anew()
        elif mark == "gap":
            stream.mark_gap()
            rules.pending = None
        elif mark == "clear":
            stream.clear()
            rules.anew()
            stream.append(y=0.0, ts=0.0)
        stream.append({"y": 1.0} if value is None else {"x": value}, ts=ts)
        rules.take(ts, value)
        if look:
            hand.turn(1)
    assert [(event.state, event.ts) for event in t.events] == rules.events
    assert t.missed == 0


several = st.lists(
    st.tuples(
        st.sampled_from(["x", "y", "z"]),
        st.sampled_from([0.5, 0.9, (0.2, 0.8)]),
        st.sampled_from([0.0, 2.0]),
        st.integers(0, 20),  # records after which it begins
        st.integers(0, 40),  # and ends, when that is later
    ),
    min_size=2,
    max_size=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(record, st.sampled_from(["x", "y"])), max_size=40), several, st.sampled_from([5, 100])
)
def test_several_on_one_stream_find_what_each_finds_alone(hand, records, wanted, max_points):
    def run(which):
        stream, ts = stream_of(max_points=max_points), 100.0
        made = {number: Threshold(wanted[number][1], for_=wanted[number][2]) for number in which}
        watches = {}
        stream.append(x=0.0, y=0.0, z=0.0, ts=0.0)
        for i, ((step, value, mark), name) in enumerate(records):
            for number, t in made.items():
                field, _, _, begin, end = wanted[number]
                if i == begin:
                    watches[number] = t.watch(stream, field)
                elif i == end and number in watches:
                    assert watches[number].state in ("normal", "pending", "raised")  # of what came until now
                    watches[number].remove()
            ts += step
            if mark in ("run", "gap"):
                getattr(stream, f"mark_{mark}")()
            elif mark == "clear":
                stream.clear()
            stream.append(
                {"z": 1.0} if value is None else {name: value}, ts=NOW + 1e6 if mark == "ahead" else ts
            )
            hand.turn(0.03)
        return {number: (told(t), t.missed) for number, t in made.items()}

    together = run(range(len(wanted)))
    for number in range(len(wanted)):
        assert run([number]) == {number: together[number]}
