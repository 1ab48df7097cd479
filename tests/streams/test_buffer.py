"""The data buffer, driven by a scheduler whose time and threads are turned by hand."""

import datetime as dt
import threading
from concurrent.futures import Future
from types import SimpleNamespace

import pytest

import realtime_widgets.runtime.runtime  # noqa: F401 - installs the scheduler
from realtime_widgets.errors import RuntimeStopped, TimedOut, UsageError, WouldDeadlock, WrongType
from realtime_widgets.runtime.notebook import Replaced
from realtime_widgets.streams import Stream
from realtime_widgets.streams.buffer import DataBuffer
from support.notebooks import make_shell


class Timer:
    def __init__(self, due, fn):
        self.due, self.fn, self.cancelled = due, fn, False

    def cancel(self):
        self.cancelled = True


class FakeScheduler:
    """A scheduler in which nothing happens until the test says so."""

    def __init__(self):
        self.cells = Replaced()
        self.now, self.timers, self.jobs, self.stops, self.waited, self.stopped = 0.0, [], [], [], [], False

    def call_later(self, delay, fn, *args):
        if self.stopped:
            raise RuntimeStopped("stopped")
        self.timers.append(Timer(self.now + delay, lambda: fn(*args)))
        return self.timers[-1]

    def submit(self, fn, *args):
        if self.stopped:
            raise RuntimeStopped("stopped")
        future = Future()
        self.jobs.append((future, lambda: fn(*args)))
        return future

    def wait(self, future, timeout):
        self.waited.append(timeout)
        self.work()
        return future.result(0)

    def on_stop(self, fn):
        self.stops.append(fn)
        return lambda: self.stops.remove(fn)

    def made(self, thing, end):
        self.cells.add(thing, end)

    def advance(self, seconds):
        self.now += seconds
        due = [t for t in self.timers if t.due <= self.now]
        self.timers = [t for t in self.timers if t.due > self.now]
        for timer in due:
            if not timer.cancelled:
                timer.fn()

    def work(self):
        while self.jobs:
            future, job = self.jobs.pop(0)
            if future.set_running_or_notify_cancel():
                job()
                future.set_result(None)


@pytest.fixture
def fake_scheduler():
    return FakeScheduler()


@pytest.fixture
def stream():
    return Stream("cpu", clock=lambda: 0.0)


def collecting(stream, fake_scheduler, **options):
    got = []
    buffer = DataBuffer(
        stream, lambda batch: got.append(batch["value"].tolist()), scheduler=fake_scheduler, **options
    )
    return buffer, got


def test_a_batch_is_due_so_long_after_its_first_record(stream, fake_scheduler):
    buffer, got = collecting(stream, fake_scheduler, every=1.0)
    stream.append(1.0)
    fake_scheduler.advance(0.6)
    stream.append(2.0)
    fake_scheduler.advance(0.3)
    fake_scheduler.work()
    assert got == []
    fake_scheduler.advance(0.2)
    fake_scheduler.work()
    assert got == [[1.0, 2.0]]
    assert (buffer.delivered, buffer.dropped) == (2, 0)


def test_nothing_is_scheduled_while_nothing_comes(stream, fake_scheduler):
    _, got = collecting(stream, fake_scheduler)
    stream.append(1.0)
    fake_scheduler.advance(1.0)
    fake_scheduler.work()
    fake_scheduler.advance(1.0)
    assert (got, fake_scheduler.timers, fake_scheduler.jobs, fake_scheduler.stops) == ([[1.0]], [], [], [])


def test_records_that_were_there_before_are_not_delivered(stream, fake_scheduler):
    stream.append(1.0)
    buffer, got = collecting(stream, fake_scheduler)
    stream.append(2.0)
    buffer.flush(1.0)
    assert got == [[2.0]]


def test_a_batch_holds_the_newest_and_the_rest_is_counted(stream, fake_scheduler):
    got = []
    buffer = DataBuffer(stream, got.append, max_size=3, scheduler=fake_scheduler)
    stream.extend([1.0, 2.0, 3.0, 4.0, 5.0])
    buffer.flush(1.0)
    (batch,) = got
    assert batch["value"].tolist() == [3.0, 4.0, 5.0]
    assert (batch.after, batch.first_seq, batch.missed) == (0, 3, 2), "the gap is visible"
    assert (buffer.delivered, buffer.dropped) == (3, 2)


