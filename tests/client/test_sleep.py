"""Noticing that the machine has slept."""

from __future__ import annotations

import pytest

from realtime_widgets.client import sleep
from realtime_widgets.client.sleep import CHECK_INTERVAL, SLEEP_THRESHOLD, SleepDetector
from support.fake_clock import FakeClock


class World:
    """A clock that stands still while the machine sleeps, a time of day that does not, and a detector."""

    def __init__(self) -> None:
        self.fake_clock = FakeClock()
        self.asleep = 0.0
        self.slept = 0
        self.sleep = SleepDetector(lambda: self.fake_clock, self.note)
        self.sleep.on()

    def note(self) -> None:
        self.slept += 1

    def wall(self) -> float:
        return 1e9 + self.fake_clock.time() + self.asleep


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made: list[World] = []
    monkeypatch.setattr(sleep, "_wall", lambda: made[0].wall() if made else 1e9 + 1000)
    made.append(World())
    return made[0]


def test_time_that_goes_on_is_no_sleep(world: World):
    world.fake_clock.turn(1000)
    assert world.slept == 0


def test_a_sleep_is_noticed_once_and_soon(world: World):
    world.fake_clock.turn(12)
    world.asleep = 3600.0
    world.fake_clock.turn(CHECK_INTERVAL)
    assert world.slept == 1
    world.fake_clock.turn(1000)
    assert world.slept == 1


def test_a_clock_that_is_set_a_little_is_no_sleep(world: World):
    world.asleep = SLEEP_THRESHOLD - 1
    world.fake_clock.turn(CHECK_INTERVAL)
    world.asleep = -3600.0
    world.fake_clock.turn(CHECK_INTERVAL)
    assert world.slept == 0


def test_to_stand_still_is_no_sleep(world: World):
    world.fake_clock._now += 3600.0
    world.sleep._look()  # late, as a loop does what was due meanwhile
    world.fake_clock.turn(1000)
    assert world.slept == 0


def test_off_it_looks_no_more_and_it_can_be_on_again(world: World):
    world.sleep.off()
    world.sleep.off()
    world.asleep = 3600.0
    world.fake_clock.turn(1000)
    assert world.slept == 0
    world.sleep.on()
    world.sleep.on()
    world.fake_clock.turn(1000)
    assert world.slept == 0
    world.asleep += 3600.0
    world.fake_clock.turn(CHECK_INTERVAL)
    assert world.slept == 1
