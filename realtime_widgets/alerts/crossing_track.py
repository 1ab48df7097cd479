"""CrossingTrack: judges the fields of one stream by a threshold, each record once, in order."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from ..errors import shown
from ..streams import Stream
from .crossing import Crossing
from .events import AlertEvent, State
from .limits import Limit
from .look import Look
from .telling import MAX_EVENTS, Telling
from .watch import Host, Track

MAX_FORWARD: Final = MAX_EVENTS
"""Crossings of one look that are told of, the newest: values that flap at every record say no more."""


class Rule(Host, Protocol):
    """What is needed of a threshold; see there."""

    limit: Limit
    for_: float
    name: str
    telling: Telling

    @property
    def value(self) -> Any:
        """The number or the band."""

    def text(self) -> str:
        """Return the condition in short."""

    def wire(self) -> dict[str, Any]:
        """Return what pages are told of it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How far a field has been judged, and with what result."""

    crossing: Crossing
    seq: int = 0
    """The number of the last record."""
    past: int = 0
    """`Stream.past_seq` then."""


class CrossingTrack(Track):
    """Judges the fields of one stream by a threshold."""

    host: Rule

    def __init__(
        self,
        host: Rule,
        stream: Stream,
        empty: Callable[[Track], object],
        clock: Callable[[], float],
    ) -> None:
        self._names_judged: tuple[str, ...] = ()
        super().__init__(host, stream, empty, clock)

    def states(self) -> dict[str | None, State]:
        """See `Track`."""
        known = self.memory.fields
        return {name: known[name].crossing.state for name in self._names_judged if name in known}

    def reason(self) -> dict[str, Any]:
        """See `Track`."""
        return self.host.wire()

    def judge(self, look: Look, names: Sequence[str | None]) -> None:
        """See `Track`."""
        wanted = tuple(name for name in names if name is not None)
        new = [name for name in wanted if name not in self._names_judged]
        earlier = self.reading.before(look, new) if new and not look.first else None
        if earlier is not None:
            self._tell(earlier, new)
        self._tell(look, wanted)
        for name in set(self._names_judged).difference(wanted):
            self.host.fail((id(self.stream), name), None)
        self._names_judged = wanted

    def _tell(self, look: Look, names: Sequence[str]) -> None:
        found, known = [], {}
        for name in names:
            events, known[name] = self._judged(look, name)
            found += events
        found.sort(key=lambda each: each[0])
        self.host.tell(self.stream, [event for _, event in found], quiet=look.first)
        self.memory.fields.update(known)  # last: after an interrupt the same records are judged again

    def _judged(self, look: Look, name: str) -> tuple[list[tuple[int, AlertEvent]], Judged]:
        """Judge the records that say something of a field and have not been judged.

        Returns:
            The crossings with the records' numbers, and what is to be remembered.
        """
        batch, host = look.batch, self.host
        before = self.memory.fields.get(name) or Judged(Crossing(host.for_))
        crossing = copy.copy(before.crossing)
        last = max(before.seq, batch.last_seq)
        said = look.said(name, before.seq)
        seq, column = said.seq, said.values
        self._check(name, len(seq) > 0)

        def after(numbers: Sequence[int]) -> list[int]:
            return np.searchsorted(seq, numbers, side="right").tolist() if numbers else []

        anew = [run.seq for run in batch.runs if run.seq >= before.seq]
        past = min(look.past, batch.last_seq)  # of one that is later hears the next look
        if past > before.past:
            anew.append(past)
        anew += [number for number in batch.begins if number >= before.seq]
        anew_at = after(anew)
        if batch.first_seq > before.seq + 1:  # the mark of a run may be among what was missed
            anew_at.append(0)
        broken = after([gap.seq or 0 for gap in batch.gaps if (gap.seq or 0) >= before.seq])
        crossed = crossing.take(said.ts, host.limit.codes(column), broken, anew_at)
        first = max(0, len(crossed.at) - MAX_FORWARD)
        if not look.first:  # of the past nobody would be told
            host.telling.dropped += first
        events = []
        for place, raised, since in zip(
            crossed.at[first:].tolist(), crossed.raised[first:], crossed.since[first:].tolist(), strict=True
        ):
            ts = float(said.ts[place])
            event = AlertEvent(
                "raised" if raised else "cleared",
                ts,
                column[place : place + 1].tolist()[0],
                host.value,
                self.stream.name,
                name,
                host.severity,
                since,
                0.0 if math.isnan(since) else max(0.0, ts - since),
                host.name,
            )
            events.append((int(seq[place]), event))
        return events, Judged(crossing, last, max(past, before.past))

    def _check(self, name: str, any_records: bool) -> None:
        """Note that a field is no number, where it has values and none of them is."""
        stream = self.stream
        if not any_records:
            return
        value = None if name in stream.number_fields else stream.example(name)
        self.host.fail(
            (id(stream), name),
            None
            if value is None
            else f"field {name!r} of stream {stream.name!r} cannot be compared with {self.host.text()}: "
            f"{shown(value)} is of type {type(value).__name__}; append numbers, or decode with numbers=True",
        )