def test_without_a_size_only_what_was_overwritten_is_dropped(fake_scheduler):
    stream = Stream(max_points=4)
    buffer, got = collecting(stream, fake_scheduler, max_size=None)
    stream.extend([float(i) for i in range(1, 11)])
    buffer.flush(1.0)
    assert (got, buffer.dropped) == ([[7.0, 8.0, 9.0, 10.0]], 6)


def test_what_is_dropped_is_reported_once_a_minute_and_at_the_end(
    stream, fake_scheduler, monkeypatch, caplog
):
    monkeypatch.setattr(DataBuffer, "_clock", staticmethod(lambda: fake_scheduler.now))
    buffer, _ = collecting(stream, fake_scheduler, max_size=3)
    for _ in range(5):
        stream.extend([1.0, 2.0, 3.0, 4.0, 5.0])
        buffer.flush(1.0)
        fake_scheduler.now += 1
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1
    assert said[0].startswith(f"2 records of stream {stream.name!r} were dropped")
    assert "max_size=3; None: all" in said[0]
    fake_scheduler.now += 60
    stream.extend([1.0] * 5)
    buffer.flush(1.0)
    stream.extend([1.0] * 4)
    buffer.close(1.0)
    assert [record.getMessage().split(" so far")[0].split(" saw them ")[1] for record in caplog.records] == [
        "(2",
        "(12",
        "(13",
    ]
    assert caplog.records[1].getMessage().startswith("10 records")
    buffer.close(1.0)
    assert len(caplog.records) == 3


def test_on_batch_keeps_everything_unless_it_is_told_otherwise(fake_scheduler):
    stream, got = Stream(), []
    with stream.on_batch(lambda batch: got.append(len(batch)), every=60) as buffer:
        stream.extend([1.0] * 5_000)
        buffer.flush(10)
    assert (got, buffer.delivered, buffer.dropped, buffer.max_size) == ([5_000], 5_000, 0, None)
    assert DataBuffer(stream, print, scheduler=fake_scheduler).max_size == 100


def test_what_a_function_did_not_take_counts_as_failed(stream, fake_scheduler):
    def fn(batch):
        if batch["value"][0] < 3:
            raise ValueError("no")

    buffer = DataBuffer(stream, fn, scheduler=fake_scheduler)
    for value in (1.0, 2.0, 3.0):
        stream.append(value)
        buffer.flush(1.0)
    assert (buffer.delivered, buffer.failed, buffer.dropped) == (1, 2, 0)
    assert "1 delivered, 2 failed, 0 dropped" in repr(buffer)


def test_cleared_records_are_neither_delivered_nor_dropped(stream, fake_scheduler):
    buffer, got = collecting(stream, fake_scheduler)
    stream.extend([1.0, 2.0])
    stream.clear()
    buffer.flush(1.0)
    assert (got, buffer.delivered, buffer.dropped) == ([], 0, 0)
    stream.append(3.0)
    buffer.flush(1.0)
    assert got == [[3.0]]


def test_while_fn_runs_records_gather_for_the_next_batch(stream, fake_scheduler):
    got = []

    def slow(batch):
        got.append(batch["value"].tolist())
        if len(got) == 1:
            stream.append(2.0)
            fake_scheduler.advance(10.0)  # time goes on while fn runs
            stream.append(3.0)
            assert fake_scheduler.jobs == [], "one at a time"

    DataBuffer(stream, slow, every=1.0, scheduler=fake_scheduler)
    stream.append(1.0)
    fake_scheduler.advance(1.0)
    fake_scheduler.work()
    assert got == [[1.0]]
    fake_scheduler.advance(1.0)
    fake_scheduler.work()
    assert got == [[1.0], [2.0, 3.0]]


