"""The download: one `GET /files/{id}`, part by part, so that nobody else waits for it.

The type is what the hub has judged the file to be (`file_types`), and a browser is told to believe that, to run nothing
of it, and to show images only.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from ..protocol.file_types import INLINE, TEXT
from .brokers import OutOfReach
from .brokers.file_store import StoredFile
from .files import Files
from .turns import Turn

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

_ATTRIBUTE: Final = "!#$&+-.^_`|~"
"""What may stand as it is in a value of RFC 5987, besides letters and digits."""

CHUNK: Final = 64 * 1024
"""Bytes that are sent at once."""


def headers_of(file: StoredFile) -> dict[str, str]:
    """Return the headers of the answer that has a file."""
    return {
        "Content-Type": f"{TEXT}; charset=utf-8" if file.type == TEXT else file.type,
        "Content-Length": str(file.size),
        "Content-Disposition": disposition(file.name, file.type),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private",
    }


def disposition(name: str, kind: str) -> str:
    """Return the header that says what a browser does with a file: it shows images, and offers to save all else.

    RFC 6266, with the name once more for those that know no RFC 5987.

    Args:
        name: of the file, cleaned.
        kind: its type.
    """
    plain = re.sub(r'[^ -~]|["\\%]', "_", name)
    how = "inline" if kind in INLINE else "attachment"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=_ATTRIBUTE)}"


def download(files: Files, file: StoredFile, turn: Turn, held: AbstractContextManager[None]) -> Response:
    """Return the answer that has a file; where it is forgotten while it is sent, the connection is cut off.

    Args:
        files: of the hub.
        file: which.
        turn: of who reads it.
        held: is entered while it is sent.
    """
    from starlette.responses import Response

    class InParts(Response):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            with held:
                head = {"status": self.status_code, "headers": self.raw_headers}
                await send({"type": "http.response.start"} | head)
                if scope["method"] != "HEAD":
                    await self._send_parts(send)
                await send({"type": "http.response.body", "body": b""})

        async def _send_parts(self, send: Send) -> None:
            for number in range(file.parts):
                try:
                    part = await files.read(file, number)
                except OutOfReach:
                    part = None
                if part is None:
                    raise ConnectionResetError("the file was forgotten while it was sent")
                for begin in range(0, len(part), CHUNK):
                    if turn.over:
                        await turn.give()
                    piece = part[begin : begin + CHUNK]
                    await send({"type": "http.response.body", "body": piece, "more_body": True})

    return InParts(headers=headers_of(file))
