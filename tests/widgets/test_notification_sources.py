"""What notifications come from."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets import Stream
from realtime_widgets.errors import WrongType
from realtime_widgets.widgets.notification_sources import Link, streams_of


def test_streams_are_taken_one_by_one_and_in_any_collection() -> None:
    one, other = Stream("one"), Stream("other")
    assert streams_of(None) == []
    assert streams_of(one) == [one]
    assert streams_of([one, (other, None)]) == [one, other]
    assert streams_of(iter([other])) == [other]


@pytest.mark.parametrize("source", [5, "ws://host", {"a": 1}, [5], b"x"])
def test_anything_else_is_refused(source: Any) -> None:
    with pytest.raises(WrongType, match="notifications cannot come from"):
        streams_of(source)


def test_a_link_says_nothing_of_its_own() -> None:
    link = Link(Stream())
    assert not link.changed()
    part = link.take(True, 0.0)
    assert (part.key, part.body) == (True, {"age": None})
