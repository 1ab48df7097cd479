"""What readers of a log ask for: pages are those of a brute-force search, and go on from one another."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.feeds import log_answers
from realtime_widgets.feeds.levels import LEVELS
from realtime_widgets.feeds.log import EventLogFeed
from realtime_widgets.feeds.log_answers import MAX_BYTES, MAX_WAITING, LogAnswers, PageAsked, page_of
from realtime_widgets.streams import Stream
from support.records import stream


def events(count: int, max_points: int | None = 1000) -> Stream:
    s = stream(max_points=max_points)
    for i in range(1, count + 1):
        s.append(level=LEVELS[i % 5], source="web" if i % 2 else "db", message=f"event {i}")
    return s


def page(s: Stream, after: int, before: int, most: int = 10, least: int = 0, **asked: Any) -> dict[str, Any]:
    return page_of(s, PageAsked("a", after, before, most, **asked), least)[0]


def seqs(found: dict[str, Any]) -> list[float]:
    return [row[0] for row in found["rows"]]


def test_a_page_is_the_newest_before_a_number_or_the_oldest_after_one():
    s = events(50)
    found = page(s, 0, 41)
    assert (seqs(found), found["after"], found["last"], found["end"]) == (list(range(31, 41)), 30, 40, False)
    found = page(s, 20, 41, newest=False)
    assert (seqs(found), found["after"], found["last"]) == (list(range(21, 31)), 20, 30)
    found = page(s, 0, 6)
    assert (seqs(found), found["after"], found["end"]) == ([1, 2, 3, 4, 5], 0, True)


def test_what_the_stream_no_longer_keeps_is_not_in_it():
    s = events(50, max_points=20)
    found = page(s, 0, 36)
    assert (seqs(found), found["after"], found["end"]) == ([31, 32, 33, 34, 35], 30, True)
    assert page(s, 0, 20) == {"ask": "a", "after": 30, "last": 30, "rows": [], "end": True}
    s.clear()
    assert seqs(page(s, 0, 99)) == []


def test_what_is_looked_for_is_searched_in_source_and_message():
    s = events(50)
    assert seqs(page(s, 0, 51, text=" EVENT 4")) == [4, *range(40, 50)][-10:]
    assert seqs(page(s, 0, 51, text="ＤＢ", levels=("error",))) == [4, 14, 24, 34, 44]


def test_a_search_ends_where_enough_was_looked_through_and_says_where(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(log_answers, "MAX_READ", 20)
    monkeypatch.setattr(log_answers, "CHUNK", 7)
    s = events(100)
    found = page(s, 0, 101, text="event 3")
    assert (seqs(found), found["after"], found["end"]) == ([], 79, False)
    found = page(s, 0, 40, text="event 3")
    assert (seqs(found), found["after"]) == (list(range(30, 40)), 25)


@pytest.mark.parametrize("newest", [True, False])
def test_a_page_is_bounded_by_its_bytes(newest: bool):
    s = stream()
    s.extend({"message": ["é" * 2000] * 100})
    asked = PageAsked("a", 0, 101, 100, newest=newest)
    found, size = page_of(s, asked, 0)
    assert MAX_BYTES - 5000 < size <= MAX_BYTES
    count = len(found["rows"])
    covered = (100 - count, 100) if newest else (0, count)
    assert (found["after"], found["last"]) == covered
    assert seqs(found) == list(range(covered[0] + 1, covered[1] + 1))


@given(
    count=st.integers(0, 60),
    kept=st.integers(1, 60),
    gaps=st.lists(st.integers(1, 60), max_size=3),
    after=st.integers(0, 70),
    before=st.integers(0, 70),
    most=st.integers(1, 12),
    newest=st.booleans(),
    text=st.sampled_from(["", "event 1", "web"]),
    least=st.integers(0, 4),
)
def test_pages_together_are_what_a_search_of_all_finds(
    count: int,
    kept: int,
    gaps: list[int],
    after: int,
    before: int,
    most: int,
    newest: bool,
    text: str,
    least: int,
):
    s = stream(max_points=kept)
    for i in range(1, count + 1):
        s.append(level=LEVELS[i % 5], source="web" if i % 2 else "db", message=f"event {i}")
        for _ in range(gaps.count(i)):
            s.mark_gap("lost")
    low, high = after, before
    found: list[float] = []
    for _ in range(200):
        part = page(s, low, high, most, least, newest=newest, text=text)
        assert part["after"] <= part["last"]
        found = [*seqs(part), *found] if newest else [*found, *seqs(part)]
        if newest:
            high = part["after"] + 1
        else:
            low = part["last"]
        if part["end"] if newest else part["last"] >= min(before - 1, s.last_seq):
            break
        if part["after"] <= after and newest:
            break
    else:
        raise AssertionError("it never ends")
    kept_from = max(after, s.first_seq - 1)
    expected = [
        i
        for i in range(max(1, s.first_seq), count + 1)
        if after < i < before and i % 5 >= least and text in f"{'web' if i % 2 else 'db'}\nevent {i}"
    ]
    assert [seq for seq in found if seq == int(seq)] == expected
    within = [
        gap for gap in s.gaps if gap.seq is not None and kept_from <= gap.seq < min(before - 1, s.last_seq)
    ]
    assert len([seq for seq in found if seq != int(seq)]) == len(within)
    assert found == sorted(set(found))


# Answers travel in parts


def test_a_part_brings_one_answer_and_the_next_the_next():
    s = events(5)
    s.append(message="x", host="a1")
    log = EventLogFeed(s, "debug", 500)
    log.take(True, 0.0)
    log.ask_page(PageAsked("p", 0, 7, 2))
    log.ask_details(6)
    log.ask_details(99)
    bodies = []
    while log.changed():
        part = log.take(False, 0.0)
        assert part.nbytes > 0
        bodies.append(part.body)
    assert [body.get("details") for body in bodies] == [
        [(6, "x", [("host", "a1")])],
        [(99, None, [])],
        None,
    ]
    assert (bodies[2]["page"]["ask"], seqs(bodies[2]["page"])) == ("p", [5, 6])


def test_details_of_what_is_no_longer_kept_are_none():
    s = events(50, max_points=20)
    answers = LogAnswers(s)
    told = []
    for seq in (0, 30, 31, 51):
        answers.ask_details(seq)
        told.append(answers.take(0)[0]["details"][0][1])
    assert told == [None, None, "event 31", None]
    s.clear()
    answers.ask_details(50)
    assert answers.take(0)[0]["details"] == [(50, None, [])]


def test_questions_that_wait_are_bounded():
    answers = LogAnswers(events(5))
    for i in range(100):
        answers.ask_details(i)
        answers.ask_page(PageAsked(str(i), 0, 6, 2))
    count = 0
    while answers:
        answers.take(0)
        count += 1
    assert count == 2 * MAX_WAITING
