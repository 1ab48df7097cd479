"""The stream: numbering, cursors, limits, threads and listeners."""

import asyncio
import datetime as dt
import inspect
import math
import os
import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import pytest

from realtime_widgets.errors import UnknownField, UsageError, WrongType
from realtime_widgets.streams import Stream
from realtime_widgets.streams.ring import MAX_GAPS
from support.records import NOW, stream, values

# Filling it


def test_records_are_numbered_from_one():
    s = stream()
    assert [s.append(0.42), s.append(1.5), s.extend([2.0, 3.0])] == [1, 2, 4]
    assert (s.first_seq, s.last_seq, len(s), s.fields) == (1, 4, 4, {"value": "number"})
    assert values(s.read()) == [0.42, 1.5, 2.0, 3.0]


def test_what_was_handed_over_and_what_was_read_are_copies():
    s, given_array = stream(), np.array([1.0, 2.0])
    s.extend(given_array)
    given_array[:] = 9
    s.read()["value"][:] = 8
    assert values(s.read()) == [1.0, 2.0]


# Reading it


def test_a_reader_gets_what_came_after_its_cursor():
    s = stream()
    s.extend([1.0, 2.0, 3.0])
    batch = s.read(after=1)
    assert (batch.stream, batch.after, batch.first_seq, batch.last_seq, batch.missed) == ("cpu", 1, 2, 3, 0)
    assert values(batch) == [2.0, 3.0]
    assert (batch["seq"].tolist(), batch["ts"].tolist()) == ([2, 3], [NOW, NOW])
    assert values(s.read(after=1, limit=1)) == [2.0]
    assert values(s.read(after=0, limit=2, newest=True)) == [2.0, 3.0]
    assert s.read(after=0, limit=2, newest=True).missed == 1
    assert values(s.latest(2)) == [2.0, 3.0]
    assert values(s.latest()) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("after", [3, 100])
def test_a_cursor_at_the_end_or_of_another_life_reads_an_empty_batch(after):
    s = stream()
    s.extend([1.0, 2.0, 3.0])
    batch = s.read(after)
    assert (len(batch), batch.first_seq, batch.last_seq, batch.missed) == (0, after + 1, after, 0)
    assert list(batch.columns) == ["value"]


def test_a_reader_whose_place_was_overwritten_sees_the_gap():
    s = stream(max_points=3)
    s.extend(np.arange(10.0))
    batch = s.read(after=2)
    assert (batch.first_seq, batch.last_seq, batch.missed) == (8, 10, 5)
    assert batch.first_seq > batch.after + 1
    assert values(batch) == [7.0, 8.0, 9.0]
    assert s.stats.dropped == 7


def test_a_clear_keeps_fields_and_numbering_and_is_seen_by_readers():
    s = stream()
    s.extend({"a": [1.0, 2.0], "b": ["x", "y"]})
    s.clear()
    assert (len(s), s.first_seq, s.last_seq, s.cleared_seq, s.newest_ts) == (0, 3, 2, 2, None)
    assert s.fields == {"a": "number", "b": "text"}
    batch = s.read(after=1)
    assert (len(batch), batch.first_seq, batch.last_seq, batch.cleared, batch.missed) == (0, 3, 2, True, 0)
    assert s.append(a=3.0) == 3
    assert not s.read(after=2).cleared
    assert s.read(after=1).rows() == [{"ts": NOW, "a": 3.0}]
    assert s.stats.dropped == 0


@pytest.mark.parametrize("name", ["after", "limit"])
@pytest.mark.parametrize("bad", [-1, 0.5, "a", math.nan])
def test_cursors_and_limits_that_are_no_counts_are_refused_by_name(name, bad):
    with pytest.raises(UsageError, match=rf"^{name}= of read\(\) cannot be .*pass 0 or more"):
        stream().read(**{name: bad})
    with pytest.raises(UsageError, match=r"^limit= of latest\(\) cannot be"):
        stream().latest(bad)


def test_only_the_wanted_fields_are_read_and_unknown_ones_are_left_out():
    s = stream()
    s.extend({"a": [1.0, 2.0], "b": ["x", "y"], "c": [5.0, 6.0]})
    assert s.read(fields=["c", "a"]).rows() == [
        {"ts": NOW, "c": 5.0, "a": 1.0},
        {"ts": NOW, "c": 6.0, "a": 2.0},
    ]
    batch = s.read(after=1, fields=(name for name in ("b", "later", "b")))
    assert (list(batch.columns), values(batch, "b"), batch.ts.tolist()) == (["b"], ["y"], [NOW])
    s.append(a=3.0, later=1.0)
    assert values(s.read(fields=["later"]), "later") == [None, None, 1.0], (
        "from its first record on it is there"
    )


