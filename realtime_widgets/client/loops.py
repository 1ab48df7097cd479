"""Loops: `for message in client:` and `async for`, on any thread, while the I/O thread puts in what arrives.

Each loop has an inbox of its own, bounded and with the client's policy as that of its callbacks is, so a slow one holds
up nobody. What comes before the first loop is kept for it, within bounds: between `rw.connect()` and a `for` much may
have arrived.
"""

from __future__ import annotations

import asyncio
import copy
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Final, NamedTuple, Self

from ..errors import ClientError
from ..protocol.envelope import Message
from ..runtime import Runtime
from ..streams.gaps import Gap
from .sansio.footprint import footprint_of
from .sansio.inbox import MAX_WAITING, MAX_WAITING_BYTES, Inbox, Overflow

MAX_BEFORE: Final = 1_000
"""Messages that are kept for the first loop, unless they are the answer to a question."""

MAX_BYTES_BEFORE: Final = 1024 * 1024
"""Bytes of these."""


class Loops:
    """The loops over one client.

    Args:
        runtime: whose I/O thread puts messages in.
        label: of the client, for errors.
        overflow: the client's policies, as `Inbox` takes them.
        answer: whether what comes is the answer to a question: then all that comes before the first loop is kept for
            it, as far as a loop's own inbox reaches. Else only a little is, and nothing once there was more: most
            clients are never looped over.
        complain: is called on the I/O thread with what is wrong, once for each loop that is too slow.
    """

    def __init__(
        self,
        runtime: Runtime,
        label: str,
        overflow: tuple[Overflow, Mapping[str, Overflow]],
        *,
        answer: bool,
        complain: Callable[[ClientError], object],
    ) -> None:
        self._runtime = runtime
        self._label = label
        self._overflow = overflow
        self._answer = answer
        self._complain = complain
        self._lock = threading.Lock()  # guards all that follows
        self._loops: weakref.WeakSet[Loop] = weakref.WeakSet()
        self._before: deque[tuple[Message | Gap, int]] | None = (
            deque()
        )  # with their bytes; None: has been read
        self._bytes = 0
        self._end: End | None = None
        self.dropped = 0
        """Messages that came and were dropped, because loops were too slow or began too late."""

    def __bool__(self) -> bool:
        return bool(self._loops)

    @property
    def wants(self) -> bool:
        """Whether there is any use for what arrives."""
        return self._before is not None or bool(self._loops)

    def begin(self, owner: object) -> Loop:
        """Return a new loop, from any thread: over what came, where nobody has read yet, and what comes.

        Args:
            owner: the client, kept for as long as the loop.
        """
        with self._lock:
            loop = Loop(self._runtime, Inbox(*self._overflow), owner, self._was_read)
            loop.put([thing for thing, _ in self._before or ()])
            if self._end is not None:
                loop.end(self._end)
            self._loops.add(loop)
            late = self._before is not None and self.dropped
        if late:
            self._runtime.call_soon(self._complain, self._too_slow("began too late"))
        return loop

    def put(self, things: Sequence[Message | Gap]) -> None:
        """Hand what has arrived to all loops, or keep it for the first one (on the I/O thread)."""
        with self._lock:
            if self._before is not None:
                self._keep(things)
            loops = list(self._loops)
        for loop in loops:
            dropped = loop.put(things)
            if dropped and dropped == loop.dropped:  # the first time
                self._complain(self._too_slow("is too slow"))
            self.dropped += dropped

    def end(self, error: ClientError | None) -> None:
        """End all loops, when they have had what waits, and those that begin from now on.

        Args:
            error: what they raise; None: nothing went wrong.
        """
        with self._lock:
            self._end = End(error)
            loops = list(self._loops)
        for loop in loops:
            loop.end(self._end)

    def close(self) -> None:
        """End all loops at once; what waits is gone."""
        with self._lock:
            self._before, self._end = None, End(None)
            loops = list(self._loops)
        for loop in loops:
            loop.end(self._end, at_once=True)

    def reopen(self) -> None:
        """Let loops begin again, where they had ended: over what comes from now on."""
        with self._lock:
            if self._end is not None:
                self._end, self._before, self._bytes = None, deque(), 0

    def _keep(self, things: Sequence[Message | Gap]) -> None:
        assert self._before is not None
        for thing in things:
            size = 0 if isinstance(thing, Gap) else footprint_of(thing.data)
            self._before.append((thing, size))
            self._bytes += size
        if not self._answer:
            if len(self._before) > MAX_BEFORE or self._bytes > MAX_BYTES_BEFORE:
                self._before = None
            return
        while len(self._before) > MAX_WAITING or (self._bytes > MAX_WAITING_BYTES and len(self._before) > 1):
            self._bytes -= self._before.popleft()[1]
            self.dropped += 1

    def _was_read(self) -> None:
        with self._lock:
            self._before = None

    def _too_slow(self, why: str) -> ClientError:
        return ClientError(
            f"a loop over the client of {self._label} {why}: it misses messages, because too much waits for it; take "
            "them faster, or say with overflow= which of them matter"
        )


