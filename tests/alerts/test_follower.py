"""When a stream is looked at, and what is read."""

import gc
import threading
import weakref

import numpy as np
import pytest

from realtime_widgets.alerts.follower import follow as begin
from realtime_widgets.errors import RuntimeStopped
from realtime_widgets.streams import Stream
from support.hand_scheduler import HandScheduler


class Reader:
    def __init__(self, due=None):
        self.looks, self.seen, self.after = [], [], due
        self.fail = False

    def fields(self):
        return ["value"]

    def take(self, look):
        if self.fail:
            raise ZeroDivisionError
        self.looks.append(look)
        self.seen += look.batch["value"].tolist() if len(look.batch) else []

    def due(self):
        return self.after


@pytest.fixture
def hand():
    return HandScheduler()


def follow(hand, reader=None, **options):
    stream = Stream("cpu", **options)
    reader = reader or Reader()
    return stream, reader, begin(stream, reader, lambda: hand, hand.clock)


def test_the_first_record_is_looked_at_at_once_and_the_next_ones_together(hand):
    stream, reader, _ = follow(hand)
    stream.append(1.0)
    assert reader.looks == [], "not on the thread that appends"
    hand.turn(0)
    assert reader.seen == [1.0]
    stream.append(2.0)
    hand.turn(0.05)
    stream.append(3.0)
    assert reader.seen == [1.0]
    hand.turn(0.05)
    assert (reader.seen, len(reader.looks)) == ([1.0, 2.0, 3.0], 2)
    hand.turn(10)
    assert (len(reader.looks), hand.timers) == (2, []), "nothing is asked for while nothing comes"


def test_what_was_there_is_read_first_and_marked_so(hand):
    stream = Stream()
    stream.extend([1.0, 2.0])
    reader = Reader()
    reading = begin(stream, reader, lambda: hand, hand.clock)
    reading.look()
    stream.append(3.0)
    reading.look()
    assert [(look.first, look.batch["value"].tolist()) for look in reader.looks] == [
        (True, [1.0, 2.0]),
        (False, [3.0]),
    ]


def test_a_flood_is_looked_at_by_the_thread_that_brings_it_before_it_is_overwritten(hand):
    stream, reader, reading = follow(hand, max_points=100)
    for i in range(1000):
        stream.append(float(i))
    hand.turn(1)
    assert reader.seen == [float(i) for i in range(1000)]
    stream.extend([float(i) for i in range(60)])
    assert len(reader.seen) == 1060, "more than half at one time: at once"
    assert reading.missed == 0


def test_what_is_overwritten_all_the_same_is_counted(hand):
    stream, reader, reading = follow(hand, max_points=100)
    stream.extend([float(i) for i in range(250)])
    assert (reader.seen[:2], len(reader.seen), reading.missed) == ([150.0, 151.0], 100, 150)


def test_what_is_dropped_by_its_age_is_looked_at_before(hand):
    stream, reader, reading = follow(hand, max_age=60)
    for i in range(1000):
        stream.append(float(i), ts=float(i))
    assert len(reader.looks) < 30, "in passing, and not for each record"
    stream.append(1000.0, ts=1e6)
    for i in range(10):
        stream.extend({"ts": 2e6 * (i + 1) + np.arange(50.0), "value": np.full(50, i)})
    hand.turn(1)
    assert reader.seen == [*range(1001), *np.repeat(np.arange(10), 50)]
    assert reading.missed == 0


def test_what_a_larger_piece_than_the_room_left_overwrites_is_looked_at_before(hand):
    stream, reader, reading = follow(hand, max_points=1000)
    for count in (490, 600, 1000, 1):
        stream.extend(np.arange(float(count)))
    hand.turn(1)
    assert (len(reader.seen), reading.missed) == (2091, 0)


