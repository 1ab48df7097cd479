"""What clients ask of rooms, one by one: met, refused, under which name, and once if it comes twice."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from realtime_widgets.chat.events import event_of
from realtime_widgets.hub import ChannelPolicy, Hub, Limits, Rights, chat, chat_notes, chat_shares
from realtime_widgets.hub.chat_notes import MAX_MEMBERS, MAX_MEMBERS_EACH
from realtime_widgets.protocol.chat_publications import PUBLISHED
from realtime_widgets.protocol.chat_requests import REQUESTS
from realtime_widgets.protocol.envelope import Message, new_id
from support.scripted_client import Answer, ScriptedClient, client, run

SECRET = "canary-secret-0123456789abcdef-0123"
ROOM = {"roomId": "lab"}
ANNA = {"userId": "u1", "username": "Anna"}
MESSAGE = ROOM | ANNA | {"content": "hi"}


@dataclass(frozen=True)
class Case:
    """One request.

    Attributes:
        type: of the request.
        data: a good one; `messageId` and `offset` are those of a message that its user has said.
        published: the type of what is published for it; None: nothing.
        on: which of the room's channels.
        says: what that has, besides the room.
        right: without which it is refused.
    """

    type: str
    data: dict[str, Any]
    published: str | None
    on: str = "chat"
    says: dict[str, Any] = field(default_factory=dict)
    right: str = "publish"


FOUND: Any = object()
"""Stands for what is only known when the message was said."""

CASES = [
    Case("join_rooms", ANNA, None, right="any"),
    Case("join_room", ROOM | {"userId": "new", "username": "New"}, "user_joined",
         says={"user": {"id": "new", "username": "New"}}, right="subscribe"),
    Case("leave_room", ROOM | {"userId": "u1"}, "user_left", says={"user": {"id": "u1", "username": "Anna"}},
         right="subscribe"),
    Case("send_message", MESSAGE | {"type": "file", "metadata": {"a": [1]}}, "message",
         says=ANNA | {"content": "hi", "type": "file", "metadata": {"a": [1]}}),
    Case("edit_message", ROOM | ANNA | {"messageId": FOUND, "offset": FOUND, "content": "ho"}, "message_edited",
         says={"userId": "u1", "content": "ho", "messageId": FOUND}),
    Case("delete_message", ROOM | ANNA | {"messageId": FOUND, "offset": FOUND}, "message_deleted",
         says={"userId": "u1", "messageId": FOUND}),
    Case("react", ROOM | ANNA | {"messageId": FOUND, "reaction": "👍🏽"}, "reaction",
         says=ANNA | {"reaction": "👍🏽", "on": True, "messageId": FOUND}),
    Case("mark_read", ROOM | ANNA | {"offset": FOUND}, "read", "typing", says={"userId": "u1", "offset": FOUND},
         right="subscribe"),
    Case("typing_start", ROOM | ANNA, "typing_start", "typing", says=ANNA),
    Case("typing_stop", ROOM | {"userId": "u1"}, "typing_stop", "typing", says=ANNA),
    Case("load_messages", ROOM | ANNA | {"before": 2}, None, right="subscribe"),
    Case("grow_message", ROOM | ANNA | {"id": "x1", "content": "so far"}, "message_growing", "typing",
         says=ANNA | {"id": "x1", "content": "so far"}),
]  # fmt: skip

each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.type)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(secret=SECRET, channels={"chat:quiet": ChannelPolicy(publish="hub")}) as hub:
        yield hub


@contextlib.asynccontextmanager
async def inside(
    hub: Hub, *rooms: str, rights: Rights | None = None, **can: Any
) -> AsyncIterator[ScriptedClient]:
    """A client that has said hello, and follows rooms."""
    options = {}
    if rights is not None:
        options["additional_headers"] = {"Authorization": f"Bearer {hub.token_for(rights)}"}
    async with client(hub, **options) as one:
        channels = [f"{begin}chat:{room}" for room in rooms for begin in ("", "typing:")]
        await one.hello(*channels, **{"acks": True, "recovery": True} | can)
        await one.settled()
        yield one


async def ask(
    one: ScriptedClient, type: str, data: Any, id: str | None = None
) -> tuple[Answer, list[Answer]]:
    """Ask for something; returns the answer, an `ack` or an `error`, and all that came before it."""
    id = id or new_id()
    await one.say(type, data, id=id)
    before = []
    while True:
        message = await one.next()
        if (message["type"] == "ack" and message["id"] == id) or (
            message["type"] == "error" and message["data"]["id"] == id
        ):
            return message, before
        before.append(message)


async def say(one: ScriptedClient, data: Any = MESSAGE) -> Answer:
    """Say something; returns it as it was published."""
    answer, before = await ask(one, "send_message", data)
    assert answer["type"] == "ack", answer
    (message,) = [each for each in before if each["type"] == "message" and each["id"] == answer["id"]]
    return message


def filled(data: dict[str, Any], message: Answer) -> dict[str, Any]:
    known = {"messageId": message["data"]["id"], "offset": message["offset"]}
    return {key: known[key] if value is FOUND else value for key, value in data.items()}


def refused(answer: Answer) -> tuple[str, str]:
    assert answer["type"] == "error", answer
    return answer["data"]["code"], answer["data"]["message"]


def test_the_table_has_each_request():
    assert {case.type for case in CASES} == REQUESTS.keys()


@each
def test_a_request_is_published_under_its_id_and_acknowledged(hub: Hub, case: Case):
    async def main() -> None:
        async with inside(hub, "lab") as one:
            message = await say(one)
            answer, before = await ask(one, case.type, filled(case.data, message), id="mine")
            assert answer["type"] == "ack", answer
            if case.published is None:
                expected = {"join_rooms": ["rooms_list", "identity"], "load_messages": ["older_messages"]}
                assert [each["type"] for each in before] == expected[case.type]
                assert {each["id"] for each in before} == {"mine"}
                return
            (found,) = [each for each in before if each["type"] == case.published]
            assert found["channel"] == {"chat": "chat:lab", "typing": "typing:chat:lab"}[case.on]
            assert found["data"].items() >= (filled(case.says, message) | ROOM).items()
            assert event_of(Message(case.published, found["data"])) is not None
            if case.type != "mark_read":
                assert found["id"] == "mine"
                assert {key: found[key] for key in ("epoch", "offset")} == answer["data"]
                assert found["data"]["timestamp"] == pytest.approx(found["timestamp"], abs=60_000)
            else:
                assert answer["data"] == {}
            if case.type == "send_message":
                assert found["data"]["id"] not in ("mine", message["data"]["id"])

    run(main())


@each
def test_a_request_needs_its_right(hub: Hub, case: Case):
    async def main() -> None:
        async with inside(hub, "lab") as anna:
            message = await say(anna)
        other = {"subscribe": "publish", "publish": "subscribe"}.get(case.right, "subscribe")
        for rights in (Rights(), Rights(**{other: ["*"]})):  # type: ignore[arg-type]
            async with inside(hub, rights=rights) as one:
                answer, before = await ask(one, case.type, filled(case.data, message))
                if case.right == "any":
                    rooms = ["general", "lab"] if rights.subscribe else []
                    assert [room["id"] for room in before[0]["data"]] == rooms
                    continue
                what = {"subscribe": "follow", "publish": "publish on"}[case.right]
                assert refused(answer) == (
                    "forbidden",
                    f"this token may not {what} 'chat:lab'; ask for one with that right",
                )
        rights = {"subscribe": ["chat:lab"], "publish": ["chat:lab"] if case.right == "publish" else []}
        async with inside(hub, rights=Rights(**rights)) as one:
            answer, _ = await ask(one, case.type, filled(case.data, message))
            assert answer["type"] == "ack", answer

    run(main())


@each
def test_a_request_that_says_nothing_is_told_how_it_looks(hub: Hub, case: Case):
    async def main() -> None:
        async with inside(hub) as one:
            for data in (3, [], "x"):
                code, text = refused((await ask(one, case.type, data))[0])
                assert code == "bad_request"
                assert text.startswith(f"this {case.type} cannot be read: ")
                assert "; send {" in text
            data = {key: 1 if value is FOUND else value for key, value in case.data.items()}
            code, text = refused((await ask(one, case.type, data | {"username": 3}))[0])
            assert (code, "got `int` - at `$." in text) == ("bad_request", True)

    run(main())


@each
def test_somebody_must_ask(hub: Hub, case: Case):
    async def main() -> None:
        async with inside(hub, "lab") as one:
            message = await say(one)
            data = {key: value for key, value in filled(case.data, message).items() if key not in ANNA}
            assert refused((await ask(one, case.type, data))[0]) == (
                "bad_request",
                'who asks is not said, and the token names nobody; send "userId"',
            )
        async with inside(hub, "lab", rights=Rights(subscribe=["*"], publish=["*"], name="u1")) as one:
            answer, _ = await ask(one, case.type, data)
            assert answer["type"] == "ack", "whom the token names"

    run(main())


# Who speaks


def test_whom_a_token_names_speaks_as_nobody_else(hub: Hub):
    async def main() -> None:
        rights = Rights(subscribe=["*"], publish=["*"], name="anna")
        async with inside(hub, "lab") as ben, inside(hub, "lab", rights=rights) as anna:
            theirs = await say(ben, ROOM | {"userId": "ben", "username": "Ben", "content": "mine"})
            for asked, said in (
                ({"userId": "ben", "username": "Ben"}, ("anna/ben", "Ben (anna)")),
                ({"userId": "anna", "username": "Ben"}, ("anna", "anna")),
                ({"username": "Ben"}, ("anna", "anna")),
                ({"userId": "anna/bot", "username": "Bot (anna)"}, ("anna/bot", "Bot (anna)")),
            ):
                message = (await say(anna, ROOM | asked | {"content": "hi"}))["data"]
                assert (message["userId"], message["username"]) == said
            place = {"messageId": theirs["data"]["id"], "offset": theirs["offset"], "userId": "ben"}
            for type, more in (("edit_message", {"content": "taken over"}), ("delete_message", {})):
                answer, _ = await ask(anna, type, ROOM | place | more)
                assert refused(answer) == ("forbidden", "only who has said something may change it")
                answer, _ = await ask(ben, type, ROOM | place | more)
                assert answer["type"] == "ack"

    run(main())


def test_what_is_not_there_cannot_be_changed(hub: Hub):
    async def main() -> None:
        async with inside(hub, "lab") as one:
            message = await say(one)
            good = filled({"messageId": FOUND, "offset": FOUND}, message)
            for change in (
                {"offset": 0},
                {"offset": 1},
                {"offset": 99},
                {"messageId": "other"},
                {"roomId": "other"},
            ):
                for type, more in (("edit_message", {"content": "x"}), ("delete_message", {})):
                    code, text = refused((await ask(one, type, ROOM | ANNA | good | more | change))[0])
                    assert code == "not_found"
                    assert text.endswith(", or not any more")

    run(main())


def test_a_message_that_is_taken_back_is_told_to_who_keeps_what_belongs_to_it(hub: Hub):
    async def main() -> None:
        forgotten: list[tuple[str, str, dict[str, Any]]] = []
        assert hub._instance is not None
        hub._instance.state.chat.forgotten = lambda *which: forgotten.append(which)
        async with inside(hub, "lab") as one:
            metadata = {"file": {"key": "abc"}}
            message = await say(one, MESSAGE | {"type": "file", "metadata": metadata})
            place = filled({"messageId": FOUND, "offset": FOUND}, message)
            await ask(one, "delete_message", ROOM | {"userId": "u2"} | place)
            assert forgotten == []
            await ask(one, "delete_message", ROOM | ANNA | place)
            assert forgotten == [("lab", "at 127.0.0.1", metadata)]

    run(main())


# What comes again


@pytest.mark.parametrize("case", [case for case in CASES if case.on == "chat" and case.right == "publish"],
                         ids=lambda case: case.type)  # fmt: skip
def test_a_request_that_comes_again_is_the_same_message(hub: Hub, case: Case):
    async def main() -> None:
        async with inside(hub, "lab", client="page") as one:
            message = await say(one)
            data = filled(case.data, message)
            first, published = await ask(one, case.type, data, id="mine")
            again, before = await ask(one, case.type, data, id="mine")
            assert len(published) == 1
            assert (again["data"], before) == (first["data"], [])
        async with inside(hub, "lab", client="page") as one:
            again, before = await ask(one, case.type, data, id="mine")
            assert (again["data"], before) == (first["data"], []), "over another connection, too"
            other, _ = await ask(one, case.type, data | {"more": 1}, id="mine")
            assert refused(other)[0] == "id_reused"
        async with inside(hub, "lab", client="another page") as one:
            other, before = await ask(one, case.type, data, id="mine")
            assert other["data"]["offset"] == first["data"]["offset"] + 1
            assert len(before) == 1

    run(main())


def test_who_comes_and_goes_again_is_told_once(hub: Hub):
    async def main() -> None:
        async with inside(hub, "lab") as one:
            _, before = await ask(one, "join_room", ROOM | ANNA)
            assert [each["type"] for each in before] == ["user_joined"]
            for _ in range(2):
                answer, before = await ask(one, "join_room", ROOM | ANNA)
                assert (answer["data"], [each["type"] for each in before]) == ({}, ["read"])
            _, before = await ask(one, "leave_room", ROOM | ANNA)
            assert [each["type"] for each in before] == ["user_left"]
            answer, before = await ask(one, "leave_room", ROOM | ANNA)
            assert (answer["data"], before) == ({}, [])

    run(main())


# Members


def test_who_says_something_becomes_a_member_also_after_leaving_elsewhere(hub: Hub):
    async def main() -> None:
        async with inside(hub, "lab") as one, inside(hub, "lab") as two:
            _, before = await ask(one, "send_message", MESSAGE)
            assert [each["type"] for each in before] == ["user_joined", "message"]
            _, before = await ask(one, "send_message", MESSAGE)
            assert [each["type"] for each in before] == ["message"]
            await ask(two, "leave_room", ROOM | ANNA)
            await one.heard("user_left")
            _, before = await ask(one, "send_message", MESSAGE)
            assert [each["type"] for each in before] == ["user_joined", "message"]

    run(main())


def test_a_room_is_made_by_who_may_say_something_in_it_but_for_the_one_that_is_always_there(hub: Hub):
    async def main() -> None:
        async with inside(hub, rights=Rights(subscribe=["*"])) as reader, inside(hub) as one:
            assert refused((await ask(reader, "join_room", ROOM | {"userId": "r"}))[0]) == (
                "no_room",
                "there is no room 'lab', and this token may not make it",
            )
            answer, _ = await ask(reader, "join_room", {"roomId": "general", "userId": "r"})
            assert answer["type"] == "ack"
            await ask(one, "join_room", ROOM | ANNA | {"name": "The lab"})
            answer, _ = await ask(reader, "join_room", ROOM | {"userId": "r", "name": "Mine"})
            assert answer["type"] == "ack"
            _, before = await ask(one, "join_rooms", ANNA)
            rooms = next(each for each in before if each["type"] == "rooms_list")["data"]
            assert {room["id"]: (room["name"], room["members"]) for room in rooms} == {
                "general": ("general", 1),
                "lab": ("The lab", 2),
            }

    run(main())


def test_where_only_the_hub_publishes_nobody_says_anything(hub: Hub):
    async def main() -> None:
        quiet = {"roomId": "quiet"}
        async with inside(hub, "quiet") as one:
            answer, _ = await ask(one, "join_room", quiet | ANNA)
            assert answer["type"] == "ack"
            for case in CASES:
                if case.right == "publish":
                    data = {
                        key: 1 if value is FOUND and key == "offset" else value
                        for key, value in case.data.items()
                    }
                    data = {key: "m" if value is FOUND else value for key, value in data.items()}
                    code, text = refused((await ask(one, case.type, data | quiet))[0])
                    assert (code, "nobody may say anything" in text) == ("forbidden", True)

    run(main())


def test_only_members_have_read_something_and_no_more_than_there_is(hub: Hub):
    async def main() -> None:
        async with inside(hub, "lab") as one:
            message = await say(one)
            code, text = refused((await ask(one, "mark_read", ROOM | {"userId": "x", "offset": 1}))[0])
            assert (code, "join it first" in text) == ("no_room", True)
            _, before = await ask(one, "mark_read", ROOM | ANNA | {"offset": 10**9})
            assert before[-1]["data"]["offset"] == message["offset"]

    run(main())


@pytest.mark.parametrize("named", [True, False])
def test_one_client_closes_a_room_to_nobody(hub: Hub, named: bool):
    rights = Rights(subscribe=["*"], publish=["*"], name="mallory" if named else None)

    async def flood(one: ScriptedClient, numbers: range) -> list[Answer]:
        for number in numbers:
            await one.say("join_room", {"roomId": "general", "userId": f"b{number}"}, id=f"{number}")
        answers: list[Answer] = []
        while len(answers) < len(numbers):
            if (message := await one.next())["type"] in ("ack", "error"):
                answers.append(message)
        return answers

    async def main() -> None:
        async with inside(hub, rights=rights) as mallory, inside(hub) as one:
            answers = await flood(mallory, range(MAX_MEMBERS + 1))
            whose = "token" if named else "connection"
            assert [each["type"] for each in answers] == ["ack"] * MAX_MEMBERS_EACH + ["error"] * (
                MAX_MEMBERS + 1 - MAX_MEMBERS_EACH
            )
            assert refused(answers[-1]) == (
                "no_room",
                f"this {whose} has brought as many members into the room 'general' as it may, 100; have some of them "
                "leave it",
            )
            answer, _ = await ask(
                mallory, "send_message", {"roomId": "general", "userId": "z", "content": "x"}
            )
            assert refused(answer)[0] == "no_room", "by this way, too"
            if named:
                assert (await ask(mallory, "join_room", {"roomId": "general"}))[0]["type"] == "ack", "itself"
            assert (await ask(one, "join_room", ANNA | {"roomId": "general"}))[0]["type"] == "ack"
            await ask(mallory, "leave_room", {"roomId": "general", "userId": "b7"})
            answer, _ = await ask(mallory, "join_room", {"roomId": "general", "userId": "z"})
            assert answer["type"] == "ack", "as it was told"
        for begin in range(0, MAX_MEMBERS + 1, MAX_MEMBERS_EACH):  # however often it comes
            async with inside(hub, rights=rights) as mallory:
                await flood(mallory, range(begin, begin + MAX_MEMBERS_EACH))
        async with inside(hub) as one:
            answer, _ = await ask(one, "join_room", {"roomId": "general", "userId": "u3"})
            assert answer["type"] == "ack"
            _, before = await ask(one, "join_rooms", {"userId": "u3"})
            (room,) = next(each["data"] for each in before if each["type"] == "rooms_list")
            members = MAX_MEMBERS_EACH + 3 if named else MAX_MEMBERS
            assert (room["members"], room["member"]) == (members, True)

    run(main())


@pytest.mark.parametrize("named", [True, False])
def test_one_client_makes_so_many_rooms(hub: Hub, named: bool, monkeypatch: pytest.MonkeyPatch):
    for module in (chat_notes, chat_shares, chat):
        monkeypatch.setattr(module, "MAX_ROOMS_EACH", 3)
    rights = Rights(subscribe=["*"], publish=["*"], name="mallory" if named else None)

    async def main() -> None:
        async with inside(hub, rights=rights) as mallory:
            for number in range(3):
                answer, _ = await ask(mallory, "join_room", {"roomId": f"r{number}", "userId": "m"})
                assert answer["type"] == "ack"
            answer, _ = await ask(mallory, "join_room", {"roomId": "more", "userId": "m"})
            assert refused(answer) == (
                "no_room",
                f"this {'token' if named else 'connection'} has made as many rooms as it may, 3; join one of them, or "
                "have all leave some, which are no more then",
            )
            answer, _ = await ask(mallory, "join_room", {"roomId": "general", "userId": "m"})
            assert answer["type"] == "ack"
        async with inside(hub, rights=rights) as mallory, inside(hub) as one:
            answer, _ = await ask(mallory, "join_room", {"roomId": "again", "userId": "m"})
            assert answer["type"] == ("error" if named else "ack"), "a name is the same over any connection"
            answer, _ = await ask(one, "join_room", {"roomId": "other", "userId": "u1"})
            assert answer["type"] == "ack"
            await ask(mallory, "leave_room", {"roomId": "r1", "userId": "m"})
            answer, _ = await ask(mallory, "join_room", {"roomId": "more", "userId": "m"})
            assert answer["type"] == "ack", "as it was told"

    run(main())


# The list of rooms


def test_the_list_comes_again_when_rooms_have_changed_for_who_has_asked(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("realtime_widgets.hub.chat_requests.LIST_PAUSE", (1.0, 5.0))

    async def main() -> None:
        async with inside(hub) as asked, inside(hub) as quiet, inside(hub) as one:
            await ask(asked, "join_rooms", {"userId": "a"})
            for number in range(20):
                await ask(one, "join_room", ANNA | {"roomId": f"r{number}"})
            lists = 0
            while True:
                rooms, _ = await asked.heard("rooms_list")
                lists += 1
                if len(rooms["data"]) == 21:
                    break
            assert lists <= 2, "changes come together"
            assert [each["type"] for each in await quiet.settled()] == []

    run(main())


def test_who_may_follow_only_some_rooms_hears_of_no_others(hub: Hub):
    async def main() -> None:
        rights = Rights(subscribe=["chat:lab"], publish=["chat:lab"], name="anna")
        async with inside(hub, rights=rights) as anna, inside(hub) as one:
            await ask(one, "join_room", {"roomId": "secret", "userId": "x"})
            await ask(anna, "join_room", ROOM)
            _, before = await ask(anna, "join_rooms", {})
            rooms = next(each["data"] for each in before if each["type"] == "rooms_list")
            assert [(room["id"], room["member"]) for room in rooms] == [("lab", True)]
            await anna.say("subscribe", {"streams": ["chat:secret", "typing:chat:secret"]})
            error, _ = await anna.heard("error")
            assert error["data"]["code"] == "forbidden"

    run(main())


# Typing


def test_who_disconnects_types_no_more(hub: Hub):
    async def main() -> None:
        async with inside(hub, "lab") as other:
            async with inside(hub) as one:
                await ask(one, "typing_start", ROOM | ANNA)
                await ask(one, "typing_start", ROOM | {"userId": "u9"})
                await ask(one, "typing_stop", ROOM | {"userId": "u9"})
            stopped, before = await other.heard("typing_stop")
            assert [each["type"] for each in before] == ["typing_start"] * 2
            assert stopped["data"]["userId"] == "u9"
            stopped, before = await other.heard("typing_stop")
            assert (stopped["data"]["userId"], before) == ("u1", [])
            assert await other.settled() == [], "once"

    run(main())


def test_of_what_is_typed_nothing_is_kept(hub: Hub):
    async def main() -> None:
        async with inside(hub, "lab") as one:
            for number in range(3):
                await ask(one, "grow_message", ROOM | ANNA | {"id": "x", "content": "." * number})
            await one.say("unsubscribe", {"streams": ["typing:chat:lab"]})
            await one.say("subscribe", {"streams": ["typing:chat:lab"], "recent": {"typing:chat:lab": 10}})
            assert [each["type"] for each in await one.settled() if "message" in each["type"]] == []

    run(main())


# What goes round the requests, or is too much


@pytest.mark.parametrize("channel", ["chat:lab", "typing:chat:lab", "rooms"])
def test_nothing_is_published_in_rooms_by_other_ways(hub: Hub, channel: str):
    import httpx

    from realtime_widgets.errors import UsageError

    async def main() -> None:
        async with inside(hub, "lab") as one:
            await one.say("publish", {"content": "forged"}, channel=channel, id="p")
            error, before = await one.heard("error")
            assert error["data"]["code"] == "bad_channel"
            assert (
                "only the hub publishes on it, for those who ask: send a message of type"
                in error["data"]["message"]
            )
            assert before == []

    run(main())
    headers = {"Authorization": f"Bearer {hub.token}"}
    answer = httpx.post(f"{hub.address}/publish/{channel}", json={"content": "forged"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "channel")
    with pytest.raises(UsageError, match="is of the chat, and only the hub publishes on it"):
        hub.publish(channel, {"content": "forged"})


def test_requests_count_as_messages_and_a_large_one_as_several():
    async def main() -> None:
        with Hub(limits=Limits(messages=10, burst=20)) as hub:
            async with inside(hub) as one:
                for _ in range(5):
                    await one.say("send_message", MESSAGE | {"content": "x" * 19_000})
                error, _ = await one.heard("error")
                assert error["data"]["code"] == "too_fast"

    run(main())


@pytest.mark.parametrize("content", ["a\0b", "\u202etxet", "\ud83d", "😀" * 20_000])
def test_text_may_be_anything_that_unicode_has(hub: Hub, content: str):
    async def main() -> None:
        async with inside(hub, "lab") as one:
            message = await say(one, MESSAGE | {"content": content, "userId": content[:100]})
            whole = content.replace("\ud83d", "\ufffd")
            assert (message["data"]["content"], message["data"]["userId"]) == (whole, whole[:100])

    run(main())


def test_two_in_a_room_see_all_in_one_order(hub: Hub):
    async def main() -> None:
        async with inside(hub, "lab") as one, inside(hub, "lab") as two:

            async def chatter(who: ScriptedClient, name: str) -> None:
                for number in range(50):
                    data = ROOM | {"userId": name, "username": name, "content": f"{number}"}
                    await who.say("send_message", data, id=f"{name}{number}")

            await asyncio.gather(chatter(one, "a"), chatter(two, "b"))
            heard: list[list[Answer]] = []
            for who in (one, two):
                mine: list[Answer] = []
                while len(mine) < 102:
                    message = await who.next()
                    if message["type"] in PUBLISHED:
                        mine.append(message)
                heard.append(mine)
            assert heard[0] == heard[1]
            for name in ("a", "b"):
                said = [each["data"]["content"] for each in heard[0] if each["data"].get("userId") == name]
                assert said == [f"{number}" for number in range(50)]

    run(main())


def test_a_client_is_told_who_it_is(hub: Hub):
    async def main() -> None:
        for rights, user in (
            (None, {"userId": "u1", "username": "Anna"}),
            (Rights(subscribe=["*"], name="ken"), {"userId": "ken", "username": "ken"}),
        ):
            async with inside(hub, rights=rights) as one:
                _, before = await ask(one, "join_rooms", ANNA)
                assert before[-1]["data"] == user

    run(main())


def test_older_messages_are_sent_page_by_page_with_what_became_of_them(hub: Hub):
    async def main() -> None:
        async with inside(hub, "lab") as one:
            said = [await say(one, MESSAGE | {"content": f"{n}"}) for n in range(5)]
            await ask(one, "react", ROOM | ANNA | {"messageId": said[1]["data"]["id"], "reaction": "👍"})
            found: list[Answer] = []
            before, more = 2**50, True
            while more:
                _, (answer,) = await ask(one, "load_messages", ROOM | ANNA | {"before": before, "limit": 3})
                page, more = answer["data"]["messages"], answer["data"]["more"]
                assert len(page) <= 3
                found += page
                before = page[-1]["offset"]
            assert [each["type"] for each in found] == ["reaction", *["message"] * 5, "user_joined"]
            assert [each["data"]["content"] for each in found[1:6]] == ["4", "3", "2", "1", "0"]
            for wrong in ({"before": 0}, {"before": 1, "limit": 301}, {"before": 1, "limit": 0}):
                answer, _ = await ask(one, "load_messages", ROOM | ANNA | wrong)
                assert refused(answer)[0] == "bad_request"

    run(main())
