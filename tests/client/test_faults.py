"""The proxy with faults, between plain sockets: each fault does what its name says."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from support.faults import CHUNK, DEPTH, SYSTEM, Proxy
from support.servers import LIMIT, plain, wait_for

LONG = 10 * LIMIT
"""Seconds: what takes so long does not happen in a test."""

MOMENT = 0.1
"""Seconds in which nothing happens; if it did on a busy machine, only later, a test would miss it and not fail."""


class Echo:
    """Says back what it hears."""

    def __init__(self) -> None:
        self.met = 0
        self.heard = b""
        self.ends: list[str] = []
        self.say: Callable[[bytes], object]

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.met += 1
        loop = asyncio.get_running_loop()
        self.say = lambda words: loop.call_soon_threadsafe(writer.write, words)
        try:
            while chunk := await reader.read(4096):
                self.heard += chunk
                writer.write(chunk)
                await writer.drain()
            self.ends.append("FIN")
        except ConnectionError:
            self.ends.append("RST")


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with plain(echo) as port, Proxy(port) as proxy:
        yield proxy


def dial(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=LIMIT)


def narrow(proxy: Proxy) -> socket.socket:
    """A client for which the system keeps little."""
    client = socket.socket()
    client.settimeout(LIMIT)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SYSTEM)
    client.connect(("127.0.0.1", proxy.port))
    return client


def read(client: socket.socket, size: int) -> bytes:
    """So many bytes, or what comes before the end."""
    data = b""
    while len(data) < size and (chunk := client.recv(size - len(data))):
        data += chunk
    return data


def answer(client: socket.socket, question: bytes) -> bytes:
    client.sendall(question)
    return read(client, len(question))


def silent(client: socket.socket) -> bool:
    """Whether neither bytes nor an end come for a moment."""
    return not select.select([client], [], [], MOMENT)[0]


def seconds(fn: Callable[[], object]) -> float:
    begun = time.monotonic()
    fn()
    return time.monotonic() - begun


def test_without_a_fault_everything_passes_and_is_counted(proxy: Proxy, echo: Echo):
    data = bytes(range(256)) * 1000
    with dial(proxy) as client, dial(proxy) as other:
        writer = threading.Thread(target=client.sendall, args=(data,))
        writer.start()
        assert read(client, len(data)) == data
        writer.join()
        assert answer(other, b"and mine") == b"and mine"
        assert (proxy.connections, proxy.open) == (2, 2)
        assert proxy.passed == {"up": len(data) + 8, "down": len(data) + 8}
    wait_for(lambda: proxy.open == 0)
    assert echo.ends == ["FIN", "FIN"]
    assert proxy.connections == 2


def test_one_side_may_end_before_the_other(proxy: Proxy, echo: Echo):
    with dial(proxy) as client:
        client.sendall(b"the last words")
        client.shutdown(socket.SHUT_WR)
        assert read(client, 100) == b"the last words"
    assert echo.ends == ["FIN"]


def test_it_has_the_addresses_of_what_is_on_the_server():
    with Proxy(1234) as proxy:
        assert proxy.url == f"ws://127.0.0.1:{proxy.port}"
        assert proxy.to("ws://127.0.0.1:1234/ws/dashboard?x=1") == f"{proxy.url}/ws/dashboard?x=1"
        with pytest.raises(AssertionError, match="not on port 1234"):
            proxy.to("ws://127.0.0.1:12345/ws")


def test_a_server_that_is_not_there_shows_as_one_that_closes():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with Proxy(nobody.getsockname()[1]) as proxy, dial(proxy) as client:
            assert client.recv(1) == b""


def test_the_server_hears_of_a_client_that_breaks_off(proxy: Proxy, echo: Echo):
    with dial(proxy) as client:
        assert answer(client, b"x") == b"x"
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wait_for(lambda: echo.ends == ["RST"])
    wait_for(lambda: proxy.open == 0)


def test_the_server_hears_when_it_talks_to_a_client_that_is_gone():
    left_off = threading.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.read() == b""
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0)
        left_off.set()

    with plain(talk) as port, Proxy(port) as proxy:
        dial(proxy).close()
        assert left_off.wait(LIMIT)
        wait_for(lambda: proxy.open == 0)


# Latency


def test_latency_is_on_either_way(proxy: Proxy):
    with dial(proxy) as client:
        answer(client, b"before")
        proxy.latency(0.1)
        assert seconds(lambda: answer(client, b"x")) >= 0.2


def test_latency_may_be_on_one_way_only(proxy: Proxy, echo: Echo):
    proxy.latency(LONG, direction="down")
    with dial(proxy) as client:
        client.sendall(b"x")
        wait_for(lambda: echo.heard == b"x")
        assert silent(client)
        proxy.heal()
        assert read(client, 1) == b"x"


def test_jitter_comes_on_top(proxy: Proxy):
    proxy.latency(0, LONG)
    with dial(proxy) as client:
        client.sendall(b"x")
        assert silent(client)
        proxy.heal()
        assert read(client, 1) == b"x"


def test_jitter_keeps_the_order(proxy: Proxy):
    proxy.latency(0.001, 0.02)
    with dial(proxy) as client:
        for n in range(100):
            client.sendall(bytes([n]))
            wait_for(lambda sent=n: proxy.passed["up"] > sent - 10)  # so that it takes them one by one
        assert read(client, 100) == bytes(range(100))


def test_chunks_are_late_together(proxy: Proxy):
    proxy.latency(0.5, direction="up")
    with dial(proxy) as client:
        one = seconds(lambda: answer(client, bytes(CHUNK)))
        many = seconds(lambda: answer(client, bytes(DEPTH * CHUNK)))
        assert 0.5 <= many < DEPTH / 2 * one


# Ends


def test_down_closes_and_refuses_and_up_lets_in_on_the_same_port(proxy: Proxy, echo: Echo):
    with dial(proxy) as client:
        answer(client, b"x")
        port = proxy.port
        proxy.down()
        assert client.recv(1) == b""
        assert proxy.open == 0
    wait_for(lambda: echo.ends == ["FIN"])
    with pytest.raises(ConnectionRefusedError):
        dial(proxy)
    proxy.up()
    assert proxy.port == port
    with dial(proxy) as client:
        assert answer(client, b"again") == b"again"
        proxy.down()
        proxy.heal()
    with dial(proxy) as client:
        assert answer(client, b"again") == b"again"
    assert proxy.connections == 3


def test_what_has_passed_is_heard_before_the_end(proxy: Proxy, echo: Echo):
    with narrow(proxy) as client:
        answer(client, b"x")
        proxy.half_open(direction="up")
        client.sendall(bytes(DEPTH * CHUNK + 3 * CHUNK))  # more than the proxy takes
        echo.say(bytes(1_000_000))
        wait_for(lambda: proxy.passed["down"] > 2 * SYSTEM)  # more than the client's system takes
        proxy.down()
        assert (
            len(read(client, 1_000_000)) >= proxy.passed["down"] - 1 - CHUNK
        )  # without x, and what it was at


def test_reset_breaks_both_sides_off_and_lets_in_again(proxy: Proxy, echo: Echo):
    with dial(proxy) as client, dial(proxy) as other:
        answer(client, b"x")
        answer(other, b"x")
        proxy.reset()
        for one in (client, other):
            with pytest.raises(ConnectionResetError):
                one.recv(1)
    wait_for(lambda: echo.ends == ["RST", "RST"])
    with dial(proxy) as client:
        assert answer(client, b"again") == b"again"


def test_slow_close_keeps_an_end_back_and_no_bytes(proxy: Proxy, echo: Echo):
    proxy.slow_close(LONG)
    with dial(proxy) as client:
        assert answer(client, b"x") == b"x"
    with dial(proxy) as client:  # whose words come after the other's end
        assert answer(client, b"x") == b"x"
        assert proxy.open == 2
        assert echo.ends == []
        proxy.heal()
        wait_for(lambda: echo.ends == ["FIN"])


def test_slow_close_lets_an_end_pass_when_it_is_due(proxy: Proxy, echo: Echo):
    proxy.slow_close(0.2, direction="up")
    with dial(proxy) as client:
        answer(client, b"x")
        begun = time.monotonic()
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
        assert time.monotonic() - begun >= 0.2
    assert echo.ends == ["FIN"]


def test_a_limit_closes_each_connection_after_as_many_bytes(proxy: Proxy, echo: Echo):
    with dial(proxy) as client:
        answer(client, b"before")
        proxy.limit(5)
        assert answer(client, b"123") == b"123"
        client.sendall(b"45678")
        assert read(client, 100) == b"45"
    with dial(proxy) as client:
        client.sendall(b"12345678")
        assert read(client, 100) == b"12345"
    wait_for(lambda: echo.ends == ["FIN", "FIN"])
    proxy.heal()
    with dial(proxy) as client:
        assert answer(client, b"12345678") == b"12345678"


# Holding back


def test_into_a_black_hole_nothing_passes_and_nobody_is_told(proxy: Proxy, echo: Echo):
    with dial(proxy) as client:
        answer(client, b"x")
        proxy.half_open()
        client.sendall(b"is anybody there?")
        client.shutdown(socket.SHUT_WR)
        echo.say(b"or here?")
        assert silent(client)
        assert (echo.heard, echo.ends) == (b"x", [])
        assert proxy.passed == {"up": 1, "down": 1}
        assert proxy.open == 1
        proxy.heal()
        assert read(client, 100) == b"or here?is anybody there?"
    assert echo.ends == ["FIN"]


def test_into_a_black_hole_no_connection_opens(proxy: Proxy, echo: Echo):
    proxy.half_open()
    with dial(proxy) as client:
        client.sendall(b"x")
        wait_for(lambda: proxy.open == 1)
        assert silent(client)
        assert echo.met == 0
        proxy.heal()
        assert read(client, 1) == b"x"


def test_a_black_hole_may_be_on_one_way_only(proxy: Proxy, echo: Echo):
    with dial(proxy) as client:
        answer(client, b"x")
        proxy.half_open(direction="up")
        client.sendall(b"y")
        echo.say(b"still here")
        assert read(client, 10) == b"still here"
        assert echo.heard == b"x"


def test_bandwidth_makes_bytes_take_their_time(proxy: Proxy):
    proxy.bandwidth(20_000, direction="up")
    with dial(proxy) as client:
        assert seconds(lambda: answer(client, bytes(5000))) >= 0.25


def test_bandwidth_can_change_while_bytes_pass(proxy: Proxy):
    proxy.bandwidth(1, direction="down")
    with dial(proxy) as client:
        client.sendall(bytes(range(200)))
        assert silent(client)
        proxy.bandwidth(1e9)
        assert read(client, 200) == bytes(range(200))


def test_slicing_leaves_of_bytes_their_order(proxy: Proxy):
    data = bytes(range(250)) * 8
    proxy.slicing(3)
    with dial(proxy) as client:
        assert answer(client, data) == data


def test_slices_are_small_and_apart(proxy: Proxy):
    proxy.slicing(3, LONG, direction="down")
    with dial(proxy) as client:
        client.sendall(b"123456789")
        slice_ = client.recv(100)
        assert 1 <= len(slice_) <= 3
        assert silent(client)
        begun = time.monotonic()
        proxy.slicing(2, 0.05, direction="down")
        assert slice_ + read(client, 9 - len(slice_)) == b"123456789"
        assert time.monotonic() - begun >= 0.1  # three slices at least


def test_a_client_that_does_not_read_slows_the_server():
    sent, much = 0, 16 * (DEPTH * CHUNK + 4 * SYSTEM)
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        Proxy(listener.getsockname()[1]) as proxy,
        narrow(proxy) as client,
        listener.accept()[0] as server,
    ):
        server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SYSTEM)
        server.setblocking(False)
        while sent < much and select.select([], [server], [], MOMENT)[1]:
            sent += server.send(bytes(1000))
        assert sent < much
        assert len(read(client, sent)) == sent
        assert select.select([], [server], [], LIMIT)[1]


# Nothing is left


FAULTS: dict[str, Callable[[Proxy], None]] = {
    "none": lambda proxy: None,
    "latency": lambda proxy: proxy.latency(LONG),
    "half open": lambda proxy: proxy.half_open(),
    "slow close": lambda proxy: proxy.slow_close(LONG),
    "bandwidth": lambda proxy: proxy.bandwidth(1),
    "slicing": lambda proxy: proxy.slicing(1, LONG),
    "limit": lambda proxy: proxy.limit(1),
    "reset": lambda proxy: proxy.reset(),
    "down": lambda proxy: proxy.down(),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_left_of_it(echo: Echo, fault: str):
    threads = threading.active_count()
    with plain(echo) as port:
        with Proxy(port) as proxy, dial(proxy) as client, dial(proxy) as other:
            answer(client, b"x")
            other.sendall(b"x" * 10_000)
            other.shutdown(socket.SHUT_WR)
            FAULTS[fault](proxy)
            with contextlib.suppress(OSError):
                client.sendall(b"x" * 10_000)
                dial(proxy).close()
        assert proxy.open == 0
        assert proxy.loop.is_closed()
        with pytest.raises(ConnectionRefusedError):
            dial(proxy)
    gc.collect()  # where a socket that was lost makes a warning, which is an error here
    assert threading.active_count() == threads


def test_connections_end_with_it(echo: Echo):
    with plain(echo) as port, socket.socket() as client:
        client.settimeout(LIMIT)
        with Proxy(port) as proxy:
            client.connect(("127.0.0.1", proxy.port))
            answer(client, b"x")
            proxy.half_open()
        assert client.recv(1) == b""
        wait_for(lambda: echo.ends == ["FIN"])
