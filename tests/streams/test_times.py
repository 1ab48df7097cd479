"""Moments in time: every type users have, one rule for those without a zone, and refusals that help."""

import datetime as dt
import math
import time
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import arrow
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.errors import BadTime, WrongLength, shown
from realtime_widgets.streams.times import to_seconds, to_seconds_array, to_utc

NOON = 1795435200.0  # 2026-11-23 12:00 UTC
ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]


@pytest.fixture
def zone(request, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


@pytest.mark.parametrize(
    "value",
    [
        NOON,
        int(NOON),
        np.float64(NOON),
        np.int32(NOON),
        np.array(NOON),
        Decimal(NOON),
        Fraction(int(NOON)),
        int(NOON) * 10**9,
        np.int64(int(NOON) * 10**9),
        dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC),
        dt.datetime(2026, 11, 23, 21, tzinfo=ZoneInfo("Asia/Tokyo")),
        pd.Timestamp("2026-11-23 12:00", tz="UTC"),
        pd.Timestamp("2026-11-23 07:00", tz="America/New_York"),
    ],
    ids=repr,
)
def test_a_moment_of_any_type_becomes_seconds(value):
    seconds = to_seconds(value)
    assert seconds == NOON
    assert type(seconds) is float
    assert to_seconds_array([value, value], 2).tolist() == [NOON, NOON]
    assert to_seconds_array(value, 2).tolist() == [NOON, NOON]


def test_float_seconds_keep_their_sign_and_their_fraction():
    assert [to_seconds(v) for v in (-1.5, 0.0, 0.25, 9.99e10)] == [-1.5, 0.0, 0.25, 9.99e10]


@pytest.mark.parametrize("zone", ZONES, indirect=True)
def test_times_without_a_zone_are_local_for_every_type(zone):
    naive = dt.datetime(2026, 7, 1, 12, 34, 56, 250_000)
    expected = naive.timestamp()
    series = pd.Series([naive])
    columns = [
        [naive],
        np.array([naive], dtype="M8[us]"),
        np.array([naive], dtype="M8[ns]"),
        series,
        series.astype("datetime64[ms]"),
        pd.DatetimeIndex([naive]),
        pl.Series([naive]),
        [pd.Timestamp(naive)],
        [np.datetime64(naive)],
    ]
    assert [to_seconds_array(column, 1)[0] for column in columns] == [expected] * len(columns)
    assert (
        to_seconds(naive) == to_seconds(pd.Timestamp(naive)) == to_seconds(np.datetime64(naive)) == expected
    )


@pytest.mark.parametrize("zone", ZONES, indirect=True)
def test_columns_agree_with_single_times_through_both_changes_of_the_clocks(zone):
    year = [dt.datetime(2026, 1, 1) + dt.timedelta(minutes=17 * i) for i in range(31_000)]
    expected = [moment.timestamp() for moment in year]
    assert to_seconds_array(np.array(year, dtype="M8[s]"), len(year)).tolist() == expected


@pytest.mark.parametrize("zone", ["America/New_York"], indirect=True)
def test_dates_and_coarse_units_are_local_midnights(zone):
    midnight = dt.datetime(2026, 11, 1).timestamp()
    assert to_seconds(dt.date(2026, 11, 1)) == midnight
    assert [to_seconds_array(np.array(["2026-11"], dtype=f"M8[{u}]"), 1)[0] for u in "MDhms"] == [
        midnight
    ] * 5
    assert to_seconds_array(pl.Series([dt.date(2026, 11, 1)]), 1)[0] == midnight


@pytest.mark.parametrize("zone", ["America/New_York"], indirect=True)
def test_columns_with_a_zone_are_converted(zone):
    here = pd.Series(pd.to_datetime(["2026-11-23 12:00"]).tz_localize("UTC"))
    tokyo = here.dt.tz_convert("Asia/Tokyo")
    columns = [
        here,
        tokyo,
        tokyo.astype("datetime64[ns, Asia/Tokyo]"),
        pd.DatetimeIndex(tokyo),
        pl.Series([dt.datetime(2026, 11, 23, 12)])
        .dt.replace_time_zone("UTC")
        .dt.convert_time_zone("Asia/Tokyo"),
    ]
    assert [to_seconds_array(column, 1)[0] for column in columns] == [NOON] * len(columns)


