"""The tally, by values."""

from __future__ import annotations

from realtime_widgets.hub.tally import BUCKETS, Histogram, Tally


def test_a_duration_is_in_the_first_bucket_that_is_not_below_it():
    durations = Histogram()
    for seconds in (0.0, BUCKETS[0], BUCKETS[0] * 1.01, BUCKETS[-1], 100.0):
        durations.note(seconds)
    assert durations.counts[:2] == [2, 1]
    assert durations.counts[-2:] == [1, 1]
    assert sum(durations.counts) == 5
    assert durations.seconds == sum((0.0, BUCKETS[0], BUCKETS[0] * 1.01, BUCKETS[-1], 100.0))


def test_clients_that_left_are_still_among_those_who_came():
    tally = Tally()
    for transport in ("sse", "sse", "websocket"):
        tally.join(transport)  # type: ignore[arg-type]
    tally.leave("sse")
    assert (tally.sessions["sse"], tally.sessions["websocket"]) == (1, 1)
    assert (tally.joined["sse"], tally.joined["websocket"]) == (2, 1)


def test_several_that_are_published_at_once_took_their_time_once():
    tally = Tally()
    tally.publish("http", 0.1, count=3)
    assert tally.published["http"] == 3
    assert sum(tally.publishing.counts) == 1
