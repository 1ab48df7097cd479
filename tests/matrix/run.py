"""The version matrix: the last hop in other kernels and front ends, each with packages of its own.

    python tests/matrix/run.py [--only ipykernel-6.31,marimo] [--json FILE]

Needs Chromium, and the wheel in dist/. For each row a virtual environment is made below build/matrix/, holding the
wheel and the versions named; the tests drive its Jupyter (or Voila, or marimo) from this environment. Prints a table;
exits with 1 when a test of any row fails.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "matrix"
LAB_TESTS = (
    "tests/browser/test_last_hop.py",
    "tests/widgets/test_in_jupyterlab.py",
    "tests/widgets/test_notifications_in_jupyterlab.py",
)


@dataclass(frozen=True, slots=True)
class Row:
    """Packages beside the wheel, the front end to open, and the tests to run."""

    packages: tuple[str, ...]
    app: str
    tests: tuple[str, ...] = LAB_TESTS
    waking: bool = False
    """Whether its kernels may overlook a request until somebody connects (ipykernel #1554): then somebody does."""


ROWS = {
    "ipykernel-6.31": Row(("ipykernel==6.31.0", "jupyterlab==4.6.6"), "lab"),
    "ipykernel-7.3": Row(("ipykernel==7.3.0", "jupyterlab==4.6.6"), "lab", waking=True),
    "notebook-7": Row(("notebook==7.6.5", "ipykernel==7.4.0"), "notebook"),
    "voila": Row(("voila==0.5.13", "ipykernel==7.4.0"), "lab", ("tests/matrix/voila.py",)),
    "marimo": Row(("marimo==0.25.2",), "lab", ("tests/matrix/marimo.py",)),
}
OWN = re.compile(r"(ipykernel|jupyterlab|notebook|jupyter_client|jupyter_server|voila|marimo)==")
"""Pins of constraints.txt that a row decides itself."""


def environment(name: str, row: Row) -> Path:
    """Makes the row's environment, or brings it up to date; returns its interpreter."""
    home = BUILD / name
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
    pins = BUILD / "constraints.txt"
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins.write_text("\n".join(line for line in lines if not OWN.match(line)) + "\n")
    wheel = next((ROOT / "dist").glob("*.whl"))
    pip = [python, "-m", "pip", "install", "-q", "-c", pins]
    with (BUILD / f"{name}.pip.log").open("w") as log:
        for what in ([wheel, *row.packages], ["--force-reinstall", "--no-deps", wheel]):
            subprocess.run([*pip, *what], check=True, stdout=log, stderr=log)
    return python


def run(name: str, row: Row, extra: list[str]) -> dict[str, object]:
    """Runs one row; its output goes to build/matrix/<name>.log."""
    python = environment(name, row)
    log = BUILD / f"{name}.log"
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    env |= {"RW_LAB_PYTHON": str(python), "RW_LAB_APP": row.app, "RW_LAB_WAKING": "1" if row.waking else ""}
    began = time.monotonic()
    with log.open("w") as out:
        # Not `python -m pytest`: that would find the checkout before the wheel.
        command = [Path(sys.executable).with_name("pytest"), "-m", "browser", *row.tests, *extra]
        code = subprocess.run(command, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT).returncode
    lines = log.read_text().splitlines()
    return {
        "packages": row.packages,
        "passed": code == 0,
        "summary": lines[-1].strip("= ") if lines else "",
        "failed": [line for line in lines if line.startswith(("FAILED", "ERROR"))],
        "seconds": round(time.monotonic() - began),
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(ROWS), metavar="NAMES")
    parser.add_argument("--json", type=Path, help="write the results to this file, too")
    options, extra = parser.parse_known_args()
    if unknown := set(options.only) - ROWS.keys():
        parser.error(f"no row is called {', '.join(sorted(unknown))}: there are {', '.join(ROWS)}")
    BUILD.mkdir(parents=True, exist_ok=True)
    results = {}
    for name in options.only:
        print(f"{name} …", file=sys.stderr, flush=True)
        results[name] = run(name, ROWS[name], extra)
        for line in results[name]["failed"]:  # type: ignore[attr-defined]
            print(line, file=sys.stderr)
    version = importlib.metadata.version("realtime_widgets")
    print(f"{time.strftime('%Y-%m-%d')}, {platform.platform()}, realtime_widgets {version}", end="\n\n")
    print("| row | packages | |\n| --- | --- | --- |")
    for name, found in results.items():
        print(f"| {name} | {', '.join(ROWS[name].packages)} | {found['summary']} |")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    return int(not all(found["passed"] for found in results.values()))


if __name__ == "__main__":
    sys.exit(main())
