"""ChatMessage: one message of a chat, as users know it, and what the wire says of it, read with care.

Whatever comes from a server is somebody's text: each field is checked for itself, cut where it is too long, and what
says nothing that can be shown is no message. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

import msgspec

from ..errors import shown
from ..streams.text import well_formed

MessageType = Literal["text", "image", "file", "system"]
MessageState = Literal["queued", "sending", "sent", "failed", "growing", "stopped"]

TYPES: Final[tuple[MessageType, ...]] = get_args(MessageType)

MAX_TEXT: Final = 20_000
"""Characters of a message; longer ones are cut when they come, and refused when they are sent."""

MAX_NAME: Final = 100
"""Characters of a name that is shown."""

MAX_ID: Final = 200
"""Characters of an id; what has a longer one is passed over."""

MAX_REACTION: Final = 32
"""Characters of a reaction: an emoji may have many."""


class FileLink(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The file of a message: where its bytes are, and what they are.

    Attributes:
        url: at the hub, such as `/files/3f2a`; `Chat.read_file` returns what is there. Empty: they are in `data`.
        name: that it was sent with.
        type: its media type, judged by its content.
        size: bytes.
        width, height: of an image, in pixels; 0: not known.
        alt: what it shows, in words.
        data: its bytes, where no hub has them.
    """

    url: str
    name: str
    type: str
    size: int
    width: int = 0
    height: int = 0
    alt: str = ""
    data: bytes = b""


class ChatMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a chat, as it is at this moment.

    Attributes:
        id: its id; for one that is on its way the one that it was sent with.
        room: the id of its room.
        user: the id of its author.
        name: that its author goes by.
        text: in a subset of Markdown; empty for one that was deleted.
        type: `text`, `image`, `file` or `system`.
        ts: when, in seconds since 1970, by the clock of the hub.
        own: whether it is of the user of this chat.
        state: of one's own: `queued` (no connection), `sending`, `sent`, `failed`; `growing`: it is still being
            written, as `Chat.streaming` does; `stopped`: that was broken off.
        error: why it has failed; empty: it has not.
        edited: when its text was changed, in seconds since 1970; None: it was not.
        deleted: whether it was deleted.
        reactions: names of those who reacted, by reaction.
        file: of an image or a file; None: it is none.
        by_program: whether this program has sent it, as with `chat.send()`, and nobody has typed it.
        metadata: what else its author said of it.
    """

    id: str
    room: str
    user: str
    name: str
    text: str
    type: MessageType
    ts: float
    own: bool
    state: MessageState = "sent"
    error: str = ""
    edited: float | None = None
    deleted: bool = False
    reactions: dict[str, list[str]] = {}
    file: FileLink | None = None
    by_program: bool = False
    metadata: dict[str, Any] = {}

    @property
    def bot(self) -> bool:
        """Whether a program has written it, as its author says."""
        return bool(self.metadata.get("bot"))

    def __repr__(self) -> str:
        said = self.text if self.file is None else self.file.name
        what = f"deleted {self.type}" if self.deleted else f"{self.type} {shown(said)}"
        state = "" if self.state == "sent" else f", {self.state}"
        return f"<ChatMessage {self.id} of {self.name} in {self.room}: {what}{state}>"


class Said(msgspec.Struct, frozen=True):
    """What a record of the wire says of a message."""

    id: str
    user: str
    name: str
    text: str
    type: MessageType
    ts: float
    metadata: dict[str, Any]


def said_of(data: Any, otherwise: float) -> Said | None:
    """Return what the data of a message say; None: nothing that could be shown.

    Args:
        data: of the wire, anything.
        otherwise: its time in seconds, where it says none.
    """
    if not isinstance(data, Mapping):
        return None
    id, user = id_of(data.get("id")), id_of(data.get("userId"))
    text = data.get("content", "")
    if id is None or user is None or not isinstance(text, str):
        return None
    kind = data.get("type", "text")
    metadata = data.get("metadata")
    metadata = dict(metadata) if isinstance(metadata, Mapping) else {}
    if not text.strip() and not (kind in ("image", "file") or metadata.get("deleted")):
        return None
    return Said(
        id,
        user,
        name_of(data.get("username"), user),
        well_formed(text[:MAX_TEXT]),
        kind if kind in TYPES else "text",
        moment_of(data.get("timestamp"), otherwise),
        metadata,
    )


def file_of(said: Said) -> FileLink | None:
    """Return the file of a message; None: it has none that could be shown.

    Other clients may send an image of which they say but the address, as the text.
    """
    if said.type not in ("image", "file"):
        return None
    of = said.metadata
    if said.text.strip() and not any(of.get(name) for name in ("url", "name", "data")):
        return None
    data = of.get("data")
    return FileLink(
        url=_text(of.get("url"), 300),
        name=_text(of.get("name"), 200) or said.type,
        type=_text(of.get("type"), 100) or "application/octet-stream",
        size=_count(of.get("size")),
        width=_count(of.get("width")),
        height=_count(of.get("height")),
        alt=_text(of.get("alt"), 500),
        data=data if isinstance(data, bytes) else b"",
    )


def id_of(value: Any) -> str | None:
    """Return an id, of a room, a user or a message, as text; None: it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_ID:
        return None
    return well_formed(value)


def name_of(value: Any, otherwise: str) -> str:
    """Return a name in one line, cut where it is too long."""
    text = " ".join(value.split())[:MAX_NAME] if isinstance(value, str) else ""
    return well_formed(text or otherwise[:MAX_NAME])


def moment_of(value: Any, otherwise: float) -> float:
    """Return a time in milliseconds as seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 1e11 <= value < 1e14:
        return value / 1000
    return otherwise


def _text(value: Any, most: int) -> str:
    return well_formed(value[:most]) if isinstance(value, str) else ""


def _count(value: Any) -> int:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return int(value) if is_number and 0 <= value < 1e15 else 0
