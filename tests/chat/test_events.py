"""What the messages of a room's channels say."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.chat.events import Changed, Event, Grown, Moved, Posted, Reacted, Seen, Typed, event_of
from realtime_widgets.protocol.envelope import Message

WHO = {"userId": "ken", "username": "Ken", "timestamp": 1.7e12}


def said(type: str, data: Any) -> Event | None:
    return event_of(Message(type, data, 1.6e12, "client-id"))


@pytest.mark.parametrize(
    ("type", "data", "event"),
    [
        ("user_joined", {"user": {"id": "ken", "username": "Ken"}}, Moved("ken", "Ken", True, 1.6e9)),
        ("user_left", {"user": {"id": "ken"}, "timestamp": 1.7e12}, Moved("ken", "ken", False, 1.7e9)),
        ("message_edited", {**WHO, "messageId": "m", "content": "x"}, Changed("m", "ken", "x", 1.7e9)),
        ("message_deleted", {**WHO, "messageId": "m"}, Changed("m", "ken", None, 1.7e9)),
        (
            "reaction",
            {**WHO, "messageId": "m", "reaction": "👍", "on": True},
            Reacted("m", "ken", "Ken", "👍", True),
        ),
        (
            "reaction",
            {**WHO, "messageId": "m", "reaction": "👍", "on": False},
            Reacted("m", "ken", "Ken", "👍", False),
        ),
        ("typing_start", WHO, Typed("ken", "Ken", True)),
        ("typing_stop", {"userId": "ken"}, Typed("ken", "ken", False)),
        ("message_growing", {**WHO, "id": "g", "content": "so"}, Grown("g", "ken", "Ken", "so", 1.7e9)),
        ("read", {"userId": "ken", "offset": 7}, Seen("ken", 7)),
    ],
)
def test_each_type_is_an_event(type: str, data: dict[str, Any], event: Event) -> None:
    assert said(type, data) == event


def test_a_message_has_the_id_that_it_was_sent_with() -> None:
    found = said("message", {**WHO, "id": "m", "content": "hi"})
    assert isinstance(found, Posted)
    assert (found.said.id, found.client) == ("m", "client-id")
    bare = event_of(Message("message", {**WHO, "id": "m", "content": "hi"}))
    assert isinstance(bare, Posted)
    assert bare.client is None


@pytest.mark.parametrize(
    ("type", "data"),
    [
        ("message", {**WHO, "content": "without an id"}),
        ("message", None),
        ("message_edited", {**WHO, "messageId": "m", "content": None}),
        ("message_deleted", {**WHO, "messageId": 1.5}),
        ("reaction", {**WHO, "messageId": "m", "reaction": "x" * 33}),
        ("reaction", {**WHO, "messageId": "m", "reaction": ""}),
        ("read", {"userId": "ken", "offset": True}),
        ("typing_start", {"username": "nobody"}),
        ("user_joined", {"user": "ken"}),
        ("metrics_update", {**WHO}),
    ],
)
def test_what_says_nothing_that_is_known_is_no_event(type: str, data: Any) -> None:
    assert said(type, data) is None
