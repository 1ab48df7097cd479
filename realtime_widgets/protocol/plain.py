"""Plain JSON: JSON text that any reader takes, checked and made so without being read into objects.

To read a megabyte of small values takes twenty times as long as to check it, and a hub only hands it on. What is
checked here is RFC 8259, in UTF-8, without half surrogates and with numbers that a float can hold. What Python and
JavaScript write beyond it is mended: NaN and infinite numbers become null, and half surrogates U+FFFD. Work on long
texts is done in steps, by generators, between which others may have their turn.
"""

from __future__ import annotations

import math
import re
from collections.abc import Generator
from typing import Final

import msgspec

STEP: Final = 64 * 1024
"""Bytes that are looked through in one step."""

_MAX_DIGITS: Final = 300
"""Of a number that a float certainly holds, before its exponent."""

_LONGEST: Final = 32
"""Bytes by which what is searched for is recognized."""

_ODD: Final = re.compile(
    rb"NaN|Infinity|-Infinity"
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair, which is nothing to mend
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
    rb"|e\+?[0-9]{3,}|E\+?[0-9]{3,}"
)
_DIGITS: Final = b"0123456789"
_NUMBER: Final = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?[eE]\+?[0-9]+")
_ZEROS: Final = re.compile(b"0+")
_SHAPE: Final = bytes.maketrans(b"E" + _DIGITS, b"e" + b"0" * 10)
_LARGE: Final = (b"e000", b"e+000", b"0" * _MAX_DIGITS)
_SPACES: Final = b" \n\r\t"

_check = msgspec.json.Decoder(msgspec.Raw).decode


def check(data: bytes) -> Generator[None, None, bytes]:
    """Return JSON as plain JSON, the same bytes where it is.

    Raises:
        ValueError, RecursionError: it is no JSON, or nested too deeply.
    """
    data.decode()
    try:
        _check(data)
    except (msgspec.MsgspecError, ValueError):
        data = yield from mended(data)
        _check(data)
        return data
    return (yield from bounded(data))


def bounded(data: bytes) -> Generator[None, None, bytes]:
    """Return JSON without numbers that are infinite as floats; otherwise it is plain.

    Raises:
        ValueError: a number has too many digits.
    """
    for place in range(0, len(data), STEP):
        shape = data[place : place + STEP + _MAX_DIGITS].translate(_SHAPE)
        if any(large in shape for large in _LARGE):
            return (yield from mended(data))
        yield
    return data


def mended(data: bytes) -> Generator[None, None, bytes]:
    """Return JSON, or what would be JSON but for what is mended, as plain JSON; nothing else of it is checked.

    Raises:
        ValueError: a number has too many digits.
    """
    masked = _mask(data)
    pieces: list[bytes] = []
    done = place = quotes = counted = steps = 0
    while place < len(masked):
        found = _ODD.search(masked, place, place + STEP + _LONGEST)
        if found is None or found.start() >= place + STEP:
            place += STEP
            yield
            continue
        start, end = _ODD.match(masked, found.start()).span()  # type: ignore[union-attr]  # not cut off by the step
        place = end
        quotes += masked.count(b'"', counted, start)
        counted = start
        instead = _instead(masked, start, end, in_string=quotes % 2 == 1)
        if instead is not None:
            begin, new = instead
            pieces += (data[done:begin], new)
            done = end
        steps += 1
        if steps % 64 == 0:
            yield
    data = b"".join((*pieces, data[done:]))
    yield from _refuse_digits(data)
    return data


def _mask(data: bytes) -> bytes:
    """Return JSON, of the same length, with no quotes but those around strings, and no escaped backslashes."""
    return data.replace(rb"\\", b"  ").replace(rb"\"", b"  ")


def _instead(masked: bytes, start: int, end: int, *, in_string: bool) -> tuple[int, bytes] | None:
    """Return what to write instead of what was found, and from where on; None: it stays."""
    first = masked[start : start + 1]
    if first == b"\\":
        return (start, rb"\ufffd") if in_string and end - start == 6 else None
    if in_string:
        return None
    if first in b"eE":
        before = masked[max(0, start - _MAX_DIGITS) : start]
        start -= len(before) - len(before.rstrip(_DIGITS + b"."))
        start -= masked[start - 1 : start] == b"-"
        if _NUMBER.fullmatch(masked, start, end) is None or math.isfinite(float(masked[start:end])):
            return None
    return start, b"null"


def _refuse_digits(data: bytes) -> Generator[None, None, None]:
    """Raise ValueError for a number that no float can hold because of its digits."""
    masked = _mask(data)
    shape = masked.translate(_SHAPE)
    quotes = counted = 0
    place = shape.find(_LARGE[-1])
    while place >= 0:
        quotes += masked.count(b'"', counted, place)
        counted = place
        fraction = shape[max(0, place - 2) : place].endswith((b".", b"e", b"+", b"e-"))  # or an exponent
        if quotes % 2 == 0 and not fraction:
            raise ValueError("a number is out of range")
        end = place + len(_ZEROS.match(shape, place)[0])  # type: ignore[index]  # it has 300
        place = shape.find(_LARGE[-1], end)
        yield


def compact(data: bytes) -> bytes:
    """Return JSON without spaces and line ends between its values."""
    return msgspec.json.format(data, indent=-1) if any(space in data for space in _SPACES) else data
