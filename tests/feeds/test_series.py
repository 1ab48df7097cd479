"""A line: which layout, what travels, and that the picture is the data's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_widgets.errors import UnknownField
from realtime_widgets.feeds.decimation import BREAK_BEFORE
from realtime_widgets.feeds.feed import Payload
from realtime_widgets.feeds.series import Points, SeriesFeed, points
from realtime_widgets.streams import Batch, Stream
from support.page_model import PageBuckets

T0 = 1_795_000_000.0


def line_of(
    window: float = 10.0, px: int = 100, fields: list[str] | None = None, **options: int
) -> tuple[Stream, SeriesFeed]:
    stream = Stream("s", **options)
    line = SeriesFeed(stream, fields, window)
    line.resize(px)
    return stream, line


def fill(stream: Stream, start: float, seconds: float, rate: float, field: str = "value") -> None:
    count = int(seconds * rate)
    ts = T0 + start + np.arange(count) / rate
    stream.extend({"ts": ts, field: np.sin(ts * 7.0)})


def shown(*payloads: Payload) -> PageBuckets:
    buckets = PageBuckets()
    for payload in payloads:
        buckets.replace(payload) if payload.key else buckets.append(payload)
    return buckets


def test_few_records_travel_as_they_are() -> None:
    stream, line = line_of()
    fill(stream, 0, 5, 10)
    payload = line.take(False, 0.0)
    assert payload.key
    assert payload.body["layout"] == {"kind": "records", "step": 1, "capacity": 200}
    assert payload.columns["x"].tolist() == stream.read().ts.tolist()
    assert payload.columns["lo"].tolist() == stream.read()["value"].tolist()
    assert "hi" not in payload.columns


def test_many_records_become_buckets_of_about_a_pixel() -> None:
    stream, line = line_of()
    fill(stream, 0, 10, 1000)
    layout = line.take(False, 0.0).body["layout"]
    assert layout["kind"] == "seconds"
    assert 0.06 <= layout["step"] <= 0.15


def test_an_increment_holds_only_what_the_new_records_touched() -> None:
    stream, line = line_of()
    fill(stream, 0, 10, 1000)
    line.take(False, 0.0)
    fill(stream, 10, 0.05, 1000)
    payload = line.take(False, 0.0)
    assert not payload.key
    assert (payload.first, payload.last) == (10_001, 10_050)
    assert len(payload.columns["k"]) <= 2


class Counting:
    """A stream that counts the records which are read from it."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.count = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def read(self, **options: Any) -> Batch:
        batch = self._stream.read(**options)
        self.count += len(batch)
        return batch


@pytest.mark.parametrize("window", [100.0, points(1_000_000)])
def test_the_work_of_a_tick_is_that_of_its_new_records_however_many_the_window_holds(
    window: float | Points,
) -> None:
    stream = Stream("s", max_points=1_100_000)
    counting = Counting(stream)
    line = SeriesFeed(counting, ["value"], window)  # type: ignore[arg-type]
    line.resize(800)
    fill(stream, 0, 100, 10_000)
    line.take(False, 0.0)
    counting.count = buckets = 0
    for tick in range(200):
        fill(stream, 100 + tick / 20, 0.05, 10_000)
        payload = line.take(False, 0.0)
        assert not payload.key
        buckets += len(payload.columns["k"])
        assert not line.changed()
    assert counting.count == 200 * 500
    assert buckets <= 2 * 200 + 200 * 500 // 1000


EVEN, BURSTS, LATE = "even", "bursts", "late"


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from([EVEN, BURSTS, LATE]), st.integers(1, 400)), min_size=1, max_size=15),
    st.integers(0, 2**32 - 1),
    st.sampled_from([60, 200, 700]),
)
def test_whatever_the_times_every_extreme_of_the_window_is_on_the_page_and_nothing_else(
    pieces: list[tuple[str, int]], seed: int, px: int
) -> None:
    """Irregular, bursty and late records, and a resize in between, against all the records at once."""
    random = np.random.default_rng(seed)
    stream, line = line_of(window=3.0, px=px)
    buckets, now, raw = PageBuckets(), T0, []
    for i, (how, count) in enumerate(pieces):
        step = {EVEN: 0.01, BURSTS: 0.0001, LATE: 0.005}[how]
        ts = now + np.cumsum(random.exponential(step, count))
        if how == LATE:
            ts = ts - random.uniform(0, 1.0)  # within the window still
        values = random.standard_cauchy(count)
        stream.extend({"ts": ts, "value": values})
        raw += list(zip(ts.tolist(), values.tolist(), strict=True))
        now = max(now, float(ts[-1])) + (2.0 if how == BURSTS else 0.0)
        if i == 7:
            line.resize(2 * px)
        payload = line.take(False, 0.0)
        buckets.replace(payload) if payload.key else buckets.append(payload)
    state = buckets.state()
    newest = max(ts for ts, _ in raw)
    layout = state["layout"]
    margin = layout["step"] if layout["kind"] == "seconds" else 0.0
    inside = [value for ts, value in raw if ts > newest - 3.0 + margin]
    assert max(state["hi"][0]) >= max(inside)
    assert min(state["lo"][0]) <= min(inside)
    assert {*state["hi"][0], *state["lo"][0]} <= {value for _, value in raw}
    if layout["kind"] == "seconds":
        for k, lo, hi in zip(state["k"], state["lo"][0], state["hi"][0], strict=True):
            fell_in = [value for ts, value in raw if math.floor(ts / layout["step"]) == k]
            assert (lo, hi) == (min(fell_in), max(fell_in))


