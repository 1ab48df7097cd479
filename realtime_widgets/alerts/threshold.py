"""Threshold: a number or a band that is told of when values cross it."""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

import numpy as np

from ..errors import UnknownKeyword, WrongType, named_keywords, shown
from ..feeds.moments import duration_text
from ..streams import Stream
from ..streams.amounts import Duration, to_duration
from .alert import MAX_EVENTS, Alert
from .crossing import Crossing
from .events import AlertEvent, AlertSeverity, State
from .limits import Limit, limit_of
from .look import Look
from .notices import Notice, Notifier, of_crossing
from .watch import Track

F = TypeVar("F", bound=Callable[..., None])

MAX_FORWARD: Final = MAX_EVENTS
"""Crossings of one look that are told of, the newest: values that flap at every record say no more."""


_OTHER_WORDS: Final = {
    "below": "pass above=False for a value that is reached from above",
    "direction": "pass above=False for a value that is reached from above",
    "outside": "a band is raised outside of it, unless inside=True",
}
"""What others call it."""


def _in_its_own_words(init: F) -> F:
    """Have the constructor say what is meant by words that are not its own."""

    @functools.wraps(init)
    def checked(self: Any, *args: Any, **keywords: Any) -> None:
        what = type(self).__name__
        for word in _OTHER_WORDS.keys() & keywords:
            raise UnknownKeyword(f"{what} has no keyword {word!r}: {_OTHER_WORDS[word]}")
        if len(args) == 2:
            raise WrongType(
                f"{what} cannot be called like this: {shown(args[1])} comes without a keyword; for a band pass both "
                f"numbers in parentheses: {what}(({shown(args[0])}, {shown(args[1])}))"
            )
        init(self, *args, **keywords)

    return cast("F", checked)


class Threshold(Alert):
    """A number or a band that fields of streams may cross, and who is told when they do.

    One object for all: a chart draws it, a card is coloured and named by it, functions are called and notifications
    shown, once per crossing. It is evaluated on every record, also when nothing is displayed and while a cell runs;
    what a card makes of them (`reduce=`) is not what it judges.

    - It is raised by a value at or above it, `above=False` at or below, of a band outside of it, `inside=True`
      within; once that has been so for `for_` in the data's own time, without a value between that is not so.
    - It is cleared when a value is back by more than `hysteresis`. In between nothing changes.
    - A missing value (None, NaN), a gap and a new run end a hold and leave what is raised; a record without the field
      says nothing; one that is older than the newest decides nothing, nor does one whose time was ahead of the stream's
      clock when it came while others were not (see `Stream.newest_ts`), whatever becomes of the clock after.

    Example:
        t = Threshold(0.9, for_="10s", hysteresis=0.05, severity="error")
        t.watch(stream, "cpu")
        t.on_change(lambda event: print(event.state, event.value))
        LiveChart(stream, y="cpu", thresholds=[t])

    Args:
        value: the number; or a band, `(low, high)`.
        above: of a number: whether it is reached from below.
        inside: of a band: whether it is raised within, and not outside.
        for_: how long it has to be reached before it is raised: seconds, a timedelta or a text such as "5min".
        hysteresis: how far back a value has to be before it is cleared, in its own unit.
        severity: `warning` or `error`.
        name: what it is called, in notifications and on charts; None: by what it says.
        notify: who notifies the reader of each crossing, such as `rw.Notifications()`; None: nobody.

    Raises:
        WrongType: when the value is neither a number nor two of them.
        UsageError: when something else is out of its range; TypeError names the nearest keyword.
    """

    @_in_its_own_words
    @named_keywords
    def __init__(
        self,
        value: Any,
        *,
        above: bool = True,
        inside: bool = False,
        for_: Duration = 0,
        hysteresis: float = 0,
        severity: AlertSeverity = "warning",
        name: str | None = None,
        notify: Notifier | None = None,
    ) -> None:
        self.limit: Limit = limit_of(value, above=above, inside=inside, hysteresis=hysteresis)
        """What it is compared with."""
        self.for_: float = to_duration(for_, "for_= of a threshold")
        """How long it has to be reached before it is raised, seconds."""
        super().__init__(severity, name, notify)

    @property
    def value(self) -> Any:
        """The number, or the band `(low, high)`."""
        return self.limit.threshold

    def text(self) -> str:
        """See `Alert`."""
        held = f" for {duration_text(self.for_)}" if self.for_ else ""
        return self.limit.text() + held

    def notice(self, event: AlertEvent) -> Notice:
        """See `Alert`."""
        return of_crossing(event, self.limit)

    def wire(self) -> dict[str, Any]:
        """Return what pages are told of it."""
        return {**self.limit.wire(), "for": self.for_, "severity": self.severity, "name": self.name}

    def _new_track(self, stream: Stream) -> Track:
        return CrossingTrack(self, stream, self._forget, self._clock)


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

    host: Threshold

    def __init__(
        self,
        host: Threshold,
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
            host.dropped += first
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