def test_what_is_cleared_is_looked_at_before(hand):
    stream, reader, reading = follow(hand)
    stream.append(1.0)
    stream.clear()
    assert (reader.seen, reading.missed) == ([1.0], 0)
    stream.clear()
    assert len(reader.looks) == 1


def test_an_interrupted_look_loses_nothing(hand):
    stream, reader, reading = follow(hand, max_points=100)
    take, interrupts = reader.take, [1]

    def interrupted(look):
        if interrupts:
            interrupts.pop()
            raise KeyboardInterrupt
        take(look)

    reader.take = interrupted
    stream.extend(np.arange(10.0))
    with pytest.raises(KeyboardInterrupt):
        reading.look()
    reading.look()
    assert (reader.seen, reader.looks[0].first, reading.missed) == (list(range(10)), True, 0)
    with reading.follower.alone() as mine:
        assert mine, "nobody has it"


def test_a_finalizer_that_looks_waits_not_for_the_thread_it_interrupts(hand):
    stream, reader, reading = follow(hand)
    stream.append(1.0)

    def as_if_interrupted():
        with reading.follower._lock:  # before it is noted who has it
            reading.look()

    thread = threading.Thread(target=as_if_interrupted, daemon=True)
    thread.start()
    thread.join(10)
    assert reader.seen == [1.0]


def test_a_look_of_another_thread_is_waited_for_and_not_for_ever(hand, monkeypatch):
    monkeypatch.setattr("realtime_widgets.alerts.follower.PATIENCE", 0.01)
    stream, reader, reading = follow(hand, max_points=10)
    begun, go_on = threading.Event(), threading.Event()

    def hold():
        with reading.follower.alone():
            begun.set()
            go_on.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait(10)
    stream.extend([1.0] * 8)  # would deadlock if it waited for ever
    assert reader.seen == []
    go_on.set()
    thread.join(10)
    hand.turn(1)
    assert len(reader.seen) == 8


def test_a_look_within_a_look_does_nothing(hand):
    stream, reader, reading = follow(hand)
    take = reader.take
    reader.take = lambda look: (reading.look(), take(look))
    stream.append(1.0)
    hand.turn(1)
    assert reader.seen == [1.0]


def test_what_the_reader_raises_is_logged_and_the_next_records_are_read(hand, caplog):
    stream, reader, _ = follow(hand)
    reader.fail = True
    stream.append(1.0)
    hand.turn(1)
    assert "records of stream 'cpu' could not be judged" in caplog.text
    reader.fail = False
    stream.append(2.0)
    hand.turn(1)
    assert reader.seen == [2.0]


def test_it_looks_again_when_it_is_due_though_nothing_has_come(hand):
    reader = Reader(due=5.0)
    _, _, reading = follow(hand, reader)
    reading.look()
    hand.turn(4.9)
    assert len(reader.looks) == 1
    hand.turn(0.1)
    assert len(reader.looks) == 2
    assert len(hand.timers) == 1, "one alarm at a time"
    reader.after = None
    hand.turn(50)
    assert (len(reader.looks), hand.timers) == (3, [])


def test_a_timer_that_is_over_before_the_thread_that_set_it_goes_on_is_not_the_last(hand, monkeypatch):
    call_later = hand.call_later

    def at_once(delay, fn):
        timer = call_later(delay, fn)
        hand.turn(delay)
        return timer

    stream, reader, reading = follow(hand, Reader(due=5.0))
    monkeypatch.setattr(hand, "call_later", at_once)
    for i in range(3):
        stream.append(float(i))
        assert reader.seen == [*map(float, range(i + 1))]
        reader.after = None
    monkeypatch.setattr(hand, "call_later", call_later)
    reader.after = 5.0
    reading.look()
    looks = len(reader.looks)
    hand.turn(5)
    assert len(reader.looks) == looks + 1


