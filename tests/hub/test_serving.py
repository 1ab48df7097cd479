"""Serving: closing a server while people come."""

from __future__ import annotations

import asyncio
import gc
import socket

from realtime_widgets.hub.serving import accept_no_more, listen


class Peer(asyncio.Protocol):
    """Somebody who was let in."""

    def __init__(self) -> None:
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(exc)


async def closed_after(turns: int, coming: socket.socket) -> list[Peer]:
    """Close a server that many turns of the loop after somebody came; returns whom it let in."""
    listener = listen(socket.AF_INET, "127.0.0.1", 0)
    inside: list[Peer] = []

    def make() -> Peer:
        inside.append(Peer())
        return inside[-1]

    server = await asyncio.get_running_loop().create_server(make, sock=listener)
    coming.connect(listener.getsockname())
    for _ in range(turns):
        await asyncio.sleep(0)
    await accept_no_more([listener])
    server.close()
    for peer in inside:
        peer.transport.close()
        await peer.lost
    return inside


def test_nobody_is_left_open_by_a_server_that_closes():
    let_in = 0
    for turns in range(8):  # Python would lose the one who comes in the third
        with socket.socket() as coming:
            coming.settimeout(10)
            let_in += len(asyncio.run(closed_after(turns, coming)))
            gc.collect()  # where a socket that was lost makes a warning, which is an error here
            try:
                assert coming.recv(1) == b""
            except ConnectionResetError:
                pass
    assert let_in > 3


def test_what_is_small_leaves_at_once():
    async def main() -> int:
        listener, accepted = (
            listen(socket.AF_INET, "127.0.0.1", 0),
            asyncio.get_running_loop().create_future(),
        )

        class Accepting(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                accepted.set_result(transport)

        async with await asyncio.get_running_loop().create_server(Accepting, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            transport = await accepted
            found: int = transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            transport.close()
            writer.close()
        return found

    assert asyncio.run(main()), "an answer would wait 40 ms for the client to acknowledge its header"
