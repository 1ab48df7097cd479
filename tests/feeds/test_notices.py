"""Notices: by value, and by any order of what can happen to them."""

from __future__ import annotations

import threading
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.feeds.notices import MAX_READ, Notices
from realtime_widgets.streams import Stream


def made(keep: int = 100, streams: int = 1) -> tuple[Notices, list[Stream]]:
    made = [Stream(f"s{i}") for i in range(streams)]
    return Notices(made, keep, lambda: 7.0), made


def state(notices: Notices) -> list[tuple[str, bool, bool]]:
    return [(item.id, item.read, item.shown) for item in notices.items()]


def test_they_come_newest_first_and_unread() -> None:
    notices, (stream,) = made()
    stream.append({"id": "a", "title": "A"}, ts=1.0)
    stream.append({"id": "b", "title": "B", "read": True}, ts=2.0)
    stream.append({"id": "c", "title": "C", "read": True, "type": "error"}, ts=3.0)
    assert state(notices) == [("c", True, True), ("b", True, False), ("a", False, True)]
    assert (notices.unread, len(notices)) == (1, 3)
    assert notices.items()[2].ts == 1.0


def test_ids_of_two_streams_are_not_the_same() -> None:
    notices, (one, other) = made(streams=2)
    one.append({"id": "a", "title": "1"})
    other.append({"id": "a", "title": "2"})
    assert sorted(item.title for item in notices.items()) == ["1", "2"]


def test_one_more_of_an_id_is_counted_in_its_place_and_unread_again() -> None:
    notices, (stream,) = made()
    for id in "aba":
        stream.append({"id": id, "title": id})
    notices.mark_all_read()
    stream.append({"id": "a", "message": "again"})
    first, second = notices.items()
    assert (first.id, second.id) == ("b", "a")
    assert (second.count, second.read, second.title, second.message) == (3, False, "a", "again")


def test_one_more_of_what_had_left_is_the_newest() -> None:
    notices, (stream,) = made()
    for id in "ab":
        stream.append({"id": id, "title": id})
    notices.dismiss([("0:a", None)])
    stream.append({"id": "a", "title": "a"})
    assert state(notices) == [("a", False, True), ("b", False, True)]


def test_an_update_is_no_arrival_unless_it_grades_anew() -> None:
    notices, (stream,) = made()
    stream.append({"id": "a", "title": "a"})
    notices.dismiss([("0:a", None)])
    stream.append({"id": "a", "updated": True, "message": "m"})
    assert state(notices) == [("a", True, False)]
    stream.append({"id": "a", "updated": True, "type": "error"})
    assert state(notices) == [("a", False, True)]
    assert notices.items()[0].count == 1


def test_a_record_may_say_that_one_was_read_or_is_to_go() -> None:
    notices, (stream,) = made()
    for id in "ab":
        stream.append({"id": id, "title": id})
    stream.append({"id": "a", "read": True})
    stream.append({"id": "b", "removed": True})
    stream.append({"id": "c", "removed": True})
    stream.append({"id": "c", "updated": True, "message": "of one that is gone"})
    assert state(notices) == [("a", True, True)]
    assert notices.items()[0].count == 1


def test_what_came_after_the_turn_that_was_seen_is_not_read_hidden_or_cleared_with_it() -> None:
    notices, (stream,) = made()
    stream.append({"id": "a", "title": "a"})
    notices.ingest()
    seen = [("0:a", notices.turn)]
    stream.append({"id": "a", "title": "a"})
    assert notices.mark_read(seen) == notices.hide(seen) == notices.remove(seen) == []
    assert notices.clear("g", seen[0][1]) == 0
    assert notices.mark_all_read(seen[0][1]) == 0
    assert state(notices) == [("a", False, True)]


def test_an_undo_that_overtakes_its_clear_undoes_it() -> None:
    notices, (stream,) = made()
    stream.append({"id": "a", "title": "a"})
    assert notices.undo("g") == 0
    assert notices.clear("g") == 0
    assert notices.clear("h") == 1
    assert notices.undo("g") == 0
    assert notices.undo("h") == 1
    assert len(notices) == 1


def test_an_undo_of_a_clear_that_another_page_won_brings_back_what_its_reader_had() -> None:
    notices, (stream,) = made()
    stream.append({"id": "a", "title": "a"})
    known = notices.snapshot(0).version
    assert notices.clear("first", 1, known) == 1
    stream.append({"id": "b", "title": "b"})
    assert notices.clear("second", 1, known) == 0
    assert notices.snapshot(0).undoable == ["first", "second"]
    assert notices.undo("second", 1, known) == 1
    assert [item.id for item in notices.items()] == ["b", "a"]
    assert notices.snapshot(0).undoable == []
    assert notices.undo("first", 1, known) == 0


def test_such_an_undo_may_overtake_its_clear() -> None:
    notices, (stream,) = made()
    stream.append({"id": "a", "title": "a"})
    known = notices.snapshot(0).version
    notices.clear("first", 1, known)
    assert notices.undo("second", 1, known) == 1
    assert notices.clear("second", 1, known) == 0
    assert len(notices) == 1


