"""Durations and moments as text."""

from __future__ import annotations

import datetime as dt
import math
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from realtime_widgets.feeds.moments import duration_text, said_of
from realtime_widgets.feeds.readout import ReadoutFeed
from realtime_widgets.streams import Stream


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (2.5e-6, "2.5 µs"),
        (0.25, "250 ms"),
        (0.9999, "1 s"),
        (1.26, "1.3 s"),
        (12.5, "12.5 s"),
        (59.4, "59.4 s"),
        (59.96, "1 min"),
        (60, "1 min"),
        (90, "1 min 30 s"),
        (-90, "−1 min 30 s"),
        (3599.6, "1 h"),
        (7500, "2 h 5 min"),
        (86_399, "1 d"),
        (273_600, "3 d 4 h"),
        (86_400 * 12_345.0, "12,345 d"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: float, text: str):
    assert duration_text(seconds) == text


NOON = dt.datetime(2026, 11, 28, 12, 30)
NOON_UTC = NOON.replace(tzinfo=dt.UTC)
SAID: list[tuple[Any, dict[str, Any] | None]] = [
    ("idle", {"text": "idle"}),
    ("\x1b[32mok\x1b[0m", {"text": "ok"}),
    (b"caf\xc3\xa9", {"text": "café"}),
    (dt.timedelta(seconds=90), {"duration": 90.0}),
    (pd.Timedelta("2h5min"), {"duration": 7500.0}),
    (np.timedelta64(90, "s"), {"duration": 90.0}),
    (np.timedelta64(250_000_000, "ns"), {"duration": 0.25}),
    (NOON, {"text": "2026-11-28 12:30:00"}),
    (NOON.replace(microsecond=250_000), {"text": "2026-11-28 12:30:00.250"}),
    (NOON_UTC, {"moment": 1_795_869_000.0}),
    (pd.Timestamp(NOON), {"text": "2026-11-28 12:30:00"}),
    (pd.Timestamp(NOON, tz="UTC"), {"moment": 1_795_869_000.0}),
    (np.datetime64("2026-11-28T12:30"), {"text": "2026-11-28 12:30:00"}),
    (dt.date(2026, 11, 28), {"text": "2026-11-28"}),
    (dt.time(12, 30), {"text": "12:30:00"}),
    (None, None),
    ([1], None),
    (np.timedelta64(1, "M"), None),
    (np.datetime64("NaT"), None),
]


@pytest.mark.parametrize(("value", "said"), SAID)
def test_values_that_are_no_numbers_are_told_as_what_pages_can_write(value: Any, said: dict[str, Any] | None):
    assert said_of(value) == said


@pytest.mark.parametrize(("value", "said"), [each for each in SAID if each[1] is not None])
def test_a_card_shows_them_from_a_stream_too(value: Any, said: dict[str, Any]):
    stream = Stream("s")
    stream.append(left=value)
    body = ReadoutFeed(stream, "left", 60.0, {}, None).take(True, 0.0).body
    assert body["value"] == said.get("duration")
    assert body.items() >= said.items()
    stream = Stream("s")
    stream.extend({"left": [None, value]})
    assert ReadoutFeed(stream, "left", 60.0, {}, None).take(True, 0.0).body.items() >= said.items()


def test_a_moment_without_a_zone_stays_as_its_clock_has_it_wherever_the_kernel_is(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert said_of(NOON) == {"text": "2026-11-28 12:30:00"}
        assert said_of(NOON_UTC) == {"moment": 1_795_869_000.0}
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("missing", [pd.NaT, np.timedelta64("NaT"), math.nan])
def test_missing_ones_stay_missing(missing: Any):
    stream = Stream("s")
    stream.append(dt.timedelta(seconds=1))
    stream.append(missing)
    body = ReadoutFeed(stream, None, 60.0, {}, None).take(True, 0.0).body
    assert (body["value"], body.get("text")) == (None, None)
