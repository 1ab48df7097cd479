"""The counters: what has happened on a connection, and what a client shows of it."""

from __future__ import annotations

import msgspec

from .sansio.inbox import ChannelStats


class Counters:
    """What has happened on a connection since it was made."""

    def __init__(self) -> None:
        self.connects = 0
        self.frames = 0
        self.messages = 0
        self.bytes = 0
        self.bad = 0


class ClientStats(msgspec.Struct, frozen=True):
    """What has happened on a client's connection since it was made.

    Attributes:
        connects: times that it was opened.
        frames: received.
        messages: in them.
        bytes: received.
        bad: frames, messages and records that could not be used.
        duplicates: messages that came again, and were left out.
        gaps: places where messages are missing.
        dropped: messages and errors that this client's callbacks were too slow for.
        channels: what waits for them by channel, and what became of what was too much.
        sent: messages that went out.
        acknowledged: those of them that the server has, by its own word.
        waiting: messages that wait for the connection, or for the server's answer.
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
