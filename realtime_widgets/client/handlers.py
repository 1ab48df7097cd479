"""Handlers: the callbacks of one client, called on the callback thread in the order in which things happened.

The functions of one client are called one at a time. What greets a new link (`on_connect=`) waits for no other client:
it goes first, on a thread of its own unless one of this client's functions is running. What waits for slow callbacks is
in a bounded inbox and not on the callback thread, which all clients share: a client whose callbacks never keep up takes
turns there with the others.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from ..errors import CallbackFailed, RuntimeStopped
from ..runtime import Runtime
from .address import identity
from .log_limit import LogLimit
from .masking import Mask
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
        mask: knows the secrets of the connection; None: there are none.
    """

    def __init__(
        self,
        runtime: Runtime,
        inbox: Inbox,
        failed: Callable[[CallbackFailed], object],
        crowded: Callable[[frozenset[str]], object] = lambda _: None,
        mask: Mask | None = None,
    ) -> None:
        self._runtime = runtime
        self._failed = failed
        self._crowded = crowded
        self._mask = mask or Mask()
        self._told: frozenset[str] = frozenset()
        self._lock = threading.Lock()  # guards all that follows
        self._callbacks: dict[CallbackKind, tuple[Callback, ...]] = {}
        self._inbox = inbox
        self._draining = False  # a drain is under way, or waits on the callback thread
        self._first: deque[Callable[[], object]] = deque()  # goes before what is in the inbox
        self._calling = False  # a thread calls one of the functions
        self._log_limit = LogLimit()

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

    def call_first(self, what: str, fn: Callable[..., object], *args: Any) -> None:
        """Have a function called that is not registered: before all that waits, and without waiting for others."""
        with self._lock:
            self._first.append(lambda: self._guarded(what, fn, *args))
            if self._calling:
                return  # by that thread, next
            self._calling = True
        try:
            self._runtime.call_apart(self._call_apart)
        except RuntimeError:  # stopped, or there is no room for another thread
            with self._lock:
                self._calling = False
            with contextlib.suppress(RuntimeStopped):
                self._runtime.submit(self._drain)

    def _call_apart(self) -> None:
        """Call what goes first, and then have the rest called (on a thread of its own)."""
        self._call_the_first()
        with contextlib.suppress(RuntimeStopped):
            self._runtime.submit(self._drain)

    def _call_the_first(self) -> None:
        """Call what goes first, until nothing is left, and let others call."""
        while True:
            with self._lock:
                if not self._first:
                    self._calling = False
                    return
                fn = self._first.popleft()
            fn()

    def _drain(self) -> None:
        """Call the callbacks for what waits (on the callback thread)."""
        while True:
            for _ in range(MAX_CALLS_PER_TURN):
                with self._lock:
                    taken = None if self._calling or self._first else self._inbox.take()
                    if self._calling or (taken is None and not self._first):
                        self._draining = False  # a thread that calls has the rest called when it is done
                        return
                    self._calling = True
                    callbacks = () if taken is None else self._callbacks.get(taken[0], ())
                if self._told:
                    self._tell_of_crowds()
                if taken is not None:
                    kind, thing = taken
                    for callback in callbacks:
                        if callback.type is None or callback.type == thing.type:
                            self._guarded(f"on_{kind}", callback.fn, thing)
                self._call_the_first()
            with contextlib.suppress(RuntimeStopped):  # a stopped runtime has no others to yield to
                self._runtime.submit(self._drain)
                return

    def _guarded(self, what: str, fn: Callable[..., object], *args: Any) -> None:
        """Call a user's function; report what it raises, and go on."""
        try:
            fn(*args)
        except BaseException as error:  # sys.exit() in one must not silence the client for ever
            failed = CallbackFailed(f"a callback of {what} raised {self._mask.error(error)}")
            failed.__cause__ = error
            failed.function = fn
            if what == "on_error":  # or it would be called with its own errors, for ever
                if self._log_limit.allows(identity(fn), time.monotonic()):
                    logger.warning("%s\n%s", failed, self._mask.traceback(error))
            else:
                with contextlib.suppress(RuntimeStopped):
                    self._runtime.call_soon(self._failed, failed)
