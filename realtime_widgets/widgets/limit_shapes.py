"""LimitShapes: the thresholds of a chart as a plotly figure draws them, as on the page (js/src/lib/draw/limits.ts).

A bound is a dashed line with its name and value; what a band is raised by is tinted. The axis reaches to the bounds
that are near the values; of one that is farther off there is a sign with an arrow at the edge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..alerts.events import AlertSeverity
from ..alerts.limits import Limit, number_text
from ..alerts.threshold import Threshold
from ..streams.text import well_formed

if TYPE_CHECKING:
    import plotly.graph_objects as go

INKS: Final[Mapping[bool, Mapping[AlertSeverity, str]]] = {
    False: {"warning": "#8a5a00", "error": "#c21f2e"},
    True: {"warning": "#e8b949", "error": "#ff8379"},
}
"""Colours by severity, on a light ground and on a dark one, as in js/src/style.css."""

REACH: Final = 2.0
"""The axis may become so much longer for a bound to be in view."""

ROOM: Final = 0.06
"""What is left free beyond the values: of their extent."""

ROOM_OF_ONE: Final = 0.1
"""The same of their size, where all are one."""

TINT: Final = 0.07
"""Opacity of a band."""

SIGN_HEIGHT: Final = 15
"""CSS pixels from one sign at an edge to the next."""


class View(NamedTuple):
    """What the axis spans."""

    low: float
    high: float

    @classmethod
    def of(cls, low: float, high: float) -> View:
        """Return that of some values: with room, for which zero is not crossed, nor reached: it may be a log axis."""
        room = ROOM * (high - low) if high > low else ROOM_OF_ONE * abs(low) or 1.0
        return cls(
            low / 2 if low >= 0 >= low - room else low - room,
            high / 2 if low < 0 and high <= 0 <= high + room else high + room,
        )

    @property
    def length(self) -> float:
        """How much that is; inf beyond what float64 holds."""
        return self.high - self.low

    def holds(self, bound: float) -> bool:
        """Whether a bound is in view."""
        return self.low <= bound <= self.high

    def clamped(self, bound: float) -> float:
        """Return the nearest value in view."""
        return min(max(bound, self.low), self.high)


def draw_limits(
    figure: go.Figure, thresholds: Sequence[Threshold], *, format: Mapping[str, Any], dark: bool
) -> None:
    """Draw thresholds over the lines of a figure, in the unit of its axis; lines stay where an axis is made a log one.

    Args:
        figure: with its lines.
        thresholds: of the chart, in their order.
        format: how values are written, see `feeds.formats`.
        dark: whether the ground is.
    """
    if not thresholds:
        return
    import html  # for stills, not for every import

    values = [value for trace in figure.data for value in trace.y if value is not None]
    view = _reaching((min(values), max(values)) if values else None, [each.limit for each in thresholds])
    signs = {True: 0, False: 0}  # at the upper edge, at the lower
    for threshold in thresholds:
        color = INKS[dark][threshold.severity]
        name = html.escape(well_formed(threshold.name), quote=False) or threshold.severity.capitalize()
        for low, high in _bands(threshold.limit, view):
            _add(figure, "rect", low, high, fillcolor=color, opacity=TINT, line={"width": 0}, layer="below")
        for bound, given in zip(_floats(threshold.limit), threshold.limit.bounds, strict=True):
            text = f"{name} {_written(given, format)}"
            if view.holds(bound):
                line = {"color": color, "width": 1.25, "dash": "5px,4px"}
                label = {"text": text, "textposition": "end", "yanchor": "bottom", "font": {"color": color}}
                _add(
                    figure,
                    "line",
                    bound,
                    bound,
                    line=line,
                    label=label,
                    name=well_formed(threshold.name) or None,
                )
                continue
            above = bound > view.high
            figure.add_annotation(
                xref="paper",
                yref="paper",
                x=0,  # those of the bounds in view are at the other end
                y=1 if above else 0,
                xanchor="left",
                yanchor="top" if above else "bottom",
                yshift=(-1 if above else 1) * SIGN_HEIGHT * signs[above],
                text=f"{'▲' if above else '▼'} {text}",
                font={"color": color},
                showarrow=False,
            )
            signs[above] += 1


def _add(figure: go.Figure, type: str, low: float, high: float, **how: Any) -> None:
    figure.add_shape(type=type, xref="paper", x0=0, x1=1, y0=low, y1=high, **how)


def _floats(limit: Limit) -> list[float]:
    bounds: list[float] = limit.wire()["bounds"]
    return bounds


def _written(bound: Any, format: Mapping[str, Any]) -> str:
    return f"{float(bound) * 100:.6g}%" if format["name"] == "percentage" else number_text(bound)


def _reaching(extent: tuple[float, float] | None, limits: Sequence[Limit]) -> View:
    """Return what the axis spans: the values, and the bounds that are so near that it can reach to them."""
    bounds = [bound for limit in limits for bound in _floats(limit)]
    if extent is None:
        return View.of(min(bounds, default=0.0), max(bounds, default=0.0))
    low, high = extent
    most = REACH * View.of(low, high).length
    for bound in sorted(bounds, key=lambda bound: max(extent[0] - bound, bound - extent[1])):
        wider = min(low, bound), max(high, bound)
        if View.of(*wider).length <= most:
            low, high = wider
    return View.of(low, high)


def _bands(limit: Limit, view: View) -> list[tuple[float, float]]:
    """Return what is tinted: what raises a band, as far as it is in view."""
    if len(limit.bounds) == 1:
        return []
    low, high = map(view.clamped, _floats(limit))
    parts = [(low, high)] if limit.kind == "inside" else [(high, view.high), (view.low, low)]
    return [part for part in parts if part[0] < part[1]]
