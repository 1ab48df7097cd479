"""The rules of delivery, one by one; `tests/models/test_hop.py` has them all at once."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from realtime_widgets.browser.delivery import (
    KEEPALIVE_INTERVAL,
    KEYFRAME_INTERVAL,
    NEAR_INTERVAL,
    REPORT_OVERDUE,
    SILENT_OFF,
    SILENT_OFF_OWN,
    SILENT_SLOW,
    TRAILING_KEYFRAME_DELAY,
    FrameDelivery,
    Mode,
    Outgoing,
    Sent,
)
from realtime_widgets.browser.frames import Part
from realtime_widgets.browser.pages import CARRIER, PAGE_GONE
from realtime_widgets.feeds.feed import Payload
from support.hop import Numbers
from support.page_model import Cursor


def report(**changes: Any) -> dict[str, Any]:
    return {
        "rw": 2,
        "page": "p",
        "n": 1,
        "visible": True,
        "models": {"a": {"views": 1}},
        "need": [],
        **changes,
    }


def delivery(feed: Any = None, *, heard: bool = True) -> tuple[FrameDelivery, Any]:
    """One feed `a`, shown by one page at second 0, its first keyframe sent."""
    made, feed = FrameDelivery(), feed or Numbers()
    made.add("a", "0", feed, 0.0)
    if heard:
        made.report(report(need=["a"]), 0.0)
    made.collect(0.0)
    if heard:
        made.report(report(), 0.0)
        made.frames(0.0)
    return made, feed


def keys(parts: list[Part]) -> list[bool]:
    return [part.payload.key for part in parts]


def is_reminder(part: Part) -> bool:
    return part.payload.body == {} and part.payload.first == part.payload.last + 1


def test_the_first_part_of_a_feed_is_a_keyframe_even_without_data() -> None:
    made = FrameDelivery()
    made.add("a", "0", Numbers(), 0.0)
    assert keys(made.collect(0.0)) == [True]


def test_new_records_go_out_as_an_increment() -> None:
    made, feed = delivery()
    feed.append(1.0)
    (part,) = made.collect(0.1)
    assert (part.payload.first, part.payload.last, part.payload.key) == (1, 1, False)
    assert made.collect(0.2) == []


def test_what_goes_quiet_is_followed_by_one_keyframe_and_then_by_reminders() -> None:
    made, feed = delivery()
    feed.append(1.0)
    made.collect(0.1)
    assert made.next_due(0.1) == pytest.approx(0.1 + TRAILING_KEYFRAME_DELAY)
    assert keys(made.collect(0.1 + TRAILING_KEYFRAME_DELAY)) == [True]
    now = 0.1 + TRAILING_KEYFRAME_DELAY + KEYFRAME_INTERVAL
    (part,) = made.collect(now)
    assert is_reminder(part)
    assert part.payload.last == 1
    assert made.collect(now + 0.1) == []


class Moving(Numbers):
    """A feed that changes by time alone."""

    seconds: float | None = None

    def changed(self) -> bool:
        return self.seconds == 0 or super().changed()

    def due(self) -> float | None:
        return self.seconds


def test_a_feed_that_changes_by_time_alone_is_taken_when_it_has() -> None:
    made, feed = delivery(Moving())
    assert made.next_due(0.0) == KEEPALIVE_INTERVAL
    feed.seconds = 0.75
    assert made.next_due(0.25) == 1.0
    assert made.collect(0.9) == []
    feed.seconds = 0
    (part,) = made.collect(1.0)
    assert not is_reminder(part)
    feed.seconds = 0.5
    made.report(report(visible=False), 1.0)
    assert (made.mode("a", 1.0), made.next_due(1.0)) == (Mode.OFF, 1.0)  # the answer to the report
    made.frames(1.0)
    assert made.next_due(1.0) != 1.5


def test_a_page_that_needs_a_keyframe_gets_it_at_once_and_until_it_says_that_it_has_it() -> None:
    made, feed = delivery()
    feed.append(1.0)
    made.collect(0.1)
    made.report(report(need=["a"]), 0.2)
    assert keys(made.collect(0.2)) == [True]
    assert keys(made.collect(0.2 + KEYFRAME_INTERVAL)) == [True]
    made.report(report(need=[]), 0.3 + KEYFRAME_INTERVAL)
    assert all(is_reminder(part) for part in made.collect(0.3 + 2 * KEYFRAME_INTERVAL))


@pytest.mark.parametrize("change", [{"visible": False}, {"models": {"a": {"views": 0}}}, {"models": {}}])
def test_nothing_is_sent_while_no_page_shows_it_and_a_keyframe_on_return(change: dict[str, Any]) -> None:
    made, feed = delivery()
    made.report(report(**change), 10.0)
    feed.append(1.0)
    assert made.mode("a", 10.0) is Mode.OFF
    assert made.collect(10.0) == []
    made.report(report(), 11.0)
    assert keys(made.collect(11.0)) == [True]


NEAR = {"a": {"views": 1, "near": 1}}


def test_what_is_near_the_screen_is_kept_up_to_date_at_a_lower_rate() -> None:
    made, feed = delivery()
    made.report(report(models=NEAR), 10.0)
    assert made.mode("a", 10.0) is Mode.NEAR
    made.frames(10.0)
    sent = []
    for i in range(100):
        now = 12 + i / 20
        feed.append(i)
        sent += [part.payload for frame in made.frames(now) for part in frame.parts]
    assert abs(len(sent) - 5 / NEAR_INTERVAL) <= 1
    assert not any(payload.key for payload in sent)
    assert sum(payload.last - payload.first + 1 for payload in sent) > 70
    feed.append(-1)
    made.frames(now)
    due = made.next_due(now)
    assert due is not None
    assert now < due <= now + TRAILING_KEYFRAME_DELAY
    (part,) = [part for frame in made.frames(due) for part in frame.parts]
    assert part.payload.key
    assert part.payload.last > sent[-1].last


def test_what_comes_on_screen_goes_on_where_it_was() -> None:
    made, feed = delivery()
    made.report(report(models=NEAR), 10.0)
    made.frames(10.0)
    for i in range(2):
        feed.append(i)
        made.frames(10.1 + i / 10)
    made.report(report(), 10.3)
    assert [part.payload.key for part in made.collect(10.3)] == [False]
    feed.append(9)
    assert [part.payload.key for part in made.collect(10.35)] == [False]


def test_what_is_near_one_screen_and_on_another_is_sent_in_full() -> None:
    made, _ = delivery()
    made.report(report(models=NEAR), 10.0)
    made.report(report(page="q"), 10.0)
    assert made.mode("a", 10.0) is Mode.LIVE
    made.report(report(page="q", n=2, visible=False), 10.1)
    assert made.mode("a", 10.2) is Mode.NEAR


def test_what_is_near_gets_the_keyframe_that_it_lacks_at_once() -> None:
    made, feed = delivery()
    made.report(report(models=NEAR), 10.0)
    made.frames(10.0)
    feed.append(1.0)
    made.frames(10.1)
    made.report(report(models=NEAR, need=["a"]), 10.2)
    assert keys(made.collect(10.2)) == [True]


def test_one_page_that_shows_it_is_enough() -> None:
    made, feed = delivery()
    made.report(report(page="q", visible=False), 1.0)
    feed.append(1.0)
    assert keys(made.collect(1.0)) == [False]


def test_while_a_cell_holds_words_back_keyframes_go_out_unasked() -> None:
    made, feed = delivery()
    made.cell_started(1.0)
    sent = []
    for i in range(1, 101):
        feed.append(i)
        sent += [(1 + i / 20, part.payload.key) for part in made.collect(1 + i / 20)]
    asked = [at for at, key in sent if key]
    assert len(sent) == 100
    assert max(np.diff([0.0, *asked])) <= KEYFRAME_INTERVAL + 0.051


def test_a_word_that_gets_through_during_a_cell_ends_the_blind_keyframes() -> None:
    made, _ = delivery()
    made.cell_started(1.0)
    assert made.mode("a", 1.1) is Mode.BLIND
    made.report(report(), 2.0)
    assert made.mode("a", 2.1) is Mode.LIVE


def test_a_late_report_is_taken_for_a_closed_way_back() -> None:
    made, _ = delivery()
    assert made.mode("a", 11.0) is Mode.LIVE
    assert made.mode("a", 13.0) is Mode.BLIND


def test_silence_slows_down_and_then_ends_what_is_sent() -> None:
    made, feed = delivery()
    assert made.mode("a", PAGE_GONE + 1) is Mode.BLIND
    feed.append(1.0)
    slow = SILENT_SLOW + 1
    assert made.mode("a", slow) is Mode.SLOW
    assert keys(made.collect(slow)) in ([], [True])
    sent = 0
    for i in range(200):
        feed.append(i)
        sent += len(made.collect(slow + i / 20))
    assert 4 <= sent <= 6  # 10 s at 0.5 Hz
    assert made.mode("a", SILENT_OFF + 1) is Mode.OFF
    assert made.collect(SILENT_OFF + 1) == []
    made.report(report(), SILENT_OFF + 2)
    assert keys(made.collect(SILENT_OFF + 2)) == [True]


class Large(Numbers):
    """Keyframes of so many numbers."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    def take(self, key: bool, now: float) -> Payload:
        payload = super().take(key, now)
        return Payload(payload.first, payload.last, key, {}, {"v": np.zeros(self._count if key else 1)})


