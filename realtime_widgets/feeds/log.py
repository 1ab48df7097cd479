"""EventLogFeed: the events of one stream as rows of text, for an event log.

An event is a record with the text fields `level`, `source` and `message`; one that lacks some of them shows what it
has, and a record with none of them is a message as a whole. The feed reads its stream by cursor, keeps the newest rows
of the wanted levels, and returns them in the body of a part, numbered by the records of the stream:

    [seq, ts, level, source, message]     an event; `seq` is its record's number
    [seq, count]                          `count` events up to this number are left out
    [seq.5, ts, null, reason, count]      a gap after this number: `count` events never arrived; null: not known
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, Literal, TypeGuard

import msgspec

from ..errors import UsageError, did_you_mean
from ..streams import Batch, Stream
from ..streams.gaps import Gap
from .feed import Payload
from .text import as_unicode

Level = Literal["debug", "info", "success", "warning", "error"]
LogRow = tuple[float, float, str, str, str] | tuple[float, float, None, str, int | None] | tuple[int, int]

LEVELS: Final[tuple[Level, ...]] = ("debug", "info", "success", "warning", "error")
"""From the least severe to the most severe."""

SYNONYMS: Final[dict[str, Level]] = {
    "trace": "debug",
    "notice": "info",
    "ok": "success",
    "warn": "warning",
    "err": "error",
    "critical": "error",
    "fatal": "error",
}
"""Other names of the levels, such as those of `logging` and syslog."""

FIELDS: Final = ("level", "source", "message")

MAX_PART_ROWS: Final = 400
"""Most rows in one increment; at 20 frames a second nobody reads more."""
MAX_PART_BYTES: Final = 64 * 1024
"""Most bytes of rows in one part."""
MAX_READ: Final = 100_000
"""Most records that are read at a time."""
MAX_LENGTHS: Final = {"level": 24, "source": 80, "message": 2000}
"""Characters after which a text is cut."""

_MEANT: Final[dict[str, Level]] = {level: level for level in LEVELS} | SYNONYMS


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
        self.level = level
        self._least = LEVELS.index(checked_level(level))
        self._rows: deque[LogRow] = deque(maxlen=max_rows)
        self._cursor = 0
        self._cleared = stream.cleared_seq
        self._sent = 0
        self._fresh = 0  # events since the last part, including those no longer in `_rows`
        self._fresh_rows = 0
        self._begun = False
        self._restarted = False
        self._last_gap: Gap | None = None
        self._gapped = False
        self._lacks: str | None = None  # as in the last part
        self._asked_for: dict[int, tuple[int, int]] = {}
        self.dropped = 0
        """Events of wanted levels that no part has carried and that can no longer be fetched."""

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
        body: dict[str, Any] = {"rows": rows, "up_to": self._cursor, "cleared": self._cleared}
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
            return range(len(batch) if severity("") >= self._least else 0)
        levels = batch.columns["level"].tolist()
        known: dict[str, bool] = {}

        def is_wanted(level: Any) -> bool:
            if not isinstance(level, str):
                level = ""
            if level not in known:
                known[level] = severity(level) >= self._least
            return known[level]

        return [i for i, level in enumerate(levels) if is_wanted(level)]


def severity(level: str) -> int:
    """Return the index of a level in `LEVELS`; unknown levels count as `info`."""
    return LEVELS.index(_MEANT.get(level.strip().casefold(), "info"))


def checked_level(level: Any) -> Level:
    """Return a valid level unchanged.

    Raises:
        UsageError: for an unknown level, naming the nearest.
    """
    if level not in LEVELS:
        hint = did_you_mean(str(level), LEVELS) or f"; pass one of {', '.join(map(repr, LEVELS))}"
        raise UsageError(f"level={level!r} is no level{hint}")
    return level  # type: ignore[no-any-return]


def shown(value: Any, most: int) -> str:
    """Return a value as text for a row: empty for a missing one, cut after `most` characters."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    try:
        text = str(value)
    except Exception as error:  # users' classes: one bad record must not end the log
        text = f"<a {type(value).__name__} whose text raised {type(error).__name__}>"
    if len(text) > most:
        text = text[:most] + "…"
    return (
        text if text.isascii() else as_unicode(text)
    )  # here, because the size of a row is that of its encoding


def _rows(batch: Batch, places: Sequence[int]) -> Iterator[LogRow]:
    levels, sources = (_texts(batch, name, places) for name in ("level", "source"))
    for i, level, source, message in zip(places, levels, sources, _messages(batch, places), strict=True):
        yield batch.first_seq + i, float(batch.ts[i]), _MEANT.get(level.casefold(), level), source, message


def _messages(batch: Batch, places: Sequence[int]) -> Iterable[str]:
    """Return the messages; for records that are no events their only field, or all fields with their names."""
    columns = batch.columns
    if any(name in columns for name in FIELDS):
        return _texts(batch, "message", places)
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
