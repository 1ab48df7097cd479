"""What a chat shows, for programs."""

from __future__ import annotations

import pandas as pd

from realtime_widgets.chat.conversation import Conversation, Me
from realtime_widgets.chat.message import ChatMessage, Said
from realtime_widgets.chat.room import RoomInfo
from realtime_widgets.widgets.chat_tables import messages_to_pandas, room_states


def test_rooms_are_values_that_can_be_compared() -> None:
    conversation = Conversation(Me("anna", "Anna"), lambda: 0.0, lambda: 1.7e9)
    last = Said("m1", "ken", "Ken", "the last", "text", 1.7e9, {})
    conversation.inform([RoomInfo(id="r", name="Room", members={"ken": "Ken"}, unread=2, last=last)])
    (room,) = before = room_states(conversation)
    assert (room.id, room.name, room.unread, room.members, room.last) == (
        "r",
        "Room",
        2,
        {"ken": "Ken"},
        "the last",
    )
    assert room_states(conversation) == before
    conversation.say("r", "key-1", Said("?", "anna", "Anna", "mine", "text", 1.7e9, {}), "sending")
    assert room_states(conversation)[0].last == "mine"


def test_messages_are_a_table_with_times_to_the_millisecond() -> None:
    common = {"room": "r", "user": "ken", "name": "Ken", "type": "text", "own": False}
    table = messages_to_pandas(
        [
            ChatMessage(id="a", text="x", ts=1.7e9 + 0.1234567, **common),  # type: ignore[arg-type]
            ChatMessage(id="b", text="y", ts=1.7e9, edited=1.8e9, **common),  # type: ignore[arg-type]
        ]
    )
    assert table["ts"].iloc[0] == pd.Timestamp("2023-11-14 22:13:20.123", tz="UTC")
    assert pd.isna(table["edited"].iloc[0])
    assert table["edited"].iloc[1] == pd.Timestamp(1.8e9, unit="s", tz="UTC")
    assert list(table["text"]) == ["x", "y"]
    assert messages_to_pandas([]).empty


def test_a_table_without_rows_has_the_types_of_one_with_some() -> None:
    message = ChatMessage(
        id="a", room="r", user="ken", name="Ken", text="x", type="text", ts=1.7e9, own=False
    )
    filled, empty = messages_to_pandas([message]), messages_to_pandas([])
    assert dict(empty.dtypes) == dict(filled.dtypes)
    assert dict(pd.concat([empty, filled]).dtypes) == dict(filled.dtypes)
