"""A page in Python: the rules of js/src/lib (hop/cursor, entry, route, page; draw/buckets; view/log), for tests without a browser.

`wire.json` keeps the two honest: both must come to the states that it holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from realtime_widgets.browser.frames import WIRE, Frame, Part
from realtime_widgets.feeds.decimation import ABSENT, BREAK_AFTER, BREAK_BEFORE
from realtime_widgets.feeds.feed import Payload

REPORT_INTERVAL, REPORT_GAP, UNANSWERED, MUTED = 10.0, 1.0, 3, 60.0
REPORT_BURST, REPORT_QUICK = 8, 0.2
EARLY = 2.0
ASK_AGAIN, ASK_AT_LEAST = 10.0, 60.0


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


class PageBuckets:
    """The buckets of one feed: number → (x, and per series lo, hi, lo_at, hi_at, open, close, flags)."""

    def __init__(self) -> None:
        self.series: list[str] = []
        self.layout: dict[str, Any] = {}
        self.window: float | None = None
        self.axis = "time"
        self.start: float | None = None
        self.newest: float | None = None
        self.last: list[float | None] = []
        self.lead: list[list[float] | None] = []
        self.buckets: dict[int, tuple[float, list[tuple[float, float, float, float, float, float, int]]]] = {}

    def replace(self, part: Payload) -> None:
        self.series = part.body.get("series", [])
        self.layout = part.body.get("layout", {})
        self.axis = part.body.get("axis", "time")
        self.window = part.body.get("window")
        self.lead = [None] * len(self.series)
        self.buckets, self.newest = {}, None
        self.append(part)

    def append(self, part: Payload) -> None:
        self.newest = part.body.get("newest") if part.body.get("newest") is not None else self.newest
        self.last = part.body.get("last", self.last)
        self.start = part.body.get("start")
        if "ts" in part.columns:
            for ts, value in zip(part.columns["ts"].tolist(), part.columns["values"].tolist(), strict=True):
                self._record(ts, value)
            return
        if "k" not in part.columns:
            self._take_lead(part)
            return
        series, step = len(self.series), self.layout["step"]
        k = part.columns["k"].astype(np.int64) + part.body["k0"]
        x = part.columns.get("x", k * step)
        shape = (series, len(k))
        lo = part.columns["lo"].reshape(shape)
        hi = part.columns.get("hi", part.columns["lo"]).reshape(shape)
        nowhere = np.zeros(lo.size, np.uint8)
        lo_at = part.columns.get("lo_at", nowhere).reshape(shape) * step / 255
        hi_at = part.columns.get("hi_at", part.columns.get("lo_at", nowhere)).reshape(shape) * step / 255
        unknown = np.full(lo.size, math.nan)
        open_ = part.columns.get("open", unknown).reshape(shape)
        close = part.columns.get("close", unknown).reshape(shape)
        flags = part.columns.get("flags", nowhere).reshape(shape)
        for i, number in enumerate(k.tolist()):
            columns = (values[:, i].tolist() for values in (lo, hi, lo_at, hi_at, open_, close, flags))
            self.buckets[number] = (float(x[i]), list(zip(*columns, strict=True)))
        self._trim()
        self._take_lead(part)

    def _record(self, ts: float, value: float) -> None:
        """Put one record into its bucket, as the kernel does."""
        step = self.layout["step"]
        k = math.floor(ts / step)
        at = ts - k * step
        new = (value, value, at, at, value, value)
        lo, hi, lo_at, hi_at, open_, _, flags = self.buckets[k][1][0] if k in self.buckets else (*new, 0)
        if flags & ABSENT:
            lo, hi, lo_at, hi_at, open_, _, flags = *new, flags & BREAK_BEFORE
        if open_ != open_ and lo == hi:
            open_ = lo
        if not value >= lo:
            lo, lo_at = value, at
        if not value < hi:
            hi, hi_at = value, at
        self.buckets[k] = (k * step, [(lo, hi, lo_at, hi_at, open_, value, flags & ~BREAK_AFTER)])
        self._trim()

    def _take_lead(self, part: Payload) -> None:
        if "lead" in part.body:
            self.lead = [None if point is None else list(point) for point in part.body["lead"]]

    def _trim(self) -> None:
        oldest = max(self.buckets) - self.layout["capacity"]
        gone = [k for k in sorted(self.buckets) if k <= oldest]
        for number in gone:
            x, cells = self.buckets.pop(number)
            for s, (lo, hi, lo_at, hi_at, _, close, flags) in enumerate(cells):
                if flags & BREAK_BEFORE:
                    self.lead[s] = None
                if flags & ABSENT:
                    continue
                y = close if close == close else hi if hi_at >= lo_at else lo
                self.lead[s] = None if flags & BREAK_AFTER or y != y else [x + max(lo_at, hi_at), y]

    def state(self) -> dict[str, Any]:
        """Everything, as plain lists; NaN as None."""
        plain = lambda values: [None if value != value else value for value in values]  # noqa: E731
        numbers = sorted(self.buckets)
        cells = [self.buckets[k][1] for k in numbers]
        columns = [[[cell[s][i] for cell in cells] for s in range(len(self.series))] for i in range(7)]
        return {
            "series": self.series,
            "layout": self.layout,
            "axis": self.axis,
            "start": self.start,
            "newest": self.newest,
            "last": self.last,
            "lead": list(self.lead),
            "k": numbers,
            "x": [self.buckets[k][0] for k in numbers],
            **{
                name: [plain(row) for row in column] if numbers else []
                for name, column in zip(
                    ("lo", "hi", "lo_at", "hi_at", "open", "close", "flags"), columns, strict=True
                )
            },
        }


class Log:
    """The rows of one log: `[seq, ts, level, source, message]`, or `[seq, count]` for events that are left out."""

    def __init__(self, most_rows: int) -> None:
        self.rows: list[Any] = []
        self._most = most_rows
        self._closed: set[int] = set()
        self._up_to = 0
        self._ask_at, self._wait = -1e9, ASK_AGAIN

    def append(self, part: Payload) -> None:
        self.rows += part.body["rows"]
        self._up_to = part.body["up_to"]
        self._trim()

    def replace(self, part: Payload) -> None:
        rows = part.body["rows"]
        gap = bool(rows) and len(rows[0]) == 2
        reach = part.body["up_to"] if not rows else rows[0][0] if gap else rows[0][0] - 1
        known = self._up_to >= reach
        kept = [row for row in self.rows if known and part.body["cleared"] < row[0] <= reach]
        following = next((row for row in self.rows if row[0] > reach), None)
        brought = rows[1:] if gap and known else rows
        if known and following is not None and len(following) == 2:
            inside = [row[1] if len(row) == 2 else 1 for row in brought if row[0] <= following[0]]
            left = following[1] - sum(inside)
            kept += [(reach, left)] if left > 0 else []
        self.rows = kept + brought
        self._up_to = part.body["up_to"]
        self._trim()

    def also(self, part: Payload) -> None:
        """Takes what comes beside the records, whatever those mean to the page."""
        for seq, rows in part.body.get("fills", []):
            self._ask_at, self._wait = -1e9, ASK_AGAIN
            at = next((i for i, row in enumerate(self.rows) if len(row) == 2 and row[0] == seq), None)
            if at is None or not rows:
                continue
            if len(rows) == 1 and len(rows[0]) == 2:
                self._closed.add(seq)
                continue
            before = self.rows[at - 1][0] if at else 0
            brought = [row for row in rows[len(rows[0]) == 2 :] if row[0] > before]
            left = self.rows[at][1] - sum(row[1] if len(row) == 2 else 1 for row in brought)
            if brought and left > 0:
                brought.insert(0, (brought[0][0] - 1, left))
            self.rows[at : at + 1] = brought
            self._trim()

    @property
    def open(self) -> dict[str, int] | None:
        """What to fetch."""
        for newer, row in enumerate(reversed(self.rows)):
            if len(row) == 2 and newer < self._most and row[0] not in self._closed:
                return {"seq": row[0], "count": row[1], "most": self._most - newer}
        return None

    def ask_due(self) -> float:
        return self._ask_at if self.open else float("inf")

    def ask(self, now: float) -> dict[str, int] | None:
        if now < self.ask_due():
            return None
        self._ask_at, self._wait = now + self._wait, min(2 * self._wait, ASK_AT_LEAST)
        return self.open

    def _trim(self) -> None:
        del self.rows[: max(0, len(self.rows) - self._most)]

    def state(self) -> list[Any]:
        return self.rows


class PageModel:
    """One page: takes frames in, and says what it would send back and when.

    Args:
        name: its id.
        arrivals: widget → when its model is made; until then, parts for it are kept for a while.
        store: makes what keeps the data of one feed.
    """

    def __init__(self, name: str, arrivals: dict[str, float], store: Callable[[], Store]) -> None:
        self.name = name
        self.visible = True
        self.near = False
        self.views: dict[str, int] = {}
        self._arrivals = dict(arrivals)
        self._early: list[tuple[float, Part]] = []
        self.stores: dict[tuple[str, str], Store] = {}
        self._make = store
        self._cursors: dict[tuple[str, str], Cursor] = {}
        self._needs: set[str] = set()
        self._reports = self._answered = 0
        self._reported = -1e9
        self._credit = float(REPORT_BURST)
        self._soon = True

    def arrival_due(self) -> float:
        """When the next model is made."""
        return min(self._arrivals.values(), default=float("inf"))

    def arrive(self, now: float) -> None:
        """Makes the models that are due."""
        for to in [to for to, due in self._arrivals.items() if due <= now]:
            del self._arrivals[to]
            self.views[to] = 1
            self._needs.add(to)
            self._soon = True
            early = [part for until, part in self._early if part.to == to and until > now]
            self._early = [each for each in self._early if each[1].to != to]
            self._take(early)

    def receive(self, frame: Frame, now: float) -> None:
        self._answered = max(self._answered, frame.heard.get(self.name, 0))
        self._early += [(now + EARLY, part) for part in frame.parts if part.to in self._arrivals]
        self._take([part for part in frame.parts if part.to in self.views])

    def _take(self, parts: Sequence[Part]) -> None:
        for part in parts:
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
            if isinstance(store, Log):
                store.also(part.payload)

    def scroll(self) -> None:
        """Moves its widgets on screen, or just off it."""
        self.near, self._soon = not self.near, True

    def show(self, visible: bool) -> None:
        self.visible, self._soon = visible, True

    def report_due(self, now: float) -> float:
        """When the next report may go out."""
        if self._reports - self._answered >= UNANSWERED:
            return self._reported + MUTED
        if self._soon or any(self.views[to] for to in self._needs):
            credit = min(REPORT_BURST, self._credit + (now - self._reported) / REPORT_GAP)
            quick = credit >= 1 and self._answered >= self._reports
            again = 0.0 if self._reports == 1 else REPORT_QUICK
            return max(now, self._reported + (again if quick else REPORT_GAP))
        return self._reported + REPORT_INTERVAL

    def ask_due(self, now: float) -> float:
        """When a log next asks for what was left out."""
        logs = [store for store in self.stores.values() if isinstance(store, Log)]
        return max(now, min((log.ask_due() for log in logs), default=float("inf")))

    def asks(self, now: float) -> list[dict[str, Any]]:
        """The intents of this moment."""
        found = []
        for (to, _), store in self.stores.items():
            about = store.ask(now) if isinstance(store, Log) else None
            if about:
                found.append({"rw": WIRE, "page": self.name, "to": to, "do": "fetch", "about": about})
        return found

    def report(self, now: float) -> dict[str, Any] | None:
        """The page's word at this moment, if it is due and allowed."""
        if now < self.report_due(now):
            return None
        self._credit = min(REPORT_BURST, self._credit + (now - self._reported) / REPORT_GAP) - 1
        self._soon, self._reported = False, now
        self._reports += 1
        models = {
            to: {"views": views, "near": views * self.near, "px": 800} for to, views in self.views.items()
        }
        need = [to for to in self._needs if self.views[to]]
        return {
            "rw": WIRE,
            "page": self.name,
            "n": self._reports,
            "visible": self.visible,
            "models": models,
            "need": need,
        }
