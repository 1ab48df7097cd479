"""Shown: which cells show which widgets, and the end of those that no cell shows and nothing holds.

A cell that is run again makes its widgets anew. What its last run made is closed unless it can still be seen or used:

    displayed   by itself or within another widget, in the output of a cell that has not been run again since; or in
                an `ipywidgets.Output` that is
    held        by a name, a container, an attribute, a closure, a running function: by anything but the registries of
                ipywidgets and of the frame loop. `_`, `__` and `___` are names; `Out[5]` and `_5` are not, or every
                result of a session would be kept

That is looked at when a cell begins and when it ends. Boxes of ipywidgets are closed with what is in them when the
same holds for them. What a callback has made, outside all cells, is closed once it has been displayed and is no longer.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any, Final

import comm
import traitlets
from comm.base_comm import BaseComm
from ipywidgets import CallbackDispatcher, Layout, Output, Widget

from ..browser.frame_loop import get_frame_loop
from ..runtime import get_runtime, notebook
from ..runtime.forksafe import renew_after_fork
from ..runtime.notebook import Run
from ..runtime.references import Part, unheld
from .closed import why_closed

logger = logging.getLogger(__name__)

VIEW: Final = "application/vnd.jupyter.widget-view+json"


PARTS: Final = (BaseComm, CallbackDispatcher, traitlets.link, traitlets.directional_link, Part)
"""Objects that belong to a widget and refer to it."""


class Shown:
    """The widgets of ours in a notebook, the runs that made them, and the runs that display any widgets."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        """For the dictionaries of widgets: loops of any thread ask for their cards, and make them."""
        renew_after_fork(self, Shown._renew_lock)
        self._made: weakref.WeakKeyDictionary[Widget, Run | None] = weakref.WeakKeyDictionary()
        self._displayed: weakref.WeakKeyDictionary[Widget, set[Run]] = weakref.WeakKeyDictionary()
        self._captured: weakref.WeakKeyDictionary[Widget, dict[str, Run | None]] = weakref.WeakKeyDictionary()
        """Widget → the outputs (ids of their models) in which it was displayed, and in which run."""
        self._latest: dict[tuple[str, str], Run] = {}
        """The latest run of each cell that has made or displayed something."""
        self._ran: dict[str, float] = {}  # front end → when it ran a cell last
        self._gone: weakref.WeakSet[Widget] = weakref.WeakSet()
        """What was closed and not collected yet: nobody refers to it, so what it refers to is not held by that."""
        self._is_notebook = notebook.watch(lambda _: self._started(), self._close_unused)
        if self._is_notebook:
            notebook.watch_displays(Widget, self._display)

    def _renew_lock(self) -> None:
        self._lock = threading.RLock()

    def add(self, widget: Widget) -> None:
        """Register a widget of ours that is being made; any thread, and outside a notebook nothing."""
        if self._is_notebook:
            with self._lock:
                self._made[widget] = self._noted(notebook.current_run())

    def shows(self, widget: Widget) -> bool:
        """Whether the output of some cell shows a widget, by itself or within another; any thread."""
        return id(widget) in self._visible()

    # What happens

    def _started(self) -> None:
        run = notebook.current_run()
        if run is None:
            return
        self._ran[run.session] = time.monotonic()
        self._replace_those_of_gone_pages(run)
        if self._latest.get(run[:2], run) != run:
            self._latest[run[:2]] = run
            self._close_unused()

    def _replace_those_of_gone_pages(self, run: Run) -> None:
        """End what the cell did for a front end that has gone: a page that was loaded anew is another one."""
        left = get_frame_loop().delivery.pages.last_goodbye
        for cell, session in list(self._latest):
            if cell == run.cell and session != run.session and self._ran.get(session, left) < left:
                self._latest[cell, session] = run

    def _noted(self, run: Run | None) -> Run | None:
        if run is not None:
            self._latest.setdefault(run[:2], run)
        return run

    def _display(self, widget: Widget) -> dict[str, Any] | None:
        """Note what is about to be displayed; returns what to say instead when something in it is closed."""
        if widget.comm is not None:  # one that is closed speaks for itself
            for each in _within(widget):
                if each.comm is None and each in self._made:
                    return {"text/plain": f"this {type(widget).__name__} cannot be shown: {why_closed(each)}"}
        run = self._noted(notebook.current_run())
        output = _capturing()
        with self._lock:
            if output is not None:
                self._captured.setdefault(widget, {})[output] = run
            elif run is not None:
                self._displayed.setdefault(widget, set()).add(run)
        return None

    # What is closed

    def _close_unused(self) -> None:
        over = {
            id(widget)
            for widget, run in self._all_made()  # no name of ours holds them: that would count
            if widget.comm and self._is_over(widget, run)
        }
        over -= self._visible() if over else set()
        if over:
            things = [widget for widget in _open_widgets() if id(widget) in over] + list(self._gone)
            self._close([widget for widget in _unheld(things) if widget.comm is not None])

    def _all_made(self) -> list[tuple[Widget, Run | None]]:
        with self._lock:
            return list(self._made.items())

    def _is_over(self, widget: Widget, run: Run | None) -> bool:
        if run is None:
            return widget in self._displayed or widget in self._captured
        return not self._is_latest(run)

    def _is_latest(self, run: Run | None) -> bool:
        return run is not None and self._latest.get(run[:2]) == run

    def _visible(self) -> set[int]:
        """Return the ids of all widgets that the output of some cell shows."""
        # Another thread may close one meanwhile.
        by_model = {comm.comm_id: widget for widget in _open_widgets() if (comm := widget.comm)}
        inside: dict[str, list[Widget]] = {}
        with self._lock:
            captured = [(widget, list(outputs.items())) for widget, outputs in self._captured.items()]
            pending = [w for w, runs in self._displayed.items() if any(map(self._is_latest, runs))]
        for widget, outputs in captured:
            for output, run in outputs:
                # The page says what an output holds, if it does: what is not in there was cleared.
                if self._is_latest(run) or not getattr(by_model.get(output), "outputs", ()):
                    inside.setdefault(output, []).append(widget)
        found: set[int] = set()
        while pending:
            widget = pending.pop()
            if id(widget) in found or widget.comm is None:
                continue
            found.add(id(widget))
            pending += _parts(widget)
            pending += inside.get(widget.comm.comm_id, ())
            if isinstance(widget, Output):
                pending += [by_model[model] for model in _models(widget) if model in by_model]
        return found

    def _close(self, widgets: list[Widget]) -> None:
        inside = [each for widget in widgets for each in _within(widget)]
        for widget in widgets:
            try:
                widget.close()
            except Exception:
                logger.exception("a widget of an earlier run could not be closed")
        self._gone.update(each for each in inside if each.comm is None)


def get_shown() -> Shown:
    """Return that of this process; it lives as long as the runtime."""
    return get_runtime().shared("shown/1", lambda _: Shown())


def _unheld(things: list[Widget]) -> list[Widget]:
    """Return those that nothing holds, with the boxes around them and the layouts of both that nothing holds either."""
    known = set(map(id, things))
    before = 0
    while len(things) > before:  # boxes in boxes
        before = len(things)
        for widget in _open_widgets():
            if id(widget) not in known and any(id(part) in known for part in _parts(widget)):
                things.append(widget)
                known.add(id(widget))
        widget = None  # or it would count as held
    for widget in list(things):
        layout = getattr(widget, "layout", None)
        if isinstance(layout, Layout) and layout.comm and id(layout) not in known:
            things.append(layout)
            known.add(id(layout))
    widget = layout = None
    free = unheld(things, inner=lambda part: isinstance(part, PARTS), registered=_registered())
    return [widget for widget in things if id(widget) in free]


def _registered() -> Iterator[object]:
    """Yield what registries refer to, once for each reference."""
    yield from _open_widgets()
    yield from list(comm.get_comm_manager().comms.values())
    yield from get_frame_loop().registered()
    yield from notebook.cached_results()


def _open_widgets() -> list[Any]:
    from ipywidgets.widgets import widget

    return list(widget._instances.values())  # Widget.widgets is deprecated, and the same


def _parts(widget: Any) -> list[Any]:
    """Return the widgets that a widget refers to by its traits: what is in a box."""
    found: list[Any] = []
    for value in list(widget._trait_values.values()):
        several = (
            value.values()
            if isinstance(value, dict)
            else value
            if isinstance(value, tuple | list)
            else (value,)
        )
        found += [each for each in several if isinstance(each, Widget)]
    return found


def _within(widget: Any) -> Iterator[Any]:
    """Yield a widget and everything in it, each once."""
    seen: set[int] = set()
    pending = [widget]
    while pending:
        each = pending.pop()
        if id(each) not in seen:
            seen.add(id(each))
            yield each
            pending += _parts(each)


def _models(output: Any) -> set[str]:
    """Return the ids of the models in an output, as the page says, or as `append_display_data` put them there."""
    data = [each.get("data") for each in output.outputs if isinstance(each, dict)]
    views = [each.get(VIEW) for each in data if isinstance(each, dict)]
    return {str(view.get("model_id")) for view in views if isinstance(view, dict)}


def _capturing() -> str | None:
    """Return the id of the model of the `Output` that takes what is displayed now; None: the cell shows it."""
    message = notebook.current_message()
    outputs = [each for each in _open_widgets() if isinstance(each, Output)] if message else []
    return next((each.comm.comm_id for each in reversed(outputs) if each.msg_id == message), None)
