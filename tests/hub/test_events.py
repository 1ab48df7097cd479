"""Events: what the hub says of itself, and that nobody can make it say too much."""

from __future__ import annotations

import asyncio
import json

from realtime_widgets.hub import Hub
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
