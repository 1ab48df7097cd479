"""An import points only down: the table of docs/architecture.md, read from the sources by AST."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import realtime_widgets

PACKAGE = Path(realtime_widgets.__file__).parent

# A new module must choose its layer.
LAYERS = {
    "errors": 0,
    "times": 0,
    "columns": 0,
    "streams": 0,
    "store": 0,
    "batch": 0,
    "batching": 0,
    "fields": 0,
    "intake": 0,
    "locks": 0,
    "ring": 0,
    "scheduling": 0,
    "values": 0,
    "buckets": 0,
    "frames": 0,
    "gaps": 0,
    "decoding": 0,
    "delivery": 0,
    "meters": 0,
    "pages": 0,
    "formats": 0,
    "lines": 0,
    "trends": 0,
    "heartbeat": 0,
    "inbox": 0,
    "journals": 0,
    "listeners": 0,
    "link": 0,
    "messages": 0,
    "outbox": 0,
    "reconnect": 0,
    "sse": 0,
    "recovery": 0,
    "runtime": 1,
    "callbacks": 1,
    "cells": 1,
    "sources": 1,
    "network": 2,
    "network.address": 2,
    "network.audience": 2,
    "network.client": 2,
    "network.connection": 2,
    "network.counters": 2,
    "network.dialing": 2,
    "network.eventsource": 2,
    "network.pool": 2,
    "network.receiver": 2,
    "network.sending": 2,
    "network.session": 2,
    "network.statuses": 2,
    "network.transport": 2,
    "network.waits": 2,
    "network.watch": 2,
    "network.websocket": 2,
    "hub": 3,
    "hub.admission": 3,
    "hub.app": 3,
    "hub.backlog": 3,
    "hub.brokers": 3,
    "hub.brokers.known": 3,
    "hub.brokers.memory": 3,
    "hub.channels": 3,
    "hub.events": 3,
    "hub.eventstream": 3,
    "hub.guard": 3,
    "hub.mailbox": 3,
    "hub.metrics": 3,
    "hub.server": 3,
    "hub.serving": 3,
    "hub.session": 3,
    "hub.switchboard": 3,
    "hub.traffic": 3,
    "widgets": 4,
    "widgets.base": 4,
    "widgets.carrier": 4,
    "widgets.chart": 4,
    "widgets.connection": 4,
    "widgets.dashboard": 4,
    "widgets.events": 4,
    "widgets.metric": 4,
    "widgets.scheduler": 4,
    "connecting": 4,
    "cli": 5,
    "__init__": 5,
    "__main__": 5,
}

# What a layer may import from outside; a module of its own needs is added by name.
THIRD_PARTY: dict[int, set[str]] = {
    0: {"numpy", "msgspec"},
    1: {"IPython"},
    2: {"msgspec", "websockets", "httpx"},
    3: {"msgspec", "starlette", "uvicorn"},
    4: {"anywidget", "ipywidgets", "traitlets", "IPython", "ipykernel", "comm", "numpy", "msgspec", "plotly"},
    5: set(),
}
EXTRA = {
    "sources": {"psutil"},
    "batch": {"pandas", "polars", "pyarrow"},
    "batching": {"pandas", "polars", "pyarrow"},
    "columns": {"pandas", "polars", "pyarrow"},
    "streams": {"pandas", "polars", "pyarrow"},
    "times": {"pandas", "polars", "pyarrow"},
    "widgets.chart": {"pandas"},
}

# Neighbours who do not know each other: what both need lies below them.
APART = ({"network", "hub"},)

# Imported by those who use them, when they use them.
LAZY = {
    "plotly",
    "psutil",
    "pandas",
    "polars",
    "pyarrow",
    "redis",
    "starlette",
    "uvicorn",
    "websockets",
    "httpx",
    "IPython",
    "ipykernel",
}

# The pure layer does no I/O and starts nothing. (Locks it may have: threading is for those.)
IMPURE = {
    "asyncio",
    "socket",
    "ssl",
    "selectors",
    "subprocess",
    "multiprocessing",
    "http",
    "urllib",
    "sqlite3",
}


@dataclass(frozen=True)
class Import:
    """One import statement: what it names (absolute), where, and whether it runs with the module."""

    module: str
    name: str
    line: int
    lazy: bool
    typing_only: bool

    @property
    def top(self) -> str:
        return self.name.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.module}.py:{self.line} imports {self.name}"


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)
        found[name] = path
    return found


def imports_of(module: str, path: Path, source: str | None = None) -> list[Import]:
    tree = ast.parse(path.read_text() if source is None else source)
    dotted = "realtime_widgets" if module == "__init__" else f"realtime_widgets.{module}"
    package = dotted if path.name == "__init__.py" else dotted.rpartition(".")[0]
    return list(_walk(tree, module, package, lazy=False, typing_only=False))


def _walk(node: ast.AST, module: str, package: str, *, lazy: bool, typing_only: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            for name in _names(child, package):
                yield Import(module, name, child.lineno, lazy, typing_only)
        elif _is_import_module(child):
            yield Import(module, _dynamic_name(child, package), child.lineno, lazy, typing_only)
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for statement in child.body:
                yield from _walk(ast.Module([statement], []), module, package, lazy=lazy, typing_only=True)
            for statement in child.orelse:
                yield from _walk(
                    ast.Module([statement], []), module, package, lazy=lazy, typing_only=typing_only
                )
            continue
        inside = lazy or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _walk(child, module, package, lazy=inside, typing_only=typing_only)


def _names(node: ast.Import | ast.ImportFrom, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        parts = package.split(".")
        parent = ".".join(parts[: len(parts) - node.level + 1])
        base = f"{parent}.{base}" if base else parent
    # `from . import errors` names a module, `from .errors import X` one of its names: modules wins below.
    return [f"{base}.{alias.name}" for alias in node.names]


def _is_import_module(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith("import_module")
        and bool(node.args)
        and isinstance(node.args[0], ast.Constant)
    )


def _dynamic_name(node: ast.AST, package: str) -> str:
    assert isinstance(node, ast.Call)
    assert isinstance(node.args[0], ast.Constant)
    name = str(node.args[0].value)
    return f"{package}{name}" if name.startswith(".") else name


def target(name: str, known: dict[str, Path]) -> str | None:
    """The module of ours that an absolute name belongs to; None for others' names."""
    if name != "realtime_widgets" and not name.startswith("realtime_widgets."):
        return None
    inner = name.removeprefix("realtime_widgets").lstrip(".")
    while inner and inner not in known:
        inner = inner.rpartition(".")[0]
    return inner or "__init__"


