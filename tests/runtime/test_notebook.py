"""Which cell runs."""

from __future__ import annotations

import sys

import pytest

from realtime_widgets.runtime import notebook
from support.notebooks import make_shell


def test_outside_a_notebook_there_are_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert notebook.current() is None
    assert notebook.watch(print, print) is False


@pytest.mark.parametrize(("cell_id", "cell"), [("a1", "a1"), (None, "x = 1")])
def test_a_cell_is_known_by_its_id_or_its_text(
    monkeypatch: pytest.MonkeyPatch, cell_id: str | None, cell: str
):
    shell = make_shell(monkeypatch)
    seen: list[object] = []
    assert notebook.watch(seen.append, lambda: seen.append("ended")) is True
    shell.run(lambda: seen.append(("current", notebook.current())), cell_id, "x = 1")
    assert seen == [cell, ("current", cell), "ended"]
