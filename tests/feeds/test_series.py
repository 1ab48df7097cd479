"""A line: which layout, what travels, and that the picture is the data's."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_widgets.errors import UnknownField
from realtime_widgets.feeds import extracts as extracts_module
from realtime_widgets.feeds import series as series_module
from realtime_widgets.feeds.decimation import ABSENT, BREAK_AFTER, BREAK_BEFORE, NEW_RUN
from realtime_widgets.feeds.feed import Payload
from realtime_widgets.feeds.series import SeriesFeed
from realtime_widgets.feeds.windows import Points, points
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
    assert payload.body["layout"] == {"step": 0.02, "capacity": 502}
    state = shown(payload).state()
    places = np.array(state["x"]) + state["lo_at"][0]
    np.testing.assert_allclose(places, stream.read().ts, rtol=0, atol=0.02 / 255)
    assert payload.columns["lo"].tolist() == stream.read()["value"].tolist()
    assert "hi" not in payload.columns


def test_many_records_become_buckets_of_about_a_quarter_of_a_pixel() -> None:
    stream, line = line_of()
    fill(stream, 0, 10, 1000)
    assert 0.015 <= line.take(False, 0.0).body["layout"]["step"] <= 0.0375


def test_an_increment_holds_only_what_the_new_records_touched() -> None:
    stream, line = line_of()
    fill(stream, 0, 10, 1000)
    line.take(False, 0.0)
    fill(stream, 10, 0.05, 1000)
    payload = line.take(False, 0.0)
    assert not payload.key
    assert (payload.first, payload.last) == (10_001, 10_050)
    assert len(payload.columns["k"]) <= 4


class Counting:
    """A stream that counts the records which are read from it."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.count = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __len__(self) -> int:
        return len(self._stream)

    def tail(self, after: int, fields: Any, last: Any = None) -> Any:
        found = self._stream.tail(after, fields, last)
        self.count += len(found.ts) if found is not None else 0
        return found

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
    assert buckets <= 2 * 200 + 200 * 500 // 100


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
    inside = [value for ts, value in raw if ts > newest - 3.0 + layout["step"]]
    assert max(state["hi"][0]) >= max(inside)
    assert min(state["lo"][0]) <= min(inside)
    assert {*state["hi"][0], *state["lo"][0]} <= {value for _, value in raw}
    for k, lo, hi in zip(state["k"], state["lo"][0], state["hi"][0], strict=True):
        fell_in = [value for ts, value in raw if math.floor(ts / layout["step"]) == k]
        assert (lo, hi) == (min(fell_in), max(fell_in))


def test_a_window_in_points_buckets_by_number_not_by_time() -> None:
    stream = Stream("s")
    line = SeriesFeed(stream, ["value"], points(10_000))
    line.resize(100)
    fill(stream, 0, 1, 20_000)
    payload = line.take(False, 0.0)
    assert payload.body["layout"] == {"step": 20, "capacity": 501}
    assert (payload.body["window"], payload.body["axis"]) == (None, "records")
    assert payload.body["start"] == 10_001
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
    found, expected = buckets.state(), shown(line.take(True, 0.0)).state()
    for found_lead, lead in zip(found.pop("lead"), expected.pop("lead"), strict=True):
        # A page knows the place of what has left its window to 1/255 of a bucket.
        assert found_lead == pytest.approx(lead, abs=found["layout"]["step"] / 200)
    assert found == expected


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
    assert payload.columns["flags"].any()


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
    assert part.columns["flags"].tolist() == [BREAK_BEFORE, 0, BREAK_BEFORE, 0]
    assert "missing" not in part.body
    again = line.take(True, 0.0).columns["flags"].tolist()
    assert again == [0, 0, BREAK_BEFORE, 0, BREAK_BEFORE, 0]
    late = SeriesFeed(stream, None, 60.0)
    assert late.take(True, 0.0).columns["flags"].tolist() == again, "who comes later sees the same"


def test_what_never_came_breaks_a_line_of_buckets_too() -> None:
    stream, line = line_of(60.0)
    fill(stream, 0, 20, 100)
    stream.mark_gap("trimmed")
    fill(stream, 30, 20, 100)
    part = line.take(True, 0.0)
    (cut,) = np.flatnonzero(part.columns["flags"] & BREAK_BEFORE)
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


