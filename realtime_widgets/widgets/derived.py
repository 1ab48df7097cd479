"""Derived: a trait that follows from what a widget shows: always exact when it is read, and told of who observes it."""

from __future__ import annotations

import contextlib
import time
import weakref
from collections.abc import Callable, Iterable
from typing import Any, Final

import traitlets

from ..errors import RuntimeStopped
from ..runtime import Runtime, get_runtime

INTERVAL: Final = 0.1
"""Seconds between two changes that are told; those in between are one."""

Listen = Callable[[Callable[[], object]], Callable[[], None]]
"""Has a function called whenever something may have changed; returns the undo."""


class Derived(traitlets.TraitType):  # type: ignore[type-arg]
    """A trait of a widget that nobody sets.

    Args:
        default: its value while the widget is being made.
        read: returns its value at this moment, of whatever has come so far.
    """

    def __init__(self, default: Any, read: Callable[[Any], Any]) -> None:
        super().__init__(default, read_only=True)
        self._read = read

    def get(self, obj: Any, cls: Any = None) -> Any:
        """Return its value as it is at this moment."""
        return self._read(obj)


class DerivedChanges:
    """Tells those who observe derived traits of their changes, on the callback thread; any thread.

    Args:
        widget: whose traits they are; this does not keep it.
        names: of the traits.
        sources: what they follow from.
    """

    def __init__(self, widget: traitlets.HasTraits, names: Iterable[str], sources: Iterable[Listen]) -> None:
        self._widget = weakref.ref(widget)
        self._told = {name: getattr(widget, name) for name in names}
        self._told_at = -1e9
        self._due_in: Runtime | None = None  # whose timer it waits for
        self._unlisten = [listen(self.look) for listen in sources]

    def look(self) -> None:
        """Have them read before long: something may have changed."""
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
            get_runtime().submit(self._tell)  # there, because users observe them

    def _tell(self) -> None:
        self._due_in = None  # before they are read: what comes from here on is read again
        self._told_at = time.monotonic()
        widget = self._widget()
        if widget is None or not self._unlisten:
            return
        for name, old in list(self._told.items()):
            new = getattr(widget, name)
            if new != old:
                self._told[name] = new
                widget.notify_change(
                    traitlets.Bunch(name=name, old=old, new=new, owner=widget, type="change")
                )
