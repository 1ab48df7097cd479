"""The rows of a card: where an inner loop stands, which row it takes over, and how many there are at most."""

from __future__ import annotations

import sys
import threading

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
    assert len(rows._lines) == MOST_ROWS


def test_what_runs_is_not_forgotten_and_counted_where_there_is_no_room():
    rows = Rows(task("Jobs"))
    lines = [inner(rows, "job", end=False) for _ in range(30)]
    assert len(rows._lines) == 31
    assert rows.said()[1] == 31 - MOST_ROWS
    for line in lines:
        line.task.end("done")
    inner(rows, "last", place="there")
    assert (len(rows._lines), rows.said()[1]) == (MOST_ROWS, 32 - MOST_ROWS)


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
    old.explain(old.count, "failed", "x")
    assert len(told) == before
    new.end("done")
    assert len(told) == before + 1
    undo()
    new.explain(new.count, "failed", "x")
    assert len(told) == before + 1


def beside(rows: Rows, title: str = "job", *, place: str = "here") -> Task:
    made = Task(title, 3, "")
    rows.put(made, None, place)
    made.begin()
    return made


def test_what_runs_beside_the_first_stands_at_its_depth_and_takes_rows_over_likewise():
    rows = Rows(task("job 0"))
    inner(rows, "within")
    for i in range(1, 100):
        beside(rows, f"job {i}").end("done")
    assert shown(rows) == [("job 0", 0, 1), ("within", 1, 1), ("job 99", 0, 99)]


def test_a_job_that_has_failed_keeps_its_row_for_as_long_as_there_is_room():
    rows = Rows(task("jobs"))
    for i in range(40):
        beside(rows, f"job {i}").end("failed" if i in (7, 9) else "done")
    assert shown(rows)[1:] == [("job 7", 0, 8), ("job 9", 0, 2), ("job 39", 0, 30)]
    for _ in range(40):
        beside(rows, "job").end("failed")
    assert ({row.state for row in rows.said()[0][1:]}, len(rows._lines)) == ({"failed"}, MOST_ROWS)


def test_so_does_one_of_which_the_end_of_the_cell_may_tell_that_it_has():
    rows = Rows(task("jobs"))
    left = beside(rows, "job 1")
    left.in_doubt = True
    left.end("stopped")
    beside(rows, "job 2").end("stopped")
    beside(rows, "job 3").end("done")
    assert shown(rows)[1:] == [("job 1", 0, 1), ("job 3", 0, 2)]
    left.begin()
    left.end("done")
    beside(rows, "job 4")
    assert shown(rows)[1:] == [("job 4", 0, 3), ("job 3", 0, 2)]


def test_of_more_than_can_be_shown_those_that_run_are():
    rows = Rows(task("jobs"))
    jobs = [beside(rows) for _ in range(1000)]
    assert rows.said()[1] == 1001 - MOST_ROWS
    for job in jobs[:-5]:
        job.end("done")
    said, more = rows.said()
    assert [row.state for row in said] == ["running", *["done"] * 14, *["running"] * 5]
    assert more == 1001 - MOST_ROWS
    rows.first.task.end("done")
    assert rows.is_under_way
    for job in jobs[-5:]:
        job.end("done")
    assert not rows.is_under_way
    beside(rows, "last").end("done")
    assert (len(rows._lines), rows.said()[1]) == (MOST_ROWS, 1002 - MOST_ROWS)


def test_what_was_forgotten_has_a_row_again_when_it_begins_again():
    rows, old = Rows(task("a")), Task("old", 3, "")
    begin_again(rows, old, 1, "old")
    for i in range(30):
        inner(rows, "x" * (i + 1))
    assert "old" not in [row[0] for row in shown(rows)]
    old.explain(old.count, "failed", "x")
    begin_again(rows, old, 2, "old")
    assert shown(rows)[-1] == ("old", 1, 1)
    assert rows.said()[1] == 32 - MOST_ROWS + 1


def test_one_whose_outer_loop_was_forgotten_has_a_row_nevertheless():
    rows = Rows(task("a"))
    outer = inner(rows, "outer")
    for i in range(30):
        inner(rows, "x" * (i + 1))
    inner(rows, "inner", outer)
    assert shown(rows)[-1] == ("inner", 2, 1)


def test_threads_that_begin_and_end_loops_lose_none():
    rows = Rows(task("jobs"))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        work = [
            threading.Thread(target=lambda: [beside(rows, "job").end("done") for _ in range(300)])
            for _ in range(8)
        ]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    said, more = rows.said()
    assert sum(row.runs for row in said[1:]) == 8 * 300
    assert (len(said) <= 9, more) == (True, 0)


def test_a_look_at_what_is_shown_is_told_once_and_rests_at_the_end():
    rows = Rows(task("jobs"))
    jobs = [beside(rows) for _ in range(50)]
    told: list[int] = []
    undo = rows.listen(lambda: told.append(1))
    assert rows.sample()
    assert len(told) == 1
    for job in [rows.first.task, *jobs]:
        job.end("done")
    assert not rows.sample()
    undo()
    jobs[0].begin()
    assert not rows.sample(), "no card shows it"
