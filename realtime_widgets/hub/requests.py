"""Requests: what a client says, read and checked, and the complaint that says why it cannot be met. Pure.

Data are read only as far as the hub needs them: what is published is handed on as it came, and of what is asked only
the few things that a request may have. Otherwise a megabyte of small values would keep all others waiting.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Generator, Sequence
from typing import Any, Final

import msgspec

from ..protocol import plain
from ..protocol.envelope import EMPTY, encode_data, read
from ..protocol.limits import MAX_NAME_LENGTH
from ..protocol.positions import from_wire
from ..streams.gaps import Position
from ..streams.text import well_formed

MAX_NAMED: Final = 4096
"""Channels that one request may name."""

MAX_NAMED_CHARACTERS: Final = 160_000
"""Characters of their names together: an answer that repeats them fits into a frame, however JSON spells them."""


MAX_RECENT: Final = 1_000_000
"""Messages of the past that a subscription may ask for."""


MAX_ODD: Final = 64 * 1024
"""Bytes of a frame that is read as `json_values` does: several values, UTF-16, what others write beside JSON."""


class Complaint(Exception):
    """Why a request was not met."""

    def __init__(
        self, code: str, text: str, channels: Sequence[str] = (), retry_after: float | None = None
    ) -> None:
        super().__init__(text)
        self.code = code
        self.retry_after = retry_after
        """Seconds after which it may be met; None: not known."""
        self.channels = channels
        """Channels left out because the client follows as many as it may."""


class Request(msgspec.Struct, gc=False):
    """One envelope of a client; see `envelope.Message`. When it was sent is not asked: the hub says when it came.

    Attributes:
        data: plain JSON, see `plain`; empty: it has none.
    """

    type: str
    data: msgspec.Raw = msgspec.Raw(b"")
    id: str | int | None = None
    channel: str | None = None
    epoch: str | None = None
    offset: int | None = None


_decode_frame = msgspec.json.Decoder(Request | list[Request]).decode

Read = tuple[list[Request], Complaint | None]
"""The requests of a frame, and a complaint about what else it has."""


def read_frame(frame: str | bytes) -> Generator[None, None, Read]:
    """Return the requests of a frame, and a complaint about those that could not be read, after some steps."""
    try:
        raw = (frame.encode() if isinstance(frame, str) else frame).removeprefix(BOM_UTF8)
        raw.decode()
        try:
            found = _decode_frame(raw)
        except (msgspec.MsgspecError, ValueError):
            found = _decode_frame((yield from plain.mended(raw)))
        else:
            same = yield from plain.bounded(raw)
            if same is not raw:
                found = _decode_frame(same)
        requests = found if type(found) is list else [found]
        if all(memoryview(each.data) or each.type in EMPTY for each in requests):
            return requests, None
    except RecursionError:
        return [], _unreadable(frame)
    except (msgspec.MsgspecError, ValueError):
        pass
    if len(frame) > MAX_ODD:
        return [], _unreadable(frame)
    return _read_leniently(frame)


def _read_leniently(frame: str | bytes) -> Read:
    try:
        messages, bad = read(frame, requests=True)
    except RecursionError:
        return [], _unreadable(frame)
    whole = bad is None
    requests = []
    for one in messages:
        try:
            data = b"" if one.data is None else encode_data(one.data)
        except (TypeError, ValueError, RecursionError):
            whole = False
            continue
        raw = msgspec.Raw(data)
        requests.append(Request(one.type, raw, one.id, one.channel, one.epoch, one.offset))
    return requests, None if whole else _unreadable(frame)


def _unreadable(frame: str | bytes) -> Complaint:
    # The frame is not quoted: it may be a secret that was sent to the wrong place.
    return Complaint(
        "unreadable",
        f'a frame of {len(frame):,} characters is no envelope; send {{"type": …, "data": …}}, or a list of those',
    )


def data_of(request: Request) -> msgspec.Raw:
    """Return what is to be published: no data are null."""
    return msgspec.Raw(plain.compact(bytes(memoryview(request.data))) or b"null")


class _Hello(msgspec.Struct, gc=False):
    batch: msgspec.Raw = msgspec.Raw(b"")
    max_size: msgspec.Raw = msgspec.Raw(b"")
    recovery: msgspec.Raw = msgspec.Raw(b"")
    acks: msgspec.Raw = msgspec.Raw(b"")
    client: msgspec.Raw = msgspec.Raw(b"")


class Hello(msgspec.Struct, frozen=True):
    """What a client says of itself.

    Attributes:
        batch: it reads arrays of envelopes.
        max_size: bytes of its largest frame; None: it did not say.
        recovery: it knows positions, and asks for what it missed.
        acks: it waits for an `ack` of what it publishes.
        client: its name for itself, the same over its connections; None: it has none.
    """

    batch: bool = False
    max_size: int | None = None
    recovery: bool = False
    acks: bool = False
    client: str | None = None


def hello_of(request: Request) -> Hello:
    """Return what a hello says; what cannot be read is as if it were not said."""
    try:
        said = msgspec.json.decode(request.data, type=_Hello)
    except (msgspec.MsgspecError, RecursionError):
        return Hello()
    size, client = _small(said.max_size), _small(said.client)
    return Hello(
        batch=bytes(said.batch) == b"true",
        max_size=size if type(size) is int and size > 0 else None,
        recovery=bytes(said.recovery) == b"true",
        acks=bytes(said.acks) == b"true",
        client=client if isinstance(client, str) and 0 < len(client) <= MAX_NAME_LENGTH else None,
    )


def _small(raw: msgspec.Raw) -> Any:
    """Return a value that has few characters; None: it has none, or many."""
    data = bytes(memoryview(raw)[: 8 * MAX_NAME_LENGTH])
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, ValueError):
        return None


class _Named(msgspec.Struct, gc=False):
    streams: list[str]
    recent: msgspec.Raw = msgspec.Raw(b"{}")
    positions: msgspec.Raw = msgspec.Raw(b"{}")


class Named(msgspec.Struct, frozen=True):
    """The channels that a request names: `{"streams": ["metrics", …]}`.

    Attributes:
        channels: in their order.
        recent: how many messages of the past it asks for, by channel: `{"recent": {"metrics": 100}, …}`.
        positions: of what it has, by channel.
    """

    channels: list[str]
    recent: dict[str, int]
    positions: dict[str, Position]


_decode_recent = msgspec.json.Decoder(dict[str, int]).decode
_decode_positions = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def named_in(request: Request) -> Named:
    """Return the channels that a request names in its data.

    Raises:
        Complaint: it names none, or too many, or asks for what is no number of messages.
    """
    try:
        said = msgspec.json.decode(request.data, type=_Named)
    except (msgspec.MsgspecError, RecursionError):
        raise Complaint(
            "bad_request", 'which channels is not said; send {"streams": ["metrics", …]} as data'
        ) from None
    streams = said.streams
    if len(streams) > MAX_NAMED or sum(map(len, streams)) > MAX_NAMED_CHARACTERS:
        raise Complaint(
            "bad_request",
            f"a request that names {len(streams):,} channels is too large; name up to {MAX_NAMED:,}, "
            f"with {MAX_NAMED_CHARACTERS:,} characters together",
        )
    return Named([well_formed(name) for name in streams], _recent_in(said), _positions_in(said))


def _recent_in(said: _Named) -> dict[str, int]:
    try:
        recent = _decode_recent(said.recent)
    except msgspec.MsgspecError:
        recent = {"": -1}
    if len(recent) > MAX_NAMED or not all(0 <= count <= MAX_RECENT for count in recent.values()):
        raise Complaint(
            "bad_request",
            f'how many recent messages is not said; send {{"recent": {{"metrics": 100}}}}, up to {MAX_RECENT:,} each',
        )
    return recent


def _positions_in(said: _Named) -> dict[str, Position]:
    try:
        found = _decode_positions(said.positions)
    except msgspec.MsgspecError:
        return {}
    return from_wire({name: _small(found[name]) for name in said.streams if name in found})
