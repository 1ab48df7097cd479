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

    waits.until(1, lambda: attempt("first", "lab"))
    waits.until(2, lambda: attempt("other", "other"))
    waits.until(1, lambda: attempt("second", "lab"))
    assert (len(waits), waits.waits(1), waits.waits(3)) == (3, True, False)
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
    waits.until(3, lambda: attempt("later", "lab"))
    wait_for(lambda: done[-1] == "later")
    wait_for(lambda: not waits)


def test_what_is_about_the_same_waits_its_turn(conversation: Conversation) -> None:
    waits, done = ChatWaits(conversation), []
    open_to: set[str] = set()

    def attempt(name: str) -> bool:
        if name in open_to:
            done.append(name)
        return name in open_to

    waits.until("m", lambda: attempt("first"))
    waits.until("m", lambda: attempt("second"))
    open_to.add("second")
    conversation.set_trouble("a change")
    settle()
    assert done == []
    open_to.add("first")
    conversation.set_trouble("another")
    wait_for(lambda: done == ["first", "second"])


def test_one_that_raises_is_given_up_and_the_others_are_done_once(
    conversation: Conversation, caplog: pytest.LogCaptureFixture
) -> None:
    waits, done = ChatWaits(conversation), []

    def fail() -> bool:
        raise ZeroDivisionError

    waits.until(1, lambda: done.append(1) or True)
    waits.until(2, fail)
    waits.until(3, lambda: done.append(3) or True)
    wait_for(lambda: not waits)
    conversation.set_trouble("a change")
    settle()
    assert done == [1, 3]
    assert "could not be done" in caplog.text


def test_too_much_is_refused(conversation: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_waits, "MAX_WAITING", 2)
    waits = ChatWaits(conversation)
    for _ in range(2):
        waits.until(1, lambda: False)
    with pytest.raises(UsageError, match="wait already"):
        waits.until(1, lambda: False)
