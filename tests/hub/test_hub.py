"""The hub, over real sockets: what its clients hear, who is turned away, and how it starts and stops."""

from __future__ import annotations

import asyncio
import gc
import http.client
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psutil
import pytest

from realtime_widgets.errors import UsageError, WouldDeadlock, WrongType
from realtime_widgets.hub import Hub, embedded_hub, serving, session, state
from realtime_widgets.hub.app import _AuthMiddleware
from realtime_widgets.hub.auth import AccessPolicy
from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.state import HubState
from realtime_widgets.protocol import heartbeat
from realtime_widgets.protocol.limits import MAX_DATA_BYTES
from realtime_widgets.runtime import get_runtime
from support.scripted_client import LIMIT, Answer, Client, client, run, until


@pytest.fixture(scope="module")
def shared() -> Iterator[Hub]:
    """A hub for the tests that leave it as it was."""
    with Hub(origins=["http://app.example"]) as hub:
        yield hub


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as hub:
        yield hub


@pytest.fixture
def web(shared: Hub) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {shared.token}"}
    with httpx.Client(base_url=shared.address, headers=headers, trust_env=False, timeout=LIMIT) as web:
        yield web


# Clients that say hello


def test_a_hello_is_answered_with_what_the_hub_can_do(shared: Hub):
    async def main() -> None:
        async with client(shared) as one, client(shared) as other:
            await one.say("hello", {"version": 1, "batch": True}, id="h1")
            answer = await one.next()
            assert answer["id"] == "h1"
            named = answer["data"].pop("client")
            can = {"version": 1, "batch": True, "recovery": True, "acks": True, "heartbeat": 25}
            assert answer["data"] == can
            assert isinstance(answer["timestamp"], int)
            assert named
            assert (await other.hello())["data"]["client"] != named

    run(main())


