"""Fields: how their kinds are found and widen, and what a declaration refuses."""

import logging
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.errors import UnknownField, WrongType
from support.records import everything, stream, values

# Kinds


def test_a_field_that_comes_late_reads_as_missing_before():
    s = stream()
    s.append(a=1.0)
    s.extend({"a": [2.0], "b": [5.0], "c": ["x"], "d": [[]]})
    assert [values(s.read(), n) for n in "abcd"] == [[1.0, 2.0], [None, 5.0], [None, "x"], [None, []]]


def test_a_field_of_changing_kind_keeps_all_values_and_warns_once(caplog):
    s = stream()
    s.extend({"x": [1.0, None]})
    s.append(x="text")
    s.append(x=b"bytes")
    s.append(x=2)
    assert s.fields == {"x": "object"}
    assert values(s.read(), "x") == [1.0, None, "text", b"bytes", 2]
    assert [(r.name, r.levelno) for r in caplog.records] == [
        ("realtime_widgets.streams.stream", logging.WARNING)
    ]
    assert "field 'x' of stream 'cpu'" in caplog.text


def test_a_field_without_a_number_becomes_text_without_a_word(caplog):
    s = stream()
    s.extend({"x": [None, math.nan]})
    s.append(x="text")
    assert (s.fields, values(s.read(), "x"), caplog.records) == ({"x": "text"}, [None, None, "text"], [])


def test_a_field_can_change_its_kind_while_there_are_no_records():
    s = stream()
    s.append(x=1.0)
    s.clear()
    s.append(x="text")
    assert (s.fields, values(s.read(), "x")) == ({"x": "text"}, ["text"])


def test_missing_values_change_no_kind():
    s = stream()
    s.extend({"n": [1.0], "t": ["a"], "o": [b""]})
    s.append(n=None, t=None, o=None)
    s.extend({"n": [math.nan], "t": [math.nan], "o": [pd.NA]})
    assert s.fields == {"n": "number", "t": "text", "o": "object"}
    assert [values(s.read(), n) for n in "nto"] == [[1.0, None, None], ["a", None, None], [b"", None, None]]


@given(st.integers(1, 8), st.lists(st.lists(st.sampled_from([1, "a", None, b"o"]), max_size=5), max_size=10))
def test_values_of_all_kinds_survive_any_order_of_kinds(max_points, batches):
    s, model = stream(max_points=max_points), []
    for batch in batches:
        s.extend({"x": batch})
        model += batch
    if model:
        assert values(s.read(), "x") == model[-max_points:]


# Declared


def test_declared_names_are_the_only_ones():
    s = stream(fields=["load", "host"])
    s.append(load=1.0, host="a")
    before = everything(s)
    with pytest.raises(UnknownField, match="did you mean 'load'"):
        s.append(laod=1.0)
    with pytest.raises(UnknownField):
        s.extend({"load": [1.0], "other": [1.0]})
    assert everything(s) == before
    assert s.fields == {"load": "number", "host": "text"}


def test_declared_kinds_are_checked():
    s = stream(fields={"n": "number", "t": "text", "o": "object"})
    assert s.fields == {"n": "number", "t": "text", "o": "object"}
    s.append(n=1, t="a", o=1)
    s.append(t=None)
    before = everything(s)
    for bad in ({"n": "text"}, {"n": 2**53 + 1}, {"t": 5}, {"t": b""}, {"o": 1, "n": []}):
        with pytest.raises(WrongType, match="cannot hold"):
            s.append(**bad)
        with pytest.raises(WrongType):
            s.extend({name: [value] for name, value in bad.items()})
    assert everything(s) == before
    assert s.read()["o"].tolist() == [1, None]
