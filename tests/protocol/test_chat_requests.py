"""Requests of the chat: what is read, and the sentences about what is not."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from realtime_widgets.protocol.chat import (
    MAX_CONTENT,
    MAX_METADATA_BYTES,
    MAX_REACTION,
    MAX_REQUEST_BYTES,
    MAX_ROOM_LENGTH,
    BadChat,
)
from realtime_widgets.protocol.chat_requests import (
    REQUESTS,
    JoinRooms,
    MarkRead,
    React,
    Request,
    SendMessage,
    TypingStop,
    read_request,
)

GOOD: dict[str, dict[str, Any]] = {
    "join_rooms": {"userId": "anna"},
    "join_room": {"roomId": "general", "userId": "anna"},
    "leave_room": {"roomId": "general", "userId": "anna"},
    "send_message": {
        "roomId": "general",
        "userId": "anna",
        "username": "Anna",
        "content": "hi",
        "type": "text",
    },
    "edit_message": {"roomId": "general", "messageId": "m1", "offset": 3, "content": "ho", "userId": "anna"},
    "delete_message": {"roomId": "general", "messageId": "m1", "offset": 3, "userId": "anna"},
    "react": {"roomId": "general", "messageId": "m1", "reaction": "👍🏽", "on": False, "userId": "anna"},
    "mark_read": {"roomId": "general", "offset": 3, "userId": "anna"},
    "typing_start": {"roomId": "general", "userId": "anna", "username": "Anna"},
    "typing_stop": {"roomId": "general", "userId": "anna"},
    "grow_message": {"roomId": "general", "id": "x1", "userId": "bot", "username": "Bot", "content": ""},
    "load_messages": {"roomId": "general", "before": 7, "limit": 20, "userId": "u1", "username": "Anna"},
}
"""One of each, as the catalogue's client or ours says it."""


def read(kind: str, **changes: Any) -> Request:
    return read_request(kind, json.dumps(GOOD[kind] | changes).encode())


def test_there_is_an_example_of_each():
    assert GOOD.keys() == REQUESTS.keys()


@pytest.mark.parametrize("kind", REQUESTS)
def test_each_is_read_with_what_it_says(kind: str):
    found = msgspec.json.encode(read(kind))
    assert json.loads(found).items() >= GOOD[kind].items()
    assert msgspec.json.encode(read(kind, timestamp=3, more=[{}])) == found, "other keys do not matter"


@pytest.mark.parametrize("kind", REQUESTS)
def test_who_asks_may_be_left_to_the_token(kind: str):
    rest = {key: value for key, value in GOOD[kind].items() if key not in ("userId", "username")}
    assert read_request(kind, json.dumps(rest).encode()).user_id == ""


@pytest.mark.parametrize(
    ("kind", "key"),
    [(kind, key) for kind, good in GOOD.items() for key in good
     if key not in ("userId", "username", "type", "on", "limit")],
)  # fmt: skip
def test_what_is_missing_is_named_with_what_there_should_be(kind: str, key: str):
    rest = {name: value for name, value in GOOD[kind].items() if name != key}
    with pytest.raises(BadChat, match=rf'^this {kind} cannot be read: .*`{key}`; send \{{.*"{key}": …'):
        read_request(kind, json.dumps(rest).encode())


