"""The runtime: lazy threads, safe waits, and an end that always comes."""

import asyncio
import importlib
import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import Future

import pytest

from realtime_widgets.errors import RuntimeStopped, TimedOut, WouldDeadlock
from realtime_widgets.runtime import Runtime, get_runtime
from realtime_widgets.runtime import runtime as module


@pytest.fixture
def runtime():
    made = Runtime()
    yield made
    made.stop()


def name():
    return threading.current_thread().name


async def coroutine(value):
    return value, name()


def test_a_runtime_starts_no_thread_until_it_has_work(runtime):
    before = threading.active_count()
    assert "threads: none" in repr(Runtime())
    assert threading.active_count() == before
    runtime.on_stop(lambda: None)
    assert threading.active_count() == before
    runtime.submit(lambda: None).result(5)
    runtime.run(coroutine(1)).result(5)
    assert threading.active_count() == before + 2
    assert "realtime_widgets I/O, realtime_widgets callbacks" in repr(runtime)


def test_each_kind_of_work_has_its_thread(runtime):
    soon, later = Future(), Future()
    runtime.call_soon(lambda: soon.set_result(name()))
    runtime.call_later(0, lambda text: later.set_result(text + name()), "on ")
    assert soon.result(5) == "realtime_widgets I/O"
    assert later.result(5) == "on realtime_widgets I/O"
    assert runtime.run(coroutine(7)).result(5) == (7, "realtime_widgets I/O")
    assert runtime.submit(name).result(5) == "realtime_widgets callbacks"


def test_a_delayed_call_can_be_cancelled(runtime):
    calls, done = [], Future()
    runtime.call_later(0.001, calls.append, 1).cancel()
    runtime.call_later(0.002, done.set_result, None)
    done.result(5)
    assert calls == []


def test_a_failing_call_on_the_loop_is_logged(runtime, caplog):
    done = Future()
    runtime.call_soon(lambda: 1 / 0)
    runtime.call_soon(done.set_result, None)
    done.result(5)
    assert [r.name for r in caplog.records] == ["realtime_widgets.runtime.runtime"]
    assert "ZeroDivisionError" in caplog.text


def test_waiting_returns_the_result_or_raises_its_error(runtime):
    assert runtime.wait(runtime.submit(lambda: 5), 5) == 5
    own = Future()
    own.set_exception(TimeoutError("of the work itself"))
    with pytest.raises(TimeoutError, match="of the work itself"):
        runtime.wait(own, 5)


def test_a_wait_that_runs_out_of_time_cancels(runtime):
    cancelled = Future()

    async def forever():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set_result(True)
            raise

    with pytest.raises(TimedOut, match=r"we waited 0\.05 s"):
        runtime.wait(runtime.run(forever()), 0.05)
    assert cancelled.result(5)


def test_an_interrupted_wait_cancels(runtime):
    class Interrupted(Future):
        def result(self, timeout=None):
            raise KeyboardInterrupt

    future = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        runtime.wait(future, 5)
    assert future.cancelled()


def test_waiting_on_our_own_threads_would_deadlock(runtime):
    never = Future()
    with pytest.raises(WouldDeadlock, match="realtime_widgets callbacks"):
        runtime.submit(runtime.wait, never, 1).result(5)
    answer = Future()

    def on_the_loop():
        try:
            runtime.wait(never, 1)
        except WouldDeadlock as error:
            answer.set_result(error)

    runtime.call_soon(on_the_loop)
    assert "realtime_widgets I/O" in str(answer.result(5))
    never.set_result(5)
    assert runtime.submit(runtime.wait, never, 1).result(5) == 5, "what is done needs no wait"
    with pytest.raises(WouldDeadlock):
        runtime.submit(runtime.stop).result(5)


def test_stop_calls_back_drains_and_cancels():
    runtime, seen = Runtime(), []
    started = Future()

    async def forever():
        started.set_result(None)
        try:
            await asyncio.Event().wait()
        finally:
            seen.append("task")

    task = runtime.run(forever())
    started.result(5)
    undo = runtime.on_stop(lambda: seen.append("undone"))
    runtime.on_stop(lambda: runtime.submit(seen.append, "callback"))
    runtime.on_stop(lambda: 1 / 0)
    undo()
    undo()
    threads = [t for t in threading.enumerate() if t in (runtime._io, runtime._callbacks.thread)]
    runtime.stop()
    assert seen == ["callback", "task"]
    assert task.cancelled()
    assert not any(thread.is_alive() for thread in threads)
    assert runtime._loop.is_closed()
    runtime.stop()


@pytest.mark.parametrize(
    "call",
    [
        lambda r: r.call_soon(print),
        lambda r: r.call_later(0, print),
        lambda r: r.run(coroutine(1)),
        lambda r: r.submit(print),
        lambda r: r.on_stop(print),
        lambda r: r.wait(Future(), 1),
    ],
)
def test_a_stopped_runtime_refuses_everything(call):
    runtime = Runtime()
    runtime.submit(lambda: None).result(5)
    runtime.call_soon(lambda: None)
    runtime.stop()
    with pytest.raises(RuntimeStopped, match=r"it was stopped; call get_runtime\(\)"):
        call(runtime)


