"""Shares: how much of a broker's room each family of channels takes, and which channel has to give way. Pure.

Channels whose names have the same first part, up to a colon, are a family: `team:anna` and `team:bert`; so are those
about their followers, `presence:team:…`. Where there is no more room, the family that takes most of it loses first, and
of it the channel that was silent for longest. So nobody who may write to some channels only can empty those of others.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from ..policies import PRESENCE

_AGAIN: Final = 0.9
"""Part of what the largest family had at which it is asked again which one is the largest."""


class _Family:
    __slots__ = ("channels", "size")

    def __init__(self) -> None:
        self.channels: OrderedDict[str, int] = OrderedDict()  # what each takes, the last to speak last
        self.size = 0


class Shares:
    """What channels take, in any unit."""

    def __init__(self) -> None:
        self._families: OrderedDict[str, _Family] = OrderedDict()  # the last to speak last
        self._largest = ""
        self._size = 0  # of that family when it was found to be the largest

    def add(self, channel: str, size: int) -> None:
        """Note that a channel has spoken, and takes so much more."""
        name = family_of(channel)
        family = self._families.get(name)
        if family is None:
            family = self._families[name] = _Family()
        family.channels[channel] = family.channels.get(channel, 0) + size
        family.channels.move_to_end(channel)
        self._families.move_to_end(name)
        family.size += size
        if family.size > self._size:
            self._largest, self._size = name, family.size

    def remove(self, channel: str, size: int) -> None:
        """Note that a channel takes so much less; of one that takes nothing nothing is known."""
        name = family_of(channel)
        family = self._families[name]
        family.size -= size
        family.channels[channel] -= size
        if not family.channels[channel]:
            del family.channels[channel]
        if not family.channels:
            del self._families[name]

    def next(self) -> str:
        """Return the channel that has to give way."""
        family = self._families.get(self._largest)
        if family is None or family.size < _AGAIN * self._size:
            self._largest, family = max(self._families.items(), key=lambda each: each[1].size)
            self._size = family.size
        silent = next(iter(self._families.values()))
        return next(iter((silent if silent.size >= family.size else family).channels))

    def __contains__(self, channel: str) -> bool:
        family = self._families.get(family_of(channel))
        return family is not None and channel in family.channels

    def __len__(self) -> int:
        """How many channels there are."""
        return sum(len(family.channels) for family in self._families.values())


def family_of(channel: str) -> str:
    """Return the family of a channel."""
    if channel.startswith(PRESENCE):
        return PRESENCE + family_of(channel[len(PRESENCE) :])
    return channel.partition(":")[0]
