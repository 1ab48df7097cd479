"""MetricCard: one number, large, with where it is going and how it got there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, SupportsFloat

import numpy as np
import traitlets
from ipywidgets import Layout

from ..alerts.alert import Alert
from ..alerts.limits import is_number
from ..alerts.watch import Watch
from ..browser.frame_loop import get_frame_loop
from ..errors import UsageError, WrongType, shown
from ..feeds.comparison import Reduce, checked_reduce, to_comparison
from ..feeds.fields import check_field, only_field
from ..feeds.readout import ReadoutFeed
from ..feeds.thresholds import SEVERITIES, Severity
from ..streams import Stream
from ..streams.amounts import Duration
from ..streams.records import is_many
from .base import LiveWidget, named_keywords
from .settings import NumberSettings, Setting, choice, flag, seconds, text
from .tables import is_table
from .watching import AlertSettings, Watching, checked_alerts


def _checked_good(good: Any) -> str:
    if good not in ("up", "down", "", None):
        raise UsageError(f'good={good!r} is no direction: pass "up", "down" or None')
    return good or ""


def _checked_thresholds(thresholds: Any) -> dict[Any, Severity] | tuple[Alert, ...]:
    if thresholds is None:
        return {}
    if isinstance(thresholds, Alert | list | tuple):
        return checked_alerts(thresholds)
    if not isinstance(thresholds, Mapping):
        raise WrongType(
            f"thresholds={thresholds!r} cannot be used: pass value → level, such as {{0.9: 'error'}}, or a list of "
            "rw.Threshold(…)"
        )
    for value, name in thresholds.items():
        if not is_number(value) or value != value:
            raise UsageError(
                f"threshold {shown(value)} is not a number: pass value → level, such as {{0.9: 'error'}}"
            )
        if name not in SEVERITIES:
            raise UsageError(
                f"threshold {shown(value)} has level {name!r}: it is one of {', '.join(map(repr, SEVERITIES))}"
            )
    return dict(thresholds)


def _checked_compare(compare: Any) -> Any:
    """A checked comparison, as it was given."""
    asked = to_comparison(compare)
    return asked.value if asked.kind == "value" else compare


_checked_window = seconds("window", 0.1, 3.2e9)


class MetricCard(AlertSettings, NumberSettings, LiveWidget):
    """The newest value of a field, or what is made of those in a window, with trend, sparkline and level.

    Missing, NaN and None show as "—", never as 0; text shows as it is, durations as `1 min 30 s`, moments in the
    reader's zone (as they are, where they have none). Settings can be set later: `card.thresholds = {0.9: "error"}`.

    Args:
        title: what the number is.
        stream: where it comes from; a number is shown as it is; with a number or None the card keeps a stream of its
            own, fed by `update`.
        field: which field; None: `value`, or the only one there is.
        format: number, percentage (a ratio), duration (given in ms), bytes, compact (1.2M, 12.3万), or si (1.23 kW
            with `unit="W"`).
        unit: text behind the number; the sign or the code of a currency, such as "$" or "USD", stands where the
            reader's locale has it; None: none.
        precision: digits after the decimal point; None: what the format does.
        icon: an emoji or a short text before the title.
        help: what the number is, for those who wonder: behind a button beside the title.
        good: which direction is good news, for the trend's colour; None: neither.
        change: how the trend says how much it is: `absolute`, in the unit of the number (of percentages in points), or
            `relative` to what it is compared with.
        compare: what the trend compares the number with: `"window"`, the value at the start of the window;
            `"previous"`, the value before the newest; a number, such as a target; a duration as text or timedelta, such
            as "5min": the value that long ago, or the oldest that is known, and the card says how old that is; None: no
            trend. What `reduce` makes is compared with the window before, the window of so long ago, or the number.
        reduce: what the number is made of: `last`, the newest value; `mean`, `max`, `min` or `sum` of the values in the
            window; or `rate`, by how much a counter grew in it, per second (one that falls has begun again at 0). The
            window goes on while no data come; the mean of nothing is "—", its sum and rate 0. The line still shows the
            values themselves.
        thresholds: value → `warning` or `error`, reached from below (from above with `good="up"`) by the number that
            the card shows; or a list of `Threshold` and `Absence`, which then watch the field, and of which the gravest
            that is raised is named. These judge every record of the stream, whatever `reduce` makes of it: a card
            whose mean is to turn red above 5 has `{5: "error"}`.
        sparkline: draw the window as a small line.
        window: how long the sparkline shows, the trend looks back and `reduce` takes together: seconds, a timedelta or
            "5min".
        stale_after: without data for so long the card says so: seconds, a timedelta or "5min"; None: when they have
            paused for longer than usual, see `Stream.quiet_after`.
        theme: `auto` (the host's), `light` or `dark`.
        locale: language of words and numbers, such as `ja`; None: the browser's.
        tz: time zone that times are shown in, an IANA name such as "Asia/Tokyo" or "UTC"; None: the reader's, but
            dates of a table that have no zone stand as they were written.
        layout: an `ipywidgets.Layout`, as for every ipywidget.

    Raises:
        UnknownField: when the stream has fields, but not the one asked for.
        UsageError: when a setting is out of its range; TypeError names the nearest keyword.

    Example:
        `card = MetricCard("Loss", precision=4, good="down"); card.update(0.31)`
    """

    icon = Setting("", text("icon")).tag(sync=True)
    """Emoji or short text before the title."""

    help = Setting("", text("help")).tag(sync=True)
    """What the number is, behind a button beside the title; empty: none."""

    good = Setting("", _checked_good).tag(sync=True)
    """`up`, `down` or empty: which direction is good news."""

    change = Setting("absolute", choice("change", "absolute", "relative")).tag(sync=True)
    """How the trend says how much it is: `absolute`, or `relative` to what it is compared with."""

    compare = Setting("window", _checked_compare)
    """What the trend compares the number with: `window`, `previous`, a number, a duration such as "5min", or None."""

    reduce = Setting("last", checked_reduce).tag(sync=True)
    """What the number is made of: `last`, `mean`, `max`, `min`, `sum` or `rate`."""

    _compare = traitlets.Dict(to_comparison("window").page()).tag(sync=True)
    """The same, as pages read it."""

    thresholds = Setting({}, _checked_thresholds)
    """Value → `warning` or `error`, reached from below (from above with `good="up"`), or a tuple of `Threshold` and
    `Absence`; None or empty: none."""

    sparkline = Setting(True, flag("sparkline")).tag(sync=True)
    """Whether the window is drawn as a small line."""

    _window = traitlets.Dict().tag(sync=True)
    """`{"seconds": s}`."""

    @named_keywords
    def __init__(
        self,
        title: str,
        stream: Stream | SupportsFloat | dt.timedelta | dt.date | None = None,
        *,
        field: str | None = None,
        format: str = "number",
        unit: str | None = None,
        precision: int | None = None,
        icon: str | None = None,
        help: str | None = None,
        good: Literal["up", "down", None] = None,
        change: Literal["absolute", "relative"] = "absolute",
        compare: Literal["window", "previous"] | Duration | None = "window",
        reduce: Reduce = "last",
        thresholds: Mapping[float, Severity] | Sequence[Alert] | Alert | None = None,
        sparkline: bool = True,
        window: Duration = 60.0,
        stale_after: Duration | None = None,
        theme: Literal["auto", "light", "dark"] = "auto",
        locale: str | None = None,
        tz: str | dt.tzinfo | None = None,
        layout: Layout | dict[str, Any] | None = None,
    ) -> None:
        named: Any = title
        if named is not None and not isinstance(named, str):
            raise WrongType(
                f"a card cannot be called {shown(named)}: pass its title first, then what it shows, "
                f'such as MetricCard("CPU", {"stream" if isinstance(named, Stream) else shown(named)})'
            )
        given: Any = stream
        single = isinstance(given, SupportsFloat | dt.date | dt.time | dt.timedelta | np.datetime64)
        if is_many(given) or not (single or isinstance(given, Stream | None)):
            if is_table(given):
                cards = (
                    "each column: rw.cards(table)"
                    if field is None
                    else f"that column: rw.cards(table, {field!r})"
                )
                raise WrongType(
                    f"a card shows one number, and {shown(given)} has many: pass the one to show, or a Stream; or make "
                    f"a card of the last number of {cards}"
                )
            raise WrongType(
                f"a card cannot follow {shown(given)}: pass a Stream, a number, or nothing and call update()"
            )
        length = _checked_window(window)
        self._own = None if isinstance(stream, Stream) else Stream(title or "metric", max_points=10_000)
        source = stream if isinstance(stream, Stream) else self._own
        assert source is not None
        if self._own is not None and stream is not None:
            self._own.append(stream)
            self._own.complete = True  # until `update` says more
        if field is None:
            only_field(source)
        else:
            check_field(source, field)
        made: Any = checked_reduce(reduce), to_comparison(compare)
        self._readout = ReadoutFeed(source, field, length, {}, None, *made)
        self._watching = Watching(self, _watches(source, field))
        super().__init__(
            "metric",
            [source],
            {"0": self._readout},
            title=title,
            format=format,
            unit=unit,
            precision=precision,
            icon=icon,
            help=help,
            good=good,
            change=change,
            compare=compare,
            reduce=reduce,
            thresholds=thresholds,
            sparkline=sparkline,
            _window={"seconds": length},
            stale_after=stale_after,
            theme=theme,
            locale=locale,
            tz=tz,
            layout=layout,
        )

    def update(self, value: Any, *, ts: Any = None) -> None:
        """Shows a new value; for a card without a stream. Any thread, never waits.

        Args:
            value: int, float, numpy scalar, Decimal, text; a duration (shown as `1 min 30 s`) or a moment (in the
                reader's zone, or as it is without one), also numpy's and pandas' own; None, NaN and pandas.NA show as
                "—".
            ts: its time, as `Stream.append` takes it; None: now.

        Raises:
            UsageError: when the card follows a stream (append to that instead).
            WrongType: for several values.
        """
        if self._own is None:
            raise UsageError(
                f"card {self.title!r} follows stream {self._streams[0].name!r}: append to the stream instead"
            )
        if is_many(value) or isinstance(value, Mapping):
            raise WrongType(
                f"update() takes one value: we saw {shown(value)}; for several values, extend() a Stream, "
                "and make the card of that: MetricCard(title, stream)"
            )
        self._own.complete = False
        self._own.append(value, ts=ts)

    @traitlets.observe("good", "thresholds")
    def _judge(self, _: Any) -> None:
        values = self.thresholds if isinstance(self.thresholds, Mapping) else {}
        self._readout.judge(values, self.good or None, self._watched())
        self._wake()

    @traitlets.observe("compare", "reduce")
    def _make(self, _: Any) -> None:
        asked = to_comparison(self.compare)
        self._compare = asked.page()
        self._readout.make(self.reduce, asked)
        self._wake()

    @traitlets.observe("good", "thresholds", "precision", "format")
    def _ask(self, _: Any) -> None:
        asked = {
            "precision": self.precision is not None,
            "format": self.format != "number",
            "thresholds": bool(self.thresholds),
            "trend": bool(self.good),
        }
        self._readout.ask([name for name, given in asked.items() if given])
        self._wake()

    @property
    def window(self) -> float:
        """How many seconds the sparkline shows, the trend looks back and `reduce` takes together; can be set, as in the
        constructor.
        """
        return self._readout.window

    @window.setter
    def window(self, value: Duration) -> None:
        length = _checked_window(value)
        self._readout.show_window(length)
        self._window = {"seconds": length}
        self._frame_loop.wake()

    @property
    def value(self) -> Any:
        """The number on the card: the newest value, as the stream keeps it, or what `reduce` makes of the window; None
        when there is none.
        """
        return self._readout.value()

    def __repr__(self) -> str:
        return f"MetricCard({self.title!r}, value={self.value!r}, {self.data_state})"


def _watches(stream: Stream, field: str | None) -> Callable[[Alert], list[Watch]]:
    wake = get_frame_loop().wake  # not of the card, which the alert would hold
    return lambda alert: [alert.attach(stream, field, wake)]
