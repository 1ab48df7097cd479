"""The connection over real sockets: how it ends and comes back, on a clock that is turned by hand."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import ssl
import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import trustme

from realtime_widgets.client import Client
from realtime_widgets.client import sleep as sleep_module
from realtime_widgets.client.pool import Pool
from realtime_widgets.client.sansio.backoff import Reconnect
from realtime_widgets.client.transports import handshake as module
from realtime_widgets.errors import ConnectionLost, ConnectionRejected, Unauthorized
from realtime_widgets.protocol import heartbeat
from realtime_widgets.runtime import get_runtime
from support.fake_clock import FakeClock
from support.servers import LIMIT, Server, mute, plain, wait_for

STEADY = Reconnect(3, 3, factor=1, jitter=False)


def settled(client: Client, state: str) -> None:
    client.wait_until(state, LIMIT)  # type: ignore[arg-type]


def waiting(client: Client) -> bool:
    return client.status.retry_at is not None


def test_it_returns_at_once_and_goes_on_in_the_background(connect: Any):
    client = connect("ws://127.0.0.1:1/ws")
    assert client.state in ("connecting", "reconnecting")
    settled(client, "reconnecting")
    assert str(client.last_error) == (
        "no connection to ws://127.0.0.1:1/ws: nothing listens there; start the server, or check the port"
    )


def refusing(status: int) -> Any:
    return lambda connection, _: connection.respond(HTTPStatus(status), "")


@pytest.mark.parametrize(
    ("status", "state", "words"),
    [
        (401, "error", "turned the token down (HTTP 401); pass a valid one as auth="),
        (403, "error", "forbids this connection (HTTP 403)"),
        (404, "reconnecting", "is not there (HTTP 404); check the path"),
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


def test_a_token_that_is_turned_down_is_asked_for_once_more_and_then_it_ends(connect: Any):
    tokens: list[str] = []

    def check(connection: Any, request: Any) -> Any:
        good = request.headers["Authorization"] == "Bearer token 2"
        return None if good else connection.respond(HTTPStatus.UNAUTHORIZED, "")

    def give() -> str:
        tokens.append(f"token {len(tokens) + 1}")
        return tokens[-1]

    with Server(process_request=check) as server:
        client = connect(server.url, auth=give)
        settled(client, "connected")
        assert len(tokens) == 2
        client.disconnect()
        client.connect()
        settled(client, "error")
        assert len(tokens) == 4
        assert isinstance(client.last_error, Unauthorized)


def test_a_fixed_token_that_is_turned_down_is_not_shown_again(connect: Any):
    seen = []

    def check(connection: Any, request: Any) -> Any:
        seen.append(request.headers["Authorization"])
        return connection.respond(HTTPStatus.UNAUTHORIZED, "")

    with Server(process_request=check) as server:
        settled(connect(server.url, auth="old"), "error")
        assert seen == ["Bearer old"]


def test_a_busy_server_is_left_alone_for_as_long_as_it_says(connect: Any, fake_clock: FakeClock):
    def busy(connection: Any, _: Any) -> Any:
        answer = connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "")
        answer.headers["Retry-After"] = "90"
        return answer

    with Server(process_request=busy) as server:
        client = connect(server.url, reconnect=STEADY)
        wait_for(lambda: waiting(client))
        assert 90 <= client.status.retry_at - fake_clock.time() <= 93
        assert "asks to be left alone for 90 s" in str(client.last_error)


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (1000, "reconnecting"),
        (1001, "reconnecting"),
        (1011, "reconnecting"),
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


async def closing(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Closes at once."""


async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
    await writer.drain()


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
        (http, "ws", "answered HTTP 200 instead of opening a WebSocket"),
        (plaintext, "wss", "TLS failed"),
        (silent, "ws", "no answer within 0.2 s"),
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
    settled(client, "connected")
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
    assert caplog.records[0].exc_info


