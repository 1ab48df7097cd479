"""LiveChart: lines of number fields over a sliding window."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import traitlets
from ipywidgets import Layout

from ..alerts.absence import Absence
from ..alerts.alert import Alert
from ..alerts.threshold import Threshold
from ..alerts.watch import Watch
from ..errors import UsageError, WrongType, shown
from ..feeds.lines import FeedLines, LineNumbers
from ..feeds.means import Means
from ..feeds.series import SeriesFeed
from ..feeds.windows import Window, to_window
from ..streams import Stream
from ..streams.amounts import Duration
from .base import LiveWidget, named_keywords
from .colors import checked_color
from .export import figure, table
from .settings import NumberSettings, Setting, choice, optional, pixels
from .tables import check_times, each_with_tables
from .watching import AlertSettings, Watching, checked_alerts

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


class _Default(float):
    """A default that can be told from the same number given."""


DEFAULT_WINDOW: Final = _Default(60.0)
Source = Stream | Sequence[Stream] | Mapping[str, Stream | tuple[Stream, str]]
"""What a chart follows; a table, which it takes in the place of each stream, has no type of its own."""


def _check_names(source: Source) -> None:
    """Refuses streams that the legend could not tell apart."""
    names = (
        [each.name for each in source if isinstance(each, Stream)] if isinstance(source, list | tuple) else []
    )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(
            f"a chart cannot tell two streams apart that are both called {twice!r}: name them otherwise, "
            'or label them, {"one": stream, "other": stream}'
        )


def _checked_colors(colors: Any) -> list[str] | dict[str, str]:
    if isinstance(colors, Mapping):
        return {str(label): checked_color(color) for label, color in colors.items()}
    if isinstance(colors, str) or not isinstance(colors, Iterable):
        raise WrongType(f"colors={colors!r} cannot be used: pass a list of CSS colours, or label → colour")
    return [checked_color(color) for color in colors]


LegendValue = Literal["last", "min", "max", "mean"]
LEGEND_VALUES: Final[tuple[LegendValue, ...]] = get_args(LegendValue)


def _legend_values(legend: Any) -> tuple[str, ...]:
    if isinstance(legend, bool | None):
        return ("last",) if legend else ()
    names = (legend,) if isinstance(legend, str) else legend
    if not isinstance(names, list | tuple):
        raise WrongType(
            f"legend={shown(legend)} cannot be used: pass one of {', '.join(map(repr, LEGEND_VALUES))}, "
            "several of them in a list, or False for no legend"
        )
    check = choice("legend", *LEGEND_VALUES)
    return tuple(dict.fromkeys(check(name) for name in names))


class LiveChart(AlertSettings, NumberSettings, LiveWidget):
    """A line chart that follows one or several streams.

    Records are aggregated into buckets of a quarter of a pixel before they are sent, so the cost depends on the
    pixels and not on the rate, and the picture is that of all records: a spike of one sample stays visible. NaN,
    ±inf and missing values break the line; a record that leaves a field out does not.

    Along x are times, the numbers of the records (a window in points), or a field that grows, such as the step of
    a training. Where that field falls back, and after `Stream.mark_run()`, a new run begins: a line of its own,
    beside which those of earlier runs stay, paler.

    Args:
        stream: a stream; several; or a mapping of label → stream or (stream, field). In the place of each also a table,
            as `Stream.extend` takes it: a DataFrame, a dict of columns, a list of numbers. A table whose times are in
            a column that it does not tell by itself is made a stream first, `stream.extend(data, ts="column")`.
        y: the field or fields to draw, by name; None: every number field, also those that appear later. A mapping
            in the place of the stream labels them.
        window: how much is in view, back from the newest record: seconds of data time, a timedelta or "5min" (along a
            field: a number in its unit), `points(n)`, or `"all"` or None for everything that the stream keeps. Default:
            60 s; of a table, and along anything but time, all. It and `y` can be set later.
        x: what is along the axis: `ts` (of a table without times its index of numbers, where that has a name and grows,
            else `seq`), `seq` (the records' numbers), or the name of a number field that grows; of a table also the
            name of its index, or of its column of times, also as text ("2026-11-28 12:00").
        title: heading; None for none.
        colors: CSS colours in the order in which the lines appeared, or a mapping of label or field → colour; None, and
            for the lines left over: the built-in ones. A line keeps its colour when others come or go.
        legend: the values behind the names: `last`; `min`, `max` and `mean` of what is in view; or several of them;
            False: no legend. A chart of one line has none: its value stands beside the title.
        thresholds: `Threshold`s, which are drawn, each a line or the edges of its band, and watch the fields of the
            chart; also `Absence`s, which only watch. None: none.
        height: of the plot, CSS pixels, 80 to 2000, and more beside a higher neighbour. The width follows the cell.
        format: how values are written: number, percentage (a ratio), duration (given in ms), bytes, compact, si.
        unit: text behind each value; the sign of a currency, such as "$", stands where the reader's locale has it.
        precision: digits after the decimal point of values; None: what the format does.
        stale_after: without data for so long the chart says so: seconds, a timedelta or "5min"; None: when they have
            paused for longer than usual, see `Stream.quiet_after`.
        theme: `auto` (the host's), `light` or `dark`.
        locale: language of words and numbers, such as `ja`; None: the browser's.
        tz: time zone that times are shown in, an IANA name such as "Asia/Tokyo" or "UTC"; None: the reader's, but
            dates of a table that have no zone stand as they were written.
        layout: an `ipywidgets.Layout`, as for every ipywidget.

    Raises:
        UnknownField: when the stream has fields, but not the one asked for.
        BadTime: when `x` names a column of a table whose text says no times.
        UsageError: when a setting is out of its range; TypeError names the nearest keyword.

    Example:
        `LiveChart(stream, y=["cpu", "memory"], window=60, format="percentage")`
    """

    height = Setting(240, pixels("height")).tag(sync=True)
    """Height of the plot, CSS pixels."""

    _x = traitlets.Unicode("ts").tag(sync=True)
    """What is along the axis, as readers are told."""

    _relative = traitlets.Bool(False).tag(sync=True)
    """Whether the numbers of records are counted from the newest of each stream."""

    colors = Setting(None, optional(_checked_colors)).tag(sync=True)
    """Colours by position or by label; None for the built-in ones."""

    legend = Setting(("last",), _legend_values).tag(sync=True)
    """Values behind the names in the legend; empty: no legend."""

    thresholds = Setting((), checked_alerts)
    """A tuple of `Threshold`s, which are drawn and watch the fields of the chart, and `Absence`s, which watch them."""

    _limits: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """The thresholds as pages draw them; see `Threshold.wire`."""

    @named_keywords
    def __init__(
        self,
        stream: Source | Any,
        *,
        y: str | Sequence[str] | None = None,
        window: Window | Duration | None = DEFAULT_WINDOW,
        x: str = "ts",
        title: str | None = None,
        colors: Sequence[str] | Mapping[str, str] | None = None,
        legend: LegendValue | Sequence[LegendValue] | bool | None = "last",
        thresholds: Sequence[Alert] | Alert | None = None,
        height: int = 240,
        format: str = "number",
        unit: str | None = None,
        precision: int | None = None,
        stale_after: Duration | None = None,
        theme: Literal["auto", "light", "dark"] = "auto",
        locale: str | None = None,
        tz: str | dt.tzinfo | None = None,
        layout: Layout | dict[str, Any] | None = None,
    ) -> None:
        axis: Any = x
        if not isinstance(axis, str) or not axis:
            raise WrongType(f'x={x!r} is no axis: pass "ts", "seq" or the name of a field')
        stream, tables, x = each_with_tables(stream, x)
        if x == "ts" and not check_times(tables, [each for each in _streams(stream) if each not in tables]):
            x = "seq"
        along_field = x not in ("ts", "seq")
        everything = x != "ts" or bool(tables)
        shown = "all" if everything and window is DEFAULT_WINDOW else to_window(window, of_time=x == "ts")
        _check_names(stream)
        feeds = _feeds(stream, y, shown, x)
        self._lines = list(feeds.values())
        self._y = y
        self._named_lines = isinstance(stream, Mapping)
        self._watching = Watching(self, partial(_watches, self._lines))
        super().__init__(
            "chart",
            [line.stream for line in self._lines],
            feeds,
            title=title,
            _x=x if along_field else "#",
            _relative=len({id(line.stream) for line in self._lines} - {id(table) for table in tables}) > 1,
            colors=colors,
            height=height,
            legend=legend,
            thresholds=thresholds,
            format=format,
            unit=unit,
            precision=precision,
            stale_after=stale_after,
            theme=theme,
            locale=locale,
            tz=tz,
            layout=layout,
        )

    @traitlets.observe("legend")
    def _reckon(self, _change: Any = None) -> None:
        """Has the means reckoned when they are shown; nobody else needs them."""
        for line in self._lines:
            line.means = Means(line, self._lines) if "mean" in self.legend else None
        self._wake()

    @traitlets.observe("thresholds")
    def _watch(self, _change: Any = None) -> None:
        self._watched()
        self._limits = [each.wire() for each in self.thresholds if isinstance(each, Threshold)]

    def to_pandas(self) -> pd.DataFrame:
        """The records that the window holds, in arrival order: time, the name of the stream, the drawn fields.

        The name is in the column `stream` (`stream_name` where a field is called that).

        Raises:
            MissingDependency: when pandas is not installed.
        """
        return table(self._lines)

    @property
    def window(self) -> Window:
        """How much is in view, see the constructor; can be set."""
        return self._lines[0].window_asked

    @window.setter
    def window(self, value: Any) -> None:
        window = to_window(value, of_time=self._lines[0].x == "ts")
        for line in self._lines:
            line.show_window(window)
        self._frame_loop.wake()

    @property
    def y(self) -> str | Sequence[str] | None:
        """The fields that are drawn, see the constructor; can be set, but not where a mapping names the lines."""
        return self._y

    @y.setter
    def y(self, value: str | Sequence[str] | None) -> None:
        if self._named_lines:
            raise UsageError("y cannot be set: the lines are named by a mapping; make a new chart")
        fields = _named(value)
        for line in self._lines:
            line.show_fields(fields)
        self._y = value
        self._frame_loop.wake()

    def to_figure(self) -> go.Figure:
        """The records that the window holds now as a plotly figure, not decimated, in order, with gaps, and the
        thresholds as on the page: of one that is far from the values there is a sign at the edge.

        Times are those of the local zone; its offset is that of the newest record, so that the hour that comes twice
        in autumn is not drawn over itself.

        Raises:
            MissingDependency: when plotly is not installed.
        """
        return figure(
            self._lines,
            title=self.title,
            height=self.height,
            colors=self.colors,
            format=self._format,
            thresholds=[each for each in self.thresholds if isinstance(each, Threshold)],
            theme=self.theme,
        )

    def __repr__(self) -> str:
        names = ", ".join(repr(line.stream.name) for line in self._lines)
        shown = f"{self.window:g}" if isinstance(self.window, float) else repr(self.window)
        return f"LiveChart({names}, window={shown}, {self.data_state})"


def _streams(source: Any) -> list[Stream]:
    """The streams that a chart is to follow, without what cannot be followed."""
    if isinstance(source, Mapping):
        source = [entry[0] if isinstance(entry, tuple) and entry else entry for entry in source.values()]
    return [
        each
        for each in (source if isinstance(source, list | tuple) else [source])
        if isinstance(each, Stream)
    ]


def _named(y: str | Sequence[str] | None) -> list[str] | None:
    """The fields to draw, by name; None for all."""
    if y is None:
        return None
    if isinstance(y, Mapping):
        raise WrongType(
            f"y={shown(y)} cannot label the lines: y names fields only; to label them, pass a mapping in the place of "
            'the stream, LiveChart({"label": (stream, "field")})'
        )
    if not isinstance(y, Iterable):
        raise WrongType(f"y={shown(y)} is no field: pass the name of one, or a list of names")
    fields: list[Any] = [y] if isinstance(y, str) else list(y)
    other = next((field for field in fields if not isinstance(field, str)), None)
    if other is not None:
        raise WrongType(
            f"y={shown(y)} cannot be drawn: {shown(other)} in it is no name of a field; pass texts"
        )
    if not fields:
        raise UsageError(
            "y=[] leaves nothing to draw: name at least one field, or leave y out for all of them"
        )
    return fields


def _feeds(source: Source, y: str | Sequence[str] | None, window: Window, x: str) -> dict[str, SeriesFeed]:
    """One feed per stream, with what its lines are called in the legend."""
    fields = _named(y)
    numbers = LineNumbers()

    def feed(
        stream: Stream, fields: list[str] | None, prefix: str = "", alone: str | None = None
    ) -> SeriesFeed:
        made = SeriesFeed(stream, fields, window, x)
        made.lines = FeedLines(numbers, made.drawn.present(), prefix, alone)
        return made

    if isinstance(source, Stream):
        return {"0": feed(source, fields)}
    if isinstance(source, Mapping):
        entries = _labelled(source, fields)
    elif isinstance(source, list | tuple) and source and all(isinstance(each, Stream) for each in source):
        entries = [(each.name, each, fields) for each in source]
    else:
        raise WrongType(
            f"a chart cannot follow {shown(source)}: pass a Stream or a table (a DataFrame, a dict of columns, a list "
            'of numbers), a list of them, or a mapping such as {"label": (stream, "field")}'
        )
    return {
        str(i): feed(stream, names, f"{label} ", label) for i, (label, stream, names) in enumerate(entries)
    }


def _watches(lines: Sequence[SeriesFeed], alert: Alert) -> list[Watch]:
    """Begins the watches of an alert on what a chart draws, also on fields that come later."""

    def watch(line: SeriesFeed) -> Watch:
        any_field = isinstance(alert, Absence) and line.drawn.all
        return alert.attach(line.stream, None if any_field else lambda: line.fields_asked)

    return [watch(line) for line in lines]


def _labelled(
    source: Mapping[str, Stream | tuple[Stream, str]], fields: list[str] | None
) -> list[tuple[str, Stream, list[str] | None]]:
    """Label, stream and field of each entry of a mapping."""
    if fields is not None:
        raise UsageError(
            'y= and a mapping of labels say the same twice: use {"label": (stream, "field")} alone'
        )
    entries: list[tuple[str, Stream, list[str] | None]] = []
    for label, entry in source.items():
        stream, field = entry if isinstance(entry, tuple) else (entry, None)
        if not isinstance(stream, Stream):
            raise WrongType(
                f"label {label!r} cannot stand for {shown(entry)}: pass a Stream or (stream, field), or a table in the "
                "place of the stream"
            )
        entries.append((str(label), stream, None if field is None else [field]))
    if not entries:
        raise UsageError("an empty mapping leaves nothing to draw: name at least one line")
    return entries
