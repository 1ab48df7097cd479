"""Requests: what a client says, read and checked, and the complaint that says why it cannot be met. Pure.

Data are read only as far as the hub needs them: what is published is handed on as it came, and of what is asked only
the few things that a request may have. Otherwise a megabyte of small values would keep all others waiting.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Generator, Sequence
from typing import Any, Final

import msgspec

from ..protocol import pieces, plain
from ..protocol.envelope import EMPTY, encode_data, read
from ..protocol.limits import MAX_NAME_LENGTH, MAX_RECENT
from ..protocol.positions import from_wire
from ..streams.gaps import Position
from ..streams.text import well_formed

MAX_NAMED: Final = 4096
"""Channels that one request may name."""

MAX_NAMED_CHARACTERS: Final = 160_000
"""Characters of their names together: an answer that repeats them fits into a frame, however JSON spells them."""


MAX_ODD: Final = 4096
"""Bytes of a frame that is read as `json_values` does: several values, UTF-16, what others write beside JSON."""

MAX_ODD_LINES: Final = 100
"""Lines of such a frame."""

MAX_TOGETHER: Final = 10_000
"""Envelopes of one frame."""


MAX_LOOSE: Final = 8
"""Pieces of a long envelope that are not within one of its values: it is read at once."""


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


NOTHING: Final = msgspec.Raw(b"")


class Request(msgspec.Struct, gc=False):
    """One envelope of a client; see `envelope.Message`. When it was sent is not asked: the hub says when it came.

    Attributes:
        data: plain JSON, see `plain`; empty: it has none.
    """

    type: str
    data: msgspec.Raw = NOTHING
    id: str | int | None = None
    channel: str | None = None
    epoch: str | None = None
    offset: int | None = None


_decode_frame = msgspec.json.Decoder(Request | list[Request]).decode
_decode_one = msgspec.json.Decoder(Request).decode
_split = msgspec.json.Decoder(list[msgspec.Raw]).decode
_BEGINS_LIST: Final = re.compile(rb"[ \t\r\n]*\[")

Read = tuple[list[Request], Complaint | None]
"""The requests of a frame, and a complaint about what else it has."""


def read_frame(frame: str | bytes) -> Generator[None, None, Read]:
    """Return the requests of a frame, and a complaint about those that could not be read, after some steps."""
    try:
        raw = (frame.encode() if isinstance(frame, str) else frame).removeprefix(BOM_UTF8)
        raw.decode()
        try:
            found = yield from _read_plain(raw)
        except (msgspec.MsgspecError, ValueError):
            same = yield from plain.mended(raw)
            if same is raw:
                raise
            return (yield from _read_plain(same))
        same = yield from plain.bounded(raw)
        return found if same is raw else (yield from _read_plain(same))
    except RecursionError:
        return [], _unreadable(frame)
    except (msgspec.MsgspecError, ValueError):
        return _read_leniently(frame)


def _read_plain(raw: bytes) -> Generator[None, None, Read]:
    """Return the requests of a frame of one JSON text.

    Raises:
        ValueError, RecursionError: it is none, or is not only envelopes.
    """
    listed = _BEGINS_LIST.match(raw) is not None
    text, fill = raw, _as_it_is
    if listed and raw.count(b",") > pieces.MANY_COMMAS:
        count = yield from pieces.members(raw, MAX_TOGETHER)
        if count > MAX_TOGETHER:
            return [], _too_many(f"more than {MAX_TOGETHER:,}")
    if len(raw) > pieces.LONG:
        hollow = yield from pieces.hollow(raw, 3 if listed else 2)
        if not listed and hollow.loose > MAX_LOOSE:
            raise ValueError("an envelope has few members of its own")
        text, fill = hollow.text, hollow.fill
    if len(raw) <= MAX_ODD or not listed:
        found = _decode_frame(text)
        requests = found if type(found) is list else [found]
        if not all(map(_is_whole, requests)):
            raise ValueError("one of them has no data")
        for request in requests:
            request.data = fill(request.data)
        return requests, None
    parts = _split(text)
    if len(parts) > MAX_TOGETHER:
        return [], _too_many(f"{len(parts):,}")
    requests, complaint = [], None
    for number, part in enumerate(parts):
        if number % 64 == 0:
            yield
        try:
            request = _decode_one(part)
            if not _is_whole(request):
                raise ValueError("it has no data")
            request.data = fill(request.data)
            requests.append(request)
        except (msgspec.MsgspecError, ValueError):
            some, wrong = _read_leniently(bytes(memoryview(fill(part))))
            requests += some
            complaint = complaint or wrong
    return requests, complaint and _unreadable(raw)


def _too_many(how_many: str) -> Complaint:
    text = f"a frame of {how_many} envelopes is too large; send up to {MAX_TOGETHER:,} at once"
    return Complaint("unreadable", text)


def _as_it_is(part: msgspec.Raw) -> msgspec.Raw:
    return part


def _is_whole(request: Request) -> bool:
    return bool(memoryview(request.data)) or request.type in EMPTY


def _read_leniently(frame: str | bytes) -> Read:
    lines = frame.count("\n") if isinstance(frame, str) else frame.count(b"\n")
    if len(frame) > MAX_ODD or lines > MAX_ODD_LINES:
        return [], _unreadable(frame)
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
    data = bytes(memoryview(raw)[: 12 * MAX_NAME_LENGTH + 2])  # of a name all of whose characters are escaped
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, ValueError):
        return None


class _Named(msgspec.Struct, gc=False):
    streams: msgspec.Raw
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


_decode_names = msgspec.json.Decoder(list[str]).decode
_decode_recent = msgspec.json.Decoder(dict[str, int]).decode
_decode_positions = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def named_in(request: Request) -> Named:
    """Return the channels that a request names in its data.

    Raises:
        Complaint: it names none, or too many, or asks for what is no number of messages.
    """
    try:
        said = msgspec.json.decode(request.data, type=_Named)
        _refuse_many(said.streams, 1)
        streams = _decode_names(said.streams)
    except (msgspec.MsgspecError, RecursionError):
        raise Complaint(
            "bad_request", 'which channels is not said; send {"streams": ["metrics", …]} as data'
        ) from None
    if len(streams) > MAX_NAMED or sum(map(len, streams)) > MAX_NAMED_CHARACTERS:
        raise Complaint(
            "bad_request",
            f"a request that names {len(streams):,} channels is too large; name up to {MAX_NAMED:,}, "
            f"with {MAX_NAMED_CHARACTERS:,} characters together",
        )
    return Named([well_formed(name) for name in streams], _recent_in(said), _positions_in(said, streams))


def _refuse_many(raw: msgspec.Raw, texts: int) -> None:
    """Refuse JSON with many more entries than it may have, of so many texts each, before it is read."""
    count = bytes(memoryview(raw)).count(b'"') // (2 * texts)
    if count > 4 * MAX_NAMED:  # a name may have quotes, too
        raise Complaint(
            "bad_request", f"a request that names {count:,} channels is too large; name up to {MAX_NAMED:,}"
        )


def _recent_in(said: _Named) -> dict[str, int]:
    _refuse_many(said.recent, 1)
    try:
        recent = _decode_recent(said.recent)
    except msgspec.MsgspecError:
        recent = {"": -1}
    if len(recent) > MAX_NAMED or not all(count >= 0 for count in recent.values()):
        raise Complaint(
            "bad_request", 'how many recent messages is not said; send {"recent": {"metrics": 100}}'
        )
    return {channel: min(count, MAX_RECENT) for channel, count in recent.items()}


def _positions_in(said: _Named, streams: Sequence[str]) -> dict[str, Position]:
    _refuse_many(said.positions, 2)
    try:
        found = _decode_positions(said.positions)
    except msgspec.MsgspecError:
        return {}
    return from_wire({name: _small(found[name]) for name in streams if name in found})
