"""The topics of a link to an engine: whose news it shall have, and which come for certain. No I/O."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Final

MAX_NAMES: Final = 500
"""Channels that are followed, or left, at once."""


class Topics:
    """Those of one link after the other; each begins with `begin`.

    Args:
        name_of: returns the topic of a channel.
    """

    def __init__(self, name_of: Callable[[str], bytes]) -> None:
        self._name_of = name_of
        self._wishes: list[tuple[bool, str]] = []  # what to follow, and what no more
        self._there = asyncio.Event()
        self._channels: dict[bytes, str] = {}
        self._unconfirmed: Counter[bytes] = Counter()

    def begin(self, channels: Iterable[str]) -> None:
        """Follow these over a new link, which follows nothing."""
        self._channels.clear()
        self._unconfirmed.clear()
        self._wishes = [(True, channel) for channel in channels]
        self._there.set()

    def wish(self, channel: str, *, follow: bool) -> None:
        """Follow a channel, or no more."""
        self._wishes.append((follow, channel))
        self._there.set()

    async def next(self) -> list[tuple[bool, list[bytes]]]:
        """Return what is to be told to the engine, in this order: to follow some, or to leave some; waits for it."""
        await self._there.wait()
        self._there.clear()
        wishes, self._wishes = self._wishes, []
        told: list[tuple[bool, list[bytes]]] = []
        for follow, group in groupby(wishes, key=lambda wish: wish[0]):
            names = {self._name_of(channel): channel for _, channel in group}
            if follow:
                self._channels |= names
                self._unconfirmed.update(list(names))
            else:
                for name in names:
                    self._channels.pop(name, None)
            some = list(names)
            told += [(follow, some[first : first + MAX_NAMES]) for first in range(0, len(some), MAX_NAMES)]
        return told

    def confirm(self, name: bytes) -> str | None:
        """Take a confirmation; returns the channel whose news come from now on, None: another is to come.

        Who left a channel and follows it again is confirmed twice, and misses what comes between the two.
        """
        self._unconfirmed[name] -= 1
        if self._unconfirmed[name] > 0:
            return None
        del self._unconfirmed[name]
        return self._channels.get(name)

    def channel(self, name: bytes) -> str | None:
        """Return the channel of a topic; None: it is not followed any more."""
        return self._channels.get(name)
