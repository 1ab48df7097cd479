"""Groups: what is published on a channel, of the jobs that are sent at once, is one command. No I/O.

A command for each message costs Redis and the hub several times as much as the message itself. The messages of a
channel keep their order, among themselves and with what is asked about it; those of different channels have none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from .redis_jobs import Job
from .redis_scripts import Publication, read_placed

MAX_GROUP: Final = 100
"""Messages of one command: Redis does nothing else meanwhile, for about a millisecond."""

Publish = Callable[[Sequence[Publication]], tuple[Any, ...]]
"""Returns the command that publishes messages of one channel."""


class Groups:
    """The groups of some jobs.

    Args:
        jobs: in their order.
        publish: as above.
    """

    def __init__(self, jobs: Sequence[Job], publish: Publish) -> None:
        self.commands: list[tuple[Any, ...]] = []
        """What is to be sent."""
        self._groups: list[list[Publication]] = []  # of each command; a single job has none
        self._places: list[tuple[int, int]] = []  # of each job: its command, and its place within
        last: dict[str, int] = {}
        for job in jobs:
            one = job.command
            if not isinstance(one, Publication):
                last.clear()  # it may ask what was published before
                self._places.append((len(self._groups), 0))
                self._groups.append([])
                self.commands.append(one())
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
                self.commands[number] = publish(group)

    def answers(self, answers: Sequence[Any]) -> list[Any]:
        """Return what each job is answered, a `Placed` where it publishes, from the answers to the commands."""
        told = [
            read_placed(answer, group) if group and not isinstance(answer, Exception) else answer
            for answer, group in zip(answers, self._groups, strict=True)
        ]
        return [
            told[number][place] if isinstance(told[number], list) and self._groups[number] else told[number]
            for number, place in self._places
        ]