def test_the_last_point_before_the_window_is_known_to_draw_the_line_in() -> None:
    stream, line = line_of(window=5.0)
    for second in (0, 1, 2, 9):
        stream.append(float(second), ts=T0 + second)
    state = shown(line.take(False, 0.0)).state()
    assert (state["lead"], state["lo"]) == ([[T0 + 2, 2.0]], [[9.0]])


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


def test_the_baseline_is_the_value_of_a_record_not_the_middle_of_several() -> None:
    stream, line = line_of()
    for second, value in ((0, 5.0), (0.0001, 8.0), (0.0002, 6.0), (1, 7.0), (2, 9.0)):
        stream.append(value, ts=T0 + second)
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


# What a record leaves out, and what it says is missing


def test_a_record_that_leaves_a_field_out_says_nothing_of_its_line() -> None:
    stream, line = line_of(fields=["loss", "val_loss"])
    for step in range(6):
        record = {"loss": 1.0 - step / 10, **({"val_loss": 2.0 - step / 10} if step % 3 == 0 else {})}
        stream.append(ts=T0 + step, **record)
    state = shown(line.take(False, 0.0)).state()
    assert state["flags"] == [[0] * 6, [0, ABSENT, ABSENT, 0, ABSENT, ABSENT]]
    assert state["lo"][1] == [2.0, None, None, 1.7, None, None]
    assert state["last"] == [0.5, 1.7]
    assert line.behind(1) == 2.0
    stream.append(ts=T0 + 7, val_loss=None)
    payload = line.take(False, 0.0)
    assert payload.columns["flags"].tolist() == [ABSENT, BREAK_BEFORE | BREAK_AFTER]
    assert payload.body["last"] == [0.5, None]


# Windows of records


def test_a_block_with_one_time_is_spread_evenly_by_its_numbers() -> None:
    stream = Stream("s")
    line = SeriesFeed(stream, ["value"], points(4_000))
    line.resize(800)
    for _ in range(4):
        stream.extend({"value": np.sin(np.arange(1_024) / 20)})
    state = shown(line.take(False, 0.0)).state()
    assert (state["layout"]["step"], state["axis"]) == (1.0, "records")
    assert state["x"] == list(range(97, 4_097))


@pytest.mark.parametrize("n", [2_000, 100_000, 10**9])
def test_fewer_records_than_the_window_are_drawn_exactly_whatever_its_size(n: int) -> None:
    stream = Stream("s")
    line = SeriesFeed(stream, ["value"], points(n))
    values = np.sin(np.arange(1_200) / 60)
    stream.extend({"value": values[:700]})
    first = line.take(False, 0.0)
    stream.extend({"value": values[700:]})
    assert shown(first, line.take(False, 0.0)).state()["lo"] == [values.tolist()]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 3_000), min_size=1, max_size=12), st.sampled_from(["all", 700, 4_000, 10**6]))
def test_a_window_that_grows_shows_all_extremes_of_what_it_holds(counts: list[int], window: Any) -> None:
    stream = Stream("s")
    line = SeriesFeed(stream, ["value"], points(window) if window != "all" else "all", "seq")
    line.resize(100)
    buckets, rng = PageBuckets(), np.random.default_rng(1)
    for count in counts:
        stream.extend({"value": rng.standard_normal(count)})
        payload = line.take(False, 0.0)
        buckets.replace(payload) if payload.key else buckets.append(payload)
    values = stream.read()["value"] if window == "all" else stream.latest(window)["value"]
    state = buckets.state()
    step = int(state["layout"]["step"])
    inside = [i for i, x in enumerate(state["x"]) if x + step - 1 >= state["start"]]
    assert max(state["hi"][0][i] for i in inside) >= values.max()
    assert min(state["lo"][0][i] for i in inside) <= values.min()
    assert len(state["k"]) <= 8 * 100 + 2
    if len(values) <= 400:
        assert step == 1
        assert [state["lo"][0][i] for i in inside] == values.tolist()


@pytest.mark.parametrize("x", ["ts", "step"])
def test_everything_that_is_kept_is_in_view_however_long(x: str) -> None:
    stream = Stream("s")
    line = SeriesFeed(stream, ["value"], "all", x)
    line.resize(100)
    keyframes = 0
    for i in range(500):
        stream.append(ts=T0 + i * i, step=float(i * i), value=float(i))
        keyframes += line.take(False, 0.0).key
    state = shown(line.take(True, 0.0)).state()
    assert (state["lo"][0][0], state["hi"][0][-1]) == (0.0, 499.0)
    assert state["newest"] == (T0 if x == "ts" else 0) + 499 * 499
    assert keyframes < 40


