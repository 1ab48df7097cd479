"""Records: one record, however it is held."""

import dataclasses
import datetime as dt
import sqlite3
from collections import ChainMap, namedtuple
from types import MappingProxyType
from typing import NamedTuple

import attrs
import msgspec
import numpy as np
import pandas as pd
import pytest

from realtime_widgets.errors import UsageError
from realtime_widgets.streams.records import as_record
from support.records import NOW, stream


class Quote(NamedTuple):
    price: float
    symbol: str


@dataclasses.dataclass
class DataQuote:
    price: float
    symbol: str


@dataclasses.dataclass(frozen=True, slots=True)
class SlottedQuote:
    price: float
    symbol: str


@attrs.define
class AttrsQuote:
    price: float
    symbol: str


class StructQuote(msgspec.Struct):
    price: float
    symbol: str


class ModelQuote:
    """What pydantic's models are to others: `model_fields` on the class, and pairs when iterated over."""

    model_fields = ("price", "symbol")

    def __init__(self, price, symbol):
        self.price, self.symbol = price, symbol

    def __iter__(self):
        return iter(self.__dict__.items())


def sqlite_row():
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    row = connection.execute("select 1.5 as price, 'A' as symbol").fetchone()
    connection.close()
    return row


FORMS = [
    {"price": 1.5, "symbol": "A"},
    MappingProxyType({"price": 1.5, "symbol": "A"}),
    ChainMap({"price": 1.5}, {"symbol": "A"}),
    Quote(1.5, "A"),
    namedtuple("Row", "price symbol")(1.5, "A"),
    DataQuote(1.5, "A"),
    SlottedQuote(1.5, "A"),
    AttrsQuote(1.5, "A"),
    StructQuote(1.5, "A"),
    ModelQuote(1.5, "A"),
    sqlite_row(),
    pd.Series({"price": 1.5, "symbol": "A"}),
    pd.DataFrame({"price": [1.5], "symbol": ["A"]}).iloc[0],
    next(pd.DataFrame({"price": [1.5], "symbol": ["A"]}).itertuples()),
    next(pd.DataFrame({"price": [1.5], "symbol": ["A"]}).itertuples(index=False)),
    np.array([(1.5, "A")], dtype=[("price", "f8"), ("symbol", "U4")])[0],
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: type(form).__name__)
def test_a_record_in_every_form_is_its_fields_one_by_one_and_in_lists(form):
    one, many = stream(), stream()
    one.append(form)
    many.extend([form, form])
    assert one.read().rows() == [{"ts": NOW, "price": 1.5, "symbol": "A"}]
    assert many.read().rows() == [{"ts": NOW, "price": 1.5, "symbol": "A"}] * 2


@dataclasses.dataclass
class Timed:
    ts: dt.datetime
    price: float


def test_a_record_may_have_its_time():
    noon = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
    s = stream()
    s.append(Timed(noon, 1.5))
    s.extend([Timed(noon, 2.5)])
    frame = pd.DataFrame({"price": [3.5]}, index=[pd.Timestamp(noon)])
    s.append(frame.iloc[0])
    s.append(next(frame.itertuples()))
    s.extend([row for _, row in frame.iterrows()])
    assert s.read().ts.tolist() == [noon.timestamp()] * 5
    s.append(frame.iloc[0], ts=5.0)
    assert (s.read().ts[-1], list(s.fields)) == (5.0, ["price"])


@pytest.mark.parametrize(
    "value",
    [
        "text",
        b"bytes",
        1,
        0.5,
        None,
        [1, 2],
        (1, 2),
        {1, 2},
        np.zeros(3),
        Quote,
        DataQuote,
        pd.Series([1.0, 2.0]),
        pd.DataFrame({"a": [1], "b": [2]}),
        pd.DataFrame({"a": [1], "b": [2]}).groupby("a"),
        object(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_fields_is_no_record(value):
    assert as_record(value) is None


def test_a_list_of_records_with_something_else_in_it_is_refused():
    with pytest.raises(UsageError, match="5 in it is none"):
        stream().extend([DataQuote(1.5, "A"), 5])


def test_one_record_given_to_extend_is_told_where_it_belongs():
    with pytest.raises(UsageError, match=r"for one record, append\(\)"):
        stream().extend(DataQuote(1.5, "A"))
    with pytest.raises(UsageError, match=r"for one record, append\(\)"):
        stream().extend(Quote(1.5, "A"))
