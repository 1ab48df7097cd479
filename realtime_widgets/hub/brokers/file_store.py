"""The file store interface: where a broker keeps the files of chat messages, in parts, and the index of them.

A file is written part by part, so that messages go on between two of them, and is there for all hubs at once when it is
added; what is never added goes by itself. Bytes are counted by `cost_of`.
"""

from __future__ import annotations

from typing import Final, Protocol

import msgspec

from ..file_limits import Bounds, Usual

PART: Final = 256 * 1024
"""Bytes of each part of a file but the last."""


class StoredFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a file.

    Attributes:
        id: that nobody can guess.
        room: of the chat, whose followers may read it.
        uploader: whose it is, as limits know clients.
        name, type, size: see `file_names`, `file_types`; bytes.
        width, height: of an image, in pixels; None: it does not say.
    """

    id: str
    room: str
    uploader: str
    name: str
    type: str
    size: int
    width: int | None = None
    height: int | None = None

    @property
    def parts(self) -> int:
        """How many it has."""
        return -(-self.size // PART)


class NoRoom(Exception):
    """A file was not added: its uploader has so many bytes of files already."""

    def __init__(self, used: int) -> None:
        super().__init__(f"{used:,} bytes of files are there already")
        self.used = used


class FileStore(Protocol):
    """The operations of every store of files. All of them are called on the I/O thread, while the broker is open.

    Those that change something raise NotKept when they could not; all raise OutOfReach when nobody answers.
    """

    @property
    def usual(self) -> Usual:
        """The bytes that are usual for it."""

    @property
    def size(self) -> int | None:
        """Bytes of all files, as far as this hub knows; None: it does not."""

    def age(self, channel: str) -> float | None:
        """Return for how many seconds messages of a channel are kept; None: for as long as there is room."""

    async def used(self, uploader: str) -> int:
        """Return the bytes of the files of somebody."""

    async def write(self, id: str, part: int, body: bytes) -> None:
        """Keep a part of a file that will be added, or given up."""

    async def give_up(self, id: str) -> None:
        """Forget the parts of a file that will not be added."""

    async def add(self, file: StoredFile, age: float | None, bounds: Bounds) -> None:
        """Have a file be there whose parts are; where there is no more room in all, others give way.

        Those are the oldest of the uploader who has most.

        Args:
            file: which.
            age: seconds that it is kept; None: for as long as there is room.
            bounds: of files.

        Raises:
            NoRoom: its uploader would have too much.
        """

    async def find(self, id: str) -> StoredFile | None:
        """Return what is known of a file; None: it is not there, or no more."""

    async def read(self, id: str, part: int) -> bytes | None:
        """Return a part of a file, from 0 on; None: it is no more."""

    async def remove(self, id: str) -> None:
        """Forget a file, if it is there."""
