"""The upload: one `POST /files/{room}`, from its body to the link of the file.

    POST /files/lobby?name=plot.png     the body is the file

    {"id": "…", "url": "/files/…", "name": "plot.png", "type": "image/png", "size": 5120, "width": 640, "height": 480}

What is known before the body is said before it comes: whoever has no room, or sends too much, need not wait.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from ..protocol.chat import NO_ROOMS
from ..protocol.limits import MAX_NAME_LENGTH
from .channels import complaint_about
from .file_limits import Bounds
from .files import FileRefused, Files, channel_of, link_of, too_large
from .limits import PORTION, MessageRate
from .receiving import Receiving
from .rights import Access
from .turns import Turn

if TYPE_CHECKING:
    from starlette.requests import Request

MAX_DIGITS: Final = 15
"""Digits of a length that is read."""


async def upload(
    files: Files,
    receiving: Receiving,
    request: Request,
    access: Access,
    who: str,
    turn: Turn,
    rate: MessageRate,
) -> dict[str, Any]:
    """Keep the file that a request has; returns what its uploader is told.

    Args:
        files: of the hub.
        receiving: what is on its way to it.
        request: whose path has the room.
        access: what it was let in with.
        who: uploads it, as limits know clients.
        turn: of who uploads.
        rate: by which what they send is counted; this request is, as one message.

    Raises:
        FileRefused: it was not kept.
        ClientDisconnect: the request broke off.
    """
    room = request.path_params["room"]
    channel = channel_of(room)
    if not room or complaint_about(channel) is not None:
        most = MAX_NAME_LENGTH - len(channel_of(""))
        raise FileRefused(400, "room", f"that is no name of a room: those have 1 to {most} characters")
    if room in NO_ROOMS:
        raise FileRefused(400, "room", "no room can be called '.' or '..'; choose another name")
    if (forbidden := access.complaint_about("publish", channel)) is not None:
        raise FileRefused(403, "forbidden", forbidden)
    bounds = files.bounds
    if (coding := request.headers.get("content-encoding", "identity").strip().lower()) != "identity":
        raise FileRefused(415, "encoding", f"the body is packed ({coding:.40}); send the file as it is")
    await files.check(who, _length(request, bounds))
    with _counted(receiving, who) as came:
        body = await _body(request, bounds, receiving, who, came)
        rate.take(max(0, math.ceil(len(body) / PORTION) - 1), time.monotonic())
        if access.expires <= time.time():  # while the body came
            raise FileRefused(401, "expired", "this token has expired; get a new one")
        await turn.come()
        file = await files.add(room, who, request.query_params.get("name", ""), body, turn)
    told = {"id": file.id, "url": link_of(file), "name": file.name, "type": file.type, "size": file.size}
    if file.width is not None and file.height is not None:
        told |= {"width": file.width, "height": file.height}
    return told


def _length(request: Request, bounds: Bounds) -> int:
    """Return how many bytes a body will have at least, as far as the request says."""
    said = request.headers.get("content-length", "")
    if not (said.isascii() and said.isdigit()):
        return 1
    return int(said) if len(said) <= MAX_DIGITS else bounds.max_size + 1


class _Came:
    count = 0


@contextmanager
def _counted(receiving: Receiving, who: str) -> Iterator[_Came]:
    came = _Came()
    try:
        yield came
    finally:
        if came.count:
            receiving.leave(who, came.count)


async def _body(request: Request, bounds: Bounds, receiving: Receiving, who: str, came: _Came) -> bytes:
    body = bytearray()
    async for part in request.stream():
        if len(body) + len(part) > bounds.max_size:
            raise too_large(bounds)
        if not receiving.take(who, len(part), bounds.max_size):
            raise FileRefused(503, "busy", "too many files are on their way")
        came.count += len(part)
        body += part
    return bytes(body)
