"""The fields of a stream as widgets name them: whether they are there, which one is meant, what the newest value is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import UnknownField, UsageError, did_you_mean, shown
from ..streams import Stream
from ..streams.values import read_number

_FIRST_LOOK = 64
"""Records that are read first in search of the newest value."""


def check_field(stream: Stream, name: str) -> None:
    """Reject a field that a stream with fields does not have.

    Raises:
        UnknownField: naming the nearest field, and the existing ones.
    """
    if stream.fields and name not in stream.fields:
        raise UnknownField(no_such_field(stream, name))


def no_such_field(stream: Stream, name: str) -> str:
    """Return a sentence for the user about a field that a stream does not have, naming the nearest."""
    fields = stream.fields
    there = ", ".join(repr(field) for field in fields)
    advice = did_you_mean(name, fields) or "; name one of those, or append a record with it first"
    return f"stream {stream.name!r} has no field {name!r}: it has {there}{advice}"


def why_not_drawn(stream: Stream, name: str) -> str | None:
    """Return a sentence for the user about a field that holds no numbers; None: it holds nothing at all yet."""
    value = stream.example(name)
    if value is None:
        return None
    if not isinstance(value, str):
        return f"{name} is of type {type(value).__name__} ({shown(value)}): only numbers can be drawn"
    number = read_number(value)
    if number is None:
        return f"{name} is text ({shown(value)}): only numbers can be drawn"
    kind = type(number).__name__  # an identifier is no float
    return f"{name} is text ({shown(value)}): append {kind}(…) of it, or decode with numbers=True"


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


def newest_value(stream: Stream, name: str, nothing: Any = None) -> Any:
    """Return the newest value of a field that a record has, as the stream keeps it; None when it is missing, and
    `nothing` when no record that is kept has the field.

    Records that leave the field out say nothing of it, nor do those ahead of the present.
    """
    present, past = stream.newest_ts, stream.past_seq
    look = _FIRST_LOOK
    while True:
        batch = stream.latest(look)
        if name not in batch.columns or present is None:
            return nothing
        whole = batch.first_seq <= stream.first_seq
        seq = batch["seq"]
        there = batch.present(name) & (batch.ts <= present)
        now = np.flatnonzero(there & (seq > past))
        in_order = stream.stats.late == 0
        if len(now) and (in_order or whole):
            return _plain(batch.columns[name], int(now[len(now) - 1 - int(batch.ts[now][::-1].argmax())]))
        if whole:
            before = np.flatnonzero(there)
            return _plain(batch.columns[name], int(before[-1])) if len(before) else nothing
        look *= 16


def _plain(column: Any, at: int) -> Any:
    """Return a value of a column as Python has it, None for a missing one."""
    value = column[at : at + 1].tolist()[0]
    return None if isinstance(value, float) and math.isnan(value) else value
