"""The files of the SQLite broker: in its file, written by its thread between messages. What is there: `file_table`."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Callable
from typing import Any, Final, Protocol

from ..file_limits import MIB, Bounds, Usual
from ..policies import Retention
from .file_store import StoredFile
from .file_table import FileTable


class Do(Protocol):
    """Has something done with the table on the thread of the file, in its order."""

    def __call__(self, run: Callable[[FileTable], Any], *, writes: bool = False) -> Future[Any]:
        """Return what comes of it; raises NotKept out of the future where that could not be kept."""


class SqliteFiles:
    """See `file_store.FileStore`.

    Args:
        retention: of channels.
        do: has something done.
    """

    usual: Final = Usual(100 * MIB, 1024 * MIB)

    def __init__(self, retention: Retention, do: Do) -> None:
        self._retention = retention
        self._do = do
        self.size: int | None = None
        """Bytes of all files; None: nobody has asked yet."""

    def age(self, channel: str) -> float | None:
        """See `FileStore.age`."""
        return self._retention[channel].age

    async def used(self, uploader: str) -> int:
        """See `FileStore.used`."""
        found: int = await self._do(lambda table: table.used(uploader), writes=True)
        return found

    async def write(self, id: str, part: int, body: bytes) -> None:
        """See `FileStore.write`."""
        await self._do(lambda table: table.write(id, part, body), writes=True)

    async def give_up(self, id: str) -> None:
        """See `FileStore.give_up`."""
        await self._do(lambda table: table.give_up(id), writes=True)

    async def add(self, file: StoredFile, age: float | None, bounds: Bounds) -> None:
        """See `FileStore.add`."""

        def add(table: FileTable) -> int:
            table.add(file, age, bounds)
            return table.size

        self.size = await self._do(add, writes=True)

    async def find(self, id: str) -> StoredFile | None:
        """See `FileStore.find`."""
        found: StoredFile | None = await self._do(lambda table: table.find(id))
        return found

    async def read(self, id: str, part: int) -> bytes | None:
        """See `FileStore.read`."""
        found: bytes | None = await self._do(lambda table: table.read(id, part))
        return found

    async def remove(self, id: str) -> None:
        """See `FileStore.remove`."""

        def remove(table: FileTable) -> int:
            table.remove(id)
            return table.size

        self.size = await self._do(remove, writes=True)
