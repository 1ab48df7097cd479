"""Notice: what one record says of a notification, however it was made: by the wire, by Python, as an event of a log.

| of the record | is | the wire's name |
|---|---|---|
| `title`, else `source` | the title | `title` |
| `message`, `msg`, `text`, `value`, else all its fields | the message | `message` |
| `type`, else `level`, `severity` | info, success, warning or error, by any name that `levels` knows | `type` |
| `actionUrl`, `actionLabel` | a link, or without an address a button | the same |
| `autoRemove` | whether it leaves by itself; left out: by its type | the same |
| `duration` | after how many ms it does; 0: it stays; of an event with a `level` it is something else | the same |
| `timestamp`, else the time of the record | when it happened | `timestamp` |
| `progress` | a part of 1, or NaN: not known | ours |
| `id` | one with the id of an earlier one is that, once more | `id` |
| `updated` | true: not once more, it says something new of itself | ours |
| `read`, `removed` | true: it was read, or is to go | `read` |

Names in snake case are understood, too. Pure.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

import msgspec

from ..protocol.timestamps import seconds_of
from .levels import level_of
from .log_rows import shown

NoticeType = Literal["info", "success", "warning", "error"]

TYPES: Final[tuple[NoticeType, ...]] = get_args(NoticeType)

LEAVING: Final[frozenset[str]] = frozenset({"info", "success"})
"""Types that leave by themselves, unless there is something to do."""

PASSING: Final = ("progress", "action_url", "action_label", "auto_remove", "duration")
"""What one arrival says of itself, and not of the next with its id."""

DURATION: Final = 5.0
"""Seconds on screen after which a notification leaves, if it does."""
MIN_DURATION: Final = 0.5
MAX_DURATION: Final = 86_400.0

MAX_LENGTHS: Final = {"id": 200, "title": 160, "message": 1000, "action_label": 60, "action_url": 8000}
"""Characters after which a text is cut. A cut address leads nowhere; as many as are kept is what servers take."""

_NAMES: Final = {
    "actionUrl": "action_url",
    "actionLabel": "action_label",
    "autoRemove": "auto_remove",
}
_TEXTS: Final = {
    "title": ("title", "source"),
    "message": ("message", "msg", "text", "value"),
    "action_url": ("action_url",),
    "action_label": ("action_label",),
}
_KNOWN: Final = frozenset(
    {"ts", "seq", "id", "title", "source", "message", "msg", "text", "value", "type", "level", "severity"}
    | {"action_url", "action_label", "auto_remove", "duration", "timestamp", "progress"}
    | {"read", "removed", "updated"}
)


class Notice(msgspec.Struct, frozen=True):
    """What a record says.

    Attributes:
        id: which notification; None: one of its own.
        ts: when it happened, in seconds.
        fields: of what it says, normalised; what it leaves out is not among them.
        read: whether it says that it was read.
        removed: whether it is to go.
        updated: whether it is not one more, but news of the same.
    """

    id: str | None
    ts: float
    fields: dict[str, Any]
    read: bool
    removed: bool
    updated: bool


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One notification, as it is at this moment.

    Attributes:
        id: its id; two with the same are one.
        title: in a few words; may be empty.
        message: in full.
        type: info, success, warning or error.
        ts: when it happened, in seconds since 1970.
        read: whether it was read.
        shown: whether it is among those that are shown, not only in the history.
        count: how many times it has come.
        action_url: an address; empty: none, or one of more than 8,000 characters.
        action_label: what its link or button says; empty: "Details".
        auto_remove: whether it leaves by itself.
        duration: after how many seconds on screen it does.
        progress: from 0 to 1; NaN: under way, nobody knows how far; None: it is none.
    """

    id: str
    title: str
    message: str
    type: NoticeType
    ts: float
    read: bool
    shown: bool
    count: int
    action_url: str
    action_label: str
    auto_remove: bool
    duration: float
    progress: float | None


