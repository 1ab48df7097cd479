"""Running hubs: those of this process, by the address and port that each has.

A cell that is run again makes another hub for the port of the one that it made before, which still runs. That one is
found here, so that it can be stopped, and its clients go on with the token that they have.
"""

from __future__ import annotations

import weakref
from typing import NamedTuple, Protocol

from ..runtime import Runtime
from .auth import EVERYWHERE
from .brokers import Broker
from .serving import Serving, find


class Run(Protocol):
    """A hub that runs."""

    serving: Serving
    broker: Broker
    token: str | None


class _Place(NamedTuple):
    address: str
    port: int
    run: weakref.ref[Run]

    @property
    def taken(self) -> bool:
        return (run := self.run()) is not None and not run.serving.over


def note_running(runtime: Runtime, run: Run, address: str, port: int) -> None:
    """Note that a hub has begun to listen; on the I/O thread.

    Args:
        runtime: that it runs on.
        run: the hub.
        address, port: that it listens on.
    """
    places = _places(runtime)
    places[:] = [*(place for place in places if place.taken), _Place(address, port, weakref.ref(run))]


def find_running(runtime: Runtime, host: str, port: int) -> Run | None:
    """Return the hub that keeps another one from listening on an address and port; from any thread.

    Args:
        runtime: of this process.
        host: an address, or a name, which is looked up if a hub has the port.
        port: 0: any free one, which no hub has.

    Raises:
        UsageError: the name has no address.
    """
    for place in tuple(_places(runtime)):
        if place.port == port and place.taken:
            address = find(host)[1]
            if place.address == address or not EVERYWHERE.isdisjoint({place.address, address}):
                return place.run()
    return None


def _places(runtime: Runtime) -> list[_Place]:
    return runtime.shared("hubs/1", lambda _: [])
