"""Which loop encloses which: by thread, context and process, and whether it still runs."""

from __future__ import annotations

import contextvars
import threading

import pytest

from realtime_widgets.widgets import nesting
from realtime_widgets.widgets.nesting import Loop, current_loop
from realtime_widgets.widgets.rows import Rows
from realtime_widgets.widgets.task import Task


def loop() -> Loop:
    task = Task("", None, "")
    task.begin()
    rows = Rows(task)
    return Loop(rows, rows.first)


@pytest.fixture(autouse=True)
def _own_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nesting, "_innermost", contextvars.ContextVar("test", default=None))


def test_they_enclose_each_other_in_their_order():
    assert current_loop() is None
    outer = loop()
    outer.enter()
    assert current_loop() is outer
    inner = loop()
    inner.enter()
    assert (current_loop(), inner.outer) == (inner, outer)
    inner.leave()
    assert current_loop() is outer
    outer.leave()
    assert current_loop() is None


def test_one_that_has_ended_encloses_nothing_even_where_it_was_not_left():
    outer = loop()
    outer.enter()
    inner = loop()
    inner.enter()
    inner.line.task.end("stopped")
    assert current_loop() is outer
    outer.line.task.end("done")
    assert current_loop() is None


def test_they_may_be_left_in_the_wrong_order():
    outer, inner = loop(), loop()
    outer.enter()
    inner = loop()
    inner.enter()
    outer.line.task.end("done")
    outer.leave()
    assert current_loop() is inner
    inner.leave()
    assert current_loop() is None


def test_another_thread_is_not_within_it_not_even_with_a_copy_of_the_context():
    loop().enter()
    seen: list[Loop | None] = []
    context = contextvars.copy_context()
    thread = threading.Thread(target=lambda: seen.append(context.run(current_loop)))
    thread.start()
    thread.join()
    assert seen == [None]


def test_a_forked_process_is_not_within_it(monkeypatch: pytest.MonkeyPatch):
    loop().enter()
    monkeypatch.setattr("os.getpid", lambda: -1)
    assert current_loop() is None


def test_what_is_entered_in_another_context_is_not_entered_here():
    outer = loop()
    outer.enter()
    inner = loop()
    contextvars.copy_context().run(inner.enter)
    assert current_loop() is outer
    inner.leave()
    assert current_loop() is outer


def test_one_that_has_begun_again_is_another_loop():
    old = loop()
    old.enter()
    old.line.task.begin()
    assert current_loop() is None
    new = Loop(old.rows, old.line)
    new.enter()
    assert (current_loop(), new.outer) == (new, None)
    old.leave()
    assert current_loop() is new


def test_what_is_within_one_that_ends_is_left_behind_until_it_is_asked_for_more():
    loops = []
    for _ in range(3):
        loops.append(loop())
        loops[-1].enter()
    first, *inner = loops
    assert not any(each.is_left_behind for each in loops)
    first.leave(ended=False)
    assert not any(each.is_left_behind for each in loops)
    first.leave()
    assert [each.is_left_behind for each in loops] == [False, True, True]
    inner[1].line.task.count.done += 1
    assert [each.is_left_behind for each in inner] == [True, False]
    loop().leave()
    assert [each.is_left_behind for each in inner] == [True, False], "that was no loop around them"
