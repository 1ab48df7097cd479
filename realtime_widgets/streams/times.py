"""Times: users' timestamps, converted to float64 seconds since the epoch.

Accepts seconds, integer nanoseconds, and datetimes of the standard library, numpy, pandas and polars, one or a whole
column at a time. All that carry no zone are local time, as for `datetime.timestamp()`. The stream handles `None`
("now"): nothing here reads a clock.
"""

from __future__ import annotations

import datetime as dt
import math
import numbers
from decimal import Decimal
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from ..errors import BadTime, WrongLength

NANOSECONDS_FROM = 10**17
"""Integers from here on (in seconds: three billion years) are nanoseconds since the epoch (March 1973 and later)."""

NOT_SECONDS_FROM = 1e11
"""Other numbers from here on (in seconds: the year 5138) must be in a smaller unit, and are refused."""

_BUCKET = 900
"""Seconds of wall clock that share one zone offset: zones in use change theirs on the quarter of an hour."""

_EPOCH = dt.datetime(1970, 1, 1)
_FIRST_BUCKET = int((dt.datetime(1, 1, 2) - _EPOCH).total_seconds()) // _BUCKET
_LAST_BUCKET = int((dt.datetime(9999, 12, 30) - _EPOCH).total_seconds()) // _BUCKET

Floats = npt.NDArray[np.float64]


def to_seconds(value: Any) -> float:
    """Convert one moment to seconds since the epoch.

    Args:
        value: seconds (any real number), integer nanoseconds (from 1e17 on), a `datetime`, `date` (its
            midnight), `pandas.Timestamp` or `numpy.datetime64`. Those without a zone are local time.

    Raises:
        BadTime: for bool, text, None, NaN, infinity, NaT and numbers that must be milli-, micro- or float
            nanoseconds.
    """
    if type(value) is float:
        return value if abs(value) < NOT_SECONDS_FROM else _refuse_number(value)
    if isinstance(value, dt.date):
        return _date_to_seconds(value)
    if isinstance(value, np.datetime64):
        return float(_local_to_seconds(np.array([value]))[0])
    if isinstance(value, bool | np.bool_):
        raise BadTime(f"time {value!r} is not a moment: it is a truth value; pass seconds since the epoch")
    if isinstance(value, numbers.Integral):
        return _integer_to_seconds(int(value))
    if isinstance(value, numbers.Real | Decimal):
        try:
            return to_seconds(float(value))
        except OverflowError:
            _refuse_number(math.inf)
    if getattr(value, "shape", None) == () and hasattr(value, "item"):  # a 0-d array or tensor
        return to_seconds(value.item())
    hint = (
        "datetime.fromisoformat(...) of it"
        if isinstance(value, str)
        else "seconds since the epoch or a datetime"
    )
    raise BadTime(f"time {value!r} is not a moment: it is of type {type(value).__name__}; pass {hint}")


def to_seconds_array(values: Any, n: int) -> Floats:
    """Convert a column of moments to seconds since the epoch.

    Args:
        values: a list, numpy array, pandas or polars column of what `to_seconds` takes, or one moment for
            all.
        n: how many moments there must be.

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
        return np.full(n, to_seconds(values))
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
            zone = getattr(values.dtype, "tz", None) or getattr(values.dtype, "time_zone", None)
            return (
                _utc_to_seconds(np.asarray(array))
                if zone is not None
                else _local_to_seconds(np.asarray(array))
            )
    return np.fromiter(map(to_seconds, values), dtype=np.float64, count=n)


def to_utc(seconds: Floats) -> npt.NDArray[np.datetime64]:
    """Convert seconds since the epoch to datetime64[us], in UTC.

    Microseconds, because float64 seconds of present dates resolve no more: further digits would be noise.
    """
    whole = np.floor(seconds)
    micros = whole.astype(np.int64) * 1_000_000 + np.rint((seconds - whole) * 1e6).astype(np.int64)
    return micros.view("M8[us]")


def _date_to_seconds(value: dt.date) -> float:
    if value != value:  # pandas.NaT is a datetime, and differs from itself
        raise BadTime("time NaT is not a moment: it is a missing time; leave ts out for now")
    nanoseconds = 0.0
    if not isinstance(value, dt.datetime):
        moment: Any = dt.datetime.combine(value, dt.time.min)
    else:
        moment = value
    if hasattr(moment, "to_pydatetime"):
        # pandas treats its own naive timestamps as UTC, all other libraries as local
        nanoseconds = moment.nanosecond * 1e-9
        moment = moment.to_pydatetime(warn=False)
    try:
        return float(moment.timestamp()) + nanoseconds
    except (OverflowError, ValueError, OSError) as error:
        raise BadTime(f"time {value!r} cannot be converted to seconds: {error}; pass seconds") from error


def _integer_to_seconds(value: int) -> float:
    if abs(value) < NOT_SECONDS_FROM:
        return float(value)
    if NANOSECONDS_FROM <= abs(value) < 2**64:
        return value / 1_000_000_000
    return _refuse_number(value)


def _refuse_number(value: float) -> NoReturn:
    if value != value or abs(value) == math.inf:  # an integer may be larger than a float can be
        raise BadTime(f"time {value!r} is not a moment: it is not finite; pass seconds since the epoch")
    if abs(value) < 1e14:
        unit, fix = "milliseconds", "divide by 1e3"
    elif abs(value) < 1e17:
        unit, fix = "microseconds", "divide by 1e6"
    else:
        unit, fix = "nanoseconds as a float", "pass them as an int, or divide by 1e9"
    raise BadTime(f"time {value!r} cannot be seconds: it looks like {unit}; {fix}")


def _as_array(values: Any) -> npt.NDArray[Any] | None:
    """Return a numpy array for columns that can be converted as a whole; None: convert value by value."""
    if isinstance(values, np.ndarray) and not isinstance(values, np.ma.MaskedArray):
        return values
    if isinstance(values, list | tuple):
        types = set(map(type, values))
        if types <= {float}:
            return np.array(values, dtype=np.float64)
        return np.array(values) if types == {int} else None
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


def _utc_to_seconds(values: npt.NDArray[Any]) -> Floats:
    if np.isnat(values).any():
        raise BadTime(
            "a time is missing: one of the values is NaT; drop those records, or leave ts out for now"
        )
    whole = values.astype("M8[s]")
    fraction = (values - whole).astype("m8[ns]").astype(np.int64)
    seconds: Floats = whole.astype(np.int64) + fraction / 1e9
    return seconds


def _local_to_seconds(values: npt.NDArray[Any]) -> Floats:
    """Convert datetime64 of the local wall clock; looks up the zone offset once per quarter of an hour that occurs."""
    seconds = _utc_to_seconds(values)
    buckets, where = np.unique(np.floor_divide(seconds, _BUCKET).astype(np.int64), return_inverse=True)
    if len(buckets) and not _FIRST_BUCKET <= buckets[0] <= buckets[-1] <= _LAST_BUCKET:
        raise BadTime(
            "a time has no local meaning: its year is not between 1 and 9999; pass seconds since the epoch"
        )
    offsets = [
        (_EPOCH + dt.timedelta(seconds=start)).timestamp() - start for start in (buckets * _BUCKET).tolist()
    ]
    return seconds + np.array(offsets, dtype=np.float64)[where]
