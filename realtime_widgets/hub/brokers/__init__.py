"""Brokers: storage and delivery of a hub's channels; `base` is the interface."""

from __future__ import annotations

from ...errors import UsageError
from .base import Broker
from .memory import MemoryBroker

__all__ = ["Broker", "make_broker"]


def make_broker(name: str, history: int, history_age: float | None) -> Broker:
    """Return a new broker.

    Args:
        name: "memory".
        history: messages of each channel that are kept.
        history_age: seconds that they are kept; None: for as long as there is room.

    Raises:
        UsageError: there is none of that name.
    """
    if name != "memory":
        raise UsageError(
            f"there is no broker {name!r}: there is 'memory'; pass broker='memory', or leave it out"
        )
    return MemoryBroker(history, history_age)