def test_without_any_field_the_numbers_and_times_are_read():
    s = stream(max_points=2)
    s.extend([1.0, 2.0, 3.0])
    batch = s.read(fields=[])
    assert (batch.columns, batch["seq"].tolist(), batch.missed) == ({}, [2, 3], 1)


def test_one_field_as_a_text_would_be_its_letters_and_is_refused():
    with pytest.raises(WrongType, match=r"fields=\['cpu'\]"):
        stream().read(fields="cpu")


# Looking at it


def test_an_empty_stream_has_no_times():
    assert stream().newest_ts is None
    assert (stream().stats.oldest_ts, stream().stats.bytes) == (None, 0)


class Clock:
    """A clock that stands until it is set."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize(
    "arrive",
    [
        lambda s: s.append(1.0),
        lambda s: s.append(1.0, ts=5.0),
        lambda s: s.append(1.0, ts=9e9),
        lambda s: s.append(new="field"),
        lambda s: s.extend([1.0, 2.0]),
        lambda s: s.extend({"value": [1.0, 2.0], "ts": [5.0, 6.0]}),
    ],
)
def test_the_age_counts_from_the_arrival_by_the_streams_clock_whatever_the_records_time(arrive):
    clock = Clock()
    s = Stream(clock=clock)
    s.append(value=0.0)
    clock.now += 100.0
    arrive(s)
    assert s.age == 0.0
    clock.now += 2.5
    assert s.age == 2.5
    clock.now -= 60.0
    assert s.age == 0.0, "a clock that was set back makes nothing younger than new"


def test_there_is_no_age_before_the_first_record_and_from_a_clear_to_the_next():
    clock = Clock()
    s = Stream(clock=clock)
    assert s.age is None
    s.extend([])
    assert s.age is None
    s.append(1.0)
    clock.now += 5.0
    s.clear()
    assert (s.age, s.newest_ts) == (None, None)
    s.append(1.0)
    clock.now += 1.0
    assert s.age == 1.0


def test_a_record_that_is_refused_does_not_make_the_stream_any_younger():
    clock = Clock()
    s = Stream(clock=clock, fields={"n": "number"})
    s.append(n=1.0)
    clock.now += 5.0
    with pytest.raises(WrongType):
        s.append(n="text")
    assert s.age == 5.0


def test_the_repr_says_what_is_in_it():
    s = stream()
    assert repr(s) == "<Stream 'cpu': 0 records; no fields yet>"
    s.append(load=1.0, host="a")
    assert repr(s) == "<Stream 'cpu': 1 records; load (number), host (text)>"


@pytest.mark.parametrize(
    "options",
    [
        {"fields": "cpu"},
        {"fields": {"cpu": "nubmer"}},
        {"fields": ["ts"]},
        {"fields": [1]},
        {"max_points": 0},
        {"max_points": True},
        {"max_points": "ten"},
        {"max_points": 1.5},
        {"max_age": 0},
        {"max_age": math.nan},
        {"max_age": "an hour"},
        {"max_age": [60]},
        {"clock": 5.0},
    ],
)
def test_impossible_settings_are_refused(options):
    with pytest.raises(UsageError):
        Stream("cpu", **options)
    with pytest.raises(WrongType):
        Stream(5)


def test_a_misspelled_setting_names_the_nearest():
    with pytest.raises(TypeError, match="has no keyword 'max_point'; did you mean 'max_points'"):
        Stream("cpu", max_point=5)


def test_an_age_may_be_a_duration_of_any_form():
    ages = [60, "60s", "1min", dt.timedelta(minutes=1), np.timedelta64(1, "m"), pd.Timedelta("1min")]
    assert [Stream(max_age=age).max_age for age in ages] == [60.0] * len(ages)


def test_the_help_of_append_is_readable():
    assert "<no value>" in str(inspect.signature(Stream.append))


@pytest.mark.parametrize("fill", [lambda s: s.append(1), lambda s: s.extend([1])])
def test_a_value_without_a_name_is_told_where_it_would_go(fill):
    with pytest.raises(
        UnknownField, match=r"no field 'value', where values without a name go: it has 'a', 'b'; pass .*a="
    ):
        fill(stream(fields=["a", "b"]))


def test_an_example_of_what_is_no_number_is_to_be_had():
    s = stream(max_points=1000)
    s.extend({"price": ["1", "63719.32", None], "n": [1.0, 2.0, 3.0]})
    assert (s.example("price"), s.example("n"), s.example("none")) == ("63719.32", None, None)
    s.extend({"price": [5.0] * 700, "n": [1.0] * 700})
    assert s.example("price") == "63719.32"
    s.extend({"n": [1.0] * 1000})
    assert s.example("price") is None


# Threads and listeners


def test_eight_threads_lose_nothing():
    s, count = stream(), 500
    start = threading.Barrier(8)

    def work(me):
        start.wait()
        for i in range(count):
            if i % 10:
                s.append(thread=float(me), i=float(i))
            else:
                s.extend({"thread": [float(me)], "i": [float(i)], f"late{me}": [1.0]})

    threads = [threading.Thread(target=work, args=(me,)) for me in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    batch = s.read()
    assert len(batch) == s.last_seq == 8 * count
    for me in range(8):
        assert batch["i"][batch["thread"] == me].tolist() == list(range(count))


def test_listeners_are_called_on_the_appending_thread_until_undone():
    s, heard = stream(), []

    def fn():
        heard.append((s.last_seq, threading.current_thread()))

    undo, undo_again = s.listen(fn), s.listen(fn)
    undo_again()
    undo_again()
    s.append(1.0)
    s.extend([1.0, 2.0])
    s.clear()
    undo()
    s.append(1.0)
    here = threading.current_thread()
    assert heard == [(1, here), (3, here), (3, here)]


def test_a_reader_hears_of_what_comes_before_it_is_written(caplog):
    s, heard = Stream(max_age=10), []
    undo = s.foresee(lambda count, newest: heard.append((len(s), count, newest)))
    stop = s.foresee(lambda count, newest: 1 / 0)
    s.append(1.0, ts=-99.0)
    s.append(2.0, ts=5.0)
    s.extend({"ts": [9.0, 7.0, 8.0], "value": [1.0, 2.0, 3.0]})
    s.clear()
    assert heard == [(0, 1, -99.0), (1, 1, 5.0), (1, 3, 9.0), (4, float("inf"), None)]
    assert "a reader of stream 'stream' raised" in caplog.text
    undo()
    undo()
    stop()
    s.append(1.0, ts=5.0)
    assert len(heard) == 4


def test_a_listener_may_append_and_its_errors_are_only_logged(caplog):
    s = stream()

    def again():
        if len(s) < 3:
            s.append(1.0)
        raise RuntimeError("mine")

    s.listen(again)
    assert s.append(1.0) == 1
    assert len(s) == 3
    assert "a listener of stream 'cpu' raised" in caplog.text


# Feeding


def test_a_source_that_iterates_feeds_the_stream():
    async def source():
        yield 1.0
        yield {"value": 2.0, "ts": 5.0}
        yield [3.0, 4.0]
        yield pd.DataFrame({"value": [5.0]})

    s = stream()
    assert asyncio.run(s.feed(source())) == 4
    assert values(s.read()) == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_streams_import_no_library_that_is_optional():
    code = (
        "import sys, realtime_widgets.errors\n"
        "before = set(sys.modules)\n"
        "import realtime_widgets.streams, realtime_widgets.streams.store\n"
        "s = realtime_widgets.streams.Stream(); s.append(1.0); s.extend([{'a': 1}])\n"
        "print(sorted({'pandas', 'polars', 'pyarrow'} & (set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# What never came


def test_a_gap_stands_after_the_newest_record_until_the_next_one():
    stream = Stream("x", clock=lambda: 5.0)
    stream.append(1.0)
    gap = stream.mark_gap("trimmed")
    assert (gap.seq, gap.reason, gap.ts, gap.channel) == (1, "trimmed", 5.0, "x")
    assert stream.missing is gap
    stream.append(2.0)
    assert stream.missing is None
    assert stream.gaps == (gap,)
    assert (stream.gap_count, stream.stats.gaps) == (1, 1)


def test_a_batch_has_the_gaps_at_and_between_its_records():
    stream = Stream("x")
    places = []
    for i in range(4):
        places.append(stream.mark_gap("lost"))
        stream.append(i)
    places.append(stream.mark_gap("lost"))
    assert stream.read().gaps == tuple(places)
    assert stream.read(after=2).gaps == tuple(places[2:])
    assert stream.read(after=1, limit=1).gaps == tuple(places[1:3])
    assert stream.read(after=4).gaps == (places[4],)


def test_gaps_go_with_the_records_before_them_and_with_a_clear():
    stream = Stream("x", max_points=2)
    stream.append(0)
    stream.mark_gap("lost")
    stream.extend([1, 2, 3])
    last = stream.mark_gap("lost")
    assert stream.gaps == (last,)
    stream.clear()
    assert (stream.gaps, stream.gap_count) == ((), 2)


def test_gaps_are_bounded():
    stream = Stream("x")
    for _ in range(MAX_GAPS + 10):
        stream.mark_gap("lost")
    assert (len(stream.gaps), stream.gap_count) == (MAX_GAPS, MAX_GAPS + 10)


def test_a_reason_that_is_none_is_refused():
    with pytest.raises(
        UsageError, match="a gap cannot be marked: 'laziness' is no reason; pass one of 'trimmed'"
    ):
        Stream("x").mark_gap("laziness")  # type: ignore[arg-type]


def test_who_listens_hears_of_a_gap():
    stream, heard = Stream("x"), []
    stream.listen(lambda: heard.append(stream.gap_count))
    stream.mark_gap("lost")
    assert heard == [1]


def test_while_a_stream_is_held_other_threads_wait_and_its_own_may_use_it() -> None:
    stream = Stream("s")
    done = threading.Event()
    thread = threading.Thread(target=lambda: (stream.append(1.0), done.set()))
    with stream.hold():
        thread.start()
        assert not done.wait(0.05)
        assert len(stream.read()) == 0
        assert stream.append(2.0) == 1
    thread.join()
    assert stream.read()["value"].tolist() == [2.0, 1.0]


@pytest.mark.parametrize(
    "write",
    [
        lambda stream: stream.append(1.0),
        lambda stream: stream.append(other=1.0),
        lambda stream: stream.extend([1.0, 2.0]),
        lambda stream: stream.clear(),
        lambda stream: stream.mark_run("x"),
    ],
)
def test_writing_within_a_write_is_refused_and_harms_nothing(write) -> None:
    inside = [False]

    def clock() -> float:
        if inside[0]:
            inside[0] = False
            write(made)
        return NOW

    made = Stream("s", clock=clock)
    made.append(5.0)
    for outer in (lambda: made.append(6.0), lambda: made.extend([6.0])):
        inside[0] = True
        with pytest.raises(UsageError, match="writing to it just now"):
            outer()
    assert made.append(7.0) == 2
    assert made.read()["value"].tolist() == [5.0, 7.0]
    assert list(made.fields) == ["value"]


def test_a_clock_may_read_its_stream() -> None:
    made: Stream = Stream("s", clock=lambda: NOW + len(made))
    for value in range(3):
        made.append(float(value))
    assert (made.read().ts - NOW).tolist() == [0.0, 1.0, 2.0]


def test_the_only_record_after_a_cursor_is_one_that_is_kept() -> None:
    made = Stream("s", max_points=2, max_age=20.0, clock=lambda: NOW)
    made.append(1.0, ts=NOW - 100)
    made.append(2.0, ts=NOW)
    assert made.one(1, "value") == (NOW, 2.0)
    made.clear()
    made.append(3.0, ts=NOW)
    made.clear()
    assert made.one(made.last_seq - 1, "value") is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_forked_child_is_told_once_that_nobody_sees_what_it_appends(child_env: dict[str, str]):
    code = """
import os, sys
import realtime_widgets as rw
one, other = rw.Stream("one"), rw.Stream("other")
one.append(1.0)
if not os.fork():
    one.append(2.0), one.append(3.0), other.append(1.0), rw.Stream("of its own").append(1.0)
    os._exit(0)
os.wait()
one.append(2.0)
"""
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, env=child_env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert done.stderr.startswith("stream 'one' is written to in a forked process, which has a copy of it: ")
    assert done.stderr.endswith("send it there with rw.Publisher(hub.url)\n")
    assert done.stderr.count("\n") == 1
