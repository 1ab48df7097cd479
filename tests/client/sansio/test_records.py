"""Records: data of any shape, with fields of any name."""

from __future__ import annotations

from collections import ChainMap, OrderedDict, UserDict
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.client.sansio.records import are_records, record_of
from realtime_widgets.streams import Stream


@pytest.mark.parametrize(
    ("data", "record"),
    [
        (7, {"value": 7}),
        (None, {"value": None}),
        ([1, 2], {"value": [1, 2]}),
        ({}, {}),
        ({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 2}}),
        (OrderedDict(a=1), {"a": 1}),
        (MappingProxyType({"a": 1}), {"a": 1}),
        (UserDict({"a": 1}), {"a": 1}),
        (ChainMap({"a": 1}, {"b": 2}), {"b": 2, "a": 1}),
    ],
)
def test_any_mapping_is_a_record_and_anything_else_a_value(data: Any, record: dict[str, Any]):
    assert record_of(data) == (record, None)


@pytest.mark.parametrize(
    ("data", "record"),
    [
        ({"seq": 7, "v": 1}, {"seq_": 7, "v": 1}),
        ({"": 7}, {"_": 7}),
        ({"__proto__": 7, "__typename": "x", "__": 1}, {"__proto___": 7, "__typename": "x", "__": 1}),
        ({"seq": 1, "seq_": 2, "seq__": 3}, {"seq___": 1, "seq_": 2, "seq__": 3}),
        ({1: "a", None: "b"}, {"1": "a", "None": "b"}),
        ({1: "a", "1": "b"}, {"1_": "a", "1": "b"}),
        ({"ts": "never", "v": 1}, {"ts_": "never", "v": 1}),
        ({"ts": True}, {"ts_": True}),
        ({"ts": {"seconds": 1}}, {"ts_": {"seconds": 1}}),
    ],
)
def test_a_name_that_no_field_may_have_gets_an_underscore(data: Any, record: dict[str, Any]):
    assert record_of(data) == (record, None)


@pytest.mark.parametrize(
    "ts", [1_795_000_000, 1_795_000_000_000, "2026-11-18T11:06:40Z", 1_795_000_000_000_000_000]
)
def test_a_moment_called_ts_is_the_records_time(ts: Any):
    assert record_of({"ts": ts, "v": 1}) == ({"v": 1}, 1_795_000_000.0)


def test_no_time_is_nothing():
    assert record_of({"ts": None, "v": 1}) == ({"v": 1}, None)


def test_names_that_are_known_are_not_looked_at_again():
    data = {"a": 1}
    assert record_of(data, {"a": 0}.keys())[0] is data


@pytest.mark.parametrize(
    ("data", "several"),
    [
        ([{}], True),
        ([{"a": 1}, {"b": 2}], True),
        ([], False),
        ([1], False),
        ([{"a": 1}, 1], False),
        ({}, False),
    ],
)
def test_several_records_are_a_list_of_mappings(data: Any, several: bool):
    assert are_records(data) is several


NAMES = (
    st.sampled_from(["", "seq", "seq_", "ts", "__a__", "__a___", "_", "a"])
    | st.text(max_size=4)
    | st.integers()
    | st.none()
)


@given(st.dictionaries(NAMES, st.integers() | st.none() | st.text(max_size=3), min_size=1))
def test_no_name_whatsoever_is_refused_and_no_value_lost(data: dict[Any, Any]):
    record, ts = record_of(data)
    assert len(record) == len(data) - ("ts" in data and (ts is not None or data["ts"] is None))
    if record:
        Stream().append(record, ts=ts)
