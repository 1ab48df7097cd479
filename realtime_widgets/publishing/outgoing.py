"""Outgoing: what a publisher has to send, what is sent next and when, and what became of all of it.

One request is on its way at a time, and it is repeated with the same key until it has an answer: so nothing comes twice
and the order is kept, whatever breaks off. Meanwhile records queue up, and the next request has many. Told the time and
what the hub answered; not locked, see `sender`. Pure.

| the answer | what happens |
|---|---|
| taken | the next batch, after the pace |
| later | the same batch again, after a delay that grows; a long one, where only a person can mend it (a wrong token) |
| divide | each half alone, with a new key, down to single records, which are refused |
| refused | the next batch: its channel takes nothing of ours (its name, or the rights of the token) |
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Final

import msgspec

from ..client.sansio.backoff import Reconnect
from .answers import Answer
from .queue import Batch, Queue

PACE: Final = 0.1
"""Seconds between two requests: what is appended meanwhile goes as one. Ten a second take 0.7 % of a core."""

BACKOFF: Final = Reconnect(initial=0.5, maximum=20.0)

SLOWLY: Final = Reconnect(initial=5.0, maximum=60.0)
"""Where only a person can mend it: a hub with another token may be started again with ours."""

QUIET: Final = 60.0
"""Seconds in which the same trouble is not told twice: a server may come and go all the time."""

MAX_TOPICS: Final = 100
"""Kinds of trouble that are told."""


class PublisherStats(msgspec.Struct, frozen=True):
    """What became of the records that a publisher was given: `appended == sent + waiting + dropped + refused`.

    Attributes:
        appended: records that were given to it.
        sent: those that the hub has confirmed.
        waiting: those that wait, or are on their way.
        dropped: those that were lost because the queue was full, or because the publisher was closed.
        refused: those that could not be encoded, or that the hub does not take.
        left_out: values that could not be encoded, of records that were sent without them.
        requests: that were answered, or broke off.
        failed: requests among them that were not taken.
        last_error: what went wrong last, in one line; None: nothing, or all is well again.
    """

    appended: int
    sent: int
    waiting: int
    dropped: int
    refused: int
    left_out: int
    requests: int
    failed: int
    last_error: str | None


Notice = tuple[int, str]
"""A line for the log: its level, and its text."""


class Outgoing:
    """The records of one publisher.

    Args:
        max_records, max_bytes: that wait; beyond them the oldest are dropped.
        chance: returns a random number, 0 <= chance < 1.
    """

    def __init__(self, max_records: int, max_bytes: int, chance: Callable[[], float]) -> None:
        self._queue = Queue(max_records, max_bytes)
        self._max = max_records, max_bytes
        self._chance = chance
        self._open: list[Batch] = []
        self._due = 0.0
        self._attempt = 0
        self._told: set[str] = set()
        self._outage: set[str] = set()  # what was told of it
        self._told_at: dict[str, float] = {}
        self._appended = self._sent = self._dropped = self._refused = self._left_out = 0
        self._requests = self._failed = 0
        self._last_error: str | None = None
        self.stuck = 0
        """Requests that were answered so that nobody should wait for the next; see `Answer`."""
        self.hurried = 0
        """How many wait for all to be sent: without a pace then."""
        self.notices: list[Notice] = []
        """What is to be logged, oldest first; whoever logs it takes it out."""

    # What comes in

    def put(self, channel: str, record: bytes) -> None:
        """Take in a record."""
        self._appended += 1
        dropped = self._queue.put(channel, record)
        if dropped:
            self._drop(dropped)

    def leave_out(self, field: str, why: str) -> None:
        """Count a value that its record goes without."""
        self._left_out += 1
        self._tell(f"field {field}", f"the field {field!r:.100} is left out: {why}")

    def refuse(self, topic: str, why: str, count: int = 1) -> None:
        """Count records that will not be sent; `why` is one sentence."""
        self._appended += count
        self._refused += count
        self._tell(topic, f"{why}; stats.refused counts such records")

    def reject(self) -> None:
        """Count a record that came after the end."""
        self._appended += 1
        self._dropped += 1
        self._tell("closed", "a record is dropped: this publisher was closed; make another one")

    # What goes out

    def next(self, now: float) -> Batch | float | None:
        """Return the batch to send now, or the seconds until there is one; None: there is nothing to send.

        A batch is returned again and again until it is settled.
        """
        if not self._open and not len(self._queue):
            return None
        wait = self._due - now
        if wait > 0 and not (self.hurried and not self._attempt):
            return wait
        if not self._open and (batch := self._queue.take()) is not None:
            self._open.append(batch)
        return self._open[-1]

    def settle(self, batch: Batch, answer: Answer, now: float) -> None:
        """Note what became of the batch that `next` returned last."""
        self._requests += 1
        if answer.verdict == "later":
            self._postpone(answer, now)
            return
        self._open.pop()
        self._attempt, self._due = 0, now + PACE
        if answer.verdict == "taken":
            self._sent += len(batch.records)
            self._recover()
            return
        self._failed += 1
        self._last_error = answer.why
        if answer.verdict == "divide" and len(batch.records) > 1:
            first, second = batch.halves()
            self._open += [second, first]
            self._due = now
            return
        self._refused += len(batch.records)
        self._tell(answer.topic, f"{answer.why}; stats.refused counts such records")

    def _postpone(self, answer: Answer, now: float) -> None:
        self._failed += 1
        self._attempt += 1
        self.stuck += answer.stuck
        pace = SLOWLY if answer.stuck else BACKOFF
        self._due = now + max(answer.wait, pace.delay(self._attempt, self._chance()))
        self._last_error = answer.why
        last = self._told_at.get(answer.topic, -math.inf)
        if answer.topic not in self._outage and now - last >= QUIET:
            self._outage.add(answer.topic)
            self._told_at[answer.topic] = now
            end = "" if answer.why.endswith("?") else "."
            waits = f"what is appended waits: up to {self._max[0]:,} records"
            self.notices.append((logging.WARNING, f"{answer.why}{end} It is tried again, and {waits}"))

    def _recover(self) -> None:
        if self._outage:
            self._outage.clear()
            self.notices.append((logging.INFO, "the hub takes records again"))
        self._last_error = None

    def is_open(self, batch: Batch) -> bool:
        """Whether a batch is still the next to be settled: at the end all are given up."""
        return bool(self._open) and self._open[-1] is batch

    # How far it is

    @property
    def last(self) -> int:
        """The number of the newest record."""
        return self._queue.last

    def settled(self, number: int) -> bool:
        """Whether nothing waits any more of what came up to a record."""
        oldest = self._open[0].first if self._open else self._queue.oldest
        return oldest is None or oldest > number

    def hasten(self, now: float) -> None:
        """Try now, whatever the delay."""
        self._due = min(self._due, now)

    @property
    def waiting(self) -> int:
        """Records that wait, or are on their way."""
        return len(self._queue) + sum(len(batch.records) for batch in self._open)

    def abandon(self) -> None:
        """Drop what waits, at the end."""
        count = self.waiting
        self._queue.clear()
        self._open.clear()
        if count:
            self._dropped += count
            why = f": {self._last_error}" if self._last_error else ""
            self.notices.append((logging.WARNING, f"{_counted(count)} not sent before the end{why}"))

    def stats(self) -> PublisherStats:
        """Return the counters."""
        return PublisherStats(
            appended=self._appended,
            sent=self._sent,
            waiting=self.waiting,
            dropped=self._dropped,
            refused=self._refused,
            left_out=self._left_out,
            requests=self._requests,
            failed=self._failed,
            last_error=self._last_error,
        )

    def _drop(self, count: int) -> None:
        self._dropped += count
        records, size = self._max
        self._tell(
            "dropped",
            f"the oldest records are dropped: {records:,} records or {size:,} bytes wait for the hub; "
            "stats.dropped counts them",
        )

    def _tell(self, topic: str, text: str) -> None:
        if topic not in self._told and len(self._told) < MAX_TOPICS:
            self._told.add(topic)
            self.notices.append((logging.WARNING, text))


def _counted(count: int) -> str:
    return "a record was" if count == 1 else f"{count:,} records were"