def test_after_a_hello_a_client_gets_exactly_what_it_subscribes_to(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello("cpu")
            for channel in ("metrics", "alerts", "events", "memory", "cpu"):
                await one.say("publish", 1, channel=channel)
            assert [message["channel"] for message in await one.settled()] == ["cpu"]

    run(main())


def test_a_message_has_everything_that_is_known_of_it(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello("alerts", "mine")
            before = time.time() * 1000
            await one.say("publish", 0, channel="mine", id="x" * 201)
            assert (await one.next())["data"]["code"] == "bad_request"
            await one.say("publish", {"title": "日本"}, channel="alerts", id="a1")
            await one.say("publish", [1, None], channel="mine")
            alert, mine = await one.next(), await one.next()
            assert alert.keys() == {"type", "data", "timestamp", "id", "channel", "epoch", "offset"}
            assert (alert["type"], alert["channel"]) == ("alert", "alerts")
            assert (alert["data"], alert["id"]) == ({"title": "日本"}, "a1")
            assert before - 1 <= alert["timestamp"] <= time.time() * 1000 + 1
            assert (mine["type"], mine["channel"], mine["data"]) == ("mine", "mine", [1, None])
            assert mine["id"]
            assert mine["epoch"] == alert["epoch"]
            assert mine["offset"] == 1

    run(main())


def test_who_unsubscribes_gets_no_more(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello("a", "b")
            await one.say("unsubscribe", {"streams": ["a", "never subscribed"]})
            await one.say("publish", 1, channel="a")
            await one.say("publish", 2, channel="b")
            assert [message["data"] for message in await one.settled()] == [2]

    run(main())


def test_subscribing_twice_gives_every_message_once(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello("twice", "twice")
            await one.say("subscribe", {"streams": ["twice"]})
            await one.say("publish", 1, channel="twice")
            assert len(await one.settled()) == 1

    run(main())


def test_several_waiting_messages_come_as_one_frame_to_those_who_read_arrays(shared: Hub):
    async def main() -> None:
        async with client(shared) as reads, client(shared) as reads_not:
            await reads.hello("burst")
            await reads_not.hello("burst", batch=False)
            for i in range(500):
                shared.publish("burst", i)
            for one in (reads, reads_not):
                assert [(await one.next())["data"] for _ in range(500)] == list(range(500))
            arrays = [frame for frame in reads.frames if isinstance(frame, list)]
            assert arrays
            assert all(len(array) > 1 for array in arrays)
            assert all(isinstance(frame, dict) for frame in reads_not.frames)

    run(main())


def test_a_client_may_send_several_messages_in_one_frame(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            words: list[Answer] = [
                {"type": "hello", "data": {"batch": True}},
                {"type": "subscribe", "data": {"streams": ["x"]}},
                {"type": "publish", "channel": "x", "data": 5},
                {"type": "ping", "id": "p"},
            ]
            await one.ws.send(json.dumps(words).encode())
            assert [(await one.next())["type"] for _ in range(3)] == ["hello", "x", "pong"]

    run(main())


def test_a_ping_is_answered_with_its_id(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello()
            await one.say("ping", {}, id=17)
            pong = await one.next()
            assert (pong["type"], pong["id"], pong["data"]) == ("pong", 17, {})
            await one.say("pong", {})
            assert await one.settled() == [], "a pong is swallowed"

    run(main())


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "nonsense", "id": "o"}, "unknown_type"),
        ({"type": "ack", "id": "o"}, "unknown_type"),
        ({"type": "subscribe", "data": None, "id": "o"}, "bad_request"),
        ({"type": "subscribe", "data": {"streams": "metrics"}, "id": "o"}, "bad_request"),
        ({"type": "subscribe", "data": {"streams": [5]}, "id": "o"}, "bad_request"),
        ({"type": "unsubscribe", "data": [], "id": "o"}, "bad_request"),
        ({"type": "subscribe", "data": {"streams": [""]}, "id": "o"}, "bad_channel"),
        ({"type": "subscribe", "data": {"streams": ["ok", "x" * 201]}, "id": "o"}, "bad_channel"),
        ({"type": "publish", "data": 1, "id": "o"}, "bad_channel"),
        ({"type": "publish", "data": 1, "channel": "ping", "id": "o"}, "bad_channel"),
        ({"type": "publish", "data": 1, "channel": "x" * 201, "id": "o"}, "bad_channel"),
        ({"type": "publish", "data": 1, "channel": "", "id": "o"}, "bad_channel"),
    ],
)
def test_what_is_not_allowed_is_answered_by_an_error_and_the_connection_goes_on(
    shared: Hub, message: Answer, code: str
):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello()
            await one.ws.send(json.dumps(message))
            error = await one.next()
            assert error["type"] == "error"
            assert error.keys() >= {"timestamp", "id"}
            text = error["data"].pop("message")
            assert error["data"] == {"code": code, "id": "o"}
            assert text
            assert await one.settled() == []

    run(main())


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "3",
        '"x"',
        "[1]",
        '{"data": 1}',
        '{"type": 5}',
        b"\xff\xfe",
        "[" * 100_000,
        '{"type":"x","data":1e999}',
    ],
)
def test_what_cannot_be_read_is_answered_by_an_error_that_does_not_repeat_it(shared: Hub, frame: str | bytes):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello()
            await one.ws.send(frame)
            error = await one.next()
            assert (error["type"], error["data"]["code"], error["data"]["id"]) == (
                "error",
                "unreadable",
                None,
            )
            assert len(error["data"]["message"]) < 200
            assert await one.settled() == []

    run(main())