def test_a_failing_fn_is_logged_and_kept_and_later_batches_go_on(stream, fake_scheduler, caplog):
    got = []

    def fails_once(batch):
        got.append(batch["value"].tolist())
        if len(got) == 1:
            raise KeyError("mine")

    buffer = DataBuffer(stream, fails_once, scheduler=fake_scheduler)
    other, others = collecting(stream, fake_scheduler)
    for value in (1.0, 2.0):
        stream.append(value)
        buffer.flush(1.0)
        other.flush(1.0)
    assert got == others == [[1.0], [2.0]]
    assert isinstance(buffer.last_error, KeyError)
    assert other.last_error is None
    assert "a batch of stream 'cpu' was not taken" in caplog.text


def test_a_flush_delivers_now_and_calls_the_timer_off(stream, fake_scheduler):
    buffer, got = collecting(stream, fake_scheduler, every=1.0)
    buffer.flush()
    assert fake_scheduler.jobs == [], "nothing is pending"
    stream.append(1.0)
    (timer,) = fake_scheduler.timers
    buffer.flush()
    assert timer.cancelled
    fake_scheduler.work()
    fake_scheduler.advance(2.0)
    fake_scheduler.work()
    assert got == [[1.0]]
    assert fake_scheduler.waited == []


def test_a_flush_inside_of_fn_delivers_right_after_it(stream, fake_scheduler):
    got = []

    def fn(batch):
        got.append(batch["value"].tolist())
        if len(got) == 1:
            stream.append(2.0)
            buffer.flush()

    buffer = DataBuffer(stream, fn, scheduler=fake_scheduler)
    stream.append(1.0)
    buffer.flush()
    fake_scheduler.work()
    assert got == [[1.0], [2.0]]


def test_close_delivers_the_remainder_and_then_nothing(stream, fake_scheduler):
    buffer, got = collecting(stream, fake_scheduler)
    with buffer:
        stream.append(1.0)
    fake_scheduler.work()
    stream.append(2.0)
    buffer.close()
    buffer.flush(1.0)
    fake_scheduler.advance(10.0)
    fake_scheduler.work()
    assert got == [[1.0]]
    assert repr(buffer) == "<DataBuffer 'cpu' → <lambda>: closed, 1 delivered, 0 failed, 0 dropped>"


def test_a_cell_that_is_run_again_replaces_its_buffers(stream, monkeypatch):
    shell, got = make_shell(monkeypatch), []
    fake_scheduler = FakeScheduler()

    def cell(run):
        DataBuffer(stream, lambda batch: got.append((run, batch["value"].tolist())), scheduler=fake_scheduler)

    shell.run(lambda: cell(1), "cell-1")
    shell.run(lambda: cell("other"), "cell-2")
    stream.append(1.0)
    shell.run(lambda: cell(2), "cell-1")
    fake_scheduler.work()
    assert got == [(1, [1.0])]  # what was pending is not lost
    stream.append(2.0)
    fake_scheduler.advance(0.1)
    fake_scheduler.work()
    assert sorted(got[1:], key=str) == [("other", [1.0, 2.0]), (2, [2.0])]


def test_the_end_of_the_runtime_delivers_what_waits(stream, fake_scheduler):
    buffer, got = collecting(stream, fake_scheduler, every=100.0)
    stream.append(1.0)
    for fn in list(fake_scheduler.stops):
        fn()
    fake_scheduler.work()
    assert (got, fake_scheduler.stops, buffer.last_error) == ([[1.0]], [], None)


def test_a_stopped_runtime_is_tried_again_with_the_next_record(stream, fake_scheduler):
    buffer, got = collecting(stream, fake_scheduler)
    fake_scheduler.stopped = True
    stream.append(1.0)
    assert isinstance(buffer.last_error, RuntimeStopped)
    fake_scheduler.stopped = False
    stream.append(2.0)
    fake_scheduler.advance(1.0)
    fake_scheduler.work()
    assert got == [[1.0, 2.0]]


