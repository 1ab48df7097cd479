"""LiveChart: lines of number fields over a sliding window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import traitlets
from ipywidgets import Layout
from numpy.typing import NDArray

from ..errors import UsageError, WrongType
from ..feeds.formats import number_format
from ..feeds.series import Points, SeriesFeed
from ..streams import Batch, Stream
from .base import LiveWidget, check_range, named_keywords

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

CALENDAR = 1e8
"""Times above it are seconds since the epoch, smaller ones a clock of the user's own; the page has the same limit."""

Source = Stream | Sequence[Stream] | Mapping[str, Stream | tuple[Stream, str]]


class LiveChart(LiveWidget):
    """A line chart that follows one or several streams.

    Records are aggregated into buckets of about one pixel before they are sent, so the cost depends on the
    pixels and not on the rate: minimum and maximum of each bucket are kept exactly and a spike of one sample
    stays visible. Few records are sent as they are. NaN, ±inf and missing values break the line.

    Args:
        stream: a stream; several; or a mapping of label → stream or (stream, field).
        y: the field or fields to draw; None: every number field, also those that appear later.
        window: seconds of data time in view (counted back from the newest record), or `points(n)`.
        title: heading; None for none.
        colors: CSS colours in the order of the lines, or a mapping of label → colour; None: the built-in ones.
        height: of the plot, CSS pixels, 80 to 2000. The width follows the cell.
        format: how values are written: number, percentage, duration (ms), bytes, compact.
        unit: text behind each value.
        stale_after: seconds without data after which the chart says so; None: never.
        theme: `auto` (the host's), `light` or `dark`.
        locale: language of words and numbers, such as `ja`; None: the browser's.
        layout: an `ipywidgets.Layout`, as for every ipywidget.

    Raises:
        UnknownField: when the stream has fields, but not the one asked for.
        UsageError: when a setting is out of its range; TypeError names the nearest keyword.

    Example:
        `LiveChart(stream, y=["cpu", "memory"], window=60, format="percentage")`
    """

    height = traitlets.Int(240).tag(sync=True)
    """Height of the plot, CSS pixels."""

    _window = traitlets.Dict().tag(sync=True)
    """`{"seconds": s}` or `{"points": n}`."""

    colors = traitlets.Any(None, allow_none=True).tag(sync=True)
    """Colours by position or by label; None for the built-in ones."""

    _legend = traitlets.Dict().tag(sync=True)
    """Feed name → how its lines are labelled: `labels[field]`, else `only` for a single one, else `prefix` + field."""

    @named_keywords
    def __init__(
        self,
        stream: Source,
        *,
        y: str | Sequence[str] | None = None,
        window: float | Points = 60.0,
        title: str | None = None,
        colors: Sequence[str] | Mapping[str, str] | None = None,
        height: int = 240,
        format: str = "number",
        unit: str | None = None,
        stale_after: float | None = None,
        theme: Literal["auto", "light", "dark"] = "auto",
        locale: str | None = None,
        layout: Layout | dict[str, Any] | None = None,
    ) -> None:
        if not isinstance(window, Points):
            check_range("window", window, 0.01, 3.2e9, "seconds, or points(n)")
        check_range("height", height, 80, 2000, "CSS pixels")
        feeds, labels = _lines(stream, y, window)
        self._lines = list(feeds.values())
        super().__init__(
            "chart",
            [line.stream for line in self._lines],
            feeds,
            title=title or "",
            _window={"points": window.n} if isinstance(window, Points) else {"seconds": float(window)},
            colors=None if colors is None else _plain_colors(colors),
            height=int(height),
            _legend=labels,
            _format=number_format(format, unit=unit),
            stale_after=stale_after,
            theme=theme,
            locale=locale,
            layout=layout,
        )

    def to_pandas(self) -> pd.DataFrame:
        """The records that the window holds, in arrival order: time, the name of the stream, the drawn fields.

        The name is in the column `stream` (`stream_name` where a field is called that).

        Raises:
            MissingDependency: when pandas is not installed.
        """
        tables = []
        for _, fields, batch, inside in self._in_window():
            table = batch.to_pandas().loc[inside, ["ts", *(name for name in fields if name in batch.columns)]]
            table.insert(1, "stream_name" if "stream" in fields else "stream", batch.stream)
            tables.append(table)
        import pandas

        return pandas.concat(tables, ignore_index=True)

    def to_figure(self) -> go.Figure:
        """The records that the window holds now as a plotly figure, not decimated, with local times."""
        import plotly.graph_objects as go

        figure = go.Figure()
        for words, fields, batch, inside in self._in_window():
            ts = batch.ts[inside]
            x = [datetime.fromtimestamp(moment) for moment in ts] if len(ts) and ts[0] > CALENDAR else ts
            shown = [field for field in fields if field in batch.columns]
            for field in shown:
                only = words.get("only") if len(shown) == 1 else None
                label = words["labels"].get(field) or only or words["prefix"] + field
                figure.add_scatter(x=x, y=batch.numbers(field)[inside], name=label, mode="lines")
        figure.update_layout(title=self.title or None, height=self.height + 100)
        return figure

    def _in_window(self) -> list[tuple[dict[str, Any], tuple[str, ...], Batch, NDArray[np.bool_]]]:
        """For each feed: its legend, its fields, the records that its stream keeps, and which of them are in view."""
        batches = [line.stream.read(fields=line.drawn_fields()) for line in self._lines]
        newest = max((float(batch.ts.max()) for batch in batches if len(batch)), default=0.0)
        found = []
        for words, line, batch in zip(self._legend.values(), self._lines, batches, strict=True):
            inside = np.ones(len(batch), bool)
            if isinstance(line.window, Points):
                inside[: -line.window.n] = False
            else:
                inside = batch.ts >= newest - line.window
            found.append((words, line.drawn_fields(), batch, inside))
        return found

    def __repr__(self) -> str:
        names = ", ".join(repr(line.stream.name) for line in self._lines)
        return f"LiveChart({names}, window={self._lines[0].window}, {self.data_state})"


