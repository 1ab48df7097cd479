"""Who speaks."""

from __future__ import annotations

import pytest

from realtime_widgets.hub.chat_speaker import speaker
from realtime_widgets.protocol.chat_publications import User


@pytest.mark.parametrize(
    ("named", "user_id", "username", "id", "name"),
    [
        (None, "u1", "Anna", "u1", "Anna"),
        (None, "u1", "", "u1", "u1"),
        (None, "anna/bot", "bot (anna)", "anna/bot", "bot (anna)"),
        ("anna", "", "", "anna", "anna"),
        ("anna", "anna", "Anna the Great", "anna", "anna"),
        ("anna", "", "Ben", "anna", "anna"),
        ("anna", "ben", "Ben", "anna/ben", "Ben (anna)"),
        ("anna", "bot", "", "anna/bot", "bot (anna)"),
        ("anna", "anna/bot", "bot (anna)", "anna/bot", "bot (anna)"),
        ("anna", "ben/bot", "bot (ben)", "anna/ben/bot", "bot (ben) (anna)"),
        ("anna", "anna/anna", "", "anna", "anna"),
        ("anna", "anna/", "Anna", "anna", "anna"),
        ("\ud800", "", "", "\ufffd", "\ufffd"),
        ("\ud800", "\ufffd", "x", "\ufffd", "\ufffd"),
    ],
)
def test_a_token_says_who_speaks_and_for_whom(
    named: str | None, user_id: str, username: str, id: str, name: str
):
    assert speaker(named, user_id, username) == User(id=id, username=name)


def test_what_was_made_of_a_speaker_is_the_same_when_it_is_said_again():
    for user_id in ("anna", "bot", "ben/bot"):
        first = speaker("anna", user_id, "Some Name")
        assert first is not None
        assert speaker("anna", first.id, first.username) == first


def test_somebody_must_have_said_who_speaks():
    assert speaker(None, "", "Anna") is None
