"""Security: nobody comes in by a side door, whatever the method, the path and the place of the token."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from realtime_widgets.hub import Hub
from support.hostile import LIMIT, Hostile, opening, request

PATHS = [
    "/",
    "/health",
    "/metrics",
    "/publish/x",
    "/history/x",
    "/sse/x",
    "/ws/dashboard",
    "/nowhere",
    "//health",
    "/%2e%2e/health",
    "/docs",
    "/openapi.json",
]
METHODS = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "TRACE", "X"]
WEBSOCKET = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


@dataclass(frozen=True)
class Guarded:
    """A hub that takes tokens of an RSA key, too."""

    hub: Hub
    private: rsa.RSAPrivateKey
    public: bytes


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    private = rsa.generate_private_key(65537, 2048)
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    public = private.public_key().public_bytes(serialization.Encoding.PEM, kind)
    with Hub(public_key=public, origins=["http://app.example"]) as hub:
        yield Guarded(hub, private, public)


def ask(hub: Hub, method: str, path: str, token: str | None = None, **headers: str) -> tuple[int, str]:
    given = {} if token is None else {"Authorization": f"Bearer {token}"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=LIMIT)
    try:
        connection.request(method, path, headers={**given, **named})
        answer = connection.getresponse()
        failed = answer.status >= 400 and method != "HEAD"
        return answer.status, json.loads(answer.read())["code"] if failed else ""
    finally:
        connection.close()


@pytest.mark.parametrize("upgrade", [False, True])
@pytest.mark.parametrize("path", PATHS)
def test_other_names_and_pages_are_refused_by_every_method_on_every_path(
    guarded: Guarded, path: str, upgrade: bool
):
    hub = guarded.hub
    for method in ["GET"] if upgrade else METHODS:
        for more in ({}, PREFLIGHT):
            for wrong, code in (
                ({"Host": "evil.example"}, "host"),
                ({"Host": ""}, "host"),
                ({"Host": f"evil.example:{hub.port}", "Origin": f"http://evil.example:{hub.port}"}, "host"),
                ({"Origin": "http://evil.example"}, "origin"),
                ({"Origin": "null"}, "origin"),
                ({"Origin": f"https://127.0.0.1:{hub.port}"}, "origin"),
            ):
                found = ask(hub, method, path, hub.token, **more, **wrong, **(WEBSOCKET if upgrade else {}))
                assert found == (403, "" if method == "HEAD" else code), (method, wrong)


@pytest.mark.parametrize("line", ["GET /metrics", "GET http://127.0.0.1/metrics", "OPTIONS *"])
@pytest.mark.parametrize("host", ["", "Host: evil.example\r\n", "Host: 127.0.0.1\r\nHost: evil.example\r\n"])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_no_host_two_hosts_and_a_host_in_the_target_open_nothing(
    guarded: Guarded, line: str, host: str, version: str
):
    with Hostile(guarded.hub.port) as one:
        token = f"Authorization: Bearer {guarded.hub.token}"
        one.send(f"{line} HTTP/{version}\r\n{host}{token}\r\nConnection: close\r\n\r\n".encode())
        assert one.answer().split(b" ")[1] in (b"400", b"403")


@pytest.mark.parametrize("path", PATHS)
def test_without_a_token_there_is_nothing_but_the_health(guarded: Guarded, path: str):
    for method in METHODS:
        status, code = ask(guarded.hub, method, path)
        if path == "/health":
            assert status == (200 if method in ("GET", "HEAD") else 405)
        else:
            assert (status, code) == (401, "" if method == "HEAD" else "token"), method


WAYS: list[tuple[str, str, dict[str, str]]] = [
    ("GET", "/metrics", {}),
    ("HEAD", "/metrics", {}),
    ("GET", "/history/x", {}),
    ("HEAD", "/sse/x", {}),
    ("GET", "/nowhere", {}),
    ("GET", "/ws/dashboard", WEBSOCKET),
    ("GET", "/ws/nowhere", WEBSOCKET),
]


@pytest.mark.parametrize(("method", "path", "more"), WAYS)
def test_a_token_is_taken_from_the_header_or_else_from_the_query_and_from_nowhere_else(
    guarded: Guarded, method: str, path: str, more: dict[str, str]
):
    hub = guarded.hub
    right: Any = hub.token
    for query, token, let_in in (
        (f"?token={right}", None, True),
        (f"?token={right}", "wrong", False),
        ("?token=wrong", right, True),
        (f"?token=wrong&token={right}", None, False),
        (f"?token=&token={right}", None, False),
        (f"?Token={right}", None, False),
        (f"?access_token={right}", None, False),
        (f"?x=1;token={right}", None, False),
        (f"?token={right}%00", None, False),
    ):
        status, _ = ask(hub, method, path + query, token, **more)
        assert (status != 401) == let_in, (query, token)
    for header in (
        {"Cookie": f"token={right}"},
        {"Sec-WebSocket-Protocol": right},
        {"X-Token": right},
        {"Authorization": right},
        {"Authorization": f"Basic {right}"},
        {"Authorization": f"Bearer {right} {right}"},
        {"Authorization": f"Bearer {right},"},
        {"Proxy-Authorization": f"Bearer {right}"},
    ):
        assert ask(hub, method, path, **more, **header)[0] == 401, header


@pytest.mark.parametrize(("method", "path", "more"), WAYS)
def test_a_token_that_is_signed_in_a_way_of_its_own_choice_is_refused_everywhere(
    guarded: Guarded, method: str, path: str, more: dict[str, str]
):
    claims = {"exp": 4e9, "subscribe": ["*"], "publish": ["*"]}
    good = jwt.encode(claims, guarded.private, algorithm="RS256")
    head, body, signature = good.split(".")
    other = rsa.generate_private_key(65537, 2048)

    def headed(**fields: Any) -> str:
        return jwt.utils.base64url_encode(json.dumps(fields).encode()).decode()

    hmac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    confused = f"{headed(alg='HS256', typ='JWT')}.{body}"
    signed = jwt.utils.base64url_encode(hmac.sign(confused.encode(), guarded.public)).decode()
    bad = [
        f"{headed(alg='none')}.{body}.",
        f"{headed(alg='nOnE')}.{body}.{signature}",
        f"{headed(alg='RS256')}.{body}.",
        f"{headed(alg=['RS256', 'none'])}.{body}.{signature}",
        f"{confused}.{signed}",
        f"{head}.{body[:-2]}AA.{signature}",
        jwt.encode(claims, other, algorithm="RS256"),
        jwt.encode(claims, other, algorithm="RS256", headers={"jwk": {"kty": "RSA"}, "jku": "http://x/"}),
        jwt.encode(claims, guarded.private, algorithm="RS512"),
        jwt.encode({**claims, "exp": 1}, guarded.private, algorithm="RS256"),
        jwt.encode({**claims, "nbf": 3.9e9}, guarded.private, algorithm="RS256"),
        good + ".",
        f"{good}x",
    ]
    assert ask(guarded.hub, method, path, good, **more)[0] != 401
    for token in bad:
        assert ask(guarded.hub, method, path, token, **more)[0] == 401, token
        assert ask(guarded.hub, method, f"{path}?token={token}", **more)[0] == 401, token


def test_a_handshake_that_is_none_opens_nothing(guarded: Guarded):
    hub = guarded.hub
    for wrong in ("Sec-WebSocket-Version: 8", "Sec-WebSocket-Version: x"):
        with Hostile(hub.port) as one:
            one.send(opening(hub.port, hub.token).replace(b"Sec-WebSocket-Version: 13", wrong.encode()))
            assert b" 101 " not in one.answer()[:20]
    with Hostile(hub.port) as one:
        one.send(request("GET /ws/dashboard", hub.port, None, "Connection: close"))
        assert one.answer().split(b" ")[1] == b"401"
