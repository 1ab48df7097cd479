"""A notification that follows some work: one, from its beginning to its end."""

from __future__ import annotations

import math
import threading

import pytest

from realtime_widgets.widgets.notifications import Notifications
from support.recorder import Recorder
from support.servers import wait_for


def test_progress_is_one_notification_from_its_beginning_to_its_end(sent: Recorder) -> None:
    n = Notifications()
    with n.progress("Epoch 1/10") as p:
        assert n.items[0].progress is not None
        assert math.isnan(n.items[0].progress)
        for i in range(1000):
            p(i / 1000, f"step {i}")
        wait_for(lambda: n.items[0].message == "step 999")
        assert n.items[0].progress == pytest.approx(0.999)
        assert not n.items[0].auto_remove
    (item,) = n.items
    assert (item.type, item.progress, item.count, item.auto_remove) == ("success", None, 1, True)
    assert n.stream.last_seq < 20  # not one record for each step


def test_progress_that_fails_says_why_and_stays(sent: Recorder) -> None:
    n = Notifications()
    with pytest.raises(RuntimeError), n.progress("Epoch 1/10", "loading"):
        raise RuntimeError("no memory")
    (item,) = n.items
    assert (item.type, item.message, item.auto_remove) == ("error", "RuntimeError: no memory", False)


def test_how_work_ended_is_told_also_when_it_was_cleared_meanwhile(sent: Recorder) -> None:
    n = Notifications()
    p = n.progress("Fit")
    n.clear()
    p(0.5)
    assert n.items == []
    p.fail("out of memory")
    p(0.9)
    p.done()
    (item,) = n.items
    assert (item.title, item.type, item.message) == ("Fit", "error", "out of memory")


def test_many_threads_may_say_how_far_it_is(sent: Recorder) -> None:
    n = Notifications()
    p = n.progress("Upload")
    threads = [threading.Thread(target=lambda: [p(i / 500) for i in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    p.done("all of it")
    (item,) = n.items
    assert (item.type, item.message, item.count) == ("success", "all of it", 1)


def test_its_end_says_what_it_was_called_last_also_when_it_was_cleared(sent: Recorder) -> None:
    n = Notifications()
    p = n.progress("Epoch 1")
    p.handle.update(title="Epoch 2")
    p(0.5)
    assert n.items[0].title == "Epoch 2"
    n.clear()
    p.done("0.91")
    assert [(item.title, item.message, item.type) for item in n.items] == [("Epoch 2", "0.91", "success")]
