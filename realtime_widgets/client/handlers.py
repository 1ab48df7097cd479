"""Handlers: the callbacks of one client, called on the callback thread in the order in which things happened.

What waits for slow callbacks is in a bounded inbox and not on the callback thread, which all clients share: a client
whose callbacks never keep up takes turns there with the others.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from ..errors import CallbackFailed, RuntimeStopped
from ..runtime import Runtime
from .sansio.inbox import CallbackKind, Inbox

logger = logging.getLogger(__name__)

MAX_CALLS_PER_TURN: Final = 100
"""Calls in a row, before other clients get their turn on the callback thread."""


class Callback:
    """A registered function; calling this calls it."""

    __slots__ = ("__weakref__", "_remove", "fn", "kind", "type")

    def __init__(
        self,
        kind: CallbackKind,
        fn: Callable[..., object],
        type: str | None,
        remove: Callable[[Callback], object],
    ) -> None:
        self._remove = remove
        self.kind = kind
        self.fn = fn
        self.type = type

    def remove(self) -> None:
        """Unregister the function; twice is fine."""
        self._remove(self)

    def __call__(self, *args: Any) -> object:
        """Call the function, as if it had not been registered."""
        return self.fn(*args)

    def __repr__(self) -> str:
        return f"<Callback on {self.kind}: {self.fn!r}>"


class Handlers:
    """Callbacks by the kind of thing that they are called for.

    Args:
        runtime: whose callback thread calls them.
        inbox: what waits for them.
        failed: is called on the I/O thread with the error when one has raised.
        crowded: is called there with the lossless channels of which too much waits, when these change.
    """

    def __init__(
        self,
        runtime: Runtime,
        inbox: Inbox,
        failed: Callable[[CallbackFailed], object],
        crowded: Callable[[frozenset[str]], object] = lambda _: None,
    ) -> None:
        self._runtime = runtime
        self._failed = failed
        self._crowded = crowded
        self._told: frozenset[str] = frozenset()
        self._lock = threading.Lock()  # guards all that follows
        self._callbacks: dict[CallbackKind, tuple[Callback, ...]] = {}
        self._inbox = inbox
        self._draining = False

    def add(self, callback: Callback) -> None:
        """Register a callback, from any thread."""
        with self._lock:
            self._callbacks[callback.kind] = (*self._callbacks.get(callback.kind, ()), callback)

    def remove(self, callback: Callback) -> None:
        """Unregister a callback, from any thread; it may be unregistered already."""
        with self._lock:
            left = tuple(kept for kept in self._callbacks.get(callback.kind, ()) if kept is not callback)
            self._callbacks[callback.kind] = left

    def clear(self) -> None:
        """Unregister all callbacks and discard what waits, from any thread."""
        with self._lock:
            self._callbacks = {}
            self._inbox.clear()
        self._tell_of_crowds()

    def __bool__(self) -> bool:
        return any(self._callbacks.values())

    def wants(self, kind: CallbackKind) -> bool:
        """Whether a callback is registered for this kind."""
        return bool(self._callbacks.get(kind))

    def tell(self, kind: CallbackKind, *things: Any) -> None:
        """Have the callbacks of a kind called with each of the things that happened, after those before them."""
        if not things or not self.wants(kind):
            return
        # May call a function of the user's, so not with the lock held.
        keys = [self._inbox.key_of(kind, thing) for thing in things]
        now = time.time()
        with self._lock:
            for thing, key in zip(things, keys, strict=True):
                self._inbox.put(kind, thing, key, now)
            begin, self._draining = not self._draining, True
        self._tell_of_crowds()
        if begin:
            with contextlib.suppress(RuntimeStopped):
                self._runtime.submit(self._drain)

    def _tell_of_crowds(self) -> None:
        """Report the lossless channels of which too much waits, when these have changed."""
        with self._lock:
            crowded = frozenset(self._inbox.crowded)
            changed, self._told = crowded != self._told, crowded
        if changed:
            with contextlib.suppress(RuntimeStopped):
                self._runtime.call_soon(self._crowded, crowded)

    def call(self, what: str, fn: Callable[..., object], *args: Any) -> None:
        """Have a function called on the callback thread that is not registered."""
        with contextlib.suppress(RuntimeStopped):
            self._runtime.submit(self._guarded, what, fn, *args)

    def _drain(self) -> None:
        """Call the callbacks for what waits (on the callback thread)."""
        while True:
            for _ in range(MAX_CALLS_PER_TURN):
                with self._lock:
                    taken = self._inbox.take()
                    if taken is None:
                        self._draining = False
                        return
                    kind, thing = taken
                    callbacks = self._callbacks.get(kind, ())
                if self._told:
                    self._tell_of_crowds()
                for callback in callbacks:
                    if callback.type is None or callback.type == thing.type:
                        self._guarded(f"on_{kind}", callback.fn, thing)
            with contextlib.suppress(RuntimeStopped):  # a stopped runtime has no others to yield to
                self._runtime.submit(self._drain)
                return

    def _guarded(self, what: str, fn: Callable[..., object], *args: Any) -> None:
        """Call a user's function; report what it raises, and go on."""
        try:
            fn(*args)
        except BaseException as error:  # sys.exit() in one must not silence the client for ever
            failed = CallbackFailed(f"a callback of {what} raised {type(error).__name__}: {error}")
            failed.__cause__ = error
            if what == "on_error":  # or it would be called with its own errors, for ever
                logger.warning("%s", failed, exc_info=error)
            else:
                with contextlib.suppress(RuntimeStopped):
                    self._runtime.call_soon(self._failed, failed)
