"""Brokers: storage and delivery of a hub's channels; `base` is the interface."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ...errors import UsageError, WrongType, shown
from ..policies import Policies, Retention
from .base import Broker, NotKept, OutOfReach, TooLarge
from .memory import MemoryBroker

__all__ = ["Broker", "NotKept", "OutOfReach", "TooLarge", "make_broker"]

DAY: Final = 24 * 3600.0

MEMORY_AGE: Final = 300.0
FILE_AGE: Final = 30 * DAY
REDIS_AGE: Final = DAY
NATS_AGE: Final = DAY
"""Seconds that messages are kept by default."""

_SQLITE: Final = "sqlite:///"


def make_broker(name: str, policies: Policies) -> Broker:
    """Return a new broker.

    Args:
        name: "memory"; "sqlite:///" and the path of a file; or the address of a Redis or a NATS, which many hubs
            may share.
        policies: that say how much is kept of which channel.

    Raises:
        UsageError: there is none of that name; WrongType: it is no text; MissingDependency: the library of Redis, or
            of NATS, is not installed.
    """
    if not isinstance(name, str):
        raise WrongType(
            f"the hub cannot have broker={shown(name)}: it must be text; pass 'memory', 'sqlite:///hub.db', "
            "'redis://host:6379/0' or 'nats://host:4222'"
        )
    if name == "memory":
        return MemoryBroker(policies.retention(MEMORY_AGE))
    if name.startswith(_SQLITE):
        return _in_a_file(name, policies.retention(FILE_AGE))
    if name.startswith(("redis://", "rediss://", "unix://")):
        from .redis import RedisBroker
        from .redis_link import Address

        return RedisBroker(Address(name), policies.retention(REDIS_AGE))
    if name.startswith(("nats://", "tls://")):
        from .nats import NatsBroker
        from .nats_link import Address as NatsAddress

        return NatsBroker(NatsAddress(name), policies.retention(NATS_AGE))
    hint = ""
    if name.startswith("sqlite:"):
        hint = "; a path follows three slashes, 'sqlite:///hub.db', and an absolute one brings a fourth"
    raise UsageError(
        f"there is no broker {shown(_without_secrets(name))}: there are 'memory', 'sqlite:///' with the path of a "
        f"file, 'redis://', 'rediss://' or 'unix://' with the address of a Redis, and 'nats://' or 'tls://' with that "
        f"of a NATS{hint}"
    )


def _without_secrets(name: str) -> str:
    """Return the name of a broker without what stands before an @: it may be a misspelled address with a password."""
    scheme, found, rest = name.partition("://")
    return f"{scheme}{found}{rest.rpartition('@')[2]}" if found else name


def _in_a_file(name: str, retention: Retention) -> Broker:
    path = name.removeprefix(_SQLITE)
    if path in ("", ":memory:") or "\0" in path:
        raise UsageError(
            f"the hub cannot have broker={shown(name)}: that is no path of a file; "
            "pass 'sqlite:///hub.db', or 'memory' for a hub that keeps nothing"
        )
    from .sqlite import SqliteBroker  # Pythons without the module have the other brokers

    return SqliteBroker(Path(path).expanduser().absolute(), retention)
