"""A server of language models as OpenAI shaped them, on a loopback port, which does as it is told.

    with OpenAIServer("Hello there", pace=0.01) as server:
        rw.connect(server.url, post={"model": "m", "stream": True, "messages": […]}, …)

Answers are streamed as Server-Sent Events in chunks of HTTP/1.1: a delta with the role, one with each token, one with
the reason why it ended, `[DONE]`. Everything may be set anew at any time, for the requests that come then.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from support.servers import Thread, accept_no_more, listen


@dataclass(frozen=True)
class Asked:
    """One request: its method and path, its headers by names in lower case, and its body."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """What was asked last."""
        return self.json["messages"][-1]["content"]


Answer = str | Callable[[Asked], str | Iterable[str]]


def tokens_of(text: str) -> list[str]:
    """A text in tokens, words with the space before them; together they are the text."""
    return re.findall(r"\s*\S+|\s+\Z", text)


class OpenAIServer(Thread):
    """Listens for as long as the context lasts.

    Args:
        answer: what it says, a text or its tokens, or a function of the request that gives it.
        pace: seconds between two tokens.
        key: the token that it wants; None: none.
    """

    def __init__(self, answer: Answer = "Hello there", *, pace: float = 0.0, key: str | None = None) -> None:
        self.answer = answer
        self.pace = pace
        self.key = key
        self.requests: list[Asked] = []
        """What it was asked, oldest first."""
        self.failure: tuple[int, str] | None = None
        """A status and a message, answered as JSON instead; None: none."""
        self.head: dict[str, str] = {}
        """Further headers of its answers."""
        self.cut_after: int | None = None
        """Tokens after which it breaks off in the middle of an answer; None: it does not."""
        self.fail_after: int | None = None
        """Tokens after which an event reports a failure, and nothing follows; None: none does."""
        self.hold_after: int | None = None
        """Tokens after which it waits for `go_on()`; None: it does not."""
        self.silent = False
        """Whether it waits for `speak()` before it answers at all."""
        self.done = True
        """Whether `[DONE]` is said at the end."""
        self.open = 0
        """Answers that are under way."""
        self.port = 0

    def __enter__(self) -> OpenAIServer:
        super().__enter__()

        async def start() -> asyncio.Server:
            self._going = asyncio.Event()
            self._speaking = asyncio.Event()
            return await listen(self._serve, self.port)

        self._server = self.run(start())
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *exc: object) -> None:
        self.run(accept_no_more(self._server.sockets))
        self.loop.call_soon_threadsafe(self._server.close)
        super().__exit__(*exc)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/chat/completions"

    def go_on(self) -> None:
        """Have answers that are held go on, those to come too."""
        self.loop.call_soon_threadsafe(self._going.set)

    def speak(self) -> None:
        """Have requests answered, those that wait and those to come."""
        self.silent = False
        self.loop.call_soon_threadsafe(self._speaking.set)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            asked = await self._read(reader)
            self.requests.append(asked)
            answering = asyncio.ensure_future(self._respond(asked, writer))
            leaving = asyncio.ensure_future(
                reader.read()
            )  # nothing comes but the end, where whoever asked is gone
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            for task in (answering, leaving):
                task.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Asked:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = first.split()
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
        return Asked(method, path, headers, await reader.readexactly(int(headers.get("content-length", 0))))

    async def _respond(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        if self.silent:
            await self._speaking.wait()
        if self.failure is not None:
            await self._fail(writer, *self.failure)
        elif self.key is not None and asked.headers.get("authorization") != f"Bearer {self.key}":
            given = asked.headers.get("authorization", "").removeprefix("Bearer ")
            await self._fail(writer, 401, f"Incorrect API key provided: {given}.")
        elif asked.method != "POST":
            await self._fail(writer, 405, "Only POST requests are accepted.")
        else:
            said = self.answer if isinstance(self.answer, str) else self.answer(asked)
            tokens = tokens_of(said) if isinstance(said, str) else said
            if asked.json.get("stream") is True:
                await self._stream(writer, tokens)
            else:
                message = {"role": "assistant", "content": "".join(tokens)}
                await self._say(writer, 200, {"choices": [{"index": 0, "message": message}]})

    async def _fail(self, writer: asyncio.StreamWriter, status: int, message: str) -> None:
        await self._say(writer, status, {"error": {"message": message, "type": "error", "code": None}})

    async def _say(self, writer: asyncio.StreamWriter, status: int, value: Any) -> None:
        body = json.dumps(value).encode()
        self._begin(writer, status, {"Content-Type": "application/json", "Content-Length": str(len(body))})
        writer.write(body)
        await writer.drain()

    def _begin(self, writer: asyncio.StreamWriter, status: int, head: dict[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
        lines += [f"{name}: {value}" for name, value in (head | self.head | {"Connection": "close"}).items()]
        writer.write("\r\n".join([*lines, "", ""]).encode())

    async def _stream(self, writer: asyncio.StreamWriter, tokens: Iterable[str]) -> None:
        self._begin(writer, 200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})
        await self._event(writer, _delta(role="assistant"))
        for i, token in enumerate([*tokens, None]):
            if i == self.hold_after:
                await self._going.wait()
            if i == self.cut_after:
                return
            if i == self.fail_after:
                await self._event(writer, {"error": {"message": "The model has crashed.", "code": 500}})
                return
            if token is not None:
                await asyncio.sleep(self.pace)
                await self._event(writer, _delta(content=token))
        await self._event(writer, _delta("stop"))
        if self.done:
            await self._event(writer, "[DONE]")
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def _event(self, writer: asyncio.StreamWriter, value: Any) -> None:
        said = f"data: {value if isinstance(value, str) else json.dumps(value)}\n\n".encode()
        writer.write(b"%x\r\n%b\r\n" % (len(said), said))
        await writer.drain()


def _delta(reason: str | None = None, **delta: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}