def problems(imports: list[Import], known: dict[str, Path]) -> list[str]:
    found = []
    for imported in imports:
        layer = LAYERS[imported.module]
        ours = target(imported.name, known)
        if ours is not None:
            if LAYERS[ours] > layer:
                found.append(f"{imported}: layer {layer} may not see layer {LAYERS[ours]}")
            house, other = imported.module.partition(".")[0], ours.partition(".")[0]
            if house != other and any({house, other} <= strangers for strangers in APART):
                found.append(f"{imported}: {house} does not know {other}")
        elif imported.typing_only or imported.top == "__future__":
            continue
        elif imported.top in sys.stdlib_module_names:
            if layer == 0 and imported.top in IMPURE:
                found.append(f"{imported}: the pure layer does no I/O")
        else:
            if imported.top not in THIRD_PARTY[layer] | EXTRA.get(imported.module, set()):
                found.append(f"{imported}: layer {layer} may not use {imported.top}")
            if imported.top in LAZY and not imported.lazy:
                found.append(f"{imported}: import it inside the function that needs it")
    return found


def test_every_module_has_chosen_its_layer():
    assert set(modules()) == set(LAYERS)


@pytest.mark.parametrize("module", modules())
def test_imports_point_only_down(module: str):
    known = modules()
    assert problems(imports_of(module, known[module]), known) == []


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        ("streams", "from realtime_widgets.runtime import get_runtime", "may not see layer 1"),
        ("streams", "from .widgets import scheduler", "may not see layer 4"),
        ("streams", "def f():\n    from . import widgets", "may not see layer 4"),
        ("streams", "import importlib\nimportlib.import_module('.widgets.base')", "may not see layer 4"),
        ("streams", "import realtime_widgets", "may not see layer 5"),
        ("streams", "import asyncio", "does no I/O"),
        ("streams", "def f():\n    import anywidget", "may not use anywidget"),
        ("streams", "import pandas as pd", "inside the function"),
        ("widgets.chart", "import plotly.graph_objects as go", "inside the function"),
        ("widgets.chart", "import httpx", "may not use httpx"),
        ("hub.session", "from ..network import Client", "hub does not know network"),
        ("network.client", "from ..hub.server import Hub", "may not see layer 3"),
        ("network.websocket", "import websockets", "inside the function"),
    ],
)
def test_a_wrong_import_is_found(module: str, source: str, complaint: str):
    known = modules()
    assert [complaint in line for line in problems(imports_of(module, known[module], source), known)][:1] == [
        True
    ]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("widgets.chart", "from ..streams import Stream\nfrom ..runtime import get_runtime"),
        ("widgets.chart", "def f():\n    import plotly.graph_objects"),
        ("streams", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas"),
        ("streams", "from __future__ import annotations\nimport numpy as np\nfrom .errors import UsageError"),
        ("sources", "from realtime_widgets.runtime import get_runtime"),
    ],
)
def test_a_right_import_passes(module: str, source: str):
    known = modules()
    assert problems(imports_of(module, known[module], source), known) == []
