"""Server-Sent Events as a client follows them: over real sockets, from servers of all kinds."""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from realtime_widgets.client import sleep
from realtime_widgets.client.sansio.backoff import Reconnect
from realtime_widgets.client.transports.event_request import of_the_system
from realtime_widgets.errors import BadMessage, ConnectionLost, ConnectionRejected, Unauthorized
from realtime_widgets.streams import Stream
from realtime_widgets.streams.gaps import Gap
from support.event_server import Events
from support.fake_clock import FakeClock
from support.servers import LIMIT, wait_for
from support.states import STEADY


@pytest.fixture
def server() -> Iterator[Events]:
    with Events() as server:
        yield server


def numbers(raw: Any) -> Any:
    return {"channel": "n", "data": json.loads(raw)}


def has(stream: Stream, *expected: Any) -> None:
    wait_for(lambda: len(stream) >= len(expected))
    assert stream.read()["value"].tolist() == list(expected)


def test_its_events_fill_streams_like_any_messages(server: Events, connect: Any):
    client = connect(server.url, decode=numbers)
    stream = client.stream("n")
    client.wait_until("connected", LIMIT)
    server.send(b"data: 1\n\ndata: 2\r\n\r\ndata:3\r\r: a comment\n\ndata: 4\n")
    has(stream, 1, 2, 3)
    server.send(b"\n")
    has(stream, 1, 2, 3, 4)
    assert stream.source.status.state == "connected"
    assert server.requests[0]["accept"] == "text/event-stream"
    assert server.requests[0]["cache-control"] == "no-store"
    assert "last-event-id" not in server.requests[0]
    assert server.requests[0]["user-agent"].startswith("realtime-widgets/")


def test_what_decode_gets_is_the_data_and_knows_its_event_and_id(server: Events, connect: Any):
    seen: list[tuple[str, str, str]] = []
    client = connect(server.url, decode=lambda raw: seen.append((str(raw), raw.event, raw.event_id)))
    client.wait_until("connected", LIMIT)
    server.send("id: é7\nevent: price\ndata: {\ndata: }\n\ndata: x\n\n".encode())
    wait_for(lambda: len(seen) == 2)
    assert seen == [("{\n}", "price", "é7"), ("x", "message", "é7")]


def test_our_envelope_needs_no_decoder(server: Events, connect: Any):
    client = connect(server.url)
    stream = client.stream("n")
    client.wait_until("connected", LIMIT)
    server.send(b'data: {"type": "n", "data": 5}\n\ndata: what?\n\n')
    has(stream, 5)
    wait_for(lambda: client.last_error)
    assert isinstance(client.last_error, BadMessage)
    assert "'what?' is no envelope" in str(client.last_error)
    assert len(stream) == 1


@pytest.mark.parametrize("foreign", ['{"type": "n"}', '{"type": "n", "price": 1}', '{"type": ["n"]}'])
def test_events_of_another_protocol_are_said_to_need_a_decoder(server: Events, connect: Any, foreign: str):
    client = connect(server.url)
    stream = client.stream("n")
    client.wait_until("connected", LIMIT)
    server.send(f'event: n\ndata: {foreign}\n\ndata: {{"type": "n", "data": 5}}\n\n'.encode())
    has(stream, 5)
    assert "pass decode=" in str(client.last_error)


def test_it_goes_on_from_the_last_id_and_at_the_pace_that_the_server_wants(
    server: Events, connect: Any, fake_clock: FakeClock
):
    client = connect(server.url, decode=numbers, reconnect=Reconnect(0.5, 0.5, jitter=False))
    stream = client.stream("n")
    client.wait_until("connected", LIMIT)
    server.send("retry: 7000\nid: é7\ndata: 1\n\n".encode())
    has(stream, 1)
    server.end()
    client.wait_until("reconnecting", LIMIT)
    assert "ended the stream" in str(client.last_error)
    wait_for(lambda: client.status.retry_at is not None)
    wait = client.status.retry_at - fake_clock.time()
    assert 7.0 <= wait <= 7.5
    fake_clock.turn(wait)
    client.wait_until("connected", LIMIT)
    assert server.requests[1]["last-event-id"] == "é7"
    server.send(b"data: 2\n\n")
    has(stream, 1, 2)
    assert client.stats.gaps == 1, "it named what it sent, and does not show that it goes on"


