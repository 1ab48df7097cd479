"""What clients may do with the tokens they have, over real sockets, and what becomes of them when those expire."""

from __future__ import annotations

import logging
import math
import socket
import time
from collections.abc import Iterator
from http.client import HTTPResponse
from typing import Any

import httpx
import jwt
import pytest

from realtime_widgets.client import Client
from realtime_widgets.errors import Unauthorized, UsageError, WrongType
from realtime_widgets.hub import Hub, Rights, session
from realtime_widgets.runtime import get_runtime
from support.scripted_client import LIMIT, ScriptedClient, client, run, until

SECRET = "canary-secret-0123456789abcdef-0123"
ANNA = Rights(subscribe=["metrics", "team:*"], publish=["team:anna"], name="anna")


@pytest.fixture(scope="module")
def guarded() -> Iterator[Hub]:
    with Hub(tokens={"anna-token": ANNA}, secret=SECRET) as hub:
        yield hub


def as_anna(hub: Hub, token: str = "anna-token") -> Any:
    return client(hub, additional_headers={"Authorization": f"Bearer {token}"})


async def told(one: ScriptedClient, code: str, id: str) -> str:
    error, _ = await one.heard("error")
    assert (error["data"]["code"], error["data"]["id"]) == (code, id)
    said: str = error["data"]["message"]
    return said


# Over a WebSocket


def test_a_client_follows_what_it_may_and_is_told_of_the_rest(guarded: Hub):
    async def main() -> None:
        async with as_anna(guarded) as anna, client(guarded) as owner:
            await anna.hello()
            await owner.hello()
            await anna.say("subscribe", {"streams": ["secrets", "team:a", "events"]}, id="s")
            assert "may not follow 'secrets'" in await told(anna, "forbidden", "s")
            for channel in ("secrets", "events2", "team:a"):
                await owner.say("publish", channel, channel=channel)
            await owner.settled()
            assert [each["data"] for each in await anna.settled()] == ["team:a"]

    run(main())


def test_a_client_publishes_where_it_may(guarded: Hub):
    async def main() -> None:
        async with as_anna(guarded) as anna:
            await anna.hello("team:anna", "team:b", acks=True)
            await anna.say("publish", 1, channel="team:b", id="p")
            assert "may not publish on 'team:b'" in await told(anna, "forbidden", "p")
            await anna.say("publish", 2, channel="team:anna", id="q")
            assert [(await anna.next())["type"] for _ in range(2)] == ["team:anna", "ack"]

    run(main())


def test_the_history_of_what_it_may_not_follow_stays_closed(guarded: Hub):
    async def main() -> None:
        async with as_anna(guarded) as anna:
            await anna.hello("team:a", recovery=True)
            await anna.say("subscribe", {"streams": ["secrets"], "positions": {"secrets": ["x", 0]}}, id="s")
            await told(anna, "forbidden", "s")
            await anna.say("history", {}, channel="secrets", epoch="x", offset=0, id="h")
            await told(anna, "bad_request", "h")
            pong = await anna.settled()
            assert all(each.get("channel") != "secrets" for each in pong)

    run(main())


def test_a_client_without_hello_gets_those_channels_of_its_path_that_it_may(guarded: Hub):
    async def main() -> None:
        async with as_anna(guarded) as anna:
            await anna.say("ping", {}, id="settled")
            await anna.heard("pong")
            await anna.heard("metrics_update")
            guarded.publish("alerts", "for others")
            await anna.heard("metrics_update")
            assert {frame["type"] for frame in anna.frames} == {"metrics_update", "pong"}

    run(main())


# Who sends


def post(hub: Hub, token: str, data: Any, **headers: str) -> httpx.Response:
    given = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"} | headers
    return httpx.post(
        f"{hub.address}/publish/team:anna", json=data, headers=given, trust_env=False, timeout=LIMIT
    )


