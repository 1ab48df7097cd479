"""The publication: one `POST /publish/{channel}`, from its body to the position of its message.

The body, JSON, is the data. With `?many=1` it is a list of them, or has one a line, as it always does with the type
`application/x-ndjson`; when one of them cannot be published, none is. With an `Idempotency-Key` a request may be
repeated: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/. A key belongs to its sender, whom
the token names or, as far as HTTP tells one from another, the request, and to the channel.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import time
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgspec

from ..errors import BadTime, RealtimeWidgetsError
from ..protocol import pieces, plain
from ..protocol.envelope import Message
from ..protocol.limits import MAX_DATA_BYTES, MAX_NAME_LENGTH
from ..protocol.timestamps import seconds_of
from ..streams.gaps import Position
from .brokers.base import NotKept, TooLarge
from .brokers.dedup import Key, KeyReused
from .channels import Channels, encode_publication
from .limits import PORTION, MessageRate
from .rights import Access
from .turns import Turn

if TYPE_CHECKING:
    from starlette.requests import Request

MAX_MANY: Final = 1000
"""Messages of one request."""

MAX_MANY_BYTES: Final = 2 * 1024 * 1024
"""Bytes of a request that has many."""

MAX_COMMAS: Final = 100_000
"""Commas of such a request: it may be a list of as many messages, which takes time until it is known."""

SMALL: Final = 4096
"""Bytes of a body that is read in the turn in which it came."""

MAX_HINT: Final = 4096
"""Bytes of a body that are looked at to say what may be wrong with it."""

_LINES: Final = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}
)
_BOM: Final = b"\xef\xbb\xbf"

_check = msgspec.json.Decoder(msgspec.Raw).decode
_split = msgspec.json.Decoder(list[msgspec.Raw]).decode


class PublishingFailed(Exception):
    """Why a request published nothing.

    Args:
        status: the HTTP status.
        code: the reason for programs.
        message: one sentence, without data of the request.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


async def publish(
    channels: Channels,
    request: Request,
    access: Access,
    credentials: str | None,
    turn: Turn,
    rate: MessageRate,
) -> dict[str, Any]:
    """Publish what a request has; returns the channel, and the epoch and the offset of its message, or `positions`.

    Args:
        channels: of the hub.
        request: whose path has the channel.
        access: what it was let in with.
        credentials: that it came with, whatever they are; None: none.
        turn: of who sends.
        rate: by which what they send is counted; this request is, as one message.

    Raises:
        PublishingFailed: nothing was published.
        ClientDisconnect: the request broke off.
    """
    channel = request.path_params["channel"]
    if (wrong := channels.complaint_about_publishing(channel)) is not None:
        raise PublishingFailed(400, "channel", wrong)
    if (forbidden := access.complaint_about("publish", channel)) is not None:
        raise PublishingFailed(403, "forbidden", forbidden)
    key = _key_of(request, channel, access, credentials)
    if (coding := request.headers.get("content-encoding", "identity").strip().lower()) != "identity":
        raise PublishingFailed(415, "encoding", f"the body is packed ({coding:.40}); send it as it is")
    many = _is_many(request)
    body = await _body(request, MAX_MANY_BYTES if many else MAX_DATA_BYTES)
    portions = math.ceil(len(body) / PORTION)
    rate.take(max(0, portions - 1), time.monotonic())
    if access.expires <= time.time():  # while the body came
        raise PublishingFailed(401, "expired", "this token has expired; get a new one")
    if len(body) > SMALL:  # others of the same client may have come at the same time
        await turn.come()
    else:
        turn.begin()
    if not many:
        message = _message(channel, await turn.through(read_body(body)))
        position = await _landed(channels.publish(message, key))
        await channels.rest()
        return {"channel": message.channel, **position._asdict()}
    messages = await _messages(channel, body, turn, lines=_is_lines(request))
    rate.take(max(0, len(messages) - max(1, portions)), time.monotonic())
    placed = []
    for number, message in enumerate(messages):
        if turn.over:
            await turn.give()
        its_key = None if key is None else key._replace(id=f"{key.id}\0{number}")  # which no header can have
        placed.append(channels.publish(message, its_key))
        await channels.rest()
    if waiting := [each for each in placed if not each.done()]:
        await asyncio.wait(waiting)
    failed = [
        each for each in placed if each.exception() is not None
    ]  # of all, or those would be called forgotten
    if failed and all(isinstance(each.exception(), TooLarge) for each in failed):
        text = f"{len(failed)} of {len(messages)} messages are not published, the others are: {failed[0].exception()}"
        raise PublishingFailed(413, "size", text)
    failed.sort(key=lambda each: isinstance(each.exception(), TooLarge))  # others may come again
    positions = []
    for each in failed[:1] or placed:
        if turn.over:
            await turn.give()
        positions.append((await _landed(each))._asdict())
    return {"channel": messages[0].channel if messages else channel, "positions": positions}


async def _landed(placed: asyncio.Future[Position]) -> Position:
    try:
        return await placed
    except KeyReused:
        raise PublishingFailed(
            422, "key", "this Idempotency-Key came with other data before; use a new key for each message"
        ) from None
    except TooLarge as error:
        raise PublishingFailed(413, "size", f"the hub cannot keep a message this large: {error}") from error
    except NotKept as error:
        raise PublishingFailed(503, "not_kept", f"the hub could not keep the message: {error}") from error


def _message(channel: str, data: msgspec.Raw) -> Message:
    _check_time(data)
    try:
        return encode_publication(channel, data)
    except RealtimeWidgetsError as error:  # larger once it is mended
        raise _too_large(MAX_DATA_BYTES) from error


