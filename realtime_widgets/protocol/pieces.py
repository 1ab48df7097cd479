"""Pieces: a long JSON text, cut at commas, so that it is checked and skipped in steps. Pure.

A check in one go keeps all others waiting for milliseconds. A piece is checked with what is open before it put before
it, and what is open after it closed: a text is JSON exactly when all of its pieces are.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Generator, Iterable
from typing import Final, NamedTuple

import msgspec

LONG: Final = 256 * 1024
"""Bytes of a text from which on this is worth its price: the work is several times that of a check."""

MANY_COMMAS: Final = 20_000
"""In a text that may be a list of too many: it is not split before that is known."""

STEP: Final = 32 * 1024
"""Bytes that are looked through in one step; a piece is longer only where it has one long string."""

_PAIRS: Final = 8
"""How often brackets with nothing between them are left out before they are looked at one by one."""

_BRACKETS_AT_ONCE: Final = 2_000

_NO_BRACKETS: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")
_CLOSING: Final = bytes.maketrans(b"[{", b"]}")
_AT: Final = re.compile(r"\(byte (\d+)\)")

_check = msgspec.json.Decoder(msgspec.Raw).decode
_split = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Piece(NamedTuple):
    """A piece of a text, without the comma after it.

    Attributes:
        begin, end: its place.
        before, after: brackets that are open where it begins, and where it ends, outermost first.
        least: how many are open in all of it.
    """

    begin: int
    end: int
    before: bytes
    after: bytes
    least: int


def cut(data: bytes) -> Generator[Piece | None, None, None]:
    """Cut JSON into pieces; None is a step in which none was found.

    Raises:
        ValueError: it is none. Where it raises nothing, it may be none either: the pieces are to be checked.
    """
    begin = place = 0
    in_string = False
    opened, brackets = bytearray(), bytearray()
    while place < len(data):
        window = data[place : place + STEP]
        if len(window) == STEP and (len(window) - len(window.rstrip(b"\\"))) % 2:
            window = window[:-1]  # an escape is not cut in two
        parts = mask(window).split(b'"')
        comma, which = _last_comma(parts, in_string, len(window))
        if comma < 0:
            brackets += _brackets_of(parts[in_string::2])
            in_string ^= len(parts) % 2 == 0
            place += len(window)
            yield None
            continue
        outside = parts[in_string:which:2]
        rest = parts[which][: parts[which].rfind(b",")]
        brackets += _brackets_of([*outside, rest])
        before = bytes(opened)
        least = yield from _open(brackets, opened)
        if not opened:
            raise ValueError("JSON is malformed: trailing characters")
        yield Piece(begin, place + comma, before, bytes(opened), least)
        begin = place = place + comma + 1
        in_string = False
        brackets.clear()
    yield Piece(begin, len(data), bytes(opened), b"", 0)


def check(data: bytes) -> Generator[None, None, None]:
    """Raise ValueError or RecursionError where a text is not JSON."""
    for piece in cut(data):
        if piece is not None:
            _check_piece(data, piece)
        yield


def members(data: bytes, most: int) -> Generator[None, None, int]:
    """Return how many members a list has, or more than `most` as soon as there are as many.

    Raises:
        ValueError, RecursionError: it is no list.
    """
    found = 0
    for piece in cut(data):
        if piece is not None:
            here = _split(_opened(piece.before) + data[piece.begin : piece.end] + _gone_on(piece.after))
            # Without the first, which began before, and the last, which stands for what comes.
            found += len(here) - (piece.before != b"") - (piece.after == b"[")
            if found > most:
                break
        yield
    return found


class Hollow:
    """A text of which what is deep within is left out, and can be put in again.

    Attributes:
        text: it, JSON like the whole.
        loose: how many pieces were not left out.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._mark = secrets.token_hex(16)
        self._left_out: list[tuple[bytes, int, int]] = []
        self.text = b""
        self.loose = 0

    def fill(self, part: msgspec.Raw) -> msgspec.Raw:
        """Return a value of the text as it is in the whole."""
        raw = bytes(memoryview(part))
        if self._mark.encode() not in raw:
            return part
        filled, place = bytearray(), 0
        for stand_in, begin, end in self._left_out:
            at = raw.find(stand_in, place)
            if at >= 0:
                filled += memoryview(raw)[place:at]
                filled += memoryview(self._data)[begin:end]
                place = at + len(stand_in)
        return msgspec.Raw(bytes(filled + memoryview(raw)[place:]))

    def leave_out(self, run: list[Piece]) -> bytes:
        """Return what stands for pieces in a row: as many brackets are open after it as after them."""
        first, last = run[0], run[-1]
        least = min(piece.least for piece in run)
        name = f'"{self._mark}{len(self._left_out)}"'.encode()
        stand_in = name + (b":0" if first.before.endswith(b"{") else b"") + _closed(first.before[least:])
        if len(last.after) > least:
            inner = b'"":' if last.after[least - 1 : least] == b"{" else b""
            stand_in += b"," + inner + _opened(last.after[least:]).removesuffix(b",")
        self._left_out.append((stand_in, first.begin, last.end))
        return stand_in


