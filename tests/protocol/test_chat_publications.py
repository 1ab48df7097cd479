"""What is said of rooms, by our hub and by others."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.protocol.chat import BadChat
from realtime_widgets.protocol.chat_publications import (
    PUBLICATIONS,
    ChatMessage,
    Coming,
    Deleted,
    Edited,
    Growing,
    Participant,
    Publication,
    Reaction,
    Read,
    Room,
    Typing,
    User,
    read_publication,
    read_rooms,
)

MESSAGE = {"id": "m1", "roomId": "r", "userId": "u", "username": "U", "content": "hi", "timestamp": 5, "type": "text",
           "metadata": {"a": 1}}  # fmt: skip

WHOLE: list[tuple[str, dict[str, Any], Publication]] = [
    ("message", MESSAGE, ChatMessage(id="m1", room_id="r", user_id="u", username="U", content="hi", timestamp=5,
                                     metadata={"a": 1})),
    ("user_joined", {"roomId": "r", "user": {"id": "u", "username": "U"}, "timestamp": 5},
     Coming(room_id="r", user=User(id="u", username="U"), timestamp=5)),
    ("user_left", {"roomId": "r", "user": {"id": "u", "username": "U"}},
     Coming(room_id="r", user=User(id="u", username="U"))),
    ("message_edited", {"roomId": "r", "messageId": "m1", "userId": "u", "content": "ho", "timestamp": 5},
     Edited(room_id="r", message_id="m1", user_id="u", content="ho", timestamp=5)),
    ("message_deleted", {"roomId": "r", "messageId": "m1", "userId": "u", "timestamp": 5},
     Deleted(room_id="r", message_id="m1", user_id="u", timestamp=5)),
    ("reaction", {"roomId": "r", "messageId": "m1", "userId": "u", "username": "U", "reaction": "+", "on": False},
     Reaction(room_id="r", message_id="m1", user_id="u", username="U", reaction="+", on=False)),
    ("typing_start", {"roomId": "r", "userId": "u", "username": "U", "timestamp": 5},
     Typing(room_id="r", user_id="u", username="U", timestamp=5)),
    ("typing_stop", {"roomId": "r", "userId": "u"}, Typing(room_id="r", user_id="u")),
    ("message_growing", {"roomId": "r", "id": "x", "userId": "u", "username": "U", "content": "h"},
     Growing(room_id="r", id="x", user_id="u", username="U", content="h")),
    ("read", {"roomId": "r", "userId": "u", "offset": 3}, Read(room_id="r", user_id="u", offset=3)),
]  # fmt: skip


def test_there_is_an_example_of_each():
    assert {kind for kind, _, _ in WHOLE} == PUBLICATIONS.keys()


@pytest.mark.parametrize(("kind", "data", "found"), WHOLE)
def test_each_is_read_whatever_else_it_has(kind: str, data: dict[str, Any], found: Publication):
    assert read_publication(kind, data) == found
    assert read_publication(kind, data | {"more": [1]}) == found


@pytest.mark.parametrize("data", [None, 3, [], {}, {"roomId": 3}, {"roomId": "r", "user": "u"}])
@pytest.mark.parametrize("kind", PUBLICATIONS)
def test_what_is_none_is_refused(kind: str, data: Any):
    with pytest.raises(BadChat, match=f"^this {kind} cannot be read"):
        read_publication(kind, data)


def test_the_list_of_another_server_is_read():
    theirs = [{"id": "r", "name": "Room", "participants": [{"id": "u", "username": "U"}], "lastMessage": MESSAGE,
               "unreadCount": 2}, {"id": "s"}]  # fmt: skip
    first, second = read_rooms(theirs)
    assert (first.participants, first.unread_count) == ((Participant(id="u", username="U"),), 2)
    assert first.last_message is not None
    assert first.last_message.content == "hi"
    assert (first.members, first.member, first.offset, first.read) == (None, None, None, 0)
    assert second == Room(id="s")
    for bad in (None, {}, [3], [{"name": "no id"}]):
        with pytest.raises(BadChat, match=r"^this rooms_list cannot be read"):
            read_rooms(bad)
