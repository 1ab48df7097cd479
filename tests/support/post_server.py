"""A server that is posted to: it remembers what came, and answers as a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answers = Callable[["Posted"], tuple[int, dict[str, str], bytes]]


@dataclass(frozen=True)
class Posted:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def records(self) -> list[dict[str, Any]]:
        """Its records, without their times."""
        data = json.loads(self.body)
        found = data if isinstance(data, list) else [data]
        return [{name: value for name, value in each.items() if name != "ts"} for each in found]


def taken(_: Posted) -> tuple[int, dict[str, str], bytes]:
    """Answer as a hub does."""
    return 200, {}, b'{"channel": "x", "epoch": "e", "offset": 1}'


class PostServer:
    """Listens for as long as the context lasts.

    Args:
        answer: what to answer; may be set anew at any time, and may wait.
    """

    def __init__(self, answer: Answers = taken) -> None:
        self.answer = answer
        self.posts: list[Posted] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                posted = Posted(self.path, headers, body)
                server.posts.append(posted)
                status, more, content = server.answer(posted)
                if not status:  # break off
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(content))} | more).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST

            def do_CONNECT(self) -> None:
                self.do_POST()
                self.close_connection = False  # a tunnel: what comes next is for who is behind it, who is we

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> PostServer:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def records(self) -> Iterator[dict[str, Any]]:
        """All records that came."""
        return (record for posted in list(self.posts) for record in posted.records)
