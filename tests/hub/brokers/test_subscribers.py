"""Subscribers: who hears which channel, and who was the last to leave."""

from __future__ import annotations

from realtime_widgets.hub.brokers.subscribers import Subscribers
from realtime_widgets.protocol.envelope import Message


def test_the_sinks_of_a_channel_hear_it_until_they_leave():
    subscribers, first, second, left = Subscribers(), [], [], []
    undo = subscribers.add("a", first.append, left.append)
    undo_second = subscribers.add("a", second.append, left.append)
    message = Message("t", channel="a")
    subscribers.tell(message)
    subscribers.tell(Message("t", channel="b"))
    undo()
    undo()
    subscribers.tell(message)
    assert (first, second) == ([message], [message, message])
    assert "a" in subscribers
    assert left == []
    undo_second()
    assert "a" not in subscribers
    assert left == ["a"]


def test_a_sink_that_leaves_while_it_is_told_takes_nothing_from_the_others():
    subscribers, heard = Subscribers(), []
    undo = subscribers.add("a", lambda _: undo())
    subscribers.add("a", heard.append)
    subscribers.tell(Message("t", channel="a"))
    subscribers.tell(Message("t", channel="a"))
    assert len(heard) == 2


def test_who_comes_again_after_the_last_left_is_not_thrown_out_by_an_old_undo():
    subscribers, heard = Subscribers(), []
    undo = subscribers.add("a", lambda _: None)
    undo()
    subscribers.add("a", heard.append)
    undo()
    subscribers.tell(Message("t", channel="a"))
    assert len(heard) == 1
