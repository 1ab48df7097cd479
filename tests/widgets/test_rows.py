"""The rows of a card: where an inner loop stands, which row it takes over, and how many there are at most."""

from __future__ import annotations

from realtime_widgets.widgets.rows import MOST_ROWS, Line, Rows
from realtime_widgets.widgets.task import Task


def task(title: str) -> Task:
    made = Task(title, 3, "")
    made.begin()
    return made


def inner(
    rows: Rows, title: str, parent: Line | None = None, place: str = "here", *, end: bool = True
) -> Line:
    made = Task(title, 3, "")
    line = rows.put(made, parent or rows.first, place)
    made.begin()
    if end:
        made.end("done")
    return line


def shown(rows: Rows) -> list[tuple[str, int, int]]:
    return [(row.title, row.depth, row.runs) for row in rows.said()[0]]


def test_a_hundred_epochs_make_two_rows():
    rows = Rows(task("Epochs"))
    lines = {inner(rows, "Batches") for _ in range(100)}
    assert len(lines) == 1
    assert shown(rows) == [("Epochs", 0, 1), ("Batches", 1, 100)]
    assert rows.said()[1] == 0


def test_titles_that_differ_in_their_digits_share_a_row():
    rows = Rows(task("Epochs"))
    for i in range(12):
        inner(rows, f"Epoch {i}/12")
    assert shown(rows)[1:] == [("Epoch 11/12", 1, 12)]


def test_others_have_rows_of_their_own_in_the_order_in_which_they_began():
    rows = Rows(task("Epochs"))
    for _ in range(3):
        inner(rows, "train")
        inner(rows, "test")
        inner(rows, "")
        inner(rows, "", place="elsewhere")
    assert shown(rows)[1:] == [("train", 1, 3), ("test", 1, 3), ("", 1, 3), ("", 1, 3)]


def test_one_that_still_runs_keeps_its_row():
    rows = Rows(task("Jobs"))
    first = inner(rows, "job", end=False)
    second = inner(rows, "job", end=False)
    assert first is not second
    first.task.end("done")
    assert inner(rows, "job") is first


def test_what_is_within_an_inner_loop_stands_below_that():
    rows = Rows(task("a"))
    b = inner(rows, "b", end=False)
    inner(rows, "b2", end=False)
    c = inner(rows, "c", b)
    inner(rows, "d", c)
    inner(rows, "c2", b)
    assert [(title, depth) for title, depth, _ in shown(rows)] == [
        ("a", 0),
        ("b", 1),
        ("c", 2),
        ("d", 3),
        ("c2", 2),
        ("b2", 1),
    ]


def test_more_than_can_be_shown_are_counted_and_forgotten():
    rows = Rows(task("Files"))
    for i in range(10_000):
        inner(rows, "file " + "x" * i, place=f"{i}") if i < 300 else inner(rows, f"{i}", place=f"{i}")
    said, more = rows.said()
    assert (len(said), more) == (MOST_ROWS, 10_001 - MOST_ROWS)
    assert said[0].title == "Files"
    assert said[-1].title == "9999"
    assert len(rows.tasks) == MOST_ROWS


def test_what_runs_is_not_forgotten_and_counted_where_there_is_no_room():
    rows = Rows(task("Jobs"))
    lines = [inner(rows, "job", end=False) for _ in range(30)]
    assert len(rows.tasks) == 31
    assert rows.said()[1] == 31 - MOST_ROWS
    for line in lines:
        line.task.end("done")
    inner(rows, "last", place="there")
    assert (len(rows.tasks), rows.said()[1]) == (MOST_ROWS, 32 - MOST_ROWS)


def begin_again(rows: Rows, again: Task, done: int, place: str = "here") -> Line:
    line = rows.put(again, rows.first, place)
    again.begin()
    again.add(done)
    again.end("done")
    return line


def test_one_that_begins_again_at_the_same_place_counts_each_run_once():
    rows, val = Rows(task("Epochs")), Task("val", 3, "")
    for _ in range(3):
        begin_again(rows, val, 2)
    assert shown(rows)[1:] == [("val", 1, 3)]


def test_one_that_begins_again_on_another_card_leaves_what_it_was():
    first, second, val = Rows(task("A")), Rows(task("B")), Task("val", 3, "")
    begin_again(first, val, 3)
    begin_again(first, val, 2)
    line = second.put(val, second.first, "here")
    val.begin()
    kept, moved = (rows.said()[0][1] for rows in (first, second))
    assert (kept.runs, kept.done, kept.state) == (2, 2, "done")
    assert (moved.runs, moved.done, moved.state) == (1, 0, "running")
    assert line.task is val
    val.end("done")
    begin_again(first, val, 1)
    kept, moved = (rows.said()[0][1] for rows in (first, second))
    assert ((kept.runs, kept.done), (moved.runs, moved.done)) == ((3, 1), (1, 0))


def test_one_that_has_a_card_of_its_own_later_leaves_what_it_was():
    outer, val = Rows(task("A")), Task("val", 3, "")
    begin_again(outer, val, 3)
    own = Rows(val)
    val.begin()
    assert [row.state for row in (outer.said()[0][1], own.said()[0][0])] == ["done", "running"]


def test_one_that_still_runs_as_it_moves_is_stopped_there():
    first, second = Rows(task("A")), Rows(task("B"))
    moved = inner(first, "val", end=False).task
    second.put(moved, second.first, "there")
    moved.begin()
    assert [rows.said()[0][1].state for rows in (first, second)] == ["stopped", "running"]


def test_those_who_listen_hear_of_what_has_the_row_now():
    rows = Rows(task("a"))
    told: list[int] = []
    assert not rows.is_watched
    undo = rows.listen(lambda: told.append(1))
    assert rows.is_watched
    old = inner(rows, "b").task
    new = inner(rows, "b", end=False).task
    before = len(told)
    old.explain("failed", "x")
    assert len(told) == before
    new.end("done")
    assert len(told) == before + 1
    undo()
    new.explain("failed", "x")
    assert len(told) == before + 1
