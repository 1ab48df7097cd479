"""Dashboard: widgets of any library in a grid that adapts to its width, under one title.

There is no portable way for a front end like ours to draw other libraries' widgets, so the boxes are those of
ipywidgets; the grid is made of classes and rules in style.css, which the header loads into the page.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

import numpy as np
import traitlets
from ipywidgets import Box, DOMWidget, HBox, Layout, VBox

from ..errors import UsageError
from ..feeds.feed import Payload
from ..feeds.freshness import GRAVEST_FIRST, DataState
from .arrangement import BOARD, MAX_COLUMNS, Arrangement, Cell, Children, Line, Spans, is_narrow
from .base import LiveWidget, named_keywords
from .closed import SaysClosed
from .connection import ConnectionIndicator, Linked
from .settings import OnlySettings
from .shown import get_shown

AUTO_COLUMNS: Final = 3
EVEN_COLUMNS: Final = {1: 1, 2: 2, 4: 4, 8: 4}
"""Numbers of cards that three columns would leave a hole beside → the columns that do not."""


class Dashboard(OnlySettings, SaysClosed, VBox):  # type: ignore[misc]
    """Cards, charts and any other ipywidgets in a grid that follows its width, under one title.

    Widgets flow in the order of reading: cards and controls into columns of 200 pixels at least, everything else two
    in a row, or across where that is narrow. Lists in the list are rows: `Dashboard([[a, b], c])` is a row of a and b,
    then c across; a list in a row is a stack: `[[[card, card], chart]]` has two cards above each other beside a chart.

    "Pause all" in the header freezes the widgets in that page, at once and whatever the kernel does; `pause()` freezes
    them in all pages. Data are still received, and nothing is lost. Without title and connection there is no header.

    Args:
        children: the widgets; rows of them; or a mapping of name → widget (a row, too, may be one): `dashboard["cpu"]`,
            `dashboard[0]`.
        more: `Dashboard(a, b)` is `Dashboard([a, b])`.
        columns: most columns that cards flow into, 1 to 6; `auto`: 3, or what leaves no hole.
        span: widget, or its name → columns that it takes, 1 to 6, as far as there are so many; others: cards and
            controls 1, everything else 2 in a row, half of the width where there are no rows.
        title: heading; None for none.
        connection: a client, or a `ConnectionIndicator`, to show beside the title; None: none.
        theme: of the header: `auto` (the host's), `light` or `dark`.
        locale: language of the header, such as `ja`; None: the browser's.
        layout: an `ipywidgets.Layout` for the whole.

    Raises:
        WrongType: when a child is no widget.
        UsageError: when a setting is out of its range; TypeError names the nearest keyword.

    Example:
        `Dashboard([[card, other_card], chart], title="Server", connection=client)`
    """

    @named_keywords
    def __init__(
        self,
        children: Children = (),
        *more: Any,
        columns: int | Literal["auto"] = "auto",
        span: Spans | None = None,
        title: str | None = None,
        connection: Linked | ConnectionIndicator | None = None,
        theme: Literal["auto", "light", "dark"] = "auto",
        locale: str | None = None,
        layout: Layout | dict[str, Any] | None = None,
    ) -> None:
        self._columns = _checked_columns(columns)
        self._auto = columns == "auto"
        self._arrangement = Arrangement([children, *more] if more else children, span)
        look: dict[str, Any] = {"theme": theme, "locale": locale}
        self._own: list[Any] = []  # what close() closes
        self._boxes: list[Box] = []  # rows and stacks
        self._around: weakref.WeakSet[Dashboard] = weakref.WeakSet()  # the dashboards that it is in
        if connection is None or isinstance(connection, ConnectionIndicator):
            indicator = connection
        else:
            indicator = self._keep(ConnectionIndicator(connection, **look))
        self._header = self._keep(_Header(self, title or "", **look))
        self._grid = self._keep(Box())
        self._grid.add_class("rw-board-grid")
        row = self._keep(HBox([self._header] if indicator is None else [self._header, indicator]))
        row.add_class("rw-board-head")
        super().__init__([row, self._grid], **({} if layout is None else {"layout": layout}))
        self.add_class(BOARD)
        self._arrange()
        get_shown().add(self)

    def _keep(self, widget: Any) -> Any:
        self._own.append(widget)
        return widget

    # The widgets

    def __getitem__(self, name: str | int) -> DOMWidget:
        """The widget of this name, or at this place.

        Raises:
            UsageError: when there is none, naming the nearest.
        """
        return self._arrangement.find(name)

    def __iter__(self) -> Iterator[DOMWidget]:
        return iter([widget for _, widget in self._arrangement.members])

    def add(self, widget: DOMWidget, name: str | None = None, *, span: int | None = None) -> None:
        """Puts a widget at the end; in a row of its own where there are rows.

        Raises:
            WrongType: when it is no widget.
            UsageError: when another has the name, or there are no such columns.
        """
        if widget is self or any(member is self for member in _within(widget)):
            raise UsageError(
                f"{self!r} cannot be put into itself: make another dashboard for what is around it"
            )
        self._arrangement.add(widget, name, span)
        self._arrange()
        if self.paused:
            for member in _pausable([widget]):
                member.pause()

    def remove(self, widget: DOMWidget | str) -> None:
        """Takes a widget out, by itself or by its name; it stays open.

        Raises:
            UsageError: when it is not there.
        """
        found = self[widget] if isinstance(widget, str) else widget
        if not any(member is found for member in self):
            raise UsageError(f"{found!r} cannot be removed: it is not in the dashboard")
        self._arrangement.remove(found)
        self._arrange()
        _set_classes(found, set())
        for inner in _pausable([found]):
            if isinstance(inner, Dashboard):
                inner._around.discard(self)
        if self.paused:
            for member in _pausable([found]):
                member.resume()  # as the dashboard would have done

    def _arrange(self) -> None:
        for widget in self:
            if widget.comm is None:  # closed meanwhile: it cannot be shown, and the others can
                self._arrangement.remove(widget)
        before, self._boxes = self._boxes, []
        self._grid.children = [self._line(line) for line in self._arrangement.lines()]
        for box in before:
            box.close()
        for inner in _pausable(self):
            if isinstance(inner, Dashboard):
                inner._around.add(self)
        self._count()

    def _count(self) -> None:
        """Tells the header, and those of the dashboards around it, what their buttons pause."""
        self._header._members = [live._rw_id for live in _live(self)]
        for outer in list(self._around):
            outer._count()

    def _line(self, line: Line) -> Box:
        row = self._box([self._place(cell) for cell in line.cells], f"rw-board-{line.kind}")
        row.add_class(f"rw-units-{line.units}" if line.kind == "row" else f"rw-columns-{self._most(line)}")
        if line.mixed:
            row.add_class("rw-mixed")
        return row

    def _most(self, line: Line) -> int:
        return EVEN_COLUMNS.get(line.units, self._columns) if self._auto else self._columns

    def _place(self, cell: Cell) -> DOMWidget:
        """What stands in a place of a row; its classes say how much room it takes."""
        sizes = {f"rw-span-{cell.span}"} | ({"rw-pair"} if cell.paired else set())
        if len(cell.widgets) == 1:
            _set_classes(cell.widgets[0], sizes | _breadth(cell.widgets[0]))
            return cell.widgets[0]
        for widget in cell.widgets:
            _set_classes(widget, _breadth(widget))
        stack = self._box(cell.widgets, "rw-stack")
        _set_classes(stack, sizes)
        return stack

    def _box(self, children: Iterable[DOMWidget], name: str) -> Box:
        box = Box(list(children))
        box.add_class(name)
        self._boxes.append(box)
        return box

    # The whole

    @property
    def title(self) -> str:
        """Heading; empty for none."""
        return str(self._header.title)

    @title.setter
    def title(self, title: str | None) -> None:
        self._header.title = title

    @property
    def columns(self) -> int:
        """Most columns, 1 to 6; may be set, also to `auto`."""
        return self._columns

    @columns.setter
    def columns(self, columns: int | Literal["auto"]) -> None:
        self._columns = _checked_columns(columns)
        self._auto = columns == "auto"
        self._arrange()

    @property
    def theme(self) -> str:
        """Colours of the header: the host's (`auto`), `light` or `dark`."""
        return str(self._header.theme)

    @theme.setter
    def theme(self, theme: Literal["auto", "light", "dark"]) -> None:
        self._header.theme = theme

    @property
    def locale(self) -> str:
        """Language of the header, such as `ja`; empty: the browser's."""
        return str(self._header.locale)

    @locale.setter
    def locale(self, locale: str | None) -> None:
        self._header.locale = locale

    @property
    def paused(self) -> bool:
        """Whether `pause()` has frozen the widgets; a pause by readers in their pages does not show here."""
        return bool(self._header.paused)

    def pause(self) -> None:
        """Freezes all widgets that can be paused; their data are still received."""
        self._header.paused = True
        for widget in _pausable(self):
            widget.pause()

    def resume(self) -> None:
        """Resumes all of them, with the newest data."""
        self._header.paused = False
        for widget in _pausable(self):
            widget.resume()

    @property
    def data_state(self) -> DataState:
        """The most severe of its widgets' states; `no_data` without any."""
        states = {live.data_state for live in _live(self)}
        return next((state for state in GRAVEST_FIRST if state in states), "no_data")

    def close(self) -> None:
        """Removes the dashboard from the pages; its widgets stay open, and so does an indicator that was passed in."""
        for name in ("_own", "_boxes"):
            for widget in getattr(self, name, ()):  # missing when the constructor has raised
                widget.close()
        super().close()

    def __repr__(self) -> str:
        return f"Dashboard({self.title!r}, {len(self._arrangement.members)} widgets, {self.data_state})"


class _Header(LiveWidget):
    """The line over the grid: a title, and the button that pauses everything below."""

    _members = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """The `_rw_id` of each widget that the button pauses."""

    def __init__(self, dashboard: Dashboard, title: str, **look: Any) -> None:
        self._dashboard = dashboard
        super().__init__("dashboard", [], {"0": _Heading()}, title=title, layout=None, **look)

    def resume(self) -> None:
        self._dashboard.resume()


class _Heading:
    """The feed of a header: it never changes, but its frames show that the kernel is alive."""

    def resize(self, px: int) -> None:
        pass

    def changed(self) -> bool:
        return False

    def take(self, key: bool, now: float) -> Payload:
        return Payload(1, 0, True, {"age": None})


_LAID_OUT: Final = {"rw-wide", "rw-pair", *(f"rw-span-{span}" for span in range(1, MAX_COLUMNS + 1))}


def _breadth(widget: DOMWidget) -> set[str]:
    return set() if is_narrow(widget) else {"rw-wide"}


def _set_classes(widget: DOMWidget, names: set[str]) -> None:
    """Gives a widget these classes of ours, and no others that say how it is laid out."""
    others = [name for name in widget._dom_classes if name not in _LAID_OUT]
    if (classes := (*others, *sorted(names))) != widget._dom_classes:
        widget._dom_classes = classes


def _checked_columns(columns: Any) -> int:
    if columns == "auto":
        return AUTO_COLUMNS
    if (
        isinstance(columns, bool)
        or not isinstance(columns, int | np.integer)
        or not 1 <= columns <= MAX_COLUMNS
    ):
        raise UsageError(f'columns={columns!r} cannot be laid out: pass "auto" or 1 to {MAX_COLUMNS}')
    return int(columns)


def _pausable(widgets: Iterable[Any]) -> Iterator[Any]:
    """Those that can be paused, also in boxes (as they are now); not indicators, which would then show an old state."""
    for widget in widgets:
        if isinstance(widget, ConnectionIndicator):
            continue
        if callable(getattr(widget, "pause", None)) and callable(getattr(widget, "resume", None)):
            yield widget
        elif isinstance(widget, Box):
            yield from _pausable(widget.children)


def _live(widgets: Iterable[Any]) -> Iterator[LiveWidget]:
    """The widgets of ours among those that can be paused, also in dashboards."""
    for widget in _pausable(widgets):
        if isinstance(widget, Dashboard):
            yield from _live(widget)
        elif isinstance(widget, LiveWidget):
            yield widget


def _within(widget: Any) -> Iterator[Any]:
    """What is in a widget, however deep."""
    for each in getattr(widget, "children", ()):
        yield each
        yield from _within(each)
