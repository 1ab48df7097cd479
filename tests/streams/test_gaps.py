"""Gaps: how many messages are missing, and how people are told."""

from __future__ import annotations

from typing import get_args

import pytest

from realtime_widgets.streams.gaps import REASONS, Gap, Position, Reason


def gap(after: Position | None, until: Position | None, reason: Reason = "lost") -> Gap:
    return Gap("cpu", reason, 1.0, after, until)


@pytest.mark.parametrize(
    ("after", "until", "missed"),
    [
        (Position("e", 3), Position("e", 5), 2),
        (Position("e", 0), Position("e", 1), 1),
        (None, Position("e", 5), None),
        (Position("e", 3), None, None),
        (Position("e", 3), Position("f", 5), None),
        (Position("e", 5), Position("e", 5), None),
        (Position("e", 5), Position("e", 2), None),
    ],
)
def test_how_many_are_missing_is_known_within_one_epoch(
    after: Position | None, until: Position | None, missed: int | None
):
    assert gap(after, until).missed == missed


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (1, "1 message of channel 'cpu' missing: they were lost on the way"),
        (1234, "1,234 messages of channel 'cpu' missing: they were lost on the way"),
    ],
)
def test_a_gap_says_how_many_and_why(last: int, said: str):
    assert str(gap(Position("e", 0), Position("e", last))) == said


def test_a_gap_that_may_be_none_says_so():
    assert str(gap(None, None, "unknown_source")).startswith("messages of channel 'cpu' may be missing: ")


def test_every_reason_has_words():
    assert set(REASONS) == set(get_args(Reason))
