"""The last event id: where a stream of Server-Sent Events ended, and whether the next link resumes there."""

from __future__ import annotations

import re
import string
from typing import Final

from ...streams.gaps import Reason

MAX_ID_BYTES: Final = 4096
"""Bytes of the longest id that is sent back."""

_CONTROL: Final = re.compile(rb"[\x00-\x1f\x7f]")

COUNTED: Final = 2
"""Steps of one from id to id, without any other step, after which ids are taken for a count."""


class LastEventId:
    """Where a stream ended, and whether the next one resumes there.

    By the standard a server that is told the last id resumes after it; but many give their events ids and keep none of
    them. So it has to prove it, by ids that count up by one: then the first id of a new link must be the next.

    Attributes:
        last_id: of the last event; "": the server sends none.
        retry: seconds that the server wants between two links; None: it did not say.
    """

    def __init__(self) -> None:
        self.last_id = ""
        self.retry: float | None = None
        self._noted = ""
        self._count: tuple[str, int] | None = None  # the last id's prefix, and the number after it
        self._steps: int | None = 0  # of one, so far; None: there was another step
        self._anew = False  # the first id of a new link has yet to come

    @property
    def counted(self) -> bool:
        """Whether the ids of this server count its events."""
        return self._steps is not None and self._steps >= COUNTED

    def reopen(self) -> None:
        """Start a new link."""
        self._anew = True

    def note(self, event_id: str) -> Reason | None:
        """Note the id of an event; returns why events before it are missing; None: none are known to be."""
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
        """Return why events are missing, as a new link does not continue the count; a new count may start here."""
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
        """The value of the `Last-Event-ID` header; None: send none.

        A header has no space at its ends, which servers would take off, and no control characters; and servers reject
        those that are too long.
        """
        said = self.last_id.strip(" \t").encode("utf-8", "replace")
        return said if 0 < len(said) <= MAX_ID_BYTES and not _CONTROL.search(said) else None


def _count_of(event_id: str) -> tuple[str, int] | None:
    """Return the prefix of an id and the number at its end; None: it has none."""
    if len(event_id) > MAX_ID_BYTES:
        return None
    name = event_id.rstrip(string.digits)
    return (name, int(event_id[len(name) :])) if len(name) < len(event_id) else None
