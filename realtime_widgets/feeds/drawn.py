"""Drawn: which number fields of a stream a view draws, and what its reader is told when it cannot."""

from __future__ import annotations

from collections.abc import Sequence

from ..streams import Stream
from .fields import awaited_field, check_field, no_such_field, why_not_drawn

MAX_SERIES = 32
"""A view without named fields draws at most this many number fields, in the order they appeared."""


class DrawnFields:
    """The fields that a view draws.

    Args:
        stream: of the fields.
        names: those to draw; None: all number fields, also those that appear later.
        x: the field that is the axis; None: time or the number of the record is.
    """

    def __init__(self, stream: Stream, names: Sequence[str] | None, x: str | None) -> None:
        self.names: tuple[str, ...] = tuple(names or ())
        self.all = names is None
        """Whether all are drawn, also those that appear later."""
        self._stream = stream
        self._x = x

    def check(self) -> None:
        """Reject fields that a stream with fields does not have.

        Raises:
            UnknownField: naming the nearest field, and the existing ones.
        """
        for name in (*self.names, *(() if self._x is None else (self._x,))):
            check_field(self._stream, name)

    def present(self) -> tuple[str, ...]:
        """Return the fields to draw now; a drawn field stays when its kind changes."""
        return self._drawable()[:MAX_SERIES] if self.all else self.names

    def changed(self) -> bool:
        """Whether there are others to draw now."""
        return self.all and self.present() != self.names

    def _drawable(self) -> tuple[str, ...]:
        numbers = self._stream.number_fields
        if self.names and not set(self.names).issubset(
            numbers
        ):  # an empty field may have become one of texts
            names = {*numbers, *self.names}
            numbers = tuple(name for name in self._stream.fields if name in names)
        return tuple(name for name in numbers if name != self._x)

    def unknown(self) -> str | None:
        """Return a sentence for the reader when the stream has none of the named fields; None: it has."""
        there = self._stream.fields
        if there and self._x is not None and self._x not in there:
            return no_such_field(self._stream, self._x)
        if self.all or not there or any(name in there for name in self.names):
            return None
        return no_such_field(self._stream, self.names[0])

    def trouble(self) -> str | None:
        """Return a sentence for the reader that says why nothing can be drawn; None: something can."""
        stream, there = self._stream, self._stream.fields
        unknown = self.unknown()
        if unknown is not None:
            return unknown
        if self._x is not None and self._x in there and self._x not in stream.number_fields:
            return why_not_drawn(stream, self._x)
        wanted = there if self.all else [name for name in self.names if name in there]
        if any(name in wanted and name != self._x for name in stream.number_fields) or not len(stream):
            return None
        return next(filter(None, (why_not_drawn(stream, name) for name in wanted)), None)

    def left_out(self) -> str | None:
        """Return a sentence for the reader when some fields are not drawn: too many, or a named one that is not there.

        A field may come later, as `val_loss` does: see `fields.awaited_field` for when that is said.
        """
        count = len(self._drawable()) if self.all and len(self.names) == MAX_SERIES else 0
        if count <= MAX_SERIES:
            return self._awaited()
        return f"{MAX_SERIES} of {count} number fields are drawn; name those to draw, y=[…]"

    def _awaited(self) -> str | None:
        """Return a sentence for the reader about a named field that is not there while others are."""
        there = self._stream.fields
        if self.all or not any(name in there for name in self.names):
            return None
        said = (awaited_field(self._stream, name, self.names) for name in self.names if name not in there)
        return next(filter(None, said), None)
