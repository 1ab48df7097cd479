"""Members: a note that hubs share, by values and against a plain model."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_widgets.hub.members import STAY, meet

HUBS, PEOPLE = "AB", "xyz"


def test_who_comes_and_goes_is_told_once():
    note, meeting = meet(b"", 1.0, hub="A", here=["anna", "bo"])
    assert (meeting.joined, meeting.left, meeting.members) == (("anna", "bo"), (), ("anna", "bo"))
    note, again = meet(note, 2.0, hub="A", here=["anna", "bo"])
    assert (again.joined, again.left, again.version) == ((), (), meeting.version)
    _, third = meet(note, 3.0, hub="A", here=["bo"], gone=["anna"])
    assert (third.joined, third.left, third.members) == ((), ("anna",), ("bo",))
    assert third.version > again.version


def test_who_is_at_two_hubs_stays_until_both_say_they_are_gone():
    note, _ = meet(b"", 1.0, hub="A", here=["anna"])
    note, second = meet(note, 1.0, hub="B", here=["anna"])
    assert (second.joined, second.members) == ((), ("anna",))
    note, third = meet(note, 2.0, hub="A", gone=["anna"])
    assert (third.left, third.members) == ((), ("anna",))
    assert meet(note, 2.0, hub="B", gone=["anna"])[1].left == ("anna",)


def test_the_members_of_a_hub_that_says_nothing_any_more_leave_after_a_while():
    note, _ = meet(b"", 1.0, hub="A", here=["anna"])
    note, early = meet(note, 1.0 + STAY / 2, hub="B", here=["bo"])
    assert early.members == ("anna", "bo")
    _, late = meet(note, 1.0 + STAY, hub="B", here=["bo"])
    assert (late.left, late.members) == (("anna",), ("bo",))


def test_a_hub_that_slept_has_its_members_still():
    note, _ = meet(b"", 1.0, hub="A", here=["anna"])
    assert meet(note, 10_000.0, hub="A", here=["anna"])[1][1:] == ((), (), ("anna",))


def test_looking_changes_nothing():
    note, met = meet(b"", 1.0, hub="A", here=["anna"])
    assert meet(note, 2.0) == (note, met._replace(joined=()))
    assert meet(b"", 2.0)[0] == b""


def test_a_note_that_somebody_else_has_written_is_begun_anew():
    assert meet(b"\xff", 1.0, hub="A", here=["anna"])[1].members == ("anna",)


def test_of_very_many_only_the_number_is_told():
    _, meeting = meet(b"", 1.0, hub="A", here=[f"{i:03}" for i in range(300)])
    told = meeting.described(200)
    assert (told["count"], told["members"], len(told["joined"])) == (300, None, 200)
    assert meeting.described(300)["members"] == meeting.members
    msgspec.json.encode(told)


SAID = st.tuples(
    st.sampled_from(HUBS),
    st.frozensets(st.sampled_from(PEOPLE)),
    st.floats(0, 40, allow_nan=False),
)


@settings(max_examples=300)
@given(st.lists(SAID, max_size=30))
def test_joins_and_leaves_add_up_to_who_is_there(said: list[Any]):
    note, now, version = b"", 1000.0, 0
    had: dict[str, frozenset[str]] = dict.fromkeys(HUBS, frozenset())
    until: dict[tuple[str, str], float] = {}
    told: set[str] = set()
    for hub, here, pause in said:
        now += pause
        gone = had[hub] - here
        note, meeting = meet(note, now, hub=hub, here=here, gone=gone)
        had[hub] = here
        until = {
            key: end for key, end in until.items() if end > now and key not in {(hub, each) for each in gone}
        }
        until |= {(hub, each): now + STAY for each in here}
        assert set(meeting.members) == {member for _, member in until}
        assert not set(meeting.joined) & told
        assert set(meeting.left) <= told
        told = (told | set(meeting.joined)) - set(meeting.left)
        assert told == set(meeting.members)
        assert (meeting.version > version) == bool(meeting.joined or meeting.left)
        version = meeting.version
