"""Events: what the hub says of itself, and that nobody can make it say too much."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from realtime_widgets.hub import Hub
from realtime_widgets.hub import events as module
from realtime_widgets.hub.events import BURST, REFILL_INTERVAL, Events, TokenBucket
from support.scripted_client import client, handshake, run


def test_who_was_refused_is_told_on_the_channel_of_events_without_secrets(hub: Hub):
    async def main() -> None:
        async with client(hub) as one:
            await one.hello("events")
            await asyncio.to_thread(
                handshake, hub, "/ws/dashboard?token=guessed", Authorization="Bearer tried"
            )
            while "refused" not in (event := (await one.heard("system_event"))[0])["data"]["message"]:
                pass
            assert event["data"]["level"] == "warning"
            assert event["data"]["source"] == "hub"
            assert not any(secret in json.dumps(event) for secret in ("guessed", "tried", hub.token))

    run(main())


def test_a_client_hears_that_it_came_and_the_others_that_it_left(hub: Hub):
    async def main() -> None:
        async with client(hub) as one:
            await one.hello("events")
            event, _ = await one.heard("system_event")
            assert event["channel"] == "events"
            joined = {"level": "info", "source": "hub", "message": "a client joined, 1 connected"}
            assert event["data"] == joined
            async with client(hub) as other:
                await other.hello("events")
                for each in (one, other):
                    event, _ = await each.heard("system_event")
                    assert event["data"] == joined | {"message": "a client joined, 2 connected"}
            event, _ = await one.heard("system_event")
            assert event["data"] == joined | {"message": "a client left, 1 connected"}

    run(main())


def test_a_client_that_talks_nonsense_is_told_of_but_cannot_flood(hub: Hub):
    async def main() -> None:
        async with client(hub) as watcher, client(hub) as noisy:
            await watcher.hello("events")
            await noisy.hello()
            for _ in range(300):
                await noisy.ws.send("s3cret nonsense")
            await noisy.settled()
            await watcher.say("publish", "the end", channel="mine")
            await watcher.say("subscribe", {"streams": ["mine"]})
            events = await watcher.settled()
            events += await watcher.settled()
            about = [e for e in events if "not understood" in json.dumps(e)]
            assert 1 <= len(about) <= 20
            assert about[0]["data"]["level"] == "warning"
            assert "s3cret" not in json.dumps(events)

    run(main())


@pytest.mark.parametrize(
    "streams",
    ["metrics", [""], ["*"], [5], ["s3cret" * 100], ["ping"], [f"s3cret {i}" for i in range(5000)], None, {}],
)
def test_nothing_in_a_subscription_is_published_to_others(hub: Hub, streams: Any):
    async def main() -> None:
        async with client(hub) as watcher, client(hub) as other:
            await other.hello()
            await watcher.hello("events", "*", "alerts")
            await watcher.heard("system_event")  # that it has come
            for type in ("subscribe", "unsubscribe"):
                for _ in range(5):
                    await other.say(type, {"streams": streams})
            await other.say("publish", "the end", channel="alerts")
            _, before = await watcher.heard("alert")
            assert [m for m in before if "a client joined" not in json.dumps(m)] == []

    run(main())


def test_what_a_refused_request_says_goes_to_the_log_only(hub: Hub, caplog: pytest.LogCaptureFixture):
    async def main() -> None:
        async with client(hub) as one:
            await one.hello("events")
            await one.heard("system_event")
            await asyncio.to_thread(handshake, hub, Origin="http://evil.example")
            event, _ = await one.heard("system_event")
            assert event["data"]["message"] == "a connection was refused (origin)"

    run(main())
    assert "a connection was refused (origin): pages of 'http://evil.example' may not use" in caplog.text


def test_a_token_bucket_allows_a_burst_and_then_one_at_a_time():
    bucket = TokenBucket(100.0)
    assert [bucket.take(100.0) for _ in range(BURST + 3)] == [True] * BURST + [False] * 3
    assert bucket.skipped == 3
    assert not bucket.take(100.0 + REFILL_INTERVAL * 0.9)
    assert bucket.take(100.0 + REFILL_INTERVAL * 1.1)
    assert not bucket.take(100.0 + REFILL_INTERVAL * 1.2)


def test_a_rest_gives_back_a_burst_and_no_more():
    bucket = TokenBucket(0.0)
    for _ in range(BURST):
        bucket.take(0.0)
    assert sum(bucket.take(10_000.0) for _ in range(3 * BURST)) == BURST


def test_events_have_a_level_a_source_and_a_text_and_are_logged(caplog: pytest.LogCaptureFixture):
    said: list[Any] = []
    with caplog.at_level(logging.INFO, logger="realtime_widgets.hub"):
        Events(lambda channel, data: said.append((channel, data))).say("x", "warning", "watch out")
    assert said == [("events", {"level": "warning", "source": "hub", "message": "watch out"})]
    assert [(r.levelname, r.message) for r in caplog.records] == [("WARNING", "watch out")]


def test_events_of_one_kind_are_rate_limited_and_the_next_tells_how_many_were_left_out(
    monkeypatch: pytest.MonkeyPatch,
):
    class ManualClock:
        now = 5.0

        def monotonic(self) -> float:
            return self.now

    clock, said = ManualClock(), []
    monkeypatch.setattr(module, "time", clock)
    events = Events(lambda _, data: said.append(data["message"]))
    for _ in range(BURST + 7):
        events.say("noise", "info", "noise")
    events.say("other", "info", "other")
    assert said == ["noise"] * BURST + ["other"]
    clock.now += REFILL_INTERVAL
    events.say("noise", "info", "noise")
    assert said[-1] == "noise (and 7 more of this kind)"
    clock.now += REFILL_INTERVAL
    events.say("noise", "info", "noise")
    assert said[-1] == "noise"
