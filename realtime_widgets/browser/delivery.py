"""FrameDelivery: decides what goes into the next frame, for which widgets, and when one is due.

The kernel's half of the last hop as pure logic: it takes the feeds, the pages' *reports* and the time, and returns
parts. `frame_loop` sends them.

Guarantees, each as far as messages from the page get through:

- A page that reports a hole, or a new view, gets a keyframe with the next frame, and again every `KEYFRAME_INTERVAL`
  seconds until it reports that it has it.
- A page that cannot be heard (a cell is running, or a report is overdue) is repaired blindly: every feed sends a
  keyframe at least every `KEYFRAME_INTERVAL` seconds, changed or not, within a budget.
- The last part of a feed that no longer changes is a keyframe, and where pages can be heard it is followed by
  reminders: parts without records, from which a page sees whether it has the newest. Those of all feeds at rest travel
  in one message.

So a page is correct again within `KEYFRAME_INTERVAL` seconds, and its next report (at most a second later), after the
last loss.

How much is sent to whom (`_mode`, the first that holds):

    a running cell holds back messages from pages     → blind: live, and keyframes unasked
    a page was heard lately and shows the widget      → live; blind when its next report is overdue
    ... and has it near its screen only               → near: live at a lower rate
    it is new, or a page on the carrier is            → ready: a few keyframes, for the model to find when it is made
    pages were heard lately, none shows the widget    → off: streams go on, a keyframe comes on return
    all known pages reported that they are hidden     → off, however long ago (new ones, too)
    the last page has said goodbye                    → off, but for widgets that are newer than that
    no page was heard lately                          → blind
    silence for SILENT_SLOW seconds                   → slow: keyframes only
    silence for SILENT_OFF seconds                    → off
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec

from ..feeds.feed import Feed, Payload
from .frames import Part
from .pages import CARRIER, PAGE_ARRIVES, Pages

logger = logging.getLogger(__name__)

KEYFRAME_INTERVAL = 2.0
"""Seconds between unasked keyframes, and between reminders."""
TRAILING_KEYFRAME_DELAY = 1.5
"""Seconds without a change after which the final state is sent as a keyframe."""
READY_KEYFRAME_INTERVAL = 0.5
"""Seconds between keyframes of a widget that is about to be shown: a page that creates two hundred models has no time
for more, and newer data follow when it reports that it shows the widget."""
NEAR_INTERVAL = 1.0
"""Seconds between parts of a widget that is near a screen only: it costs a twentieth of one that is seen. They come
with frames that others need, for their own would take the place of these; without any, the trailing keyframe tells."""
KEEPALIVE_INTERVAL = 2.0
"""Seconds without a frame after which an empty one is sent as a keepalive (promised: 5). It also answers pages that
have fallen silent because their reports went unanswered, hence as short as `KEYFRAME_INTERVAL`."""
REPORT_OVERDUE = 12.0
"""Seconds after which a report is overdue: pages report every 10 s."""
SILENT_SLOW = 60.0
SILENT_OFF = 300.0
SILENT_OFF_OWN = 3600.0
"""The same for widgets with routes of their own: such front ends buffer nothing for absent pages."""
UNHEARD_KEYFRAME_RATE = 64 * 1024 / 60
"""Bytes of keyframes per second once no page was heard for SILENT_SLOW seconds during a cell: this and the increments
bound what the Jupyter server buffers for an absent page."""

MAX_UNHEARD_BYTES = 64 * 2**20
"""Bytes sent at full rate during one cell in which no page is heard; about half an hour of a small dashboard."""
UNHEARD_PERIOD = 1.0
"""Seconds between frames from then on: still live for a page that looks, and little to buffer for one that left."""
PART_BYTES = 300
MESSAGE_BYTES = 700
"""Approximate overhead of a part and of a message, beside their data."""


class Mode(Enum):
    """How a feed is delivered at present."""

    LIVE = "live"
    NEAR = "near"
    READY = "ready"
    BLIND = "blind"
    SLOW = "slow"
    OFF = "off"


_KEYS_ONLY = (Mode.READY, Mode.SLOW)
_HEARD = (Mode.LIVE, Mode.NEAR)


class Sent(msgspec.Struct, frozen=True):
    """Counters of what was sent of a widget: parts, bytes of their data, keyframes, those that pages asked for."""

    parts: int = 0
    bytes: int = 0
    keyframes: int = 0
    resyncs: int = 0


class Outgoing(msgspec.Struct, frozen=True):
    """A frame that is due: its route, its parts, and the reports that it answers (page id → number)."""

    route: str
    parts: tuple[Part, ...]
    heard: Mapping[str, int]


class _Entry(msgspec.Struct):
    feed: Feed
    added: float
    home: str
    want_key: bool = True
    keyed: float = -1e9
    sent: float = -1e9  # reminders included
    last: int = 0  # the newest number that was sent
    moves: int = 0  # by how much numbers are ahead of the feed's own; see `Payload.moved`
    unkeyed: bool = False  # increments went out since the last keyframe, or a change waits for the next
    failing: bool = False
    parts: int = 0
    bytes: int = 0
    keyframes: int = 0
    resyncs: int = 0


class PageSnapshot(msgspec.Struct, frozen=True):
    """State of all pages at one moment, computed once for all feeds."""

    now: float
    closed: bool
    """Messages from pages may be waiting behind a running cell."""
    heard: bool
    """A page was heard lately."""
    hidden: bool
    """There are pages, and all have reported that they are hidden. Browsers throttle the timers of hidden pages: their
    silence means nothing."""
    arriving: bool
    """A page on the carrier was heard for the first time just now."""
    shown: Mapping[str, float]
    """Widgets that are shown → when the page that shows them was last heard."""
    seen: frozenset[str]
    """Those of them that are on a screen, and not near it only."""
    needed: frozenset[str]
    """Widgets of which a page wants a keyframe."""


class FrameDelivery:
    """The feeds and the pages, and the rules for what is sent when."""

    def __init__(self) -> None:
        self.pages = Pages()
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._cell_since: float | None = None
        self._opens = False  # whether messages from pages were seen to get through while a cell ran
        self._word = -1e9
        self._left = -1e9  # when the last page said goodbye; long ago while there is one
        self._spoken: dict[str, float] = {}  # route → when its last frame went out
        self._unanswered: set[str] = set()  # routes of pages whose reports wait for an answer
        self._allowance = UNHEARD_KEYFRAME_RATE * 60
        self._allowance_at = 0.0
        self._unheard = 0  # bytes sent during this cell since the last report
        self._seen: PageSnapshot | None = None  # the latest snapshot, until something is heard
        self.keyframes = 0
        self.resyncs = 0

    # Feeds

    def add(self, to: str, name: str, feed: Feed, now: float, home: str = CARRIER) -> None:
        """Add feed `name` of widget `to`; its first part will be a keyframe.

        Args:
            to: the widget's address.
            name: of the feed.
            feed: the feed.
            now: seconds.
            home: the route by which pages that have not reported yet are reached.
        """
        self._entries[to, name] = _Entry(feed, now, home)

    def remove(self, to: str) -> None:
        """Remove every feed of a widget, and its route; an unknown widget is ignored."""
        for key in [key for key in self._entries if key[0] == to]:
            del self._entries[key]
        self.pages.close(to)
        self._seen = None
        self._spoken.pop(to, None)

    def rekey(self, to: str | None = None) -> None:
        """Make the next parts of a widget keyframes; None: of all widgets, as for a new carrier."""
        for (entry_to, _), entry in self._entries.items():
            if to is None or entry_to == to:
                entry.want_key = True

    # Cells and reports

    def cell_started(self, now: float) -> None:
        """Note that a cell runs: messages from pages may wait until it ends."""
        self._cell_since = now
        self._seen = None

    def cell_ended(self, now: float) -> None:
        """Note that no cell runs any more: silence is measured from now on."""
        self._cell_since = None
        self._seen = None
        self._unheard = 0
        self._word = max(self._word, now)

    def report(self, message: Mapping[str, Any], now: float, route: str = CARRIER) -> None:
        """Process a page's report on itself, and the route by which it arrived; see `Pages.hear`."""
        if not isinstance(message.get("page"), str):
            return
        self._seen = None
        self._word = now
        self._unheard = 0
        if self._cell_since is not None and now > self._cell_since:
            self._opens = True
        if self.pages.is_overtaken(message):
            return  # outdated: what it needs has been asked for again since
        new = message["page"] not in self.pages
        page = self.pages.hear(message, now, route)
        if page is None:
            if not len(self.pages):
                self._left = now
            return
        self._left = -1e9
        self._unanswered.add(route)
        if new and page.arrives(now):
            self.rekey()
        for to in page.needs:
            self.resyncs += 1
            for entry in self._of(to):
                entry.want_key = True
                entry.resyncs += 1

    def listened_to(self, now: float) -> bool:
        """Whether a page may be there that waits for keepalives."""
        if not self._entries:
            return False
        if self._way_back_closed(now) or self.pages.heard_lately(now):
            return True
        if all(entry.added <= self._left for entry in self._entries.values()):
            return False
        return now - max(self._word, max(entry.added for entry in self._entries.values())) < SILENT_OFF

    # Frames

    def frames(self, now: float) -> list[Outgoing]:
        """Return the frames due now, at most one per route; empty when nothing is due."""
        routed: dict[str, list[Part]] = {}
        for part in self.collect(now):
            for route in self._routes_of(part):
                routed.setdefault(route, []).append(part)
        for route in self._keepalives_due(now):
            routed.setdefault(route, [])
        for route in routed:
            self._spoken[route] = now
            self._unanswered.discard(route)
        if self._cell_since is not None:
            for parts in routed.values():
                self._unheard += MESSAGE_BYTES + sum(PART_BYTES + part.payload.nbytes for part in parts)
        return [Outgoing(route, tuple(parts), self.pages.answers(route)) for route, parts in routed.items()]

    @property
    def period(self) -> float:
        """Least seconds between two frames, to bound what the server buffers for an absent page; 0: no bound."""
        return UNHEARD_PERIOD if self._unheard > MAX_UNHEARD_BYTES else 0.0

    def collect(self, now: float) -> list[Part]:
        """Return the parts that are due now."""
        if self._cell_since is None:  # a cell may be holding a page's reports back
            self.pages.forget(now)
            self._seen = None
        parts = []
        pages = self._snapshot(now)
        entries = list(self._entries.items())
        if self._cell_since is not None:
            entries.sort(
                key=lambda each: each[1].keyed
            )  # an allowance goes to those that have waited longest
        for (to, name), entry in entries:
            payload = self._take(to, entry, pages)
            if payload is not None:
                parts.append(_counted(entry, Part(to, name, payload)))
        if any(_is_reminder(part.payload) for part in parts):
            done = {(part.to, part.feed) for part in parts}
            for (to, name), entry in entries:
                if (to, name) not in done and self._is_reminded_early(to, entry, pages):
                    parts.append(_counted(entry, Part(to, name, _remind(entry, now))))
        return parts

    def _is_reminded_early(self, to: str, entry: _Entry, pages: PageSnapshot) -> bool:
        """Whether a feed at rest is reminded of with others: widgets at rest cost one message, not one each."""
        due = self._reminder_due(entry, self._mode(to, entry, pages))
        return due is not None and due <= pages.now + KEYFRAME_INTERVAL / 2 and not self._changed(entry)

    def next_due(self, now: float) -> float | None:
        """Return when a part or a keepalive is due next even if no feed changes; None: never."""
        times = []
        pages = self._snapshot(now)
        for (to, _), entry in self._entries.items():
            mode = self._mode(to, entry, pages)
            times += [self._key_due(to, entry, mode, pages), self._reminder_due(entry, mode)]
            times.append(_moves_at(entry.feed, mode, now))
        if self._unanswered:
            times.append(now)
        times += [self._spoken.get(route, -1e9) + KEEPALIVE_INTERVAL for route in self._routes_heard(now)]
        return min((time for time in times if time is not None), default=None)

    def mode(self, to: str, now: float) -> Mode:
        """Return how a widget is delivered at present (OFF for one without feeds)."""
        pages = self._snapshot(now)
        return next((self._mode(to, entry, pages) for entry in self._of(to)), Mode.OFF)

    def of(self, to: str) -> Sent:
        """Return the counters of what was sent of a widget so far; any thread."""
        entries = self._of(to)
        return Sent(
            parts=sum(entry.parts for entry in entries),
            bytes=sum(entry.bytes for entry in entries),
            keyframes=sum(entry.keyframes for entry in entries),
            resyncs=sum(entry.resyncs for entry in entries),
        )

    def _of(self, to: str) -> list[_Entry]:
        return [entry for (entry_to, _), entry in list(self._entries.items()) if entry_to == to]

    def _routes_of(self, part: Part) -> set[str]:
        """Return the routes of a part: those of the pages that have its widget, else its home.

        The carrier, if it is the home, always gets it too: there may be pages on it that could not report yet.
        """
        routes = self.pages.routes_to(part.to)
        home = self._entries[part.to, part.feed].home
        return routes | {home} if home == CARRIER or not routes else routes

    def _routes_heard(self, now: float) -> set[str]:
        """Return the routes on which a page may be waiting for a keepalive."""
        routes = {page.route for page in self.pages.heard_lately(now)}
        if self.listened_to(now) and any(entry.home == CARRIER for entry in self._entries.values()):
            routes.add(CARRIER)
        return routes

    def _keepalives_due(self, now: float) -> set[str]:
        """Return the routes on which a frame is due, even an empty one: an answer to a report, or a keepalive."""
        heard = self._routes_heard(now)
        return self._unanswered | {
            route for route in heard if now - self._spoken.get(route, -1e9) >= KEEPALIVE_INTERVAL
        }

    def _take(self, to: str, entry: _Entry, pages: PageSnapshot) -> Payload | None:
        now, mode = pages.now, self._mode(to, entry, pages)
        if mode is Mode.OFF:
            entry.want_key = True
            return None
        changed = self._changed(entry)
        if changed and mode in _KEYS_ONLY:
            entry.unkeyed = True  # the change waits for its keyframe
        due = self._key_due(to, entry, mode, pages)
        key = due is not None and now >= due
        if not key and (entry.failing or mode in _KEYS_ONLY):
            return None
        if not key and mode is Mode.NEAR and now < entry.sent + NEAR_INTERVAL:
            return None
        if not key and not changed:
            due = self._reminder_due(entry, mode)
            if due is None or now < due:
                return None
            return _remind(entry, now)
        return self._ask(to, entry, key, now)

    def _changed(self, entry: _Entry) -> bool:
        """Whether the feed has news; of one that cannot even say that, `take` is asked, which logs why."""
        try:
            return entry.feed.changed()
        except Exception:
            return True

    def _ask(self, to: str, entry: _Entry, key: bool, now: float) -> Payload | None:
        """Take the feed's payload. A failing feed must not stop the others: it is logged once and tried again."""
        try:
            payload = entry.feed.take(key, now)
        except Exception:
            if not entry.failing:
                logger.exception("widget %s: its data could not be prepared", to)
            entry.failing, entry.want_key, entry.keyed = True, True, now
            entry.moves += 1  # it may have failed after it reset its own `moved`
            return None
        before = entry.moves
        entry.moves += payload.moved
        if entry.moves:
            payload = msgspec.structs.replace(
                payload, first=payload.first + before, last=payload.last + entry.moves
            )
        entry.failing, entry.sent, entry.last = False, now, payload.last
        entry.unkeyed = not payload.key
        if payload.key:
            entry.want_key, entry.keyed = False, now
            entry.keyframes += 1
            self.keyframes += 1
            self._allowance -= payload.nbytes
        return payload

    def _key_due(self, to: str, entry: _Entry, mode: Mode, pages: PageSnapshot) -> float | None:
        """Return when the feed's next keyframe is due if nothing else happens; None: none is planned."""
        if mode is Mode.OFF:
            return None
        if mode is Mode.SLOW:
            return entry.keyed + KEYFRAME_INTERVAL if entry.unkeyed or entry.want_key else None
        if entry.want_key:
            return entry.keyed + KEYFRAME_INTERVAL if entry.failing else pages.now
        if mode is Mode.READY:
            if not entry.unkeyed:
                return entry.keyed + KEYFRAME_INTERVAL
            return (
                entry.keyed + READY_KEYFRAME_INTERVAL if entry.last else pages.now
            )  # the first data are sent at once
        trailing = entry.sent + TRAILING_KEYFRAME_DELAY
        if mode in _HEARD and to not in pages.needed:
            return trailing if entry.unkeyed else None
        due = entry.keyed + KEYFRAME_INTERVAL
        if entry.unkeyed:
            due = min(due, trailing)
        return max(due, self._affordable_from(pages.now))

    def _reminder_due(self, entry: _Entry, mode: Mode) -> float | None:
        """Return when the next reminder of an unchanged feed is due; None: its keyframes replace reminders."""
        if mode not in _HEARD or entry.unkeyed or entry.want_key:
            return None
        return entry.sent + KEYFRAME_INTERVAL

    def _snapshot(self, now: float) -> PageSnapshot:
        seen = self._seen  # another thread may ask for a mode meanwhile
        if seen is not None and seen.now == now:
            return seen
        heard = self.pages.heard_lately(now)
        shown: dict[str, float] = {}
        for page in heard:
            for to in page.models:
                if page.shows(to):
                    shown[to] = max(page.heard, shown.get(to, page.heard))
        self._seen = seen = PageSnapshot(
            now,
            closed=self._way_back_closed(now),
            heard=bool(heard),
            hidden=len(self.pages) > 0 and not any(page.visible for page in self.pages),
            arriving=any(page.arrives(now) for page in heard),
            shown=shown,
            seen=frozenset(to for to in shown if any(page.sees(to) for page in heard)),
            needed=frozenset().union(*(page.needs for page in heard)),
        )
        return seen

    def _mode(self, to: str, entry: _Entry, pages: PageSnapshot) -> Mode:
        now, shown = pages.now, pages.shown.get(to)
        if pages.closed:
            return Mode.BLIND
        if shown is not None:
            if now - shown > REPORT_OVERDUE:
                return Mode.BLIND
            return Mode.LIVE if to in pages.seen else Mode.NEAR
        begins = pages.arriving or now - entry.added <= PAGE_ARRIVES
        if begins and entry.home == CARRIER and not pages.hidden:
            return Mode.READY
        if pages.heard or pages.hidden:
            return Mode.OFF
        if not len(self.pages) and entry.added <= self._left:
            return Mode.OFF
        silence = now - max(self._word, entry.added)
        if entry.home != CARRIER:
            return Mode.BLIND if silence < SILENT_OFF_OWN else Mode.OFF
        if silence < SILENT_SLOW:
            return Mode.BLIND
        return Mode.SLOW if silence < SILENT_OFF else Mode.OFF

    def _way_back_closed(self, now: float) -> bool:
        """Whether reports may be waiting behind a running cell: until one gets through, and when they are overdue.

        Where they have been seen to get through, they are expected; a page that is hidden need not report.
        """
        if self._cell_since is None:
            return False
        if not self._opens:
            return self._word <= self._cell_since or now - self._word > REPORT_OVERDUE
        if len(self.pages) and not any(page.visible for page in self.pages):
            return False
        if now - max(self._word, self._cell_since) > REPORT_OVERDUE:
            self._opens = False
        return not self._opens

    def _affordable_from(self, now: float) -> float:
        """Return when unasked keyframes fit the budget, which applies once no page was heard for long in a cell."""
        elapsed, self._allowance_at = now - self._allowance_at, now
        most = UNHEARD_KEYFRAME_RATE * 60
        if self._cell_since is None or now - max(self._word, self._cell_since) <= SILENT_SLOW:
            self._allowance = most  # what went out before is no debt
            return -1e9
        self._allowance = min(self._allowance + max(elapsed, 0.0) * UNHEARD_KEYFRAME_RATE, most)
        if self._allowance > 0:
            return -1e9
        return now - self._allowance / UNHEARD_KEYFRAME_RATE + 0.1


def _counted(entry: _Entry, part: Part) -> Part:
    entry.parts += 1
    entry.bytes += part.payload.nbytes
    return part


def _remind(entry: _Entry, now: float) -> Payload:
    """Return what says no more than which number a feed has."""
    entry.sent = now
    return Payload(entry.last + 1, entry.last, False, {})


def _is_reminder(payload: Payload) -> bool:
    return payload.first > payload.last and not payload.key and not payload.body


def _moves_at(feed: Feed, mode: Mode, now: float) -> float | None:
    """Return when a feed will have changed by time alone, if it is one that can; None: it will not, or nobody looks."""
    due = getattr(feed, "due", None) if mode in (*_HEARD, Mode.BLIND) else None
    seconds = None if due is None else due()
    return None if seconds is None else now + seconds
