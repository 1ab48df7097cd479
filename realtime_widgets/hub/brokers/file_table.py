"""The file table: files of chat messages, in a file of SQLite; part of the `database`, and of its one thread.

What it does within a transaction is taken back with it, and then `forget` has it count anew.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable
from typing import Final

from ..file_limits import Bounds, cost_of
from .file_store import NoRoom, StoredFile

GONE_AT_ONCE: Final = 10
"""Files that one transaction forgets for their age: a large one takes milliseconds."""

_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS files (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, uploader TEXT NOT NULL, until REAL NOT NULL,
        cost INTEGER NOT NULL, room TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, size INTEGER NOT NULL,
        width INTEGER, height INTEGER
    )""",
    "CREATE INDEX IF NOT EXISTS files_by_uploader ON files (uploader, number)",
    "CREATE INDEX IF NOT EXISTS files_by_time ON files (until)",
    """CREATE TABLE IF NOT EXISTS file_parts (
        file TEXT NOT NULL, part INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (file, part)
    )""",
    "CREATE TABLE IF NOT EXISTS uploaders (name TEXT PRIMARY KEY, used INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS uploaders_by_use ON uploaders (used, name)",
)

_FIELDS: Final = "id, room, uploader, name, type, size, width, height"


class FileTable:
    """That of one file of SQLite.

    Args:
        file: the database.
        clock: seconds since the epoch.
    """

    def __init__(self, file: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self._file = file
        self._clock = clock
        self._begun: dict[str, int] = {}  # bytes of what is not added yet
        self._size: int | None = None

    def prepare(self) -> None:
        """Make what a new file, or one of an earlier version, has not; forget what a process that was killed began."""
        for statement in _SCHEMA:
            self._file.execute(statement)
        self._file.execute("DELETE FROM file_parts WHERE file NOT IN (SELECT id FROM files)")

    @property
    def size(self) -> int:
        """Bytes of all files; from any thread once it was asked for."""
        if self._size is None:
            found = self._file.execute("SELECT total(used) FROM uploaders").fetchone()
            self._size = int(found[0])
        return self._size

    @property
    def taken(self) -> int:
        """Bytes that are not there for messages."""
        return self.size + sum(self._begun.values())

    def forget(self) -> None:
        """Count anew: something was taken back."""
        self._size = None

    def used(self, uploader: str) -> int:
        """See `FileStore.used`; within a transaction."""
        while self.trim():
            pass
        found = self._file.execute("SELECT used FROM uploaders WHERE name = ?", [uploader]).fetchone()
        return 0 if found is None else int(found[0])

    def write(self, id: str, part: int, body: bytes) -> None:
        """See `FileStore.write`; within a transaction, as all that changes something."""
        self._file.execute("INSERT INTO file_parts VALUES (?, ?, ?)", (id, part, body))
        self._begun[id] = self._begun.get(id, 0) + len(body)

    def give_up(self, id: str) -> None:
        """See `FileStore.give_up`."""
        self._file.execute("DELETE FROM file_parts WHERE file = ?", [id])
        self._begun.pop(id, None)

    def add(self, file: StoredFile, age: float | None, bounds: Bounds) -> None:
        """See `FileStore.add`."""
        cost, used = cost_of(file.size), self.used(file.uploader)
        if used + cost > bounds.per_user:
            raise NoRoom(used)
        while self.size + cost > bounds.total and self._forget(
            "uploader = (SELECT name FROM uploaders ORDER BY used DESC, name DESC LIMIT 1) ORDER BY number"
        ):
            pass
        until = math.inf if age is None else self._clock() + age
        facts = (file.room, file.name, file.type, file.size, file.width, file.height)
        self._file.execute(
            "INSERT INTO files (id, uploader, until, cost, room, name, type, size, width, height) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (file.id, file.uploader, until, cost, *facts),
        )
        self._use(file.uploader, cost)
        self._begun.pop(file.id, None)

    def find(self, id: str) -> StoredFile | None:
        """See `FileStore.find`."""
        row = self._file.execute(
            f"SELECT {_FIELDS} FROM files WHERE id = ? AND until > ?", (id, self._clock())
        ).fetchone()
        return None if row is None else StoredFile(*row)

    def read(self, id: str, part: int) -> bytes | None:
        """See `FileStore.read`."""
        row = self._file.execute(
            "SELECT body FROM file_parts WHERE file = ? AND part = ?", (id, part)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def remove(self, id: str) -> None:
        """See `FileStore.remove`."""
        self._forget("id = ?", id)

    def trim(self) -> bool:
        """Forget some of what is too old; returns whether there was as much as may be at once."""
        now = self._clock()
        return all(self._forget("until <= ?", now) for _ in range(GONE_AT_ONCE))

    def _forget(self, which: str, *values: object) -> bool:
        """Forget the first file of some; returns whether there was one."""
        run = self._file.execute
        row = run(f"SELECT number, id, uploader, cost FROM files WHERE {which} LIMIT 1", values).fetchone()
        if row is None:
            return False
        number, id, uploader, cost = row
        run("DELETE FROM files WHERE number = ?", [number])
        run("DELETE FROM file_parts WHERE file = ?", [id])
        self._use(uploader, -cost)
        return True

    def _use(self, uploader: str, cost: int) -> None:
        run = self._file.execute
        self._size = self.size + cost
        run(
            "INSERT INTO uploaders VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET used = used + excluded.used",
            (uploader, cost),
        )
        run("DELETE FROM uploaders WHERE name = ? AND used <= 0", [uploader])
