"""Security: who follows a channel is told to those who may follow it, by whatever way they ask, and by the hub alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from realtime_widgets.hub import ChannelPolicy, Hub, Rights
from support.scripted_client import LIMIT, ScriptedClient, client, run

SECRET = "canary-secret-0123456789abcdef-0123"
ROOM = "room:a"
PRESENCE = f"presence:{ROOM}"

STRANGERS = {
    "nothing": Rights(),
    "others": Rights(subscribe=["room:b", "other"], publish=["*"]),
    "presence alone": Rights(subscribe=["presence:*", PRESENCE, "presence*"], publish=["*"]),
}
"""Those who may not follow the room."""

FORGERS = {
    "everything": Rights(subscribe=["*"], publish=["*"], name="anna"),
    "presence": Rights(subscribe=["*"], publish=["presence:*"]),
    "that one": Rights(subscribe=["*"], publish=[PRESENCE, "presence*"]),
}
"""Those to whom a token gives the right to publish there, as far as it can."""


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    policies = {"*": ChannelPolicy(presence=True), "plain": ChannelPolicy()}
    tokens = {kind.replace(" ", "-"): rights for kind, rights in (STRANGERS | FORGERS).items()}
    with Hub(secret=SECRET, channels=policies, tokens=tokens) as hub:
        yield hub


def tokens_of(hub: Hub, rights: Rights, kind: str) -> list[str]:
    """A token that the hub knows, and one that was signed."""
    return [kind.replace(" ", "-"), hub.token_for(rights)]


def web(hub: Hub, token: str | None) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=hub.address, headers=headers, trust_env=False, timeout=LIMIT)


def by(hub: Hub, token: str) -> Any:
    return client(hub, additional_headers={"Authorization": f"Bearer {token}"})


async def refused(one: ScriptedClient, type: str, data: Any = None, **more: Any) -> str:
    await one.say(type, data, id="asked", **more)
    error, before = await one.heard("error")
    assert error["data"]["id"] == "asked"
    assert not [message for message in before if message.get("channel") == PRESENCE]
    return str(error["data"]["code"])


WAYS = [
    f"/presence/{ROOM}",
    "/presence/room%3Aa",
    f"/history/{PRESENCE}",
    "/history/presence%3Aroom%3Aa",
    f"/history/{PRESENCE}?reverse=1&limit=1",
    f"/sse/{PRESENCE}",
    "/sse/presence%3Aroom%3Aa",
    f"/sse/{PRESENCE}?recent=1",
    f"/sse/room:b,{PRESENCE}",
]


@pytest.mark.parametrize("kind", STRANGERS)
def test_whoever_may_not_follow_a_channel_is_not_told_who_does(hub: Hub, kind: str):
    async def main() -> None:
        async with client(hub) as member:
            await member.hello(ROOM)
            for token in tokens_of(hub, STRANGERS[kind], kind):
                async with web(hub, token) as stranger:
                    for way in WAYS:
                        answer = await stranger.get(way)
                        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), way
                async with by(hub, token) as one:
                    await one.hello(recovery=True, acks=True)
                    known = {"positions": {PRESENCE: ["e", 0]}, "recent": {PRESENCE: 5}}
                    for asked in ({}, known):
                        assert await refused(one, "subscribe", {"streams": [PRESENCE]} | asked) == "forbidden"
                    code = await refused(one, "history", {}, channel=PRESENCE, epoch="e", offset=0)
                    assert code == "bad_request", "it does not follow it"
                    for message in await one.settled():
                        assert message.get("channel") != PRESENCE

    run(main())


def test_whoever_may_follow_a_channel_is_told_in_each_of_these_ways(hub: Hub):
    token = hub.token_for(Rights(subscribe=[ROOM, "room:b"]))

    async def main() -> None:
        async with client(hub) as member:
            await member.hello(ROOM)
            async with web(hub, token) as friend:
                for way in WAYS:
                    async with friend.stream("GET", way) as answer:
                        assert answer.status_code == 200, way
            async with by(hub, token) as one:
                await one.hello(PRESENCE, recovery=True)
                told, _ = await one.heard("presence")
                assert told["channel"] == PRESENCE
                assert told["data"]["count"] >= 1

    run(main())


@pytest.mark.parametrize("kind", [*FORGERS, "the hub's own"])
def test_nobody_can_say_who_follows_a_channel_in_the_place_of_the_hub(hub: Hub, kind: str):
    forged = {"count": 99, "members": ["mallory"], "joined": ["mallory"], "left": []}
    channels = [
        PRESENCE,
        "presence:",
        "presence:plain",
        "presence:*",
        f"presence:{PRESENCE}",
        "presence:\ud800",
    ]

    async def main(token: str) -> None:
        async with by(hub, token) as one, client(hub) as watcher:
            await watcher.hello(PRESENCE, recovery=True)
            await one.hello(acks=True)
            for channel in channels:
                assert await refused(one, "publish", forged, channel=channel) == "bad_channel", channel
            async with web(hub, token) as http:
                body = json.dumps(forged)
                for channel, code in (
                    ("presence:room:a", "channel"),
                    ("presence%3Aroom%3Aa", "channel"),
                    ("presence:", "channel"),
                    ("presence:%ED%A0%80", "path"),
                    ("presence:%EF%BF%BD", "channel"),
                ):
                    for path, sent in ((channel, body), (f"{channel}?many=1", f"[{body}]")):
                        answer = await http.post(f"/publish/{path}", content=sent)
                        assert (answer.status_code, answer.json()["code"]) == (400, code), path
                told = [message for message in await watcher.settled() if message.get("channel") == PRESENCE]
                assert "mallory" not in str(told)
                for way in (f"/presence/{ROOM}", f"/history/{PRESENCE}"):
                    answer = await http.get(way)
                    assert answer.status_code == 200
                    assert "mallory" not in answer.text

    tokens = [hub.token or ""] if kind not in FORGERS else tokens_of(hub, FORGERS[kind], kind)
    for token in tokens:
        run(main(token))


def test_a_right_for_presence_is_none_for_what_is_told_of_it(hub: Hub):
    token = hub.token_for(Rights(subscribe=["presence:*"]))

    async def main() -> None:
        async with web(hub, token) as http:
            for way in (
                f"/sse/presence:{PRESENCE}",
                f"/history/presence:{PRESENCE}",
                f"/presence/{PRESENCE}",
            ):
                answer = await http.get(way)
                assert (answer.status_code, answer.json()["code"]) == (400, "channel"), way

    run(main())
