"""Positions on the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.protocol.positions import from_text, from_wire, to_text, to_wire
from realtime_widgets.streams.gaps import Position

POSITIONS = st.dictionaries(st.text(), st.builds(Position, st.text(), st.integers(0, 2**53)))


def test_a_position_is_a_list_of_epoch_and_offset():
    assert to_wire({"metrics": Position("c4f1", 17)}) == {"metrics": ["c4f1", 17]}


@given(POSITIONS)
def test_they_come_back_as_they_went(positions: dict[str, Position]):
    assert from_wire(json.loads(json.dumps(to_wire(positions)))) == positions


@pytest.mark.parametrize(
    "bad",
    [
        None,
        17,
        "c4f1:17",
        [],
        ["c4f1"],
        ["c4f1", 17, 18],
        [17, "c4f1"],
        ["c4f1", -1],
        ["c4f1", 1.0],
        ["c4f1", True],
    ],
)
def test_what_is_no_position_costs_only_itself(bad: Any):
    assert from_wire({"bad": bad, "good": ["c4f1", 0]}) == {"good": Position("c4f1", 0)}


@pytest.mark.parametrize("data", [None, [], "x", 5])
def test_what_is_no_object_has_no_positions(data: Any):
    assert from_wire(data) == {}


def test_as_text_a_position_comes_back_as_it_went():
    for position in (Position("c4f1", 17), Position("with:colon", 0)):
        assert from_text(to_text(position)) == position
    assert to_text(Position("c4f1", 17)) == "c4f1:17"


@pytest.mark.parametrize(
    "text", ["", ":", "17", ":17", "c4f1:", "c4f1:-1", "c4f1:x", "c4f1:\u0661", "c4f1:" + "9" * 16]
)
def test_text_that_is_no_position_is_none(text: str):
    assert from_text(text) is None
