"""The names of rooms and of their channels."""

from __future__ import annotations

import pytest

from realtime_widgets.protocol.chat import (
    CHAT,
    MAX_ROOM_LENGTH,
    TYPING,
    channel_of_room,
    room_of,
    typing_of_room,
)
from realtime_widgets.protocol.limits import MAX_NAME_LENGTH


@pytest.mark.parametrize(
    "room", ["general", "chat:x", "typing:chat:x", "会議", "a b,c", "*", "x" * MAX_ROOM_LENGTH]
)
def test_a_room_has_two_channels_which_say_whose_they_are(room: str):
    assert room_of(channel_of_room(room)) == room == room_of(typing_of_room(room))
    assert typing_of_room(room) == TYPING + CHAT + room
    assert len(typing_of_room(room)) <= MAX_NAME_LENGTH, "the name of a channel is as long as it may be"


@pytest.mark.parametrize(
    "channel", ["metrics", "typing:cpu", "presence:chat:general", "Chat:general", "rooms"]
)
def test_other_channels_are_of_no_room(channel: str):
    assert room_of(channel) is None
