"""Text on its way to the pages: any str of Python's, as Unicode that UTF-8 can encode.

Half a surrogate pair (of an emoji that was cut, of a file name that is no UTF-8) is a str in Python, but no Unicode:
one would stop a whole frame, with the data of all widgets in it. `Payload` and the traits of widgets pass through here.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def as_unicode(value: T) -> T:
    """Return a value with all its text, in dicts (keys too), lists and tuples, as Unicode; the value itself if it is.

    Halves of a surrogate pair that belong together become the character they stand for, others U+FFFD.
    """
    try:
        msgspec.json.encode(value)
    except Exception:  # text that cannot be encoded, or objects that msgspec does not know
        return _replaced(value)  # type: ignore[no-any-return]
    return value


def _replaced(value: Any) -> Any:
    if isinstance(value, str):
        if value.isascii():
            return value
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {_replaced(key): _replaced(each) for key, each in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(_replaced, value))
    return value
