"""Times: users' timestamps, converted to float64 seconds since the epoch.

Accepts seconds, integer nanoseconds, ISO 8601 text and the datetimes of every library, one or a whole column at a time;
`zones` says what those without a zone mean. A span of time (a timedelta) is a time of a clock of its own, which began
at 0. The stream handles `None` ("now"): nothing here reads a clock.
"""

from __future__ import annotations

import datetime as dt
import math
import numbers
from decimal import Decimal
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from ..errors import BadTime, WrongLength, shown
from .zones import Zone, to_timestamp, to_utc_seconds

NANOSECONDS_FROM = 10**17
"""Integers from here on (in seconds: three billion years) are nanoseconds since the epoch (March 1973 and later)."""

NOT_SECONDS_FROM = 1e11
"""Other numbers from here on (in seconds: the year 5138) must be in a smaller unit, and are refused."""

Floats = npt.NDArray[np.float64]

_BY_VALUE = ("object", "str", "categor")
"""What types of columns are called of which only a value shows what it is: of objects, texts and categories."""

_PASS = "pass seconds since the epoch, a datetime, or a text such as '2026-11-28T12:00:00Z'"


def to_seconds(value: Any, zone: Zone = None) -> float:
    """Convert one moment to seconds since the epoch.

    Args:
        value: seconds (any real number), integer nanoseconds (from 1e17 on), ISO 8601 text, a `datetime`, a `date`
            (its midnight), or the same of numpy, pandas, pyarrow and others; a `timedelta` is a time of its own clock.
        zone: of times that have none; None: local time.

    Raises:
        BadTime: for bool, other text, None, NaN, infinity, NaT and numbers that must be milli-, micro- or float
            nanoseconds.
    """
    if type(value) is float:
        return value if abs(value) < NOT_SECONDS_FROM else _refuse_number(value)
    if isinstance(value, dt.date):
        return _date_to_seconds(value, zone)
    if isinstance(value, str):
        return _text_to_seconds(value, zone)
    if isinstance(value, np.datetime64):
        return float(to_utc_seconds(_wall_seconds(np.array([value])), zone)[0])
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, np.timedelta64):
        return float(_span_seconds(np.array([value]))[0])
    if isinstance(value, bool | np.bool_):
        raise BadTime(f"time {value!r} is not a moment: it is a truth value; pass seconds since the epoch")
    if isinstance(value, numbers.Integral):
        return _integer_to_seconds(int(value))
    if isinstance(value, numbers.Real | Decimal):
        try:
            number = float(value)
        except (OverflowError, ValueError):  # a fraction beyond 1.8e308, Decimal("sNaN")
            number = math.inf
        return to_seconds(number)
    inner = _inside(value)
    if inner is not None:
        return to_seconds(inner, zone)
    raise BadTime(f"time {shown(value)} is not a moment: it is of type {type(value).__name__}; {_PASS}")


def to_seconds_array(values: Any, n: int, zone: Zone = None) -> Floats:
    """Convert a column of moments to seconds since the epoch.

    Args:
        values: a list, numpy array, pandas, polars or pyarrow column of what `to_seconds` takes, or one moment for
            all.
        n: how many moments there must be.
        zone: of times that have none; None: local time.

    Returns:
        float64 array of length `n`; it may be `values` itself.

    Raises:
        BadTime: when one of the values is not a moment.
        WrongLength: when there are not `n` of them.
    """
    if (
        not hasattr(values, "__len__")
        or isinstance(values, str | bytes)
        or getattr(values, "shape", None) == ()
    ):
        return np.full(n, to_seconds(values, zone))
    if getattr(values, "ndim", 1) != 1 or len(values) != n:
        shape = getattr(values, "shape", (len(values),))
        raise WrongLength(
            f"times cannot be matched to records: {n} records, times of shape {shape}; pass {n} times"
        )
    array = _as_array(values)
    match array.dtype.kind if array is not None else "":
        case "f":
            return _checked_floats(np.asarray(array, dtype=np.float64))
        case "i" | "u":
            return _integers_to_seconds(np.asarray(array))
        case "M":
            seconds = _wall_seconds(np.asarray(array))
            return seconds if zone_of(values) is not None else to_utc_seconds(seconds, zone)
        case "m":
            return _span_seconds(np.asarray(array))
    if hasattr(values, "to_pylist"):  # pyarrow
        values = values.to_pylist()
    return np.fromiter((to_seconds(value, zone) for value in values), dtype=np.float64, count=n)


def zone_of(values: Any) -> Any:
    """Return the zone of a column of times as its library has it (a tzinfo or a name); None: it has none."""
    dtype: Any = getattr(values, "dtype", None) or getattr(values, "type", None)  # of pyarrow: type
    dtype = getattr(dtype, "pyarrow_dtype", dtype)  # of pandas on pyarrow
    return getattr(dtype, "tz", None) or getattr(dtype, "time_zone", None)


