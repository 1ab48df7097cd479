"""The feed of a chat: what a page puts together from its parts is what there is."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.chat.conversation import Conversation, Me
from realtime_widgets.chat.events import Grown
from realtime_widgets.chat.message import Said
from realtime_widgets.chat.room import RoomInfo
from realtime_widgets.feeds.chat import MAX_PART_BYTES, NEWEST, NEWEST_OF_OTHERS, PAGE, ChatFeed
from realtime_widgets.protocol.envelope import Message


class World:
    def __init__(self, *rooms: str) -> None:
        self.time = 5.0
        self.conversation = Conversation(Me("anna", "Anna"), lambda: self.time, lambda: 1.7e9)
        self.conversation.inform([RoomInfo(id=room, name=room.title()) for room in rooms or ("r",)])
        self.conversation.choose((rooms or ("r",))[0])
        self.feed = ChatFeed(self.conversation)
        self._offsets: dict[str, int] = {}

    def take(self, type: str, data: dict[str, Any], room: str = "r", client: str | None = None) -> None:
        offset = self._offsets[room] = self._offsets.get(room, 0) + 1
        message = Message(type, {"roomId": room, **data}, 1.7e12, client, f"chat:{room}", "e", offset)
        self.conversation.take(room, [message])

    def post(
        self, id: str, text: str = "hi", room: str = "r", client: str | None = None, **more: Any
    ) -> None:
        data = {"id": id, "userId": "ken", "username": "Ken", "content": text, "timestamp": 1.7e12}
        self.take("message", {**data, **more}, room, client)

    def part(self, *, key: bool = False) -> dict[str, Any]:
        payload = self.feed.take(key, 0.0)
        json.dumps(payload.body)
        return {"key": payload.key, "numbers": (payload.first, payload.last), **payload.body}


def keys(part: dict[str, Any]) -> list[str]:
    return [item["key"].rpartition("/")[2] for item in part["items"]]


def test_a_keyframe_has_the_rooms_and_their_newest_messages() -> None:
    world = World()
    world.post("m1")
    world.take(
        "reaction", {"messageId": "m1", "userId": "anna", "username": "Anna", "reaction": "👍", "on": True}
    )
    world.take("user_joined", {"user": {"id": "mia", "username": "Mia"}})
    part = world.part(key=True)
    common = {"room": "r", "own": False, "ts": 1.7e9, "state": "sent"}
    assert part["items"] == [
        {"key": "#1/r/m1", "place": 1.0, "kind": "message", "type": "text", "user": "ken", "name": "Ken", "text": "hi",
         "reactions": [("👍", 1, True, "Anna")]} | common,
        {"key": "#1/r/@e:3", "place": 3.0, "kind": "joined", "type": "system", "user": "mia", "name": "Mia", "text": ""}
        | common,
    ]  # fmt: skip
    assert part["rooms"] == [
        {"id": "r", "name": "R", "joined": True, "unread": 1, "members": 1, "from": 1.0, "more": False, "read": 0.0,
         "reads": [("ken", 1.0)], "last": {"name": "Ken", "own": False, "type": "text", "text": "hi", "ts": 1.7e9}}
    ]  # fmt: skip
    assert (part["me"], part["room"], part["typing"]) == ({"id": "anna", "name": "Anna"}, "r", {})
    assert (part["key"], part["numbers"]) == (True, (1, 1))
    assert not world.feed.changed()


def test_what_has_changed_follows_and_nothing_else() -> None:
    world = World()
    for n in range(3):
        world.post(f"m{n}")
    world.part(key=True)
    world.take(
        "message_edited", {"messageId": "m1", "userId": "ken", "content": "other", "timestamp": 1.8e12}
    )
    assert world.feed.changed()
    part = world.part()
    assert [(item["key"], item["text"], item["edited"]) for item in part["items"]] == [
        ("#1/r/m1", "other", 1.8e9)
    ]
    assert "rooms" not in part
    assert (part["key"], part["numbers"]) == (False, (2, 2))
    world.post("m3")
    assert (keys(world.part()), world.feed.changed()) == (["m3"], False)


def test_what_is_said_here_keeps_its_key_and_what_is_discarded_goes() -> None:
    world = World()
    world.part(key=True)
    for key in ("key-0001", "key-0002"):
        world.conversation.say("r", key, Said("?", "anna", "Anna", "hi", "text", 1.7e9, {}), "queued")
    assert [(i["key"], i["own"], i["state"]) for i in world.part()["items"]] == [
        ("key-0001", True, "queued"),
        ("key-0002", True, "queued"),
    ]
    world.post("m1", client="key-0001", userId="anna")
    world.conversation.settle("r", "key-0002", "failed", "no right")
    assert [(i["key"], i["state"], i.get("error")) for i in world.part()["items"]] == [
        ("key-0001", "sent", None),
        ("key-0002", "failed", "no right"),
    ]
    world.conversation.discard("r", "key-0002")
    assert world.part()["removed"] == ["key-0002"]


def test_typing_is_told_and_ends_by_time_alone() -> None:
    world = World()
    world.part(key=True)
    world.take("typing_start", {"userId": "ken", "username": "Ken"})
    assert world.part()["typing"] == {"r": ["Ken"]}
    due = world.feed.due()
    assert due is not None
    assert not world.feed.changed()
    world.time += due
    assert world.feed.changed()
    assert world.part()["typing"] == {}


def test_a_keyframe_is_bounded_and_the_chosen_room_goes_first() -> None:
    world = World("a", "b")
    for n in range(NEWEST + 50):
        world.post(f"a{n}", room="a")
        world.post(f"b{n}", room="b")
    part = world.part(key=True)
    assert [item["room"] for item in part["items"]].count("a") == NEWEST
    assert [item["room"] for item in part["items"]].count("b") == NEWEST_OF_OTHERS
    first, second = part["rooms"]
    assert (first["from"], first["more"], second["from"]) == (51.0, True, NEWEST + 50 - NEWEST_OF_OTHERS + 1)
    world.conversation.choose("b")
    for n in range(50):
        world.post(f"long{n}", "界" * 20_000, room="b")
    assert [key for key in keys(world.part()) if key[0] != "a"] == ["long49"]  # one, however large


def test_a_burst_that_does_not_fit_is_a_keyframe() -> None:
    world = World()
    world.part(key=True)
    for n in range(2000):
        world.post(f"m{n}", "x" * 100)
    payload = world.feed.take(False, 0.0)
    assert payload.key
    assert payload.nbytes < MAX_PART_BYTES + 2000
    assert payload.body["items"][-1]["key"] == "#1/r/m1999"


def test_a_new_room_comes_with_a_keyframe() -> None:
    world = World()
    world.part(key=True)
    world.conversation.inform([RoomInfo(id="r", name="R"), RoomInfo(id="s", name="S")])
    part = world.part()
    assert part["key"]
    assert [room["id"] for room in part["rooms"]] == ["r", "s"]


def test_older_messages_are_answered_page_by_page() -> None:
    world = World()
    for n in range(1, NEWEST + 150):
        world.post(f"m{n}")
    begin = world.part(key=True)["rooms"][0]["from"]
    assert world.feed.answer("r", begin, more=False)
    (answer,) = world.part()["answers"]
    assert (answer["room"], answer["before"], answer["more"]) == ("r", begin, True)
    assert keys(answer) == [f"m{n}" for n in range(int(begin) - PAGE, int(begin))]
    while answer["more"]:
        world.feed.answer("r", answer["items"][0]["place"], more=False)
        (answer,) = world.part()["answers"]
    assert keys(answer)[0] == "m1"
    assert not world.feed.answer("r", 1.0, more=False)
    assert world.part()["answers"] == [{"room": "r", "before": 1.0, "items": [], "more": False}]
    assert not world.feed.answer("nowhere", 1.0, more=False)


def test_text_that_is_no_unicode_does_not_stop_a_frame() -> None:
    world = World()
    world.post("m1", "a\ud800b")
    world.conversation.say(
        "r", "key-0001", Said("?", "anna", "\udfff", "x\ud800", "text", 1.7e9, {}), "sending"
    )
    json.dumps(world.part(key=True), ensure_ascii=False).encode()


def test_a_file_is_told_of_and_a_deleted_one_is_not() -> None:
    world = World()
    about = {"url": "/files/a", "name": "plot.png", "type": "image/png", "size": 9, "width": 4}
    world.post("m1", "", type="image", metadata={**about, "bot": True})
    (item,) = world.part(key=True)["items"]
    assert item["file"] == about
    assert item["bot"]
    world.take("message_deleted", {"messageId": "m1", "userId": "ken"})
    (item,) = world.part()["items"]
    assert (item["deleted"], item["text"], "file" in item) == (True, "", False)


def test_of_an_answer_that_grows_only_what_was_added_is_told() -> None:
    world = World()

    def grow(text: str, **more: Any) -> None:
        grown = {"client": "g1", "user": "bot", "name": "Bot", "text": text, "ts": 1.7e9} | more
        world.conversation.grow("r", Grown(**grown))

    world.part()
    grow("One 😀")
    part = world.part()
    assert [item["text"] for item in part["items"]] == ["One 😀"]
    grow("One 😀 two", ts=1.8e9)
    part = world.part()
    assert (part["items"], part["grown"]) == ([], {"g1": (6, " two")})
    grow("Another")
    assert [item["text"] for item in world.part()["items"]] == ["Another"]
    grow("Another one")
    assert [item["text"] for item in world.part(key=True)["items"]] == ["Another one"]
    grow("Another one.")
    assert world.part()["grown"] == {"g1": (11, ".")}
    world.post("m1", "Another one.", client="g1", userId="bot")
    part = world.part()
    assert ([(item["key"], item["state"]) for item in part["items"]], "grown" in part) == (
        [("g1", "sent")],
        False,
    )


def test_a_long_answer_costs_as_many_bytes_as_it_has_and_not_their_square() -> None:
    world = World()
    world.part()
    nbytes = []
    for length in range(100, 20_000, 100):
        world.conversation.grow("r", Grown("g1", "bot", "Bot", "x" * length, 1.7e9))
        nbytes.append(world.feed.take(False, 0.0).nbytes)
    assert max(nbytes) < 2_000
    assert nbytes[-1] <= nbytes[1]


class Pages:
    """What a page puts together, as `js/src/lib/chat/conversation` does."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}

    def take(self, part: dict[str, Any]) -> None:
        if part["key"]:
            self.items = {}
        for key in part.get("removed", ()):
            self.items.pop(key, None)
        self.items |= {item["key"]: item for item in part["items"]}
        for key, (at, added) in part.get("grown", {}).items():
            before = self.items[key]
            assert len(before["text"].encode("utf-16-le")) == 2 * at
            self.items[key] = before | {"text": before["text"] + added}
        for answer in part.get("answers", ()):
            self.items |= {item["key"]: item for item in answer["items"]}


