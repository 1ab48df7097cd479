"""A feed that says where the upstream of its stream stands."""

from __future__ import annotations

from realtime_widgets.feeds.series import SeriesFeed
from realtime_widgets.feeds.upstream import UpstreamFeed, with_upstream
from realtime_widgets.streams import Stream
from support.client_stand_in import StandIn


def test_a_link_that_has_changed_is_counted_with_the_records_of_the_feed_that_it_fills():
    client = StandIn()
    feed = UpstreamFeed(SeriesFeed(Stream("s"), None, 10.0), client)
    parts = [feed.take(False, 1.0), feed.take(False, 2.0)]
    client.become("connected", 3.0)
    assert feed.changed()
    parts += [feed.take(True, 4.0), feed.take(False, 5.0)]
    assert [part.moved for part in parts] == [False, False, True, False]


def test_every_part_says_the_state_and_for_how_long():
    client = StandIn()
    client.become("reconnecting", 10.0)
    body = UpstreamFeed(SeriesFeed(Stream("s"), None, 10.0), client).take(True, 14.0).body
    assert body["link"] == {"state": "reconnecting", "since_age": 4.0}


def test_a_stream_without_an_upstream_says_nothing_of_one():
    stream = Stream("s")
    feed = SeriesFeed(stream, None, 10.0)
    assert with_upstream(feed) is feed
    stream.source = StandIn()
    assert isinstance(with_upstream(feed), UpstreamFeed)
