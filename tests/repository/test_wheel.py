"""What is in the distributions: all that a user needs, and nothing else."""

from __future__ import annotations

import email.message
import email.parser
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

import realtime_widgets

ROOT = Path(__file__).resolve().parents[2]

FRONT_END = (
    "page", "widget", "chart", "metric", "events", "connection", "dashboard", "notifications", "progress", "chat",
)  # fmt: skip


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that `make` built and installed (RW_WHEEL), else one built now."""
    if "RW_WHEEL" in os.environ:
        return ROOT / os.environ["RW_WHEEL"]
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "-o", folder, ROOT], check=True, capture_output=True
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def files(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="session")
def metadata(files: dict[str, bytes]) -> email.message.Message:
    (name,) = [name for name in files if name.endswith(".dist-info/METADATA")]
    return email.parser.BytesParser().parsebytes(files[name])


def test_it_is_for_every_platform_and_every_python(wheel: Path):
    assert wheel.name == f"realtime_widgets-{realtime_widgets.__version__}-py3-none-any.whl"


def test_it_holds_what_the_package_needs_at_run_time(files: dict[str, bytes]):
    for name in ("py.typed", "notebooks/01_live_dashboard.ipynb"):
        assert f"realtime_widgets/{name}" in files
    built = {f"realtime_widgets/static/{name}.js" for name in FRONT_END}
    assert built == {name for name in files if name.startswith("realtime_widgets/static/")}
    assert any(name.endswith("/licenses/LICENSE") for name in files)


def test_it_holds_every_module_and_every_notebook_of_the_checkout(files: dict[str, bytes]):
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "realtime_widgets").rglob("*.py")}
    notebooks = {f"realtime_widgets/notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert notebooks
    assert modules | notebooks <= set(files)


def test_it_holds_nothing_else(files: dict[str, bytes]):
    allowed = {".py", ".typed", ".ipynb", ".js"}
    for name in files:
        top, _, rest = name.partition("/")
        if top.endswith(".dist-info"):
            continue
        assert top == "realtime_widgets"
        assert Path(rest).suffix in allowed, name
        assert not {"tests", "node_modules", "__pycache__", ".ipynb_checkpoints", "js"} & set(
            Path(rest).parts
        ), name


def test_it_is_small(wheel: Path):
    # Seven bundles of 130 kB in all, a few hundred kB of Python and notebooks, compressed.
    assert wheel.stat().st_size < 1_000_000


def test_the_front_end_is_whole_so_that_nobody_needs_node(files: dict[str, bytes]):
    scripts = {name: files[f"realtime_widgets/static/{name}.js"].decode() for name in FRONT_END}
    for name, script in scripts.items():
        # Bundled to the last import, the build's name put in, and no map that points elsewhere.
        assert "__BUILD__" not in script
        assert "sourceMappingURL" not in script
        assert 'from"' not in script
        assert "require(" not in script
        # Models evaluate the two as modules; the code of a kind stands behind page.js, or alone.
        assert ("export{" in script) == (name in ("page", "widget"))
    assert [name for name, script in scripts.items() if "uplot" in script] == ["chart"]


def test_its_metadata_is_the_contract(metadata: email.message.Message):
    assert metadata["Name"] == "realtime-widgets"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"
    assert metadata.get_all("Provides-Extra") == ["arrow", "demo", "jwt", "nats", "pandas", "polars", "redis"]


def test_what_it_requires_is_what_it_imports(metadata: email.message.Message):
    required = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    names = {line.split(">")[0].split("!")[0].strip() for line in required}
    assert names == {
        "anywidget",
        "httpx",
        "ipywidgets",
        "msgspec",
        "numpy",
        "plotly",
        "psutil",
        "starlette",
        "tzlocal",
        "uvicorn",
        "websockets",
    }


def test_its_command_is_there(files: dict[str, bytes]):
    (name,) = [name for name in files if name.endswith(".dist-info/entry_points.txt")]
    assert files[name].decode() == "[console_scripts]\nrealtime-widgets = realtime_widgets.cli:main\n"


def test_the_sdist_can_make_the_wheel(wheel: Path):
    (sdist,) = wheel.parent.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for name in (
        "pyproject.toml",
        "js/src/page.ts",
        "js/package-lock.json",
        "js/build.mjs",
        "README.md",
        "LICENSE",
    ):
        assert name in names
    assert {f"realtime_widgets/static/{name}.js" for name in FRONT_END} <= names
    assert not any("node_modules" in name for name in names)


@pytest.mark.skipif("RW_WHEEL" not in os.environ, reason="only make installs the wheel it built")
def test_the_tests_run_against_the_installed_wheel(files: dict[str, bytes]):
    installed = Path(realtime_widgets.__file__).parent
    assert "site-packages" in installed.parts
    for name, content in files.items():
        if name.startswith("realtime_widgets/"):
            assert (installed.parent / name).read_bytes() == content, name


def test_the_front_end_is_ignored_by_git_and_shipped_all_the_same():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "/realtime_widgets/static/" in (ROOT / ".gitignore").read_text().splitlines()
    assert config["tool"]["hatch"]["build"]["artifacts"] == ["/realtime_widgets/static"]


def test_the_front_end_is_built_when_any_file_of_it_is_missing():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    hook = config["tool"]["hatch"]["build"]["hooks"]["jupyter-builder"]
    built = {f"realtime_widgets/static/{name}.js" for name in FRONT_END}
    assert set(hook["ensured-targets"]) == built
    assert set(hook["skip-if-exists"]) == built | {"PKG-INFO"}
    static = Path(realtime_widgets.__file__).parent / "static"
    assert built == {f"realtime_widgets/static/{path.name}" for path in static.glob("*.js")}