def test_a_gap_breaks_a_line_whose_field_comes_later() -> None:
    stream, line = line_of(fields=["a", "b"])
    parts = []
    for second in (0, 1):
        stream.append(ts=T0 + second, a=1.0, b=1.0)
        parts.append(line.take(False, 0.0))
    stream.mark_gap("lost")
    stream.append(ts=T0 + 2, a=2.0)
    parts.append(line.take(False, 0.0))
    stream.append(ts=T0 + 3, b=2.0)
    parts.append(line.take(False, 0.0))
    a, b = shown(*parts).state()["flags"]
    assert a == [0, 0, BREAK_BEFORE, ABSENT]
    assert b == [0, 0, BREAK_BEFORE | ABSENT, 0]


# A field along the axis


def test_a_restart_of_the_axis_begins_a_run_and_so_does_a_mark() -> None:
    stream = Stream("s")
    line = SeriesFeed(stream, None, "all", "step")
    for step in (1, 2, 3, 1, 2):
        stream.append(step=step, loss=10.0 - step)
    first = line.take(False, 0.0)
    assert first.body["series"] == ["loss"], "the axis itself is no line"
    stream.mark_run("fine tuning")
    stream.append(step=5, loss=1.0)
    state = shown(first, line.take(False, 0.0)).state()
    assert [flags & NEW_RUN for flags in state["flags"][0]] == [NEW_RUN, 0, 0, NEW_RUN, 0, NEW_RUN]
    assert state["k"] == sorted(state["k"])
    again = shown(line.take(True, 0.0)).state()
    places = [x + at for x, at in zip(again["x"], again["lo_at"][0], strict=True)]
    assert np.round(places, 1).tolist() == [1, 2, 3, 1, 2, 5]


@given(
    st.lists(st.tuples(st.integers(2, 60), st.integers(1, 9), st.integers(0, 40)), min_size=1, max_size=12),
    st.integers(1, 50),
)
@settings(max_examples=60, deadline=None)
def test_runs_are_lines_of_their_own_however_their_records_come(
    runs: list[tuple[int, int, int]], size: int
) -> None:
    """Runs of (length, stride, and where a second field begins), whose values are their numbers."""
    stream = Stream("s", fields=["step", "a", "b"])
    line = SeriesFeed(stream, ["a", "b"], 10.0, "step")
    line.resize(50)
    page = PageBuckets()
    rows = [
        {"step": i * stride, "a": float(run), **({"b": float(run)} if i >= later else {})}
        for run, (length, stride, later) in enumerate(runs)
        for i in range(length)
    ]
    for begin in range(0, len(rows), size):
        stream.extend(rows[begin : begin + size])
        part = line.take(False, 0.0)
        page.replace(part) if part.key else page.append(part)
        anew = SeriesFeed(stream, ["a", "b"], 10.0, "step")
        anew.resize(50)
        again = shown(anew.take(True, 0.0))
        states = [page.state(), again.state()]
        for state in states:  # nothing is drawn into a run from before it
            state["lead"] = [
                None if flags[0] & BREAK_BEFORE else lead
                for lead, flags in zip(state["lead"], state["flags"], strict=True)
            ]
        assert states[0] == states[1], "as if all had come at once"
        for state in states:
            whole = state["flags"][0][0] & NEW_RUN
            run = state["lo"][0][0]
            assert whole or state["lead"][0][1] == run, "what has left the window leads in"
            assert whole or all(lead is None or lead[1] == run for lead in state["lead"])


def test_records_without_a_place_on_the_axis_are_not_drawn() -> None:
    stream = Stream("s")
    line = SeriesFeed(stream, ["loss"], 100.0, "step")
    stream.append(loss=1.0)
    assert "k" not in line.take(False, 0.0).columns
    stream.append(loss=2.0, step=7)
    stream.append(loss=3.0, step=None)
    state = shown(line.take(True, 0.0)).state()
    assert (state["lo"], state["newest"]) == ([[2.0]], 7.0)


