"""Memory: what an alert has found on each stream, so that watching anew goes on from there and tells nothing twice.

A watch ends when its cell is run again, when a chart is made anew or shows other fields. The past is judged once all
the same: records that have been judged are not judged again, and what is raised stays so until a record decides.
"""

from __future__ import annotations

import itertools
import weakref
from typing import Any

from ..streams import Stream


class Memory:
    """What is known of one stream.

    Args:
        number: of the stream, as the alert met it.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        """Tells streams of one name apart."""
        self.fields: dict[str | None, Any] = {}
        """What tracks keep, by field; None: any field."""


class Memories:
    """What is known of all streams of an alert, as long as they exist."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._of: weakref.WeakKeyDictionary[Stream, Memory] = weakref.WeakKeyDictionary()

    def of(self, stream: Stream) -> Memory:
        """Return that of one stream."""
        memory = self._of.get(stream)
        return self._of.setdefault(stream, Memory(next(self._numbers))) if memory is None else memory