PIECES = ("a", "😀", "\ud83d", "\ude00", "\n")


@given(st.lists(st.tuples(st.sampled_from("psetdckgggfo"), st.integers(0, 5)), max_size=40))
def test_a_page_that_takes_every_part_has_what_a_keyframe_has(deeds: list[tuple[str, int]]) -> None:
    world = World()
    page = Pages()
    texts: dict[str, str] = {}
    said = 0
    for deed, n in deeds:
        match deed:
            case "p":
                world.post(
                    f"m{said}",
                    f"{n}",
                    client=f"key-{n}" if n < 3 else None,
                    userId="anna" if n < 3 else "ken",
                )
                said += 1
            case "s":
                world.conversation.say(
                    "r", f"key-{n}", Said("?", "anna", "A", "hi", "text", 1.7e9, {}), "sending"
                )
            case "e":
                world.take(
                    "message_edited", {"messageId": f"m{n}", "userId": "ken", "content": f"edit {said}"}
                )
            case "d":
                world.conversation.discard("r", f"key-{n}")
            case "c":
                world.conversation.settle("r", f"key-{n}", "failed", "why")
            case "g":
                key = f"grows-{n % 2}"
                text = texts[key] = texts.get(key, "") + PIECES[n % len(PIECES)]
                world.conversation.grow("r", Grown(key, "bot", "Bot", text, 1.7e9))
            case "f":
                key = f"grows-{n % 2}"
                text = texts.pop(key, "whole")
                world.post(f"m{said}", text, client=key, userId="bot", username="Bot")
                said += 1
            case "o":
                world.feed.answer("r", None, more=False)
            case "k" | "t":
                page.take(world.part(key=deed == "k"))
    page.take(world.part())
    while world.feed.changed():
        page.take(world.part())
    assert sorted(page.items.values(), key=lambda item: item["place"]) == world.part(key=True)["items"]


def test_a_line_of_this_side_is_no_place_from_which_on_a_page_has_all() -> None:
    """Between it and the next message others may be missing, which are asked for by that message's place."""
    world = World()
    world.post("m1")
    said = Said("x", "", "on_message", "oops", "system", 1.7e9, {})
    world.conversation.note("r", "!x", said, kind="error")
    for n in range(2, NEWEST + 1):
        world.post(f"m{n}")
    part = world.part(key=True)
    assert part["items"][0]["kind"] == "error"
    assert part["rooms"][0]["from"] == 2.0
