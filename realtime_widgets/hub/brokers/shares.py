"""Shares: how much of a broker's room each family of channels takes, and which channel has to give way. Pure.

Channels whose names have the same first part, up to a colon, are a family: `team:anna` and `team:bert`; so are those
about their followers, `presence:team:…`. Where there is no more room, the family that takes most of it loses first, and
of it the channel that was silent for longest. So nobody who may write to some channels only can empty those of others.

Every operation takes constant time: families of about one size, to a quarter, are kept together.
"""

from __future__ import annotations

from collections import OrderedDict

from ..policies import PRESENCE


class _Family:
    __slots__ = ("channels", "size")

    def __init__(self) -> None:
        self.channels: OrderedDict[str, int] = OrderedDict()  # what each takes, the last to speak last
        self.size = 0


class Shares:
    """What channels take, in any unit."""

    def __init__(self) -> None:
        self._families: dict[str, _Family] = {}
        self._by_rank: dict[int, OrderedDict[str, None]] = {}  # families, the last to speak last

    def add(self, channel: str, size: int) -> None:
        """Note that a channel has spoken, and takes so much more."""
        name = family_of(channel)
        family = self._families.get(name)
        if family is None:
            family = self._families[name] = _Family()
            self._enter(name, _rank(size))
        elif (rank := _rank(family.size)) == (now := _rank(family.size + size)):
            self._by_rank[rank].move_to_end(name)
        else:
            self._leave(name, rank)
            self._enter(name, now)
        family.channels[channel] = family.channels.get(channel, 0) + size
        family.channels.move_to_end(channel)
        family.size += size

    def remove(self, channel: str, size: int) -> None:
        """Note that a channel takes so much less; of one that takes nothing nothing is known."""
        name = family_of(channel)
        family = self._families[name]
        rank, now = _rank(family.size), _rank(family.size - size)
        family.size -= size
        family.channels[channel] -= size
        if not family.channels[channel]:
            del family.channels[channel]
        if not family.channels:
            self._leave(name, rank)
            del self._families[name]
        elif now != rank:
            self._leave(name, rank)
            self._enter(name, now)

    def _enter(self, name: str, rank: int) -> None:
        self._by_rank.setdefault(rank, OrderedDict())[name] = None

    def _leave(self, name: str, rank: int) -> None:
        alike = self._by_rank[rank]
        del alike[name]
        if not alike:
            del self._by_rank[rank]

    def next(self) -> str:
        """Return the channel that has to give way."""
        largest = max(self._by_rank)  # there are four ranks for each power of two
        name = next(iter(self._by_rank[largest]))
        return next(iter(self._families[name].channels))

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


def _rank(size: int) -> int:
    """Return a number that is higher for a larger size; sizes of one number differ by less than a quarter."""
    bits = size.bit_length()
    return 4 * bits + (size >> max(0, bits - 3)) % 4
