"""Every route of the hub, and whom it lets in: a route that is not in the table fails."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest

from realtime_widgets.hub import ChannelPolicy, Hub, Rights
from support.scripted_client import LIMIT, handshake

SECRET = "canary-secret-0123456789abcdef-0123"
STATIC = "canary-static-token"
CHANNEL = "team:x"
A_FILE = "<the id of a file>"


@dataclass(frozen=True)
class Route:
    """One way in.

    Attributes:
        path: of a request.
        method: None: a WebSocket.
        right: that its token must give on `channel`; None: any token will do, for what it gives is asked for later.
        needs_token: whether nobody comes in without one.
        found: the status of who may.
    """

    path: str
    method: str | None = "GET"
    right: str | None = None
    channel: str = "team:*"
    needs_token: bool = True
    found: int = 200


# the route, as the application has it: how it is used
TABLE = {
    "/ws/dashboard": Route("/ws/dashboard", None, found=101),
    "/ws/notifications": Route("/ws/notifications", None, found=101),
    "/ws/chat": Route("/ws/chat", None, found=101),
    "/{path:path}": Route("/ws/nowhere", None, found=404),
    "/health": Route("/health", needs_token=False),
    "/metrics": Route("/metrics", right="subscribe", channel="metrics"),
    "/sse/{channels:path}": Route(f"/sse/{CHANNEL}", right="subscribe"),
    "/history/{channel:path}": Route(f"/history/{CHANNEL}", right="subscribe"),
    "/presence/{channel:path}": Route(f"/presence/{CHANNEL}", right="subscribe"),
    "/publish/{channel:path}": Route(f"/publish/{CHANNEL}", "POST", right="publish"),
    "/files/{room:path}": Route("/files/x", "POST", right="publish", channel="chat:*"),
    "/files/{id:path}": Route(f"/files/{A_FILE}", right="subscribe", channel="chat:*"),
}

ROUTES = list(TABLE.values())

IDS: dict[int, str] = {}
"""Of a file of each hub, by its port."""


@pytest.fixture(scope="module")
def guarded() -> Iterator[Hub]:
    none = Rights(subscribe=["other"], publish=["other"])
    channels = {"team:*": ChannelPolicy(presence=True)}
    with Hub(tokens={STATIC: none}, secret=SECRET, origins=["http://app.example"], channels=channels) as hub:
        headers = {"Authorization": f"Bearer {hub.token}"}
        answer = httpx.post(
            f"{hub.address}/files/x", content=b"x", headers=headers, trust_env=False, timeout=LIMIT
        )
        IDS[hub.port] = answer.json()["id"]
        yield hub


def ask(hub: Hub, route: Route, token: str | None, **headers: str) -> tuple[int, str]:
    """Return the status of an answer, and its body if that is an error's."""
    given: dict[str, Any] = {"Authorization": None if token is None else f"Bearer {token}"} | headers
    if route.method is None:
        return handshake(hub, route.path, **given)
    connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=LIMIT)
    sent = {name: value for name, value in given.items() if value is not None}
    try:
        path = route.path.replace(A_FILE, IDS[hub.port])
        connection.request(route.method, path, "1" if route.method == "POST" else None, sent)
        answer = connection.getresponse()
        return answer.status, answer.read().decode() if answer.status >= 400 else ""
    finally:
        connection.close()


def code(answer: tuple[int, str]) -> tuple[int, str]:
    assert not any(secret in answer[1] for secret in (SECRET, STATIC, "canary"))
    return answer[0], json.loads(answer[1])["code"]


def may(hub: Hub, **rights: list[str]) -> str:
    return hub.token_for(Rights(**rights))  # type: ignore[arg-type]


def test_the_table_has_every_route(guarded: Hub):
    instance = guarded._instance
    assert instance is not None
    app = instance.serving._server.config.loaded_app
    assert {route.path for route in app._app._inside.routes} == set(TABLE)


@pytest.mark.parametrize("route", ROUTES, ids=TABLE)
def test_the_hubs_own_token_opens_everything(guarded: Hub, route: Route):
    assert ask(guarded, route, guarded.token)[0] == route.found


@pytest.mark.parametrize("route", ROUTES, ids=TABLE)
def test_nobody_comes_in_without_a_token_that_is_good_now(guarded: Hub, route: Route):
    expired = jwt.encode({"exp": 1, "subscribe": ["*"], "publish": ["*"]}, SECRET, algorithm="HS256")
    unsigned = jwt.encode({"exp": 1e12, "subscribe": ["*"], "publish": ["*"]}, None, algorithm="none")
    for token, said in {
        None: "token",
        "canary-guessed": "token",
        STATIC + "x": "token",
        expired: "expired",
        unsigned: "token",
        "x" * 8100: "token",
    }.items():
        answer = ask(guarded, route, token)
        if route.needs_token:
            assert code(answer) == (401, said), token
            assert token is None or token not in answer[1]
        else:
            assert answer[0] == route.found


@pytest.mark.parametrize("route", ROUTES, ids=TABLE)
def test_a_token_is_good_for_what_it_names(guarded: Hub, route: Route):
    everything = {"subscribe": ["*"], "publish": ["*"]}
    if route.right is None:
        assert ask(guarded, route, may(guarded))[0] == route.found
        return
    assert ask(guarded, route, may(guarded, **{route.right: [route.channel]}))[0] == route.found
    without = {action: ["*"] for action in everything if action != route.right}
    for token in (may(guarded), may(guarded, **without), STATIC):
        assert code(ask(guarded, route, token)) == (403, "forbidden")


@pytest.mark.parametrize("route", ROUTES, ids=TABLE)
def test_pages_of_others_and_other_names_are_turned_away_with_any_token(guarded: Hub, route: Route):
    assert guarded.token is not None
    for origin in ("http://evil.example", "null", "http://app.example.evil.example"):
        assert code(ask(guarded, route, guarded.token, Origin=origin)) == (403, "origin")
    for host in ("evil.example", f"127.0.0.1.evil.example:{guarded.port}"):
        assert code(ask(guarded, route, guarded.token, Host=host)) == (403, "host")
    assert ask(guarded, route, guarded.token, Origin="http://app.example")[0] == route.found
