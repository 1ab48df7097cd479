"""What JetStream does for the NATS broker: one stream for each channel, whose numbers are the channel's offsets.

| stream | subjects | has |
|---|---|---|
| `rw-<digest of the channel>` | `rw.<digest>.<epoch>` | envelopes, with their ids, and digests of their data |
| `rw-notes` | `rw-note.*` | the newest note beside each channel (`Broker.amend`), and when a hub asked for the time |
| `rw-kept-notes` | `rw-note.kept.*` | those that are kept for longer: messages of one stream all have one age |

JetStream tells all messages again on `rw-news.<digest>.<epoch>`, with their numbers. A message says its epoch by its
subject, and a stream takes those of one epoch only: under another nobody answers who publishes. An epoch that follows
on another has a name that says after which number it begins, and that all hubs find who see the same loss: two of them
who change it at once do the same.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from ...streams.gaps import Position
from ..policies import Retention
from .base import KEPT_NOTE_AGE, NOTE_AGE
from .dedup import MAX_AGE, KeyReused, digest_of
from .engine import NOTE_ID, Found, Note, new_epoch
from .engine import Refused as RefusedByEngine

NANOSECONDS: Final = 10**9

KEPT_TO_KNOW: Final = 1000
"""Messages that a stream keeps at least: a NATS that was killed knows by them what comes again."""

NOTES: Final = "rw-notes"
KEPT_NOTES: Final = "rw-kept-notes"
"""The streams of notes."""

_KEPT: Final = "rw-note.kept."

DIGEST: Final = "Rw-Digest"

NOT_FOUND: Final = 10059
NO_MESSAGE: Final = 10037
OTHER_SEQUENCE: Final = 10071
TOO_LARGE: Final = 10054
FULL: Final = frozenset({10002, 10023, 10028, 10047, 10077})
NO_JETSTREAM: Final = (10039, 10076)
"""Errors of JetStream: no such stream, no such message, not the last number, a message that is larger than it may be;
no room for the account, the server, in memory, on the disk, or to write there;
none at all, or none for this account."""


class Publish(NamedTuple):
    """Publish a message."""

    channel: str
    id: str
    digest: str
    body: bytes
    seen: Position


class Look(NamedTuple):
    """Say where a channel stands, and what came after an offset."""

    channel: str
    seen: Position
    after: int
    most: int


class Amend(NamedTuple):
    """Change a note if it is still as it was."""

    channel: str
    age: float
    had: Note | None
    note: Note | None


class Chirp(NamedTuple):
    """Say something to ourselves."""

    subject: str
    channel: str = ""


class Placed(NamedTuple):
    """The answer to `Publish`."""

    position: Position
    fresh: bool
    digest: str | None
    """Of the data of the message that has this position, if it was not published now; None: not known any more."""


class Commands:
    """The commands, as `engine.Commands`; their answers are what they say."""

    def publish(self, channel: str, id: bytes, digest: bytes, body: bytes, seen: Position) -> Publish:
        """See `engine.Commands.publish`."""
        return Publish(channel, id.hex(), digest.hex(), body, seen)

    def placed(self, answer: Placed, digest: bytes) -> tuple[Position, bool]:
        """See `engine.Commands.placed`."""
        if answer.digest not in (None, digest.hex()):
            raise KeyReused
        return answer.position, answer.fresh

    def look(self, channel: str, seen: Position, after: int = 0, most: int = 0) -> Look:
        """See `engine.Commands.look`."""
        return Look(channel, seen, after, most)

    def found(self, answer: Found) -> Found:
        """See `engine.Commands.found`."""
        return answer

    def amend(self, channel: str, age: float, had: Note | None = None, note: Note | None = None) -> Amend:
        """See `engine.Commands.amend`."""
        return Amend(channel, age, had, note)

    def noted(self, answer: tuple[Note, float]) -> tuple[Note, float]:
        """See `engine.Commands.noted`."""
        return answer

    def wake(self, channel: str) -> bytes:
        """See `engine.Commands.wake`."""
        return b"rw-news.%s.*" % tag(channel).encode()

    def canary(self) -> bytes:
        """See `engine.Commands.canary`."""
        return b"rw-canary.%s" % new_epoch().encode() + new_epoch().encode()

    def chirp(self, canary: bytes) -> Chirp:
        """See `engine.Commands.chirp`."""
        return Chirp(canary.decode())


class Refused(RefusedByEngine):
    """JetStream does not do it: why, and the number of its error."""

    def __init__(self, why: str, code: int = 0) -> None:
        super().__init__(why)
        self.code = code
        self.too_large, self.full = code == TOO_LARGE, code in FULL


class _Error(msgspec.Struct):
    description: str = ""
    err_code: int = 0


class _Ack(msgspec.Struct):
    seq: int = 0
    duplicate: bool = False
    error: _Error | None = None


class Stored(NamedTuple):
    """A message of a stream."""

    subject: str
    seq: int
    digest: str | None
    body: bytes
    time: float

    @property
    def epoch(self) -> str:
        """That under which it was published."""
        return self.subject.rpartition(".")[2]


class Stream(NamedTuple):
    """Where a stream stands."""

    epoch: str
    config: dict[str, Any]
    first: int
    last: int
    size: float
    """Bytes that one of its messages has, about."""


def tag(channel: str) -> str:
    """Return what stands for the name of a channel in names of streams and subjects."""
    return digest_of(channel.encode("utf-8", "surrogatepass")).hex()


def stream_of(channel: str) -> str:
    """Return the name of the stream of a channel."""
    return f"rw-{tag(channel)}"


def subject_of(channel: str, epoch: str) -> str:
    """Return the subject under which a channel is published."""
    return f"rw.{tag(channel)}.{epoch}"


def note_of(channel: str, age: float) -> str:
    """Return the subject of the note beside a channel that is kept for some seconds."""
    return f"{_KEPT if age > NOTE_AGE else 'rw-note.'}{tag(channel)}"


def notes_of(subject: str) -> str:
    """Return the stream of a note."""
    return KEPT_NOTES if subject.startswith(_KEPT) else NOTES


def making_of(stream: str) -> str:
    """Return the subject of the note that says whether a hub is making a stream."""
    return f"rw-note.making-{stream}"


def config_of(channel: str, retention: Retention, replicas: int) -> dict[str, Any]:
    """Return the configuration of the stream that a channel does not have yet."""
    return {
        "name": stream_of(channel),
        "description": json.dumps(channel)[:1000],
        "subjects": [subject_of(channel, new_epoch())],
        "retention": "limits",
        "discard": "old",
        "storage": "file",
        "num_replicas": replicas,
        "republish": {
            "src": f"rw.{tag(channel)}.*",
            "dest": f"rw-news.{tag(channel)}.{{{{wildcard(1)}}}}",
        },
    } | limits_of(channel, retention)


def limits_of(channel: str, retention: Retention) -> dict[str, int]:
    """Return what the configuration of its stream says of how much of a channel is kept."""
    messages, age = retention[channel]
    return {
        "max_msgs": max(messages, KEPT_TO_KNOW),
        "max_age": 0 if age is None else round(max(age, MAX_AGE) * NANOSECONDS),
        "duplicate_window": round(MAX_AGE * NANOSECONDS),
    }


def config_of_notes(stream: str, replicas: int) -> dict[str, Any]:
    """Return the configuration of a stream of notes."""
    kept = stream == KEPT_NOTES
    return {
        "name": stream,
        "description": "what hubs note beside their channels",
        "subjects": [f"{_KEPT}*" if kept else "rw-note.*"],
        "retention": "limits",
        "discard": "old",
        "storage": "file",
        "num_replicas": replicas,
        "max_msgs_per_subject": 1,
        "max_age": round((KEPT_NOTE_AGE if kept else NOTE_AGE) * NANOSECONDS),
    }


def next_epoch(epoch: str, last: int) -> str:
    """Return the epoch of a stream that has lost its end.

    Args:
        epoch: as it was.
        last: the number of the last message that is left.
    """
    text = f"{epoch} {last}".encode()
    return f"{hashlib.blake2b(text, digest_size=4).hexdigest()}-{last}"


def base_of(epoch: str) -> int:
    """Return the number after which an epoch begins."""
    base = epoch.partition("-")[2]
    return int(base) if base.isascii() and base.isdecimal() else 0


def read_answer(data: bytes) -> dict[str, Any]:
    """Return what the API of JetStream answered.

    Raises:
        Refused: it has refused it.
    """
    try:
        answer = msgspec.json.decode(data, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise Refused("it answers what is no JSON") from None
    error = answer.get("error")
    if error is not None:
        raise Refused(str(error.get("description", error)), error.get("err_code", 0))
    return answer


_decode_ack = msgspec.json.Decoder(_Ack).decode


def read_ack(data: bytes) -> tuple[int, bool]:
    """Return the number of a message that was published, and whether it was there before. Raises Refused."""
    try:
        ack = _decode_ack(data)
    except msgspec.MsgspecError:
        raise Refused("it answers what is no JSON") from None
    if ack.error is not None:
        raise Refused(ack.error.description, ack.error.err_code)
    return ack.seq, ack.duplicate


def read_stream(answer: dict[str, Any]) -> Stream:
    """Return where a stream stands that the API has told of."""
    config, state = answer["config"], answer["state"]
    (subject, *_) = config.get("subjects") or [""]
    size = state["bytes"] / max(1, state["messages"])
    return Stream(subject.rpartition(".")[2], config, state["first_seq"], state["last_seq"], size)


def read_message(answer: dict[str, Any]) -> Stored:
    """Return a message that the API has told."""
    told = answer["message"]
    digest = None
    for line in b64decode(told.get("hdrs", "")).decode("utf-8", "replace").splitlines():
        name, _, value = line.partition(":")
        if name == DIGEST:
            digest = value.strip()
    at = datetime.fromisoformat(told["time"]).timestamp()
    return Stored(told["subject"], told["seq"], digest, b64decode(told.get("data", "")), at)


def note_in(body: bytes) -> Note:
    """Return a note as it is kept."""
    return Note(body[:NOTE_ID], body[NOTE_ID:])
