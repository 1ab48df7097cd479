"""What all processes of a run have one of: who comes first starts it, and ends it after all others."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path


@contextmanager
def shared(
    folder: Path, what: str, start: Callable[[], AbstractContextManager[dict[str, str]]]
) -> Iterator[dict[str, str]]:
    """Give what `start` gives in whichever process comes first.

    Args:
        folder: where the processes leave word for each other.
        what: is shared.
        start: starts it, gives what others need to reach it, and ends it when it is left.
    """
    told = folder / f"{what}.json"
    with ExitStack() as until_the_end:
        with locked(folder / f"{what}.entry"):
            if told.exists():
                word: dict[str, str] = json.loads(told.read_text())
            else:
                word = until_the_end.enter_context(start())
                told.write_text(json.dumps(word))
                until_the_end.enter_context(_after_all_others(folder, what))
            until_the_end.enter_context(locked(folder / f"{what}.users", fcntl.LOCK_SH))
        yield word


@contextmanager
def _after_all_others(folder: Path, what: str) -> Iterator[None]:
    """Leaves when nobody uses it any more; who comes later finds none and starts one."""
    yield
    with locked(folder / f"{what}.entry"), locked(folder / f"{what}.users"):
        (folder / f"{what}.json").unlink()


@contextmanager
def locked(path: Path, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Hold a lock among processes; the system lets go of those of a process that dies."""
    with path.open("a") as file:
        fcntl.flock(file, how)
        yield
