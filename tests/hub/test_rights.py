"""Rights: which channels a token is good for, by values."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.errors import UnknownKeyword, UsageError, WrongType
from realtime_widgets.hub.rights import ALL, MAX_PATTERNS, NOTHING, Access, Rights


@pytest.mark.parametrize(
    ("pattern", "covered", "others"),
    [
        ("cpu", ["cpu"], ["cpu2", "cp", "CPU", "", "cpu*"]),
        ("team:*", ["team:", "team:a", "team:a:b"], ["team", "teams:a", "Team:a", "ateam:a"]),
        ("*", ["a", "metrics", "日本", "*"], []),
        ("日本*", ["日本", "日本語"], ["日"]),
    ],
)
def test_a_name_covers_itself_and_a_star_at_the_end_any_rest(
    pattern: str, covered: list[str], others: list[str]
):
    rights = Rights(subscribe=["x", pattern])
    assert [name for name in covered if not rights.may("subscribe", name)] == []
    assert [name for name in others if rights.may("subscribe", name)] == []
    assert not any(rights.may("publish", name) for name in covered), "which is another right"


def test_what_is_not_named_is_not_given():
    assert not NOTHING.may("subscribe", "x")
    assert not NOTHING.may("publish", "")
    assert ALL.may("subscribe", "x")
    assert ALL.may("publish", "x")


@pytest.mark.parametrize("pattern", ["", "a*b", "*a", "**", "a**", "x" * 201, "x" * 201 + "*"])
def test_a_pattern_that_means_nothing_clear_is_refused(pattern: str):
    for action in ("subscribe", "publish"):
        with pytest.raises(UsageError, match=f"{action}= cannot have"):
            Rights(**{action: [pattern]})


@pytest.mark.parametrize("patterns", ["metrics", b"x", 5, None, [5], [None]])
def test_channels_are_a_list_of_text(patterns: Any):
    with pytest.raises(WrongType):
        Rights(subscribe=patterns)


def test_a_lone_name_is_answered_with_the_list_that_was_meant():
    with pytest.raises(WrongType, match=r"pass \['team:\*'\]"):
        Rights(publish="team:*")


def test_there_is_an_end_to_what_one_token_may_name():
    assert Rights(subscribe=["x"] * MAX_PATTERNS)
    with pytest.raises(UsageError, match="cannot have 1,001 channels"):
        Rights(subscribe=["x"] * (MAX_PATTERNS + 1))


@pytest.mark.parametrize("name", ["", 5, "x" * 201])
def test_a_name_is_text(name: Any):
    with pytest.raises(WrongType, match="who has a token"):
        Rights(name=name)


def test_a_misspelled_right_is_named():
    with pytest.raises(UnknownKeyword, match="did you mean 'subscribe'"):
        Rights(subscribes=["x"])  # type: ignore[call-arg]


def test_rights_cannot_be_widened_and_are_equal_by_what_they_give():
    mine = ["a"]
    rights = Rights(subscribe=mine, name="anna")
    mine.append("*")
    assert not rights.may("subscribe", "b")
    with pytest.raises(AttributeError):
        rights.subscribe = ["*"]  # type: ignore[misc]
    assert rights == Rights(subscribe=("a",), name="anna")
    assert repr(rights) == "Rights(subscribe=('a',), publish=(), name='anna')"


def test_access_says_which_right_is_missing():
    access = Access(Rights(subscribe=["a"], name="anna"))
    assert access.name == "anna"
    assert access.complaint_about("subscribe", "a") is None
    assert access.complaint_about("publish", "a") == (
        "this token may not publish on 'a'; ask for one with that right"
    )
    assert len(access.complaint_about("subscribe", "x" * 10_000) or "") < 200


def test_who_may_follow_a_room_may_know_who_types_there_and_nobody_else():
    access = Access(Rights(subscribe=["chat:lab", "typing:*"], publish=["chat:*"]))
    assert access.complaint_about("subscribe", "typing:chat:lab") is None
    assert access.complaint_about("subscribe", "typing:chat:other") == (
        "this token may not follow 'chat:other'; ask for one with that right"
    )


def test_a_name_is_judged_as_it_is_published():
    half = "a\ud800"  # goes out with U+FFFD
    assert Access(Rights(publish=["a\ufffd"])).complaint_about("publish", half) is None
    assert Access(Rights(publish=[half])).complaint_about("publish", half) is not None
