"""Which cell runs."""

from __future__ import annotations

import sys
import types

import pytest

from realtime_widgets.runtime import notebook
from support.notebooks import make_shell


def test_outside_a_notebook_there_are_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert notebook.current() is None
    assert notebook.watch(print, print) is False


def test_what_ended_a_cell_is_told(monkeypatch: pytest.MonkeyPatch):
    seen: list[object] = []
    assert notebook.watch_errors(seen.append) is False
    shell = make_shell(monkeypatch)
    assert notebook.watch_errors(seen.append) is True
    shell.run(lambda: None)
    error = ValueError("x")
    for fn in shell._registered["post_run_cell"]:
        fn(types.SimpleNamespace(error_in_exec=error))
    assert seen == [None, error]


def test_a_fork_of_a_notebook_is_none(monkeypatch: pytest.MonkeyPatch):
    shell = make_shell(monkeypatch)
    assert notebook.is_here() is False
    shell.run(lambda: None)
    assert notebook.is_here() is True
    shell.kernel = types.SimpleNamespace(session=types.SimpleNamespace(pid=-1))
    assert notebook.is_here() is False


@pytest.mark.parametrize(("cell_id", "cell"), [("a1", "a1"), (None, "x = 1")])
def test_a_cell_is_known_by_its_id_or_its_text(
    monkeypatch: pytest.MonkeyPatch, cell_id: str | None, cell: str
):
    shell = make_shell(monkeypatch)
    seen: list[object] = []
    assert notebook.watch(seen.append, lambda: seen.append("ended")) is True
    shell.run(lambda: seen.append(("current", notebook.current())), cell_id, "x = 1")
    assert seen == [cell, ("current", cell), "ended"]


def test_a_run_is_of_a_cell_in_a_front_end(monkeypatch: pytest.MonkeyPatch):
    shell = make_shell(monkeypatch)
    assert notebook.current_run() is None
    assert notebook.current_message() is None
    shell.run(lambda: None, "a1")
    assert notebook.current_run() == ("a1", "None", "None")
    header = {"session": "s1", "msg_id": "m1"}
    monkeypatch.setattr(shell, "get_parent", lambda: {"header": header, "metadata": {"cellId": "a1"}})
    assert notebook.current_run() == notebook.Run("a1", "s1", "m1")
    monkeypatch.setattr(shell, "get_parent", lambda: {"header": header, "content": {"comm_id": "c"}})
    assert (notebook.current_run(), notebook.current_message()) == (None, "m1"), (
        "a widget's message is no cell"
    )


def test_results_are_cached_by_number_and_named_by_underscores(monkeypatch: pytest.MonkeyPatch):
    shell = make_shell(monkeypatch)
    assert list(notebook.cached_results()) == []
    results = {1: "one", 2: "two"}
    namespace = {
        "_oh": results,
        "_1": "one",
        "_2": "two",
        "_": "two",
        "__": "one",
        "x_1": "one",
        "_a1": "one",
    }
    monkeypatch.setattr(shell, "user_ns", namespace, raising=False)
    assert sorted(map(str, notebook.cached_results())) == ["one", "one", "two", "two"]


def test_displays_are_watched_and_may_be_replaced(monkeypatch: pytest.MonkeyPatch):
    from IPython.core.formatters import DisplayFormatter

    shell = make_shell(monkeypatch)
    formatter = DisplayFormatter()
    monkeypatch.setattr(shell, "display_formatter", formatter, raising=False)
    seen: list[object] = []

    class Shown:
        def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
            return {"text/plain": "as ever"}

    notebook.watch_displays(Shown, lambda thing: seen.append(thing))
    notebook.watch_displays(Shown, lambda thing: {"text/plain": "instead"} if len(seen) > 1 else None)
    thing = Shown()
    assert formatter.format(thing) == ({"text/plain": "as ever"}, {})
    seen.append("another")
    assert formatter.format(thing) == ({"text/plain": "instead"}, {})
    assert seen == [thing, "another"]
