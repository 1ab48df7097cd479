"""Conflation: a client that reads too slowly is sent the newest message of a channel, and what was between is left out.

It stands in the place of a `catch_up`, for channels whose policy allows it. A client with recovery is told where
messages were left out, by a head as there.
"""

from __future__ import annotations

from ..protocol.envelope import Message
from ..streams.gaps import Position
from .catch_up import head
from .channels import Channels


class Newest:
    """The newest message of one channel that waits for one client.

    Args:
        channel: which.
        tells: whether the client knows heads.
    """

    def __init__(self, channel: str, *, tells: bool) -> None:
        self.turn = 0
        """See `CatchUp.turn`."""
        self._channel = channel
        self._tells = tells
        self._waiting: tuple[Position, str] | None = None
        self._left_out = False

    @property
    def over(self) -> bool:
        """See `CatchUp.over`."""
        return self._waiting is None

    def hear(self, message: Message, frame: str) -> None:
        """Take a message in the place of those that wait."""
        self._left_out = self._left_out or self._waiting is not None
        self._waiting = Position(message.epoch or "", message.offset or 0), frame

    async def next(self, _channels: Channels, _most: int) -> list[str]:
        """Return the frames to send, see `CatchUp.next`."""
        if self._waiting is None:
            return []
        (here, frame), left_out = self._waiting, self._left_out
        self._waiting, self._left_out = None, False
        if not (self._tells and left_out):
            return [frame]
        return [head(self._channel, here, here.offset - 1, "overflow"), frame]
