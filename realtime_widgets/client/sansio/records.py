"""Records: the data of messages, converted to what a stream takes.

Any mapping is a record with its fields, and a list of mappings is as many records, such as a publisher sends what has
queued up; anything else is the field `value`. Servers name their fields as they like, and
none is refused for its name:

| a field | becomes |
|---|---|
| `ts` that is a moment, see `protocol.timestamps` | the record's time, before that of the message |
| `ts` that is None | nothing: the time is that of the message |
| `seq`, another `ts`, an empty name, `__x__` | a field with that name and an underscore at its end |
| with a name that is no text | a field with `str()` of that name |

An underscore that leads to the name of another field is followed by one more. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final

from ...protocol.timestamps import seconds_of

_DUNDER: Final = re.compile(r"__[^_](.*[^_])?__\Z", re.DOTALL)


def are_records(data: Any) -> bool:
    """Whether a message's data are several records: a list of mappings, with at least one."""
    return type(data) is list and bool(data) and all(isinstance(each, Mapping) for each in data)


def record_of(data: Any, plain: AbstractSet[str] = frozenset()) -> tuple[dict[str, Any], float | None]:
    """Return the fields of a message's data, and the time in them; None: they have none.

    Args:
        data: of a message; what is returned may share it.
        plain: names that are known to need no other.
    """
    if not isinstance(data, Mapping):
        return {"value": data}, None
    if data.keys() <= plain or all(type(name) is str and not _is_reserved(name) for name in data):
        return data if type(data) is dict else dict(data), None
    return _renamed(data)


def _renamed(data: Mapping[Any, Any]) -> tuple[dict[str, Any], float | None]:
    taken = {name for name in data if isinstance(name, str)}
    fields: dict[str, Any] = {}
    ts = None
    for key, value in data.items():
        name = str(key)
        if name == "ts" and (value is None or (ts := _moment(value)) is not None):
            continue
        if _is_reserved(name) or not (isinstance(key, str) or name not in taken):
            name += "_"
            while name in taken or name in fields:
                name += "_"
        fields[name] = value
    return fields, ts


def _is_reserved(name: str) -> bool:
    return name in ("", "seq", "ts") or (name.startswith("__") and _DUNDER.match(name) is not None)


def _moment(value: Any) -> float | None:
    """Return a time in seconds; None: it is none."""
    if isinstance(value, bool):
        return None
    try:
        return seconds_of(value)
    except Exception:  # BadTime, or what a user's decoder has put there raises
        return None
