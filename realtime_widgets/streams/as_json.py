"""As JSON: what programs log, as the JSON of a record; what JSON has no words for is left out.

| a value | is sent as |
|---|---|
| a scalar of a library, an array or tensor of one, an enum member | the value in it |
| NaN, infinity, `pandas.NA`, `NaT` | null, which a stream reads as missing |
| `Decimal`, a fraction | a number |
| a date, a time | ISO 8601 text |
| a span of time | its seconds |
| an array, a tensor, a column, a set | a list |
| a mapping, a dataclass, a row of a table | an object |
| text with half of a surrogate pair | the same with U+FFFD |

Pure.
"""

from __future__ import annotations

import datetime as dt
import math
import numbers
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec
import numpy as np

from ..errors import WrongType
from .columns import ABSENT, absences, plain, scalar
from .intake import Intake
from .records import as_record
from .text import well_formed
from .values import Values

_PLAIN: Final = frozenset({float, int, bool, str, type(None)})

_encode: Final = msgspec.json.Encoder().encode


def encode_record(fields: dict[str, Any], ts: float) -> tuple[bytes, list[tuple[str, str]]]:
    """Return a record as JSON, and the fields that were left out with the reason for each.

    Args:
        fields: values by name; not changed.
        ts: seconds since the epoch.

    Raises:
        WrongType: no field is left.
    """
    if _PLAIN.issuperset(map(type, fields.values())):
        try:
            return _encode({**fields, "ts": ts}), []
        except Exception:  # half a surrogate pair, an int of thousands of digits, names that are no text
            pass
    return _encode_each(fields, ts)


def _encode_each(fields: Mapping[Any, Any], ts: float) -> tuple[bytes, list[tuple[str, str]]]:
    kept: dict[str, msgspec.Raw] = {}
    left_out = []
    for name, value in fields.items():
        key = _name(name)
        try:
            kept[key] = msgspec.Raw(_encode(to_json(value)))
        except Exception as error:  # whatever a user's class raises
            left_out.append((key, _why(value, error)))
    if not kept:
        shown = "; ".join(why for _, why in left_out) or "it has no fields"
        raise WrongType(f"a record cannot be sent: {shown}")
    return _encode({**kept, "ts": ts}), left_out


def _why(value: Any, error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply, or holds itself"
    if isinstance(error, WrongType):
        return str(error)
    return f"a value of type {type(value).__name__} raised {type(error).__name__}"


def _name(name: Any) -> str:
    return well_formed(name if isinstance(name, str) else str(name))


def to_json(value: Any) -> Any:
    """Return a value as JSON has it.

    Raises:
        WrongType: JSON cannot express it.
        RecursionError: it is nested too deeply, or holds itself.
    """
    value = plain(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return well_formed(str.__str__(value))
    if isinstance(value, np.timedelta64 | np.datetime64):  # the former counts as an integer below
        return None if np.isnat(value) else _moment_of_numpy(value)
    if isinstance(value, numbers.Real | Decimal):
        return _number(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode(errors="replace")
    if isinstance(value, dt.timedelta):
        seconds = value.total_seconds()
        return seconds if math.isfinite(seconds) else None
    if scalar(value)[0] == "number":  # missing, in one of the forms of libraries
        return None
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    record = as_record(value)
    if record is not None:
        return {_name(name): to_json(each) for name, each in record.items()}
    return [to_json(each) for each in _several(value)]


def _several(value: Any) -> Iterable[Any]:
    if isinstance(value, np.ndarray) and value.dtype.kind in "mM":
        return value  # tolist() makes integers of nanoseconds
    for method in ("tolist", "to_list", "to_pylist"):
        found = getattr(value, method, None)
        if callable(found):
            listed = found()
            return listed if isinstance(listed, list) else [listed]
    if isinstance(value, list | tuple | set | frozenset | range):
        return value
    raise WrongType(
        f"a value of type {type(value).__name__} is nothing that JSON has; pass numbers, text, lists or dicts"
    )


def _number(value: Any) -> float | int | None:
    if isinstance(value, numbers.Integral):
        return int(value)
    try:
        found = float(value)
    except (OverflowError, ValueError):  # a fraction beyond 1.8e308, or a signalling NaN
        return None
    return found if math.isfinite(found) else None


def _moment_of_numpy(value: Any) -> Any:
    if isinstance(value, np.timedelta64):
        return float(value / np.timedelta64(1, "s"))
    return str(value)


def rows_of(taken: Intake) -> Iterator[dict[str, Any]]:
    """Yield the records of columns, without the fields that they leave out."""
    columns = {name: _listed(values) for name, values in taken.columns.items()}
    for i in range(taken.count):
        yield {name: column[i] for name, column in columns.items() if column[i] is not ABSENT}


def _listed(values: Values) -> list[Any]:
    if values.kind != "number":
        return list(values.array)
    listed: list[Any] = values.array.tolist()
    if values.origin in ("integer", "boolean"):
        kind = bool if values.origin == "boolean" else int
        listed = [each if each != each else kind(each) for each in listed]
    if values.is_sparse():
        listed = [ABSENT if gone else each for each, gone in zip(listed, absences(values.array), strict=True)]
    return listed
