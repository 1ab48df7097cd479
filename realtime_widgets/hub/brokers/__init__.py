"""Brokers: storage and delivery of a hub's channels; `base` is the interface."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from ...errors import UsageError, WrongType, shown
from .base import Broker, NotKept
from .memory import MemoryBroker

__all__ = ["Broker", "HistoryAge", "NotKept", "make_broker"]

HistoryAge = float | Literal["auto"] | None

DAY: Final = 24 * 3600.0

MEMORY_AGE: Final = 300.0
FILE_AGE: Final = 30 * DAY
"""Seconds that messages are kept by default."""

_SQLITE: Final = "sqlite:///"


def make_broker(name: str, history: int, history_age: HistoryAge) -> Broker:
    """Return a new broker.

    Args:
        name: "memory", or "sqlite:///" and the path of a file.
        history: messages of each channel that are kept.
        history_age: seconds that they are kept; None: for as long as there is room; "auto": five minutes in memory,
            30 days on a disk.

    Raises:
        UsageError: there is none of that name; WrongType: it is no text.
    """
    if not isinstance(name, str):
        raise WrongType(
            f"the hub cannot have broker={shown(name)}: it must be text; pass 'memory' or 'sqlite:///hub.db'"
        )
    if name == "memory":
        return MemoryBroker(history, MEMORY_AGE if history_age == "auto" else history_age)
    if name.startswith(_SQLITE):
        return _in_a_file(name, history, FILE_AGE if history_age == "auto" else history_age)
    hint = ""
    if name.startswith("sqlite:"):
        hint = "; a path follows three slashes, 'sqlite:///hub.db', and an absolute one brings a fourth"
    raise UsageError(
        f"there is no broker {shown(name)}: there are 'memory', and 'sqlite:///' with the path of a file{hint}"
    )


def _in_a_file(name: str, history: int, history_age: float | None) -> Broker:
    path = name.removeprefix(_SQLITE)
    if path in ("", ":memory:") or "\0" in path:
        raise UsageError(
            f"the hub cannot have broker={shown(name)}: that is no path of a file; "
            "pass 'sqlite:///hub.db', or 'memory' for a hub that keeps nothing"
        )
    from .sqlite import SqliteBroker  # Pythons without the module have the other brokers

    return SqliteBroker(Path(path).expanduser().absolute(), history, history_age)
