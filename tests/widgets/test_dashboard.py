"""The dashboard in Python: what it is made of, what it holds and what it leaves alone."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets
import numpy as np
import pandas as pd
import pytest

from realtime_widgets import LiveChart, MetricCard, Stream
from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.runtime import get_runtime
from realtime_widgets.widgets import base
from realtime_widgets.widgets.connection import ConnectionIndicator
from realtime_widgets.widgets.dashboard import Dashboard
from realtime_widgets.widgets.events import EventLog
from support.client_stand_in import StandIn
from support.recorder import Recorder

pytestmark = pytest.mark.usefixtures("sent")


def header(dashboard: Dashboard) -> Any:
    return dashboard._header


def grid(dashboard: Dashboard) -> Any:
    return dashboard.children[1]


def shown(dashboard: Dashboard) -> list[Any]:
    """The widgets in the grid, row by row."""
    return [widget for row in grid(dashboard).children for widget in row.children]


def walk(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def test_children_are_shown_in_their_order():
    cards = [MetricCard(str(i), i) for i in range(3)]
    dashboard = Dashboard(cards, title="Machine")
    assert shown(dashboard) == cards == list(dashboard)
    assert (dashboard.title, header(dashboard).title) == ("Machine", "Machine")
    dashboard.title = "Server"
    assert header(dashboard).title == "Server"


def test_children_are_found_by_place_and_by_name():
    a, b = MetricCard("a", 1), ipywidgets.IntSlider()
    named = Dashboard({"cpu": a, "rate": b})
    assert [named["cpu"], named["rate"], named[0], named[-1]] == [a, b, a, b]
    with pytest.raises(UsageError, match="did you mean 'cpu'"):
        named["cup"]
    with pytest.raises(UsageError, match="has 2 widgets"):
        named[2]


def test_what_needs_room_is_marked_as_wide():
    stream = Stream("s")
    wide = [LiveChart(stream), EventLog(stream), ipywidgets.HBox(), ipywidgets.Output()]
    narrow = [
        MetricCard("m", 1),
        ConnectionIndicator(StandIn()),
        ipywidgets.IntSlider(),
        ipywidgets.Button(),
        ipywidgets.HTML("<b>x</b>"),
    ]
    Dashboard([*wide, *narrow])
    assert ["rw-wide" in widget._dom_classes for widget in wide] == [True] * len(wide)
    assert ["rw-wide" in widget._dom_classes for widget in narrow] == [False] * len(narrow)


@pytest.mark.parametrize(
    ("columns", "count", "name"),
    [
        ("auto", 1, "rw-columns-1"),
        ("auto", 2, "rw-columns-2"),
        ("auto", 4, "rw-columns-4"),
        ("auto", 5, "rw-columns-3"),
        (1, 4, "rw-columns-1"),
        (6, 2, "rw-columns-6"),
    ],
)
def test_the_number_of_columns_is_a_class_of_the_row(columns: Any, count: int, name: str):
    cards = [MetricCard(str(i), i) for i in range(count)]
    (row,) = grid(Dashboard(cards, columns=columns)).children
    assert [each for each in row._dom_classes if "columns-" in each] == [name]


def classes(widget: Any, *names: str) -> list[bool]:
    return [name in widget._dom_classes for name in names]


def test_rows_and_stacks_are_boxes_whose_classes_say_how_they_share_the_width():
    upper, lower, chart, across = (
        MetricCard("u", 1),
        MetricCard("l", 1),
        LiveChart(Stream("s")),
        MetricCard("a", 1),
    )
    first, second = grid(Dashboard([[[upper, lower], chart], across], span={upper: 2})).children
    assert classes(first, "rw-board-row", "rw-units-4", "rw-mixed") == [True, True, False]
    stack, beside = first.children
    assert classes(stack, "rw-stack", "rw-span-2", "rw-span-1") == [True, True, False]
    assert (stack.children, beside, second.children) == ((upper, lower), chart, (across,))
    assert classes(chart, "rw-span-2", "rw-wide") == [True, True]
    assert classes(across, "rw-span-1", "rw-pair") == [True, False]


def test_a_widget_has_the_room_of_the_dashboard_that_it_joined_last_and_none_when_it_leaves():
    card = MetricCard("c", 1)
    card.add_class("mine")
    Dashboard([[card, MetricCard("d", 1)]], span={card: 4})
    last = Dashboard([[card, MetricCard("d", 1)]])
    assert classes(card, "rw-span-4", "rw-span-1", "rw-pair", "mine") == [False, True, True, True]
    last.remove(card)
    assert classes(card, "rw-span-1", "rw-pair", "mine") == [False, False, True]


def test_widgets_may_be_given_one_by_one_and_one_by_itself():
    a, b, c = (MetricCard(name, 1) for name in "abc")
    assert list(Dashboard(a)) == [a]
    assert list(Dashboard(a, b)) == [a, b]
    assert [len(row.children) for row in grid(Dashboard([a, b], c)).children] == [2, 1]


def test_rows_that_are_gone_are_closed_and_their_widgets_are_not():
    card, other = MetricCard("c", 1), MetricCard("d", 1)
    dashboard = Dashboard([[card, other]])
    (row,) = grid(dashboard).children
    dashboard.remove(other)
    assert row.comm is None
    assert card.comm is not None
    assert shown(dashboard) == [card]
    dashboard.add(other, span=3)
    assert classes(other, "rw-span-3") == [True]


# Adding and removing


def test_widgets_are_added_at_the_end_and_removed_by_name_or_by_themselves():
    a, b, c = (MetricCard(name, 1) for name in "abc")
    dashboard = Dashboard([a])
    dashboard.add(b, "b")
    dashboard.add(c)
    assert shown(dashboard) == [a, b, c]
    assert header(dashboard)._members == [a._rw_id, b._rw_id, c._rw_id]
    dashboard.remove("b")
    dashboard.remove(a)
    assert shown(dashboard) == [c]
    assert header(dashboard)._members == [c._rw_id]
    assert b.comm is not None


def test_what_is_not_there_cannot_be_removed_nor_a_name_be_given_twice():
    dashboard = Dashboard({"a": MetricCard("a", 1)})
    with pytest.raises(UsageError, match="it is not in the dashboard"):
        dashboard.remove(MetricCard("b", 1))
    with pytest.raises(UsageError, match="has a widget 'a' already"):
        dashboard.add(MetricCard("b", 1), "a")
    with pytest.raises(WrongType, match=r"child 'b': it is 5 \(int\)"):
        dashboard.add(5, "b")
    assert len(list(dashboard)) == 1


# Holding


def test_pause_and_resume_reach_every_widget_that_can_be_held():
    stream = Stream("s")
    card, chart, log = MetricCard("c", 1), LiveChart(stream), EventLog(stream)
    slider, boxed = ipywidgets.IntSlider(), MetricCard("boxed", 1)
    inner = Dashboard([MetricCard("inner", 1)])
    dashboard = Dashboard([card, chart, log, slider, ipywidgets.HBox([boxed]), inner])
    held = [card, chart, log, boxed, inner, inner[0], dashboard]
    dashboard.pause()
    assert [widget.paused for widget in held] == [True] * len(held)
    dashboard.resume()
    assert [widget.paused for widget in held] == [False] * len(held)


def test_the_header_knows_whom_its_button_holds():
    client = StandIn()
    card, boxed, inner = MetricCard("c", 1), MetricCard("b", 1), MetricCard("i", 1)
    dashboard = Dashboard(
        [card, ipywidgets.VBox([boxed]), Dashboard([inner], connection=client), ConnectionIndicator(client)],
        connection=client,
    )
    assert header(dashboard)._members == [card._rw_id, boxed._rw_id, inner._rw_id]


def test_the_button_pauses_what_comes_later_into_a_dashboard_within(sent: Recorder):
    first, later = MetricCard("first", 1), MetricCard("later", 1)
    inner = Dashboard([first])
    outer = Dashboard([Dashboard([ipywidgets.VBox([inner])])])
    outer.pause()
    inner.add(later)
    assert header(outer)._members == [first._rw_id, later._rw_id]
    assert later.paused
    inner.remove(first)
    assert header(outer)._members == [later._rw_id]
    outer[0].remove(outer[0][0])
    inner.add(first)
    assert header(outer)._members == []


def test_an_indicator_is_never_held():
    indicator = ConnectionIndicator(StandIn())
    dashboard = Dashboard([indicator])
    dashboard.pause()
    assert not indicator.paused


def test_a_widget_that_joins_while_all_are_held_is_held_too():
    dashboard = Dashboard([])
    dashboard.pause()
    card = MetricCard("c", 1)
    dashboard.add(card)
    assert card.paused


def test_the_readers_word_resumes_all():
    card = MetricCard("c", 1)
    dashboard = Dashboard([card])
    dashboard.pause()
    header(dashboard)._asked("resume", None)
    get_runtime().submit(lambda: None).result(30)  # behind it on the callback thread
    assert (card.paused, dashboard.paused) == (False, False)


def test_data_state_is_the_gravest_of_its_widgets():
    now = [1_795_000_000.0]
    stream = Stream("s", clock=lambda: now[0])
    chart, card = LiveChart(stream, stale_after=5), MetricCard("c", 1)
    dashboard = Dashboard([card, Dashboard([chart])])
    assert Dashboard([]).data_state == "no_data"
    assert dashboard.data_state == "no_data"
    stream.append(1.0)
    assert dashboard.data_state == "live"
    now[0] += 6
    assert dashboard.data_state == "stale"
    assert repr(dashboard) == "Dashboard('', 2 widgets, stale)"
    dashboard.pause()
    assert dashboard.data_state == "paused"


# Its own parts


def test_a_client_gets_an_indicator_in_the_header():
    client = StandIn()
    dashboard = Dashboard([], connection=client, theme="dark", locale="ja")
    head = dashboard.children[0].children
    assert [isinstance(widget, ConnectionIndicator) for widget in head] == [False, True]
    assert [(widget.theme, widget.locale) for widget in head] == [("dark", "ja")] * 2


def test_close_ends_what_the_dashboard_made_and_nothing_else():
    card, given = MetricCard("c", 1), ConnectionIndicator(StandIn())
    mine, theirs = Dashboard([card], connection=StandIn()), Dashboard([card], connection=given)
    made = [widget for board in (mine, theirs) for widget in walk(board) if widget not in (card, given)]
    assert len(made) == 11
    for dashboard in (mine, theirs, mine):
        dashboard.close()
    assert [widget.comm for widget in made] == [None] * 11
    assert card.comm is not None
    assert given.comm is not None
    assert set(base.get_frame_loop()._served) == {card._rw_id, given._rw_id}


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda w: Dashboard([w, "cpu"]), WrongType, "the child at place 1: it is 'cpu' (str)"),
        (lambda w: Dashboard({"a": w, "b": 5}), WrongType, "the child 'b': it is 5 (int)"),
        (lambda w: Dashboard([ipywidgets.Layout()]), WrongType, "pass widgets, such as"),
        (lambda w: Dashboard([pd.DataFrame({"a": [1]})]), WrongType, "(DataFrame); pass widgets, such as"),
        (lambda w: Dashboard([[np.zeros(3)]]), WrongType, "(ndarray); pass widgets, such as"),
        (lambda w: Dashboard(5), WrongType, "pass a widget, a list of widgets"),
        (lambda w: Dashboard("abc"), WrongType, "pass a widget, a list of widgets"),
        (lambda w: Dashboard([w], columns=0), UsageError, "1 to 6"),
        (lambda w: Dashboard([w], columns=7), UsageError, "1 to 6"),
        (lambda w: Dashboard([w], columns="two"), UsageError, 'pass "auto"'),
        (lambda w: Dashboard([w], colums=2), TypeError, "did you mean 'columns'?"),
        (lambda w: Dashboard([w], connection="ws://host"), WrongType, "pass what rw.connect() returns"),
        (lambda w: Dashboard([w], locale="日本"), UsageError, "no language tag"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_advice(
    make: Callable[[Any], object], error: type[Exception], message: str
):
    card = MetricCard("c", 1)
    with pytest.raises(error) as raised:
        make(card)
    assert message in str(raised.value)
    del raised
    gc.collect()  # what was half made goes without a word
    assert set(base.get_frame_loop()._served) == {card._rw_id}


def test_a_widget_that_was_closed_leaves_the_others_in_their_dashboard(sent: Recorder):
    a, b, c = (MetricCard(name) for name in "abc")
    dashboard = Dashboard([a, b, c])
    a.close()
    dashboard.remove(b)
    assert list(dashboard) == [c]
    dashboard.columns = 2
    assert list(dashboard) == [c]


def test_a_dashboard_cannot_be_put_into_itself(sent: Recorder):
    inner = Dashboard([MetricCard("a")])
    outer = Dashboard([inner])
    for within in (inner, outer):
        with pytest.raises(UsageError, match="cannot be put into itself"):
            inner.add(within)
    assert len(list(inner)) == 1


def test_a_widget_that_is_taken_out_of_a_paused_dashboard_goes_on(sent: Recorder):
    a, b = MetricCard("a"), MetricCard("b")
    dashboard = Dashboard([a, b])
    dashboard.pause()
    dashboard.remove(b)
    assert (a.paused, b.paused) == (True, False)


def test_an_array_of_widgets_is_rows_of_them(sent: Recorder):
    cards = np.array([MetricCard(str(i)) for i in range(4)], dtype=object)
    assert [len(row.children) for row in grid(Dashboard(cards.reshape(2, 2))).children] == [2, 2]


def test_a_stream_is_no_row_of_widgets_and_a_widget_stands_in_one_place(sent: Recorder):
    with pytest.raises(WrongType, match=r"it is .*Stream"):
        Dashboard([Stream("s")])
    card = MetricCard("a")
    with pytest.raises(UsageError, match="stands in one place"):
        Dashboard({"x": card, "y": card})
