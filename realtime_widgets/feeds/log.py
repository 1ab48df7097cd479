"""EventLogFeed: the events of one stream as rows of text, for an event log.

An event is a record with the fields `level`, `source` and `message` (or `msg`); one that lacks some of them shows what
it has, and a record with none of them is a message as a whole. The feed reads its stream by cursor, keeps the newest
rows of the wanted levels, and returns them in the body of a part, numbered by the records of the stream:

    [seq, ts, level, source, message]     an event; `seq` is its record's number
    [seq, count]                          `count` events up to this number are left out
    [seq.5, ts, null, reason, count]      a gap after this number: `count` events never arrived; null: not known
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, TypeGuard

import msgspec

from ..streams import Batch, Stream
from ..streams.gaps import Gap
from .feed import Payload
from .levels import LEVELS, Level, checked_level, level_of, severity
from .text import as_unicode, decoded, without_controls

LogRow = tuple[float, float, str, str, str] | tuple[float, float, None, str, int | None] | tuple[int, int]

FIELDS: Final = ("level", "source", "message", "msg")

MAX_PART_ROWS: Final = 400
"""Most rows in one increment; at 20 frames a second nobody reads more."""
MAX_PART_BYTES: Final = 64 * 1024
"""Most bytes of rows in one part."""
MAX_READ: Final = 100_000
"""Most records that are read at a time."""
MAX_LENGTHS: Final = {"level": 24, "source": 80, "message": 2000}
"""Characters after which a text is cut."""


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
        self._asked_for: dict[int, tuple[int, int]] = {}
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
        return self._fresh > 0 or self._restarted or bool(self._asked_for) or self._lacks_now() != self._lacks

    def _lacks_now(self) -> str | None:
        """Return why data are missing after the newest record; None: none are known to be."""
        missing = self.stream.missing
        return None if missing is None else missing.reason

    def fetch(self, seq: int, count: int, most: int) -> None:
        """Ask for events that a part left out: of the `count` up to number `seq`, the newest `most`."""
        self._asked_for[seq] = count, most

    def take(self, key: bool, now: float) -> Payload:
        """Return the events since the last call, or all that are kept, within the limits of a part."""
        self._ingest()
        before, self._lacks = self._lacks, self._lacks_now()
        moved = self._restarted or self._gapped or before != self._lacks
        key = key or self._restarted
        first, self._sent = self._sent + 1, self._cursor
        rows = list(self._rows) if key else _newest(self._rows, min(self._fresh_rows, MAX_PART_ROWS))
        rows, nbytes = _fitting(rows)
        self.dropped += max(0, self._fresh - _events(self._rows))
        left_out = (_events(self._rows) if key else self._fresh) - _events(rows)
        if left_out > 0 and rows:
            rows = _with_gap(rows, left_out)
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
            events += _events([row])
        rows, _ = _fitting(list(found))
        left = count - _events(rows)
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
        wanted = self._wanted(batch)
        gaps = self._new_gaps()
        if wanted or gaps:
            rows: Iterable[LogRow] = _rows(batch, wanted[-(self._rows.maxlen or 0) :])
            self._add(sorted([*rows, *gaps], key=_number) if gaps else rows, len(wanted) + len(gaps))
        if anew:
            self._fresh = _events(self._rows)  # what there is no room for has had its time

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
            nth = sum(other.seq == gap.seq for other in gaps[:i])  # between two records they stay in order
            found.append((gap.seq + 1 - 1 / (2 + nth), gap.ts, None, gap.reason, gap.missed))
        self._gapped = self._gapped or bool(found)
        return found

    def _add(self, rows: Iterable[LogRow], events: int) -> None:
        """Keep rows that stand for `events` events, some of which may have been skipped already."""
        rows = list(rows)
        self._rows.extend(rows)
        self._fresh_rows += len(rows)
        self._fresh += events

    def _wanted(self, batch: Batch) -> Sequence[int]:
        """Return the indices of the events of wanted levels in a batch."""
        if self._least == 0:
            return range(len(batch))
        if "level" not in batch.columns:
            return range(len(batch) if severity(None) >= self._least else 0)
        levels = batch.columns["level"].tolist()
        pino = _is_pino(batch)
        known: dict[Any, bool] = {}

        def is_wanted(level: Any) -> bool:
            if type(level) not in (str, float) or level != level:
                return severity(level, pino=pino) >= self._least
            if level not in known:
                known[level] = severity(level, pino=pino) >= self._least
            return known[level]

        return [i for i, level in enumerate(levels) if is_wanted(level)]


def shown(value: Any, most: int) -> str:
    """Return a value as text for a row: empty for a missing one, cut after `most` characters."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    try:
        text = decoded(value) if isinstance(value, bytes | bytearray | memoryview) else str(value)
    except Exception as error:  # users' classes: one bad record must not end the log
        text = f"<a {type(value).__name__} whose text raised {type(error).__name__}>"
    text = without_controls(text[: most * 8])  # colours take some room, but not any
    if len(text) > most:
        text = text[:most] + "…"
    # Here and not only on the way out, because the size of a row is that of its encoding.
    return text if text.isascii() else as_unicode(text)


