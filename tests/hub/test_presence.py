"""Presence: who follows a channel, as its followers are told it, by one hub and by two that share a Redis."""

from __future__ import annotations

import asyncio
import json
import random
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from realtime_widgets.hub import ChannelPolicy, Hub, Rights, members, presence
from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.channels import Channels
from realtime_widgets.hub.presence import Presence, member_of
from support.redis_server import redis_server
from support.scripted_client import LIMIT, Answer, ScriptedClient, client, run

ANNA, BO = "token-of-anna", "token-of-bo"
TEAM = {
    "team": ChannelPolicy(presence=True, leave_delay=0.3),
    "slow": ChannelPolicy(presence=True, leave_delay=60),
}
TOKENS = {
    ANNA: Rights(subscribe=["team", "slow"], name="anna"),
    BO: Rights(subscribe=["team", "slow"], name="bo"),
}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(presence, "PAUSE", 0.01)
    with Hub(tokens=TOKENS, channels=TEAM) as hub:
        yield hub


def by(token: str) -> dict[str, Any]:
    return {"additional_headers": {"Authorization": f"Bearer {token}"}}


async def follow(one: ScriptedClient, *channels: str, **hello: Any) -> None:
    await one.hello(recovery=True, acks=True, **hello)
    await one.say("subscribe", {"streams": list(channels)}, id="s")
    _, before = await one.heard("ack")
    one.give_back(before)


async def told(one: ScriptedClient, count: int, channel: str = "team") -> list[dict[str, Any]]:
    """Return the records about a channel until so many are there."""
    records: list[dict[str, Any]] = []
    while not records or records[-1]["count"] != count:
        message, _ = await one.heard("presence")
        assert message["channel"] == f"presence:{channel}"
        records.append(message["data"])
    return records


def test_whoever_follows_presence_is_told_who_comes_and_who_has_left(hub: Hub):
    async def main() -> None:
        async with client(hub) as watcher:
            await follow(watcher, "presence:team")
            assert (await told(watcher, 0))[-1]["members"] == []
            async with client(hub, **by(ANNA)) as anna:
                await follow(anna, "team")
                assert (await told(watcher, 1))[-1] | {"version": 0} == {
                    "count": 1,
                    "joined": ["anna"],
                    "left": [],
                    "members": ["anna"],
                    "version": 0,
                }
                async with client(hub, **by(BO)) as bo:
                    await follow(bo, "team", "presence:team")
                    assert (await told(watcher, 2))[-1]["members"] == ["anna", "bo"]
                    assert (await told(bo, 2))[-1]["members"] == ["anna", "bo"]
            assert (await told(watcher, 0))[-1]["members"] == []

    run(main())


def test_who_comes_late_is_told_at_once_who_is_there(hub: Hub):
    async def main() -> None:
        async with client(hub, **by(ANNA)) as anna, client(hub) as first, client(hub) as late:
            await follow(anna, "team")
            await follow(first, "presence:team")
            await told(first, 1)
            await follow(late, "presence:team")
            assert (await told(late, 1))[-1]["members"] == ["anna"]

    run(main())


def test_a_reconnect_in_time_is_invisible(hub: Hub):
    async def main() -> None:
        async with client(hub) as watcher:
            await follow(watcher, "presence:slow")
            for _ in range(3):
                async with client(hub, **by(ANNA)) as anna:
                    await follow(anna, "slow", client="the same")
            async with client(hub) as nameless:
                await follow(nameless, "slow", client="the same")
            async with client(hub) as nameless, client(hub, **by(BO)) as bo:
                await follow(nameless, "slow", client="the same")
                await follow(bo, "slow")
                records = await told(watcher, 3, "slow")
                joined = [name for record in records for name in record["joined"]]
                assert sorted(joined) == ["anna", "bo", member_of(None, "the same")]
                assert not any(record["left"] for record in records)

    run(main())