class End(NamedTuple):
    """That nothing comes any more; `error`: what went wrong, None: nothing."""

    error: ClientError | None


class Loop:
    """One loop: an iterator over messages, for `for` and for `async for`.

    Args:
        runtime: whose I/O thread puts messages in, and must not wait for them.
        inbox: what waits.
        owner: the client, kept for as long as the loop.
        begun: is called when the first message is taken.
    """

    def __init__(self, runtime: Runtime, inbox: Inbox, owner: object, begun: Callable[[], object]) -> None:
        self._runtime = runtime
        self._owner = owner
        self._begun: Callable[[], object] | None = begun
        self._lock = threading.Lock()  # guards all that follows
        self._inbox = inbox
        self._end: End | None = None
        self._waits: list[Future[None]] = []

    @property
    def dropped(self) -> int:
        """Messages that it has not had."""
        return self._inbox.dropped

    def put(self, things: Iterable[Message | Gap]) -> int:
        """Add what has arrived; returns how many messages were dropped for it."""
        # May call a function of the user's, so not with the lock held.
        keyed = [
            (thing, None) if isinstance(thing, Gap) else (thing, self._inbox.key_of("message", thing))
            for thing in things
        ]
        now = time.time()
        with self._lock:
            before = self._inbox.dropped
            for thing, key in keyed:
                self._inbox.put("gap" if isinstance(thing, Gap) else "message", thing, key, now)
            dropped = self._inbox.dropped - before
        self._wake()
        return dropped

    def end(self, end: End, *, at_once: bool = False) -> None:
        """End it, when it has had what waits or at once."""
        with self._lock:
            self._end = self._end or end
            if at_once:
                self._end = end
                self._inbox.clear()
        self._wake()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Message:
        self._runtime.check_wait()
        while isinstance(taken := self._take(), Future):
            try:
                taken.result()
            except KeyboardInterrupt:
                taken.cancel()
                raise
        if taken is None:
            raise StopIteration
        return taken

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        while isinstance(taken := self._take(), Future):
            await asyncio.wrap_future(taken)
        if taken is None:
            raise StopAsyncIteration
        return taken

    def _take(self) -> Message | Future[None] | None:
        """Return the next message, what becomes done when there may be one, or None: there is none any more.

        Raises:
            ClientError: what went wrong with the connection.
        """
        with self._lock:
            message = self._next()
            if message is None and self._end is None:
                future: Future[None] = Future()
                # Without those that were given up: who waits for a moment, again and again, leaves one each time.
                self._waits = [*(each for each in self._waits if not each.done()), future]
                return future
        if self._begun is not None:
            begun, self._begun = self._begun, None
            begun()
        if message is None and self._end is not None and self._end.error is not None:
            error = self._end.error
            raise copy.copy(error) from error.__cause__  # each loop its own, which Python adds its frames to
        return message

    def _next(self) -> Message | None:
        while (taken := self._inbox.take()) is not None:
            kind, thing = taken
            if kind == "message":
                message: Message = thing
                return message
        return None

    def _wake(self) -> None:
        with self._lock:
            waits, self._waits = self._waits, []
        for future in waits:
            if future.set_running_or_notify_cancel():
                future.set_result(None)
