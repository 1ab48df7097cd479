"""What is done in a conversation once it can be."""

from __future__ import annotations

import pytest

from realtime_widgets.chat.conversation import Conversation, Me
from realtime_widgets.chat.room import RoomInfo
from realtime_widgets.errors import UsageError
from realtime_widgets.runtime import get_runtime
from realtime_widgets.widgets import chat_waits
from realtime_widgets.widgets.chat_waits import ChatWaits
from support.servers import LIMIT, wait_for


@pytest.fixture
def conversation() -> Conversation:
    return Conversation(Me("anna", "anna"), lambda: 0.0, lambda: 0.0)


def settle() -> None:
    """Wait until the I/O thread has done what it was asked for."""
    get_runtime().run(_nothing()).result(LIMIT)


async def _nothing() -> None:
    pass


def test_it_is_tried_until_it_is_done_in_the_order_given(conversation: Conversation) -> None:
    waits, done = ChatWaits(conversation), []

    def attempt(name: str, room: str) -> bool:
        if conversation.has_room(room):
            done.append(name)
        return conversation.has_room(room)

    waits.until(lambda: attempt("first", "lab"))
    waits.until(lambda: attempt("other", "other"))
    waits.until(lambda: attempt("second", "lab"))
    settle()
    assert done == []
    conversation.inform([RoomInfo(id="lab", name="lab")])
    wait_for(lambda: len(done) == 2)
    conversation.inform([RoomInfo(id="lab", name="lab"), RoomInfo(id="other", name="other")])
    wait_for(lambda: len(done) == 3)
    assert done == ["first", "second", "other"]
    conversation.set_trouble("whatever")
    settle()
    assert done == ["first", "second", "other"]
    waits.until(lambda: attempt("later", "lab"))
    wait_for(lambda: done[-1] == "later")


def test_too_much_is_refused(conversation: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_waits, "MAX_WAITING", 2)
    waits = ChatWaits(conversation)
    for _ in range(2):
        waits.until(lambda: False)
    with pytest.raises(UsageError, match="wait already"):
        waits.until(lambda: False)
