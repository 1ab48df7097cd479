"""The rooms of a hub: the catalogue's client in them, several hubs that share them, and hubs that are killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from realtime_widgets.hub import Hub, Limits
from realtime_widgets.hub.brokers import make_broker
from realtime_widgets.hub.channels import Channels
from realtime_widgets.hub.chat import Chat, NoRoom
from realtime_widgets.hub.chat_shares import Share
from realtime_widgets.hub.policies import Policies
from realtime_widgets.protocol.chat_publications import User
from realtime_widgets.streams.gaps import Position
from support.catalogue_chat import CatalogueChat, catalogue_chat
from support.hub_process import hub as hub_process
from support.nats_server import nats_server
from support.redis_server import RedisServer, redis_server
from support.scripted_client import run

ANNA, BEN = ("u1", "Anna"), ("u2", "Ben")


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


def here(hub: Hub, who: tuple[str, str]) -> contextlib.AbstractAsyncContextManager[CatalogueChat]:
    return catalogue_chat(hub.address.replace("http", "ws"), hub.token, *who)


def place_of(hub: Hub) -> str:
    return hub.address.replace("http", "ws")


# The catalogue's client


async def talk(one: Hub, two: Hub) -> None:
    """Have two users meet, type, talk, miss something and come again, each at a hub."""
    async with here(one, ANNA) as anna:
        (general,) = anna.rooms
        assert (general["id"], general["name"], general["unreadCount"]) == ("general", "general", 0)
        assert (general["participants"], general["lastMessage"], general["member"]) == ([], None, False)
        await anna.select("general")
        await anna.until(lambda: anna.messages, "her own joining")
        await anna.until(lambda: anna.rooms[0]["member"], "the list with her")
        async with here(two, BEN) as ben:
            assert [each["id"] for each in ben.room_of("general")["participants"]] == ["u1"]
            await ben.select("general")
            await anna.until(lambda: "u2 joined" in anna.said(), "his joining")
            await ben.until(lambda: "u2 joined" in ben.said(), "his own joining")
            await anna.until(lambda: len(anna.rooms[0]["participants"]) == 2, "the list with both")
            await ben.start_typing()
            await anna.until(lambda: anna.typing)
            assert anna.typing[0].items() >= {"userId": "u2", "username": "Ben", "roomId": "general"}.items()
            before = time.time() * 1000 - 60_000
            await ben.say("  Hello \u202e\0 Anna ")
            await anna.until(lambda: "Hello \u202e\0 Anna" in anna.said() and not anna.typing)
            await ben.until(lambda: "Hello \u202e\0 Anna" in ben.said(), "the echo")
            echo = ben.messages[-1]
            assert echo == anna.messages[-1]
            assert echo.keys() == {
                "id",
                "roomId",
                "userId",
                "username",
                "content",
                "timestamp",
                "type",
                "metadata",
            }
            assert (echo["roomId"], echo["userId"], echo["username"]) == ("general", "u2", "Ben")
            assert isinstance(echo["id"], str)
            assert len(echo["id"]) > 8
            assert before < echo["timestamp"] < before + 120_000
            assert (echo["type"], echo["metadata"]) == ("text", {})
            await ben.start_typing()
            await anna.until(lambda: anna.typing)
        await anna.until(lambda: not anna.typing, "that he types no more, when he has gone")
        await anna.select("lab")
        await anna.until(lambda: any(room["id"] == "lab" for room in anna.rooms))
        anna.room = "general"
        for number in range(3):
            await anna.say(f"while you were away {number}")
        await anna.until(lambda: "while you were away 2" in anna.said())
    async with here(two, BEN) as ben:
        room = ben.room_of("general")
        assert (room["unreadCount"], room["member"]) == (3, True)
        assert (room["lastMessage"]["content"], room["lastMessage"]["username"]) == (
            "while you were away 2",
            "Anna",
        )
        assert {each["id"]: each["username"] for each in room["participants"]} == {"u1": "Anna", "u2": "Ben"}
        assert ben.room_of("lab")["unreadCount"] == 0, "he is no member"
        await ben.say("nothing: no room is chosen")
        await ben.select("lab")
        await ben.until(lambda: "u2 joined" in ben.said())
        async with here(one, ANNA) as anna:
            assert [room["unreadCount"] for room in anna.rooms] == [0, 0], (
                "joins are not counted, nor her own"
            )
            anna.room = "general"
            await anna.say("one more")
            await ben.until(lambda: ben.room_of("general")["unreadCount"] == 4)
        await ben.select("general")
        came = len(ben.frames)  # the client zeroes the count itself, so the hub is asked
        await ben.send("join_rooms", {"userId": "u2"})
        await ben.until(lambda: any(frame["type"] == "rooms_list" for frame in ben.frames[came:]), "the list")
        assert ben.room_of("general")["unreadCount"] == 0
    async with here(one, BEN) as ben:
        assert ben.room_of("general")["unreadCount"] == 0, "who chooses a room has read it"


def test_a_client_of_the_convention_has_read_the_room_that_it_has_open():
    async def main() -> None:
        with Hub() as hub:
            async with here(hub, ANNA) as anna, here(hub, BEN) as ben:
                await anna.select("general")
                await ben.select("general")
                await anna.until(lambda: "u2 joined" in anna.said())
                for number in range(3):
                    await ben.say(f"{number}")
                await anna.until(lambda: "2" in anna.said())
                await ben.select("lab")  # all are sent the list again
                await anna.until(lambda: len(anna.rooms) == 2)
                assert anna.room_of("general")["unreadCount"] == 0
                ben.room = "general"
                await ben.say("seen")
                await anna.until(lambda: "seen" in anna.said())
                await anna.select("lab")
                await anna.until(lambda: "u1 joined" in anna.said()[1:])
                await anna.until(lambda: anna.room_of("lab")["member"])
                assert anna.room_of("general")["unreadCount"] == 0, "nor what came since the list before"
                ben.room = "general"
                await ben.say("she looks elsewhere")
                await ben.select("third")
                await anna.until(lambda: len(anna.rooms) == 3)
                assert anna.room_of("general")["unreadCount"] == 1
            async with here(hub, ANNA) as anna:
                assert anna.room_of("general")["unreadCount"] == 1

    run(main())


@pytest.mark.parametrize("broker", ["memory", "sqlite"])
def test_two_of_the_catalogues_clients_talk(broker: str, tmp_path: Path):
    with Hub(broker="memory" if broker == "memory" else f"sqlite:///{tmp_path / 'hub.db'}") as hub:
        run(talk(hub, hub))


def test_they_talk_over_two_hubs(redis: RedisServer):
    redis.command("FLUSHALL")
    with Hub(broker=redis.url) as one, Hub(broker=redis.url) as two:
        run(talk(one, two))


def test_they_talk_over_two_hubs_with_a_nats(tmp_path: Path):
    with (
        nats_server(tmp_path) as server,
        Hub(broker=server.url) as one,
        Hub(broker=server.url) as two,
    ):
        run(talk(one, two))


def test_of_more_rooms_than_one_may_follow_the_list_comes_all_the_same():
    async def main() -> None:
        with Hub(limits=Limits(channels=4)) as hub:
            async with here(hub, ANNA) as anna:
                for number in range(4):
                    await anna.select(f"r{number}")
                await anna.until(
                    lambda: len(anna.rooms) == 5 and all(room["member"] for room in anna.rooms[1:])
                )
                assert [each for each in anna.said() if "joined" in each] == ["u1 joined"] * 2, (
                    "the first two"
                )
            async with here(hub, ANNA) as anna:
                assert len(anna.rooms) == 5
                anna.room = "r1"
                await anna.say("heard")
                await anna.until(lambda: "heard" in anna.said())

    run(main())


def test_of_rooms_that_are_no_more_nothing_is_remembered():
    async def main() -> None:
        async with chats("memory") as (chat,):
            for number in range(20):
                await chat.enter(f"r{number}", user("anna"), "", make=True, read=None)
                for room in await chat.rooms():
                    chat.tail(room)
                await chat.leave(f"r{number}", "anna")
            await chat.rooms()
            assert len(chat._tails) <= 2

    run(main())


def test_who_asked_on_another_path_without_a_hello_is_in_no_chat(shared: Hub):
    async def main() -> None:
        from websockets.asyncio.client import connect

        async with connect(f"{place_of(shared)}/ws/notifications?token={shared.token}", proxy=None) as ws:
            client = CatalogueChat(ws, *ANNA)
            await client.send("join_rooms", {"userId": "u1"})
            await client.send("ping", {})
            await client.until(lambda: client.frames)
            assert client.frames[0]["type"] == "pong"

    run(main())


# Hubs that are killed


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill")
def test_rooms_members_and_what_was_read_outlive_a_hub_that_is_killed(tmp_path: Path):
    env = os.environ | {"REALTIME_WIDGETS_TOKEN": "canary"}
    arguments = ["--broker", f"sqlite:///{tmp_path / 'hub.db'}"]

    async def fill(place: str) -> None:
        async with (
            catalogue_chat(place, "canary", *ANNA) as anna,
            catalogue_chat(place, "canary", *BEN) as ben,
        ):
            for client in (ben, anna):
                await client.select("lab")
                await client.until(lambda client=client: f"{client.user_id} joined" in client.said())
            for number in range(5):
                await anna.say(f"{number}")
            await ben.until(lambda: "4" in ben.said())
            (read,) = [
                frame["offset"]
                for frame in ben.frames
                if frame["type"] == "message" and frame["data"]["content"] == "2"
            ]
            await ben.send("mark_read", {"roomId": "lab", "offset": read, "userId": "u2"})
            await ben.send("typing_start", {"roomId": "lab", "userId": "u2"})
            await anna.until(lambda: any(each["type"] == "read" for each in anna.frames))
            async with catalogue_chat(place, "canary", *BEN) as again:
                while again.room_of("lab")["unreadCount"] != 2:
                    again.rooms = []
                    await again.send("join_rooms", {"userId": "u2"})
                    await again.until(lambda: again.rooms)

    async def look(place: str) -> None:
        async with catalogue_chat(place, "canary", *BEN) as ben:
            room = ben.room_of("lab")
            assert (room["unreadCount"], room["members"], room["member"]) == (2, 2, True)
            assert (room["lastMessage"]["content"], room["offset"]) == ("4", 7)
            assert {each["username"] for each in room["participants"]} == {"Anna", "u2"}
            ben.room = "lab"
            await ben.say("I am back")
            await ben.until(lambda: "I am back" in ben.said(), "he follows his rooms by himself")
            assert "u2 joined" not in ben.said(), "he was a member"

    with hub_process(*arguments, env=env) as (process, url, _):
        run(fill(url.removesuffix("/ws/dashboard")))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with hub_process(*arguments, env=env) as (_, url, _):
        run(look(url.removesuffix("/ws/dashboard")))


# Several at once


@contextlib.asynccontextmanager
async def chats(*brokers: str) -> AsyncIterator[list[Chat]]:
    """Rooms of hubs with these brokers."""
    made = [make_broker(name, Policies()) for name in brokers]
    for broker in made:
        await broker.open()
    rooms = [Chat(Channels(broker)) for broker in made]
    tasks = [asyncio.create_task(each.run()) for each in rooms]
    try:
        yield rooms
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for broker in made:
            await broker.close()


def user(id: str) -> User:
    return User(id=id, username=id)


def test_hubs_that_make_the_same_room_and_member_at_once_do_it_once(redis: RedisServer):
    async def main() -> None:
        redis.command("FLUSHALL")
        async with chats(redis.url, redis.url) as both:
            for number in range(10):
                room = f"room {number}"
                entered = await asyncio.gather(
                    *(
                        chat.enter(room, user("anna"), f"by {id(chat)}", make=True, read=None)
                        for chat in both * 3
                    ),
                    *(
                        chat.enter(room, user(f"{n}"), "", make=True, read=None)
                        for n, chat in enumerate(both * 5)
                    ),
                )
                assert sum(entered[:6]) == 1, "one of them says that she joined"
                assert all(entered[6:])
                for chat in both:
                    assert (await chat.members(room)).keys() == {"anna", *map(str, range(10))}
            first, second = [await chat.rooms() for chat in both]
            assert first == second
            assert len(first) == 11, "with the one that is always there"

    run(main())


def test_a_room_that_its_last_member_leaves_is_there_if_somebody_enters_meanwhile(redis: RedisServer):
    async def main() -> None:
        redis.command("FLUSHALL")
        async with chats(redis.url, redis.url) as (one, two):
            for _ in range(20):
                await one.enter("lab", user("anna"), "The lab", make=True, read=None)
                left, entered = await asyncio.gather(
                    one.leave("lab", "anna"), two.enter("lab", user("ben"), "", make=True, read=None)
                )
                assert left is not None
                assert entered
                assert "lab" in await one.rooms()
                await two.leave("lab", "ben")
                assert (await one.rooms()).keys() == {"general"}, "nobody is there any more"
                assert await one.leave("lab", "ben") is None

    run(main())


def test_what_many_have_read_is_kept_in_few_changes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("realtime_widgets.hub.chat.MARKS_PAUSE", 1.0)

    async def main() -> None:
        async with chats("memory") as (chat,):
            changes: list[str] = []
            amend = Channels.amend

            async def counted(self: Channels, channel: str, *given: Any) -> None:
                changes.append(channel)
                await amend(self, channel, *given)

            for number in range(100):
                await chat.enter("lab", user(f"{number}"), "", make=True, read=None)
            monkeypatch.setattr(Channels, "amend", counted)
            kept = [
                chat.mark("lab", f"{number}", Position("e", 5 + step))
                for step in range(3)
                for number in range(100)
            ]
            back = chat.mark("lab", "0", Position("e", 1))
            await asyncio.gather(*kept, back)
            assert changes == ["chat:lab"]
            later = []
            for step in range(10):
                later.append(chat.mark("lab", f"{step}", Position("e", 7)))
                await asyncio.sleep(0)
            await asyncio.gather(*later)
            assert changes == ["chat:lab"] * 2, "after a pause, all that came meanwhile"
            assert {member.read for member in (await chat.members("lab")).values()} == {7}

    run(main())


def test_what_was_read_and_cannot_be_kept_is_told(monkeypatch: pytest.MonkeyPatch):
    async def main() -> None:
        from realtime_widgets.hub.brokers import NotKept, OutOfReach

        async with chats("memory") as (chat,):

            async def lost(*_: object) -> None:
                raise OutOfReach("it is down")

            with monkeypatch.context() as broken:
                broken.setattr(Channels, "amend", lost)
                with pytest.raises(NotKept, match="it is down"):
                    await chat.mark("general", "anna", Position("e", 1))
            await chat.enter("general", user("anna"), "", make=False, read=None)
            await chat.mark("general", "anna", Position("e", 2))
            assert (await chat.members("general"))["anna"].read == 2

    run(main())


def test_there_is_an_end_to_rooms_and_members(monkeypatch: pytest.MonkeyPatch):
    async def main() -> None:
        from realtime_widgets.hub import chat_notes

        monkeypatch.setattr(chat_notes, "MAX_ROOMS", 3)
        monkeypatch.setattr(chat_notes, "MAX_MEMBERS", 2)
        async with chats("memory") as (chat,):
            for room in ("a", "b", "c"):
                await chat.enter(room, user("anna"), "", make=True, read=None)
            with pytest.raises(NoRoom, match="the hub has as many rooms as it may; join one of them"):
                await chat.enter("d", user("anna"), "", make=True, read=None)
            assert await chat.members("d") == {}, "nobody is in what is not there"
            await chat.enter("a", user("ben"), "", make=False, read=None)
            with pytest.raises(NoRoom, match="the room 'a' has as many members as it may"):
                await chat.enter("a", user("carl"), "", make=False, read=None)
            with pytest.raises(NoRoom, match="there is no room 'e', and this token may not make it"):
                await chat.enter("e", user("anna"), "", make=False, read=None)

    run(main())


def test_the_room_that_is_always_there_is_closed_by_no_others(monkeypatch: pytest.MonkeyPatch):
    async def main() -> None:
        from realtime_widgets.hub import chat_notes

        monkeypatch.setattr(chat_notes, "MAX_ROOMS", 3)
        monkeypatch.setattr(chat_notes, "MAX_ROOMS_EACH", 3)
        async with chats("memory") as (chat,):
            mallory = Share("mallory", chat.here)
            for room in ("a", "b", "c"):
                await chat.enter(room, user("mallory"), "", make=True, read=None, by=mallory)
            assert await chat.enter("general", user("anna"), "", make=True, read=None)
            assert await chat.enter("general", user("mallory"), "", make=True, read=None, by=mallory)
            assert (await chat.members("general")).keys() == {"anna", "mallory"}
            assert list(await chat.rooms()) == ["general", "a", "b", "c"]
            await chat.leave("general", "anna")
            await chat.leave("general", "mallory")
            assert list(await chat.rooms()) == ["general", "a", "b", "c"]

    run(main())


def test_who_is_away_gives_way_in_a_full_room(monkeypatch: pytest.MonkeyPatch):
    async def main() -> None:
        from realtime_widgets.hub import chat_notes

        monkeypatch.setattr(chat_notes, "MAX_MEMBERS", 2)
        async with chats("memory") as (chat,):
            for who in ("anna", "ben"):
                await chat.enter("lab", user(who), "", make=True, read=None)
            anna, carl, dora = (Share(None, chat.here) for _ in range(3))
            for share, who in ((anna, "anna"), (carl, "carl"), (dora, "dora")):
                share.speak(who)
            assert await chat.enter("lab", user("carl"), "", make=True, read=None, by=carl)
            assert (await chat.members("lab")).keys() == {"anna", "carl"}
            with pytest.raises(
                NoRoom, match="as many members as it may; have some leave it, or join another"
            ):
                await chat.enter("lab", user("dora"), "", make=True, read=None, by=dora)
            anna.end()
            assert await chat.enter("lab", user("dora"), "", make=True, read=None, by=dora)
            assert (await chat.members("lab")).keys() == {"carl", "dora"}

    run(main())


def test_whoever_has_left_makes_room_for_others_of_the_same_client(monkeypatch: pytest.MonkeyPatch):
    async def main() -> None:
        from realtime_widgets.hub import chat_notes, chat_shares

        for module in (chat_notes, chat_shares):
            monkeypatch.setattr(module, "MAX_MEMBERS_EACH", 2)
            monkeypatch.setattr(module, "MAX_ROOMS_EACH", 2)
        async with chats("memory") as (chat,):
            bridge = Share(None, chat.here)
            for who in "01234xyz":
                bridge.speak(who)
            for number in range(5):
                assert await chat.enter("general", user(f"{number}"), "", make=True, read=None, by=bridge)
                assert await chat.enter(f"r{number}", user("x"), "", make=True, read=None, by=bridge)
                if number:  # by whomever
                    await chat.leave("general", f"{number}")
                    await chat.leave(f"r{number}", "x")
            await chat.enter("general", user("y"), "", make=True, read=None, by=bridge)
            with pytest.raises(
                NoRoom, match="this connection has brought as many members into the room 'general'"
            ):
                await chat.enter("general", user("z"), "", make=True, read=None, by=bridge)
            await chat.enter("ry", user("x"), "", make=True, read=None, by=bridge)
            with pytest.raises(NoRoom, match="this connection has made as many rooms as it may"):
                await chat.enter("rz", user("x"), "", make=True, read=None, by=bridge)

    run(main())


def test_who_watches_hears_of_changes_of_other_hubs_and_then_no_more(redis: RedisServer):
    async def main() -> None:
        redis.command("FLUSHALL")
        async with chats(redis.url, redis.url) as (one, two):
            heard = asyncio.Event()
            undo = one.watch(heard.set)
            await one._channels.position("rooms")
            await two.enter("lab", user("anna"), "", make=True, read=None)
            await asyncio.wait_for(heard.wait(), 30)
            undo()
            assert not one._channels.followed("rooms")

    run(main())
