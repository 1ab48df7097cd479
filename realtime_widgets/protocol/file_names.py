"""File names: what a file is called that somebody else uploaded, so that the name harms nobody. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ..streams.text import well_formed
from .file_types import INLINE

MAX_LENGTH: Final = 120
"""Characters of a name."""

MAX_EXTENSION: Final = 12
"""Characters after the last dot that are kept where a name is cut."""

_JOINERS: Final = "\u200c\u200d"
"""Characters without a width that words and emoji are made with."""


def cleaned_name(given: str, kind: str) -> str:
    """Return the name of a file as it is kept.

    Without folders, line ends, and characters that nobody sees or that turn the direction of others: `gpj.exe` must
    not look like `exe.jpg`.

    Args:
        given: by who uploads it; any text.
        kind: the type of the file, after which it is called where nothing is left.
    """
    last = re.split(r"[/\\]", well_formed(given))[-1]
    seen = "".join(" " if char.isspace() else char for char in last if char.isspace() or _is_seen(char))
    name = " ".join(seen.split()).strip(". ")
    if not name.strip(_JOINERS):
        return f"{kind.partition('/')[0]}.{kind.partition('/')[2]}" if kind in INLINE else "file"
    if len(name) <= MAX_LENGTH:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > MAX_EXTENSION:
        return name[:MAX_LENGTH].rstrip(". ")
    return f"{stem[: MAX_LENGTH - 1 - len(extension)].rstrip('. ')}{dot}{extension}"


def _is_seen(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char) not in ("Cc", "Cf", "Cs")