def test_nanoseconds_of_a_timestamp_are_kept():
    stamp = pd.Timestamp(500, tz="UTC") + pd.Timedelta(1, "ns")
    assert to_seconds(stamp) == pytest.approx(501e-9)


def test_integer_columns_are_seconds_or_nanoseconds():
    nano = int(NOON) * 10**9
    assert to_seconds_array(np.array([nano, 0, 5]), 3).tolist() == [NOON, 0.0, 5.0]
    assert to_seconds_array([nano, nano], 2).tolist() == [NOON, NOON]
    assert to_seconds_array(np.array([nano], dtype=np.uint64), 1).tolist() == [NOON]
    assert to_seconds_array(pd.Series([nano]), 1).tolist() == [NOON]
    assert to_seconds_array(pd.Series([nano], dtype="Int64"), 1).tolist() == [NOON]
    assert to_seconds_array(pl.Series([nano]), 1).tolist() == [NOON]
    assert to_seconds_array([1.5, 2, np.float32(3)], 3).tolist() == [1.5, 2.0, 3.0]


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (NOON * 1e3, "milliseconds; divide by 1e3"),
        (int(NOON * 1e3), "milliseconds"),
        (NOON * 1e6, "microseconds; divide by 1e6"),
        (int(NOON * 1e6), "microseconds"),
        (NOON * 1e9, "nanoseconds as a float; pass them as an int"),
    ],
)
def test_other_units_are_refused_and_named(value, hint):
    for call in (lambda: to_seconds(value), lambda: to_seconds_array(np.array([value]), 1)):
        with pytest.raises(BadTime, match=hint):
            call()


@pytest.mark.parametrize(
    "value",
    [
        True,
        np.True_,
        "yesterday",
        "1795435200",
        "2026-13-01",
        "2026-01-01T00:00\ud83d",
        "\0",
        "",
        np.ma.masked,
        b"x",
        None,
        math.nan,
        math.inf,
        -math.inf,
        pd.NaT,
        pd.NA,
        np.datetime64("NaT"),
        [],
        {},
        1j,
        Decimal("NaN"),
        Decimal("sNaN"),
        Fraction(10**400),
        10**30,
        10**5000,
    ],
    ids=shown,
)
def test_what_is_not_a_moment_is_refused(value):
    with pytest.raises(BadTime):
        to_seconds(value)
    with pytest.raises(BadTime):
        to_seconds_array([NOON, value], 2)


@pytest.mark.parametrize(
    "column",
    [
        np.array([0.0, math.nan]),
        np.array([0.0, -math.inf]),
        np.array(["2026-01-01", "NaT"], dtype="M8[s]"),
        np.array([True, False]),
        np.array(["a", "b"]),
        pd.Series(pd.to_datetime(["2026-01-01", None])),
        pd.Series(pd.to_datetime(["2026-01-01", None])).dt.tz_localize("UTC"),
        pl.Series([dt.datetime(2026, 1, 1), None]),
        pl.Series([1, None]),
    ],
    ids=lambda column: f"{type(column).__module__}-{column.dtype}",
)
def test_a_column_with_a_bad_time_is_refused(column):
    with pytest.raises(BadTime):
        to_seconds_array(column, 2)


def test_a_local_year_outside_of_the_calendar_is_refused():
    with pytest.raises(BadTime, match="between 1 and 9999"):
        to_seconds_array(np.array(["20000-01-01"], dtype="M8[D]"), 1)
    with pytest.raises(BadTime):
        to_seconds(
            dt.datetime.min.replace(tzinfo=None) if time.timezone < 0 else np.datetime64("-0001-01-01")
        )


def test_the_number_of_times_must_be_that_of_the_records():
    with pytest.raises(WrongLength, match=r"3 records, times of shape \(2,\)"):
        to_seconds_array([1.0, 2.0], 3)
    with pytest.raises(WrongLength):
        to_seconds_array(np.zeros((3, 1)), 3)


def test_no_times_are_no_times():
    assert to_seconds_array([], 0).tolist() == []
    assert to_seconds_array(np.array([], dtype="M8[ns]"), 0).tolist() == []


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T12:00:00Z",
        "2026-11-23 12:00:00+00:00",
        "2026-11-23T21:00+09:00",
        "20261123T120000Z",
        "2026-11-23T12:00:00.000000000Z",
        " 2026-11-23T12:00:00Z\n",
        "2026-W48-1T12:00Z",
    ],
)
def test_text_of_iso_8601_is_a_moment(text):
    assert to_seconds(text) == NOON
    assert to_seconds_array([text, NOON], 2).tolist() == [NOON, NOON]
    assert to_seconds_array(text, 2).tolist() == [NOON, NOON]


