"""Frames: the one message that carries all that is new, from the kernel to the pages.

A frame is a small JSON object and at most one binary buffer. It holds *parts*; a part brings what the
numbers `first..last` of one feed of one widget stand for (its records, and what moved besides): columns
as little-endian arrays in the buffer, everything else in `body`. A *key* part stands alone; any other
only continues what a page has up to `first - 1`. A frame without parts is a beat: the kernel is alive.
`heard`, when there, names the newest pulse of each page that was heard since the frame before.

    {"rw": 1, "mid": 17, "t": 1795456052.1, "parts": [
        {"to": "w1", "feed": "0", "first": 5, "last": 9, "key": false, "body": {…},
         "cols": [["k", "i4", 3], ["lo", "f8", 6]]}]}

Columns lie in the buffer one after another in the order of the parts, each starting at a multiple
of 8 bytes. The number is called `mid`, never `id`: ipykernel 7.4 keeps every string `id` of a comm
message for good. `tests/golden/wire.json` holds the wire for both languages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

WIRE = 1
"""Version of the wire. A page and a kernel of different versions never share a registry."""

_ALIGN = 8
_TYPES: dict[str, np.dtype[Any]] = {"f8": np.dtype("<f8"), "i4": np.dtype("<i4"), "u1": np.dtype("u1")}
_NAMES = {dtype: name for name, dtype in _TYPES.items()}

Columns = Mapping[str, NDArray[Any]]


class Payload(msgspec.Struct, frozen=True):
    """What a feed hands out at one moment: the records `first..last`, ready for a page.

    `last == first - 1` means no record, only a new `body`. Column values are copies.
    """

    first: int
    last: int
    key: bool
    body: dict[str, Any]
    columns: Columns = msgspec.field(default_factory=dict)
    moved: bool = False
    """Whether more has changed than that records came: a clear, another layout, a link that was lost. Delivery counts
    it like a record, so that a page that misses this part has a hole."""
    body_bytes: int = 0
    """Size of a `body` that carries the data itself, as text; the few numbers of others do not count."""

    @property
    def nbytes(self) -> int:
        """Bytes of the data as they travel."""
        return self.body_bytes + sum(_padded(column.nbytes) for column in self.columns.values())


class Part(msgspec.Struct, frozen=True):
    """A payload with its address: feed `feed` of the widget `to`."""

    to: str
    feed: str
    payload: Payload


class Frame(msgspec.Struct, frozen=True):
    """Number, kernel time (seconds since the epoch), parts, and the pulses it answers (page id → number)."""

    mid: int
    t: float
    parts: tuple[Part, ...]
    heard: Mapping[str, int] = msgspec.field(default_factory=dict)


def pack(frame: Frame) -> tuple[dict[str, Any], list[bytes]]:
    """The frame as a JSON object and its buffers (none or one, never a view of live data).

    Raises:
        TypeError: when a column is not float64, int32 or uint8.
    """
    chunks: list[bytes] = []
    parts: list[dict[str, Any]] = []
    for part in frame.parts:
        payload = part.payload
        cols: list[list[Any]] = []
        for name, column in payload.columns.items():
            type_name = _NAMES.get(column.dtype)
            if type_name is None:
                raise TypeError(f"column {name!r} is {column.dtype}: the wire has {', '.join(_TYPES)}")
            cols.append([name, type_name, int(column.size)])
            data = column.tobytes()
            chunks.append(data)
            chunks.append(b"\0" * (_padded(len(data)) - len(data)))
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
        content["heard"] = dict(frame.heard)
    buffer = b"".join(chunks)
    return content, [buffer] if buffer else []


def unpack(content: Mapping[str, Any], buffers: Sequence[bytes]) -> Frame:
    """The inverse of `pack`, for tests and tools; pages do the same in TypeScript.

    Raises:
        ValueError: when the frame is of another wire version, or its buffer is too short or too long.
    """
    if content.get("rw") != WIRE:
        raise ValueError(f"a frame of wire version {content.get('rw')!r}: this is version {WIRE}")
    buffer = buffers[0] if buffers else b""
    offset = 0
    parts = []
    for raw in content["parts"]:
        columns = {}
        for name, type_name, length in raw["cols"]:
            dtype = _TYPES[type_name]
            columns[name] = np.frombuffer(buffer, dtype, length, offset)
            offset += _padded(length * dtype.itemsize)
        payload = Payload(raw["first"], raw["last"], raw["key"], raw["body"], columns)
        parts.append(Part(raw["to"], raw["feed"], payload))
    if offset != len(buffer):
        raise ValueError(f"a frame with {len(buffer)} bytes of columns: its parts describe {offset}")
    return Frame(content["mid"], content["t"], tuple(parts), content.get("heard", {}))


def _padded(nbytes: int) -> int:
    return -(-nbytes // _ALIGN) * _ALIGN
