"""Tables in place of streams."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from realtime_widgets import EventLog, LiveChart, MetricCard, Stream
from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.widgets.tables import with_tables
from support.recorder import Recorder, bodies

T0 = 1_795_000_000.0

TABLES: list[Any] = [
    pd.DataFrame({"ts": [T0, T0 + 1], "cpu": [0.5, 0.75]}),
    {"ts": [T0, T0 + 1], "cpu": np.array([0.5, 0.75])},
    {"ts": (T0, T0 + 1), "cpu": pd.Series([0.5, 0.75])},
    [{"ts": T0, "cpu": 0.5}, {"ts": T0 + 1, "cpu": 0.75}],
    pd.Series([0.5, 0.75], index=pd.to_datetime([T0, T0 + 1], unit="s", utc=True)),
]


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_a_stream_of_its_records(table: Any):
    stream = with_tables(table)
    assert stream.read().ts.tolist() == [T0, T0 + 1]
    assert [row[name] for row in stream.read().rows() for name in stream.fields] == [0.5, 0.75]


@pytest.mark.parametrize(
    "other", [Stream("s"), [Stream("s")], {"a": Stream("s")}, {"a": (Stream("s"), "x")}, "x", None, []]
)
def test_everything_else_stays_as_it_is(other: Any):
    assert with_tables(other) is other


def test_all_of_a_large_table_is_kept():
    assert len(with_tables(np.arange(200_000.0))) == 200_000


@pytest.mark.parametrize("table", TABLES)
def test_a_chart_draws_a_table(sent: Recorder, table: Any):
    chart = LiveChart(table)
    assert sent.wait_for(lambda frame: any(body.get("newest") == T0 + 1 for body in bodies(frame, chart)))


@pytest.mark.parametrize(
    ("table", "axis"),
    [([1, 3, 2], "records"), (pd.DataFrame({"v": [1, 2]}, index=pd.date_range("2026", periods=2)), "time")],
)
def test_a_chart_shows_all_of_a_table_along_its_times_or_else_its_rows(sent: Recorder, table: Any, axis: str):
    chart = LiveChart(table)
    assert chart.window == "all"
    assert sent.wait_for(lambda frame: any(body.get("axis") == axis for body in bodies(frame, chart)))
    assert LiveChart(table, window=60).window == 60.0


def test_a_chart_along_the_numbers_of_records_shows_all_that_are_kept(sent: Recorder):
    assert LiveChart(Stream(), x="seq").window == "all"
    assert LiveChart(Stream()).window == 60.0


def test_a_log_shows_a_table(sent: Recorder):
    log = EventLog(pd.DataFrame({"level": ["error", "info"], "message": ["a", "b"]}), level="error")
    assert sent.wait_for(
        lambda frame: any([row[4] for row in body["rows"]] == ["a"] for body in bodies(frame, log))
    )


def test_a_card_shows_one_value_and_says_how_a_table_becomes_one(sent: Recorder):
    for several in (TABLES[0], [1, 2], np.arange(3.0)):
        with pytest.raises(WrongType, match="extend"):
            MetricCard("v", several)


def test_a_table_that_is_none_is_refused_with_advice(sent: Recorder):
    with pytest.raises(UsageError, match="pass columns of equal length"):
        LiveChart({"a": [1, 2], "b": [1]})


def test_streams_that_a_legend_could_not_tell_apart_are_refused(sent: Recorder):
    with pytest.raises(UsageError, match="both called 'cpu': name them otherwise, or label them"):
        LiveChart([Stream("cpu"), Stream("mem"), Stream("cpu")])
    LiveChart({"a": Stream("cpu"), "b": Stream("cpu")})
