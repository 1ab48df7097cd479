"""What alerts share: what they watch, until they are closed."""

import os
import threading

import pytest

from realtime_widgets.alerts.threshold import Threshold
from realtime_widgets.errors import WrongType
from realtime_widgets.streams import Stream


def crossed(hand, *values, **settings):
    stream = Stream("machine", clock=lambda: 1e6)
    t = Threshold(0.9, **settings)
    t.watch(stream, "cpu")
    for i, value in enumerate(values):
        stream.append(cpu=value, ts=10.0 * i)
    return stream, t


def test_what_is_no_function_is_refused(hand):
    with pytest.raises(WrongType, match="it will be called with the event"):
        Threshold(1).on_change(lambda: None)


def test_a_misspelled_attribute_names_the_nearest(hand):
    with pytest.raises(AttributeError, match="did you mean 'events'"):
        Threshold(1).event  # noqa: B018


def test_a_finalizer_that_uses_an_alert_waits_not_for_the_thread_it_interrupts(hand):
    stream, t = crossed(hand)
    found = []

    def as_if_interrupted():
        with t.lock:
            stream.append(cpu=1.0, ts=1.0)
            found.extend(t.events)

    thread = threading.Thread(target=as_if_interrupted, daemon=True)
    thread.start()
    thread.join(10)
    assert [event.state for event in found] == ["raised"]


def test_who_shows_a_closed_alert_is_told_and_what_that_raises_keeps_no_watch_alive(hand, caplog):
    _, t = crossed(hand)
    told = []

    class Widget:
        def drop(self, alert):
            told.append(alert)
            raise OSError("no page")

    one, other = Widget(), Widget()
    t.shown_by.update([one, other])
    t.close()
    assert (told, t.watches) == ([t, t], [])
    assert "no page" in caplog.text


def test_a_watch_that_begins_while_the_last_one_ends_is_alive(hand):
    stream, t = Stream(), Threshold(0.9)
    last = t.attach(stream, "cpu")
    ending = threading.Thread(target=last.remove)

    class Tracks(dict):
        def get(self, key):
            found = super().get(key)
            if not ending.ident:  # the track was found, and before the watch is added the last one may end
                ending.start()
                ending.join(0.2)
            return found

    t._tracks = Tracks(t._tracks)
    begun = t.attach(stream, "cpu")
    ending.join(10)
    assert (last.removed, t.watches) == (True, [begun])
    stream.append(cpu=1.0)
    hand.turn(1)
    assert [event.state for event in t.events] == ["raised"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_forked_child_goes_on_with_locks_of_its_own(hand):
    _, t = crossed(hand)
    with t.lock:
        child = os.fork()
        if not child:
            os._exit(0 if t.lock.acquire(timeout=1) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