def _rows(batch: Batch, places: Sequence[int]) -> Iterator[LogRow]:
    levels = _levels(batch, places)
    sources = [" ".join(source.split()) for source in _texts(batch, "source", places)]
    for i, level, source, message in zip(places, levels, sources, _messages(batch, places), strict=True):
        yield batch.first_seq + i, float(batch.ts[i]), level, source, message


def _levels(batch: Batch, places: Sequence[int]) -> list[str]:
    """Return the levels by our names, unknown ones as they are; empty where there are none."""
    if "level" not in batch.columns:
        return [""] * len(places)
    pino, most = _is_pino(batch), MAX_LENGTHS["level"]
    levels = batch.columns["level"][list(places)].tolist()
    return [level_of(level, pino=pino) or " ".join(shown(level, most).split()) for level in levels]


def _is_pino(batch: Batch) -> bool:
    """Whether numbers of levels are pino's: its messages are in `msg`, as are bunyan's."""
    return "msg" in batch.columns and "message" not in batch.columns


def _messages(batch: Batch, places: Sequence[int]) -> Iterable[str]:
    """Return the messages; for records that are no events their only field, or all fields with their names."""
    columns = batch.columns
    if any(name in columns for name in FIELDS):
        messages = _texts(batch, "message", places)
        for name in ("msg", "event"):
            if name in columns and not all(messages):
                others = _texts(batch, name, places)
                messages = [message or other for message, other in zip(messages, others, strict=True)]
        return messages
    if "value" in columns or len(columns) == 1:
        return _texts(batch, "value" if "value" in columns else next(iter(columns)), places)
    most = MAX_LENGTHS["message"]
    pairs = [[f"{name}={text}" for text in _texts(batch, name, places)] for name in columns]
    return [shown(" ".join(each), most) for each in zip(*pairs, strict=True)]


def _texts(batch: Batch, name: str, places: Sequence[int]) -> list[str]:
    """Return a field as texts; empty ones where the stream does not have it (yet)."""
    if name not in batch.columns:
        return [""] * len(places)
    column, most = batch.columns[name], MAX_LENGTHS.get(name, MAX_LENGTHS["message"])
    return [shown(value, most).strip() for value in column[list(places)].tolist()]


def _newest(rows: deque[LogRow], count: int) -> list[LogRow]:
    return list(islice(rows, max(0, len(rows) - count), None))


def _fitting(rows: list[LogRow]) -> tuple[list[LogRow], int]:
    """Return the newest rows that fit into a part, and their size as JSON in bytes."""
    nbytes = 0
    for i in range(len(rows) - 1, -1, -1):
        size = len(msgspec.json.encode(rows[i])) + 2
        if nbytes + size > MAX_PART_BYTES:
            return rows[i + 1 :], nbytes
        nbytes += size
    return rows, nbytes


def _with_gap(rows: list[LogRow], left_out: int) -> list[LogRow]:
    """Return the rows, with a first one that counts the events left out before them."""
    first, *others = rows
    if _is_gap(first):
        return [(first[0], first[1] + left_out), *others]
    return [(math.ceil(first[0]) - 1, left_out), *rows]


def _number(row: LogRow) -> float:
    return row[0]


def _events(rows: Iterable[LogRow]) -> int:
    """Return how many events the rows stand for: one each, or those left out."""
    return sum(row[1] if _is_gap(row) else 1 for row in rows)


def _is_gap(row: LogRow) -> TypeGuard[tuple[int, int]]:
    return len(row) == 2
