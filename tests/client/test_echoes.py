"""Servers and functions that say the secrets of a client again: no error, log, or repr of that client has them."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from realtime_widgets.client import Client
from realtime_widgets.errors import BadMessage, ClientError
from support.event_server import Events
from support.servers import Server, plain, wait_for
from support.states import STEADY, settled

SECRET = "q7-Zr.9x_Wk/3+v=M"
PARTS = ("q7-Z", "3+v=M", "3%2Bv", "Zr.9x")


def encoded() -> str:
    return base64.b64encode(f"me:{SECRET}".encode()).decode()


WAYS: dict[str, Callable[[str], dict[str, Any]]] = {
    "a token": lambda url: {"url": url, "auth": SECRET},
    "a token with its scheme": lambda url: {"url": url, "auth": f"Token {SECRET}"},
    "a function's token": lambda url: {"url": url, "auth": lambda: SECRET},
    "a header": lambda url: {"url": url, "headers": {"X-Api-Key": SECRET}},
    "a cookie": lambda url: {"url": url, "headers": {"Cookie": f"theme=dark; sid={SECRET}"}},
    "functions' headers": lambda url: {"url": url, "headers": lambda: {"Authorization": f"Bearer {SECRET}"}},
    "the query": lambda url: {"url": f"{url}?token=q7-Zr.9x_Wk%2F3%2Bv=M&x=1"},
    "the password": lambda url: {"url": url.replace("://", "://me:q7-Zr.9x_Wk%2F3%2Bv=M@")},
    "the user name": lambda url: {"url": url.replace("://", "://q7-Zr.9x_Wk%2F3%2Bv=M@")},
    "the url of a function": lambda url: {"url": lambda: f"{url}?access_token=q7-Zr.9x_Wk%2F3%2Bv=M"},
}

ECHOES = [
    f"bad token {SECRET}",
    json.dumps({"error": "bad token", "you sent": SECRET}),
    json.dumps({"type": "error", "message": f"bad token {SECRET}"}),
    json.dumps({"headers": {"authorization": f"Bearer {SECRET}"}}),
    f"{'x' * 65}{SECRET}, which is cut where a frame is quoted",
    "GET /ws?token=q7-Zr.9x_Wk%2F3%2Bv=M HTTP/1.1",
]


def wrote(client: Client, caplog: pytest.LogCaptureFixture) -> str:
    """All that a client shows of itself."""
    error = client.last_error
    shown = [str(error), repr(error), repr(client), str(client.status), repr(client._address), caplog.text]
    return "\n".join([*shown, *(traceback.format_exception(error) if error else [])])


def assert_masked(said: str) -> None:
    assert not [part for part in (*PARTS, encoded()) if part in said], said


@pytest.fixture(autouse=True)
def everything(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG, "realtime_widgets")
    yield
    assert_masked(caplog.text)


def failing(kind: str) -> Any:
    """A decoder that says what it got in the error that it raises."""

    def decode(frame: str) -> Any:
        match kind:
            case "value":
                raise ValueError(f"bad: {frame}")
            case "message":
                raise BadMessage(f"bad: {frame}")
            case "cause":
                try:
                    raise KeyError(str(frame))
                except KeyError as error:
                    raise ValueError("bad") from error
            case "context":
                try:
                    raise KeyError(str(frame))
                except KeyError:
                    raise BadMessage("bad")  # noqa: B904
            case "note":
                error = ValueError("bad")
                error.add_note(str(frame))
                raise error
            case "long":
                raise ValueError("y" * 393 + frame)
        return {"channel": "x", "data": frame, "timestamp": frame}

    return decode


@pytest.mark.parametrize("way", WAYS)
def test_a_secret_is_masked_however_it_was_given(connect: Any, caplog: pytest.LogCaptureFixture, way: str):
    with Server() as server:
        client = connect(**WAYS[way](server.url), decode=failing("value"), reconnect=STEADY)
        settled(client, "connected")
        wait_for(lambda: server.open)
        errors: list[ClientError] = []
        client.on_error(errors.append)
        server.send(*ECHOES, encoded() if "password" in way else "no more")
        wait_for(lambda: len(errors) == len(ECHOES) + 1)
        assert "bad: " in str(errors[0])
        assert_masked("\n".join(map(str, errors)))
        assert_masked(wrote(client, caplog))


@pytest.mark.parametrize("kind", ["value", "message", "cause", "context", "note", "long", "returned", None])
@pytest.mark.parametrize("echo", ECHOES)
def test_a_frame_that_has_it_cannot_be_read(
    connect: Any, caplog: pytest.LogCaptureFixture, kind: str | None, echo: str
):
    with Server() as server, Events() as events:
        for url in (server.url, events.url):
            decode = kind and failing(kind)
            client = connect(url, auth=SECRET, decode=decode, reconnect=STEADY)
            settled(client, "connected")
            if url == server.url:
                wait_for(lambda: server.open)
                server.send(echo)
            else:
                wait_for(lambda: events.writers)
                events.send(f"event: {SECRET}\ndata: {echo}\n\n".encode())
            wait_for(lambda client=client: client.last_error)
            assert_masked(wrote(client, caplog))


def test_a_callback_says_it(connect: Any, caplog: pytest.LogCaptureFixture):
    def greet(client: Client) -> None:
        raise ValueError(f"cannot send {SECRET}")

    def hear(message: Any) -> None:
        raise ValueError(f"got {message}")

    def oops(error: ClientError) -> None:
        raise ValueError(f"once more: {SECRET}")

    with Server() as server:
        client = connect(server.url, auth=SECRET, on_connect=greet)
        settled(client, "connected")
        wait_for(lambda: client.last_error)
        assert str(client.last_error) == "a callback of on_connect raised ValueError: cannot send ***"
        assert_masked(wrote(client, caplog))
        client.on_message(hear)
        client.on_error(oops)
        wait_for(lambda: server.open)
        server.send({"type": "x", "data": SECRET})
        wait_for(lambda: "once more: ***" in caplog.text)
        wait_for(lambda: "in hear" in caplog.text, "the traceback, which is there all the same,")
        assert "a callback of on_message" in str(client.last_error)
        assert client.last_error.__cause__ is None
        assert_masked(wrote(client, caplog))


def test_a_function_that_gives_a_token_says_the_one_before(connect: Any, caplog: pytest.LogCaptureFixture):
    given: list[str] = []

    def token() -> str:
        if given:
            raise RuntimeError(f"cannot refresh {given[0]}")
        given.append(SECRET)
        return SECRET

    with Server() as server:
        client = connect(server.url, auth=token, reconnect=STEADY)
        settled(client, "connected")
        wait_for(lambda: server.open)
        server.close_all(1011)
        wait_for(lambda: "cannot refresh" in str(client.last_error) or client.connect())
        assert "raised RuntimeError: cannot refresh ***; it is asked again" in str(client.last_error)
        assert_masked(wrote(client, caplog))


def test_a_function_that_gives_headers_says_the_token_of_the_same_attempt(connect: Any):
    def headers() -> dict[str, str]:
        raise ValueError(f"not with {SECRET}")

    client = connect("ws://127.0.0.1:1/", auth=lambda: SECRET, headers=headers, reconnect=STEADY)
    wait_for(lambda: client.last_error)
    assert "ValueError: not with ***;" in str(client.last_error)


@pytest.mark.parametrize("reason", [f"bad token {SECRET}", f"{'x' * 100}{SECRET}"])
def test_a_server_closes_with_it(connect: Any, caplog: pytest.LogCaptureFixture, reason: str):
    with Server() as server:
        client = connect(server.url, auth=SECRET, reconnect=STEADY)
        settled(client, "connected")
        wait_for(lambda: server.open)
        server.close_all(4501, reason)
        settled(client, "error")
        assert "closed the connection (4501, '" in str(client.last_error)
        assert_masked(wrote(client, caplog))


def test_a_hub_turns_something_down_with_it(connect: Any, caplog: pytest.LogCaptureFixture):
    async def answer(socket: ServerConnection) -> None:
        async for frame in socket:
            message = json.loads(frame)
            said = {"id": message["id"], "message": f"not\nyou, {SECRET}"}
            if message["type"] == "hello":
                await socket.send(json.dumps({"type": "hello", "data": {"acks": True}}))
            elif message["type"] == "publish":
                await socket.send(json.dumps({"type": "error", "data": said}))

    with Server(answer) as server:
        client = connect(server.url, auth=SECRET)
        delivery = client.publish("x", 1)
        wait_for(lambda: delivery.done)
        wait_for(lambda: client.last_error)
        assert "turned it down: not" in str(delivery.error)
        assert_masked(repr(delivery) + str(delivery.error))
        assert str(client.last_error) == "the server turned something down: not you, ***"
        assert_masked(wrote(client, caplog))


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 426, 429, 500, 503])
def test_a_refusal_has_it_everywhere(connect: Any, caplog: pytest.LogCaptureFixture, status: int):
    def refuse(socket: ServerConnection, _: Any) -> Any:
        answer = socket.respond(HTTPStatus(status), f"bad token {SECRET}")
        for name in ("X-Error", "WWW-Authenticate", "Upgrade", "Retry-After", "Sec-WebSocket-Version"):
            answer.headers[name] = f"Bearer {SECRET}"
        return answer

    with Server(process_request=refuse) as server, Events() as events:
        events.status = f"{status} {SECRET}"
        events.head = {"Content-Type": f"text/{SECRET}", "Retry-After": SECRET, "Upgrade": SECRET}
        events.first = f"bad token {SECRET}".encode()
        for url in (f"{server.url}?token={SECRET}", f"{events.url}?token={SECRET}"):
            client = connect(url, auth=SECRET, reconnect=STEADY)
            wait_for(lambda client=client: client.last_error)
            assert_masked(wrote(client, caplog))


@pytest.mark.parametrize(
    "header", [f"Sec-WebSocket-Protocol: {SECRET}", f"Upgrade: {SECRET}", f"Connection: {SECRET}", SECRET]
)
def test_a_handshake_fails_with_it(connect: Any, caplog: pytest.LogCaptureFixture, header: str):
    async def odd(reader: Any, writer: Any) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 101 {SECRET}\r\nUpgrade: websocket\r\n{header}\r\n\r\n".encode())
        await writer.drain()

    with plain(odd) as port:
        client = connect(f"ws://127.0.0.1:{port}/", auth=SECRET, protocols=["v1"], reconnect=STEADY)
        wait_for(lambda: client.last_error)
        assert_masked(wrote(client, caplog))


@pytest.mark.parametrize("location", ["ftp://h/{}", "/x?token={}", "http://u:{}@127.0.0.1:1/", "//{}/"])
def test_a_redirect_leads_to_it(connect: Any, caplog: pytest.LogCaptureFixture, location: str):
    with Events() as events:
        events.status, events.head = "302 Found", {"Location": location.format(SECRET)}
        for url in (events.url, events.url.replace("http", "ws", 1)):
            client = connect(url, auth=SECRET, reconnect=STEADY)
            wait_for(lambda client=client: client.last_error)
            assert_masked(wrote(client, caplog))


def test_the_token_that_a_redirect_adds_is_masked_too(connect: Any, caplog: pytest.LogCaptureFixture):
    def refuse(socket: ServerConnection, request: Any) -> Any:
        if "token=" in request.path:
            return None
        answer = socket.respond(HTTPStatus(302), "")
        answer.headers["Location"] = f"/ws?token={SECRET}"
        return answer

    with Server(process_request=refuse) as server:
        client = connect(server.url, decode=failing("value"))
        settled(client, "connected")
        wait_for(lambda: server.open)
        server.send(f"hello {SECRET}")
        wait_for(lambda: client.last_error)
        assert "bad: hello ***" in str(client.last_error)
        assert_masked(wrote(client, caplog))


def test_what_is_no_secret_is_told_in_full(connect: Any):
    """With a token that is a common word, and one that is too short to be any."""
    for token, shown in (("data", "it has no ***"), ("a", "a message was skipped")):
        with Server() as server:
            client = connect(server.url, auth=token)
            settled(client, "connected")
            wait_for(lambda: server.open)
            server.send({"type": "ticker"})
            wait_for(lambda client=client: client.last_error)
            assert shown in str(client.last_error)
            assert "pass decode= for another protocol" in str(client.last_error)
            assert "metadata" in client._address.mask.known("metadata")


@pytest.mark.parametrize("said", ["half \ud800 of a pair", "two\nlines", "x" * 100_000])
def test_what_a_decoder_says_is_one_short_line_that_every_log_can_write(connect: Any, said: str):
    def decode(_: str) -> Any:
        raise BadMessage(said)

    with Server() as server:
        client = connect(server.url, decode=decode)
        settled(client, "connected")
        wait_for(lambda: server.open)
        server.send("x")
        wait_for(lambda: client.last_error)
        shown = str(client.last_error)
        assert shown.encode()
        assert "\n" not in shown
        assert len(shown) <= 1000
