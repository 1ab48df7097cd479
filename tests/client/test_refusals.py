"""What servers say of failures, in their own words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from realtime_widgets.client.refusals import MAX_SAID, failure_in, said_in


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            {"error": {"message": "Incorrect API key provided", "type": "x", "code": None}},
            "Incorrect API key provided",
        ),
        ({"error": "model 'llama' not found"}, "model 'llama' not found"),
        ({"object": "error", "message": "too long"}, "too long"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"error": {"message": "first"}, "message": "second"}, "first"),
        ({"error": {"message": ""}, "message": "second"}, "second"),
        ({"error": {"message": " two\n lines\t"}}, "two lines"),
        ({"error": {"message": "half \ud800 \u202e"}}, "half \ufffd \u202e"),
        ({"error": {"message": "see https://user:word@h/a?key=SECRET"}}, "see https://h/a"),
        ({"error": {"message": "Bearer SECRET-SECRET is no good"}}, "Bearer … is no good"),
        ({"error": {"message": "x" * 5000}}, "x" * (MAX_SAID - 1) + "…"),
        ({"error": {"message": 7}}, None),
        ({"error": None}, None),
        ({}, None),
        ([{"error": {"message": "x"}}], None),
        ("x", None),
        (None, None),
    ],
)
def test_the_words_of_a_server_are_found_and_have_no_secrets(answer: Any, said: str | None):
    assert said_in(json.dumps(answer).encode()) == said


@pytest.mark.parametrize("raw", [b"", b"<html>", b"\xff\xfe", b'{"error": {"message": "cut', b"[" * 100_000])
def test_what_is_no_json_says_nothing(raw: bytes):
    assert said_in(raw) is None


@pytest.mark.parametrize(
    ("data", "event", "said"),
    [
        ('{"error": {"message": "it crashed"}}', "message", "it crashed"),
        (' {"error":{"message":"it crashed"}}', "message", "it crashed"),
        ('{"type": "error", "error": {"message": "overloaded"}}', "error", "overloaded"),
        ('{"message": "overloaded"}', "error", "overloaded"),
        ('{"error": "0.02", "channel": "x"}', "message", None),  # as a field like any other
        ('{"error": null, "choices": []}', "message", None),
        ('{"choices": [], "error": {"message": "x"}}', "message", None),
        ("stopped", "error", None),
    ],
)
def test_an_event_that_reports_a_failure_is_told_from_others(data: str, event: str, said: str | None):
    assert failure_in(data, event) == said
