"""Feed: one numbered sequence of data that a widget offers to the pages, and its payload at one moment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from .text import as_unicode

ALIGNMENT: Final = 8
"""Bytes: each column starts at a multiple of this in the buffer, as typed arrays in the page require."""

READING_BYTES: Final = 32
RECORD_BYTES: Final = 16

Columns = Mapping[str, NDArray[Any]]


LEVELS: Final = ("normal", "warning", "error")
"""In the order of their numbers on the wire."""


class Reading(msgspec.Struct, frozen=True):
    """A readout that is numbers only, which travels in a few bytes: new records in order, and what became of the value.

    Attributes:
        records: times in seconds and finite values of the new records that matter, at least one, the newest last.
        age: seconds since data arrived.
        delta: the change since the baseline; NaN: not known.
        span: seconds that the change covers; NaN: not known.
        level: one of `LEVELS`.
    """

    records: tuple[tuple[float, float], ...]
    age: float
    delta: float
    span: float
    level: str

    def body(self) -> dict[str, Any]:
        """Return the body that says the same."""
        newest, value = self.records[-1]
        body: dict[str, Any] = {
            "newest": newest,
            "age": self.age,
            "last": [value],
            "value": value,
            "level": self.level,
        }
        if not math.isnan(self.delta):
            body["delta"], body["span"] = self.delta, self.span
        return body

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return the records as columns."""
        ts, values = np.array(self.records).T
        return {"ts": ts.copy(), "values": values.copy()}


class Payload(msgspec.Struct, frozen=True):
    """The data that a feed returns at one moment: the records `first..last`, ready for a page.

    `last == first - 1` means no record, only a new `body`. Column values are copies. Text in a body is made Unicode:
    any that is none would stop the frame, and with it all widgets.
    """

    first: int
    last: int
    key: bool
    body: dict[str, Any]
    columns: Columns = msgspec.field(default_factory=dict)
    moved: bool = False
    """Whether the data changed other than by new records: a clear, another layout, a link that was lost.
    `FrameDelivery` counts it like a record, so that a page that misses this part sees a hole."""
    reading: Reading | None = None
    """For a card whose news are records and numbers only: what `body` says, to be sent in place of it."""
    body_bytes: int = 0
    """Size in bytes of a `body` that holds the data itself; 0 for a `body` of a few numbers, which do not count."""

    def __post_init__(self) -> None:
        body = as_unicode(self.body) if self.body else self.body
        if body is not self.body:
            msgspec.structs.force_setattr(self, "body", body)

    @property
    def nbytes(self) -> int:
        """Bytes of the data as sent."""
        if self.reading is not None:
            return READING_BYTES + RECORD_BYTES * len(self.reading.records)
        return self.body_bytes + sum(padded(column.nbytes) for column in self.columns.values())


class Feed(Protocol):
    """Data that a widget offers; `FrameDelivery` asks for them.

    One that changes by time alone has `due()` too: in how many seconds it will have changed; None: it will not.
    """

    def changed(self) -> bool:
        """Whether `take` would return something new."""

    def take(self, key: bool, now: float) -> Payload:
        """Return what is new since the last `take`, or everything as a keyframe; a feed may return one unasked."""

    def resize(self, px: int) -> None:
        """Set the width of the widest view, CSS pixels."""


def padded(nbytes: int) -> int:
    """Return the bytes that a column of `nbytes` takes up in the buffer."""
    return -(-nbytes // ALIGNMENT) * ALIGNMENT
