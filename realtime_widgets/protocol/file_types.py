"""File types: what the bytes of a file are, judged by nothing but them. Pure.

No library that guesses: what is shown by a browser must be one of five kinds of images for certain, and nothing that
runs. A file of two kinds at once, such as an image with a page in it, is what it begins as; pages and drawings with
scripts (HTML, SVG, XML) are bytes and no more.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Generator, Iterator
from typing import Final, NamedTuple

INLINE: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
"""What a browser may show where it is; all else it offers to save."""

TEXT: Final = "text/plain"
BYTES: Final = "application/octet-stream"

PIECE: Final = 64 * 1024
"""Bytes of text that are looked at between two steps."""

HEAD: Final = 2048
"""Bytes in which a page shows what it is."""

MAX_STEPS: Final = 2000
"""Segments, or boxes, of an image that are looked at for its size."""

_MARKUP: Final = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*<[a-z!?/]|<(?:!doctype|!entity|\?xml|html|head|body|script|svg|iframe|style)\b",
    re.IGNORECASE,
)


class Kind(NamedTuple):
    """The type of a file, and of an image its width and height in pixels as far as it says them."""

    type: str
    width: int | None = None
    height: int | None = None


def kind_of(body: bytes) -> Generator[None, None, Kind]:
    """Return what a file is, after some steps: a long text is looked through piece by piece."""
    for image in (_png, _jpeg, _gif, _webp, _avif):
        if (found := image(body)) is not None:
            return found
    yield
    if body.startswith(b"%PDF-"):
        return Kind("application/pdf")
    if body.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Kind("application/zip")
    if _MARKUP.search(body[:HEAD]) or not (yield from _is_text(body)):
        return Kind(BYTES)
    return Kind(TEXT)


def _is_text(body: bytes) -> Generator[None, None, bool]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for begin in range(0, len(body), PIECE):
            if "\0" in decoder.decode(body[begin : begin + PIECE]):
                return False
            yield
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _sized(kind: str, width: int, height: int) -> Kind | None:
    return Kind(kind, width, height) if width and height else None


def _png(body: bytes) -> Kind | None:
    if not body.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR") or len(body) < 24:
        return None
    return _sized("image/png", _big(body[16:20]), _big(body[20:24]))


def _gif(body: bytes) -> Kind | None:
    if not body.startswith((b"GIF87a", b"GIF89a")) or len(body) < 13:
        return None
    return _sized("image/gif", _little(body[6:8]), _little(body[8:10]))


def _jpeg(body: bytes) -> Kind | None:
    if not body.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    for _ in range(MAX_STEPS):
        if body[at : at + 1] != b"\xff" or len(body) < at + 9:
            return None
        marker = body[at + 1]
        if marker == 0xFF:  # a byte that only fills
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a frame begins
            return _sized("image/jpeg", _big(body[at + 7 : at + 9]), _big(body[at + 5 : at + 7]))
        elif marker in (0xD9, 0xDA):  # the end, or the picture itself, of which nothing was said
            return None
        else:
            at += 2 + _big(body[at + 2 : at + 4])
    return None


def _webp(body: bytes) -> Kind | None:
    if not (body.startswith(b"RIFF") and body[8:12] == b"WEBP") or len(body) < 25:
        return None
    match body[12:16]:
        case b"VP8 " if body[23:26] == b"\x9d\x01\x2a":
            return _sized("image/webp", _little(body[26:28]) & 0x3FFF, _little(body[28:30]) & 0x3FFF)
        case b"VP8L" if body[20] == 0x2F:
            bits = _little(body[21:25])
            return Kind("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        case b"VP8X" if len(body) >= 30:
            return Kind("image/webp", _little(body[24:27]) + 1, _little(body[27:30]) + 1)
    return None


def _avif(body: bytes) -> Kind | None:
    first = next(_boxes(body, 0, len(body)), None)
    if first is None or first[0] != b"ftyp":
        return None
    brands = body[first[1] : first[2]]
    if not {b"avif", b"avis"} & {
        brands[:4],
        *(brands[n : n + 4] for n in range(8, min(len(brands), HEAD), 4)),
    }:
        return None
    sizes = [(0, 0)]
    for meta in _within(body, b"meta", 0, len(body)):
        for properties in _within(body, b"iprp", meta[0] + 4, meta[1]):  # the version, and flags, come first
            for container in _within(body, b"ipco", *properties):
                for begin, end in _within(body, b"ispe", *container):
                    if end - begin >= 12:
                        sizes.append((_big(body[begin + 4 : begin + 8]), _big(body[begin + 8 : begin + 12])))
    width, height = max(sizes, key=lambda size: size[0] * size[1])  # beside its tiles and thumbnails
    return Kind("image/avif", width or None, height or None)


def _within(body: bytes, name: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    return ((first, last) for found, first, last in _boxes(body, begin, end) if found == name)


def _boxes(body: bytes, begin: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the boxes between two places (ISO/IEC 14496-12, 4.2): name, and where its content begins and ends."""
    for _ in range(MAX_STEPS):
        if end - begin < 8:
            return
        size, name, inner = _big(body[begin : begin + 4]), body[begin + 4 : begin + 8], begin + 8
        if size == 1 and end - begin >= 16:
            size, inner = _big(body[inner : inner + 8]), inner + 8
        elif size == 0:
            size = end - begin
        if size < inner - begin or size > end - begin:
            return
        yield name, inner, begin + size
        begin += size


def _big(body: bytes) -> int:
    return int.from_bytes(body, "big")


def _little(body: bytes) -> int:
    return int.from_bytes(body, "little")
