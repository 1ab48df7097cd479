"""Gap: messages or records that are known to be missing, with their place and the reason.

Missing data are never skipped silently: one gap marks their place. Charts draw a break there, cards are stale until the
next value, logs show a row for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

import msgspec

Reason = Literal["trimmed", "epoch_changed", "overflow", "lost", "unknown_source"]

REASONS: Final[Mapping[Reason, str]] = {
    "trimmed": "they were no longer in the server's history",
    "epoch_changed": "the server began anew",
    "overflow": "this client read too slowly",
    "lost": "they were lost on the way",
    "unknown_source": "the connection was lost, and this server does not say what it sent meanwhile",
}
"""Why messages can be missing, in words for users."""


class Position(NamedTuple):
    """A place in a channel: after the message with this number.

    Attributes:
        epoch: identifies the numbering; the server changes it when its numbers start again.
        offset: number of the last message before the place; 0: there was none yet.
    """

    epoch: str
    offset: int


class Gap(msgspec.Struct, frozen=True):
    """Messages of a channel that are missing: all after one position up to another.

    Attributes:
        channel: the channel that misses them.
        reason: why, see `REASONS`.
        ts: when it was noticed, seconds since the epoch.
        after: the last position before it; None: not known.
        until: the last position that is missing; None: not known.
        seq: the number of the stream's last record before it; None: it is in no stream.
    """

    channel: str
    reason: Reason
    ts: float
    after: Position | None = None
    until: Position | None = None
    seq: int | None = None

    @property
    def missed(self) -> int | None:
        """How many messages are missing; None: not known."""
        if self.after is None or self.until is None or self.after.epoch != self.until.epoch:
            return None
        missed = self.until.offset - self.after.offset
        return missed if missed > 0 else None  # the numbers started again under the same epoch

    def __str__(self) -> str:
        missed = self.missed
        count = "messages" if missed is None else "1 message" if missed == 1 else f"{missed:,} messages"
        maybe = "may be missing" if self.reason == "unknown_source" else "missing"
        return f"{count} of channel {self.channel!r} {maybe}: {REASONS[self.reason]}"
