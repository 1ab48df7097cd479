"""Brokers: storage and delivery of a hub's channels; `base` is the interface."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from ...errors import UsageError, WrongType, shown
from .base import Broker, NotKept, OutOfReach
from .memory import MemoryBroker

__all__ = ["Broker", "HistoryAge", "NotKept", "OutOfReach", "make_broker"]

HistoryAge = float | Literal["auto"] | None

DAY: Final = 24 * 3600.0

MEMORY_AGE: Final = 300.0
FILE_AGE: Final = 30 * DAY
REDIS_AGE: Final = DAY
"""Seconds that messages are kept by default."""

_SQLITE: Final = "sqlite:///"


def make_broker(name: str, history: int, history_age: HistoryAge) -> Broker:
    """Return a new broker.

    Args:
        name: "memory"; "sqlite:///" and the path of a file; or the address of a Redis, which many hubs may share.
        history: messages of each channel that are kept.
        history_age: seconds that they are kept; None: for as long as there is room; "auto": five minutes in memory,
            30 days in a file, a day in Redis.

    Raises:
        UsageError: there is none of that name; WrongType: it is no text; MissingDependency: redis-py is not installed.
    """
    if not isinstance(name, str):
        raise WrongType(
            f"the hub cannot have broker={shown(name)}: it must be text; pass 'memory', 'sqlite:///hub.db' or "
            "'redis://host:6379/0'"
        )
    if name == "memory":
        return MemoryBroker(history, MEMORY_AGE if history_age == "auto" else history_age)
    if name.startswith(_SQLITE):
        return _in_a_file(name, history, FILE_AGE if history_age == "auto" else history_age)
    if name.startswith(("redis://", "rediss://", "unix://")):
        from .redis import RedisBroker
        from .redis_link import Address

        return RedisBroker(Address(name), history, REDIS_AGE if history_age == "auto" else history_age)
    hint = ""
    if name.startswith("sqlite:"):
        hint = "; a path follows three slashes, 'sqlite:///hub.db', and an absolute one brings a fourth"
    raise UsageError(
        f"there is no broker {shown(_without_secrets(name))}: there are 'memory', 'sqlite:///' with the path of a "
        f"file, and 'redis://', 'rediss://' or 'unix://' with the address of a Redis{hint}"
    )


def _without_secrets(name: str) -> str:
    """Return the name of a broker without what stands before an @: it may be a misspelled address with a password."""
    scheme, found, rest = name.partition("://")
    return f"{scheme}{found}{rest.rpartition('@')[2]}" if found else name


def _in_a_file(name: str, history: int, history_age: float | None) -> Broker:
    path = name.removeprefix(_SQLITE)
    if path in ("", ":memory:") or "\0" in path:
        raise UsageError(
            f"the hub cannot have broker={shown(name)}: that is no path of a file; "
            "pass 'sqlite:///hub.db', or 'memory' for a hub that keeps nothing"
        )
    from .sqlite import SqliteBroker  # Pythons without the module have the other brokers

    return SqliteBroker(Path(path).expanduser().absolute(), history, history_age)