def test_a_sender_is_known_by_its_name_whatever_token_it_has_by_then(guarded: Hub):
    one, two = (guarded.token_for(ANNA, expires=seconds) for seconds in (60, 600))
    bert = guarded.token_for(Rights(publish=["*"], name="bert"))
    assert one != two
    first = post(guarded, one, 1)
    assert post(guarded, two, 1).json() == first.json(), "the same message again"
    assert post(guarded, two, 2).status_code == 422
    assert post(guarded, "anna-token", 1).json() == first.json(), "by another kind of token"
    assert post(guarded, bert, 1).json()["offset"] == first.json()["offset"] + 1, "another's"
    assert guarded.token is not None
    assert post(guarded, guarded.token, 1).json()["offset"] == first.json()["offset"] + 2


def test_nobody_takes_the_ids_of_another_by_saying_their_name_in_the_hello(guarded: Hub):
    async def main() -> None:
        bert = guarded.token_for(Rights(subscribe=["*"], publish=["*"], name="bert"))
        async with as_anna(guarded) as anna, as_anna(guarded, bert) as other:
            for one in (anna, other):
                await one.hello(acks=True, client="the same")
            await anna.say("publish", 1, channel="team:anna", id="m")
            mine = (await anna.heard("ack"))[0]["data"]
            await other.say("publish", 1, channel="team:anna", id="m")
            theirs = (await other.heard("ack"))[0]["data"]
            assert theirs["offset"] == mine["offset"] + 1

    run(main())


# When a token expires


def expire_all(hub: Hub) -> None:
    """Turn the clock by which the tokens of connected clients are judged to the end of all time."""
    assert hub._instance is not None
    sessions = hub._instance.state.sessions

    def turn() -> None:
        for each in list(sessions):
            assert isinstance(each, session.HubSession)
            each._expiry._clock = lambda: math.nextafter(math.inf, 0)
            each._expiry._look()

    get_runtime().call_soon(turn)


def test_who_has_a_token_that_expires_is_told_and_closed(guarded: Hub):
    async def main() -> None:
        token = guarded.token_for(ANNA)
        async with (
            as_anna(guarded, token) as anna,
            as_anna(guarded, token) as plain,
            client(guarded) as owner,
        ):
            await anna.hello("team:a")
            await owner.hello("team:a")
            await plain.say("ping", {}, id="p")
            await plain.heard("pong")
            expire_all(guarded)
            assert "has expired" in (await anna.heard("error"))[0]["data"]["message"]
            for one in (anna, plain):
                ended = await one.ended()
                assert ended.rcvd is not None
                assert (ended.rcvd.code, ended.rcvd.reason) == (3005, "expired")
            assert all(frame["type"] != "error" for frame in plain.frames), (
                "who said no hello knows no such word"
            )
            assert await owner.settled() == []

    run(main())


def test_a_post_whose_token_expires_before_its_body_has_come_publishes_nothing(guarded: Hub):
    token = guarded.token_for(ANNA, expires=2)
    ends = jwt.decode(token, options={"verify_signature": False})["exp"]
    head = f"Host: 127.0.0.1:{guarded.port}\r\nAuthorization: Bearer {token}\r\nContent-Length: 2\r\n"
    with socket.create_connection(("127.0.0.1", guarded.port), LIMIT) as one:
        one.sendall(f"POST /publish/team:anna HTTP/1.1\r\n{head}Expect: 100-continue\r\n\r\n".encode())
        assert one.recv(1000).startswith(b"HTTP/1.1 100 "), "it was let in, and the body is waited for"
        one.sendall(b"1")
        until(lambda: time.time() > ends)
        one.sendall(b"2")
        answer = HTTPResponse(one)
        answer.begin()
        assert answer.status == 401
        assert b'"code":"expired"' in answer.read()


