"""Naming: the names of fields, which programs write together, in words for readers."""

from __future__ import annotations

import re
from typing import Final

ABBREVIATIONS: Final = {
    "api",
    "cpu",
    "db",
    "gpu",
    "http",
    "id",
    "io",
    "ip",
    "os",
    "ram",
    "sql",
    "ssd",
    "ui",
    "url",
}
"""Words of names that are written in capitals."""

SPELLED_OUT: Final = {"avg": "average"}


def in_words(field: str) -> str:
    """Return a field's name in words: `avgResponseTime` is "average response time", `cpu_load` "CPU load"."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", field)
    return " ".join(_word(word) for word in re.split(r"[\s_./:-]+", apart) if word) or field


def label_of(field: str) -> str:
    """Return what a legend calls a field: its name, in words where these are written together by `_` or by capitals."""
    return in_words(field) if re.search(r"[^\W_]_+[^\W_]|[a-z0-9][A-Z]", field) else field


def _word(word: str) -> str:
    low = word.lower()
    if low in ABBREVIATIONS:
        return word.upper()
    if word[1:].islower() or len(word) == 1:
        return SPELLED_OUT.get(low, low)
    return SPELLED_OUT.get(word, word)