def test_the_pace_that_the_server_wants_holds_when_the_stream_breaks_off_too(
    server: Events, connect: Any, fake_clock: FakeClock
):
    server.head |= {"Content-Length": "1000000"}
    client = connect(server.url, decode=numbers, reconnect=Reconnect(0.5, 0.5, jitter=False))
    stream = client.stream("n")
    client.wait_until("connected", LIMIT)
    server.send(b"retry: 7000\ndata: 1\n\n")
    has(stream, 1)
    server.end()
    wait_for(lambda: client.status.retry_at is not None)
    assert "broke off" in str(client.last_error)
    assert 7.0 <= client.status.retry_at - fake_clock.time() <= 7.5


def test_an_end_that_is_this_servers_way_makes_no_noise(
    server: Events, connect: Any, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    client = connect(server.url, decode=numbers, reconnect=STEADY)
    stream = client.stream("n")
    client.wait_until("connected", LIMIT)
    server.send(b"id: 1\ndata: 1\n\n")
    has(stream, 1)
    server.end()
    client.wait_until("reconnecting", LIMIT)
    ended = [record for record in caplog.records if "ended the stream" in record.getMessage()]
    assert [record.levelname for record in ended] == ["INFO"]


@pytest.mark.parametrize(
    ("first", "answer", "missing"),
    [
        (b"data: 1\n\n", {}, ["unknown_source"]),
        (b"id: a\ndata: 1\n\n", {"Mercure-Last-Event-ID": "a"}, []),
        (b"id: a\ndata: 1\n\n", {"Mercure-Last-Event-ID": "b"}, ["trimmed"]),
        (b"id: a\ndata: 1\n\n", {}, ["unknown_source"]),
        (b"data: 1\n\n", {"Mercure-Last-Event-ID": "a"}, ["unknown_source"]),
    ],
)
def test_where_the_server_cannot_go_on_there_is_a_gap(
    server: Events,
    connect: Any,
    fake_clock: FakeClock,
    first: bytes,
    answer: dict[str, str],
    missing: list[str],
):
    client = connect(server.url, decode=numbers, reconnect=STEADY)
    gaps: list[Gap] = []
    client.on_gap(gaps.append)
    stream = client.stream("n")
    client.wait_until("connected", LIMIT)
    server.send(first)
    has(stream, 1)
    server.head |= answer
    server.end()
    client.wait_until("reconnecting", LIMIT)
    wait_for(lambda: client.status.retry_at is not None)
    fake_clock.turn(3)
    client.wait_until("connected", LIMIT)
    server.send(b"data: 2\n\n")
    has(stream, 1, 2)
    assert [gap.reason for gap in stream.gaps] == missing
    wait_for(lambda: len(gaps) == len(missing))


@pytest.mark.parametrize(
    ("ids", "then", "missing"),
    [
        ("1 2 3", "4", []),
        ("1 2 3", "3", []),
        ("1 2 3", "7", ["lost"]),
        ("1 2 3", "1", ["epoch_changed"]),
        ("c4f1:17 c4f1:18 c4f1:19", "c4f1:20", []),
        ("c4f1:17 c4f1:18 c4f1:19", "c4f1:22", ["lost"]),
        ("c4f1:17 c4f1:18 c4f1:19", "d500:1", ["epoch_changed"]),
        ("٣ ٤ ٥", "٩", ["unknown_source"]),  # digits, but no number that a server would count with
        ("9" * 4097 + " " + "9" * 4098, "9" * 4099, ["unknown_source"]),
        ("1 2 3", "x", ["unknown_source"]),
        ("1 2", "3", ["unknown_source"]),  # too few to tell
        ("10 20 30", "40", ["unknown_source"]),  # no count
        ("1 2 3 5 6 7", "8", ["unknown_source"]),  # of all channels, perhaps
        ("a b c", "f", ["unknown_source"]),
        ("9f3a 02bc 77d1", "1e00", ["unknown_source"]),
    ],
)
def test_a_server_that_counts_its_events_gives_away_that_it_did_not_go_on(
    server: Events, connect: Any, fake_clock: FakeClock, ids: str, then: str, missing: list[str]
):
    client = connect(server.url, decode=numbers, reconnect=STEADY)
    gaps: list[Gap] = []
    client.on_gap(gaps.append)
    stream = client.stream("n")
    client.wait_until("connected", LIMIT)
    before = [0] * len(ids.split())
    server.send("".join(f"id: {each}\ndata: 0\n\n" for each in ids.split()).encode())
    has(stream, *before)
    server.end()
    client.wait_until("reconnecting", LIMIT)
    wait_for(lambda: client.status.retry_at is not None)
    fake_clock.turn(3)
    client.wait_until("connected", LIMIT)
    server.send(f"id: {then}\ndata: 2\n\n".encode())
    has(stream, *before, 2)
    assert [(gap.reason, gap.seq) for gap in stream.gaps] == [(reason, len(before)) for reason in missing]
    wait_for(lambda: len(gaps) == len(missing))


def test_a_server_that_sends_little_at_a_time_is_believed_once_it_has_shown_to_go_on(
    server: Events, connect: Any, fake_clock: FakeClock
):
    client = connect(server.url, decode=numbers, reconnect=STEADY)
    stream = client.stream("n")
    event_ids = [1, 2, 3, 4, 5, 8, 9, 10, 10, 11]
    for i, event_id in enumerate(event_ids):
        client.wait_until("connected", LIMIT)
        wait_for(lambda: server.writers)
        server.send(f"id: {event_id}\ndata: {event_id}\n\n".encode())
        has(stream, *event_ids[: i + 1])
        server.end()
        client.wait_until("reconnecting", LIMIT)
        wait_for(lambda: client.status.retry_at is not None)
        fake_clock.turn(3)
    client.wait_until("connected", LIMIT)
    shown = [(gap.seq, gap.reason) for gap in stream.gaps]
    assert shown == [(1, "unknown_source"), (2, "unknown_source"), (5, "lost")]


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_what_is_compressed_though_we_asked_it_not_to_be_is_read(server: Events, connect: Any, coding: str):
    server.head |= {"Content-Encoding": coding}
    client = connect(server.url, decode=numbers)
    stream = client.stream("n")
    client.wait_until("connected", LIMIT)
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | (16 if coding == "gzip" else 0))
    for number in (1, 2):
        server.send(packer.compress(f"data: {number}\n\n".encode()) + packer.flush(zlib.Z_SYNC_FLUSH))
        has(stream, *range(1, number + 1))


