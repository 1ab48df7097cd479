"""What a user does in a conversation: what is said to the link, and what cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.chat.conversation import Conversation, Me
from realtime_widgets.errors import UsageError
from realtime_widgets.widgets import chat_talk
from realtime_widgets.widgets.chat_attachments import Attachment
from realtime_widgets.widgets.chat_files import ChatFiles
from realtime_widgets.widgets.chat_link import LocalLink
from realtime_widgets.widgets.chat_streaming import StreamStopped
from realtime_widgets.widgets.chat_talk import (
    Talk,
    checked_reaction,
    checked_room,
    checked_text,
    checked_user,
    pieces,
)
from support.images import PNG
from support.servers import wait_for


class World:
    def __init__(self) -> None:
        self.conversation = Conversation(Me("anna", "Anna"), lambda: 0.0, lambda: 1.7e9)
        self.files = ChatFiles()
        self.link = LocalLink(self.conversation, lambda messages: None, "r", self.files)
        self.talk = Talk(self.conversation, self.link)
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def listen(self) -> None:
        def ask(room: str, type: str, data: Any, *, volatile: bool = False) -> bool:
            self.asked.append((type, dict(data)))
            return True

        self.link.ask = ask  # type: ignore[method-assign]


def test_a_program_may_say_something_as_another_and_that_is_told() -> None:
    world = World()
    mine = world.talk.say("hi", room="r")
    bots = world.talk.say("hi", room="r", user="bot", metadata={"a": 1})
    typed = world.talk.say("hi", room="r", key="page-key-1")
    assert (mine.user, mine.metadata, mine.by_program) == ("anna", {}, True)
    assert (bots.user, bots.metadata, bots.own) == ("bot", {"bot": True, "a": 1}, False)
    assert (typed.by_program, typed.own) == (False, True)


def test_a_file_is_an_image_only_if_its_bytes_are_one() -> None:
    world = World()
    image = world.talk.attach(Attachment("a.txt", PNG), room="r", image=True, text="look", alt="a plot")
    fake = world.talk.attach(Attachment("b.png", b"<svg onload=alert(1)>"), room="r", image=True)
    plain = world.talk.attach(Attachment("../c.png", PNG), room="r", image=False)
    assert (image.type, image.text, image.file and image.file.alt) == ("image", "look", "a plot")
    assert (image.file and (image.file.type, image.file.width, image.file.height)) == ("image/png", 3, 5)
    assert (fake.type, fake.file and fake.file.type) == ("file", "application/octet-stream")
    assert (plain.type, plain.file and plain.file.name) == ("file", "c.png")
    assert plain.file is not None
    assert world.files.get(plain.file.url) == PNG


def test_requests_name_the_message_its_place_and_who_asks() -> None:
    world = World()
    message = world.talk.say("hi", room="r")
    world.listen()
    world.talk.edit(message, "ho")
    world.talk.delete(message)
    world.talk.react(message, "👍", on=True)
    world.talk.set_typing("r", True)
    about = {"messageId": message.id, "offset": 1, "userId": "anna", "username": "Anna"}
    assert world.asked == [
        ("edit_message", {**about, "content": "ho"}),
        ("delete_message", about),
        ("react", {**about, "reaction": "👍", "on": True}),
        ("typing_start", {"userId": "anna", "username": "Anna"}),
    ]


def test_what_is_read_is_said_once() -> None:
    world = World()
    world.link.ask("r", "typing_start", {"userId": "ken", "username": "Ken"})
    world.talk.say("hi", room="r", user="ken")
    world.listen()
    world.talk.read("r")
    world.talk.read("r")
    assert [type for type, _ in world.asked] == ["mark_read"]


def test_an_answer_of_which_nothing_came_is_taken_back_from_others_too() -> None:
    world = World()
    world.listen()
    with world.talk.streaming("r", "bot") as message:
        message.append("  ")
    assert world.asked[-1] == (
        "grow_message",
        {"id": message.id, "userId": "bot", "username": "bot", "content": ""},
    )
    assert world.conversation.messages("r") == []


def test_messages_are_found_by_their_ids_old_and_new() -> None:
    world = World()
    message = world.talk.say("hi", room="r", key="page-key-1")
    assert world.talk.find(message) == world.talk.find(message.id) == world.talk.find("page-key-1")
    with pytest.raises(UsageError, match="there is no message 'x'"):
        world.talk.find("x")


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        (checked_user, ""),
        (checked_user, 3),
        (checked_user, "x" * 201),
        (checked_room, " "),
        (checked_room, None),
        (checked_room, ".."),
        (checked_room, " . "),
        (checked_text, " \n"),
        (checked_text, "x" * 20_001),
        (checked_reaction, ""),
        (checked_reaction, "x" * 33),
    ],
)
def test_what_cannot_be_said_is_refused(check: Any, wrong: Any) -> None:
    with pytest.raises(UsageError):
        check(wrong)


def test_what_can_be_said_is_cleaned() -> None:
    assert checked_user(" Anna \n Maria ") == "Anna Maria"
    assert checked_room(" lab\ud800 ") == "lab\ufffd"
    assert checked_room("...") == "..."
    assert checked_text("  a\n b ") == "a\n b"
    assert checked_reaction(" 👍 ") == "👍"


def test_what_grows_in_a_closed_chat_and_nobody_ends_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_talk, "CLOSING", 0.01)
    monkeypatch.setattr(chat_talk, "ABANDONED", 0.05)
    world = World()
    streamed = world.talk.streaming("r", "bot")
    streamed.append("half an answ")
    ended: list[None] = []
    world.talk.close(lambda: ended.append(None))
    wait_for(lambda: ended)
    assert [(each.text, each.state) for each in world.conversation.messages("r")] == [
        ("half an answ", "stopped")
    ]
    with pytest.raises(StreamStopped):
        streamed.append("er")


def test_what_goes_on_in_a_closed_chat_is_let_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_talk, "CLOSING", 0.01)
    world = World()
    streamed = world.talk.streaming("r", "bot")
    ended: list[None] = []
    world.talk.close(lambda: ended.append(None))
    looks: list[None] = []
    monkeypatch.setattr(world.talk._waits, "give_up", lambda: looks.append(None))
    wait_for(lambda: len(looks) > 3)
    assert not ended
    streamed.append("the answer")
    streamed.close()
    wait_for(lambda: ended)
    assert [each.text for each in world.conversation.messages("r")] == ["the answer"]


def test_of_what_is_deleted_nothing_is_kept() -> None:
    world = World()
    message = world.talk.say("hi", room="r")
    world.talk.delete(message)
    assert not world.talk._deleted


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        ("", []),
        (" \n ", []),
        ("short", [5]),
        ("x" * 20_000, [20_000]),
        ("x" * 45_000, [20_000, 20_000, 5_000]),
        ("x" * 15_000 + "\n" + "y" * 15_000, [15_000, 15_000]),
        ("x" * 5_000 + "\n" + "y " * 10_000, [20_000, 4_999]),
    ],
)
def test_a_long_text_is_several_messages(text: str, lengths: list[int]) -> None:
    found = list(pieces(text))
    assert all(len(each) <= 20_000 for each in found)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert [len(each) for each in found] == lengths


def test_what_is_written_in_a_room_that_goes_is_said_all_the_same() -> None:
    world = World()
    world.link.join("other")
    with world.talk.streaming("other", "bot") as streamed:
        streamed.append("the ")
        world.talk.leave("other")
        streamed.append("answer")
    assert [each.text for each in world.conversation.messages("other")] == ["the answer"]
    assert not world.conversation.rooms["other"].joined
    world.conversation.set_older("gone", True)  # a question may be answered when its room has gone


def test_what_goes_wrong_with_one_answer_keeps_no_closed_chat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_talk, "CLOSING", 0.01)
    monkeypatch.setattr(chat_talk, "ABANDONED", 0.0)
    world = World()
    streams = [world.talk.streaming("r", "bot") for _ in range(2)]
    say, tries = world.link.say, []

    def fail_once(*args: Any, **options: Any) -> Any:
        tries.append(args)
        if len(tries) == 1:
            raise MemoryError("no more")
        return say(*args, **options)

    monkeypatch.setattr(world.link, "say", fail_once)
    for each in streams:
        each.append("half")
    ended: list[None] = []
    world.talk.close(lambda: ended.append(None))
    wait_for(lambda: ended)
    assert len(tries) == 2


def test_the_pieces_of_a_long_text_keep_the_indentation_of_their_lines() -> None:
    code = "def f():\n    y = 1\n" * 2_500
    found = list(pieces(code))
    assert len(found) == 3
    assert "\n".join(found) + "\n" == code
    assert all(each.strip() for each in pieces("a" + "\n" * 50_000 + "b"))
