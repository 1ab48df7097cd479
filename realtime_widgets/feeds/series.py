"""SeriesFeed: number fields of one stream over a sliding window, for charts and cards.

It reads its stream by cursor, sorts new records into `Buckets` and returns the buckets that changed. The three layouts
share one mechanism:

    few records in view           → buckets of one record: the points themselves
    window in points, many        → buckets of `step` records
    window in seconds, many       → buckets of `step` seconds, about one per pixel

The layout changes (and a keyframe follows) when the view's width or the number of records in it requires it; in between
the work of `take` grows with the new records only. Old records that the stream has dropped stay in the chart while the
window shows them; a change of layout or a new feed starts from the records that the stream has kept.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import msgspec
import numpy as np

from ..errors import UnknownField, UsageError, did_you_mean
from ..streams import Batch, Stream
from ..streams.gaps import Gap
from .decimation import BucketArrays, Buckets, Floats, Ints, nice_step
from .feed import Payload

DEFAULT_PX = 800
"""Width assumed until a page reports one, CSS pixels."""
MAX_SERIES = 32
"""A feed without named fields shows at most this many number fields, in the order they appeared."""
_RAW_ABOVE, _RAW_BELOW = 1.5, 0.5
"""Records per pixel at which points become buckets, and buckets become points again; different, so that a view near one
of them does not alternate (hysteresis)."""


@dataclass(frozen=True, slots=True)
class Points:
    """A window of the newest `n` records."""

    n: int

    def __post_init__(self) -> None:
        n: Any = self.n
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 2:
            raise ValueError(f"a window of {self.n!r} points: a whole number of at least 2 is needed")


def points(n: int) -> Points:
    """Return a window of the newest `n` records, for `window=`.

    Raises:
        ValueError: when `n` is not a whole number of at least 2.
    """
    return Points(int(Points(n).n))


class Layout(msgspec.Struct, frozen=True):
    """How records become buckets: `capacity` buckets of `step` seconds or `step` records each."""

    kind: Literal["seconds", "records"]
    step: float
    capacity: int


class SeriesFeed:
    """A feed of number fields: a cursor into a stream, and the buckets of a window.

    Args:
        stream: the stream of records.
        fields: the number fields to show; None: all that the stream has, also those that appear later.
        window: seconds, or `Points`.

    Raises:
        UnknownField: when the stream has fields, but not one of those named.
    """

    def __init__(self, stream: Stream, fields: Sequence[str] | None, window: float | Points) -> None:
        self.stream = stream
        self.window = window
        self.fields: tuple[str, ...] = tuple(fields or ())
        self.last: list[float] = []
        self.newest_ts: float | None = None
        self._follow_fields = fields is None
        self._px = DEFAULT_PX
        self._cursor = 0
        self._cleared = 0
        self._gaps = 0
        self._missing: Gap | None = None
        self._sent = 0
        self._layout: Layout | None = None
        self._wanted: Layout | None = None  # decided, not yet built; None with a layout: nothing to rebuild
        self._buckets = Buckets(0, 1)
        self._marks: deque[tuple[float, int]] = deque()
        self._fresh = 0  # records since the last part
        self.merged = 0
        """Records that shared a bucket of a part with others."""
        self.dropped = 0
        """Records that were overwritten in the stream before they were read."""
        for name in self.fields:
            check_field(stream, name)

    def resize(self, px: int) -> None:
        """Set the width of the widest view, CSS pixels; the buckets are rebuilt when their step changes."""
        self._px = min(max(int(px), 50), 10_000)
        if self._layout is not None:
            self._want(self._in_view(None))

    def changed(self) -> bool:
        """Whether `take` would return anything new."""
        stream = self.stream
        return (
            self._layout is None
            or self._wanted is not None
            or stream.last_seq != self._cursor
            or stream.cleared_seq != self._cleared
            or stream.gap_count != self._gaps
            or self._fields_changed()
        )

    def take(self, key: bool, now: float) -> Payload:
        """Return the buckets that changed since the last call, or all of them."""
        shown = self._layout is not None
        missing = self._missing
        self._gaps = self.stream.gap_count
        anew = self._ingest()
        self._missing = self.stream.missing
        key = key or anew
        touched = self._buckets.touched()
        self.merged += max(0, self._fresh - len(touched))
        self._fresh = 0
        arrays = self._kept() if key else touched
        first, self._sent = self._sent + 1, self._cursor
        body, columns = self._body(key, arrays), self._columns(arrays)
        return Payload(
            first, self._cursor, key, body, columns, moved=shown and (anew or self._missing != missing)
        )

    def baseline(self) -> tuple[float, float]:
        """Return time and value of the first series at the start of the window: of its first bucket with a value.

        The value is the middle of the bucket; both are NaN while there is only the newest bucket to compare with.
        """
        arrays = self._kept()
        drawn = np.flatnonzero(~np.isnan(arrays.lo[0])) if len(arrays.lo) else np.empty(0, np.int64)
        if len(drawn) < 2:
            return math.nan, math.nan
        start = drawn[np.argmin(arrays.x[drawn])]
        return float(arrays.x[start]), float(arrays.lo[0, start] + arrays.hi[0, start]) / 2

    # Reading

    def _ingest(self) -> bool:
        """Read new records into the buckets; returns whether the buckets were rebuilt."""
        if self._layout is None or self._fields_changed():
            self._rebuild(None)
            return True
        batch = self.stream.read(after=self._cursor, fields=self.fields)
        if self.stream.cleared_seq != self._cleared:
            self._rebuild(None)
            return True
        if len(batch):
            self._want(self._in_view(batch))
        if self._wanted is not None:
            self._rebuild(self._wanted)
            return True
        self._add(batch, self._layout, broken=batch.missed > 0)
        self._fresh += len(batch)
        self.dropped += batch.missed
        return False

    def _rebuild(self, layout: Layout | None) -> None:
        """Rebuild the buckets from what the stream has kept, in the given layout or in the one that fits."""
        self._cleared = self.stream.cleared_seq
        batch = None
        while batch is None or self._fields_changed():  # a field may appear before the read
            self.fields = self.drawn_fields()
            batch = self.stream.read(fields=self.fields)
        self._cursor = batch.last_seq
        self.last = [math.nan] * len(self.fields)
        self.newest_ts = None
        self._marks.clear()
        if not len(batch):
            start = 0
        elif isinstance(self.window, Points):
            start = max(0, len(batch) - self.window.n)
        else:
            start = max(0, int(np.argmax(batch.ts >= batch.ts.max() - self.window)) - 1)
        self._wanted = None
        self._layout = layout or self._fitting(len(batch) - start)
        if self._is_bucketed_by_time() and len(batch):
            # The bucket at the edge of the window is whole too, as if the window had moved there.
            numbers = np.floor(batch.ts / self._layout.step)
            start = int(np.argmax(numbers > numbers.max() - self._layout.capacity))
        self._buckets = Buckets(len(self.fields), self._layout.capacity)
        self._add(batch, self._layout, start=start)

    def _add(self, batch: Batch, layout: Layout, *, start: int = 0, broken: bool = False) -> None:
        self._cursor = max(self._cursor, batch.last_seq)
        ts = batch.ts[start:]
        if not len(ts):
            return
        seq = np.arange(batch.first_seq + start, batch.last_seq + 1, dtype=np.int64)
        by_time = layout.kind == "seconds"
        k = np.floor(ts / layout.step).astype(np.int64) if by_time else (seq - 1) // int(layout.step)
        values = self._values(batch)[:, start:]
        for piece, cut in _pieces(batch, start):
            self._buckets.add(k[piece], ts[piece], values[:, piece], broken=broken or cut)
            broken = False
        newest = len(ts) - 1 - int(np.argmax(ts[::-1]))  # of equal times, the later record
        if self.newest_ts is None or ts[newest] >= self.newest_ts:
            self.last = [float(value) for value in values[:, newest]]
        self._mark(ts, seq)

    def _values(self, batch: Batch) -> Floats:
        """Return the shown fields as one array, shape (series, records); NaN where a field does not exist yet."""
        values = np.full((len(self.fields), len(batch)), np.nan)
        for row, name in zip(values, self.fields, strict=True):
            if name in batch.columns:
                row[:] = batch.numbers(name)
        return values

    def drawn_fields(self) -> tuple[str, ...]:
        """Return the fields to draw: those named, or all number fields; a drawn field stays when its kind changes."""
        if not self._follow_fields:
            return self.fields
        names = [name for name, kind in self.stream.fields.items() if kind == "number" or name in self.fields]
        return tuple(names[:MAX_SERIES])

    def trouble(self) -> str | None:
        """Return a sentence for the user when the stream has none of the named fields; None: it can be drawn."""
        there = self.stream.fields
        if self._follow_fields or not there or any(name in there for name in self.fields):
            return None
        return _no_such_field(self.stream, self.fields[0])

    def _fields_changed(self) -> bool:
        return self._follow_fields and self.drawn_fields() != self.fields

    # Layout

    def _want(self, count: int) -> None:
        """Choose the layout for a window with `count` records in it."""
        fitting = self._fitting(count)
        self._wanted = None if fitting == self._layout else fitting

    def _fitting(self, count: int) -> Layout:
        if isinstance(self.window, Points):
            if self.window.n <= _RAW_ABOVE * self._px:
                return Layout("records", 1, self.window.n)
            step = max(nice_step(self.window.n / self._px), 1.0)
            return Layout("records", step, math.ceil(self.window.n / step) + 1)
        bucketed = self._layout is not None and self._layout.kind == "seconds"
        if count <= (_RAW_BELOW if bucketed else _RAW_ABOVE) * self._px:
            return Layout("records", 1, 2 * self._px)
        step = nice_step(self.window / self._px)
        return Layout("seconds", step, math.ceil(self.window / step) + 2)

    def _mark(self, ts: Floats, seq: Ints) -> None:
        """Keep about 200 times and record numbers along the window, to estimate how many records are in view."""
        running = np.maximum.accumulate(ts)
        if self.newest_ts is not None:
            running = np.maximum(running, self.newest_ts)
        if isinstance(self.window, Points):
            self.newest_ts = float(running[-1])
            return
        for i in range(0, len(ts), max(1, len(ts) // 200)):
            if not self._marks or running[i] - self._marks[-1][0] >= self.window / 200:
                self._marks.append((float(running[i]), int(seq[i])))
        self.newest_ts = float(running[-1])
        while len(self._marks) > 1 and self._marks[0][0] < self.newest_ts - self.window:
            self._marks.popleft()

    def _in_view(self, batch: Batch | None) -> int:
        """Return about how many records the window holds, including those of `batch`."""
        if isinstance(self.window, Points):
            return self.window.n
        newest = self.newest_ts if self.newest_ts is not None else -math.inf
        if batch is None:
            last, inside = self._cursor, 0
        else:
            newest = max(newest, float(batch.ts.max()))
            last, inside = batch.last_seq, int((batch.ts >= newest - self.window).sum())
        first = next((seq for ts, seq in self._marks if ts >= newest - self.window), None)
        return inside if first is None else last - first + 1

    # Handing out

    def _kept(self) -> BucketArrays:
        """Return all buckets of the window, trimmed as pages trim them."""
        arrays = self._buckets.kept()
        if isinstance(self.window, Points) or self.newest_ts is None or self._is_bucketed_by_time():
            return arrays
        return arrays.since(self.newest_ts - self.window)

    def _is_bucketed_by_time(self) -> bool:
        return self._layout is not None and self._layout.kind == "seconds"

    def _body(self, key: bool, arrays: BucketArrays) -> dict[str, Any]:
        body: dict[str, Any] = {
            "k0": int(arrays.k[0]) if len(arrays) else 0,
            "newest": self.newest_ts,
            "age": self.stream.age,
            "last": [value if math.isfinite(value) else None for value in self.last],
        }
        if self._missing is not None:
            body["missing"] = self._missing.reason
        trouble = self.trouble()
        if trouble:
            body["error"] = trouble
        layout = self._layout
        if key and layout is not None:
            body["series"] = list(self.fields)
            body["layout"] = {"kind": layout.kind, "step": layout.step, "capacity": layout.capacity}
            body["window"] = None if isinstance(self.window, Points) else self.window
        return body

    def _columns(self, arrays: BucketArrays) -> dict[str, Any]:
        if not len(arrays):
            return {}
        columns: dict[str, Any] = {"k": (arrays.k - arrays.k[0]).astype(np.int32), "lo": arrays.lo.ravel()}
        by_time = self._is_bucketed_by_time()
        if by_time or (self._layout is not None and self._layout.step > 1):
            columns["hi"] = arrays.hi.ravel()
        if not by_time:
            columns["x"] = arrays.x
        if arrays.breaks.any():
            columns["breaks"] = arrays.breaks.ravel()
        return columns


def _pieces(batch: Batch, start: int) -> Iterator[tuple[slice, bool]]:
    """Yield slices of the records from `start` on, split at gaps; and for each whether a gap is before it."""
    places = (
        {gap.seq + 1 - batch.first_seq - start for gap in batch.gaps if gap.seq is not None}
        if batch.gaps
        else ()
    )
    cuts = sorted(place for place in places if 0 < place < len(batch) - start)
    for begin, end in pairwise((0, *cuts, len(batch) - start)):
        yield slice(begin, end), begin in places


def check_field(stream: Stream, name: str) -> None:
    """Reject a field that a stream with fields does not have.

    Raises:
        UnknownField: naming the nearest field, and the existing ones.
    """
    if stream.fields and name not in stream.fields:
        raise UnknownField(_no_such_field(stream, name))


def _no_such_field(stream: Stream, name: str) -> str:
    fields = stream.fields
    there = ", ".join(repr(field) for field in fields)
    advice = did_you_mean(name, fields) or "; name one of those, or append a record with it first"
    return f"stream {stream.name!r} has no field {name!r}: it has {there}{advice}"


def only_field(stream: Stream) -> str | None:
    """Return the field used when none is named: `value`, or the only one; None while the stream has none.

    Raises:
        UsageError: when there are several to choose from.
    """
    fields = list(stream.fields)
    if "value" in fields or len(fields) == 1:
        return "value" if "value" in fields else fields[0]
    if not fields:
        return None
    names = ", ".join(map(repr, fields))
    raise UsageError(f"stream {stream.name!r} has several fields ({names}): say which one is meant")