def test_a_long_unheard_cell_sends_keyframes_within_its_budget() -> None:
    made, feed = delivery(Large(1000))
    made.cell_started(0.0)
    total = 0
    for i in range(20 * 600):
        feed.append(i)
        total += sum(part.payload.nbytes for part in made.collect(i / 20) if part.payload.key)
        if i == 20 * 60:
            total = 0
    assert total <= 64 * 1024 * 10  # over nine minutes, plus one minute's worth in hand


def test_in_a_long_unheard_cell_large_keyframes_leave_some_of_the_budget_to_others() -> None:
    made, large = delivery(Large(2_000))
    small = Numbers()
    made.add("b", "0", small, 0.0)
    made.cell_started(0.0)
    keyframes = []
    for second in range(600):
        for feed in (large, small):
            feed.append(float(second))
        keyframes += [(part.to, second) for part in made.collect(float(second)) if part.payload.key]
    late = [to for to, second in keyframes if second > 300]
    assert late.count("a") > 2
    assert late.count("b") > late.count("a") / 2


def test_the_kernel_says_that_it_lives_when_it_has_nothing_else_to_say() -> None:
    made, _ = delivery()
    made.report(report(models={"a": {"views": 0}}), 0.1)  # the page is there, and wants no data
    made.frames(0.1)
    assert made.frames(0.2) == []
    assert made.frames(0.1 + KEEPALIVE_INTERVAL) == [Outgoing(CARRIER, (), {"p": 1})]
    assert made.frames(0.2 + KEEPALIVE_INTERVAL) == []


