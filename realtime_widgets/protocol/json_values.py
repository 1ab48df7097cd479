"""JSON values: JSON text as servers in fact write it, taken apart into its values.

Beyond RFC 8259 this reads what Python, JavaScript and loggers emit: `NaN`, `Infinity` and `-Infinity`, a byte order
mark, UTF-16, and several values in one text, one a line (NDJSON), one after the other, or ended by U+001E (RFC 7464,
SignalR). Text without any value, which some servers send as a sign of life, has none. What cannot be read costs only
itself, up to the end of its line. Linear in the length of the text.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, Final

from ..streams.text import well_formed_values

SEPARATORS: Final = " \t\r\n\x1e\ufeff\0"
"""What may stand before, between and after values."""

_HAS_VALUE: Final = re.compile(f"[^{re.escape(SEPARATORS)}]")
_ESCAPED: Final = re.compile(r"\\u[dD][89a-fA-F]")
_decoder: Final = json.JSONDecoder()


def text_of(raw: str | bytes) -> str:
    """Return JSON text from a frame.

    Raises:
        UnicodeDecodeError: for bytes in no encoding of JSON.
    """
    if isinstance(raw, str):
        return raw
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16")
    return raw.decode()


def values_of(raw: str | bytes) -> tuple[list[Any], list[tuple[str, Exception]]]:
    """Return the values of a text, and the lines that could not be read with the reason for each.

    A lone surrogate, which no text can carry on, becomes U+FFFD. Of an object's repeated keys the last counts.
    """
    try:
        text = text_of(raw)
    except UnicodeDecodeError as error:
        return [], [(bytes(raw[:1000]).decode("utf-8", "replace"), error)]  # type: ignore[arg-type]
    values, end, problem = _values(text)
    bad = []
    if problem is not None:
        for line in text[end:].splitlines():  # each apart: trying again at every line would be quadratic
            some, place, problem = _values(line)
            values += some
            if problem is not None:
                bad.append((line[place:], problem))
    return (well_formed_values(values) if _ESCAPED.search(text) else values), bad


def _values(text: str) -> tuple[list[Any], int, Exception | None]:
    """Return the values at the beginning of a text, where the rest begins, and why that cannot be read."""
    found: list[Any] = []
    place = 0
    while (start := _HAS_VALUE.search(text, place)) is not None:
        place = start.start()
        try:
            value, place = _decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            return found, place, error
        found.append(value)
    return found, len(text), None
