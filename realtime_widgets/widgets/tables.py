"""Tables: what `Stream.extend()` takes, where a widget wants a stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..streams import Stream


def with_tables(source: Any) -> Any:
    """Return a stream with the records of a table; everything else as it is.

    Tables are pandas and polars DataFrames and their columns, arrays, dicts of columns, lists of dicts and of numbers.
    What is appended to a DataFrame later is not seen: for that, make a Stream and extend that.

    Raises:
        UsageError: for a table that `Stream.extend()` does not take.
    """
    if not _is_table(source):
        return source
    stream = Stream("table", max_points=None)
    stream.extend(source)
    return stream


def has_times(stream: Stream) -> bool:
    """Return whether the records of a table have times of their own: without, all have that of now."""
    ts = stream.read(fields=[]).ts
    return len(ts) < 2 or bool((ts != ts[0]).any())


def _is_table(source: Any) -> bool:
    if isinstance(source, str | bytes | Stream):
        return False
    if isinstance(source, Mapping):
        return bool(source) and all(map(_is_column, source.values()))
    if isinstance(source, list | tuple):
        return bool(source) and not any(isinstance(each, Stream | str) for each in source)
    return hasattr(source, "columns") or bool(getattr(source, "ndim", 0))


def _is_column(values: Any) -> bool:
    if isinstance(values, tuple):
        return not any(isinstance(each, Stream) for each in values)
    return isinstance(values, list) or bool(getattr(values, "ndim", 0)) or hasattr(values, "null_count")