def test_a_report_is_answered_with_its_number() -> None:
    made, _ = delivery()
    made.report(report(n=7), 1.0)
    assert made.frames(1.0) == [Outgoing(CARRIER, (), {"p": 7})]
    assert made.frames(1.1) == []


def test_a_page_that_says_goodbye_is_gone_at_once() -> None:
    made, _ = delivery()
    made.report({"rw": 2, "page": "p", "gone": True}, 1.0)
    assert len(made.pages) == 0


def test_nothing_is_sent_once_the_last_page_has_said_goodbye_until_one_comes() -> None:
    made, feed = delivery()
    made.report(report(page="q"), 10.0)
    made.frames(10.0)
    made.report({"rw": 2, "page": "q", "gone": True}, 11.0)
    assert made.mode("a", 11.0) is Mode.LIVE
    made.report({"rw": 2, "page": "p", "gone": True}, 11.0)
    feed.append(1.0)
    assert [made.frames(11.0 + i / 2) for i in range(1, 60)] == [[]] * 59
    assert made.next_due(41.0) is None
    made.report(report(page="r", models={}), 50.0)
    assert keys(made.collect(50.0)) == [True]


def test_a_widget_made_after_the_goodbye_is_sent_for_a_page_that_has_not_spoken_yet() -> None:
    made, _ = delivery()
    made.report({"rw": 2, "page": "p", "gone": True}, 11.0)
    made.add("b", "0", Numbers(), 11.5)
    assert [part.to for part in made.collect(11.6)] == ["b"]
    assert (made.mode("a", 14.0), made.mode("b", 14.0)) == (Mode.OFF, Mode.BLIND)


def test_an_old_goodbye_silences_nobody_when_the_route_of_a_later_page_ends() -> None:
    made, a, _ = without_carrier()
    made.report(report(models={"a": {"views": 1}}), 0.1, "a")
    made.report({"rw": 2, "page": "p", "gone": True}, 10.0, "a")
    made.report(report(page="q", models={"a": {"views": 1}, "b": {"views": 1}}), 10.1, "b")
    made.frames(10.1)
    made.remove("b")
    a.append(1.0)
    assert routed(made, 20.0) == {"a": ["a"]}


def test_while_a_cell_holds_words_back_a_new_widget_is_sent_everything() -> None:
    made, feed = delivery(heard=False)
    made.cell_started(0.0)
    sent = []
    for i in range(1, 41):
        feed.append(i)
        sent += keys(made.collect(i / 20))
    assert len(sent) == 40


