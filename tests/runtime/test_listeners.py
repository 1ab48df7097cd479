"""Being told at once that something has changed."""

from __future__ import annotations

import threading
from typing import Any

from realtime_widgets.runtime.listeners import Listeners


def test_they_are_called_in_their_order_until_undone():
    heard: list[str] = []
    listeners = Listeners("a thing")
    undo = listeners.add(lambda: heard.append("one"))
    listeners.add(lambda: heard.append("two"))
    listeners.tell()
    undo()
    undo()
    listeners.tell()
    assert heard == ["one", "two", "two"]


def test_the_same_function_may_be_there_twice():
    heard: list[int] = []

    def fn() -> None:
        heard.append(1)

    listeners = Listeners("a thing")
    undo, _ = listeners.add(fn), listeners.add(fn)
    undo()
    listeners.tell()
    assert heard == [1]


def test_what_one_raises_is_logged_and_the_others_are_called(caplog: Any):
    heard: list[int] = []

    def wrong() -> None:
        raise ValueError("oh")

    listeners = Listeners("a thing")
    listeners.add(wrong)
    listeners.add(lambda: heard.append(1))
    listeners.tell()
    assert heard == [1]
    assert "a listener of a thing raised" in caplog.text


def test_threads_add_and_remove_them_while_they_are_told():
    listeners, heard = Listeners("a thing"), []
    listeners.add(lambda: heard.append(1))

    def come_and_go() -> None:
        for _ in range(2000):
            listeners.add(lambda: None)()

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(2000):
        listeners.tell()
    for thread in threads:
        thread.join()
    assert len(heard) == 2000
    assert len(listeners.fns) == 1
