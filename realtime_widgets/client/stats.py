"""Stats: the counters of a connection, and the snapshot that a client shows of them."""

from __future__ import annotations

import msgspec

from .sansio.inbox import ChannelStats


class ConnectionCounters:
    """What has happened on a connection since it was made."""

    def __init__(self) -> None:
        self.connects = 0
        self.frames = 0
        self.bytes = 0
        self.bad = 0


class ClientStats(msgspec.Struct, frozen=True):
    """What has happened on a client's connection since it was made, and what the client could make of it.

    Attributes:
        connects: times that it was opened.
        frames: received.
        messages: that its `decode=` has found in them.
        bytes: received.
        bad: frames, messages and records that it could not use.
        duplicates: messages that were received again, and dropped.
        gaps: places where messages are missing.
        dropped: messages and errors that were dropped because this client's callbacks were too slow.
        channels: what waits for the callbacks by channel, and what was dropped or merged.
        sent: messages that were sent.
        acknowledged: those of them that the server has acknowledged.
        waiting: messages that wait for the connection, or for the server's acknowledgement.
        failed: messages that did not arrive, as far as we know.
    """

    connects: int
    frames: int
    messages: int
    bytes: int
    bad: int
    duplicates: int
    gaps: int
    dropped: int
    channels: dict[str, ChannelStats]
    sent: int
    acknowledged: int
    waiting: int
    failed: int
