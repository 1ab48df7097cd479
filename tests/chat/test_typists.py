"""Who types."""

from __future__ import annotations

from realtime_widgets.chat import typists
from realtime_widgets.chat.typists import SLACK, TIMEOUT, Typists


def test_typing_is_news_when_it_begins_and_ends_by_itself() -> None:
    those = Typists()
    assert those.start("ken", "Ken", 0.0)
    assert not those.start("ken", "Ken", 2.0)
    assert those.names(2.0 + TIMEOUT) == ["Ken"]
    assert those.due(2.0) == TIMEOUT + SLACK
    assert not those.expire(5.0)
    assert those.expire(2.0 + TIMEOUT + SLACK)
    assert those.names(6.5) == []
    assert those.due(7.0) is None
    assert not those.stop("ken")


def test_there_are_not_more_than_a_room_can_have() -> None:
    those = Typists()
    for n in range(typists.MAX_TYPISTS + 3):
        those.start(f"u{n}", f"U{n}", 0.0)
    assert len(those.names(0.0)) == typists.MAX_TYPISTS
    assert those.stop("u0")
    assert those.start("late", "Late", 1.0)
