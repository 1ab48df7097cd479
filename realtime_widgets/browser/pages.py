"""Pages: the last report of each browser page, and the route by which it can be reached.

A *route* is a comm that carries frames: the carrier's, or a widget's own where a page has no carrier (a front end that
creates only the models it displays; outputs in iframes of their own). A page is reached by the route of its last
report. Pure: the caller passes the time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

CARRIER: Final = ""
"""The route of the hidden carrier; any other route is the id of the widget whose comm it is."""

PAGE_GONE: Final = 35.0
"""Seconds without a report after which a page counts as gone: three reports missed."""
PAGE_ARRIVES: Final = 2.0
"""Seconds after its first report in which a page may still make models; so long it keeps parts that come too early."""
PAGE_FORGOTTEN: Final = 600.0
"""Seconds for which a silent page is still answered: hidden tabs may be throttled for minutes."""


class WidgetReport(msgspec.Struct, frozen=True):
    """A page's report on one widget.

    Attributes:
        views: how many views are on screen or within one more screen.
        near: how many of them are within one more screen only.
        px: width of the widest, CSS pixels.
        draws: how often it was drawn.
    """

    views: int = 0
    near: int = 0
    px: int = 0
    draws: int = 0


class Page(msgspec.Struct):
    """One page, by its last report."""

    route: str
    heard: float
    began: float
    number: int = 0
    visible: bool = True
    models: dict[str, WidgetReport] = msgspec.field(default_factory=dict)
    needs: frozenset[str] = frozenset()
    draw_rates: dict[str, float] = msgspec.field(default_factory=dict)
    """Widget → drawn frames per second between its last two reports."""

    def shows(self, to: str) -> bool:
        """Whether the page is visible and shows the widget, on its screen or near it."""
        return self.visible and to in self.models and self.models[to].views > 0

    def sees(self, to: str) -> bool:
        """Whether the widget is on the screen of the page, and not near it only."""
        return self.shows(to) and self.models[to].views > self.models[to].near

    def arrives(self, now: float) -> bool:
        """Whether it may be about to show any widget: it is new, visible, and on the carrier, which serves all."""
        return self.visible and self.route == CARRIER and now - self.began <= PAGE_ARRIVES


class Pages:
    """The pages that have reported and have not said goodbye, by their ids."""

    def __init__(self) -> None:
        self._pages: dict[str, Page] = {}
        self._departed: dict[str, tuple[int, float]] = {}  # page id → its last number, when it said goodbye
        self.last_goodbye = -math.inf
        """When a page said goodbye last, in seconds."""

    def __len__(self) -> int:
        return len(self._pages)

    def __contains__(self, page_id: str) -> bool:
        return page_id in self._pages

    def __iter__(self) -> Iterator[Page]:
        return iter(list(self._pages.values()))  # a copy: statistics are read on any thread

    def is_overtaken(self, message: Mapping[str, Any]) -> bool:
        """Whether a report is older than one that has been received.

        Kernels with subshells deliver a page's messages out of order: its first goes to the main shell and waits there
        until the cell ends, while those after it get through.
        """
        page_id, number = message.get("page"), message.get("n")
        if not isinstance(page_id, str) or not isinstance(number, int):
            return False
        page = self._pages.get(page_id)
        if page is not None:
            return number < page.number
        return page_id in self._departed and number <= self._departed[page_id][0]

    def hear(self, message: Mapping[str, Any], now: float, route: str) -> Page | None:
        """Process a report. Malformed values are ignored: it is untrusted input.

        Args:
            message: `page` (its id), `n` (number of the report), `visible`, `models` (widget id → `{"views": n, "near":
                n, "px": width, "draws": n}`), `need` (ids of widgets that want a keyframe), `gone` (it is closing).
            now: seconds.
            route: by which it arrived.

        Returns:
            The page; None when it is gone, or the message is no report.
        """
        page_id = message.get("page")
        if not isinstance(page_id, str):
            return None
        before = self._pages.pop(page_id, None)
        if message.get("gone"):
            self.last_goodbye = now
            if before is not None:
                self._departed[page_id] = (before.number, now)
            return None
        self._departed.pop(page_id, None)
        need, models, number = message.get("need"), message.get("models"), message.get("n")
        page = Page(
            route=route,
            heard=now,
            began=now if before is None else before.began,
            number=number if isinstance(number, int) else 0,
            visible=bool(message.get("visible", True)),
            models={str(to): _widget_report(said) for to, said in models.items()}
            if isinstance(models, Mapping)
            else {},
            needs=frozenset(map(str, need)) if isinstance(need, list) else frozenset(),
        )
        if before is not None:
            page.draw_rates = _draw_rates(before, page)
        self._pages[page_id] = page
        return page

    def heard_lately(self, now: float) -> list[Page]:
        """Return the pages that have not missed three reports (see `PAGE_GONE`)."""
        return [page for page in self if now - page.heard <= PAGE_GONE]

    def answers(self, route: str) -> dict[str, int]:
        """Return the reports that a frame on this route answers: page id → number of its newest one."""
        return {page_id: page.number for page_id, page in self._pages.items() if page.route == route}

    def routes_to(self, to: str) -> set[str]:
        """Return the routes of the pages that have the widget."""
        return {page.route for page in self if to in page.models}

    def width(self, to: str, now: float) -> int:
        """Return the widest view of a widget on any page heard lately, CSS pixels; 0 when none is known."""
        return max((page.models[to].px for page in self.heard_lately(now) if to in page.models), default=0)

    def draw_rate(self, to: str, now: float) -> float:
        """Return the draws per second of a widget on the page that draws it most often."""
        return max((page.draw_rates.get(to, 0.0) for page in self.heard_lately(now)), default=0.0)

    def close(self, route: str) -> None:
        """Forget the pages of a route that has ended, until they report by another."""
        self._pages = {page_id: page for page_id, page in self._pages.items() if page.route != route}

    def forget(self, now: float) -> None:
        """Drop pages that left without a goodbye, and the last numbers of those that said it long ago."""
        for page_id, (_, at) in list(self._departed.items()):
            if now - at > PAGE_FORGOTTEN:
                del self._departed[page_id]
        if any(now - page.heard > PAGE_FORGOTTEN for page in self):
            self._pages = {
                key: page for key, page in self._pages.items() if now - page.heard <= PAGE_FORGOTTEN
            }


def _widget_report(said: object) -> WidgetReport:
    if not isinstance(said, Mapping):
        return WidgetReport()
    numbers = (said.get(name) for name in WidgetReport.__struct_fields__)
    return WidgetReport(*(number if isinstance(number, int) else 0 for number in numbers))


def _draw_rates(before: Page, page: Page) -> dict[str, float]:
    seconds = page.heard - before.heard
    if seconds < 0.2:  # too short to tell
        return before.draw_rates
    return {
        to: max(0, report.draws - before.models[to].draws) / seconds
        for to, report in page.models.items()
        if to in before.models
    }
