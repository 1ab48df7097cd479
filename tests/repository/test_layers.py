"""An import points only down, and never in a circle: the rooms of docs/architecture.md, read from the sources."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import realtime_widgets

PACKAGE = Path(realtime_widgets.__file__).parent

# room: (rooms it may import, libraries it may import; the standard library is free, but for what PURE rules out)
ROOMS = {
    "errors": ("", ""),
    "runtime": ("errors", "IPython"),
    "streams": ("errors runtime", "numpy msgspec pandas polars pyarrow tzlocal"),
    "protocol": ("errors streams", "msgspec"),
    "sources": ("errors runtime streams", "psutil"),
    "client.sansio": ("errors streams protocol", "numpy msgspec"),
    "client": ("errors runtime streams protocol", "numpy msgspec websockets httpx"),
    "publishing": ("errors runtime streams protocol client", "numpy msgspec"),
    "hub": ("errors runtime streams protocol sources", "msgspec nats redis starlette uvicorn h11 jwt cryptography psutil"),
    "chat": ("errors runtime streams protocol", "msgspec"),
    "feeds": ("errors runtime streams protocol chat", "numpy msgspec"),
    "alerts": ("errors runtime streams feeds", "numpy msgspec"),
    "browser": ("errors runtime streams feeds", "anywidget traitlets ipykernel numpy msgspec"),
    "widgets": ("errors runtime streams protocol chat feeds alerts client browser", "anywidget ipywidgets comm traitlets numpy pandas plotly msgspec"),
    "connecting": ("errors client hub", ""),
    "demo": ("errors", "jupyter_client jupyter_core nbformat"),
    "cli": ("errors runtime publishing hub demo __init__", ""),
    "__init__": ("errors streams protocol sources client publishing hub chat feeds alerts browser widgets connecting", ""),
    "__main__": ("cli", ""),
}  # fmt: skip

# Imported by those who use them, when they use them.
LAZY = set(
    [
        "plotly",
        "psutil",
        "pandas",
        "polars",
        "pyarrow",
        "nats",
        "redis",
        "starlette",
        "tzlocal",
        "uvicorn",
        "websockets",
        "httpx",
        "IPython",
        "ipykernel",
        "jupyter_client",
        "jupyter_core",
        "nbformat",
        "jwt",
        "cryptography",
    ]
)

# These decide and compute: no I/O. (Locks they may have: threading is for those; `time` is a default that tests replace.)
PURE = (
    "streams",
    "protocol",
    "chat",
    "feeds",
    "client.sansio",
    *(f"publishing.{module}" for module in ("values", "queue", "answers", "outgoing", "lines")),
)
IMPURE = set(
    [
        "asyncio",
        "socket",
        "ssl",
        "select",
        "selectors",
        "subprocess",
        "multiprocessing",
        "signal",
        "os",
        "io",
        "shutil",
        "tempfile",
        "http",
        "urllib",
        "ftplib",
        "sqlite3",
    ]
)

# Where what is imported is in a variable: a table of names there, and what `_library` is given here.
DYNAMIC = {"__init__", "streams.exports"}


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
    return list(Reader(module, package, importers(tree)).walk([tree]))


def importers(tree: ast.AST) -> set[str]:
    """The names by which a module calls functions that import."""
    found = {"__import__", "import_module"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "importlib":
            found.update(each.asname for each in node.names if each.name == "import_module" and each.asname)
    return found


@dataclass(frozen=True)
class Reader:
    """Finds the imports of one module, statements and calls."""

    module: str
    package: str
    importers: set[str]

    def walk(
        self, nodes: Iterable[ast.AST], *, lazy: bool = False, typing_only: bool = False
    ) -> Iterator[Import]:
        for node in nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                for name in _names(node, self.package):
                    yield Import(self.module, name, node.lineno, lazy, typing_only)
            elif isinstance(node, ast.Call) and self._imports(node.func):
                yield Import(self.module, self._called(node), node.lineno, lazy, typing_only)
                yield from self.walk([*node.args, *node.keywords], lazy=lazy, typing_only=typing_only)
                continue
            elif self._imports(node):  # given away, under another name
                yield Import(self.module, "?", getattr(node, "lineno", 0), lazy, typing_only)
            now, later, typing = _parts(node)
            yield from self.walk(now, lazy=lazy, typing_only=typing_only)
            yield from self.walk(later, lazy=True, typing_only=typing_only)
            yield from self.walk(typing, lazy=lazy, typing_only=True)

    def _imports(self, node: ast.AST) -> bool:
        """Whether a node is the name of a function that imports."""
        return (
            isinstance(node, ast.Name | ast.Attribute)
            and ast.unparse(node).rpartition(".")[2] in self.importers
        )

    def _called(self, call: ast.Call) -> str:
        """What a call imports; "?" where that is not written there."""
        given = dict(zip(("name", "package"), call.args, strict=False)) | {
            each.arg: each.value for each in call.keywords if each.arg
        }
        match given.get("name"):
            case ast.Constant(value=str(name)):
                pass
            case _:
                return "?"
        if not name.startswith("."):
            return name
        match given.get("package"):
            case ast.Constant(value=str(package)):
                pass
            case _:  # __package__, or __name__ of a package
                package = self.package
        return importlib.util.resolve_name(name, package)


def _parts(node: ast.AST) -> tuple[list[ast.AST], list[ast.AST], list[ast.AST]]:
    """What is below a node, and runs with it, later, or never but for type checkers."""
    children = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        body = node.body if isinstance(node.body, list) else [node.body]
        return [child for child in children if child not in body], list(body), []
    if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
        return list(node.orelse), [], list(node.body)
    return children, [], []


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


def target(name: str, known: Mapping[str, Path]) -> str | None:
    """The module of ours that an absolute name belongs to; None for others' names."""
    if name != "realtime_widgets" and not name.startswith("realtime_widgets."):
        return None
    inner = name.removeprefix("realtime_widgets").lstrip(".")
    while inner and inner not in known:
        inner = inner.rpartition(".")[0]
    return inner or "__init__"


