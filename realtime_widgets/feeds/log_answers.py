"""LogAnswers: what readers of a log ask for beside the rows that parts bring: all that one event says, and pages.

A page is a stretch of the records that the stream still keeps, with the rows in it that are wanted and, where a reader
looks for something, match it. It says which stretch it covers, so that the next page goes on from there, and it is
bounded by what is looked through and by what is sent. Answers go to all pages: each carries the name of its question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from ..streams import Batch, Stream
from .log_rows import EventRow, LogRow, details_of, fitting, gap_rows, number_of, plain, rows_of, wanted_of

MAX_ROWS: Final = 200
"""Most rows of a page: twenty screens."""
MAX_BYTES: Final = 48 * 1024
"""Most bytes of rows in a page."""
CHUNK: Final = 1_000
"""Records that are read at a time."""
MAX_READ: Final = 20_000
"""Most records that are looked through for a page: some 50 ms on the thread that serves all widgets."""
MAX_WAITING: Final = 16
"""Most questions that wait; of more the oldest is forgotten, and its page asks again."""


@dataclass(frozen=True, slots=True)
class PageAsked:
    """A question for the events with `after < seq < before`.

    Args:
        ask: its name.
        after: the number before the first event wanted; 0: from the oldest kept on.
        before: the number after the last event wanted.
        most: rows.
        newest: whether the newest of them are wanted, else the oldest.
        text: what source or message must contain, as a reader types it; empty: anything.
        levels: those wanted, as rows have them; empty: all.
    """

    ask: str
    after: int
    before: int
    most: int
    newest: bool = True
    text: str = ""
    levels: tuple[str, ...] = ()


class LogAnswers:
    """The questions that wait, and their answers.

    Args:
        stream: the stream of events.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._details: dict[int, None] = {}
        self._pages: dict[str, PageAsked] = {}

    def ask_details(self, seq: int) -> None:
        """Ask for all that the event of a number says."""
        _put(self._details, seq, None)

    def ask_page(self, asked: PageAsked) -> None:
        """Ask for a page."""
        _put(self._pages, asked.ask, asked)

    def __bool__(self) -> bool:
        return bool(self._details or self._pages)

    def take(self, least: int) -> tuple[dict[str, Any], int]:
        """Return answers for the body of one part, and their bytes; others wait for the next.

        Args:
            least: index in `LEVELS` of the least severe level.
        """
        body: dict[str, Any] = {}
        size = 0
        if self._details:
            seq = next(iter(self._details))
            del self._details[seq]
            body["details"] = [(seq, *self._told(seq))]
            size += len(msgspec.json.encode(body["details"]))
        elif self._pages:
            asked = self._pages.pop(next(iter(self._pages)))
            page, size = page_of(self._stream, asked, least)
            body["page"] = page
        return body, size

    def _told(self, seq: int) -> tuple[str | None, list[tuple[str, str]]]:
        batch = self._stream.read(after=seq - 1, limit=1) if seq > self._stream.cleared_seq else None
        if batch is None or not len(batch) or batch.first_seq != seq:
            return None, []
        return details_of(batch)


def page_of(stream: Stream, asked: PageAsked, least: int) -> tuple[dict[str, Any], int]:
    """Return a page, and the bytes of its rows.

    Returns:
        `{"ask", "after", "last", "rows", "end"}`: all wanted events with `after < seq <= last` are in `rows`; `end`:
        the stream keeps none that is older.
    """
    kept = max(stream.first_seq - 1, stream.cleared_seq)
    after, last = max(asked.after, kept), max(kept, min(asked.before - 1, stream.last_seq))
    after = min(after, last)
    most = max(1, min(asked.most, MAX_ROWS))
    found: list[EventRow] = []
    low, high = (last, last) if asked.newest else (after, after)  # what has been looked through
    while len(found) < most and high - low < MAX_READ and (low > after if asked.newest else high < last):
        begin = max(after, low - CHUNK) if asked.newest else high
        end = low if asked.newest else min(last, high + CHUNK)
        rows = list(_matching(stream.read(after=begin, limit=end - begin), asked, least, end))
        found = [*rows, *found] if asked.newest else [*found, *rows]
        low, high = min(low, begin), max(high, end)
    if len(found) > most:
        found = found[-most:] if asked.newest else found[:most]
        low, high = _bounded(found, asked.newest, low, high)
    fit, size = fitting(found if asked.newest else found[::-1], MAX_BYTES)
    if len(fit) < len(found):
        found = fit if asked.newest else fit[::-1]
        low, high = _bounded(found, asked.newest, low, high)
    gaps = [row for row in gap_rows(stream.gaps) if low <= int(row[0]) < high]
    shown: list[LogRow] = sorted([*found, *gaps], key=number_of)
    return {"ask": asked.ask, "after": low, "last": high, "rows": shown, "end": low <= kept}, size


def _bounded(found: Sequence[EventRow], newest: bool, low: int, high: int) -> tuple[int, int]:
    """Return what a page covers that has only these of the rows that were found."""
    return (int(found[0][0]) - 1, high) if newest else (low, int(found[-1][0]))


def _matching(batch: Batch, asked: PageAsked, least: int, last: int) -> Iterator[EventRow]:
    """Yield the rows of a batch up to a number that are wanted and match."""
    places = [i for i in wanted_of(batch, least) if batch.first_seq + i <= last]
    looked = plain(asked.text)
    for row in rows_of(batch, places):
        if asked.levels and row[2] not in asked.levels:
            continue
        if not looked or looked in plain(f"{row[3]}\n{row[4]}"):
            yield row


def _put(waiting: dict[Any, Any], key: Any, value: Any) -> None:
    """Let a question wait, as the newest."""
    waiting.pop(key, None)
    waiting[key] = value
    while len(waiting) > MAX_WAITING:
        del waiting[next(iter(waiting))]
