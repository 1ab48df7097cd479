"""The readout: what a metric card says of one field: its newest value, where it is going, and how it got there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

import msgspec

from ..errors import UsageError, shown
from ..streams import Stream
from ..streams.columns import EXACT_BELOW
from ..streams.values import read_number
from .feed import Payload, Reading
from .fields import newest_value, only_field, why_not_drawn
from .moments import said_of
from .series import SeriesFeed
from .thresholds import Severity, level


class ReadoutFeed:
    """The newest value of one field, with its trend and level, and the series of its window.

    Args:
        stream: where the values come from.
        field: which field; None: `value`, or the only one there is, decided when the first record comes.
        window: seconds that the trend and the series look back.
        thresholds: value → level, see `thresholds.level`.
        good: which direction is good news; None: neither.
    """

    def __init__(
        self,
        stream: Stream,
        field: str | None,
        window: float,
        thresholds: Mapping[float, Severity],
        good: Literal["up", "down", None],
    ) -> None:
        self.stream = stream
        self._field = field
        self._window = window
        self._thresholds = thresholds
        self._good = good
        self._line: SeriesFeed | None = None
        self._px = 120
        self._asked: tuple[str, ...] = ()
        self._judged = True  # whether pages have the level by these thresholds

    def judge(self, thresholds: Mapping[float, Severity], good: Literal["up", "down", None]) -> None:
        """Judge by other thresholds from the next part on; any thread."""
        self._thresholds, self._good = thresholds, good
        self._judged = False

    def ask(self, settings: Sequence[str]) -> None:
        """Note which settings were given that only numbers have, to say where they have no effect; any thread."""
        self._asked = tuple(settings)
        self._judged = False

    @property
    def window(self) -> float:
        """Seconds that the trend and the series look back."""
        return self._window

    def show_window(self, seconds: float) -> None:
        """Look back for another length from the next part on; any thread."""
        self._window = seconds
        if self._line is not None:
            self._line.show_window(seconds)

    def resize(self, px: int) -> None:
        """See `Feed.resize`."""
        self._px = px
        if self._line is not None:
            self._line.resize(px)

    def changed(self) -> bool:
        """See `Feed.changed`."""
        line = self._line
        return bool(self.stream.fields) if line is None else line.changed() or not self._judged

    def take(self, key: bool, now: float) -> Payload:
        """See `Feed.take`; the number is in every part, so that it is right at once even after a loss."""
        try:
            line = self._line_of_field()
        except UsageError as error:  # several fields and none named: the reader is told
            return Payload(1, 0, True, {"value": None, "age": None, "error": str(error)})
        if line is None:
            return Payload(1, 0, True, {"value": None, "age": None})
        if not key and self._judged and (few := self._few(line, now)) is not None:
            return few
        judged, self._judged = self._judged, True
        part = line.take(key, now)
        body = {name: said for name, said in part.body.items() if name != "notice"} | self._numbers(line)
        trouble = body.pop("error", None) and self.trouble()  # what cannot be drawn can be on a card
        if trouble:
            body["error"] = trouble
        age, behind = body["age"], line.behind()
        if age is not None and behind:
            body["age"] = age + behind  # newer records say nothing of it
            if behind > self._window:
                body["behind"] = behind
        return msgspec.structs.replace(part, body=body, moved=part.moved or not judged)

    def _few(self, line: SeriesFeed, now: float) -> Payload | None:
        """Return the part for a few new numbers, the usual case and a cheap one; None: it is not that."""
        first, age = line.sent + 1, self.stream.age
        records = None if age is None else line.take_few(now)
        if records is None or age is None:
            return None
        value = records[-1][1]
        start, baseline = line.baseline()
        change = value - baseline
        known = math.isfinite(change)
        reading = Reading(
            records,
            age + line.behind(),
            change if known else math.nan,
            (line.newest_ts or start) - start if known else math.nan,
            level(value, self._thresholds, self._good),
        )
        return Payload(first, line.sent, False, {}, reading=reading)

    def trouble(self) -> str | None:
        """Return why the card shows no number, as a sentence for the reader."""
        if self._field is None:
            try:
                only_field(self.stream)
            except UsageError as error:
                return str(error)
        line = self._line
        if line is None or line.trouble() is None:
            return None
        value = self.value()
        if value is None or said_of(value) is not None:
            return line.drawn.unknown()
        return (
            f"{line.fields[0]} is of type {type(value).__name__} ({shown(value)}): "
            "a card shows numbers, text, durations and moments"
        )

    def value(self) -> Any:
        """Return the value of the newest time, as the stream keeps it; None when there is none."""
        stream, name = self.stream, self._field
        if name is None:
            fields = list(stream.fields)
            name = "value" if "value" in fields else fields[0] if len(fields) == 1 else None
        if name is None or name not in stream.fields:
            return None
        # The stream may have dropped the record that had it: the card keeps what it has shown.
        seen = self._line.last[0] if self._line is not None and self._line.last else math.nan
        return newest_value(stream, name, nothing=None if math.isnan(seen) else seen)

    def _exact(self, value: float) -> Any:
        """Return the value as the stream keeps it, where a float is not exact."""
        if abs(value) < EXACT_BELOW or math.isnan(value):
            return value
        kept = self.value()
        return kept if isinstance(kept, int | Decimal) else value

    def _line_of_field(self) -> SeriesFeed | None:
        if self._field is None:
            self._field = only_field(self.stream)  # decided once: fields that come later change nothing
        if self._line is None and self._field is not None:
            self._line = SeriesFeed(self.stream, [self._field], self._window)
            self._line.resize(self._px)
        return self._line

    def _numbers(self, line: SeriesFeed) -> dict[str, Any]:
        value = line.last[0] if line.last else math.nan
        start, baseline = line.baseline()
        body: dict[str, Any] = {
            "value": value if math.isfinite(value) else None,
            "level": level(self._exact(value), self._thresholds, self._good),
        }
        said = None if self.stream.fields.get(line.fields[0]) == "number" else said_of(self.value())
        if said is not None:  # of a span of time too, whose seconds are only drawn
            return body | {"value": said.get("duration")} | said | self._without_effect(line.fields[0])
        if math.isinf(value):
            body["text"] = "∞" if value > 0 else "−∞"
        change = value - baseline
        if math.isfinite(change):
            body["delta"] = change
            body["span"] = (line.newest_ts or start) - start
        return body

    def _without_effect(self, field: str) -> dict[str, Any]:
        """Return a notice when the value is a number as text, and settings were given that it does not have."""
        value = self.value()
        if not self._asked or not isinstance(value, str) or read_number(value) is None:
            return {}
        why = why_not_drawn(self.stream, field)
        return {"notice": f"{why}; as text it has no {', '.join(self._asked)}"} if why else {}
