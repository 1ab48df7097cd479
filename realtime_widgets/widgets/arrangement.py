"""Arrangement: which widgets a dashboard has, under which names, and in which rows they stand.

Widgets in a list flow: cards and controls into columns, what is wide two in a line, dashboards across. Where the list
holds lists, each of its items is a row: a widget across, or a list of widgets and stacks (lists of widgets above each
other).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Literal

import numpy as np
from ipywidgets import Button, DOMWidget, ValueWidget

from ..client import Client
from ..errors import UsageError, WrongType, did_you_mean, shown
from ..runtime.references import Part
from ..streams import Stream
from .closed import why_closed
from .connection import ConnectionIndicator
from .metric import MetricCard

Stack = Sequence[DOMWidget] | Mapping[str, DOMWidget]
Row = Sequence[DOMWidget | Stack] | Mapping[str, DOMWidget]
Children = DOMWidget | Sequence[DOMWidget | Row] | Mapping[str, DOMWidget]
Spans = Mapping[DOMWidget | str, int]

NARROW: Final = (MetricCard, ConnectionIndicator, ValueWidget, Button)
"""Widgets that take one column; everything else (charts, logs, figures, boxes) is wide: two, or half of the width."""

BOARD: Final = "rw-board"
"""The class of dashboards: one in another is a row of it."""

MAX_COLUMNS: Final = 6
MAX_UNITS: Final = 12
"""Columns that a row may have in all."""


def is_narrow(widget: DOMWidget) -> bool:
    """Whether a widget takes one column unless told otherwise."""
    return isinstance(widget, NARROW)


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in a row: one widget, or several above each other."""

    widgets: tuple[DOMWidget, ...]
    span: int
    """Columns that it takes."""
    paired: bool = False
    """Whether it stands beside another one where the row has no room for all."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its cells, and how they share the width.

    `columns`: as many to a line as fit, up to those of the dashboard. `halves`: two to a line. `row`: all in one line,
    each with its share, where there is room for that.
    """

    kind: Literal["columns", "halves", "row"]
    cells: tuple[Cell, ...]

    @property
    def units(self) -> int:
        """Columns of the row in all."""
        return sum(cell.span for cell in self.cells)

    @property
    def mixed(self) -> bool:
        """Whether what is low stands beside what is high, and should not be stretched to its height."""
        return len({all(map(is_narrow, cell.widgets)) for cell in self.cells if len(cell.widgets) == 1}) == 2


