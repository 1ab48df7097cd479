"""Channels, brokers and mailboxes: what goes where, in which order, and how much may wait."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.errors import SendFailed, UsageError, WrongType
from realtime_widgets.hub import send_buffer
from realtime_widgets.hub import state as hub_state
from realtime_widgets.hub.brokers import dedup, make_broker, memory
from realtime_widgets.hub.brokers.dedup import MAX_AGE, Key
from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.channels import Channels, encode_publication
from realtime_widgets.hub.send_buffer import MAX_BYTES, SendBuffer
from realtime_widgets.hub.state import HubState
from realtime_widgets.protocol.envelope import CONTROL, Message
from realtime_widgets.protocol.limits import MAX_DATA_BYTES
from realtime_widgets.runtime import get_runtime
from realtime_widgets.streams.gaps import Position

# Brokers


def test_a_broker_numbers_each_channel_from_one_under_one_epoch():
    async def main() -> None:
        broker, seen = MemoryBroker(), []
        broker.subscribe("a", seen.append)
        positions = [await broker.publish(channel, Message("t")) for channel in "aabab"]
        assert positions == [Position(broker.epoch, offset) for offset in (1, 2, 1, 3, 2)]
        assert [(m.channel, m.epoch, m.offset) for m in seen] == [("a", broker.epoch, n) for n in (1, 2, 3)]

    asyncio.run(main())


def test_two_brokers_have_two_epochs():
    assert MemoryBroker().epoch != MemoryBroker().epoch


def test_who_left_a_channel_hears_nothing_more_and_may_leave_twice():
    async def main() -> None:
        broker, first, second = MemoryBroker(), [], []
        undo = broker.subscribe("a", first.append)
        broker.subscribe("a", second.append)
        await broker.publish("a", Message("t"))
        undo()
        undo()
        await broker.publish("a", Message("t"))
        assert (len(first), len(second)) == (1, 2)

    asyncio.run(main())


def test_a_broker_keeps_so_many_messages_for_so_long():
    async def main() -> None:
        now = [0.0]
        broker = MemoryBroker(3, 10.0, clock=lambda: now[0])
        assert await broker.position("a") == (broker.epoch, 0)
        for second in range(5):
            now[0] = second
            await broker.publish("a", encode_publication("a", second))
        assert [m.offset for m in await broker.read("a", 0, 10**6)] == [3, 4, 5]
        assert [m.offset for m in await broker.read("a", 3, 10**6)] == [4, 5]
        assert [m.offset for m in await broker.read("a", 0, 1)] == [3], "one at least"
        assert await broker.read("a", 5, 10**6) == []
        now[0] = 13.5
        assert [m.offset for m in await broker.read("a", 0, 10**6)] == [5]
        now[0] = 20.0
        assert await broker.read("a", 0, 10**6) == []
        assert await broker.position("a") == (broker.epoch, 5)

    asyncio.run(main())


def test_the_histories_of_all_channels_have_one_bound(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory, "MAX_BYTES", 10_000)

    async def main() -> None:
        broker = MemoryBroker(1000, None)
        for channel in "abc":
            for _ in range(5):
                await broker.publish(channel, encode_publication(channel, "x" * 1000))
        kept = [len(await broker.read(channel, 0, 10**6)) for channel in "abc"]
        assert kept == [0, 1, 5], "the one that was silent for longest loses first"

    asyncio.run(main())


def test_channels_that_fell_silent_are_forgotten_as_others_speak():
    async def main() -> None:
        now = [0.0]
        broker = MemoryBroker(10, 5.0, clock=lambda: now[0])
        for i in range(100):
            await broker.publish(f"run {i}", encode_publication("x", i))
        now[0] = 6.0
        for _ in range(100):
            await broker.publish("alive", encode_publication("x", 0))
        assert list(broker._kept) == ["alive"]

    asyncio.run(main())


def test_a_message_that_comes_again_is_known_for_five_minutes():
    async def main() -> None:
        now = [0.0]
        broker, seen = MemoryBroker(10, None, clock=lambda: now[0]), []
        broker.subscribe("a", seen.append)
        first = await broker.publish("a", encode_publication("a", 1), key("k"))
        await broker.publish("a", encode_publication("a", 2))
        assert await broker.publish("a", encode_publication("a", 1), key("k")) == first
        now[0] = MAX_AGE - 0.1
        assert await broker.publish("a", encode_publication("a", 1), key("k")) == first
        now[0] = MAX_AGE
        assert await broker.publish("a", encode_publication("a", 1), key("k")) != first
        assert len(seen) == 3
        assert await broker.publish("a", encode_publication("a", 1), key("other")) != first

    asyncio.run(main())


def key(id: str | int, sender: str = "me", channel: str = "a") -> Key:
    return Key(sender, channel, id)


def test_an_id_is_its_senders_within_a_channel():
    async def main() -> None:
        broker = MemoryBroker()
        keys = [key(0), key("0"), key(0, "you"), key(0, channel="b")]
        found = [await broker.publish("a", encode_publication("a", 1), each) for each in (*keys, *keys)]
        assert [offset for _, offset in found] == [1, 2, 3, 4, 1, 2, 3, 4]

    asyncio.run(main())


def test_who_publishes_much_does_not_have_others_forgotten(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dedup, "MAX_IDS", 10)
    remembered = dedup.DedupCache()
    remembered.add(key("first", "rare"), Position("e", 1), 0.0)
    for i in range(100):
        remembered.add(key(i, "busy"), Position("e", i), 1.0)
    assert len(remembered) == 10
    assert remembered.find(key("first", "rare"), 2.0) == ("e", 1)
    assert remembered.find(key(99, "busy"), 2.0) == ("e", 99)
    assert remembered.find(key(0, "busy"), 2.0) is None
    remembered.add(key(0, "late"), Position("e", 0), MAX_AGE + 1)
    for i in range(10):
        remembered.add(key(i, "late"), Position("e", 0), MAX_AGE + 1)
    assert len(remembered) == 10, "those whose time is over went with it"


def test_only_so_many_messages_are_known_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dedup, "MAX_PER_SENDER", 3)

    async def main() -> None:
        broker = MemoryBroker()
        first = [await broker.publish("a", encode_publication("a", i), key(str(i))) for i in range(4)]
        assert await broker.publish("a", encode_publication("a", 3), key("3")) == first[3]
        assert await broker.publish("a", encode_publication("a", 0), key("0")) != first[0]

    asyncio.run(main())


def test_all_who_publish_over_http_are_not_taken_for_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dedup, "MAX_PER_SENDER", 3)
    remembered = dedup.DedupCache()
    for i in range(10):
        remembered.add(key(i, dedup.HTTP_SENDER), Position("e", i), 0.0)
    assert remembered.find(key(0, dedup.HTTP_SENDER), 1.0) == ("e", 0)


def test_there_is_no_broker_of_another_name():
    assert isinstance(make_broker("memory", 10, None), MemoryBroker)
    with pytest.raises(UsageError, match="there is no broker 'redis://x': there is 'memory'"):
        make_broker("redis://x", 10, None)


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


@pytest.mark.parametrize("data", [object(), {"a": print}, "\ud800", LOOP])
def test_data_that_are_no_json_are_refused(data: Any):
    with pytest.raises(WrongType, match="cannot publish on 'x': the data are nothing that JSON has"):
        encode_publication("x", data)


def test_data_that_are_too_large_are_refused():
    encode_publication("x", "a" * (MAX_DATA_BYTES - 2))
    with pytest.raises(UsageError, match="more than 1,044,480"):
        encode_publication("x", "a" * (MAX_DATA_BYTES - 1))


# Channels


def into(frames: list[str]) -> Callable[[Message, str], None]:
    """A sink that keeps the frames."""
    return lambda _, frame: frames.append(frame)


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
        writer.cancel()
        assert 10_000 < most < MAX_BYTES / 4

    asyncio.run(main())


# The mailbox


@given(
    st.lists(st.one_of(st.text(max_size=30), st.just(None))),
    st.integers(0, 60),
)
def test_a_mailbox_is_a_queue_with_a_bound(actions: list[str | None], most: int):
    limit, send_buffer.MAX_BYTES = send_buffer.MAX_BYTES, 64  # type: ignore[misc]
    try:
        box, model = SendBuffer(), []

        def size(frames: list[str]) -> int:
            return sum(len(frame.encode()) for frame in frames)

        for action in actions:
            if action is None:
                taken = box.take(most)
                assert taken == model[: len(taken)]
                del model[: len(taken)]
                assert size(taken) <= most or len(taken) == 1
                assert not model or taken
                assert not model or size([*taken, model[0]]) > most
            else:
                fits = not model or size([*model, action]) <= 64
                assert box.put(action) is fits
                if fits:
                    model.append(action)
    finally:
        send_buffer.MAX_BYTES = limit  # type: ignore[misc]


def test_a_single_frame_has_always_room():
    box = SendBuffer()
    assert box.put("x" * (2 * MAX_BYTES))
    assert not box.put("y")
    assert box.take(0) == ["x" * (2 * MAX_BYTES)]
    assert box.put("y")
    box.clear()
    assert box.take(100) == []


# The switchboard


def test_metrics_are_published_only_while_somebody_follows():
    async def main() -> None:
        broker, seen = MemoryBroker(), []
        state = HubState(get_runtime(), broker)
        await state._measure()
        undo = state.subscribe("metrics", into(seen))
        await state._measure()
        undo()
        await state._measure()
        assert [json.loads(frame)["offset"] for frame in seen] == [1]
        assert await broker.publish("metrics", Message("t")) == Position(broker.epoch, 2)

    asyncio.run(main())


def test_what_waits_to_be_published_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub_state, "MAX_POSTED_BYTES", 10_000)
    state = HubState(get_runtime(), MemoryBroker())
    state.post(encode_publication("a", "x" * 8_000))
    with pytest.raises(SendFailed, match=r"1 others \(8,5\d\d bytes\) wait for the I/O thread"):
        state.post(encode_publication("a", "x" * 2_000))
    state.events.say("kind", "info", "x" * 2_000)  # left out, and nothing raised


def test_what_several_threads_post_is_published_in_the_order_of_each():
    seen: list[Any] = []
    runtime = get_runtime()
    state = HubState(runtime, MemoryBroker())
    state.subscribe("a", lambda _, frame: seen.append(json.loads(frame)))

    async def collect() -> None:
        running = asyncio.create_task(state.run())
        try:
            async with asyncio.timeout(30):
                while len(seen) < 400:
                    await asyncio.sleep(0)
        finally:
            running.cancel()

    async def post(name: str) -> None:
        await asyncio.to_thread(lambda: [state.post(encode_publication("a", [name, i])) for i in range(100)])

    async def main() -> None:
        await asyncio.gather(*(post(name) for name in "wxyz"))

    done = runtime.run(collect())
    asyncio.run(main())
    done.result(30)
    assert [message["offset"] for message in seen] == list(range(1, 401))
    for name in "wxyz":
        assert [data[1] for m in seen if (data := m["data"])[0] == name] == list(range(100))
