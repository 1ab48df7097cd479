"""Answers to requests that are not met."""

from __future__ import annotations

import json

from realtime_widgets.hub.answers import complaint, later


def test_a_complaint_has_a_code_for_programs_and_a_sentence_for_people():
    answer = complaint(403, "forbidden", "you may not; ask")
    assert (answer.status_code, json.loads(bytes(answer.body))) == (
        403,
        {"code": "forbidden", "message": "you may not; ask"},
    )
    assert "www-authenticate" not in answer.headers


def test_who_needs_a_token_is_told_of_which_kind():
    assert complaint(401, "token", "none").headers["www-authenticate"] == "Bearer"
    said = 'Bearer error="invalid_token", error_description="the token has expired"'
    assert complaint(401, "expired", "get a new one").headers["www-authenticate"] == said


def test_who_may_come_again_is_told_when_in_whole_seconds_and_never_too_early():
    answer = later(503, "busy", "too many connect", 1.01)
    assert answer.headers["retry-after"] == "2"
    assert json.loads(bytes(answer.body))["message"] == "too many connect; try again in 2 s"