def test_an_outage_is_logged_once(connect: Any, fake_clock: FakeClock, caplog: pytest.LogCaptureFixture):
    client = connect("ws://127.0.0.1:1/ws", reconnect=STEADY)
    for attempt in range(1, 6):
        wait_for(lambda attempt=attempt: waiting(client) and client.reconnect_attempts == attempt)
        fake_clock.turn(3)
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.getMessage() for record in warnings] == [
        "no connection to ws://127.0.0.1:1/ws: nothing listens there; start the server, or check the port; "
        "trying again"
    ]


def test_nobody_dials_before_the_time_has_come(connect: Any, fake_clock: FakeClock):
    with Server(process_request=refusing(500)) as server:
        client = connect(server.url, reconnect=STEADY)
        wait_for(lambda: waiting(client))
        assert client.status.retry_at == fake_clock.time() + 3
        fake_clock.turn(2.9)
        assert client.reconnect_attempts == 1
        fake_clock.turn(0.2)
        wait_for(lambda: client.reconnect_attempts == 2)


def test_five_attempts_three_seconds_apart_and_then_it_gives_up(connect: Any, fake_clock: FakeClock):
    asked = []

    def refuse(connection: Any, _: Any) -> Any:
        asked.append(fake_clock.time())
        return connection.respond(HTTPStatus(500), "")

    with Server(process_request=refuse) as server:
        policy = Reconnect(3, 3, factor=1, jitter=False, max_attempts=5)
        client = connect(server.url, reconnect=policy)
        for attempt in range(1, 6):
            wait_for(lambda attempt=attempt: waiting(client) and client.reconnect_attempts == attempt)
            fake_clock.turn(3)
        settled(client, "error")
        assert "answered HTTP 500" in str(client.last_error)
        assert asked == [1000.0 + 3 * i for i in range(6)]
        fake_clock.turn(1000)
        assert len(asked) == 6


def test_a_server_that_accepts_and_closes_at_once_is_dialled_at_the_same_pace(
    connect: Any, fake_clock: FakeClock
):
    async def close(socket: Any) -> None:
        await socket.close(1011, "no")

    with Server(close) as server:
        client = connect(server.url, reconnect=Reconnect(1, 8, jitter=False))
        for attempt, delay in enumerate((1, 2, 4, 8, 8), 1):
            wait_for(lambda attempt=attempt: waiting(client) and client.reconnect_attempts == attempt)
            assert server.connections == attempt
            assert client.status.retry_at == fake_clock.time() + delay
            fake_clock.turn(delay)


@pytest.mark.parametrize(("held", "attempts"), [(4.9, 2), (5.0, 1)])
def test_the_count_starts_anew_when_the_link_has_held(
    connect: Any, fake_clock: FakeClock, held: float, attempts: int
):
    with Server() as server:
        client = connect(server.url, reconnect=STEADY)
        settled(client, "connected")
        wait_for(lambda: server.open)
        server.close_all()
        wait_for(lambda: waiting(client))
        fake_clock.turn(3)
        settled(client, "connected")
        wait_for(lambda: server.open)
        fake_clock.turn(held)
        server.close_all()
        wait_for(lambda: waiting(client))
        assert client.reconnect_attempts == attempts


def test_to_connect_by_hand_is_to_try_now(connect: Any):
    with Server() as server:
        client = connect(server.url, reconnect=STEADY)
        settled(client, "connected")
        server.stop()
        wait_for(lambda: waiting(client))
        server.start()
        client.connect()
        settled(client, "connected")


def test_a_single_attempt_ends_in_an_error(connect: Any):
    client = connect("ws://127.0.0.1:1/ws", reconnect=None)
    settled(client, "error")
    assert "nothing listens there" in str(client.last_error)
    client.connect()  # once more
    settled(client, "error")


def test_a_sign_of_life_goes_out_at_every_interval(connect: Any, fake_clock: FakeClock):
    with Server() as server:
        client = connect(server.url, heartbeat=25)
        settled(client, "connected")
        wait_for(lambda: "hello" in server.types())
        for count in (1, 2):
            fake_clock.turn(25)
            wait_for(lambda count=count: server.types().count("ping") == count)
            server.send({"type": "pong", "data": {}})
            wait_for(lambda count=count: client.stats.messages == count)
        assert client.state == "connected"


