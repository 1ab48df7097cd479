"""Text: any str of Python's, as Unicode that UTF-8 can encode.

Half a surrogate pair (of an emoji that was cut, of a file name that is no UTF-8) is a str in Python and in JavaScript,
but no Unicode: no socket can carry it, nor a frame for the pages.
"""

from __future__ import annotations

from typing import Any


def well_formed(text: str) -> str:
    """Return text as Unicode: halves of a surrogate pair that belong together become the character they stand for,
    others U+FFFD, as JavaScript's `toWellFormed()` does.
    """
    return (
        text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    )


def well_formed_values(value: Any) -> Any:
    """Return a copy of a value with all text in dicts (keys too), lists and tuples as Unicode; all else as it is.

    Raises:
        RecursionError: it is nested too deeply, or holds itself.
    """
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, dict):
        return {well_formed_values(key): well_formed_values(each) for key, each in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(well_formed_values, value))
    return value
