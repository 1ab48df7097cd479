"""Rows of a log: the records of a stream as the texts that a page shows of them, and all that one record says.

[seq, ts, level, source, message]         an event; `seq` is its record's number
[seq, ts, level, source, message, 1]      one that says more: further fields, or a message that was cut
[seq, count]                              `count` events up to this number are left out
[seq.5, ts, null, reason, count]          a gap after this number: `count` events never arrived; null: not known
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeGuard, TypeVar

import msgspec
import numpy as np

from ..streams import Batch
from ..streams.gaps import Gap
from .levels import level_of, severity
from .text import as_unicode, decoded, without_controls

EventRow = tuple[float, float, str, str, str] | tuple[float, float, str, str, str, int]
LogRow = EventRow | tuple[float, float, None, str, int | None] | tuple[int, int]

R = TypeVar("R", bound=LogRow)

FIELDS: Final = ("level", "source", "message", "msg")
MESSAGES: Final = ("message", "msg", "event")
"""Fields that may hold the message, the first of them that is not empty."""

MAX_LENGTHS: Final = {"level": 24, "source": 80, "message": 2000}
"""Characters after which a text is cut."""
MAX_DETAIL_LENGTH: Final = 24_000
"""Most characters of all that is sent of one event when a reader opens it."""
MAX_DETAIL_FIELDS: Final = 60
"""Most further fields of one event."""


def rows_of(batch: Batch, places: Sequence[int]) -> Iterator[EventRow]:
    """Yield the rows of the events at some places of a batch."""
    levels = _levels(batch, places)
    sources = [" ".join(source.split()) for source in _texts(batch, "source", places)]
    messages = list(_messages(batch, places))
    more = _says_more(batch, places, messages)
    for i, level, source, message, has in zip(places, levels, sources, messages, more, strict=True):
        row = (batch.first_seq + i, float(batch.ts[i]), level, source, message)
        yield (*row, 1) if has else row


def gap_row(gap: Gap, nth: int) -> LogRow:
    """Return the row of a gap, the `nth` (from 0) after its record: between two records they stay in order."""
    assert gap.seq is not None
    return (gap.seq + 1 - 1 / (2 + nth), gap.ts, None, gap.reason, gap.missed)


def gap_rows(gaps: Sequence[Gap], begin: int = 0) -> Iterator[LogRow]:
    """Yield the rows of a stream's gaps, from one of them on."""
    for i, gap in enumerate(gaps[begin:], begin):
        yield gap_row(gap, sum(other.seq == gap.seq for other in gaps[:i]))


def wanted_of(batch: Batch, least: int) -> Sequence[int]:
    """Return the places of the events in a batch that are as severe as `least`, an index in `LEVELS`."""
    if least == 0:
        return range(len(batch))
    if "level" not in batch.columns:
        return range(len(batch) if severity(None) >= least else 0)
    levels = batch.columns["level"].tolist()
    pino = _is_pino(batch)
    known: dict[Any, bool] = {}

    def is_wanted(level: Any) -> bool:
        if type(level) not in (str, float) or level != level:
            return severity(level, pino=pino) >= least
        if level not in known:
            known[level] = severity(level, pino=pino) >= least
        return known[level]

    return [i for i, level in enumerate(levels) if is_wanted(level)]


def details_of(batch: Batch) -> tuple[str, list[tuple[str, str]]]:
    """Return all that the first record of a batch says: its whole message, and its further fields in order.

    What is too long is cut, and says by how much.
    """
    left = MAX_DETAIL_LENGTH
    message = ""
    if any(name in batch.columns for name in FIELDS):
        whole = (_whole(batch.columns[name][0], left) for name in MESSAGES if name in batch.columns)
        message = next((text for text in whole if text), "")
        left -= len(message)
    names = [name for name in _further(batch) if batch.present(name)[0]]
    fields: list[tuple[str, str]] = []
    for name in names[:MAX_DETAIL_FIELDS]:
        text = _whole(batch.columns[name][0], max(80, left))
        left -= len(text)
        fields.append((shown(name, 80), text or "—"))
    if len(names) > MAX_DETAIL_FIELDS:
        fields.append(("…", f"+{len(names) - MAX_DETAIL_FIELDS}"))
    return message, fields


def plain(text: str) -> str:
    """Return text as it is compared when it is looked for: without case, and full-width letters as others."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).lower().strip()


def fitting(rows: list[R], most_bytes: int) -> tuple[list[R], int]:
    """Return the newest rows that have room in so many bytes of JSON, and their size."""
    nbytes = 0
    for i in range(len(rows) - 1, -1, -1):
        size = len(msgspec.json.encode(rows[i])) + 2
        if nbytes + size > most_bytes:
            return rows[i + 1 :], nbytes
        nbytes += size
    return rows, nbytes


def number_of(row: LogRow) -> float:
    """Return where a row stands."""
    return row[0]


def events_in(rows: Iterable[LogRow]) -> int:
    """Return how many events the rows stand for: one each, or those left out."""
    return sum(row[1] if is_gap(row) else 1 for row in rows)


def is_gap(row: LogRow) -> TypeGuard[tuple[int, int]]:
    """Whether a row only counts events."""
    return len(row) == 2


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


def _levels(batch: Batch, places: Sequence[int]) -> list[str]:
    """Return the levels by our names, unknown ones as they are; empty where there are none."""
    if "level" not in batch.columns:
        return [""] * len(places)
    pino, most = _is_pino(batch), MAX_LENGTHS["level"]
    levels = batch.columns["level"][list(places)].tolist()
    known: dict[str, str] = {}

    def named(level: Any) -> str:
        return level_of(level, pino=pino) or " ".join(shown(level, most).split())

    for level in levels:
        if type(level) is str and level not in known:
            known[level] = named(level)
    return [known[level] if type(level) is str else named(level) for level in levels]


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
    return [
        # Most text needs nothing: what is printable has no controls and no halves of a surrogate pair.
        (
            value if type(value) is str and len(value) <= most and value.isprintable() else shown(value, most)
        ).strip()
        for value in column[list(places)].tolist()
    ]


def _further(batch: Batch) -> list[str]:
    """Return the fields of a batch that its rows do not show."""
    columns = batch.columns
    if any(name in columns for name in FIELDS):
        return [name for name in columns if name not in ("level", "source", *MESSAGES)]
    if "value" in columns:
        return [name for name in columns if name != "value"]
    return list(columns) if len(columns) > 1 else []


def _says_more(batch: Batch, places: Sequence[int], messages: Sequence[str]) -> Sequence[bool]:
    """Return which events say more than their rows: they have further fields, or were cut."""
    most = MAX_LENGTHS["message"]
    cut = [len(message) > most // 2 and message.endswith("…") for message in messages]
    plain_rows = any(name in batch.columns for name in FIELDS) or "value" in batch.columns
    further = _further(batch) if plain_rows else []  # the others show all of them
    if not further:
        return cut
    has = np.any([batch.present(name) for name in further], axis=0)
    return [a or b for a, b in zip(cut, has[list(places)].tolist(), strict=True)]


def _whole(value: Any, most: int) -> str:
    """Return a value as text, nearly whole: what is cut is counted."""
    text = shown(value, most).strip()
    if not text.endswith("…") or not isinstance(value, str | bytes) or len(value) <= most:
        return text
    return f"{text} (+{len(value) - most:,})"
