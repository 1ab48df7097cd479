"""The last event id by values: which ids are taken for a count, and what is missing where the next does not follow."""

from __future__ import annotations

import pytest

from realtime_widgets.client.sansio.last_event_id import COUNTED, MAX_ID_BYTES, LastEventId
from realtime_widgets.streams.gaps import Reason


def noted(*ids: str) -> LastEventId:
    """One that has seen these over its first link."""
    last = LastEventId()
    last.reopen()
    for each in ids:
        assert last.note(each) is None
    return last


def test_ids_are_a_count_after_so_many_steps_of_one():
    for steps in range(COUNTED + 2):
        last = noted(*(str(7 + step) for step in range(steps + 1)))
        assert last.counted is (steps >= COUNTED)


@pytest.mark.parametrize("ids", [("1", "2", "3", "5"), ("10", "20", "30"), ("a", "b", "c", "d"), ()])
def test_other_ids_are_no_count(ids: tuple[str, ...]):
    assert not noted(*ids).counted


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        ("e:4", None),
        ("e:6", "lost"),
        ("e:1", "epoch_changed"),
        ("f:4", "epoch_changed"),
        ("nothing of the kind", "unknown_source"),
    ],
)
def test_the_first_id_of_a_new_link_says_what_is_missing(then: str, reason: Reason | None):
    last = noted("e:1", "e:2", "e:3")
    last.reopen()
    assert last.note(then) == reason


def test_without_a_count_nothing_is_known_to_be_missing():
    last = noted("a", "b")
    last.reopen()
    assert last.note("z") is None


def test_an_event_without_an_id_is_no_step():
    last = noted("1", "2", "2", "2", "3")
    assert last.counted


def test_ids_may_be_found_to_count_over_a_later_link():
    last = noted("1", "5")
    assert not last.counted
    last.reopen()
    for each in ("8", "9", "10"):
        assert last.note(each) is None
    assert last.counted


@pytest.mark.parametrize(
    ("id", "header"),
    [
        ("", None),
        ("é7", "é7".encode()),
        ("x" * MAX_ID_BYTES, b"x" * MAX_ID_BYTES),
        ("x" * (MAX_ID_BYTES + 1), None),
        ("é" * (MAX_ID_BYTES // 2 + 1), None),
        ("\ud800", b"?"),
    ],
)
def test_an_id_is_sent_back_unless_it_is_too_long(id: str, header: bytes | None):
    last = LastEventId()
    last.last_id = id
    assert last.header == header