def test_what_is_not_compressed_as_it_says_ends_the_link(server: Events, connect: Any):
    server.head |= {"Content-Encoding": "gzip"}
    client = connect(server.url, decode=numbers)
    client.wait_until("connected", LIMIT)
    server.send(b"data: 1\n\n")
    client.wait_until("reconnecting", LIMIT)
    assert "what it sent is not packed as it said" in str(client.last_error)


def test_who_says_when_to_come_again_is_asked_at_that_pace_for_ever(
    server: Events, connect: Any, fake_clock: FakeClock
):
    server.first = b"retry: 1000\ndata: 1\n\n"
    client = connect(server.url, decode=numbers, reconnect=Reconnect(0.5, 20, jitter=False, max_attempts=5))
    for turn in range(8):
        wait_for(lambda turn=turn: client.stats.messages == turn + 1)
        server.end()
        wait_for(lambda turn=turn: client.stats.connects == turn + 1 and client.status.retry_at is not None)
        assert client.status.attempts == 1
        wait = client.status.retry_at - fake_clock.time()
        assert 1.0 <= wait <= 1.5
        fake_clock.turn(wait)
    server.first = b"retry: 1000\n\n"
    # Nothing comes any more: then it is like any server that closes at once.
    for _ in range(6):
        wait_for(lambda: client.state == "connected" and server.writers)
        server.end()
        wait_for(lambda: client.state == "error" or client.status.retry_at is not None)
        if client.state == "error":
            break
        fake_clock.turn(client.status.retry_at - fake_clock.time())
    client.wait_until("error", LIMIT)


