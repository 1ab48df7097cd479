"""What was said of a message after it was sent: in any order, more than once, before the message itself."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.chat import amendments
from realtime_widgets.chat.amendments import Amendments, Waiting
from realtime_widgets.chat.events import Changed, Reacted


def test_of_two_edits_the_later_counts() -> None:
    amended = Amendments()
    assert amended.change(Changed("m", "ken", "second", 2.0), 20)
    assert not amended.change(Changed("m", "ken", "first", 1.0), 10)
    assert amended.edit_of("ken") == (2.0, "second")
    assert amended.edit_of("mia") is None


def test_deleted_is_deleted_and_said_once() -> None:
    amended = Amendments()
    assert amended.change(Changed("m", "ken", None, 2.0), 20)
    assert not amended.change(Changed("m", "ken", None, 2.0), 21)
    assert amended.is_deleted_by("ken")
    assert not amended.is_deleted_by("mia")


@given(st.permutations(range(6)))
def test_reactions_are_the_same_in_every_order(order: list[int]) -> None:
    events = [
        Reacted("m", user, user.title(), reaction, on)
        for user, reaction, on in [
            ("ken", "👍", True),
            ("mia", "🎉", True),
            ("mia", "👍", True),
            ("ken", "👍", False),
            ("mia", "🎉", False),
            ("ken", "🎉", True),
        ]
    ]
    amended = Amendments()
    for place in order:
        amended.react(events[place], place)
    assert amended.reacting() == {"👍": {"mia": "Mia"}, "🎉": {"ken": "Ken"}}
    assert list(amended.reacting()) == ["👍", "🎉"]


def test_reactions_are_bounded() -> None:
    amended = Amendments()
    for n in range(amendments.MAX_REACTIONS + 5):
        amended.react(Reacted("m", "ken", "Ken", f"r{n}", True), n)
    assert len(amended.reacting()) == amendments.MAX_REACTIONS
    for n in range(amendments.MAX_REACTING + 5):
        amended.react(Reacted("m", f"u{n}", "U", "r54", True), 100 + n)
    assert len(amended.reacting()["r54"]) == amendments.MAX_REACTING


def test_what_one_takes_back_is_no_obstacle_to_others_in_any_order() -> None:
    many = [Reacted("m", "ken", "Ken", f"r{n}", True) for n in range(200)]
    back = [Reacted("m", "ken", "Ken", f"r{n}", False) for n in range(200)]
    events = list(enumerate([*many, Reacted("m", "mia", "Mia", "👍", True), *back]))
    for order in (events, events[::-1], sorted(events, key=lambda each: each[0] % 7)):
        amended = Amendments()
        for place, event in [*order, *order[:50]]:
            amended.react(event, place)
        assert amended.reacting() == {"👍": {"mia": "Mia"}}


def test_the_newest_reactions_are_kept_whatever_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amendments, "MAX_OF_ALL", 20)
    monkeypatch.setattr(amendments, "MAX_OF_USER", 4)
    events = [(n, Reacted("m", f"u{n % 9}", "U", f"r{n % 11}", n % 3 > 0)) for n in range(300)]
    found = []
    for seed in range(20):
        order = events.copy()
        random.Random(seed).shuffle(order)
        amended = Amendments()
        for place, event in order:
            amended.react(event, place)
        found.append(amended.reacting())
        assert sum(map(len, amended.reactions.values())) == amended.reacted == 20
    assert all(each == found[0] for each in found)


def test_amendments_of_what_is_not_known_wait_the_newest_of_them() -> None:
    waiting = Waiting()
    waiting.of("first").change(Changed("first", "ken", "x", 1.0), 1)
    waiting.of("kept").change(Changed("kept", "ken", "x", 1.0), 1)
    for n in range(amendments.MAX_WAITING - 1):
        waiting.of(f"m{n}")
    assert waiting.pop("kept").edit_of("ken") == (1.0, "x")
    assert waiting.pop("kept").edit_of("ken") is None  # taken once
    assert waiting.pop("first").edit_of("ken") is None