def without_zone(values: Any) -> bool:
    """Whether a column of times is of dates and clock times without a zone: such are read as times of the stream's."""
    if isinstance(values, np.ndarray) and values.dtype != object:
        return bool(values.dtype.kind == "M")
    dtype: Any = getattr(values, "dtype", None) or getattr(values, "type", None)
    if dtype is not None and not any(kind in str(dtype).lower() for kind in _BY_VALUE):
        return has_moments(values) and zone_of(values) is None
    first = (
        next((value for value in values if value is not None), None) if hasattr(values, "__iter__") else None
    )
    to_python = getattr(first, "as_py", None)  # pyarrow
    first = to_python() if to_python is not None else first
    if isinstance(first, str):
        try:
            first = dt.datetime.fromisoformat(first.strip())
        except ValueError:
            return False
    if isinstance(first, dt.datetime):
        return first.tzinfo is None
    return isinstance(first, dt.date | np.datetime64)


def has_moments(values: Any) -> bool:
    """Whether a column holds dates or datetimes, of any library, and missing values at most."""
    if type(values) is list and values and type(values[0]) in (float, int, str):
        return False
    if isinstance(values, np.ndarray) and values.dtype != object:
        return bool(values.dtype.kind == "M")
    dtype: Any = getattr(values, "dtype", None) or getattr(values, "type", None)
    name = str(dtype)
    if dtype is not None and name not in ("object", "Object", "category"):
        return getattr(dtype, "kind", "") == "M" or name.startswith(("Date", "timestamp", "date", "period"))
    if not hasattr(values, "__iter__"):
        return False
    moments = False
    for value in values:
        if isinstance(value, dt.date | np.datetime64):
            moments = moments or value == value  # NaT is a datetime
        elif not (
            value is None or type(value).__name__ == "NAType" or (type(value) is float and value != value)
        ):
            return False
    return moments


def says_moment(text: str) -> bool:
    """Whether a text is a date of ISO 8601, with a clock time or without; `20240103` is a number."""
    try:
        float(text)
    except ValueError:
        try:
            dt.datetime.fromisoformat(text.strip())
        except ValueError:
            return False
        return True
    return False


def to_utc(seconds: Floats) -> npt.NDArray[np.datetime64]:
    """Convert seconds since the epoch to datetime64[us], in UTC.

    Microseconds, because float64 seconds of present dates resolve no more: further digits would be noise.
    """
    whole = np.floor(seconds)
    micros = whole.astype(np.int64) * 1_000_000 + np.rint((seconds - whole) * 1e6).astype(np.int64)
    return micros.view("M8[us]")


