"""The backlog: what one client is still to be sent of a channel from its history, before it gets what is new.

It begins with a *head*, which says from where on everything follows, and has another one wherever the history has
lost what was next:

    {"type": "history", "channel": "metrics", "epoch": "c4f1", "offset": 17, "data": {"after": 12, "reason": null}}

The messages 13 to 17 of `metrics` follow. `reason`, if it is not null, says why it is not the position asked for.
"""

from __future__ import annotations

from ..protocol.envelope import Message, new_envelope, write
from ..streams.gaps import Position, Reason
from .channels import Channels


class CatchUp:
    """One client's place in the history of one channel.

    Args:
        channel: which.
        position: the last the client has had, or where the channel stood when it came.
        trimmed: why something is missing that the history no longer has.
        begun: whether it has been told where it stands.
    """

    def __init__(
        self, channel: str, position: Position, *, trimmed: Reason = "trimmed", begun: bool = False
    ) -> None:
        self.seen: Position | None = None
        """The newest that was published since it began."""
        self.turn = 0
        """When it may begin, as its session counts."""
        self.over = False
        """Whether everything has been handed out, and what is new comes next."""
        self._channel = channel
        self._position = position
        self._trimmed = trimmed
        self._begun = begun

    @classmethod
    def after_overflow(cls, channel: str, missed: Position) -> CatchUp:
        """Go on with the first message that found no room."""
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
        """Return the newest offset that we know of; some may be published while the history is read."""
        seen = self.seen
        return max(there.offset, seen.offset if seen is not None and seen.epoch == there.epoch else 0)


def _head(channel: str, there: Position, after: int, reason: Reason | None) -> str:
    head = new_envelope("history", {"after": after, "reason": reason}, channel=channel)
    head.epoch, head.offset = there
    return write(head)
