"""The pace of attempts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.client.sansio.backoff import FOREVER, Reconnect
from realtime_widgets.errors import UsageError

chances = st.floats(0, 1, exclude_max=True)


@given(attempt=st.integers(1, 10**6), chance=chances)
def test_delays_stay_between_their_bounds(attempt: int, chance: float):
    delay = FOREVER.delay(attempt, chance)
    ceiling = min(20.0, 0.5 * 2 ** min(attempt - 1, 60))
    assert (0 if attempt == 1 else 0.5) <= delay <= ceiling


def test_chance_decides_between_the_bounds():
    assert FOREVER.delay(1, 0) == 0
    assert FOREVER.delay(4, 0) == 0.5
    assert FOREVER.delay(4, 0.5) == (0.5 + 4) / 2
    assert FOREVER.delay(100, 0.999999) == pytest.approx(20, abs=0.001)


@given(attempt=st.integers(1, 10**6), chance=chances)
def test_the_catalogues_pace_is_always_the_same(attempt: int, chance: float):
    assert Reconnect(3, 3, factor=1, jitter=False, max_attempts=5).delay(attempt, chance) == 3


def test_without_jitter_a_delay_is_its_ceiling():
    policy = Reconnect(1, 10, factor=3, jitter=False)
    assert [policy.delay(n, 0.3) for n in (1, 2, 3, 4)] == [1, 3, 9, 10]


@pytest.mark.parametrize(
    "wrong",
    [
        {"initial": 0},
        {"initial": 30},
        {"maximum": float("inf")},
        {"maximum": float("nan")},
        {"factor": 0.5},
        {"max_attempts": -1},
        {"max_attempts": 0},
        {"max_attempts": 1.5},
        {"max_attempts": True},
        {"initial": "a"},
        {"maximum": None},
        {"factor": True},
    ],
)
def test_a_pace_that_cannot_be_kept_is_refused(wrong: dict[str, Any]):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Reconnect(**wrong)  # type: ignore[arg-type]