def test_what_waits_for_its_page_is_sent_again_in_time_should_it_get_lost() -> None:
    made, _ = delivery(heard=False)
    assert made.mode("a", 0.1) is Mode.READY
    made.frames(0.1)
    assert made.next_due(0.1) == pytest.approx(KEYFRAME_INTERVAL)


def test_while_a_cell_holds_words_back_a_goodbye_says_nothing_of_who_may_have_come() -> None:
    made, feed = delivery()
    made.report({"rw": 2, "page": "p", "gone": True}, 11.0)
    made.cell_started(12.0)
    feed.append(1.0)
    assert keys(made.collect(12.1)) == [True]


def test_a_new_page_is_sent_keyframes_before_it_says_what_it_shows_and_what_has_come_since_when_it_does() -> (
    None
):
    made, feed = delivery()
    feed.append(1.0)
    made.report(report(page="q", models={}), 50.0)
    assert keys(made.collect(50.0)) == [True]
    feed.append(2.0)
    assert made.collect(50.1) == []
    made.report(report(page="q", n=2), 50.2)
    (part,) = made.collect(50.2)
    assert (part.payload.first, part.payload.last, part.payload.key) == (2, 2, False)


def test_what_a_new_page_does_not_show_is_sent_a_few_times_and_then_no_more() -> None:
    made, feed = delivery()
    made.report({"rw": 2, "page": "p", "gone": True}, 49.0)
    made.report(report(page="q", models={}), 50.0)
    sent = []
    for i in range(100):
        feed.append(i)
        sent += keys(made.collect(50.0 + i / 20))
    assert sent == [True] * 5  # over two seconds, one every half


def test_the_first_data_of_a_widget_that_is_about_to_be_shown_go_out_at_once() -> None:
    made, feed = delivery(heard=False)
    sent = []
    for i in range(1, 9):
        feed.append(i)
        sent += [(i / 20, part.payload.key) for part in made.collect(i / 20)]
    assert sent == [(0.05, True)]  # that of second 0 was empty; the next is due half a second after this one


def test_a_widget_just_made_has_its_picture_waiting_in_a_page_that_is_there() -> None:
    made, _ = delivery()
    made.report(report(), 50.0)
    made.add("b", "0", Numbers(), 50.0)
    assert ("b", True) in [(part.to, part.payload.key) for part in made.collect(50.0)]


def test_a_word_that_was_overtaken_by_a_later_one_says_nothing_new() -> None:
    made, feed = delivery()
    made.report(report(n=3), 1.0)
    made.report(report(n=2, models={}, need=["a"]), 1.1)  # it waited in the main shell
    assert made.mode("a", 1.2) is Mode.LIVE
    feed.append(1.0)
    assert keys(made.collect(1.2)) == [False]
    made.report(report(n=4, models={}), 2.0)
    assert made.mode("a", 2.1) is Mode.OFF


def test_a_word_that_was_overtaken_by_the_goodbye_does_not_bring_a_page_back() -> None:
    made, _ = delivery()
    made.report({"rw": 2, "page": "p", "gone": True}, 1.0)
    made.report(report(), 1.1)
    assert len(made.pages) == 0
    made.report(report(n=2), 2.0)  # the browser kept the page, and shows it again
    assert made.mode("a", 2.1) is Mode.LIVE


@pytest.mark.parametrize(
    "word",
    [
        {},
        {"page": 5},
        {"page": "p", "models": [1], "need": {"a": 1}, "n": "x"},
        {"page": "p", "models": {"a": None}},
    ],
)
def test_malformed_words_do_no_harm(word: dict[str, Any]) -> None:
    made, feed = delivery()
    made.report(word, 1.0)
    made.report(report(), 1.1)
    feed.append(1.0)
    assert keys(made.collect(1.2)) != []


def test_a_broken_feed_is_logged_once_and_silences_no_other(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Numbers):
        def changed(self) -> bool:
            return True

        def take(self, key: bool, now: float) -> Payload:
            raise RuntimeError("boom")

    made, feed = delivery()
    made.report(report(models={"a": {"views": 1}, "b": {"views": 1}}), 0.5)
    made.add("b", "0", Broken(), 0.5)
    with caplog.at_level(logging.ERROR):
        for i in range(100):
            feed.append(i)
            assert [part.to for part in made.collect(1 + i / 20)] == ["a"]
    assert [record.message for record in caplog.records] == ["widget b: its data could not be prepared"]


