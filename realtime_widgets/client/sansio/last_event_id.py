"""The last event id: where a stream of Server-Sent Events was left, and whether the next link goes on there."""

from __future__ import annotations

import string
from typing import Final

from ...streams.gaps import Reason

MAX_ID_BYTES: Final = 4096
"""Bytes of an id that is sent back."""

COUNTED: Final = 2
"""Steps of one from id to id, and no others, after which ids are taken for a count."""


class LastEventId:
    """Where a stream was left, and whether the next one goes on there.

    A server that is told the last id shall go on after it, says the standard; but many name their events and keep none
    of them. So it has to show it, by ids that count up by one: then the first of a new link must be the next.

    Attributes:
        last_id: of the last event; "": the server names none.
        retry: seconds that the server wants between two links; None: it did not say.
    """

    def __init__(self) -> None:
        self.last_id = ""
        self.retry: float | None = None
        self._noted = ""
        self._count: tuple[str, int] | None = None  # what the last id counts, and how far
        self._steps: int | None = 0  # of one; None: ids do not go up by one each
        self._anew = False  # the first id of a new link is yet to come

    @property
    def counted(self) -> bool:
        """Whether the ids of this server count its events."""
        return self._steps is not None and self._steps >= COUNTED

    def reopen(self) -> None:
        """Begin with a new link."""
        self._anew = True

    def note(self, event_id: str) -> Reason | None:
        """Note the id of an event; returns why some before it are missing, None: none is known to be."""
        if event_id == self._noted:
            return None  # an event without an id has that of the one before
        self._noted = event_id
        before, self._count = self._count, _count_of(event_id)
        anew, self._anew = self._anew, False
        if before is None:
            return None
        step = None
        if self._count is not None and self._count[0] == before[0]:
            step = self._count[1] - before[1]
        if anew and step != 1:
            return self._judge(step)
        if self._steps is not None:
            self._steps = self._steps + 1 if step == 1 else None
        return None

    def _judge(self, step: int | None) -> Reason | None:
        """Return what a new link says that does not go on with the count; its ids may count from here."""
        counted = self.counted
        if self._count is None or not counted:
            self._steps = 0
        if not counted:
            return None
        if self._count is None:
            return "unknown_source"
        return "lost" if step is not None and step > 1 else "epoch_changed"

    @property
    def header(self) -> bytes | None:
        """What to say of it; None: nothing. Servers turn away headers without end."""
        said = self.last_id.encode("utf-8", "replace")
        return said if 0 < len(said) <= MAX_ID_BYTES else None


def _count_of(event_id: str) -> tuple[str, int] | None:
    """Return what an id may count, whatever stands before the number at its end, and how far; None: nothing."""
    if len(event_id) > MAX_ID_BYTES:
        return None
    name = event_id.rstrip(string.digits)
    return (name, int(event_id[len(name) :])) if len(name) < len(event_id) else None
