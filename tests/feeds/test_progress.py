"""What a progress card says: rows as bodies, and when there is something to tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from realtime_widgets.feeds.progress import MAX_ERROR, MAX_TITLE, ProgressFeed, Row


@dataclass
class Card:
    rows: list[Row] = field(default_factory=lambda: [Row(key=0, done=1, state="running", runs=1)])
    more: int = 0

    def said(self) -> tuple[list[Row], int]:
        return self.rows, self.more

    def change(self, **changes: Any) -> None:
        self.rows = [msgspec.structs.replace(self.rows[0], **changes)]


@pytest.fixture
def card() -> Card:
    return Card()


@pytest.fixture
def feed(card: Card) -> ProgressFeed:
    return ProgressFeed(card.said)


def test_a_row_says_what_is_known_and_leaves_the_rest_out():
    assert Row(key=3, depth=1).body() == {"key": 3, "depth": 1, "done": 0, "state": "waiting", "runs": 0}
    row = Row(
        key=0, title="a", done=3, total=9, state="running", runs=2, elapsed=1.5, rate=2.0, remaining=3.0
    )
    assert row.body() == {
        "key": 0,
        "depth": 0,
        "title": "a",
        "done": 3,
        "total": 9,
        "state": "running",
        "runs": 2,
        "elapsed": 1.5,
        "rate": 2.0,
        "remaining": 3.0,
    }


def test_texts_are_cut_and_readable():
    body = Row(key=0, title="x" * 10**6, error="\x1b[31mred\x1b[0m" + "y" * 10**6, note="a\x00b").body()
    assert body["title"] == "x" * MAX_TITLE + "…"
    assert body["error"].startswith("redy")
    assert len(body["error"]) == MAX_ERROR + 1
    assert body["note"] == "ab"


def test_every_part_stands_alone_and_only_changes_are_numbered(card: Card, feed: ProgressFeed):
    assert feed.changed()
    parts = [feed.take(False, 1.0), feed.take(True, 2.0)]
    assert not feed.changed()
    card.change(done=2)
    assert feed.changed()
    parts.append(feed.take(False, 3.0))
    assert [(part.first, part.last, part.key) for part in parts] == [(1, 1, True), (1, 1, True), (2, 2, True)]
    assert parts[2].body["rows"] == [{"key": 0, "depth": 0, "done": 2, "state": "running", "runs": 1}]


@pytest.mark.parametrize(
    "news",
    [
        {"done": 2},
        {"total": 9},
        {"title": "t"},
        {"note": "n"},
        {"state": "done"},
        {"error": "e"},
        {"runs": 2},
        {"rate": 3.0},
        {"unit": "B"},
    ],
)
def test_a_change_is_news(card: Card, feed: ProgressFeed, news: dict[str, Any]):
    feed.take(True, 1.0)
    card.change(**news)
    assert feed.changed()


@pytest.mark.parametrize("passing", [{"elapsed": 9.0}, {"remaining": 4.0}])
def test_time_that_passes_is_none(card: Card, feed: ProgressFeed, passing: dict[str, Any]):
    feed.take(True, 1.0)
    card.change(**passing)
    assert not feed.changed()


def test_a_rate_that_sinks_during_a_stall_is_told_in_steps(card: Card, feed: ProgressFeed):
    card.change(rate=2.5)
    feed.take(True, 1.0)
    card.change(rate=2.51)
    assert not feed.changed()
    card.change(rate=2.3)
    assert feed.changed()


def test_what_runs_is_never_stale_and_what_does_not_waits_for_nothing(card: Card, feed: ProgressFeed):
    body = feed.take(True, 1.0).body
    assert (body["age"], body["quiet_after"]) == (None, 1e9)
    for state in ("waiting", "done", "failed", "stopped"):
        card.change(state=state)
        assert feed.take(True, 1.0).body["quiet_after"] is None


def test_rows_that_are_not_shown_are_counted(card: Card, feed: ProgressFeed):
    assert "more" not in feed.take(True, 1.0).body
    card.more = 7
    assert feed.changed()
    assert feed.take(False, 1.0).body["more"] == 7
