"""File shares: what each family of channels takes in a file of SQLite, and which channel has to give way. See `shares`.

Until the file is full nobody needs to know; then it is counted once, and kept in mind for as long as the file is open.
"""

from __future__ import annotations

import sqlite3

from .shares import Shares


class FileShares:
    """Those of one file, in bytes of its messages.

    Args:
        file: the database that has the messages.
    """

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file
        self._shares: Shares | None = None
        self._names: dict[int, str] = {}

    def forget(self) -> None:
        """Count anew: something was done without being noted here, or taken back."""
        self._shares = None
        self._names.clear()

    def add(self, id: int, channel: str, size: int) -> None:
        """Note that a message was kept."""
        if self._shares is not None:
            self._names[id] = channel
            self._shares.add(channel, size)

    def remove(self, id: int, up_to: int) -> None:
        """Note that the messages of a channel up to an offset are about to be deleted."""
        if self._shares is not None:
            size = "SELECT total(length(body)) FROM messages WHERE channel = ? AND offset <= ?"
            if gone := int(self._file.execute(size, (id, up_to)).fetchone()[0]):
                self._shares.remove(self._names[id], gone)

    def next(self) -> int | None:
        """Return the id of the channel that has to give way; None: there are no messages."""
        if self._shares is None:
            self._shares = Shares()
            sizes = (
                "SELECT id, name, size FROM channels JOIN (SELECT channel, sum(length(body)) AS size FROM messages "
                "GROUP BY channel) ON channel = id ORDER BY at"
            )
            for id, name, size in self._file.execute(sizes):
                self.add(id, name, size)
        if not len(self._shares):
            return None
        found: int = self._file.execute(
            "SELECT id FROM channels WHERE name = ?", [self._shares.next()]
        ).fetchone()[0]
        return found
