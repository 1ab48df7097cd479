"""SeriesFeed: number fields of one stream over a window, for charts and cards.

It reads its stream by cursor, sorts new records into `Buckets` along its axis (`axes`), four for each pixel of the
view, and returns the buckets that changed. The step of the buckets is fixed for a window of a fixed length; where the
window grows with the stream, the step grows by leaps, and a keyframe follows. In between the work of `take` grows with
the new records only. Old records that the stream has dropped stay in the chart while the window shows them; a change of
step or a new feed starts from the records that the stream has kept.

The present is that of the stream (`Stream.newest_ts`): records that lie ahead of it wait until it reaches them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..streams import Batch, Stream
from ..streams.columns import ABSENT_NUMBER
from ..streams.gaps import Gap
from .ahead import Ahead
from .axes import (
    FieldAxis,
    Floats,
    Ints,
    Kind,
    at_marks,
    axis_kind,
    axis_of,
    coordinates,
    extent,
    newest_whole,
)
from .decimation import BREAK_BEFORE, NEW_RUN, BucketArrays, Buckets
from .drawn import DrawnFields
from .extracts import Extracts, Records, extracts_of
from .feed import Payload
from .fields import check_field
from .layouts import Layout, fitting
from .lines import FeedLines
from .means import Means
from .newest import NewestValues
from .packing import columns_of
from .windows import Points, Window

DEFAULT_PX = 800
"""Width assumed until a page reports one, pixels."""
_NOWHERE = -(2**62)
MANY: Final = 64
"""Records from which on those that matter are chosen first."""
PIECE: Final = 500_000
"""Most numbers that are read at a time, while the stream is held."""
HANDOVER: Final = 0.0005
"""Seconds between two pieces: a lock that is taken again at once is not had by those who wait for it."""


class SeriesFeed:
    """A feed of number fields: a cursor into a stream, and the buckets of a window.

    Args:
        stream: the stream of records.
        fields: the number fields to show; None: all that the stream has, also those that appear later.
        window: what is shown, see `windows`.
        x: the axis: `ts`, `seq` (the records' numbers), or a field that grows. A window in points has the records'
            numbers as its axis when `x` is `ts`.
        lines: what the lines of a chart are called and their numbers; None: nobody asks.

    Raises:
        UnknownField: when the stream has fields, but not one of those named.
    """

    def __init__(
        self,
        stream: Stream,
        fields: Sequence[str] | None,
        window: Window,
        x: str = "ts",
        lines: FeedLines | None = None,
    ) -> None:
        self.stream = stream
        self.window = window
        self.x = x
        self.lines = lines
        self.drawn = DrawnFields(stream, fields, None if x in ("ts", "seq") else x)
        self.drawn.check()
        self.means: Means | None = None
        """Of the lines over what is in view; None: nobody asks."""
        self.newest: float | None = None
        """Coordinate of the newest record."""
        self.newest_ts: float | None = None
        """Its time, in seconds."""
        self._asked: tuple[tuple[str, ...] | None, Window] | None = None
        self._px = DEFAULT_PX
        self._cursor = 0
        self._cleared = 0
        self._past = 0
        self._gaps = 0
        self._missing: Gap | None = None
        self._sent = 0
        self._layout: Layout | None = None
        self._stale = False  # the buckets are to be built again
        self._buckets = Buckets(0, 1)
        self._extracts = Extracts(1.0)
        self._axis = FieldAxis(x, 1.0)
        self._least = math.inf  # coordinates in the buckets
        self._most = -math.inf
        self._range = 0  # of the bucket numbers
        self._first_k: int | None = None
        self._any = False  # whether there has been a number to draw
        self._base = _NOWHERE  # no bucket before it has a value: where to look for the baseline
        self._built_at = 0
        self._newest = NewestValues()
        self._ahead = Ahead()
        self._runs: list[tuple[int, float]] = []  # numbers and coordinates at which they begin, along a field
        self._fresh = 0  # records since the last part
        self.merged = 0
        """Records that shared a bucket of a part with others."""
        self.dropped = 0
        """Records that were overwritten in the stream before they were read."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that are drawn."""
        return self.drawn.names

    @property
    def last(self) -> list[float]:
        """The newest value of each field that a record has; NaN: a missing one, or none yet."""
        return self._newest.values

    @property
    def kind(self) -> Kind:
        """What the axis is: `time`, `records` or `field`."""
        return axis_kind(self.x, self.window)

    def resize(self, px: int) -> None:
        """Set the width of the widest view, pixels of its screen; the buckets are rebuilt when their step changes."""
        self._px = min(max(int(px), 50), 10_000)
        if self._layout is not None and self._fitting() != self._layout:
            self._stale = True

    @property
    def fields_asked(self) -> tuple[str, ...]:
        """The fields that are drawn by what the stream has now, or will be with the next part."""
        if self._asked is None:
            return self.drawn.present()
        x = self.x if self.kind == "field" else None
        return DrawnFields(self.stream, self._asked[0], x).present()

    @property
    def window_asked(self) -> Window:
        """The window that is shown, or will be with the next part."""
        return self.window if self._asked is None else self._asked[1]

    def show_window(self, window: Window) -> None:
        """Show another window from the next part on; any thread."""
        fields = None if self.drawn.all else self.fields
        self._asked = (fields if self._asked is None else self._asked[0], window)

    def show_fields(self, fields: Sequence[str] | None) -> None:
        """Show other fields from the next part on; any thread.

        Raises:
            UnknownField: when the stream has fields, but not one of those named.
        """
        for name in fields or ():
            check_field(self.stream, name)
        self._asked = (None if fields is None else tuple(fields), self.window_asked)

    def changed(self) -> bool:
        """Whether `take` would return anything new."""
        stream = self.stream
        return (
            stream.last_seq != self._cursor
            or self._layout is None
            or self._stale
            or self._asked is not None
            or stream.cleared_seq != self._cleared
            or stream.past_seq != self._past
            or stream.gap_count != self._gaps
            or self.drawn.changed()
            or (self.means is not None and not self.means.said)
        )

    def take(self, key: bool, now: float) -> Payload:
        """Return the buckets that changed since the last call, or all of them."""
        stream, shown, missing = self.stream, self._layout is not None, self._missing
        self._gaps = stream.gap_count
        anew, goal, packed, merged = False, stream.last_seq, None, self.merged
        while packed is None:  # in pieces, so that those who append need not wait for all of them
            with stream.hold():
                anew = self._ingest(now) or anew
                if self._cursor >= goal and not anew and self._outgrown():
                    self._stale = True
                elif self._cursor >= goal:
                    packed = self._packed(key or anew)
                    self._missing = stream.missing
            if packed is None:
                time.sleep(HANDOVER)
        if anew:
            self.merged = merged
        arrays, columns, lead = packed
        first, self._sent = self._sent + 1, self._cursor
        # Not while the stream is held: these ask what users have given, a clock and objects with a repr.
        body = self._body(key or anew, arrays)
        if lead is not None:
            body["lead"] = lead
        means = self.means and self.means.take(key or anew)
        if means is not None:
            body["mean"] = means
        moved = shown and (anew or self._missing != missing)
        return Payload(first, self._cursor, key or anew, body, columns, moved=moved)

    def _packed(
        self, key: bool
    ) -> tuple[BucketArrays, dict[str, Any], list[tuple[float, float] | None] | None]:
        """Return the buckets that changed, or all, these as columns, and the lead where a page cannot know it."""
        buckets = self._buckets
        skipped = buckets.skipped
        arrays = buckets.touched()
        self.merged += max(0, self._fresh - len(arrays))
        self._fresh = 0
        if key:
            arrays = buckets.kept()
        columns = {} if self._layout is None else columns_of(arrays, self._layout.step, self.kind)
        return arrays, columns, buckets.lead() if key or skipped else None

    def take_few(self, now: float) -> Records | None:
        """Take new records of a line of time with one field as cheaply as can be.

        Returns:
            Times and values of the records that matter, see `extracts`, in order; all new ones are taken. None: nothing
            is, and `take` has to be asked.
        """
        stream, layout = self.stream, self._layout
        if layout is None or self._stale or self._asked is not None or self._ahead or self.drawn.all:
            return None
        if not isinstance(self.window, float):
            return None  # its extent has to be known
        if stream.cleared_seq != self._cleared or stream.past_seq != self._past or self._missing is not None:
            return None
        found = self._few(now)
        if found is None or stream.gap_count != self._gaps:
            return None
        last, newest, records = found
        present = stream.newest_ts
        if records[0][0] < (self.newest_ts or -math.inf) or present is None or newest > present:
            return None
        if self._buckets.open_end(math.floor(records[0][0] / layout.step)):
            return None
        self._any = True
        for ts, value in records:
            self._buckets.add_one(math.floor(ts / layout.step), ts, value)
        if newest > ts:  # by records that say nothing of the field
            k = math.floor(newest / layout.step)
            self._buckets.newest = max(k, self._buckets.newest or k)
        self.newest = self.newest_ts = newest
        self._newest.note_one(*records[-1])
        self.merged += last - self._cursor - len(records)
        self._cursor = self._sent = last
        return records

    def _few(self, now: float) -> tuple[int, float, Records] | None:
        """Return number and time of the newest record, and what matters of the new ones; None: these are not few."""
        stream, cursor, field = self.stream, self._cursor, self.fields[0]
        if stream.last_seq != cursor + 1:
            return self._extracts.few(stream, cursor, field, now)
        one = stream.one(cursor, field)
        return None if one is None or not math.isfinite(one[1]) else (cursor + 1, one[0], (one,))

    @property
    def sent(self) -> int:
        """The number of the last record that was handed out."""
        return self._sent

    def baseline(self) -> tuple[float, float]:
        """Return time and value of the first series at the start of the window: of its first bucket with a value.

        The value is that of one of its records; both are NaN while there is only the newest bucket to compare with.
        """
        found = self._buckets.first_drawn(self._base)
        if found is None or self._layout is None or self._newest.at[0] == -math.inf:
            return math.nan, math.nan
        self._base, x, value = found
        if self.newest is None or self._base >= math.floor(self._newest.at[0] / self._layout.step):
            return math.nan, math.nan
        return x, value

    def behind(self, series: int = 0) -> float:
        """Return for how many seconds newer records have left a field out; 0 when the newest one has it."""
        ts = self._newest.ts
        if self.newest_ts is None or series >= len(ts) or math.isnan(ts[series]):
            return 0.0
        return max(0.0, self.newest_ts - ts[series])

    # Reading

    def _ingest(self, now: float) -> bool:
        """Read a piece of the new records into the buckets; returns whether the buckets were begun anew."""
        if self._asked is not None:
            (fields, self.window), self._asked = self._asked, None
            self.drawn = DrawnFields(self.stream, fields, self.x if self.kind == "field" else None)
            self._stale = True
        stream = self.stream
        anew = self._layout is None or self._stale or self.drawn.changed() or self._is_past()
        if anew:
            self._begin()
        if self._take_many(now):
            return anew
        limit = None if stream.past_seq > self._cursor else PIECE // (1 + len(self.fields))
        batch = stream.read(after=self._cursor, limit=limit, fields=self._read_fields())
        self._add(batch, broken=batch.missed > 0)
        self._fresh += len(batch)
        self.dropped += batch.missed
        return anew

    def _is_past(self) -> bool:
        """Whether the stream was cleared, or its clock set back, since the buckets were begun."""
        return self.stream.cleared_seq != self._cleared or self.stream.past_seq != self._past

    def _take_many(self, now: float) -> bool:
        """Take many new records by those that matter, see `extracts`; False: they have to be read."""
        stream, layout = self.stream, self._layout
        assert layout is not None
        if self.kind != "time" or stream.last_seq - self._cursor < MANY or self._ahead or not self.fields:
            return False
        if self.window == "all" or stream.past_seq > self._cursor:
            return False
        found = self._extracts.many(stream, self._cursor, self.fields, now)
        present = stream.newest_ts
        if found is None or present is None or found.newest > present:
            return False
        ts, values = found.of(self.fields)
        if ts[0] < (self.newest_ts or -math.inf):
            return False
        self._newest.note(ts, ts, values)
        self._put(ts, ts, values, broken=found.missed > 0)
        self._fresh += found.last - self._cursor - found.missed
        self.dropped += found.missed
        self._cursor = found.last
        return True

    def _read_fields(self) -> tuple[str, ...]:
        return (*self.fields, self.x) if self.kind == "field" else self.fields

    def _begin(self) -> None:
        """Begin the buckets anew, with what the stream has kept."""
        stream = self.stream
        self._stale = False
        self._cleared, self._past, self._built_at = stream.cleared_seq, stream.past_seq, stream.last_seq
        self.drawn.names = self.drawn.present()
        self._cursor = self._start_of_window()
        batch = None
        if self.kind == "field" or (self.kind == "time" and self.window == "all"):
            batch = stream.read(after=self._cursor, fields=(self.x,))
        self._newest = NewestValues(len(self.fields))
        self.newest = self.newest_ts = self._first_k = None
        self._least, self._most, self._range = math.inf, -math.inf, 0
        self._base, self._any = _NOWHERE, False
        self._ahead = Ahead()
        self._layout = self._fitting(batch)
        if batch is not None and self.kind == "field":
            self._axis = axis_of(batch, self.x, self._layout.step, self._layout.step * self._layout.capacity)
        self._buckets = Buckets(len(self.fields), self._layout.capacity)
        self._extracts = extracts_of(stream, self._layout.step)
        self._runs = []

    def _start_of_window(self) -> int:
        """Return the cursor from which on the buckets are built: before all that is kept, or before `n` records."""
        stream = self.stream
        first = max(stream.first_seq - 1, stream.cleared_seq)
        window = self.window
        return (
            max(first, stream.last_seq - window.n)
            if isinstance(window, Points) and self.kind == "field"
            else first
        )

    def _outdated(self, batch: Batch) -> NDArray[np.bool_]:
        """Return which records the clock stamped before it was set back, with times that came again."""
        past = self._past + 1 - batch.first_seq
        outdated = np.zeros(len(batch), bool)
        if 0 < past < len(batch):
            outdated[:past] = batch.ts[:past] >= batch.ts[past:].min()
        return outdated

    def _add(self, batch: Batch, *, broken: bool = False) -> None:
        self._cursor = max(self._cursor, batch.last_seq)
        if not len(batch):
            if self._ahead:
                self._release()
            return
        ts, seq, values = batch.ts, batch["seq"], self._values(batch)
        present = self.stream.newest_ts
        if self.kind == "time":
            now = seq > self._past
            later = ts > (math.inf if present is None else present)
            outdated = self._outdated(batch)
            if later.any() or outdated.any():
                waits, counts = later & now, ~(later | outdated)
                self._ahead.add(ts[waits], values[:, waits])
                ts, seq, values, now = ts[counts], seq[counts], values[:, counts], now[counts]
            # Values from before the clock was set back count only as long as there are no newer ones.
            self._newest.note(np.where(now, ts, -1e300 + seq), ts, values)
        else:
            self._newest.note(seq.astype(np.float64), ts, values)
        self._place(batch, ts, seq, values, broken)
        if self._ahead:
            self._release()

    def _release(self) -> None:
        """Draw the records that the present has reached."""
        present = self.stream.newest_ts
        if present is None:
            return
        for ts, values in self._ahead.reached(present):
            self._newest.note(ts, ts, values)
            self._put(ts, ts, values, broken=False)

    def _place(self, batch: Batch, ts: Floats, seq: Ints, values: Floats, broken: bool) -> None:
        """Put records into their buckets, and break the lines where something is missing or a run begins."""
        gaps = [gap.seq for gap in batch.gaps if gap.seq is not None]
        runs = [run.seq for run in batch.runs]
        if self.kind == "field":
            x = coordinates(batch, self.x, self._axis.origin)
            there = np.isfinite(x)
            ts, seq, values, x = ts[there], seq[there], values[:, there], x[there]
            if not len(seq):
                return
            k, starts = self._axis.place(x, at_marks(runs, seq))
            self._runs += zip(seq[starts].tolist(), x[starts].tolist(), strict=True)
            cuts = at_marks(gaps, seq)
            cuts[0] |= broken
            self._put(x, ts, values, k=k)
            self._buckets.flag(k[cuts], BREAK_BEFORE)
            self._buckets.flag(k[starts], BREAK_BEFORE | NEW_RUN)
            return
        x = ts if self.kind == "time" else seq.astype(np.float64)
        breaks = np.flatnonzero(at_marks([*gaps, *runs], seq)).tolist()
        for begin, end in pairwise((0, *breaks, len(seq))):
            if begin < end:
                piece = slice(begin, end)
                self._put(x[piece], ts[piece], values[:, piece], broken=broken or begin in breaks)
                broken = False

    def _put(
        self, x: Floats, ts: Floats, values: Floats, *, k: Ints | None = None, broken: bool = False
    ) -> None:
        assert self._layout is not None
        if k is None:
            k = np.floor(x / self._layout.step).astype(np.int64)
        self._buckets.add(k, x, values, broken=broken)
        self._any = self._any or bool(np.isfinite(values).any())
        self._base = min(self._base, int(k.min()))
        self._least, self._most = min(self._least, float(x.min())), max(self._most, float(x.max()))
        self._first_k = int(k.min()) if self._first_k is None else min(self._first_k, int(k.min()))
        self._range = max(self._range, int(k.max()) - self._first_k)
        if self.kind == "time":
            self.newest = self.newest_ts = max(float(ts.max()), self.newest_ts or -math.inf)
        else:
            self.newest, self.newest_ts = float(x[-1]), float(ts[-1])

    def _values(self, batch: Batch) -> Floats:
        """Return the shown fields as one array, shape (series, records); absent where a field does not exist yet."""
        values = np.full((len(self.fields), len(batch)), ABSENT_NUMBER)
        for row, name in zip(values, self.fields, strict=True):
            if name in batch.columns:
                row[:] = batch.numbers(name)
        return values

    def trouble(self) -> str | None:
        """Return a sentence for the reader that says why nothing can be drawn; None: something can."""
        return self.drawn.trouble()

    def notice(self) -> str | None:
        """Return a sentence for the reader when not all there is can be drawn; None: it is."""
        said = []
        if not self._any and self.fields and len(self.stream) and self.newest is not None:
            said.append(f"{', '.join(self.fields[:3])}: no number yet")
        elif (
            self.kind == "field" and len(self.stream) and self.newest is None and self.x in self.stream.fields
        ):
            said.append(f"{self.x}: no number yet")
        if left_out := self.drawn.left_out():
            said.append(left_out)
        if self._ahead:
            said.append(self._ahead.notice(self.newest_ts or 0.0))
        return "; ".join(said) or None

    # Layout

    def _fitting(self, batch: Batch | None = None) -> Layout:
        """Return the layout for what is in the window: of a batch of all records, or of what is in the buckets."""
        length = total = max(0.0, self._most - self._least)
        if batch is None:
            total = self._range * (self._layout.step if self._layout else 0.0)
        elif self.kind == "time":
            present = self.stream.newest_ts
            ts = batch.ts if present is None else batch.ts[batch.ts <= present]
            length = total = float(ts.max() - ts.min()) if len(ts) else 0.0
        elif self.kind == "field":
            x = coordinates(batch, self.x, newest_whole(batch, self.x))
            there = np.isfinite(x)
            length, total = extent(x[there], at_marks([run.seq for run in batch.runs], batch["seq"][there]))
        return fitting(self.kind, self.window, self._px, len(self.stream), length, total)

    def _outgrown(self) -> bool:
        """Whether the buckets of a window that grows are too fine for it, or hold too much that has left it."""
        layout, window = self._layout, self.window
        if self.kind == "field" and self.newest is not None and self._axis.is_far(self.newest):
            return True
        if layout is None or isinstance(window, float):
            return False
        kept = min(len(self.stream), window.n) if isinstance(window, Points) else len(self.stream)
        if self.kind == "field" and len(self._runs) > 1 and self._runs[1][0] <= self._cursor - kept + 1:
            return True  # the first run has left
        if self.kind == "records":
            return kept / layout.step > layout.capacity
        if self._range >= layout.capacity - 1:
            return True
        return self._cursor - self._built_at > max(kept / 4, 256) and self._cursor > kept

    # Handing out

    def _start(self) -> float | None:
        """Return where a window that is not of a fixed length begins on the axis; None: at its first bucket."""
        if self.kind == "time" or isinstance(self.window, float) or self.newest is None:
            return None
        first = max(self.stream.first_seq, 1)
        if self.kind == "records":
            last = int(self.newest)
            return float(max(first, last - self.window.n + 1) if isinstance(self.window, Points) else first)
        if not isinstance(self.window, Points):
            return None
        first = max(first, self._cursor - self.window.n + 1)
        batch = self.stream.read(after=first - 1, limit=1, fields=(self.x,))
        edges = [x for seq, x in self._runs if seq > first]
        edges += coordinates(batch, self.x, self._axis.origin).tolist()
        return min((x for x in edges if math.isfinite(x)), default=None)

    def _body(self, key: bool, arrays: BucketArrays) -> dict[str, Any]:
        body: dict[str, Any] = {
            "k0": int(arrays.k[0]) if len(arrays) else 0,
            "newest": self.newest,
            "age": self.stream.age,
            "last": [value if math.isfinite(value) else None for value in self.last],
        }
        if self.kind != "time":
            body["ts"] = self.newest_ts
        start = self._start()
        if start is not None:
            body["start"] = start
        if self._missing is not None:
            body["missing"] = self._missing.reason
        trouble = self.trouble()
        if trouble:
            body["error"] = trouble
        notice = self.notice()
        if notice:
            body["notice"] = notice
        layout = self._layout
        if key and layout is not None:
            body["series"] = list(self.fields)
            if self.lines is not None:
                body["lines"] = [[line.number, line.label] for line in self.lines.of(self.fields)]
                if isinstance(self.window, float) and self._least < math.inf:
                    body["first"] = self._least
            body["layout"] = {"step": layout.step, "capacity": layout.capacity}
            body["window"] = self.window if isinstance(self.window, float) else None
            body["axis"] = self.kind
            if self._axis.origin:
                body["origin"] = str(self._axis.origin)  # a number of JSON is a float64 in a page
        return body
