"""A backup: a copy of a hub's file, made while the hub has it.

The copy numbers its channels under an epoch of its own. What is published after it was made has numbers that a hub on
the copy gives to other messages, and a client that knows the first would take the second for them; so it is told that
the numbering is another, and begins anew.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from pathlib import Path
from urllib.parse import quote

from ...errors import UsageError
from .database import APPLICATION


def back_up(path: Path, copy: Path) -> None:
    """Copy a hub's file as it is at one moment; a hub on it goes on meanwhile.

    Args:
        path: of the file.
        copy: where to; what is there is replaced when the copy is whole. Others than its owner cannot read it.

    Raises:
        UsageError: there is no file of a hub, or no room for the copy.
    """
    if copy.exists() and path.exists() and copy.samefile(path):
        raise UsageError(f"{str(path)!r} cannot be copied to itself; name another file")
    begun = copy.with_name(f"{copy.name}.{secrets.token_hex(4)}")
    try:
        os.close(os.open(begun, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            _copy(path, begun)
            os.replace(begun, copy)
        finally:
            begun.unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        what = error.strerror if isinstance(error, OSError) else error
        raise UsageError(
            f"{str(path)!r} cannot be copied to {str(copy)!r}: {what}; name the file of a hub, and one in a folder "
            "with room for it"
        ) from error


def _copy(path: Path, begun: Path) -> None:
    with (
        contextlib.closing(
            sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=rw", uri=True)
        ) as source,
        contextlib.closing(sqlite3.connect(begun, isolation_level=None)) as made,
    ):
        if source.execute("PRAGMA application_id").fetchone() != (APPLICATION,):
            raise sqlite3.DatabaseError("it is no file of a hub")
        source.backup(made)
        made.execute("PRAGMA journal_mode = DELETE")  # one file, without others beside it
        for table in ("meta", "channels", "known"):
            made.execute(f"UPDATE {table} SET epoch = ?", [secrets.token_hex(4)])
