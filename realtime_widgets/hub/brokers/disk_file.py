"""The disk file: a hub's file as the system has it: made for its owner alone, and still the one that was opened."""

from __future__ import annotations

import contextlib
import logging
import os
import stat
from pathlib import Path
from typing import Final

from .base import Trouble

logger = logging.getLogger(__name__)

MODE: Final = 0o600
"""Of what is made: whoever can read the file reads all channels, whatever their token allows."""

_WITH: Final = ("", "-wal")
"""What is after the path of the files that have the messages."""


def make_private(path: Path) -> None:
    """Make an empty file that its owner alone can read, if there is none; SQLite makes those beside it likewise.

    Where that fails nothing is said: who opens the file will.
    """
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, MODE))


def warn_if_open_to_others(path: Path) -> None:
    """Say it in the log if every user of the machine can read a file."""
    if os.name != "posix":
        return  # its modes say nothing
    within = all(folder.stat().st_mode & stat.S_IXOTH for folder in path.parents)
    if within and path.stat().st_mode & stat.S_IROTH:
        logger.warning("every user of this machine can read %r, and all channels in it: chmod 600", str(path))


class DiskFile:
    """The files of a database that is open.

    Args:
        path: of the database.
    """

    def __init__(self, path: Path) -> None:
        paths = [Path(f"{path}{after}") for after in _WITH]
        self._were = [(each, found) for each in paths if (found := _identity(each)) is not None]

    def missing(self) -> Trouble | None:
        """Return that one of them was removed, or another took its place: what is written now nobody will find; None:
        they are there.
        """
        if all(_identity(path) == was for path, was in self._were):
            return None
        return Trouble(
            "missing",
            "its file was removed, or another took its place; put it back, or start the hub again, with what is there",
        )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