class Arrangement(Part):
    """The widgets of a dashboard.

    Args:
        items: widgets, rows, or a mapping of name → widget.
        spans: widget or its name → columns that it takes.

    Raises:
        WrongType: for what is no widget.
        UsageError: for a closed widget, a name that is there twice, or a span that cannot be had.
    """

    def __init__(self, items: Any, spans: Any = None) -> None:
        self.members: list[tuple[str | None, DOMWidget]] = []
        self._spans: dict[int, int] = {}
        named = _items(items, "a dashboard")
        self._in_rows = any(_is_group(item) for _, item in named)
        self._rows = [self._row(place, name, item) for place, (name, item) in enumerate(named)]
        if spans is not None and not isinstance(spans, Mapping):
            raise WrongType(
                f"span={shown(spans)} cannot be used: pass widget → columns, such as {{chart: 2}}"
            )
        for which, span in (spans or {}).items():
            self.span(self.find(which) if isinstance(which, str) else which, span)
        for row in self._rows:
            self._check_units(row)

    def _row(self, place: int, name: str | None, item: Any) -> list[list[DOMWidget]]:
        if not _is_group(item):
            return [[self._join(f"at place {place}", name, item)]]
        row = []
        for at, (inner, cell) in enumerate(_items(item, "a row of a dashboard")):
            where = f"at place {at} of row {place}"
            if not _is_group(cell):
                row.append([self._join(where, inner, cell)])
                continue
            stacked = _items(cell, "a stack of a dashboard")
            row.append([self._join(f"in the stack {where}", key, widget) for key, widget in stacked])
        return [cell for cell in row if cell]

    def _join(self, where: str, name: str | None, widget: Any) -> DOMWidget:
        _check_widget(where if name is None else repr(name), widget)
        if name is not None and any(known == name for known, _ in self.members):
            raise UsageError(
                f"the dashboard has a widget {name!r} already: remove it first, or take another name"
            )
        if any(known is widget for _, known in self.members):
            raise UsageError(f"the dashboard has {shown(widget)} already: a widget stands in one place of it")
        self.members.append((name, widget))
        found: DOMWidget = widget
        return found

    def add(self, widget: Any, name: str | None, span: int | None) -> None:
        """Put a widget at the end: in a row of its own, where there are rows."""
        if span is not None:
            _checked_span(widget, span)
        joined = self._join(f"at place {len(self._rows)}", name, widget)
        if span is not None:
            self.span(joined, span)
        self._rows.append([[joined]])

    def remove(self, widget: DOMWidget) -> None:
        """Take a widget out; where it was, the others close up."""
        self.members = [each for each in self.members if each[1] is not widget]
        rows = [[[each for each in cell if each is not widget] for cell in row] for row in self._rows]
        self._rows = [kept for row in rows if (kept := [cell for cell in row if cell])]
        self._spans.pop(id(widget), None)

    def span(self, widget: DOMWidget, span: int) -> None:
        """Have a widget take so many columns."""
        if not any(widget is member for _, member in self.members):
            raise UsageError(f"span= names {shown(widget)}, which is not in the dashboard")
        self._spans[id(widget)] = _checked_span(widget, span)

    def find(self, name: str | int) -> DOMWidget:
        """Return the widget of this name, or at this place.

        Raises:
            UsageError: when there is none, naming the nearest.
        """
        members = self.members
        if isinstance(name, int) and -len(members) <= name < len(members):
            return members[name][1]
        for known, widget in members:
            if known == name:
                return widget
        names = [known for known, _ in members if known is not None]
        hint = did_you_mean(str(name), names) or f"; it has {len(members)} widgets, named {names}"
        raise UsageError(f"the dashboard has no widget {name!r}{hint}")

    # How they stand

    def lines(self) -> Iterator[Line]:
        """Return the rows, in the order of reading."""
        if self._in_rows:
            yield from (Line("row", self._shares(row)) for row in self._rows)
            return
        for kind, run in groupby((row[0][0] for row in self._rows), self._flow_of):
            cells = [Cell((widget,), self._spans.get(id(widget), 1)) for widget in run]
            yield from (
                (Line("row", (cell,)) for cell in cells) if kind == "row" else [Line(kind, tuple(cells))]
            )

    def _flow_of(self, widget: DOMWidget) -> Literal["columns", "halves", "row"]:
        if is_narrow(widget) or id(widget) in self._spans:
            return "columns"
        return "row" if BOARD in widget._dom_classes else "halves"

    def _shares(self, row: list[list[DOMWidget]]) -> tuple[Cell, ...]:
        spans = [max(self._span_of(widget) for widget in cell) for cell in row]
        paired = list(_pairs(spans))
        return tuple(Cell(tuple(cell), span, two) for cell, span, two in zip(row, spans, paired, strict=True))

    def _span_of(self, widget: DOMWidget) -> int:
        return self._spans.get(id(widget), 1 if is_narrow(widget) else 2)

    def _check_units(self, row: list[list[DOMWidget]]) -> None:
        if self._in_rows and (units := sum(cell.span for cell in self._shares(row))) > MAX_UNITS:
            raise UsageError(
                f"a row of {units} columns cannot be laid out: a row has {MAX_UNITS} at most, "
                "cards take 1 and charts 2; make two rows of it"
            )


def _pairs(spans: Sequence[int]) -> Iterator[bool]:
    """Of each cell whether it has another one of a single column beside it, two by two."""
    for single, run in groupby(spans, lambda span: span == 1):
        count = len(list(run))
        for at in range(count):
            yield single and at < count - count % 2


def _is_group(item: Any) -> bool:
    """Whether it holds widgets; streams, clients, tables and arrays can be iterated over, too, but hold data."""
    if isinstance(item, DOMWidget | str | bytes | Stream | Client):
        return False
    if hasattr(item, "__array__") and getattr(item, "dtype", None) != np.dtype(object):
        return False
    return isinstance(item, Iterable)


def _items(given: Any, what: str) -> list[tuple[str | None, Any]]:
    if isinstance(given, DOMWidget):
        return [(None, given)]
    if isinstance(given, Mapping):
        return [(str(name), item) for name, item in given.items()]
    if _is_group(given):
        return [(None, item) for item in given]
    raise WrongType(
        f"{what} cannot be made of {shown(given)}: pass a widget, a list of widgets, or a dict of name → widget"
    )


def _check_widget(which: str, widget: object) -> None:
    if not isinstance(widget, DOMWidget):
        deeper = "; rows hold widgets and stacks of widgets, and no more" if _is_group(widget) else ""
        raise WrongType(
            f"a dashboard cannot show the child {which}: it is {shown(widget)} ({type(widget).__name__}); "
            f"pass widgets, such as rw.LiveChart(...) or ipywidgets.HTML(...){deeper}"
        )
    if widget.comm is None:
        raise UsageError(f"a dashboard cannot show the child {which}: {why_closed(widget)}")


def _checked_span(widget: object, span: Any) -> int:
    if isinstance(span, bool) or not isinstance(span, int | np.integer) or not 1 <= span <= MAX_COLUMNS:
        raise UsageError(
            f"span={span!r} of {shown(widget)} cannot be laid out: pass 1 to {MAX_COLUMNS} columns"
        )
    return int(span)
