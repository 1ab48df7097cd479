"""JSON paths: where something is in the objects of a foreign server: a key, keys with dots, or a function."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ..errors import UsageError, WrongType, reject_what_cannot_be_called

Path = str | Callable[[Any], Any]
"""Where something is in an object."""

_PLACE: Final = re.compile(r"-?[0-9]{1,9}\Z")


def path_of(name: str, path: Any) -> Path | None:
    """Return the path that an argument is; None: there is none.

    Args:
        name: of the argument, for error messages.
        path: what was given.

    Raises:
        UsageError, WrongType: when it is no path.
    """
    if path is None:
        return None
    if isinstance(path, str):
        if not all(path.split(".")):
            raise UsageError(
                f"json() cannot use {name}={path!r}: it has an empty key; pass a key, or keys with dots between them"
            )
        return path
    if not callable(path):
        raise WrongType(
            f"json() cannot use {name}={path!r}: pass a key, keys with dots between them, or a function"
        )
    reject_what_cannot_be_called(f"json() cannot use {name}=", path)
    fn: Callable[[Any], Any] = path
    return fn


def all_at(path: Path, thing: Any) -> Iterator[Any]:
    """Yield what a path leads to."""
    if callable(path):
        found = path(thing)
        if found is not None:
            yield found
    else:
        yield from _walk(thing, path.split("."))


def first_at(path: Path | None, thing: Any) -> Any:
    """Return the first that a path leads to; None: nothing."""
    return None if path is None else next(all_at(path, thing), None)


def is_almost_at(path: Path, thing: Any) -> bool:
    """Whether at most the last of a path's keys leads nowhere, or to null: there is a place for what is looked for."""
    if callable(path):
        return False
    parent, found, _ = path.rpartition(".")
    return bool(found) and isinstance(first_at(parent, thing), Mapping)


def _walk(thing: Any, keys: list[str]) -> Iterator[Any]:
    if not keys:
        if thing is not None:
            yield thing
    elif isinstance(thing, Mapping):
        if len(keys) > 1 and (whole := ".".join(keys)) in thing:
            yield from _walk(thing[whole], [])
        elif keys[0] in thing:
            yield from _walk(thing[keys[0]], keys[1:])
    elif isinstance(thing, list):
        if _PLACE.match(keys[0]):
            place = int(keys[0])
            if -len(thing) <= place < len(thing):
                yield from _walk(thing[place], keys[1:])
        else:
            for each in thing:
                yield from _walk(each, keys)
