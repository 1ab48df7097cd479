"""The rows of an event log, by values."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.feeds.feed import Payload
from realtime_widgets.feeds.levels import LEVELS
from realtime_widgets.feeds.log import (
    BUSY,
    MAX_BUSY_ROWS,
    MAX_PART_BYTES,
    MAX_PART_ROWS,
    MAX_READ,
    EventLogFeed,
)
from realtime_widgets.feeds.log_rows import shown
from realtime_widgets.streams import Stream
from realtime_widgets.streams.gaps import Gap, Position
from support.records import NOW, stream


def log_of(given: Any, level: Any = "debug", max_rows: int = 500) -> EventLogFeed:
    return EventLogFeed(given, level, max_rows)


def rows(part: Payload) -> list[Any]:
    return [list(row) for row in part.body["rows"]]


def seqs(part: Payload) -> list[Any]:
    """The numbers of events; `(number, count)` where some are left out."""
    return [row[0] if len(row) == 5 else (row[0], row[1]) for row in rows(part)]


def test_an_event_is_a_row_of_its_number_time_level_source_and_message():
    s = stream()
    s.append(level="error", source="db", message="no answer", ts=NOW)
    part = log_of(s).take(True, 0.0)
    assert rows(part) == [[1, NOW, "error", "db", "no answer"]]
    assert (part.first, part.last, part.key) == (1, 1, True)


def test_parts_go_on_where_the_part_before_ended():
    s = stream()
    log = log_of(s)
    s.extend({"message": ["a", "b"]})
    assert seqs(log.take(True, 0.0)) == [1, 2]
    s.append(message="c")
    part = log.take(False, 0.0)
    assert (seqs(part), part.first, part.last, part.key) == ([3], 3, 3, False)
    assert not log.changed()


@pytest.mark.parametrize(
    ("fields", "row"),
    [
        ({"message": "a"}, ["", "", "a"]),
        ({"level": "info"}, ["info", "", ""]),
        ({"level": None, "source": None, "message": "a"}, ["", "", "a"]),
        ({"value": "only"}, ["", "", "only"]),
        ({"value": 42}, ["", "", "42"]),
        ({"text": "only one"}, ["", "", "only one"]),
        ({"value": 0.25, "unit": "s"}, ["", "", "0.25", 1]),
        ({"host": "a1", "load": 0.5}, ["", "", "host=a1 load=0.5"]),
        ({"level": "warn", "message": 7}, ["warning", "", "7"]),
        ({"level": "CRITICAL", "message": {"k": 1}}, ["error", "", "{'k': 1}"]),
        ({"level": "audit", "message": True}, ["audit", "", "1"]),
        ({"message": "two\nlines\n"}, ["", "", "two\nlines"]),
    ],
)
def test_a_record_shows_what_it_has(fields: dict[str, Any], row: list[str]):
    s = stream()
    s.append(**fields)
    assert rows(log_of(s).take(True, 0.0))[0][2:] == row


def test_a_field_that_comes_later_is_shown_from_then_on():
    s = stream()
    log = log_of(s)
    s.append(message="a")
    log.take(True, 0.0)
    s.append(message="b", source="db")
    assert rows(log.take(False, 0.0))[0][3:] == ["db", "b"]


class Rude:
    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (math.nan, ""),
        (3.0, "3"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (math.inf, "inf"),
        ("x" * 30, "x" * 10 + "…"),
        ("x" * 10, "x" * 10),
        ("half \ud83d", "half \ufffd"),
        ("日本", "日本"),
        (b"raw", "raw"),
        (bytearray(b"caf\xe9"), "caf\ufffd"),
        ("\x1b[1;31mred\x1b[0m", "red"),
    ],
)
def test_any_value_has_a_text(value: Any, text: str):
    assert shown(value, 10) == text


def test_a_value_whose_text_raises_does_not_end_the_log():
    assert shown(Rude(), 99) == "<a Rude whose text raised RuntimeError>"


def test_long_messages_are_cut():
    s = stream()
    s.append(message="x" * 5000)
    assert rows(log_of(s).take(True, 0.0))[0][4] == "x" * 2000 + "…"


def test_what_cannot_be_sent_as_unicode_is_made_sendable():
    s = stream()
    s.append(message="\ud83d", source="\udc00", level="info")
    assert msgspec.json.encode(log_of(s).take(True, 0.0).body)


# Levels


@pytest.mark.parametrize(
    ("level", "kept"),
    [
        ("debug", [1, 2, 3, 4, 5, 6, 7]),
        ("info", [2, 3, 4, 5, 6, 7]),
        ("success", [3, 4, 5]),
        ("warning", [4, 5]),
        ("error", [5]),
    ],
)
def test_less_severe_events_are_left_out(level: str, kept: list[int]):
    s = stream()
    s.extend({"level": [*LEVELS, "audit", None], "message": list("abcdefg")})
    part = log_of(s, level).take(True, 0.0)
    assert seqs(part) == kept
    assert part.last == 7


def test_without_levels_all_events_count_as_info():
    s = stream()
    s.append(message="a")
    assert seqs(log_of(s, "info").take(True, 0.0)) == [1]
    assert seqs(log_of(s, "success").take(True, 0.0)) == []


def test_levels_that_are_no_text_count_as_info():
    s = stream()
    s.append(level=["a list"], message="a")
    s.append(level="error", message="b")
    assert seqs(log_of(s, "warning").take(True, 0.0)) == [2]


def test_events_that_are_left_out_make_no_part_and_no_hole():
    s = stream()
    log = log_of(s, "warning")
    log.take(True, 0.0)
    for _ in range(3):
        s.append(level="debug", message="a")
        assert not log.changed()
    s.append(level="error", message="b")
    assert log.changed()
    part = log.take(False, 0.0)
    assert (seqs(part), part.first, part.last) == ([4], 1, 4)


@pytest.mark.parametrize(
    ("levels", "kept"),
    [
        ([10, 20, 30, 40, 50], [3, 4, 5]),
        ([0, 3, 4, 5, 6, 7], [1, 2, 3]),
        (["notice", "ALERT", "Fatal", 40, b"error", None, math.nan, "constructor"], [2, 3, 4, 5]),
    ],
)
def test_levels_are_known_by_number_and_by_name(levels: list[Any], kept: list[int]):
    s = stream()
    for level in levels:
        s.append(level=level, message="a")
    part = log_of(s, "warning").take(True, 0.0)
    assert seqs(part) == kept
    assert {row[2] for row in rows(part)} <= {"warning", "error"}


def test_numbers_are_pinos_where_the_messages_are_in_msg():
    s = stream()
    for level in (10, 20, 30, 40, 50, 60):
        s.append(level=level, msg="db down", pid=4)
    part = log_of(s, "warning").take(True, 0.0)
    assert [row[2:5] for row in rows(part)] == [["warning", "", "db down"], *[["error", "", "db down"]] * 2]


def test_a_level_that_is_unknown_is_shown_as_it_is():
    s = stream()
    for level in ("constructor", "__proto__", 99, "two\nlines", b"audit"):
        s.append(level=level, message="a")
    part = log_of(s).take(True, 0.0)
    assert [row[2] for row in rows(part)] == ["constructor", "__proto__", "99", "two lines", "audit"]


# What was chosen may change


def test_other_levels_are_chosen_from_what_the_stream_has_kept():
    s = stream()
    s.extend({"level": list(LEVELS), "message": list("abcde")})
    log = log_of(s, "warning")
    assert seqs(log.take(True, 0.0)) == [4, 5]
    log.choose(level="debug")
    assert log.changed()
    part = log.take(False, 0.0)
    assert (seqs(part), part.key, part.moved, part.body["cleared"]) == ([1, 2, 3, 4, 5], True, True, 5)
    log.choose(level="error")
    assert seqs(log.take(False, 0.0)) == [5]
    s.append(level="info", message="f")
    assert not log.changed()
    assert log.dropped == 0


def test_another_number_of_rows_is_chosen_from_what_the_stream_has_kept():
    s = stream()
    s.extend({"message": list("abcdefgh")})
    log = log_of(s, "info", 3)
    assert len(seqs(log.take(True, 0.0))) == 3
    dropped = log.dropped
    log.choose(max_rows=6)
    assert [row[0] for row in rows(log.take(False, 0.0))] == [3, 4, 5, 6, 7, 8]
    log.choose(max_rows=2)
    assert [row[0] for row in rows(log.take(False, 0.0))] == [7, 8]
    assert (dropped, log.dropped) == (5, 5), "they have all been shown before"


# Bounds


def test_a_keyframe_holds_the_newest_rows():
    s = stream()
    s.extend({"message": [str(i) for i in range(1, 101)]})
    assert seqs(log_of(s, max_rows=10).take(True, 0.0)) == list(range(91, 101))


def test_an_increment_holds_the_newest_rows_and_counts_the_others():
    s = stream()
    log = log_of(s, max_rows=5000)
    log.take(True, 0.0)
    s.extend({"message": ["x"] * 1000})
    assert seqs(log.take(False, 0.0)) == [(600, 600), *range(601, 1001)]
    assert len(seqs(log.take(True, 0.0))) == 1000  # the keyframe that follows brings them


def test_events_that_came_and_went_between_two_parts_are_counted():
    s = stream()
    log = log_of(s, "error", max_rows=10)
    log.take(True, 0.0)
    s.extend({"level": ["error", "debug"] * 50, "message": ["x"] * 100})
    assert seqs(log.take(False, 0.0)) == [(80, 40), *range(81, 100, 2)]


@pytest.mark.parametrize("key", [True, False])
def test_no_part_is_larger_than_its_bound(key: bool):
    s = stream()
    log = log_of(s, max_rows=5000)
    log.take(True, 0.0)
    s.extend({"message": ["é" * 2000] * 300})
    part = log.take(key, 0.0)
    assert len(msgspec.json.encode(part.body)) <= MAX_PART_BYTES + 100
    assert MAX_PART_BYTES - 5000 < part.nbytes <= MAX_PART_BYTES
    shown = len(rows(part)) - 1
    assert rows(part)[0] == [300 - shown, 300 - shown]


def test_records_that_were_overwritten_before_they_were_read_are_counted():
    s = stream(max_points=5)
    log = log_of(s)
    s.append(message="a")
    log.take(True, 0.0)
    for i in range(8):
        s.append(message=str(i))
    assert seqs(log.take(False, 0.0)) == [(4, 3), 5, 6, 7, 8, 9]
    assert seqs(log.take(True, 0.0)) == [1, (4, 3), 5, 6, 7, 8, 9]


def test_events_left_out_before_a_loss_are_counted_with_it():
    s = stream(max_points=MAX_PART_ROWS - 1)
    log = log_of(s)
    log.take(True, 0.0)
    s.extend({"message": ["x"] * 10})
    assert log.changed()
    s.extend({"message": ["x"] * 500})
    assert rows(log.take(False, 0.0))[0] == [111, 111]


def test_while_more_comes_than_a_part_takes_the_next_has_what_can_be_seen():
    s = stream(max_points=None)
    log = log_of(s)
    log.take(True, 0.0)

    def part(now: float, events: int = 500) -> list[Any]:
        s.extend({"message": ["x"] * events})
        return rows(log.take(False, now))

    assert len(part(1.0)) == 1 + MAX_PART_ROWS
    flood = part(1.25)
    assert (len(flood), flood[0]) == (1 + MAX_BUSY_ROWS, [1000 - MAX_BUSY_ROWS, 500 - MAX_BUSY_ROWS])
    assert len(part(1.5, MAX_BUSY_ROWS)) == MAX_BUSY_ROWS
    assert len(part(1.25 + BUSY)) == 1 + MAX_PART_ROWS


def test_what_was_overwritten_before_the_log_was_made_is_history():
    s = stream(max_points=5)
    for i in range(8):
        s.append(message=str(i))
    assert seqs(log_of(s).take(True, 0.0)) == [4, 5, 6, 7, 8]


def test_more_than_can_be_looked_through_at_a_time_is_passed_over():
    s = stream(max_points=None)
    log = log_of(s)
    log.take(True, 0.0)
    s.extend({"message": ["x"] * (MAX_READ + 7)})
    first = rows(log.take(False, 0.0))[0]
    assert first == [MAX_READ + 7 - MAX_PART_ROWS, MAX_READ + 7 - MAX_PART_ROWS]


# Clearing


def test_what_never_came_has_a_line_where_it_is_missing():
    stream = Stream("log", clock=lambda: 5.0)
    log = EventLogFeed(stream, "error", 500)
    stream.append(level="error", message="one")
    log.take(True, 0.0)
    stream.mark_gap(Gap("log", "trimmed", 7.0, Position("e", 1), Position("e", 4)))
    assert log.changed()
    part = log.take(False, 0.0)
    assert (part.moved, part.key, part.body["missing"]) == (True, False, "trimmed")
    assert rows(part) == [[1.5, 7.0, None, "trimmed", 3]]
    assert not log.changed()
    stream.mark_gap("unknown_source")
    stream.append(level="error", message="two")
    part = log.take(False, 0.0)
    assert [row[0] for row in rows(part)] == [pytest.approx(1 + 2 / 3), 2]
    assert rows(part)[0][2:] == [None, "unknown_source", None]
    assert "missing" not in part.body
    assert [row[0] for row in rows(log.take(True, 0.0))] == [1, 1.5, pytest.approx(1 + 2 / 3), 2]


def test_an_event_that_is_not_shown_ends_what_is_missing():
    stream = Stream("log")
    log = EventLogFeed(stream, "error", 500)
    stream.append(level="error", message="one")
    stream.mark_gap("lost")
    assert log.take(True, 0.0).body["missing"] == "lost"
    stream.append(level="info", message="two")
    assert log.changed()
    part = log.take(False, 0.0)
    assert (part.moved, rows(part)) == (True, [])
    assert "missing" not in part.body
    assert not log.changed()


def test_an_event_of_level_gap_is_an_event():
    stream = Stream("log")
    stream.append(level="gap", source="trimmed", message="a gap of the disk")
    assert rows(EventLogFeed(stream, "debug", 500).take(True, 0.0))[0][2:] == [
        "gap",
        "trimmed",
        "a gap of the disk",
    ]


def test_a_clear_is_news_and_takes_the_rows_away():
    s = stream()
    log = log_of(s)
    s.extend({"message": ["a", "b"]})
    assert not log.take(True, 0.0).moved
    s.clear()
    assert log.changed()
    part = log.take(False, 0.0)
    assert (part.key, rows(part), part.body["cleared"], part.last, part.moved) == (True, [], 2, 2, True)
    s.append(message="c")
    part = log.take(False, 0.0)
    assert (part.key, seqs(part)) == (False, [3])


def test_records_after_a_clear_that_was_not_seen_come_with_it():
    s = stream()
    log = log_of(s)
    s.append(message="a")
    log.take(True, 0.0)
    s.append(message="b")
    s.clear()
    s.append(message="c")
    part = log.take(False, 0.0)
    assert (part.key, seqs(part), part.body["cleared"]) == (True, [3], 2)


@given(
    st.lists(
        st.one_of(st.integers(1, 30), st.sampled_from(["take", "key", "clear"])),
        max_size=30,
    )
)
def test_a_page_that_loses_nothing_ends_with_the_newest_events(steps: list[Any]):
    """What it has kept of all parts is what a keyframe has, and every record is there or counted."""
    s = stream(max_points=40)
    log = log_of(s, max_rows=25)
    have = 0
    page: list[Any] = []

    def take(key: bool) -> None:
        nonlocal have, page
        part = log.take(key, 0.0)
        if not part.key:
            assert part.first == have + 1
        page = seqs(part) if part.key else (page + seqs(part))[-25:]
        have = part.last

    take(True)
    for step in steps:
        if step == "clear":
            s.clear()
        elif isinstance(step, int):
            s.extend({"message": ["x"] * step})
        else:
            take(step == "key")
    take(False)
    shown = page
    take(True)
    assert have == s.last_seq
    assert shown == page
    upper = have
    for row in reversed(page):
        seq, count = row if isinstance(row, tuple) else (row, 1)
        assert seq == upper
        upper -= count


def filled(part: Payload) -> dict[int, list[Any]]:
    return {
        seq: [row[0] if len(row) == 5 else (row[0], row[1]) for row in rows]
        for seq, rows in part.body["fills"]
    }


def test_events_that_a_part_left_out_are_fetched_piece_by_piece():
    s = stream()
    log = log_of(s, max_rows=2000)
    log.take(True, 0.0)
    s.extend({"message": [f"m{i}" for i in range(1000)]})
    assert seqs(log.take(False, 0.0))[:2] == [(600, 600), 601]
    assert not log.changed()
    log.fetch(600, 600, 5000)
    assert log.changed()
    part = log.take(False, 0.0)
    assert seqs(part) == []
    assert (part.first, part.last) == (1001, 1000)
    assert filled(part)[600] == [(200, 200), *range(201, 601)]
    log.fetch(200, 200, 5000)
    assert filled(log.take(False, 0.0))[200] == list(range(1, 201))
    assert not log.changed()


def test_only_as_many_are_fetched_as_there_is_room_for():
    s = stream()
    log = log_of(s, max_rows=2000)
    s.extend({"message": [f"m{i}" for i in range(500)]})
    log.take(True, 0.0)
    log.fetch(100, 100, 3)
    assert filled(log.take(False, 0.0))[100] == [(97, 97), 98, 99, 100]


def test_what_is_not_kept_any_more_stays_a_gap():
    s = stream()
    log = log_of(s, max_rows=10)
    s.extend({"message": [f"m{i}" for i in range(500)]})
    log.take(True, 0.0)
    log.fetch(100, 50, 400)
    assert filled(log.take(False, 0.0))[100] == [(100, 50)]
    log.fetch(495, 495, 400)
    assert filled(log.take(False, 0.0))[495] == [(490, 490), *range(491, 496)]


def test_a_fetched_part_stays_within_its_bytes():
    s = stream()
    log = log_of(s, max_rows=1000)
    s.extend({"message": ["x" * 2000 for _ in range(300)]})
    log.take(True, 0.0)
    log.fetch(200, 200, 400)
    part = log.take(False, 0.0)
    assert len(msgspec.json.encode(part.body["fills"])) <= MAX_PART_BYTES + 100
    events = filled(part)[200]
    assert events[-1] == 200
    assert events[0][1] + len(events) - 1 == 200


def test_events_that_no_part_has_carried_and_nobody_can_fetch_are_counted():
    s = stream()
    log = log_of(s, max_rows=10)
    log.take(True, 0.0)
    s.extend({"message": [f"m{i}" for i in range(25)]})
    log.take(False, 0.0)
    assert log.dropped == 15


def test_the_message_of_structured_logs_is_their_event():
    stream = Stream("s")
    stream.append({"event": "started", "level": "error"})
    stream.append(source="db", level="info", message=None, event="ready")
    rows = EventLogFeed(stream, "debug", 10).take(True, 0.0).body["rows"]
    assert [row[4] for row in rows] == ["started", "ready"]
