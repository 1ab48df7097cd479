"""An event loop on a clock of its own, which does not wait; and a runtime whose threads are all that loop's."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import selectors
from collections.abc import Callable
from typing import Any


class _NoFiles(selectors.SelectSelector):
    """Waits for nothing: time goes on by itself."""

    def __init__(self, loop: Timeless) -> None:
        super().__init__()
        self._timeless = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("nothing will ever happen")
        self._timeless.now += max(0.0, timeout)
        return []


class Timeless(asyncio.SelectorEventLoop):
    """An event loop that does not wait: when nothing is to be done it is later."""

    def __init__(self) -> None:
        self.now = 1000.0
        super().__init__(self._new_selector())

    def _new_selector(self) -> selectors.BaseSelector:
        return _NoFiles(self)

    def time(self) -> float:
        return self.now


def _finish(future: concurrent.futures.Future[Any], fn: Callable[..., Any], args: tuple[Any, ...]) -> None:
    try:
        future.set_result(fn(*args))
    except BaseException as error:
        future.set_exception(error)


class Threadless:
    """A runtime whose threads are all the loop's."""

    def __init__(self, loop: Timeless) -> None:
        self._loop = loop
        self._paused: list[Callable[[], None]] = []
        self.slow = False
        """Whether users' functions take their time: what is submitted waits."""

    def let_go(self) -> None:
        """Have what waits called."""
        self.slow = False
        for run in self._paused:
            self._loop.call_soon(run)
        self._paused.clear()

    def call_soon(self, fn: Callable[..., object], *args: Any) -> None:
        self._loop.call_soon(fn, *args)

    def submit(self, fn: Callable[..., Any], *args: Any) -> concurrent.futures.Future[Any]:
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        run = functools.partial(_finish, future, fn, args)
        if self.slow:
            self._paused.append(run)
        else:
            self._loop.call_soon(run)
        return future

    def call_apart(self, fn: Callable[..., Any], *args: Any) -> concurrent.futures.Future[Any]:
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        self._loop.call_soon(_finish, future, fn, args)  # whatever takes its time
        return future

    def on_stop(self, fn: Callable[[], object]) -> Callable[[], None]:
        return lambda: None

    def wait(self, future: concurrent.futures.Future[Any], timeout: float | None) -> Any:
        raise AssertionError("nobody waits here: time would stand still")
