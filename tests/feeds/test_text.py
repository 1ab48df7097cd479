"""Text for the pages is Unicode."""

from __future__ import annotations

import json
import math
import unicodedata
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.feeds.text import as_unicode, decoded, without_controls

ANY_TEXT = st.text(st.characters(exclude_categories=()))
BODIES = st.recursive(
    ANY_TEXT | st.floats() | st.integers() | st.none() | st.booleans(),
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner) | st.tuples(inner, inner),
)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("good \ud83d", "good \ufffd"),
        ("\ude00 bad", "\ufffd bad"),
        ("caf\udce9.csv", "caf\ufffd.csv"),
        ("\ud83d\ude00", "😀"),
        ("\ud83d\ud83d\ude00", "\ufffd😀"),
        ("温度 😀 é\0", "温度 😀 é\0"),
    ],
)
def test_halves_of_surrogates_are_replaced(text: str, right: str):
    assert as_unicode(text) == right
    assert as_unicode({text: [text, (text, {text: 1.5})]}) == {right: [right, (right, {right: 1.5})]}


@given(BODIES)
def test_whatever_comes_can_be_encoded(value: Any):
    json.dumps(as_unicode(value), ensure_ascii=False).encode()


def test_what_is_unicode_is_returned_itself():
    body = {"value": 1.0, "text": "温度 😀", "rows": [(1, "a")], "nan": math.nan}
    assert as_unicode(body) is body


def test_objects_that_are_no_text_stay_as_they_are():
    array = np.arange(3)
    found = as_unicode({"a": array, "b": "\ud83d", "c": 2**70})
    assert found == {"a": array, "b": "\ufffd", "c": 2**70}
    assert found["a"] is array


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("plain", "plain"),
        ("\x1b[31mfailed\x1b[0m", "failed"),
        ("\x1b[38;2;255;0;0mred\x1b[m \x1b[1A\x1b[2K", "red "),
        ("\x9b31mfailed\x9b0m", "failed"),
        ("\x1b]0;a title\x07text", "text"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9d0;a title\x9ctext", "text"),
        ("\x1bPq#0;2;0;0;0\x1b\\after", "after"),
        ("\x1b(B\x1b7\x1b8\x1b=text", "text"),
        ("\x1b]8;;cut off", "8;;cut off"),
        ("tab\tline\nend\0\x07\b\x7f\x85", "tab\tline\nend"),
        ("10 %\r20 %\r\nend", "10 %\n20 %\nend"),
        ("\x1b", ""),
        ("温度 é\u00a0😀\u2028x", "温度 é\u00a0😀\u2028x"),
    ],
)
def test_what_is_for_terminals_is_taken_out(text: str, right: str):
    assert without_controls(text) == right


@given(ANY_TEXT)
def test_no_control_is_left_but_tabs_and_line_feeds(text: str):
    left = without_controls(text)
    assert not [each for each in left if unicodedata.category(each) == "Cc" and each not in "\t\n"]


def test_bytes_are_text_in_utf_8():
    assert [decoded(each) for each in ("a", "é".encode(), bytearray(b"a"), memoryview(b"\xff"))] == [
        "a",
        "é",
        "a",
        "\ufffd",
    ]
