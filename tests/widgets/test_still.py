"""A table as a stream that stands still."""

from __future__ import annotations

import logging
import time
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from realtime_widgets import EventLog, LiveChart, Stream
from realtime_widgets.widgets.still import index_of_numbers, named, still
from support.recorder import Recorder, bodies

NOW = time.time()
HOURS = pd.to_datetime(NOW + 3600.0 * np.arange(-24, 24), unit="s", utc=True)
FORECAST = pd.DataFrame({"wind": np.arange(48.0), "message": "calm"}, index=HOURS)


def test_no_row_of_a_table_is_ahead_of_the_present(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        stream = still(FORECAST, "forecast")
    assert stream.newest_ts == pytest.approx(HOURS[-1].timestamp())
    assert stream.stats.ahead == 0
    assert not caplog.records
    assert 0 <= (stream.age or 0.0) < 60, "its age counts from when it was given"


def test_a_row_without_a_time_is_of_now_and_not_of_the_end():
    stream = still([{"ts": None, "v": 1}, {"ts": NOW + 3600, "v": 2}], "table")
    assert abs(stream.read().ts[0] - time.time()) < 60


def test_a_chart_draws_a_forecast_whole_alone_and_beside_others(sent: Recorder):
    live = Stream("live")
    live.append(1.0)
    for source in (FORECAST["wind"], [FORECAST, FORECAST], {"live": live, "then": (FORECAST, "wind")}):
        chart = LiveChart(source)
        *_, last = chart.to_figure().data
        assert len(last.x) == 48
        assert chart._lines[-1].take(True, 0.0).body.get("notice") is None


def test_a_log_shows_what_is_to_come(sent: Recorder):
    log = EventLog(FORECAST)
    assert sent.wait_for(lambda frame: any(len(body.get("rows", ())) == 48 for body in bodies(frame, log)))


@pytest.mark.parametrize(
    "column",
    [
        FORECAST["wind"],
        pl.Series("wind", [1.0, 2.0]),
        pd.Series([1, 2], name="wind", index=pd.Index(["north", "south"], name="region")),
    ],
)
def test_a_column_keeps_its_name(sent: Recorder, column: Any):
    (line,) = LiveChart(column).to_figure().data
    assert line.name == "wind"


@pytest.mark.parametrize("name", [None, 0, "ts", "seq", ""])
def test_a_column_that_has_no_name_for_a_field_is_the_value(name: Any):
    assert list(still(pd.Series([1.0, 2.0], name=name), "table").fields) == ["value"]


def test_everything_but_a_column_is_as_it_is():
    for other in (FORECAST, [1, 2], np.arange(2.0), HOURS.rename("hours")):
        assert named(other) is other


def test_a_table_is_drawn_along_its_index_when_that_has_a_name_and_grows(sent: Recorder):
    sales = pd.DataFrame({"hour": [8, 8, 9, 17], "sales": [1.0, 3.0, 5.0, 7.0]})
    by_hour = sales.groupby("hour")["sales"].mean()
    for source in (by_hour, by_hour.to_frame(), {"a": by_hour.to_frame(), "b": by_hour}, [by_hour, by_hour]):
        line = LiveChart(source).to_figure().data[0]
        assert (list(line.x), list(line.y)) == ([8, 9, 17], [2, 5, 7])
    assert LiveChart([by_hour, sales["sales"]])._lines[0].x == "seq"
    assert LiveChart(by_hour, x="seq")._lines[0].x == "seq"


def test_only_an_index_of_numbers_that_grows_stands_in_place_of_times():
    index = pd.Index([1, 2], name="step")
    assert index_of_numbers(pd.Series([1, 2], index=index)) == "step"
    for index in (
        pd.Index([1, 2]),
        pd.Index([2, 1], name="step"),
        pd.Index(["a", "b"], name="step"),
        pd.Index([1, 2], name="v"),
        pd.Index([1, 2], name="seq"),
        pd.MultiIndex.from_tuples([(1, 2), (1, 3)], names=["a", "b"]),
        pd.to_datetime([1, 2]).rename("step"),
    ):
        assert index_of_numbers(pd.DataFrame({"v": [1, 2]}, index=index)) is None
    timed = pd.DataFrame({"v": [1, 2], "at": HOURS[:2]}, index=pd.Index([1, 2], name="step"))
    assert index_of_numbers(timed) is None
