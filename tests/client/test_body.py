"""What is posted: JSON, made of what was given when it was given."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from realtime_widgets.client import Client
from realtime_widgets.client.body import body_of
from realtime_widgets.errors import UsageError, WrongType

URL = "http://h/"


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ({"a": [1, 2.5, "x", True, None]}, {"a": [1, 2.5, "x", True, None]}),
        ([], []),
        ("text", "text"),
        (0, 0),
        (False, False),
        ({"é": "日本\u202e\0"}, {"é": "日本\u202e\0"}),
        ({"half": "a\ud800", "\udc00": "\ud83d\ude00"}, {"half": "a\ufffd", "\ufffd": "😀"}),
        ({"array": np.array([1.0, 2.0]), "scalar": np.int64(3)}, {"array": [1.0, 2.0], "scalar": 3}),
    ],
)
def test_any_json_is_sent_as_utf_8(value: Any, sent: Any):
    assert json.loads(body_of(value, URL).decode("utf-8")) == sent


def holding_itself() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": object()}, "a value of type object is nothing that JSON has"),
        (lambda: 1, "a value of type function is nothing that JSON has"),
        (b'{"a": 1}', "it is bytes; pass what they say"),
        ({"t": float("nan")}, "it has a NaN or an infinity"),
        ([{"t": (1, float("inf"))}], "it has a NaN or an infinity"),
        (holding_itself(), "it is nested too deeply, or holds itself"),
    ],
)
def test_what_is_no_json_is_refused_when_it_is_given(value: Any, words: str):
    with pytest.raises(UsageError, match=r"^post= cannot be sent as JSON: ") as raised:
        body_of(value, URL)
    assert words in str(raised.value)
    assert raised.value.__cause__ is None, "which may show what is in it"
    with pytest.raises(UsageError, match=r"^post= cannot be sent as JSON: "):
        Client(URL, post=value)


@pytest.mark.parametrize("url", ["ws://h/", "wss://h/"])
def test_nothing_is_posted_over_a_websocket(url: str):
    with pytest.raises(
        UsageError, match="post= cannot be sent over a WebSocket: it is for http://"
    ) as raised:
        Client(url, post={})
    assert not isinstance(raised.value, WrongType)
    assert body_of({}, lambda: url) == b"{}", "a function may give another address: that is looked at later"


def test_a_wrong_address_is_said_first():
    with pytest.raises(UsageError, match="its scheme is 'ftp'"):
        Client("ftp://h/", post={})
