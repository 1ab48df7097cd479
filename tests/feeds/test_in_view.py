"""Which records a window holds: of time, of records, along a field, and of several streams together."""

from __future__ import annotations

import pytest

from realtime_widgets.feeds.in_view import in_view
from realtime_widgets.feeds.series import SeriesFeed
from realtime_widgets.feeds.windows import Window, points
from realtime_widgets.streams import Stream

T0 = 1_795_000_000.0


def held(window: Window, x: str = "ts") -> list[float]:
    stream = Stream("s")
    for i in range(6):
        stream.append(v=float(i), step=10 * i, ts=T0 + i)
    ((_, batch, inside),) = in_view([SeriesFeed(stream, ["v"], window, x)])
    return batch["v"][inside].tolist()


@pytest.mark.parametrize(
    ("window", "x", "values"),
    [
        (2.0, "ts", [3, 4, 5]),
        (points(2), "ts", [4, 5]),
        ("all", "ts", [0, 1, 2, 3, 4, 5]),
        (20.0, "step", [3, 4, 5]),
        (points(3), "step", [3, 4, 5]),
        ("all", "step", [0, 1, 2, 3, 4, 5]),
        (1.0, "seq", [4, 5]),
    ],
)
def test_a_window_holds_the_records_back_from_the_newest(window, x, values):
    assert held(window, x) == values


def test_the_windows_of_several_streams_end_together():
    one, other = Stream("one"), Stream("other")
    one.extend([1.0, 2.0], ts=[T0, T0 + 9])
    other.append(3.0, ts=T0 + 12)
    views = in_view([SeriesFeed(stream, None, 10.0) for stream in (one, other, Stream("empty"))])
    assert [batch["value"][inside].tolist() if len(batch) else [] for _, batch, inside in views] == [
        [2],
        [3],
        [],
    ]
