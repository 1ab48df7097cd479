"""Text on its way to the pages, as Unicode: other text would stop a whole frame, with the data of all widgets in it.

`Payload` and the traits of widgets pass through here.
Text that was made for a terminal, or is still bytes, is made readable where a feed shows text: logs and cards.
"""

from __future__ import annotations

import re
from typing import Final, TypeVar

import msgspec

from ..streams.text import well_formed_values

T = TypeVar("T")

_SEQUENCES: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, movements of the cursor
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # titles, links, and the like
    r"|\x1b[ -/]*[0-~]"  # all others
)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def as_unicode(value: T) -> T:
    """Return a value with all its text, in dicts (keys too), lists and tuples, as Unicode; the value itself if it is.

    Halves of a surrogate pair become what `streams.text` says.
    """
    try:
        msgspec.json.encode(value)
    except Exception:  # text that cannot be encoded, or objects that msgspec does not know
        return well_formed_values(value)  # type: ignore[no-any-return]
    return value


def decoded(value: str | bytes | bytearray | memoryview) -> str:
    """Return bytes as the text that they are in UTF-8, with U+FFFD for what is none; text as it is."""
    return value if isinstance(value, str) else bytes(value).decode(errors="replace")


def without_controls(text: str) -> str:
    """Return text as a terminal would show it, without colours: no control sequences, no control characters.

    Tabs and line feeds stay; a carriage return, with or without one, is a line feed.
    """
    if text.isprintable():
        return text
    text = _SEQUENCES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", text)
