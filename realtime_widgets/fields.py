"""The fields that a stream may have: what they may be called, and which of them were declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from .columns import KINDS, Kind
from .errors import UnknownField, UsageError, WrongType, did_you_mean


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a stream was told about its fields when it was made."""

    stream: str
    """The stream's name, for messages."""
    kinds: dict[str, Kind]
    """The fields there are from the beginning."""
    closed: bool
    """Whether there can be no others."""
    fixed: bool
    """Whether their kinds can never widen."""

    def check(self, name: Any) -> None:
        """Let a field pass when there may be one of this name.

        Raises:
            UnknownField: when it is not among the declared ones.
            UsageError, WrongType: see `check_name`.
        """
        check_name(name)
        if self.closed and name not in self.kinds:
            raise unknown_field(self.stream, name, self.kinds)

    def refuse(self, name: str, value: Any) -> NoReturn:
        """Raise for a value that does not fit the declared kind of its field."""
        raise WrongType(
            f"field {name!r} of stream {self.stream!r} cannot hold {value!r}: it is declared as "
            f"{self.kinds[name]} and this is of type {type(value).__name__}; convert it, or declare the "
            "field as 'object'"
        )


def declare(stream: str, fields: Any) -> Declaration:
    """Read the `fields=` of a stream: None (any), names, or names with their kinds.

    Raises:
        WrongType: for a bare text, and for kinds there are not.
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


def check_name(name: Any) -> str:
    """Return a field's name when it can be one.

    Raises:
        WrongType: when it is not a str.
        UsageError: when it is empty, or the name of what every record has anyway.
    """
    if not isinstance(name, str):
        raise WrongType(f"a field cannot be named {name!r}: it is of type {type(name).__name__}; pass a str")
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
