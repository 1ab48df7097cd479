"""Charts in Python: what they draw, and what comes out of them again."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from realtime_widgets import Absence, LiveChart, MetricCard, Stream, Threshold, points
from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.widgets.export import PALETTES
from support.recorder import Recorder

T0 = 1_795_000_000.0


def lines(sent: Recorder, chart: LiveChart) -> list[list[tuple[int, str]]]:
    """Number and label of each line, feed by feed, as a page is told."""
    return [[tuple(line) for line in feed.take(True, 0.0).body["lines"]] for feed in chart._lines]


def test_several_streams_have_a_feed_each_and_their_names_in_the_legend(sent: Recorder) -> None:
    a, b = Stream("a"), Stream("b")
    a.append(x=1.0, y=2.0)
    b.append(1.0)
    assert lines(sent, LiveChart([a, b])) == [[(0, "a x"), (1, "a y")], [(2, "b")]]
    assert lines(sent, LiveChart({"left": (a, "x"), "right": b})) == [[(0, "left")], [(1, "right")]]


def test_a_line_keeps_its_number_and_name_while_others_come_and_go(sent: Recorder) -> None:
    a, b = Stream("a"), Stream("b")
    a.append(x=1.0)
    b.append(z=1.0)
    chart = LiveChart([a, b])
    assert lines(sent, chart) == [[(0, "a")], [(1, "b")]]
    a.append(x=1.0, z=2.0)
    assert lines(sent, chart) == [[(0, "a"), (2, "a z")], [(1, "b")]]
    chart.y = "z"
    assert lines(sent, chart) == [[(2, "a z")], [(1, "b")]]
    assert [(trace.name, trace.line.color) for trace in chart.to_figure().data] == [
        ("a z", PALETTES[False][2]),
        ("b", PALETTES[False][1]),
    ]


@pytest.mark.parametrize(
    ("legend", "values"),
    [
        ("max", ("max",)),
        (["last", "min", "max", "min"], ("last", "min", "max")),
        (True, ("last",)),
        (False, ()),
        (None, ()),
    ],
)
def test_the_legend_has_the_values_asked_for(sent: Recorder, legend, values):
    chart = LiveChart(Stream("s"), legend=legend)
    assert chart.legend == values


def test_the_mean_is_reckoned_where_the_legend_shows_it(sent: Recorder):
    stream = Stream("s")
    chart = LiveChart({"one": stream, "other": Stream("o")}, legend=("last", "mean"))
    assert all(line.means for line in chart._lines)
    chart.legend = "last"
    assert not any(line.means for line in chart._lines)


def test_values_that_a_legend_cannot_have_are_refused(sent: Recorder):
    with pytest.raises(UsageError, match="legend='mni' cannot be used; did you mean 'min'"):
        LiveChart(Stream("s"), legend=["last", "mni"])
    with pytest.raises(WrongType, match="legend=3 cannot be used: pass one of 'last', 'min', 'max'"):
        LiveChart(Stream("s"), legend=3)


def test_a_colour_that_is_none_is_refused(sent: Recorder):
    with pytest.raises(UsageError, match="'notacolour' is no CSS colour"):
        LiveChart(Stream("s"), colors=["notacolour"])
    with pytest.raises(UsageError, match="did you mean 'green'"):
        LiveChart(Stream("s"), colors={"cpu": "gren"})


def test_the_window_comes_out_as_a_table_and_as_a_figure(sent: Recorder) -> None:
    stream = Stream("s")
    stream.extend({"ts": T0 + np.arange(100), "a": np.arange(100.0), "b": np.arange(100.0)})
    chart = LiveChart(stream, y="a", window=9.5, title="Last ten")
    assert [trace.name for trace in LiveChart(stream).to_figure().data] == [
        "a",
        "b",
    ]  # even before a page saw it
    assert figure_hour(chart) == datetime.fromtimestamp(T0 + 90).hour
    assert chart.to_pandas()["a"].tolist() == list(range(90, 100))
    figure = chart.to_figure()
    assert [trace.name for trace in figure.data] == ["a"]
    assert list(figure.data[0].y) == list(range(90, 100))
    assert LiveChart(stream, y="b", window=points(3)).to_pandas()["b"].tolist() == [97, 98, 99]


def figure_hour(chart: LiveChart) -> int:
    return int(chart.to_figure().data[0].x[0].hour)


@pytest.mark.parametrize(
    ("y", "advice"),
    [
        ({"CPU": "Processor"}, r"y names fields only; .* LiveChart\(\{\"label\": \(stream, \"field\"\)\}\)"),
        (["a", 3], "3 in it is no name of a field"),
        (3, "y=3 is no field: pass the name of one"),
    ],
)
def test_what_cannot_name_fields_is_refused_with_advice(sent: Recorder, y, advice):
    stream = Stream("s")
    stream.append(a=1.0)
    with pytest.raises(WrongType, match=advice):
        LiveChart(stream, y=y)
    chart = LiveChart(stream)
    with pytest.raises(WrongType, match=advice):
        chart.y = y


def test_a_chart_watches_its_lines_with_its_thresholds_and_tells_pages_of_them() -> None:
    stream, t, band = (
        Stream("machine"),
        Threshold(0.9),
        Threshold((0.2, 0.8), severity="error", name="safe", for_=2),
    )
    gone = Absence(60)
    chart = LiveChart(stream, y="cpu", thresholds=[t, band, gone])
    stream.append(cpu=1.0, mem=1.0)
    assert [(event.state, event.field) for event in t.events] == [("raised", "cpu")]
    assert [(watch.stream, watch.field) for watch in gone.watches] == [(stream, None)]
    assert chart._limits == [
        {"kind": "above", "bounds": [0.9], "text": "≥ {0}", "for": 0.0, "severity": "warning", "name": ""},
        {
            "kind": "outside",
            "bounds": [0.2, 0.8],
            "text": "< {0} / > {1}",
            "for": 2.0,
            "severity": "error",
            "name": "safe",
        },
    ]
    chart.thresholds = band
    assert (t.watches, len(chart._limits)) == ([], 1)
    chart.close()
    assert (band.watches, gone.watches) == ([], [])


def test_a_chart_draws_no_threshold_that_is_closed() -> None:
    stream, t, other = Stream(), Threshold(0.9), Threshold(0.5)
    chart = LiveChart(stream, thresholds=[t, other])
    t.close()
    assert chart.thresholds == (other,)
    assert [limit["bounds"] for limit in chart._limits] == [[0.5]]
    chart.close()


def test_a_chart_of_all_fields_watches_those_that_come_later_and_no_axis() -> None:
    stream, t = Stream(), Threshold(5)
    chart = LiveChart(stream, x="step", thresholds=t)
    stream.append(step=7, loss=1.0)
    stream.append(step=8, val_loss=9.0)
    assert [event.field for event in t.events] == ["val_loss"]
    chart.y = "loss"
    stream.append(step=9, val_loss=0.0, loss=6.0)
    assert [event.field for event in t.events] == ["val_loss", "loss"]
    chart.close()


def test_two_charts_and_a_card_of_one_threshold_fire_it_once() -> None:
    stream, t = Stream(), Threshold(0.9)
    widgets = [LiveChart(stream, thresholds=t), LiveChart({"a": (stream, "value")}, thresholds=t)]
    widgets.append(MetricCard("CPU", stream, thresholds=t))
    stream.append(1.0)
    assert len(t.events) == 1
    for widget in widgets:
        widget.close()