@pytest.mark.parametrize("window", ["all", 50.0, points(20)])
@pytest.mark.parametrize("first", [10**18, 1_795_000_000 * 10**9, 2**53 - 4, 2**44 - 4, -(2**53) - 4, 2**64])
@pytest.mark.parametrize("stride", [1, 1000])
def test_integers_of_any_size_stand_where_they_are_along_the_axis(
    window: Any, first: int, stride: int
) -> None:
    stream = Stream("s")
    line = SeriesFeed(stream, ["v"], window * stride if window == 50.0 else window, "id")
    page = PageBuckets()
    origin, given = 0, []
    for step in range(60):
        given.append(first + (3 * step + step % 2) * stride)
        stream.append(id=given[-1], v=float(step))
        part = line.take(False, 0.0)
        if part.key:
            origin = int(part.body.get("origin", "0"))
            page.replace(part)
        else:
            page.append(part)
        assert abs(part.body["newest"]) < 2**45 * page.layout["step"]
        assert origin + int(part.body["newest"]) == given[-1]
    state = page.state()
    places = [origin + round(x + at) for x, at in zip(state["x"], state["lo_at"][0], strict=True)]
    assert places == given[-len(places) :]
    assert len(places) == 60 or places[0] <= given[-1] - 50 * stride, "all that is in view"


def test_an_axis_that_begins_again_beyond_all_bounds_is_drawn_where_it_is() -> None:
    stream = Stream("s")
    line = SeriesFeed(stream, ["v"], 100.0, "id")
    for first in (10**18, 0, 10**17 + 3):
        stream.extend({"id": [first + i for i in range(10)], "v": np.arange(10.0)})
        part = line.take(False, 0.0)
        assert part.key
        assert int(part.body.get("origin", "0")) + int(part.body["newest"]) == first + 9
    state = shown(part).state()
    assert [x + at for x, at in zip(state["x"], state["lo_at"][0], strict=True)][-10:] == pytest.approx(
        np.arange(10) + 3, abs=0.01
    )


# Times that lie


def test_a_record_from_the_future_waits_until_the_present_reaches_it() -> None:
    now = [T0]
    stream = Stream("s", clock=lambda: now[0])
    line = SeriesFeed(stream, ["value"], 10.0)
    stream.append(1.0, ts=T0)
    stream.append(99.0, ts=T0 + 300)
    body = line.take(False, 0.0).body
    assert (body["newest"], body["last"]) == (T0, [1.0])
    assert body["notice"] == "1 record lies ahead of the present, by up to 5 min"
    for second in range(1, 301):
        now[0] = T0 + second
        stream.append(float(second), ts=now[0])
    state = shown(line.take(True, 0.0)).state()
    assert state["newest"] == T0 + 300
    assert 99.0 in state["lo"][0] + state["hi"][0]
    assert line.notice() is None


def test_a_clock_that_is_set_back_takes_the_window_with_it() -> None:
    now = [T0]
    stream = Stream("s", clock=lambda: now[0])
    line = SeriesFeed(stream, ["value"], 60.0)
    for i in range(10):
        now[0] = T0 + i
        stream.append(float(i))
    line.take(False, 0.0)
    now[0] = T0 - 3600
    stream.append(-1.0)
    payload = line.take(False, 0.0)
    assert (payload.key, payload.body["newest"], payload.body["last"]) == (True, T0 - 3600, [-1.0])
    now[0] += 1
    stream.append(-2.0)
    state = shown(line.take(True, 0.0)).state()
    assert state["lo"] == [[-1.0, -2.0]]


# Settings


def test_another_window_and_other_fields_are_shown_from_the_next_part_on() -> None:
    stream, line = line_of(window=1.0, fields=["a"])
    stream.extend({"ts": T0 + np.arange(20.0), "a": np.arange(20.0), "b": -np.arange(20.0)})
    line.take(False, 0.0)
    line.show_window(10.0)
    assert line.changed()
    assert line.window_asked == 10.0
    payload = line.take(False, 0.0)
    assert (payload.key, payload.body["window"], len(shown(payload).buckets)) == (True, 10.0, 11)
    line.show_fields(["b"])
    line.show_window(points(5))
    payload = line.take(False, 0.0)
    assert (payload.body["series"], payload.body["axis"]) == (["b"], "records")
    assert payload.columns["lo"].tolist() == [-15.0, -16.0, -17.0, -18.0, -19.0]
    with pytest.raises(UnknownField):
        line.show_fields(["c"])