def test_a_date_as_text_is_its_midnight_in_the_zone():
    tokyo = ZoneInfo("Asia/Tokyo")
    midnight = dt.datetime(2026, 11, 23, tzinfo=tokyo).timestamp()
    assert to_seconds("2026-11-23", tokyo) == to_seconds(dt.date(2026, 11, 23), tokyo) == midnight


def test_the_number_in_a_text_is_said_as_a_number():
    with pytest.raises(BadTime, match=r"it is a number as text; pass 1795435200\.0"):
        to_seconds("1795435200")


def test_a_span_of_time_is_a_time_of_its_own_clock():
    spans = [
        dt.timedelta(minutes=1.5),
        np.timedelta64(90, "s"),
        pd.Timedelta("90s"),
        np.array(90, dtype="m8[s]"),
    ]
    assert [to_seconds(span) for span in spans] == [90.0] * 4
    columns = [spans[:1], np.array([90_000], dtype="m8[ms]"), pd.Series(spans[:1]), pl.Series(spans[:1])]
    columns += [pa.array(spans[:1]), pd.TimedeltaIndex(spans[:1])]
    assert [to_seconds_array(column, 1).tolist() for column in columns] == [[90.0]] * 6
    for missing in (
        np.array(["NaT"], dtype="m8[s]"),
        np.array([5], dtype="m8[M]"),
        np.array([5], dtype="m8"),
    ):
        with pytest.raises(BadTime):
            to_seconds_array(missing, 1)


def test_datetimes_of_other_libraries_are_moments():
    assert to_seconds(arrow.get(NOON)) == NOON
    assert to_seconds(pa.scalar(dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC))) == NOON
    assert to_seconds(pa.scalar(int(NOON) * 10**9 + 500_000_001, pa.timestamp("ns", "UTC"))) == NOON + 0.5
    with pytest.raises(BadTime):
        to_seconds(pa.scalar(None, pa.timestamp("us")))


ZONES_TO_DRAW = st.sampled_from([dt.UTC, *map(ZoneInfo, ZONES)])


@given(st.datetimes(dt.datetime(1900, 1, 2), dt.datetime(2200, 1, 1)), ZONES_TO_DRAW)
def test_every_moment_is_the_same_in_every_form(naive, zone):
    aware = naive.replace(tzinfo=zone)
    expected = aware.timestamp()
    assert to_seconds(aware) == to_seconds(naive, zone) == expected
    assert to_seconds(naive.isoformat(), zone) == expected
    assert to_seconds(aware.astimezone(dt.UTC).isoformat()) == expected
    if naive.year >= 1970:  # before, zones had offsets that changed between the quarters of an hour
        columns = [
            np.array([naive], dtype="M8[us]"),
            pd.Series([naive]),
            pl.Series([naive]),
            pa.array([naive]),
        ]
        found = [to_seconds_array(column, 1, zone)[0] for column in columns]
        assert found == pytest.approx([expected] * 4, abs=2e-6)


@given(st.text(st.characters(codec=None)) | st.text("0123456789-:TZ+. \ud83d\0", max_size=30))
def test_no_text_raises_anything_but_what_says_so(text):
    try:
        found = to_seconds(text)
    except BadTime:
        found = 0.0
    assert math.isfinite(found)


@given(st.integers() | st.floats() | st.decimals() | st.fractions())
def test_every_number_is_a_moment_or_refused_by_the_name_of_its_unit(value):
    try:
        seconds = to_seconds(value)
    except BadTime as error:
        refused = str(error)
    else:
        refused = ""
        assert abs(seconds) < 1e11
    try:
        size = abs(float(value))
    except (OverflowError, ValueError):
        size = math.inf
    size = math.inf if math.isnan(size) else size
    unit = "millisec" if size < 1e14 else "microsec" if size < 1e17 else ""
    assert (size < 1e11) <= (not refused)
    if size >= 1e11 and unit:
        assert unit in refused


@given(st.integers(-(10**15), 10**15))
def test_microseconds_come_back_from_float_seconds(micros):
    assert to_utc(np.array([micros / 1e6])).astype(np.int64)[0] == micros
