"""ChatWaits: what is done in a conversation once it can be: when there is a room, when a message has arrived."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Final

from ..chat.conversation import Conversation
from ..errors import RuntimeStopped, UsageError
from ..runtime import get_runtime
from ..runtime.forksafe import renew_after_fork

MAX_WAITING: Final = 1_000


class ChatWaits:
    """Deeds that are tried again after every change of a conversation; any thread.

    Args:
        conversation: that they wait for.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._attempts: list[Callable[[], bool]] = []
        self._undo: Callable[[], None] | None = None
        self._lock = threading.Lock()
        renew_after_fork(self, ChatWaits._renew_lock)

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()

    def until(self, attempt: Callable[[], bool]) -> None:
        """Call `attempt()` on the I/O thread, soon and after every change, until it returns True; in the order given.

        Raises:
            UsageError: too many wait.
        """
        with self._lock:
            if len(self._attempts) >= MAX_WAITING:
                raise UsageError(
                    f"{MAX_WAITING:,} messages and changes wait already: see whether the hub is there, chat.rooms"
                )
            self._attempts.append(attempt)
            if self._undo is None:
                self._undo = self._conversation.listen(self._look)
        self._look()

    def _look(self) -> None:
        with contextlib.suppress(RuntimeStopped):  # at exit
            get_runtime().call_soon(self._try_all)

    def _try_all(self) -> None:
        with self._lock:
            attempts = list(self._attempts)
        done = [attempt for attempt in attempts if attempt()]
        with self._lock:
            self._attempts = [attempt for attempt in self._attempts if attempt not in done]
            if not self._attempts and self._undo is not None:
                self._undo()
                self._undo = None
