"""The files of the memory broker: in this process, like all that it keeps."""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

from ..file_limits import MIB, Bounds, Usual, cost_of
from ..policies import Retention
from .file_store import NoRoom, StoredFile


class _Kept(NamedTuple):
    file: StoredFile
    parts: list[bytes]
    until: float


class MemoryFiles:
    """See `file_store.FileStore`.

    Args:
        retention: of channels.
        clock: seconds of a monotonic clock.
    """

    usual: Final = Usual(32 * MIB, 64 * MIB)

    def __init__(self, retention: Retention, clock: Callable[[], float]) -> None:
        self._retention = retention
        self._clock = clock
        self._begun: dict[str, list[bytes]] = {}
        self._files: dict[str, _Kept] = {}
        self._of: dict[
            str, OrderedDict[str, int]
        ] = {}  # what the files of each uploader cost, the oldest first
        self._used: dict[str, int] = {}
        self._ranking: list[tuple[int, str]] = []  # uploaders by what they use
        self._ends: list[tuple[float, str]] = []  # a heap
        self.size = 0
        """Bytes of all files."""

    def age(self, channel: str) -> float | None:
        """See `FileStore.age`."""
        return self._retention[channel].age

    async def used(self, uploader: str) -> int:
        """See `FileStore.used`."""
        self._forget_old()
        return self._used.get(uploader, 0)

    async def write(self, id: str, part: int, body: bytes) -> None:
        """See `FileStore.write`."""
        self._begun.setdefault(id, []).append(body)

    async def give_up(self, id: str) -> None:
        """See `FileStore.give_up`."""
        self._begun.pop(id, None)

    async def add(self, file: StoredFile, age: float | None, bounds: Bounds) -> None:
        """See `FileStore.add`."""
        self._forget_old()
        cost, used = cost_of(file.size), self._used.get(file.uploader, 0)
        if used + cost > bounds.per_user:
            raise NoRoom(used)
        while self._ranking and self.size + cost > bounds.total:
            _, largest = self._ranking[-1]
            self._forget(next(iter(self._of[largest])))
        until = math.inf if age is None else self._clock() + age
        self._files[file.id] = _Kept(file, self._begun.pop(file.id), until)
        self._of.setdefault(file.uploader, OrderedDict())[file.id] = cost
        self._use(file.uploader, cost)
        if age is not None:
            heapq.heappush(self._ends, (until, file.id))

    async def find(self, id: str) -> StoredFile | None:
        """See `FileStore.find`."""
        self._forget_old()
        kept = self._files.get(id)
        return None if kept is None else kept.file

    async def read(self, id: str, part: int) -> bytes | None:
        """See `FileStore.read`."""
        kept = self._files.get(id)
        return None if kept is None or part >= len(kept.parts) else kept.parts[part]

    async def remove(self, id: str) -> None:
        """See `FileStore.remove`."""
        if id in self._files:
            self._forget(id)

    def _forget_old(self) -> None:
        now = self._clock()
        while self._ends and self._ends[0][0] <= now:
            _, id = heapq.heappop(self._ends)
            if id in self._files:
                self._forget(id)

    def _forget(self, id: str) -> None:
        uploader = self._files.pop(id).file.uploader
        self._use(uploader, -self._of[uploader].pop(id))
        if not self._of[uploader]:
            del self._of[uploader]

    def _use(self, uploader: str, cost: int) -> None:
        before = self._used.pop(uploader, 0)
        self.size += cost
        if before:
            del self._ranking[bisect_left(self._ranking, (before, uploader))]
        if before + cost:
            self._used[uploader] = before + cost
            insort(self._ranking, (before + cost, uploader))
