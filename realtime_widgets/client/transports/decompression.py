"""Decompression: the bytes of a response body whose server compressed it (RFC 9110, 8.4.1), piece by piece.

A body of gzip may have several members one after another (RFC 1952, 2.2), as servers that compress each event by itself
send it. What is small when it arrives may be endless when it is unpacked: it is handed on in pieces.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

CODINGS: Final = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
"""Content codings that are accepted though we ask for none."""

PIECE: Final = 256 * 1024
"""Bytes of the largest piece that is handed on."""


class NotCompressedAsSaid(Exception):
    """A body that is not compressed as its head says."""


class Decompressor:
    """Unpacks one body.

    Args:
        coding: its `Content-Encoding`, one of `CODINGS`.
    """

    def __init__(self, coding: str) -> None:
        self._coding = coding.strip().lower()
        self._member = self._next_member()
        self._head: bytes | None = (
            b""  # of a body of deflate, until it shows which of the two kinds it is; None: it has
        )
        self._members = 0  # that have ended

    def _next_member(self, *, raw: bool = False) -> zlib._Decompress | None:
        match self._coding:
            case "gzip" | "x-gzip":
                return zlib.decompressobj(16 + zlib.MAX_WBITS)
            case "deflate":
                return zlib.decompressobj(-zlib.MAX_WBITS if raw else zlib.MAX_WBITS)
        return None

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what a chunk unpacks to, in pieces of at most `PIECE` bytes.

        Raises:
            NotCompressedAsSaid: it is something else.
        """
        if self._member is None:
            yield chunk
            return
        if self._coding == "deflate":
            if self._members:
                return  # one stream is all there is
            chunk = self._begin(chunk)
        while chunk:
            piece = self._unpack(chunk)
            while len(piece) == PIECE and not self._member.unconsumed_tail and not self._member.eof:
                yield piece
                piece = self._unpack(b"")  # what is left inside
            if piece:
                yield piece
            chunk = self._member.unconsumed_tail
            if self._member.eof:
                self._members += 1
                chunk = b"" if self._coding == "deflate" else self._member.unused_data.lstrip(b"\0")
                self._member = self._next_member()
                assert self._member is not None

    def _begin(self, chunk: bytes) -> bytes:
        """Tell deflate in the frame of zlib from deflate itself, which many servers mean, by the first two bytes."""
        if self._head is None:
            return chunk
        chunk = self._head + chunk
        if len(chunk) < 2:
            self._head = chunk
            return b""
        self._head = None
        if chunk[0] & 0x0F != zlib.DEFLATED or int.from_bytes(chunk[:2], "big") % 31:
            self._member = self._next_member(raw=True)
        return chunk

    def _unpack(self, chunk: bytes) -> bytes:
        assert self._member is not None
        try:
            return self._member.decompress(chunk, PIECE)
        except zlib.error as error:
            raise NotCompressedAsSaid(str(error)) from None