def notice_of(record: Mapping[str, Any]) -> Notice:
    """Return what a record says; `ts` is among its fields."""
    said = {_NAMES.get(name, name): value for name, value in record.items() if _says(name, value)}
    fields: dict[str, Any] = {}
    for name, sources in _TEXTS.items():
        for source in sources:
            text = shown(said[source], MAX_LENGTHS[name]).strip() if source in said else ""
            if text or (source in said and source == name):
                fields[name] = text
                break
    known = next((said[name] for name in ("type", "level", "severity") if name in said), None)
    if known is not None:
        level = level_of(known) or "info"
        fields["type"] = "info" if level == "debug" else level
    if "auto_remove" in said:
        fields["auto_remove"] = _is_true(said["auto_remove"])
    ms = _number(said.get("duration"))
    if ms is not None and "level" not in said:
        fields["duration"] = min(max(ms / 1000, MIN_DURATION), MAX_DURATION) if ms > 0 else 0.0
    if "progress" in said:
        part = _number(said["progress"])
        fields["progress"] = math.nan if part is None else min(max(part, 0.0), 1.0)
    others = {name: value for name, value in said.items() if name not in _KNOWN}
    if others and not {"title", "message"} & fields.keys():
        pairs = [f"{name}={shown(value, MAX_LENGTHS['message'])}" for name, value in others.items()]
        fields["message"] = shown(" ".join(pairs), MAX_LENGTHS["message"])
    id = checked_id(said["id"]) if "id" in said else ""
    read, removed, updated = (_is_said(said.get(name)) for name in ("read", "removed", "updated"))
    return Notice(id or None, _moment(said.get("timestamp"), record["ts"]), fields, read, removed, updated)


def checked_id(id: Any) -> str:
    """Return an id as it is kept: as text, and a long one as its beginning and what tells it from others like it."""
    text = shown(id, 10 * MAX_LENGTHS["id"])
    if len(text) <= MAX_LENGTHS["id"]:
        return text
    rest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:16]
    return f"{text[: MAX_LENGTHS['id'] - 17]} {rest}"


def leaves(fields: Mapping[str, Any]) -> bool:
    """Whether a notification leaves by itself: as it says, or info and success do, unless they want something done."""
    if fields.get("duration", DURATION) <= 0:
        return False
    if "auto_remove" in fields:
        return bool(fields["auto_remove"])
    acts = bool(fields.get("action_url") or fields.get("action_label"))
    return fields.get("type", "info") in LEAVING and not acts and progress_of(fields) is None


def address_of(fields: Mapping[str, Any]) -> str | None:
    """Return where its link leads, empty for nowhere; None: the address was too long to be kept."""
    address: str = fields.get("action_url", "")
    return None if len(address) > MAX_LENGTHS["action_url"] else address


def progress_of(fields: Mapping[str, Any]) -> float | None:
    """Return how far something under way is; None: it is none, or it has ended, and so has another type."""
    return fields.get("progress") if fields.get("type", "info") == "info" else None


def _says(name: str, value: Any) -> bool:
    """Whether a field says anything; of `progress` a missing value says that it is not known."""
    return value is not None and (name == "progress" or not (isinstance(value, float) and math.isnan(value)))


def _is_said(value: Any) -> bool:
    """Whether a flag is set; fields of others may have its name, such as the bytes that were `read`."""
    return value is True or (isinstance(value, str) and value.strip().casefold() == "true")


def _is_true(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().casefold() in ("true", "1", "yes")
    try:
        return bool(value)
    except Exception:  # arrays, and objects of users
        return False


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except Exception:  # None, text, and objects of users
        return None
    return number if math.isfinite(number) else None


def _moment(value: Any, otherwise: float) -> float:
    if value is None or isinstance(value, bool):
        return otherwise
    try:
        return seconds_of(value)
    except Exception:  # BadTime, or what an object of a user raises
        return otherwise
