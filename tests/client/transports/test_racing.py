"""Connecting to the first address of a host that answers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from realtime_widgets.client.transports.racing import _by_turns, connect_socket
from realtime_widgets.runtime import get_runtime
from support.servers import LIMIT, Server, wait_for
from support.states import settled


@pytest.fixture
def dead() -> Iterator[int]:
    """A port where nobody answers: its queue is full, so that the system drops who knocks."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fill = [socket.socket() for _ in range(4)]
        for each in fill:
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for each in fill:
            each.close()


@pytest.fixture
def alive() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def found(*ports: int) -> Any:
    """A lookup that finds addresses with these ports."""
    return lambda *_, **__: [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports
    ]


def connected(host: str = "host.example", port: int = 1) -> int:
    """Connect, and return the port of the address that answered."""
    with get_runtime().run(connect_socket(host, port)).result(LIMIT) as made:
        return made.getpeername()[1]


def test_an_address_that_does_not_answer_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch, dead: int, alive: int
):
    monkeypatch.setattr(socket, "getaddrinfo", found(dead, dead, alive))
    assert connected() == alive


def test_an_address_that_refuses_leaves_it_to_the_next(monkeypatch: pytest.MonkeyPatch, alive: int):
    monkeypatch.setattr(socket, "getaddrinfo", found(1, alive))
    assert connected() == alive


def test_where_all_refuse_it_is_said_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(socket, "getaddrinfo", found(1, 1))
    with pytest.raises(ConnectionRefusedError):
        connected()


def test_a_name_without_addresses_is_no_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(socket, "getaddrinfo", found())
    with pytest.raises(socket.gaierror):
        connected()


def test_an_address_needs_no_lookup(monkeypatch: pytest.MonkeyPatch, alive: int):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("looked up"))
    assert connected("127.0.0.1", alive) == alive


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_protocol_is_named_so_that_what_is_small_leaves_at_once(alive: int, host: str):
    with get_runtime().run(connect_socket(host, alive)).result(LIMIT) as made:
        assert made.proto == socket.IPPROTO_TCP  # by which asyncio decides


def test_what_is_given_up_leaves_no_socket_open(monkeypatch: pytest.MonkeyPatch, dead: int):
    monkeypatch.setattr(socket, "getaddrinfo", found(dead, dead))
    made: list[socket.socket] = []

    class Socket(socket.socket):
        def __init__(self, *args: Any, **keywords: Any) -> None:
            super().__init__(*args, **keywords)
            made.append(self)

    monkeypatch.setattr(socket, "socket", Socket)

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(connect_socket("host.example", 1), 0.3)

    get_runtime().run(give_up()).result(LIMIT)
    wait_for(lambda: made and all(each.fileno() == -1 for each in made))


def test_families_take_turns():
    v6, v4 = socket.AF_INET6, socket.AF_INET
    each = [(family, 1, 6, "", n) for n, family in enumerate((v6, v6, v6, v4))]
    assert [(found[0], found[4]) for found in _by_turns(each)] == [(v6, 0), (v4, 3), (v6, 1), (v6, 2)]
    assert _by_turns([]) == []


@pytest.mark.parametrize("scheme", ["ws", "http"])
def test_a_client_gets_to_the_address_that_answers(
    monkeypatch: pytest.MonkeyPatch, connect: Any, dead: int, scheme: str
):
    """Both libraries: one races by itself."""
    with Server() as server:
        monkeypatch.setattr(socket, "getaddrinfo", found(dead, server.port))
        client = connect(f"{scheme}://host.example:{server.port}/ws")
        settled(client, "connected" if scheme == "ws" else "error")  # what answers is no stream of events
        assert scheme == "ws" or "is the address of a WebSocket" in str(client.last_error)