def test_the_pongs_of_the_protocol_count_too(connect: Any, fake_clock: FakeClock):
    """Many servers of envelopes never answer a ping of that kind."""
    with Server() as server:
        client = connect(server.url, heartbeat=25)
        settled(client, "connected")
        heard = client._connection._session.transport.heartbeat
        for _ in range(5):
            fake_clock.turn(25)
            wait_for(lambda: heard.heard == fake_clock.time())
        assert client.state == "connected"
        assert client.stats.frames == 0


def test_the_servers_ping_is_answered_with_its_id(connect: Any):
    with Server() as server:
        client = connect(server.url)
        settled(client, "connected")
        wait_for(lambda: server.open)
        server.send({"type": "ping", "data": {}, "id": "p7"})
        wait_for(lambda: "pong" in server.types())
        assert server.messages[-1]["id"] == "p7"


def test_silence_ends_the_link(connect: Any, fake_clock: FakeClock):
    with plain(mute) as port:
        client = connect(f"ws://127.0.0.1:{port}/", heartbeat=25)
        settled(client, "connected")
        fake_clock.turn(34)
        assert client.state == "connected"
        fake_clock.turn(1.5)
        settled(client, "reconnecting")
        assert f"nothing was heard from ws://127.0.0.1:{port}/ for 35 s" in str(client.last_error)
        client.disconnect()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no usleep")
