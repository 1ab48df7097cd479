"""Settings: every public synced trait of a widget is one that its page's half is drawn anew for, and the reverse."""

from __future__ import annotations

import re
from pathlib import Path

import anywidget
import pytest

from realtime_widgets import ConnectionIndicator, EventLog, LiveChart, MetricCard
from realtime_widgets.widgets.base import LiveWidget
from realtime_widgets.widgets.dashboard import _Header

SOURCES = Path(__file__).parents[2] / "js" / "src"

ENTRIES: dict[str, type[LiveWidget]] = {
    "chart": LiveChart,
    "metric": MetricCard,
    "events": EventLog,
    "connection": ConnectionIndicator,
    "dashboard": _Header,
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
    assert public(declared("lib/view/live.ts")) == public(synced(LiveWidget))
    assert declared("lib/view/live.ts") <= synced(LiveWidget)


@pytest.mark.parametrize("entry", ENTRIES)
def test_those_of_a_widget_are_declared_by_its_page_half(entry: str):
    own = synced(ENTRIES[entry]) - synced(LiveWidget)
    assert public(declared(f"{entry}.ts")) == public(own)


@pytest.mark.parametrize("entry", ENTRIES)
def test_what_a_page_half_declares_is_synced(entry: str):
    assert declared(f"{entry}.ts") <= synced(ENTRIES[entry])
    assert not declared(f"{entry}.ts") & declared("lib/view/live.ts")
