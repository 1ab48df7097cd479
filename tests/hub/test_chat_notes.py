"""The notes of rooms and members: what changes them, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.hub import chat_notes
from realtime_widgets.hub.chat_notes import (
    MAX_MEMBERS,
    MAX_MEMBERS_EACH,
    MAX_NOTE_BYTES,
    MAX_ROOMS,
    MAX_ROOMS_EACH,
    REFRESH_AFTER,
    Member,
    members_in,
    refreshed,
    rooms_in,
    with_marks,
    with_member,
    with_room,
    without_member,
    without_room,
)
from realtime_widgets.protocol.chat_publications import User
from realtime_widgets.streams.gaps import Position

NOW = 1764417600.0


def user(id: str, name: str = "") -> User:
    return User(id=id, username=name or id)


def with_members(*ids: str) -> bytes:
    note = b""
    for id in ids:
        note, _ = with_member(note, NOW, user(id), None)
    return note


def test_rooms_are_listed_in_the_order_in_which_they_were_made():
    note = b""
    for room, outcome in (("z", "new"), ("a", "new"), ("z", "there"), ("m", "new")):
        note, found = with_room(note, NOW, room, room.upper())
        assert found == outcome
    assert list(rooms_in(note).items()) == [("z", "Z"), ("a", "A"), ("m", "M")]
    note = without_room(note, NOW, "a")
    assert list(rooms_in(note)) == ["z", "m"]
    assert without_room(note, NOW + 9, "a") is note
    assert rooms_in(with_room(note, NOW, "z", "another name")[0])["z"] == "Z", (
        "who comes later does not rename it"
    )


def test_a_member_is_new_once_and_is_called_as_they_say_now():
    note, outcome = with_member(b"", NOW, user("a", "Anna"), None)
    assert (members_in(note), outcome) == ({"a": Member("Anna")}, "new")
    again, outcome = with_member(note, NOW + 9, user("a", "Anna"), None)
    assert (again, outcome) == (note, "there"), "nothing is written"
    renamed, outcome = with_member(note, NOW, user("a", "Anna B."), Position("e", 7))
    assert (members_in(renamed), outcome) == ({"a": Member("Anna B.", 7, "e")}, "there")
    kept, _ = with_member(renamed, NOW, user("a", "Anna"), None)
    assert members_in(kept) == {"a": Member("Anna", 7, "e")}, "what they have read stays"


def test_who_leaves_is_told_and_of_the_last_nothing_is_left():
    note = with_members("a", "b")
    note, gone = without_member(note, NOW, "a")
    assert gone == Member("a")
    assert without_member(note, NOW, "a") == (note, None)
    assert without_member(note, NOW, "b") == (b"", Member("b"))


def test_marks_go_on_and_never_back():
    note = with_members("a", "b")
    note = with_marks(note, NOW, {"a": Position("e", 5), "nobody": Position("e", 5)})
    assert members_in(note) == {"a": Member("a", 5, "e"), "b": Member("b")}
    assert with_marks(note, NOW + 9, {"a": Position("e", 5)}) is note
    assert with_marks(note, NOW + 9, {"a": Position("e", 4)}) is note
    assert with_marks(note, NOW + 9, {}) is note
    anew = with_marks(note, NOW, {"a": Position("f", 2)})
    assert members_in(anew)["a"] == Member("a", 2, "f"), "the channel is numbered anew"


@pytest.mark.parametrize(
    ("there", "read"),
    [(Position("e", 9), 5), (Position("e", 5), 5), (Position("f", 9), 5), (Position("f", 3), 0), (Position("", 0), 0)],
)  # fmt: skip
def test_what_was_read_holds_unless_the_channel_begins_anew(there: Position, read: int):
    assert Member("a", 5, "e").read_in(there) == read


def test_there_are_so_many_rooms_and_members():
    note = b""
    for number in range(MAX_ROOMS):
        note, _ = with_room(note, NOW, f"{number}", "")
    assert with_room(note, NOW, "more", "") == (note, "full")
    assert with_room(note, NOW, "0", "") == (note, "there")
    note = with_members(*map(str, range(MAX_MEMBERS)))
    assert with_member(note, NOW, user("more"), None) == (note, "full")
    assert with_member(note, NOW, user("0"), None) == (note, "there")


@pytest.mark.parametrize("length", [200, 401])
def test_a_note_has_a_size_that_every_engine_takes(length: int):
    note = b""
    for number in range(MAX_MEMBERS):
        after, outcome = with_member(
            note, NOW, user(f"{number}".rjust(length, "😀")), Position("e" * 8, 10**6)
        )
        assert len(after) <= MAX_NOTE_BYTES
        if outcome == "full":
            assert after == note
            break
        note = after
    assert outcome == "full"
    some = next(iter(members_in(note)))
    while (found := with_member(note, NOW, user(some, "n" * length), None))[0] != note:
        note = found[0]
        some = next((id for id, member in members_in(note).items() if member.name != "n" * length), some)
    assert len(note) <= MAX_NOTE_BYTES, "also when its members have other names"


def test_who_was_not_seen_for_longest_and_may_go_gives_way():
    note = with_members(*map(str, range(MAX_MEMBERS)))
    note, _ = with_member(note, NOW, user("0"), Position("e", 1))
    note = with_marks(note, NOW, {"1": Position("e", 2)})
    asked: list[str] = []

    def may_go(id: str) -> bool:
        asked.append(id)
        return id != "2"

    after, outcome = with_member(note, NOW, user("more"), None, may_go=may_go)
    assert (outcome, asked) == ("new", ["2", "3"]), "0 has come again, and 1 has read on"
    assert members_in(note).keys() - members_in(after).keys() == {"3"}
    assert list(members_in(after))[-3:] == ["0", "1", "more"]
    assert with_member(note, NOW, user("5"), None, may_go=may_go) == (note, "there")


def test_one_client_brings_so_many_members_and_then_one_of_its_own_gives_way():
    def counts(id: str) -> bool:
        return id.startswith("m/")

    note = with_members("a", *(f"m/{number}" for number in range(MAX_MEMBERS_EACH)), "b")
    assert with_member(note, NOW, user("m/more"), None, counts) == (note, "many")
    assert with_member(note, NOW, user("m/more"), None, counts, lambda id: id == "a") == (note, "many")
    assert with_member(note, NOW, user("m/3", "M"), None, counts)[1] == "there"
    after, outcome = with_member(note, NOW, user("m/more"), None, counts, lambda id: id != "m/0")
    assert (outcome, members_in(note).keys() - members_in(after).keys()) == ("new", {"m/1"})
    assert with_member(note, NOW, user("c"), None)[1] == "new", "nobody else is refused"


def test_as_many_give_way_as_have_the_bytes_of_who_comes():
    long, ids, note, outcome = "😀" * 190, list[str](), b"", "new"
    while outcome == "new":
        ids.append(f"{len(ids)}")
        note, outcome = with_member(note, NOW, user(ids[-1], long[: len(ids) % 190]), None)
    new = user(f"new {long}", long)
    assert with_member(note, NOW, new, None, may_go=lambda id: id == "0") == (note, "full")
    after, outcome = with_member(note, NOW, new, None, may_go=lambda id: id != "0")
    assert (outcome, len(after) <= MAX_NOTE_BYTES) == ("new", True)
    left = list(members_in(after))
    gone = len(members_in(note)) + 1 - len(left)
    assert left == ["0", *ids[1 + gone : -1], new.id], "no more than that, and the first of them"
    back, _ = with_member(note, NOW, new, None, may_go=lambda id: id in ids[1:gone])
    assert back == note, "fewer are too few"


def test_one_token_makes_so_many_rooms_that_are_there():
    note, _ = with_room(b"", NOW, "first", "")
    for number in range(MAX_ROOMS_EACH):
        note, outcome = with_room(note, NOW, f"{number}", "", by="m")
        assert outcome == "new"
    assert with_room(note, NOW, "more", "", by="m") == (note, "many")
    assert with_room(note, NOW, "first", "", by="m") == (note, "there")
    for other in ("", "n"):
        assert with_room(note, NOW, "more", "", by=other)[1] == "new"
    note = without_room(note, NOW, "7")
    note, outcome = with_room(note, NOW, "7", "")
    assert outcome == "new"
    assert with_room(note, NOW, "more", "", by="m")[1] == "new", "it has one less"
    old = b'{"at": 1.0, "rooms": {"a": "A"}}'
    assert rooms_in(with_room(old, NOW, "b", "B", by="m")[0]) == {"a": "A", "b": "B"}


@pytest.mark.parametrize("kind", ["rooms", "members"])
def test_a_note_that_is_read_is_written_again_before_it_is_forgotten(kind: str):
    note = with_room(b"", NOW, "a", "A")[0] if kind == "rooms" else with_members("a")
    assert refreshed(note, NOW + REFRESH_AFTER - 1, kind) is note  # type: ignore[arg-type]
    again = refreshed(note, NOW + REFRESH_AFTER, kind)  # type: ignore[arg-type]
    assert again != note
    assert (rooms_in(again), members_in(again)) == (rooms_in(note), members_in(note))
    assert refreshed(again, NOW + REFRESH_AFTER + 1, kind) is again  # type: ignore[arg-type]
    assert refreshed(b"", NOW, kind) == b"", "of nothing there is no note"  # type: ignore[arg-type]


@pytest.mark.parametrize("note", [b"{", b"[]", b'{"members": 3, "rooms": 3}', b"\xff"])
def test_what_somebody_else_has_written_is_as_nothing(note: bytes):
    assert (rooms_in(note), members_in(note)) == ({}, {})
    assert with_member(note, NOW, user("a"), None)[1] == with_room(note, NOW, "a", "")[1] == "new"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["in", "out", "mark"]), st.integers(0, 9))))
def test_members_are_those_who_came_and_did_not_leave(steps: list[tuple[str, str, int]]):
    note, model = b"", dict[str, int]()
    for who, what, offset in steps:
        if what == "in":
            note, outcome = with_member(note, NOW, user(who), None)
            assert outcome == ("there" if who in model else "new")
            model.setdefault(who, 0)
        elif what == "out":
            note, gone = without_member(note, NOW, who)
            assert (gone is not None) == (model.pop(who, None) is not None)
        else:
            note = with_marks(note, NOW, {who: Position("e", offset)})
            if who in model:
                model[who] = max(model[who], offset)
    assert {who: member.read for who, member in members_in(note).items()} == model
    assert bool(note) == bool(model)
    assert chat_notes.rooms_in(note) == {}
