"""The batch: its fields by name, as numbers, and as the tables of other libraries."""

import datetime as dt
import math
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from realtime_widgets.errors import MissingDependency, UnknownField, WrongType
from realtime_widgets.streams import Stream
from support.records import NOW, stream


def test_an_unknown_field_names_the_nearest():
    s = stream()
    s.append(load=1.0, host="a")
    with pytest.raises(
        UnknownField, match=r"'cpu' has no field 'laod': it has 'load', 'host'; did you mean 'load'"
    ):
        s.read()["laod"]
    with pytest.raises(KeyError, match="no fields yet"):
        stream().read()["load"]


def test_numbers_are_to_be_had_of_every_kind():
    s = stream()
    s.extend({"n": [1.0, None], "t": ["a", "b"], "o": [2, {}]})
    batch = s.read()
    assert batch.numbers("n") is batch["n"]
    assert np.isnan(batch.numbers("t")).all()
    assert batch.numbers("o").tolist()[0] == 2.0
    assert math.isnan(batch.numbers("o")[1])


# Exports


def test_pandas_gets_utc_times_and_a_column_per_field():
    s = stream()
    s.extend({"ts": [0.5, NOW + 0.1], "n": [1.0, None], "t": ["a", None], "o": [b"x", {}]})
    frame = s.to_pandas()
    assert str(frame["ts"].dtype) == "datetime64[ns, UTC]"
    assert list(frame.columns) == ["ts", "n", "t", "o"]
    assert frame["ts"][0] == pd.Timestamp("1970-01-01 00:00:00.5", tz="UTC")
    assert frame["ts"][1].microsecond == 100_000
    assert frame["n"].isna().tolist() == frame["t"].isna().tolist() == [False, True]
    assert frame["o"].tolist() == [b"x", {}]


def test_polars_gets_utc_times_and_nulls():
    s = stream()
    s.extend({"ts": [0.5, 1.0], "n": [1.0, None], "t": ["a", None], "o": [b"x", {}]})
    frame = s.to_polars()
    assert frame.schema == {"ts": pl.Datetime("us", "UTC"), "n": pl.Float64, "t": pl.String, "o": pl.Object}
    assert frame["ts"][0] == dt.datetime(1970, 1, 1, 0, 0, 0, 500_000, tzinfo=dt.UTC)
    assert (frame["n"].to_list(), frame["t"].to_list(), frame["o"].to_list()) == (
        [1.0, None],
        ["a", None],
        [b"x", {}],
    )


def test_arrow_gets_utc_times_and_nulls_and_objects_as_text():
    s = stream()
    s.extend({"ts": [0.5, 1.0], "n": [1.0, None], "t": ["a", None], "o": [b"x", {}], "l": [[1], None]})
    table = s.to_arrow()
    assert table.schema.field("ts").type == pa.timestamp("us", tz="UTC")
    assert table["ts"][0].as_py() == dt.datetime(1970, 1, 1, 0, 0, 0, 500_000, tzinfo=dt.UTC)
    assert [table[n].to_pylist() for n in "ntol"] == [[1.0, None], ["a", None], ["b'x'", "{}"], [[1], None]]


def test_empty_streams_can_be_exported():
    s = stream(fields={"n": "number", "t": "text", "o": "object"})
    assert [len(form()) for form in (s.to_pandas, s.to_polars, s.to_arrow)] == [0, 0, 0]


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_a_library_that_is_not_installed_is_named_with_its_command(library, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    method = {"pyarrow": "to_arrow"}.get(library, f"to_{library}")
    with pytest.raises(MissingDependency, match=f"run: pip install {library}"):
        getattr(stream(), method)()


def test_a_batch_is_iterated_by_its_records():
    stream = Stream("s")
    stream.append(price=1.0, ts=NOW)
    stream.append(price=2.0, name="x", ts=NOW + 1)
    batch = stream.read()
    assert (
        list(batch) == batch.rows() == [{"ts": NOW, "price": 1.0}, {"ts": NOW + 1, "price": 2.0, "name": "x"}]
    )
    assert (batch[0], batch[-1], batch[np.int64(1)]) == (batch.rows()[0], batch.rows()[1], batch.rows()[1])
    assert batch[-1:] == batch.rows()[-1:]
    assert batch["price"].tolist() == [1.0, 2.0]
    with pytest.raises(IndexError):
        batch[2]
    with pytest.raises(UnknownField):
        batch["prise"]


def test_a_field_and_the_last_record_of_a_stream_are_at_hand():
    stream = Stream("s")
    assert stream.last is None
    with pytest.raises(UnknownField):
        stream["price"]
    stream.append(price=1.0, ts=NOW)
    stream.append(price=2.0, ts=NOW - 1)
    assert stream.last == {"ts": NOW - 1, "price": 2.0}, "the one that arrived last"
    assert (stream["price"].tolist(), stream["ts"].tolist(), stream["seq"].tolist()) == (
        [1.0, 2.0],
        [NOW, NOW - 1],
        [1, 2],
    )
    assert [row["price"] for row in stream] == [1.0, 2.0]
    with pytest.raises(UnknownField, match="did you mean 'price'"):
        stream["prise"]
    with pytest.raises(WrongType, match=r"stream\.last"):
        stream[0]


def test_rows_have_numbers_as_they_were():
    s = stream()
    s.append(step=1, loss=0.5, done=False)
    s.append(step=2, loss=None, done=True)
    first, second = s.read().rows()
    assert [type(first[name]) for name in ("step", "loss", "done")] == [int, float, bool]
    assert (second["step"], second["done"]) == (2, True)
    s.append(step=None, loss=1.0)
    assert math.isnan(s.last["step"])