def _is_many(request: Request) -> bool:
    asked = request.query_params.get("many", "0").lower()
    if asked not in ("", "0", "1", "false", "true"):
        raise PublishingFailed(400, "query", "many= must be 1 or 0")
    return asked in ("", "1", "true") or _is_lines(request)


def _is_lines(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() in _LINES


async def _messages(channel: str, body: bytes, turn: Turn, *, lines: bool) -> list[Message]:
    """Return the messages of a body that has many.

    Args:
        channel: that they are for.
        body: a list, or one a line.
        turn: of who sends.
        lines: they are one a line for certain.

    Raises:
        PublishingFailed: one of them cannot be published.
    """
    body = body.removeprefix(_BOM)
    if body.count(b",") > MAX_COMMAS or body.count(b"\n") > 10 * MAX_MANY:
        raise PublishingFailed(413, "size", "these are too many values; send fewer at once")
    found = None if lines else await turn.through(_listed(body))
    if found is None:
        found = [line for line in body.split(b"\n") if line.strip()]
        if not found:
            _refuse("it has no message")
    if len(found) > MAX_MANY:
        raise _too_many(f"{len(found):,} messages")
    messages = []
    for number, each in enumerate(found, 1):
        if turn.over:
            await turn.give()
        try:
            messages.append(_message(channel, await turn.through(read_body(bytes(each)))))
        except PublishingFailed as wrong:
            text = f"message {number} of {len(found)} cannot be published, so none is: {wrong}"
            raise PublishingFailed(wrong.status, wrong.code, text) from None
    return messages


def _listed(body: bytes) -> Generator[None, None, Sequence[bytes | msgspec.Raw] | None]:
    """Return what a list has, as JSON, so that not all is read at once; None: it is no list."""
    try:
        return (yield from _few(body))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    try:
        return (yield from _few((yield from plain.mended(body))))
    except (msgspec.MsgspecError, ValueError, RecursionError):  # perhaps they are lines
        return None


def _few(body: bytes) -> Generator[None, None, Sequence[msgspec.Raw]]:
    """Return what a list has, unless these are many more than may be."""
    if body.count(b",") > pieces.MANY_COMMAS and (yield from pieces.members(body, MAX_MANY)) > MAX_MANY:
        raise _too_many(f"more than {MAX_MANY:,} messages")
    return _split(body)


async def _body(request: Request, most: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise _too_large(most)
    return bytes(body)


def _too_many(what: str) -> PublishingFailed:
    return PublishingFailed(413, "size", f"these are {what}; send {MAX_MANY:,} messages at once, or fewer")


def _too_large(most: int) -> PublishingFailed:
    return PublishingFailed(413, "size", f"the data have more than {most:,} bytes; send less at once")


def read_body(body: bytes) -> Generator[None, None, msgspec.Raw]:
    """Return the data of a body as plain JSON, after some steps: also what Python and JavaScript write, see `plain`.

    Raises:
        PublishingFailed: it is no JSON, or several lines of it.
    """
    body = body.removeprefix(_BOM)
    try:
        data = yield from plain.check(body)
        yield
        return msgspec.Raw(plain.compact(data))
    except UnicodeDecodeError:
        _refuse("it is not UTF-8")
    except RecursionError:
        _refuse("it is nested too deeply")
    except (msgspec.MsgspecError, ValueError) as error:
        if "trailing" in str(error) and _are_lines(body):
            _refuse(
                "it has several lines of JSON: add ?many=1 for a message of each, or send them as one list"
            )
        _refuse(str(error))


def _are_lines(body: bytes) -> bool:
    """Return whether this looks like one value a line; by the first few, for a hint."""
    lines = [line for line in body[:MAX_HINT].splitlines() if line.strip()]
    try:
        for line in lines[: max(1, len(lines) - 1)]:
            _check(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return True


def _refuse(why: str) -> NoReturn:
    raise PublishingFailed(400, "json", f"the body is no JSON: {why}; send the data alone, as JSON")


class _Record(msgspec.Struct, gc=False):
    ts: msgspec.Raw = msgspec.Raw(b"null")


_record = msgspec.json.Decoder(_Record).decode


def _check_time(data: msgspec.Raw) -> None:
    """Check the time of a record here, where its sender is told, as its readers will."""
    body = memoryview(data)
    if bytes(body[:1]) != b"{":
        return
    ts = bytes(memoryview(_record(body).ts))
    if ts == b"null":
        return
    try:
        seconds_of(json.loads(ts) if len(ts) < MAX_HINT else ts.decode())
    except BadTime as error:
        raise PublishingFailed(400, "time", f"the record has a 'ts' that is no time: {error}") from error


def _key_of(request: Request, channel: str, access: Access, credentials: str | None) -> Key | None:
    """Return the key of a request; None: it has none, and is never recognized."""
    given = request.headers.getlist("idempotency-key")
    if not given:
        return None
    id = given[0].strip()
    if len(id) >= 2 and id[0] == id[-1] == '"':
        id = id[1:-1]  # as the draft spells it; many leave the quotes out
    if len(given) > 1 or not 1 <= len(id) <= MAX_NAME_LENGTH:
        raise PublishingFailed(
            400, "key", f"the Idempotency-Key cannot be used: send one of 1 to {MAX_NAME_LENGTH} characters"
        )
    return Key(_sender_of(request, access, credentials), channel, id)


def _sender_of(request: Request, access: Access, credentials: str | None) -> str:
    """Return who sent a request, without what must stay secret: whom its token names, wherever they are."""
    if access.name is not None:
        return f"http as {access.name}"
    address = request.client.host if request.client is not None else ""
    who = repr((address, request.headers.get("origin"), credentials))
    return f"http {hashlib.blake2b(who.encode(), digest_size=16).hexdigest()}"
