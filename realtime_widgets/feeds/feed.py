"""Feed: one numbered sequence of data that a widget offers to the pages, and its payload at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec
from numpy.typing import NDArray

from .text import as_unicode

ALIGNMENT: Final = 8
"""Bytes: each column starts at a multiple of this in the buffer, as typed arrays in the page require."""

Columns = Mapping[str, NDArray[Any]]


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
    body_bytes: int = 0
    """Size in bytes of a `body` that holds the data itself; 0 for a `body` of a few numbers, which do not count."""

    def __post_init__(self) -> None:
        body = as_unicode(self.body)
        if body is not self.body:
            msgspec.structs.force_setattr(self, "body", body)

    @property
    def nbytes(self) -> int:
        """Bytes of the data as sent."""
        return self.body_bytes + sum(padded(column.nbytes) for column in self.columns.values())


class Feed(Protocol):
    """Data that a widget offers; `FrameDelivery` asks for them."""

    def changed(self) -> bool:
        """Whether `take` would return something new."""

    def take(self, key: bool, now: float) -> Payload:
        """Return what is new since the last `take`, or everything as a keyframe; a feed may return one unasked."""

    def resize(self, px: int) -> None:
        """Set the width of the widest view, CSS pixels."""


def padded(nbytes: int) -> int:
    """Return the bytes that a column of `nbytes` takes up in the buffer."""
    return -(-nbytes // ALIGNMENT) * ALIGNMENT
