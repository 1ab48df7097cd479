"""The pool: the connections of this process, one for all clients of the same address.

A connection lives for as long as somebody wants it and a little longer, so that a cell that is run again meets it
still open. There is one pool per runtime.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Hashable

from ..errors import RuntimeStopped
from ..runtime import Runtime, get_runtime
from ..runtime.notebook import Replaced
from ..runtime.scheduling import Clock
from .address import Address
from .connection import Connection
from .dialing import Options
from .receiver import Decode, Receiver


class Pool:
    """Connections by what they share; any thread.

    Args:
        runtime: where they live.
        clock: None: the loop's.
    """

    def __init__(self, runtime: Runtime, clock: Clock | None = None) -> None:
        self.runtime = runtime
        self.kept: set[object] = set()
        """Clients with callbacks: they are called even when nobody holds the client."""
        self.replaced = Replaced()
        """What a cell connected, its next run replaces: else every run would add a set of callbacks."""
        self._clock = clock
        self._lock = threading.Lock()
        self._known: weakref.WeakValueDictionary[Hashable, Connection] = weakref.WeakValueDictionary()
        self._active: set[Connection] = set()
        runtime.on_stop(self._stop)

    def receiver(
        self, address: Address, options: Options, decode: Decode | None
    ) -> tuple[Connection, Receiver]:
        """Return the connection to this address, and its receiver that decodes like this.

        What is posted is a question: two clients that ask the same ask twice, so each has a connection of its own.
        """
        if address.body is not None:
            alone = Connection(self.runtime, address, options, active=self._active, clock=self._clock)
            return alone, alone.receiver(decode)
        with self._lock:
            connection = self._known.get(address.key)
            if connection is None:
                connection = Connection(
                    self.runtime, address, options, active=self._active, clock=self._clock
                )
                self._known[address.key] = connection
            return connection, connection.receiver(decode)

    @property
    def open(self) -> int:
        """How many connections are kept open, or tried to."""
        return len(self._active)

    def _stop(self) -> None:
        """Say goodbye everywhere (the runtime then waits for it)."""

        def close() -> None:
            for connection in list(self._active):
                connection.close()

        try:
            self.runtime.call_soon(close)
        except RuntimeStopped:
            pass


def get_pool() -> Pool:
    """Return the pool of this process; a fresh one after a fork."""
    return get_runtime().shared("pool/1", Pool)
