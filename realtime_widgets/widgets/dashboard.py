"""Dashboard: widgets of any library in a grid that adapts to its width, under one title.

There is no portable way for a front end like ours to draw other libraries' widgets, so the boxes are those of
ipywidgets; the grid is made of classes and rules in style.css, which the header loads into the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import numpy as np
import traitlets
from ipywidgets import Box, Button, DOMWidget, HBox, Layout, ValueWidget, VBox

from ..errors import UsageError, WrongType, did_you_mean, shown
from ..feeds.feed import Payload
from ..feeds.freshness import GRAVEST_FIRST, DataState
from .base import LiveWidget, named_keywords
from .closed import SaysClosed, why_closed
from .connection import ConnectionIndicator, Linked
from .metric import MetricCard
from .settings import OnlySettings
from .shown import get_shown

Children = Sequence[DOMWidget] | Mapping[str, DOMWidget]

AUTO_COLUMNS: Final = 3
MAX_COLUMNS: Final = 6

NARROW: Final = (MetricCard, ConnectionIndicator, ValueWidget, Button)
"""Widgets that take one column; everything else (charts, logs, figures, boxes) takes half of the width."""


class Dashboard(OnlySettings, SaysClosed, VBox):  # type: ignore[misc]
    """Cards, charts and any other ipywidgets in one to six columns, as its width allows.

    Cards and controls take one column of 220 pixels at least, everything else half of the width, or all of it where
    that is narrow. The order is that of reading. "Pause all" in the header freezes the widgets in that page, at once
    and whatever the kernel does; `pause()` freezes them in all pages. Data are still received, and nothing is lost.

    Args:
        children: the widgets, or a mapping of name → widget; `dashboard["cpu"]`, `dashboard[0]`.
        columns: most columns, 1 to 6; `auto`: 3.
        title: heading; None for none.
        connection: a client, or a `ConnectionIndicator`, to show beside the title; None: none.
        theme: of the header: `auto` (the host's), `light` or `dark`.
        locale: language of the header, such as `ja`; None: the browser's.
        layout: an `ipywidgets.Layout` for the whole.

    Raises:
        WrongType: when a child is no widget.
        UsageError: when a setting is out of its range; TypeError names the nearest keyword.

    Example:
        `Dashboard([card, other_card, chart], title="Server", connection=client)`
    """

    @named_keywords
    def __init__(
        self,
        children: Children = (),
        *,
        columns: int | Literal["auto"] = "auto",
        title: str | None = None,
        connection: Linked | ConnectionIndicator | None = None,
        theme: Literal["auto", "light", "dark"] = "auto",
        locale: str | None = None,
        layout: Layout | dict[str, Any] | None = None,
    ) -> None:
        self._columns = _checked_columns(columns)
        self._members = _named(children)
        look: dict[str, Any] = {"theme": theme, "locale": locale}
        self._own: list[Any] = []  # what close() closes
        if connection is None or isinstance(connection, ConnectionIndicator):
            indicator = connection
        else:
            indicator = self._keep(ConnectionIndicator(connection, **look))
        self._header = self._keep(_Header(self, title or "", **look))
        self._grid = self._keep(Box())
        self._grid.add_class("rw-board-grid")
        self._grid.add_class(f"rw-columns-{self._columns}")
        row = self._keep(HBox([self._header] if indicator is None else [self._header, indicator]))
        row.add_class("rw-board-head")
        super().__init__([row, self._grid], **({} if layout is None else {"layout": layout}))
        self.add_class("rw-board")
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
        members = self._members
        if isinstance(name, int) and -len(members) <= name < len(members):
            return members[name][1]
        for known, widget in members:
            if known == name:
                return widget
        names = [known for known, _ in members if known is not None]
        hint = did_you_mean(str(name), names) or f"; it has {len(members)} widgets, named {names}"
        raise UsageError(f"the dashboard has no widget {name!r}{hint}")

    def __iter__(self) -> Iterator[DOMWidget]:
        return iter([widget for _, widget in self._members])

    def add(self, widget: DOMWidget, name: str | None = None) -> None:
        """Puts a widget at the end.

        Raises:
            WrongType: when it is no widget.
            UsageError: when another has the name.
        """
        if name is not None and any(known == name for known, _ in self._members):
            raise UsageError(
                f"the dashboard has a widget {name!r} already: remove it first, or take another name"
            )
        _check_widget(f"{name!r}" if name is not None else f"at place {len(self._members)}", widget)
        self._members.append((name, widget))
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
        if not any(member is found for _, member in self._members):
            raise UsageError(f"{found!r} cannot be removed: it is not in the dashboard")
        self._members = [(name, member) for name, member in self._members if member is not found]
        self._arrange()

    def _arrange(self) -> None:
        widgets = list(self)
        for widget in widgets:
            if not isinstance(widget, NARROW):
                widget.add_class("rw-wide")
        self._grid.children = widgets
        self._header._members = [live._rw_id for live in _live(widgets)]

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
        most = _checked_columns(columns)
        self._grid.remove_class(f"rw-columns-{self._columns}")
        self._grid.add_class(f"rw-columns-{most}")
        self._columns = most

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
        for widget in getattr(self, "_own", ()):  # missing when the constructor has raised
            widget.close()
        super().close()

    def __repr__(self) -> str:
        return f"Dashboard({self.title!r}, {len(self._members)} widgets, {self.data_state})"


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


def _named(children: Any) -> list[tuple[str | None, DOMWidget]]:
    named: list[tuple[str | None, DOMWidget]]
    if isinstance(children, Mapping):
        named = [(str(name), widget) for name, widget in children.items()]
    elif isinstance(children, Iterable) and not isinstance(children, str | bytes):
        named = [(None, widget) for widget in children]
    else:
        raise WrongType(
            f"a dashboard cannot be made of {shown(children)}: pass a list of widgets, or a dict of name → widget"
        )
    for place, (name, widget) in enumerate(named):
        _check_widget(f"at place {place}" if name is None else repr(name), widget)
    return named


def _check_widget(which: str, widget: object) -> None:
    if not isinstance(widget, DOMWidget):
        raise WrongType(
            f"a dashboard cannot show the child {which}: it is {shown(widget)} ({type(widget).__name__}); "
            "pass widgets, such as rw.LiveChart(...) or ipywidgets.HTML(...)"
        )
    if widget.comm is None:
        raise UsageError(f"a dashboard cannot show the child {which}: {why_closed(widget)}")


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
