"""The rooms of a user: whatever order things come in, the same in the end; what is said here is there once."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.chat.conversation import Conversation, Me
from realtime_widgets.chat.events import Grown
from realtime_widgets.chat.message import ChatMessage, Said
from realtime_widgets.chat.room import RoomInfo
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.streams.gaps import Position

USERS = ("anna", "ken", "mia")


class World:
    """A conversation of anna's with a clock that is cranked, and the channel of its room `r`."""

    def __init__(self, me: str = "anna", epoch: str = "e") -> None:
        self.time = 100.0
        self.conversation = Conversation(Me(me, me), lambda: self.time, lambda: 1.7e9 + self.time)
        self.conversation.inform([RoomInfo(id="r", name="Room")])
        self.conversation.choose("r")
        self.epoch = epoch
        self._offsets = itertools.count(1)

    def take(
        self, type: str, data: dict[str, Any], id: str | None = None, offset: int | None = None
    ) -> list[ChatMessage]:
        where = next(self._offsets) if offset is None else offset
        message = Message(type, {"roomId": "r", **data}, 1.7e12, id, "chat:r", self.epoch, where)
        return self.conversation.take("r", [message])

    def post(
        self, id: str, user: str = "ken", text: str = "hi", client: str | None = None, **more: Any
    ) -> list[ChatMessage]:
        data = {
            "id": id,
            "userId": user,
            "username": user.title(),
            "content": text,
            "timestamp": 1.7e12,
            **more,
        }
        return self.take("message", data, client)

    def say(self, key: str, text: str = "hi") -> None:
        self.conversation.say("r", key, Said("?", "anna", "anna", text, "text", 1.7e9, {}), "sending")

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages]

    @property
    def messages(self) -> list[ChatMessage]:
        return self.conversation.messages("r")


def test_messages_are_in_the_order_of_their_channel_whatever_order_they_come_in() -> None:
    world = World()
    for offset in (3, 1, 2, 3, 1):
        world.take("message", {"id": f"m{offset}", "userId": "ken", "content": f"{offset}"}, offset=offset)
    assert world.texts == ["1", "2", "3"]


def test_the_echo_takes_the_place_of_what_was_said_here() -> None:
    world = World()
    world.say("mine-0001", "first")
    world.post("m1", text="of another who was faster")
    assert world.texts == ["of another who was faster", "first"]
    assert [message.state for message in world.messages] == ["sent", "sending"]
    (found,) = world.post("m2", "anna", "first", client="mine-0001")
    world.post("m3", text="later")
    assert world.texts == ["of another who was faster", "first", "later"]
    assert (found.id, found.own, found.state) == ("m2", True, "sent")
    item = world.conversation.rooms["r"].timeline.find("m2")
    assert item is not None
    assert item.key == "mine-0001"  # whoever shows it sees it stay
    world.say("mine-0001", "first")  # said again by a page that has not heard yet
    assert len(world.messages) == 3


def test_what_was_refused_is_said_again_or_discarded() -> None:
    world = World()
    world.say("mine-0001")
    world.conversation.settle("r", "mine-0001", "failed", "no right")
    assert [(m.state, m.error) for m in world.messages] == [("failed", "no right")]
    world.conversation.settle("r", "mine-0001", "sending")
    world.post("m1", "anna", client="mine-0001")
    assert [(m.state, m.error) for m in world.messages] == [("sent", "")]
    assert not world.conversation.discard("r", "mine-0001")  # it is there for all
    world.say("mine-0002")
    assert world.conversation.discard("r", "mine-0002")
    assert len(world.messages) == 1


def test_what_is_known_of_another_as_ones_own_id_replaces_nothing() -> None:
    world = World()
    world.post("m1", "ken", "mine is first", client="same-id-0")
    world.post("m2", "mia", "and mine", client="same-id-0")
    assert world.texts == ["mine is first", "and mine"]
    world.post("m1", "mia", "another text for an old id")
    assert world.texts == ["mine is first", "and mine"]


def test_a_message_is_edited_and_deleted_by_its_author_only() -> None:
    world = World()
    world.post("m1", "ken", "before")
    world.take("message_edited", {"messageId": "m1", "userId": "mia", "content": "forged"})
    assert world.texts == ["before"]
    world.take(
        "message_edited", {"messageId": "m1", "userId": "ken", "content": "after", "timestamp": 1.8e12}
    )
    assert (world.messages[0].text, world.messages[0].edited) == ("after", 1.8e9)
    world.take("message_deleted", {"messageId": "m1", "userId": "mia"})
    assert not world.messages[0].deleted
    world.take("message_deleted", {"messageId": "m1", "userId": "ken"})
    assert (world.messages[0].text, world.messages[0].deleted) == ("", True)


