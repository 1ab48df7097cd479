"""Run: a part of a stream that stands for itself, such as one training run after another in the same notebook."""

from __future__ import annotations

import msgspec

MAX_RUNS = 1000
"""Most runs whose beginnings are kept; the oldest are forgotten."""


class Run(msgspec.Struct, frozen=True):
    """Where a run begins.

    Attributes:
        name: what it is called; empty: nothing.
        ts: when it was marked, seconds since the epoch.
        seq: the number of the stream's last record before it.
    """

    name: str
    ts: float
    seq: int
