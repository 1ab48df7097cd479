"""What readers do in pages: done once, however often it is said, and never without a look."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from realtime_widgets.chat.conversation import Conversation, Me
from realtime_widgets.chat.message import ChatMessage
from realtime_widgets.errors import ClientError
from realtime_widgets.feeds.chat import ChatFeed
from realtime_widgets.widgets.chat_attachments import Attachment
from realtime_widgets.widgets.chat_files import SLICE, ChatFiles
from realtime_widgets.widgets.chat_link import LocalLink
from realtime_widgets.widgets.chat_reader import ChatReader
from realtime_widgets.widgets.chat_talk import Talk
from support.images import PNG
from support.servers import wait_for


class World:
    def __init__(self) -> None:
        self.conversation = Conversation(Me("anna", "Anna"), lambda: 0.0, lambda: 1.7e9)
        self.files = ChatFiles()
        self.link = LocalLink(self.conversation, lambda messages: None, "r", self.files)
        self.talk = Talk(self.conversation, self.link)
        self.feed = ChatFeed(self.conversation)
        self.woken = 0
        self.reader = ChatReader(self.conversation, self.talk, self.link, self.feed, self.files, self.wake)

    def wake(self) -> None:
        self.woken += 1

    def key(self, message: ChatMessage) -> str:
        """By which pages know a message."""
        item = self.conversation.rooms["r"].timeline.find(message.id)
        assert item is not None
        return item.key

    def part(self) -> Any:
        return self.feed.take(False, 0.0)

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.conversation.messages("r")]


def test_what_is_said_again_is_told_of_again_and_said_once() -> None:
    world = World()
    said = {"room": "r", "id": "page-key-1", "text": " hi "}
    assert world.reader.asked("send", said)
    world.part()
    assert not world.feed.changed()
    assert world.reader.asked("send", said)  # the page does not know yet
    assert [item["key"] for item in world.part().body["items"]] == ["page-key-1"]
    assert world.texts == ["hi"]


@pytest.mark.parametrize("id", ["short", "x" * 201, "line\nbreaks", 12345678])
def test_ids_are_looked_at(id: Any) -> None:
    world = World()
    assert not world.reader.asked("send", {"room": "r", "id": id, "text": "hi"})
    assert world.texts == []


def test_a_file_comes_piece_by_piece_and_is_sent_once() -> None:
    world = World()
    body = PNG
    for at, end in ((0, 10), (10, len(body))) * 2:
        piece = base64.b64encode(body[at:end]).decode()
        about = {"room": "r", "id": "page-key-1", "name": "a.png", "size": len(body), "at": at, "data": piece}
        assert world.reader.asked("attach", {**about, "text": " look "})
    (message,) = world.conversation.messages("r")
    assert (message.type, message.text, message.by_program) == ("image", "look", False)


def test_a_file_goes_to_the_page_that_asks_piece_by_piece() -> None:
    world = World()
    body = bytes(range(256)) * (SLICE // 256) + b"end"
    message = world.talk.attach(Attachment("a.bin", body), room="r", image=False)
    world.part()
    found = b""
    while len(found) < len(body):
        assert world.reader.asked("file", {"key": world.key(message), "at": len(found)})
        part = world.part()
        assert part.body["file"] == {"key": world.key(message), "size": len(body), "at": len(found)}
        found += part.columns["file"].tobytes()
    assert found == body


def test_a_file_that_is_not_here_is_fetched_once_and_a_failure_is_told() -> None:
    world = World()
    message = world.talk.attach(Attachment("a.bin", b"bytes"), room="r", image=False)
    assert message.file is not None
    world.part()
    world.files._kept.clear()
    fetched: list[str] = []

    def download(url: str) -> bytes:
        fetched.append(url)
        if len(fetched) == 1:
            raise ClientError("the file is kept no more")
        return b"bytes"

    world.link.download = download  # type: ignore[method-assign]
    world.reader.asked("file", {"key": world.key(message), "at": 0})
    wait_for(lambda: world.woken)
    assert world.part().body["file"] == {"key": world.key(message), "error": "the file is kept no more"}
    world.woken = 0
    world.reader.asked("file", {"key": world.key(message), "at": 0})
    wait_for(lambda: world.woken)
    part = world.part()
    assert (part.columns["file"].tobytes(), fetched) == (b"bytes", [message.file.url] * 2)
    world.reader.asked("file", {"key": world.key(message), "at": 0})
    assert len(fetched) == 2


def test_a_message_that_is_not_here_any_more_has_no_file() -> None:
    world = World()
    world.part()
    assert world.reader.asked("file", {"key": "gone", "at": 0})
    assert "error" in world.part().body["file"]


def test_only_ones_own_messages_are_changed() -> None:
    world = World()
    mine = world.talk.say("mine", room="r", key="page-key-1")
    others = world.talk.say("others", room="r", user="ken")
    assert world.reader.asked("edit", {"key": "page-key-1", "text": "mine, edited"})
    assert not world.reader.asked("edit", {"key": world.key(others), "text": "forged"})
    assert not world.reader.asked("delete", {"key": world.key(others)})
    assert world.texts == ["mine, edited", "others"]
    assert world.reader.asked("delete", {"key": world.key(mine)})
    assert world.conversation.messages("r")[0].deleted
