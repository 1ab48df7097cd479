"""The ring: the tail of what came, at any size and age, and never half of a record."""

import gc
import math
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.streams.columns import Column
from support.records import stream, values

sizes_of_writes = st.lists(st.one_of(st.integers(0, 4), st.none()), max_size=40)


@given(st.integers(1, 12), sizes_of_writes, st.data())
def test_a_ring_of_any_size_holds_the_tail_of_a_plain_list(max_points, sizes, data):
    """Appends (None) and extends of any size; each reader reconstructs the list or sees the exact gap."""
    s, model, cursors = stream(max_points=max_points, fields=["value"]), [], {0}
    for size in sizes:
        new = [float(len(model) + i) for i in range(1 if size is None else size * 3)]
        last = s.append(new[0]) if size is None else s.extend(np.array(new))
        model += new
        assert (last, s.last_seq, len(s)) == (len(model), len(model), min(len(model), max_points))
        if data.draw(st.booleans()):
            cursors.add(len(model))
    for after in cursors:
        batch = s.read(after)
        assert batch.missed == max(0, len(model) - max_points - after)
        if len(batch):
            assert batch.first_seq == after + 1 + batch.missed
            assert values(batch) == model[after + batch.missed :]
    assert values(s.latest(5)) == model[-min(5, max_points) :]


@given(
    st.floats(0.5, 20),
    st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=4), max_size=15),
    st.sampled_from([3, 10, None]),
)
def test_age_is_measured_in_the_datas_own_time(max_age, batches, max_points):
    one, many = stream(max_age=max_age, max_points=max_points), stream(max_age=max_age, max_points=max_points)
    model, newest = [], -math.inf
    for batch in batches:
        many.extend({"x": [float(t) for t in batch], "o": [[t] for t in batch], "ts": batch})
        for t in batch:
            one.append(x=float(t), o=[t], ts=t)
            model.append(float(t))
            newest = max(newest, t)
        while model and (model[0] < newest - max_age or (max_points and len(model) > max_points)):
            model.pop(0)
        assert values(many.read(), "x") == many.read().ts.tolist() == model
        assert many.read()["o"].tolist() == [[int(t)] for t in model]
        assert values(one.read(), "x") == model
        assert many.newest_ts == newest
        assert many.stats.dropped == many.last_seq - len(model)


def test_late_records_stay_where_they_arrived_and_are_counted():
    s = stream()
    s.extend({"a": [1, 2, 3, 4], "ts": [10.0, 5.0, 10.0, 20.0]})
    s.append(a=5, ts=15.0)
    s.extend({"a": [6, 7], "ts": [19.0, 20.0]})
    assert s.read().ts.tolist() == [10.0, 5.0, 10.0, 20.0, 15.0, 19.0, 20.0]
    assert s.stats.late == 3
    assert s.newest_ts == 20.0
    assert (s.stats.oldest_ts, s.stats.newest_ts, s.stats.kept, s.stats.appended) == (10.0, 20.0, 7, 7)


# Memory


def test_a_million_records_of_four_numbers_take_forty_megabytes():
    s = stream(max_points=1_000_000)
    column = np.zeros(250_000)
    for _ in range(5):
        s.extend({"ts": column, "a": column, "b": column, "c": column, "d": column})
    assert s.stats.bytes == 40_000_000


def test_a_small_stream_is_small():
    s = stream()
    s.append(1.0)
    assert s.stats.bytes <= 2 * 8 * 1024


class Thing:
    """Something that can be weakly referred to."""


@pytest.mark.parametrize("how", ["clear", "age", "points"])
def test_dropped_objects_are_let_go(how):
    s = stream(max_age=10.0, max_points=2)
    thing = Thing()
    gone = weakref.ref(thing)
    s.append(x=thing, ts=0.0)
    del thing
    if how == "clear":
        s.clear()
    elif how == "age":
        s.append(y=1.0, ts=100.0)
    else:
        s.extend({"y": [1.0, 2.0], "ts": [1.0, 2.0]})
    gc.collect()
    assert gone() is None


# Interrupts


class Interrupting:
    """A column's array that is interrupted while it is written, as by Ctrl-C."""

    def __init__(self, array):
        self.array = array

    def __len__(self):
        return len(self.array)

    def __setitem__(self, where, what):
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    "call", [lambda s: s.append(a=9.0, b=9.0), lambda s: s.extend({"a": [9.0] * 3, "b": [9.0] * 3})]
)
def test_an_interrupt_leaves_no_half_written_record(call):
    s = stream(max_points=4)
    s.extend({"a": [1.0, 2.0, 3.0, 4.0], "b": [1.0, 2.0, 3.0, 4.0]})
    column = s._ring.columns["b"]
    array = column.array
    column.array = Interrupting(array)
    with pytest.raises(KeyboardInterrupt):
        call(s)
    column.array = array
    batch = s.read()
    assert s.last_seq == 4
    assert values(batch, "a") == values(batch, "b") == batch["seq"].tolist()
    assert s.append(a=5.0, b=5.0) == 5
    assert values(s.latest(1), "b") == [5.0]


def test_an_interrupt_while_growing_leaves_every_column_right(monkeypatch):
    s, wanted = stream(), np.arange(1.0, 1025.0)
    s.extend({"a": wanted, "b": wanted})
    grow, calls = Column.grow, []

    def interrupted(self, *args):
        calls.append(self)
        if len(calls) == 3:
            raise KeyboardInterrupt
        grow(self, *args)

    monkeypatch.setattr(Column, "grow", interrupted)
    with pytest.raises(KeyboardInterrupt):
        s.append(a=0.0, b=0.0)
    assert s.read()["a"].tolist() == s.read()["b"].tolist() == wanted.tolist()
    s.extend({"a": [1025.0], "b": [1025.0]})
    assert s.read()["a"].tolist() == s.read()["b"].tolist() == [*wanted.tolist(), 1025.0]
