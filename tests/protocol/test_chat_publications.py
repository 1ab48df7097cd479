"""What a hub reads again of what it has said, and clients of everything that is said."""

from __future__ import annotations

import msgspec
import pytest

from realtime_widgets.chat.events import event_of
from realtime_widgets.protocol.chat_publications import PUBLISHED, ChatMessage
from realtime_widgets.protocol.envelope import Message

WHO = {"roomId": "r", "userId": "u", "username": "U", "timestamp": 1.7e12}
SAID = {
    "id": "m1",
    "content": "hi",
    "type": "text",
    "metadata": {"a": 1},
    "user": {"id": "u", "username": "U"},
}
ABOUT = {"messageId": "m1", "reaction": "+", "on": True, "offset": 3}


def test_a_message_is_read_whatever_else_it_has() -> None:
    found = msgspec.json.decode(msgspec.json.encode(WHO | SAID), type=ChatMessage)
    assert found == ChatMessage(
        id="m1", room_id="r", user_id="u", username="U", content="hi", timestamp=1.7e12, metadata={"a": 1}
    )


@pytest.mark.parametrize("type", sorted(PUBLISHED))
def test_clients_know_each_type(type: str) -> None:
    assert event_of(Message(type, WHO | SAID | ABOUT, 1.7e12, "x")) is not None
