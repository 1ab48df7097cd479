"""Registrations: what users have had called from now on, each until it is undone, or its cell is run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from .runtime import get_runtime

T = TypeVar("T")


class _Registration(Generic[T]):
    """One of them, for as long as it is among the others."""

    def __init__(self, all: dict[_Registration[T], None], what: T) -> None:
        self._all = all
        self.what = what
        all[self] = None

    def remove(self) -> None:
        self._all.pop(self, None)


class Registrations(Generic[T]):
    """What was registered, in its order; any thread."""

    def __init__(self) -> None:
        self._all: dict[_Registration[T], None] = {}

    def add(self, what: T) -> Callable[[], None]:
        """Register something; returns the undo. A notebook cell that is run again undoes what its last run added."""
        registration = _Registration(self._all, what)
        get_runtime().made(registration, _Registration.remove)
        return registration.remove

    def clear(self) -> None:
        """Undo all."""
        self._all.clear()

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[T]:
        """Iterate over what is registered at this moment."""
        return iter([each.what for each in self._all.copy()])
