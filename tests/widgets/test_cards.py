"""A row of cards for the fields of a stream."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets import LiveChart, MetricCard, Stream, cards
from realtime_widgets.errors import UnknownField, UsageError, WrongType
from realtime_widgets.widgets.cards import title_of
from realtime_widgets.widgets.dashboard import Dashboard
from support.recorder import Recorder

pytestmark = pytest.mark.usefixtures("sent")


@pytest.fixture
def stream() -> Stream:
    return Stream("s")


def titles(row: Any) -> list[str]:
    return [card.title for card in row]


def test_each_field_has_a_card_that_is_found_by_it(stream: Stream):
    row = cards(stream, ["cpu", "val_loss"])
    assert titles(row) == ["CPU", "Val loss"]
    assert row["cpu"] is row[0]
    assert all(isinstance(card, MetricCard) for card in row)
    assert titles(cards(stream, "cpu")) == ["CPU"]


def test_a_field_has_its_format_or_its_settings_and_all_have_the_others(stream: Stream):
    row = cards(
        stream,
        {"cpu": "percentage", "loss": dict(precision=4, good="down", title="Verlust"), "n": {}},
        stale_after=5,
        good="up",
    )
    assert titles(row) == ["CPU", "Verlust", "N"]
    assert [card.format for card in row] == ["percentage", "number", "number"]
    assert [card.good for card in row] == ["up", "down", "up"]
    assert [card.stale_after for card in row] == [5.0] * 3
    assert row["loss"].precision == 4


def test_what_is_given_is_left_as_it_was(stream: Stream):
    given = {"loss": dict(title="Loss", precision=4)}
    cards(stream, given)
    cards(stream, given)
    assert given == {"loss": dict(title="Loss", precision=4)}


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (4, 4), (6, 6), (7, 4), (8, 4), (13, 5)])
def test_lines_have_as_equal_numbers_of_cards_as_they_can(stream: Stream, count: int, columns: int):
    assert cards(stream, [f"f{i}" for i in range(count)]).columns == columns


def test_without_names_there_is_a_card_for_each_field_of_numbers_that_there_is(stream: Stream):
    stream.append(cpu=0.5, host="a", memory=0.25)
    row = cards(stream, title="Machine")
    assert titles(row) == ["CPU", "Memory"]
    assert (row.title, cards(stream).title) == ("Machine", "")


def test_of_a_table_the_last_row_is_shown():
    row = cards({"loss": [0.5, 0.25], "epoch": [1, 2]}, {"loss": dict(precision=4), "epoch": None})
    assert [card.value for card in row] == [0.25, 2.0]
    assert row["loss"].precision == 4
    assert row["loss"].data_state == "idle"


def test_what_a_name_says_for_certain_is_how_its_numbers_are_written(stream: Stream):
    row = cards(stream, ["rss_bytes", "latency_ms", "requests_per_second", "error_rate"])
    assert titles(row) == ["Rss", "Latency", "Requests", "Error rate"]
    assert [card.format for card in row] == ["bytes", "duration", "number", "number"]
    assert [card.unit for card in row] == ["", "", "/s", ""]


def test_what_is_said_goes_before_what_is_guessed(stream: Stream):
    row = cards(
        stream,
        {
            "latency_ms": dict(unit="ms"),
            "a_bytes": "number",
            "b_ms": dict(precision=2),
            "c_ms": dict(title="C"),
        },
    )
    assert [(card.title, card.format, card.unit, card.precision) for card in row] == [
        ("Latency ms", "number", "ms", None),
        ("A bytes", "number", "", None),
        ("B", "duration", "", 2),
        ("C", "duration", "", None),
    ]
    assert cards(stream, ["a_bytes"], format="compact")[0].format == "compact"


def test_units_stay_in_titles_that_would_be_the_same(stream: Stream):
    stream.append(memory_percent=42.0, memory_bytes=1e9, swap_bytes=1e8)
    assert titles(cards(stream)) == ["Memory percent", "Memory bytes", "Swap"]


def test_all_cards_of_a_row_have_icons_of_their_own_or_none(stream: Stream):
    assert [card.icon for card in cards(stream, ["cpu", "disk_bytes"])] == ["🖥️", "💾"]
    assert [card.icon for card in cards(stream, ["cpu", "loss"])] == ["", ""]
    assert [card.icon for card in cards(stream, {"cpu": dict(icon="A"), "users": {}})] == ["A", "👥"]


def test_cards_are_a_row_of_a_dashboard_and_held_with_it(stream: Stream):
    row = cards(stream, ["a", "b"])
    whole = Dashboard([row, LiveChart(stream)])
    whole.pause()
    assert [card.paused for card in row] == [True, True]


@pytest.mark.parametrize(
    ("field", "title"),
    [
        ("activeUsers", "Active users"),
        ("requestsPerMinute", "Requests per minute"),
        ("avgResponseTime", "Average response time"),
        ("cpu_load", "CPU load"),
        ("HTTPErrors", "HTTP errors"),
        ("net.in", "Net in"),
        ("p95", "P95"),
        ("x", "X"),
        ("温度", "温度"),
        ("_", "_"),
    ],
)
def test_a_field_is_titled_by_its_name_in_words(field: str, title: str):
    assert title_of(field) == title


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda s: cards("cpu", ["cpu"]), WrongType, "cannot follow 'cpu': pass a Stream or a table first"),
        (lambda s: cards(s), UsageError, "stream 's' has no numbers yet; name its fields"),
        (
            lambda s: cards({f"f{i}": [i] for i in range(40)}),
            UsageError,
            "has 40 fields of numbers, and a row 32",
        ),
        (lambda s: cards(s, []), UsageError, "there are no cards without fields"),
        (lambda s: cards(s, 5), WrongType, "cards cannot be made of 5"),
        (lambda s: cards(s, [5]), WrongType, "5 is no name of a field"),
        (lambda s: cards(s, {"cpu": 5}), WrongType, "the card of field 'cpu' cannot be made of 5"),
        (lambda s: cards(s, {"cpu": "percent"}), UsageError, "did you mean 'percentage'"),
        (lambda s: cards(s, {"cpu": dict(god="up")}), TypeError, "did you mean 'good'"),
        (lambda s: cards(s, "cpu", god="up"), TypeError, "did you mean 'good'"),
    ],
)
def test_what_cannot_be_a_card_says_why(stream: Stream, make: Any, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        make(stream)


def test_a_field_that_the_stream_does_not_have_is_refused(stream: Stream):
    stream.append(cpu=1.0)
    with pytest.raises(UnknownField, match="did you mean 'cpu'"):
        cards(stream, ["cup"])


@pytest.mark.parametrize(
    ("fields", "settings", "why"),
    [
        ({"a": {"stream": None}}, {}, "cannot have a stream of its own"),
        ({"a": {"field": "b"}}, {}, "cannot have a field of its own"),
        (["a"], {"field": "b"}, "cannot have a field of its own"),
    ],
)
def test_what_each_card_has_of_its_own_cannot_be_set(sent: Recorder, fields: Any, settings: Any, why: str):
    with pytest.raises(UsageError, match=why):
        cards(Stream("s"), fields, **settings)
