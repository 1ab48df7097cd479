"""A notebook's shell, as far as cells go: enough of IPython to run a cell again."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

import pytest


class Shell:
    """Runs cells: tells those who registered, then calls the function that stands for the cell."""

    def __init__(self) -> None:
        self.kernel = object()
        self.events = self
        self._registered: dict[str, list[Callable[..., object]]] = {"pre_run_cell": [], "post_run_cell": []}
        self._parent: dict[str, Any] = {}

    def register(self, event: str, fn: Callable[..., object]) -> None:
        self._registered[event].append(fn)

    def get_parent(self) -> dict[str, Any]:
        return self._parent

    def run(self, code: Callable[[], Any], cell_id: str | None = "cell-1", text: str = "code") -> Any:
        self._parent = {"metadata": {"cellId": cell_id} if cell_id else {}, "content": {"code": text}}
        for fn in self._registered["pre_run_cell"]:
            fn(types.SimpleNamespace(cell_id=cell_id, raw_cell=text))
        try:
            return code()
        finally:
            for fn in self._registered["post_run_cell"]:
                fn(None)


def make_shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell that everybody who asks IPython gets."""
    shell = Shell()
    module = types.ModuleType("IPython")
    module.get_ipython = lambda: shell  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", module)
    return shell
