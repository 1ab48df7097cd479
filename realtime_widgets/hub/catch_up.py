"""Catch-up: sends a client what it missed of one channel, from the history, before new messages.

It begins with a *head*, which says after which offset everything follows; another one comes wherever the history has
lost the next messages:

    {"type": "history", "channel": "metrics", "epoch": "c4f1", "offset": 17, "data": {"after": 12, "reason": null}}

The messages 13 to 17 of `metrics` follow. `reason`, if not null, says why that is not the position asked for.
"""

from __future__ import annotations

from ..protocol.envelope import Message, new_envelope, write
from ..streams.gaps import Position, Reason
from .channels import Channels


class CatchUp:
    """One client's position in the history of one channel.

    Args:
        channel: which.
        position: the last that the client has read, or where the channel stood when it subscribed.
        trimmed: the reason to give for messages that the history no longer has.
        begun: whether the client has been sent a head.
    """

    def __init__(
        self, channel: str, position: Position, *, trimmed: Reason = "trimmed", begun: bool = False
    ) -> None:
        self.seen: Position | None = None
        """The newest position published since it began."""
        self.turn = 0
        """How many frames must have left the send buffer before it may begin."""
        self.over = False
        """Whether the history has been handed out, so that new messages come next."""
        self._channel = channel
        self._position = position
        self._trimmed = trimmed
        self._begun = begun

    @classmethod
    def after_overflow(cls, channel: str, missed: Position) -> CatchUp:
        """Start at the first message that did not fit into the send buffer."""
        catch_up = cls(channel, Position(missed.epoch, missed.offset - 1), trimmed="overflow", begun=True)
        catch_up.seen = missed
        return catch_up

    async def next(self, channels: Channels, most: int) -> list[str]:
        """Return frames of up to `most` bytes, with a head where one is needed."""
        there = await channels.position(self._channel)
        reason: Reason | None = None
        if self._position.epoch != there.epoch or self._position.offset > there.offset:
            after, reason = 0, "epoch_changed"
        else:
            after = self._position.offset
        messages: list[Message] = []
        if after < self._newest(there):
            messages = await channels.read(self._channel, after, most)
        first = messages[0].offset or 0 if messages else max(there.offset, after) + 1
        if first > after + 1:
            after, reason = first - 1, reason or self._trimmed
        frames = [write(message) for message in messages]
        if not self._begun or reason is not None:
            frames.insert(0, _head(self._channel, there, after, reason))
            self._begun = True
        last = messages[-1].offset or 0 if messages else after
        self._position = Position(there.epoch, last)
        self.over = last >= self._newest(there)
        return frames

    def _newest(self, there: Position) -> int:
        """Return the newest offset known; messages may be published while the history is read."""
        seen = self.seen
        return max(there.offset, seen.offset if seen is not None and seen.epoch == there.epoch else 0)


def _head(channel: str, there: Position, after: int, reason: Reason | None) -> str:
    head = new_envelope("history", {"after": after, "reason": reason}, channel=channel)
    head.epoch, head.offset = there
    return write(head)