def test_who_is_connected_twice_is_one_member_and_leaves_with_the_last_connection(hub: Hub):
    async def main() -> None:
        async with client(hub) as watcher, client(hub, **by(ANNA)) as anna:
            await follow(watcher, "presence:team")
            await follow(anna, "team")
            await told(watcher, 1)
            async with client(hub, **by(ANNA)) as again:
                await follow(again, "team")
                await again.say("unsubscribe", {"streams": ["team"]}, id="u")
                await again.heard("ack")
            async with client(hub, **by(BO)) as bo:
                await follow(bo, "team")
                assert (await told(watcher, 2))[-1]["members"] == ["anna", "bo"]
            await told(watcher, 1)
            await anna.say("unsubscribe", {"streams": ["team"]})
            assert (await told(watcher, 0))[-1]["left"] == ["anna"]

    run(main())


def test_what_a_client_calls_itself_is_no_name():
    assert member_of("anna", "x") == "anna"
    assert member_of(None, "anna").startswith("client ")
    assert member_of(None, "a\ud800") != member_of(None, "b\ud800")
    assert member_of("a\ud800", "x") == "a\ufffd"


def test_members_are_told_over_http_too(hub: Hub):
    async def main() -> None:
        async with client(hub, **by(ANNA)) as anna, client(hub) as watcher:
            await follow(watcher, "presence:team")
            await follow(anna, "team")
            await told(watcher, 1)
            assert await asyncio.to_thread(_asked, hub, "team") == {
                "channel": "team",
                "count": 1,
                "members": ["anna"],
            }
            with pytest.raises(urllib.error.HTTPError) as caught:
                await asyncio.to_thread(_asked, hub, "other")
            assert "it has no policy with presence=True for it" in json.load(caught.value)["message"]

    run(main())


def test_nobody_is_told_of_a_channel_without_presence_or_one_they_may_not_follow(hub: Hub):
    async def main() -> None:
        async with client(hub, **by(ANNA)) as anna:
            await anna.hello(recovery=True)
            for channel, code in (("presence:other", "bad_channel"), ("presence:x", "bad_channel")):
                await anna.say("subscribe", {"streams": [channel]}, id="s")
                answer, _ = await anna.heard("error")
                assert answer["data"]["code"] == code
        with pytest.raises(urllib.error.HTTPError) as caught:
            await asyncio.to_thread(_asked, hub, "team", "wrong")
        caught.value.close()
        assert caught.value.code == 401

    run(main())
    with Hub(tokens={ANNA: Rights(subscribe=["presence:*"])}, channels=TEAM) as other:

        async def forbidden() -> None:
            async with client(other, **by(ANNA)) as anna:
                await anna.hello(recovery=True)
                await anna.say("subscribe", {"streams": ["presence:team"]}, id="s")
                assert (await anna.heard("error"))[0]["data"]["code"] == "forbidden"

        run(forbidden())


def test_only_the_hub_says_who_is_there(hub: Hub):
    async def main() -> None:
        async with client(hub) as one:
            await one.hello()
            await one.say("publish", {"count": 9}, channel="presence:team", id="p")
            answer, _ = await one.heard("error")
            assert "on which only the hub itself publishes" in answer["data"]["message"]

    run(main())


def test_who_was_there_before_a_hub_began_anew_is_still_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(presence, "PAUSE", 0.01)
    told_before: list[Answer] = []

    async def before(hub: Hub) -> None:
        async with client(hub, **by(ANNA)) as anna, client(hub) as watcher:
            await follow(watcher, "presence:slow")
            await follow(anna, "slow")
            told_before.extend(await told(watcher, 1, "slow"))

    async def after(hub: Hub) -> None:
        async with client(hub, **by(ANNA)) as anna, client(hub, **by(BO)) as bo, client(hub) as watcher:
            await follow(anna, "slow")
            await follow(watcher, "presence:slow")
            await follow(bo, "slow")
            records = await told(watcher, 2, "slow")
            assert [name for record in records for name in record["joined"] if name != "anna"] == ["bo"]
            assert sum("anna" in record["joined"] for record in records) <= 1, "as the newest of before says"
            assert records[-1]["members"] == ["anna", "bo"]

    for main in (before, after):
        with Hub(tokens=TOKENS, channels=TEAM, broker=f"sqlite:///{tmp_path}/hub.db") as hub:
            run(main(hub))


