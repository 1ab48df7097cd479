"""What a card says of one field, by values."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.feeds.comparison import to_comparison
from realtime_widgets.feeds.feed import Payload
from realtime_widgets.feeds.readout import ReadoutFeed
from realtime_widgets.streams import Stream
from support.page_model import PageBuckets

T0 = 1_795_000_000.0


def said(payload: Payload) -> dict[str, Any]:
    """What a page makes of a part."""
    return payload.body if payload.reading is None else payload.reading.body()


def readout(*values: Any, field: str | None = None, **options: Any) -> ReadoutFeed:
    stream = Stream("s")
    for i, value in enumerate(values):
        stream.append(value, ts=T0 + i)
    return ReadoutFeed(stream, field, 60.0, options.get("thresholds", {}), options.get("good"))


def test_without_a_record_it_has_no_value():
    feed = readout()
    assert not feed.changed()
    body = feed.take(True, T0).body
    assert (body["value"], body["age"]) == (None, None)
    assert feed.value() is None


def test_every_part_has_the_newest_value_its_change_and_its_level():
    feed = readout(1.0, 3.0, thresholds={2.0: "warning"})
    body = feed.take(True, T0 + 1).body
    assert (body["value"], body["delta"], body["level"]) == (3.0, 2.0, "warning")
    feed.stream.append(0.5, ts=T0 + 2)
    body = said(feed.take(False, T0 + 2))
    assert (body["value"], body["delta"], body["level"]) == (0.5, -0.5, "normal")


@pytest.mark.parametrize(
    ("value", "number", "text"),
    [(math.inf, None, "∞"), (-math.inf, None, "−∞"), (math.nan, None, None), ("idle", None, "idle")],
)
def test_what_is_no_finite_number_is_text_or_nothing(value: Any, number: float | None, text: str | None):
    body = readout(value).take(True, T0).body
    assert (body["value"], body.get("text")) == (number, text)


@pytest.mark.parametrize("value", ["unavailable", dt.datetime(2026, 3, 1, 12, 30), None, 10**18])
def test_what_cannot_be_drawn_but_shown_is_no_trouble(value: Any):
    feed = readout("starting", value)
    assert "error" not in feed.take(True, T0).body
    assert feed.trouble() is None


def test_what_a_card_cannot_show_is_said():
    feed = readout("starting")
    feed.stream.append(value={"nested": 1}, ts=T0 + 1)
    said = "value is of type dict ({'nested': 1}): a card shows numbers, text, durations and moments"
    assert feed.take(True, T0).body["error"] == feed.trouble() == said


def test_the_value_of_the_newest_time_counts_not_the_last_to_arrive():
    feed = readout(1.0, 2.0)
    feed.stream.append(9.0, ts=T0 - 5)
    assert feed.value() == 2.0


def test_several_fields_and_none_named_are_an_error_that_the_reader_sees():
    stream = Stream("s")
    stream.append(cpu=1.0, mem=2.0, ts=T0)
    body = ReadoutFeed(stream, None, 60.0, {}, None).take(True, T0).body
    assert "several fields ('cpu', 'mem')" in body["error"]


def test_the_field_is_decided_once():
    stream = Stream("s")
    stream.append(cpu=1.0, ts=T0)
    feed = ReadoutFeed(stream, None, 60.0, {}, None)
    assert feed.take(True, T0).body["value"] == 1.0
    stream.append(cpu=2.0, mem=5.0, ts=T0 + 1)
    assert said(feed.take(False, T0 + 1))["value"] == 2.0


def test_a_few_numbers_travel_as_a_reading_and_say_what_the_whole_would():
    """The cheap way and the one of all records come to the same buckets and the same readout."""
    rng = np.random.default_rng(5)
    stream = Stream("s", clock=lambda: T0)
    quick = ReadoutFeed(stream, None, 10.0, {0.9: "error"}, None)
    quick.resize(60)
    buckets, ts, readings = PageBuckets(), T0 - 1000.0, 0
    for i in range(400):
        for _ in range(int(rng.integers(1, 4))):
            ts += float(rng.exponential(0.05)) if i % 50 else 3.0
            stream.append(None if rng.random() < 0.02 else float(rng.random()), ts=ts)
        payload = quick.take(i == 0, T0)
        readings += payload.reading is not None
        if payload.reading is not None:
            body, columns = payload.reading.body(), payload.reading.columns()
            payload = msgspec.structs.replace(payload, body=body, columns=columns)
        buckets.replace(payload) if payload.key else buckets.append(payload)
        whole = ReadoutFeed(stream, None, 10.0, {0.9: "error"}, None)
        whole.resize(60)
        expected = whole.take(True, T0)
        for name in ("value", "level", "delta", "span", "newest"):
            assert payload.body.get(name) == pytest.approx(expected.body.get(name)), name
    assert readings > 300
    truth = PageBuckets()
    truth.replace(expected)
    found, true = buckets.state(), truth.state()
    for name in ("x", "lo_at", "hi_at", "lead"):  # to 1/255 of a bucket
        np.testing.assert_allclose(
            np.array(found.pop(name), float),
            np.array(true.pop(name), float),
            atol=found["layout"]["step"] / 200,
        )
    for name in ("open", "close"):  # of what comes record by record the page knows more than it needs
        known, needed = np.array(found.pop(name), float), np.array(true.pop(name), float)
        assert np.isfinite(needed).any()
        assert ((known == needed) | np.isnan(needed)).all()
    assert found == true


def test_cards_of_fields_that_most_records_leave_out_get_readings_too():
    rng = np.random.default_rng(6)
    names = ["a", "b", "c"]
    stream = Stream("s", clock=lambda: T0)
    quick = [ReadoutFeed(stream, name, 10.0, {}, None) for name in names]
    pages, ts, readings = [PageBuckets() for _ in names], T0 - 1000.0, 0
    stream.append(dict.fromkeys(names, 0.0), ts=ts)
    for i in range(300):
        for _ in range(int(rng.integers(1, 80))):
            ts += float(rng.exponential(0.003))
            stream.append({names[int(rng.integers(3))]: float(rng.random())}, ts=ts)
        for name, feed, page in zip(names, quick, pages, strict=True):
            feed.resize(60)
            payload = feed.take(i == 0, float(i))
            readings += payload.reading is not None
            if payload.reading is not None:
                body, columns = payload.reading.body(), payload.reading.columns()
                payload = msgspec.structs.replace(payload, body=body, columns=columns)
            page.replace(payload) if payload.key else page.append(payload)
            whole = ReadoutFeed(stream, name, 10.0, {}, None)
            whole.resize(60)
            expected = whole.take(True, T0)
            for said in ("value", "level", "delta"):
                assert payload.body.get(said) == pytest.approx(expected.body.get(said)), said
            if i == 299:
                truth = PageBuckets()
                truth.replace(expected)
                drawn, all_drawn = (
                    {k: cells for k, (_, (cells,)) in each.buckets.items() if cells[0] == cells[0]}
                    for each in (page, truth)
                )
                assert {k: cells[:2] for k, cells in drawn.items() if k >= min(all_drawn)} == {
                    k: cells[:2] for k, cells in all_drawn.items()
                }
    assert readings > 600


def test_a_gap_stays_when_the_first_record_after_it_says_nothing_of_the_field():
    stream = Stream("s", clock=lambda: T0)
    feed = ReadoutFeed(stream, "a", 10.0, {}, None)
    page = PageBuckets()
    stream.append({"a": 1.0, "b": 1.0}, ts=T0 - 5)
    page.replace(feed.take(True, 0.0))
    stream.mark_gap("lost")
    stream.append({"b": 1.0}, ts=T0 - 4)
    page.append(feed.take(False, 1.0))
    stream.append({"a": 2.0, "b": 1.0}, ts=T0 - 4)
    payload = feed.take(False, 2.0)
    assert payload.reading is not None
    page.append(msgspec.structs.replace(payload, columns=payload.reading.columns()))
    truth = PageBuckets()
    truth.replace(feed.take(True, 3.0))
    assert page.state()["flags"] == truth.state()["flags"] == [[0, 1]]


def test_a_card_that_fell_behind_what_the_stream_keeps_catches_up_at_once():
    stream = Stream("s", clock=lambda: T0, max_points=1000)
    feeds = [ReadoutFeed(stream, name, 60.0, {}, None) for name in ("a", "b")]
    for tick in range(5):
        count = 30_000 if tick == 2 else 300
        ts = T0 - 100 + (tick + np.arange(count) / count) / 10
        stream.extend({"ts": ts, "a": np.arange(count), "b": np.arange(count)})
        for feed in feeds:
            payload = feed.take(tick == 0, float(tick))
            assert payload.key == (tick == 0), "there is no need to begin anew"
            assert payload.last == stream.last_seq
            assert said(payload)["value"] == count - 1
            assert (payload.reading is not None) == (tick in (1, 3, 4))


def test_a_value_that_the_newest_of_many_records_leave_out_is_as_old_as_it_is():
    now = [T0]
    stream = Stream("s", clock=lambda: now[0])
    feed = ReadoutFeed(stream, "b", 60.0, {}, None)
    stream.append({"a": 0.0, "b": 0.0}, ts=T0)
    feed.take(True, 0.0)
    stream.append({"b": 5.0}, ts=T0 + 1)
    now[0] = T0 + 1000
    stream.append({"a": 7.0}, ts=T0 + 1000)
    body = said(feed.take(False, 1.0))
    assert (body["value"], body["newest"], body["behind"]) == (5.0, T0 + 1000, 999.0)


def test_many_records_that_leave_a_field_out_make_its_value_older():
    stream = Stream("s", clock=lambda: T0 + 100)
    feed = ReadoutFeed(stream, "b", 86_400.0, {}, None)
    stream.append({"a": 0.0, "b": 0.0}, ts=T0)
    feed.take(True, 0.0)
    stream.append({"b": 5.0}, ts=T0 + 1)
    ts = T0 + 1 + np.arange(1, 90) / 5
    stream.extend({"ts": ts, "a": np.arange(89.0)})
    assert said(feed.take(False, 1.0))["age"] == pytest.approx(ts[-1] - (T0 + 1))


def test_what_is_not_a_few_numbers_is_no_reading():
    stream = Stream("s", clock=lambda: T0)
    feed = ReadoutFeed(stream, None, 10.0, {}, None)
    stream.append(1.0, ts=T0 - 100)
    assert feed.take(False, T0).key
    stream.append(2.0, ts=T0 - 99)
    assert feed.take(False, T0).reading is not None
    for spoil in (
        lambda: stream.append(None, ts=T0 - 98),
        lambda: stream.append(1.0, ts=T0 - 99.5),
        lambda: stream.append(math.inf, ts=T0 - 97),
        lambda: stream.extend({"ts": T0 - 96 + np.arange(40) / 9, "value": np.arange(40.0)}),
        lambda: stream.mark_gap("lost"),
        lambda: feed.judge({0.5: "error"}, None),
    ):
        spoil()
        assert feed.take(False, T0).reading is None
    stream.append(1.0, ts=T0 - 10)
    assert feed.take(False, T0).reading is None, "after a gap"
    stream.append(2.0, ts=T0 - 9)
    reading = feed.take(False, T0).reading
    assert reading is not None
    assert (reading.level, reading.records) == ("error", ((T0 - 9, 2.0),))


def test_a_value_that_newer_records_leave_out_stays_and_says_how_old_it_is_once_it_left_the_window():
    stream = Stream("s", clock=lambda: T0)
    feed = ReadoutFeed(stream, "val_loss", 10.0, {}, None)
    stream.append(ts=T0 - 60, loss=1.0, val_loss=2.0)
    stream.append(ts=T0 - 55, loss=0.9)
    body = feed.take(True, T0).body
    assert (body["value"], "behind" in body) == (2.0, False)
    stream.append(ts=T0 - 40, loss=0.8)
    body = feed.take(False, T0).body
    assert (body["value"], body["behind"], body["age"]) == (2.0, 20.0, 20.0)
    stream.append(ts=T0 - 39, val_loss=1.5)
    assert "behind" not in said(feed.take(False, T0))


def test_a_card_keeps_the_value_whose_record_the_stream_has_dropped():
    stream = Stream("s", max_points=3, clock=lambda: T0)
    feed = ReadoutFeed(stream, "a", 60.0, {}, None)
    stream.append(a=5.0, ts=T0 - 10)
    feed.take(True, T0)
    for second in range(5):
        stream.append(b=1.0, ts=T0 - 9 + second)
        assert said(feed.take(False, T0))["value"] == feed.value() == 5.0
    stream.append(a=None, ts=T0)
    assert said(feed.take(False, T0))["value"] is feed.value() is None


@pytest.mark.parametrize(
    ("value", "threshold", "level"),
    [
        (10**18, 10**18 + 1, "normal"),
        (10**18 + 1, 10**18 + 1, "error"),
        (2**53, 2**53 + 1, "normal"),
        (10**400, 10**400, "error"),
        (5.0, Decimal(5), "error"),
        (0.4, Fraction(1, 2), "normal"),
    ],
)
def test_thresholds_are_compared_exactly(value: Any, threshold: Any, level: str):
    stream = Stream("s", clock=lambda: T0)
    stream.append(value)
    assert ReadoutFeed(stream, None, 60.0, {threshold: "error"}, None).take(True, T0).body["level"] == level


class Clock:
    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> float:
        return self.now


APPENDED = st.lists(
    st.tuples(
        st.one_of(st.integers(-50, 50).map(float), st.just(None), st.just(...)),
        st.sampled_from([0.0, 0.0, 0.0, -3.0, -20.0]),
        st.sampled_from([0.0, 0.25, 1.0, 7.0]),
    ),
    min_size=1,
    max_size=40,
)


@given(APPENDED, st.sampled_from(["mean", "max", "min", "sum", "rate"]), st.data())
def test_whatever_is_sent_of_a_number_made_of_the_window_is_that_of_all_records(
    appended: list[tuple[Any, float, float]], reduce: Any, data: st.DataObject
):
    """By few records or many, of any time, as readings or as a whole, and as the card is asked in Python."""
    clock = Clock()
    stream = Stream("s", clock=clock)
    stream.append({"value": 1.0, "other": 1})
    feed = ReadoutFeed(stream, "value", 10.0, {}, None, reduce, to_comparison(0))
    records = [(T0, 1.0)]
    for value, late, pause in appended:
        clock.now += pause
        stream.append({"other": 1} if value is ... else {"value": value}, ts=clock.now + late)
        if isinstance(value, float):
            records.append((clock.now + late, value))
        if not data.draw(st.booleans()) or not feed.changed():
            continue
        body = said(feed.take(data.draw(st.booleans()), clock.now))
        newest = stream.newest_ts
        assert newest is not None
        end = feed._figure._lookback.end  # type: ignore[union-attr]
        assert newest <= end <= clock.now
        wanted = made_of_all(reduce, records, end)
        assert (math.nan if body["value"] is None else body["value"]) == pytest.approx(wanted, nan_ok=True)
        assert body.get("delta") == (None if math.isnan(wanted) else body["value"])
        assert (math.nan if (shown := feed.value()) is None else shown) == pytest.approx(wanted, nan_ok=True)


def made_of_all(reduce: str, records: list[tuple[float, float]], end: float) -> float:
    ordered = sorted(records, key=lambda each: each[0])
    inside = [value for ts, value in ordered if end - 10 < ts <= end]
    if reduce == "rate":
        grown = sum(
            after - before if after >= before else max(after, 0.0)
            for (_, before), (ts, after) in pairwise(ordered)
            if end - 10 < ts <= end
        )
        elapsed = min(10.0, end - ordered[0][0])
        return grown / elapsed if elapsed else math.nan if grown else 0.0
    if reduce == "sum":
        return float(sum(inside))
    made: dict[str, Any] = {"mean": lambda: sum(inside) / len(inside), "max": lambda: max(inside)}
    return float(made.get(reduce, lambda: min(inside))()) if inside else math.nan


def test_a_number_made_of_the_window_goes_on_while_nothing_comes():
    clock = Clock()
    stream = Stream("s", clock=clock)
    feed = ReadoutFeed(stream, None, 10.0, {4: "warning"}, None, "sum", to_comparison(None))
    for _ in range(4):
        stream.append(1.0)
        clock.now += 1
    assert (body := feed.take(True, 0.0).body)["value"] == 4
    assert body["level"] == "warning"
    assert not feed.changed()
    assert feed.due() == 6
    clock.now += 6
    assert feed.changed()
    payload = feed.take(False, 6.0)
    assert (payload.body["value"], payload.body["level"], payload.moved) == (3, "normal", True)
    assert (payload.first, payload.last) == (5, 4)  # no record
    clock.now += 60
    assert feed.take(False, 66.0).body["value"] == 0
    assert feed.due() is None
    assert not feed.changed()


def test_readings_tell_what_they_are_compared_with():
    clock = Clock()
    stream = Stream("s", clock=clock)
    feeds = {
        asked: ReadoutFeed(stream, None, 60.0, {}, None, "last", to_comparison(asked))
        for asked in ("previous", 1, "2s", None)
    }
    for i, value in enumerate((1.0, 2.0, 4.0, 8.0)):
        clock.now = T0 + i
        stream.append(value)
        parts = {asked: feed.take(not i, clock.now) for asked, feed in feeds.items()}
    assert all(part.reading is not None for part in parts.values())
    told = {asked: (said(part).get("delta"), said(part).get("span")) for asked, part in parts.items()}
    assert told == {"previous": (4, 1), 1: (7, 0), "2s": (6, 2), None: (None, None)}


def test_a_mean_of_spans_of_time_is_one_and_of_text_it_says_that_there_is_none():
    stream = Stream("s")
    for seconds in (1, 2):
        stream.append(dt.timedelta(seconds=seconds))
    body = ReadoutFeed(stream, None, 60.0, {}, None, "mean").take(True, T0).body
    assert (body["value"], body["duration"]) == (1.5, 1.5)
    text = readout("idle")
    text.make("mean", to_comparison("window"))
    assert "value is text ('idle')" in text.take(True, T0).body["error"]


def test_a_number_of_less_than_the_window_says_of_how_much():
    stream = Stream("s", max_points=3, clock=lambda: T0 + 9)
    feed = ReadoutFeed(stream, None, 60.0, {}, None, "sum")
    for i in range(10):
        stream.append(1.0, ts=T0 + i)
    body = feed.take(True, T0 + 9).body
    assert (body["value"], body["covers"]) == (3, 2)


def test_what_a_number_is_made_of_can_be_set_later():
    feed = readout(1.0, 3.0)
    assert feed.take(True, T0 + 1).body["value"] == 3
    feed.make("min", to_comparison(0))
    assert feed.changed()
    assert (body := feed.take(False, T0 + 1).body)["value"] == 1
    assert body["delta"] == 1
    feed.show_window(30.0)
    assert feed.take(False, T0 + 1).body["value"] == 1


class Judged:
    """A judge that says what the test says."""

    def __init__(self) -> None:
        self.changes, self.said = 0, ("normal", None)

    def say(self, *said: Any) -> None:
        self.changes, self.said = self.changes + 1, said

    def verdict(self) -> Any:
        return self.said


def test_an_alert_gives_the_level_and_its_reason_with_few_numbers_too():
    feed, judge = readout(1.0), Judged()
    feed.judge({}, None, [judge])
    feed.take(True, T0)
    feed.stream.append(2.0, ts=T0 + 1)
    assert feed.take(False, T0).reading is not None
    judge.say("error", {"text": "≥ {0}"})
    feed.stream.append(3.0, ts=T0 + 2)
    part = feed.take(False, T0)
    assert part.reading is None, "the reason goes with the whole"
    assert (part.body["value"], part.body["level"], part.body["reason"]) == (3.0, "error", {"text": "≥ {0}"})
    feed.stream.append(4.0, ts=T0 + 3)
    part = feed.take(False, T0)
    assert part.reading is not None
    assert part.reading.level == "error"
    judge.say("normal", None)
    feed.stream.append(0.0, ts=T0 + 4)
    assert "reason" not in feed.take(False, T0).body


def test_an_alert_that_changes_without_a_record_is_told_like_one():
    feed, judge = readout(1.0), Judged()
    feed.judge({}, None, [judge])
    feed.take(True, T0)
    assert not feed.changed()
    judge.say("error", {"kind": "absence"})
    assert feed.changed()
    part = feed.take(False, T0)
    assert (part.moved, part.body["level"]) == (True, "error")
    assert not feed.changed()


def test_an_alert_is_told_where_no_data_ever_came():
    feed, judge = readout(), Judged()
    feed.judge({}, None, [judge])
    judge.say("error", {"kind": "absence"})
    assert feed.changed()
    body = feed.take(False, T0).body
    assert (body["value"], body["level"], body["reason"]) == (None, "error", {"kind": "absence"})