def test_an_interrupt_while_a_timer_is_set_leaves_the_next_one_to_be_set(hand, monkeypatch):
    stream, reader, _ = follow(hand)

    def interrupted(*_):
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(hand, "call_later", interrupted)
    with pytest.raises(KeyboardInterrupt):
        stream.append(1.0)
    stream.append(2.0)
    hand.turn(1)
    assert reader.seen == [1.0, 2.0]


def test_what_waits_is_looked_at_when_the_program_ends(hand):
    stream, reader, _ = follow(hand)
    hand.turn(0)
    stream.append(1.0)
    for stop in list(hand.stops):
        stop()
    assert reader.seen == [1.0]
    hand.stopped = True
    stream.append(2.0)
    assert reader.seen == [1.0], "no timers: and no exception"
    fresh = HandScheduler()
    hand.stopped = False
    hand.timers, hand.stops = fresh.timers, fresh.stops
    stream.append(3.0)
    fresh.turn(1)
    hand.turn(1)
    assert reader.seen == [1.0, 2.0, 3.0], "with a new runtime it goes on"


def test_timers_that_cannot_be_had_are_logged(hand, caplog, monkeypatch):
    stream, _, _ = follow(hand)

    def broken(*_):
        raise OSError("no more threads")

    monkeypatch.setattr(hand, "call_later", broken)
    stream.append(1.0)
    assert "stream 'cpu' cannot be looked at in time" in caplog.text
    caplog.clear()
    monkeypatch.setattr(hand, "call_later", lambda *_: (_ for _ in ()).throw(RuntimeStopped("over")))
    stream.append(2.0)
    assert caplog.text == ""


def test_nothing_keeps_it_and_its_stream_once_nobody_uses_them(hand):
    stream, reader, reading = follow(hand, Reader(due=60.0))
    stream.append(1.0)
    hand.turn(1)
    assert (len(hand.stops), len(hand.timers)) == (1, 1)
    gone = weakref.ref(stream), weakref.ref(reading.follower), weakref.ref(reader)
    del stream, reader, reading
    gc.collect()
    assert [reference() for reference in gone] == [None, None, None]
    assert hand.stops == []
    hand.turn(100)


def test_what_waits_is_looked_at_though_nobody_has_the_stream_any_more(hand):
    stream, reader, reading = follow(hand)
    stream.append(1.0)
    del stream, reading
    gc.collect()
    hand.turn(1)
    assert reader.seen == [1.0]


def test_a_closed_one_looks_no_more(hand):
    stream, reader, reading = follow(hand)
    stream.append(1.0)
    reading.close()
    hand.turn(1)
    stream.append(2.0)
    reading.look()
    assert (reader.looks, hand.stops) == ([], [])


def listeners(stream):
    return len(stream._listeners.fns), len(stream._foreseeing)


def test_all_readers_of_a_stream_share_one_follower_and_what_it_reads(hand):
    stream, one, reading = follow(hand)
    others = [Reader() for _ in range(3)]
    readings = [begin(stream, other, lambda: hand, hand.clock) for other in others]
    assert {each.follower for each in readings} == {reading.follower}
    assert listeners(stream) == (1, 1)
    reading.look()
    stream.append(1.0)
    assert len(hand.timers) == 1
    hand.turn(1)
    assert {id(each.looks[-1].batch) for each in (one, *others)} == {id(one.looks[-1].batch)}
    assert {id(each.looks[-1].said("value", 0)) for each in others} == {id(one.looks[-1].said("value", 0))}


def test_closing_one_reader_leaves_the_others_and_the_last_one_the_stream(hand):
    stream, one, reading = follow(hand)
    other = Reader()
    second = begin(stream, other, lambda: hand, hand.clock)
    stream.append(1.0)
    reading.close()
    reading.close()
    hand.turn(1)
    assert (one.seen, other.seen, listeners(stream)) == ([], [1.0], (1, 1))
    second.close()
    stream.append(2.0)
    assert (listeners(stream), hand.timers) == ((0, 0), [])
    third = begin(stream, one, lambda: hand, hand.clock)
    third.look()
    assert (one.seen, other.seen, listeners(stream)) == ([1.0, 2.0], [1.0], (1, 1))


