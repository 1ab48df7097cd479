"""Text as Unicode."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.streams.text import well_formed, well_formed_values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain", "plain"),
        ("日本 😀", "日本 😀"),
        ("a\ud800b", "a\ufffdb"),
        ("\udc00\ud800", "\ufffd\ufffd"),
        ("\x00\ud83d", "\x00\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("\ud83d\ud83d\ude00", "\ufffd😀"),
        ("\udfff\uffff\udbff😀", "\ufffd\uffff\ufffd😀"),
    ],
)
def test_halves_of_a_surrogate_pair_become_their_character_or_the_replacement(text: str, expected: str):
    assert well_formed(text) == expected


@given(st.text(st.characters(exclude_categories=())))
def test_what_comes_out_can_always_be_encoded_and_stays_as_it_is(text: str):
    done = well_formed(text)
    done.encode()
    assert well_formed(done) == done
    assert len(done.encode("utf-16-le")) == len(text.encode("utf-16-le", "surrogatepass"))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"a\udfff": ["\ud800", {"b": ("\udbff", 1)}]}, {"a\ufffd": ["\ufffd", {"b": ("\ufffd", 1)}]}),
        ([None, True, 1.5, {1: "x"}], [None, True, 1.5, {1: "x"}]),
    ],
)
def test_it_is_so_at_every_depth_in_keys_too(data: Any, expected: Any):
    assert well_formed_values(data) == expected


def test_what_is_no_text_stays_itself():
    thing = object()
    assert well_formed_values([thing])[0] is thing
