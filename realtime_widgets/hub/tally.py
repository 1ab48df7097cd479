"""The tally: what has happened to a hub since it was started, counted for Prometheus.

What it counts by is of our own making, such as the codes of refusals; names of channels or clients would have no end.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import Final, Literal

Transport = Literal["websocket", "sse"]

BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Seconds up to which publications are counted; those that took longer come last."""


class Histogram:
    """How many things took how long."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        """By bucket, each without those before it."""
        self.seconds = 0.0

    def note(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds


class Tally:
    """The counters of one run of a hub; on the I/O thread."""

    def __init__(self) -> None:
        self.sessions: Counter[Transport] = Counter()
        """Those that are there now."""
        self.joined: Counter[Transport] = Counter()
        self.sent_bytes: Counter[Transport] = Counter()
        self.received_bytes: Counter[Transport] = Counter()
        self.sent = 0
        """Envelopes to clients."""
        self.published: Counter[Literal["websocket", "http", "hub"]] = Counter()
        """Messages that were kept, by how they came."""
        self.publishing = Histogram()
        """From a message's arrival to its place in its channel."""
        self.refused: Counter[str] = Counter()
        """By the code of the refusal."""
        self.closed: Counter[str] = Counter()
        """Clients that the hub closed, by the reason it gave them."""
        self.responses: Counter[int] = Counter()
        """By their status."""

    def join(self, transport: Transport) -> None:
        """Count a client that came."""
        self.joined[transport] += 1
        self.sessions[transport] += 1

    def leave(self, transport: Transport) -> None:
        """Count a client that went."""
        self.sessions[transport] -= 1

    def publish(self, by: Literal["websocket", "http", "hub"], seconds: float, *, count: int = 1) -> None:
        """Count what was published and kept.

        Args:
            by: how it came.
            seconds: from its arrival to its place.
            count: how many messages it was.
        """
        self.published[by] += count
        self.publishing.note(seconds)
