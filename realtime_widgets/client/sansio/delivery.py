"""The delivery: what has become of one message that was sent, for whoever sent it to look at or to wait for."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future
from typing import Any, Literal, Protocol

from ...errors import SendFailed, TimedOut
from ...streams.gaps import Position

DeliveryState = Literal["queued", "sent", "acknowledged", "failed"]


class Waiter(Protocol):
    """How users' threads and coroutines wait."""

    def wait(self, future: Future[None], timeout: float | None) -> object:
        """Block until it is done, for `timeout` seconds at most."""

    def awaited(self, future: Future[None]) -> Generator[Any, None, object]:
        """Await it in the running event loop; that it is given up there does not cancel it."""


def size_of(frame: str | bytes) -> int:
    """Return the bytes of a frame: text goes over the wire in UTF-8."""
    return len(frame) if isinstance(frame, bytes) or frame.isascii() else len(frame.encode(errors="replace"))


class Delivery(Coroutine[Any, Any, None]):
    """The delivery state of one message; `await` it, or `wait()`, until the final state is known.

    It has the methods of a coroutine, so that `asyncio.create_task()` and what else takes only those take it too.
    Unlike a coroutine it may be awaited many times, by many tasks at once, or never: a step of it only looks.

    Args:
        raw: its frame.
        id: by which the server recognizes it; None: a raw frame, which is not acknowledged.
        volatile: sent now or not at all, because it is worth nothing later.
        wants_ack: whether a server that acknowledges will acknowledge this; never raw frames and volatile messages.
        expires: whether it fails when it has waited for too long.
        waiter: how to wait for it; None: nobody can.

    Attributes:
        state: `queued` (no link yet), `sent` (handed to the network; final with servers that do not acknowledge),
            `acknowledged` (the server has it) or `failed`.
        error: why it failed; None otherwise.
        refused: whether it failed because the server turned it down, or its address takes no messages: sent again it
            would, too.
        position: of the message in its channel, when the server gave it; None otherwise.
        since: when it was queued, seconds of a monotonic clock.
        sender: the client that sent it, by its `id()`: it waits for the functions of `on_connect=` of that one.
        sent_on_connect: the link whose `on_connect=` sent it; None: it is for any.
        early: what its thread requested before it has not been sent yet, so that it has to wait.
    """

    __slots__ = (
        "_resolved",
        "_waiter",
        "early",
        "error",
        "expires",
        "generation",
        "id",
        "position",
        "raw",
        "refused",
        "sender",
        "sent_on_connect",
        "since",
        "size",
        "state",
        "volatile",
        "wants_ack",
    )

    def __init__(
        self,
        raw: str | bytes,
        id: str | None = None,
        *,
        volatile: bool = False,
        wants_ack: bool = True,
        expires: bool = True,
        waiter: Waiter | None = None,
    ) -> None:
        self.raw = raw
        self.id = id
        self.size = size_of(raw)
        self.volatile = volatile
        self.wants_ack = wants_ack and id is not None and not volatile
        self.expires = expires
        self.generation = 0
        self.early = False
        self.sender = 0
        self.sent_on_connect: int | None = None
        self.since = 0.0
        self.state: DeliveryState = "queued"
        self.error: SendFailed | None = None
        self.refused = False
        self.position: Position | None = None
        self._waiter = waiter
        self._resolved: Future[None] = Future()

    @property
    def done(self) -> bool:
        """Whether its state is final."""
        return self._resolved.done()

    def on_done(self, fn: Callable[[], object], /) -> None:
        """Call `fn()` once its state is final, at once or on the thread that finds out. For machinery: be quick."""
        self._resolved.add_done_callback(lambda _: fn())

    def wait(self, timeout: float | None = 10.0) -> None:
        """Wait until it is acknowledged, or sent to a server that does not acknowledge; any thread.

        Args:
            timeout: seconds; None: for ever.

        Raises:
            SendFailed: when it failed.
            TimedOut: when that is not known by then; the delivery goes on.
            WouldDeadlock: in a callback.
        """
        waiting: Future[None] = Future()  # of our own: an interrupted wait cancels it

        def end(_: object) -> None:
            if waiting.set_running_or_notify_cancel():
                waiting.set_result(None)

        self._resolved.add_done_callback(end)
        assert self._waiter is not None
        try:
            self._waiter.wait(waiting, timeout)
        except TimedOut as error:
            state = (
                "it still waits for a connection" if self.state == "queued" else "the server has not answered"
            )
            raise TimedOut(
                f"what becomes of a message is not known after {timeout} s: {state}; allow more with timeout="
            ) from error
        if self.error is not None:
            raise self.error

    def __await__(self) -> Generator[Any, None, None]:
        assert self._waiter is not None
        yield from self._waiter.awaited(self._resolved)
        if self.error is not None:
            raise self.error

    def send(self, value: Any, /) -> Any:
        """Take a task's step: return the future that it waits for next, or end it. For event loops."""
        if not self.done:
            assert self._waiter is not None
            return next(self._waiter.awaited(self._resolved))
        if self.error is not None:
            raise self.error
        raise StopIteration

    def throw(self, typ: Any, val: Any = None, tb: Any = None, /) -> Any:
        """End a task's step with an exception. For event loops."""
        raise (typ if isinstance(typ, BaseException) else val if val is not None else typ()).with_traceback(
            tb
        )

    def close(self) -> None:
        """Do nothing: a task that ends leaves the message on its way. For event loops."""

    def resolve(self, state: DeliveryState, error: SendFailed | None = None) -> None:
        """Set the final state."""
        self.state, self.error = state, error
        if not self._resolved.done():
            self._resolved.set_result(None)

    def fail(self, why: str) -> None:
        """Set the final state `failed`."""
        self.resolve("failed", SendFailed(why))

    def __repr__(self) -> str:
        return (
            f"<Delivery {self.id or 'of a raw frame'}: {self.state}{f', {self.error}' if self.error else ''}>"
        )