def test_stopping_does_not_wait_for_a_blocked_callback_beyond_its_timeout(caplog):
    runtime, release, started = Runtime(), threading.Event(), Future()

    def blocks():
        started.set_result(None)
        release.wait(30)

    blocked = runtime.submit(blocks)
    started.result(5)
    behind = runtime.submit(lambda: None)
    runtime.stop(timeout=0.2)
    assert not blocked.done()
    assert behind.cancelled()
    assert "a callback blocks it" in caplog.text
    release.set()


def test_there_is_one_runtime_and_it_survives_a_reload():
    first = get_runtime()
    assert get_runtime() is first
    importlib.reload(module)
    assert module.get_runtime() is first


def test_a_stopped_runtime_is_replaced_by_a_fresh_one():
    first = get_runtime()
    first.stop()
    assert get_runtime() is not first
    assert get_runtime().submit(lambda: 5).result(5) == 5


def test_while_it_stops_the_runtime_is_still_the_one_that_is_found():
    first, found = get_runtime(), []
    first.on_stop(lambda: found.append(get_runtime()))
    first.stop()
    assert found == [first]


def in_a_process(code):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=30
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_a_runtime_of_its_own():
    done = in_a_process(
        "import os, sys\n"
        "from realtime_widgets.runtime import get_runtime\n"
        "parent = get_runtime()\n"
        "parent.submit(int).result(5); parent.call_soon(int)\n"
        "pid = os.fork()\n"
        "if pid:\n"
        "    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
        "assert get_runtime() is not parent\n"
        "assert get_runtime().submit(lambda: 5).result(5) == 5\n"
        "for call in (parent.submit, parent.call_soon, parent.on_stop):\n"
        "    try: call(print)\n"
        "    except RuntimeError as error: print(error)\n"
        "parent.stop()\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("a fork of it: its threads stayed behind") == 3


def test_a_program_with_a_blocked_callback_and_a_blocked_loop_ends():
    done = in_a_process(
        "import threading, time\n"
        "from realtime_widgets.runtime import get_runtime\n"
        "started = threading.Barrier(3)\n"
        "def block():\n"
        "    started.wait(); time.sleep(15); print('it was waited for', flush=True)\n"
        "get_runtime().submit(block); get_runtime().call_soon(block)\n"
        "started.wait()\n"
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_end_of_a_program_delivers_what_waits_in_buffers():
    done = in_a_process(
        "import time, realtime_widgets.runtime\n"
        "from realtime_widgets.streams import Stream\n"
        "s = Stream()\n"
        "buffer = s.on_batch(lambda batch: (time.sleep(0.2), print(batch['value'].tolist())), every=60)\n"
        "s.append(1.0); s.append(2.0)\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[1.0, 2.0]\n", "")


def test_what_is_shared_is_made_once_per_runtime(runtime):
    made = []

    def make(owner):
        made.append(owner)
        return owner.shared("inner/1", lambda _: "inner")  # what is made may itself share

    assert runtime.shared("outer/1", make) == "inner"
    assert runtime.shared("outer/1", make) == "inner"
    assert made == [runtime]
    assert Runtime().shared("outer/1", lambda _: "another's") == "another's"


def test_what_could_not_be_made_is_tried_again(runtime):
    with pytest.raises(ZeroDivisionError):
        runtime.shared("x/1", lambda _: 1 / 0)
    assert runtime.shared("x/1", lambda _: 7) == 7


def test_host_names_that_are_not_answered_hold_up_no_others(runtime, monkeypatch):
    answer, asked = threading.Event(), []

    def getaddrinfo(host, *args, **kwargs):
        asked.append(host)
        if host.startswith("dead"):
            answer.wait(10)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    async def look_up(name):
        return await asyncio.get_running_loop().getaddrinfo(name, 1)

    dead = [runtime.run(look_up(f"dead{n}.example")) for n in range(8)]
    again = runtime.run(look_up("dead0.example"))
    try:
        assert runtime.run(look_up("alive.example")).result(10)
        assert not any(future.done() for future in dead)
        assert asked.count("dead0.example") == 1
    finally:
        answer.set()
    assert all(future.result(10) for future in (*dead, again))


def test_who_waits_where_all_others_would_wait_too_is_told_before(runtime):
    async def on_the_io_thread():
        runtime.check_wait()

    for future in (runtime.submit(runtime.check_wait), runtime.run(on_the_io_thread())):
        with pytest.raises(WouldDeadlock, match="cannot wait on thread 'realtime_widgets"):
            future.result(10)
    runtime.check_wait()
    runtime.call_apart(runtime.check_wait).result(10)


def test_what_is_called_apart_waits_for_no_callback_and_may_not_wait_for_one(runtime):
    release = threading.Event()
    slow = runtime.submit(release.wait, 10)
    try:
        with pytest.raises(WouldDeadlock):
            runtime.call_apart(runtime.wait, slow, 10).result(10)
        with pytest.raises(SystemExit):
            runtime.call_apart(sys.exit).result(10)
        assert not slow.done()
        told = runtime.call_apart(
            lambda: runtime.wait(slow, 10, apart=True)
        )  # it knows that it is not needed
        release.set()
        assert told.result(10)
    finally:
        release.set()
