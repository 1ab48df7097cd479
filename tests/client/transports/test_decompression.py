"""What servers compress though we ask them not to."""

from __future__ import annotations

import gzip
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.client.transports.decompression import PIECE, Decompressor, NotCompressedAsSaid


def deflated(data: bytes) -> bytes:
    made = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return made.compress(data) + made.flush()


def unpacked(coding: str, *chunks: bytes) -> bytes:
    decompressor = Decompressor(coding)
    return b"".join(piece for chunk in chunks for piece in decompressor.feed(chunk))


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("", bytes),
        ("identity", bytes),
        ("gzip", gzip.compress),
        (" X-GZIP ", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", deflated),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 1000])
def test_chunks_may_be_cut_anywhere(coding: str, pack: object, size: int):
    body = pack(b"data: 1\n\n" * 100)  # type: ignore[operator]
    chunks = [body[i : i + size] for i in range(0, len(body), size)]
    assert unpacked(coding, *chunks) == b"data: 1\n\n" * 100


@given(st.lists(st.binary()), st.integers(1, 40), st.booleans())
def test_members_of_gzip_follow_one_another(parts: list[bytes], size: int, padded: bool):
    body = b"".join(gzip.compress(part) + b"\0" * (7 if padded else 0) for part in parts)
    chunks = [body[i : i + size] for i in range(0, len(body), size)]
    if not padded or size > len(body):
        assert unpacked("gzip", *chunks) == b"".join(parts)


def test_each_event_is_there_when_its_member_is():
    decompressor = Decompressor("gzip")
    for i in range(5):
        assert b"".join(decompressor.feed(gzip.compress(b"%d" % i))) == b"%d" % i


def test_what_is_flushed_is_there_at_once():
    made, decompressor = zlib.compressobj(wbits=16 + zlib.MAX_WBITS), Decompressor("gzip")
    for i in range(5):
        chunk = made.compress(b"%d" % i) + made.flush(zlib.Z_SYNC_FLUSH)
        assert b"".join(decompressor.feed(chunk)) == b"%d" % i


@pytest.mark.parametrize("size", [PIECE - 1, PIECE, PIECE + 1, 10 * PIECE])
def test_a_little_that_becomes_much_comes_in_pieces(size: int):
    for data in (b"0" * size, random.Random(1).randbytes(size)):
        pieces = list(Decompressor("gzip").feed(gzip.compress(data) + gzip.compress(b"end")))
        assert max(map(len, pieces)) <= PIECE
        assert b"".join(pieces) == data + b"end"


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", b"data: 1\n\n"),
        ("gzip", gzip.compress(b"1", mtime=0) + b"data"),
        ("deflate", b"\xff\xff\xff\xff"),
    ],
)
def test_what_is_not_compressed_is_said_to_be_so(coding: str, body: bytes):
    with pytest.raises(NotCompressedAsSaid):
        unpacked(coding, body)


def test_what_follows_deflate_is_ignored():
    assert unpacked("deflate", zlib.compress(b"1") + b"more", b"more") == b"1"
