"""The number of the unread as a trait: exact when it is read, told of to who observes it, without any page."""

from __future__ import annotations

import threading
from typing import Any

import ipywidgets
import pytest
import traitlets

from realtime_widgets import Stream
from realtime_widgets.runtime import get_runtime
from realtime_widgets.widgets.derived import DerivedChanges
from realtime_widgets.widgets.notifications import Notifications
from support.recorder import Recorder
from support.servers import wait_for


def changes_of(n: Notifications) -> list[tuple[int, int]]:
    told: list[tuple[int, int]] = []
    n.observe(lambda change: told.append((change.old, change.new)), "unread_count")
    return told


def test_it_is_exact_whenever_it_is_read_and_nobody_sets_it(sent: Recorder) -> None:
    n = Notifications()
    assert n.unread_count == 0
    n.info("a")
    assert n.unread_count == n.trait_values()["unread_count"] == 1
    with pytest.raises(traitlets.TraitError, match="read-only"):
        n.unread_count = 5  # type: ignore[misc]
    with pytest.raises(AttributeError) as refused:
        n.unread_counts = 5  # type: ignore[attr-defined]
    assert "unread_count" not in str(refused.value).replace("unread_counts", "")  # that is no help
    assert "unread_count" not in n.get_state()  # it does not travel as a trait


def test_who_observes_it_is_told_whatever_changes_it(sent: Recorder) -> None:
    stream = Stream("s")
    n = Notifications([stream])
    n.info("before", id="a")
    told = changes_of(n)
    stream.append({"title": "of a stream"})
    wait_for(lambda: told == [(1, 2)])
    n.mark_read("a")
    wait_for(lambda: told[1:] == [(2, 1)])
    n.clear()
    wait_for(lambda: told[2:] == [(1, 0)])
    n._frame_loop.receive({"rw": 2, "page": "p", "to": n._rw_id, "do": "undo", "about": {}})
    n.undo()
    wait_for(lambda: told[3:] == [(0, 1)])
    n._frame_loop.receive({"rw": 2, "page": "p", "to": n._rw_id, "do": "read_all", "about": {"turn": 9}})
    wait_for(lambda: told[4:] == [(1, 0)])


def test_who_observes_it_is_told_after_the_runtime_was_stopped(sent: Recorder) -> None:
    n = Notifications()
    told = changes_of(n)
    n.info("a")
    wait_for(lambda: told == [(0, 1)])
    n.info("waits for a timer")
    get_runtime().stop()
    n.info("b")
    wait_for(lambda: told[-1][1] == 3)


def test_what_comes_fast_from_many_threads_is_told_in_few_changes_of_which_none_is_lost(
    sent: Recorder,
) -> None:
    n = Notifications(max_history=1000)
    told = changes_of(n)
    here = threading.get_ident()
    threads_told: set[int] = set()
    n.observe(lambda _: threads_told.add(threading.get_ident()), "unread_count")
    threads = [threading.Thread(target=lambda: [n.info("x") for _ in range(100)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for(lambda: told and told[-1][1] == 800)
    assert told[0][0] == 0
    assert [old for old, _ in told[1:]] == [new for _, new in told[:-1]]
    assert len(told) < 400
    assert len(threads_told) == 1
    assert here not in threads_told


def test_it_can_be_linked_to_another_trait_and_observed_with_all(sent: Recorder) -> None:
    n = Notifications()
    shown: list[Any] = []
    label = ipywidgets.IntText()
    traitlets.dlink((n, "unread_count"), (label, "value"))
    n.observe(lambda change: shown.append(change.name))
    n.info("a")
    wait_for(lambda: label.value == 1)
    wait_for(lambda: "unread_count" in shown)


def test_a_derived_class_may_observe_its_own(sent: Recorder) -> None:
    class Mine(Notifications):
        told = 0

        @traitlets.observe("unread_count")
        def _changed(self, change: Any) -> None:
            self.told = change.new

    n = Mine()
    n.info("a")
    wait_for(lambda: n.told == 1)


def counting(stream: Stream) -> int:
    """How often a stream is listened to for the count; others listen, too, and leave on a thread of their own."""
    return sum(
        isinstance(getattr(fn, "__self__", None), DerivedChanges) for fn in stream._listeners.fns.values()
    )


def test_nobody_is_told_after_the_end_and_nothing_is_counted_for_nobody(sent: Recorder) -> None:
    stream = Stream("s")
    n = Notifications([stream])
    assert counting(stream) == 0
    told = changes_of(n)
    assert counting(stream) == 1
    n.close()
    assert counting(stream) == 0
    stream.append({"title": "late"})
    get_runtime().submit(lambda: None).result(30)
    assert (told, n.unread_count) == ([], 1)
