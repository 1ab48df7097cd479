"""The newest messages of a room: what is unread, and the last of them with what became of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.channels import Channels, encode_publication
from realtime_widgets.hub.chat_tail import MAX_COUNTED, Tail, as_record
from realtime_widgets.hub.policies import Retention
from realtime_widgets.hub.turns import Turn, Turns
from realtime_widgets.streams.gaps import Position
from support.scripted_client import run


class Room:
    """A room of a hub in memory."""

    def __init__(self, history: int = 10_000) -> None:
        self.broker = MemoryBroker(Retention(history, None))
        self.channels = Channels(self.broker)
        self.tail = Tail("lab")
        self.count = 0

    async def put(self, type: str, /, **data: Any) -> int:
        return (await self.channels.publish(encode_publication("chat:lab", data, type))).offset

    async def say(self, user: str, content: str = "hi", **more: Any) -> int:
        self.count += 1
        data = {"id": f"m{self.count}", "userId": user, "username": user, "content": content, "timestamp": 5,
                "type": "text", "metadata": {}}  # fmt: skip
        return await self.put("message", roomId="lab", **data | more)

    async def look(self) -> Tail:
        await self.tail.read_on(self.channels, Turn(Turns(), "somebody"))
        return self.tail


def test_messages_of_others_count_until_one_has_read_or_said_something():
    async def main() -> None:
        room = Room()
        await room.say("anna")
        read = await room.say("ben")
        await room.put("user_joined", roomId="lab", user={"id": "carl"})
        await room.say("carl", type="system")
        await room.say("anna")
        await room.say("carl")
        tail = await room.look()
        unread = {who: tail.unread(who, 0) for who in ("anna", "ben", "carl", "dora")}
        assert unread == {"anna": 1, "ben": 2, "carl": 0, "dora": 4}
        assert [tail.unread("dora", read + step) for step in (-1, 0, 3, 4, 9)] == [3, 2, 1, 0, 0]
        await room.say("dora", type="system")
        assert (await room.look()).unread("dora", 0) == 0
        assert tail.spoken() == {"anna": 5, "ben": 2, "carl": 6, "dora": 7}

    run(main())


def test_it_is_read_on_from_where_it_was(monkeypatch: pytest.MonkeyPatch):
    async def main() -> None:
        room = Room()
        reads: list[int] = []
        read = room.broker.read

        async def noted(channel: str, after: int, most: int) -> Any:
            reads.append(after)
            return await read(channel, after, most)

        monkeypatch.setattr(room.broker, "read", noted)
        for _ in range(3):
            await room.say("anna")
        await room.look()
        await room.look()
        await room.say("anna")
        assert (await room.look()).unread("ben", 0) == 4
        assert reads == [0, 3]
        await room.say("anna")
        await asyncio.gather(*(room.look() for _ in range(5)))
        assert room.tail.unread("ben", 0) == 5, "nothing is counted twice"

    run(main())


def test_so_many_are_looked_at_and_counted():
    async def main() -> None:
        room = Room()
        for _ in range(MAX_COUNTED + 50):
            await room.say("anna", content="x" * 200)
        assert (await room.look()).unread("ben", 0) == MAX_COUNTED
        await room.say("carl")
        tail = await room.look()
        assert tail.unread("ben", 0) == MAX_COUNTED
        assert len(tail._said) == MAX_COUNTED

    run(main())


def test_the_last_message_is_as_it_has_become():
    async def main() -> None:
        room = Room()
        assert (await room.look()).last is None
        await room.say("anna", "first")
        await room.say("ben", "second", metadata={"a": 1}, type="image")
        await room.put("message_edited", messageId="m1", content="not the last")
        last = (await room.look()).last
        assert last is not None
        expected = {"id": "m2", "roomId": "lab", "userId": "ben", "username": "ben", "content": "second",
                    "timestamp": 5, "type": "image"}  # fmt: skip
        record = as_record("lab", last, 500)
        assert bytes(record.pop("metadata")) == b'{"a":1}'
        assert record == expected
        await room.put("message_edited", messageId="m2", content="mended")
        await room.put("reaction", messageId="m2", reaction="+")
        assert (await room.look()).last.content == "mended"  # type: ignore[union-attr]
        await room.put("message_deleted", messageId="m2")
        await room.put("message_edited", messageId="m2", content="is not said again")
        last = (await room.look()).last
        assert last is not None
        record = as_record("lab", last, 500)
        assert bytes(record["metadata"]) == b'{"deleted":true}'
        assert record["content"] == ""
        await room.say("anna", "x" * 501, metadata={"a": "x" * 3000})
        last = (await room.look()).last
        assert last is not None
        record = as_record("lab", last, 500)
        assert (record["content"], record["metadata"]) == ("x" * 500 + "…", {})

    run(main())


def test_what_no_hub_has_written_and_what_is_kept_no_more_is_passed_over():
    async def main() -> None:
        room = Room(history=3)
        await room.say("anna")
        await room.look()
        await room.put("message", nothing=1)
        await room.put("message_edited", nothing=1)
        for _ in range(3):
            await room.say("ben")
        tail = await room.look()
        assert (tail.unread("carl", 0), tail.there.offset) == (4, 6)
        await room.put("message", nothing=1)
        assert (await room.look()).there.offset == 7, "it is not read again and again"

    run(main())


def test_a_channel_that_is_numbered_anew_is_read_anew():
    async def main() -> None:
        room = Room()
        for _ in range(5):
            await room.say("anna", "before")
        await room.look()
        room.channels = Channels(MemoryBroker(Retention(10, None)))
        tail = await room.look()
        assert (tail.last, tail.unread("ben", 0), tail.there.offset) == (None, 0, 0)
        await room.say("anna", "after")
        assert (await room.look()).unread("ben", 0) == 1
        assert tail.last is not None
        assert tail.last.content == "after"
        assert tail.there == Position(tail.there.epoch, 1)

    run(main())


def test_what_was_taken_back_is_nobodys_unread_message():
    async def main() -> None:
        room = Room()
        await room.say("anna")
        await room.say("anna")
        assert (await room.look()).unread("ben", 0) == 2
        await room.put("message_deleted", roomId="lab", userId="anna", messageId="m1")
        await room.put("message_edited", roomId="lab", userId="anna", messageId="m2", content="more")
        assert (await room.look()).unread("ben", 0) == 1

    run(main())
