"""Frame: the one message that carries all new data from the kernel to the pages, and its wire format.

A frame is a small JSON object and at most one binary buffer. It holds *parts*; a part holds the numbers `first..last`
of one feed of one widget (its records, and other changes, see `Payload.moved`): columns as little-endian arrays in the
buffer, everything else in `body`. A *key* part (a keyframe) is complete by itself; any other only continues what a page
has up to `first - 1`. A frame without parts is a keepalive. `heard`, when present, has the number of the newest report
of each page on the frame's route.

    {"rw": 2, "mid": 17, "t": 1795456052.1, "parts": [
        {"to": "w1", "feed": "0", "first": 5, "last": 9, "key": false, "body": {…},
         "cols": [["k", "i4", 3], ["lo", "f8", 6]]}],
     "rows": [["k3x…", 1200, 70]]}

A part that is a `Reading` travels as a row in the buffer, behind the columns. `rows` says of each prefix of addresses
from which number `last` is counted, and how many rows there are; an address is prefix, hyphen and number.
Little-endian:

    u4 number of the address   u4 last, less the base   u4 numbers, `last - first + 1`
    u1 0       u1 level   u2 records   f4 age   f4 span   f8 delta
    and for each record        f8 time in seconds       f8 value

Columns are in the buffer one after another in the order of the parts, each starting at a multiple of 8 bytes. The
number is called `mid`, never `id`: ipykernel 7.4 keeps every string `id` of a comm message for good.
`tests/golden/wire.json` has the wire format for the tests of both languages.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from ..feeds.feed import LEVELS, Payload, padded
from ..feeds.text import as_unicode

WIRE = 2
"""Version of the wire format. A page and a kernel of different versions never share a registry."""

_ROW = struct.Struct("<IIIxBHffd")
_RECORD = struct.Struct("<dd")

_TYPES: dict[str, np.dtype[Any]] = {"f8": np.dtype("<f8"), "i4": np.dtype("<i4"), "u1": np.dtype("u1")}
_NAMES = {dtype: name for name, dtype in _TYPES.items()}


class Part(msgspec.Struct, frozen=True):
    """A payload with its address: feed `feed` of the widget `to`."""

    to: str
    feed: str
    payload: Payload


class Frame(msgspec.Struct, frozen=True):
    """Number, kernel time (seconds since the epoch), parts, and the reports it answers (page id → number)."""

    mid: int
    t: float
    parts: tuple[Part, ...]
    heard: Mapping[str, int] = msgspec.field(default_factory=dict)


def pack(frame: Frame) -> tuple[dict[str, Any], list[bytes]]:
    """Return the frame as a JSON object and its buffers (none or one, never a view of live data).

    Raises:
        TypeError: when a column is not float64, int32 or uint8.
    """
    chunks: list[bytes] = []
    parts: list[dict[str, Any]] = []
    rows: dict[str, list[Part]] = {}
    for part in frame.parts:
        payload = part.payload
        if payload.reading is not None:
            rows.setdefault(part.to.rpartition("-")[0], []).append(part)
            continue
        cols: list[list[Any]] = []
        for name, column in payload.columns.items():
            type_name = _NAMES.get(column.dtype)
            if type_name is None:
                raise TypeError(f"column {name!r} is {column.dtype}: the wire has {', '.join(_TYPES)}")
            cols.append([name, type_name, int(column.size)])
            data = column.tobytes()
            chunks.append(data)
            chunks.append(b"\0" * (padded(len(data)) - len(data)))
        parts.append(
            {
                "to": part.to,
                "feed": part.feed,
                "first": payload.first,
                "last": payload.last,
                "key": payload.key,
                "body": payload.body,
                "cols": cols,
            }
        )
    content = {"rw": WIRE, "mid": frame.mid, "t": frame.t, "parts": parts}
    if frame.heard:
        content["heard"] = as_unicode(dict(frame.heard))  # names that pages gave themselves
    if rows:
        content["rows"] = [_pack_rows(prefix, group, chunks) for prefix, group in rows.items()]
    buffer = b"".join(chunks)
    return content, [buffer] if buffer else []


def _pack_rows(prefix: str, parts: list[Part], chunks: list[bytes]) -> list[Any]:
    """Append parts that are readings to the chunks; returns what the frame says of them."""
    base = min(part.payload.last for part in parts)
    for part in parts:
        payload = part.payload
        reading = payload.reading
        assert reading is not None
        chunks.append(
            _ROW.pack(
                int(part.to.rpartition("-")[2]),
                payload.last - base,
                payload.last - payload.first + 1,
                LEVELS.index(reading.level),
                len(reading.records),
                reading.age,
                reading.span,
                reading.delta,
            )
        )
        chunks.extend(_RECORD.pack(*record) for record in reading.records)
    return [prefix, base, len(parts)]
