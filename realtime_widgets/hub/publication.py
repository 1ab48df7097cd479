"""The publication: one `POST /publish/{channel}`, from its body to the position of its message.

The body, JSON, is the data. With an `Idempotency-Key` a request may be repeated:
https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/. A key belongs to its sender, as far as HTTP
tells one from another, and to the channel.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgspec

from ..errors import BadTime, RealtimeWidgetsError, WrongType
from ..protocol.limits import MAX_DATA_BYTES, MAX_NAME_LENGTH
from ..protocol.timestamps import seconds_of
from .brokers.base import NotKept
from .brokers.dedup import Key, KeyReused
from .channels import Channels, complaint_about_publishing, encode_publication

if TYPE_CHECKING:
    from starlette.requests import Request

_BOM: Final = b"\xef\xbb\xbf"

_decode = msgspec.json.Decoder().decode


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


async def publish(channels: Channels, request: Request, credentials: str | None) -> dict[str, Any]:
    """Publish what a request has; returns the channel, the epoch and the offset of its message.

    Args:
        channels: of the hub.
        request: whose path has the channel.
        credentials: that the request came with, whatever they are; None: none.

    Raises:
        PublishingFailed: nothing was published.
        ClientDisconnect: the request broke off.
    """
    channel = request.path_params["channel"]
    if (wrong := complaint_about_publishing(channel)) is not None:
        raise PublishingFailed(400, "channel", wrong)
    key = _key_of(request, channel, credentials)
    body = await _body(request)
    data = read_body(body)
    _check_time(data)
    try:
        message = encode_publication(channel, data)
    except WrongType as error:  # nested so deeply that it can be decoded, but not encoded
        raise PublishingFailed(400, "json", str(error)) from error
    except RealtimeWidgetsError as error:  # larger once we have encoded it
        raise _too_large() from error
    try:
        position = await channels.publish(message, key)
    except KeyReused:
        raise PublishingFailed(
            422, "key", "this Idempotency-Key came with other data before; use a new key for each message"
        ) from None
    except NotKept as error:
        raise PublishingFailed(503, "not_kept", f"the hub could not keep the message: {error}") from error
    await channels.rest()
    return {"channel": message.channel, **position._asdict()}


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_DATA_BYTES:
            raise _too_large()
    return bytes(body)


def _too_large() -> PublishingFailed:
    return PublishingFailed(
        413, "size", f"the data have more than {MAX_DATA_BYTES:,} bytes; send less at once"
    )


def read_body(body: bytes) -> Any:
    """Return the data of a body: JSON, also as Python and JavaScript write it, with NaN, Infinity and half surrogates.

    Raises:
        PublishingFailed: it is no JSON, or several lines of it.
    """
    body = body.removeprefix(_BOM)
    try:
        return _decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        strict = error
    try:
        return json.loads(body.decode())
    except UnicodeDecodeError:
        _refuse("it is not UTF-8")
    except RecursionError:
        _refuse("it is nested too deeply")
    except ValueError as error:
        if "Extra data" in str(error) and _are_lines(body):
            _refuse("it has several lines of JSON: post each line alone, or all of them as one list")
        _refuse(str(strict))


def _are_lines(body: bytes) -> bool:
    try:
        for line in body.splitlines():
            json.loads(line or b"0")
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(why: str) -> NoReturn:
    raise PublishingFailed(400, "json", f"the body is no JSON: {why}; send the data alone, as JSON")


def _check_time(data: Any) -> None:
    """Check the time of a record here, where its sender is told, as its readers will."""
    ts = data.get("ts") if isinstance(data, dict) else None
    if ts is None:
        return
    try:
        seconds_of(ts)
    except BadTime as error:
        raise PublishingFailed(400, "time", f"the record has a 'ts' that is no time: {error}") from error


def _key_of(request: Request, channel: str, credentials: str | None) -> Key | None:
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
    return Key(_sender_of(request, credentials), channel, id)


def _sender_of(request: Request, credentials: str | None) -> str:
    """Return who sent a request, without what must stay secret."""
    address = request.client.host if request.client is not None else ""
    who = repr((address, request.headers.get("origin"), credentials))
    return f"http {hashlib.blake2b(who.encode(), digest_size=16).hexdigest()}"
