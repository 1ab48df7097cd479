"""The means of a chart's lines: of all records in view, once a second, and only where they are asked for."""

from __future__ import annotations

import math

import numpy as np
import pytest

from realtime_widgets.feeds import means as means_module
from realtime_widgets.feeds.means import Means
from realtime_widgets.feeds.series import SeriesFeed
from realtime_widgets.feeds.windows import Window, points
from realtime_widgets.streams import Stream

T0 = 1_795_000_000.0


def line_of(window: Window = 10.0, x: str = "ts") -> tuple[Stream, SeriesFeed]:
    stream = Stream("s")
    line = SeriesFeed(stream, None, window, x)
    line.means = Means(line, [line])
    return stream, line


def test_it_is_that_of_the_records_in_view_and_not_of_the_buckets() -> None:
    stream, line = line_of()
    line.resize(50)
    rng = np.random.default_rng(7)
    ts = T0 + np.sort(rng.uniform(0, 30, 20_000))
    values = rng.exponential(size=20_000)
    stream.extend({"ts": ts, "value": values})
    body = line.take(False, 0.0).body
    assert body["mean"] == [pytest.approx(values[ts >= ts[-1] - 10].mean(), rel=1e-12)]


def test_what_is_no_number_does_not_count() -> None:
    stream, line = line_of()
    stream.append({"a": 1.0}, ts=T0)
    stream.append({"a": math.nan, "b": math.nan}, ts=T0 + 1)
    stream.append({"a": math.inf}, ts=T0 + 2)
    stream.append({"a": 4.0}, ts=T0 + 3)
    assert line.take(False, 0.0).body["mean"] == [2.5, None]


def test_numbers_whose_sum_is_too_large_have_a_mean() -> None:
    stream, line = line_of()
    stream.extend({"ts": [T0, T0 + 1], "value": [1.5e308, 1.7e308]})
    assert line.take(False, 0.0).body["mean"] == [pytest.approx(1.6e308)]


def test_points_and_fields_have_the_mean_of_what_they_show() -> None:
    stream, line = line_of(points(2))
    stream.extend({"ts": [T0, T0 + 1, T0 + 2], "value": [100.0, 1.0, 2.0]})
    assert line.take(False, 0.0).body["mean"] == [1.5]
    stream, line = line_of("all", x="step")
    for step, loss in [(0, 100.0), (1, 100.0), (0, 1.0), (1, 3.0)]:
        stream.append({"step": step, "loss": loss}, ts=T0)
    assert line.take(False, 0.0).body["mean"] == [2.0], "of the newest run"


def test_windows_of_one_chart_end_together() -> None:
    one, other = Stream("one"), Stream("other")
    lines = [SeriesFeed(stream, None, 10.0) for stream in (one, other)]
    one.extend({"ts": [T0, T0 + 9], "value": [1.0, 3.0]})
    other.append(5.0, ts=T0 + 15)
    lines[0].means = Means(lines[0], lines)
    assert lines[0].take(False, 0.0).body["mean"] == [3.0]


def test_it_is_made_once_a_second_and_with_every_keyframe(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(means_module.time, "monotonic", lambda: now)
    stream, line = line_of()
    stream.append(1.0, ts=T0)
    assert line.changed()
    assert line.take(False, 0.0).body["mean"] == [1.0]
    stream.append(2.0, ts=T0 + 1)
    assert "mean" not in line.take(False, 0.0).body
    assert line.take(True, 0.0).body["mean"] == [1.5]
    now += 1.01
    stream.append(3.0, ts=T0 + 2)
    assert line.take(False, 0.0).body["mean"] == [2.0]


def test_it_is_asked_for_later_too_and_costs_nobody_else() -> None:
    stream, line = line_of()
    line.means = None
    stream.append(1.0, ts=T0)
    assert "mean" not in line.take(True, 0.0).body
    assert not line.changed()
    line.means = Means(line, [line])
    assert line.changed()
    assert line.take(False, 0.0).body["mean"] == [1.0]
    assert not line.changed()
