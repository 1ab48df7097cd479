"""Charts in Python: what they draw, and what comes out of them again."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from realtime_widgets import LiveChart, Stream, points
from realtime_widgets.errors import WrongType
from support.recorder import Recorder

T0 = 1_795_000_000.0


def test_several_streams_have_a_feed_each_and_their_names_in_the_legend(sent: Recorder) -> None:
    a, b = Stream("a"), Stream("b")
    assert LiveChart([a, b])._legend == {
        "0": {"prefix": "a ", "labels": {}, "only": "a"},
        "1": {"prefix": "b ", "labels": {}, "only": "b"},
    }
    assert LiveChart({"left": (a, "x"), "right": b})._legend == {
        "0": {"prefix": "left ", "labels": {}, "only": "left"},
        "1": {"prefix": "right ", "labels": {}, "only": "right"},
    }


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
