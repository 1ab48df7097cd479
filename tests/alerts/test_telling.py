"""Whom alerts tell: functions and notifiers, on the callback thread."""

import os

import pytest

from realtime_widgets.alerts import telling
from realtime_widgets.alerts.threshold import Threshold
from realtime_widgets.streams import Stream


class Notifications:
    def __init__(self):
        self.said = []

    def notify(self, title="", message="", **more):
        self.said.append((title, message, more))


def crossed(hand, *values, **settings):
    stream = Stream("machine", clock=lambda: 1e6)
    t = Threshold(0.9, **settings)
    t.watch(stream, "cpu")
    for i, value in enumerate(values):
        stream.append(cpu=value, ts=10.0 * i)
    return stream, t


def test_functions_are_called_on_the_callback_thread_in_order_and_can_be_removed(hand):
    stream, t = crossed(hand)
    heard = []

    @t.on_change
    def note(event):
        heard.append(event.state)

    stream.append(cpu=1.0)
    stream.append(cpu=0.0)
    hand.turn(1)
    assert heard == [], "not on the I/O thread"
    hand.work()
    assert heard == ["raised", "cleared"]
    note.remove()
    note.remove()
    stream.append(cpu=1.0)
    hand.turn(1)
    hand.work()
    assert (len(heard), note.__name__) == (2, "note")
    note(t.events[0])
    assert heard[-1] == "raised", "it can be called as before"


def test_what_a_function_raises_is_logged_and_the_others_are_called(hand, caplog):
    stream, t = crossed(hand)
    heard = []
    t.on_change(lambda event: 1 / 0)
    t.on_change(lambda event: exit(3))
    t.on_change(heard.append)
    stream.append(cpu=1.0)
    hand.turn(1)
    hand.work()
    assert len(heard) == 1
    assert [record.exc_info[0] for record in caplog.records] == [ZeroDivisionError, SystemExit]


def test_a_notification_is_shown_once_and_takes_back_what_it_said(hand):
    notifications = Notifications()
    _, t = crossed(hand, 0.5, 0.953, 0.99, 0.2, notify=notifications, severity="error")
    hand.turn(1)
    hand.work()
    (raised, message, first), (cleared, after, second) = notifications.said
    assert (raised, message) == ("cpu ≥ 0.9", "cpu is 0.953")
    assert (cleared, after) == ("cpu is back below 0.9 after 20 s", "cpu is 0.2")
    assert (first["type"], second["type"], first["ts"], second["ts"]) == ("error", "success", 10.0, 30.0)
    assert first["id"] == second["id"]
    other = Stream("other", clock=lambda: 1e6)
    t.watch(other)
    other.append(1.0)
    hand.turn(1)
    hand.work()
    assert notifications.said[-1][0] == "other ≥ 0.9"
    assert notifications.said[-1][2]["id"] != first["id"]


def test_a_notifier_that_fails_is_logged(hand, caplog):
    class Broken:
        def notify(self, *_, **__):
            raise OSError("no display")

    crossed(hand, 1.0, notify=Broken())
    hand.turn(1)
    hand.work()
    assert "no display" in caplog.text


def test_what_waits_for_slow_functions_is_bounded_and_what_is_left_out_counted(hand, monkeypatch):
    monkeypatch.setattr(telling, "MAX_UNTOLD", 5)
    stream, t = crossed(hand)
    heard = []
    t.on_change(heard.append)
    stream.extend([{"cpu": i % 2} for i in range(1, 21)])
    hand.turn(1)
    hand.work()
    assert (len(heard), t.dropped) == (5, 15)
    assert heard == t.events[-5:]


def test_events_are_bounded(hand, monkeypatch):
    stream, t = crossed(hand)
    for _ in range(3):
        stream.extend([{"cpu": i % 2} for i in range(800)])
        hand.turn(1)
    assert len(t.events) == telling.MAX_EVENTS
    assert t.events[-1].state == "raised"


def test_streams_of_one_name_have_notifications_of_their_own(hand):
    notifications = Notifications()
    t = Threshold(0.9, notify=notifications)
    for stream in (one := Stream(), Stream()):
        t.watch(stream)
        stream.append(1.0)
    hand.turn(1)
    one.append(0.0)
    hand.turn(1)
    hand.work()
    first, second, back = [more["id"] for _, _, more in notifications.said]
    assert first != second
    assert back == first


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_forked_child_has_a_lock_of_its_own_and_leaves_to_the_parent_what_that_tells(hand):
    stream, t = crossed(hand)
    t.on_change(print)
    stream.append(cpu=1.0)
    hand.turn(1)
    assert len(t.telling._untold) == 1
    with t.telling._lock:
        child = os.fork()
        if not child:
            fresh = t.telling._lock.acquire(timeout=1) and not t.telling._untold and not t.telling._busy
            os._exit(0 if fresh else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
