"""Opening a WebSocket, over real sockets: what went wrong, in one line, and whether it is worth another try."""

from __future__ import annotations

import asyncio
import errno
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from websockets import exceptions as ws
from websockets.datastructures import Headers
from websockets.frames import Close
from websockets.http11 import Response

from realtime_widgets.client.transports import handshake as module
from realtime_widgets.errors import ConnectionLost, ConnectionRejected
from support.fake_clock import FakeClock
from support.servers import Server, plain, refusing, wait_for
from support.states import STEADY, settled, waiting


@pytest.mark.parametrize(
    ("status", "state", "words"),
    [
        (401, "error", "wants a token, and none was given (HTTP 401); pass one as auth="),
        (403, "error", "forbids this connection (HTTP 403)"),
        (400, "error", "answered HTTP 400 instead of opening a WebSocket"),
        (404, "error", "is not there (HTTP 404); check the path"),
        (408, "reconnecting", "answered HTTP 408"),
        (426, "error", "wants another version of the protocol than we speak (HTTP 426)"),
        (429, "reconnecting", "is busy (HTTP 429)"),
        (503, "reconnecting", "is busy (HTTP 503)"),
        (500, "reconnecting", "answered HTTP 500 instead of opening a WebSocket"),
    ],
)
def test_what_a_server_answers_decides_whether_it_is_tried_again(
    connect: Any, status: int, state: str, words: str
):
    with Server(process_request=refusing(status)) as server:
        client = connect(server.url)
        settled(client, state)
        assert words in str(client.last_error)
        assert isinstance(client.last_error, ConnectionRejected if state == "error" else ConnectionLost)


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (1000, "reconnecting"),
        (1001, "reconnecting"),
        (1011, "reconnecting"),
        (3008, "reconnecting"),  # read too slowly, as a hub of ours says
        (3499, "reconnecting"),
        (3500, "error"),
        (3999, "error"),
        (4000, "reconnecting"),
        (4499, "reconnecting"),
        (4500, "error"),
        (4999, "error"),
    ],
)
def test_a_close_code_decides_whether_it_is_tried_again(connect: Any, code: int, state: str):
    with Server() as server:
        client = connect(server.url)
        settled(client, "connected")
        wait_for(lambda: server.open)
        server.close_all(code, "because")
        settled(client, state)
        assert f"closed the connection ({code}, 'because')" in str(client.last_error)


@pytest.mark.parametrize(
    ("code", "reason", "state", "least", "said"),
    [
        (1012, "retry_after=7.25", "reconnecting", 7.25, "(1012) and asks to be left alone for 7.2 s"),
        (1012, "retry_after=0.01", "reconnecting", 0.01, "closed the connection (1012)"),
        (3001, "retry_after=999999999", "reconnecting", 3600.0, "left alone for 3600 s"),
        (4501, "retry_after=7.25", "error", None, "does not want it back"),
    ],
)
def test_a_server_that_goes_may_say_when_to_come_again(
    connect: Any, code: int, reason: str, state: str, least: float | None, said: str
):
    with Server() as server:
        client = connect(server.url)
        settled(client, "connected")
        wait_for(lambda: server.open)
        server.close_all(code, reason)
        settled(client, state)
        assert said in str(client.last_error)
        if least is not None:
            assert client.status.retry_at - client.status.since >= least


async def closing(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Closes at once."""


async def plaintext(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    while await reader.read(4096):
        pass


@pytest.mark.parametrize(
    ("peer", "scheme", "words"),
    [
        (closing, "ws", "gave no answer to the opening handshake"),
        (plaintext, "wss", "TLS failed"),
        (silent, "ws", "no answer within 0.2 s"),
        (closing, "http", "gave no answer that is HTTP"),
    ],
)
def test_what_is_no_such_server_is_said_to_be_none(
    connect: Any, monkeypatch: pytest.MonkeyPatch, peer: Any, scheme: str, words: str
):
    if peer is silent:
        monkeypatch.setattr(module, "OPEN_TIMEOUT", 0.2)
    with plain(peer) as port:
        client = connect(f"{scheme}://127.0.0.1:{port}/")
        settled(client, "reconnecting")
        assert words in str(client.last_error)
        client.disconnect()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("text/html", "check the path of the address"),
        ("text/event-stream", "it is a stream of Server-Sent Events, connect with http:// or https://"),
    ],
)
def test_a_server_of_http_where_a_websocket_is_meant_ends_it(connect: Any, kind: str, words: str):
    async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: 2\r\n\r\nhi".encode())
        await writer.drain()

    with plain(http) as port:
        client = connect(f"ws://127.0.0.1:{port}/")
        settled(client, "error")
        assert f"answered HTTP 200 instead of opening a WebSocket; {words}" in str(client.last_error)


def test_a_host_that_does_not_exist_is_named(connect: Any):
    client = connect("ws://no-such-host.invalid/")
    settled(client, "reconnecting")
    assert "ws://no-such-host.invalid/: its host name is not known" in str(client.last_error)


def test_protocols_are_offered_and_must_fit(connect: Any):
    with Server(subprotocols=["v2"]) as server:
        fits = connect(server.url, protocols=["v1", "v2"])
        settled(fits, "connected")
        wait_for(lambda: server.headers)
        assert server.headers[0]["Sec-WebSocket-Protocol"] == "v1, v2"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def safe(authority: trustme.CA) -> Iterator[Server]:
    """A server that is spoken to over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with Server(ssl=context) as server:
        yield server


def test_over_tls_it_is_the_same(
    safe: Server, authority: trustme.CA, connect: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "ca.pem").write_bytes(authority.cert_pem.bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))  # which makes this machine trust it
    client = connect(safe.url.replace("ws://", "wss://"), auth="secret")
    stream = client.stream("x")
    wait_for(lambda: client.state == "connected")
    wait_for(lambda: safe.types() == ["hello", "subscribe"])
    assert safe.headers[0]["Authorization"] == "Bearer secret"
    safe.send({"type": "x", "data": 1})
    wait_for(lambda: len(stream) == 1)
    client.disconnect()
    wait_for(lambda: safe.closed == [1000])


