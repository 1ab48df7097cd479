"""Protocols: handshakes that are none. What else they do, `test_limits` and `test_security_floods` have."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from realtime_widgets.hub import Hub
from support.hostile import Hostile, frame, said
from support.scripted_client import LIMIT


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("X: " + "x" * 9000, 431),
        ("\r\n".join(f"X{i}: x" for i in range(200)), 431),
        ("Sec-WebSocket-Key: a\r\nSec-WebSocket-Key: b", 400),
    ],
)
def test_a_handshake_that_cannot_be_read_is_answered_and_its_connection_closed(
    hub: Hub, header: str, status: int
):
    with socket.create_connection(("127.0.0.1", hub.port), LIMIT) as coming:
        coming.settimeout(LIMIT)
        head = f"GET /ws/dashboard HTTP/1.1\r\nHost: 127.0.0.1:{hub.port}\r\nConnection: Upgrade\r\nUpgrade: websocket"
        coming.sendall(f"{head}\r\n{header}\r\n\r\n".encode())
        answer = b""
        while part := coming.recv(4096):
            answer += part
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert httpx.get(f"{hub.address}/health", trust_env=False, timeout=LIMIT).status_code == 200


async def leave(hub: Any, _: list[Any]) -> None:
    hub.serving.leave()


async def stop(hub: Any, _: list[Any]) -> None:
    hub.serving.stop()


async def drain(_: Any, connections: list[Any]) -> None:
    for each in connections:
        each.go(1.0)


@pytest.mark.parametrize("end", [leave, stop, drain])
def test_who_closes_at_the_same_moment_keeps_no_other_from_their_goodbye(
    hub: Hub, end: Callable[[Any, list[Any]], Any], caplog: pytest.LogCaptureFixture
):
    instance: Any = hub._instance
    with Hostile(hub.port) as one, Hostile(hub.port) as two, Hostile(hub.port) as three:
        clients = (one, two, three)
        for each in clients:
            each.upgraded(hub.token)
            each.send(said("ping", {}))
            each.heard("pong")

        async def close_and_end() -> None:
            connections = [
                each for each in instance.serving._server.server_state.connections if hasattr(each, "go")
            ]
            assert len(connections) == 3
            # As when its peer's goodbye is read, while what it was sent before has not gone out.
            connections[0].conn.receive_data(frame(struct.pack("!H", 1001), 8))
            await end(instance, connections)

        instance.runtime.run(close_and_end()).result(LIMIT)
        assert sorted(each.closed() or 0 for each in clients) == [1001, 1012, 1012]
    hub.stop()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