def hollow(data: bytes, depth: int) -> Generator[None, None, Hollow]:
    """Check JSON, and leave out all pieces of it in which so many brackets are open.

    Raises:
        ValueError, RecursionError: it is none.
    """
    found = Hollow(data)
    kept: list[bytes] = []
    run: list[Piece] = []
    for piece in cut(data):
        if piece is not None:
            _check_piece(data, piece)
            if piece.least >= depth:
                run.append(piece)
            else:
                if run:
                    kept.append(found.leave_out(run))
                    run = []
                kept.append(data[piece.begin : piece.end])
                found.loose += 1
        yield
    found.text = b",".join(kept)
    return found


def mask(data: bytes) -> bytes:
    """Return JSON, of the same length, with no quotes but those around strings, and no escaped backslashes."""
    return data.replace(rb"\\", b"  ").replace(rb"\"", b"  ")


def _check_piece(data: bytes, piece: Piece) -> None:
    head = _opened(piece.before)
    try:
        _check(head + data[piece.begin : piece.end] + _gone_on(piece.after))
    except msgspec.MsgspecError as error:
        offset = piece.begin - len(head)
        raise ValueError(_AT.sub(lambda at: f"(byte {int(at[1]) + offset})", str(error))) from None


def _last_comma(parts: list[bytes], in_string: bool, end: int) -> tuple[int, int]:
    """Return where the last comma outside of strings is, and in which part; -1 where there is none."""
    for which in range(len(parts) - 1, -1, -1):
        begin = end - len(parts[which])
        if which % 2 == in_string and (at := parts[which].rfind(b",")) >= 0:
            return begin + at, which
        end = begin - 1
    return -1, 0


def _brackets_of(parts: Iterable[bytes]) -> bytes:
    return b"".join(parts).translate(None, _NO_BRACKETS)


def _open(brackets: bytes | bytearray, opened: bytearray) -> Generator[None, None, int]:
    """Bring what is open up to date; returns how many were open all the time."""
    for _ in range(_PAIRS):
        fewer = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if len(fewer) == len(brackets):
            break
        brackets = fewer
    least = len(opened)
    for number, bracket in enumerate(brackets):
        if number % _BRACKETS_AT_ONCE == _BRACKETS_AT_ONCE - 1:
            yield
        if bracket in b"[{":
            opened.append(bracket)
        elif not opened:
            raise ValueError("JSON is malformed: trailing characters")
        else:
            opened.pop()  # whether it is of the same kind, is seen in the check
            least = min(least, len(opened))
    return least


def _opened(brackets: bytes) -> bytes:
    """Return the beginning of JSON in which these are open, and a value was there already, with its comma."""
    if not brackets:
        return b""
    *outer, last = brackets
    begun = b"".join(b"[" if each == 0x5B else b'{"":' for each in outer)
    return begun + (b"[0," if last == 0x5B else b'{"":0,')


def _gone_on(brackets: bytes) -> bytes:
    """Return the end of JSON in which these are open and a comma follows; nothing is at its end."""
    if not brackets:
        return b""
    return (b",0" if brackets.endswith(b"[") else b',"":0') + _closed(brackets)


def _closed(brackets: bytes) -> bytes:
    return brackets[::-1].translate(_CLOSING)
