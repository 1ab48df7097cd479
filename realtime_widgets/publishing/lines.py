"""Lines: what a command or a shell script has to say in one line, read as records. Pure.

| a line | is |
|---|---|
| `{"loss": 0.3}` | a record |
| `[{"loss": 0.3}, {"loss": 0.2}]` | as many records |
| `0.3`, `"text"`, `[1, 2]` | a record with the field `value` |
| `loss=0.3 name="a b"` | a record; a value is JSON, or else text |
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from ..client.sansio.records import are_records
from ..errors import UsageError, shown
from ..streams.values import read_number

_PAIR: Final = re.compile(r"([^\W\d][\w.\-]*)=(.*)", re.DOTALL)
_QUOTED: Final = r"'[^']*+'" + "|" + r'"(?:[^"\\]++|\\.)*+"'
_WORD: Final = rf"""(?:[^ \t\r\n'"\\]++|\\.|{_QUOTED})++"""
"""A word of a shell; `shlex` takes minutes for one of a million characters."""

_FIND_WORDS: Final = re.compile(_WORD, re.DOTALL)
_ALL_WORDS: Final = re.compile(rf"(?:{_WORD}|[ \t\r\n]++)*+", re.DOTALL)
_SPECIAL: Final = re.compile(rf"\\(.)|({_QUOTED})", re.DOTALL)
_ESCAPED: Final = re.compile(r"""\\(["\\])""")
_NO_NUMBER: Final = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


def records_of(line: str) -> list[dict[str, Any]]:
    """Return the records of a line; none of an empty one.

    Raises:
        UsageError: it cannot be read.
    """
    line = line.strip().removeprefix("\ufeff")
    if not line:
        return []
    try:
        return _records(json.loads(line))
    except (ValueError, RecursionError):
        pass
    if (number := _number(line)) is not None:
        return [{"value": number}]
    if (record := record_of_pairs(_words(line))) is not None:
        return [record]
    raise UsageError(f"{shown(line)} cannot be published: it is neither JSON, nor a number, nor key=value")


def record_of_pairs(words: Sequence[str]) -> dict[str, Any] | None:
    """Return the record of words such as `loss=0.3`; None: one of them is no such pair."""
    pairs = [_PAIR.fullmatch(word) for word in words]
    if not pairs or None in pairs:
        return None
    return {pair[1]: _value(pair[2]) for pair in pairs if pair is not None}


def _words(line: str) -> list[str]:
    """Return the words of a line as a shell has them; those between spaces where its quotes have no end."""
    if _ALL_WORDS.fullmatch(line) is None:  # half a pair of quotes, an apostrophe
        return line.split()
    return [_SPECIAL.sub(_plain, word) for word in _FIND_WORDS.findall(line)]


def _plain(found: re.Match[str]) -> str:
    """Return what a backslash or quotes stand for."""
    if found[1] is not None:
        return found[1]
    inside = found[2][1:-1]
    return _ESCAPED.sub(r"\1", inside) if found[2][0] == '"' else inside


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        number = _number(text)
        return text if number is None else number


def _number(text: str) -> float | int | None:
    return float(text) if _NO_NUMBER.fullmatch(text) else read_number(text)


def _records(value: Any) -> list[dict[str, Any]]:
    if are_records(value):
        return list(value)
    return [value if isinstance(value, dict) else {"value": value}]
