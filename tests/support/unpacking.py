"""The inverse of `frames.pack`: pages do the same in TypeScript."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from realtime_widgets.browser.frames import WIRE, Frame, Part
from realtime_widgets.feeds.feed import LEVELS, Payload, Reading, padded

TYPES = {"f8": np.dtype("<f8"), "i4": np.dtype("<i4"), "u1": np.dtype("u1")}


def unpack(content: Mapping[str, Any], buffers: Sequence[bytes]) -> Frame:
    """Return the frame of a message.

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
            dtype = TYPES[type_name]
            columns[name] = np.frombuffer(buffer, dtype, length, offset)
            offset += padded(length * dtype.itemsize)
        payload = Payload(raw["first"], raw["last"], raw["key"], raw["body"], columns)
        parts.append(Part(raw["to"], raw["feed"], payload))
    for prefix, base, count in content.get("rows", []):
        for _ in range(count):
            row = struct.unpack_from("<IIIxBHffd", buffer, offset)
            records = [struct.unpack_from("<dd", buffer, offset + 32 + 16 * i) for i in range(row[4])]
            offset += 32 + 16 * len(records)
            age, span, delta = row[5:]
            reading = Reading(tuple(records), age, delta, span, LEVELS[row[3]])
            last = base + row[1]
            body, columns = reading.body(), reading.columns()
            payload = Payload(last - row[2] + 1, last, False, body, columns)
            parts.append(Part(f"{prefix}-{row[0]}", "0", payload))
    if offset != len(buffer):
        raise ValueError(f"a frame with {len(buffer)} bytes of columns: its parts describe {offset}")
    return Frame(content["mid"], content["t"], tuple(parts), content.get("heard", {}))
