"""What is posted to servers, and what they answer: over real sockets, to a server of language models and to others."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

import pytest

import realtime_widgets as rw
from realtime_widgets.client import Client
from realtime_widgets.client.sansio.backoff import Reconnect
from realtime_widgets.client.transports.eventsource import IDLE_TIMEOUT, THINKING_TIMEOUT
from realtime_widgets.errors import BadMessage, ConnectionLost, ConnectionRejected, Unauthorized
from support.event_server import Events
from support.fake_clock import FakeClock
from support.openai_server import OpenAIServer
from support.servers import LIMIT, plain, wait_for
from support.states import STEADY, settled

TEXT = rw.decoders.json(data="choices.0.delta.content")
ASK = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Who are you? \u202e日本"}]}


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer("Hello there, big world") as made:
        yield made


def ask(server: OpenAIServer, connect: Any, **options: Any) -> tuple[Client, Any]:
    """Return who asks, and the stream of the answer, which does not begin before there is one."""
    server.silent = True
    client = connect(server.url, post=ASK, decode=TEXT, **options)
    stream = client.stream("message")
    server.speak()
    return client, stream


def said(stream: Any) -> str:
    return "".join(stream.read()["value"]) if len(stream) else ""


# What is sent


def test_a_question_is_posted_once_and_its_answer_read(server: OpenAIServer, connect: Any):
    server.key = "sk-12345678"
    client, stream = ask(server, connect, auth="sk-12345678", headers={"X-Name": "n"})
    settled(client, "disconnected")
    assert said(stream) == "Hello there, big world"
    assert (client.last_error, client.stats.bad, client.stats.gaps) == (None, 0, 0)
    (asked,) = server.requests
    assert (asked.method, asked.path, asked.json) == ("POST", "/v1/chat/completions", ASK)
    expected = {
        "content-type": "application/json",
        "content-length": str(len(asked.body)),
        "accept": "text/event-stream",
        "authorization": "Bearer sk-12345678",
        "x-name": "n",
    }
    assert expected.items() <= asked.headers.items()
    assert "last-event-id" not in asked.headers


def test_what_is_posted_is_what_it_was_when_it_was_given(server: OpenAIServer, connect: Any):
    ask = {"stream": True, "messages": [{"role": "user", "content": "one"}]}
    client = connect(server.url, post=ask, decode=TEXT, headers={"Content-Type": "application/x; v=2"})
    ask["messages"] = []
    settled(client, "disconnected")
    assert server.requests[0].text == "one"
    assert server.requests[0].headers["content-type"] == "application/x; v=2"


def test_to_ask_again_is_to_ask_anew(connect: Any):
    with Events() as server:
        server.first = b"id: 7\nretry: 60000\ndata: {}\n\n"
        client = connect(server.url, post={}, decode=str)
        settled(client, "connected")
        server.end()
        settled(client, "disconnected")
        client.connect()
        settled(client, "connected")
        assert ["last-event-id" in headers for headers in server.requests] == [False, False]
        assert client.stats.gaps == 0


def test_two_who_ask_the_same_ask_twice_and_nothing_lingers(server: OpenAIServer, pool: Any):
    server.hold_after, server.silent = 1, True
    clients = [Client(server.url, post=ASK, decode=TEXT, pool=pool) for _ in range(2)]
    streams = [client.stream("message") for client in clients]
    server.speak()
    wait_for(lambda: all(said(stream) == "Hello" for stream in streams))
    assert (len(server.requests), pool.open) == (2, 2)
    assert streams[0] is not streams[1]
    clients[0].close()
    wait_for(lambda: server.open == 1, "the end of the one that was closed, by a clock that stands still")
    clients.clear()
    streams.clear()
    gc.collect()
    wait_for(lambda: server.open == 0, "the end of the one that nobody holds")
    assert pool.open == 0


# How it ends


def test_an_answer_is_complete_at_its_last_event_whatever_becomes_of_the_link(connect: Any):
    """A proxy may break off where there is nothing more to come."""
    with Events() as server:
        server.head |= {"Content-Length": "1000000"}
        seen: list[str] = []
        client = connect(server.url, post={}, decode=lambda raw: seen.append(str(raw)))
        settled(client, "connected")
        server.send(b"data: a\n\ndata: [DONE]\n\ndata: b\n\n")
        settled(client, "disconnected")
        assert seen == ["a"]


def test_an_answer_without_a_last_event_is_complete_when_the_stream_ends(server: OpenAIServer, connect: Any):
    server.done = False
    client, stream = ask(server, connect)
    settled(client, "disconnected")
    assert said(stream) == "Hello there, big world"
    assert client.last_error is None


def test_an_answer_that_breaks_off_is_an_error_and_what_came_is_there(server: OpenAIServer, connect: Any):
    server.cut_after = 2
    client, stream = ask(server, connect)
    settled(client, "error")
    assert said(stream) == "Hello there,"
    assert isinstance(client.last_error, ConnectionLost)
    assert f"the stream of {server.url} broke off" in str(client.last_error)


def test_a_failure_in_the_middle_is_told_in_the_words_of_the_server(server: OpenAIServer, connect: Any):
    server.fail_after = 1
    client, stream = ask(server, connect)
    settled(client, "error")
    assert said(stream) == "Hello"
    assert str(client.last_error) == f"{server.url} broke its answer off: The model has crashed."


def test_an_answer_that_says_nothing_is_told(server: OpenAIServer, connect: Any):
    client = connect(server.url, post=ASK, decode=rw.decoders.json(data="choices.0.delta.contents"))
    settled(client, "disconnected")
    assert isinstance(client.last_error, BadMessage)
    assert "is empty: none of its 6 events gave a message; check decode=" in str(client.last_error)


def test_a_stream_that_is_followed_and_not_reconnected_ends_too(connect: Any):
    with Events() as server:
        client = connect(server.url, decode=str, reconnect=None)
        settled(client, "connected")
        server.end()
        settled(client, "disconnected")
        assert client.last_error is None
        with pytest.raises(ConnectionLost, match="ended the stream"):
            client.wait_until("connected", LIMIT)


# Whether it is asked again


def test_a_question_is_asked_once_unless_a_pace_is_given(server: OpenAIServer, connect: Any):
    server.failure = (503, "Loading model")
    client = connect(server.url, post=ASK, decode=TEXT)
    settled(client, "error")
    assert str(client.last_error) == f"{server.url} is busy (HTTP 503: Loading model)"
    assert len(server.requests) == 1


def test_with_a_pace_it_is_asked_again_until_anything_has_come(
    server: OpenAIServer, connect: Any, fake_clock: FakeClock
):
    server.failure = (429, "Rate limit reached")
    client, stream = ask(server, connect, reconnect=STEADY)
    wait_for(lambda: client.status.retry_at is not None)
    server.failure, server.cut_after = None, 1
    fake_clock.turn(3)
    settled(client, "error")
    assert len(server.requests) == 2, "what was asked again would come twice"
    assert said(stream) == "Hello"
    server.cut_after = None
    client.connect()
    settled(client, "disconnected")
    assert len(server.requests) == 3, "and a complete answer is not asked for again"


# What goes wrong


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, ConnectionRejected, "answered HTTP 400 instead of a stream of events: It said ***."),
        (401, Unauthorized, "turned the token down (HTTP 401: It said ***.); pass a valid one as auth="),
        (403, ConnectionRejected, "forbids this connection (HTTP 403: It said ***.); check the token"),
        (404, ConnectionRejected, "answered HTTP 404 instead of a stream of events: It said ***."),
        (429, ConnectionLost, "is busy (HTTP 429: It said ***.)"),
        (500, ConnectionLost, "answered HTTP 500 instead of a stream of events: It said ***."),
    ],
)
def test_what_a_server_says_of_a_failure_is_passed_on_without_the_token(
    server: OpenAIServer, connect: Any, status: int, kind: type[Exception], words: str
):
    server.failure = (status, "It said sk-12345678.")
    client = connect(server.url, post=ASK, auth="sk-12345678", decode=TEXT)
    settled(client, "error")
    assert type(client.last_error) is kind
    assert str(client.last_error).startswith(f"{server.url} {words}")
    assert "sk-1" not in f"{client!r} {client.last_error}"


def test_when_to_come_again_is_said_too(server: OpenAIServer, connect: Any):
    server.failure, server.head = (429, "Rate limit reached"), {"Retry-After": "20"}
    client = connect(server.url, post=ASK, decode=TEXT)
    settled(client, "error")
    assert client.last_error.retry_after == 20
    assert "is busy (HTTP 429: Rate limit reached) and asks to be left alone for 20 s" in str(
        client.last_error
    )


def test_a_question_that_is_refused_is_refused_whatever_was_answered_before(
    server: OpenAIServer, connect: Any
):
    client = connect(server.url, post=ASK, decode=TEXT)
    settled(client, "disconnected")
    server.failure = (404, "The model is gone.")
    client.connect()
    settled(client, "error")
    assert isinstance(client.last_error, ConnectionRejected)


@pytest.mark.parametrize(
    "head", [{"Content-Type": "text/html"}, {"Content-Type": "application/json", "Content-Encoding": "gzip"}]
)
def test_what_is_not_json_is_not_read(connect: Any, head: dict[str, str]):
    with Events() as server:
        server.status, server.head, server.first = "400 Bad", head, b'{"error": {"message": "said"}}'
        client = connect(server.url, post={})
        settled(client, "error")
        assert "answered HTTP 400 instead of a stream of events" in str(client.last_error)
        assert "said" not in str(client.last_error)


def test_words_that_do_not_come_hold_nothing_up(connect: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("realtime_widgets.client.transports.event_request.REFUSAL_TIMEOUT", 0.01)

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")
        await reader.read()

    with plain(slow) as port:
        client = connect(f"http://127.0.0.1:{port}/", post={})
        settled(client, "error")
        assert "answered HTTP 400" in str(client.last_error)


def test_who_forgets_to_ask_for_a_stream_is_told(server: OpenAIServer, connect: Any):
    client = connect(server.url, post=ASK | {"stream": False}, decode=TEXT)
    settled(client, "error")
    assert "answered with 'application/json' instead of 'text/event-stream'; ask for a stream" in str(
        client.last_error
    )


def test_an_address_of_a_websocket_from_a_function_is_said(connect: Any):
    client = connect(lambda: "ws://127.0.0.1:1/", post={}, reconnect=Reconnect())
    settled(client, "error")
    assert isinstance(client.last_error, ConnectionRejected)
    assert "post= cannot be sent over a WebSocket" in str(client.last_error)


# Redirects


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_repeats_is_followed_within_the_origin(
    connect: Any, server: OpenAIServer, status: int
):
    asked: list[bytes] = []

    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.split(b"\r\n")[0] + b" " + await reader.readexactly(2))
        if b"/there" in head:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: x\n\n")
        else:
            writer.write(f"HTTP/1.1 {status} There\r\nLocation: /there\r\n\r\n".encode())
        assert (b"Bearer sk-12345678" in head) is True
        await writer.drain()

    with plain(elsewhere) as port:
        client = connect(
            f"http://127.0.0.1:{port}/here", post={}, auth="sk-12345678", decode=lambda raw: None
        )
        settled(client, "disconnected")
    assert asked == [b"POST /here HTTP/1.1 {}", b"POST /there HTTP/1.1 {}"]


@pytest.mark.parametrize("status", [301, 302, 303])
def test_one_that_would_make_a_get_of_it_is_refused(connect: Any, status: int):
    with Events() as server:
        server.status, server.head = f"{status} There", {"Location": "/there?SECRET"}
        client = connect(server.url, post={}, decode=str)
        settled(client, "error")
        assert isinstance(client.last_error, ConnectionRejected)
        assert f"with HTTP {status}, after which a POST would become a GET" in str(client.last_error)
        assert "SECRET" not in str(client.last_error)
        assert server.paths == ["/stream"]


@pytest.mark.parametrize("status", [307, 308])
def test_to_another_origin_nothing_of_it_goes(connect: Any, server: OpenAIServer, status: int):
    with Events() as first:
        first.status, first.head = f"{status} There", {"Location": server.url}
        client = connect(first.url, post=ASK, auth="sk-12345678", decode=TEXT)
        settled(client, "error")
        assert (
            f"it redirects to http://127.0.0.1:{server.port}, and what is posted is not sent to another"
            in str(client.last_error)
        )
        assert server.requests == []


# Silence


def test_it_may_take_its_time_to_begin_and_then_goes_on_like_any_stream(connect: Any, fake_clock: FakeClock):
    with Events() as server:
        client = connect(server.url, post={}, decode=lambda raw: {"channel": "x", "data": 1})
        stream = client.stream("x")
        settled(client, "connected")
        fake_clock.turn(THINKING_TIMEOUT - 1)
        assert client.state == "connected"
        server.send(b"data: x\n\n")
        wait_for(lambda: len(stream))
        fake_clock.turn(25 + IDLE_TIMEOUT)
        assert client.state == "connected"
        fake_clock.turn(20)
        settled(client, "error")
        assert "nothing was heard from" in str(client.last_error)


def test_it_may_take_its_time_before_it_says_anything_at_all(connect: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("realtime_widgets.client.dialing.IDLE_TIMEOUT", -9.99)
    with Events() as server:
        server.mute = True
        asking = connect(server.url, post={}, decode=str, heartbeat=0.01)
        wait_for(lambda: server.requests)
        following = connect(server.url, decode=str, heartbeat=0.01, reconnect=None)
        settled(following, "error")
        assert "it was silent for too long" in str(following.last_error)
        assert asking.state == "connecting"
        server.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        settled(asking, "connected")


def test_one_that_never_begins_is_given_up(connect: Any, fake_clock: FakeClock):
    with Events() as server:
        client = connect(server.url, post={}, decode=str)
        settled(client, "connected")
        fake_clock.turn(THINKING_TIMEOUT + 1)
        fake_clock.turn(2)
        settled(client, "error")
        assert "nothing was heard from" in str(client.last_error)


def test_a_machine_that_slept_waits_for_the_rest(server: OpenAIServer, connect: Any, sleep: Any):
    server.hold_after = 1
    client, stream = ask(server, connect)
    wait_for(lambda: said(stream) == "Hello")
    sleep()
    server.go_on()
    settled(client, "disconnected")
    assert said(stream) == "Hello there, big world"
