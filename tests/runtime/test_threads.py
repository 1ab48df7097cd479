"""Functions that may block for long, each on a thread of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from typing import Any

import pytest

from realtime_widgets.runtime import threads as module
from realtime_widgets.runtime.threads import ApartThreads

LIMIT = 60.0


def test_one_that_blocks_holds_up_no_other():
    apart, go_on = ApartThreads("apart"), threading.Event()
    slow = [apart.submit(go_on.wait, LIMIT) for _ in range(10)]
    assert apart.submit(lambda: threading.current_thread().name).result(LIMIT) == "apart"
    assert not any(each.done() for each in slow)
    go_on.set()
    assert all(each.result(LIMIT) for each in slow)


def test_what_it_raises_is_its_result():
    apart = ApartThreads("apart")
    with pytest.raises(SystemExit):
        apart.submit(sys.exit).result(LIMIT)


def test_its_threads_are_known():
    apart = ApartThreads("apart")
    assert apart.submit(lambda: threading.current_thread() in apart).result(LIMIT)
    assert threading.current_thread() not in apart


def test_a_name_that_is_being_looked_up_is_not_looked_up_again_until_that_is_old(
    monkeypatch: pytest.MonkeyPatch,
):
    apart, go_on, asked = ApartThreads("apart"), threading.Event(), []

    def look_up(*args: Any) -> str:
        asked.append(args)
        go_on.wait(LIMIT)
        return "found"

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    first, second, other = (apart.submit(look_up, name, 80) for name in ("a", "a", "b"))
    assert first is second
    assert first is not other
    assert not first.cancel()  # the other who waits for it
    monkeypatch.setattr(module, "MAX_SHARED_AGE", 0.0)
    late = apart.submit(look_up, "a", 80)
    go_on.set()
    assert [each.result(LIMIT) for each in (first, other, late)] == ["found"] * 3
    assert len(asked) == 3
    assert apart.submit(look_up, "a", 80) is not first


def test_a_program_ends_though_one_still_runs():
    source = (
        "import threading\n"
        "from realtime_widgets.runtime import get_runtime\n"
        "get_runtime().call_apart(threading.Event().wait)\n"
        "get_runtime().run(__import__('asyncio').sleep(0)).result(10)\n"
    )
    assert subprocess.run([sys.executable, "-c", source], timeout=LIMIT, check=False).returncode == 0
