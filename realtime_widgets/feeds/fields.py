"""The fields of a stream as widgets name them: whether they are there, which one is meant, what the newest value is."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any, Final

import numpy as np

from ..errors import UnknownField, UsageError, WrongType, did_you_mean, shown
from ..streams import Stream
from ..streams.values import read_number

_FIRST_LOOK = 64
"""Records that are read first in search of the newest value."""

LONG_AWAITED: Final = 200
"""Records after which a field that none of them had is spoken of: what is measured once an epoch has come by then."""

MISSPELLED: Final = 0.8
"""How alike two names are when one is the other misspelled, from 0 to 1: `acuracy` is, `val_loss` is not `loss`."""


def check_field(stream: Stream, name: str) -> None:
    """Reject a field that a stream with fields does not have.

    Raises:
        UnknownField: naming the nearest field, and the existing ones.
        WrongType: when it is no text.
    """
    if not isinstance(name, str):
        raise WrongType(
            f"{shown(name)} is no name of a field: it is of type {type(name).__name__}; pass a text"
        )
    if stream.fields and name not in stream.fields:
        raise UnknownField(no_such_field(stream, name))


def no_such_field(stream: Stream, name: str) -> str:
    """Return a sentence for the user about a field that a stream does not have, naming the nearest."""
    fields = stream.fields
    there = ", ".join(repr(field) for field in fields)
    more = "" if stream.complete else ", or append a record with it first"
    advice = did_you_mean(name, fields) or f"; name one of those{more}"
    return f"stream {stream.name!r} has no field {name!r}: it has {there}{advice}"


def awaited_field(stream: Stream, name: str, named: Collection[str]) -> str | None:
    """Return a sentence for the reader about a field that no record has had yet, beside others that are drawn.

    It is said at once when a field that nobody named is spelled nearly the same; else from `LONG_AWAITED`
    records on, since a field may come later.

    Args:
        stream: that has no such field.
        name: the field.
        named: all fields that are drawn: none of them is what was meant.

    Returns:
        None as long as it may still come.
    """
    import difflib  # for the few who mistype, not for every import

    others = {field.casefold(): field for field in stream.fields if field not in named}
    near = difflib.get_close_matches(name.casefold(), others, n=1, cutoff=MISSPELLED)
    if near:
        return f"no field {name!r}: did you mean {others[near[0]]!r}?"
    if stream.last_seq < LONG_AWAITED:
        return None
    there = ", ".join(map(repr, stream.fields))
    return f"no record so far has the field {name!r}: stream {stream.name!r} has {there}"


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
