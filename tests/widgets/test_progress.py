"""A progress bar in Python: counting from any thread, how it ends, and what the pages are told."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

import realtime_widgets as rw
from realtime_widgets.browser.frames import Frame
from realtime_widgets.errors import UsageError, WrongType
from support.recorder import Recorder, bodies, settle


def said(widget: Any, **wanted: Any) -> Callable[[Frame], bool]:
    """Whether a frame has a first row like that."""

    def found(frame: Frame) -> bool:
        return any(
            wanted.items() <= row.items()
            for body in bodies(frame, widget)
            for row in body.get("rows", ())[:1]
        )

    return found


def test_it_is_shown_before_it_begins(sent: Recorder):
    bar = rw.Progress("Upload", 100, unit="B", description="soon")
    sent.wait_for(said(bar, title="Upload", total=100, unit="B", note="soon", state="waiting", done=0))
    assert (bar.state, bar.done, bar.elapsed, bar.rate, bar.data_state) == ("waiting", 0, None, None, "idle")
    assert repr(bar) == "Progress('Upload', 0 of 100, waiting)"


def test_counts_reach_the_pages_and_the_last_is_exact(sent: Recorder):
    bar = rw.Progress("Upload", total=10)
    bar.update()
    assert (bar.state, bar.data_state) == ("running", "live")
    sent.wait_for(said(bar, done=1, state="running"))
    bar.update(5)
    bar.set(9)
    sent.wait_for(said(bar, done=9, state="running"))
    bar.update()
    sent.wait_for(said(bar, done=10, state="done"))
    assert (bar.state, bar.data_state, bar.remaining) == ("done", "idle", None)


def test_eight_threads_count_exactly(sent: Recorder):
    bar = rw.Progress("Upload")
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=lambda: [bar.update(2) for _ in range(5000)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    bar.finish()
    assert bar.done == 80_000
    sent.wait_for(said(bar, done=80_000, state="done"))


def test_a_block_ends_it(sent: Recorder):
    with rw.Progress("a", total=3) as bar:
        bar.update(3)
        assert bar.state == "running", "there may be more to do in the block"
    assert (bar.state, bar.error) == ("done", "")


@pytest.mark.parametrize(
    ("error", "state", "text"),
    [(ValueError("no room"), "failed", "ValueError: no room"), (KeyboardInterrupt(), "stopped", "")],
)
def test_an_exception_in_the_block_is_said(sent: Recorder, error: BaseException, state: str, text: str):
    bar = rw.Progress("a", total=3)

    def work() -> None:
        with bar:
            bar.update(2)
            raise error

    with pytest.raises(type(error)):
        work()
    assert (bar.state, bar.error, bar.done) == (state, text, 2)
    sent.wait_for(said(bar, done=2, state=state))


def test_who_counts_can_say_how_it_ended(sent: Recorder):
    bars = [rw.Progress(name, total=9) for name in "abc"]
    bars[0].fail(OSError("disk full"))
    bars[1].fail("the server said no")
    bars[2].update(3)
    bars[2].stop()
    assert [(bar.state, bar.error) for bar in bars] == [
        ("failed", "OSError: disk full"),
        ("failed", "the server said no"),
        ("stopped", ""),
    ]


def test_more_than_the_total_is_what_it_is(sent: Recorder):
    bar = rw.Progress("a", total=10)
    bar.update(12)
    sent.wait_for(said(bar, done=12, total=10, state="done"))
    bar.total = 20
    bar.update(1)
    sent.wait_for(said(bar, done=13, total=20, state="running"))


def test_what_is_set_later_reaches_the_pages(sent: Recorder):
    bar = rw.Progress("a")
    bar.update()
    bar.total = 40
    bar.description = "loss 0.31"
    bar.unit = "files"
    bar.title = "b"
    sent.wait_for(said(bar, title="b", total=40, note="loss 0.31", unit="files"))
    assert (bar.total, bar.description, bar.unit) == (40, "loss 0.31", "files")


def test_text_may_be_anything(sent: Recorder):
    bar = rw.Progress("half \ud800 <b>", description="\udfff\x00")
    frame = sent.wait_for(said(bar, state="waiting"))
    (body,) = bodies(frame, bar)[:1]
    body["rows"][0]["title"].encode()


def test_its_stream_ends_with_the_exact_record(sent: Recorder):
    bar = rw.Progress("a", total=10)
    stream = bar.stream
    for _ in range(10):
        bar.update()
    assert stream.last is not None
    assert (stream.last["done"], stream.last["state"], stream.complete) == (10, "done", True)
    assert rw.LiveChart(stream, y="rate").data_state == "idle"


def test_a_bar_that_is_closed_has_ended(sent: Recorder):
    bar = rw.Progress("a", total=10)
    stream = bar.stream
    bar.update(4)
    bar.close()
    assert (bar.state, stream.last["done"], bar.comm) == ("stopped", 4, None)  # type: ignore[index]
    settle()


def test_a_dashboard_takes_it(sent: Recorder):
    bar = rw.Progress("a", total=10)
    rw.Dashboard([bar, rw.MetricCard("b", 1)])
    bar.pause()
    assert bar.data_state == "paused"


def test_loops_in_the_block_have_rows_below_it(sent: Recorder):
    with rw.Progress("files", total=2) as bar:
        for _ in range(2):
            for _ in rw.track(range(3), "lines"):
                pass
            bar.update()
    frame = sent.wait_for(lambda frame: any(len(body["rows"]) > 1 for body in bodies(frame, bar)))
    assert frame
    assert [row.title for row in bar._rows.said()[0]] == ["files", "lines"]


# What is refused


@pytest.mark.parametrize("count", [-1, 1.5, float("nan"), "3", None, True, 10**400])
def test_what_is_no_count_is_not_counted(sent: Recorder, count: Any):
    bar = rw.Progress("a", total=10)
    for method in (bar.update, bar.set):
        with pytest.raises(UsageError, match="of a progress bar cannot be"):
            method(count)
    assert (bar.done, bar.state) == (0, "waiting")
    bar.update(2.0)  # type: ignore[arg-type]
    assert bar.done == 2


@pytest.mark.parametrize("total", ["10", -1, 2.5, float("inf"), [1], 2**60])
def test_what_is_no_count_is_no_total(sent: Recorder, total: Any):
    with pytest.raises(UsageError, match=r"total=.* cannot be"):
        rw.Progress("a", total)
    bar = rw.Progress("a", 3)
    with pytest.raises(UsageError, match=r"total=.* cannot be"):
        bar.total = total
    assert bar.total == 3


def test_misspelled_settings_and_misplaced_arguments_are_named(sent: Recorder):
    with pytest.raises(WrongType, match="cannot be called 100: pass a str; a count goes to total=100"):
        rw.Progress(100)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="did you mean 'description'"):
        rw.Progress("a", descripton="x")  # type: ignore[call-arg]
    bar = rw.Progress("a")
    with pytest.raises(AttributeError, match="did you mean 'total'"):
        bar.totl = 3  # type: ignore[attr-defined]
