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

from . import pieces

STEP: Final = 64 * 1024
"""Bytes that are looked through in one step."""

_MANY_DIGITS: Final = 200
"""Of a number; one with fewer, and with two digits of an exponent at most, is no infinity as a float."""

_LONGEST: Final = 32
"""Bytes by which what is searched for is recognized."""

_ODD: Final = re.compile(
    rb"NaN|Infinity|-Infinity"
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair, which is nothing to mend
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
    rb"|e\+?[0-9]{3,}|E\+?[0-9]{3,}"
)
_NUMBER: Final = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_IN_NUMBERS: Final = b"0123456789.eE+-"
_ZEROS: Final = re.compile(b"0+")
_SHAPE: Final = bytes.maketrans(b"E0123456789", b"e0000000000")
_LARGE: Final = (b"e000", b"e+000", b"0" * _MANY_DIGITS)
_SPACES: Final = b" \n\r\t"

_check = msgspec.json.Decoder(msgspec.Raw).decode


def check(data: bytes) -> Generator[None, None, bytes]:
    """Return JSON as plain JSON, the same bytes where it is.

    Raises:
        ValueError, RecursionError: it is no JSON, or nested too deeply.
    """
    data.decode()
    try:
        yield from _checked(data)
    except (msgspec.MsgspecError, ValueError):
        data = yield from mended(data)
        yield from _checked(data)
        return data
    same = yield from bounded(data)
    if same is not data:
        yield from _checked(same)
    return same


def _checked(data: bytes) -> Generator[None, None, None]:
    if len(data) > pieces.LONG:
        yield from pieces.check(data)
    else:
        _check(data)


def bounded(data: bytes) -> Generator[None, None, bytes]:
    """Return JSON, the same bytes where it has no numbers that may be infinite as floats; otherwise see `mended`.

    Raises:
        ValueError: a number has too many digits.
    """
    for place in range(0, len(data), STEP):
        shape = data[place : place + STEP + _MANY_DIGITS].translate(_SHAPE)
        if any(large in shape for large in _LARGE):
            return (yield from mended(data))
        yield
    return data


def mended(data: bytes) -> Generator[None, None, bytes]:
    """Return what would be JSON but for what is mended here; the same bytes where nothing is. It is to be checked.

    Raises:
        ValueError: a number has too many digits.
    """
    data = yield from _replaced(data)
    masked = pieces.mask(data)
    shape = masked.translate(_SHAPE)
    mending = _Mending(data, masked)
    place = shape.find(_LARGE[-1])
    while place >= 0:
        yield
        start, end = _number_around(masked, place)
        if not mending.in_string(place) and _infinite(masked, start, end):
            if not any(sign in masked[start:end] for sign in b"eE"):
                raise ValueError("a number is out of range")
            mending.replace(start, end, b"null")
        # Not by one zero after the other: a string may have nothing else.
        end = max(end, place + len(_ZEROS.match(shape, place)[0]))  # type: ignore[index]  # it has many
        place = shape.find(_LARGE[-1], end)
    return mending.done()


def _replaced(data: bytes) -> Generator[None, None, bytes]:
    masked = pieces.mask(data)
    mending = _Mending(data, masked)
    place = steps = 0
    while place < len(masked):
        found = _ODD.search(masked, place, place + STEP + _LONGEST)
        if found is None or found.start() >= place + STEP:
            place += STEP
            yield
            continue
        start, place = _ODD.match(masked, found.start()).span()  # type: ignore[union-attr]  # not cut off by the step
        in_string = mending.in_string(start)
        first = masked[start : start + 1]
        if first == b"\\":
            if in_string and place - start == 6:
                mending.replace(start, place, rb"\ufffd")
        elif not in_string:
            if first in b"eE":
                start, place = _number_around(masked, start)
                if _infinite(masked, start, place):
                    mending.replace(start, place, b"null")
            else:
                mending.replace(start, place, b"null")
        steps += 1
        if steps % 64 == 0:
            yield
    return mending.done()


class _Mending:
    """What becomes of a text as parts of it are replaced, from its beginning to its end."""

    def __init__(self, data: bytes, masked: bytes) -> None:
        self._data = data
        self._masked = masked
        self._new = bytearray()
        self._place = 0
        self._quotes = self._counted = 0

    def in_string(self, place: int) -> bool:
        """Whether a place, after all that was asked before, is in a string."""
        self._quotes += self._masked.count(b'"', self._counted, place)
        self._counted = place
        return self._quotes % 2 == 1

    def replace(self, start: int, end: int, by: bytes) -> None:
        self._new += memoryview(self._data)[self._place : start]
        self._new += by
        self._place = end

    def done(self) -> bytes:
        if not self._place:
            return self._data
        return bytes(self._new + memoryview(self._data)[self._place :])


def _number_around(masked: bytes, place: int) -> tuple[int, int]:
    """Return where the number begins and ends of which there is something at a place."""
    start = end = place
    while start > 0:
        before = masked[max(0, start - STEP) : start]
        left = before.rstrip(_IN_NUMBERS)
        start -= len(before) - len(left)
        if left:
            break
    while end < len(masked):
        after = masked[end : end + STEP]
        left = after.lstrip(_IN_NUMBERS)
        end += len(after) - len(left)
        if left:
            break
    return start, end


def _infinite(masked: bytes, start: int, end: int) -> bool:
    """Whether something is a number, and infinite as a float."""
    return _NUMBER.fullmatch(masked, start, end) is not None and math.isinf(float(masked[start:end]))


def compact(data: bytes) -> bytes:
    """Return JSON on one line, and if it is not long, which takes time, without spaces between its values."""
    if not any(space in data for space in _SPACES):
        return data
    if len(data) <= STEP:
        return msgspec.json.format(data, indent=-1)
    return data.strip(_SPACES).replace(b"\n", b" ").replace(b"\r", b" ")  # which no string has