def test_the_layout_does_not_flip_at_its_edge() -> None:
    stream, line = line_of(window=10.0, px=100)
    keyframes = 0
    for i in range(400):  # 149..151 records in view, around the 150 at which points become buckets
        fill(stream, i * 0.5, 0.5, 15 if i % 2 else 15.2)
        keyframes += line.take(False, 0.0).key
    assert keyframes <= 3


def test_a_window_in_points_buckets_by_number_not_by_time() -> None:
    stream = Stream("s")
    line = SeriesFeed(stream, ["value"], points(10_000))
    line.resize(100)
    fill(stream, 0, 1, 20_000)
    payload = line.take(False, 0.0)
    assert payload.body["layout"] == {"kind": "records", "step": 100, "capacity": 101}
    assert payload.body["window"] is None
    assert payload.columns["lo"].min() == stream.latest(10_000)["value"].min()


@given(st.lists(st.integers(0, 400), min_size=1, max_size=12), st.sampled_from([50, 90]))
def test_increments_add_up_to_the_keyframe(counts: list[int], px: int) -> None:
    stream, line = line_of(window=3.0, px=px)
    buckets = shown(line.take(True, 0.0))
    start = 0.0
    for count in counts:
        ts = T0 + start + np.arange(count) / 200
        stream.extend({"ts": ts, "value": np.cos(ts)})
        start += count / 200
        payload = line.take(False, 0.0)
        buckets.replace(payload) if payload.key else buckets.append(payload)
    assert buckets.state() == shown(line.take(True, 0.0)).state()


def test_every_extreme_of_the_window_is_in_the_picture() -> None:
    stream, line = line_of(window=10.0, px=100)
    rng = np.random.default_rng(1)
    for i in range(100):
        ts = T0 + i / 5 + np.sort(rng.uniform(0, 0.2, 500))
        stream.extend({"ts": ts, "value": rng.standard_cauchy(500)})
        line.take(False, 0.0)
    buckets = shown(line.take(True, 0.0)).state()
    batch = stream.read()
    inside = batch["value"][batch.ts >= batch.ts.max() - 9.9]
    assert max(buckets["hi"][0]) >= inside.max()
    assert min(buckets["lo"][0]) <= inside.min()


def test_without_named_fields_new_number_fields_join_in() -> None:
    stream, line = line_of()
    stream.append(ts=T0, cpu=1.0, host="a")
    assert line.take(False, 0.0).body["series"] == ["cpu"]
    stream.append(ts=T0 + 1, cpu=2.0, mem=5.0)
    payload = line.take(False, 0.0)
    assert payload.key
    assert payload.body["series"] == ["cpu", "mem"]
    assert payload.columns["lo"].reshape(2, 2)[1].tolist()[1] == 5.0
    assert math.isnan(payload.columns["lo"].reshape(2, 2)[1, 0])


def test_a_field_that_is_not_a_number_draws_nothing_and_breaks_nothing() -> None:
    stream, line = line_of(fields=["host"])
    stream.append(ts=T0, host="a")
    payload = line.take(False, 0.0)
    assert np.isnan(payload.columns["lo"]).all()
    assert payload.body["last"] == [None]


def test_records_that_were_overwritten_unread_break_the_line() -> None:
    stream, line = line_of(window=10.0, px=100, max_points=50)
    fill(stream, 0, 1, 40)
    line.take(False, 0.0)
    fill(stream, 1, 2, 40)
    payload = line.take(False, 0.0)
    assert payload.columns["breaks"].any()


def test_what_never_came_breaks_the_line_where_it_is_missing() -> None:
    stream, line = line_of(60.0)
    fill(stream, 0, 2, 1)
    line.take(True, 0.0)
    stream.mark_gap("trimmed")
    assert line.changed()
    noted = line.take(False, 0.0)
    assert (noted.moved, noted.body["missing"], noted.columns) == (True, "trimmed", {})
    assert not line.changed()
    fill(stream, 10, 2, 1)
    stream.mark_gap("lost")
    fill(stream, 20, 2, 1)
    part = line.take(False, 0.0)
    assert part.columns["breaks"].tolist() == [BREAK_BEFORE, 0, BREAK_BEFORE, 0]
    assert "missing" not in part.body
    again = line.take(True, 0.0).columns["breaks"].tolist()
    assert again == [0, 0, BREAK_BEFORE, 0, BREAK_BEFORE, 0]
    late = SeriesFeed(stream, None, 60.0)
    assert late.take(True, 0.0).columns["breaks"].tolist() == again, "who comes later sees the same"


