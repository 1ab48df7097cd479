"""Groups: what is published on a channel, of the commands that are sent at once, is one command. No I/O.

A command for each message costs Redis and the hub several times as much as the message itself. The messages of a
channel keep their order, among themselves and with what is asked about it; those of different channels have none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from .redis_scripts import Publication, read_placed

MAX_GROUP: Final = 100
"""Messages of one command: Redis does nothing else meanwhile, for about a millisecond."""


class Groups:
    """The groups of some commands.

    Args:
        commands: in their order, and publications.
    """

    def __init__(self, commands: Sequence[tuple[Any, ...] | Publication]) -> None:
        self.commands: list[tuple[Any, ...]] = []
        """What is to be sent."""
        self._groups: list[
            list[Publication]
        ] = []  # of each that is sent; one that publishes nothing has none
        self._places: list[tuple[int, int]] = []  # of each given: what is sent of it, and its place within
        last: dict[str, int] = {}
        for one in commands:
            if not isinstance(one, Publication):
                last.clear()  # it may ask what was published before
                self._places.append((len(self._groups), 0))
                self._groups.append([])
                self.commands.append(one)
                continue
            number = last.get(one.channel)
            if number is None or len(self._groups[number]) >= MAX_GROUP:
                number = last[one.channel] = len(self._groups)
                self._groups.append([])
                self.commands.append(())
            self._places.append((number, len(self._groups[number])))
            self._groups[number].append(one)
        for number, group in enumerate(self._groups):
            if group:
                self.commands[number] = group[0].pack(group)

    def answers(self, answers: Sequence[Any]) -> list[Any]:
        """Return what each was answered, a `Placed` for a publication, from the answers to what was sent."""
        told = [
            read_placed(answer, group) if group and not isinstance(answer, Exception) else answer
            for answer, group in zip(answers, self._groups, strict=True)
        ]
        return [
            told[number][place] if isinstance(told[number], list) and self._groups[number] else told[number]
            for number, place in self._places
        ]
