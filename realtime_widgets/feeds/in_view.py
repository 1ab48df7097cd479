"""In view: the records of a chart that its window holds, from the streams themselves and not from what is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..streams import Batch, Stream
from .axes import Floats, Kind, coordinates, newest_whole
from .drawn import DrawnFields
from .windows import Points, Window

Bools = NDArray[np.bool_]


class Viewed(Protocol):
    """A line of a chart, as far as it decides what is in view: see `SeriesFeed`."""

    stream: Stream
    x: str
    drawn: DrawnFields

    @property
    def kind(self) -> Kind:
        """What the axis is."""

    @property
    def window_asked(self) -> Window:
        """The window that is shown, or will be."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that are drawn."""


L = TypeVar("L", bound=Viewed)


def in_view(lines: Sequence[L]) -> list[tuple[L, Batch, Bools]]:
    """Return for each feed the records that its stream keeps, and which of them are in view."""
    newest = newest_of(lines)
    return [(line, *view_of(line, newest)) for line in lines]


def newest_of(lines: Sequence[Viewed]) -> float:
    """Return the time of the newest record of several feeds, seconds: there the windows of all of them end."""
    return max((line.stream.newest_ts or -math.inf for line in lines), default=-math.inf)


def view_of(line: Viewed, newest: float) -> tuple[Batch, Bools]:
    """Return the records that the stream of a feed keeps, and which are in a window that ends at a time."""
    batch = line.stream.read(fields=read_fields(line))
    window = line.window_asked
    inside = np.ones(len(batch), bool)
    if isinstance(window, Points):
        inside[: -window.n] = False
    if line.kind == "time":
        inside &= batch.ts <= newest
        if isinstance(window, float):
            inside &= batch.ts >= newest - window
    elif isinstance(window, float) and len(batch):
        x = places(line, batch, newest_whole(batch, line.x) if line.kind == "field" else 0)
        there = x[np.isfinite(x)]
        inside &= x >= (there[-1] if len(there) else math.nan) - window
    return batch, inside


def read_fields(line: Viewed) -> tuple[str, ...]:
    """Return the fields of a feed that the records have to be read with."""
    return (*line.drawn.present(), line.x) if line.kind == "field" else line.drawn.present()


def places(line: Viewed, batch: Batch, origin: int = 0) -> Floats:
    """Return where the records stand along the axis, along a field counted from an origin."""
    if line.kind == "time":
        return batch.ts
    if line.kind == "records":
        return batch["seq"] - float(origin)
    return coordinates(batch, line.x, origin)
