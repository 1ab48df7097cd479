"""What a hub says to those who recover, and to those who want answers: over real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from realtime_widgets.hub import Hub, send_buffer
from support.scripted_client import LIMIT, Answer, ScriptedClient, client, run


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(history=5) as hub:
        yield hub


async def publish(one: ScriptedClient, *data: Any) -> list[Answer]:
    """Publish on x, and return the answers; equal data have one id."""
    answers = []
    for each in data:
        await one.say("publish", each, channel="x", id=f"id of {each}"[:50])
        answers.append((await one.heard("ack"))[0])
    return answers


async def subscribe(
    one: ScriptedClient, position: list[Any] | None = None, channel: str = "x"
) -> list[Answer]:
    """Subscribe from a position; returns everything up to the answer to a ping after it."""
    positions = {} if position is None else {"positions": {channel: position}}
    await one.say("subscribe", {"streams": [channel]} | positions, id="s")
    return await everything(one)


async def everything(one: ScriptedClient) -> list[Answer]:
    """What has come, and comes until nothing more does."""
    found: list[Answer] = []
    quiet = 0
    while quiet < 2:  # a ping is answered at once, the history in its turn
        before = await one.settled()
        found += before
        quiet = 0 if before else quiet + 1
    return found


def seen(answers: list[Answer]) -> list[Any]:
    """Heads as (after, offset, reason), data as offsets; answers to what was asked are left out."""
    return [
        (each["data"]["after"], each["offset"], each["data"]["reason"])
        if each["type"] == "history"
        else each["offset"]
        for each in answers
        if each["type"] not in ("ack", "pong")
    ]


def test_a_subscription_without_a_position_begins_with_what_is_new_and_says_where(hub: Hub):
    async def main() -> None:
        async with client(hub) as pub, client(hub) as one:
            await pub.hello(acks=True)
            await one.hello(recovery=True)
            assert seen(await subscribe(one)) == [(0, 0, None)], "known for an empty channel, too"
            await publish(pub, 1, 2)
            assert seen(await everything(one)) == [1, 2]
        async with client(hub) as late:
            await late.hello(recovery=True)
            assert seen(await subscribe(late)) == [(2, 2, None)]

    run(main())


def test_a_position_brings_what_came_after_it_and_then_what_is_new(hub: Hub):
    async def main() -> None:
        async with client(hub) as pub, client(hub) as one:
            await pub.hello(acks=True)
            first = await publish(pub, 1, 2, 3)
            await one.hello(recovery=True)
            epoch = first[0]["data"]["epoch"]
            assert seen(await subscribe(one, [epoch, 1])) == [(1, 3, None), 2, 3]
            await publish(pub, 4)
            assert seen(await everything(one)) == [4]

    run(main())


def test_what_the_history_no_longer_has_is_said(hub: Hub):
    async def main() -> None:
        async with client(hub) as pub, client(hub) as one:
            await pub.hello(acks=True)
            epoch = (await publish(pub, *range(8)))[0]["data"]["epoch"]
            await one.hello(recovery=True)
            assert seen(await subscribe(one, [epoch, 1])) == [(3, 8, "trimmed"), 4, 5, 6, 7, 8]

    run(main())


@pytest.mark.parametrize("offset", [1, 100])
def test_another_epoch_or_one_that_is_behind_begins_with_all_there_is(hub: Hub, offset: int):
    async def main() -> None:
        async with client(hub) as pub, client(hub) as one:
            await pub.hello(acks=True)
            epoch = (await publish(pub, 1, 2))[0]["data"]["epoch"]
            await one.hello(recovery=True)
            position = ["another", offset] if offset == 1 else [epoch, offset]
            assert seen(await subscribe(one, position)) == [(0, 2, "epoch_changed"), 1, 2]

    run(main())


def test_the_history_can_be_asked_for_on_a_live_link(hub: Hub):
    async def main() -> None:
        async with client(hub) as pub, client(hub) as one:
            await pub.hello(acks=True)
            await one.hello(recovery=True)
            await subscribe(one)
            epoch = (await publish(pub, 1, 2, 3))[0]["data"]["epoch"]
            await everything(one)
            await one.say("history", {}, channel="x", epoch=epoch, offset=1)
            assert seen(await everything(one)) == [(1, 3, None), 2, 3]
            await one.say("history", {}, channel="other", epoch=epoch, offset=1)
            error, _ = await one.heard("error")
            assert error["data"]["code"] == "bad_request"

    run(main())


def test_a_pong_says_where_the_channels_stand(hub: Hub):
    async def main() -> None:
        async with client(hub) as pub, client(hub) as one:
            await pub.hello(acks=True)
            await one.hello(recovery=True)
            await subscribe(one)
            epoch = (await publish(pub, 1, 2))[0]["data"]["epoch"]
            await one.say("ping", {}, id="p")
            pong, before = await one.heard("pong")
            assert seen(before) == [1, 2]
            assert pong["data"] == {"positions": {"x": [epoch, 2]}}

    run(main())


def test_who_does_not_recover_hears_nothing_of_it(hub: Hub):
    async def main() -> None:
        async with client(hub) as pub, client(hub) as one:
            await pub.hello(acks=True)
            await publish(pub, 1)
            await one.hello()
            await one.say("subscribe", {"streams": ["x"], "positions": {"x": ["e", 0]}})
            assert await everything(one) == []
            await publish(pub, 2)
            assert [each["type"] for each in await everything(one)] == ["x"]
            await one.say("history", {}, channel="x", epoch="e", offset=0, id="h")
            assert (await one.heard("error"))[0]["data"]["code"] == "unknown_type"

    run(main())


def test_positions_outlive_a_restart_of_the_hub(hub: Hub):
    async def main() -> None:
        async with client(hub) as pub:
            await pub.hello(acks=True)
            epoch = (await publish(pub, 1, 2))[0]["data"]["epoch"]
        await asyncio.to_thread(restart)
        async with client(hub) as one:
            await one.hello(recovery=True)
            assert seen(await subscribe(one, [epoch, 1])) == [(1, 2, None), 2]

    def restart() -> None:
        hub.stop()
        hub.start()

    run(main())


# Answers


def test_what_is_published_is_answered_with_its_place(hub: Hub):
    async def main() -> None:
        async with client(hub) as pub:
            await pub.hello(acks=True)
            answers = await publish(pub, 1, 2)
            found = [(each["id"], each["data"]["offset"]) for each in answers]
            assert found == [("id of 1", 1), ("id of 2", 2)]

    run(main())


def test_what_comes_again_is_answered_with_its_first_place_also_on_another_link(hub: Hub):
    async def main() -> None:
        async with client(hub) as one:
            await one.hello(acks=True, client="me")
            first = await publish(one, "a")
            await one.say("publish", "a", channel="x", id="id of a")
            assert (await one.heard("ack"))[0]["data"] == first[0]["data"]
        async with client(hub) as again, client(hub) as other:
            await again.hello(acks=True, client="me")
            assert (await publish(again, "a"))[0]["data"] == first[0]["data"]
            await other.hello(acks=True, client="somebody else")
            assert (await publish(other, "a"))[0]["data"]["offset"] == 2, "an id is its sender's"

    run(main())


def test_what_cannot_be_done_is_answered_by_an_error(hub: Hub):
    async def main() -> None:
        async with client(hub) as pub:
            await pub.hello(acks=True)
            await pub.say("publish", 1, channel="", id="bad")
            error, _ = await pub.heard("error")
            assert (error["data"]["code"], error["data"]["id"]) == ("bad_channel", "bad")

    run(main())


def test_who_did_not_ask_for_answers_gets_none(hub: Hub):
    async def main() -> None:
        async with client(hub) as pub:
            await pub.hello()
            for _ in range(2):
                await pub.say("publish", 1, channel="x", id="same")
            assert await pub.settled() == []
            await pub.say("subscribe", {"streams": ["x"]}, id="s")
            assert await pub.settled() == []

    run(main())


def test_over_http_a_key_makes_it_the_same(hub: Hub):
    headers = {"Authorization": f"Bearer {hub.token}"}
    with httpx.Client(base_url=hub.address, headers=headers, trust_env=False, timeout=LIMIT) as web:
        offsets = [
            web.post("/publish/x", json=1, headers={"Idempotency-Key": key}).json()["offset"]
            for key in ("k", "k", "l")
        ]
        assert offsets == [1, 1, 2]
        assert web.post("/publish/x", json=1, headers={"Idempotency-Key": "k" * 201}).status_code == 400


# Slow readers


def test_who_recovers_and_reads_slowly_goes_on_from_the_history(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(send_buffer, "MAX_BYTES", 100_000)
    count, size = 200, 40_000

    async def main(hub: Hub) -> None:
        slow_socket = socket.socket()
        slow_socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow_socket.connect(("127.0.0.1", hub.port))
        slow_socket.setblocking(False)
        async with (
            client(hub) as pub,
            client(hub, sock=slow_socket, max_queue=1, ping_interval=None) as slow,
        ):
            await pub.hello(acks=True)
            await slow.hello(recovery=True)
            await subscribe(slow)
            await publish(pub, *(f"{i}" + "x" * size for i in range(count)))
            here, reasons = 0, []
            while here < count:
                message = await slow.next()
                if message["type"] == "history":
                    reasons.append(message["data"]["reason"])
                    assert message["data"]["after"] > here
                    here = message["data"]["after"]
                elif message["type"] == "x":
                    here += 1
                    assert message["offset"] == here
            assert set(reasons) == {"overflow"}

    with Hub(history=20) as hub:
        run(main(hub))
