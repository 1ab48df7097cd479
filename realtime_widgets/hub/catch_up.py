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
        trimmed: the reason to give for messages that the history no longer has; None: they need not be there.
        begun: whether the client has been sent a head.
    """

    def __init__(
        self, channel: str, position: Position, *, trimmed: Reason | None = "trimmed", begun: bool = False
    ) -> None:
        self.turn = 0
        """How many frames must have left the send buffer before it may begin."""
        self._channel = channel
        self._position = position
        self._trimmed = trimmed
        self._begun = begun
        self._at_the_end = False  # of the history, as it was when it was last read
        self._seen: Position | None = None  # the newest that was published since then

    @classmethod
    def after_overflow(cls, channel: str, missed: Position) -> CatchUp:
        """Start at the first message that did not fit into the send buffer."""
        return cls(channel, Position(missed.epoch, missed.offset - 1), trimmed="overflow", begun=True)

    @classmethod
    def of_recent(cls, channel: str, there: Position, count: int) -> CatchUp:
        """Start with the last messages that the history has, up to `count` of them."""
        return cls(channel, Position(there.epoch, max(0, there.offset - count)), trimmed=None)

    @property
    def over(self) -> bool:
        """Whether the history has been handed out, so that new messages come next."""
        seen, here = self._seen, self._position
        return self._at_the_end and (
            seen is None or (seen.epoch == here.epoch and seen.offset <= here.offset)
        )

    def hear(self, message: Message, _frame: str) -> None:
        """Note that a message was published; it comes from the history."""
        self._seen = Position(message.epoch or "", message.offset or 0)

    async def next(self, channels: Channels, most: int) -> list[str]:
        """Return frames of up to `most` bytes, with a head where one is needed."""
        self._seen = None  # where the channel is, all that was heard is before
        there = await channels.position(self._channel, self._position)
        reason: Reason | None = None
        if self._position.epoch != there.epoch or self._position.offset > there.offset:
            after, reason = 0, "epoch_changed"
        else:
            after = self._position.offset
        messages: list[Message] = []
        if after < there.offset:
            messages = await channels.read(self._channel, after, most)
        first = messages[0].offset or 0 if messages else max(there.offset, after) + 1
        if first > after + 1:
            after, reason = first - 1, reason or self._trimmed
        frames = [write(message) for message in messages]
        if not self._begun or reason is not None:
            frames.insert(0, head(self._channel, there, after, reason))
            self._begun = True
        last = messages[-1].offset or 0 if messages else after
        self._position = Position(there.epoch, last)
        self._at_the_end = last >= there.offset
        return frames


def head(channel: str, there: Position, after: int, reason: Reason | None) -> str:
    """Return the frame that says after which offset everything follows, up to a position, and why not before.

    Args:
        channel: whose.
        there: its newest position.
        after: the offset.
        reason: why that is not the position asked for; None: it is.
    """
    made = new_envelope("history", {"after": after, "reason": reason}, channel=channel)
    made.epoch, made.offset = there
    return write(made)
