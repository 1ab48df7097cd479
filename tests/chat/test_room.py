"""One room: what its server says of it, and what is read."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.chat.message import Said
from realtime_widgets.chat.room import MAX_UNREAD, Room, RoomInfo, rooms_in
from realtime_widgets.streams.gaps import Position


def test_a_list_of_rooms_is_read_with_care() -> None:
    last = {"id": "m1", "userId": "ken", "username": "Ken", "content": "hi", "timestamp": 1.7e12}
    whole: dict[str, Any] = {
        "id": "r",
        "name": "Room",
        "participants": [{"id": "ken", "username": "Ken", "read": 3}, "mia", {"id": None}, 7, None],
        "lastMessage": last,
        "unreadCount": 2,
        "member": False,
        "epoch": "e",
        "offset": 9,
    }
    (room,) = rooms_in([whole, {"name": "without an id"}, None])
    assert (room.id, room.name, room.joined, room.unread, room.position) == (
        "r",
        "Room",
        False,
        2,
        Position("e", 9),
    )
    assert room.members == {"ken": "Ken", "mia": "mia", "7": "7"}
    assert room.reads == {"ken": 3}
    assert room.last is not None
    assert room.last.text == "hi"
    (bare,) = rooms_in([{"id": "r"}])  # as an existing server may have it
    assert (bare.name, bare.joined, bare.unread, bare.position, bare.last) == ("r", True, 0, None, None)
    assert list(rooms_in({"id": "r"})) == []


@pytest.mark.parametrize(
    "wrong", [{"unreadCount": -1}, {"unreadCount": True}, {"unreadCount": "3"}, {"offset": -1}]
)
def test_numbers_that_are_none_count_nothing(wrong: dict[str, Any]) -> None:
    (room,) = rooms_in([{"id": "r", "epoch": "e", **wrong}])
    assert (room.unread, room.position) == (0, None)


def test_until_there_are_messages_the_server_says_which_is_the_last_and_how_many_are_unread() -> None:
    room = Room(RoomInfo(id="r", name="r"), 10)
    last = Said("m9", "ken", "Ken", "hi", "text", 1.7e9, {})
    room.inform(
        RoomInfo(id="r", name="R", unread=4, position=Position("e", 9), last=last, reads={"ken": 9}), "anna"
    )
    assert (room.name, room.last, room.unread("anna"), room.has_older) == ("R", last, 4, True)
    assert room.reads(besides="anna") == [("ken", 9)]
    assert room.unread("anna") <= MAX_UNREAD


def test_what_is_read_never_becomes_unread() -> None:
    room = Room(RoomInfo(id="r", name="r"), 10)
    assert room.see("anna", 5)
    assert not room.see("anna", 3)
    room.inform(RoomInfo(id="r", name="r", position=Position("e", 9), reads={"anna": 2}), "anna")
    assert room.read_by("anna") == 5
