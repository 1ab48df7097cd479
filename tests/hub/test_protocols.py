"""Protocols: handshakes that are none. What else they do, `test_limits` and `test_security_floods` have."""

from __future__ import annotations

import socket

import httpx
import pytest

from realtime_widgets.hub import Hub
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