def test_who_leaves_the_pace_to_us_is_like_any_server_that_closes_at_once(
    server: Events, connect: Any, fake_clock: FakeClock
):
    server.first = b"retry: 0\ndata: 1\n\n"
    client = connect(server.url, decode=numbers, reconnect=Reconnect(0.5, 20, jitter=False))
    for turn in range(4):
        wait_for(lambda turn=turn: client.stats.messages == turn + 1)
        server.end()
        wait_for(lambda turn=turn: client.status.attempts == turn + 1)
        assert client.status.retry_at - fake_clock.time() >= 0.5 * 2**turn
        fake_clock.turn(client.status.retry_at - fake_clock.time())


@pytest.mark.parametrize(
    ("status", "head", "state", "words"),
    [
        ("204 No Content", {}, "error", "has nothing more to send (HTTP 204)"),
        ("200 OK", {"Content-Type": "text/html"}, "error", "answered with 'text/html' instead of"),
        ("200 OK", {}, "error", "answered with 'something of no type' instead of"),
        (
            "200 OK",
            {"Content-Type": "text/event-stream", "Content-Encoding": "br"},
            "error",
            "compresses its events (br), though we asked it not to",
        ),
        ("401 Unauthorized", {}, "error", "wants a token, and none was given (HTTP 401)"),
        ("403 Forbidden", {}, "error", "forbids this connection"),
        ("404 Not Found", {}, "error", "is not there (HTTP 404)"),
        (
            "426 Upgrade",
            {"Upgrade": "websocket"},
            "error",
            "is the address of a WebSocket (HTTP 426), not of events",
        ),
        ("502 Bad", {"Retry-After": "1.5"}, "reconnecting", "asks to be left alone for 1.5 s"),
        ("500 Oops", {}, "reconnecting", "answered HTTP 500 instead of a stream of events"),
        ("429 Slow", {"Retry-After": "60"}, "reconnecting", "asks to be left alone for 60 s"),
        ("302 Found", {"Location": "/stream"}, "error", "sends us from one address to another"),
    ],
)
def test_what_a_server_answers_decides_whether_it_is_tried_again(
    server: Events, connect: Any, status: str, head: dict[str, str], state: str, words: str
):
    server.status, server.head = status, head
    client = connect(server.url)
    client.wait_until(state, LIMIT)
    assert words in str(client.last_error)
    assert isinstance(client.last_error, ConnectionRejected if state == "error" else ConnectionLost)


def test_the_type_of_the_answer_may_have_parameters(server: Events, connect: Any):
    server.head = {"Content-Type": "Text/Event-Stream; charset=UTF-8"}
    connect(server.url).wait_until("connected", LIMIT)


def test_a_token_is_asked_for_once_more_when_it_is_turned_down(server: Events, connect: Any):
    server.status, server.head = "401 Unauthorized", {}
    tokens: list[str] = []

    def token() -> str:
        tokens.append("secret")
        if len(tokens) == 2:
            server.status, server.head = "200 OK", {"Content-Type": "text/event-stream"}
        return tokens[-1]

    connect(server.url, auth=token).wait_until("connected", LIMIT)
    assert len(tokens) == 2


def test_where_the_second_token_is_turned_down_too_it_ends_in_an_error(server: Events, connect: Any):
    server.status, server.head = "401 Unauthorized", {}
    client = connect(server.url, auth=lambda: "secret")
    client.wait_until("error", LIMIT)
    assert isinstance(client.last_error, Unauthorized)
    assert client.last_error.__cause__ is None


def _lost_during(cause: BaseException) -> ConnectionLost:
    """Return an error that was raised while another was handled."""
    error = ConnectionLost("gone")
    error.__context__ = cause
    return error


