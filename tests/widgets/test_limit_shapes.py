"""Thresholds on a plotly figure, by values."""

from __future__ import annotations

from decimal import Decimal

import pytest

import realtime_widgets as rw
from realtime_widgets.widgets.limit_shapes import INKS, View

T0 = 1_795_000_000.0


def figure_of(values, *thresholds, **options):
    s = rw.Stream("s")
    for i, value in enumerate(values):
        s.append(value, ts=T0 + i)
    chart = rw.LiveChart(s, thresholds=list(thresholds), **options)
    figure = chart.to_figure()
    chart.close()
    for each in thresholds:
        each.close()
    return figure


def lines(figure):
    return [(each.y0, each.y1, each.label.text) for each in figure.layout.shapes if each.type == "line"]


def tints(figure):
    return [(each.y0, each.y1) for each in figure.layout.shapes if each.type == "rect"]


def signs(figure):
    return [(each.y, each.yshift, each.text) for each in figure.layout.annotations]


def test_a_number_is_a_line_across_with_its_name_value_and_colour():
    figure = figure_of([0.0, 1.0], rw.Threshold(0.9), rw.Threshold(0.95, severity="error", name="too hot"))
    assert lines(figure) == [(0.9, 0.9, "Warning 0.9"), (0.95, 0.95, "too hot 0.95")]
    assert [each.line.color for each in figure.layout.shapes] == [
        INKS[False]["warning"],
        INKS[False]["error"],
    ]
    assert {(each.xref, each.x0, each.x1) for each in figure.layout.shapes} == {("paper", 0, 1)}
    assert (tints(figure), signs(figure)) == ([], [])


def test_values_are_in_the_unit_of_the_axis():
    figure = figure_of([0.0, 1.0], rw.Threshold(0.9), format="percentage")
    assert lines(figure) == [(0.9, 0.9, "Warning 90%")]
    assert lines(figure_of([100.0, 900.0], rw.Threshold(500), format="duration")) == [
        (500, 500, "Warning 500")
    ]
    assert lines(figure_of([0.0, 1.0], rw.Threshold(Decimal("0.90")))) == [(0.9, 0.9, "Warning 0.90")]
    large = 2**53 + 1
    assert lines(figure_of([large - 1, large + 1], rw.Threshold(large)))[0][2] == f"Warning {large}"


def test_a_band_has_two_lines_and_tints_what_raises_it():
    outside = figure_of([0.0, 1.0], rw.Threshold((0.2, 0.8)))
    assert [line[0] for line in lines(outside)] == [0.2, 0.8]
    assert tints(outside) == [(0.8, 1.06), (0.0, 0.2)]
    inside = figure_of([0.0, 1.0], rw.Threshold((0.2, 0.8), inside=True))
    assert tints(inside) == [(0.2, 0.8)]
    assert {each.layer for each in inside.layout.shapes if each.type == "rect"} == {"below"}


def test_the_axis_reaches_to_what_is_near_and_what_is_far_is_a_sign_at_its_edge():
    figure = figure_of(
        [0.0, 1.0],
        rw.Threshold(1.5),
        rw.Threshold(50),
        rw.Threshold(90, name="<b>"),
        rw.Threshold(-3, above=False),
    )
    assert lines(figure) == [(1.5, 1.5, "Warning 1.5")]
    assert signs(figure) == [(1, 0, "▲ Warning 50"), (1, -15, "▲ &lt;b&gt; 90"), (0, 0, "▼ Warning -3")]


def test_of_a_band_that_is_partly_in_view_that_part_is_tinted():
    far = figure_of([0.0, 1.0], rw.Threshold((0.5, 100), inside=True))
    assert (tints(far), [line[0] for line in lines(far)], len(signs(far))) == ([(0.5, 1.06)], [0.5], 1)
    around = figure_of([0.0, 1.0], rw.Threshold((-100, 100), inside=True))
    assert (tints(around), lines(around), len(signs(around))) == ([(0.0, 1.06)], [], 2)
    assert tints(figure_of([0.0, 1.0], rw.Threshold((50, 100), inside=True))) == []
    assert tints(figure_of([0.0, 1.0], rw.Threshold((50, 100)))) == [(0.0, 1.06)]


def test_values_that_are_all_positive_leave_a_log_axis_what_it_can_draw():
    figure = figure_of([1.0, 1000.0], rw.Threshold((10, 500)))
    assert all(each.yref in (None, "y") for each in figure.layout.shapes)
    assert [line[0] for line in lines(figure)] == [10, 500], "of shapes plotly takes the logarithm itself"
    assert min(each.y0 for each in figure.layout.shapes) == 0.5


@pytest.mark.parametrize("values", [[], [None], [float("nan")]])
def test_without_values_all_are_drawn(values):
    figure = figure_of([*values, *[None] * (not values)], rw.Threshold(0.9), rw.Threshold(90))
    assert [line[0] for line in lines(figure)] == [0.9, 90]


def test_what_is_no_threshold_is_not_drawn_and_a_name_may_be_any_text():
    assert figure_of([1.0], rw.Absence(5)).layout.shapes == ()
    assert lines(figure_of([1.0], rw.Threshold(1, name="bad \ud83d")))[0][2] == "bad \ufffd 1"


def test_a_view_has_room_and_does_not_cross_zero_for_it():
    assert View.of(0.0, 1.0) == (0.0, 1.06)
    assert View.of(-1.0, 0.0) == (-1.06, 0.0)
    assert View.of(5.0, 5.0) == (4.5, 5.5)
    assert View.of(0.0, 0.0) == (0.0, 1.0)
    assert View.of(-1e308, 1e308).length == float("inf")
