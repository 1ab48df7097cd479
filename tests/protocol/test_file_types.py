"""Types of files, by their bytes: images and their sizes, and what pretends to be one."""

from __future__ import annotations

import random
import struct

import pytest

from realtime_widgets.hub.turns import whole
from realtime_widgets.protocol.file_types import BYTES, INLINE, MAX_STEPS, PIECE, TEXT, Kind, kind_of
from support.images import AVIF, GIF, IMAGES, JPEG, PNG, WEBP

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_is_known_with_its_width_and_height(name: str):
    kind, body = IMAGES[name]
    assert whole(kind_of(body)) == (kind, 3, 5)
    assert kind in INLINE


@pytest.mark.parametrize("name", IMAGES)
def test_a_page_behind_an_image_does_not_make_it_another_one(name: str):
    kind, body = IMAGES[name]
    assert whole(kind_of(body + b"<html><script>alert(1)</script>")) == (kind, 3, 5)


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_that_is_cut_before_its_size_is_none(name: str):
    kind, body = IMAGES[name]
    known = [end for end in range(len(body)) if whole(kind_of(body[:end])).type == kind]
    assert known, "the picture itself is not looked at"
    assert known[0] > 12
    assert known == list(range(known[0], len(body))), "once it is known it stays what it is"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"hello\n", TEXT),
        ("a,b\n1,\N{EURO SIGN}\U0001f600\n".encode(), TEXT),
        (b"\xef\xbb\xbfwith a mark", TEXT),
        (b"x < y and <b>bold</b>", TEXT),
        (b"a\0b", BYTES),
        (b"caf\xe9", BYTES),
        ("text".encode("utf-16"), BYTES),
        (b"\xed\xa0\x80", BYTES),  # half a surrogate pair
        (b"%PDF-1.7\n", "application/pdf"),
        (b"PK\x03\x04rest", "application/zip"),
        (b"PK\x05\x06" + bytes(18), "application/zip"),
        (b"\x7fELF", TEXT),
        (b"MZ\x90\0", BYTES),
    ],
)
def test_what_is_no_image_is_text_a_known_kind_or_bytes(body: bytes, kind: str):
    assert whole(kind_of(body)) == Kind(kind)


@pytest.mark.parametrize(
    "body",
    [
        SVG,
        b"  \n\t" + SVG,
        b"\xef\xbb\xbf" + SVG,
        b'<?xml version="1.0"?>' + SVG,
        b"<!-- a comment --><SVG onload=alert(1)>",
        b"<!DOCTYPE html><title>x</title>",
        b"<HTML><body onload=alert(1)>",
        b"</x>",
        b"words before <ScRiPt>alert(1)</script>",
        b"x" * 1000 + b"<iframe src=//evil.example>",
        b"GIF89" + SVG,
        b"%PNG" + SVG,
    ],
)
def test_pages_and_drawings_with_scripts_are_bytes(body: bytes):
    assert whole(kind_of(body)) == Kind(BYTES)


@pytest.mark.parametrize(
    "body",
    [
        b"GIF89a" + bytes(20),  # nothing wide
        PNG[:16] + bytes(8) + PNG[24:],
        PNG.replace(b"IHDR", b"IDAT", 1),
        b"\xff\xd8\xff\xd9" + bytes(20),
        b"\xff\xd8\xff\xda" + bytes(20),
        b"\xff\xd8" + b"\xff" * 100_000,
        b"\xff\xd8" + b"\xff\xe0\0\x02" * 100_000,
        b"\xff\xd8" + b"\xff\xe0\0\0" * 100_000,
        WEBP.replace(b"VP8 ", b"VP8!"),
        WEBP.replace(b"\x9d\x01\x2a", b"\x9d\x01\x2b"),
        AVIF.replace(b"avif", b"heic"),
        struct.pack(">I4s", 8, b"free") * (2 * MAX_STEPS) + AVIF,
        b"BM" + bytes(50),
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_begins_as_an_image_and_is_none_is_bytes(body: bytes):
    assert whole(kind_of(body)) == Kind(BYTES)


def test_an_avif_whose_size_nobody_finds_is_an_image_without():
    assert whole(kind_of(AVIF.replace(b"ispe", b"free"))) == Kind("image/avif")
    assert whole(kind_of(AVIF[:32])) == Kind("image/avif")


def test_a_long_text_is_looked_through_in_steps_also_where_a_character_is_cut():
    text = "\N{EURO SIGN}".encode() * (PIECE // 2)
    steps = kind_of(text)
    assert sum(1 for _ in steps) > len(text) // PIECE
    assert whole(kind_of(text)) == Kind(TEXT)
    assert whole(kind_of(text[:-1])) == Kind(BYTES), "its last character is not whole"
    assert whole(kind_of(text + b"\0")) == Kind(BYTES)


def test_nothing_that_anybody_sends_raises():
    rng = random.Random(7)
    for _ in range(3000):
        _, body = rng.choice(list(IMAGES.values()))
        changed = bytearray(body)
        for _ in range(rng.randint(1, 8)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        found = whole(kind_of(bytes(changed[: rng.randint(0, len(changed))])))
        assert found.width is None or found.width > 0
        assert found.type in INLINE or found.width is None
    assert whole(kind_of(b"")) == Kind(TEXT)
    assert whole(kind_of(JPEG + GIF)).type == "image/jpeg"
