"""A followed channel: how far its messages were handed on, whichever way they come. No I/O.

They come as the result of publishing, as news, and as what was found by looking. One that is the next is handed on, one
that was handed on already is not, and one further on waits for those between. What is lost is handed on as a *gap*.
"""

from __future__ import annotations

from asyncio import Future
from collections import deque
from collections.abc import Callable

from ...protocol.envelope import Message
from ...streams.gaps import Position
from .base import OutOfReach, Sink, gap_after
from .engine import Found


class Followed:
    """One channel.

    Args:
        channel: its name.
        hand_on: takes its messages, and gaps.
    """

    def __init__(self, channel: str, hand_on: Sink) -> None:
        self.channel = channel
        self.position: Position | None = None
        """All up to it, from where it began, was handed on; None: it is not known yet where it begins."""
        self.confirmed = False
        """Whether news of it come, over the present link."""
        self.looking = False
        """Whether somebody looks what there is."""
        self.due = False
        """Whether somebody has to look again."""
        self.established = False
        """Whether nothing can be missed any more from the beginning on."""
        self._hand_on = hand_on
        self._told: deque[tuple[Position, Callable[[], object]]] = deque()
        self._ready: list[Future[Position]] = []

    def hear(self, there: Position, make: Callable[[], Message | None]) -> bool:
        """Hand on a message if it is the next; returns False if those before it did not come.

        Args:
            there: its position.
            make: returns it, or None when it cannot be read.
        """
        here = self.position
        if here is None or there.epoch != here.epoch or there.offset > here.offset + 1:
            return False
        if there.offset == here.offset + 1:
            message = make()
            if message is None:
                self._skip(there)
            else:
                self.position = there
                self._hand_on(message)
            self._tell()
        return True

    def take(self, found: Found) -> bool:
        """Hand on what was found by looking after the position; returns whether there may be more."""
        there, here = found.position, self.position
        if here is None:
            self.position = there
        elif here.epoch != there.epoch:
            self._skip(Position(there.epoch, found.base))
        else:
            last = here.offset
            for message in found.messages:
                offset = message.offset or 0
                if offset > last + 1:
                    self._skip(Position(there.epoch, offset - 1))
                if offset > last:
                    last = offset
                    self.position = Position(there.epoch, last)
                    self._hand_on(message)
            if not found.messages and there.offset > last:
                self._skip(there)
        assert self.position is not None
        self._tell(looked=True)
        return self.position.offset < there.offset

    def _skip(self, there: Position) -> None:
        """Go on from another position; what is between is lost."""
        here, self.position = self.position, there
        assert here is not None
        self._hand_on(gap_after(self.channel, here))

    @property
    def waited_for(self) -> bool:
        """Whether somebody waits for messages to be handed on."""
        return bool(self._told or self._ready)

    def when_at(self, there: Position, tell: Callable[[], object]) -> None:
        """Call a function when all up to a position was handed on; in the order of these calls."""
        self._told.append((there, tell))
        self._tell()

    def _tell(self, *, looked: bool = False) -> None:
        while self._told:
            there, tell = self._told[0]
            here = self.position
            if here is None or (there.offset > here.offset if there.epoch == here.epoch else not looked):
                break
            self._told.popleft()
            tell()

    def when_ready(self, ready: Future[Position]) -> None:
        """Tell the position as soon as nothing can be missed any more."""
        self._ready.append(ready)
        if self.established:
            self.establish()

    def establish(self) -> None:
        """Take note that nothing can be missed any more."""
        assert self.position is not None
        self.established = True
        waiting, self._ready = self._ready, []
        for ready in waiting:
            if not ready.done():
                ready.set_result(self.position)

    def give_up(self, why: str) -> None:
        """Tell those who wait for the position that it cannot be known now."""
        waiting, self._ready = self._ready, []
        for ready in waiting:
            if not ready.done():
                ready.set_exception(OutOfReach(why))

    def end(self) -> None:
        """Tell all who wait: nothing is handed on any more."""
        self.give_up("nobody follows the channel any more")
        while self._told:
            self._told.popleft()[1]()
