"""Absences: data that stop and come back, by a clock that is turned by hand."""

import pytest

from realtime_widgets.alerts.absence import Absence
from realtime_widgets.errors import UnknownKeyword, UsageError
from realtime_widgets.streams import Stream


def stream_of(hand, name="m"):
    return Stream(name, clock=hand.clock)


def told(absence):
    return [(event.state, event.ts, event.field) for event in absence.events]


def test_it_is_raised_when_nothing_has_come_since_it_watches_and_cleared_by_the_next_record(hand):
    stream, absence, heard = stream_of(hand), Absence(30), []
    watch = absence.watch(stream)
    absence.on_change(heard.append)
    hand.turn(29.9)
    hand.work()
    assert (heard, absence.state) == ([], "normal")
    hand.turn(0.1)
    hand.work()
    assert [event.state for event in heard] == ["raised"]
    assert (heard[0].lasted, heard[0].value, heard[0].threshold, heard[0].field) == (30.0, None, 30.0, None)
    assert (absence.state, watch.verdict()[0], watch.verdict()[1]["kind"]) == ("raised", "error", "absence")
    hand.turn(500)
    stream.append(1.0, ts=7.0)
    hand.turn(0)
    hand.work()
    assert (heard[1].state, heard[1].ts, heard[1].since, heard[1].lasted) == (
        "cleared",
        7.0,
        heard[0].ts,
        530.0,
    )


def test_what_counts_is_when_records_arrive_and_not_their_times(hand):
    stream, absence = stream_of(hand), Absence("30s")
    absence.watch(stream)
    for _ in range(10):
        hand.turn(20)
        stream.append(1.0, ts=5.0)
    assert absence.events == []
    hand.turn(31)
    assert [event.state for event in absence.events] == ["raised"]


def test_no_timer_is_due_sooner_than_the_silence_may_be_too_long(hand):
    stream, absence = stream_of(hand), Absence(30)
    absence.watch(stream)
    for _ in range(100):
        stream.append(1.0)
        hand.turn(0.1)
    assert len(hand.timers) == 1
    hand.turn(31)
    assert [event.state for event in absence.events] == ["raised"]
    assert hand.timers == [], "once it is raised only a record matters"


def test_of_a_field_only_records_that_have_it_count(hand):
    stream, absence = stream_of(hand), Absence(30)
    stream.append(cpu=1.0, mem=1.0)
    absence.watch(stream, "cpu")
    absence.watch(stream)
    for _ in range(4):
        hand.turn(10)
        stream.append(mem=1.0)
    assert [(event.state, event.field) for event in absence.events] == [("raised", "cpu")]
    stream.append(cpu=0.5, ts=9.0)
    assert told(absence)[1:] == [("cleared", 9.0, "cpu")]
    assert absence.events[-1].value == 0.5


def test_a_complete_stream_is_not_waited_for(hand):
    stream, absence = stream_of(hand), Absence(30)
    absence.watch(stream)
    stream.append(1.0)
    stream.complete = True
    hand.turn(100)
    assert absence.events == []
    stream.complete = False
    hand.turn(29)
    assert absence.events == [], "the wait begins anew"
    hand.turn(2)
    assert [event.state for event in absence.events] == ["raised"]
    stream.complete = True
    hand.turn(1)
    assert [(event.state, event.complete) for event in absence.events] == [
        ("raised", False),
        ("cleared", True),
    ]


def test_what_is_raised_stays_so_when_it_is_watched_anew_and_is_told_once(hand):
    stream, absence = stream_of(hand), Absence(30)
    stream.append(1.0)
    watch = absence.watch(stream)
    hand.turn(31)
    for _ in range(3):
        watch.remove()
        watch = absence.watch(stream)
        assert absence.state == "raised"
        hand.turn(60)
    assert [event.state for event in absence.events] == ["raised"]
    watch.remove()
    stream.append(1.0, ts=7.0)
    absence.watch(stream)
    assert told(absence)[1:] == [("cleared", 7.0, None)]
    hand.turn(31)
    assert [event.state for event in absence.events] == ["raised", "cleared", "raised"]


def test_several_streams_are_waited_for_each(hand):
    one, other, absence = stream_of(hand, "one"), stream_of(hand, "other"), Absence(30)
    absence.watch(one)
    watch = absence.watch(other)
    hand.turn(20)
    one.append(1.0)
    hand.turn(15)
    assert [event.stream for event in absence.events] == ["other"]
    watch.remove()
    assert absence.state == "normal"
    hand.turn(60)
    assert [event.stream for event in absence.events] == ["other", "one"]
    absence.close()
    hand.turn(100)
    assert (len(absence.events), absence.watches) == (2, [])


def test_wrong_arguments_are_refused(hand):
    with pytest.raises(UsageError, match="after= of an absence"):
        Absence(0)
    with pytest.raises(UnknownKeyword, match="did you mean 'severity'"):
        Absence(severty="error")
    assert (
        repr(Absence("5min", name="gone")) == "<Absence 'gone' no data for 5 min: watching nothing, 0 events>"
    )
