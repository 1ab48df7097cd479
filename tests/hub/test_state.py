"""The state of a hub: what is posted from other threads, and what the hub does once a second."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from realtime_widgets.errors import SendFailed
from realtime_widgets.hub import Hub
from realtime_widgets.hub import state as hub_state
from realtime_widgets.hub.brokers.base import NotKept
from realtime_widgets.hub.brokers.dedup import Key
from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.channels import encode_publication
from realtime_widgets.hub.policies import Retention
from realtime_widgets.hub.state import HubState
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.runtime import get_runtime
from realtime_widgets.streams.gaps import Position
from support.scripted_client import LIMIT, client, run
from support.sinks import into


def test_its_metrics_come_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub_state, "METRICS_INTERVAL", 100 * LIMIT)

    async def main() -> None:
        async with client(hub) as one, client(hub) as other:
            await other.hello()
            await one.hello()
            await one.say("nonsense")
            await one.say("subscribe", {"streams": ["metrics"]})
            first, _ = await one.heard("metrics_update")
            assert first["offset"] == 1
            metrics = first["data"]
            assert list(metrics) == [
                "activeUsers",
                "requestsPerMinute",
                "errorRate",
                "avgResponseTime",
                "systemLoad",
                "memoryUsage",
            ]
            assert metrics["activeUsers"] == 2
            # Two hellos and the nonsense: the subscription is met when the positions of its channels are known.
            assert metrics["requestsPerMinute"] == 3
            assert metrics["errorRate"] == pytest.approx(1 / 3)
            assert 0 < metrics["avgResponseTime"] < 1000
            assert metrics["systemLoad"] is None or 0 <= metrics["systemLoad"] <= 1
            assert 0 < metrics["memoryUsage"] <= 1

    with Hub() as hub:
        run(main())


def test_its_metrics_come_every_second(hub: Hub):
    assert hub_state.METRICS_INTERVAL == 1.0

    async def main() -> None:
        async with client(hub) as one:
            await one.say("subscribe", {"streams": ["metrics"]})
            first, *later = [(await one.heard("metrics_update"))[0] for _ in range(3)]
            assert [message["offset"] for message in (first, *later)] == [1, 2, 3]
            assert later[1]["timestamp"] - later[0]["timestamp"] > 500
            assert 0 <= later[1]["data"]["systemLoad"] <= 1

    run(main())


def test_what_was_posted_before_the_end_is_published():
    async def main() -> None:
        broker = MemoryBroker(Retention(0, None))
        state = HubState(get_runtime(), broker)
        running = asyncio.create_task(state.run())
        await asyncio.sleep(0)  # it has begun
        for n in range(2500):
            state.post(encode_publication("a", n))
        running.cancel()
        await asyncio.wait({running})
        assert (await broker.position("a")).offset == 2500

    run(main())


def test_metrics_are_published_only_while_somebody_follows():
    async def main() -> None:
        broker, seen = MemoryBroker(), []
        state = HubState(get_runtime(), broker)
        await state._measure()
        undo = state.subscribe("metrics", into(seen), "a")
        await state._measure()
        undo()
        await state._measure()
        assert [json.loads(frame)["offset"] for frame in seen] == [1]
        assert await broker.publish("metrics", Message("t")) == Position(broker.epoch, 2)

    asyncio.run(main())


def test_a_subscription_to_the_metrics_is_no_message_to_everybody():
    async def main() -> None:
        state, seen = HubState(get_runtime(), MemoryBroker()), []
        state.subscribe("metrics", into(seen), "a")
        assert await state._wanted_before(asyncio.get_running_loop().time() + LIMIT), "the first, at once"
        await state._measure()
        for _ in range(100):
            state.subscribe("metrics", into([]), "a")()
        assert not state._wanted.is_set()
        assert len(seen) == 1

    asyncio.run(main())


def test_who_comes_and_goes_does_not_have_the_metrics_published_each_time():
    async def main() -> None:
        state = HubState(get_runtime(), MemoryBroker())
        state.subscribe("metrics", into([]), "a")()
        assert await state._wanted_before(asyncio.get_running_loop().time() + LIMIT)
        leave = state.subscribe("metrics", into([]), "a")
        state._wanted.clear()
        await state._measure()
        leave()
        for _ in range(100):
            state.subscribe("metrics", into([]), "a")()
        assert not state._wanted.is_set()

    asyncio.run(main())


def test_a_message_that_cannot_be_published_does_not_end_the_hub(caplog: pytest.LogCaptureFixture):
    class Failing(MemoryBroker):
        def publish(self, channel: str, message: Message, key: Key | None = None) -> asyncio.Future[Position]:
            if channel != "bad":
                return super().publish(channel, message, key)
            failed: asyncio.Future[Position] = asyncio.get_running_loop().create_future()
            failed.set_exception(NotKept("the disk is full"))
            return failed

    async def main() -> None:
        state, seen = HubState(get_runtime(), Failing()), []
        state.subscribe("good", into(seen), "a")
        for channel in ("bad", "good"):
            state.post(encode_publication(channel, 1))
        running = asyncio.create_task(state._publish_posted())
        state._wake.set()
        async with asyncio.timeout(LIMIT):
            while not seen:
                await asyncio.sleep(0)
        running.cancel()

    asyncio.run(main())
    assert "a message of channel 'bad' was not published" in caplog.text


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
    state.subscribe("a", lambda _, frame: seen.append(json.loads(frame)), "a")

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