WHAT_PAGES_DO = st.tuples(
    st.sampled_from(["comes", "is removed", "hears", "clears", "undoes", "race"]), st.integers(0, 1)
)


@given(st.lists(WHAT_PAGES_DO, max_size=30))
def test_an_undo_brings_back_what_its_page_has_cleared_whoever_was_first(actions: list[Any]) -> None:
    """Unless that came anew, was removed, or somebody else has brought it back, since."""
    notices, (stream,) = made()
    told = [notices.snapshot(0)] * 2  # what each page was told last
    seen: list[dict[str, int]] = [{}, {}]
    owed: list[set[str]] = [set(), set()]  # what an undo has to bring back
    groups: list[str] = ["", ""]
    latest: dict[str, int] = {}

    def there() -> set[str]:
        return {item.key for item in notices.snapshot(0).changes.items}

    def hear(page: int) -> None:
        told[page] = notices.snapshot(0)
        seen[page] = {item.key: item.state["turn"] for item in told[page].changes.items}

    def clear(page: int, group: str) -> None:
        if seen[page]:
            groups[page] = group
            owed[page] = {key for key, turn in seen[page].items() if latest.get(key) == turn}
            notices.clear(group, told[page].turn, told[page].version)
            assert not {key for key, turn in seen[page].items() if latest.get(key) == turn} & there()
            seen[page] = {}

    for i, (what, which) in enumerate(actions):
        match what:
            case "comes" | "is removed":
                stream.append({"id": str(which), "title": "t", "removed": what == "is removed"})
                notices.ingest()
                latest[f"0:{which}"] = notices.turn if what == "comes" else -1
                owed = [each - {f"0:{which}"} for each in owed]
            case "hears":
                hear(which)
            case "clears":
                clear(which, f"g{i}")
            case "race":
                hear(0)
                hear(1)
                clear(which, f"first{i}")
                clear(1 - which, f"second{i}")
            case "undoes" if groups[which]:
                before = there()
                offered = groups[which] in notices.snapshot(0).undoable
                notices.undo(groups[which], told[which].turn, told[which].version)
                assert owed[which] <= there()
                assert (there() != before) == offered
                back = there() - before
                owed, groups[which] = [each - back for each in owed], ""
            case _:
                pass


def test_who_is_not_to_be_disturbed_finds_it_in_the_history() -> None:
    notices, (stream,) = made()
    stream.append({"id": "a", "title": "a"})
    notices.silent = True
    stream.append({"id": "b", "title": "b", "type": "error"})
    notices.silent = False
    stream.append({"id": "c", "title": "c"})
    assert state(notices) == [("c", False, True), ("b", False, False), ("a", False, True)]


def test_of_too_many_those_that_are_shown_stay_longest() -> None:
    notices, (stream,) = made(keep=2)
    for id in "ab":
        stream.append({"id": id, "title": id, "type": "error"})
    notices.dismiss([("0:b", None)])
    stream.append({"id": "c", "title": "c"})
    assert [item.id for item in notices.items()] == ["c", "a"]


def test_a_flood_is_read_as_far_as_anybody_could() -> None:
    notices, (stream,) = made()
    stream.append({"id": "a", "title": "a"})
    notices.ingest()
    stream.extend({"title": [f"t{i}" for i in range(MAX_READ + 5)]})
    assert len(notices) == 100
    assert notices.missed == 5
    assert notices.items()[0].title == f"t{MAX_READ + 4}"


class Odd:
    """An object that has no name to tell, nor a text."""

    @property
    def name(self) -> str:
        raise RuntimeError

    def __str__(self) -> str:
        raise RuntimeError

    def __float__(self) -> float:
        raise RuntimeError


@pytest.mark.parametrize("odd", [10**400, Odd(), Fraction(1, 3), [1], {"a": 1}, float("inf")])
def test_one_odd_record_does_not_hold_up_the_others(odd: Any) -> None:
    notices, (stream,) = made()
    stream.append({"id": "a", "title": "before"})
    stream.append(
        {"id": "b", "title": "odd", "type": odd, "duration": odd, "timestamp": odd, "progress": odd}
    )
    stream.append({"id": "c", "title": "after"})
    titles = [item.title for item in notices.items()]
    assert titles in (["after", "odd", "before"], ["after", "before"])
    assert notices.missed == 3 - len(titles)


def test_a_clear_that_comes_twice_does_not_take_what_came_back() -> None:
    notices, (stream,) = made()
    stream.append({"id": "a", "title": "a"})
    notices.clear("g")
    notices.undo()
    assert notices.clear("g") == 0
    assert len(notices) == 1
    assert notices.undo("h") == 0
    assert [notices.clear("h"), notices.clear("h")] == [0, 0]
    assert notices.snapshot(0).handled == ["g", "h"]


def test_the_next_with_an_id_does_not_say_what_passed_with_the_one_before() -> None:
    notices, (stream,) = made()
    stream.append({"id": "a", "title": "Train", "progress": 0.5, "actionLabel": "Stop", "autoRemove": False})
    stream.append({"id": "a", "message": "again"})
    (item,) = notices.items()
    assert (item.title, item.message, item.progress, item.action_label, item.auto_remove) == (
        "Train", "again", None, "", True,
    )  # fmt: skip


