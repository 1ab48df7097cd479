"""A page in Python: the rules of js/src/lib/{cursor,cells,page}.ts, for tests without a browser.

`wire.json` keeps the two honest: both must come to the states that it holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from realtime_widgets.frames import WIRE, Frame, Payload

PULSE, PULSE_GAP, UNANSWERED, MUTED = 10.0, 1.0, 3, 60.0


class Cursor:
    """What a page has of one feed, and what a new part means to it."""

    def __init__(self) -> None:
        self.have: int | None = None
        self.hole = False

    def offer(self, part: Payload) -> str:
        if part.key:
            self.have, self.hole = part.last, False
            return "replace"
        if self.have is None or self.hole or part.first > self.have + 1:
            self.hole = True
            return "hole"
        if part.first <= self.have:
            return "repeat"
        self.have = part.last
        return "append"


class Store(Protocol):
    def replace(self, part: Payload) -> None: ...
    def append(self, part: Payload) -> None: ...


class Cells:
    """The buckets of one feed: number → (x, lo per series, hi per series, breaks per series)."""

    def __init__(self) -> None:
        self.series: list[str] = []
        self.layout: dict[str, Any] = {}
        self.window: float | None = None
        self.newest: float | None = None
        self.last: list[float | None] = []
        self.cells: dict[int, tuple[float, list[float], list[float], list[int]]] = {}

    def replace(self, part: Payload) -> None:
        self.series = part.body.get("series", [])
        self.layout = part.body.get("layout", {})
        self.window = part.body.get("window")
        self.cells, self.newest = {}, None
        self.append(part)

    def append(self, part: Payload) -> None:
        self.newest = part.body.get("newest") if part.body.get("newest") is not None else self.newest
        self.last = part.body.get("last", self.last)
        if "k" not in part.columns:
            return
        series = len(self.series)
        k = part.columns["k"].astype(np.int64) + part.body["k0"]
        x = part.columns.get("x", (k + 0.5) * self.layout["step"])
        lo = part.columns["lo"].reshape(series, len(k))
        hi = part.columns.get("hi", part.columns["lo"]).reshape(series, len(k))
        breaks = part.columns.get("breaks", np.zeros(lo.size, np.uint8)).reshape(series, len(k))
        for i, number in enumerate(k.tolist()):
            self.cells[number] = (float(x[i]), lo[:, i].tolist(), hi[:, i].tolist(), breaks[:, i].tolist())
        self._trim()

    def _trim(self) -> None:
        newest = max(self.cells)
        numbers = [k for k in sorted(self.cells) if k > newest - self.layout["capacity"]]
        if self.layout["kind"] == "records" and self.window is not None and self.newest is not None:
            start = self.newest - self.window
            inside = next((i for i, k in enumerate(numbers) if self.cells[k][0] >= start), len(numbers))
            numbers = numbers[max(inside - 1, 0) :]
        self.cells = {k: self.cells[k] for k in numbers}

    def state(self) -> dict[str, Any]:
        """Everything, as plain lists; NaN as None."""
        plain = lambda values: [None if value != value else value for value in values]  # noqa: E731
        return {
            "series": self.series,
            "layout": self.layout,
            "newest": self.newest,
            "last": self.last,
            "k": list(self.cells),
            "x": [cell[0] for cell in self.cells.values()],
            "lo": [plain(row) for row in zip(*(cell[1] for cell in self.cells.values()), strict=True)],
            "hi": [plain(row) for row in zip(*(cell[2] for cell in self.cells.values()), strict=True)],
            "breaks": [list(row) for row in zip(*(cell[3] for cell in self.cells.values()), strict=True)],
        }


class PageModel:
    """One page that shows the given widgets: takes frames in, and says what it would send back and when."""

    def __init__(self, name: str, widgets: list[str], store: Callable[[], Store]) -> None:
        self.name = name
        self.visible = True
        self.views = dict.fromkeys(widgets, 1)
        self.stores: dict[tuple[str, str], Store] = {}
        self._make = store
        self._cursors: dict[tuple[str, str], Cursor] = {}
        self._needs = set(widgets)
        self._pulses = self._answered = 0
        self._pulsed = -1e9
        self._soon = True

    def receive(self, frame: Frame) -> None:
        self._answered = max(self._answered, frame.heard.get(self.name, 0))
        for part in frame.parts:
            if part.to not in self.views:
                continue
            key = part.to, part.feed
            meaning = self._cursors.setdefault(key, Cursor()).offer(part.payload)
            store = self.stores.setdefault(key, self._make())
            if meaning == "replace":
                store.replace(part.payload)
                cursors = [cursor for (to, _), cursor in self._cursors.items() if to == part.to]
                if part.to in self._needs and not any(cursor.hole for cursor in cursors):
                    self._needs.discard(part.to)
                    self._soon = True  # the kernel repeats it until it hears that we have it
            elif meaning == "append" and part.payload.body:  # a reminder has none
                store.append(part.payload)
            elif meaning == "hole":
                self._soon = self._soon or part.to not in self._needs
                self._needs.add(part.to)

    def show(self, visible: bool) -> None:
        self.visible, self._soon = visible, True

    def pulse_due(self, now: float) -> float:
        """When the next pulse may go out."""
        if self._pulses - self._answered >= UNANSWERED:
            return self._pulsed + MUTED
        if self._soon or any(self.views[to] for to in self._needs):
            return max(now, self._pulsed + PULSE_GAP)
        return self._pulsed + PULSE

    def pulse(self, now: float) -> dict[str, Any] | None:
        """The page's word at this moment, if it is due and allowed."""
        if now < self.pulse_due(now):
            return None
        self._soon, self._pulsed = False, now
        self._pulses += 1
        models = {to: {"views": views, "px": 800} for to, views in self.views.items()}
        need = [to for to in self._needs if self.views[to]]
        return {
            "rw": WIRE,
            "page": self.name,
            "n": self._pulses,
            "visible": self.visible,
            "models": models,
            "need": need,
        }
