"""The Redis broker: hubs share a Redis. `redis_scripts` is what Redis does, `redis_link` the way there."""

from __future__ import annotations

from ..policies import Retention
from .engine import Link
from .linked import LinkedBroker
from .redis_files import RedisFiles
from .redis_link import Address, RedisLink
from .redis_scripts import Commands


class RedisEngine:
    """A Redis.

    Args:
        address: where it is.
        retention: how much of each channel is kept, where no age is given until it was silent for 30 days.
    """

    name = "Redis"

    def __init__(self, address: Address, retention: Retention) -> None:
        self._address = address
        self.place = address.place
        self.commands = Commands(address.database, retention)

    async def open(self) -> Link:
        """See `engine.Engine.open`."""
        return await RedisLink.open(self._address)


class RedisBroker(LinkedBroker):
    """Channels in Redis.

    Args:
        address, retention: as for `RedisEngine`.
    """

    def __init__(self, address: Address, retention: Retention) -> None:
        super().__init__(RedisEngine(address, retention))
        self._files = RedisFiles(retention, self._call)

    @property
    def files(self) -> RedisFiles:
        """See `Broker.files`."""
        return self._files