def _own_cause(error: BaseException) -> BaseException:
    error.__cause__ = error
    return error


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (ValueError("x"), None),
        (ConnectionLost("ours"), None),
        (_own_cause(ConnectionLost("ours")), None),
        (_lost_during(_own_cause(ConnectionLost("ours"))), None),
        (_lost_during(_own_cause(ConnectionRefusedError("theirs"))), "theirs"),
        (_lost_during(ExceptionGroup("both", [OSError("first"), OSError("second")])), "first"),
    ],
)
def test_the_error_of_the_system_is_found_among_causes_that_lead_in_a_circle(
    error: BaseException, found: str | None
):
    of_it = of_the_system(error)
    assert (None if of_it is None else str(of_it)) == found


def test_silence_ends_it_and_comments_are_signs_of_life(server: Events, connect: Any, fake_clock: FakeClock):
    client = connect(server.url, decode=numbers, reconnect=STEADY)
    client.wait_until("connected", LIMIT)
    fake_clock.turn(40)
    before = client.stats.frames
    server.send(b":\n\ndata: 1\n\n")
    wait_for(lambda: client.stats.frames > before)
    fake_clock.turn(44)
    assert client.state == "connected"
    fake_clock.turn(1)
    client.wait_until("reconnecting", LIMIT)
    assert "nothing was heard from" in str(client.last_error)
    assert "for 45 s" in str(client.last_error)


def test_without_a_heartbeat_silence_means_nothing(server: Events, connect: Any, fake_clock: FakeClock):
    client = connect(server.url, decode=numbers, heartbeat=None)
    stream = client.stream("n")
    client.wait_until("connected", LIMIT)
    fake_clock.turn(3600)
    server.send(b"data: 1\n\n")
    has(stream, 1)


def test_what_is_too_large_costs_only_itself(server: Events, connect: Any):
    client = connect(server.url, decode=numbers, max_size=1000)
    stream = client.stream("n")
    client.wait_until("connected", LIMIT)
    server.send(b"data: " + b"1" * 5000 + b"\n\ndata: 2\n\n")
    has(stream, 2)
    assert "more than 1,000 bytes; raise max_size=" in str(client.last_error)
    assert client.stats.bad == 1


def test_nothing_can_be_sent_and_that_is_said_at_once(server: Events, connect: Any):
    client = connect(server.url)
    delivery = client.publish("x", 1)
    assert delivery.state == "failed"
    assert "Server-Sent Events go one way; to publish" in str(delivery.error)
    client.wait_until("connected", LIMIT)
    assert client.send("x").state == "failed"


def test_a_function_may_give_such_an_address_and_what_waited_fails(server: Events, connect: Any):
    client = connect(lambda: server.url)
    delivery = client.publish("x", 1)
    client.wait_until("connected", LIMIT)
    wait_for(lambda: delivery.done)
    assert "Server-Sent Events go one way" in str(delivery.error)


def test_a_server_that_is_not_there_is_said_to_be(connect: Any):
    client = connect("http://127.0.0.1:1/stream")
    client.wait_until("reconnecting", LIMIT)
    assert str(client.last_error) == (
        "no connection to http://127.0.0.1:1/stream: nothing listens there; start the server, or check the port"
    )


def test_the_end_does_not_wait_for_an_answer(server: Events, connect: Any):
    server.mute = True
    client = connect(server.url)
    wait_for(lambda: server.requests)
    client.disconnect()
    client.wait_until("disconnected", LIMIT)


def test_after_a_sleep_the_stream_is_opened_anew(
    server: Events, connect: Any, fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    wall = [0.0]
    monkeypatch.setattr(sleep, "_wall", lambda: wall[0] + fake_clock.time())
    client = connect(server.url, reconnect=STEADY)
    client.wait_until("connected", LIMIT)
    fake_clock.turn(6)
    wall[0] = 3600.0
    fake_clock.turn(6)
    client.wait_until("reconnecting", LIMIT)
    assert "because this machine slept" in str(client.last_error)


def test_the_query_of_its_address_is_in_no_log(
    server: Events, connect: Any, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    client = connect(f"{server.url}?token=secret", auth="secret")
    client.wait_until("connected", LIMIT)
    assert server.paths == ["/stream?token=secret"]
    assert server.requests[0]["authorization"] == "Bearer secret"
    assert "secret" not in caplog.text
    assert "secret" not in repr(client)
