"""The callback queue: in order, one at a time, and an end that runs or cancels everything."""

import threading
import time
import weakref
from concurrent.futures import Future

import pytest

from realtime_widgets.runtime.callbacks import Callbacks


def soon():
    return time.monotonic() + 5


def test_functions_wait_until_the_thread_is_started_and_then_run_in_order():
    callbacks, seen = Callbacks(), []
    futures = [callbacks.put(seen.append, (i,)) for i in range(5)]
    assert (seen, callbacks.thread) == ([], None)
    callbacks.start()
    thread = callbacks.thread
    callbacks.start()
    assert callbacks.thread is thread
    futures[-1].result(5)
    assert seen == [0, 1, 2, 3, 4]
    callbacks.close()
    callbacks.finish(soon())
    assert not thread.is_alive()


def test_what_is_put_before_the_close_runs_and_what_comes_later_is_cancelled():
    callbacks = Callbacks()
    before = callbacks.put(threading.current_thread, ())
    callbacks.close()
    later = callbacks.put(threading.current_thread, ())
    callbacks.finish(soon())
    assert before.result(0) is threading.current_thread(), "it was too late for a thread of its own"
    assert later.cancelled()


def test_what_was_called_is_not_kept_until_the_next_comes():
    class Owner:
        def call(self):
            pass

    callbacks, owner, gone = Callbacks(), Owner(), threading.Event()
    weakref.finalize(owner, gone.set)
    callbacks.put(owner.call, ())
    del owner
    callbacks.start()
    assert gone.wait(5)
    callbacks.close()
    callbacks.finish(soon())


def test_a_cancelled_function_is_not_called():
    callbacks, seen = Callbacks(), []
    callbacks.put(seen.append, (1,)).cancel()
    callbacks.close()
    callbacks.finish(soon())
    assert seen == []


@pytest.mark.parametrize("error", [ValueError("mine"), SystemExit(1)], ids=repr)
def test_a_failing_function_is_logged_and_the_next_one_runs(error, caplog):
    def fails():
        raise error

    callbacks = Callbacks()
    failed, after = callbacks.put(fails, ()), callbacks.put(int, ("5",))
    callbacks.start()
    assert failed.exception(5) is error
    assert after.result(5) == 5
    callbacks.close()
    callbacks.finish(soon())
    assert [record.name for record in caplog.records] == ["realtime_widgets.runtime.callbacks"]
    assert caplog.records[0].exc_info[1] is error


def test_a_function_that_blocks_is_left_behind_and_those_after_it_are_cancelled(caplog):
    callbacks, release, started = Callbacks(), threading.Event(), Future()

    def blocks():
        started.set_result(None)
        release.wait(10)

    callbacks.put(blocks, ())
    behind = callbacks.put(int, ())
    callbacks.start()
    started.result(5)
    callbacks.close()
    callbacks.finish(time.monotonic())
    assert behind.cancelled()
    assert "a callback blocks it" in caplog.text
    release.set()
    callbacks.close()  # its first mark was cleared away with the rest
    callbacks.thread.join(5)
    assert not callbacks.thread.is_alive()


def test_a_thread_that_could_not_start_is_tried_again(monkeypatch):
    def no_more(thread):
        raise RuntimeError("can't start new thread")

    callbacks = Callbacks()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_more)
        with pytest.raises(RuntimeError):
            callbacks.start()
    callbacks.start()
    assert callbacks.put(int, ("5",)).result(5) == 5
    callbacks.close()
    callbacks.finish(soon())
