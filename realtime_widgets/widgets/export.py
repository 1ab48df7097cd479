"""Export: what a chart shows now as a table or as a plotly figure, from the records themselves."""

from __future__ import annotations

import datetime as dt
import importlib
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ..alerts.threshold import Threshold
from ..errors import MissingDependency
from ..feeds.axes import at_marks, begins_run, newest_whole, origin_near
from ..feeds.in_view import in_view, places, read_fields
from ..feeds.lines import FeedLines, Line, LineNumbers
from ..feeds.series import SeriesFeed
from ..streams import Batch
from ..streams.columns import EXACT_BELOW
from ..streams.text import well_formed
from ..streams.times import to_utc
from .limit_shapes import draw_limits

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

CALENDAR: Final = 1e8
"""Times above it are seconds since the epoch, smaller ones a clock of the user's own; the page has the same limit."""

PALETTES: Final = {
    False: ("#294bfb", "#ed6301", "#52a08b", "#590f79", "#c2029c", "#824808", "#1498e2", "#232734"),
    True: ("#437dfb", "#d38400", "#1ce8a3", "#c8a5fc", "#dcc814", "#e236b7", "#8df0ff", "#686e72"),
}
"""The colours of the lines where none are given, on a light ground and on a dark one, as in js/src/style.css."""

TICKS: Final[Mapping[str, str]] = {
    "percentage": ",.1%",
    "bytes": ".3s",
    "compact": ".3s",
    "si": ".3s",
    "duration": ",.0f",
}
"""How plotly writes values, by the name of our format."""

EARLIER_OPACITY: Final = 0.35
"""Of the lines of earlier runs."""

DASHES: Final = ("solid", "dash", "dot")
"""How lines are drawn beyond as many as there are colours, and beyond twice as many."""


def table(lines: Sequence[SeriesFeed]) -> pd.DataFrame:
    """Return the records in view, in order of arrival: time, the name of the stream, the drawn fields.

    Raises:
        MissingDependency: when pandas is not installed.
    """
    tables = []
    for line, batch, inside in in_view(lines):
        fields = [name for name in read_fields(line) if name in batch.columns]
        part = batch.to_pandas().loc[inside, ["ts", *fields]]
        part.insert(1, "stream_name" if "stream" in fields else "stream", batch.stream)
        tables.append(part)
    import pandas

    return pandas.concat(tables, ignore_index=True)


def figure(
    lines: Sequence[SeriesFeed],
    *,
    title: str,
    height: int,
    colors: Sequence[str] | Mapping[str, str] | None,
    format: Mapping[str, Any],
    thresholds: Sequence[Threshold],
    theme: str,
) -> go.Figure:
    """Return the records in view as lines, in the order of their places, with gaps, labels, colours and thresholds.

    Along a field beyond 2**53, which plotly could not place exactly, they stand at the difference to a whole number
    that the axis names, and the tooltip has the value itself.

    Args:
        lines: the feeds, which know their lines.
        title: of the figure; empty: none.
        height: of the plot, CSS pixels.
        colors: by position or by label; None: those of the page.
        format: how values are written, see `feeds.formats`.
        thresholds: those of the chart.
        theme: `light`, `dark`, or `auto`: as plotly's own default template is.

    Raises:
        MissingDependency: when plotly is not installed.
    """
    try:
        go = importlib.import_module("plotly.graph_objects")
    except ImportError as error:
        raise MissingDependency(
            "to_figure() cannot be done: plotly is not installed here; run: pip install plotly", name="plotly"
        ) from error
    templates = importlib.import_module("plotly.io").templates
    dark = theme == "dark" or (theme == "auto" and "dark" in str(templates.default))
    made = go.Figure()
    if theme == "dark":
        made.update_layout(template="plotly_dark")
    views = in_view(lines)
    newest = max((line.stream.newest_ts or 0.0 for line in lines), default=0.0)
    zone = _Zone(newest) if lines[0].kind == "time" and newest > CALENDAR else None
    origin = _origin(views)
    for line, batch, inside in views:
        fields = [field for field in line.drawn.present() if field in batch.columns]
        known = line.lines or FeedLines(LineNumbers())
        for field, (number, label) in zip(fields, map(_named, known.of(fields)), strict=True):
            color, dash = _look(colors, (label, field), number, PALETTES[dark])
            runs = _runs(line, batch, inside, field, origin)
            for i, (x, y) in enumerate(runs):
                earlier = i < len(runs) - 1
                made.add_scatter(
                    x=x if zone is None else zone.wall_clock(x),
                    y=y,
                    name=label,
                    mode="lines",
                    line={"color": color, "dash": dash, "width": 1.5},
                    opacity=EARLIER_OPACITY if earlier else 1,
                    showlegend=not earlier,
                    legendgroup=label,
                    **(_hover(x, origin) if zone is None else zone.hover(x)),
                )
    draw_limits(made, thresholds, format=format, dark=dark)
    unit = format.get("unit") or ("ms" if format["name"] == "duration" else None)
    made.update_layout(
        title=well_formed(title) or None,
        height=height + 100,
        xaxis={
            "title": zone.name if zone else None if lines[0].kind == "time" else _axis_name(lines[0], origin)
        },
        yaxis={"title": unit and well_formed(unit), "tickformat": TICKS.get(format["name"])},
    )
    return made


