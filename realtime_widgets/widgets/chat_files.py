"""ChatFiles: the bytes of a chat's files as far as they are here, and what is coming in from a page, piece by piece."""

from __future__ import annotations

import base64
import binascii
import threading
from collections import OrderedDict
from typing import Any, Final

from ..runtime.forksafe import renew_after_fork

MAX_KEPT: Final = 64 * 1024 * 1024
"""Bytes of files that are kept here; the one that was used last goes last."""

MAX_INCOMING: Final = 4
"""Files that come in from pages at a time; of more the oldest is given up."""

SLICE: Final = 256 * 1024
"""Bytes of a file that go to a page at a time."""


class ChatFiles:
    """Files by where they are (`/files/3f2a` of a hub, or one of this chat's own); any thread."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()
        renew_after_fork(self, ChatFiles._renew_lock)

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()

    def put(self, url: str, body: bytes) -> None:
        """Keep a file."""
        with self._lock:
            self._size -= len(self._kept.pop(url, b""))
            self._kept[url] = body
            self._size += len(body)
            while self._size > MAX_KEPT and len(self._kept) > 1:
                self._size -= len(self._kept.popitem(last=False)[1])

    def get(self, url: str) -> bytes | None:
        """Return a file; None: it is not here."""
        with self._lock:
            if url in self._kept:
                self._kept.move_to_end(url)
            return self._kept.get(url)


class _Incoming:
    def __init__(self, size: int) -> None:
        self.size = size
        self.pieces: list[bytes] = []
        self.length = 0


class Incoming:
    """Files that come in from pages.

    Args:
        most: bytes of one.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._files: OrderedDict[str, _Incoming] = OrderedDict()

    def take(self, id: str, size: int, at: int, data: Any) -> bytes | None:
        """Take a piece in; returns the file when it is whole.

        What does not follow on the piece before is passed over: whoever sends it begins anew, at 0.

        Args:
            id: of the file.
            size: bytes of it in all.
            at: where the piece begins.
            data: the piece, in base64.
        """
        if not 0 < size <= self._most or not isinstance(data, str):
            return None
        try:
            piece = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            return None
        if at == 0:
            self._files.pop(id, None)
            self._files[id] = _Incoming(size)
            while len(self._files) > MAX_INCOMING:
                self._files.popitem(last=False)
        file = self._files.get(id)
        if file is None or at != file.length or size != file.size or file.length + len(piece) > size:
            return None
        file.pieces.append(piece)
        file.length += len(piece)
        if file.length < size:
            return None
        del self._files[id]
        return b"".join(file.pieces)
