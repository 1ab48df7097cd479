"""A still: a table as a stream of its own, which nothing comes after.

A table is no live feed, so none of its rows are ahead of the present: its clock goes on from the last of its times,
where that lies in the future (a forecast, a timetable). A column keeps its name.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ..streams import Stream
from ..streams.intake import intake
from ..streams.tables import columns_of, in_pandas, levels_of
from ..streams.times import has_moments

_RESERVED = ("", "seq", "ts")
"""Names that no field may have."""


def still(table: Any, name: str, ts: str | None = None) -> Stream:
    """Return a stream of the records of a table, all of them present.

    Args:
        table: what `Stream.extend` takes.
        name: of the stream.
        ts: the column or the index of their times; None: see `Stream.extend`.

    Raises:
        UsageError: for a table that `Stream.extend()` does not take.
    """
    taken = intake(named(table), ts)
    now = time.time()
    if taken.count:
        taken.ts, taken.without_ts = taken.times(now), []
        now = max(now, float(taken.ts.max()))
    stream = Stream(name, max_points=None, clock=_clock_from(now))
    stream.extend(taken)
    stream.complete = True
    return stream


def _clock_from(now: float) -> Callable[[], float]:
    """Return a clock that says this now, and goes on as clocks do: ages count from when the table was given."""
    ahead = now - time.time()
    return lambda: max(now, time.time() + ahead)


def named(table: Any) -> Any:
    """Return a column that has a name (of pandas, polars or xarray) as a table of one; everything else as it is."""
    table = in_pandas(table)
    name = getattr(table, "name", None)
    if not isinstance(name, str) or name in _RESERVED or hasattr(table, "inferred_type"):  # of an Index
        return table
    return table.to_frame() if callable(getattr(table, "to_frame", None)) else table


def index_of_numbers(table: Any) -> str | None:
    """Return the name of the index of a table without times, when it has one and grows in numbers; None: it is not so.

    So has what `groupby("hour").mean()` returns, or `set_index("step")`. The index of a table that has no name only
    counts its rows, or what is left of them.
    """
    table = named(table)
    levels = levels_of(table)
    if len(levels) != 1 or not isinstance(levels[0], str) or levels[0] in _RESERVED:
        return None
    index, columns = table.index, columns_of(table)
    if levels[0] in columns or index.dtype.kind not in "iuf" or not index.is_monotonic_increasing:
        return None
    if len(index) < 2 or not np.isfinite(index.to_numpy(float)).all():
        return None
    return None if "ts" in columns or any(map(has_moments, columns.values())) else levels[0]
