"""What widgets say of themselves: their counters, and the links that their data come by."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from realtime_widgets import EventLog, LiveChart, MetricCard, Stream, stats
from realtime_widgets.client.sansio.state import Status
from realtime_widgets.feeds.freshness import LINK_GRACE
from realtime_widgets.runtime.listeners import Listeners
from realtime_widgets.widgets import base
from support.recorder import Recorder, bodies, settle

PAGE = {"rw": 2, "page": "p", "visible": True, "need": []}


class Source:
    """Something with a link, as the receiver of a connection has it."""

    def __init__(self) -> None:
        self.status = Status("connected", since=time.monotonic())
        self._listeners = Listeners("a test")
        self.listen: Callable[..., Any] = self._listeners.add

    def becomes(self, state: Any, ago: float = 0.0) -> None:
        self.status = Status(state, since=time.monotonic() - ago)
        self._listeners.tell()


def linked(name: str = "s") -> tuple[Stream, Source]:
    stream, source = Stream(name), Source()
    stream.source = source
    return stream, source


def test_a_chart_counts_what_came_what_went_out_and_what_shared_a_bucket(sent: Recorder) -> None:
    stream = Stream("s")
    chart = LiveChart(stream, window=1.0)
    stream.extend({"ts": 1000 + np.arange(50_000) / 50_000, "value": np.arange(50_000)})
    sent.wait_for(lambda frame: any(body.get("newest") for body in bodies(frame, chart)))
    stream.extend({"ts": 1001 + np.arange(50_000) / 50_000, "value": np.arange(50_000)})
    sent.wait_for(lambda frame: any((body.get("newest") or 0) > 1001 for body in bodies(frame, chart)))
    found = chart.stats
    assert found.rate > 0
    assert found.sent >= 2
    assert found.keyframes >= 1
    assert found.bytes > 0
    assert found.merged > 40_000
    assert found.dropped == 0
    assert found.age is not None
    assert found.age < 60
    total = stats()
    assert (total.widgets, total.merged, total.keyframes) == (1, found.merged, found.keyframes)
    assert total.bytes >= found.bytes


def test_a_widget_without_data_has_no_age_and_no_rate(sent: Recorder) -> None:
    card = MetricCard("empty", Stream("s"))
    assert (card.stats.age, card.stats.rate, card.stats.draws) == (None, 0.0, 0.0)
    assert stats().age is None


def test_drawn_frames_are_those_that_a_page_reports(sent: Recorder) -> None:
    card = MetricCard("card", Stream("s"))
    made = base.get_frame_loop()
    now = time.monotonic()
    for i, draws in enumerate((0, 200)):
        word = PAGE | {"n": i, "models": {card._rw_id: {"views": 1, "px": 200, "draws": draws}}}
        made.delivery.report(word, now + 10.0 * i)
    assert card.stats.draws == stats().draws == 20.0


def test_what_no_page_was_sent_counts_as_dropped_also_when_its_widget_is_closed(sent: Recorder) -> None:
    stream = Stream("s", max_points=100)
    log = EventLog(stream, max_rows=10)
    stream.append(message="first")
    sent.wait_for(lambda frame: any(body["rows"] for body in bodies(frame, log)))
    stream.extend({"message": [f"m{i}" for i in range(1000)]})
    sent.wait_for(lambda frame: any(row[0] == 1001 for body in bodies(frame, log) for row in body["rows"]))
    # 900 were overwritten before they were read; of the 100 that were left, ten fit into the log.
    assert log.stats.dropped >= 900
    before = stats().dropped
    assert before == log.stats.dropped
    log.close()
    settle()
    assert stats().dropped == before


def test_widgets_say_when_the_link_is_lost_that_their_data_come_by(sent: Recorder) -> None:
    stream, source = linked()
    widgets = [LiveChart(stream), MetricCard("card", stream), EventLog(stream)]
    stream.append(1.0)

    def states(frame: Any, widget: Any) -> list[str]:
        return [body["link"]["state"] for body in bodies(frame, widget) if "link" in body]

    for widget in widgets:
        sent.wait_for(lambda frame, widget=widget: "connected" in states(frame, widget))
        assert widget.data_state == "live"
    source.becomes("reconnecting")
    for widget in widgets:
        sent.wait_for(lambda frame, widget=widget: "reconnecting" in states(frame, widget))
        assert widget.data_state == "live"  # it may be back in a moment
    source.becomes("reconnecting", ago=LINK_GRACE + 1)
    assert {widget.data_state for widget in widgets} == {"disconnected"}
    source.becomes("error")
    assert {widget.data_state for widget in widgets} == {"disconnected"}
    source.becomes("connected")
    assert {widget.data_state for widget in widgets} == {"live"}


def test_a_stream_without_a_link_says_nothing_of_one(sent: Recorder) -> None:
    stream = Stream("s")
    card = MetricCard("card", stream)
    stream.append(1.0)
    frame = sent.wait_for(lambda frame: any(body.get("value") for body in bodies(frame, card)))
    assert all("link" not in body for body in bodies(frame, card))


def test_one_link_that_is_down_is_enough_for_a_chart_of_several_streams(sent: Recorder) -> None:
    (one, source), (other, _) = linked("one"), linked("other")
    chart = LiveChart([one, other])
    one.append(1.0)
    source.becomes("disconnected")
    assert chart.data_state == "disconnected"
    chart.pause()
    assert chart.data_state == "paused"
