"""Notices: the notifications of a panel, from the records of its streams, with what its readers did to them.

Every arrival, the first of an id or one more of it, has a *turn*, a number that grows. What a reader does names the
turn that he saw: what has come since is not read, dismissed or cleared with it.

    arrives ──> shown, unread ── 3 s before the eyes ──> shown, read
                   │                                       │
                   ├── its time is over, dismissed, do not disturb ──> in the history only ── one more ──> shown, unread
                   └── removed, cleared ──> gone ── undo ──> as it was

Streams are read when somebody asks, so what nobody looks at costs nothing. Any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from ..runtime.forksafe import renew_after_fork
from ..streams import Stream
from ..streams.keyed import Changes, Keyed, KeyedRecords
from .notice import DURATION, Notice, Notification, leaves, notice_of, progress_of

MAX_READ: Final = 10_000
"""Most records that are read at a time; of a longer burst the newest."""

Seen = Iterable[tuple[str, int | None]]
"""Keys, with the turns that were seen; None: the latest."""


class Notices:
    """The notifications of some streams by id, with a state.

    Args:
        streams: whose records they are; ids of two streams are not the same.
        keep: most notifications kept; the oldest go first, those that are shown last.
        clock: gives the time that ages are counted by, in seconds.
    """

    def __init__(self, streams: Sequence[Stream], keep: int, clock: Callable[[], float]) -> None:
        self._streams = list(streams)
        self._cursors = [0] * len(self._streams)
        self._clock = clock
        self._records = KeyedRecords(keep, spare=lambda item: bool(item.state["shown"]))
        self._turn = 0
        self._silent = False
        self._undone: list[str] = []
        self._lock = threading.RLock()
        self.missed = 0
        """Records that were overwritten, or too many at a time, before they were read."""
        renew_after_fork(self, Notices._renew_lock)

    def _renew_lock(self) -> None:
        self._lock = threading.RLock()

    @property
    def keep(self) -> int:
        """Most notifications kept."""
        return self._records.keep

    @keep.setter
    def keep(self, keep: int) -> None:
        self._records.keep = keep

    # What arrives

    def ingest(self) -> int:
        """Read what has come; returns the version of the last change."""
        with self._lock:
            for i, stream in enumerate(self._streams):
                self._cursors[i] = self._read(i, stream, self._cursors[i])
            self._records.trim()
            return self._records.version

    def _read(self, place: int, stream: Stream, cursor: int) -> int:
        if stream.last_seq <= cursor:
            return cursor
        batch = stream.read(after=cursor, limit=MAX_READ, newest=True)
        self.missed += batch.missed if cursor else 0
        for seq, row in enumerate(batch.rows(), batch.first_seq):
            notice = notice_of(row)
            self._take(notice, f"{place}#{seq}" if notice.id is None else key_of(place, notice.id))
        return batch.last_seq

    def _take(self, notice: Notice, key: str) -> None:
        known = self._records.get(key)
        if notice.removed:
            if known is not None:
                self._records.remove(key)
            return
        fields = notice.fields
        if known is None and notice.updated and "type" not in fields:
            return  # it was cleared meanwhile: how far it is is of no interest any more, how it ended is
        if known is None or not (notice.updated or notice.read):
            self._arrive(key, notice, known)
            return
        regraded = fields.get("type", known.fields.get("type")) != known.fields.get("type")
        if regraded and not notice.read:
            self._records.put(key, fields, notice.ts, state=self._fresh(notice, fields), counts=False)
            return
        state = {"read": True} if notice.read else None
        self._records.put(key, fields, notice.ts if fields else known.ts, state=state, counts=False)

    def _arrive(self, key: str, notice: Notice, known: Keyed | None) -> None:
        fields = notice.fields if known is None else known.fields | notice.fields
        anew = known is not None and not known.state["shown"]
        self._records.put(key, notice.fields, notice.ts, state=self._fresh(notice, fields), anew=anew)

    def _fresh(self, notice: Notice, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the state of what has just come."""
        self._turn += 1
        over = notice.read and leaves(fields)
        return {
            "read": notice.read,
            "shown": not self._silent and not over,
            "turn": self._turn,
            "at": self._clock(),
        }

    # What readers do

    @property
    def silent(self) -> bool:
        """Whether what arrives goes into the history only: nobody is to be disturbed."""
        return self._silent

    @silent.setter
    def silent(self, silent: bool) -> None:
        with self._lock:
            self.ingest()  # what has come so far came under the other rule
            self._silent = silent

    def mark_read(self, seen: Seen, read: bool = True) -> list[str]:
        """Mark as read, or as unread; returns the keys for which that is news."""
        with self._lock:
            self.ingest()
            return _keys(self._records.set(self._still(seen), read=read))

    def mark_all_read(self, turn: int | None = None) -> int:
        """Mark as read what has come, up to a turn; returns how many that were."""
        with self._lock:
            self.ingest()
            keys = [item.key for item in self._records if turn is None or item.state["turn"] <= turn]
            return len(self._records.set(keys, read=True))

    def hide(self, seen: Seen) -> list[str]:
        """Leave in the history only what has had its time; returns the keys."""
        with self._lock:
            self.ingest()
            return _keys(self._records.set(self._still(seen), shown=False))

    def dismiss(self, seen: Seen) -> list[str]:
        """Leave in the history only, as read; returns the keys."""
        with self._lock:
            self.ingest()
            return _keys(self._records.set(self._still(seen), shown=False, read=True))

    def remove(self, seen: Seen) -> list[str]:
        """Remove for good; returns the keys."""
        with self._lock:
            self.ingest()
            return [key for key in self._still(seen) if self._records.remove(key) is not None]

    def clear(self, group: str, turn: int | None = None) -> int:
        """Remove all that have come, up to a turn; returns how many. `undo` brings them back."""
        with self._lock:
            self.ingest()
            if group in self._undone:  # the words of a page may come in another order
                self._undone.remove(group)
                return 0
            gone = self._records.clear(group, lambda item: turn is None or item.state["turn"] <= turn)
            return len(gone)

    def undo(self, group: str | None = None) -> int:
        """Bring back what was cleared last, or what a group was; returns how many."""
        with self._lock:
            self.ingest()
            cleared = self._records.cleared
            if group is None:
                group = cleared[0] if cleared else ""
            elif cleared is None or cleared[0] != group:
                self._undone = [*self._undone[-9:], group]
                return 0
            back = self._records.restore(group)
            self._records.trim()
            return len(back)

    def _still(self, seen: Seen) -> list[str]:
        """Return the keys of which nothing has come since the turn that was seen."""
        items = [(self._records.get(key), turn) for key, turn in seen]
        return [item.key for item, turn in items if item and turn in (None, item.state["turn"])]

    # What there is

    def __len__(self) -> int:
        with self._lock:
            self.ingest()
            return len(self._records)

    @property
    def unread(self) -> int:
        """How many are not read."""
        with self._lock:
            self.ingest()
            return sum(not item.state["read"] for item in self._records)

    @property
    def turn(self) -> int:
        """Of the latest arrival."""
        return self._turn

    def now(self) -> float:
        """Return the time by which arrivals are counted, in seconds."""
        return self._clock()

    @property
    def cleared(self) -> tuple[str, int] | None:
        """What `undo` would bring back: the group, and how many; None: nothing."""
        return self._records.cleared

    def items(self) -> list[Notification]:
        """Return all of them, the newest first."""
        with self._lock:
            self.ingest()
            return [notification_of(item) for item in reversed(self._records)]

    def find(self, key: str) -> Notification | None:
        """Return one; None: there is none."""
        with self._lock:
            self.ingest()
            item = self._records.get(key)
            return None if item is None else notification_of(item)

    def changes(self, after: int) -> tuple[Changes, bool]:
        """Return what has changed after a version, and whether that is all there is."""
        with self._lock:
            found = self._records.changes(after) if after else None
            return (Changes(list(self._records), []), True) if found is None else (found, False)


def key_of(place: int, id: str) -> str:
    """Return the key of an id of the stream with that place among those of a panel."""
    return f"{place}:{id}"


def notification_of(item: Keyed) -> Notification:
    """Return an item as users know it."""
    fields = item.fields
    progress = progress_of(fields)
    return Notification(
        id=item.key.partition(":")[2] or item.key,
        title=fields.get("title", ""),
        message=fields.get("message", ""),
        type=fields.get("type", "info"),
        ts=item.ts,
        read=item.state["read"],
        shown=item.state["shown"],
        count=item.count,
        action_url=fields.get("action_url", ""),
        action_label=fields.get("action_label", ""),
        auto_remove=leaves(fields),
        duration=fields.get("duration", DURATION),
        progress=progress,
    )


def _keys(items: Iterable[Keyed]) -> list[str]:
    return [item.key for item in items]
