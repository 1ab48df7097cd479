"""NotificationsFeed: the notifications of a panel, for its pages: those that have changed, whole, by key.

Its numbers are versions: a part has what changed after the last. The body of a part:

    items      the notifications, the oldest first, each with its `key`, its state, and `place`, its rank by arrival
    removed    keys of those that are gone; a keyframe has all there are, and none of these
    total      how many there are, also of those that did not fit
    unread     how many of them are not read
    turn       of the latest arrival
    read_to    the turn up to which all were marked as read
    handled    names of the clears that were done or undone last
    undoable   names of those that can be undone
    version    what a clear names, so that it is known what its reader had been told
    wall, at   this moment, by the clock of records and by that of arrivals; pages know no other
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec

from ..streams.keyed import Keyed
from .feed import Payload
from .notice import DURATION, address_of, leaves, progress_of
from .notices import Notices
from .text import as_unicode

MAX_PART_BYTES: Final = 64 * 1024
"""Most bytes of notifications in one part; what is shown goes first, then the newest."""


class NotificationsFeed:
    """The feed of a panel.

    Args:
        notices: what it shows.
        wall: gives the time that records have, in seconds since 1970.
    """

    def __init__(self, notices: Notices, wall: Callable[[], float] = time.time) -> None:
        self._notices = notices
        self._wall = wall
        self._sent = 0

    @property
    def dropped(self) -> int:
        """Records that came too fast to be notifications at all."""
        return self._notices.missed

    def resize(self, px: int) -> None:
        """Ignore the width: text wraps."""

    def changed(self) -> bool:
        """See `Feed.changed`."""
        return self._notices.ingest() > self._sent

    def take(self, key: bool, now: float) -> Payload:
        """See `Feed.take`."""
        found = self._notices.snapshot(0 if key else self._sent)
        items, nbytes = _fitting(found.changes.items)
        if not found.whole and len(items) < len(found.changes.items):
            found = self._notices.snapshot(0)  # a page must not keep what has changed and did not fit
            items, nbytes = _fitting(found.changes.items)
        first, self._sent = self._sent + 1, found.version
        body: dict[str, Any] = {
            "items": items,
            "total": found.total,
            "unread": found.unread,
            "turn": found.turn,
            "read_to": found.read_to,
            "handled": found.handled,
            "undoable": found.undoable,
            "version": found.version,
            "wall": self._wall(),
            "at": self._notices.now(),
        }
        if found.changes.removed:
            body["removed"] = found.changes.removed
        return Payload(1 if found.whole else first, found.version, found.whole, body, body_bytes=nbytes)


def _fitting(items: list[Keyed]) -> tuple[list[dict[str, Any]], int]:
    """Return those that fit into a part as they are sent, the oldest first, and their size as JSON in bytes."""
    nbytes = 0
    found: list[dict[str, Any]] = []
    for item in sorted(items, key=lambda each: (each.state["shown"], each.place), reverse=True):
        said: dict[str, Any] = as_unicode(_said(item))
        size = len(msgspec.json.encode(said)) + 2
        if nbytes + size > MAX_PART_BYTES:
            break
        nbytes += size
        found.append(said)
    return sorted(found, key=lambda each: int(each["place"])), nbytes


def _said(item: Keyed) -> dict[str, Any]:
    """Return a notification as it is sent: what is not there is left out."""
    fields, state = item.fields, item.state
    said: dict[str, Any] = {
        "key": item.key,
        "place": item.place,
        "type": fields.get("type", "info"),
        "title": fields.get("title", ""),
        "message": fields.get("message", ""),
        "ts": item.ts,
        "count": item.count,
        "read": state["read"],
        "shown": state["shown"],
        "turn": state["turn"],
        "at": state["at"],
    }
    address = address_of(fields)
    if address is None:
        said["too_long"] = True
    for name, text in (("action_url", address), ("action_label", fields.get("action_label"))):
        if text:
            said[name] = text
    if leaves(fields):
        said["duration"] = fields.get("duration", DURATION)
    progress = progress_of(fields)
    if progress is not None:
        said["progress"] = None if math.isnan(progress) else progress
    return said
