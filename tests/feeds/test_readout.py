"""What a card says of one field, by values."""

from __future__ import annotations

import math
from typing import Any

import pytest

from realtime_widgets.feeds.readout import ReadoutFeed
from realtime_widgets.streams import Stream

T0 = 1_795_000_000.0


def readout(*values: Any, field: str | None = None, **options: Any) -> ReadoutFeed:
    stream = Stream("s")
    for i, value in enumerate(values):
        stream.append(value, ts=T0 + i)
    return ReadoutFeed(stream, field, 60.0, options.get("thresholds", {}), options.get("good"))


def test_without_a_record_it_has_no_value():
    feed = readout()
    assert not feed.changed()
    body = feed.take(True, T0).body
    assert (body["value"], body["age"]) == (None, None)
    assert feed.value() is None


def test_every_part_has_the_newest_value_its_trend_and_its_level():
    feed = readout(1.0, 3.0, thresholds={2.0: "warning"})
    body = feed.take(True, T0 + 1).body
    assert (body["value"], body["trend"], body["delta"], body["level"]) == (3.0, "up", 2.0, "warning")
    feed.stream.append(0.5, ts=T0 + 2)
    body = feed.take(False, T0 + 2).body
    assert (body["value"], body["trend"], body["level"]) == (0.5, "down", "normal")


@pytest.mark.parametrize(
    ("value", "number", "text"),
    [(math.inf, None, "∞"), (-math.inf, None, "−∞"), (math.nan, None, None), ("idle", None, "idle")],
)
def test_what_is_no_finite_number_is_text_or_nothing(value: Any, number: float | None, text: str | None):
    body = readout(value).take(True, T0).body
    assert (body["value"], body.get("text")) == (number, text)


def test_the_value_of_the_newest_time_counts_not_the_last_to_arrive():
    feed = readout(1.0, 2.0)
    feed.stream.append(9.0, ts=T0 - 5)
    assert feed.value() == 2.0


def test_several_fields_and_none_named_are_an_error_that_the_reader_sees():
    stream = Stream("s")
    stream.append(cpu=1.0, mem=2.0, ts=T0)
    body = ReadoutFeed(stream, None, 60.0, {}, None).take(True, T0).body
    assert "several fields ('cpu', 'mem')" in body["error"]


def test_the_field_is_decided_once():
    stream = Stream("s")
    stream.append(cpu=1.0, ts=T0)
    feed = ReadoutFeed(stream, None, 60.0, {}, None)
    assert feed.take(True, T0).body["value"] == 1.0
    stream.append(cpu=2.0, mem=5.0, ts=T0 + 1)
    assert feed.take(False, T0 + 1).body["value"] == 2.0
