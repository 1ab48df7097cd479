"""ChatWaits: what is done in a conversation once it can be: when there is a room, when a message has arrived.

What is about one thing is done in the order it was asked for: whoever asks for more joins the end of the queue.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Hashable
from typing import Final, NamedTuple

from ..chat.conversation import Conversation
from ..errors import RuntimeStopped, UsageError
from ..runtime import get_runtime
from ..runtime.forksafe import renew_after_fork

logger = logging.getLogger(__name__)

MAX_WAITING: Final = 1_000


class _Deed(NamedTuple):
    about: Hashable
    attempt: Callable[[], bool]


class ChatWaits:
    """Deeds that are tried again after every change of a conversation; any thread.

    Args:
        conversation: that they wait for.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._deeds: list[_Deed] = []
        self._undo: Callable[[], None] | None = None
        self._lock = threading.Lock()
        renew_after_fork(self, ChatWaits._renew_lock)

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._deeds)

    def waits(self, about: Hashable) -> bool:
        """Whether something waits that is about this."""
        with self._lock:
            return any(each.about == about for each in self._deeds)

    def until(self, about: Hashable, attempt: Callable[[], bool]) -> None:
        """Call `attempt()` on the I/O thread, soon and after every change, until it returns True.

        Args:
            about: what is about the same is tried in the order given, each when those before it are done.
            attempt: tries; one that raises is given up, which is logged.

        Raises:
            UsageError: too many wait.
        """
        with self._lock:
            if len(self._deeds) >= MAX_WAITING:
                raise UsageError(
                    f"{MAX_WAITING:,} messages and changes wait already: see whether the hub is there, chat.rooms"
                )
            self._deeds.append(_Deed(about, attempt))
            if self._undo is None:
                self._undo = self._conversation.listen(self._look)
        self._look()

    def give_up(self) -> None:
        """Do nothing of what waits."""
        with self._lock:
            self._deeds.clear()
        self._look()

    def _look(self) -> None:
        with contextlib.suppress(RuntimeStopped):  # at exit
            get_runtime().call_soon(self._try_all)

    def _try_all(self) -> None:
        with self._lock:
            deeds = list(self._deeds)
        held: set[Hashable] = set()
        for deed in deeds:
            if deed.about in held:
                continue
            if _is_done(deed):
                with self._lock:
                    self._deeds = [each for each in self._deeds if each is not deed]
            else:
                held.add(deed.about)
        with self._lock:
            if not self._deeds and self._undo is not None:
                self._undo()
                self._undo = None


def _is_done(deed: _Deed) -> bool:
    try:
        return deed.attempt()
    except Exception:
        logger.exception("what was to be done in a chat later could not be done")
        return True