def test_reactions_are_counted_by_user_and_taken_back() -> None:
    world = World()
    world.post("m1")
    for user, on in (("ken", True), ("mia", True), ("ken", True), ("ken", False)):
        world.take(
            "reaction", {"messageId": "m1", "userId": user, "username": user, "reaction": "👍", "on": on}
        )
    world.take(
        "reaction", {"messageId": "m1", "userId": "anna", "username": "anna", "reaction": "🎉", "on": True}
    )
    assert world.messages[0].reactions == {"👍": ["mia"], "🎉": ["anna"]}


def test_what_i_have_not_read_is_counted_without_joins_system_lines_and_my_own() -> None:
    world = World()
    world.post("m1")
    world.take("user_joined", {"user": {"id": "mia", "username": "Mia"}})
    world.post("m2", type="system")
    world.post("m3", "anna")
    assert world.conversation.unread("r") == 0  # who says something has read what is before it
    world.post("m4")
    world.post("m5", "mia")
    assert world.conversation.unread("r") == world.conversation.total_unread == 2
    assert world.conversation.read("r", 5) == 5
    assert world.conversation.unread("r") == 1
    assert world.conversation.read("r", 3) is None  # what was read stays read
    assert world.conversation.read("r") == 6
    assert world.conversation.unread("r") == 0
    world.post("m6")
    world.take("message_deleted", {"messageId": "m6", "userId": "ken"})
    assert world.conversation.unread("r") == 0


def test_what_is_older_than_all_here_counts_as_the_server_says() -> None:
    world = World()
    info = RoomInfo(id="r", name="Room", unread=120, reads={"anna": 10}, position=Position("e", 200))
    for offset in range(151, 201):
        world.take("message", {"id": f"m{offset}", "userId": "ken", "content": "x"}, offset=offset)
    world.conversation.inform([info])
    assert world.conversation.unread("r") == 120
    world.take("message", {"id": "m201", "userId": "ken", "content": "x"}, offset=201)
    assert world.conversation.unread("r") == 121
    world.conversation.read("r", 160)
    assert world.conversation.unread("r") == 41


def test_what_comes_after_the_count_of_its_server_is_not_counted_twice() -> None:
    world = World()
    info = RoomInfo(id="r", name="Room", unread=60, reads={"anna": 20}, position=Position("e", 80))
    world.conversation.inform([info])
    for offset in range(31, 81):
        world.take("message", {"id": f"m{offset}", "userId": "ken", "content": "x"}, offset=offset)
        assert world.conversation.unread("r") == 60
    world.take("message_deleted", {"messageId": "m80", "userId": "ken"}, offset=81)
    assert world.conversation.unread("r") == 59
    world.take("message", {"id": "m82", "userId": "ken", "content": "x"}, offset=82)
    assert world.conversation.unread("r") == 60
    for offset in range(1, 31):
        world.take("message", {"id": f"m{offset}", "userId": "ken", "content": "x"}, offset=offset)
    assert world.conversation.unread("r") == 60


def test_who_comes_and_goes_is_a_member_or_not_and_so_am_i() -> None:
    world = World()
    world.conversation.inform([RoomInfo(id="r", name="Room", joined=False)])
    room = world.conversation.rooms["r"]
    for user in ("anna", "mia"):
        world.take("user_joined", {"user": {"id": user, "username": user.title()}})
    assert (room.members, room.joined) == ({"anna": "Anna", "mia": "Mia"}, True)
    world.take("user_left", {"user": {"id": "anna", "username": "Anna"}})
    assert (room.members, room.joined) == ({"mia": "Mia"}, False)


def test_who_came_and_went_in_the_past_says_nothing_of_who_is_there() -> None:
    world = World()
    world.conversation.inform([RoomInfo(id="r", name="Room", members={"anna": "Anna", "mia": "Mia"})])
    room = world.conversation.rooms["r"]
    left = Message(
        "user_left", {"roomId": "r", "user": {"id": "anna", "username": "Anna"}}, 1, None, "chat:r", "e", 1
    )
    came = Message(
        "user_joined", {"roomId": "r", "user": {"id": "ken", "username": "Ken"}}, 1, None, "chat:r", "e", 2
    )
    world.conversation.take("r", [left, came], past=True)
    assert (room.members, room.joined) == ({"anna": "Anna", "mia": "Mia"}, True)
    assert [item.fields["kind"] for item in room.timeline] == ["left", "joined"]


