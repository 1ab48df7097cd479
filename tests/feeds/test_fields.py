"""The fields that widgets name: found, refused in words, and their newest values."""

from __future__ import annotations

import pytest

from realtime_widgets.errors import UnknownField, UsageError
from realtime_widgets.feeds.fields import check_field, newest_value, only_field
from realtime_widgets.streams import Stream

T0 = 1_795_000_000.0


def test_a_field_that_is_not_there_is_named_with_its_nearest():
    stream = Stream("s")
    check_field(stream, "whatever")  # no record says yet what there will be
    stream.append(memory=1.0)
    check_field(stream, "memory")
    with pytest.raises(UnknownField, match=r"has no field 'memroy': it has 'memory'; did you mean 'memory'"):
        check_field(stream, "memroy")


def test_one_of_several_fields_must_be_named():
    stream = Stream("s")
    assert only_field(stream) is None
    stream.append(loss=1.0)
    assert only_field(stream) == "loss"
    stream.append(value=1.0)
    assert only_field(stream) == "value"
    other = Stream("s")
    other.append(a=1.0, b=1.0)
    with pytest.raises(UsageError, match="several fields"):
        only_field(other)


def test_the_newest_value_is_that_of_the_last_record_that_says_something():
    stream = Stream("s")
    stream.append(bid=100.0, ask=101.0, ts=T0)
    for second in range(1, 200):
        stream.append(ask=101.0 + second, ts=T0 + second)
    assert newest_value(stream, "bid") == 100.0
    stream.append(bid=None, ts=T0 + 300)
    assert newest_value(stream, "bid") is None
    stream.append(bid="halted", ts=T0 + 301)
    assert newest_value(stream, "bid") == "halted"
    stream.append(bid="late", ts=T0 + 200)
    assert newest_value(stream, "bid") == "halted"
    assert newest_value(stream, "other") is None


def test_neither_a_clock_that_is_set_back_nor_a_record_from_the_future_hides_the_newest_value():
    now = [T0]
    stream = Stream("s", clock=lambda: now[0])
    stream.append(1.0)
    now[0] -= 3600
    stream.append(2.0)
    assert newest_value(stream, "value") == 2.0
    stream.append(3.0, ts=now[0] + 1e7)
    assert newest_value(stream, "value") == 2.0
