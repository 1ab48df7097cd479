"""Stats: the counters of the last hop, of one widget and of all."""

from __future__ import annotations

import msgspec


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """Counters of the way from the streams to the pages. Rates are those of the last five seconds.

    Attributes:
        rate: records appended to the streams, per second.
        sent: parts (a widget's share of a frame) sent.
        bytes: bytes of data in them.
        keyframes: parts that are complete by themselves.
        resyncs: keyframes that pages asked for.
        merged: records that were sent together with others: in one bucket of a chart, as one newest value.
        dropped: records that were sent to no page: overwritten before they were read, or too many for a log.
        age: seconds since the newest record arrived; None when there is none.
        draws: drawn frames per second, of the page that draws most; 0 while no page shows it.
    """

    rate: float
    sent: int
    bytes: int
    keyframes: int
    resyncs: int
    merged: int
    dropped: int
    age: float | None
    draws: float


class HopStats(Stats, frozen=True, kw_only=True):
    """Counters of what this kernel has sent to its pages; `draws` is that of all widgets together.

    Attributes:
        frames: messages sent, keepalives included.
        frame_rate: messages per second.
        pages: pages known at present.
        widgets: widgets registered at present.
        max_fps: frames per second allowed.
    """

    frames: int
    frame_rate: float
    pages: int
    widgets: int
    max_fps: float
