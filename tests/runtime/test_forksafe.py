"""Locks in forked children: what another thread held at that moment is free there."""

import gc
import importlib
import os
import subprocess
import sys
import weakref

import pytest

from realtime_widgets.runtime import forksafe

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


def in_a_child(prepare, child, env):
    """Run code in a process, and what follows in a fork of it that ends by itself when it hangs."""
    code = (
        "import os, signal, sys, threading\n"
        "import realtime_widgets as rw\n"
        f"{prepare}\n"
        "pid = os.fork()\n"
        "if pid:\n"
        "    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
        "signal.alarm(20)\n"
        f"{child}\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    # What a stream says in a child is tested with the stream.
    said = [line for line in done.stderr.splitlines() if "is written to in a forked process" not in line]
    assert (done.returncode, said) == (0, [])
    return done.stdout


HELD = """
held = threading.Event()
def hold():
    with lock:
        held.set()
        threading.Event().wait()
threading.Thread(target=hold, daemon=True).start()
held.wait()
"""


@forks
@pytest.mark.parametrize(
    ("made", "lock", "used"),
    [
        ("it = rw.Stream(); it.append(1.0)", "it._lock", "it.append(2.0); print(len(it))"),
        ("it = rw.StreamStore(); it.append('cpu', 1.0)", "it._lock", "it.append('mem', 2.0); print(len(it))"),
        (
            "s = rw.Stream(); it = s.on_batch(lambda batch: print(len(batch)), every=60)",
            "it._lock",
            "s.extend([1.0, 2.0]); it.flush(timeout=10)",
        ),
    ],
    ids=["Stream", "StreamStore", "DataBuffer"],
)
def test_a_child_forked_while_another_thread_held_the_lock_goes_on(made, lock, used, child_env):
    assert in_a_child(f"{made}\nlock = {lock}\n{HELD}", used, child_env) == "2\n"


@forks
def test_a_child_forked_in_the_middle_of_an_append_finds_the_records_before_it(child_env):
    prepare = """
inside = threading.Event()
def clock():
    if threading.current_thread() is not threading.main_thread():  # with the stream locked
        inside.set()
        threading.Event().wait()
    return 7.0
s = rw.Stream(clock=clock, max_points=2)
s.extend([1.0, 2.0, 3.0])
threading.Thread(target=s.append, args=(4.0,), daemon=True).start()
inside.wait()
"""
    child = "print(s.last_seq, s.append(5.0), s.read()['value'].tolist())"
    assert in_a_child(prepare, child, child_env) == "3 4 [3.0, 5.0]\n"


@forks
def test_what_was_pending_in_a_buffer_is_the_parents_to_deliver(child_env):
    prepare = """
s = rw.Stream()
buffer = s.on_batch(lambda batch: print(os.getpid() == parent, batch['value'].tolist(), flush=True), every=60)
parent = os.getpid()
s.append(1.0)
"""
    # The parent delivers at its end, which is after the child's.
    assert in_a_child(prepare, "s.append(2.0)", child_env) == "False [2.0]\nTrue [1.0]\n"


def test_who_has_a_lock_is_not_kept_alive_for_it():
    class Owner:
        pass

    owner = Owner()
    forksafe.renew_after_fork(owner, lambda owner: None)
    gone = weakref.ref(owner)
    del owner
    gc.collect()
    assert gone() is None


def test_a_reload_forgets_nobody_and_registers_nothing_again(monkeypatch):
    class Owner:
        pass

    owner, renewed, registered = Owner(), [], []
    forksafe.renew_after_fork(owner, renewed.append)
    monkeypatch.setattr(os, "register_at_fork", lambda **hooks: registered.append(hooks), raising=False)
    importlib.reload(forksafe)
    forksafe._renew_all()
    assert (renewed, registered) == ([owner], [])