def room_of(module: str) -> str:
    parts = module.split(".")
    inner = ".".join(parts[:2])
    return inner if inner in ROOMS else parts[0]


def problems(imports: list[Import], known: Mapping[str, Path]) -> list[str]:
    """Return what is wrong with the imports of one module."""
    found = []
    for imported in imports:
        room = room_of(imported.module)
        rooms, libraries = ROOMS[room]
        ours = target(imported.name, known)
        if imported.name == "?":
            if imported.module not in DYNAMIC:
                found.append(f"{imported}: write there what it imports")
        elif ours is not None:
            if not {room_of(ours), ours.partition(".")[0]} & {room, *rooms.split()}:
                found.append(f"{imported}: {room} may not see {room_of(ours)}")
        elif imported.typing_only or imported.top == "__future__":
            continue
        elif imported.top in sys.stdlib_module_names:
            if imported.module.startswith(PURE) and imported.top in IMPURE:
                found.append(f"{imported}: {room} does no I/O")
        else:
            if imported.top not in libraries.split():
                found.append(f"{imported}: {room} may not use {imported.top}")
            if imported.top in LAZY and not imported.lazy:
                found.append(f"{imported}: import it inside the function that needs it")
    return found


def circle(imports: list[Import], known: Mapping[str, Path]) -> list[str]:
    """Return a circle of modules that import each other, for types or inside functions included; empty: there is none."""
    graph: dict[str, set[str]] = {}
    for imported in imports:
        ours = target(imported.name, known)
        if ours is not None and ours != imported.module:
            graph.setdefault(imported.module, set()).add(ours)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_every_module_is_in_a_room():
    assert {room_of(module) for module in modules()} == set(ROOMS)


def test_rooms_see_only_those_below_them():
    graph = {room: set(rooms.split()) for room, (rooms, _) in ROOMS.items()}
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("module", modules())
def test_imports_point_only_down(module: str):
    known = modules()
    assert problems(imports_of(module, known[module]), known) == []


def test_no_modules_import_each_other_in_a_circle():
    known = modules()
    assert circle([each for module, path in known.items() for each in imports_of(module, path)], known) == []


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        ("streams.stream", "from realtime_widgets.client import Client", "streams may not see client"),
        ("streams.stream", "from ..browser import frame_loop", "may not see browser"),
        ("streams.stream", "def f():\n    from .. import widgets", "may not see widgets"),
        (
            "streams.stream",
            "import importlib\nimportlib.import_module('..widgets.base')",
            "may not see widgets",
        ),
        *(
            ("streams.stream", f"import importlib\n{call}", complaint)
            for call, complaint in {
                "importlib.import_module('.widgets.base', 'realtime_widgets')": "may not see widgets",
                "importlib.import_module(name='realtime_widgets.widgets')": "may not see widgets",
                "from importlib import import_module as load; load('realtime_widgets.widgets')": "may not see widgets",
                "__import__('anywidget')": "may not use anywidget",
                "importlib.import_module('anywid' + 'get')": "write there what it imports",
                "load = importlib.import_module\nload('anywidget')": "write there what it imports",
                "def f(y=importlib.import_module('pandas')): ...": "inside the function",
                "@importlib.import_module('pandas')\ndef f(): ...": "inside the function",
            }.items()
        ),
        ("streams.stream", "if not TYPE_CHECKING:\n    import anywidget", "may not use anywidget"),
        ("streams.stream", "if TYPE_CHECKING or True:\n    import anywidget", "may not use anywidget"),
        ("streams.stream", "if TYPE_CHECKING: ...\nelse:\n    import anywidget", "may not use anywidget"),
        ("client.sansio.backoff", "from ..transports import handshake", "client.sansio may not see client"),
        ("client.sansio.backoff", "def f():\n    import httpx", "may not use httpx"),
        ("protocol.envelope", "import os", "does no I/O"),
        ("streams.stream", "import realtime_widgets", "may not see __init__"),
        ("streams.stream", "import asyncio", "does no I/O"),
        ("client.sansio.outbox", "import socket", "does no I/O"),
        ("streams.stream", "def f():\n    import anywidget", "may not use anywidget"),
        ("streams.stream", "import pandas as pd", "inside the function"),
        ("widgets.chart", "import plotly.graph_objects as go", "inside the function"),
        ("widgets.chart", "import httpx", "may not use httpx"),
        ("hub.session", "from ..client import Client", "hub may not see client"),
        ("client.client", "from ..hub.server import Hub", "client may not see hub"),
        ("client.transports.websocket", "import websockets", "inside the function"),
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
        ("streams.stream", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas"),
        (
            "streams.stream",
            "from __future__ import annotations\nimport numpy as np\nfrom ..errors import UsageError",
        ),
        ("sources.machine", "from realtime_widgets.runtime import get_runtime"),
    ],
)
def test_a_right_import_passes(module: str, source: str):
    known = modules()
    assert problems(imports_of(module, known[module], source), known) == []


@pytest.mark.parametrize(
    "back",
    [
        "from .ring import Ring",
        "def f():\n    from .ring import Ring",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .ring import Ring",
    ],
)
def test_a_circle_is_found_for_types_and_inside_functions_too(back: str):
    known = modules()
    there = imports_of("streams.ring", known["streams.ring"], "from .columns import Column")
    found = circle([*there, *imports_of("streams.columns", known["streams.columns"], back)], known)
    assert set(found) == {"streams.ring", "streams.columns"}