def test_one_that_is_closed_by_another_in_the_same_look_takes_nothing(hand):
    stream, one, _ = follow(hand)
    other = Reader()
    second = begin(stream, other, lambda: hand, hand.clock)
    one.take = lambda look: second.close()
    stream.append(1.0)
    hand.turn(1)
    assert other.seen == []


def test_one_that_begins_later_has_what_is_kept_and_the_others_nothing_twice(hand):
    stream, one, reading = follow(hand, max_points=3)
    stream.extend([1.0, 2.0, 3.0])
    reading.look()
    stream.append(4.0)
    reading.look()
    other = Reader()
    second = begin(stream, other, lambda: hand, hand.clock)
    second.look()
    stream.append(5.0)
    hand.turn(1)
    assert (one.seen, other.seen) == ([1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 3.0, 4.0, 5.0])
    assert [look.first for look in other.looks[:2]] == [True, False]
    assert not one.looks[-1].first
    assert (reading.missed, second.missed) == (0, 0)


def test_what_interrupts_one_reader_neither_loses_nor_doubles_for_any(hand):
    stream, one, reading = follow(hand)
    other, last = Reader(), Reader()
    for each in (other, last):
        begin(stream, each, lambda: hand, hand.clock)
    take, interrupts = other.take, [1]

    def interrupted(look):
        if interrupts:
            interrupts.pop()
            raise KeyboardInterrupt
        take(look)

    other.take = interrupted
    stream.append(1.0)
    with pytest.raises(KeyboardInterrupt):
        reading.look()
    stream.append(2.0)
    hand.turn(1)
    assert one.seen == other.seen == last.seen == [1.0, 2.0]


def test_what_one_reader_raises_is_no_matter_of_the_others(hand, caplog):
    stream, one, _ = follow(hand)
    other, third = Reader(), Reader()
    for each in (other, third):
        begin(stream, each, lambda: hand, hand.clock)
    one.fail = True
    other.fields = lambda: 1 / 0
    stream.append(1.0)
    hand.turn(1)
    assert (third.seen, caplog.text.count("could not be judged")) == ([1.0], 2)
    del other.fields
    stream.append(2.0)
    hand.turn(1)
    assert other.seen == [1.0, 2.0]


def test_one_that_asks_where_nothing_has_come_does_not_have_all_look(hand):
    stream, one, reading = follow(hand)
    other = Reader()
    begin(stream, other, lambda: hand, hand.clock).look()
    stream.append(1.0)
    reading.look()
    looked = len(one.looks), len(other.looks)
    reading.look()
    assert (len(one.looks), len(other.looks)) == (looked[0] + 1, looked[1])


def test_who_is_due_sooner_than_what_is_set_is_called_in_time(hand):
    stream, late, reading = follow(hand, Reader(due=60.0))
    reading.look()
    soon = Reader(due=5.0)
    begin(stream, soon, lambda: hand, hand.clock).look()
    looks = len(soon.looks)
    hand.turn(5)
    assert len(soon.looks) == looks + 1
    soon.after = None
    late.after = None
    hand.turn(100)
    assert hand.timers == []


def test_the_records_before_a_look_can_be_had(hand):
    stream = Stream(max_points=3)
    stream.extend([1.0, 2.0])
    found = []

    class Curious(Reader):
        def take(self, look):
            super().take(look)
            before = reading.before(look, ["value"])
            found.append(None if before is None else before.batch["value"].tolist())

    reading = begin(stream, Curious(), lambda: hand, hand.clock)
    reading.look()
    stream.append(3.0)
    reading.look()
    stream.append(4.0)
    reading.look()
    assert found == [None, [1.0, 2.0], [2.0, 3.0]]