def test_fields_that_there_is_no_room_for_are_counted():
    stream = Stream("s")
    feed = SeriesFeed(stream, None, 60.0)
    stream.append({f"f{i}": float(i) for i in range(32)})
    assert "notice" not in feed.take(True, 0.0).body
    stream.append({f"f{i}": float(i) for i in range(40)} | {"word": "a"})
    body = feed.take(False, 0.0).body
    assert body["notice"].startswith("32 of 40 number fields are drawn")
    stream.append({f"f{i}": float(i) for i in range(40)})
    assert "notice" in feed.take(False, 0.0).body, "as long as that is so"
    assert SeriesFeed(stream, [f"f{i}" for i in range(40)], 60.0).notice() is None, "what is named is drawn"


# What cannot be drawn is said


@pytest.mark.parametrize("fields", [None, ["price"]])
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("67000.10", "price is text ('67000.10'): append float(…) of it, or decode with numbers=True"),
        ("closed", "price is text ('closed'): only numbers can be drawn"),
        ((1, 2), "price is of type tuple ((1, 2)): only numbers can be drawn"),
    ],
)
def test_a_line_that_has_nothing_to_draw_says_why(fields: list[str] | None, value: Any, said: str) -> None:
    stream, line = line_of(fields=fields)
    assert "error" not in line.take(False, 0.0).body
    stream.append(price=value)
    assert line.take(False, 0.0).body["error"] == said
    stream.append(price=1.5)
    assert "error" not in line.take(False, 0.0).body


@pytest.mark.parametrize("how", ["append", "extend", "at once"])
def test_a_field_that_began_with_words_is_drawn_from_its_first_number_on(how: str) -> None:
    stream, line = line_of()
    if how == "at once":
        stream.extend({"ts": [T0, T0 + 1], "temp": ["unavailable", 21.5]})
    else:
        stream.append(temp="unavailable", ts=T0)
        assert line.take(False, 0.0).body["series"] == []
        record = {"ts": T0 + 1, "temp": 21.5}
        stream.append(record) if how == "append" else stream.extend([record])
    payload = line.take(False, 0.0)
    assert (payload.body["series"], payload.body["last"]) == (["temp"], [21.5])
    np.testing.assert_array_equal(payload.columns["lo"], [math.nan, 21.5])


def test_integers_that_no_float_holds_are_drawn() -> None:
    stream, line = line_of()
    stream.extend({"wei": [10**18 + i for i in range(5)]})
    payload = line.take(False, 0.0)
    assert (payload.body["series"], payload.body["last"]) == (["wei"], [1e18])


def test_many_records_at_a_time_make_the_buckets_that_few_at_a_time_make() -> None:
    """Choosing the records that matter first changes nothing."""
    rng = np.random.default_rng(3)
    one, other = Stream("s", clock=lambda: T0 + 1000), Stream("s", clock=lambda: T0 + 1000)
    lines = [SeriesFeed(stream, ["a", "b"], 10.0) for stream in (one, other)]
    for line in lines:
        line.resize(50)
        line.take(True, 0.0)
    ts = T0
    for _ in range(60):
        count = int(rng.integers(1, 300))
        times = ts + np.cumsum(rng.exponential(0.0005, count))
        if rng.random() < 0.3:
            times = np.round(times, 2)
        ts = float(times[-1])
        data = {"ts": times, "a": rng.standard_normal(count), "b": np.round(rng.standard_normal(count))}
        if rng.random() < 0.1:
            data["b"][0] = math.nan
        one.extend(data)
        for i in range(0, count, 30):
            other.extend({name: column[i : i + 30] for name, column in data.items()})
            lines[1].take(False, 0.0)
        lines[0].take(False, 0.0)
        found, expected = (shown(line.take(True, 0.0)).state() for line in lines)
        assert found == expected


def test_an_axis_without_numbers_and_values_that_are_all_missing_are_said() -> None:
    stream = Stream("s")
    line = SeriesFeed(stream, ["loss"], "all", "step")
    stream.append(step="1", loss=1.0)
    assert line.take(True, 0.0).body["error"].startswith("step is text ('1'): append int(…)")
    empty = Stream("s")
    along, over = SeriesFeed(empty, ["loss"], "all", "step"), SeriesFeed(empty, ["loss"], 10.0)
    empty.append(step=None, loss=None, ts=T0)
    assert along.take(True, 0.0).body["notice"] == "step: no number yet"
    assert over.take(True, 0.0).body["notice"] == "loss: no number yet"
    empty.append(step=1, loss=0.5, ts=T0 + 1)
    assert "notice" not in along.take(False, 0.0).body
    assert "notice" not in over.take(False, 0.0).body


