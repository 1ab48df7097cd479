"""Text that a socket can carry."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.protocol.text import well_formed, well_formed_data


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain", "plain"),
        ("日本 😀", "日本 😀"),
        ("a\ud800b", "a\ufffdb"),
        ("\udc00\ud800", "\ufffd\ufffd"),
        ("\x00\ud83d", "\x00\ufffd"),
    ],
)
def test_a_lone_surrogate_becomes_the_replacement_character(text: str, expected: str):
    assert well_formed(text) == expected


@given(st.text(st.characters()))
def test_what_comes_out_can_always_be_encoded_and_is_as_long(text: str):
    done = well_formed(text)
    done.encode()
    assert len(done) == len(text)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"a\udfff": ["\ud800", {"b": ("\udbff", 1)}]}, {"a\ufffd": ["\ufffd", {"b": ["\ufffd", 1]}]}),
        ([None, True, 1.5, {1: "x"}], [None, True, 1.5, {1: "x"}]),
    ],
)
def test_it_is_replaced_at_every_depth_in_keys_too(data: Any, expected: Any):
    assert well_formed_data(data) == expected


@dataclasses.dataclass
class Note:
    text: str


def test_it_is_replaced_within_objects_too_and_what_json_has_not_is_refused():
    assert well_formed_data([Note("\ud800")]) == [{"text": "\ufffd"}]
    with pytest.raises(TypeError):
        well_formed_data(["\ud800", object()])