def _inside(value: Any) -> Any:
    """Return what is in a wrapper of one moment: an array of one, a scalar of pyarrow, a period; None: it is none."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and all(n == 1 for n in shape) and hasattr(value, "item"):
        if np.ma.is_masked(value):
            return None
        # Not item(): that makes integers of datetime64[ns].
        return value.reshape(-1)[0] if isinstance(value, np.ndarray) else value.item()
    if hasattr(value, "as_py"):
        if str(value.type).startswith("timestamp") and value.is_valid:
            wall = np.datetime64(value.value, value.type.unit)  # as_py() refuses nanoseconds without pandas
            return wall if value.type.tz is None else float(_wall_seconds(np.array([wall]))[0])
        return value.as_py()
    if hasattr(value, "to_timestamp") and hasattr(value, "ordinal"):  # a period of pandas: its beginning
        return value.to_timestamp()
    moment = getattr(value, "datetime", None)  # arrow.Arrow; where it has no zone it is anybody's guess
    if isinstance(moment, dt.datetime) and moment.tzinfo is not None:
        return moment
    to_datetime = getattr(value, "to_stdlib", None) or getattr(value, "py_datetime", None)  # whenever
    moment = to_datetime() if callable(to_datetime) else None
    return moment if isinstance(moment, dt.date) else None


def _text_to_seconds(text: str, zone: Zone) -> float:
    try:
        number = float(text)
    except ValueError:
        try:
            return to_timestamp(dt.datetime.fromisoformat(text.strip()), zone)
        except (ValueError, OverflowError, OSError) as error:
            raise BadTime(
                f"time {shown(text)} is not a moment: it is no date of ISO 8601; {_PASS}"
            ) from error
    raise BadTime(f"time {shown(text)} is not a moment: it is a number as text; pass {number!r}, in seconds")


def _date_to_seconds(value: dt.date, zone: Zone) -> float:
    if value != value:  # pandas.NaT is a datetime, and differs from itself
        raise BadTime("time NaT is not a moment: it is a missing time; leave ts out for now")
    nanoseconds = 0.0
    if not isinstance(value, dt.datetime):
        moment: Any = dt.datetime.combine(value, dt.time.min)
    else:
        moment = value
    if hasattr(moment, "to_pydatetime"):
        # pandas treats its own naive timestamps as UTC
        nanoseconds = moment.nanosecond * 1e-9
        moment = moment.to_pydatetime(warn=False)
    try:
        return to_timestamp(moment, zone) + nanoseconds
    except (OverflowError, ValueError, OSError) as error:
        raise BadTime(f"time {value!r} cannot be converted to seconds: {error}; pass seconds") from error


def _integer_to_seconds(value: int) -> float:
    if abs(value) < NOT_SECONDS_FROM:
        return float(value)
    if NANOSECONDS_FROM <= abs(value) < 2**64:
        return value / 1_000_000_000
    return _refuse_number(value)


def _refuse_number(value: int | float) -> NoReturn:
    if value != value or abs(value) == math.inf:  # an integer may be larger than a float can be
        raise BadTime(f"time {value!r} is not a moment: it is not finite; pass seconds since the epoch")
    if abs(value) < 1e14:
        unit, fix = "milliseconds", "divide by 1e3"
    elif abs(value) < 1e17:
        unit, fix = "microseconds", "divide by 1e6"
    elif isinstance(value, float) and abs(value) < 2**64:
        unit, fix = "nanoseconds as a float", "pass them as an int, or divide by 1e9"
    else:
        unit, fix = "no unit that is in use", "pass seconds since the epoch"
    raise BadTime(f"time {shown(value)} cannot be seconds: it looks like {unit}; {fix}")


def _as_array(values: Any) -> npt.NDArray[Any] | None:
    """Return a numpy array for columns that can be converted as a whole; None: convert value by value."""
    if isinstance(values, np.ndarray) and not isinstance(values, np.ma.MaskedArray):
        return values
    if isinstance(values, list | tuple):
        types = set(map(type, values))
        if types <= {float}:
            return np.array(values, dtype=np.float64)
        return np.array(values) if types == {int} and all(abs(value) < 2**63 for value in values) else None
    if hasattr(values, "to_pylist"):  # pyarrow
        whole = str(values.type).startswith(("timestamp", "date", "duration")) or not values.null_count
        return np.asarray(values.to_numpy(zero_copy_only=False)) if whole else None
    dtype: Any = getattr(values, "dtype", None)
    if getattr(dtype, "tz", None) is not None and hasattr(
        dtype, "unit"
    ):  # pandas, with a zone: hands out UTC
        return np.asarray(values.to_numpy(dtype=f"M8[{dtype.unit}]"))
    if isinstance(dtype, np.dtype) or hasattr(values, "null_count"):  # pandas on numpy, polars
        return np.asarray(values.to_numpy())
    return None


def _checked_floats(values: Floats) -> Floats:
    if len(values) and not (
        values.min() > -NOT_SECONDS_FROM and values.max() < NOT_SECONDS_FROM
    ):  # catches NaN too
        _refuse_number(float(values[~(np.abs(values) < NOT_SECONDS_FROM)][0]))
    return values


def _integers_to_seconds(values: npt.NDArray[Any]) -> Floats:
    seconds = values.astype(np.float64)
    large = np.abs(seconds) >= NOT_SECONDS_FROM
    nano = np.abs(seconds) >= NANOSECONDS_FROM
    if (large & ~nano).any():
        _refuse_number(int(values[large & ~nano][0]))
    return np.where(nano, seconds / 1e9, seconds) if nano.any() else seconds


def _wall_seconds(values: npt.NDArray[Any]) -> Floats:
    """Convert datetime64 to seconds since 1970 by the clock that they are of."""
    if np.isnat(values).any():
        raise BadTime("a time is missing: one of the values is NaT; drop those records, or give them a time")
    whole = values.astype("M8[s]")
    fraction = (values - whole).astype("m8[ns]").astype(np.int64)
    seconds: Floats = whole.astype(np.int64) + fraction / 1e9
    return seconds


def _span_seconds(values: npt.NDArray[Any]) -> Floats:
    """Convert timedelta64 to seconds of a clock of its own."""
    unit = np.datetime_data(values.dtype)[0]
    if unit in ("generic", "M", "Y"):
        raise BadTime(
            f"time {shown(values[0])} is not a moment: its unit has no length in seconds; pass seconds"
        )
    if np.isnat(values).any():
        raise BadTime("a time is missing: one of the values is NaT; drop those records, or give them a time")
    whole = values.astype("m8[s]")
    fraction = (values - whole).astype("m8[ns]").astype(np.int64)
    seconds: Floats = whole.astype(np.int64) + fraction / 1e9
    return seconds
