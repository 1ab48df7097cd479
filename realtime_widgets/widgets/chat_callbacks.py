"""ChatCallbacks: the functions that are told of a chat's messages, and what they answer.

They are called in order and one at a time, on a thread that only this chat has, while there is something to tell: one
that takes a minute, as a language model does, holds up nothing else. What one prints is shown below the cell that has
added it. What one raises is told in the chat, where its author looks, and logged.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import logging
import threading
import traceback
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Final

from ..chat.message import ChatMessage
from ..errors import WrongType, shown
from ..runtime import get_runtime
from ..runtime.forksafe import renew_after_fork
from ..runtime.references import Part
from ..runtime.registrations import Registrations

logger = logging.getLogger(__name__)

MAX_WAITING: Final = 10_000
"""Messages that wait for slow functions; of more the oldest are passed over, which is logged."""

Told = Callable[[ChatMessage], Any]

Answer = Callable[[ChatMessage, Any], object]
"""Takes the message that was told of and what a function has returned: a text, or an iterator of texts."""

Failed = Callable[[ChatMessage, BaseException, str], object]
"""Takes the message, what was raised, and the traceback."""


class ChatCallbacks(Part):
    """Functions that are told of messages; any thread.

    Args:
        answer: is told, on the same thread, what a function returns that is not None.
        failed: is told what one has raised.
    """

    def __init__(self, answer: Answer, failed: Failed) -> None:
        self._answer = answer
        self._failed = failed
        self._fns = Registrations[tuple[Told, bool, contextvars.Context]]()
        self._waiting: deque[ChatMessage] = deque()
        self._running = False
        self._lock = threading.Lock()
        self.missed = 0
        """Messages that were passed over."""
        renew_after_fork(self, ChatCallbacks._renew)

    def _renew(self) -> None:
        self._lock = threading.Lock()
        self._running = False  # the thread is the parent's

    def add(self, fn: Told, *, bots: bool = False) -> Callable[[], None]:
        """Tell a function of what comes from now on, from bots too if it wants; returns the undo.

        Raises:
            WrongType: it cannot be called.
        """
        if not callable(fn):
            raise WrongType(f"on_message() cannot call {shown(fn)}: pass a function that takes a message")
        # Jupyter knows by the context which cell prints; that of a thread is whatever a page has asked last.
        return self._fns.add((fn, bots, contextvars.copy_context()))

    def tell(self, messages: list[ChatMessage]) -> None:
        """Tell of messages, without waiting."""
        if not self._fns or not messages:
            return
        with self._lock:
            self._waiting += messages
            while len(self._waiting) > MAX_WAITING:
                self._waiting.popleft()
                self.missed += 1
            starts, self._running = not self._running, True
        if starts:
            get_runtime().call_apart(self._run)

    def clear(self) -> None:
        """Tell of nothing more."""
        self._fns.clear()
        with self._lock:
            self._waiting.clear()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._running = False
                    return
                message = self._waiting.popleft()
            for fn, bots, context in self._fns:
                if message.bot and not bots:
                    continue
                try:
                    context.copy().run(self._call, fn, message)
                except Exception:  # whatever it is, the next message is told
                    logger.exception("what a function has answered or raised could not be told")

    def _call(self, fn: Told, message: ChatMessage) -> None:
        try:
            said = fn(message)
            if inspect.isawaitable(said):
                said = asyncio.run(_awaited(said))
            if isinstance(said, AsyncIterator):
                said = _plain(said)
            if said is not None:
                self._answer(message, said)
        except BaseException as error:  # sys.exit() in one must not silence the others
            logger.exception("a function that is told of messages raised: %r", fn)
            # Without the frame of this one, which says nothing to who wrote the function.
            trace = error.__traceback__.tb_next if error.__traceback__ else None
            told = "".join(traceback.format_exception(type(error), error, trace))
            self._failed(message, error, told)


async def _awaited(awaitable: Any) -> Any:
    return await awaitable


def _plain(texts: AsyncIterator[Any]) -> Iterator[Any]:
    """Return the values of an asynchronous iterator one after the other, on this thread."""
    with asyncio.Runner() as runner:
        while True:
            try:
                yield runner.run(_next(texts))
            except StopAsyncIteration:
                return
            except GeneratorExit:
                if (close := getattr(texts, "aclose", None)) is not None:
                    runner.run(_awaited(close()))
                raise


async def _next(texts: AsyncIterator[Any]) -> Any:
    return await anext(texts)
