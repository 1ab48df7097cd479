"""Zones: what a time without a zone means, and the zone that tables come out in.

One rule for times of every library: they are times of the stream's zone, which is the local one unless `Stream(tz=…)`
says otherwise. A time that occurs twice, when clocks are set back, is the first of the two (but for a `datetime` whose
`fold` is 1); one that never occurs, when they are set forward, is read with the offset from before.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import BadTime, UsageError, WrongType, did_you_mean, shown

Zone = dt.tzinfo | None
"""A zone; None: the local one of this process."""

_OFFSET = re.compile(r"[+-](0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]")

_BUCKET = 900
"""Seconds of wall clock that share one zone offset: zones in use change theirs on the quarter of an hour."""

_EPOCH = dt.datetime(1970, 1, 1)
_FIRST_BUCKET = int((dt.datetime(1, 1, 2) - _EPOCH).total_seconds()) // _BUCKET
_LAST_BUCKET = int((dt.datetime(9999, 12, 30) - _EPOCH).total_seconds()) // _BUCKET


def read_zone(tz: Any, what: str) -> Zone:
    """Return a zone as users pass it.

    Args:
        tz: a key such as "Europe/Berlin" or "UTC", an offset such as "+09:00", a `tzinfo` of any library, or None for
            local time.
        what: what it is for, to begin the error message with.

    Raises:
        UsageError: when there is no zone of this name.
        WrongType: when it is none of the above.
    """
    if tz is None or type(tz) is dt.timezone:
        return tz
    if hasattr(tz, "localize") and isinstance(getattr(tz, "zone", None), str):
        tz = tz.zone  # pytz, whose zones must not be put into a datetime as they are
    if isinstance(tz, dt.tzinfo):
        return tz
    if not isinstance(tz, str):
        raise WrongType(
            f"{what} cannot be {shown(tz)}: it is of type {type(tz).__name__}; "
            "pass a name such as 'Europe/Berlin', a tzinfo, or None for local time"
        )
    if tz in ("UTC", "Z"):
        return dt.UTC
    if _OFFSET.fullmatch(tz):
        return dt.datetime.fromisoformat(f"2000-01-01T00:00{tz}").tzinfo
    import zoneinfo  # here, since most streams need none

    try:
        return zoneinfo.ZoneInfo(tz)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = did_you_mean(tz, zoneinfo.available_timezones()) or "; pass one such as 'Europe/Berlin'"
        raise UsageError(
            f"{what} cannot be {shown(tz)}: no zone of that name is known to this computer{near}"
        ) from error


def zone_key(zone: dt.tzinfo) -> str | None:
    """Return the name of a zone as Arrow has them: an IANA key or an offset such as `+09:00`; None: it has none."""
    key = getattr(zone, "key", None)
    if isinstance(key, str):
        return key
    if zone is dt.UTC:
        return "UTC"
    if isinstance(zone, dt.timezone):
        offset = zone.utcoffset(None)
        minutes, rest = divmod(round(offset.total_seconds()), 60)
        sign = "-" if minutes < 0 else "+"
        return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}" if not rest else None
    return None


def local_key() -> str | None:
    """Return the name of the local zone of this process, as `zone_key`; None: it has none that is known."""
    import tzlocal  # here, since most streams need none

    try:
        name = tzlocal.get_localzone_name()
    except (LookupError, ValueError, OSError):  # TZ is "JST-9", say
        name = None
    return str(name) if name else zone_key(dt.datetime.now().astimezone().tzinfo or dt.UTC)


def to_timestamp(moment: dt.datetime, zone: Zone) -> float:
    """Return the seconds since the epoch of a datetime; one that has no zone is a time of `zone`."""
    if moment.tzinfo is None and zone is not None:
        moment = moment.replace(tzinfo=zone)
    return float(moment.timestamp())


def to_utc_seconds(wall: npt.NDArray[np.float64], zone: Zone) -> npt.NDArray[np.float64]:
    """Convert wall clock times of a zone, in seconds since 1970 by that clock, to seconds since the epoch.

    Looks up the zone's offset once for every quarter of an hour that occurs.
    """
    if zone is dt.UTC:
        return wall
    buckets, where = np.unique(np.floor_divide(wall, _BUCKET).astype(np.int64), return_inverse=True)
    if len(buckets) and not _FIRST_BUCKET <= buckets[0] <= buckets[-1] <= _LAST_BUCKET:
        raise BadTime(
            "a time has no meaning without a zone: its year is not between 1 and 9999; pass seconds since the epoch"
        )
    offsets = [
        to_timestamp(_EPOCH + dt.timedelta(seconds=start), zone) - start
        for start in (buckets * _BUCKET).tolist()
    ]
    return wall + np.array(offsets, dtype=np.float64)[where]
