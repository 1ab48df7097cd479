"""Tables in place of streams."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from realtime_widgets import Dashboard, EventLog, LiveChart, MetricCard, Stream
from realtime_widgets.errors import BadTime, UnknownField, UsageError, WrongType
from realtime_widgets.widgets.tables import check_times, each_with_tables, with_tables
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
        with pytest.raises(WrongType, match=r"rw\.cards\(table\)"):
            MetricCard("v", several)


def test_a_table_that_is_none_is_refused_with_advice(sent: Recorder):
    with pytest.raises(UsageError, match="pass columns of equal length"):
        LiveChart({"a": [1, 2], "b": [1]})


def test_streams_that_a_legend_could_not_tell_apart_are_refused(sent: Recorder):
    with pytest.raises(UsageError, match="both called 'cpu': name them otherwise, or label them"):
        LiveChart([Stream("cpu"), Stream("mem"), Stream("cpu")])
    LiveChart({"a": Stream("cpu"), "b": Stream("cpu")})


# Several tables

TIMES = pd.date_range("2026-01-01", periods=3, freq="s", tz="UTC")
FRAME = pd.DataFrame({"v": [1, 2, 3], "w": [4, 5, 6]}, index=TIMES)
OTHER = pd.DataFrame({"v": [7, 8]}, index=TIMES[1:])
ROWS = pd.DataFrame({"v": [1, 2, 3]})


def drawn(chart: LiveChart) -> dict[str, list[float]]:
    """The values of each line by its label."""
    return {line.name: list(line.y) for line in chart.to_figure().data}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ({"a": FRAME, "b": OTHER}, {"a v": [1, 2, 3], "a w": [4, 5, 6], "b": [7, 8]}),
        ({"a": (FRAME, "w"), "b": (OTHER, "v")}, {"a": [4, 5, 6], "b": [7, 8]}),
        ([FRAME, OTHER], {"table 1 v": [1, 2, 3], "table 1 w": [4, 5, 6], "table 2": [7, 8]}),
        ([OTHER, OTHER], {"table 1": [7, 8], "table 2": [7, 8]}),
        ([FRAME["v"], FRAME["w"]], {"v": [1, 2, 3], "w": [4, 5, 6]}),
        ([FRAME["v"], OTHER["v"]], {"table 1": [1, 2, 3], "table 2": [7, 8]}),
        ({"a": FRAME["v"], "b": OTHER["v"]}, {"a": [1, 2, 3], "b": [7, 8]}),
        ({"a": FRAME["v"], "b": FRAME["w"]}, {"a": [1, 2, 3], "b": [4, 5, 6]}),
        ({"a": {"v": [1, 2]}, "b": [{"v": 3}, {"v": 4}]}, {"a": [1, 2], "b": [3, 4]}),
        ([np.arange(2.0), np.arange(3.0)], {"table 1": [0, 1], "table 2": [0, 1, 2]}),
        ([pl.Series("p", [1, 2]), pl.Series("q", [3])], {"p": [1, 2], "q": [3]}),
        ({"a": np.arange(2.0), "b": np.ones(2)}, {"a": [0, 1], "b": [1, 1]}),
        ({"a": np.array([(1.0,), (2.0,)], dtype=[("v", "f8")])}, {"a": [1, 2]}),
        (range(3), {"value": [0, 1, 2]}),
        (deque([1, 2]), {"value": [1, 2]}),
        ({"a": range(3)}, {"a": [0, 1, 2]}),
        ([row for _, row in FRAME.iterrows()], {"v": [1, 2, 3], "w": [4, 5, 6]}),
    ],
)
def test_a_chart_draws_several_tables_under_their_names(
    sent: Recorder, source: Any, lines: dict[str, list[float]]
):
    chart = LiveChart(source)
    assert drawn(chart) == lines
    assert chart.window == "all"


def test_each_table_keeps_its_times_and_a_list_of_them_takes_y(sent: Recorder):
    chart = LiveChart([FRAME, OTHER], y="v")
    assert [str(line.x[0])[-2:] for line in chart.to_figure().data] == ["00", "01"]
    assert list(drawn(chart)) == ["table 1", "table 2"]


def test_tables_and_streams_stand_beside_each_other(sent: Recorder):
    live = Stream("live")
    live.append(9.0, ts=TIMES[0].timestamp())
    assert drawn(LiveChart({"now": live, "then": (FRAME, "v")})) == {"now": [9], "then": [1, 2, 3]}
    assert drawn(LiveChart([live, OTHER])) == {"live": [9], "table 2": [7, 8]}
    followed, made, x = each_with_tables([live, OTHER])
    assert (followed, made, x) == ([live, made[0]], [made[0]], "ts")


def test_tables_without_times_are_drawn_along_their_rows_from_the_first_on(sent: Recorder):
    chart = LiveChart({"a": ROWS, "b": ROWS[:2].assign(u=1)})
    assert [list(line.x) for line in chart.to_figure().data] == [[1, 2, 3], [1, 2], [1, 2]]
    assert chart._relative is False, "rows are counted from the first, not back from the last"
    assert LiveChart([Stream("a"), Stream("b")], x="seq")._relative is True


def test_tables_with_times_and_without_are_drawn_along_their_rows_only(sent: Recorder):
    live = Stream("live")
    for source in ({"a": FRAME, "b": ROWS}, {"a": live, "b": ROWS}, [FRAME["v"], ROWS["v"]]):
        with pytest.raises(UsageError, match=r"has times, .* has none; give it an index .* x='seq'"):
            LiveChart(source)
        LiveChart(source, x="seq")
    assert check_times([], [live])


@pytest.mark.parametrize(
    "table",
    [
        FRAME.reset_index(names="when"),
        FRAME.reset_index(names="when").assign(other=TIMES),
        FRAME.rename_axis("when"),
        FRAME["v"].rename_axis("when"),
        FRAME["v"].rename(None).rename_axis("when"),
        pl.DataFrame({"when": TIMES.to_pydatetime().tolist(), "v": [1, 2, 3]}),
        {"when": TIMES.to_pydatetime().tolist(), "v": [1, 2, 3]},
    ],
)
def test_a_table_may_be_drawn_along_its_times_by_their_name(sent: Recorder, table: Any):
    for source in (table, {"a": table, "b": FRAME.rename_axis("when")}):
        chart = LiveChart(source, x="when")
        assert chart._lines[0].kind == "time"
        assert chart._lines[0].stream.read().ts.tolist() == [time.timestamp() for time in TIMES]


TEXTS = [str(time) for time in TIMES]


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"when": TEXTS, "v": [1, 2, 3]}),
        pd.DataFrame({"when": TEXTS, "v": [1, 2, 3]}).astype({"when": "category"}),
        pd.DataFrame({"v": [1, 2, 3]}, index=pd.Index(TEXTS, name="when")),
        pl.DataFrame({"when": TEXTS, "v": [1, 2, 3]}),
        pl.DataFrame({"when": TEXTS, "v": [1, 2, 3]}).to_arrow(),
        {"when": TEXTS, "v": [1, 2, 3]},
        [{"when": text, "v": i} for i, text in enumerate(TEXTS)],
    ],
)
def test_a_table_may_be_drawn_along_times_that_are_text(sent: Recorder, table: Any):
    chart = LiveChart(table, x="when")
    assert chart._lines[0].kind == "time"
    assert chart._lines[0].stream.read().ts.tolist() == [time.timestamp() for time in TIMES]


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        (
            ["2026-11-28", "3 Jan 2027", "soon"],
            r"'3 Jan 2027' is no date of ISO 8601; .*pandas\.to_datetime.* x='seq'",
        ),
        (["a", "b"], r"along 'when': 'a' is no date"),
        (["20261128", "20261129"], r"'20261128' is text; convert that column to numbers first"),
        (["2026-11-28", None], "a time is missing; drop those rows"),
    ],
)
def test_text_that_says_no_times_is_refused_with_the_first_that_does_not(
    sent: Recorder, texts: list[Any], why: str
):
    for table in (pd.DataFrame({"when": texts, "v": 1}), {"when": texts, "v": [1] * len(texts)}):
        with pytest.raises(BadTime, match=why):
            LiveChart(table, x="when")


def test_records_that_leave_their_time_out_are_refused(sent: Recorder):
    with pytest.raises(BadTime, match="a time is missing; drop those rows"):
        LiveChart([{"t": "2026-11-28T12:00:00", "v": 1}, {"v": 2}], x="t")


@pytest.mark.parametrize(
    "table", [FRAME.reset_index(names="when"), FRAME.rename_axis("when"), {"when": TEXTS, "v": [1, 2, 3]}]
)
def test_a_column_of_times_that_is_misspelled_is_suggested(sent: Recorder, table: Any):
    with pytest.raises(UnknownField, match=r"table 'table' has no column 'wehn': .* did you mean 'when'"):
        LiveChart(table, x="wehn")


def test_nobody_is_told_to_append_to_a_table(sent: Recorder):
    with pytest.raises(UnknownField, match=r"has no field 'load': it has 'a', 'b'; name one of those$"):
        LiveChart({"a": [1, 2], "b": [3, 4]}, y="load")


def test_a_table_may_be_drawn_along_its_index_of_numbers_by_its_name(sent: Recorder):
    table = pd.DataFrame({"loss": [3, 2, 1]}, index=pd.Index([10, 20, 30], name="step"))
    (line,) = LiveChart(table, x="step").to_figure().data
    assert (list(line.x), list(line.y)) == ([10, 20, 30], [3, 2, 1])
    with pytest.raises(UsageError, match="'step': it holds times in 'a' and none in 'b'; convert one"):
        LiveChart({"a": FRAME.rename_axis("step"), "b": table}, x="step")


@pytest.mark.parametrize(
    ("source", "advice"),
    [
        ({"a": FRAME.reset_index(names="o").assign(c=TIMES)}, r"stream\.extend\(data, ts='o'\)"),
        ({"a": 5, "b": FRAME}, "label 'a' cannot stand for 5: pass a Stream or .* a table"),
        ((FRAME, "v"), "pass that as y='v'"),
        (iter([1, 2]), "pass a Stream or a table"),
        (["a", "b"], "pass a Stream or a table"),
        ([[1, 2], [3, 4]], "pass a dict of columns or a list of dicts"),
        (np.ones((3, 2)), "pass one 1-D column per field"),
        (memoryview(np.ones((2, 2))), "pass one 1-D column per field"),
        (pd.DataFrame(np.ones((2, 2))), "rename it"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_what_to_do(sent: Recorder, source: Any, advice: str):
    with pytest.raises(UsageError, match=advice):
        LiveChart(source)


def test_a_field_that_a_table_does_not_have_is_named_with_its_label(sent: Recorder):
    with pytest.raises(UnknownField, match=r"stream 'a' has no field 'vv': .* did you mean 'v'"):
        LiveChart({"a": (FRAME, "vv")})


def test_a_table_is_shown_in_one_line_of_a_message(sent: Recorder):
    for refused in (
        lambda: MetricCard("v", FRAME),
        lambda: Dashboard([FRAME]),
        lambda: EventLog({"a": FRAME, "b": 1}),
    ):
        with pytest.raises(UsageError) as caught:
            refused()
        assert "\n" not in str(caught.value)