def _lines(
    source: Source, y: str | Sequence[str] | None, window: float | Points
) -> tuple[dict[str, SeriesFeed], dict[str, Any]]:
    """One feed per stream, and how its fields are labelled in the legend."""
    fields = [y] if isinstance(y, str) else None if y is None else list(y)
    if fields is not None and not fields:
        raise UsageError(
            "y=[] leaves nothing to draw: name at least one field, or leave y out for all of them"
        )
    if isinstance(source, Stream):
        return {"0": SeriesFeed(source, fields, window)}, {"0": {"prefix": "", "labels": {}}}
    if isinstance(source, Mapping):
        return _labelled(source, fields, window)
    if isinstance(source, list | tuple) and source and all(isinstance(stream, Stream) for stream in source):
        lines = {str(i): SeriesFeed(stream, fields, window) for i, stream in enumerate(source)}
        words = {
            name: {"prefix": f"{line.stream.name} ", "labels": {}, "only": line.stream.name}
            for name, line in lines.items()
        }
        return lines, words
    raise WrongType(
        f"a chart cannot follow {source!r}: pass a Stream, a list of streams, "
        'or a mapping such as {"label": (stream, "field")}'
    )


def _labelled(
    source: Mapping[str, Stream | tuple[Stream, str]], fields: list[str] | None, window: float | Points
) -> tuple[dict[str, SeriesFeed], dict[str, Any]]:
    if fields is not None:
        raise UsageError(
            'y= and a mapping of labels say the same twice: use {"label": (stream, "field")} alone'
        )
    lines: dict[str, SeriesFeed] = {}
    words: dict[str, Any] = {}
    for label, entry in source.items():
        stream, field = entry if isinstance(entry, tuple) else (entry, None)
        if not isinstance(stream, Stream):
            raise WrongType(f"label {label!r} stands for {entry!r}: pass a Stream or (stream, field)")
        name = str(len(lines))
        lines[name] = SeriesFeed(stream, None if field is None else [field], window)
        words[name] = {"prefix": f"{label} ", "labels": {}, "only": str(label)}
    if not lines:
        raise UsageError("an empty mapping leaves nothing to draw: name at least one line")
    return lines, words


def _plain_colors(colors: Sequence[str] | Mapping[str, str]) -> list[str] | dict[str, str]:
    if isinstance(colors, Mapping):
        return {str(label): str(color) for label, color in colors.items()}
    if isinstance(colors, str):
        raise WrongType(f"colors={colors!r} is one text: pass a list of CSS colours, or label → colour")
    return [str(color) for color in colors]