@pytest.mark.parametrize(
    ("kind", "changes", "text"),
    [
        ("send_message", {"content": 3}, "Expected `str`, got `int` - at `$.content`"),
        ("send_message", {"roomId": ""}, "the roomId of a send_message is empty: it may have 1 to 150"),
        ("send_message", {"roomId": "x" * (MAX_ROOM_LENGTH + 1)}, "the roomId of a send_message has 151 characters"),
        ("send_message", {"content": "x" * (MAX_CONTENT + 1)}, "the content of a send_message has 20,001 characters"),
        ("send_message", {"userId": "x" * 201}, "the userId of a send_message has 201 characters"),
        ("send_message", {"username": "x" * 201}, "the username of a send_message has 201 characters"),
        ("send_message", {"content": " \n\t\u3000"}, "a blank message says nothing; send some content"),
        ("send_message", {"content": " ", "type": "system"}, "a blank message says nothing"),
        ("send_message", {"type": "video"}, "'video' - at `$.type`"),
        ("send_message", {"metadata": "big"}, "the metadata of a message cannot be '\"big\"'; send an object"),
        ("send_message", {"metadata": [1]}, "send an object"),
        ("send_message", {"metadata": {"a": "x" * MAX_METADATA_BYTES}}, "they may have 16,384"),
        ("send_message", {"more": "x" * MAX_REQUEST_BYTES}, "is too large; send less at once"),
        ("edit_message", {"content": " "}, "send delete_message instead"),
        ("edit_message", {"offset": "3"}, "Expected `int`, got `str` - at `$.offset`"),
        ("edit_message", {"offset": -1}, "the offset of a edit_message cannot be -1"),
        ("delete_message", {"offset": 2**53}, "cannot be 9007199254740992"),
        ("delete_message", {"messageId": ""}, "the messageId of a delete_message is empty"),
        ("react", {"reaction": "x" * (MAX_REACTION + 1)}, "the reaction of a react has 33 characters"),
        ("react", {"reaction": ""}, "the reaction of a react is empty"),
        ("react", {"reaction": "  "}, "a blank reaction says nothing; send an emoji"),
        ("react", {"on": 1}, "Expected `bool`, got `int`"),
        ("mark_read", {"offset": 1.5}, "Expected `int`, got `float`"),
        ("join_room", {"name": "x" * (MAX_ROOM_LENGTH + 1)}, "the name of a join_room has 151 characters"),
        ("grow_message", {"id": ""}, "the id of a grow_message is empty"),
        ("grow_message", {"content": "x" * (MAX_CONTENT + 1)}, "20,001"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_a_sentence(kind: str, changes: dict[str, Any], text: str):
    with pytest.raises(BadChat) as refused:
        read(kind, **changes)
    assert text in str(refused.value)


@pytest.mark.parametrize("kind", [kind for kind in REQUESTS if kind != "join_rooms"])
def test_a_room_cannot_be_called_as_a_step_of_a_path(kind: str):
    for room in (".", ".."):
        with pytest.raises(BadChat, match=rf"^no room can be called '{room}', .*; choose another name$"):
            read(kind, roomId=room)
    for room in ("...", ".x", "a/..", " .."):
        assert getattr(read(kind, roomId=room), "room_id", "") == room


@pytest.mark.parametrize("data", [b"", b"3", b"[]", b"null", b'"x"', b"{", b'{"a":' * 5000, b"\xff"])
@pytest.mark.parametrize("kind", REQUESTS)
def test_data_that_are_no_object_are_refused(kind: str, data: bytes):
    with pytest.raises(BadChat, match=f"this {kind} cannot be read"):
        read_request(kind, data)


def test_what_is_as_large_as_it_may_be_is_read_however_it_is_escaped():
    longest = {"content": "😀" * MAX_CONTENT, "roomId": "😀" * MAX_ROOM_LENGTH, "userId": "😀" * 200}
    metadata = {"a": "x" * (MAX_METADATA_BYTES - 9)}
    raw = json.dumps(GOOD["send_message"] | longest | {"metadata": metadata}).encode()
    assert raw.count(b"\\u") > 2 * MAX_CONTENT
    found = read_request("send_message", raw)
    assert isinstance(found, SendMessage)
    assert (found.content, json.loads(bytes(memoryview(found.metadata)))) == (longest["content"], metadata)


@pytest.mark.parametrize("content", ["a\0b", "\u202eevil", "x\ufffd", "‍", "<b>"])
def test_text_may_be_anything(content: str):
    found = read("send_message", content=content)
    assert isinstance(found, SendMessage)
    assert found.content == content


def test_what_is_not_said_is_as_usual():
    assert read_request("join_rooms", b"{}") == JoinRooms()
    assert read_request("typing_stop", b'{"roomId":"a"}') == TypingStop(room_id="a")
    assert read_request("mark_read", b'{"roomId":"a","offset":0}') == MarkRead(room_id="a", offset=0)
    assert read_request("react", b'{"roomId":"a","messageId":"m","reaction":"+"}') == React(
        room_id="a", message_id="m", reaction="+", on=True
    )
    for kind in ("image", "file"):
        found = read("send_message", type=kind, content="")
        assert isinstance(found, SendMessage)
        assert found.content == "", "an image needs no words"
