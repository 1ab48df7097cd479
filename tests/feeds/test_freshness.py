"""What a widget may claim: the same table as in the page's half."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from realtime_widgets.feeds.freshness import (
    GRAVEST_FIRST,
    LINK_GRACE,
    Facts,
    Pace,
    data_state,
    is_down,
    pace_of,
)

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "freshness.json").read_text())

FACTS: dict[str, dict[str, Any]] = {
    "kernel_gone": {"kernel_gone": True},
    "failed": {"failed": True},
    "unreached": {"reached": False},
    "paused": {"paused": True},
    "disconnected": {"disconnected": True},
    "empty": {"empty": True},
    "missing": {"missing": True},
    "old": {"age": 6.0, "stale_after": 5.0},
    "complete": {"pace": "complete"},
}


def test_the_order_and_the_grace_are_those_of_the_page() -> None:
    assert list(GRAVEST_FIRST) == GOLDEN["order"]
    assert GOLDEN["link_grace"] == LINK_GRACE


def test_every_combination_of_facts_has_the_gravest_state() -> None:
    assert len(GOLDEN["states"]) == 2 ** len(FACTS)
    for words, state in GOLDEN["states"].items():
        given: dict[str, Any] = {}
        for word in words.split():
            given |= FACTS[word]
        assert data_state(Facts(**given)) == state, words


@pytest.mark.parametrize(("age", "stale_after", "pace", "state"), GOLDEN["ages"])
def test_data_are_stale_when_they_are_older_than_they_may_be_or_else_than_they_usually_are(
    age: float | None, stale_after: float | None, pace: Pace, state: str
) -> None:
    assert data_state(Facts(age=age, stale_after=stale_after, pace=pace)) == state


@pytest.mark.parametrize(("arrivals", "pace"), GOLDEN["paces"])
def test_data_are_quiet_when_they_have_paused_for_longer_than_usual_on_all_ways(
    arrivals: list[tuple[float | None, float | None]], pace: Pace
) -> None:
    assert pace_of(arrivals) == pace


@pytest.mark.parametrize(("link", "since_age", "down"), GOLDEN["links"])
def test_a_link_is_down_after_the_grace_or_for_good(link: str, since_age: float, down: bool) -> None:
    assert is_down(link, since_age) is down