class _Zone:
    """The local zone, with one offset for all times: that of the newest, so that times never run backwards."""

    def __init__(self, newest: float) -> None:
        local = dt.datetime.fromtimestamp(newest).astimezone()
        self.offset = local.utcoffset() or dt.timedelta()
        self.name = f"{local.tzname()} (UTC{local:%z})"

    def wall_clock(self, ts: NDArray[np.float64]) -> list[dt.datetime]:
        """Return times as the clock on the wall shows them, without a zone, as plotly draws them."""
        wall: list[dt.datetime] = to_utc(ts + self.offset.total_seconds()).tolist()
        return wall

    def hover(self, ts: NDArray[np.float64]) -> dict[str, Any]:
        """Return what says the true local time where the offset was another at some of these times."""
        ends = [dt.datetime.fromtimestamp(each).astimezone() for each in (ts[0], ts[-1])] if len(ts) else []
        if all(each.utcoffset() == self.offset for each in ends):
            return {}
        said = [
            f"{dt.datetime.fromtimestamp(each).astimezone():%Y-%m-%d %H:%M:%S %Z}" for each in ts.tolist()
        ]
        return {"customdata": said, "hovertemplate": "%{customdata}<br>%{y}"}


def _axis_name(line: SeriesFeed, origin: int) -> str:
    less = f" {'−' if origin > 0 else '+'} {abs(origin)}" if origin else ""
    return "record" if line.kind == "records" else well_formed(line.x) + less


def _hover(x: NDArray[np.float64], origin: int) -> dict[str, Any]:
    """Return what says the values along the axis, where the places are differences to an origin."""
    if not origin:
        return {}
    return {
        "customdata": [str(origin + round(each)) for each in x.tolist()],
        "hovertemplate": "%{customdata}<br>%{y}",
    }


def _origin(views: Sequence[tuple[SeriesFeed, Batch, NDArray[np.bool_]]]) -> int:
    """Return what the places of all lines are counted from: 0, but along a field that float64 does not hold exactly."""
    seen = [(line, batch, inside) for line, batch, inside in views if line.kind == "field"]
    whole = max((newest_whole(batch, line.x) for line, batch, _ in seen), default=0)
    x = np.concatenate([places(line, batch, whole)[inside] for line, batch, inside in seen] or [np.empty(0)])
    x = x[np.isfinite(x)]
    if not len(x) or max(abs(whole + int(x.min())), abs(whole + int(x.max()))) <= EXACT_BELOW:
        return 0
    return origin_near(whole, float(x.max() - x.min()))


def _named(line: Line) -> tuple[int, str]:
    return line.number, well_formed(line.label)


def _look(
    colors: Sequence[str] | Mapping[str, str] | None,
    names: Sequence[str],
    number: int,
    palette: Sequence[str],
) -> tuple[str, str]:
    """Return the colour and the dash of a line: the user's, drawn through, or else those of its number."""
    own = None
    if isinstance(colors, Mapping):
        own = next((colors[name] for name in names if name in colors), None)
    elif colors is not None and number < len(colors):
        own = colors[number]
    if own:
        return own, DASHES[0]
    return palette[number % len(palette)], DASHES[number // len(palette) % len(DASHES)]


def _runs(
    line: SeriesFeed, batch: Batch, inside: NDArray[np.bool_], field: str, origin: int
) -> list[tuple[NDArray[np.float64], list[float | None]]]:
    """Return the lines of a field, one for each run along a field, with None where a line breaks."""
    x, seq = places(line, batch, origin), batch["seq"]
    if line.kind == "field":
        inside = inside & np.isfinite(x)
    cut = at_marks([gap.seq for gap in batch.gaps if gap.seq is not None], seq[inside])
    marked = at_marks([run.seq for run in batch.runs], seq[inside])
    has = batch.present(field)[inside]
    x, values = x[inside], batch.numbers(field)[inside]
    starts: list[int] = []
    if line.kind == "field":
        starts = np.flatnonzero(begins_run(x, marked, None)).tolist() if len(x) else []
    else:
        cut |= marked
    pieces = [piece for piece in zip([0, *starts], [*starts, len(x)], strict=True) if piece[0] < piece[1]]
    return [_line(x[a:b], values[a:b], has[a:b], cut[a:b]) for a, b in pieces] or [(x, [])]


def _line(
    x: NDArray[np.float64], values: NDArray[np.float64], has: NDArray[np.bool_], cut: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], list[float | None]]:
    """Return the places and values of one line in order; `cut` is before which records something is missing."""
    # A gap before a record that leaves the field out is one before the next that has it.
    groups = np.cumsum(cut)[has]
    x, values = x[has], values[has]
    breaks = np.flatnonzero(np.diff(groups, prepend=groups[:1]))
    x, y = np.insert(x, breaks, x[breaks]), np.insert(values, breaks, np.nan)
    order = np.argsort(x, kind="stable")
    return x[order], [value if math.isfinite(value) else None for value in y[order].tolist()]
