"""The sampler by a clock that is turned by hand: ten looks a second, and none when there is nothing to look at."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest

from realtime_widgets.errors import RuntimeStopped
from realtime_widgets.widgets.sampler import INTERVAL, Sampler, get_sampler


class Scheduler:
    """Timers that are called by the test; a stand-in for the runtime."""

    def __init__(self) -> None:
        self.due: list[Callable[[], object]] = []

    def call_later(self, delay: float, fn: Callable[..., object], /, *args: Any) -> None:
        assert delay == INTERVAL
        self.due.append(lambda: fn(*args))

    def turn(self) -> None:
        due, self.due = self.due, []
        for fn in due:
            fn()


class Counted:
    def __init__(self, looks: int = 10**9) -> None:
        self.looks = looks
        self.seen = 0

    def sample(self) -> bool:
        self.seen += 1
        return self.seen < self.looks


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler()


@pytest.fixture
def sampler(scheduler: Scheduler) -> Sampler:
    return Sampler(scheduler)  # type: ignore[arg-type]


def test_it_looks_until_all_have_ended_and_then_rests(sampler: Sampler, scheduler: Scheduler):
    short, long = Counted(2), Counted(5)
    sampler.add(short)
    sampler.add(long)
    sampler.add(long)
    for _ in range(9):
        assert len(scheduler.due) <= 1
        scheduler.turn()
    assert (short.seen, long.seen, scheduler.due) == (2, 5, [])


def test_it_begins_again_with_the_next(sampler: Sampler, scheduler: Scheduler):
    sampler.add(first := Counted(1))
    scheduler.turn()
    assert scheduler.due == []
    sampler.add(second := Counted())
    scheduler.turn()
    assert (first.seen, second.seen, len(scheduler.due)) == (1, 1, 1)


def test_it_keeps_nothing_alive(sampler: Sampler, scheduler: Scheduler):
    sampler.add(Counted())
    gc.collect()
    scheduler.turn()
    assert scheduler.due == []


def test_one_that_is_added_while_it_looks_is_not_missed(sampler: Sampler, scheduler: Scheduler):
    late = Counted()

    class Adds(Counted):
        def sample(self) -> bool:
            sampler.add(late)
            return False

    adds = Adds()
    sampler.add(adds)
    scheduler.turn()
    scheduler.turn()
    assert late.seen >= 1


def test_one_that_cannot_be_looked_at_holds_up_no_other(
    sampler: Sampler, scheduler: Scheduler, caplog: pytest.LogCaptureFixture
):
    class Broken(Counted):
        def sample(self) -> bool:
            super().sample()
            raise MemoryError("no room")

    broken, other = Broken(), Counted()
    sampler.add(broken)
    sampler.add(other)
    scheduler.turn()
    scheduler.turn()
    assert (broken.seen, other.seen, len(scheduler.due)) == (1, 2, 1)
    assert "no room" in caplog.text


def test_an_interrupt_within_a_look_does_not_end_all_looks(sampler: Sampler, scheduler: Scheduler):
    class Interrupted(Counted):
        def sample(self) -> bool:
            super().sample()
            raise KeyboardInterrupt

    sampler.add(interrupted := Interrupted())
    with pytest.raises(KeyboardInterrupt):
        scheduler.turn()
    assert (interrupted.seen, len(scheduler.due)) == (1, 1)


def test_threads_may_add_while_it_looks(sampler: Sampler, scheduler: Scheduler):
    """What it goes through is a copy that was made at once, for the garbage collector as well."""
    kept: list[Counted] = []

    class Growing(dict[int, Any]):
        def items(self) -> Any:
            for item in super().items():
                yield item
                kept.append(Counted())
                sampler.add(kept[-1])

        def copy(self) -> dict[int, Any]:
            return dict(super().items())

    sampler._tasks = Growing()
    sampler.add(first := Counted())
    scheduler.turn()
    assert (first.seen, len(scheduler.due)) == (1, 1)


def test_a_runtime_that_has_stopped_takes_nothing(sampler: Sampler, monkeypatch: pytest.MonkeyPatch):
    def stopped(*_: object) -> None:
        raise RuntimeStopped("at exit")

    monkeypatch.setattr(Scheduler, "call_later", stopped)
    sampler.add(Counted())


def test_there_is_one_for_the_process():
    assert get_sampler() is get_sampler()
