"""The past of a chat's rooms: which messages are news, and what is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.chat.conversation import Conversation, Me
from realtime_widgets.chat.room import RoomInfo
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.streams.gaps import Position
from realtime_widgets.widgets.chat_past import PAGE, RECENT, ChatPast


class Asking:
    """In the place of a client: what was asked for, which the test answers."""

    def __init__(self) -> None:
        self.questions: list[tuple[str, dict[str, Any]]] = []

    def ask(self, id: str, room: str, data: dict[str, Any]) -> None:
        assert data["roomId"] == room
        self.questions.append((id, data))


class World:
    def __init__(self, offset: int = 0) -> None:
        self.conversation = Conversation(Me("anna", "Anna"), lambda: 0.0, lambda: 1.7e9)
        self.client = Asking()
        self.news: list[str] = []
        self.past = ChatPast(
            self.client.ask,
            self.conversation,
            lambda messages: self.news.extend(m.id for m in messages),
        )
        self.past.look(up=True)
        self.info = RoomInfo(id="r", name="r", position=Position("e", offset))
        self.conversation.inform([self.info])

    def message(self, offset: int) -> Message:
        data = {"roomId": "r", "id": f"m{offset}", "userId": "ken", "content": f"{offset}"}
        return Message("message", data, 1.7e12, None, "chat:r", "e", offset)

    def come(self, *offsets: int) -> None:
        for offset in offsets:
            new = self.conversation.take("r", [self.message(offset)])
            self.past.tell("r", Position("e", offset), new)

    def answer(self, *, more: bool = False) -> tuple[int, int]:
        """Answer the oldest question as a hub does; returns what was asked."""
        id, asked = self.client.questions.pop(0)
        before, limit = asked["before"], asked["limit"]
        page = [self.message(n) for n in range(before - 1, max(0, before - 1 - limit), -1)]
        raw = [
            {"type": m.type, "data": m.data, "channel": m.channel, "epoch": m.epoch, "offset": m.offset}
            for m in page
        ]
        self.past.take(Message("older_messages", {"messages": raw, "more": more}, None, id))
        return before, limit

    @property
    def ids(self) -> list[str]:
        return [message.id for message in self.conversation.messages("r")]


def test_what_came_before_a_room_was_heard_of_is_no_news_though_it_may_come_first() -> None:
    world = World(offset=3)
    world.come(2, 3, 4)
    assert world.news == []
    world.past.begin([world.info])
    assert world.news == ["m4"]
    world.come(5)
    assert world.news == ["m4", "m5"]


def test_a_room_begins_with_its_newest_messages() -> None:
    world = World(offset=200)
    world.past.begin([world.info])
    world.past.fill("r", Position("e", 200))
    world.past.fill("r", Position("e", 200))
    assert len(world.client.questions) == 1
    assert world.answer(more=True) == (201, RECENT)
    assert world.ids == [f"m{n}" for n in range(151, 201)]
    assert world.news == []
    world.past.fill("r", Position("e", 200))
    assert world.client.questions == []
    assert world.conversation.rooms["r"].has_older


def test_all_that_came_since_it_was_heard_of_is_asked_for_and_is_news() -> None:
    world = World(offset=5)
    world.past.begin([world.info])
    world.come(*range(140, 150))
    world.past.fill("r", Position("e", 149))
    assert [world.answer(), world.answer(), world.answer()] == [(140, PAGE), (80, PAGE), (20, 14)]
    assert world.client.questions == []
    assert world.ids == [f"m{n}" for n in range(6, 150)]
    assert sorted(world.news) == sorted(world.ids)


@pytest.mark.parametrize("up", [True, False])
def test_who_wants_older_messages_is_told_when_they_are_here(up: bool) -> None:
    world = World(offset=100)
    world.past.begin([world.info])
    world.come(99, 100)
    told: list[bool] = []
    world.past.look(up=up)
    world.past.older("r", told.append)
    if up:
        assert told == []
        world.answer(more=True)
        assert world.ids[0] == f"m{99 - PAGE}"
        assert world.news == []
    assert told == [True]


def test_at_the_beginning_there_is_nothing_older() -> None:
    world = World(offset=1)
    world.come(1)
    told: list[bool] = []
    world.past.older("r", told.append)
    assert (told, world.client.questions) == ([False], [])


def test_what_was_asked_on_a_link_that_was_cut_is_given_up_and_asked_anew() -> None:
    world = World(offset=100)
    world.past.begin([world.info])
    told: list[bool] = []
    world.come(100)
    world.past.older("r", told.append)
    world.past.look(up=False)
    assert told == []
    world.past.look(up=True)
    assert told == [True]
    late = world.client.questions[0]
    world.past.take(Message("older_messages", {"messages": [], "more": False}, None, late[0]))  # too late
    assert world.conversation.rooms["r"].has_older


@pytest.mark.parametrize("data", [None, [], {"messages": 7}, {"messages": [{"type": 7}, None]}])
def test_an_answer_of_any_shape_does_no_harm(data: Any) -> None:
    world = World(offset=10)
    world.come(10)
    world.past.older("r", lambda more: None)
    id, _ = world.client.questions[0]
    world.past.take(Message("older_messages", data, None, id))
    assert world.ids == ["m10"]


def test_what_was_forgotten_for_newer_messages_is_not_asked_for() -> None:
    world = World(offset=5)
    world.past.begin([world.info])
    world.conversation.rooms["r"].timeline._records.keep = 100
    world.come(*range(6, 306))
    assert world.conversation.rooms["r"].timeline.trimmed
    for _ in range(3):
        world.past.fill("r", Position("e", 305))
        assert world.client.questions == []


def test_a_question_that_brings_nothing_older_is_not_asked_again() -> None:
    world = World(offset=0)
    world.past.begin([world.info])
    world.come(*range(200, 210))
    world.past.fill("r", Position("e", 209))
    assert len(world.client.questions) == 1
    id, _ = world.client.questions.pop()
    world.past.take(Message("older_messages", {"messages": [], "more": True}, None, id))
    assert world.client.questions == []


def left_and_joined_again(away: int = 0) -> World:
    """A world in which three messages were heard, and the room was left, for so many others and one that came live."""
    world = World(offset=0 if away else 3)
    world.past.begin([world.info])
    world.come(1, 2, 3)
    world.past.fill("r", Position("e", 3))
    world.past.forget("r")
    world.past.follow("r")
    if away:
        world.come(4 + away)
        world.past.fill("r", Position("e", 4 + away))
    return world


def test_what_was_said_while_a_room_was_left_is_asked_for_and_is_news_once() -> None:
    world = left_and_joined_again(100)
    assert [world.answer(more=True), world.answer(more=True)] == [(105, PAGE), (45, 41)]
    assert world.ids == [f"m{n}" for n in range(1, 105)]
    assert world.news == [
        "m1",
        "m2",
        "m3",
        "m104",
        *(f"m{n}" for n in range(4, 104)),
    ]  # one came before it was asked
    world.past.fill("r", Position("e", 104))
    assert world.client.questions == []


def test_what_is_not_answered_of_it_is_asked_for_again() -> None:
    world = left_and_joined_again(100)
    assert world.answer(more=True) == (105, PAGE)
    world.past.look(up=False)
    world.past.look(up=True)
    world.client.questions.clear()
    world.past.forget("r")  # left again, and joined
    world.past.fill("r", Position("e", 104))
    assert world.client.questions == []
    world.past.follow("r")
    world.past.fill("r", Position("e", 104))
    assert [world.answer(more=True), world.answer(more=True)] == [(105, PAGE), (45, 41)]
    assert world.ids == [f"m{n}" for n in range(1, 105)]
    assert sorted(world.news) == sorted(world.ids)


def test_of_a_past_that_is_not_kept_any_more_no_more_is_asked() -> None:
    world = left_and_joined_again(100)
    assert world.answer(more=False) == (105, PAGE)
    assert world.client.questions == []


def test_where_nothing_was_said_meanwhile_nothing_is_asked() -> None:
    world = left_and_joined_again()
    world.past.fill("r", Position("e", 3))
    assert world.client.questions == []


def test_a_channel_that_began_anew_while_a_room_was_left_is_asked_for_whole() -> None:
    world = left_and_joined_again()
    world.past.fill("r", Position("anew", 20))
    ((_, asked),) = world.client.questions
    assert (asked["before"], asked["limit"]) == (21, 20)


def test_functions_are_told_in_order_of_what_comes_while_the_missing_is_asked_for() -> None:
    world = left_and_joined_again(100)
    world.answer(more=True)
    world.come(105)
    assert world.news == ["m1", "m2", "m3", "m104"]
    world.answer(more=True)
    assert world.news[4:] == [*(f"m{n}" for n in range(4, 104)), "m105"]


def test_a_room_that_is_left_again_while_it_is_filled_has_no_hole() -> None:
    world = left_and_joined_again(100)
    assert world.answer(more=True) == (105, PAGE)
    world.past.forget("r")
    assert world.answer(more=True) == (45, 41)  # it was on its way
    world.past.follow("r")
    world.come(200)
    world.past.fill("r", Position("e", 200))
    while world.client.questions:
        world.answer(more=True)
    assert world.ids == [f"m{n}" for n in range(1, 201)]
    assert sorted(world.news) == sorted(world.ids)


def test_of_a_room_that_was_left_before_anything_came_the_newest_are_asked_for() -> None:
    world = World(offset=5000)
    world.past.begin([world.info])
    world.past.forget("r")
    world.past.follow("r")
    world.past.fill("r", Position("e", 5000))
    assert world.answer(more=True) == (5001, RECENT)
    assert (world.client.questions, world.news) == ([], [])