def test_what_is_said_after_the_end_of_a_token_is_not_done(guarded: Hub):
    async def main() -> None:
        async with as_anna(guarded, guarded.token_for(ANNA)) as anna, client(guarded) as owner:
            await anna.hello()
            await owner.hello("team:anna")
            assert guarded._instance is not None
            for each in list(guarded._instance.state.sessions):
                each._expiry._clock = lambda: math.nextafter(math.inf, 0)  # type: ignore[attr-defined]
            await anna.say("publish", 1, channel="team:anna")
            await anna.ended()
            assert await owner.settled() == []

    run(main())


@pytest.mark.parametrize("path", ["/ws/dashboard", "/sse/team:a"])
def test_our_own_client_asks_for_a_new_token_and_goes_on(guarded: Hub, path: str):
    asked: list[str] = []

    def auth() -> str:
        asked.append(guarded.token_for(ANNA))
        return asked[-1]

    address = (guarded.url if "ws" in path else guarded.address).replace("/ws/dashboard", "") + path
    with Client(address, auth=auth) as anna:
        stream = anna.stream("team:a")
        anna.wait_until("connected", LIMIT)
        expire_all(guarded)
        until(lambda: len(asked) == 2 and anna.status.state == "connected")
        guarded.publish("team:a", 7.0)
        until(lambda: len(stream) > 0 and stream.last["value"] == 7.0)
    assert len(asked) == 2


def test_our_own_client_with_a_token_that_has_expired_gives_up_and_says_so(guarded: Hub):
    expired = jwt.encode({"exp": 1}, SECRET, algorithm="HS256")
    with Client(guarded.url, auth=expired) as anna:
        anna.wait_until("error", LIMIT)
        assert isinstance(anna.last_error, Unauthorized)
        assert "(HTTP 401: the token has expired)" in str(anna.last_error)
        assert expired not in str(anna.last_error)


# Settings


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"auth": None, "tokens": {"a": ANNA}}, "either tokens or auth=None"),
        ({"auth": None, "secret": SECRET}, "either tokens or auth=None"),
        ({"secret": "canary-short"}, "fewer than 32"),
        ({"audience": "x"}, "takes none"),
        ({"issuer": "x"}, "takes none"),
        ({"tokens": {"canary token": ANNA}}, "visible ASCII"),
        ({"public_key": "canary"}, "public key cannot be used"),
    ],
)
def test_settings_that_do_not_fit_are_one_sentence_without_secrets(options: dict[str, Any], said: str):
    with pytest.raises(UsageError, match=said) as caught:
        Hub(**options)
    assert "canary" not in str(caught.value)


def test_tokens_are_made_by_a_hub_that_has_a_secret():
    with pytest.raises(UsageError, match="no secret"):
        Hub().token_for(ANNA)
    with pytest.raises(WrongType, match="no token can be made for dict"):
        Hub(secret=SECRET).token_for({"subscribe": ["*"]})  # type: ignore[arg-type]


# Secrets


def test_no_secret_is_seen_anywhere(caplog: pytest.LogCaptureFixture):
    caplog.set_level(1)
    bad = f"canary-{'x' * 30}"
    with Hub(token="canary-own", tokens={"canary-static": ANNA}, secret=SECRET) as hub:
        made = hub.token_for(ANNA)
        for token in ("canary-own", "canary-static", made, bad, made + "canary", f"{made[:-9]}canary.x"):
            there = f"{hub.address}/publish/secrets?token={token}"
            for answer in (post(hub, token, {"a": 1}), httpx.post(there, trust_env=False, timeout=LIMIT)):
                assert "canary" not in answer.text
                assert token not in answer.text
        with Client(hub.url, auth=made) as anna:
            anna.wait_until("connected", LIMIT)
            seen = [repr(hub), repr(anna), repr(vars(hub._policy)), repr(vars(hub._policy._keyring))]
        assert hub._instance is not None
        seen += [repr(each) for each in hub._instance.state.sessions]
    assert len(caplog.records) > 0
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    formatted = [logging.Formatter().format(record) for record in ours]
    for text in [*seen, *formatted]:
        assert "canary" not in text
        assert made not in text
