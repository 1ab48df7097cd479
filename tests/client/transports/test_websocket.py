"""The WebSocket transport over real sockets: its signs of life, and its end."""

from __future__ import annotations

import asyncio
import ctypes
import sys
from typing import Any

import pytest

from realtime_widgets.client import Client
from realtime_widgets.client.pool import Pool
from realtime_widgets.protocol import heartbeat
from realtime_widgets.runtime import get_runtime
from support.fake_clock import FakeClock
from support.servers import LIMIT, Server, mute, plain, wait_for
from support.states import settled


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


def test_a_frame_that_takes_longer_than_the_heartbeat_is_a_sign_of_life(connect: Any, fake_clock: FakeClock):
    """4 MiB on a slow line."""
    writers: list[asyncio.StreamWriter] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loops.append(asyncio.get_running_loop())
        writers.append(writer)
        await mute(reader, writer)

    with plain(slow) as port:
        client = connect(
            f"ws://127.0.0.1:{port}/", heartbeat=25, decode=lambda raw: {"channel": "x", "data": len(raw)}
        )
        stream = client.stream("x")
        settled(client, "connected")
        heard = client._connection._session.transport.heartbeat
        size = 4 * 1024 * 1024
        pieces = [b"\x82\x7f" + size.to_bytes(8, "big"), *[b"0" * (size // 8)] * 8]
        for piece in pieces:
            fake_clock.turn(20)
            loops[0].call_soon_threadsafe(writers[0].write, piece)
            wait_for(lambda: heard.heard == fake_clock.time())
        wait_for(lambda: len(stream))
        assert stream.read()["value"].tolist() == [size]
        assert client.stats.connects == 1
        fake_clock.turn(36)
        settled(client, "reconnecting")
        client.disconnect()


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
            pings = server.types().count("ping")
            wait_for(lambda pings=pings: server.types().count("ping") > pings, "another sign of life")
        assert (client.state, client.stats.connects) == ("connected", 1)
        client.disconnect()


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
