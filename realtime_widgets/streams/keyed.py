"""KeyedRecords: the newest of what records say of each key, with a state beside it, and what has changed since.

Records with one key are one item: later ones add to its fields, and a field that they leave out stays as it was. What
becomes of an item here, such as that it was read, is its state, which no record needs to say. Every change, of fields,
of state or of presence, gets the next *version*, so that who follows asks for what changed after the version it has.

    absent ── put ──> kept ── remove, clear, too many ──> removed ── put ──> kept (a new item)
                       ^                                     │
                       └──────────── restore ────────────────┘

What follows gets an item whole, so the order in which changes are applied does not matter: an item taken twice is the
same, and a snapshot with the changes after it is the next snapshot. Pure, and for one thread at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

MAX_TOMBSTONES: Final = 1000
"""Removed keys that are remembered; who lags behind more of them needs a snapshot."""

MAX_CLEARED: Final = 20
"""Clears that can be taken back, and of how many items in all, in times as many as are kept."""
MAX_CLEARED_TIMES: Final = 2


class Keyed(msgspec.Struct):
    """One item: what the records of a key have said so far.

    Attributes:
        key: what tells it from the others.
        fields: the newest value of each field.
        ts: time of its newest record, in seconds.
        place: its number in the order of arrival, or the one it was given; greater is later.
        count: how many records it stands for.
        version: of its last change.
        state: what became of it here.
    """

    key: str
    fields: dict[str, Any]
    ts: float
    place: float
    count: int
    version: int
    state: dict[str, Any]


class Changes(msgspec.Struct, frozen=True):
    """What became of the items after a version.

    Attributes:
        items: those that are new or another, in the order of their last changes.
        removed: keys of those that are gone.
    """

    items: list[Keyed]
    removed: list[str]


class _Cleared(msgspec.Struct):
    """What was cleared as one group, and the version since which it can be restored."""

    version: int
    items: dict[str, Keyed]


class KeyedRecords:
    """Items by key, in the order of their arrival, or by the places that they are given.

    Args:
        keep: most items kept.
        spare: whether an item is to be kept longer than others; of too many the oldest that is not spared goes first.
    """

    def __init__(self, keep: int, spare: Callable[[Keyed], bool] = lambda _: False) -> None:
        self.keep = keep
        self.version = 0
        """Of the last change."""
        self.evicted = 0
        """How many items had to go because there were too many."""
        self._spare = spare
        self._items: dict[str, Keyed] = {}  # in the order of their places, once `_in_order` was asked
        self._ordered = True
        self._changed: dict[str, None] = {}  # keys in the order of their last changes
        self._tombstones: dict[str, int] = {}  # removed key → version
        self._forgotten = 0  # the version of the last tombstone that was dropped
        self._cleared: dict[str, _Cleared] = {}  # what can be restored, the latest last
        self._places = 0

    # Changing it

    def put(
        self,
        key: str,
        fields: Mapping[str, Any],
        ts: float,
        *,
        state: Mapping[str, Any] | None = None,
        counts: bool = True,
        anew: bool = False,
        forget: Iterable[str] = (),
        place: float | None = None,
        quiet: bool = False,
    ) -> Keyed:
        """Take in what a record says of a key; returns the item.

        Args:
            key: of the item, which is made when there is none.
            fields: values by name; what is not among them stays as it was.
            ts: the time of the record, in seconds.
            state: what becomes of its state; None: what it was.
            counts: whether the record is one more of its kind, not an update.
            anew: whether the item moves to the newest place.
            forget: fields that go unless the record has them.
            place: where the item belongs from now on; None: a new one is the newest, another stays.
            quiet: whether a new item is no change: whoever wants what is that old asks for it.
        """
        item = self._items.get(key)
        if item is None:
            self._forget(key)
            where = self._next_place() if place is None else place
            self._ordered = self._ordered and (not self._items or where > self._last_place())
            item = Keyed(key, dict(fields), ts, where, 1, 0, dict(state or {}))
            self._items[key] = item
            self._tombstones.pop(key, None)
            if quiet:
                return item
        else:
            for name in forget:
                item.fields.pop(name, None)
            item.fields.update(fields)
            item.ts = max(item.ts, ts)
            item.count += counts
            item.state.update(state or {})
            if anew:
                item.place = self._next_place()
                self._items[key] = self._items.pop(key)
            elif place is not None and place != item.place:
                item.place, self._ordered = place, False
        self._touch(item)
        return item

    def set(self, keys: Iterable[str], **state: Any) -> list[Keyed]:
        """Set the state of items; returns those for which that is another. Unknown keys are passed over."""
        changed = []
        for key in keys:
            item = self._items.get(key)
            if item is not None and any(item.state.get(name) != value for name, value in state.items()):
                item.state.update(state)
                self._touch(item)
                changed.append(item)
        return changed

    def remove(self, key: str) -> Keyed | None:
        """Remove an item for good, also from what can be restored; returns it. None: there is none."""
        self._forget(key)
        return self._take_out(key)

    def clear(
        self, group: str, which: Callable[[Keyed], bool] = lambda _: True, *, after: int | None = None
    ) -> list[Keyed]:
        """Remove all items, or some, and return them; they can be restored for as long as they are remembered.

        Args:
            group: a name for them.
            which: whether an item is to go.
            after: the version that is known to whoever clears: what others have cleared since is of this group, too.
                None: the latest.
        """
        gone = [item for item in self._items.values() if which(item)]
        for item in gone:
            self._take_out(item.key)
        since = self.version if after is None else after
        others = [each.items for each in self._cleared.values() if each.version > since]
        items = {key: item for each in others for key, item in each.items() if which(item)}
        items.update((item.key, item) for item in gone)
        if items:
            self.version += 1
            self._cleared.pop(group, None)
            self._cleared[group] = _Cleared(self.version, items)
        while len(self._cleared) > 1 and self._remembers_too_much():
            self._cleared.pop(next(iter(self._cleared)))
        return gone

    def restore(self, group: str) -> list[Keyed]:
        """Bring back what was cleared as a group, each to its place; returns the items.

        What came anew, or was removed or restored since, is not of the group any more.
        """
        cleared = self._cleared.pop(group, None)
        back = [] if cleared is None else list(cleared.items.values())
        for item in back:
            self._forget(item.key)
            self._items[item.key] = item
            self._tombstones.pop(item.key, None)
            self._touch(item)
        self._ordered = False
        return back

    def trim(self) -> list[Keyed]:
        """Remove what is too many, the oldest first and those that are spared last; returns those."""
        surplus = len(self._items) - self.keep
        if surplus <= 0:
            return []
        items = list(self._in_order().values())
        spared = [self._spare(item) for item in items]
        gone = [item for item, stays in zip(items, spared, strict=True) if not stays][:surplus]
        gone += [item for item, stays in zip(items, spared, strict=True) if stays][: surplus - len(gone)]
        for item in gone:
            self._take_out(item.key)
        self.evicted += len(gone)
        return gone

    # Reading it

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Keyed]:
        """Iterate over the items, the oldest first."""
        return iter(self._in_order().values())

    def __reversed__(self) -> Iterator[Keyed]:
        """Iterate over the items, the newest first."""
        return reversed(self._in_order().values())

    def get(self, key: str) -> Keyed | None:
        """Return an item; None: there is none."""
        return self._items.get(key)

    @property
    def cleared(self) -> list[str]:
        """The groups that can be restored, the latest last."""
        return list(self._cleared)

    def is_known(self, key: str) -> bool:
        """Whether there is an item of a key, or `restore` would bring it back."""
        return key in self._items or any(key in each.items for each in self._cleared.values())

    def changes(self, after: int) -> Changes | None:
        """Return what has changed after a version; None: too much is forgotten, so a snapshot is needed."""
        if after < self._forgotten:
            return None
        items = []
        for key in reversed(self._changed):
            item = self._items[key]
            if item.version <= after:
                break
            items.append(item)
        removed = [key for key, version in self._tombstones.items() if version > after]
        return Changes(items[::-1], removed)

    # How it is kept

    def _next_place(self) -> int:
        self._places += 1
        return self._places

    def _last_place(self) -> float:
        return next(reversed(self._items.values())).place

    def _in_order(self) -> dict[str, Keyed]:
        if not self._ordered:
            self._items = dict(sorted(self._items.items(), key=lambda each: each[1].place))
            self._ordered = True
        return self._items

    def _touch(self, item: Keyed) -> None:
        self.version += 1
        item.version = self.version
        self._changed.pop(item.key, None)
        self._changed[item.key] = None

    def _remembers_too_much(self) -> bool:
        items = sum(len(each.items) for each in self._cleared.values())
        return len(self._cleared) > MAX_CLEARED or items > MAX_CLEARED_TIMES * self.keep

    def _forget(self, key: str) -> None:
        """Leave an item out of all that can be restored."""
        for group, each in list(self._cleared.items()):
            each.items.pop(key, None)
            if not each.items:
                del self._cleared[group]
                self.version += 1

    def _take_out(self, key: str) -> Keyed | None:
        item = self._items.pop(key, None)
        if item is not None:
            self._bury(key)
        return item

    def _bury(self, key: str) -> None:
        self.version += 1
        self._changed.pop(key, None)
        self._tombstones[key] = self.version
        if len(self._tombstones) > MAX_TOMBSTONES:
            oldest = next(iter(self._tombstones))
            self._forgotten = max(self._forgotten, self._tombstones.pop(oldest))