def test_what_stands_behind_those_that_are_seen_comes_to_the_front_again() -> None:
    notices, (stream,) = made()
    for id in "abcdef":
        stream.append({"id": id, "title": id, "type": "error"})
    stream.append({"id": "a", "title": "a"})
    stream.append({"id": "c", "title": "c"})
    assert [item.id for item in notices.items()] == ["a", "f", "e", "d", "c", "b"]


def test_fields_of_others_are_no_commands() -> None:
    notices, (stream,) = made()
    stream.append({"message": "I/O", "read": 1024, "removed": 3, "updated": 1_700_000_000_000})
    stream.append({"level": "info", "message": "request", "duration": 12.5})
    assert [(item.read, item.shown, item.duration) for item in notices.items()] == [(False, True, 5.0)] * 2


def test_who_holds_a_stream_may_ask_while_another_thread_does() -> None:
    notices, (stream,) = made()
    stream.append({"id": "a", "title": "a"})
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            notices.ingest()

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    for i in range(300):
        with stream.hold():
            stream.append({"id": str(i), "title": "t"})
            assert notices.unread >= 1
    stop.set()
    asking.join(30)
    assert not asking.is_alive()


IDS = st.sampled_from("abc")
ACTIONS = st.one_of(
    st.tuples(st.sampled_from(["come", "update", "regrade", "removed"]), IDS),
    st.tuples(st.sampled_from(["read", "unread", "hide", "dismiss", "remove"]), IDS),
    st.tuples(st.sampled_from(["late read", "late dismiss", "late clear", "late read all"]), IDS),
    st.tuples(st.sampled_from(["read all", "clear", "undo", "silence", "speak"]), st.just("")),
)


@given(st.lists(ACTIONS, max_size=40))
def test_the_count_of_the_unread_is_right_by_any_order_of_what_can_happen(actions: list[Any]) -> None:
    """Against a list that is done to by hand."""
    notices, (stream,) = made()
    model: dict[str, dict[str, Any]] = {}
    cleared: list[dict[str, dict[str, Any]]] = []
    turn = seen_turn = 0
    silent = False
    seen: dict[str, int] = {}  # as a page saw it, some time ago

    def forget(id: str) -> None:
        for group in cleared:
            group.pop(id, None)
        cleared[:] = [group for group in cleared if group]

    def arrive(id: str) -> None:
        nonlocal turn
        turn += 1
        forget(id)
        model[id] = {"read": False, "shown": not silent, "turn": turn, "type": model.get(id, {}).get("type")}

    for i, (what, id) in enumerate(actions):
        key = [(f"0:{id}", None)]
        item = model.get(id)
        late = [(f"0:{id}", seen.get(id, -1))]
        fresh = item is not None and item["turn"] == seen.get(id, -1)
        match what:
            case "come":
                stream.append({"id": id, "title": "t"})
                arrive(id)
            case "update":
                stream.append({"id": id, "updated": True, "message": "m"})
            case "regrade":
                kind = f"{['error', 'warning'][i % 2]}"
                stream.append({"id": id, "updated": True, "type": kind})
                if item is None or item["type"] != kind:
                    arrive(id)
                model[id]["type"] = kind
            case "removed":
                stream.append({"id": id, "removed": True})
                model.pop(id, None)
                forget(id)
            case "read" | "unread":
                notices.mark_read(key, what == "read")
                if item:
                    item["read"] = what == "read"
            case "hide":
                notices.hide(key)
                if item:
                    item["shown"] = False
            case "dismiss":
                notices.dismiss(key)
                if item:
                    item |= {"shown": False, "read": True}
            case "remove":
                notices.remove(key)
                model.pop(id, None)
            case "late read":
                notices.mark_read(late)
                if item and fresh:
                    item["read"] = True
            case "late dismiss":
                notices.dismiss(late)
                if item and fresh:
                    item |= {"shown": False, "read": True}
            case "late clear" | "clear":
                limit = seen_turn if what == "late clear" else turn
                gone = {key: value for key, value in model.items() if value["turn"] <= limit}
                notices.clear(f"g{i}", limit if what == "late clear" else None)
                model = {key: value for key, value in model.items() if key not in gone}
                cleared += [gone] if gone else []
            case "late read all" | "read all":
                limit = seen_turn if what == "late read all" else turn
                notices.mark_all_read(limit if what == "late read all" else None)
                for value in model.values():
                    value["read"] = value["read"] or value["turn"] <= limit
            case "undo":
                notices.undo()
                back = cleared.pop() if cleared else {}
                model |= back
            case _:
                silent = notices.silent = what == "silence"
        if i % 3 == 0:
            seen = {key: value["turn"] for key, value in model.items()}
            seen_turn = turn
        assert notices.unread == sum(not value["read"] for value in model.values())
        assert {item.id: (item.read, item.shown) for item in notices.items()} == {
            key: (value["read"], value["shown"]) for key, value in model.items()
        }
        assert notices.turn == turn
