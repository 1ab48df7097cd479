"""Nothing in the repository depends on one machine, or on where its packages came from."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

FORBIDDEN = {
    # Split, so that this file does not find itself.
    "an absolute path of somebody's machine": r"(?<![\w.~-])/(?:home|root|Users|work|workspace|mnt|opt)/"
    + r"[\w.-]",
    "a package registry": r"registry\."
    + r"npmjs|registry\."
    + r"yarnpkg|pypi\."
    + r"org/simple|files\."
    + r"pythonhosted",
    "an index or find-links option": r"--(?:extra-)?index" + r"-url|--find" + r"-links|--regis" + r"try[ =]",
}


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """The files of the next commit: those git knows, and those it would add."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = [
        "git",
        "-c",
        f"safe.directory={ROOT}",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode(errors="replace")


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_has(what: str, tracked: list[Path]):
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in tracked
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_the_npm_lock_records_no_addresses(tracked: list[Path]):
    for path in tracked:
        if path.name == "package-lock.json":
            packages = json.loads(path.read_text())["packages"]
            assert [name for name, package in packages.items() if "resolved" in package] == []
    assert "omit-lockfile-registry-resolved=true" in (ROOT / "js" / ".npmrc").read_text().splitlines()


def test_the_npm_lock_covers_every_platform(tracked: list[Path]):
    # npm leaves out what a registry's mirror does not have, and `npm ci` then refuses the lock file.
    for path in tracked:
        if path.name == "package-lock.json":
            packages = json.loads(path.read_text())["packages"]
            wanted = {
                name for package in packages.values() for name in package.get("optionalDependencies", {})
            }
            assert wanted <= {name.rpartition("node_modules/")[2] for name in packages}


def test_the_constraints_are_names_and_exact_versions():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[A-Za-z0-9.+!_-]+", line)] == []


def test_what_is_built_is_not_tracked(tracked: list[Path]):
    built = ("node_modules", "static", "dist", "artifacts", "__pycache__", ".venv")
    assert [path for path in tracked if set(path.relative_to(ROOT).parts) & set(built)] == []


def test_notebooks_are_committed_without_outputs(tracked: list[Path]):
    for path in tracked:
        if path.suffix == ".ipynb":
            cells = json.loads(path.read_text())["cells"]
            assert [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")] == [], path
