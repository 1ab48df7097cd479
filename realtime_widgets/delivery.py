"""Delivery: decides what goes into the next frame, for which widgets, and when one is due.

The kernel's half of the last hop as pure logic: it knows the feeds on offer and what the pages have
said (their *pulses*), is told the time, and returns parts. Who sends them is `widgets.scheduler`.

Promises, each as far as the way back from the page allows:

- A page that reports a hole, or a new view, gets a keyframe with the next frame, and again every
  `REPEAT` seconds until it reports that it has it.
- A page that cannot be heard (a cell is running, or it has missed a pulse) is healed blindly: every
  feed sends a keyframe at least every `REPEAT` seconds, changed or not, within a budget.
- The last thing said of a feed that has gone quiet is a keyframe, and where pages can be heard it is
  followed by reminders: parts without records, in which a page sees whether it has the newest.

So a page is right again within `REPEAT` seconds, and its next word (at most a second later), after
the last loss.

How much is sent to whom (`_mode`):

    a page was heard lately and shows the widget      → live
    pages were heard lately, none shows the widget    → off: streams go on, a keyframe comes on return
    all pages that we know said that they are hidden  → off, however long ago
    no word, or a running cell keeps words from us    → blind: live, and keyframes unasked
    silence for SILENT_SLOW seconds, no cell running  → slow: keyframes only
    silence for SILENT_OFF seconds                    → off
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from .frames import Part, Payload

logger = logging.getLogger(__name__)

REPEAT = 2.0
"""Seconds between unasked keyframes, and between reminders."""
TRAILING_KEY = 1.5
"""Seconds of quiet after which the final state is sent as a keyframe."""
BEAT = 2.0
"""Seconds without a frame after which an empty one says that the kernel lives (promised: 5). It also answers pages
that have fallen silent because their pulses went unanswered, hence as short as REPEAT."""
PULSE_LATE = 12.0
"""Seconds after which a pulse is overdue: pages report every 10 s."""
PAGE_GONE = 35.0
"""Seconds without a word after which a page is taken for gone: three pulses missed."""
PAGE_FORGOTTEN = 600.0
"""Seconds for which a silent page is still answered: hidden tabs may be held back for minutes."""
SILENT_SLOW = 60.0
SILENT_OFF = 300.0
UNHEARD_KEY_RATE = 64 * 1024 / 60
"""Bytes of keyframes per second once nobody was heard for SILENT_SLOW seconds during a cell: what a
forgotten page can pile up in the Jupyter server stays bounded by this and the increments."""


class Feed(Protocol):
    """One numbered line of data that a widget offers to the pages."""

    def changed(self) -> bool:
        """Whether `take` would hand out something new."""

    def take(self, key: bool, now: float) -> Payload:
        """What came since the last `take`, or all of it as a keyframe; a feed may answer with a key unasked."""


class Mode(Enum):
    """How a feed is delivered at present."""

    LIVE = "live"
    BLIND = "blind"
    SLOW = "slow"
    OFF = "off"


@dataclass(slots=True)
class Page:
    """What one page last said of itself."""

    heard: float
    number: int = 0
    visible: bool = True
    views: dict[str, int] = field(default_factory=dict)
    widths: dict[str, int] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Entry:
    feed: Feed
    added: float
    want_key: bool = True
    keyed: float = -1e9
    sent: float = -1e9  # reminders included
    last: int = 0  # the newest record that was sent
    unkeyed: bool = False  # increments went out since the last keyframe
    failing: bool = False


class Delivery:
    """The feeds, the pages, and the rule that brings them together."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._cell_since: float | None = None
        self._word = -1e9
        self._last_frame = -1e9
        self._allowance = UNHEARD_KEY_RATE * 60
        self._allowance_at = 0.0
        self._unanswered = False
        self.keyframes = 0
        self.resyncs = 0

    # What is offered

    def add(self, to: str, name: str, feed: Feed, now: float) -> None:
        """Offers feed `name` of widget `to`; its first part will be a keyframe."""
        self._entries[to, name] = _Entry(feed, added=now)

    def remove(self, to: str) -> None:
        """Withdraws every feed of a widget; unknown ones are ignored."""
        for key in [key for key in self._entries if key[0] == to]:
            del self._entries[key]

    def rekey(self, to: str | None = None) -> None:
        """The next parts of a widget (of all widgets: a new carrier) will be keyframes."""
        for (entry_to, _), entry in self._entries.items():
            if to is None or entry_to == to:
                entry.want_key = True

    # What is heard

    def cell_started(self, now: float) -> None:
        """A cell runs: words from pages may wait until it ends."""
        self._cell_since = now

    def cell_ended(self, now: float) -> None:
        """No cell runs any more: silence counts from here."""
        self._cell_since = None
        self._word = max(self._word, now)

    def pulse(self, message: Mapping[str, Any], now: float) -> None:
        """Takes in a page's report on itself.

        Args:
            message: `page` (its id), `n` (number of the pulse), `visible`, `models` (widget id → `{"views": n, "px":
                width}`), `need` (ids of widgets that want a keyframe), `gone` (the page is closing). What is
                malformed is ignored: it comes from outside.
            now: seconds.
        """
        page_id = message.get("page")
        if not isinstance(page_id, str):
            return
        self._word = now
        if message.get("gone"):
            self.pages.pop(page_id, None)
            return
        number = message.get("n")
        number = number if isinstance(number, int) else 0
        need = message.get("need")
        needs = frozenset(map(str, need)) if isinstance(need, list) else frozenset()
        self._unanswered = True
        models = message.get("models")
        reports = models if isinstance(models, Mapping) else {}
        self.pages[page_id] = Page(
            heard=now,
            number=number,
            visible=bool(message.get("visible", True)),
            views={str(to): _count(report, "views") for to, report in reports.items()},
            widths={str(to): _count(report, "px") for to, report in reports.items()},
            needs=needs,
        )
        for to in needs:
            self.resyncs += 1
            self.rekey(to)

    def width(self, to: str, now: float) -> int:
        """The widest view of a widget on any page heard lately, CSS pixels; 0 when none is known."""
        pages = [page for page in self.pages.values() if now - page.heard <= PAGE_GONE]
        return max((page.widths.get(to, 0) for page in pages), default=0)

    def heard(self) -> dict[str, int]:
        """What every frame answers: page id → number of its newest pulse that was heard."""
        self._unanswered = False
        return {page_id: page.number for page_id, page in self.pages.items()}

    def listened_to(self, now: float) -> bool:
        """Whether somebody may be there to hear that the kernel lives."""
        if not self._entries:
            return False
        if self._way_back_closed(now) or any(now - page.heard <= PAGE_GONE for page in self.pages.values()):
            return True
        return now - max(self._word, max(entry.added for entry in self._entries.values())) < SILENT_OFF

    # What goes out

    def collect(self, now: float) -> list[Part]:
        """The parts of a frame at this moment; empty when there is nothing to say."""
        self._forget(now)
        parts = []
        for (to, name), entry in self._entries.items():
            payload = self._take(to, entry, now)
            if payload is not None:
                parts.append(Part(to, name, payload))
        if parts:
            self._last_frame = now
        return parts

    def beat_due(self, now: float) -> bool:
        """Whether an empty frame must answer a pulse or say that the kernel lives; counts it as sent."""
        due = self._unanswered or (now - self._last_frame >= BEAT and self.listened_to(now))
        if due:
            self._last_frame = now
        return due

    def next_due(self, now: float) -> float | None:
        """When `collect` or `beat_due` next has work even if no feed changes; None: never."""
        times = []
        for (to, _), entry in self._entries.items():
            mode = self._mode(to, entry, now)
            times += [self._key_due(to, entry, mode, now), self._reminder_due(entry, mode)]
        if self._unanswered:
            times.append(now)
        if self.listened_to(now):
            times.append(self._last_frame + BEAT)
        return min((time for time in times if time is not None), default=None)

    def mode(self, to: str, now: float) -> Mode:
        """How a widget is delivered at present (OFF for one that offers nothing)."""
        for (entry_to, _), entry in self._entries.items():
            if entry_to == to:
                return self._mode(to, entry, now)
        return Mode.OFF

    def _take(self, to: str, entry: _Entry, now: float) -> Payload | None:
        mode = self._mode(to, entry, now)
        if mode is Mode.OFF:
            entry.want_key = True
            return None
        changed = entry.feed.changed()
        if changed and mode is Mode.SLOW:
            entry.unkeyed = True  # the change waits for its keyframe
        due = self._key_due(to, entry, mode, now)
        key = due is not None and now >= due
        if not key and (entry.failing or mode is Mode.SLOW):
            return None
        if not key and not changed:
            due = self._reminder_due(entry, mode)
            if due is None or now < due:
                return None
            entry.sent = now
            return Payload(entry.last + 1, entry.last, False, {})
        return self._ask(to, entry, key, now)

    def _ask(self, to: str, entry: _Entry, key: bool, now: float) -> Payload | None:
        """Lets the feed hand out its payload. A broken feed must not silence the others: said once, tried again."""
        try:
            payload = entry.feed.take(key, now)
        except Exception:
            if not entry.failing:
                logger.exception("widget %s: its data could not be prepared", to)
            entry.failing, entry.want_key, entry.keyed = True, True, now
            return None
        entry.failing, entry.sent, entry.last = False, now, payload.last
        entry.unkeyed = not payload.key
        if payload.key:
            entry.want_key, entry.keyed = False, now
            self.keyframes += 1
            self._allowance -= payload.nbytes
        return payload

    def _key_due(self, to: str, entry: _Entry, mode: Mode, now: float) -> float | None:
        """When the feed's next keyframe is due, if nothing more happens; None: not foreseen."""
        if mode is Mode.OFF:
            return None
        if mode is Mode.SLOW:
            return entry.keyed + REPEAT if entry.unkeyed or entry.want_key else None
        if entry.want_key:
            return entry.keyed + REPEAT if entry.failing else now
        trailing = entry.sent + TRAILING_KEY
        asked_for = any(to in page.needs and now - page.heard <= PAGE_GONE for page in self.pages.values())
        if mode is Mode.LIVE and not asked_for:
            return trailing if entry.unkeyed else None
        due = entry.keyed + REPEAT
        if entry.unkeyed:
            due = min(due, trailing)
        return max(due, self._affordable_from(now))

    def _reminder_due(self, entry: _Entry, mode: Mode) -> float | None:
        """When a quiet feed next tells the pages what they should have; None: its keyframes do."""
        if mode is not Mode.LIVE or entry.unkeyed or entry.want_key:
            return None
        return entry.sent + REPEAT

    def _mode(self, to: str, entry: _Entry, now: float) -> Mode:
        if self._way_back_closed(now):
            return Mode.BLIND
        known = self.pages.values()
        heard = [page for page in known if now - page.heard <= PAGE_GONE]
        # Browsers hold back the timers of hidden pages: their silence says nothing new.
        if heard or (known and not any(page.visible for page in known)):
            showing = [page.heard for page in heard if page.visible and page.views.get(to)]
            if not showing:
                return Mode.OFF
            return Mode.LIVE if now - max(showing) <= PULSE_LATE else Mode.BLIND
        silence = now - max(self._word, entry.added)
        if silence < SILENT_SLOW:
            return Mode.BLIND
        return Mode.SLOW if silence < SILENT_OFF else Mode.OFF

    def _way_back_closed(self, now: float) -> bool:
        """Words may be waiting behind a running cell: true until one gets through, and while they stay fresh."""
        if self._cell_since is None:
            return False
        return self._word <= self._cell_since or now - self._word > PULSE_LATE

    def _affordable_from(self, now: float) -> float:
        """When unasked keyframes fit the budget; the budget only binds when nobody was heard for long in a cell."""
        elapsed, self._allowance_at = now - self._allowance_at, now
        self._allowance = min(self._allowance + max(elapsed, 0.0) * UNHEARD_KEY_RATE, UNHEARD_KEY_RATE * 60)
        unheard = self._cell_since is not None and now - max(self._word, self._cell_since) > SILENT_SLOW
        if not unheard or self._allowance > 0:
            return -1e9
        return now - self._allowance / UNHEARD_KEY_RATE + 0.1

    def _forget(self, now: float) -> None:
        """Drops pages that went without a goodbye, except while a cell may be hiding their words."""
        if self._cell_since is None:
            gone = [key for key, page in self.pages.items() if now - page.heard > PAGE_FORGOTTEN]
            for key in gone:
                del self.pages[key]


def _count(report: object, what: str) -> int:
    number = report.get(what) if isinstance(report, Mapping) else None
    return number if isinstance(number, int) else 0
