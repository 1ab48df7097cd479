"""Which loops share a card: by cell, thread, and what is under way."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable

import pytest

from realtime_widgets.runtime import notebook
from realtime_widgets.runtime.notebook import Run
from realtime_widgets.widgets.gathering import MOST_CARDS, MOST_RUNS, Gathering
from realtime_widgets.widgets.rows import Rows
from realtime_widgets.widgets.task import Task


class Cells:
    """The cell that runs, as a notebook would say."""

    def __init__(self) -> None:
        self.run = Run("a", "front end", "1")


@pytest.fixture
def cells(monkeypatch: pytest.MonkeyPatch) -> Cells:
    made = Cells()
    monkeypatch.setattr(notebook, "current_run", lambda: made.run)
    return made


@pytest.fixture
def gathering(cells: Cells) -> Gathering:
    return Gathering()


def running() -> Task:
    task = Task("", None, "")
    task.begin()
    return task


def in_a_thread(fn: Callable[[], Rows]) -> Rows:
    found: list[Rows] = []
    thread = threading.Thread(target=lambda: found.append(fn()))
    thread.start()
    thread.join()
    return found[0]


def test_those_that_are_closed_or_gone_are_not_kept_in_mind(gathering: Gathering, cells: Cells):
    for _ in range(3 * MOST_CARDS):
        gathering.add(Rows(running()))
        closed = Rows(running())
        gathering.add(closed)
        closed.is_open = False
    gc.collect()
    gathering.add(Rows(running()))
    assert len(gathering._cards[cells.run]) == 1


def test_one_after_the_other_has_a_card_each_up_to_a_number(gathering: Gathering):
    kept = []
    for _ in range(MOST_CARDS):
        task = running()
        kept.append(gathering.rows_for(task))
        assert kept[-1].first.task is task
        task.end("done")
    assert gathering.rows_for(running()) is kept[-1]


def test_one_that_begins_beside_another_joins_it(gathering: Gathering):
    first = running()
    rows = gathering.rows_for(first)
    assert gathering.rows_for(running()) is rows
    first.end("done")
    assert gathering.rows_for(running()) is not rows


def test_one_of_another_thread_joins_the_last_card_whether_or_not_that_is_under_way(gathering: Gathering):
    task = running()
    rows = in_a_thread(lambda: gathering.rows_for(task))
    assert rows.first.task is task, "there was none"
    task.end("done")
    assert in_a_thread(lambda: gathering.rows_for(running())) is rows
    last = gathering.rows_for(running())
    assert last is not rows
    assert in_a_thread(lambda: gathering.rows_for(running())) is last


def test_a_cell_that_another_thread_runs_has_that_for_its_own(gathering: Gathering):
    def cell() -> Rows:
        gathering._started()
        tasks = [running() for _ in range(2)]
        for task in tasks:
            rows.append(gathering.rows_for(task))
            task.end("done")
        return rows[-1]

    rows: list[Rows] = []
    in_a_thread(cell)
    assert rows[0] is not rows[1]
    assert gathering.rows_for(running()) is rows[1], "this is not the thread of the cell"


def test_each_run_of_a_cell_has_cards_of_its_own(gathering: Gathering, cells: Cells):
    rows = gathering.rows_for(running())
    cells.run = Run("a", "front end", "2")
    other = gathering.rows_for(running())
    assert other is not rows
    cells.run = Run("a", "front end", "1")
    assert gathering.rows_for(running()) is rows
    for i in range(2 * MOST_RUNS):
        cells.run = Run("a", "front end", str(i))
        gathering._started()
        gathering.add(rows)
    assert (len(gathering._cards), len(gathering._threads)) == (MOST_RUNS, MOST_RUNS)


def test_a_card_that_is_closed_or_gone_is_joined_by_none(gathering: Gathering):
    rows = gathering.rows_for(running())
    rows.is_open = False
    other = gathering.rows_for(running())
    assert other is not rows
    gathering.add(other)
    assert len(gathering._cards[notebook.current_run()]) == 1, "it was known"
    del other
    gc.collect()
    last = gathering.rows_for(running())
    assert in_a_thread(lambda: gathering.rows_for(running())) is last


def test_of_many_threads_that_begin_at_once_one_has_a_card(gathering: Gathering):
    found: list[Rows] = []
    gate = threading.Barrier(16)

    def work() -> None:
        task = running()
        gate.wait()
        found.append(gathering.rows_for(task))

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(map(id, found))) == 1
