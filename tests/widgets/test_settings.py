"""Settings: what can be set later, what cannot, and that every public synced trait is one that
the page's half is drawn anew for, and the reverse."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import anywidget
import numpy as np
import pytest
import traitlets

from realtime_widgets import (
    ConnectionIndicator,
    Dashboard,
    EventLog,
    LiveChart,
    MetricCard,
    Progress,
    Stream,
)
from realtime_widgets.errors import UsageError
from realtime_widgets.widgets.base import LiveWidget
from realtime_widgets.widgets.dashboard import _Header
from support.client_stand_in import StandIn
from support.recorder import Recorder, bodies

SOURCES = Path(__file__).parents[2] / "js" / "src"

ENTRIES: dict[str, type[LiveWidget]] = {
    "chart": LiveChart,
    "metric": MetricCard,
    "events": EventLog,
    "connection": ConnectionIndicator,
    "dashboard": _Header,
    "progress": Progress,
}


def declared(module: str) -> set[str]:
    """Names in the `settings` list of a module of the page's half."""
    source = (SOURCES / module).read_text()
    (names,) = re.findall(r"static (?:override )?readonly settings[^=]*= \[([^\]]*)\]", source)
    return set(re.findall(r'"(\w+)"', names))


def synced(widget: type[anywidget.AnyWidget]) -> set[str]:
    """Synced traits of a class that are ours: the host's and anywidget's are followed by them."""
    return set(widget.class_trait_names(sync=True)) - set(anywidget.AnyWidget.class_trait_names())


def public(names: set[str]) -> set[str]:
    return {name for name in names if not name.startswith("_")}


def test_those_of_all_widgets_are_declared_by_the_base():
    assert declared("lib/view/live.ts") == public(synced(LiveWidget))


@pytest.mark.parametrize("entry", ENTRIES)
def test_those_of_a_widget_are_declared_by_its_page_half(entry: str):
    own = synced(ENTRIES[entry]) - synced(LiveWidget)
    assert public(declared(f"{entry}.ts")) == public(own)


@pytest.mark.parametrize("entry", ENTRIES)
def test_what_a_page_half_declares_is_synced(entry: str):
    assert declared(f"{entry}.ts") <= synced(ENTRIES[entry])
    assert not declared(f"{entry}.ts") & declared("lib/view/live.ts")


# Set later


def make(kind: str, **settings: Any) -> Any:
    """A widget of a kind, with settings."""
    stream = Stream("s")
    stream.append(1.0)
    match kind:
        case "chart":
            return LiveChart(stream, **settings)
        case "metric":
            return MetricCard(settings.pop("title", "v"), stream, **settings)
        case "events":
            return EventLog(stream, **settings)
        case "connection":
            return ConnectionIndicator(StandIn(), **settings)
        case "progress":
            return Progress(**settings)
    return Dashboard([], **settings)


# kind, setting, value → what it then is, and one that is refused
LATER: list[tuple[str, str, Any, Any, Any]] = [
    ("chart", "title", "x", "x", 5),
    ("chart", "title", None, "", 5),
    ("chart", "theme", "dark", "dark", "drak"),
    ("chart", "locale", "ja_JP", "ja-JP", "日本"),
    ("chart", "tz", "Asia/Tokyo", "Asia/Tokyo", "Asia/Tokio"),
    ("chart", "tz", ZoneInfo("Europe/Berlin"), "Europe/Berlin", timezone(timedelta(hours=9))),
    ("chart", "tz", UTC, "UTC", "+09:00"),
    ("chart", "tz", None, "", 9),
    ("chart", "stale_after", "5min", 300.0, -1),
    ("chart", "stale_after", timedelta(seconds=90), 90.0, "soon"),
    ("chart", "stale_after", None, None, "soon"),
    ("chart", "height", np.int64(300), 300, 5),
    ("chart", "colors", ("red",), ["red"], "red"),
    ("chart", "colors", {"a": "red"}, {"a": "red"}, 5),
    ("chart", "format", "percentage", "percentage", "percent"),
    ("chart", "unit", "°C", "°C", 5),
    ("chart", "precision", np.int64(3), 3, 99),
    ("metric", "format", "bytes", "bytes", "byte"),
    ("metric", "precision", None, None, -1),
    ("metric", "icon", "i", "i", 5),
    ("metric", "good", "up", "up", "sideways"),
    ("metric", "good", None, "", "sideways"),
    ("metric", "change", "relative", "relative", "relativ"),
    ("metric", "thresholds", {1: "error"}, {1.0: "error"}, {0.5: "bad"}),
    ("metric", "thresholds", None, {}, [0.5]),
    ("metric", "sparkline", False, False, "no"),
    ("metric", "stale_after", "2 s", 2.0, 0),
    ("events", "level", "WARN", "warning", "waning"),
    ("events", "level", 40, "error", 8),
    ("events", "max_rows", 10, 10, 9),
    ("connection", "grace", "1min", 60.0, 3601),
    ("progress", "title", "x", "x", 5),
    ("progress", "total", np.int64(5), 5, -1),
    ("progress", "unit", "files", "files", 5),
    ("progress", "description", None, "", 5),
    ("dashboard", "title", "x", "x", 5),
    ("dashboard", "columns", 5, 5, 7),
    ("dashboard", "columns", "auto", 3, "many"),
    ("dashboard", "theme", "light", "light", "lihgt"),
    ("dashboard", "locale", "ja", "ja", "日本"),
]


