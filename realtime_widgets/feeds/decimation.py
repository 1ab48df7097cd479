"""Buckets: decimation of series into a bounded number of numbered buckets, exact to a fraction of a pixel.

A bucket has an absolute number: `floor(x / step)` for buckets of time or of another coordinate, the record's number
where records are sent unchanged. Absolute numbers keep a moving chart from shimmering: a completed bucket never changes
again, wherever the window moves. Each bucket keeps, per series, the minimum and the maximum of the finite values with
their places (so a spike of one sample is never lost, and stands where it was), the values that open and close it, and
whether the line is broken before its first or after its last record. With a few buckets per pixel the page can draw
from them what it would draw from all records: first, minimum, maximum and last of each column of pixels (M4: Jugel et
al., VLDB 2014). What opens and closes a bucket matters where the line runs on for more than a pixel, see `BESIDE_GAP`:
between neighbours all that could differ is within one column.

The cost of `add` grows with the new records only. `series` chooses the step.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..streams.columns import absences

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.uint8]

BREAK_BEFORE = 1
BREAK_AFTER = 2
ABSENT = 4
"""No record of the bucket says anything of the series: nothing is drawn, and nothing breaks but with `BREAK_BEFORE`."""
NEW_RUN = 8
"""A new run begins with the bucket: a line of its own."""
BESIDE_GAP = 16
"""For more than a pixel beside the bucket there is no other: what opens and closes it tells where the line runs."""

_NONE = np.uint8(0)
_NO_BUCKET = int(np.iinfo(np.int64).min)
PIXEL = 4
"""Buckets about as wide as a pixel, see `layouts`."""


def nice_step(ideal: float) -> float:
    """Return the largest step of the 1-2-5 series that is at most 1.5 times the ideal one.

    Steps of that series keep bucket edges on round times, and few changes of size apart. A step is between 0.6 and
    1.5 times the ideal one.

    Raises:
        ValueError: when `ideal` is not a positive finite number.
    """
    if not (ideal > 0 and math.isfinite(ideal)):
        raise ValueError(f"no bucket step near {ideal!r}: a positive finite number is needed")
    limit = ideal * 1.5
    exponent = math.floor(math.log10(limit))
    # log10 may land one decade off at exact powers of ten: try the neighbours too.
    steps = [float(f"{digit}e{e}") for e in (exponent - 1, exponent, exponent + 1) for digit in (1, 2, 5)]
    return max(step for step in steps if step <= limit)


class BucketArrays(msgspec.Struct, frozen=True):
    """Contents of some buckets, in the order of their numbers; copies.

    Attributes:
        k: bucket numbers, shape (n,), strictly increasing.
        x: coordinate of the first record of each, shape (n,).
        lo: minimum of the finite values, shape (series, n); NaN where there was none.
        hi: maximum, likewise.
        lo_x: coordinate of the minimum, likewise.
        hi_x: coordinate of the maximum, likewise.
        open: value of the first record that has the series, shape (series, n); NaN: it is missing, or there is none.
        close: value of the last one, likewise.
        flags: `BREAK_BEFORE`: the line is broken before the bucket, `BREAK_AFTER`: after it, `ABSENT`: no record has
            the series, `BESIDE_GAP`: `open` and `close` matter; shape (series, n).
    """

    k: Ints
    x: Floats
    lo: Floats
    hi: Floats
    lo_x: Floats
    hi_x: Floats
    open: Floats
    close: Floats
    flags: Flags

    def __len__(self) -> int:
        return len(self.k)


class Buckets:
    """The newest `capacity` buckets of `series` parallel series.

    Args:
        series: how many series share the records' coordinates.
        capacity: how many consecutive bucket numbers are kept, counted back from the newest.
    """

    __slots__ = (
        "_close",
        "_ended",
        "_first",
        "_flags",
        "_hi",
        "_hi_x",
        "_k",
        "_last",
        "_lead",
        "_lead_at",
        "_lo",
        "_lo_x",
        "_open",
        "_runs",
        "_touched",
        "_x",
        "capacity",
        "newest",
        "skipped",
    )

    def __init__(self, series: int, capacity: int) -> None:
        self.capacity = capacity
        self.newest: int | None = None
        self._k = np.full(capacity, _NO_BUCKET, np.int64)
        self._x = np.empty(capacity)
        self._first = np.empty(
            (series, capacity)
        )  # coordinates of the first and last record that has the series
        self._last = np.empty((series, capacity))
        self._open = np.empty((series, capacity))  # and their values
        self._close = np.empty((series, capacity))
        self._lo = np.empty((series, capacity))
        self._hi = np.empty((series, capacity))
        self._lo_x = np.empty((series, capacity))
        self._hi_x = np.empty((series, capacity))
        self._flags = np.zeros((series, capacity), np.uint8)
        self._ended = np.full(series, _NO_BUCKET)  # the newest bucket of each series that has it
        self._touched = np.zeros(capacity, bool)
        self._lead_at = [(_NO_BUCKET, -math.inf)] * series  # bucket and end of what the lead stands for
        self._lead = np.full((series, 2), np.nan)  # coordinate and value
        self._runs: list[int] = []  # where runs begin that are kept, and the newest of those before
        self.skipped = False
        """Whether records were too old for a bucket since the last `touched()`: a page cannot know the lead then."""

    def add(self, k: Ints, x: Floats, values: Floats, *, broken: bool = False) -> None:
        """Add records in any order; those older than the kept buckets are left out.

        NaN breaks the line; ±inf cannot be drawn and counts as NaN. An absent value (see `streams.columns`) says
        nothing of its series.

        Args:
            k: bucket number of each record, shape (n,).
            x: coordinate of each record, such as its time in seconds, shape (n,).
            values: shape (series, n).
            broken: the lines are broken before the first of these records (some were missed).
        """
        if len(k) == 0:
            return
        newest = int(k.max())
        self.newest = newest if self.newest is None else max(newest, self.newest)
        if k.min() <= self.newest - self.capacity:
            kept = k > self.newest - self.capacity
            if broken and not kept[0]:
                for row in range(len(values)):
                    self._take_lead(row, int(k[0]), -math.inf, math.nan, math.nan)
                broken = False
            self._lead_in(k[~kept], x[~kept], values[:, ~kept])
            k, x, values = k[kept], x[kept], values[:, kept]
            if len(k) == 0:
                return
        if len(k) > 1 and (np.any(k[1:] < k[:-1]) or np.any(x[1:] < x[:-1])):
            order = np.lexsort((x, k))
            k, x, values = k[order], x[order], values[:, order]
        starts = np.flatnonzero(np.concatenate(([True], k[1:] != k[:-1])))
        self._claim(k[starts], x[starts])
        finite = np.isfinite(values)
        if finite.all():
            self._add_present(slice(None), k, x, values, starts, broken)
            return
        absent = absences(values)
        values = np.where(finite | absent, values, np.nan)
        sparse = absent.any(axis=1)
        full = np.flatnonzero(~sparse)
        if len(full):
            self._add_present(full, k, x, values[full], starts, broken)
        for row in np.flatnonzero(sparse).tolist():
            there = ~absent[row]
            if there.any():
                own = k[there]
                begin = np.flatnonzero(np.concatenate(([True], own[1:] != own[:-1])))
                self._add_present(np.array([row]), own, x[there], values[row : row + 1, there], begin, broken)
            elif broken:
                slot = int(k[0]) % self.capacity
                self._flags[row, slot] |= BREAK_BEFORE if self._flags[row, slot] & ABSENT else BREAK_AFTER

    def add_one(self, k: int, x: float, value: float) -> None:
        """Add one finite value of the only series, not before any that was added; pages do the same by themselves, so
        it is not among the buckets `touched`.
        """
        slot = k % self.capacity
        self.newest = k if self.newest is None else max(k, self.newest)
        old = self._k.item(slot)
        flags = self._flags.item(0, slot)
        if old != k:
            if old != _NO_BUCKET and flags & ABSENT:
                self._lead_out(np.array([slot]))
            elif old != _NO_BUCKET:
                self._lead_from(0, slot)
            self._k[slot], self._x[slot] = k, x
            flags = ABSENT
        if flags & ABSENT:
            self._flags[0, slot] = flags & BREAK_BEFORE
            self._first[0, slot] = self._lo_x[0, slot] = self._hi_x[0, slot] = x
            self._lo[0, slot] = self._hi[0, slot] = self._open[0, slot] = value
            ended = self._ended.item(0)
            if ended != _NO_BUCKET and k - ended > PIXEL:
                self._flags[0, slot] |= BESIDE_GAP
                if self._k.item(ended % self.capacity) == ended:
                    self._flags[0, ended % self.capacity] |= BESIDE_GAP
            self._ended[0] = max(ended, k)
        else:
            self._flags[0, slot] = flags & ~BREAK_AFTER
            if not value >= self._lo.item(0, slot):  # or it is NaN
                self._lo[0, slot], self._lo_x[0, slot] = value, x
            if not value < self._hi.item(0, slot):
                self._hi[0, slot], self._hi_x[0, slot] = value, x
        self._last[0, slot], self._close[0, slot] = x, value

    def open_end(self, k: int) -> bool:
        """Whether a record of the only series in bucket `k` would be told where a line begins of which a page does not
        know the end: beyond a gap, after a bucket of several values.
        """
        ended = self._ended.item(0)
        if ended == _NO_BUCKET or k - ended <= PIXEL:
            return False
        slot = ended % self.capacity
        return self._k.item(slot) != ended or self._lo.item(0, slot) != self._hi.item(0, slot)

    def first_drawn(self, k: int) -> tuple[int, float, float] | None:
        """Return the first bucket from number `k` on in which the first series has a value: its number, where it
        begins, and the earlier of its extremes, which is the value of a record; None: there is none.
        """
        if self.newest is None:
            return None
        for number in range(max(k, self.newest - self.capacity + 1), self.newest + 1):
            slot = number % self.capacity
            if self._k[slot] == number and (lo := float(self._lo[0, slot])) == lo:
                later = self._hi_x[0, slot] >= self._lo_x[0, slot]
                return number, float(self._x[slot]), lo if later else float(self._hi[0, slot])
        return None

    def _claim(self, k: Ints, x: Floats) -> None:
        """Make the buckets of these numbers, each once, where they are new."""
        slot = k % self.capacity
        fresh = self._k[slot] != k
        new = slot[fresh]
        if len(new):
            self._lead_out(new[self._k[new] != _NO_BUCKET])
            self._first[:, new], self._last[:, new] = math.inf, -math.inf
            self._lo[:, new] = self._hi[:, new] = self._lo_x[:, new] = self._hi_x[:, new] = math.nan
            self._open[:, new] = self._close[:, new] = math.nan
            self._flags[:, new] = ABSENT
        self._x[slot] = np.where(fresh, x, np.fmin(x, self._x[slot]))
        self._k[slot] = k
        self._touched[slot] = True

    def _add_present(
        self, rows: Ints | slice, k: Ints, x: Floats, values: Floats, starts: Ints, broken: bool
    ) -> None:
        """Merge records that have all the series of these rows; `starts` is where each bucket begins in them."""
        ends = np.append(starts[1:], len(k)) - 1
        opens, closes = values[:, starts], values[:, ends]
        flags = np.isnan(opens).astype(np.uint8) * np.uint8(BREAK_BEFORE)
        flags |= np.isnan(closes).astype(np.uint8) * np.uint8(BREAK_AFTER)
        if broken:
            flags[:, 0] |= BREAK_BEFORE
        if len(starts) == len(k):
            lo = hi = values
            lo_x = hi_x = np.broadcast_to(x, values.shape)
        else:
            counts = ends - starts + 1
            lo, lo_x = _extreme(np.fmin, values, x, starts, counts, first=True)
            hi, hi_x = _extreme(np.fmax, values, x, starts, counts, first=False)
        slot = k[starts] % self.capacity
        where = (slice(None), slot) if isinstance(rows, slice) else (rows[:, None], slot)
        first, last = x[starts], x[ends]
        old = self._flags[where]
        kept_break = np.where(old & ABSENT, old, 0)
        begins, ended = first < self._first[where], last >= self._last[where]
        before = (np.where(begins, flags, old) | kept_break) & BREAK_BEFORE
        after = np.where(ended, flags, old) & BREAK_AFTER
        self._flags[where] = (
            before | after | (old & (NEW_RUN | BESIDE_GAP)) | self._beside(rows, k[starts], old)
        )
        self._open[where] = np.where(begins, opens, self._open[where])
        self._close[where] = np.where(ended, closes, self._close[where])
        self._first[where] = np.minimum(first, self._first[where])
        self._last[where] = np.maximum(last, self._last[where])
        for kept, kept_x, new, new_x, better, later in (
            (self._lo, self._lo_x, lo, lo_x, np.less, np.less),
            (self._hi, self._hi_x, hi, hi_x, np.greater, np.greater_equal),
        ):
            now = kept[where]
            wins = better(new, now) | np.isnan(now) | ((new == now) & later(new_x, kept_x[where]))
            kept[where] = np.where(wins, new, now)
            kept_x[where] = np.where(wins, new_x, kept_x[where])

    def _beside(self, rows: Ints | slice, k: Ints, old: Flags) -> Flags | np.uint8:
        """Return `BESIDE_GAP` for those of the buckets that records are added to, and set it for those before them."""
        ended = self._ended[rows]
        begin, end = k.item(0), k.item(-1)
        near = ended.max(initial=begin) <= begin <= ended.min(initial=begin) + PIXEL
        if near and end - begin < len(k) + PIXEL - 1:
            self._ended[rows] = end
            return _NONE  # neighbours, as nearly always
        ended = np.where(ended == _NO_BUCKET, begin, ended)
        self._ended[rows] = np.maximum(ended, end)
        later = np.searchsorted(k, ended, side="right")
        begins = np.append(k, k[-1])[later] - ended > PIXEL
        apart = np.diff(k) > PIXEL
        beside = np.empty(old.shape, bool)
        beside[:, 0], beside[:, 1:] = begins & (later == 0), apart
        beside[:, :-1] |= apart
        if (begin < ended).any():  # who is late, and alone, divides a gap
            beside |= (k < ended[:, None]) & ((old & ABSENT) != 0)
        if begins.any():
            slots = ended % self.capacity
            assert self.newest is not None
            kept = begins & (ended > self.newest - self.capacity)
            self.skipped |= bool((begins & ~kept).any())
            before = np.arange(len(self._ended))[rows][kept], slots[kept]
            self._flags[before] |= np.uint8(BESIDE_GAP)
            self._touched[slots[kept][self._lo[before] < self._hi[before]]] = True
        return beside.astype(np.uint8) * np.uint8(BESIDE_GAP)

    def flag(self, k: Ints, bits: int) -> None:
        """Set bits of the flags of buckets that are kept, for all their series."""
        assert self.newest is not None
        oldest = self.newest - self.capacity
        if bits & NEW_RUN:
            runs = [*self._runs, *k.tolist()]
            gone = [run for run in runs if run <= oldest]
            self._runs = [*gone[-1:], *(run for run in runs if run > oldest)]
        slot = k[k > oldest] % self.capacity
        self._flags[:, slot] |= np.uint8(bits)

    def lead(self) -> list[tuple[float, float] | None]:
        """Return coordinate and value of the last point of each series before the buckets that are kept, from which its
        line is drawn in; None where there is none, where the line is broken after it, or where another run has begun.
        """
        oldest = _NO_BUCKET if self.newest is None else self.newest - self.capacity
        self._lead_out(np.flatnonzero((self._k <= oldest) & (self._k != _NO_BUCKET)))
        first = min(self._k[self._k > oldest].tolist(), default=_NO_BUCKET)
        run = max((begin for begin in self._runs if begin <= first), default=_NO_BUCKET)
        return [
            None if math.isnan(y) or k < run else (x, y)
            for (x, y), (k, _) in zip(self._lead.tolist(), self._lead_at, strict=True)
        ]

    def _lead_in(self, k: Ints, x: Floats, values: Floats) -> None:
        """Take records that are too old to be kept for the lead."""
        self.skipped = True
        order = np.lexsort((x, k))
        there = ~absences(values)
        for row, (has, own) in enumerate(zip(there, values, strict=True)):
            at = order[has[order]]
            if len(at):
                value = float(own[at[-1]])
                place = float(x[at[-1]])
                self._ended[row] = max(self._ended[row], k[at[-1]])
                self._take_lead(
                    row, int(k[at[-1]]), place, place, value if math.isfinite(value) else math.nan
                )

    def _lead_out(self, slots: Ints) -> None:
        """Take buckets that are no longer kept for the lead."""
        if not len(slots):
            return
        slots = slots[np.argsort(self._k[slots])]
        for row, flags in enumerate(self._flags[:, slots]):
            there = slots[(flags & ABSENT) == 0]
            if len(there):
                self._lead_from(row, int(there[-1]))
            broken = slots[(flags & (ABSENT | BREAK_BEFORE)) == ABSENT | BREAK_BEFORE]
            if len(broken):
                self._take_lead(row, int(self._k[broken[-1]]), -math.inf, math.nan, math.nan)

    def _lead_from(self, row: int, slot: int) -> None:
        """Take the end of a bucket for the lead of a series."""
        x = max(self._lo_x.item(row, slot), self._hi_x.item(row, slot))
        value = math.nan if self._flags.item(row, slot) & BREAK_AFTER else self._close.item(row, slot)
        self._take_lead(row, self._k.item(slot), self._last.item(row, slot), x, value)

    def _take_lead(self, row: int, k: int, last: float, x: float, y: float) -> None:
        """Take a point for the lead of a series, when nothing later is there; `last` is where its records end."""
        if (k, last) >= self._lead_at[row]:
            self._lead_at[row] = k, last
            self._lead[row, 0], self._lead[row, 1] = x, y

    def touched(self) -> BucketArrays:
        """Return the buckets that changed since the last call."""
        arrays = self._arrays(self._touched)
        self._touched[:] = self.skipped = False
        return arrays

    def kept(self) -> BucketArrays:
        """Return all buckets that are kept."""
        return self._arrays(self._k != _NO_BUCKET)

    def _arrays(self, wanted: NDArray[np.bool_]) -> BucketArrays:
        oldest = _NO_BUCKET if self.newest is None else self.newest - self.capacity
        slots = np.flatnonzero(wanted & (self._k > oldest))
        slots = slots[np.argsort(self._k[slots])]
        return BucketArrays(
            self._k[slots],
            self._x[slots],
            self._lo[:, slots],
            self._hi[:, slots],
            self._lo_x[:, slots],
            self._hi_x[:, slots],
            self._open[:, slots],
            self._close[:, slots],
            self._flags[:, slots],
        )


def _extreme(
    extreme: np.ufunc, values: Floats, x: Floats, starts: Ints, counts: Ints, *, first: bool
) -> tuple[Floats, Floats]:
    """Return the extreme of each bucket and where it is taken first, or last; shapes (series, buckets).

    With the first minimum and the last maximum a bucket of equal values keeps both its ends.
    """
    found: Floats = extreme.reduceat(values, starts, axis=1)
    found_x = np.broadcast_to(x[starts], found.shape).copy()
    for row, wanted, place in zip(values, found, found_x, strict=True):
        taken = np.flatnonzero(row == np.repeat(wanted, counts))
        if first:
            taken = taken[::-1]
        place[np.searchsorted(starts, taken, side="right") - 1] = x[taken]  # what is written last stays
    return found, found_x
