"""What users register goes when they undo it, or when its cell is run again."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from realtime_widgets.runtime import Runtime, registrations
from realtime_widgets.runtime.registrations import Registrations
from support.notebooks import Shell, make_shell


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    made, runtime = make_shell(monkeypatch), Runtime()
    monkeypatch.setattr(registrations, "get_runtime", lambda: runtime)
    yield made
    runtime.stop()


def test_they_are_in_their_order_until_they_are_undone(shell: Shell) -> None:
    all = Registrations[str]()
    undo = [all.add(each) for each in "abca"]
    assert (list(all), len(all)) == (["a", "b", "c", "a"], 4)
    undo[0]()
    undo[0]()
    assert list(all) == ["b", "c", "a"]
    for each in all:
        undo[1]()  # while one looks
        assert each in "bca"
    all.clear()
    assert list(all) == []
    undo[2]()


def test_a_cell_that_is_run_again_undoes_what_its_last_run_added(shell: Shell) -> None:
    all, others = Registrations[str](), Registrations[str]()
    for run in range(3):
        shell.run(lambda run=run: (all.add(f"a{run}"), all.add(f"b{run}"), others.add(f"c{run}")))
    shell.run(lambda: all.add("of another"), cell_id="cell-2")
    assert list(all) == ["a2", "b2", "of another"]
    assert list(others) == ["c2"]


def test_a_cell_keeps_nothing_of_what_has_gone(shell: Shell) -> None:
    class Fn:
        pass

    def make() -> weakref.ref[Fn]:
        fn = Fn()
        shell.run(lambda: Registrations[Fn]().add(fn))
        return weakref.ref(fn)

    gone = make()
    gc.collect()
    assert gone() is None
