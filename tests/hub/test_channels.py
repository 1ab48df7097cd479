"""Channels: which messages may be published on them, and who gets them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import msgspec
import pytest

from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.channels import Channels, complaint_about_publishing, encode_publication
from realtime_widgets.hub.send_buffer import MAX_BYTES
from realtime_widgets.protocol.envelope import CONTROL, Message
from realtime_widgets.protocol.limits import MAX_DATA_BYTES
from realtime_widgets.streams.gaps import Position
from support.scripted_client import LIMIT
from support.sinks import into

# Messages that are ready to be published


def test_a_sealed_message_no_longer_changes():
    data = {"cpu": [1, 2]}
    message = encode_publication("metrics", data)
    data["cpu"].append(3)
    written = json.loads(msgspec.json.encode(message))
    assert written["data"] == {"cpu": [1, 2]}
    assert (written["type"], written["channel"]) == ("metrics_update", "metrics")
    assert isinstance(written["timestamp"], int)
    assert written["id"]


def test_a_type_may_be_given_and_belongs_to_the_channel_otherwise():
    assert encode_publication("alerts", 1).type == "alert"
    assert encode_publication("cpu", 1).type == "cpu"
    assert encode_publication("alerts", 1, "cleared").type == "cleared"


@pytest.mark.parametrize("name", ["", "x" * 201, 5, None, *sorted(CONTROL)])
def test_a_name_that_is_none_is_refused_for_channels_and_types(name: Any):
    with pytest.raises(UsageError, match="is no name for a channel or type"):
        encode_publication(name, 1)
    if name is not None:
        with pytest.raises(UsageError, match="is no name for a channel or type"):
            encode_publication("x", 1, name)


def test_a_name_has_up_to_200_characters():
    assert encode_publication("日" * 200, 1).channel == "日" * 200


LOOP: list[Any] = []
LOOP.append(LOOP)


@pytest.mark.parametrize("data", [object(), {"a": print}, ["\ud800", object()], LOOP, ["\ud800", LOOP]])
def test_data_that_are_no_json_are_refused(data: Any):
    with pytest.raises(WrongType, match="cannot publish on 'x': the data are nothing that JSON has"):
        encode_publication("x", data)


def test_data_that_are_too_large_are_refused():
    encode_publication("x", "a" * (MAX_DATA_BYTES - 2))
    with pytest.raises(UsageError, match="more than 1,044,480"):
        encode_publication("x", "a" * (MAX_DATA_BYTES - 1))


def test_what_json_and_utf8_do_not_have_is_replaced_in_names_and_data():
    message = encode_publication("a\ud800", {"b\udfff": ["\ud83d", float("nan"), float("-inf")]}, "t\ud800")
    assert (message.channel, message.type) == ("a\ufffd", "t\ufffd")
    assert json.loads(bytes(message.data)) == {"b\ufffd": ["\ufffd", None, None]}


@pytest.mark.parametrize(
    ("channel", "type"),
    [
        ("metrics", None),
        ("events", None),
        ("metrics", "other"),
        ("x", "metrics_update"),
        ("x", "system_event"),
        ("metrics_update", None),
    ],
)
def test_on_the_hubs_own_channels_nobody_else_publishes(channel: str, type: str | None):
    complaint = complaint_about_publishing(channel, type)
    assert complaint is not None
    assert "the hub's own channel" in complaint


@pytest.mark.parametrize(
    ("channel", "instead"),
    [
        ("chat:lab", 'send a message of type "send_message" with {"roomId": \'lab\', …}'),
        ("chat:", 'send a message of type "send_message"'),
        ("typing:chat:lab", 'send a message of type "typing_start" with {"roomId": \'lab\', …}'),
        ("typing:x", 'send a message of type "typing_start"'),
        ("rooms", 'send a message of type "join_room"'),
    ],
)
@pytest.mark.parametrize("type", [None, "message"])
def test_in_rooms_nothing_is_published_but_what_is_asked_for(channel: str, instead: str, type: str | None):
    complaint = complaint_about_publishing(channel, type)
    assert complaint is not None
    assert complaint.startswith(f"{channel!r} is of the chat, and only the hub publishes on it")
    assert instead in complaint


def test_it_is_known_who_types_in_rooms_and_nowhere_else():
    channels = Channels(MemoryBroker())
    assert channels.complaint_about_following("typing:chat:lab") is None
    assert channels.complaint_about_following("chat:lab") is None
    assert "it is known only of chat rooms who types" in (
        channels.complaint_about_following("typing:cpu") or ""
    )
    assert channels.complaint_about_following("presence:typing:chat:lab") is not None


@pytest.mark.parametrize(
    "channel", ["alerts", "notifications", "x", "Metrics", "metrics/x", "*", "chat", "rooms:x"]
)
def test_on_all_others_everybody_may_publish(channel: str):
    assert complaint_about_publishing(channel) is None
    assert complaint_about_publishing(channel, "other") is None


@pytest.mark.parametrize("name", ["x" * 2_000_000, "\ud800" * 300, [["x" * 1000]] * 1000, "\n" * 201])
def test_a_complaint_about_a_name_is_short_and_one_line(name: Any):
    complaint = complaint_about_publishing(name)
    assert complaint is not None
    assert len(complaint) < 800
    assert "\n" not in complaint
    complaint.encode()


# Channels


class Counting(MemoryBroker):
    """Counts who follows."""

    def __init__(self) -> None:
        super().__init__()
        self.followed: list[str] = []

    def subscribe(self, channel: str, sink: Any) -> Any:
        self.followed.append(channel)
        leave = super().subscribe(channel, sink)

        def undo() -> None:
            self.followed.remove(channel)
            leave()

        return undo


def test_a_channel_is_followed_at_the_broker_once_and_only_while_somebody_is_there():
    async def main() -> None:
        broker = Counting()
        channels, first, second = Channels(broker), [], []
        assert not channels.followed("a")
        undo_first, undo_second = (
            channels.subscribe("a", into(first)),
            channels.subscribe("a", into(second)),
        )
        assert broker.followed == ["a"]
        assert channels.followed("a")
        await channels.publish(encode_publication("a", 1))
        assert first == second
        assert first[0] is second[0], "one frame for all"
        undo_first()
        undo_first()
        assert broker.followed == ["a"]
        undo_second()
        assert broker.followed == []
        assert not channels.followed("a")

    asyncio.run(main())


def test_a_subscriber_that_leaves_in_the_middle_of_a_message_disturbs_nobody():
    async def main() -> None:
        channels, seen = Channels(MemoryBroker()), []

        def leave(_: Message, frame: str) -> None:
            seen.append(frame)
            undo()

        undo = channels.subscribe("a", leave)
        await channels.publish(encode_publication("a", 1))
        assert not channels.followed("a")
        undo = channels.subscribe("a", leave)
        channels.subscribe("a", into(seen))
        await channels.publish(encode_publication("a", 2))
        await channels.publish(encode_publication("a", 3))
        assert [json.loads(frame)["data"] for frame in seen] == [1, 2, 2, 3]

    asyncio.run(main())


def test_a_burst_gives_those_who_send_it_on_their_turn():
    async def main() -> None:
        channels = Channels(MemoryBroker())
        waiting = most = 0

        def put(_: Message, frame: str) -> None:
            nonlocal waiting, most
            waiting += len(frame)
            most = max(most, waiting)

        async def write() -> None:
            nonlocal waiting
            while True:
                waiting = 0
                await asyncio.sleep(0)

        channels.subscribe("a", put)
        writer = asyncio.create_task(write())
        for _ in range(1000):
            await channels.publish(encode_publication("a", "x" * 10_000))
            await channels.rest()
        writer.cancel()
        assert 10_000 < most < MAX_BYTES / 4

    asyncio.run(main())


def test_positions_are_asked_for_at_once():
    class Slow(MemoryBroker):
        """Answers when all have asked, as a disk that is busy would."""

        asked = asyncio.Barrier(30)

        async def position(self, channel: str, known: Position | None = None) -> Position:
            await self.asked.wait()
            return await super().position(channel)

    async def main() -> None:
        broker = Slow()
        channels = Channels(broker)
        channels.publish(encode_publication("c7", 1))
        async with asyncio.timeout(LIMIT):
            found = await channels.positions(f"c{n}" for n in range(30))
        assert [(name, each.offset) for name, each in found.items() if each.offset] == [("c7", 1)]

    asyncio.run(main())
