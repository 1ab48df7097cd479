"""A chat without a server: whatever is said is there at once."""

from __future__ import annotations

from realtime_widgets.chat.conversation import Conversation, Me
from realtime_widgets.chat.events import Grown
from realtime_widgets.chat.message import ChatMessage, Said
from realtime_widgets.widgets.chat_files import ChatFiles
from realtime_widgets.widgets.chat_link import LocalLink


class World:
    def __init__(self) -> None:
        self.conversation = Conversation(Me("anna", "Anna"), lambda: 0.0, lambda: 1.7e9)
        self.arrived: list[ChatMessage] = []
        self.files = ChatFiles()
        self.link = LocalLink(self.conversation, self.arrived.extend, "r", self.files)

    def say(self, key: str, text: str = "hi", user: str = "anna") -> ChatMessage:
        return self.link.say("r", key, Said("?", user, user.title(), text, "text", 1.7e9, {}))

    @property
    def messages(self) -> list[ChatMessage]:
        return self.conversation.messages("r")


def test_what_is_said_is_there_and_told_of_once() -> None:
    world = World()
    first = world.say("key-1")
    assert world.say("key-1") == first
    assert world.messages == world.arrived == [first]
    assert (first.state, first.own) == ("sent", True)
    assert abs(first.ts - 1.7e9) > 1  # of the clock, as a server would stamp it


def test_what_has_grown_ends_as_a_message_in_its_place() -> None:
    world = World()
    world.conversation.grow("r", Grown("g", "bot", "Bot", "so far", 1.7e9))
    found = world.say("g", "so far and further", "bot")
    assert [m.text for m in world.messages] == ["so far and further"]
    assert found.state == "sent"


def test_requests_are_done_as_a_server_would() -> None:
    world = World()
    message = world.say("key-1")
    who = {"userId": "anna", "username": "Anna", "messageId": message.id}
    world.link.ask("r", "edit_message", {**who, "content": "other", "offset": 1})
    world.link.ask("r", "react", {**who, "reaction": "👍", "on": True})
    world.link.ask("r", "typing_start", {"userId": "ken", "username": "Ken"})
    world.link.ask("r", "mark_read", {"offset": 1, "userId": "anna"})
    (found,) = world.messages
    assert (found.text, found.reactions, world.conversation.typing("r")) == (
        "other",
        {"👍": ["Anna"]},
        ["Ken"],
    )
    world.link.ask("r", "delete_message", {**who, "offset": 1})
    assert world.messages[0].deleted


def test_rooms_come_and_go() -> None:
    world = World()
    world.link.join("s")
    world.link.join("s")
    assert list(world.conversation.rooms) == ["r", "s"]
    world.link.leave("r")
    assert (list(world.conversation.rooms), world.conversation.current) == (["s"], "s")


def test_there_is_nothing_older() -> None:
    told: list[bool] = []
    World().link.older("r", 5.0, told.append)
    assert told == [False]
