"""MetricCard: one number, large, with where it is going and how it got there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, SupportsFloat

import traitlets
from ipywidgets import Layout

from ..errors import UsageError, WrongType
from ..feeds.fields import check_field, only_field
from ..feeds.formats import number_format
from ..feeds.readout import ReadoutFeed
from ..feeds.trends import SEVERITIES, Severity
from ..streams import Stream
from .base import LiveWidget, check_range, is_number, named_keywords


class MetricCard(LiveWidget):
    """The newest value of a field, with trend, sparkline and level.

    Missing, NaN and None show as "—", never as 0; text shows as it is.

    Args:
        title: what the number is.
        stream: where it comes from; a number is shown as it is; with a number or None the card keeps a stream of its
            own, fed by `update`.
        field: which field; None: `value`, or the only one there is.
        format: number, percentage (a ratio), duration (ms), bytes or compact.
        unit: text behind the number; None: none.
        precision: digits after the decimal point; None: what the format does.
        icon: an emoji or a short text before the title.
        good: which direction is good news, for the trend's colour; None: neither.
        thresholds: value → `warning` or `error`, reached from below (from above with `good="up"`).
        sparkline: draw the window as a small line.
        window: seconds that the sparkline shows and the trend looks back.
        stale_after: seconds without data after which the card says so; None: never.
        theme: `auto` (the host's), `light` or `dark`.
        locale: language of words and numbers, such as `ja`; None: the browser's.
        layout: an `ipywidgets.Layout`, as for every ipywidget.

    Raises:
        UnknownField: when the stream has fields, but not the one asked for.
        UsageError: when a setting is out of its range; TypeError names the nearest keyword.

    Example:
        `card = MetricCard("Loss", precision=4, good="down"); card.update(0.31)`
    """

    icon = traitlets.Unicode("").tag(sync=True)
    """Emoji or short text before the title."""

    good = traitlets.Unicode("").tag(sync=True)
    """`up`, `down` or empty: which direction is good news."""

    sparkline = traitlets.Bool(True).tag(sync=True)
    """Whether the window is drawn as a small line."""

    _window = traitlets.Dict().tag(sync=True)
    """`{"seconds": s}`."""

    @named_keywords
    def __init__(
        self,
        title: str,
        stream: Stream | SupportsFloat | None = None,
        *,
        field: str | None = None,
        format: str = "number",
        unit: str | None = None,
        precision: int | None = None,
        icon: str | None = None,
        good: Literal["up", "down", None] = None,
        thresholds: Mapping[float, Severity] | None = None,
        sparkline: bool = True,
        window: float = 60.0,
        stale_after: float | None = None,
        theme: Literal["auto", "light", "dark"] = "auto",
        locale: str | None = None,
        layout: Layout | dict[str, Any] | None = None,
    ) -> None:
        given: Any = stream
        if isinstance(given, str) or not isinstance(given, Stream | SupportsFloat | None):
            raise WrongType(
                f"a card cannot follow {given!r}: pass a Stream, a number, or nothing and call update()"
            )
        check_range("window", window, 0.1, 3.2e9, "seconds")
        if good not in ("up", "down", None):
            raise UsageError(f'good={good!r} is no direction: pass "up", "down" or None')
        self._own = None if isinstance(stream, Stream) else Stream(title or "metric", max_points=10_000)
        source = stream if isinstance(stream, Stream) else self._own
        assert source is not None
        if self._own is not None and stream is not None:
            self._own.append(stream)
        if field is None:
            only_field(source)
        else:
            check_field(source, field)
        self._readout = ReadoutFeed(source, field, float(window), _checked(thresholds), good)
        super().__init__(
            "metric",
            [source],
            {"0": self._readout},
            title=title,
            _format=number_format(format, unit=unit, precision=precision),
            icon=icon or "",
            good=good or "",
            sparkline=sparkline,
            _window={"seconds": float(window)},
            stale_after=stale_after,
            theme=theme,
            locale=locale,
            layout=layout,
        )

    def update(self, value: Any, *, ts: Any = None) -> None:
        """Shows a new value; for a card without a stream. Any thread, never waits.

        Args:
            value: int, float, numpy scalar, Decimal, text; None, NaN and pandas.NA show as "—".
            ts: its time, as `Stream.append` takes it; None: now.

        Raises:
            UsageError: when the card follows a stream (append to that instead).
        """
        if self._own is None:
            raise UsageError(
                f"card {self.title!r} follows stream {self._streams[0].name!r}: append to the stream instead"
            )
        self._own.append(value, ts=ts)

    @property
    def value(self) -> Any:
        """The newest value, as the stream keeps it; None when there is none."""
        return self._readout.value()

    def __repr__(self) -> str:
        return f"MetricCard({self.title!r}, value={self.value!r}, {self.data_state})"


def _checked(thresholds: Mapping[float, Severity] | None) -> dict[float, Severity]:
    if thresholds is None:
        return {}
    for value, name in thresholds.items():
        if not is_number(value):
            raise UsageError(
                f"threshold {value!r} is not a number: pass value → level, such as {{0.9: 'error'}}"
            )
        if name not in SEVERITIES:
            raise UsageError(
                f"threshold {value!r} has level {name!r}: it is one of {', '.join(map(repr, SEVERITIES))}"
            )
    return {float(value): name for value, name in thresholds.items()}
