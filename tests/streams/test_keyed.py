"""Keyed records, by value, and against a model that keeps everything."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.streams import keyed
from realtime_widgets.streams.keyed import Keyed, KeyedRecords


def made(*keys: str, keep: int = 100) -> KeyedRecords:
    records = KeyedRecords(keep)
    for i, key in enumerate(keys):
        records.put(key, {"n": i}, float(i))
    return records


def keys(records: Any) -> list[str]:
    return [item.key for item in records]


def test_records_of_one_key_are_one_item_whose_fields_stay_until_another_value_comes() -> None:
    records = made("a", "b")
    item = records.put("a", {"m": "x"}, 7.0)
    assert (item.fields, item.ts, item.count) == ({"n": 0, "m": "x"}, 7.0, 2)
    assert keys(records) == ["a", "b"]
    assert records.put("a", {"n": 5}, 3.0, counts=False).count == 2
    assert item.ts == 7.0  # a late record does not make it older
    assert keys(reversed(records)) == ["b", "a"]


def test_an_item_that_comes_anew_is_the_newest() -> None:
    records = made("a", "b")
    records.put("a", {}, 2.0, anew=True)
    assert keys(records) == ["b", "a"]


def test_only_what_differs_is_a_change_of_state() -> None:
    records = made("a", "b")
    assert keys(records.set(["a", "b", "?"], read=True)) == ["a", "b"]
    version = records.version
    assert records.set(["a"], read=True) == []
    assert records.version == version
    assert records.put("a", {}, 1.0, state={"read": False}).state == {"read": False}


def test_what_was_cleared_comes_back_to_its_place_unless_its_key_came_anew() -> None:
    records = made("a", "b", "c")
    records.put("d", {}, 4.0)
    assert keys(records.clear("first", lambda item: item.key != "d")) == ["a", "b", "c"]
    assert keys(records) == ["d"]
    assert records.cleared == ["first"]
    records.put("b", {"new": True}, 5.0)
    assert keys(records.restore("first")) == ["a", "c"]
    assert keys(records) == ["a", "c", "d", "b"]
    assert records.restore("first") == []
    assert records.cleared == []


def test_clearing_nothing_forgets_nothing() -> None:
    records = made("a")
    records.clear("first")
    assert records.clear("second") == []
    assert keys(records.restore("first")) == ["a"]


def test_each_of_the_latest_clears_can_be_taken_back_for_itself() -> None:
    records = made("a", "b")
    records.clear("first")
    records.put("c", {}, 3.0)
    records.clear("second")
    assert records.cleared == ["first", "second"]
    assert keys(records.restore("first")) == ["a", "b"]
    assert keys(records.restore("second")) == ["c"]
    assert keys(records) == ["a", "b", "c"]


def test_what_others_cleared_meanwhile_belongs_to_who_did_not_know_of_it() -> None:
    records = made("a", "b")
    known = records.version
    records.clear("first")
    assert records.clear("second", after=known) == []
    assert records.clear("third", after=records.version) == []
    assert records.cleared == ["first", "second"]
    assert keys(records.restore("second")) == ["a", "b"]
    assert records.cleared == []  # there is nothing left of the first, either
    assert records.restore("first") == []


def test_what_was_removed_for_itself_does_not_come_back() -> None:
    records = made("a", "b")
    records.clear("g")
    version = records.version
    records.remove("a")
    assert not records.is_known("a")
    records.remove("b")
    assert records.cleared == []
    assert records.version > version  # who follows is told


def test_what_can_be_taken_back_is_bounded() -> None:
    records = made(*"abc", keep=2)
    records.clear("first")
    for key in "de":
        records.put(key, {}, 0.0)
        records.clear(key)
    assert records.cleared == ["d", "e"]
    for i in range(2 * keyed.MAX_CLEARED):
        records.keep = 100
        records.put(f"k{i}", {}, 0.0)
        records.clear(f"g{i}")
    assert len(records.cleared) == keyed.MAX_CLEARED


def test_of_too_many_the_oldest_go_and_those_that_are_spared_last() -> None:
    records = KeyedRecords(2, spare=lambda item: item.fields.get("grave", False))
    for key, grave in [("a", True), ("b", False), ("c", False), ("d", True)]:
        records.put(key, {"grave": grave}, 0.0)
    assert keys(records.trim()) == ["b", "c"]
    records.put("e", {"grave": True}, 0.0)
    assert keys(records.trim()) == ["a"]
    assert records.evicted == 3
    assert records.trim() == []


def test_who_lags_behind_what_is_forgotten_needs_a_snapshot(monkeypatch: Any) -> None:
    monkeypatch.setattr(keyed, "MAX_TOMBSTONES", 2)
    records = made("a", "b", "c")
    had = records.version
    for key in "abc":
        records.remove(key)
    assert records.changes(had) is None
    assert records.changes(had + 1) is not None


ACTIONS = st.one_of(
    st.tuples(st.just("put"), st.sampled_from("abcde"), st.booleans()),
    st.tuples(st.just("set"), st.sampled_from("abcde"), st.booleans()),
    st.tuples(st.just("remove"), st.sampled_from("abcde"), st.none()),
    st.tuples(st.just("clear"), st.integers(0, 12), st.none()),
    st.tuples(st.just("restore"), st.none(), st.none()),
    st.tuples(st.just("trim"), st.none(), st.none()),
    st.tuples(st.just("take"), st.none(), st.none()),
)


@given(st.lists(ACTIONS, max_size=40))
def test_a_snapshot_with_the_changes_after_it_is_the_next_snapshot(actions: list[Any]) -> None:
    records = KeyedRecords(4)
    copy: dict[str, Any] = {}
    had = 0

    def whole(item: Keyed) -> Any:
        return dict(item.fields), dict(item.state), item.place, item.count, item.version

    def take() -> None:
        nonlocal had
        changes = records.changes(had)
        assert changes is not None
        for key in changes.removed:
            copy.pop(key, None)
        copy.update({item.key: whole(item) for item in changes.items})
        had = records.version

    for i, (what, about, flag) in enumerate(actions):
        match what:
            case "put":
                records.put(about, {"n": i}, float(i), anew=flag)
            case "set":
                records.set([about], read=flag)
            case "remove":
                records.remove(about)
            case "clear":
                records.clear("g", lambda item, place=about: item.place <= place)
            case "restore":
                records.restore("g")
            case "trim":
                records.trim()
            case _:
                take()
    take()
    assert copy == {item.key: whole(item) for item in records}
    places = [item.place for item in records]
    assert places == sorted(set(places))


def test_items_stand_at_the_places_that_they_are_given() -> None:
    records = KeyedRecords(100)
    for key, place in (("c", 30.0), ("a", 10.0), ("d", 40.0), ("b", 20.0)):
        records.put(key, {}, 0.0, place=place)
    assert keys(records) == ["a", "b", "c", "d"]
    records.put("a", {}, 0.0, place=35.0)
    assert keys(reversed(records)) == ["d", "a", "c", "b"]
    records.put("c", {"n": 1}, 0.0)  # which says nothing of its place
    records.keep = 2
    assert [item.key for item in records.trim()] == ["b", "c"]


def test_what_is_put_quietly_is_no_change_until_something_becomes_of_it() -> None:
    records = made("a")
    version = records.version
    records.put("old", {}, 0.0, place=0.5, quiet=True)
    assert keys(records) == ["old", "a"]
    changes = records.changes(0)
    assert changes is not None
    assert (records.version, keys(changes.items)) == (version, ["a"])
    records.set(["old"], read=True)
    changes = records.changes(version)
    assert changes is not None
    assert keys(changes.items) == ["old"]
