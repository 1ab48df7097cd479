"""Waits: futures for the states of a client, resolved on the I/O thread and waited for on any other."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from concurrent.futures import Future
from typing import Any

from ..errors import ClientError, UsageError
from ..runtime import Runtime
from .sansio.state import State, Status


class Waits:
    """Futures with the state that each waits for; on the I/O thread."""

    def __init__(self) -> None:
        self._waits: list[tuple[State, Future[None]]] = []

    def add(self, state: State, future: Future[None]) -> None:
        """Have a future resolved when a state is reached."""
        self._waits.append((state, future))

    def resolve(self, status: Status, *, confirmed: bool = True, ended: ClientError | None = None) -> None:
        """Resolve futures whose state is reached, or will not be because the client has given up.

        Args:
            status: where the client stands.
            confirmed: whether what was asked of the server is confirmed, without which `connected` is not reached.
            ended: how the server has ended it for good, though that is no error; None: it has not.
        """
        waits, self._waits = self._waits, []
        for state, future in waits:
            if future.cancelled():
                continue
            over = status.state == "error" or ended is not None
            if (status.state != state and not over) or (status.state == "connected" and not confirmed):
                self._waits.append((state, future))
            elif future.set_running_or_notify_cancel():  # from here on nobody can cancel it
                if status.state == state:
                    future.set_result(None)
                else:
                    future.set_exception(ended or status.error or ClientError("the client gave up"))

    def fail(self, error: ClientError | UsageError) -> None:
        """Resolve all that is left with an error: nothing will be reached any more."""
        waits, self._waits = self._waits, []
        for _, future in waits:
            if future.set_running_or_notify_cancel():
                future.set_exception(error)


class Awaitable:
    """A future that can be awaited in any event loop.

    Args:
        future: what is awaited.
        owner: who resolves it, kept for as long.
    """

    def __init__(self, future: Future[None], owner: object) -> None:
        self._future = future
        self._owner = owner

    def __await__(self) -> Generator[Any, None, None]:
        return asyncio.wrap_future(self._future).__await__()


class RuntimeWaiter:
    """Waits for what the I/O thread resolves, on any other thread or in any event loop.

    Args:
        runtime: whose threads must not wait.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def wait(self, future: Future[None], timeout: float | None) -> None:
        """See `delivery.Waiter`."""
        self._runtime.wait(future, timeout)

    def awaited(self, future: Future[None]) -> Generator[Any, None, None]:
        """See `delivery.Waiter`."""
        return asyncio.shield(asyncio.wrap_future(future)).__await__()
