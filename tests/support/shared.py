"""What all processes of a run have one of: a keeper of its own starts it for whoever comes first, and ends it after the last.

Who uses it holds a lock, and the system lets go of the locks of a process that dies: so it ends after a worker that was
killed, too.
"""

from __future__ import annotations

import fcntl
import importlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

LIMIT = 150.0
"""Seconds for it to start; more than what is started gives itself."""

KEEPER = "import sys; sys.path.insert(0, sys.argv[1]); from support.shared import keep; keep(*sys.argv[2:])"


@contextmanager
def shared(folder: Path, what: str, start: str) -> Iterator[dict[str, str]]:
    """Give what `start` gives, in the keeper of all processes that share a folder.

    Args:
        folder: where the processes leave word for each other.
        what: is shared.
        start: `module:function`, a context manager that starts it, gives what one needs to reach it, and ends it.
    """
    told = folder / f"{what}.json"
    with ExitStack() as until_the_end:
        with locked(folder / f"{what}.entry"), ExitStack() as using:
            # Waits for a keeper that is ending, and none ends from here on.
            using.enter_context(locked(folder / f"{what}.users", fcntl.LOCK_SH))
            if not told.exists():
                keeper = _started(folder, what, start)
                until_the_end.callback(keeper.wait)
            until_the_end.enter_context(using.pop_all())
        yield json.loads(told.read_text())


def _started(folder: Path, what: str, start: str) -> subprocess.Popen[bytes]:
    log = folder / f"{what}.keeper.log"
    with log.open("wb") as out:
        keeper = subprocess.Popen(
            [sys.executable, "-c", KEEPER, str(Path(__file__).parents[1]), str(folder), what, start],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + LIMIT
    while not (folder / f"{what}.json").exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            keeper.terminate()
            keeper.wait()
            raise RuntimeError(f"{what} did not start:\n{log.read_text(errors='replace')[-4000:]}")
        time.sleep(0.05)
    return keeper


def keep(folder: str, what: str, start: str) -> None:
    """Start it, leave word, and end it when nobody uses it any more; who comes later finds none."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and what it has started ends with it
    module, _, function = start.partition(":")
    told = Path(folder, f"{what}.json")
    with getattr(importlib.import_module(module), function)() as word:
        whole = Path(folder, f"{what}.json.new")
        whole.write_text(json.dumps(word))
        whole.rename(told)
        try:
            with locked(Path(folder, f"{what}.users")):
                told.unlink()
        except BaseException:
            told.unlink(missing_ok=True)
            raise


@contextmanager
def locked(path: Path, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Hold a lock among processes; the system lets go of those of a process that dies."""
    with path.open("a") as file:
        fcntl.flock(file, how)
        yield
