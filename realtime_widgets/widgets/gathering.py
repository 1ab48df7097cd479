"""Gathering: the card that loops of one cell share, so that a thousand jobs make no thousand cards.

A loop that is within no other one has a card of its own. In a cell that has a card already it is a row of that instead

    begun by another thread     than the cell's, such as one of a pool
    begun beside one            that is under way, such as a task of `asyncio.gather`
    after so many cards         `MOST_CARDS`, one after the other

and a row is taken over by the next loop of its place: a pool of eight threads has eight rows, however many jobs there
are.
"""

from __future__ import annotations

import threading
import weakref
from typing import Any, Final

from ..runtime import get_runtime, notebook
from ..runtime.forksafe import renew_after_fork
from ..runtime.notebook import Run
from .rows import Rows
from .task import Task

MOST_CARDS: Final = 20
"""Cards of loops that one run of a cell shows."""
MOST_RUNS: Final = 16
"""Runs of cells whose cards are known: a thread may go on after its cell."""


class Gathering:
    """The cards of loops, by the run of the cell that shows them."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._cards: dict[Run | None, list[weakref.ref[Rows]]] = {}
        self._threads: dict[Run | None, int] = {}
        notebook.watch(lambda _: self._started(), lambda: None)
        renew_after_fork(self, Gathering._renew_lock)

    def _renew_lock(self) -> None:
        self._lock = threading.RLock()

    def _started(self) -> None:
        with self._lock:
            self._threads[notebook.current_run()] = threading.get_ident()
            _forget(self._threads)

    def rows_for(self, task: Task) -> Rows:
        """Return the rows among which a task is to have one: new ones, of which it is the first, or those of a card."""
        with self._lock:  # of several threads that begin at once one has a card
            rows = self._shared()
            if rows is None:
                rows = Rows(task)
                self.add(rows)
        return rows

    def add(self, rows: Rows) -> None:
        """Know that the cell that runs shows the card of these rows, or is about to."""
        with self._lock:
            run = notebook.current_run()
            cards = [
                ref for ref in self._cards.get(run, ()) if _is_open(ref())
            ]  # a thread may make them for days
            self._cards[run] = cards
            if all(ref() is not rows for ref in cards):
                cards.append(weakref.ref(rows))
            _forget(self._cards)

    def _shared(self) -> Rows | None:
        run = notebook.current_run()
        known = (ref() for ref in self._cards.get(run, ()))
        cards = [rows for rows in known if rows is not None and rows.is_open]
        main = threading.main_thread().ident
        if cards and (len(cards) >= MOST_CARDS or threading.get_ident() != self._threads.get(run, main)):
            return cards[-1]
        return next((rows for rows in reversed(cards) if rows.is_under_way), None)


def _is_open(rows: Rows | None) -> bool:
    return rows is not None and rows.is_open


def _forget(by_run: dict[Run | None, Any]) -> None:
    while len(by_run) > MOST_RUNS:
        by_run.pop(next(iter(by_run)))


def get_gathering() -> Gathering:
    """Return that of this process; it lives as long as the runtime."""
    return get_runtime().shared("gathering/1", lambda _: Gathering())
