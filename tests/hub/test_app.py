"""The hub's application, over real sockets: its paths, its HTTP, and which requests it refuses."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
from typing import Any

import httpx
import pytest

from realtime_widgets.client import Client
from realtime_widgets.hub import Hub
from realtime_widgets.hub.app import _AuthMiddleware
from realtime_widgets.hub.auth import AccessPolicy
from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.keyring import Keyring
from realtime_widgets.hub.rights import ALL
from realtime_widgets.hub.state import HubState
from realtime_widgets.protocol.limits import MAX_DATA_BYTES
from realtime_widgets.runtime import get_runtime
from support.scripted_client import LIMIT, client, handshake, run, until

# Publishing


def test_a_post_answers_where_its_message_stands(shared: Hub, web: httpx.Client):
    first = web.post("/publish/by%20post%2F日本", json={"a": 1})
    second = web.post("/publish/by%20post%2F日本", content=b" [1, 2]\n")
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json().keys() == {"channel", "epoch", "offset"}
    assert (first.json()["channel"], first.json()["offset"]) == ("by post/日本", 1)
    assert second.json() == first.json() | {"offset": 2}


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b"\xff", b"[" * 100_000])
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


def test_only_post_publishes(web: httpx.Client):
    for path, code, said in (
        ("/publish/x", 405, "has no GET; there are POST /publish"),
        ("/nowhere", 404, "there are"),
    ):
        answer = web.get(path)
        assert answer.status_code == code
        assert said in answer.json()["message"]


def test_a_path_that_is_not_utf_8_is_no_channel(web: httpx.Client):
    for method, path in (
        ("POST", "/publish/%ff"),
        ("GET", "/history/a%c3"),
        ("GET", "/sse/%ff,a"),
        ("GET", "/%ff"),
    ):
        answer = web.request(method, path, json=1)
        assert (answer.status_code, answer.json()["code"]) == (400, "path")


# Who may come in


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


def test_http_is_authenticated_in_the_same_way(shared: Hub, web: httpx.Client):
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
    assert answer.json().keys() == {"status", "broker", "clients", "uptime"}
    assert answer.json()["broker"] == "ok"
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


def test_behind_the_middleware_nobody_sees_the_token():
    seen: list[Any] = []

    async def inside(scope: Any, *_: Any) -> None:
        seen.append(scope)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/publish/x",
        "query_string": b"a=1&token=my-own-token",
        "headers": [(b"host", b"localhost")],
    }
    middleware = _AuthMiddleware(
        inside,
        HubState(get_runtime(), MemoryBroker()),
        AccessPolicy(keyring=Keyring({"my-own-token": ALL}), host="localhost"),
    )
    asyncio.run(middleware(scope, None, None))  # type: ignore[arg-type]
    assert seen == [scope]
    assert scope["query_string"] == b"a=1", "in the server's own dict, from which it logs"


# HEAD, and clients that stop for good at an error


@pytest.mark.parametrize(
    ("path", "status"),
    [("/health", 200), ("/sse/x", 200), ("/sse/", 400), ("/publish/x", 405), ("/nowhere", 404)],
)
def test_head_is_answered_as_get_would_be_without_a_body(
    shared: Hub, web: httpx.Client, path: str, status: int
):
    assert shared._instance is not None
    answer = web.head(path)
    assert (answer.status_code, answer.content) == (status, b"")
    with web.stream("GET", path) as got:
        assert answer.headers.get("content-type") == got.headers.get("content-type")
        assert answer.headers.get("cache-control") == got.headers.get("cache-control")
        assert ("content-length" in answer.headers) == ("content-length" in got.headers)
    until(lambda: not shared._instance.state.sessions)  # type: ignore[union-attr]


@pytest.mark.parametrize(("path", "code"), [("/nowhere", "path"), ("/publish/x", "method")])
def test_what_there_is_not_is_said_as_everything_else(web: httpx.Client, path: str, code: str):
    answer = web.get(path)
    assert answer.json()["code"] == code
    assert answer.headers.get("allow") == (None if code == "path" else "POST")


def crowd(hub: Hub) -> None:
    """Have the hub turn away all who come."""
    assert hub._instance is not None
    limiter = hub._instance.state.rate_limiter
    get_runtime().call_soon(lambda: setattr(limiter, "ask", lambda _: 7.25))
    until(lambda: "ask" in vars(limiter))


def test_an_event_source_is_turned_away_so_that_it_comes_back_and_others_with_a_status(hub: Hub):
    crowd(hub)
    ask = {"Authorization": f"Bearer {hub.token}", "Accept": "text/event-stream"}
    browser = httpx.get(f"{hub.address}/sse/x", headers=ask, trust_env=False, timeout=LIMIT)
    assert browser.status_code == 200
    assert browser.headers["content-type"].startswith("text/event-stream")
    assert browser.text == "retry: 7250\n\n", "and it has ended"
    ours = ask | {"User-Agent": "realtime-widgets/1.0"}
    for headers in (ours, ask | {"Accept": "*/*"}):
        other = httpx.get(f"{hub.address}/sse/x", headers=headers, trust_env=False, timeout=LIMIT)
        assert (other.status_code, other.headers["retry-after"]) == (503, "8")
    refused = httpx.get(
        f"{hub.address}/sse/x", headers={"Accept": "text/event-stream"}, trust_env=False, timeout=LIMIT
    )
    assert refused.status_code == 401, "for good"


def test_our_own_client_waits_as_long_as_it_is_told_to(hub: Hub):
    crowd(hub)
    with Client(f"{hub.address}/sse/x", auth=hub.token) as ours:
        ours.wait_until("reconnecting", LIMIT)
        assert "HTTP 503" in str(ours.last_error)
        assert ours.status.retry_at is not None
        assert ours.status.retry_at - ours.status.since >= 7


@pytest.mark.parametrize(("agent", "retry"), [("a browser", 3000), ("realtime-widgets/1.0", 0)])
def test_an_event_source_that_came_in_reconnects_at_its_usual_pace_again(hub: Hub, agent: str, retry: int):
    headers = {"Authorization": f"Bearer {hub.token}", "Accept": "text/event-stream", "User-Agent": agent}
    with httpx.stream(
        "GET", f"{hub.address}/sse/x", headers=headers, trust_env=False, timeout=LIMIT
    ) as answer:
        begin = ""
        for chunk in answer.iter_text():
            begin += chunk
            if "data:" in begin:
                break
        assert f"retry: {retry}\n" in begin.partition("data:")[0]


def test_a_path_cannot_write_lines_of_its_own_into_the_log(caplog: pytest.LogCaptureFixture):
    async def inside(*_: Any) -> None:
        raise RuntimeError("broken")

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/x\nCRITICAL forged",
        "query_string": b"token=s3cret",
        "headers": [(b"host", b"localhost")],
    }
    state = HubState(get_runtime(), MemoryBroker())
    middleware = _AuthMiddleware(inside, state, AccessPolicy(keyring=None, host="localhost"))
    asyncio.run(middleware(scope, None, None))  # type: ignore[arg-type]
    assert "/x\\nCRITICAL forged" in caplog.text
    assert "\nCRITICAL" not in caplog.text
    assert "s3cret" not in caplog.text


# What it counts


def test_a_request_of_two_lengths_is_refused_with_all_that_comes_after_it(hub: Hub):
    head = f"Host: 127.0.0.1:{hub.port}\r\nAuthorization: Bearer {hub.token}\r\n"
    chunks = "1\r\n1\r\n0\r\n\r\n"
    both = (
        f"POST /publish/a HTTP/1.1\r\n{head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"
    )
    after = f"POST /publish/a HTTP/1.1\r\n{head}Content-Length: 1\r\n\r\n2"
    with socket.create_connection(("127.0.0.1", hub.port), LIMIT) as one:
        one.sendall((both + after).encode())
        answer = b"".join(iter(lambda: one.recv(65536), b""))
    assert answer.count(b"HTTP/1.1") == 1
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"length"' in answer
    headers = {"Authorization": f"Bearer {hub.token}"}
    history = httpx.get(f"{hub.address}/history/a", headers=headers, trust_env=False, timeout=LIMIT)
    assert history.json()["messages"] == []


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