@pytest.fixture
def two_hubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Hub, Hub]]:
    monkeypatch.setattr(presence, "PAUSE", 0.01)
    monkeypatch.setattr(presence, "REFRESH_INTERVAL", 0.2)
    monkeypatch.setattr(members, "STAY", 2.0)
    with redis_server(tmp_path) as redis:
        options: dict[str, Any] = {"tokens": TOKENS, "channels": TEAM, "broker": redis.url}
        with Hub(**options) as one, Hub(**options) as other:
            yield one, other


def test_two_hubs_agree_who_is_there(two_hubs: tuple[Hub, Hub]):
    one, other = two_hubs

    async def main() -> None:
        async with client(one) as here, client(other) as there:
            for watcher in (here, there):
                await follow(watcher, "presence:team")
            async with client(one, **by(ANNA)) as anna, client(other, **by(BO)) as bo:
                await follow(anna, "team")
                await follow(bo, "team")
                for watcher in (here, there):
                    assert (await told(watcher, 2))[-1]["members"] == ["anna", "bo"]
                async with client(other, **by(ANNA)) as again:
                    await follow(again, "team")
                    await anna.ws.close()  # she is still at the other one
                    await follow(here, "presence:team")
                    assert (await asyncio.to_thread(_asked, one, "team"))["members"] == ["anna", "bo"]
            for watcher in (here, there):
                assert (await told(watcher, 0))[-1]["members"] == []

    run(main())


def test_whoever_was_at_a_hub_that_is_gone_leaves_unless_they_come_to_another(two_hubs: tuple[Hub, Hub]):
    one, other = two_hubs

    async def main() -> None:
        async with client(other) as watcher:
            await follow(watcher, "presence:slow")
            async with client(one, **by(ANNA)) as anna, client(one, **by(BO)) as bo:
                await follow(anna, "slow")
                await follow(bo, "slow")
                await told(watcher, 2, "slow")
                await asyncio.to_thread(one.stop)
            async with client(other, **by(ANNA)) as again:
                await follow(again, "slow")
                records = await told(watcher, 1, "slow")
                assert (records[-1]["left"], records[-1]["members"]) == (["bo"], ["anna"])
                assert not any(record["joined"] for record in records)

    run(main())


def _asked(hub: Hub, channel: str, token: str | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token or hub.token}"}
    request = urllib.request.Request(f"{hub.address}/presence/{channel}", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def test_whoever_leaves_while_it_is_about_to_be_told_leaves_nothing_to_be_told(
    caplog: pytest.LogCaptureFixture,
):
    async def main() -> None:
        there = Presence(Channels(MemoryBroker()))
        leave = there.enter("x", "me", 1e6)
        await there._tell_due()
        leave()
        there._change("x")
        telling = asyncio.create_task(there._tell_due())
        await asyncio.sleep(0)  # what is due is taken, and not told yet
        there._rooms["x"].leaving["me"].cancel()
        there._leave("x", "me")
        await telling
        assert not there._rooms
        await there._tell_due()
        assert not there._due
        assert (await there.members("x"))["count"] == 0

    run(main())
    assert not caplog.messages


def test_coming_and_going_all_the_time_leaves_nobody_there(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(presence, "PAUSE", 0.002)
    monkeypatch.setattr(presence, "REFRESH_INTERVAL", 0.05)

    async def main() -> None:
        there = Presence(Channels(MemoryBroker()))
        going = asyncio.create_task(there.run())

        async def visit(number: int) -> None:
            chance = random.Random(number)
            for turn in range(60):
                leave = there.enter(f"room {turn % 3}", f"visitor {number}", 0.002)
                unwatch = there.watch(f"room {turn % 2}")
                await asyncio.sleep(chance.uniform(0, 0.006))
                leave()
                unwatch()
                await asyncio.sleep(chance.uniform(0, 0.002))

        await asyncio.gather(*map(visit, range(8)))
        async with asyncio.timeout(LIMIT):
            while there._rooms or there._due:
                await asyncio.sleep(0.01)
        assert not going.done()
        going.cancel()
        for number in range(3):
            assert (await there.members(f"room {number}"))["count"] == 0

    run(main())
    assert not caplog.messages
