"""Batch: a copy of a stream's records after a cursor, as columns, as rows, and as tables (by `exports`)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from .columns import ABSENT_NUMBER, Array, Origin, absences, as_numbers
from .exports import to_arrow, to_pandas, to_polars
from .fields import unknown_field
from .gaps import Gap
from .runs import Run


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The records of a stream after a cursor, in order of arrival: a copy, which may be kept and changed.

    There is a gap before the batch when `batch.first_seq > batch.after + 1`. An empty batch has
    `first_seq == last_seq + 1`. To go on reading: `stream.read(after=batch.last_seq)`.
    """

    stream: str
    """The stream's name."""
    after: int
    """The cursor it was read with."""
    first_seq: int
    """The number of its first record."""
    last_seq: int
    """The number of its last record: the next cursor."""
    ts: npt.NDArray[np.float64]
    """Times of the records, in seconds since the epoch."""
    columns: dict[str, Array]
    """The values by field: float64 with NaN for missing numbers, or objects with None."""
    missed: int = 0
    """How many records after the cursor were overwritten, too old or passed over; cleared ones do not count."""
    cleared: bool = False
    """Whether the stream was cleared after the cursor."""
    gaps: tuple[Gap, ...] = ()
    """Data known to be missing: before its first record, between two of them, or after its last. A gap at a cursor is
    after the last record of one batch and before the first of the next."""
    runs: tuple[Run, ...] = ()
    """The runs that begin before its first record, between two of them, or after its last, as for `gaps`."""
    zone: dt.tzinfo | None = None
    """The zone of `ts` in tables: the stream's, or that of the table that came last; None: UTC."""
    ahead: npt.NDArray[np.bool_] | None = None
    """Which records were ahead of the clock when they came, and not the newest one, see `present`; None: no record
    of the stream."""
    begins: tuple[int, ...] = ()
    """Where all records before are past, see `present`, for instance since the clock was set back: the numbers of the
    records before it, as `Run.seq`."""
    origins: Mapping[str, Origin] = field(default_factory=dict)
    """What the numbers of fields were when they came: integers, booleans or floats."""
    _absent: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    """For texts and objects: which records leave the field out. Numbers say it themselves."""

    def __len__(self) -> int:
        return len(self.ts)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Iterate over the records, each a dict as in `rows()`."""
        return iter(self.rows())

    @overload
    def __getitem__(self, name: str) -> Array: ...
    @overload
    def __getitem__(self, name: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, name: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, name: str | int | slice) -> Any:
        """Return the values of a field; `"ts"` and `"seq"` (the records' numbers) work too.

        A number gives one record as a dict, `batch[-1]` the newest; a slice several, as `rows()` does.

        Raises:
            UnknownField: when the stream has no such field.
            IndexError: when there is no such record.
        """
        if not isinstance(name, str):
            return self.rows()[name]
        if name in self.columns:
            return self.columns[name]
        if name == "ts":
            return self.ts
        if name == "seq":
            return np.arange(self.first_seq, self.last_seq + 1)
        raise unknown_field(self.stream, name, self.columns)

    def numbers(self, name: str) -> npt.NDArray[np.float64]:
        """Return a field of any kind as float64.

        Integers beyond 2**53 are rounded, spans of time become seconds, and values that are not numbers NaN.
        """
        numbers = as_numbers(self[name])
        absent = self._absent.get(name)
        if absent is not None:
            numbers[absent] = ABSENT_NUMBER
        return numbers

    def present(self, name: str) -> npt.NDArray[np.bool_]:
        """Return which records have a value of a field, be it a missing one; False: they leave it out.

        Returns:
            bool array, one for each record.

        Raises:
            UnknownField: when the stream has no such field.
        """
        array = self[name]
        if name not in self.columns:
            return np.ones(len(self), bool)
        if array.dtype == object:
            absent = self._absent.get(name)
            return np.ones(len(self), bool) if absent is None else ~absent
        return ~absences(array)

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per record, `ts` first, without the fields that it leaves out; `stream.extend()` takes
        them back. Numbers are what they were: integers, booleans or floats.
        """
        names = ("ts", *self.columns)
        values = zip(self.ts.tolist(), *(self._listed(name) for name in self.columns), strict=True)
        rows = [dict(zip(names, row, strict=True)) for row in values]
        for name in self.columns:
            for i in np.flatnonzero(~self.present(name)).tolist():
                del rows[i][name]
        return rows

    def _listed(self, name: str) -> list[Any]:
        """Return the values of a field as Python has them."""
        values: list[Any] = self.columns[name].tolist()
        whole = {"integer": int, "boolean": bool}.get(self.origins.get(name, ""))
        if whole is None or self.columns[name].dtype == object:
            return values
        return [whole(value) if math.isfinite(value) else value for value in values]

    def to_pandas(self) -> Any:
        """Return a `pandas.DataFrame`: `ts` as datetime64[ns] (to the microsecond) in `zone`, then the fields.

        Numbers are what they were: integers and booleans, with nulls where values are missing, or floats.

        Raises:
            MissingDependency: when pandas is not installed.
        """
        return to_pandas(self.ts, self.columns, self.origins, self.zone or dt.UTC)

    def to_polars(self) -> Any:
        """Return a `polars.DataFrame`: `ts` as Datetime("us") in `zone`, then the fields; missing values are null.

        Numbers are what they were: integers, booleans or floats.

        Raises:
            MissingDependency: when polars is not installed.
        """
        return to_polars(self.ts, self.columns, self.origins, self.zone or dt.UTC)

    def to_arrow(self) -> Any:
        """Return a `pyarrow.Table`: `ts` as timestamp("us") in `zone`, then the fields; missing values are null.

        Numbers are what they were: integers, booleans or floats. Objects without a common Arrow type are written as
        text.

        Raises:
            MissingDependency: when pyarrow is not installed.
        """
        return to_arrow(self.ts, self.columns, self.origins, self.zone or dt.UTC)
