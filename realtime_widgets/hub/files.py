"""Files: the images and files of chat messages, which travel in messages as links, `/files/` and an id.

A file belongs to a room: who may publish there uploads it, who may follow the room reads it. It is kept for as long as
the messages of the room, and goes before with the message that had it. `brokers/file_store` is where.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import Any, Final

from ..protocol.file_names import cleaned_name
from ..protocol.file_types import kind_of
from ..streams.text import well_formed
from .brokers.base import NotKept, OutOfReach
from .brokers.file_store import PART, FileStore, NoRoom, StoredFile
from .file_limits import Bounds, FileLimits, cost_of
from .turns import Turn

LINK: Final = "/files/"
"""How the link of a file begins; its id follows."""

ID_BYTES: Final = 18

_ID: Final = re.compile(r"[A-Za-z0-9_-]{24}")

MAX_LINKS: Final = 20
"""Files of one message that are forgotten with it."""

MAX_VALUES: Final = 1000
"""Values of a message that are looked through for them."""


class FileRefused(Exception):
    """Why a file was not taken, or is not given.

    Args:
        status: the HTTP status.
        code: the reason for programs.
        message: one sentence, without data of the request.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Files:
    """Those of one running hub.

    Args:
        store: where they are; None: the broker keeps none.
        limits: how much is kept; None: nothing.
    """

    def __init__(self, store: FileStore | None, limits: FileLimits | None) -> None:
        self._limits = limits
        self._store = store if limits is not None else None
        self._wrong = "this hub takes none (files=None)"
        if limits is not None:
            self._wrong = "this hub's broker keeps none; one with 'memory', 'sqlite:///…' or 'redis://…' does"

    @property
    def size(self) -> int | None:
        """Bytes of all files; None: that is not known here."""
        return None if self._store is None else self._store.size

    @property
    def bounds(self) -> Bounds:
        """How many may be kept. Raises FileRefused: there are no files here."""
        return self._bounds(self._there())

    def _bounds(self, store: FileStore) -> Bounds:
        assert self._limits is not None
        return self._limits.bounds(store.usual)

    def _there(self) -> FileStore:
        if self._store is None:
            raise FileRefused(501, "files", f"there are no files here: {self._wrong}")
        return self._store

    async def check(self, uploader: str, size: int) -> None:
        """Raise FileRefused when a file would not be taken, for all that is known before it is there.

        Args:
            uploader: whose it would be, as limits know clients.
            size: bytes, at least.
        """
        store = self._there()
        bounds = self._bounds(store)
        if size > bounds.max_size:
            raise too_large(bounds)
        try:
            used = await store.used(well_formed(uploader))
        except (NotKept, OutOfReach) as error:
            raise _not_kept(error) from error
        if used + cost_of(size) > bounds.per_user:
            raise _no_room(bounds, used, size)

    async def add(self, room: str, uploader: str, name: str, body: bytes, turn: Turn) -> StoredFile:
        """Keep a file, and return what is known of it.

        Args:
            room: of the chat.
            uploader: whose it is, as limits know clients.
            name: by who uploads it; any text.
            body: its bytes.
            turn: of who uploads it.

        Raises:
            FileRefused: it was not kept.
        """
        store = self._there()
        bounds = self._bounds(store)
        if not body:
            raise FileRefused(400, "body", "the file is empty; send its bytes as the body")
        if len(body) > bounds.max_size:
            raise too_large(bounds)
        assert self._limits is not None
        kind = await turn.through(kind_of(body))
        room, id = well_formed(room), secrets.token_urlsafe(ID_BYTES)
        size, (type, width, height) = len(body), kind
        name = cleaned_name(name, type)
        file = StoredFile(id, room, well_formed(uploader), name, type, size, width, height)
        age = self._limits.age
        kept: Any = store.age(channel_of(room)) if age == "auto" else age
        try:
            try:
                for part in range(file.parts):
                    await store.write(id, part, body[part * PART : (part + 1) * PART])
                await store.add(file, kept, bounds)
            except BaseException:
                await store.give_up(id)
                raise
        except NoRoom as error:
            raise _no_room(bounds, error.used, len(body)) from None
        except (NotKept, OutOfReach) as error:
            raise _not_kept(error) from error
        return file

    async def find(self, id: str) -> StoredFile | None:
        """Return what is known of a file; None: it is not there, or no more.

        Raises:
            OutOfReach: it cannot be known now.
        """
        if self._store is None or not _ID.fullmatch(id):
            return None
        try:
            return await self._store.find(id)
        except NotKept as error:
            raise OutOfReach(str(error)) from error

    async def read(self, file: StoredFile, part: int) -> bytes | None:
        """Return a part of a file; None: it is no more. Raises as `find`."""
        try:
            return await self._there().read(file.id, part)
        except NotKept as error:
            raise OutOfReach(str(error)) from error

    async def remove(self, id: str) -> None:
        """Forget a file, if it is there. Raises NotKept, OutOfReach: it may be there still."""
        if self._store is not None:
            await self._store.remove(id)

    async def forgotten(self, room: str, uploader: str, metadata: object) -> int:
        """Forget the files of a message that was deleted; returns how many.

        Those that its author has not uploaded for this room are left alone: a link can be written by anybody.

        Args:
            room: of the message.
            uploader: whose it was, as limits know clients.
            metadata: of the message; anything.

        Raises:
            NotKept, OutOfReach: some may be there still.
        """
        count = 0
        for id in ids_in(metadata) if self._store is not None else ():
            file = await self.find(id)
            if file is not None and (file.room, file.uploader) == (well_formed(room), well_formed(uploader)):
                await self.remove(id)
                count += 1
        return count


def channel_of(room: str) -> str:
    """Return the channel of a room, whose rights and age its files have."""
    return f"chat:{room}"


def link_of(file: StoredFile) -> str:
    """Return the link by which messages have a file."""
    return LINK + file.id


def ids_in(metadata: object) -> list[str]:
    """Return the ids of the files that a message links to, wherever its metadata have them: `MAX_LINKS` at most."""
    texts = (value for value in _values(metadata) if isinstance(value, str) and value.startswith(LINK))
    found = dict.fromkeys(text.removeprefix(LINK) for text in texts)
    return [id for id in found if _ID.fullmatch(id)][:MAX_LINKS]


def _values(value: object) -> Iterator[object]:
    waiting = [value]
    for _ in range(MAX_VALUES):
        if not waiting:
            return
        value = waiting.pop(0)
        if isinstance(value, dict):
            waiting += list(value.values())[:MAX_VALUES]
        elif isinstance(value, list | tuple):
            waiting += value[:MAX_VALUES]
        else:
            yield value


def too_large(bounds: Bounds) -> FileRefused:
    """Return why a file is not taken that has too many bytes."""
    return FileRefused(413, "size", f"the file has more than {bounds.max_size:,} bytes; send a smaller one")


def _no_room(bounds: Bounds, used: int, size: int) -> FileRefused:
    return FileRefused(
        413,
        "full",
        f"the hub keeps up to {bounds.per_user:,} bytes of files of each client, and has {used:,} of yours: one of "
        f"{size:,} does not fit; delete messages with files, or wait until they are forgotten",
    )


def _not_kept(error: Exception) -> FileRefused:
    return FileRefused(503, "not_kept", f"the hub could not keep the file: {error}")
