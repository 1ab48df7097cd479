"""Layouts: how wide buckets are for a window, and how many are kept."""

from __future__ import annotations

import pytest

from realtime_widgets.feeds.layouts import MAX_PER_PIXEL, PER_PIXEL, Layout, fitting
from realtime_widgets.feeds.windows import Points

PX = 100


def test_a_window_of_a_fixed_length_has_four_buckets_for_each_pixel():
    layout = fitting("time", 60.0, PX, 0, 0.0, 0.0)
    assert layout == Layout(0.2, 302)
    assert fitting("time", 60.0, PX, 10**6, 1e6, 1e6) == layout, "whatever comes"


@pytest.mark.parametrize(
    ("n", "count", "layout"), [(50, 10, (1, 50)), (10**6, 300, (1, 802)), (10_000, 10_000, (20, 501))]
)
def test_few_records_have_a_bucket_each_whatever_the_window(n, count, layout):
    assert fitting("records", Points(n), PX, count, 0.0, 0.0) == Layout(*layout)


@pytest.mark.parametrize("kind", ["time", "field"])
@pytest.mark.parametrize("length", [0.0, 1e-6, 1.0, 1e9])
def test_everything_fits_into_the_buckets_of_a_window_without_an_end(kind, length):
    layout = fitting(kind, "all", PX, 10**6, length, length)
    assert length / layout.step + 2 <= layout.capacity
    assert layout.capacity <= 2 * (MAX_PER_PIXEL * PX + 2)
    if length:
        assert length / layout.step >= PER_PIXEL * PX / 1.5


def test_many_runs_have_wider_buckets():
    assert fitting("field", "all", PX, 0, 10.0, 1000.0).step > fitting("field", "all", PX, 0, 10.0, 10.0).step
