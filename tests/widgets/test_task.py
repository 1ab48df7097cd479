"""A task by a clock that is turned by hand: its states, its records, and what is checked of what it is told."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import numpy as np
import pytest

from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.widgets.task import Task, checked_title, checked_total, ending


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def task(clock: Clock) -> Task:
    return Task("Training", 10, "", clock)


def records(task: Task) -> list[tuple[Any, ...]]:
    return [(row["done"], row["elapsed"], row["state"]) for row in task.stream]


def test_it_waits_runs_and_ends(task: Task, clock: Clock):
    assert (task.state, task.elapsed, task.rate, task.remaining) == ("waiting", None, None, None)
    task.begin()
    clock.now += 2
    task.count.done = 4
    assert task.sample()
    assert (task.state, task.elapsed, task.rate, task.remaining) == ("running", 2, 2, 3)
    clock.now += 3
    task.count.done = 10
    task.end("done")
    assert (task.state, task.elapsed, task.rate, task.remaining) == ("done", 5, 2, None)
    assert not task.sample()
    clock.now += 100
    assert (task.elapsed, task.rate) == (5, 2)


def test_the_first_end_counts(task: Task):
    task.begin()
    task.end("failed", "ValueError: x")
    task.end("stopped")
    assert (task.state, task.error) == ("failed", "ValueError: x")


def test_its_stream_has_the_course_and_the_exact_end(task: Task, clock: Clock):
    stream = task.stream
    assert (len(stream), stream.name) == (0, "Training")
    task.begin()
    for _ in range(3):
        clock.now += 1
        task.count.done += 2
        task.sample()
    assert not stream.complete
    task.count.done = 9
    task.end("stopped")
    assert records(task) == [
        (0, 0, "running"),
        (2, 1, "running"),
        (4, 2, "running"),
        (6, 3, "running"),
        (9, 3, "stopped"),
    ]
    assert stream.complete
    assert stream["rate"][-1] == 3


def test_a_stream_that_is_asked_for_later_has_what_is_so(task: Task, clock: Clock):
    task.begin()
    clock.now += 4
    task.count.done = 8
    task.end("done")
    assert records(task) == [(8, 4, "done")]


def test_each_time_it_begins_is_a_run_of_the_stream(task: Task, clock: Clock):
    stream = task.stream
    task.begin()
    task.count.done = 3
    task.end("done")
    task.begin()
    assert (task.done, task.runs, stream.complete, len(stream.runs)) == (0, 2, False, 1)
    assert records(task)[-1] == (0, 0, "running")


def test_the_clock_runs_on_over_an_end_that_was_none(task: Task, clock: Clock):
    task.begin()
    task.end("done")
    clock.now += 7
    assert task.add(1)
    assert not task.add(1)
    assert (task.state, task.elapsed, task.runs, task.done) == ("running", 7, 1, 2)


def test_of_several_threads_that_count_first_one_begins(clock: Clock):
    """Each sees that it waits, and none may set back what another has counted."""
    for _ in range(200):
        task = Task("", None, "", clock)
        together = threading.Barrier(4)

        def count(task: Task = task, together: threading.Barrier = together) -> None:
            together.wait()
            task.add(1)

        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (task.done, task.runs) == (4, 1)


def test_what_is_counted_while_it_ends_is_in_the_last_record(task: Task):
    task.begin()
    task.count.done = 10
    stream = task.stream
    task.end("done")
    assert task.add(2)  # by a thread that came too late
    task.end("done")
    assert stream.last is not None
    assert (stream.last["done"], stream.last["state"]) == (12, "done")


def test_a_stream_of_what_runs_asks_to_be_sampled(task: Task):
    watched: list[Task] = []
    task.watch = watched.append
    assert task.stream is task.stream
    assert watched == []
    task.begin()
    assert task.stream is not None
    assert watched == [task]


def test_no_sample_comes_after_the_end(task: Task):
    """The sampler and the loop end at the same time, a thousand times."""
    for _ in range(1000):
        task.begin()
        other = threading.Thread(target=task.sample)
        other.start()
        task.end("done")
        other.join()
        assert task.stream.last is not None
        assert task.stream.last["state"] == "done"


# Whom it calls, and who calls it


class ClockThatEnds(Clock):
    """As the garbage collector does it: a loop is ended in the middle of a look at its count, on the same thread."""

    task: Task | None = None

    def __call__(self) -> float:
        task, self.task = self.task, None
        if task is not None:
            task.end("stopped")
        return self.now


@pytest.mark.parametrize("followed", [True, False])
def test_a_loop_may_end_on_the_thread_that_looks_at_it(followed: bool):
    clock = ClockThatEnds()
    task = Task("a", 10, "", clock)
    task.begin()
    if followed:
        assert task.stream.last
    clock.task = task
    clock.now += 1
    in_time(task.sample if followed else lambda: task.stream)
    task.end("done")
    assert records(task)[-1] == (0, 1, "stopped")
    assert (task.state, task.stream.complete, len(task.stream)) == ("stopped", True, 3 if followed else 1)


def test_who_listens_to_its_stream_may_ask_and_count_and_end(task: Task, clock: Clock):
    stream = task.stream
    seen: list[Any] = []

    def heard() -> None:
        seen.append((task.stream.last, task.rate, task.remaining))
        if task.done < 5:
            task.add(1)
            task.sample()
        else:
            task.end("done")

    stream.listen(heard)
    in_time(task.begin)
    assert seen
    assert (task.state, records(task)[-1][2], stream.complete) == ("done", "done", True)


def in_time(fn: Any) -> None:
    """Call it on another thread: what hangs fails, and hangs no other test."""
    thread = threading.Thread(target=fn, daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "it waits for itself"


def test_what_is_known_later_of_its_end_is_in_its_stream(task: Task, clock: Clock):
    stream = task.stream
    task.begin()
    task.end("stopped")
    task.explain(task.count, "failed", "ValueError: x")
    assert [row[2] for row in records(task)] == ["running", "stopped", "failed"]
    assert stream.complete


def test_who_asks_while_nobody_follows_it_is_told(task: Task, clock: Clock):
    task.begin()
    clock.now += 2
    task.count.done = 4
    assert (task.rate, task.remaining, task.is_watched) == (2, 3, False)
    clock.now += 3
    assert task.elapsed == 5


def test_what_there_was_when_it_began_was_not_counted_in_no_time(task: Task, clock: Clock):
    stream = task.stream
    task.total = 10_000
    assert task.put(5000)
    clock.now += 10
    task.put(5100)
    task.sample()
    assert (task.rate, task.remaining) == (10, pytest.approx(490))
    task.end("stopped")
    assert task.rate == 10
    assert [row[0] for row in records(task)] == [5000, 5100, 5100]
    assert stream["rate"][-1] == 10


@pytest.mark.parametrize(("after", "rate"), [(0.0, 1.0), (5.0, 501.0)])
def test_in_a_block_what_is_set_at_once_is_where_it_goes_on(
    task: Task, clock: Clock, after: float, rate: float
):
    task.begin()
    clock.now += after
    task.put(5000)
    clock.now += 10 - after
    task.put(5010)
    assert task.rate == rate


@pytest.mark.parametrize(("total", "count"), [(None, None), (0, 0), (7, 7), (7.0, 7), (np.int64(3), 3)])
def test_a_total_is_a_count(total: Any, count: int | None):
    assert checked_total(total) == count


@pytest.mark.parametrize("total", ["10", [1], True, 2.5, -1, float("nan"), float("inf"), 2**60])
def test_what_is_no_count_is_no_total(total: Any):
    with pytest.raises(UsageError, match=r"total=.*: "):
        checked_total(total)


def test_a_number_in_place_of_the_title_is_told_where_it_belongs():
    with pytest.raises(WrongType, match="a loop cannot be called 100: pass a str; a count goes to total=100"):
        checked_title(100, "a loop")
    assert checked_title(None, "a loop") == ""


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (None, ("done", "")),
        (ValueError("x\ud800"), ("failed", "ValueError: x\ud800")),
        (ValueError(), ("failed", "ValueError")),
        (Mute(), ("failed", "Mute: (its text raised RuntimeError)")),
        (KeyboardInterrupt(), ("stopped", "")),
        (SystemExit(1), ("stopped", "")),
        (asyncio.CancelledError(), ("stopped", "")),
    ],
)
def test_an_exception_is_a_failure_and_an_interrupt_is_none(
    error: BaseException | None, said: tuple[str, str]
):
    assert ending(error) == said


def test_each_run_has_a_count_that_the_next_one_does_not_know(task: Task):
    first = task.begin()
    first.done += 5
    second = task.begin()
    first.done += 1
    task.end("failed", "x", count=first)
    assert (task.done, task.state, task.runs_by(first), task.runs_by(second)) == (0, "running", False, True)
    second.done += 2
    task.end("stopped", count=second)
    task.explain(first, "failed", "x")
    assert (task.done, task.state, task.runs_by(second)) == (2, "stopped", False)
    task.explain(second, "failed", "x")
    assert (task.state, task.error) == ("failed", "x")


def test_a_card_looks_at_what_has_no_stream(task: Task, clock: Clock):
    count = task.begin()
    clock.now += 0.01
    count.done = 10
    task.look()
    assert task._rate() == pytest.approx(1000)
    length = len(task.stream)
    clock.now += 0.01
    count.done = 30
    task.look()
    assert (task._rate(), len(task.stream)) == (pytest.approx(1000), length), (
        "the sampler does, for the stream"
    )
