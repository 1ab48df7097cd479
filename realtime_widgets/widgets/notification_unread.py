"""The number of unread notifications as a trait: always exact when it is read, and told of to those who observe it."""

from __future__ import annotations

import contextlib
import time
import weakref
from collections.abc import Callable, Iterable
from typing import Any, Final

import traitlets

from ..errors import RuntimeStopped
from ..feeds.notices import Notices
from ..runtime import Runtime, get_runtime
from ..streams import Stream

INTERVAL: Final = 0.1
"""Seconds between two changes that are told; those in between are one."""


class UnreadCount(traitlets.Int):  # type: ignore[type-arg]
    """A trait of a widget with `_notices`: how many of them are not read. Nobody sets it."""

    def __init__(self) -> None:
        super().__init__(0, read_only=True)

    def get(self, obj: Any, cls: Any = None) -> int:
        """Return the number as it is at this moment, of whatever has come so far."""
        notices: Notices = obj._notices
        return notices.unread


class Unread:
    """Tells those who observe `unread_count` of its changes, on the callback thread; any thread.

    Args:
        widget: whose trait it is; this does not keep it.
        notices: what is counted.
        streams: where they come from.
    """

    def __init__(self, widget: traitlets.HasTraits, notices: Notices, streams: Iterable[Stream]) -> None:
        self._widget = weakref.ref(widget)
        self._notices = notices
        self._told = notices.unread
        self._told_at = -1e9
        self._due_in: Runtime | None = None  # whose timer it waits for
        self._unlisten: list[Callable[[], None]] = [stream.listen(self.look) for stream in streams]

    def look(self) -> None:
        """Have it counted before long: something may have changed."""
        runtime = get_runtime()
        if self._due_in is runtime:  # the timers of one that was stopped, and of a parent, never come
            return
        self._due_in = runtime
        with contextlib.suppress(RuntimeStopped):  # at exit
            runtime.call_later(max(0.0, self._told_at + INTERVAL - time.monotonic()), self._hand_over)

    def close(self) -> None:
        """Tell of nothing more."""
        for unlisten in self._unlisten:
            unlisten()
        self._unlisten.clear()

    def _hand_over(self) -> None:
        with contextlib.suppress(RuntimeStopped):
            get_runtime().submit(self._tell)  # there, because users observe it

    def _tell(self) -> None:
        self._due_in = None  # before it is counted: what comes from here on is counted again
        self._told_at = time.monotonic()
        widget, old, new = self._widget(), self._told, self._notices.unread
        if widget is None or new == old or not self._unlisten:
            return
        self._told = new
        widget.notify_change(
            traitlets.Bunch(name="unread_count", old=old, new=new, owner=widget, type="change")
        )
