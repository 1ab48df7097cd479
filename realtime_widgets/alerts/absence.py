"""Absence: data that stop, and come back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import named_keywords
from ..feeds.moments import duration_text
from ..streams import Stream
from ..streams.amounts import Duration, to_duration
from .alert import Alert
from .events import AlertEvent, AlertSeverity, State
from .look import Look
from .notices import Notice, Notifier, of_absence
from .watch import Names, OneField, Track


class Absence(Alert):
    """Data that have not come for a while, and who is told when they stop and when they come back.

    What counts is when records arrive, whatever their times: it is raised when none has for `after` seconds, or when
    none has come since `watch()`, and cleared by the next one. A stream that is `complete` is not waited for, and
    clears what is raised.

    Example:
        gone = Absence(30, notify=notifications)
        gone.watch(stream)             # any record will do
        gone.watch(stream, "cpu")      # one with this field
        MetricCard("CPU", stream, field="cpu", thresholds=[gone])

    Args:
        after: how long nothing has come: seconds, a timedelta or a text such as "5min".
        severity: `warning` or `error`.
        name: what it is called, in notifications; None: by what it says.
        notify: who notifies the reader, such as `rw.Notifications()`; None: nobody.

    Raises:
        UsageError: when something is out of its range; TypeError names the nearest keyword.
    """

    @named_keywords
    def __init__(
        self,
        after: Duration = 30,
        *,
        severity: AlertSeverity = "error",
        name: str | None = None,
        notify: Notifier | None = None,
    ) -> None:
        self.after: float = to_duration(after, "after= of an absence", above=0.0)
        """For how long nothing has come, seconds."""
        super().__init__(severity, name, notify)

    def text(self) -> str:
        """See `Alert`."""
        return f"no data for {duration_text(self.after)}"

    def notice(self, event: AlertEvent) -> Notice:
        """See `Alert`."""
        return of_absence(event, self.after)

    def _names(self, stream: Stream, field: str | None) -> Names:
        return _any_field if field is None else OneField(stream, field)

    def _new_track(self, stream: Stream) -> Track:
        return AbsenceTrack(self, stream, self._forget, self._clock, self._wall)


def _any_field() -> Sequence[str | None]:
    return (None,)


class _Silence:
    """Since when a field has been silent, by the clock, and whether that is too long."""

    __slots__ = ("raised_at", "raised_ts", "seq", "since")

    def __init__(self, now: float, seq: int = 0) -> None:
        self.since = now
        self.seq = seq  # of the last record that was judged
        self.raised_at: float | None = None
        self.raised_ts = 0.0


def _recalled(known: _Silence | None, now: float) -> _Silence:
    """Return how a field goes on that is watched anew: what was raised is, and else the wait begins."""
    if known is None:
        return _Silence(now)
    return known if known.raised_at is not None else _Silence(now, known.seq)


class AbsenceTrack(Track):
    """Judges by the arrivals of one stream."""

    host: Absence

    def __init__(
        self,
        host: Absence,
        stream: Stream,
        empty: Callable[[Track], object],
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self._clock = clock
        self._wall = wall
        self._silences: dict[str | None, _Silence] = {}
        self._complete = False
        super().__init__(host, stream, empty, clock)

    def states(self) -> dict[str | None, State]:
        """See `Track`."""
        return {
            name: "normal" if each.raised_at is None else "raised" for name, each in self._silences.items()
        }

    def reason(self) -> dict[str, Any]:
        """See `Track`."""
        return {
            "kind": "absence",
            "for": self.host.after,
            "severity": self.host.severity,
            "name": self.host.name,
        }

    def judge(self, look: Look, names: Sequence[str | None]) -> None:
        """See `Track`."""
        now = self._clock()
        known = self.memory.fields
        self._silences = {name: self._silences.get(name) or _recalled(known.get(name), now) for name in names}
        resumed, self._complete = self._complete and not look.complete, look.complete
        events = [
            event
            for name, silence in self._silences.items()
            if (event := self._judged(look, name, silence, now, resumed)) is not None
        ]
        self.host.tell(self.stream, events, quiet=False)
        known.update(self._silences)

    def _judged(
        self, look: Look, name: str | None, silence: _Silence, now: float, resumed: bool
    ) -> AlertEvent | None:
        batch = look.batch
        new = batch["seq"] > silence.seq
        there = np.flatnonzero(new) if name is None else np.empty(0, np.intp)
        if name in batch.columns:
            there = np.flatnonzero(batch.present(name) & new)
        silence.seq = max(silence.seq, batch.last_seq)
        came = len(there) > 0
        if came or look.complete or resumed:
            silence.since = now
        if silence.raised_at is None:
            if look.complete or now - silence.since < self.host.after:
                return None
            silence.raised_at, silence.raised_ts = now, self._wall()
            return self._event(
                "raised",
                silence.raised_ts,
                None,
                name,
                silence.raised_ts - (now - silence.since),
                now - silence.since,
            )
        if not came and not look.complete:
            return None
        lasted = now - silence.raised_at + self.host.after
        silence.raised_at = None
        ts = float(batch.ts[there[0]]) if came else self._wall()
        column = None if name is None or not came else batch.columns[name][there[:1]].tolist()[0]
        return self._event("cleared", ts, column, name, silence.raised_ts, lasted, complete=not came)

    def _event(
        self,
        state: Any,
        ts: float,
        value: Any,
        name: str | None,
        since: float,
        lasted: float,
        *,
        complete: bool = False,
    ) -> AlertEvent:
        host = self.host
        return AlertEvent(
            state,
            ts,
            value,
            host.after,
            self.stream.name,
            name,
            host.severity,
            since,
            lasted,
            host.name,
            complete,
        )

    def due(self) -> float | None:
        """Return in how many seconds the first silence will have lasted too long; None: none may."""
        if self._complete:
            return None
        waiting = [each.since for each in self._silences.values() if each.raised_at is None]
        return max(0.0, min(waiting) + self.host.after - self._clock()) if waiting else None
