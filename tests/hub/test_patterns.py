"""Patterns: which value is a channel's, and which patterns are none."""

from __future__ import annotations

import pytest

from realtime_widgets.errors import UsageError
from realtime_widgets.hub.patterns import ByChannel, checked_pattern


def test_a_name_comes_before_a_beginning_and_a_longer_beginning_before_a_shorter_one():
    values = ByChannel("usual", {"a*": "a…", "*": "any", "ab*": "ab…", "ab": "ab"})
    assert [values[name] for name in ("ab", "abc", "ac", "b")] == ["ab", "ab…", "a…", "any"]
    assert ByChannel("usual", {"a": "a"})["ab"] == "usual"


@pytest.mark.parametrize("pattern", ["", "a*b", "**", "x" * 201, 3, None, b"a"])
def test_what_is_no_pattern_is_told_with_where_it_was_given(pattern: object):
    with pytest.raises(UsageError, match=r"^channels= cannot have "):
        checked_pattern(pattern, "channels=")


@pytest.mark.parametrize("pattern", ["a", "*", "a*", "x" * 200, "x" * 200 + "*", "部屋:*"])
def test_a_pattern_is_a_name_or_how_names_begin(pattern: str):
    assert checked_pattern(pattern, "channels=") == pattern