def test_a_call_that_holds_the_interpreter_for_longer_than_any_silence_costs_no_link(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(heartbeat, "ANSWER_TIMEOUT", 0.2)
    with Server() as server:
        client = Client(server.url, heartbeat=0.2, pool=Pool(get_runtime()))
        settled(client, "connected")
        for _ in range(2):
            frames = client.stats.frames
            ctypes.PyDLL(None).usleep(
                1_500_000
            )  # with the lock of the interpreter held, as some C libraries do
            server.send({"type": "x", "data": 1})
            wait_for(lambda frames=frames: client.stats.frames > frames)
            beats = server.types().count("ping")
            wait_for(lambda beats=beats: server.types().count("ping") > beats, "another sign of life")
        assert (client.state, client.stats.connects) == ("connected", 1)
        client.disconnect()


@pytest.fixture
def sleep(monkeypatch: pytest.MonkeyPatch, fake_clock: FakeClock) -> Any:
    """Lets the machine sleep: the time of day goes on, and the loop's clock does not."""
    asleep = [0.0]
    monkeypatch.setattr(sleep_module, "_wall", lambda: asleep[0] + fake_clock.time())

    def sleep() -> None:
        fake_clock.turn(6)
        asleep[0] += 3600
        fake_clock.turn(6)

    return sleep


def test_after_a_sleep_a_link_that_died_is_dropped_within_seconds(
    connect: Any, fake_clock: FakeClock, sleep: Any
):
    with plain(mute) as port:
        client = connect(f"ws://127.0.0.1:{port}/", heartbeat=25)
        settled(client, "connected")
        sleep()
        assert client.state == "connected"
        fake_clock.turn(5)
        settled(client, "reconnecting")
        assert "since this machine slept" in str(client.last_error)
        client.disconnect()


def test_a_stall_after_a_sleep_is_not_taken_for_silence(connect: Any, fake_clock: FakeClock, sleep: Any):
    with Server() as server:
        client = connect(server.url, heartbeat=25)
        settled(client, "connected")
        transport = client._connection._session.transport
        heard = transport.heartbeat.heard
        sleep()
        wait_for(lambda: transport.heartbeat.heard > heard)
        transport.heartbeat.heard = heard  # as if the answer had not been read yet
        fake_clock.stall(8)
        assert client.state == "connected"
        server.send({"type": "x", "data": 1})
        wait_for(lambda: client.stats.messages)
        fake_clock.turn(2)
        assert client.state == "connected"


def test_after_a_sleep_a_link_that_lives_goes_on(connect: Any, fake_clock: FakeClock, sleep: Any):
    with Server() as server:
        client = connect(server.url, heartbeat=25)
        settled(client, "connected")
        session = client._connection._session
        heard = session.transport.heartbeat.heard
        sleep()
        wait_for(lambda: session.transport.heartbeat.heard > heard, "the answer to the ping")
        fake_clock.turn(6)
        assert (client.state, client.stats.connects) == ("connected", 1)


def test_after_a_sleep_what_was_to_be_tried_later_is_tried_now(connect: Any, sleep: Any):
    with Server() as server:
        server.stop()
        client = connect(server.url, reconnect=Reconnect(3600, 3600))
        wait_for(lambda: waiting(client))
        server.start()
        sleep()
        settled(client, "connected")


def test_the_goodbye_of_the_link_before_does_not_touch_the_next(connect: Any, fake_clock: FakeClock):
    ended = []

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await mute(reader, writer)  # never answers a goodbye, so that saying it takes its full second
        ended.append(writer)

    with plain(peer) as port:
        client = connect(f"ws://127.0.0.1:{port}/", heartbeat=25)
        settled(client, "connected")
        client.disconnect()
        client.connect()
        wait_for(lambda: client.stats.connects == 2)
        settled(client, "connected")
        wait_for(lambda: ended)
        get_runtime().run(asyncio.sleep(0)).result(LIMIT)
        fake_clock.turn(34)
        fake_clock.turn(1.5)
        settled(client, "reconnecting")  # its own heart still beats
        client.disconnect()


def test_hello_is_said_when_the_first_who_wants_envelopes_comes(connect: Any):
    with Server() as server:
        foreign = connect(server.url, decode=lambda frame: None)
        settled(foreign, "connected")
        ours = connect(server.url, subscribe=["x"])
        settled(ours, "connected")
        wait_for(lambda: len(server.frames) == 2)
        assert server.types() == ["hello", "subscribe"]


def ordered(server: Server, connect: Any) -> tuple[Client, Any]:
    """A client and what it has sent, to a server that has not said hello."""
    client = connect(server.url)
    settled(client, "connected")
    delivery = client.send("order", 1)
    wait_for(lambda: server.said("order"))
    assert not delivery.done
    return client, delivery


def test_a_stall_is_not_taken_for_a_server_that_does_not_answer(connect: Any, fake_clock: FakeClock):
    """Its hello waits to be read, and with it the word that it acknowledges."""
    with Server() as server:
        client, delivery = ordered(server, connect)
        fake_clock.stall(5)
        assert not delivery.done
        server.send({"type": "hello", "data": {"acks": True}})
        wait_for(lambda: client.stats.frames)
        fake_clock.turn(5)
        assert not delivery.done
        server.send({"type": "ack", "id": delivery.id, "data": {}})
        delivery.wait(LIMIT)
        assert delivery.state == "acknowledged"


def test_a_server_that_says_no_hello_does_not_answer(connect: Any, fake_clock: FakeClock):
    with Server() as server:
        _, delivery = ordered(server, connect)
        fake_clock.turn(1)
        delivery.wait(LIMIT)
        assert delivery.state == "sent"


def test_without_a_heartbeat_silence_means_nothing(connect: Any, fake_clock: FakeClock):
    with Server() as server:
        client = connect(server.url, heartbeat=None)
        settled(client, "connected")
        fake_clock.turn(100_000)
        client.send("last")
        wait_for(lambda: "last" in server.types())
        assert "ping" not in server.types()
        assert client.state == "connected"


def test_a_foreign_server_hears_nothing_of_ours(connect: Any, fake_clock: FakeClock):
    with Server() as server:
        client = connect(server.url, decode=lambda frame: None)
        client.stream("x")
        settled(client, "connected")
        heard = client._connection._session.transport.heartbeat
        fake_clock.turn(25)
        wait_for(lambda: heard.heard == fake_clock.time())  # by the protocol's own ping
        client.send_raw("mine")
        wait_for(lambda: server.frames)
        assert server.frames == ["mine"]
