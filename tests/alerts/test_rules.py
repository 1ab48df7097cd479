"""Thresholds beside rules for single records: however these are batched, looked at and watched."""

from __future__ import annotations

import math

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_widgets.alerts.threshold import Threshold
from realtime_widgets.streams import Stream

NOW = 1_000_000.0


def stream_of(name="m", **options):
    return Stream(name, clock=lambda: NOW, **options)


def told(threshold):
    return [(event.state, event.ts, event.value) for event in threshold.events]


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
