"""Expiry, on timers and a clock of its own."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from realtime_widgets.hub.expiry import LOOK_AGAIN, Expiry


class Clocks:
    """Timers that are rung by hand, and a clock on the wall that may go another way."""

    def __init__(self) -> None:
        self.wall = 1000.0
        self.waiting: list[Ringing] = []

    def time(self) -> float:
        raise AssertionError("it is the wall's clock that counts")

    def call_later(self, delay: float, callback: Callable[..., object], *_: object) -> Ringing:
        self.waiting.append(Ringing(self, delay, callback))
        return self.waiting[-1]

    def pending(self) -> list[float]:
        return [timer.delay for timer in self.waiting]

    def ring(self) -> None:
        self.waiting.pop().fn()


class Ringing:
    def __init__(self, clocks: Clocks, delay: float, fn: Callable[..., object]) -> None:
        self.clocks, self.delay, self.fn = clocks, delay, fn

    def cancel(self) -> None:
        if self in self.clocks.waiting:
            self.clocks.waiting.remove(self)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


def expiry(clocks: Clocks, at: float, called: list[str]) -> Expiry:
    return Expiry(at, lambda: called.append("expired"), clocks, lambda: clocks.wall)


def test_it_is_called_once_when_the_moment_has_come(clocks: Clocks):
    called: list[str] = []
    one = expiry(clocks, 1005.0, called)
    assert clocks.pending() == [5.0]
    assert not one.check()
    clocks.wall = 1005.0
    clocks.ring()
    assert one.check()
    assert called == ["expired"]
    assert clocks.pending() == []


def test_a_look_between_calls_it_too_and_only_once(clocks: Clocks):
    called: list[str] = []
    one = expiry(clocks, 1005.0, called)
    clocks.wall = 2000.0
    assert one.check()
    assert one.check()
    assert called == ["expired"]
    assert clocks.pending() == []


def test_a_clock_that_is_set_forward_is_seen_soon_and_one_set_back_is_believed(clocks: Clocks):
    called: list[str] = []
    expiry(clocks, 1e6, called)
    assert clocks.pending() == [LOOK_AGAIN]
    clocks.wall = 900.0
    clocks.ring()
    assert (called, clocks.pending()) == ([], [LOOK_AGAIN])
    clocks.wall = 1e6 + 1
    clocks.ring()
    assert called == ["expired"]


def test_what_never_expires_waits_for_nothing(clocks: Clocks):
    assert not expiry(clocks, math.inf, []).check()
    assert clocks.waiting == []


def test_who_is_gone_is_not_called(clocks: Clocks):
    called: list[str] = []
    one = expiry(clocks, 1005.0, called)
    one.cancel()
    one.cancel()
    assert clocks.pending() == []
