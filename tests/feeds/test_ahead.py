"""Records ahead of the present."""

from __future__ import annotations

import numpy as np

from realtime_widgets.feeds.ahead import Ahead


def test_records_wait_until_the_present_reaches_them():
    ahead = Ahead()
    ahead.add(np.array([]), np.empty((2, 0)))
    assert not ahead
    ahead.add(np.array([5.0, 9.0]), np.array([[1.0, 2.0], [3.0, 4.0]]))
    ahead.add(np.array([7.0]), np.array([[5.0], [6.0]]))
    assert ahead.notice(4.0) == "3 records lie ahead of the present, by up to 5 s"
    assert list(ahead.reached(4.9)) == []
    found = [(ts.tolist(), values.tolist()) for ts, values in ahead.reached(7.0)]
    assert found == [([5.0], [[1.0], [3.0]]), ([7.0], [[5.0], [6.0]])]
    assert ahead.notice(7.0) == "1 record lies ahead of the present, by up to 2 s"
    assert [ts.tolist() for ts, _ in ahead.reached(9.0)] == [[9.0]]
    assert not ahead
