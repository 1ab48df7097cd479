"""Windows: what can be shown, and what cannot, in words."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest

from realtime_widgets.errors import UsageError
from realtime_widgets.feeds.windows import Points, points, to_window


@pytest.mark.parametrize(
    ("given", "window"),
    [(60, 60.0), (np.float32(2), 2.0), (points(10), Points(10)), ("all", "all"), (None, "all")],
)
def test_lengths_points_and_everything_are_windows(given, window):
    assert to_window(given) == window
    assert to_window(given, of_time=False) == window


@pytest.mark.parametrize("given", ["5min", dt.timedelta(minutes=5), np.timedelta64(300, "s"), "PT5M"])
def test_a_length_of_time_is_a_duration_in_every_form(given):
    assert to_window(given) == 300.0
    with pytest.raises(UsageError, match="in the unit of x"):
        to_window(given, of_time=False)


@pytest.mark.parametrize("given", [0, -1, math.nan, math.inf, True, "everything", [60]])
@pytest.mark.parametrize("of_time", [True, False])
def test_what_is_no_window_is_refused_in_words(given, of_time):
    with pytest.raises(UsageError, match="window"):
        to_window(given, of_time=of_time)


def test_a_length_along_a_field_may_be_of_any_size():
    assert to_window(1e12, of_time=False) == 1e12
    with pytest.raises(UsageError, match=r"3\.2e\+09"):
        to_window(1e12)


@pytest.mark.parametrize("n", [0, 1, 2.5, True, "9"])
def test_a_window_of_no_whole_number_of_points_is_refused(n):
    with pytest.raises(UsageError, match="a whole number of at least 2"):
        points(n)
