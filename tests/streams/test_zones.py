"""Zones: one rule for times that have none, whatever library they are of."""

import datetime as dt
import time
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import tzlocal
from dateutil import tz as dateutil_tz
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.errors import BadTime, UsageError, WrongType
from realtime_widgets.streams import Stream
from realtime_widgets.streams.zones import local_key, read_zone, to_utc_seconds, zone_key

SUMMER = dt.datetime(2026, 7, 1, 12, 34, 56, 250_000)
ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]


@pytest.fixture(params=ZONES)
def local(request, monkeypatch):
    """The local zone of this process, by turns."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()
    tzlocal.reload_localzone()


def forms(moment):
    """The same naive time, one and in columns, as every library has it."""
    return {
        "one": [
            moment,
            moment.isoformat(),
            moment.isoformat(" "),
            pd.Timestamp(moment),
            pd.Period(moment, freq="us"),
            np.datetime64(moment),
            np.array(moment, dtype="M8[ns]"),
            np.array([moment], dtype="M8[us]"),
            pa.scalar(moment),
            pa.scalar(moment).cast(pa.timestamp("ns")),
        ],
        "columns": [
            [moment],
            [moment.isoformat()],
            np.array([moment], dtype="M8[ns]"),
            np.array([moment], dtype=object),
            pd.Series([moment]),
            pd.Series([moment], dtype=object),
            pd.Series([moment]).astype("timestamp[us][pyarrow]"),
            pd.Series([moment]).astype("category"),
            pd.Series([moment.isoformat()]),
            pd.DatetimeIndex([moment]),
            pd.PeriodIndex([pd.Period(moment, freq="us")]),
            pl.Series([moment]),
            pl.Series([moment]).cast(pl.Datetime("ns")),
            pl.Series([moment.isoformat()]),
            pa.array([moment]),
            pa.chunked_array([[moment]]),
            pa.array([moment.isoformat()]),
        ],
    }


def times(fill, **options):
    s = Stream("s", **options)
    fill(s)
    return s.read().ts.tolist()


def ways(moment):
    """The time of one record that each way in gives it."""
    for one in forms(moment)["one"]:
        yield lambda s, one=one: s.append(1.0, ts=one)
        yield lambda s, one=one: s.append({"v": 1.0, "ts": one})
        yield lambda s, one=one: s.append(first=1.0, ts=one)
        yield lambda s, one=one: s.extend([1.0], ts=one)
        yield lambda s, one=one: s.extend([{"v": 1.0, "ts": one}])
    for column in forms(moment)["columns"]:
        yield lambda s, column=column: s.extend([1.0], ts=column)
        yield lambda s, column=column: s.extend({"v": [1.0], "ts": column})
        yield lambda s, column=column: s.extend(pd.DataFrame({"v": [1.0], "ts": column}))
    for index in (
        pd.DatetimeIndex([moment]),
        pd.PeriodIndex([moment], freq="us"),
        pd.Index([moment], dtype=object),
    ):
        yield lambda s, index=index: s.extend(pd.DataFrame({"v": [1.0]}, index=index))
        yield lambda s, index=index: s.extend(pd.Series([1.0], index=index))


def test_a_time_without_a_zone_is_local_by_every_way_in(local):
    assert {tuple(times(way)) for way in ways(SUMMER)} == {(SUMMER.timestamp(),)}


@pytest.mark.parametrize(
    "tz", ["Asia/Tokyo", ZoneInfo("Asia/Tokyo"), dateutil_tz.gettz("Asia/Tokyo"), "+09:00"]
)
def test_a_time_without_a_zone_is_of_the_streams_zone_by_every_way_in(tz, local):
    expected = SUMMER.replace(tzinfo=ZoneInfo("Asia/Tokyo")).timestamp()
    assert {tuple(times(way, tz=tz)) for way in ways(SUMMER)} == {(expected,)}


def column_ways(columns):
    for column in columns:
        yield lambda s, column=column: s.extend([1.0], ts=column)
        yield lambda s, column=column: s.extend({"v": [1.0], "ts": column})
        if not type(column).__module__.startswith(("polars", "pyarrow")):  # whose zones pandas drops
            yield lambda s, column=column: s.extend(pd.DataFrame({"v": [1.0], "ts": column}))


def test_columns_without_a_zone_are_known_to_be_written_in_that_of_the_stream():
    text = SUMMER.isoformat()
    texts = [pa.array([text], pa.large_string()), pd.Series([text], dtype="category"), pl.Series([text])]
    for way in column_ways([*forms(SUMMER)["columns"], *texts, pa.array([text]).dictionary_encode()]):
        s = Stream("s", tz="Asia/Tokyo")
        assert s.written_in is None
        way(s)
        assert s.written_in == "Asia/Tokyo"
        s.append(1.0)
        assert s.written_in is None, "now is a moment"


def test_columns_of_moments_are_written_in_no_zone():
    aware = SUMMER.replace(tzinfo=ZoneInfo("Europe/Berlin"))
    columns = [[aware], [aware.isoformat()], pd.Series([aware]), pl.Series([aware]), pa.array([aware])]
    columns += [pd.Series([aware], dtype="category"), pa.array([aware.isoformat()], pa.large_string())]
    columns += [[SUMMER.timestamp()], np.array([SUMMER.timestamp()]), [dt.timedelta(1)]]
    for way in column_ways(columns):
        s = Stream("s", tz="Asia/Tokyo")
        way(s)
        assert s.written_in is None


def test_the_local_zone_has_a_name(local):
    tzlocal.reload_localzone()
    s = Stream("s")
    s.extend([1.0], ts=[SUMMER])
    assert s.written_in == local


def test_a_local_zone_without_a_name_has_its_offset(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "XYZ-9")
        time.tzset()
        with pytest.raises(LookupError):
            tzlocal.reload_localzone()
        patch.setattr(tzlocal, "get_localzone_name", tzlocal.reload_localzone)
        assert local_key() == "+09:00"
    time.tzset()
    tzlocal.reload_localzone()


def test_a_time_with_a_zone_is_what_it_says_by_every_way_in(local):
    aware = SUMMER.replace(tzinfo=ZoneInfo("Europe/Berlin"))
    one = [aware, aware.isoformat(), pd.Timestamp(aware), pa.scalar(aware), aware.astimezone(dt.UTC)]
    one.append(aware.astimezone(dt.UTC).isoformat().replace("+00:00", "Z"))
    columns = [
        [aware],
        pd.Series([aware]),
        pd.DatetimeIndex([aware]),
        pd.Series([aware]).astype("timestamp[us, Europe/Berlin][pyarrow]"),
        pl.Series([aware]),
        pa.array([aware]),
        pa.chunked_array([pa.array([aware])]),
    ]
    for each in one:
        assert times(lambda s, each=each: s.append(1.0, ts=each), tz="Asia/Tokyo") == [aware.timestamp()]
    for each in columns:
        assert times(lambda s, each=each: s.extend([1.0], ts=each), tz="Asia/Tokyo") == [aware.timestamp()]


# When clocks change

TWICE = dt.datetime(2026, 10, 25, 2, 30)  # in Berlin: at 00:30 and again at 01:30 UTC
NEVER = dt.datetime(2026, 3, 29, 2, 30)  # in Berlin: clocks go from 02:00 to 03:00


@pytest.mark.parametrize(
    ("moment", "utc"),
    [
        (TWICE, dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)),
        (NEVER, dt.datetime(2026, 3, 29, 1, 30, tzinfo=dt.UTC)),
    ],
)
def test_a_time_that_occurs_twice_is_the_first_and_one_that_never_occurs_keeps_the_offset_from_before(
    moment, utc
):
    assert {tuple(times(way, tz="Europe/Berlin")) for way in ways(moment)} == {(utc.timestamp(),)}


def test_a_datetime_may_say_that_it_is_the_second():
    second = dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC).timestamp()
    for moment in (TWICE.replace(fold=1), pd.Timestamp(TWICE).replace(fold=1)):
        assert times(lambda s, moment=moment: s.append(1.0, ts=moment), tz="Europe/Berlin") == [second]
        assert times(lambda s, moment=moment: s.extend([1.0], ts=[moment]), tz="Europe/Berlin") == [second]


@given(
    st.sampled_from(ZONES).map(ZoneInfo),
    st.lists(st.datetimes(dt.datetime(1900, 1, 3), dt.datetime(2100, 1, 1)), max_size=20),
)
def test_a_column_is_what_its_times_are_one_by_one(zone, moments):
    wall = np.array([moment.replace(tzinfo=dt.UTC).timestamp() for moment in moments])
    expected = [moment.replace(tzinfo=zone).timestamp() for moment in moments if moment.year >= 1970]
    found = to_utc_seconds(wall, zone)
    assert [
        each for each, moment in zip(found, moments, strict=True) if moment.year >= 1970
    ] == pytest.approx(expected)


def test_a_year_that_no_calendar_has_is_refused():
    with pytest.raises(BadTime, match="between 1 and 9999"):
        to_utc_seconds(np.array([9e12]), ZoneInfo("Asia/Tokyo"))


# Naming one


def test_a_zone_is_read_by_its_name_or_taken_as_it_is():
    assert read_zone(None, "tz") is None
    assert read_zone("UTC", "tz") is dt.UTC
    assert read_zone("Europe/Berlin", "tz") == ZoneInfo("Europe/Berlin")
    assert read_zone("-03:30", "tz") == dt.timezone(-dt.timedelta(hours=3, minutes=30))
    assert Stream(tz="Europe/Berlin").tz == ZoneInfo("Europe/Berlin")
    assert Stream().tz is None


@pytest.mark.parametrize("tz", ["Europe/Berlim", "", "../etc/passwd", "\0", "\ud83d", "x" * 500])
def test_a_name_that_no_zone_has_is_refused(tz):
    with pytest.raises(UsageError, match=r"^tz of stream 's' cannot be .*no zone of that name"):
        Stream("s", tz=tz)


def test_a_misspelled_zone_names_the_nearest_and_another_type_is_refused():
    with pytest.raises(UsageError, match="did you mean 'Europe/Berlin'"):
        Stream("s", tz="Europe/Berlim")
    with pytest.raises(WrongType, match="type int"):
        Stream("s", tz=9)


def test_a_zone_has_the_name_that_arrow_knows_it_by():
    assert zone_key(ZoneInfo("Europe/Berlin")) == "Europe/Berlin"
    assert zone_key(dt.UTC) == "UTC"
    assert zone_key(dt.timezone(-dt.timedelta(hours=3, minutes=30))) == "-03:30"
    assert zone_key(dt.timezone(dt.timedelta(seconds=1))) is None
