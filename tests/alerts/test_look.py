"""What records say of a field, for all who judge them."""

import numpy as np

from realtime_widgets.alerts.look import Look
from realtime_widgets.streams import Stream


def look_at(stream, after=0):
    return Look(stream.read(after), stream.past_seq, stream.complete, False)


def test_it_says_which_records_have_a_field_and_shares_the_answer():
    stream = Stream()
    stream.append(a=1.0, ts=1)
    stream.append(b="x", ts=2)
    stream.append(a=None, b=None, ts=3)
    look = look_at(stream)
    said = look.said("a", 0)
    assert (said.seq.tolist(), said.ts.tolist()) == ([1, 3], [1.0, 3.0])
    assert np.isnan(said.values[1])
    assert look.said("b", 0).values.tolist() == ["x", None]
    assert look.said("a", 1).seq.tolist() == [3]
    assert len(look.said("c", 0).seq) == 0
    assert look.as_first().said("a", 0) is said


def test_what_is_ahead_of_the_clock_says_nothing():
    stream = Stream(clock=lambda: 1000.0)
    for ts in (1000.0, 5000.0, 1001.0):
        stream.append(1.0, ts=ts)
    assert look_at(stream).said("value", 0).seq.tolist() == [1, 3]