def test_a_certificate_that_nobody_vouches_for_ends_it(safe: Server, connect: Any):
    client = connect(safe.url.replace("ws://", "wss://"))
    settled(client, "error")
    assert isinstance(client.last_error, ConnectionRejected)
    assert "its certificate is not trusted (" in str(client.last_error)


def test_a_certificate_that_was_good_may_be_bad_for_a_while(
    safe: Server,
    authority: trustme.CA,
    connect: Any,
    fake_clock: FakeClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    (tmp_path / "ca.pem").write_bytes(authority.cert_pem.bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    client = connect(safe.url.replace("ws://", "wss://"), reconnect=STEADY)
    settled(client, "connected")
    context = safe._options["ssl"]
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    safe.close_all()
    wait_for(lambda: waiting(client))
    for attempt in (2, 3):
        fake_clock.turn(3)
        wait_for(lambda attempt=attempt: waiting(client) and client.reconnect_attempts == attempt)
        assert "its certificate is not trusted (" in str(client.last_error)
        assert "there was a connection before" in str(client.last_error)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    fake_clock.turn(3)
    settled(client, "connected")


def test_tls_where_nobody_speaks_it_is_said(connect: Any):
    with Server() as server:
        client = connect(server.url.replace("ws://", "wss://"))
        settled(client, "reconnecting")
        assert "ws://" in str(client.last_error).removeprefix("no connection to wss://")


def test_no_tls_where_it_is_wanted_is_said(safe: Server, connect: Any):
    client = connect(safe.url)
    settled(client, "reconnecting")
    assert "wss://" in str(client.last_error)


def test_what_nobody_foresaw_is_told_and_logged(caplog: pytest.LogCaptureFixture):
    told = module.explain(RuntimeError("odd"), "ws://example.org/")
    assert str(told) == "no connection to ws://example.org/: RuntimeError: odd"
    assert "RuntimeError: odd" in caplog.text


# By values

URL = "ws://user:canary@example.org:80/ws?token=canary"


def status(code: int) -> ws.InvalidStatus:
    return ws.InvalidStatus(Response(code, "", Headers()))


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (status(403), ConnectionRejected, "forbids this connection (HTTP 403)"),
        (status(503), ConnectionLost, "is busy (HTTP 503)"),
        (ws.NegotiationError("no subprotocols"), ConnectionRejected, "does not speak our protocols"),
        (ws.InvalidMessage("no HTTP"), ConnectionLost, "gave no answer to the opening handshake"),
        (EOFError(), ConnectionLost, "gave no answer to the opening handshake"),
        (ws.InvalidUpgrade("Upgrade", "h2c"), ConnectionLost, "what listens there is no WebSocket server"),
        (TimeoutError(), ConnectionLost, "no answer within 10 s"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), ConnectionLost, "nothing listens there"),
        (
            ws.ConnectionClosedError(Close(4500, ""), None),
            ConnectionRejected,
            "(4500) and does not want it back",
        ),
        (
            ws.ConnectionClosedOK(Close(1001, "bye"), None),
            ConnectionLost,
            "closed the connection (1001, 'bye')",
        ),
        (ws.ConnectionClosedError(None, None), ConnectionLost, "broke off without a goodbye"),
        (ws.ConnectionClosedError(None, Close(1000, "")), ConnectionLost, "broke off without a goodbye"),
        (ws.ConnectionClosedError(None, Close(1009, "")), ConnectionLost, "raise max_size="),
        (
            ws.ConnectionClosedError(None, Close(1002, "bad mask")),
            ConnectionLost,
            "broke the protocol (bad mask)",
        ),
    ],
)
def test_what_happened_is_one_line_for_people_without_secrets(
    error: Exception, kind: type[Exception], words: str
):
    told = module.explain(error, URL)
    assert type(told) is kind
    assert words in str(told)
    assert "\n" not in str(told)
    assert "canary" not in str(told)


def test_a_header_that_comes_twice_is_one_of_two_values():
    twice = Headers([("Retry-After", "2"), ("retry-after", "2"), ("Upgrade", "a"), ("Upgrade", "b")])
    told = module.explain(ws.InvalidStatus(Response(503, "", twice)), URL)
    assert "is busy (HTTP 503)" in str(told)
    assert "(a, b)" in str(module.explain(ws.InvalidStatus(Response(426, "", twice)), URL))
    told = module.explain(ws.InvalidProxyStatus(Response(503, "", twice)), URL, proxy="http://proxy:1")
    assert type(told) is ConnectionLost


def test_what_is_said_already_stays_as_it_is():
    error = ConnectionLost("said")
    assert module.explain(error, URL) is error
