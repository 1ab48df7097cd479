"""Which widgets a dashboard has, and in which rows they stand."""

from __future__ import annotations

from typing import Any

import ipywidgets
import pytest

from realtime_widgets import LiveChart, MetricCard, Stream
from realtime_widgets.client import Client
from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.widgets.arrangement import Arrangement, Line
from realtime_widgets.widgets.dashboard import Dashboard

pytestmark = pytest.mark.usefixtures("sent")


@pytest.fixture
def card() -> Any:
    return lambda name="card": MetricCard(name, 1)


@pytest.fixture
def chart() -> Any:
    return lambda: LiveChart(Stream("s"))


def lines(items: Any, spans: Any = None) -> list[Line]:
    return list(Arrangement(items, spans).lines())


def spans(line: Line) -> list[int]:
    return [cell.span for cell in line.cells]


# A list flows


def test_cards_flow_into_columns_and_what_is_wide_two_by_two_never_mixed(card: Any, chart: Any):
    widgets = [card(), card(), chart(), chart(), card()]
    found = lines(widgets)
    assert [line.kind for line in found] == ["columns", "halves", "columns"]
    assert [cell.widgets for line in found for cell in line.cells] == [(widget,) for widget in widgets]
    assert not any(line.mixed for line in found)


def test_one_with_a_span_flows_among_the_columns(card: Any, chart: Any):
    wide, narrow = chart(), card()
    (line,) = lines([narrow, wide], {wide: 2})
    assert (line.kind, spans(line), line.mixed) == ("columns", [1, 2], True)


def test_a_dashboard_in_a_dashboard_is_a_row_of_it(card: Any, chart: Any):
    inner = Dashboard([card(), card()])
    assert [(line.kind, len(line.cells)) for line in lines([inner, chart()])] == [("row", 1), ("halves", 1)]


def test_a_widget_by_itself_is_a_list_of_one(chart: Any):
    alone = chart()
    assert lines(alone) == lines([alone])


# Lists in a list are rows


def test_each_item_beside_a_list_is_a_row(card: Any, chart: Any):
    found = lines([[card(), card()], chart()])
    assert [(line.kind, spans(line), line.units) for line in found] == [("row", [1, 1], 2), ("row", [2], 2)]


def test_charts_have_two_columns_of_a_row_and_cards_one_and_a_span_says_otherwise(card: Any, chart: Any):
    narrow, wide = card(), chart()
    assert spans(lines([[narrow, wide]])[0]) == [1, 2]
    assert spans(lines([[narrow, wide]], {wide: 4, narrow: 2})[0]) == [2, 4]


def test_a_list_in_a_row_is_a_stack_as_wide_as_its_widest(card: Any, chart: Any):
    upper, lower, beside = card(), card(), chart()
    (line,) = lines([[[upper, lower], beside]], {upper: 2})
    assert [cell.widgets for cell in line.cells] == [(upper, lower), (beside,)]
    assert spans(line) == [2, 2]


def test_a_row_is_mixed_where_a_card_stands_beside_a_chart_and_not_where_a_stack_does(card: Any, chart: Any):
    assert lines([[card(), chart()]])[0].mixed
    assert not lines([[[card(), card()], chart()]])[0].mixed
    assert not lines([[card(), card()], [chart(), chart()]])[0].mixed


def test_cards_beside_each_other_stay_in_pairs_where_there_is_little_room(card: Any, chart: Any):
    (line,) = lines([[card(), card(), card(), chart(), card()]])
    assert [cell.paired for cell in line.cells] == [True, True, False, False, False]


# Names


def test_widgets_have_names_in_mappings_and_in_rows_that_are_mappings(card: Any):
    a, b, c = card(), card(), card()
    found = Arrangement([{"a": a, "b": b}, c])
    assert [found.find("a"), found.find("b"), found.find(2)] == [a, b, c]
    with pytest.raises(UsageError, match="has a widget 'a' already"):
        Arrangement([{"a": a}, {"a": b}])


def test_a_span_is_given_by_name_too(card: Any):
    assert spans(lines({"a": card(), "b": card()}, {"b": 3})[0]) == [1, 3]


# Changing


def test_what_is_added_has_a_row_of_its_own_where_there_are_rows(card: Any):
    found = Arrangement([[card(), card()]])
    found.add(card(), "late", 3)
    assert [spans(line) for line in found.lines()] == [[1, 1], [3]]
    flowing = Arrangement([card()])
    flowing.add(card(), None, None)
    assert [spans(line) for line in flowing.lines()] == [[1, 1]]


def test_rows_and_stacks_close_up_when_a_widget_leaves(card: Any):
    a, b, c, d = (card() for _ in range(4))
    found = Arrangement([[[a, b], c], d])
    found.remove(a)
    found.remove(d)
    assert [[cell.widgets for cell in line.cells] for line in found.lines()] == [[(b,), (c,)]]
    found.remove(b)
    found.remove(c)
    assert list(found.lines()) == []


# What cannot be


@pytest.mark.parametrize("given", [lambda client: client, lambda client: [client]])
def test_a_client_is_no_group_though_one_can_loop_over_it(given: Any):
    """Its loop would have no end."""
    with Client("ws://127.0.0.1:1/") as client:
        with pytest.raises(WrongType, match=r"cannot (be made of|show)"):
            Arrangement(given(client))
        client.disconnect()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda w: Arrangement(5), WrongType, "cannot be made of 5: pass a widget, a list of widgets"),
        (lambda w: Arrangement("cpu"), WrongType, "cannot be made of 'cpu'"),
        (lambda w: Arrangement([w, 5]), WrongType, "the child at place 1: it is 5"),
        (lambda w: Arrangement([[w, "x"]]), WrongType, "the child at place 1 of row 0: it is 'x'"),
        (
            lambda w: Arrangement([[[w, 7]]]),
            WrongType,
            "the child in the stack at place 0 of row 0: it is 7",
        ),
        (lambda w: Arrangement([[[[w]]]]), WrongType, "rows hold widgets and stacks of widgets, and no more"),
        (lambda w: Arrangement(w, 2), WrongType, r"span=2 cannot be used: pass widget → columns"),
        (lambda w: Arrangement(w, {w: 0}), UsageError, r"span=0 of .* pass 1 to 6 columns"),
        (lambda w: Arrangement(w, {w: 1.5}), UsageError, r"span=1\.5 of"),
        (lambda w: Arrangement(w, {w: True}), UsageError, "span=True of"),
        (lambda w: Arrangement({"load": w}, {"laod": 2}), UsageError, "did you mean 'load'"),
        (lambda w: Arrangement([], {w: 2}), UsageError, "which is not in the dashboard"),
        (
            lambda w: Arrangement([[ipywidgets.Button() for _ in range(13)]]),
            UsageError,
            "a row of 13 columns cannot be laid out: a row has 12 at most",
        ),
    ],
)
def test_what_cannot_be_laid_out_says_why(card: Any, make: Any, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        make(card())


def test_nothing_is_added_with_a_span_that_cannot_be(card: Any):
    found = Arrangement([card()])
    with pytest.raises(UsageError, match="span=9"):
        found.add(card(), None, 9)
    assert len(found.members) == 1
