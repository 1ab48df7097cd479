"""JSON as servers in fact write it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.protocol.json_values import SEPARATORS, values_of

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=5), st.text(SEPARATORS, min_size=1, max_size=3), st.booleans())
def test_values_come_back_whatever_stands_between_them(values: list[Any], between: str, binary: bool):
    text = between + between.join(json.dumps(value) for value in values)
    assert values_of(text.encode() if binary else text) == (values, [])


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_whatever_comes_nothing_is_raised(raw: Any):
    values, bad = values_of(raw)
    assert isinstance(values, list)
    assert all(isinstance(error, Exception) for _, error in bad)


@pytest.mark.parametrize(
    ("text", "values", "bad"),
    [
        ('1\n{"a\n2\n3', [1, 2, 3], ['{"a']),
        ("1 2 oops 3\n4", [1, 2, 4], ["oops 3"]),
        ("oops", [], ["oops"]),
        ("[1,\n 2]\n[3", [[1, 2]], ["[3"]),
        ("[" * 100_000 + "\n7", [7], ["[" * 100_000]),
        (b"\xff7", [], ["\ufffd7"]),
    ],
)
def test_what_cannot_be_read_costs_its_line(text: Any, values: list[Any], bad: list[str]):
    found, wrong = values_of(text)
    assert (found, [line for line, _ in wrong]) == (values, bad)


def test_lines_that_all_cannot_be_read_take_linear_time():
    """Twenty times as many, and not four hundred times the steps: a line is looked at twice at most."""
    values, bad = values_of("[1,\n" * 200_000)
    assert (values, len(bad)) == ([], 200_000)
