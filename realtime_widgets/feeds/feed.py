"""Feed: one numbered line of data that a widget offers to the pages, and what it hands out at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec
from numpy.typing import NDArray

ALIGNMENT: Final = 8
"""Bytes: each column travels at a multiple of this, as typed arrays in the page want it."""

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
        return self.body_bytes + sum(padded(column.nbytes) for column in self.columns.values())


class Feed(Protocol):
    """What a widget says of its data."""

    def changed(self) -> bool:
        """Whether `take` would hand out something new."""

    def take(self, key: bool, now: float) -> Payload:
        """What came since the last `take`, or all of it as a keyframe; a feed may answer with a key unasked."""

    def resize(self, px: int) -> None:
        """Tells the widest view, CSS pixels."""


def padded(nbytes: int) -> int:
    """Return the bytes that a column of so many takes up on its way."""
    return -(-nbytes // ALIGNMENT) * ALIGNMENT
