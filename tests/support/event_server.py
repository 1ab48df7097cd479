"""A server of Server-Sent Events that does as it is told."""

from __future__ import annotations

import asyncio

from support.servers import Thread, accept_no_more, listen


class Events(Thread):
    """A server of one stream: answers every request with the same head, and what it is told to send."""

    def __init__(self) -> None:
        self.status = "200 OK"
        self.head: dict[str, str] = {"Content-Type": "text/event-stream"}
        self.first = b""
        self.requests: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.mute = False
        self.port = 0

    def __enter__(self) -> Events:
        super().__enter__()
        self._server = self.run(listen(self._answer, self.port))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *exc: object) -> None:
        self.run(accept_no_more(self._server.sockets))
        self.end()
        self.loop.call_soon_threadsafe(self._server.close)
        super().__exit__(*exc)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/stream"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        except asyncio.IncompleteReadError:
            writer.close()
            return
        self.paths.append(head[0].split()[1])
        self.requests.append(
            {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        )
        if self.mute:
            self.writers.append(writer)
            return
        said = "".join(f"{name}: {value}\r\n" for name, value in self.head.items())
        self.writers.append(writer)  # before anybody can have read anything
        writer.write(f"HTTP/1.1 {self.status}\r\n{said}Connection: close\r\n\r\n".encode() + self.first)
        await writer.drain()
        if not self.status.startswith("200"):
            writer.close()

    def send(self, body: bytes) -> None:
        async def send() -> None:
            for writer in self.writers:
                if not writer.is_closing():
                    writer.write(body)

        self.run(send())

    def end(self) -> None:
        async def end() -> None:
            for writer in self.writers:
                writer.close()
            self.writers.clear()

        self.run(end())