def test_what_never_came_breaks_a_line_of_buckets_too() -> None:
    stream, line = line_of(60.0)
    fill(stream, 0, 20, 100)
    stream.mark_gap("trimmed")
    fill(stream, 30, 20, 100)
    part = line.take(True, 0.0)
    assert part.body["layout"]["kind"] == "seconds"
    (cut,) = np.flatnonzero(part.columns["breaks"] & BREAK_BEFORE)
    assert part.columns["k"][cut] - part.columns["k"][cut - 1] > 1, "at the hole"


def test_a_clear_empties_the_picture() -> None:
    stream, line = line_of()
    fill(stream, 0, 1, 10)
    assert not line.take(False, 0.0).moved
    stream.clear()
    assert line.changed()
    payload = line.take(False, 0.0)
    assert (payload.key, payload.moved) == (True, True)
    assert payload.columns == {}
    assert payload.body["newest"] is None
    assert not line.changed()


def test_a_wider_view_gets_finer_buckets() -> None:
    stream, line = line_of(window=10.0, px=100)
    fill(stream, 0, 10, 1000)
    coarse = line.take(False, 0.0).body["layout"]["step"]
    line.resize(1000)
    assert line.changed()
    payload = line.take(False, 0.0)
    assert payload.key
    assert payload.body["layout"]["step"] < coarse / 5


def test_one_point_before_the_window_is_kept_to_draw_the_line_in() -> None:
    stream, line = line_of(window=5.0)
    for second in (0, 1, 2, 9):
        stream.append(float(second), ts=T0 + second)
    assert shown(line.take(False, 0.0)).state()["lo"] == [[2.0, 9.0]]


def test_the_baseline_is_where_the_window_began() -> None:
    stream, line = line_of()
    line.take(False, 0.0)
    assert math.isnan(line.baseline()[1])
    stream.append(5.0, ts=T0)
    line.take(False, 0.0)
    assert math.isnan(line.baseline()[1])
    stream.append(7.0, ts=T0 + 1)
    line.take(False, 0.0)
    assert line.baseline() == (T0, 5.0)


def test_a_field_that_the_stream_does_not_have_is_named_with_its_nearest() -> None:
    stream = Stream("s")
    stream.append(ts=T0, memory=1.0)
    with pytest.raises(
        UnknownField, match=r"stream 's' has no field 'memroy': it has 'memory'; did you mean 'memory'\?"
    ):
        SeriesFeed(stream, ["memroy"], 10.0)


@pytest.mark.parametrize("n", [0, 1, 2.5, True, "9"])
def test_a_window_of_no_whole_number_of_points_is_refused(n: object) -> None:
    with pytest.raises(ValueError, match="a whole number of at least 2"):
        points(n)  # type: ignore[arg-type]


def test_the_newest_value_is_that_of_the_newest_time_not_of_the_last_arrival() -> None:
    stream, line = line_of()
    stream.append(10.0, ts=T0 + 10)
    stream.append(1.0, ts=T0)
    assert line.take(False, 0.0).body["last"] == [10.0]


def test_a_line_that_was_drawn_stays_when_its_field_gets_a_text() -> None:
    stream, line = line_of()
    stream.append(1.0, ts=T0)
    line.take(False, 0.0)
    stream.append("n/a", ts=T0 + 1)
    stream.append(2.0, ts=T0 + 2)
    payload = line.take(True, 0.0)
    assert payload.body["series"] == ["value"]
    np.testing.assert_array_equal(payload.columns["lo"], [1.0, math.nan, 2.0])


def test_a_line_none_of_whose_fields_comes_says_so_to_the_reader() -> None:
    stream, line = line_of(fields=["lss"])
    assert "error" not in line.take(True, 0.0).body
    stream.append(loss=1.0, ts=T0)
    assert (
        line.take(False, 0.0).body["error"]
        == "stream 's' has no field 'lss': it has 'loss'; did you mean 'loss'?"
    )
    stream.append(lss=1.0, ts=T0)
    assert "error" not in line.take(False, 0.0).body


@pytest.mark.parametrize("begun", [False, True])
def test_a_field_that_appears_while_the_line_reads_is_drawn_without_another_record(
    monkeypatch: pytest.MonkeyPatch, begun: bool
) -> None:
    stream = Stream("s", clock=lambda: T0)
    line = SeriesFeed(stream, None, 10.0)
    if begun:
        stream.append(a=1.0)
        line.take(False, 0.0)
        stream.append(a=2.0)
    real = Stream.read

    def read(*args: Any, **settings: Any) -> Batch:
        monkeypatch.setattr(Stream, "read", real)
        stream.append(b=3.0)
        return real(*args, **settings)

    monkeypatch.setattr(Stream, "read", read)
    parts = [line.take(False, 0.0)]
    while line.changed():
        parts.append(line.take(False, 0.0))
    assert "b" in parts[-1].body["series"]
    assert parts[-1].body["last"][-1] == 3.0
    assert len(parts) <= 2
