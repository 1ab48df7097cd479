"""Who shares a connection, and for how long it stays."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from realtime_widgets.client import Client
from realtime_widgets.client.connection import LINGER
from realtime_widgets.client.pool import Pool
from realtime_widgets.runtime import get_runtime
from support.event_server import Events
from support.fake_clock import FakeClock
from support.notebooks import make_shell
from support.servers import LIMIT, Server, wait_for


@pytest.fixture
def pool(fake_clock: FakeClock) -> Iterator[Pool]:
    made = Pool(get_runtime(), clock=fake_clock)
    yield made
    gc.collect()
    made._stop()
    wait_for(lambda: not made.open)


def connected(url: Any, pool: Pool, **options: Any) -> Client:
    client = Client(url, pool=pool, **options)
    client.wait_until("connected", LIMIT)
    return client


def wait_out(fake_clock: FakeClock, condition: Callable[[], object]) -> None:
    """Let time go on until a condition comes true: who was let go by the garbage collector is noted a little later."""

    def later() -> object:
        fake_clock.turn(LINGER)
        return condition()

    wait_for(later)


def done() -> None:
    """Wait until the I/O thread has done what it was handed."""

    async def nothing() -> None: ...

    get_runtime().run(nothing()).result(LIMIT)


def test_clients_of_one_address_share_its_connection(server: Server, pool: Pool):
    clients = [connected(server.url, pool, auth="t", headers={"X": "1"}) for _ in range(5)]
    wait_for(lambda: server.connections)
    assert (server.connections, pool.open) == (1, 1)
    streams = [client.stream("x") for client in clients]  # held: a stream lives as long as somebody has it
    assert all(stream is streams[0] for stream in streams)


def test_whoever_is_somebody_else_gets_another(server: Server, pool: Pool):
    kept = [
        connected(server.url, pool, **options)
        for options in ({}, {"auth": "a"}, {"auth": "b"}, {"headers": {"X": "1"}})
    ]
    wait_for(lambda: server.connections == len(kept))


def test_who_posts_shares_with_nobody_whatever_it_posts(pool: Pool):
    with Events() as server:
        kept = [
            Client(server.url, pool=pool, decode=str, **options)
            for options in ({"post": {}}, {"post": {}}, {})
        ]
        for client in kept:
            client.wait_until("connected", LIMIT)
        assert len(server.requests) == pool.open == len(kept)
        for client in kept[:2]:
            client.close()
        wait_for(lambda: pool.open == 1, "the end of those who posted, though no time goes by")


def test_who_decodes_otherwise_shares_the_socket_and_not_the_streams(server: Server, pool: Pool):
    plain = connected(server.url, pool)
    other = connected(server.url, pool, decode=lambda frame: {"channel": "x", "data": len(frame)})
    ours, theirs = plain.stream("x"), other.stream("x")
    wait_for(lambda: server.open)
    server.send({"type": "x", "data": 7})
    wait_for(lambda: len(ours) and len(theirs))
    assert server.connections == 1
    assert ours.latest(1).rows()[0]["value"] == 7
    assert theirs.latest(1).rows()[0]["value"] == len('{"type": "x", "data": 7}')


def test_the_last_one_out_closes_it_after_a_while(server: Server, pool: Pool, fake_clock: FakeClock):
    one, other = connected(server.url, pool), connected(server.url, pool)
    one.close()
    done()
    fake_clock.turn(LINGER + 1)
    assert other.state == "connected"
    other.close()
    done()
    fake_clock.turn(LINGER - 1)
    assert server.open == 1
    fake_clock.turn(1)
    wait_for(lambda: not server.open)
    wait_for(lambda: server.closed == [1000])
    assert pool.open == 0


def test_who_comes_within_that_while_meets_it_open(server: Server, pool: Pool, fake_clock: FakeClock):
    connected(server.url, pool).close()
    done()
    fake_clock.turn(LINGER - 1)
    client = connected(server.url, pool)
    fake_clock.turn(LINGER + 1)
    assert (server.connections, client.state) == (1, "connected")


def test_to_disconnect_the_last_closes_it_at_once(server: Server, pool: Pool):
    one, other = connected(server.url, pool), connected(server.url, pool)
    one.disconnect()
    done()
    assert (one.state, other.state, server.open) == ("disconnected", "connected", 1)
    other.disconnect()
    wait_for(lambda: not server.open)
    other.connect()
    other.wait_until("connected", LIMIT)
    wait_for(lambda: server.connections == 2)


def test_a_client_that_nobody_holds_lets_go(server: Server, pool: Pool, fake_clock: FakeClock):
    client = connected(server.url, pool)
    del client
    gc.collect()
    wait_out(fake_clock, lambda: not server.open)


def test_its_stream_goes_on_as_long_as_somebody_holds_that(server: Server, pool: Pool, fake_clock: FakeClock):
    held = [connected(server.url, pool).stream("x")]
    gc.collect()
    done()
    fake_clock.turn(2 * LINGER)
    wait_for(lambda: server.open)
    server.send({"type": "x", "data": 1})
    wait_for(lambda: len(held[0]))
    held.clear()
    gc.collect()
    wait_out(fake_clock, lambda: not server.open)


def test_closing_ends_the_streams_too(server: Server, pool: Pool, fake_clock: FakeClock):
    client = connected(server.url, pool)
    stream = client.stream("x")
    client.close()
    done()
    fake_clock.turn(LINGER)
    wait_for(lambda: not server.open)
    del client
    gc.collect()  # which must not bring it back
    done()
    assert (len(stream), pool.open) == (0, 0)


def test_a_closed_client_is_let_go_of_with_what_its_functions_lead_to(
    server: Server, pool: Pool, fake_clock: FakeClock
):
    class App:
        def __init__(self) -> None:
            self.client = Client(server.url, auth=self.token, decode=self.decode, pool=pool)

        def token(self) -> str:
            return "token"

        def decode(self, frame: str | bytes) -> Any:
            return None

    app = App()
    app.client.wait_until("connected", LIMIT)
    app.client.close()
    gone = weakref.ref(app)
    del app

    def let_go() -> bool:
        gc.collect()
        return gone() is None

    wait_out(fake_clock, let_go)


def test_callbacks_keep_their_client(server: Server, pool: Pool):
    heard: list[Any] = []
    connected(server.url, pool).on_message(heard.append)
    gc.collect()
    wait_for(lambda: server.open)
    server.send({"type": "x", "data": 1})
    wait_for(lambda: heard)


def test_300_clients_that_are_dropped_leave_nothing(server: Server, pool: Pool, fake_clock: FakeClock):
    for i in range(300):
        Client(server.url, pool=pool, headers={"X": str(i)})
    gc.collect()
    wait_out(fake_clock, lambda: pool.open == 0)
    wait_for(lambda: server.open == 0)

    def collected() -> bool:
        gc.collect()  # again and again: what the I/O thread is in the midst of ends a moment later
        return len(pool._known) == 0

    wait_for(collected)


def test_a_cell_that_is_run_five_times_has_one_of_everything(
    server: Server, fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    shell = make_shell(monkeypatch)
    pool = Pool(get_runtime(), clock=fake_clock)
    heard: list[tuple[int, Any]] = []
    shown: list[int] = []
    kept: list[Client] = []  # as widgets do
    space: dict[str, Any] = {"server": server, "pool": pool, "Client": Client}

    def cell(run: int) -> None:
        exec("client = Client(lambda: server.url, auth=lambda: 'token', pool=pool)", space)
        client = space["client"]
        client.wait_until("connected", LIMIT)
        client.on_message(lambda message: heard.append((run, message.data)))
        client.listen(lambda: shown.append(run))
        kept.append(client)

    shell.run(lambda: cell(0))
    stream = kept[0].stream("x")
    threads = {thread.name for thread in threading.enumerate() if "realtime" in thread.name}
    for run in range(1, 6):
        shell.run(lambda run=run: cell(run))
    assert (server.connections, pool.open) == (1, 1)
    assert {thread.name for thread in threading.enumerate() if "realtime" in thread.name} == threads
    assert kept[-1].stream("x") is stream
    server.send({"type": "x", "data": 1})
    wait_for(lambda: heard)
    done()
    assert heard == [(5, 1)]  # once, by the last run
    assert len(stream) == 1
    shown.clear()
    server.close_all()
    wait_for(lambda: set(shown) >= set(range(6)))  # an indicator of an earlier run still follows
    kept[-1].disconnect()
    wait_for(lambda: pool.open == 0)  # what is left of the earlier runs keeps nothing open
    wait_for(lambda: server.open == 0)


def test_a_cell_that_registers_a_callback_registers_it_once(
    server: Server, fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    shell = make_shell(monkeypatch)
    pool = Pool(get_runtime(), clock=fake_clock)
    heard: list[int] = []
    client = shell.run(lambda: connected(server.url, pool), "cell-1")
    for run in range(5):
        shell.run(lambda run=run: client.on_message(lambda _: heard.append(run)), "cell-2")
    wait_for(lambda: server.open)
    server.send({"type": "x", "data": 1}, {"type": "x", "data": 1})
    wait_for(lambda: len(heard) >= 2)
    assert heard == [4, 4]
    client.disconnect()


def test_another_cell_does_not_replace_it(
    server: Server, fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    shell = make_shell(monkeypatch)
    pool = Pool(get_runtime(), clock=fake_clock)
    heard: list[Any] = []
    client = shell.run(lambda: connected(server.url, pool), "cell-1")
    client.on_message(heard.append)
    shell.run(lambda: None, "cell-2")
    wait_for(lambda: server.open)
    server.send({"type": "x", "data": 1})
    wait_for(lambda: heard)
    client.disconnect()
