"""Which loops the end of a cell says have failed: of those that an exception may have left."""

from __future__ import annotations

import sys

import pytest

from realtime_widgets.widgets.left_loops import MOST_LEFT, LeftLoops
from realtime_widgets.widgets.task import Task
from realtime_widgets.widgets.unwinding import Stretch


@pytest.fixture
def left() -> LeftLoops:
    """Those of a notebook, whose cell the test ends."""
    made = LeftLoops()
    made._is_told = True
    return made


def stopped() -> Task:
    task = Task("a", 3, "")
    task.begin()
    task.end("stopped")
    return task


def here(first: int = 0) -> list[Stretch]:
    """All of the frame of the caller."""
    frame = sys._getframe(1)
    return [Stretch(id(frame), frame.f_code, first, 10_000)]


def raised(frame: list[Stretch]) -> ValueError:
    try:
        raise ValueError("boo")
    except ValueError as error:
        frame += here()
        return error


@pytest.fixture
def error_and_way() -> tuple[ValueError, list[Stretch]]:
    way: list[Stretch] = []
    return raised(way), way


def test_one_that_it_went_through_has_failed_and_no_other(
    left: LeftLoops, error_and_way: tuple[ValueError, list[Stretch]]
):
    error, way = error_and_way
    through, other = stopped(), stopped()
    left.add(through, through.count, way)
    left.add(other, other.count, here())
    left._explain(error)
    assert (through.state, through.error) == ("failed", "ValueError: boo")
    assert (other.state, other.error) == ("stopped", "")
    left._explain(error)
    assert left._left == {}


def test_a_cell_that_ends_well_ends_the_wait(
    left: LeftLoops, error_and_way: tuple[ValueError, list[Stretch]]
):
    error, way = error_and_way
    task = stopped()
    left.add(task, task.count, way)
    left._explain(None)
    left._explain(error)
    assert task.state == "stopped"


def test_of_several_at_one_place_the_last_has_failed(
    left: LeftLoops, error_and_way: tuple[ValueError, list[Stretch]]
):
    error, way = error_and_way
    tasks = [stopped() for _ in range(3)]
    for task in tasks:
        left.add(task, task.count, way)
    left._explain(error)
    assert [task.state for task in tasks] == ["stopped", "stopped", "failed"]


def test_one_that_has_begun_again_has_not(left: LeftLoops, error_and_way: tuple[ValueError, list[Stretch]]):
    error, way = error_and_way
    task = stopped()
    left.add(task, task.count, way)
    task.begin()
    left._explain(error)
    assert task.state == "running"


def test_what_no_exception_can_have_left_does_not_wait_nor_does_anything_outside_a_notebook(left: LeftLoops):
    task = stopped()
    left.add(task, task.count, [])
    assert left._left == {}
    left._is_told = False
    left.add(task, task.count, here())
    assert left._left == {}


def test_of_those_that_wait_the_last_are_kept(left: LeftLoops):
    tasks = [stopped() for _ in range(MOST_LEFT + 5)]
    for i, task in enumerate(tasks):
        left.add(task, task.count, here(first=i))
    assert len(left._left) == MOST_LEFT
    assert {count for _, count, _ in left._left.values()} == {task.count for task in tasks[5:]}
