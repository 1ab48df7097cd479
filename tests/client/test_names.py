"""What can be the name of a channel."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.client.names import channels_of, check_unicode, checked_channel, checked_name
from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.protocol.limits import MAX_NAME_LENGTH


@pytest.mark.parametrize("name", ["a", "ä\n\0", "x" * MAX_NAME_LENGTH])
def test_any_text_is_a_name(name: str):
    assert checked_channel(name) == checked_name(name) == name


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", WrongType),
        (5, WrongType),
        (b"a", WrongType),
        ("x" * (MAX_NAME_LENGTH + 1), WrongType),
        ("\ud800", UsageError),
    ],
)
def test_what_is_none_is_refused(name: Any, error: type[Exception]):
    for check in (checked_channel, checked_name):
        with pytest.raises(error, match="is no channel"):
            check(name)


def test_a_word_about_the_link_itself_is_no_channel_to_follow():
    with pytest.raises(UsageError, match="about the link itself"):
        checked_channel("ping")
    assert checked_name("ping") == "ping"


def test_a_wish_names_channels():
    assert channels_of({"streams": ["a", "b", "a"]}) == {"a", "b"}
    for unreadable in (None, {}, {"streams": "a"}, ["a"]):
        assert channels_of(unreadable) is None
    with pytest.raises(UsageError):
        channels_of({"streams": ["\ud800"]})


def test_half_a_pair_of_surrogates_is_no_text():
    check_unicode("😀", "it")
    with pytest.raises(UsageError, match=r"^it: .*pass text that is Unicode"):
        check_unicode("\ud83d", "it")
