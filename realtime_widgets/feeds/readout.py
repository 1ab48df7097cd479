"""The readout: what a metric card says of one field: its number, where it is going, and how it got there."""

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
from .comparison import WINDOW, Comparison, Reduce
from .feed import Payload, Reading
from .fields import newest_value, only_field, why_not_drawn
from .figure import Figure
from .moments import said_of
from .series import SeriesFeed
from .thresholds import Judge, Severity, Verdicts, level


class ReadoutFeed:
    """The number of one field, with its trend and level, and the series of its window.

    Args:
        stream: where the values come from.
        field: which field; None: `value`, or the only one there is, decided when the first record comes.
        window: seconds that the trend and the series look back.
        thresholds: value → level, see `thresholds.level`.
        good: which direction is good news; None: neither.
        reduce: what the number is made of, see `comparison.REDUCERS`.
        compare: with what it is compared.
    """

    def __init__(
        self,
        stream: Stream,
        field: str | None,
        window: float,
        thresholds: Mapping[float, Severity],
        good: Literal["up", "down", None],
        reduce: Reduce = "last",
        compare: Comparison = WINDOW,
    ) -> None:
        self.stream = stream
        self._field = field
        self._window = window
        self._thresholds = thresholds
        self._good = good
        self._made: tuple[Reduce, Comparison] = (reduce, compare)
        self._figure: Figure | None = None
        self._line: SeriesFeed | None = None
        self._px = 120
        self._asked: tuple[str, ...] = ()
        self._judged = True  # whether pages have the level by these thresholds
        self._verdicts = Verdicts()
        self._said: tuple[Severity, dict[str, Any] | None] = ("normal", None)  # by them, as pages have it

    def judge(
        self,
        thresholds: Mapping[float, Severity],
        good: Literal["up", "down", None],
        judges: Sequence[Judge] = (),
    ) -> None:
        """Judge by other thresholds, or by alerts, from the next part on; any thread."""
        self._thresholds, self._good = thresholds, good
        self._verdicts = Verdicts(judges)
        self._judged = False

    def make(self, reduce: Reduce, compare: Comparison) -> None:
        """Make the number of something else, and compare it with that, from the next part on; any thread."""
        self._made, self._figure = (reduce, compare), None
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
        self._window, self._figure = seconds, None
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
        if self._verdicts.changed():
            return True
        if line is None:
            return bool(self.stream.fields)
        return line.changed() or not self._judged or self.due() == 0

    def due(self) -> float | None:
        """Return in how many seconds it will have changed by time alone, as a sum does that records leave; None: it
        will not.
        """
        return None if self._figure is None else self._figure.due()

    def take(self, key: bool, now: float) -> Payload:
        """See `Feed.take`; the number is in every part, so that it is right at once even after a loss."""
        try:
            line = self._line_of_field()
        except UsageError as error:  # several fields and none named: the reader is told
            return Payload(1, 0, True, {"value": None, "age": None, "error": str(error)})
        said, self._said = self._said, self._verdicts.gravest()
        if line is None:
            alone = self._level(math.nan) if self._verdicts else {}  # of data that never came
            return Payload(1, 0, True, {"value": None, "age": None} | alone)
        if not key and self._judged and said == self._said and (few := self._few(line, now)) is not None:
            return few
        judged, self._judged = self._judged and said == self._said and self.due() != 0, True
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
        figure = self._figure_of(line)
        value = figure.value(records[-1][1])
        reading = Reading(
            records,
            age + line.behind(),
            *figure.change(value, line),
            self._level(value)["level"],
        )
        if not figure.reduced:
            return Payload(first, line.sent, False, {}, reading=reading)
        number = {"value": value if math.isfinite(value) else None}
        body = reading.body() | number | self._infinite(value) | figure.body()
        return Payload(first, line.sent, False, body, reading.columns())

    def _level(self, value: Any) -> dict[str, Any]:
        """Return the level of the card, and its reason where an alert has one."""
        if not self._verdicts:
            return {"level": level(value, self._thresholds, self._good)}
        name, reason = self._said
        return {"level": name} if reason is None else {"level": name, "reason": reason}

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
        value = self._newest()
        if self._made[0] != "last" and "duration" not in (said_of(value) or {}):
            return line.trouble()  # text is no number that anything could be made of
        if value is None or said_of(value) is not None:
            return line.drawn.unknown()
        return (
            f"{line.fields[0]} is of type {type(value).__name__} ({shown(value)}): "
            "a card shows numbers, text, durations and moments"
        )

    def value(self) -> Any:
        """Return what the card shows: the value of the newest time, as the stream keeps it, or what is made of those in
        the window; None when there is none. Any thread.
        """
        reduce = self._made[0]
        name = self._name()
        if reduce == "last" or name is None or name not in self.stream.fields:
            return self._newest()
        figure = self._figure or Figure(self.stream, name, self._window, *self._made)
        if self._field is not None:
            self._figure = figure  # decided once, like the field
        figure.follow(None)
        value = figure.value(math.nan)
        return None if math.isnan(value) else value

    def _name(self) -> str | None:
        """Return the field, as far as it is known."""
        if self._field is not None:
            return self._field
        fields = list(self.stream.fields)
        return "value" if "value" in fields else fields[0] if len(fields) == 1 else None

    def _newest(self) -> Any:
        stream, name = self.stream, self._name()
        if name is None or name not in stream.fields:
            return None
        # The stream may have dropped the record that had it: the card keeps what it has shown.
        seen = self._line.last[0] if self._line is not None and self._line.last else math.nan
        return newest_value(stream, name, nothing=None if math.isnan(seen) else seen)

    def _exact(self, value: float) -> Any:
        """Return the value as the stream keeps it, where a float is not exact."""
        if abs(value) < EXACT_BELOW or math.isnan(value):
            return value
        kept = self._newest() if self._made[0] == "last" else None
        return kept if isinstance(kept, int | Decimal) else value

    def _line_of_field(self) -> SeriesFeed | None:
        if self._field is None:
            self._field = only_field(self.stream)  # decided once: fields that come later change nothing
        if self._line is None and self._field is not None:
            self._line = SeriesFeed(self.stream, [self._field], self._window)
            self._line.resize(self._px)
        return self._line

    def _figure_of(self, line: SeriesFeed) -> Figure:
        """Return the number of the card, brought to what its line has."""
        figure = self._figure
        if figure is None:
            figure = self._figure = Figure(self.stream, line.fields[0], self._window, *self._made)
        figure.follow(line)
        return figure

    def _numbers(self, line: SeriesFeed) -> dict[str, Any]:
        figure = self._figure_of(line)
        value = figure.value(line.last[0] if line.last else math.nan)
        body: dict[str, Any] = {
            "value": value if math.isfinite(value) else None,
            **self._level(self._exact(value)),
        }
        said = None if self.stream.fields.get(line.fields[0]) == "number" else said_of(self._newest())
        if said is not None and not figure.reduced:  # of a span of time too, whose seconds are only drawn
            return body | {"value": said.get("duration")} | said | self._without_effect(line.fields[0])
        if said is not None and "duration" in said and figure.reduce != "rate":
            return body | {"duration": body["value"]} | figure.body()
        change, span = figure.change(value, line)
        if math.isfinite(change):
            body["delta"], body["span"] = change, span
        return body | self._infinite(value) | figure.body()

    def _infinite(self, value: float) -> dict[str, Any]:
        return {"text": "∞" if value > 0 else "−∞"} if math.isinf(value) else {}

    def _without_effect(self, field: str) -> dict[str, Any]:
        """Return a notice when the value is a number as text, and settings were given that it does not have."""
        value = self._newest()
        if not self._asked or not isinstance(value, str) or read_number(value) is None:
            return {}
        why = why_not_drawn(self.stream, field)
        return {"notice": f"{why}; as text it has no {', '.join(self._asked)}"} if why else {}
