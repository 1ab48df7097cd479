"""Small images of every kind that the hub knows, each 3 pixels wide and 5 high, as encoders write them."""

from __future__ import annotations

from base64 import b64decode

PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAAFCAIAAAAPE8H1AAAAF0lEQVR4nGM8ISfHwMDAwMDAxAAD+FkAMpYBDmz0pSwAAAAASUVORK5CYII="
)
GIF = b64decode("R0lGODdhAwAFAIEAAMwzM8wAAAAAAAAAACwAAAAAAwAFAAAIDAABBAAgkODAggUDAgA7")
JPEG = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////"
    "////////2wBDAf//////////////////////////////////////////////////////////////////////////////////////wAARCAAFAAMD"
    "ASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAH/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFQEBAQAAAAAAAAAAAAAAAAAAAQL/xAAUEQEA"
    "AAAAAAAAAAAAAAAAAAAA/9oADAMBAAIRAxEAPwCABb//2Q=="
)
WEBP = b64decode("UklGRi4AAABXRUJQVlA4ICIAAABwAQCdASoDAAUAD8D+JaACdAFAAAD+y6qk42BM/ciGAAAA")
LOSSLESS_WEBP = b64decode("UklGRh4AAABXRUJQVlA4TBEAAAAvAgABAAdQjyLXo/+BiOh/AAA=")
TRANSPARENT_WEBP = b64decode(
    "UklGRlIAAABXRUJQVlA4WAoAAAAQAAAAAgAABAAAQUxQSAoAAAABB1CyiAhERP8DVlA4ICIAAABwAQCdASoDAAUAD8D+JaACdAFAAAD+y6qk42BM"
    "/ciGAAAA"
)
AVIF = b64decode(
    "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAAAAAAAOcGl0"
    "bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAIgAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAAAAEAAGF2MDFDb2xvcgAAAABqaXBy"
    "cAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAAAwAAAAUAAAAQcGl4aQAAAAADCAgIAAAADGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAGgAAAABdpcG1h"
    "AAAAAAAAAAEAAQQBAoMEAAAAKm1kYXQSAAoIGASo0QENBoQyFB/3h4UV3///4s/AAJA1jjwuTpPj"
)
# Progressive: its frame is of another kind, and more comes before it.
PROGRESSIVE_JPEG = JPEG.replace(b"\xff\xc0\x00\x11", b"\xff\xfe\x00\x04ab\xff\xff\xff\xc2\x00\x11")

IMAGES = {
    "png": ("image/png", PNG),
    "gif": ("image/gif", GIF),
    "jpeg": ("image/jpeg", JPEG),
    "progressive jpeg": ("image/jpeg", PROGRESSIVE_JPEG),
    "webp": ("image/webp", WEBP),
    "lossless webp": ("image/webp", LOSSLESS_WEBP),
    "transparent webp": ("image/webp", TRANSPARENT_WEBP),
    "avif": ("image/avif", AVIF),
}
"""Name → the type, and the bytes."""
