"""EventLogFeed: the events of one stream as rows of text, for an event log.

An event is a record with the fields `level`, `source` and `message` (or `msg`); one that lacks some of them shows what
it has, and a record with none of them is a message as a whole. The feed reads its stream by cursor, keeps the newest
rows of the wanted levels, and returns them in the body of a part, numbered by the records of the stream, as `log_rows`
says. What readers ask for besides, it answers in a part too (`log_answers`).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

from ..streams import Stream
from ..streams.gaps import Gap
from .feed import Payload
from .levels import LEVELS, Level, checked_level
from .log_answers import LogAnswers, PageAsked
from .log_rows import LogRow, events_in, fitting, gap_rows, is_gap, number_of, rows_of, wanted_of

MAX_PART_ROWS: Final = 400
"""Most rows in one increment."""
MAX_BUSY_ROWS: Final = 100
"""Most rows in one that follows on another that left events out: the highest log shows no more, and before anybody has
read them others are in their place. Who scrolls up fetches the rest."""
BUSY: Final = 1.0
"""Seconds for which increments are so small after one that left events out."""
MAX_PART_BYTES: Final = 64 * 1024
"""Most bytes of rows in one part."""
MAX_READ: Final = 100_000
"""Most records that are read at a time."""


class EventLogFeed:
    """A feed of the newest events of a stream.

    Args:
        stream: the stream of events.
        level: the least severe level to show; unknown levels count as `info`.
        max_rows: most rows kept.

    Raises:
        UsageError: for an unknown level.
    """

    def __init__(self, stream: Stream, level: Level, max_rows: int) -> None:
        self.stream = stream
        self.level: Level = checked_level(level)
        self.max_rows = max_rows
        self._least = LEVELS.index(self.level)
        self._rows: deque[LogRow] = deque(maxlen=max_rows)
        self._cursor = 0
        self._cleared = stream.cleared_seq
        self._sent = 0
        self._fresh = 0  # events since the last part, including those no longer in `_rows`
        self._fresh_rows = 0
        self._chosen = 0  # rows up to here are known to pages by another choice of levels
        self._begun = False
        self._restarted = False
        self._last_gap: Gap | None = None
        self._gapped = False
        self._lacks: str | None = None  # as in the last part
        self._left_out_at = -math.inf
        self._asked_for: dict[int, tuple[int, int]] = {}
        self._answers = LogAnswers(stream)
        self.dropped = 0
        """Events of wanted levels that no part has carried and that can no longer be fetched."""

    def choose(self, *, level: Level | None = None, max_rows: int | None = None) -> None:
        """Show other levels, or another number of rows, from the next part on; any thread. None: as before."""
        if level is not None:
            self.level = checked_level(level)
        if max_rows is not None:
            self.max_rows = max_rows

    def resize(self, px: int) -> None:
        """Ignore the width: text wraps."""

    def changed(self) -> bool:
        """Whether `take` would return anything new: an event of a wanted level, a fetched row, a gap or a clear."""
        self._ingest()
        return (
            self._fresh > 0
            or self._restarted
            or bool(self._asked_for or self._answers)
            or self._lacks_now() != self._lacks
        )

    def _lacks_now(self) -> str | None:
        """Return why data are missing after the newest record; None: none are known to be."""
        missing = self.stream.missing
        return None if missing is None else missing.reason

    def fetch(self, seq: int, count: int, most: int) -> None:
        """Ask for events that a part left out: of the `count` up to number `seq`, the newest `most`."""
        self._asked_for[seq] = count, most

    def ask_details(self, seq: int) -> None:
        """Ask for all that the event of a number says."""
        self._answers.ask_details(seq)

    def ask_page(self, asked: PageAsked) -> None:
        """Ask for events of the wanted levels that the stream still keeps, beside those that parts bring."""
        self._answers.ask_page(asked)

    def take(self, key: bool, now: float) -> Payload:
        """Return the events since the last call, or all that are kept, within the limits of a part."""
        self._ingest()
        before, self._lacks = self._lacks, self._lacks_now()
        moved = self._restarted or self._gapped or before != self._lacks
        key = key or self._restarted
        first, self._sent = self._sent + 1, self._cursor
        most = MAX_BUSY_ROWS if now - self._left_out_at < BUSY else MAX_PART_ROWS
        rows = list(self._rows) if key else _newest(self._rows, min(self._fresh_rows, most))
        rows, nbytes = fitting(rows, MAX_PART_BYTES)
        self.dropped += max(0, self._fresh - events_in(self._rows))
        left_out = (events_in(self._rows) if key else self._fresh) - events_in(rows)
        if left_out > 0 and rows:
            rows = _with_gap(rows, left_out)
            self._left_out_at = self._left_out_at if key else now
        self._fresh = self._fresh_rows = 0
        self._restarted = self._gapped = False
        body: dict[str, Any] = {
            "rows": rows,
            "up_to": self._cursor,
            "cleared": max(self._cleared, self._chosen),
        }
        if self._lacks is not None:
            body["missing"] = self._lacks
        if self._asked_for:
            body["fills"] = [(seq, self._left_out(seq, *which)) for seq, which in self._asked_for.items()]
            self._asked_for = {}
        answers, size = self._answers.take(self._least)
        body |= answers
        nbytes += size
        return Payload(first, self._cursor, key, body, moved=moved, body_bytes=nbytes)

    def _left_out(self, seq: int, count: int, most: int) -> list[LogRow]:
        """Return the left-out rows that are still kept, newest last, after a row for those that are not returned."""
        found: deque[LogRow] = deque()
        events = 0
        for row in reversed(self._rows):
            if row[0] > seq:
                continue
            if len(found) >= min(most, MAX_PART_ROWS) or events >= count:
                break
            found.appendleft(row)
            events += events_in([row])
        rows, _ = fitting(list(found), MAX_PART_BYTES)
        left = count - events_in(rows)
        if left <= 0:
            return rows
        return _with_gap(rows, left) if rows else [(seq, count)]

    def _ingest(self) -> None:
        """Read new records into the rows."""
        stream = self.stream
        anew = self.max_rows != self._rows.maxlen or LEVELS[self._least] != self.level
        if anew:
            self._begin_anew()
        if stream.cleared_seq != self._cleared:
            self._cleared = stream.cleared_seq
            self._rows = deque((row for row in self._rows if row[0] > self._cleared), self._rows.maxlen)
            self._fresh = self._fresh_rows = 0
            self._restarted = True
        batch = stream.read(after=max(self._cursor, self._cleared), limit=MAX_READ, newest=True)
        self._cursor = max(self._cursor, batch.last_seq)
        if batch.missed and self._begun:  # at the first read, older records are history, not a loss
            self._add([(batch.first_seq - 1, batch.missed)], batch.missed)
            self.dropped += batch.missed
        self._begun = True
        wanted = wanted_of(batch, self._least)
        gaps = self._new_gaps()
        if wanted or gaps:
            rows: Iterable[LogRow] = rows_of(batch, wanted[-(self._rows.maxlen or 0) :])
            self._add(sorted([*rows, *gaps], key=number_of) if gaps else rows, len(wanted) + len(gaps))
        if anew:
            self._fresh = events_in(self._rows)  # what there is no room for has had its time

    def _begin_anew(self) -> None:
        """Choose the rows again, from what the stream has kept; pages drop those that they have, as after a clear."""
        self._least = LEVELS.index(self.level)
        self._rows = deque(maxlen=self.max_rows)
        self._chosen = self._cursor
        self._cursor = self._fresh = self._fresh_rows = 0
        self._begun = False
        self._last_gap = None
        self._restarted = True

    def _new_gaps(self) -> list[LogRow]:
        """Return the gaps since the last call, as far as the records before them have been read."""
        gaps = self.stream.gaps
        if not gaps or gaps[-1] is self._last_gap:
            return []
        begin = next((i + 1 for i, gap in enumerate(gaps) if gap is self._last_gap), 0)
        found: list[LogRow] = []
        for i, gap in enumerate(gaps[begin:], begin):
            assert gap.seq is not None
            if gap.seq > self._cursor:
                break
            self._last_gap = gap
            found += islice(gap_rows(gaps, i), 1)
        self._gapped = self._gapped or bool(found)
        return found

    def _add(self, rows: Iterable[LogRow], events: int) -> None:
        """Keep rows that stand for `events` events, some of which may have been skipped already."""
        rows = list(rows)
        self._rows.extend(rows)
        self._fresh_rows += len(rows)
        self._fresh += events


def _newest(rows: deque[LogRow], count: int) -> list[LogRow]:
    return list(islice(rows, max(0, len(rows) - count), None))


def _with_gap(rows: list[LogRow], left_out: int) -> list[LogRow]:
    """Return the rows, with a first one that counts the events left out before them."""
    first, *others = rows
    if is_gap(first):
        return [(first[0], first[1] + left_out), *others]
    return [(math.ceil(first[0]) - 1, left_out), *rows]
