"""What the pytest processes share: started once, and ended with the last of them, also when one was killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.servers import wait_for

WORKER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from support.shared import shared
with shared(Path(sys.argv[2]), "sleeper", "repository.test_shared:sleeper") as found:
    print(found["pid"], flush=True)
    sys.stdin.readline()
"""


@contextmanager
def sleeper() -> Iterator[dict[str, str]]:
    """Something that is started and ended: the pid of a process."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        try:
            yield {"pid": str(process.pid)}
        finally:
            process.kill()


class Worker:
    """A process that uses it until it is told to leave, or is killed."""

    def __init__(self, folder: Path) -> None:
        tests = str(Path(__file__).parents[1])
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, tests, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.uses = int(self.process.stdout.readline())

    def leave(self) -> None:
        self.process.communicate("leave\n")

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_is_started_once_and_ended_after_the_last(tmp_path: Path):
    first, second = Worker(tmp_path), Worker(tmp_path)
    assert first.uses == second.uses
    second.leave()
    assert runs(first.uses)
    first.leave()
    assert not runs(first.uses), "who has started it waits for its end"
    assert not list(tmp_path.glob("*.json"))
    later = Worker(tmp_path)
    assert later.uses != first.uses
    later.leave()


def test_it_ends_although_who_came_first_was_killed(tmp_path: Path):
    first, second = Worker(tmp_path), Worker(tmp_path)
    first.kill()
    third = Worker(tmp_path)
    assert third.uses == second.uses
    assert runs(second.uses)
    second.leave()
    third.kill()
    wait_for(lambda: not runs(second.uses), "the end of what nobody uses")
