"""A hub in a process of its own, as the command runs it."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping


@contextlib.contextmanager
def hub(*arguments: str, env: Mapping[str, str]) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Run the command; gives the process, the address it printed, and its line about connecting."""
    with subprocess.Popen(
        [sys.executable, "-m", "realtime_widgets", "hub", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.fullmatch(r"The hub listens on (ws://127\.0\.0\.1:\d+/ws/dashboard)\n", line)
            assert found, line
            yield process, found[1], process.stdout.readline()
        finally:
            process.kill()
