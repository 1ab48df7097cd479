"""`python -m realtime_widgets` is the command, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

import realtime_widgets


@pytest.mark.parametrize(
    ("argument", "status", "said"),
    [
        ("--version", 0, f"realtime-widgets {realtime_widgets.__version__}\n"),
        ("dmo", 2, "realtime-widgets has no command 'dmo'; did you mean 'demo'?\n"),
    ],
)
def test_it_says_and_returns_what_the_command_does(
    argument: str, status: int, said: str, child_env: dict[str, str]
):
    command = [sys.executable, "-m", "realtime_widgets", argument]
    done = subprocess.run(command, env=child_env, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (status, said)


def test_to_import_it_runs_nothing(child_env: dict[str, str]):
    command = [sys.executable, "-c", "import realtime_widgets.__main__", "--version"]
    done = subprocess.run(command, env=child_env, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
