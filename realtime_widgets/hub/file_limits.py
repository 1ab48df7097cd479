"""File limits: how large files of chat messages may be, how many bytes of them a hub keeps, and for how long. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from ..errors import UsageError, named_keywords, shown
from ..streams.amounts import Duration, to_count
from .policies import checked_age

MIB: Final = 1024 * 1024

LARGEST: Final = 20 * MIB
"""Bytes of the largest file that may be allowed: our own client reads no more."""

LEAST: Final = 4096
"""Bytes that a file counts as at least: a million empty ones would take room, too."""


class Usual(NamedTuple):
    """Bytes that are usual for a broker."""

    per_user: int
    total: int


class Bounds(NamedTuple):
    """Bytes of one file, of the files of one uploader, and of all together."""

    max_size: int
    per_user: int
    total: int


@named_keywords
@dataclass(frozen=True, slots=True, kw_only=True)
class FileLimits:
    """How much a hub keeps of the images and files of chat messages; for `rw.Hub(files=…)`.

    Example:
        rw.Hub(files=rw.FileLimits(max_size=2 * 1024 * 1024, age="7d"))

    Args:
        max_size: bytes of one file, up to 20 MiB.
        per_user: bytes of the files of one client, whom a token names or who comes from an address; who has more is
            refused. "auto": 100 MiB, in memory 32 MiB.
        total: bytes of all files; beyond it the oldest go, of the client who has most. "auto": 1 GiB, in memory 64 MiB.
        age: how long they are kept; None: for as long as there is room; "auto": for as long as the messages of their
            room. Each counts as 4 KiB at least.

    Raises:
        UsageError, WrongType: one of them is out of its range.
    """

    max_size: int = 10 * MIB
    per_user: int | Literal["auto"] = "auto"
    total: int | Literal["auto"] = "auto"
    age: Duration | Literal["auto"] | None = "auto"

    def __post_init__(self) -> None:
        size = to_count(self.max_size, "max_size= of files", least=1)
        if size > LARGEST:
            raise UsageError(f"max_size= of files cannot be {size:,}: pass up to {LARGEST:,} bytes")
        object.__setattr__(self, "max_size", size)
        least, what = max(size, LEAST), "max_size="
        for name in ("per_user", "total"):
            if (given := getattr(self, name)) == "auto":
                continue
            if isinstance(given, str):
                raise UsageError(f"{name}= of files cannot be {shown(given)}: pass bytes, or 'auto'")
            count = to_count(given, f"{name}= of files", least=1)
            if count < least:
                raise UsageError(
                    f"{name}= of files cannot be {count:,}: that is less than {what}; pass {least:,} or more"
                )
            object.__setattr__(self, name, count)
            least, what = count, f"{name}="
        object.__setattr__(self, "age", checked_age(self.age, "age= of files"))

    def bounds(self, usual: Usual) -> Bounds:
        """Return the bytes that may be kept.

        Args:
            usual: what "auto" stands for.
        """
        least = max(self.max_size, LEAST)
        total = max(usual.total, least) if self.total == "auto" else self.total
        if self.total == "auto" and self.per_user != "auto":
            total = max(total, self.per_user)
        per_user = max(usual.per_user, least) if self.per_user == "auto" else self.per_user
        return Bounds(self.max_size, min(per_user, total), total)


def checked_file_limits(limits: Any) -> FileLimits | None:
    """Return the limits that a user gave; None: there are no files.

    Raises:
        UsageError: they are none.
    """
    if limits is not None and not isinstance(limits, FileLimits):
        raise UsageError(
            f"files= cannot be of type {type(limits).__name__}; pass rw.FileLimits(max_size=…), or None for no files"
        )
    return limits


def cost_of(size: int) -> int:
    """Return the bytes that a file counts as."""
    return max(size, LEAST)