def test_a_delivery_that_was_cancelled_is_made_up_for(stream, fake_scheduler):
    buffer, got = collecting(stream, fake_scheduler)
    stream.append(1.0)
    fake_scheduler.advance(1.0)
    fake_scheduler.jobs[0][0].cancel()
    fake_scheduler.jobs.clear()
    assert isinstance(buffer.last_error, RuntimeStopped)
    stream.append(2.0)
    fake_scheduler.advance(1.0)
    fake_scheduler.work()
    assert got == [[1.0, 2.0]]


def test_a_scheduler_that_fails_is_logged_and_never_reaches_the_appender(stream, caplog):
    buffer = DataBuffer(stream, print, scheduler=SimpleNamespace(made=lambda *_: None))
    assert stream.append(1.0) == 1
    assert isinstance(buffer.last_error, AttributeError)
    assert "could not be scheduled" in caplog.text


def test_the_decorator_leaves_a_buffer_that_can_be_called(stream):
    @stream.on_batch
    def plain(batch):
        """Counts."""
        return len(batch)

    @stream.on_batch(every=2, max_size=None)
    def with_options(batch):
        return len(batch)

    assert isinstance(plain, DataBuffer)
    assert (plain.__name__, plain.__doc__, plain.every, plain.max_size) == ("plain", "Counts.", 0.1, None)
    assert (with_options.every, with_options.max_size) == (2, None)
    assert plain(stream.read()) == with_options(stream.read()) == 0


@pytest.mark.parametrize(
    "bad", [{"every": -1}, {"every": float("nan")}, {"every": "soon"}, {"max_size": 0}, {"max_size": "all"}]
)
def test_impossible_settings_are_refused(stream, fake_scheduler, bad):
    with pytest.raises(UsageError, match=next(iter(bad))):
        DataBuffer(stream, print, scheduler=fake_scheduler, **bad)
    with pytest.raises(WrongType, match="pass a function"):
        DataBuffer(stream, "print", scheduler=fake_scheduler)


@pytest.mark.parametrize("every", [1, "1s", "1000 ms", dt.timedelta(seconds=1)])
def test_the_delay_may_be_a_duration_of_any_form(stream, fake_scheduler, every):
    assert DataBuffer(stream, print, every=every, scheduler=fake_scheduler).every == 1.0


def test_a_timeout_that_is_no_duration_is_refused_before_anything_happens(stream, fake_scheduler):
    buffer = DataBuffer(stream, print, scheduler=fake_scheduler)
    stream.append(1.0)
    for wait in (buffer.flush, buffer.close):
        with pytest.raises(UsageError, match=r"timeout= of (flush|close)\(\) cannot be 'soon'"):
            wait("soon")
    assert (buffer.delivered, fake_scheduler.jobs) == (0, [])


# On the real threads


def test_the_real_runtime_delivers_on_the_callback_thread(stream):
    got = Future()
    buffer = stream.on_batch(
        lambda batch: got.set_result((threading.current_thread().name, len(batch))), every=0.01
    )
    stream.append(1.0)
    assert got.result(5) == ("realtime_widgets callbacks", 1)
    buffer.close(timeout=5)


def test_on_the_real_runtime_a_waiting_flush_has_delivered_when_it_returns(stream):
    got = []
    buffer = stream.on_batch(lambda batch: got.extend(batch["value"].tolist()), every=60, max_size=None)
    for i in range(50):
        stream.append(float(i))
        if i % 10 == 9:
            buffer.flush(timeout=5)
            assert got == [float(n) for n in range(i + 1)]
    buffer.close(timeout=5)
    assert (buffer.delivered, buffer.dropped) == (50, 0)


def test_waiting_for_a_flush_inside_of_a_callback_raises(stream):
    raised = []

    def fn(batch):
        try:
            buffer.flush(timeout=1)
        except WouldDeadlock as error:
            raised.append(error)

    buffer = stream.on_batch(fn, every=60)
    stream.append(1.0)
    buffer.flush(timeout=5)
    assert len(raised) == 1


def test_a_flush_that_takes_too_long_says_so(stream):
    release = threading.Event()
    buffer = stream.on_batch(lambda batch: release.wait(5), every=60)
    stream.append(1.0)
    with pytest.raises(TimedOut):
        buffer.flush(timeout=0.01)
    release.set()
    buffer.close(timeout=5)