def test_a_message_that_comes_late_with_its_deletion_is_not_taken_off_twice() -> None:
    world = World()
    info = RoomInfo(id="r", name="Room", unread=8, reads={"anna": 0}, position=Position("e", 11))
    world.conversation.inform([info])  # nine were said, of which one was deleted by then
    for offset in (8, 9, 10):
        world.take("message", {"id": f"m{offset}", "userId": "ken", "content": "x"}, offset=offset)
    world.take("message_deleted", {"messageId": "m9", "userId": "ken"}, offset=11)
    assert world.conversation.unread("r") == 8
    world.take("message_deleted", {"messageId": "m10", "userId": "ken"}, offset=12)
    assert world.conversation.unread("r") == 7


def test_deleted_messages_that_come_late_are_not_counted_twice() -> None:
    world = World()
    info = RoomInfo(id="r", name="Room", unread=8, reads={"anna": 0}, position=Position("e", 12))
    world.conversation.inform([info])  # ten were said, of which two were deleted by then
    world.take("message_deleted", {"messageId": "m10", "userId": "ken"}, offset=13)  # and one since
    for offset in (11, 12):
        world.take("message_deleted", {"messageId": f"m{offset - 10}", "userId": "ken"}, offset=offset)
    for offset in range(10, 0, -1):
        world.take("message", {"id": f"m{offset}", "userId": "ken", "content": "x"}, offset=offset)
    assert world.conversation.unread("r") == 7


def test_typing_ends_with_a_word_with_the_message_or_by_itself() -> None:
    world = World()
    for user in ("ken", "anna", "mia"):
        world.take("typing_start", {"userId": user, "username": user.title()})
    assert world.conversation.typing("r") == ["Ken", "Mia"]  # anna knows that she does
    world.post("m1", "ken")
    assert world.conversation.typing("r") == ["Mia"]
    version = world.conversation.version
    due = world.conversation.due()
    assert due is not None
    world.time += due
    world.conversation.expire()
    assert world.conversation.typing("r") == []
    assert world.conversation.version > version
    assert world.conversation.due() is None


def test_a_message_grows_until_it_is_there_or_nobody_writes_it_any_more() -> None:
    world = World()
    growing = {"id": "g1", "userId": "bot", "username": "Bot"}
    world.take("message_growing", {**growing, "content": "one"})
    world.take("message_growing", {**growing, "content": "one two"})
    world.post("m1", text="in between")
    assert [(m.text, m.state) for m in world.messages] == [("in between", "sent"), ("one two", "growing")]
    world.post("m2", "bot", "one two three", client="g1")
    assert [(m.text, m.state) for m in world.messages] == [("in between", "sent"), ("one two three", "sent")]
    world.take("message_growing", {**growing, "content": "late"})
    assert world.texts == ["in between", "one two three"]
    world.take("message_growing", {**growing, "id": "g2", "content": "cut"})
    world.time += world.conversation.due() or 0
    world.conversation.expire()
    assert world.messages[-1].state == "stopped"
    world.take("message_growing", {**growing, "id": "g2", "content": ""})  # nothing came of it
    assert world.texts == ["in between", "one two three"]


def test_one_that_is_written_here_is_not_stopped_for_being_slow() -> None:
    world = World()
    world.conversation.grow("r", Grown("g1", "bot", "bot", "…", 1.7e9))
    world.time += 1e6
    assert world.conversation.due() is None
    world.conversation.expire()
    assert world.messages[0].state == "growing"


def test_a_channel_that_is_numbered_anew_goes_on_behind_what_was() -> None:
    world = World()
    world.post("m1")
    world.post("m2")
    world.epoch = "f"
    world.take("message", {"id": "n1", "userId": "ken", "content": "new"}, offset=1)
    assert [m.id for m in world.messages] == ["m1", "m2", "n1"]
    assert world.conversation.position_of("r", "n1") == 1
    assert world.conversation.position_of("r", "m1") is None  # there is no such place any more


def test_older_messages_that_were_asked_for_are_no_news() -> None:
    world = World()
    world.take("message", {"id": "m9", "userId": "ken", "content": "9"}, offset=9)
    version = world.conversation.version
    old = [
        Message(
            "message",
            {"roomId": "r", "id": f"m{n}", "userId": "ken", "content": f"{n}"},
            1.7e12,
            None,
            None,
            "e",
            n,
        )
        for n in (7, 8)
    ]
    found = world.conversation.take("r", old, quiet=True)
    assert [m.id for m in found] == ["m7", "m8"]
    assert world.texts == ["7", "8", "9"]
    assert world.conversation.version == version


# Whatever comes, in whichever order


