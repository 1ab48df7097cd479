"""A feed that says how its stream is filled."""

from __future__ import annotations

from realtime_widgets.client.sansio.state import Status
from realtime_widgets.errors import BadMessage
from realtime_widgets.feeds.readout import ReadoutFeed
from realtime_widgets.feeds.series import SeriesFeed
from realtime_widgets.feeds.upstream import UpstreamFeed, with_upstream
from realtime_widgets.streams import Stream
from support.client_stand_in import StandIn


def series(client: StandIn | None) -> UpstreamFeed:
    stream = Stream("s")
    stream.source = client
    return UpstreamFeed(SeriesFeed(stream, None, 10.0), stream)


def test_a_link_that_has_changed_is_counted_with_the_records_of_the_feed_that_it_fills():
    client = StandIn()
    feed = series(client)
    parts = [feed.take(False, 1.0), feed.take(False, 2.0)]
    client.become("connected", 3.0)
    assert feed.changed()
    parts += [feed.take(True, 4.0), feed.take(False, 5.0)]
    assert [part.moved for part in parts] == [False, False, True, False]


def test_every_part_says_the_state_and_for_how_long():
    client = StandIn()
    client.become("reconnecting", 10.0)
    body = series(client).take(True, 14.0).body
    assert body["link"] == {"state": "reconnecting", "since_age": 4.0}


def test_a_stream_without_an_upstream_says_nothing_of_one():
    assert "link" not in series(None).take(True, 1.0).body


def test_a_feed_without_a_stream_stays_as_it_is():
    feed = object()
    assert with_upstream(feed) is feed  # type: ignore[arg-type, comparison-overlap]


def test_every_part_says_which_pause_is_unusual():
    feed = series(None)
    assert feed.take(True, 1.0).body["quiet_after"] == 60.0
    feed._stream.complete = True
    assert feed.take(False, 2.0).body["quiet_after"] is None


def test_that_nothing_more_is_to_come_is_said_at_once_and_counted_like_a_record():
    stream = Stream("s")
    stream.append(1.0)
    for feed in (series(None), with_upstream(ReadoutFeed(stream, None, 60.0, {}, None))):
        feed.take(True, 1.0)
        assert not feed.changed()
        feed._stream.complete = True
        assert feed.changed()
        assert feed.take(False, 2.0).moved
        assert not feed.changed()
        assert not feed.take(False, 3.0).moved


def test_keyframes_say_in_which_zone_times_were_written_and_parts_when_that_changes():
    stream = Stream("s", tz="Asia/Tokyo")
    feed = UpstreamFeed(SeriesFeed(stream, None, 10.0), stream)
    stream.extend([1.0, 2.0], ts=["2026-11-28T09:00", "2026-11-28T09:01"])
    assert feed.take(True, 1.0).body["zone"] == "Asia/Tokyo"
    assert "zone" not in feed.take(False, 2.0).body
    stream.append(3.0)
    assert feed.take(False, 3.0).body["zone"] is None
    assert feed.take(True, 4.0).body["zone"] is None


def test_a_card_is_told_of_another_pace_with_its_numbers():
    now = 1000.0
    stream = Stream("s", clock=lambda: now)
    feed = with_upstream(ReadoutFeed(stream, None, 60.0, {}, None))
    parts = []
    for pause in (1.0, 30.0, 30.0, 1.0):
        stream.append(1.0)
        stream.note_pace()
        parts.append(feed.take(not parts, now))
        now += pause
    assert [part.reading is None for part in parts] == [True, True, True, False]
    assert [part.body["quiet_after"] for part in parts[:3]] == [60.0, 5.0, 100.0]


def test_what_arrives_and_cannot_be_read_is_said_with_the_reason():
    client = StandIn(Status("connected", 0.0, error=BadMessage("decode() raised KeyError"), unreadable=True))
    feed = series(client)
    assert feed.take(True, 1.0).body["link"]["unreadable"] == "decode() raised KeyError"
    client.become("connected", 0.0)
    assert feed.changed()
    assert "unreadable" not in feed.take(False, 2.0).body["link"]
