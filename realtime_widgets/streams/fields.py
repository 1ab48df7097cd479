"""Fields of a stream: which names are allowed, which fields were declared, and how their kinds widen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from ..errors import UnknownField, UsageError, WrongType, did_you_mean, shown
from .columns import KINDS, Array, Column, Kind, holds_numbers
from .values import Values


@dataclass(frozen=True, slots=True)
class Declaration:
    """The fields that were declared when a stream was made."""

    stream: str
    """The stream's name, for error messages."""
    kinds: dict[str, Kind]
    """The fields that exist from the beginning, with their kinds."""
    closed: bool
    """Whether no other fields are allowed."""
    fixed: bool
    """Whether their kinds can never widen."""

    def check(self, name: Any) -> None:
        """Check that the stream may have a field of this name.

        Raises:
            UnknownField: when it is not among the declared ones.
            UsageError, WrongType: see `check_name`.
        """
        check_name(name)
        if self.closed and name not in self.kinds:
            if name == "value":
                raise UnknownField(
                    f"stream {self.stream!r} has no field 'value', where values without a name go: it has "
                    f"{', '.join(map(repr, self.kinds))}; pass append({next(iter(self.kinds), 'name')}=...)"
                )
            raise unknown_field(self.stream, name, self.kinds)

    def refuse(self, name: str, value: Any) -> NoReturn:
        """Raise for a value that does not fit the declared kind of its field."""
        raise WrongType(
            f"field {name!r} of stream {self.stream!r} cannot hold {shown(value)}: it is declared as "
            f"{self.kinds[name]} and this is of type {type(value).__name__}; convert it, or declare the "
            "field as 'object'"
        )


def declare(stream: str, fields: Any) -> Declaration:
    """Read the `fields=` of a stream: None (any), names, or names with their kinds.

    Raises:
        WrongType: for a single string, and for unknown kinds.
        UsageError: see `check_name`.
    """
    if fields is None:
        return Declaration(stream, {}, closed=False, fixed=False)
    if isinstance(fields, str):
        raise WrongType(
            f"stream {stream!r} cannot be made: fields is the text {fields!r}; "
            f"pass a list, fields=[{fields!r}]"
        )
    fixed = isinstance(fields, Mapping)
    kinds: dict[str, Kind] = dict(fields) if fixed else dict.fromkeys(fields, "number")
    for name, kind in kinds.items():
        check_name(name)
        if kind not in KINDS:
            raise WrongType(
                f"field {name!r} of stream {stream!r} cannot be of kind {kind!r}: there are "
                f"{', '.join(map(repr, KINDS))}{did_you_mean(str(kind), KINDS)}"
            )
    return Declaration(stream, kinds, closed=True, fixed=fixed)


def agree(
    declared: Declaration,
    columns: dict[str, Column],
    incoming: Mapping[str, Values],
    first: int,
    last: int,
    capacity: int,
) -> tuple[dict[str, Column], dict[str, Array], list[str]]:
    """Find the columns that can hold the incoming values, and convert the values to their kinds; changes nothing.

    Args:
        declared: the declared fields.
        columns: the present columns.
        incoming: the incoming values by field.
        first: the oldest record that new columns must have a (missing) value for.
        last: the newest.
        capacity: slots of new columns.

    Returns:
        The columns, the converted values by field, and the warnings to log.

    Raises:
        WrongType: when a value does not fit its declared kind.
    """
    arrays: dict[str, Array] = {}
    warnings = []
    for name, values in incoming.items():
        column = columns.get(name)
        if column is None:
            column = Column(values.kind, capacity)
            column.fill(first, last)
            columns = {**columns, name: column}
        array = values.as_kind(column.kind)
        if array is None:
            if declared.fixed:
                declared.refuse(name, values.first_misfit(column.kind))
            kind = _wider(column, values, first, last)
            if kind == "object":
                warnings.append(
                    f"field {name!r} of stream {declared.stream!r} is an object from now on: it was a "
                    f"{column.kind} and got {shown(values.first_misfit(column.kind))}; to have such values "
                    "refused, make the stream with fields="
                )
            columns = {**columns, name: column.widened(kind, first, last)}
            array = values.as_kind(kind)
        if array is not None:
            arrays[name] = array
            if values.origin != column.origin and values.kind == columns[name].kind == "number":
                columns[name].note(values.origin)
            if array.dtype == object:
                column = columns[name]
                column.sparse = column.sparse or values.is_sparse()
                column.holds_numbers = column.holds_numbers or (
                    column.kind == "object" and holds_numbers(array)
                )
    return columns, arrays, warnings


def _wider(column: Column, values: Values, first: int, last: int) -> Kind:
    """Return the wider kind for a field that gets values its kind cannot hold."""
    holds_nothing = column.kind == "number" and np.isnan(column.read(first, last)).all()
    return values.kind if holds_nothing else "object"


def check_name(name: Any) -> str:
    """Return a name that is allowed for a field.

    Raises:
        WrongType: when it is not a str.
        UsageError: when it is empty, or the name of what every record has (`seq`, `ts`).
    """
    if not isinstance(name, str):
        raise WrongType(
            f"a field cannot be named {shown(name)}: it is of type {type(name).__name__}; pass a str"
        )
    if name in ("", "seq", "ts"):
        raise UsageError(
            f"a field cannot be named {name!r}: it is empty, or what every record has anyway; rename it"
        )
    return name


def unknown_field(stream: str, name: str, known: Iterable[str]) -> UnknownField:
    """Return the error for a field that a stream does not have."""
    known = list(known)
    has = ", ".join(map(repr, known)) or "no fields yet"
    return UnknownField(
        f"stream {stream!r} has no field {name!r}: it has {has}{did_you_mean(str(name), known)}"
    )
