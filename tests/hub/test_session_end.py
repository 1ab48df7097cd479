"""The end of a session, over real sockets: clients that are silent, that read nothing, or send too much."""

from __future__ import annotations

import asyncio

import pytest

from realtime_widgets.hub import Hub, session
from realtime_widgets.protocol import heartbeat
from support.scripted_client import ScriptedClient, client, run, small_socket

# Frames that are too large


def test_a_frame_over_the_limit_ends_only_the_connection_it_came_by(shared: Hub):
    async def main() -> None:
        async with client(shared) as one, client(shared) as other:
            await other.hello()
            await one.hello()
            await one.ws.send("a" * (1024 * 1024))
            assert (await one.next())["data"]["code"] == "unreadable", "but taken"
            await one.ws.send("a" * (1024 * 1024 + 1))
            ended = await one.ended()
            assert ended.rcvd is not None
            assert ended.rcvd.code == 1009
            assert await other.settled() == []

    run(main())


# Signs of life, and clients that do not read


def test_all_are_pinged_and_who_said_hello_and_fell_silent_is_dropped(
    shared: Hub, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(session, "HEARTBEAT_INTERVAL", 0.2)
    monkeypatch.setattr(heartbeat, "ANSWER_TIMEOUT", 0.4)

    async def main() -> None:
        async with client(shared) as silent, client(shared) as answers, client(shared) as catalogue:
            await silent.hello()
            await answers.hello()
            await catalogue.say("subscribe", {"streams": ["metrics"]})

            async def answer() -> None:
                while True:
                    ping, _ = await answers.heard("ping")
                    await answers.say("pong", {}, id=ping["id"])

            answering = asyncio.create_task(answer())
            ended = await silent.ended()
            assert ended.rcvd is not None
            assert (ended.rcvd.code, ended.rcvd.reason) == (3012, "no pong")
            assert shared._instance is not None
            kinds = set(shared._instance.state.events._buckets)
            assert "silent" in kinds
            assert "slow" not in kinds, "which is another thing"
            ping, _ = await catalogue.heard("ping")
            assert ping.keys() == {"type", "data", "timestamp", "id"}
            for _ in range(5):
                await catalogue.heard("ping")
            assert not answering.done()
            answering.cancel()

    run(main())


async def flood(hub: Hub, fast: ScriptedClient) -> int:
    """Publish at the pace of a client that reads, until another is closed as slow; returns how many."""
    for i in range(1000):
        hub.publish("big", "x" * 100_000)
        while (message := await fast.next())["channel"] != "big":
            if "did not read" in message["data"]["message"]:
                return i
        assert len(message["data"]) == 100_000
    raise AssertionError("nobody was slow")


def test_a_slow_client_is_closed_while_the_others_go_on(hub: Hub):
    async def main() -> None:
        async with (
            client(hub) as fast,
            client(hub, sock=small_socket(hub), max_queue=1, ping_interval=None) as slow,
        ):
            await fast.hello("big", "events")
            await slow.hello("big")
            published = await flood(hub, fast)
            assert published > 10, "a megabyte may wait"
            slow.frames.clear()
            ended = await slow.ended()  # reads what was on its way
            got = sum(len(frame) if isinstance(frame, list) else 1 for frame in slow.frames)
            assert got < published - 5, "but not what waited"
            assert ended.rcvd is not None
            assert (ended.rcvd.code, ended.rcvd.reason) == (3008, "slow")
            hub.publish("big", "more")
            while (await fast.next())["data"] != "more":
                pass

    run(main())


def test_a_client_that_reads_nothing_at_all_is_cut_off(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(session, "CLOSE_TIMEOUT", 0.05)

    async def main() -> None:
        async with client(hub) as fast:
            stuck = small_socket(hub)
            try:
                async with client(hub, sock=stuck, max_queue=1, ping_interval=None) as slow:
                    await fast.hello("big", "events")
                    await slow.hello("big")
                    await flood(hub, fast)
                    left, _ = await fast.heard("system_event")
                    assert left["data"]["message"] == "a client left, 1 connected"
            finally:
                stuck.close()

    run(main())
