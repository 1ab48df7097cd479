"""Work that is done in steps, done at once."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")


def whole(steps: Generator[None, None, T]) -> T:
    """What it returns."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            found: T = done.value
            return found
