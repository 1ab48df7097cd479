"""Text for the pages is Unicode."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.feeds.text import as_unicode

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