@pytest.mark.parametrize(("kind", "name", "value", "kept", "refused"), LATER)
def test_what_is_set_later_is_checked_as_in_the_constructor(
    sent: Recorder, kind: str, name: str, value: Any, kept: Any, refused: Any
):
    widget = make(kind)
    before = getattr(widget, name)
    with pytest.raises(UsageError) as later:
        setattr(widget, name, refused)
    assert getattr(widget, name) == before
    setattr(widget, name, value)
    assert getattr(widget, name) == kept
    with pytest.raises(UsageError) as first:
        make(kind, **{name: refused})
    if (kind, name) not in (("metric", "title"), ("progress", "title")):
        assert str(first.value) == str(later.value)
    assert getattr(make(kind, **{name: value}), name) == kept


def test_how_numbers_are_written_is_told_to_the_pages_when_it_is_set(sent: Recorder):
    for widget in (make("chart"), make("metric")):
        assert widget._format == {"name": "number"}
        widget.format, widget.unit, widget.precision = "bytes", "/s", 2
        assert widget.get_state("_format") == {"_format": {"name": "bytes", "unit": "/s", "precision": 2}}
        widget.unit = widget.precision = None
        assert widget._format == {"name": "bytes"}


def test_a_card_is_judged_by_the_thresholds_that_are_set(sent: Recorder):
    card = make("metric")
    sent.wait_for(lambda frame: any(body["level"] == "normal" for body in bodies(frame, card)))
    card.thresholds = {0.5: "warning"}
    sent.wait_for(lambda frame: any(body["level"] == "warning" for body in bodies(frame, card)))
    card.thresholds = {0.5: "error"}
    sent.wait_for(lambda frame: any(body["level"] == "error" for body in bodies(frame, card)))
    card.good = "up"  # now small values are bad
    card.thresholds = {0.5: "error"}
    sent.frames.clear()
    card.update = None  # a method may be replaced
    card._streams[0].append(0.9)
    sent.wait_for(lambda frame: any(body["level"] == "normal" for body in bodies(frame, card)))


def test_a_log_shows_the_levels_that_are_set(sent: Recorder):
    stream = Stream("e")
    stream.extend({"level": ["debug", "error"], "message": ["a", "b"]})
    log = EventLog(stream, level="error")
    sent.wait_for(lambda frame: any([row[4] for row in body["rows"]] == ["b"] for body in bodies(frame, log)))
    log.level = "debug"
    sent.wait_for(
        lambda frame: any([row[4] for row in body["rows"]] == ["a", "b"] for body in bodies(frame, log))
    )
    assert repr(log) == "EventLog('e', level='debug', live)"


def test_columns_of_a_dashboard_are_those_of_its_rows(sent: Recorder):
    dashboard = make("dashboard", columns=2)
    dashboard.add(make("metric"))
    dashboard.columns = 4
    assert [name for name in dashboard._grid.children[-1]._dom_classes if "columns-" in name] == [
        "rw-columns-4"
    ]


def test_settings_can_be_observed(sent: Recorder):
    chart, seen = make("chart"), []
    chart.observe(lambda change: seen.append(change["new"]), ["precision", "stale_after"])
    chart.precision = 2
    chart.stale_after = "1min"
    assert seen == [2, 60.0]


# What is no setting


@pytest.mark.parametrize(
    ("kind", "name", "nearest"),
    [
        ("chart", "titel", "title"),
        ("chart", "colour", "colors"),
        ("metric", "treshold", "thresholds"),
        ("metric", "Icon", "icon"),
        ("events", "max_row", "max_rows"),
        ("connection", "grase", "grace"),
        ("dashboard", "collumns", "columns"),
        ("dashboard", "locales", "locale"),
    ],
)
def test_what_is_no_attribute_cannot_be_set_and_the_nearest_is_named(
    sent: Recorder, kind: str, name: str, nearest: str
):
    widget = make(kind)
    with pytest.raises(
        AttributeError, match=f"{name!r} cannot be set: .*; did you mean {nearest!r}\\?"
    ) as raised:
        setattr(widget, name, "x")
    assert type(raised.value) is AttributeError
    assert not hasattr(widget, name)


def test_what_is_near_nothing_is_told_what_there_is(sent: Recorder):
    with pytest.raises(AttributeError, match=r"it has .*grace, .*theme"):
        make("connection").qqq = 1
    with pytest.raises(AttributeError):
        make("chart").stats = None


@pytest.mark.parametrize("kind", ["chart", "metric", "events", "connection", "dashboard"])
def test_attributes_of_ipywidgets_and_private_ones_are_free(sent: Recorder, kind: str):
    widget = make(kind)
    widget.layout = {"width": "50%"}
    widget.layout.height = "20px"
    widget.tooltip = "a tip"
    widget.tabbable = True
    widget._mine = 5
    widget.add_class("mine")
    widget.observe(print, "tooltip")
    widget.unobserve_all()
    assert (widget.layout.width, widget._mine) == ("50%", 5)


class Mine(LiveChart):
    """What a user derives."""

    threshold = traitlets.Float(0.5)

    def __init__(self, stream: Stream, **settings: Any) -> None:
        self.before = "set before"
        super().__init__(stream, **settings)
        self.samples: list[float] = []


def test_a_class_that_a_user_derives_may_have_attributes_of_its_own(sent: Recorder):
    mine = Mine(Stream("s"), title="Mine")
    mine.anything = 1
    mine.threshold = 0.7
    mine.precision = 3
    assert (mine.before, mine.samples, mine.anything, mine.threshold, mine.title) == (
        "set before",
        [],
        1,
        0.7,
        "Mine",
    )
    with pytest.raises(UsageError):
        mine.precision = 99
