"""Tables: what `Stream.extend()` takes, where a widget wants a stream."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from ..errors import BadTime, UnknownField, UsageError, did_you_mean, shown
from ..streams import Stream
from ..streams.records import as_record, is_many
from ..streams.tables import columns_of, in_pandas, index_of_times, levels_of
from ..streams.times import has_moments, says_moment
from ..streams.values import read_number, values_of
from .still import index_of_numbers, named, still

_PLAIN: Set[type] = frozenset({int, float, bool, str, dict, type(None)})


def with_tables(source: Any) -> Any:
    """Return a stream with the records of a table; everything else as it is.

    Tables are pandas and polars DataFrames and their columns, arrays, dicts of columns, lists of dicts and of numbers.
    What is appended to a DataFrame later is not seen: for that, make a Stream and extend that.

    Raises:
        UsageError: for a table that `Stream.extend()` does not take.
    """
    return still(source, "table") if is_table(source) else source


def is_table(source: Any) -> bool:
    """Return whether something is a table, or a column of one: what `with_tables` makes a stream of."""
    if isinstance(source, Stream):
        return False
    if isinstance(source, Mapping):
        return bool(source) and all(map(_is_column, source.values()))
    if _is_list(source):
        return bool(source) and not any(isinstance(each, Stream | str) for each in source)
    return (
        hasattr(source, "columns")
        or bool(getattr(source, "ndim", 0))
        or hasattr(source, "__arrow_c_stream__")
    )


def each_with_tables(source: Any, x: str = "ts") -> tuple[Any, list[Stream], str]:
    """Return what a chart is to follow, a stream in the place of each table, and the streams that were made.

    Several tables may stand in a list, where they are called by their own names or else counted, or in a mapping of
    label → table or (table, field). A dict or a list of plain columns is one table.

    Args:
        source: what the chart is given.
        x: what is along its axis: of a table also the name of its index, or of a column of times, also as text.

    Returns:
        Also what is along the axis of the streams: `ts` where `x` names the times of the tables, and where `x` is `ts`
        the index that all tables have, when that has a name and grows in numbers.

    Raises:
        UsageError: for a table that `Stream.extend()` does not take, or when `x` names times in some tables only.
        UnknownField: for a table without a column `x`.
        BadTime: when that is text that says no times.
    """
    made: list[Stream] = []
    timed: list[str] = []
    if x == "ts":
        x = _own_index(source) or x

    def followed(entry: Any, name: str) -> Any:
        if isinstance(entry, tuple) and _names_field(entry):
            return (followed(entry[0], name), entry[1])
        if not is_table(entry):
            return entry
        table = _with_index(entry, x)
        holds_times = x not in ("ts", "seq") and _holds_times(_column(table, x, name), x)
        made.append(still(table, name, ts=x if holds_times else None))
        timed.extend([name] if holds_times else [])
        return made[-1]

    found: Any
    if _names_field(source):
        raise UsageError(
            f"a chart cannot follow one table with the name of a field, {source[1]!r}: pass that as y={source[1]!r}"
        )
    if isinstance(source, Mapping) and _are_sources(source):
        found = {label: followed(entry, str(label)) for label, entry in source.items()}
    elif _is_list(source) and any(map(_stands_alone, source)):
        found = [followed(entry, name) for entry, name in zip(source, _names(source), strict=True)]
    else:
        found = followed(source, "table")
    if timed and len(timed) < len(made):
        other = next(stream.name for stream in made if stream.name not in timed)
        raise UsageError(
            f"tables cannot be drawn along {x!r}: it holds times in {timed[0]!r} and none in {other!r}; convert one"
        )
    return found, made, "ts" if timed else x


def has_times(stream: Stream) -> bool:
    """Return whether the records of a table have times of their own: without, all have that of now."""
    ts = stream.read(fields=[]).ts
    return len(ts) < 2 or bool((ts != ts[0]).any())


def check_times(tables: Iterable[Stream], streams: Iterable[Stream]) -> bool:
    """Return whether tables have times to be drawn along, beside streams, whose records always have.

    Raises:
        UsageError: when some have and some have not.
    """
    timed = {stream.name: has_times(stream) for stream in tables if len(stream) > 1}
    if all(timed.values()):
        return True
    others = [*(name for name, has in timed.items() if has), *(stream.name for stream in streams)]
    if not others:
        return False
    without = next(name for name, has in timed.items() if not has)
    raise UsageError(
        f"tables cannot be drawn along one time: {others[0]!r} has times, {without!r} has none; give it an index or a "
        "column of times (data.set_index('column')), or draw along the numbers of the records, x='seq'"
    )


def _own_index(source: Any) -> str | None:
    """Return the name of the index of numbers that all tables have in place of times; None: they have none."""
    if isinstance(source, Mapping) and _are_sources(source):
        entries = list(source.values())
    else:
        entries = list(source) if _is_list(source) and any(map(_stands_alone, source)) else [source]
    tables = [entry[0] if isinstance(entry, tuple) and _names_field(entry) else entry for entry in entries]
    names = {index_of_numbers(table) if is_table(table) else None for table in tables}
    return names.pop() if len(names) == 1 else None


def _with_index(table: Any, x: str) -> Any:
    """Return a table with its index as a column, where that is what is along the axis."""
    table = named(table)
    if x not in levels_of(table) or x in columns_of(table):
        return table
    if not hasattr(table, "columns"):  # a Series without a name
        table = table.rename("value")
    return table.reset_index()


def _column(table: Any, x: str, name: str) -> Any:
    """Return what a table is drawn along; an empty column of one that has none at all."""
    columns = columns_of(in_pandas(table))
    if columns and x not in columns:
        there = (*columns, *levels_of(table))
        names = [each for each in there if isinstance(each, str)]
        raise UnknownField(
            f"table {name!r} has no column {x!r}: it has {', '.join(map(repr, there))}{did_you_mean(x, names)}"
        )
    return columns.get(x, [])


def _holds_times(column: Any, x: str) -> bool:
    """Whether a column holds times, also as text.

    Raises:
        BadTime: for other text, which nothing can be drawn along.
    """
    if has_moments(column):
        return True
    values = values_of(column, f"column {x!r}")
    if values.kind != "text":
        return False
    for text in values.array.tolist():
        if not isinstance(text, str):  # None, or left out
            raise BadTime(f"a table cannot be drawn along {x!r}: a time is missing; drop those rows")
        if not says_moment(text):
            raise BadTime(f"a table cannot be drawn along {x!r}: {_no_moment(text)}")
    return True


def _no_moment(text: str) -> str:
    """Return why a text is no place along an axis, and what to do."""
    if read_number(text) is not None:
        return f"{shown(text)} is text; convert that column to numbers first (of a DataFrame: astype(float))"
    return (
        f"{shown(text)} is no date of ISO 8601; convert that column first (pandas.to_datetime), or draw along the "
        "numbers of the rows, x='seq'"
    )


def _names(tables: Iterable[Any]) -> list[str]:
    """Return a name for each table of a list: its own, where all have one and no two the same."""
    own = [table.name if isinstance(table, Stream) else getattr(table, "name", None) for table in tables]
    if all(isinstance(name, str) and name for name in own) and len(set(own)) == len(own):
        return [str(name) for name in own]
    return [f"table {i}" for i in range(1, len(own) + 1)]


def _are_sources(source: Mapping[Any, Any]) -> bool:
    """Whether the values of a mapping are each a source of its own, and not the columns of one table."""
    values = list(source.values())
    if any(_is_frame(value) or isinstance(value, Stream) or _names_field(value) for value in values):
        return True
    if "ts" in source or not values or not all(map(_is_column, values)):
        return False
    try:
        index_of_times(source, source)
    except UsageError:  # each has times of its own
        return True
    return False


def _names_field(entry: Any) -> bool:
    """Whether this is a stream or a table with the name of one of its fields."""
    return (
        isinstance(entry, tuple)
        and len(entry) == 2
        and isinstance(entry[1], str)
        and (isinstance(entry[0], Stream) or is_table(entry[0]))
    )


def _is_frame(value: Any) -> bool:
    """Whether this is a table that cannot be a column of another."""
    if isinstance(value, list | tuple):
        return bool(value) and not isinstance(value[0], tuple) and as_record(value[0]) is not None
    if isinstance(value, Mapping):
        return is_table(value)
    named = getattr(getattr(value, "dtype", None), "names", None)  # of a structured array
    return hasattr(value, "columns") or bool(named)


def _stands_alone(entry: Any) -> bool:
    """Whether an item of a list is a source of its own, and not a value or a record."""
    if type(entry) in _PLAIN:
        return False
    if isinstance(entry, Stream) or _names_field(entry):
        return True
    return not isinstance(entry, list | tuple) and is_many(entry)


def _is_column(values: Any) -> bool:
    if isinstance(values, tuple):
        return not any(isinstance(each, Stream) for each in values)
    return _is_list(values) or bool(getattr(values, "ndim", 0)) or hasattr(values, "null_count")


def _is_list(values: Any) -> bool:
    """Whether this is a list, or what is like one: a tuple, a range, a deque; no text, and no bytes."""
    return isinstance(values, Sequence) and not isinstance(values, str | bytes | bytearray | memoryview)
