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
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, Final

import msgspec

from ..runtime.forksafe import renew_after_fork
from ..streams import Stream
from ..streams.keyed import Changes, Keyed, KeyedRecords
from .notice import DURATION, PASSING, Notice, Notification, address_of, leaves, notice_of, progress_of

MAX_READ: Final = 10_000
"""Most records that are read at a time; of a longer burst the newest."""

MAX_HANDLED: Final = 20
"""Clears that are remembered: the words of a page may come twice, and an undo before its clear."""

Seen = Iterable[tuple[str, int | None]]
"""Keys, with the turns that were seen; None: the latest."""


class Snapshot(msgspec.Struct, frozen=True):
    """What there is at one moment, for pages.

    Attributes:
        version: of the last change.
        changes: since the version that was asked for.
        whole: whether that is all there is.
        total: how many there are.
        unread: how many of them are not read.
        turn: of the latest arrival.
        read_to: the turn up to which all were marked as read last.
        handled: names of the clears that were done or undone last.
        undoable: names of those that an undo would bring something back of.
    """

    version: int
    changes: Changes
    whole: bool
    total: int
    unread: int
    turn: int
    read_to: int
    handled: list[str]
    undoable: list[str]


class Notices:
    """The notifications of some streams by id, with a state.

    Args:
        streams: whose records they are; ids of two streams are not the same.
        keep: most notifications kept; the oldest go first, those that are shown last.
        clock: gives the time that ages are counted by, in seconds.
        visible: how many are before a reader's eyes: one that comes again stays in its place among these.
    """

    def __init__(
        self, streams: Sequence[Stream], keep: int, clock: Callable[[], float], visible: int = 5
    ) -> None:
        self.visible = visible
        self._streams = list(streams)
        self._cursors = (0,) * len(self._streams)
        self._clock = clock
        self._records = KeyedRecords(keep, spare=lambda item: bool(item.state["shown"]))
        self._turn = 0
        self._read_to = 0
        self._silent = False
        self._handled: deque[str] = deque(maxlen=MAX_HANDLED)
        # Streams are read before it is taken: who holds a stream may ask for what is unread.
        self._lock = threading.Lock()
        self.missed = 0
        """Records that were overwritten, too many at a time, or not to be read."""
        renew_after_fork(self, Notices._renew_lock)

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()

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
        while True:
            cursors = self._cursors
            found = [self._read(i, cursor) for i, cursor in enumerate(cursors)]
            with self._lock:
                if cursors is self._cursors:
                    self._cursors = tuple(each.cursor for each in found)
                    for each in found:
                        self.missed += each.missed
                        for key, notice in each.notices:
                            self._take(notice, key)
                    self._records.trim()
                    return self._records.version

    def _read(self, place: int, cursor: int) -> _Read:
        """Return what a stream has after a cursor."""
        stream = self._streams[place]
        if stream.last_seq <= cursor:
            return _Read(cursor, [], 0)
        batch = stream.read(after=cursor, limit=MAX_READ, newest=True)
        missed = batch.missed if cursor else 0
        notices = []
        for seq, row in enumerate(batch.rows(), batch.first_seq):
            try:
                notice = notice_of(row)
            except Exception:  # objects of users: one record must not hold up those behind it
                missed += 1
                continue
            notices.append((f"{place}#{seq}" if notice.id is None else key_of(place, notice.id), notice))
        return _Read(batch.last_seq, notices, missed)

    def _take(self, notice: Notice, key: str) -> None:
        known = self._records.get(key)
        if notice.removed:
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
        passed = () if known is None else [name for name in PASSING if name in known.fields]
        kept = {} if known is None else {k: v for k, v in known.fields.items() if k not in passed}
        anew = known is not None and not self._is_visible(known)
        state = self._fresh(notice, kept | notice.fields)
        self._records.put(key, notice.fields, notice.ts, state=state, anew=anew, forget=passed)

    def _is_visible(self, item: Keyed) -> bool:
        """Whether it is among the newest that are shown."""
        newest = islice((each for each in reversed(self._records) if each.state["shown"]), self.visible)
        return any(each is item for each in newest)

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
        self.ingest()  # what has come so far came under the other rule
        self._silent = silent

    def mark_read(self, seen: Seen, read: bool = True) -> list[str]:
        """Mark as read, or as unread; returns the keys for which that is news."""
        return self._set(seen, read=read)

    def mark_all_read(self, turn: int | None = None) -> int:
        """Mark as read what has come, up to a turn; returns how many that were."""
        self.ingest()
        with self._lock:
            last = self._turn if turn is None else turn
            keys = [item.key for item in self._records if item.state["turn"] <= last]
            self._read_to = max(self._read_to, min(last, self._turn))
            self._records.version += 1  # pages are told, also where there was nothing to do
            return len(self._records.set(keys, read=True))

    def hide(self, seen: Seen) -> list[str]:
        """Leave in the history only what has had its time; returns the keys."""
        return self._set(seen, shown=False)

    def dismiss(self, seen: Seen) -> list[str]:
        """Leave in the history only, as read; returns the keys."""
        return self._set(seen, shown=False, read=True)

    def remove(self, seen: Seen) -> list[str]:
        """Remove for good; returns the keys."""
        self.ingest()
        with self._lock:
            return [key for key in self._still(seen) if self._records.remove(key) is not None]

    def clear(self, group: str, turn: int | None = None, known: int | None = None) -> int:
        """Remove all that have come, up to a turn; returns how many. `undo` brings them back.

        A group that was cleared or undone before is not cleared again.

        Args:
            group: a name for what is removed.
            turn: the latest that was seen; None: of all.
            known: the version that was seen: what others cleared since was there for this reader, who has cleared it,
                too, and gets it back. None: the latest.
        """
        self.ingest()
        with self._lock:
            return self._clear(group, turn, known)

    def _clear(self, group: str, turn: int | None, known: int | None) -> int:
        if group in self._handled:
            return 0
        self._handle(group)
        seen = self._turn if turn is None else turn
        return len(self._records.clear(group, lambda item: item.state["turn"] <= seen, after=known))

    def undo(self, group: str | None = None, turn: int | None = None, known: int | None = None) -> int:
        """Bring back what was cleared last, or what a group was; returns how many.

        Of a clear that has not come yet, and will do nothing when it does, `turn` and `known` are needed: others may
        have cleared what its reader wants back.
        """
        self.ingest()
        with self._lock:
            if group is None:
                group = next(reversed(self._records.cleared), "")
            elif turn is not None:
                self._clear(group, turn, known)
            self._handle(group)
            back = self._records.restore(group)
            self._records.trim()
            return len(back)

    def _handle(self, group: str) -> None:
        """Note that a group was cleared or undone, which pages are told."""
        if group in self._handled:
            self._handled.remove(group)
        self._handled.append(group)
        self._records.version += 1

    def _set(self, seen: Seen, **state: Any) -> list[str]:
        self.ingest()
        with self._lock:
            return [item.key for item in self._records.set(self._still(seen), **state)]

    def _still(self, seen: Seen) -> list[str]:
        """Return the keys of which nothing has come since the turn that was seen."""
        items = [(self._records.get(key), turn) for key, turn in seen]
        return [item.key for item, turn in items if item and turn in (None, item.state["turn"])]

    # What there is

    def __len__(self) -> int:
        self.ingest()
        return len(self._records)

    @property
    def unread(self) -> int:
        """How many are not read."""
        self.ingest()
        with self._lock:
            return self._unread()

    def _unread(self) -> int:
        return sum(not item.state["read"] for item in self._records)

    @property
    def turn(self) -> int:
        """Of the latest arrival."""
        return self._turn

    def now(self) -> float:
        """Return the time by which arrivals are counted, in seconds."""
        return self._clock()

    def items(self) -> list[Notification]:
        """Return all of them, the newest first."""
        self.ingest()
        with self._lock:
            return [notification_of(item) for item in reversed(self._records)]

    def find(self, key: str) -> Notification | None:
        """Return one; None: there is none."""
        self.ingest()
        with self._lock:
            item = self._records.get(key)
            return None if item is None else notification_of(item)

    def keys_of(self, id: str) -> list[str]:
        """Return the keys of an id, of whatever stream."""
        keys = [key_of(place, id) for place in range(len(self._streams))]
        return [*keys, id] if "#" in id else keys  # of one without an id, its key stands for it

    def is_known(self, key: str) -> bool:
        """Whether there is one with a key, or an undo would bring it back."""
        with self._lock:
            return self._records.is_known(key)

    def snapshot(self, after: int) -> Snapshot:
        """Return what has changed after a version, or all there is when that is 0 or too long ago."""
        self.ingest()
        with self._lock:
            found = self._records.changes(after) if after else None
            whole = found is None
            return Snapshot(
                self._records.version,
                Changes([msgspec.structs.replace(item) for item in self._records], [])
                if found is None
                else found,
                whole,
                len(self._records),
                self._unread(),
                self._turn,
                self._read_to,
                list(self._handled),
                self._records.cleared,
            )


class _Read(msgspec.Struct, frozen=True):
    """What was read of one stream: the next cursor, what its records say by key, and how many could not be read."""

    cursor: int
    notices: list[tuple[str, Notice]]
    missed: int


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
        action_url=address_of(fields) or "",
        action_label=fields.get("action_label", ""),
        auto_remove=leaves(fields),
        duration=fields.get("duration", DURATION),
        progress=progress,
    )