def test_a_removed_widget_is_served_no_more() -> None:
    made, feed = delivery()
    made.remove("a")
    feed.append(1.0)
    assert made.collect(1.0) == []
    assert made.mode("a", 1.0) is Mode.OFF


def test_the_widest_view_of_all_pages_counts() -> None:
    made, _ = delivery()
    made.report(report(page="narrow", models={"a": {"views": 1, "px": 300}}), 1.0)
    made.report(report(page="wide", models={"a": {"views": 1, "px": 900}}), 1.0)
    made.report(report(page="narrow", models={"a": {"views": 1, "px": 310}}), 2.0)
    assert made.pages.width("a", 2.0) == 900
    assert made.pages.width("a", 2.0 + PAGE_GONE) == 310
    assert made.pages.width("b", 2.0) == 0


def test_a_page_that_said_it_is_hidden_stays_served_nothing_however_long_it_is_silent() -> None:
    made, _ = delivery()
    made.report(report(visible=False), 1.0)
    assert made.mode("a", 1.0 + PAGE_GONE + 10) is Mode.OFF
    assert made.mode("a", 1.0 + SILENT_SLOW + 10) is Mode.OFF


def routed(made: FrameDelivery, now: float) -> dict[str, list[str]]:
    """Route → the widgets whose parts it carries."""
    return {each.route: [part.to for part in each.parts] for each in made.frames(now)}


def without_carrier() -> tuple[FrameDelivery, Numbers, Numbers]:
    """Two widgets, each with a route of its own."""
    made, a, b = FrameDelivery(), Numbers(), Numbers()
    made.add("a", "0", a, 0.0, home="a")
    made.add("b", "0", b, 0.0, home="b")
    return made, a, b


def test_before_any_page_has_spoken_each_widget_goes_its_own_way() -> None:
    made, _, _ = without_carrier()
    assert routed(made, 0.0) == {"a": ["a"], "b": ["b"]}


def test_a_page_that_has_spoken_gets_one_frame_with_all_that_it_has() -> None:
    made, a, b = without_carrier()
    made.report(report(models={"a": {"views": 1}, "b": {"views": 1}}, need=["a", "b"]), 0.1, "b")
    assert routed(made, 0.1) == {"b": ["a", "b"]}
    a.append(1.0)
    b.append(1.0)
    assert routed(made, 0.2) == {"b": ["a", "b"]}


def test_nobody_gets_the_parts_of_widgets_that_another_has() -> None:
    made, a, b = without_carrier()
    made.report(report(page="p", models={"a": {"views": 1}}), 0.1, "a")
    made.report(report(page="q", models={"b": {"views": 1}}), 0.1, "b")
    a.append(1.0)
    b.append(1.0)
    sent = {each.route: (each.heard, [part.to for part in each.parts]) for each in made.frames(0.2)}
    assert sent == {"a": ({"p": 1}, ["a"]), "b": ({"q": 1}, ["b"])}


def test_when_the_route_of_a_page_ends_its_widgets_go_their_own_way_again() -> None:
    made, a, _ = without_carrier()
    made.report(report(models={"a": {"views": 1}, "b": {"views": 1}}), 0.1, "b")
    made.frames(0.1)
    made.remove("b")
    a.append(1.0)
    assert routed(made, 5.2) == {"a": ["a"]}
    made.report(report(models={"a": {"views": 1}}), 5.3, "a")
    a.append(1.0)
    assert routed(made, 5.4) == {"a": ["a"]}


def test_a_page_without_the_carrier_is_served_beside_it() -> None:
    made, feed = delivery()
    made.report(report(page="q", models={"a": {"views": 1}}), 0.1, "a")
    feed.append(1.0)
    assert routed(made, 0.2) == {CARRIER: ["a"], "a": ["a"]}


def test_a_sign_of_life_goes_out_on_every_route() -> None:
    made, _, _ = without_carrier()
    for page, route in (("p", "a"), ("q", "b")):
        made.report(report(page=page, models={route: {"views": 1}}), 0.1, route)
    made.frames(0.1)
    assert set(routed(made, 0.2 + KEEPALIVE_INTERVAL)) == {"a", "b"}


def test_without_a_carrier_silence_does_not_slow_down_for_an_hour() -> None:
    made, _, _ = without_carrier()
    assert made.mode("a", SILENT_OFF + 1) is Mode.BLIND
    assert made.mode("a", SILENT_OFF_OWN + 1) is Mode.OFF