@st.composite
def channels(draw: st.DrawFn) -> list[Message]:
    """Return what a channel has: messages, and what became of them, by anybody."""
    found = []
    ids: list[str] = []
    for offset in range(1, draw(st.integers(1, 14)) + 1):
        kind = draw(
            st.sampled_from(
                ["message", "message", "message_edited", "message_deleted", "reaction", "user_joined"]
            )
        )
        user = draw(st.sampled_from(USERS))
        data: dict[str, Any] = {"roomId": "r", "userId": user, "username": user, "timestamp": 1.7e12 + offset}
        if kind == "message" or not ids:
            kind = "message"
            ids.append(f"m{offset}")
            data |= {"id": ids[-1], "content": f"text {offset}"}
        elif kind == "user_joined":
            data = {"roomId": "r", "user": {"id": user, "username": user}}
        else:
            data |= {"messageId": draw(st.sampled_from(ids)), "content": f"edit {offset}"}
            data |= {"reaction": draw(st.sampled_from("👍🎉")), "on": draw(st.booleans())}
        found.append(Message(kind, data, 1.7e12, f"c{offset}", "chat:r", "e", offset))
    return found


def filled(messages: Iterable[Message], said: Sequence[str] = ()) -> World:
    world = World()
    for key in said:
        world.say(key)
    for message in messages:
        world.conversation.take("r", [message])
    return world


def picture(world: World) -> list[Any]:
    return [msgspec.structs.replace(message, by_program=False) for message in world.messages]


@given(st.data())
def test_every_order_with_repeats_gives_the_same_messages(data: st.DataObject) -> None:
    messages = data.draw(channels())
    jumbled = data.draw(
        st.permutations(messages + data.draw(st.lists(st.sampled_from(messages), max_size=8)))
    )
    assert picture(filled(jumbled)) == picture(filled(messages))


@given(st.data())
def test_a_snapshot_and_the_events_after_it_are_a_fresh_snapshot(data: st.DataObject) -> None:
    messages = data.draw(channels())
    cut = data.draw(st.integers(0, len(messages)))
    back = data.draw(st.integers(0, cut))  # recovery may begin before what is known
    world = filled(messages[:cut])
    for message in messages[back:]:
        world.conversation.take("r", [message])
    assert picture(world) == picture(filled(messages))
    assert world.conversation.unread("r") == filled(messages).conversation.unread("r")


@given(st.data())
def test_old_pages_read_backwards_give_the_same_as_reading_from_the_beginning(data: st.DataObject) -> None:
    messages = data.draw(channels())
    cut = data.draw(st.integers(0, len(messages)))
    world = filled(messages[cut:])
    while cut:
        begin = data.draw(st.integers(0, cut - 1))
        world.conversation.take("r", messages[begin:cut], quiet=True)
        cut = begin
    assert picture(world) == picture(filled(messages))


@given(st.data())
def test_who_follows_the_changes_has_what_there_is(data: st.DataObject) -> None:
    """The items that changed after a version, laid over those of that version, are all of the next."""
    messages = data.draw(st.permutations(data.draw(channels())))
    own = data.draw(
        st.lists(st.sampled_from([m.id for m in messages if m.type == "message"] or ["c0"]), unique=True)
    )
    world = World()
    timeline = world.conversation.rooms["r"].timeline
    shown: dict[str, tuple[Any, ...]] = {}
    version = 0
    for key in own:
        world.say(str(key))
    for message in messages:
        world.conversation.take("r", [message])
        if data.draw(st.booleans()):
            changes = timeline.changes(version)
            assert changes is not None
            version = timeline.version
            for key in changes.removed:
                shown.pop(key, None)
            shown |= {item.key: (item.place, item.state["state"]) for item in changes.items}
            assert shown == {item.key: (item.place, item.state["state"]) for item in timeline}


def test_only_what_is_in_the_channel_has_a_position() -> None:
    world = World()
    grown = {"id": "g", "userId": "bot", "username": "Bot", "content": "half"}
    world.conversation.take("r", [Message("message_growing", grown, 1.7e12)])
    world.take("message", {"id": "m1", "userId": "ken", "username": "Ken", "content": "hi"}, offset=7)
    world.time += 1000.0
    world.conversation.expire()
    assert [each.state for each in world.conversation.messages("r")] == ["sent", "stopped"]
    assert world.conversation.position_of("r", "m1") == 7
    assert world.conversation.position_of("r", "g") is None


def test_what_waits_for_a_room_is_seen_behind_the_messages_of_every_room() -> None:
    world = World()
    told: list[None] = []
    world.conversation.listen(lambda: told.append(None))
    held = ChatMessage(
        id="k", room="", user="anna", name="Anna", text="hi", type="text", ts=0.0, own=True, state="queued"
    )
    world.conversation.hold(held)
    assert world.conversation.messages("r") == world.conversation.messages("") == [held]
    assert world.conversation.held("k") == held
    assert world.conversation.let_go("k")
    assert not world.conversation.let_go("k")
    assert world.conversation.messages("r") == []
    assert len(told) == 2
