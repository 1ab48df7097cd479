"""The number of a card, and what it is compared with, by values."""

from __future__ import annotations

import math
from typing import Any

import pytest

from realtime_widgets.feeds.comparison import WINDOW, Comparison, Reduce
from realtime_widgets.feeds.figure import EVERY, Figure
from realtime_widgets.feeds.series import SeriesFeed
from realtime_widgets.streams import Stream

T0 = 1_795_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> float:
        return self.now


class Card:
    """A stream with a line and a figure, of a window of 10 s, a record a second."""

    def __init__(self, reduce: Reduce = "last", compare: Comparison = WINDOW, *values: Any) -> None:
        self.clock = Clock()
        self.stream = Stream("s", clock=self.clock)
        self.line = SeriesFeed(self.stream, ["value"], 10.0)
        self.figure = Figure(self.stream, "value", 10.0, reduce, compare)
        self.append(*values)

    def append(self, *values: Any) -> None:
        for value in values:
            self.clock.now += bool(len(self.stream))
            self.stream.append(value)

    def take(self) -> tuple[float, tuple[float, float]]:
        """The number, its change, and in how many seconds."""
        self.line.take(True, self.clock.now)
        self.figure.follow(self.line)
        value = self.figure.value(self.line.last[0])
        return value, self.figure.change(value, self.line)


UNKNOWN = pytest.approx((math.nan, math.nan), nan_ok=True)
PREVIOUS = Comparison("previous")


def test_the_newest_value_is_compared_with_the_start_of_the_window():
    assert Card("last", WINDOW, 1, 2, 4).take() == (4, (3, 2))
    assert Card("last", WINDOW, 1).take() == (1, UNKNOWN)


def test_the_newest_value_is_compared_with_the_one_before_it():
    card = Card("last", PREVIOUS, 1, 2, 4)
    assert card.take() == (4, (2, 1))
    card.append(None)
    assert card.take()[1] == UNKNOWN
    card.append(5)
    assert card.take() == (5, (1, 2))
    assert Card("last", PREVIOUS, 1).take() == (1, UNKNOWN)


def test_the_value_before_the_newest_is_that_of_its_time_and_not_of_its_arrival():
    card = Card("last", PREVIOUS, 1, 2)
    card.stream.append(9, ts=T0 + 0.5)
    assert card.take() == (2, (-7, 0.5))


def test_a_fixed_number_is_compared_with_as_it_is():
    assert Card("last", Comparison("value", 0.5), 2).take() == (2, (1.5, 0))
    assert Card("last", Comparison("none"), 1, 2).take() == (2, UNKNOWN)


def test_what_held_some_time_ago_is_compared_with_and_else_the_oldest_for_as_long_as_it_is_ago():
    card = Card("last", Comparison("ago", 5.0), 1, 2, 4)
    assert card.take() == (4, (3, 2))
    card.append(*[8] * 4)
    assert card.take() == (8, (6, 5))
    card.clock.now += 60  # it still holds
    assert card.take() == (8, (0, 5))


def test_one_value_has_not_changed_since_a_time_that_it_is_not_known_for():
    card = Card("last", Comparison("ago", 5.0), 1)
    assert card.take() == (1, UNKNOWN)
    card.clock.now += 3
    assert card.take() == (1, UNKNOWN)
    card.clock.now += 3
    assert card.take() == (1, (0, 5))


@pytest.mark.parametrize(
    ("reduce", "number"), [("mean", 5.5), ("max", 10), ("min", 1), ("sum", 55), ("rate", 1)]
)
def test_a_number_is_made_of_the_window(reduce: Reduce, number: float):
    assert Card(reduce, WINDOW, *range(1, 11)).take()[0] == number


@pytest.mark.parametrize("compare", [WINDOW, PREVIOUS, Comparison("ago", 10.0)])
def test_what_is_made_of_the_window_is_compared_with_the_window_before(compare: Comparison):
    card = Card("sum", compare, *[1] * 15)
    assert card.take() == (10, (0, 4))  # of the oldest whole window
    card.append(*[2] * 6)
    assert card.take() == (16, (6, 10))
    assert Card("sum", compare, *[1] * 5).take()[1] == UNKNOWN


def test_what_is_made_of_the_window_is_compared_with_a_number_or_a_time_ago():
    assert Card("mean", Comparison("value", 3), *range(1, 11)).take() == (5.5, (2.5, 0))
    assert Card("max", Comparison("ago", 3.0), *range(20)).take() == (19, (3, 3))


def test_a_rate_is_of_the_seconds_that_are_known():
    card = Card("rate", WINDOW, 0, 6)
    assert card.take()[0] == 6
    card.clock.now += 2
    assert card.take()[0] == 2
    card.append(0)  # a restart
    assert card.take()[0] == 6 / 4
    card.append(4)
    assert card.take()[0] == 10 / 5
    card.clock.now += 100
    assert card.take()[0] == 0


def test_by_time_alone_it_changes_once_a_second_at_most_and_only_while_records_leave():
    card = Card("sum", Comparison("none"), *[1] * 8)
    card.take()
    assert card.figure.due() == 3  # then the first one leaves
    card.clock.now += 3
    assert card.figure.due() == 0
    assert card.take()[0] == 7
    assert card.figure.due() == EVERY
    card.clock.now += 30
    assert card.take()[0] == 0
    assert card.figure.due() is None


@pytest.mark.parametrize(
    ("reduce", "compare"), [("last", WINDOW), ("last", PREVIOUS), ("last", Comparison("value", 1))]
)
def test_the_newest_value_changes_with_records_only(reduce: Reduce, compare: Comparison):
    card = Card(reduce, compare, 1, 2)
    card.take()
    assert card.figure.due() is None


def test_the_value_of_some_time_ago_changes_with_time():
    card = Card("last", Comparison("ago", 5.0), 1, 2)
    card.take()
    assert card.figure.due() == EVERY  # the time that is known grows
    card.clock.now += 4.5
    card.take()
    assert card.figure.due() == EVERY
    card.clock.now += 30
    card.take()
    assert card.figure.due() is None