def test_what_was_sent_of_a_widget_is_counted() -> None:
    made, feed = delivery()
    feed.append(1.0)
    made.frames(0.1)
    made.report(report(need=["a"]), 0.2)
    made.frames(0.2)
    sent = made.of("a")
    assert (sent.parts, sent.keyframes, sent.resyncs) == (3, 2, 2)
    assert sent.bytes == 16
    assert made.of("b") == Sent()


def test_where_words_were_seen_to_get_through_a_cell_the_next_one_is_not_blind() -> None:
    made, _ = delivery()
    made.cell_started(1.0)
    made.report(report(), 2.0)
    made.cell_ended(3.0)
    made.cell_started(4.0)
    assert made.mode("a", 5.0) is Mode.LIVE
    assert made.mode("a", 4.0 + REPORT_OVERDUE + 1) is Mode.BLIND


def test_where_words_get_through_a_hidden_page_is_sent_nothing_in_a_cell_either() -> None:
    made, feed = delivery()
    made.cell_started(1.0)
    made.report(report(visible=False), 2.0)
    feed.append(1.0)
    assert made.collect(60.0) == []
    made.cell_ended(61.0)
    made.cell_started(62.0)
    assert made.collect(300.0) == []
    made.report(report(), 301.0)
    assert keys(made.collect(301.0)) == [True]


class Clearable(Numbers):
    """A feed that can be cleared, which no record says."""

    cleared = False

    def changed(self) -> bool:
        return self.cleared or super().changed()

    def take(self, key: bool, now: float) -> Payload:
        moved, self.cleared = self.cleared, False
        if moved:
            self.values.clear()
        return replace(super().take(key or moved, now), moved=moved)


def test_feeds_at_rest_are_reminded_of_in_one_message_however_many_and_whenever_they_came_to_rest() -> None:
    made, feeds = FrameDelivery(), [Numbers() for _ in range(10)]
    shows = {f"w{i}": {"views": 1} for i in range(10)}
    for i, feed in enumerate(feeds):
        made.add(f"w{i}", "0", feed, 0.0)
    sent: list[Outgoing] = []
    for tick in range(1200):  # a minute
        now = tick / 20
        if tick % 100 == 0:
            made.report(report(n=tick + 1, models=shows), now)
        if tick % 13 == 0 and tick < 130:
            feeds[tick // 13].append(1.0)
        frames = made.frames(now)
        if now >= 10:
            sent += [each for each in frames if each.parts]
    assert len(sent) == 25  # in fifty seconds
    assert all(is_reminder(part) for each in sent for part in each.parts)
    assert {len(each.parts) for each in sent[2:]} == {10}


def test_a_page_that_misses_a_clear_sees_so_in_the_next_reminder_and_in_the_next_increment() -> None:
    made, feed = delivery(Clearable())
    feed.append(1.0)
    (part,) = made.collect(0.1)
    cursor = Cursor()
    cursor.offer(replace(part.payload, key=True))
    feed.cleared = True
    (lost,) = made.collect(0.2)
    assert (lost.payload.key, lost.payload.columns["v"].tolist()) == (True, [])
    (reminder,) = made.collect(0.2 + KEYFRAME_INTERVAL)
    assert is_reminder(reminder)
    assert copy_of(cursor).offer(reminder.payload) == "hole"
    feed.append(2.0)
    (increment,) = made.collect(0.3 + KEYFRAME_INTERVAL)
    assert copy_of(cursor).offer(increment.payload) == "hole"
    had = copy_of(cursor)
    assert [had.offer(each.payload) for each in (lost, reminder, increment)] == [
        "replace",
        "append",
        "append",
    ]


def test_a_clear_is_not_forgotten_when_its_part_could_not_be_made() -> None:
    class Fragile(Clearable):
        broken = False

        def take(self, key: bool, now: float) -> Payload:
            payload = super().take(key, now)
            if self.broken:
                raise RuntimeError("boom")
            return payload

    made, feed = delivery(Fragile())
    feed.append(1.0)
    (had,) = made.collect(0.1)
    feed.cleared = feed.broken = True
    assert made.collect(0.2) == []
    feed.broken = False
    (lost,) = made.collect(0.2 + KEYFRAME_INTERVAL)
    (reminder,) = made.collect(0.2 + 2 * KEYFRAME_INTERVAL)
    assert (lost.payload.key, is_reminder(reminder)) == (True, True)
    assert reminder.payload.last > had.payload.last


def copy_of(cursor: Cursor) -> Cursor:
    """Another that has the same."""
    other = Cursor()
    other.have = cursor.have
    return other