@pytest.mark.parametrize("window", [10.0, "all", points(400)])
@pytest.mark.parametrize("x", ["ts", "seq", "step"])
def test_the_picture_is_the_same_in_whatever_pieces_it_is_read(
    monkeypatch: pytest.MonkeyPatch, window: Any, x: str
) -> None:
    stream = Stream("s", max_points=900, clock=lambda: T0 + 20)
    rng = np.random.default_rng(4)
    for i in range(5):
        ts = T0 + i * 3 + np.sort(rng.uniform(0, 3, 200))
        stream.extend({"ts": ts, "value": rng.normal(size=200), "step": np.arange(200) + (i % 3) * 200})
        stream.append({"value": None, "step": 200 + (i % 3) * 200}, ts=ts[-1])
        (stream.mark_gap if i % 2 else stream.mark_run)()
    whole = SeriesFeed(stream, ["value"], window, x)
    expected = whole.take(True, 0.0)
    monkeypatch.setattr(series_module, "PIECE", 100)
    monkeypatch.setattr(extracts_module, "MAX_NUMBERS", 70)
    pieces = SeriesFeed(stream, ["value"], window, x)
    found = pieces.take(True, 0.0)
    assert (found.first, found.last, found.body) == (expected.first, expected.last, expected.body)
    assert (pieces.merged, pieces.dropped) == (0, 0)
    assert found.columns.keys() == expected.columns.keys()
    for name, column in expected.columns.items():
        np.testing.assert_array_equal(found.columns[name], column, name)


def test_others_may_append_between_two_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream("s", clock=lambda: T0)
    fill(stream, -10, 10, 100)
    monkeypatch.setattr(series_module, "PIECE", 200)
    between = []

    def appended(seconds: float) -> None:
        thread = threading.Thread(target=lambda: stream.append(1.0))
        thread.start()
        thread.join(30)
        between.append(thread.is_alive())

    monkeypatch.setattr(series_module.time, "sleep", appended)
    line = SeriesFeed(stream, ["value"], "all")
    line.take(True, 0.0)
    assert len(between) >= 5
    assert not any(between)


def test_what_users_have_given_is_asked_while_others_may_append() -> None:
    asked = []

    def append_elsewhere() -> None:
        thread = threading.Thread(target=lambda: stream.append(value=Odd(), ts=T0))
        thread.start()
        thread.join(30)
        asked.append(thread.is_alive())

    class Odd:
        def __repr__(self) -> str:
            append_elsewhere()
            return "odd"

    def clock() -> float:
        if threading.current_thread() is threading.main_thread() and len(stream):
            append_elsewhere()
        return T0

    stream = Stream("s")
    stream.append(value=Odd(), ts=T0)
    stream._clock = clock
    SeriesFeed(stream, ["value"], 10.0).take(True, 0.0)
    assert len(asked) >= 2
    assert not any(asked)


@pytest.mark.parametrize("steps", [[1500], [900, 600], [1450, 50], [40, 1460], [900, 120]])
def test_a_window_of_points_along_a_field_shows_that_many_records(steps: list[int]) -> None:
    stream = Stream("s", clock=lambda: T0)
    line = SeriesFeed(stream, ["loss"], points(100), "step")
    line.resize(800)
    page = PageBuckets()
    page.replace(line.take(True, 0.0))
    for count in steps:
        for begin in range(0, count, 10):
            step = np.arange(begin, begin + 10)
            stream.extend({"step": step, "loss": 1.0 / (1 + step)})
            payload = line.take(False, 0.0)
            (page.replace if payload.key else page.append)(payload)
    newest = stream.read(limit=100, newest=True)["step"]
    assert page.state()["start"] == newest.min()
    if newest[0] == newest.min():  # of one run
        assert max(page.state()["x"]) == newest.max()
    anew = SeriesFeed(stream, ["loss"], points(100), "step").take(True, 0.0)
    assert anew.body["start"] == newest.min()
    assert len(anew.columns["k"]) == 100
