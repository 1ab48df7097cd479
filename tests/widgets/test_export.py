"""What a chart shows now as a plotly figure: in order, with gaps, colours, labels and the times of the wall clock."""

from __future__ import annotations

import datetime as dt
import re
import time
from pathlib import Path

import numpy as np
import plotly.io as pio
import pytest

import realtime_widgets as rw
from realtime_widgets.widgets.export import PALETTES
from realtime_widgets.widgets.limit_shapes import INKS

T0 = 1_795_000_000.0


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch):
    def set_zone(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield set_zone
    monkeypatch.undo()
    time.tzset()


def seen(x):
    return [each.isoformat(sep=" ") for each in x]


def test_late_records_are_in_order_and_what_is_missing_is_a_gap(zone):
    zone("UTC")
    s = rw.Stream("s")
    for second in (1, 3, 2):
        s.append(float(second), ts=T0 + second)
    s.mark_gap("trimmed")
    s.append(9.0, ts=T0 + 50)
    s.append(None, ts=T0 + 51)
    (line,) = rw.LiveChart(s).to_figure().data
    assert list(line.y) == [1.0, 2.0, 3.0, None, 9.0, None]
    assert list(line.x) == sorted(line.x)


def test_the_colours_are_those_of_the_page():
    sheet = (Path(__file__).resolve().parents[2] / "js/src/style.css").read_text()
    parts = sheet.split('[data-rw-theme$="dark"]')[:2]
    for part, dark in zip(parts, (False, True), strict=True):
        assert tuple(re.findall(r"--rw-c\d: (#\w{6});", part)) == PALETTES[dark]
        inks = {
            name: re.search(rf"--rw-{css}: (#\w+);", part)[1]
            for name, css in (("error", "bad"), ("warning",) * 2)
        }
        assert inks == INKS[dark]


def test_a_dark_chart_is_a_dark_figure():
    s, t = rw.Stream("s"), rw.Threshold(1.0)
    s.append(1.0, ts=T0)
    figure = rw.LiveChart(s, theme="dark", thresholds=[t]).to_figure()
    assert figure.layout.template == pio.templates["plotly_dark"]
    assert (figure.data[0].line.color, figure.layout.shapes[0].line.color) == (
        PALETTES[True][0],
        INKS[True]["warning"],
    )
    figure = rw.LiveChart(s, thresholds=[t]).to_figure()
    assert (figure.data[0].line.color, figure.layout.shapes[0].line.color) == (
        PALETTES[False][0],
        INKS[False]["warning"],
    )


def test_lines_beyond_the_colours_are_dashed_and_then_dotted():
    s = rw.Stream("s")
    s.append({f"f{i}": 1.0 for i in range(18)}, ts=T0)
    drawn = [(line.line.color, line.line.dash) for line in rw.LiveChart(s).to_figure().data]
    assert drawn[:8] == [(color, "solid") for color in PALETTES[False]]
    assert drawn[8:16] == [(color, "dash") for color in PALETTES[False]]
    assert drawn[16:] == [(color, "dot") for color in PALETTES[False][:2]]


def test_a_record_that_leaves_a_field_out_is_none_of_its_points():
    s = rw.Stream("s")
    for step in range(4):
        s.append(ts=T0 + step, loss=1.0, **({"val_loss": 2.0} if step % 2 == 0 else {}))
    figure = rw.LiveChart(s).to_figure()
    assert [list(line.y) for line in figure.data] == [[1.0] * 4, [2.0] * 2]
    assert [line.line.color for line in figure.data] == list(PALETTES[False][:2])


def test_a_window_of_records_has_their_numbers():
    s = rw.Stream("s")
    s.extend({"value": np.arange(10.0)})
    figure = rw.LiveChart(s, window=rw.points(4), unit="W").to_figure()
    assert list(figure.data[0].x) == [7, 8, 9, 10]
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("record", "W")


def test_runs_along_a_field_are_lines_of_their_own_under_one_name():
    s = rw.Stream("s")
    for step in (1, 2, 3, 1, 2):
        s.append(step=step, loss=1.0 / step)
    figure = rw.LiveChart(s, x="step", colors={"loss": "red"}).to_figure()
    assert [list(line.x) for line in figure.data] == [[1, 2, 3], [1, 2]]
    assert [line.showlegend for line in figure.data] == [False, True]
    assert {line.line.color for line in figure.data} == {"red"}


@pytest.mark.parametrize("first", [10**18, -(10**18), 2**64])
def test_integers_that_plotly_could_not_place_stand_at_their_differences(first):
    streams = rw.Stream("a"), rw.Stream("b")
    for i, stream in enumerate(streams):
        stream.extend({"id": [first + 10 * i + step for step in range(5)], "v": np.arange(5.0)})
    figure = rw.LiveChart(list(streams), x="id").to_figure()
    name, sign, number = figure.layout.xaxis.title.text.split()
    origin = int(number) * (1 if sign == "−" else -1)
    assert name == "id"
    assert [[origin + round(x) for x in line.x] for line in figure.data] == [
        stream["id"].tolist() for stream in streams
    ]
    assert [list(map(int, line.customdata)) for line in figure.data] == [
        stream["id"].tolist() for stream in streams
    ]
    assert {line.hovertemplate for line in figure.data} == {"%{customdata}<br>%{y}"}
    assert max(map(abs, figure.data[1].x)) < 2**45


def test_a_window_along_large_integers_holds_what_it_says():
    s = rw.Stream("s")
    s.extend({"id": [10**18 + i for i in range(200)], "v": np.arange(200.0)})
    chart = rw.LiveChart(s, x="id", window=3)
    assert list(chart.to_figure().data[0].y) == [196.0, 197.0, 198.0, 199.0]
    assert chart.to_pandas()["id"].tolist() == [10**18 + i for i in range(196, 200)]


def test_smaller_numbers_along_the_axis_stand_for_themselves():
    s = rw.Stream("s")
    s.extend({"id": [2**53 - 1, 2**53], "v": [1.0, 2.0]})
    figure = rw.LiveChart(s, x="id").to_figure()
    assert (list(figure.data[0].x), figure.layout.xaxis.title.text) == ([2**53 - 1, 2**53], "id")


def test_the_hour_that_comes_twice_is_not_drawn_over_itself(zone):
    zone("Europe/Berlin")
    before = dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC).timestamp()  # 02:30 in summer
    s = rw.Stream("s")
    s.extend({"ts": before + np.arange(5) * 1800.0, "value": np.arange(5.0)})
    figure = rw.LiveChart(s, window=86_400).to_figure()
    (line,) = figure.data
    assert seen(line.x) == [
        f"2026-10-25 {clock}:00" for clock in ("01:30", "02:00", "02:30", "03:00", "03:30")
    ]
    assert line.customdata[0] == "2026-10-25 02:30:00 CEST"
    assert figure.layout.xaxis.title.text == "CET (UTC+0100)"


def test_a_clock_of_ones_own_stays_what_it_is():
    s = rw.Stream("s")
    s.extend({"ts": [1.0, 2.0], "value": [1.0, 2.0]})
    assert list(rw.LiveChart(s).to_figure().data[0].x) == [1.0, 2.0]


def test_values_are_written_as_on_the_screen():
    s = rw.Stream("s")
    s.append(0.5)
    assert rw.LiveChart(s, format="percentage").to_figure().layout.yaxis.tickformat == ",.1%"


def test_text_that_is_no_unicode_is_replaced():
    s = rw.Stream("s")
    s.append({"p\ud83d": 1.0})
    figure = rw.LiveChart(s, title="bad \ud83d", unit="\ud83d").to_figure()
    figure.to_json().encode()
    assert (figure.layout.title.text, figure.data[0].name) == ("bad \ufffd", "p\ufffd")