def test_one_bad_envelope_in_an_array_costs_only_itself(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello("x")
            await one.ws.send(
                '[{"type": "publish", "channel": "x", "data": 1}, {"type": 5}, {"type": "ping"}]'
            )
            assert [(await one.next())["type"] for _ in range(3)] == ["x", "pong", "error"]

    run(main())


def test_a_frame_is_no_larger_than_its_reader_takes_and_what_is_larger_stays_alone(shared: Hub):
    async def main() -> None:
        async with client(shared) as one, client(shared) as publisher:
            await one.hello("x", max_size=2000)
            await publisher.hello()
            for size in (10, 800, 800, 5000, *[10] * 100, 5000, 300):
                await publisher.say("publish", "é" * (size // 2), channel="x")
            await publisher.settled()
            one.frames.clear()
            assert len(await one.settled()) == 106
            sizes = [len(json.dumps(frame, ensure_ascii=False).encode()) for frame in one.frames]
            assert max(len(frame) for frame in one.frames if isinstance(frame, list)) > 5, "still together"
            for frame, size in zip(one.frames, sizes, strict=True):
                assert size < 2500 or isinstance(frame, dict)  # of JSON with spaces

    run(main())


def test_an_error_is_not_answered_by_an_error(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello()
            await one.say("error", {"code": "any"})
            assert await one.settled() == []

    run(main())


def test_a_client_may_follow_128_channels(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello(*(f"c{i}" for i in range(128)))
            await one.say("unsubscribe", {"streams": ["c1"]})
            await one.say("subscribe", {"streams": ["c0", "d", "e", "f"]}, id="s")
            error = await one.next()
            text = error["data"].pop("message")
            assert error["data"] == {"code": "too_many_channels", "id": "s", "streams": ["e", "f"]}
            assert "these would make 130: 'e' and 1 more not followed; unsubscribe from others first" in text
            for channel in ("c1", "c127", "d", "e"):
                await one.say("publish", 1, channel=channel)
            assert [message["channel"] for message in await one.settled()] == ["c127", "d"]

    run(main())


# Clients that know nothing of hello


def test_a_client_of_the_catalogue_gets_the_channels_of_its_path(shared: Hub):
    async def main() -> None:
        async with client(shared) as one, client(shared) as publisher:
            await publisher.hello()
            await one.say("subscribe", {"streams": ["metrics", "alerts", "events"]})
            await one.heard("metrics_update")
            await publisher.say("publish", {"title": "t"}, channel="alerts")
            await publisher.say("publish", 1, channel="other")
            alert, _ = await one.heard("alert")
            assert alert["data"] == {"title": "t"}

    run(main())


def test_a_client_that_says_nothing_gets_the_channels_of_its_path_after_a_while(
    shared: Hub, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(session, "HELLO_TIMEOUT", 0.01)

    async def main() -> None:
        async with client(shared) as one:
            assert (await one.next())["channel"] in ("metrics", "events")
            shared.publish("alerts", 5)
            assert (await one.heard("alert"))[0]["data"] == 5

    run(main())


def test_without_a_hello_there_are_no_arrays_and_no_words_of_the_hub_alone(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.say("subscribe", {"streams": ["other"]})
            await one.ws.send("what is this")
            await one.say("nonsense")
            await one.say("unsubscribe", {"streams": ["alerts"]})
            await one.settled()
            shared.publish("other", 0)
            for i in range(200):
                shared.publish("alerts", i)
            alerts = [(await one.heard("alert"))[0]["data"] for _ in range(200)]
            assert alerts == list(range(200))
            await one.say("ping", {}, id="p")
            assert (await one.heard("pong"))[0]["id"] == "p"
            assert all(isinstance(frame, dict) for frame in one.frames)
            assert {frame["type"] for frame in one.frames} <= {
                "metrics_update",
                "alert",
                "system_event",
                "pong",
            }

    run(main())


def test_a_hello_that_comes_late_counts_all_the_same(shared: Hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(session, "HELLO_TIMEOUT", 0.01)

    async def main() -> None:
        async with client(shared) as one:
            await one.next()  # its path has decided
            await one.hello("x")
            for channel in ("alerts", "x"):
                await one.say("publish", 1, channel=channel)
            assert [message["channel"] for message in await one.settled()] == ["x"]

    run(main())


# Publishing


def test_it_is_published_from_a_thread_a_client_and_over_http_in_one_order_for_all(
    shared: Hub, web: httpx.Client
):
    async def main() -> None:
        async with client(shared) as one, client(shared) as other, client(shared) as writer:
            await one.hello("order")
            await other.hello("order", batch=False)
            await writer.hello()

            def from_a_thread() -> None:
                for i in range(100):
                    shared.publish("order", ["thread", i])

            def over_http() -> None:
                for i in range(20):
                    assert web.post("/publish/order", json=["http", i]).status_code == 200

            async def by_socket() -> None:
                for i in range(100):
                    await writer.say("publish", ["socket", i], channel="order")

            await asyncio.gather(asyncio.to_thread(from_a_thread), asyncio.to_thread(over_http), by_socket())
            seen = [await one.next() for _ in range(220)]
            assert seen == [await other.next() for _ in range(220)]
            assert [message["offset"] for message in seen] == list(range(1, 221))
            for source, count in (("thread", 100), ("http", 20), ("socket", 100)):
                assert [d[1] for m in seen if (d := m["data"])[0] == source] == list(range(count))

    run(main())


def test_the_hub_publishes_with_a_type_of_its_own_choice(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello("jobs")
            shared.publish("jobs", None, type="job_done")
            message = await one.next()
            assert (message["type"], message["channel"]) == ("job_done", "jobs")

    run(main())


def test_what_cannot_be_published_is_told_at_once(shared: Hub):
    with pytest.raises(WrongType, match="nothing that JSON has"):
        shared.publish("x", object())
    with pytest.raises(UsageError, match="is no name for a channel"):
        shared.publish("", 1)
    with pytest.raises(UsageError, match=r"the hub does not run; call start\(\) first"):
        Hub().publish("x", 1)


def test_a_post_answers_where_its_message_stands(shared: Hub, web: httpx.Client):
    first = web.post("/publish/by%20post%2F日本", json={"a": 1})
    second = web.post("/publish/by%20post%2F日本", content=b" [1, 2]\n")
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json().keys() == {"channel", "epoch", "offset"}
    assert (first.json()["channel"], first.json()["offset"]) == ("by post/日本", 1)
    assert second.json() == first.json() | {"offset": 2}


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b"\xff", b"NaN", b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(web: httpx.Client, body: bytes):
    answer = web.post("/publish/x", content=body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "json"


@pytest.mark.parametrize("channel", ["x" * 201, "ping"])
def test_a_post_to_a_channel_that_cannot_be_is_refused(web: httpx.Client, channel: str):
    answer = web.post(f"/publish/{channel}", json=1)
    assert (answer.status_code, answer.json()["code"]) == (400, "channel")


def test_a_body_over_the_limit_is_refused(web: httpx.Client):
    assert web.post("/publish/x", content=b'"' + b"a" * (MAX_DATA_BYTES - 2) + b'"').status_code == 200
    assert web.post("/publish/x", content=b'"' + b"a" * (MAX_DATA_BYTES - 1) + b'"').status_code == 413
    pieces = (b"a" * 100_000 for _ in range(20))  # without a length
    assert web.post("/publish/x", content=pieces).status_code == 413
    assert web.get("/health").status_code == 200


def test_the_largest_message_fits_into_the_frames_that_most_clients_take(shared: Hub):
    async def main() -> None:
        name = "\x01" * 200  # each of which JSON spells with six characters
        async with client(shared, max_size=1024 * 1024) as one:
            await one.hello(name)
            shared.publish(name, "a" * (MAX_DATA_BYTES - 2), type=name)
            assert len((await one.next())["data"]) == MAX_DATA_BYTES - 2
            await one.say("publish", "a" * (MAX_DATA_BYTES - 1), channel="x")
            assert (await one.next())["data"]["code"] == "bad_data"

    run(main())


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


def test_only_post_publishes(web: httpx.Client):
    assert web.get("/publish/x").status_code == 405
    assert web.get("/nowhere").status_code == 404


# Who may come in


def handshake(hub: Hub, path: str = "/ws/dashboard", **headers: str | None) -> tuple[int, str]:
    """Return how the hub answers an opening handshake."""
    given: dict[str, str | None] = {
        "Host": f"127.0.0.1:{hub.port}",
        "Authorization": f"Bearer {hub.token}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    } | headers
    connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=LIMIT)
    try:
        connection.putrequest("GET", path, skip_host=True)
        for name, value in given.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, "" if answer.status == 101 else answer.read().decode()
    finally:
        connection.close()


def test_the_token_opens_the_door_by_header_and_by_query(shared: Hub):
    assert handshake(shared)[0] == 101
    assert handshake(shared, f"/ws/dashboard?a=1&token={shared.token}", Authorization=None)[0] == 101


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("/ws/dashboard", {"Authorization": None}, 401, "token"),
        ("/ws/dashboard", {"Authorization": "Bearer wrong"}, 401, "token"),
        ("/ws/dashboard?token=wrong", {"Authorization": None}, 401, "token"),
        ("/ws/nowhere", {"Authorization": None}, 401, "token"),
        ("/ws/nowhere", {}, 404, "path"),
        ("/", {}, 404, "path"),
        ("/ws/dashboard", {"Host": "evil.example"}, 403, "host"),
        ("/ws/dashboard", {"Origin": "http://evil.example"}, 403, "origin"),
        ("/ws/dashboard", {"Origin": "null"}, 403, "origin"),
        ("/ws/dashboard", {"Origin": "http://app.example.evil.example"}, 403, "origin"),
    ],
)
def test_others_are_turned_away_with_a_reason(
    shared: Hub, path: str, headers: dict[str, str | None], status: int, code: str
):
    answered, body = handshake(shared, path, **headers)
    assert answered == status
    assert json.loads(body)["code"] == code
    assert shared.token is not None
    assert shared.token not in body


def test_allowed_pages_and_the_hubs_own_come_in(shared: Hub):
    assert handshake(shared, Origin="http://app.example")[0] == 101
    assert handshake(shared, Origin=shared.address)[0] == 101
    assert (
        handshake(shared, Host=f"localhost:{shared.port}", Origin=f"http://localhost:{shared.port}")[0] == 101
    )


def test_http_is_guarded_in_the_same_way(shared: Hub, web: httpx.Client):
    def post(**headers: str) -> int:
        return web.post("/publish/x", json=1, headers=headers).status_code

    assert post() == 200
    assert post(Authorization="Bearer wrong") == 401
    assert post(Host="evil.example") == 403
    assert post(Origin="http://evil.example") == 403
    assert (
        web.post("/publish/x", json=1, headers={"Authorization": ""}).headers["www-authenticate"] == "Bearer"
    )
    token = {"token": shared.token or ""}
    assert web.post("/publish/x", json=1, headers={"Authorization": ""}, params=token).status_code == 200


def test_its_health_needs_no_token_but_the_right_sender(shared: Hub, web: httpx.Client):
    answer = web.get("/health", headers={"Authorization": ""})
    assert answer.status_code == 200
    assert answer.json().keys() == {"status", "clients", "uptime"}
    assert answer.json()["status"] == "ok"
    assert web.get("/health", headers={"Host": "evil.example"}).status_code == 403
    assert web.get("/health", headers={"Origin": "http://evil.example"}).status_code == 403


def test_a_hub_without_a_token_lets_everybody_on_this_machine_in():
    with Hub(auth=None, origins=["http://localhost:3000"]) as hub:
        assert hub.token is None
        assert handshake(hub, Authorization=None)[0] == 101
        assert handshake(hub, Authorization=None, Origin="http://localhost:3000")[0] == 101
        assert handshake(hub, Authorization=None, Origin="http://localhost:3001")[0] == 403
        assert handshake(hub, Authorization=None, Host="evil.example")[0] == 403


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


def test_no_token_is_ever_logged(caplog: pytest.LogCaptureFixture):
    caplog.set_level(1)  # the most talkative there is: uvicorn then logs what it calls TRACE
    with Hub() as hub:
        assert hub.token is not None
        assert handshake(hub, f"/ws/dashboard?token={hub.token}")[0] == 101
        assert handshake(hub, f"/ws/nowhere?token={hub.token}")[0] == 404
        assert handshake(hub, "/ws/dashboard?token=guessed", Authorization="Bearer tried")[0] == 401
        connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=LIMIT)
        connection.request("POST", f"/publish/x?token={hub.token}", "1")
        assert connection.getresponse().status == 200
        connection.close()
        assert hub.token not in repr(hub)
    assert "a connection was refused" in caplog.text
    assert not any(secret in caplog.text for secret in (hub.token, "guessed", "tried"))


def test_behind_the_door_nobody_sees_the_token():
    seen: list[Any] = []

    async def inside(scope: Any, *_: Any) -> None:
        seen.append(scope)

    scope = {
        "type": "http",
        "path": "/publish/x",
        "query_string": b"a=1&token=my-own-token",
        "headers": [(b"host", b"localhost")],
    }
    door = _AuthMiddleware(
        inside, HubState(get_runtime(), MemoryBroker()), AccessPolicy(token="my-own-token", host="localhost")
    )
    asyncio.run(door(scope, None, None))  # type: ignore[arg-type]
    assert seen == [scope]
    assert scope["query_string"] == b"a=1", "in the server's own dict, from which it logs"


# What it says of itself


def test_its_metrics_come_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(state, "METRICS_INTERVAL", 100 * LIMIT)

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
            assert metrics["requestsPerMinute"] == 4
            assert metrics["errorRate"] == 0.25
            assert 0 < metrics["avgResponseTime"] < 1000
            assert metrics["systemLoad"] is None or 0 <= metrics["systemLoad"] <= 1
            assert 0 < metrics["memoryUsage"] <= 1

    with Hub() as hub:
        run(main())


def test_its_metrics_come_every_second(hub: Hub):
    assert state.METRICS_INTERVAL == 1.0

    async def main() -> None:
        async with client(hub) as one:
            await one.say("subscribe", {"streams": ["metrics"]})
            first, *later = [(await one.heard("metrics_update"))[0] for _ in range(3)]
            assert [message["offset"] for message in (first, *later)] == [1, 2, 3]
            assert later[1]["timestamp"] - later[0]["timestamp"] > 500
            assert 0 <= later[1]["data"]["systemLoad"] <= 1

    run(main())


def test_posts_count_as_requests_and_as_errors(hub: Hub):
    headers = {"Authorization": f"Bearer {hub.token}"}
    for body in ("1", "{", "2", "3"):
        httpx.post(f"{hub.address}/publish/x", content=body, headers=headers, trust_env=False)

    async def main() -> None:
        async with client(hub) as one:
            await one.say("subscribe", {"streams": ["metrics"]})
            metrics = (await one.heard("metrics_update"))[0]["data"]
            assert metrics["requestsPerMinute"] in (4, 5)
            assert metrics["errorRate"] in (1 / 4, 1 / 5)

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
            ping, _ = await catalogue.heard("ping")
            assert ping.keys() == {"type", "data", "timestamp", "id"}
            for _ in range(5):
                await catalogue.heard("ping")
            assert not answering.done()
            answering.cancel()

    run(main())


def small_socket(hub: Hub) -> socket.socket:
    """A connection whose window is small, so that what is not read soon backs up."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect(("127.0.0.1", hub.port))
    return made


async def flood(hub: Hub, fast: Client) -> int:
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


# Start and stop


def test_it_stops_at_once_with_clients_of_all_kinds_and_tells_them_to_come_back(
    caplog: pytest.LogCaptureFixture,
):
    async def main() -> None:
        hub = Hub().start()
        async with (
            client(hub) as one,
            client(hub) as other,
            client(hub, sock=small_socket(hub), max_queue=1, ping_interval=None) as stuck,
        ):
            await one.hello("events")
            await stuck.hello("big")
            for _ in range(60):
                hub.publish("big", "x" * 100_000)
            kept = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=LIMIT)
            kept.request("GET", "/health")
            assert kept.getresponse().read()
            half = socket.create_connection(("127.0.0.1", hub.port))
            half.send(b"POST /publish/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n")
            half.send(f"Authorization: Bearer {hub.token}\r\n\r\n1".encode())
            # Neither of the last two ever ends by itself, and all that is waited for is these two times:
            assert serving.DRAIN_TIMEOUT * 1.25 < 1
            await asyncio.wait_for(asyncio.to_thread(hub.stop), LIMIT)
            assert not any(
                connection.laddr.port == hub.port for connection in psutil.Process().net_connections("tcp")
            ), "all is closed, also what was not read"
            for each in (one, other):
                ended = await each.ended()
                assert ended.rcvd is not None
                assert ended.rcvd.code == 1012
            kept.close()
            half.close()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", hub.port))

    with caplog.at_level(logging.WARNING):
        run(main())
        gc.collect()
    assert {r.message for r in caplog.records if "did not read" not in r.message} == set()


def test_it_comes_back_on_the_same_port_with_the_same_token(hub: Hub):
    port, token, url = hub.port, hub.token, hub.url
    for _ in range(2):
        kept = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
        kept.request("GET", "/health")
        assert kept.getresponse().read()
        hub.stop()  # closes that connection; what remains of it must not hold the port
        hub.stop()
        assert not hub.running
        assert repr(hub) == "<Hub: stopped>"
        kept.close()
        assert hub.start() is hub
        assert hub.start() is hub
        assert hub.running
    assert handshake(hub)[0] == 101
    assert (hub.port, hub.token, hub.url) == (port, token, url)
    assert url == f"ws://127.0.0.1:{port}/ws/dashboard"
    assert repr(hub).startswith(f"<Hub: {url}, ")


def test_channels_are_numbered_on_after_a_stop(hub: Hub):
    def position() -> Any:
        headers = {"Authorization": f"Bearer {hub.token}"}
        url = f"{hub.address}/publish/x"
        return httpx.post(url, json=1, headers=headers, trust_env=False).json()

    before = position()
    hub.stop()
    hub.start()
    assert position() == before | {"offset": 2}


def test_several_threads_may_start_and_stop_it():
    hub = Hub()
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            assert set(pool.map(lambda _: hub.start(), range(8))) == {hub}
            assert handshake(hub)[0] == 101
            list(pool.map(lambda _: hub.stop(), range(8)))
            assert not hub.running


def tasks() -> set[str]:
    async def names() -> set[str]:
        return {repr(task.get_coro()) for task in asyncio.all_tasks() if task is not asyncio.current_task()}

    return get_runtime().run(names()).result(LIMIT)


def test_nothing_of_it_is_left_after_a_stop():
    get_runtime().call_soon(int)
    threads, before = threading.active_count(), tasks()

    async def main() -> None:
        with Hub() as hub:
            async with client(hub) as one:
                await one.hello("metrics", "events")
                hub.publish("metrics", 1)
                await one.heard("metrics_update")

    run(main())
    assert threading.active_count() == threads
    until(lambda: tasks() == before)


def test_a_taken_port_is_one_sentence_that_says_what_to_do(shared: Hub):
    with pytest.raises(UsageError) as error:
        Hub(shared.port).start()
    text = str(error.value)
    assert text.startswith(f"the hub cannot listen on port {shared.port} of 127.0.0.1: ")
    assert text.endswith("choose another port, or port=0 for any free one")
    assert "\n" not in text
    assert shared.running


def test_a_host_that_is_not_ours_is_one_sentence():
    with pytest.raises(UsageError, match=r"the hub cannot listen on 'nowhere\.invalid': "):
        Hub(host="nowhere.invalid").start()


def test_a_start_on_a_thread_of_ours_would_deadlock_and_begins_nothing(hub: Hub):
    runtime, fresh = get_runtime(), Hub()
    for call in (fresh.start, hub.stop):
        with pytest.raises(WouldDeadlock):
            runtime.submit(call).result(LIMIT)
    assert runtime.submit(hub.start).result(LIMIT) is hub, "what runs need not be waited for"
    assert hub.running
    assert not fresh.running
    assert fresh.port == 0


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"port": -1}, "cannot listen on port -1"),
        ({"port": 65536}, "cannot listen on port 65536"),
        ({"port": True}, "cannot listen on port True"),
        ({"port": "8000"}, "cannot listen on port '8000'"),
        ({"broker": "kafka"}, "there is no broker 'kafka': there is 'memory'"),
        ({"auth": "basic"}, "auth='basic' is not known"),
        ({"auth": None, "host": "0.0.0.0"}, "a hub on '0.0.0.0' cannot do without a token"),
        ({"auth": None, "token": "t"}, "either a token or auth=None"),
        ({"token": ""}, "this token cannot be used"),
        ({"origins": "http://a"}, "it must be a list"),
        ({"origins": ["http://a/"]}, "'http://a/' is no origin"),
    ],
)
def test_arguments_out_of_their_range_are_told_when_it_is_made(options: dict[str, Any], complaint: str):
    with pytest.raises(UsageError, match=complaint):
        Hub(**options)


def test_a_hub_that_has_not_started_has_no_address_unless_its_port_was_given():
    with pytest.raises(UsageError, match=r"call start\(\) first"):
        _ = Hub().url
    assert Hub(8123).url == "ws://127.0.0.1:8123/ws/dashboard"
    assert Hub(8123, host="::1").address == "http://[::1]:8123"
    assert Hub(8123, host="0.0.0.0").address == "http://127.0.0.1:8123"


def test_a_token_of_ones_own_is_kept_and_never_shown():
    hub = Hub(token="my-own-token")
    assert hub.token == "my-own-token"
    with hub:
        assert handshake(hub)[0] == 101
        assert "my-own-token" not in repr(hub)
    assert Hub().token != Hub().token


def test_it_listens_on_ipv6_where_there_is_one():
    try:
        hub = Hub(host="::1").start()
    except UsageError:
        pytest.skip("no IPv6 here")
    try:
        answer = httpx.get(f"{hub.address}/health", trust_env=False)
        assert answer.status_code == 200
    finally:
        hub.stop()


# The embedded hub


def test_the_embedded_hub_is_the_same_one_ever_after():
    hub = embedded_hub()
    assert hub.running
    assert embedded_hub() is hub
    hub.stop()
    assert embedded_hub() is hub
    assert hub.running
    hub.stop()


def in_a_process(code: str, child_env: dict[str, str], *flags: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, *flags, "-c", code], env=child_env, capture_output=True, text=True, timeout=2 * LIMIT
    )
    return done.returncode, done.stdout, done.stderr


def test_importing_the_hub_imports_no_server(child_env: dict[str, str]):
    code = (
        "import sys, realtime_widgets.hub\n"
        "print({'starlette', 'uvicorn', 'websockets', 'psutil', 'httpx'} & set(sys.modules))\n"
    )
    assert in_a_process(code, child_env) == (0, "set()\n", "")


STOPPING = """
import asyncio, logging, threading, time
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from realtime_widgets.hub import Hub, embedded_hub
from realtime_widgets.runtime import get_runtime
logging.basicConfig(level=logging.WARNING)

async def main():
    hub = embedded_hub()
    headers = {"Authorization": f"Bearer {hub.token}"}
    async with connect(hub.url, additional_headers=headers, proxy=None) as one:
        await one.send('{"type": "hello"}')
        await one.recv()
        async with connect(hub.url, additional_headers=headers, proxy=None) as other:
            await asyncio.to_thread(get_runtime().stop)  # what does not end in time it logs
            for each in (one, other):
                try:
                    await each.recv()
                except ConnectionClosed as error:
                    print(error.rcvd.code)
    assert not hub.running
    fresh = embedded_hub()
    assert fresh is not hub and fresh.running
    port = hub.port
    assert hub.start().port == port

asyncio.run(main())
print("the end")
"""


def test_when_the_runtime_stops_the_clients_are_told_and_the_next_hub_is_a_fresh_one(
    child_env: dict[str, str],
):
    assert in_a_process(STOPPING, child_env, "-W", "error") == (0, "1012\n1012\nthe end\n", "")


FORKING = """
import os, sys
from realtime_widgets.hub import embedded_hub
hub = embedded_hub()
there, here = os.pipe()
pid = os.fork()
if pid == 0:
    assert not hub.running
    assert embedded_hub() is not hub and embedded_hub().port != hub.port
    embedded_hub().stop()
    os.close(here)
    os.read(there, 1)  # lives on while its parent stops and starts
    os._exit(0)
port = hub.port
for _ in range(2):
    hub.stop()
    assert hub.start().port == port
os.close(here)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_a_hub_of_its_own_and_does_not_hold_its_parents_port(child_env: dict[str, str]):
    assert in_a_process(FORKING, child_env, "-W", "ignore") == (0, "", "")
