"""Security: what is too much, too deep, too slow or no protocol at all ends by itself, and others are served."""

from __future__ import annotations

import contextlib
import gzip
import json
import logging
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from realtime_widgets.hub import Hub, Limits, intake, protocols, serving
from realtime_widgets.hub.history import MAX_PAGE_BYTES
from support.hostile import LIMIT, Hostile, frame, opening, request, said
from support.scripted_client import small_socket, until

MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def nothing_is_logged_as_an_error(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def in_hub(hub: Hub) -> Any:
    assert hub._instance is not None
    return hub._instance


@contextlib.contextmanager
def socket_of(hub: Hub, *channels: str) -> Iterator[Hostile]:
    """A WebSocket that has said hello."""
    with Hostile(hub.port) as one:
        assert " 101 " in one.upgraded(hub.token)
        one.send(said("hello", {"version": 1}))
        one.heard("hello")
        if channels:
            one.send(said("subscribe", {"streams": list(channels)}))
        one.send(said("ping", {}, id=0))
        one.heard("pong")
        yield one


def served(hub: Hub) -> None:
    """Have somebody else publish, and receive."""
    with socket_of(hub, "bystander") as other:
        other.send(said("publish", 7, channel="bystander"))
        assert other.heard("bystander")["data"] == 7


# Frames


DEEP = 400_000

ENDS: dict[str, tuple[list[bytes], int]] = {
    "larger than it may be": ([frame(b"x" * (MIB + 1))], 1009),
    "said to be endless": ([b"\x81\xff" + struct.pack("!Q", 2**62)], 1009),
    "of a size that is none": ([b"\x81\xff" + struct.pack("!Q", 2**63 + 5)], 1009),
    "too large together": ([frame(b"x" * MIB, fin=False), frame(b"x", 0)], 1009),
    "in too many parts": ([frame(b"x", fin=False), frame(b"x", 0, fin=False) * 2000], 1008),
    "in too many parts of nothing": ([frame(b"", 2, fin=False), frame(b"", 0, fin=False) * 2000], 1008),
    "packed": ([frame(b"\xaa\x56\x2a\xa9\x2c\x48\x55\xb2\x52\x00", reserved=0x40)], 1002),
    "with reserved bits": ([frame(b"{}", reserved=0x30)], 1002),
    "not masked": ([b"\x81\x02{}"], 1002),
    "of no kind": ([frame(b"", 3)], 1002),
    "a control frame of no kind": ([frame(b"", 11)], 1002),
    "a ping in parts": ([frame(b"", 9, fin=False)], 1002),
    "a ping that is large": ([frame(b"x" * 126, 9)], 1002),
    "going on with nothing": ([frame(b"x", 0)], 1002),
    "another in the middle of one": ([frame(b"x", fin=False), frame(b"x")], 1002),
    "no text": ([frame(b"\xff\xfe\xfd")], 1007),
    "a goodbye of one byte": ([frame(b"x", 8)], 1002),
    "a goodbye of no code": ([frame(struct.pack("!H", 5), 8)], 1002),
}


@pytest.mark.parametrize(("frames", "code"), ENDS.values(), ids=ENDS)
def test_a_frame_that_cannot_be_ends_its_connection_alone(shared: Hub, frames: list[bytes], code: int):
    with socket_of(shared) as one:
        for each in frames:
            one.send(each)
        assert one.closed() == code
    served(shared)


@pytest.mark.parametrize("opcode", [1, 2])
@pytest.mark.parametrize(
    "text",
    [
        b"[" * DEEP,
        b"[" * DEEP + b"]" * DEEP,
        b'{"a":' * (DEEP // 5) + b"1" + b"}" * (DEEP // 5),
        b'{"type": "publish", "channel": "x", "data": %s}' % (b"[" * DEEP + b"]" * DEEP),
        b'{"type": "publish", "channel": "x", "data": %s}' % (b"9" * 500_000),
        b'{"type": "hello", "data": %s}' % (b"[" * DEEP),
        b'{"type": ["publish"], "channel": {}, "data": 1}',
        b"\0" * 500_000,
        b"}" * 500_000,
        b'"' * 500_001,
        b"\\" * 500_000,
        b"\n" * 500_000 + b"[",
    ],
    ids=lambda text: "" if isinstance(text, int) else repr(text[:40]),
)
def test_whatever_a_frame_says_is_answered_and_the_connection_goes_on(shared: Hub, text: bytes, opcode: int):
    with socket_of(shared) as one:
        one.send(frame(text, opcode))
        one.send(said("ping", {}, id=1))
        one.heard("pong")


def test_bytes_that_are_no_text_are_answered_too(shared: Hub):
    with socket_of(shared) as one:
        one.send(frame(b"\xff\xfe\xfd" * 1000, 2))
        assert one.heard("error")["data"]["code"] == "unreadable"


def test_a_message_may_come_in_parts_with_pings_between(shared: Hub):
    text = b'{"type": "ping", "data": {}, "id": 5}'
    with socket_of(shared) as one:
        for number, byte in enumerate(text):
            opcode, fin = (1 if number == 0 else 0), number == len(text) - 1
            one.send(frame(bytes([byte]), opcode, fin=fin) + frame(b"p", 9))
        assert one.heard("pong")["id"] == 5


def test_a_smaller_frame_may_be_the_largest():
    with Hub(limits=Limits(frame_bytes=5000)) as hub, socket_of(hub) as one:
        one.send(said("publish", "x" * 4800, channel="x"))
        one.send(said("ping", {}, id=1))
        one.heard("pong")
        one.send(said("publish", "x" * 5000, channel="x"))
        assert one.closed() == 1009


def test_nothing_is_unpacked(shared: Hub):
    with Hostile(shared.port) as one:
        offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
        head = one.upgraded(shared.token, offer)
        assert " 101 " in head
        assert "extensions" not in head.lower()


def test_ten_thousand_pings_are_answered_while_others_are_served(shared: Hub):
    with socket_of(shared) as one:
        one.send(b"".join(frame(struct.pack("!I", number), 9) for number in range(10_000)))
        served(shared)
        answers = []
        while len(answers) < 10_000:
            opcode, payload = one.frame()
            if opcode == 10:
                answers.append(struct.unpack("!I", payload)[0])
        assert answers == list(range(10_000))


def test_who_does_not_read_is_sent_no_more_pongs(hub: Hub):
    with small_socket(hub) as deaf:
        deaf.sendall(opening(hub.port, hub.token))
        until(lambda: any(_is_open_socket(each) for each in _connections(hub)))
        connection = next(each for each in _connections(hub) if _is_open_socket(each))
        pings = frame(b"x" * 125, 9) * 1000
        for _ in range(60):  # 8 MB of pongs
            deaf.sendall(pings)
        assert connection.transport.get_write_buffer_size() < 256 * 1024
    served(hub)


def _connections(hub: Hub) -> list[Any]:
    return list(in_hub(hub).serving._server.server_state.connections)


def _is_open_socket(connection: Any) -> bool:
    return hasattr(connection, "go") and connection.handshake_complete


def test_a_frame_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(serving, "PING_INTERVAL", 0.1)
    with Hub() as hub, socket_of(hub) as one:
        one.send(frame(b"x" * 100_000)[:-1])
        one.closed()
        served(hub)


# Bodies and heads


def posted(hub: Hub, *headers: str, body: bytes = b"", path: str = "x") -> bytes:
    with Hostile(hub.port) as one:
        one.send(
            request(f"POST /publish/{path}", hub.port, hub.token, *headers, "Connection: close", body=body)
        )
        return one.answer()


@pytest.mark.parametrize("kind", ["Content-Length: 1000000000000", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("path", ["x", "x?many=1"])
def test_a_body_without_end_is_refused_before_its_end_and_then_cut_off(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, kind: str, path: str
):
    monkeypatch.setattr(protocols, "BODY_TIMEOUT", 0.3)
    part = b"x" * 65536
    if "chunked" in kind:
        part = b"10000\r\n" + part + b"\r\n"
    with Hostile(hub.port) as one:
        one.send(request(f"POST /publish/{path}", hub.port, hub.token, kind))
        answer = b""
        one.socket.settimeout(0.001)
        with contextlib.suppress(ConnectionError):
            while True:
                with contextlib.suppress(TimeoutError):
                    one.socket.sendall(part)
                with contextlib.suppress(TimeoutError):
                    answer += one.socket.recv(65536)
        assert answer.startswith(b"HTTP/1.1 413 ") or answer == b"", "it may be lost with the connection"
    served(hub)


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\n",
        b"-1\r\n",
        b"ffffffffffffffffffffffff\r\n",
        b"1" * 100_000,
        b"1;" + b"x" * 100_000,
        b"1\r\n1x\r\n",
        b"0\r\nX: " + b"x" * 100_000,
        b"0\r\n" + b"X: x\r\n" * 10_000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_chunks_that_are_none_are_refused(shared: Hub, body: bytes):
    status = posted(shared, "Transfer-Encoding: chunked", body=body).split(b" ")
    assert status == [b""] or status[1].startswith(b"4")
    served(shared)


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 1", "Content-Length: 2"),
        ("Content-Length: x",),
        ("Content-Length: -1",),
        ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding: chunked, chunked",),
        ("X: " + "x" * 100_000,),
        tuple(f"X{number}: x" for number in range(20_000)),
        ("X\0: x",),
        (" folded: x",),
    ],
    ids=lambda headers: headers[0][:30],
)
def test_heads_that_are_none_are_refused(shared: Hub, headers: tuple[str, ...]):
    assert posted(shared, *headers, body=b"1").split(b" ")[1][:1] in (b"4", b"5")
    served(shared)


def test_a_million_chunks_of_a_byte_are_read_between_the_turns_of_others(shared: Hub):
    with Hostile(shared.port) as one:
        one.send(request("POST /publish/tiny", shared.port, shared.token, "Transfer-Encoding: chunked"))
        one.send(b"1\r\n1\r\n" * 100_000)
        served(shared)
        one.send(b"0\r\n\r\n")
        while b"\r\n\r\n" not in one.came:
            one._read()
        assert one.came.startswith(b"HTTP/1.1 200") or one.came.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "body",
    [b"[" * 900_000, b"[" * 400_000 + b"]" * 400_000, b'{"a":' * 100_000, b"9" * 900_000, b"\xff" * 900_000],
    ids=lambda body: repr(body[:10]),
)
@pytest.mark.parametrize("path", ["x", "x?many=1"])
def test_what_a_body_says_cannot_bring_it_down(shared: Hub, body: bytes, path: str):
    answer = posted(shared, f"Content-Length: {len(body)}", body=body, path=path)
    assert answer.split(b" ")[1] in (b"200", b"400", b"413")
    served(shared)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, gzip", "x"])
def test_a_packed_body_is_refused_as_it_is(shared: Hub, coding: str):
    bomb = gzip.compress(b"0" * (100 * MIB))
    answer = posted(shared, f"Content-Encoding: {coding}", f"Content-Length: {len(bomb)}", body=bomb)
    assert answer.startswith(b"HTTP/1.1 415 ")
    assert b"send it as it is" in answer


def test_requests_that_are_sent_at_once_are_answered_one_after_the_other(shared: Hub):
    count = 200
    with Hostile(shared.port) as one:
        post = request("POST /publish/piped", shared.port, shared.token, "Content-Length: 1", body=b"7")
        last = request("GET /health", shared.port, None, "Connection: close")
        one.send(post * count + last)
        answer = one.answer()
    assert [int(found) for found in re.findall(rb'"offset":(\d+)', answer)] == list(range(1, count + 1))


# Who does not read


def test_who_asks_for_pages_and_never_reads_is_cut_off(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(intake, "WRITE_TIMEOUT", 0.2)
    hub.publish("large", "x" * MAX_PAGE_BYTES)
    with small_socket(hub) as deaf:
        deaf.sendall(request("GET /history/large?limit=300", hub.port, hub.token) * 60)
        until(lambda: len(_connections(hub)) > 0)
        until(lambda: len(_connections(hub)) == 0)
    served(hub)


def test_who_reads_slowly_is_not_cut_off(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(intake, "WRITE_TIMEOUT", 0.2)
    hub.publish("large", "x" * (MAX_PAGE_BYTES - 100_000))
    with small_socket(hub) as slow:
        slow.settimeout(LIMIT)
        slow.sendall(request("GET /history/large", hub.port, hub.token, "Connection: close"))
        began, came = time.monotonic(), 0
        while part := slow.recv(65536 if time.monotonic() - began > 1.0 else 256):
            came += len(part)
            time.sleep(0.0 if time.monotonic() - began > 1.0 else 0.005)
    assert came > MAX_PAGE_BYTES - 100_000


# Handshakes


SLOW_HUB = """
import sys, realtime_widgets as rw
with rw.Hub(token="a-token", limits=rw.Limits(handshake=float(sys.argv[1]))) as hub:
    print(hub.port, flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def hub_apart(env: dict[str, str], handshake: float) -> Iterator[int]:
    """A hub in a process of its own; gives its port."""
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_HUB, str(handshake)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=env,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


@contextlib.contextmanager
def many_files() -> Iterator[None]:
    try:
        import resource
    except ImportError:  # Windows, where there is no such limit
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(before[0], 4096), before[1]), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def served_apart(port: int) -> None:
    with Hostile(port) as other:
        assert " 101 " in other.upgraded("a-token")
        other.send(said("hello", {"version": 1}) + said("subscribe", {"streams": ["x"]}))
        other.send(said("publish", 7, channel="x"))
        assert other.heard("x")["data"] == 7


def test_a_thousand_handshakes_that_never_end_hold_up_nobody_and_are_cut_off(child_env: dict[str, str]):
    begun = [b"", b"G", b"GET /ws/dashboard HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"\x16\x03\x01\x02\x00"]
    with many_files(), hub_apart(child_env, handshake=3.0) as port, contextlib.ExitStack() as open:
        slow = []
        for number in range(1000):
            made = open.enter_context(socket.create_connection(("127.0.0.1", port), LIMIT))
            made.sendall(begun[number % len(begun)])
            slow.append(made)
            if number % 250 == 249:
                served_apart(port)
        served_apart(port)
        trickling = slow[-2]  # a byte now and then changes nothing

        def trickle() -> None:
            with contextlib.suppress(OSError):
                while True:
                    trickling.sendall(b"x")
                    time.sleep(0.05)

        thread = threading.Thread(target=trickle)
        thread.start()
        for each in slow:
            with contextlib.suppress(ConnectionResetError):
                while each.recv(4096):
                    pass
        thread.join(LIMIT)
        assert not thread.is_alive()
        served_apart(port)


def test_of_too_many_who_say_nothing_the_first_goes_and_the_next_is_served(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(protocols, "MAX_SILENT", 10)
    with contextlib.ExitStack() as open:
        silent = [
            open.enter_context(socket.create_connection(("127.0.0.1", hub.port), LIMIT)) for _ in range(10)
        ]
        until(lambda: len(_connections(hub)) == 10)
        served(hub)
        with contextlib.suppress(ConnectionResetError):
            assert silent[0].recv(1) == b""
        silent[1].setblocking(False)
        with pytest.raises(BlockingIOError):
            silent[1].recv(1)


# Floods


FLOODS = {
    "published": said("publish", {"loss": 0.5}, channel="flood") * 500,
    "lists": frame(json.dumps([{"type": "publish", "data": 1, "channel": "flood"}] * 2000).encode()),
    "subscribed": (
        said("subscribe", {"streams": [f"c{number}" for number in range(128)]})
        + said("unsubscribe", {"streams": [f"c{number}" for number in range(128)]})
    ),
    "history": said("subscribe", {"streams": ["flood"]})
    + said("history", {}, channel="flood", epoch="x", offset=0) * 50,
    "pings": frame(b"", 9) * 5000,
    "parts": frame(b"", 1, fin=False) + frame(b"", 0, fin=False) * 1000 + frame(b"[]", 0),
    "nonsense": frame(b"x" * 1000) * 100,
    "posts": b"",
    "pages": b"",
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_bystander_is_served_as_long_as_a_flood_lasts(hub: Hub, name: str):
    """However long: the flood ends when the bystander has had what it wants."""
    many = b"[%s]" % b",".join([b'{"loss": 0.5}'] * 1000)
    blob = {
        "posts": request(
            "POST /publish/flood?many=1", hub.port, hub.token, f"Content-Length: {len(many)}", body=many
        ),
        "pages": request("GET /history/flood?limit=300", hub.port, hub.token) * 10,
    }.get(name, FLOODS[name])
    over = threading.Event()
    poured = [0]

    def flood() -> None:
        with Hostile(hub.port) as one:
            if FLOODS.get(name):
                one.upgraded(hub.token)
                one.send(said("hello", {"version": 1, "batch": True, "recovery": True, "acks": True}))
            one.socket.setblocking(False)
            left = memoryview(blob)
            while not over.is_set():
                try:
                    left = left[one.socket.send(left) :] or memoryview(blob)
                    poured[0] += 1
                except BlockingIOError:
                    time.sleep(0.0005)
                except ConnectionError:
                    return  # it was closed for not reading
                with contextlib.suppress(BlockingIOError, ConnectionError):
                    one.socket.recv(1 << 20)

    threads = [threading.Thread(target=flood) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        with socket_of(hub, "bystander") as bystander:
            for number in range(30):
                bystander.send(said("publish", number, channel="bystander"))
                assert bystander.heard("bystander")["data"] == number
        assert poured[0] > 3
    finally:
        over.set()
        for thread in threads:
            thread.join(LIMIT)
