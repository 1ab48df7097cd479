"""Absent values: a record that leaves a field out says nothing about it, other than one that says None or NaN."""

import math
import random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.records import stream

VALUES = {
    "number": st.one_of(st.none(), st.just(math.nan), st.integers(-5, 5), st.floats(allow_nan=False)),
    "text": st.one_of(st.none(), st.text(st.characters(), max_size=3)),
    "object": st.one_of(
        st.none(), st.just(math.nan), st.tuples(st.integers()), st.just({"a": 1}), st.just(2**70)
    ),
    "mixed": st.one_of(st.none(), st.integers(), st.text(max_size=2), st.just(pd.NA), st.just(2**70)),
}
RECORDS = st.lists(st.fixed_dictionaries({}, optional=VALUES).filter(bool), max_size=12)


def is_missing(value):
    return value is None or value is pd.NA or value != value


def said(records, name):
    """What records say of a field: `absent`, `missing` or `there`."""
    return ["absent" if name not in r else "missing" if is_missing(r[name]) else "there" for r in records]


def kept(batch, name):
    if name not in batch.columns:
        return ["absent"] * len(batch)
    pairs = zip(batch.present(name).tolist(), batch[name].tolist(), strict=True)
    return [
        "absent" if not present else "missing" if is_missing(value) else "there" for present, value in pairs
    ]


@settings(max_examples=300, deadline=None)
@given(RECORDS, st.randoms(use_true_random=False))
def test_absent_missing_and_present_are_kept_apart_on_every_way_in_and_out(records, chance: random.Random):
    s = stream()
    rest = list(records)
    while rest:
        count = chance.randint(1, 4)
        if chance.random() < 0.5:
            s.extend(rest[:count])
        else:
            for record in rest[:count]:
                s.append(record)
        rest = rest[count:]
    again = stream()
    again.extend(s.read().rows())
    for name in VALUES:
        assert kept(s.read(), name) == said(records, name)
        assert kept(again.read(), name) == said(records, name)
        assert kept(s.latest(3), name) == said(records[-3:] if records else [], name)


def test_a_table_keeps_what_is_absent_from_numbers():
    s, again = stream(), stream()
    s.extend([{"loss": 1.0}, {"loss": 0.9, "val_loss": 2.0}, {"loss": 0.8, "val_loss": None}])
    again.extend(s.to_pandas())
    assert again.read().present("val_loss").tolist() == [False, True, True]
    assert s.to_arrow()["val_loss"].to_pylist() == s.to_polars()["val_loss"].to_list() == [None, 2.0, None]


def test_fields_left_out_of_a_table_and_those_that_come_late_are_absent():
    s = stream()
    s.extend({"a": [1.0, 2.0]})
    s.extend({"b": ["x"]})
    s.append(c=(1,))
    batch = s.read()
    assert [batch.present(name).tolist() for name in ("a", "b", "c", "ts")] == [
        [True, True, False, False],
        [False, False, True, False],
        [False, False, False, True],
        [True] * 4,
    ]
    assert batch["b"].tolist() == [None, None, "x", None]


@pytest.mark.parametrize("value", ["text", {"an": "object"}])
def test_a_field_that_widens_stays_absent_where_it_was(value):
    s = stream()
    s.append(a=1.0, b=1.0)
    s.append(a=1.0)
    s.append(b=None)
    s.append(b=value)
    assert s.read().present("b").tolist() == [True, False, True, True]
    assert s.read()["b"].tolist() == [1.0, None, None, value]
    assert [math.isnan(x) for x in s.read().numbers("b")] == [False, True, True, True]
