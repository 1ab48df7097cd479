"""Somebody who means a hub ill: frames and requests that no library would send, byte by byte."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
from typing import Any

LIMIT = 60.0
"""Seconds that anything may take on a busy machine."""


def frame(payload: bytes = b"", opcode: int = 1, *, fin: bool = True, reserved: int = 0) -> bytes:
    """A frame of a client, masked with zeros."""
    size = len(payload)
    head = bytes([opcode | 0x80 * fin | reserved])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65536:
        head += bytes([0x80 | 126]) + struct.pack("!H", size)
    else:
        head += bytes([0x80 | 127]) + struct.pack("!Q", size)
    return head + bytes(4) + payload


def said(type: str, data: Any = None, **more: Any) -> bytes:
    """A frame with one message."""
    return frame(json.dumps({"type": type, "data": data, **more}).encode())


def request(line: str, port: int, token: str | None = None, *headers: str, body: bytes = b"") -> bytes:
    """A request, with these headers besides `Host` and the token."""
    lines = [f"{line} HTTP/1.1", f"Host: 127.0.0.1:{port}", *headers]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def opening(port: int, token: str | None, *headers: str) -> bytes:
    """What opens a WebSocket."""
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    return request("GET /ws/dashboard", port, token, *upgrade, key, *headers)


class Hostile:
    """One connection to a hub."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), LIMIT)
        self.socket.settimeout(LIMIT)
        self.port = port
        self.came = bytearray()
        """Everything that came and was not taken yet."""

    def __enter__(self) -> Hostile:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def upgraded(self, token: str | None, *headers: str) -> str:
        """Open a WebSocket; returns the head of the answer."""
        self.send(opening(self.port, token, *headers))
        while b"\r\n\r\n" not in self.came:
            self._read()
        head, _, rest = bytes(self.came).partition(b"\r\n\r\n")
        self.came[:] = rest
        return head.decode()

    def send(self, data: bytes) -> None:
        """Send, as far as the hub still listens."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def _read(self) -> None:
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionResetError("the hub has closed the connection")
        self.came += part

    def frame(self) -> tuple[int, bytes]:
        """Return the opcode and the payload of the next frame."""
        while True:
            size, start = self.came[1] if len(self.came) > 1 else -1, 2
            for code, format in ((126, "!H"), (127, "!Q")):
                if size == code:
                    start = 2 + struct.calcsize(format)
                    size = struct.unpack(format, self.came[2:start])[0] if len(self.came) >= start else -1
                    break
            if 0 <= size <= len(self.came) - start:
                opcode, payload = self.came[0] & 0x0F, bytes(self.came[start : start + size])
                del self.came[: start + size]
                return opcode, payload
            self._read()

    def closed(self) -> int | None:
        """Wait for the end; returns the code of the closing frame, None: there was none."""
        with contextlib.suppress(ConnectionResetError):
            while True:
                opcode, payload = self.frame()
                if opcode == 8:
                    return int(struct.unpack("!H", payload[:2])[0]) if payload else 1005
        return None

    def heard(self, type: str) -> dict[str, Any]:
        """Return the next message of a type."""
        while True:
            opcode, payload = self.frame()
            if opcode != 1:
                continue
            found = json.loads(payload)
            for message in found if isinstance(found, list) else [found]:
                if message["type"] == type:
                    return dict(message)

    def answer(self) -> bytes:
        """Return everything that comes until the hub closes the connection."""
        with contextlib.suppress(ConnectionResetError):
            while True:
                self._read()
        return bytes(self.came)
