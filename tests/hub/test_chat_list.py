"""The list of rooms that one user is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from realtime_widgets.chat.room import rooms_in
from realtime_widgets.hub import chat_list
from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.channels import Channels, encode_publication
from realtime_widgets.hub.chat import Chat
from realtime_widgets.hub.chat_list import MAX_LIST_BYTES, rooms_list
from realtime_widgets.hub.policies import Retention
from realtime_widgets.hub.turns import Turn, Turns
from realtime_widgets.protocol.chat_publications import User
from realtime_widgets.streams.gaps import Position
from support.scripted_client import run


class Rooms:
    """Those of a hub in memory."""

    def __init__(self) -> None:
        self.channels = Channels(MemoryBroker(Retention(100, None)))
        self.chat = Chat(self.channels)

    async def enter(self, room: str, id: str, name: str = "", read: int = 0) -> None:
        there = await self.channels.position(f"chat:{room}")
        await self.chat.enter(
            room,
            User(id=id, username=name or id),
            f"Room {room}",
            make=True,
            read=Position(there.epoch, read),
        )

    async def say(self, room: str, user: str, content: str = "hi") -> None:
        data = {"id": "m", "roomId": room, "userId": user, "username": user, "content": content, "timestamp": 5,
                "type": "text", "metadata": {"a": "b"}}  # fmt: skip
        await self.channels.publish(encode_publication(f"chat:{room}", data, "message"))

    async def list(
        self, user: str, may: Any = lambda channel: True
    ) -> tuple[list[dict[str, Any]], list[str]]:
        raw, inside = await rooms_list(self.chat, self.channels, user, may, Turn(Turns(), "somebody"))
        assert len(bytes(raw)) <= MAX_LIST_BYTES
        found = json.loads(bytes(raw))
        assert len(list(rooms_in(found))) == len(found)
        return found, inside


def test_a_room_is_told_as_it_is_for_the_user():
    async def main() -> None:
        rooms = Rooms()
        await rooms.enter("lab", "anna", "Anna")
        await rooms.enter("lab", "ben", "Ben", read=2)
        for who in ("carl", "anna", "carl", "carl"):
            await rooms.say("lab", who, f"from {who}")
        (general, lab), inside = await rooms.list("ben")
        assert inside == ["lab"]
        last = lab.pop("lastMessage")
        assert lab == {
            "id": "lab",
            "name": "Room lab",
            "participants": [
                {"id": "ben", "username": "Ben", "read": 2},
                {"id": "anna", "username": "Anna", "read": 2},
            ],
            "unreadCount": 2,
            "members": 2,
            "member": True,
            "epoch": (await rooms.channels.position("chat:lab")).epoch,
            "offset": 4,
            "read": 2,
        }
        assert (last["content"], last["roomId"], last["metadata"]) == ("from carl", "lab", {"a": "b"})
        assert (general["name"], general["members"], general["offset"]) == ("general", 0, 0)
        (_, lab), _ = await rooms.list("dora")
        assert (lab["member"], lab["unreadCount"], lab["read"]) == (False, 0, 0)

    run(main())


def test_there_are_only_rooms_that_one_may_follow():
    async def main() -> None:
        rooms = Rooms()
        for room in ("secret", "lab"):
            await rooms.enter(room, "anna")
        found, inside = await rooms.list("anna", lambda channel: channel == "chat:lab")
        assert [room["id"] for room in found] == inside == ["lab"]
        assert await rooms.list("anna", lambda channel: False) == ([], [])

    run(main())


@pytest.mark.parametrize(("count", "participants"), [(2, 120), (60, 50), (400, 2)])
def test_a_list_of_many_fits_into_a_frame(count: int, participants: int):
    async def main() -> None:
        rooms = Rooms()
        for number in range(count):
            await rooms.say(f"{number}", "anna", "x" * 19_000)
            for member in range(participants):
                await rooms.enter(f"{number}", f"{member} {'m' * 60}")
        found, _ = await rooms.list("anna")
        assert len(found) == count + 1
        assert {room["members"] for room in found[1:]} == {participants}
        assert all(room["lastMessage"]["content"] for room in found[1:])
        assert min(len(room["participants"]) for room in found[1:]) >= min(2, participants)

    run(main())


def test_a_list_that_can_hardly_fit_has_the_rooms_all_the_same(monkeypatch: pytest.MonkeyPatch):
    async def main() -> None:
        rooms = Rooms()
        for number in range(300):
            await rooms.say(f"{number}", "anna", "x" * 19_000)
            await rooms.enter(f"{number}", "m" * 200)
        monkeypatch.setattr(chat_list, "MAX_LIST_BYTES", 60_000)
        found, _ = await rooms.list("anna")
        assert len(found) == 301
        assert all(room["lastMessage"] is None and room["participants"] == [] for room in found)

    run(main())
