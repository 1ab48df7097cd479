"""The level of a number."""

from __future__ import annotations

import math

import pytest

from realtime_widgets.feeds.thresholds import Verdicts, level


@pytest.mark.parametrize(
    ("value", "good", "expected"),
    [(0.5, None, "normal"), (0.8, None, "warning"), (0.97, "down", "error"), (math.nan, None, "normal")],
)
def test_the_severest_threshold_reached_counts(value: float, good: str | None, expected: str) -> None:
    assert level(value, {0.8: "warning", 0.95: "error"}, good) == expected  # type: ignore[arg-type]


def test_where_large_values_are_good_thresholds_are_reached_from_above() -> None:
    thresholds = {100.0: "warning", 10.0: "error"}
    assert level(500.0, thresholds, "up") == "normal"  # type: ignore[arg-type]
    assert level(50.0, thresholds, "up") == "warning"  # type: ignore[arg-type]
    assert level(5.0, thresholds, "up") == "error"  # type: ignore[arg-type]


class Judged:
    def __init__(self, name, reason=None):
        self.changes, self.said = 0, (name, reason)

    def verdict(self):
        return self.said


def test_the_gravest_verdict_counts_and_of_equal_ones_the_first():
    first, second, grave = Judged("warning", {"a": 1}), Judged("warning", {"b": 1}), Judged("normal")
    verdicts = Verdicts([first, second, grave])
    assert verdicts.changed()
    assert verdicts.gravest() == ("warning", {"a": 1})
    assert not verdicts.changed()
    grave.said, grave.changes = ("error", None), 1
    assert verdicts.changed()
    assert verdicts.gravest() == ("error", None)


def test_without_judges_there_is_no_verdict():
    assert (bool(Verdicts()), Verdicts().changed(), Verdicts().gravest()) == (False, False, ("normal", None))
