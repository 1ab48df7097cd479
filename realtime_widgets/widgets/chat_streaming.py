"""StreamedMessage: a message that is written bit by bit, as a language model does, and shown while it grows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final

from ..chat.message import MAX_TEXT
from ..errors import RealtimeWidgetsError, UsageError, shown
from ..runtime.forksafe import renew_after_fork

INTERVAL: Final = 0.2
"""Seconds between two looks of others at how far it is: whoever is at another computer is sent it whole each time."""

MAX_OFTEN: Final = 4_000
"""Characters up to which it is sent so often; a longer one in proportion less."""


class StreamStopped(RealtimeWidgetsError):
    """A reader does not want to hear the rest of a message; raised by `append`, and caught by its `with`."""

    def __init__(self, message: StreamedMessage) -> None:
        super().__init__("this message was stopped, by a reader or by stop()")
        self.message = message
        """The one that was stopped."""


class StreamedMessage:
    """A message that grows: `with chat.streaming(user="bot") as m: m.append("…")`. Any thread.

    It ends with its `with`: then it is a message like any other. A reader may stop it: the next `append` raises
    `StreamStopped`, which ends the `with` and goes no further. Where the `with` ends with another exception, what there
    is of the message stays, as one that was broken off, and the exception goes on.

    Args:
        id: by which it is known while it grows.
        grow: has this side show a text.
        share: has others shown a text; returns whether it went out.
        finish: sends the text, and whether it was broken off.
        later: calls a function in some seconds.
    """

    def __init__(
        self,
        id: str,
        grow: Callable[[str], object],
        share: Callable[[str], bool],
        finish: Callable[[str, bool], object],
        later: Callable[[float, Callable[[], object]], object],
    ) -> None:
        self.id = id
        """By which it is known while it grows."""
        self._grow = grow
        self._share = share
        self._finish = finish
        self._parts: list[str] = []
        self._length = 0
        self._stopped = False
        self._ended = False
        self._later = later
        self._said_at = time.monotonic()
        self._shared = ""  # what others were shown last
        self._shared_at = 0.0
        self._due = False  # that `_share_again` will be called
        self._lock = threading.Lock()
        renew_after_fork(self, StreamedMessage._renew_lock)

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()

    @property
    def text(self) -> str:
        """All of it so far."""
        with self._lock:
            self._parts[:] = ["".join(self._parts)]
            return self._parts[0]

    @property
    def stopped(self) -> bool:
        """Whether it was broken off: a reader does not want to hear the rest, or its `with` has failed."""
        return self._stopped

    @property
    def space(self) -> int:
        """How many characters more it may have."""
        return MAX_TEXT - self._length

    @property
    def silence(self) -> float:
        """Seconds since it last said something new."""
        return time.monotonic() - self._said_at

    def append(self, text: Any) -> None:
        """Add to its end.

        Args:
            text: any text, such as a token; what is no text is added as `str()` has it, None not at all.

        Raises:
            StreamStopped: a reader has stopped it.
            UsageError: it has ended, or is longer than messages may be (20,000 characters).
        """
        if text is None:
            return
        added = text if isinstance(text, str) else str(text)
        with self._lock:
            self._check()
            self._check_length(self._length + len(added))
            self._parts.append(added)
            self._length += len(added)
            self._said_at = time.monotonic()
        self._show()

    def replace(self, text: Any) -> None:
        """Have it say something else so far; raises as `append` does."""
        said = "" if text is None else text if isinstance(text, str) else str(text)
        with self._lock:
            self._check()
            self._check_length(len(said))
            self._parts, self._length = [said], len(said)
            self._said_at = time.monotonic()
        self._show()

    def _check_length(self, length: int) -> None:
        if length > MAX_TEXT:
            raise UsageError(
                f"a message cannot have more than {MAX_TEXT:,} characters, and this would make {length:,}; end it and "
                "begin another"
            )

    def _check(self) -> None:
        if self._stopped:
            raise StreamStopped(self)
        if self._ended:
            raise UsageError(
                "nothing can be added to a message that has ended; begin another with streaming()"
            )

    def _show(self) -> None:
        text = self.text
        self._grow(text)
        wait = self._shared_at + INTERVAL * max(1.0, self._length / MAX_OFTEN) - time.monotonic()
        if wait <= 0:
            self._share_now(text)
        if text != self._shared and not self._due:
            self._due = True
            self._later(max(wait, INTERVAL), self._share_again)

    def _share_now(self, text: str) -> None:
        self._shared_at = time.monotonic()
        if self._share(text):
            self._shared = text

    def _share_again(self) -> None:
        """Have others shown what came since: whoever writes may pause now."""
        self._due = False
        if not self._ended and (text := self.text) != self._shared:
            self._share_now(text)
            if text != self._shared:
                self._due = True
                self._later(1.0, self._share_again)

    def stop(self) -> None:
        """Have it end, as a reader does with its button."""
        self._stopped = True

    def close(self) -> None:
        """End it; twice is fine."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
        self._finish(self.text, self._stopped)

    def __enter__(self) -> StreamedMessage:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if error is not None:
            self._stopped = True
        self.close()
        return isinstance(error, StreamStopped) and error.message is self

    def __repr__(self) -> str:
        state = "stopped" if self._stopped else "ended" if self._ended else "growing"
        return f"<StreamedMessage {self.id}: {shown(self.text)}, {state}>"
