"""A loop with its progress: what is counted, how it ends, and which loop has which row."""

from __future__ import annotations

import asyncio
import copy
import gc
import itertools
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pandas as pd
import pytest

import realtime_widgets as rw
from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.widgets import tracking
from realtime_widgets.widgets.gathering import MOST_CARDS
from realtime_widgets.widgets.left_loops import LeftLoops
from realtime_widgets.widgets.nesting import current_loop
from support.kernel import Kernel, running_kernel
from support.recorder import Recorder, bodies


def end(bar: tracking.Tracked[Any]) -> tuple[Any, ...]:
    last = bar.stream.last
    assert last is not None
    assert (last["done"], last["state"]) == (bar.done, bar.state)
    return bar.state, bar.done, bar.error


def rows(bar: tracking.Tracked[Any]) -> list[tuple[str, int, int, int, str]]:
    said, _ = bar.progress._rows.said()
    return [(row.title, row.depth, row.runs, row.done, row.state) for row in said]


# What is iterated over


@pytest.mark.parametrize("items", [[1, 2, 3], (1, 2, 3), range(1, 4), {1: 0, 2: 0, 3: 0}, iter([1, 2, 3])])
def test_the_items_come_as_they_are(items: Any):
    bar = rw.track(items, "a")
    assert list(bar) == [1, 2, 3]
    assert end(bar) == ("done", 3, "")
    assert current_loop() is None


def test_an_item_counts_once_the_loop_has_done_with_it():
    bar = rw.track("abc")
    assert [bar.done for _ in bar] == [0, 1, 2]


def test_a_sequence_of_the_old_kind_and_a_loader_that_refuses_its_length():
    class Old:
        def __getitem__(self, index: int) -> int:
            if index == 3:
                raise IndexError
            return index

    class Loader:
        def __len__(self) -> int:
            raise TypeError("an IterableDataset has no len")

        def __iter__(self) -> Iterator[int]:
            return iter((1, 2))

    old, loader = rw.track(Old()), rw.track(Loader())  # type: ignore[arg-type]
    assert (list(old), old.total) == ([0, 1, 2], None)
    assert (list(loader), loader.total, end(loader)) == ([1, 2], None, ("done", 2, ""))


def test_the_total_is_the_length_unless_it_is_told():
    assert (rw.track([1, 2]).total, rw.track([1, 2], total=9).total, len(rw.track([1, 2]))) == (2, 9, 2)
    assert rw.track(iter([1])).total is None
    bar = rw.track(iter(range(12)), total=10)
    assert list(bar) == list(range(12))
    assert end(bar) == ("done", 12, "")
    bar.total = 12
    assert bar.total == 12


def test_a_table_is_iterated_by_its_columns():
    table = pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]})
    bar, rows = rw.track(table), rw.track(table.itertuples(), total=len(table))
    assert (list(bar), bar.total, end(bar)) == (["a", "b"], 2, ("done", 2, ""))
    assert (len(list(rows)), end(rows)) == (3, ("done", 3, ""))


@pytest.mark.parametrize("told", [2, 9])
def test_a_length_may_be_wrong(told: int):
    class Loader:
        def __len__(self) -> int:
            return told

        def __iter__(self) -> Iterator[int]:
            return iter(range(5))

    bar: tracking.Tracked[int] = rw.track(Loader())
    assert (list(bar), bar.total, end(bar)) == ([*range(5)], told, ("done", 5, ""))


def test_nothing_at_all_is_done_at_once():
    bar = rw.track([])
    assert list(bar) == []
    assert end(bar) == ("done", 0, "")


# How it ends


def test_a_break_stops_it():
    bar = rw.track(range(10))
    for i in bar:
        if i == 4:
            break
    assert end(bar) == ("stopped", 4, "")
    assert current_loop() is None


def test_an_exception_in_the_loop_stops_it_exactly_and_is_not_swallowed():
    """That it has failed is told by the end of the cell, see below."""
    bar = rw.track(range(10))

    def work() -> None:
        for i in bar:
            if i == 4:
                raise ValueError("bad batch")

    with pytest.raises(ValueError, match="bad batch"):
        work()
    assert end(bar) == ("stopped", 4, "")
    assert current_loop() is None


def test_an_exception_of_the_items_is_told_exactly():
    def items() -> Iterator[int]:
        yield 1
        raise OSError("disk \ud800")

    bar = rw.track(items())
    with pytest.raises(OSError, match="disk"):
        list(bar)
    assert end(bar) == ("failed", 1, "OSError: disk \ud800")


def test_an_interrupt_stops_it():
    def items() -> Iterator[int]:
        yield 1
        raise KeyboardInterrupt

    bar = rw.track(items())
    with pytest.raises(KeyboardInterrupt):
        list(bar)
    assert end(bar) == ("stopped", 1, "")


def test_a_generator_that_is_closed_or_forgotten_stops_it():
    closed, forgotten = rw.track(range(9)), rw.track(range(9))
    iterator: Any = iter(closed)
    next(iterator), next(iterator)
    iterator.close()
    other = iter(forgotten)
    next(other)
    del other
    gc.collect()
    assert [end(closed), end(forgotten)] == [("stopped", 1, ""), ("stopped", 0, "")]
    assert current_loop() is None


def zipped(bars: list[tracking.Tracked[Any]]) -> None:
    for _ in zip(*bars, strict=False):
        pass


def in_c(bars: list[tracking.Tracked[Any]]) -> None:
    assert len(list(zip(*bars, strict=False))) == 3


def mapped(bars: list[tracking.Tracked[Any]]) -> None:
    for _ in map(lambda *items: items, *bars):
        pass


def strictly(bars: list[tracking.Tracked[Any]]) -> None:
    for _ in zip(*bars, strict=True):
        pass


@pytest.mark.parametrize("loop", [zipped, in_c, mapped, strictly])
def test_what_is_zipped_is_done_with_its_last_item_whoever_is_asked_for_more(loop: Callable[..., None]):
    bars = [rw.track(range(3), name) for name in "abc"]
    loop(bars)
    assert [end(bar) for bar in bars] == [("done", 3, "")] * 3
    assert current_loop() is None


@pytest.mark.parametrize("loop", [zipped, in_c, mapped])
def test_what_is_longer_is_stopped(loop: Callable[..., None]):
    bars = [rw.track(range(count)) for count in (3, 10)]
    loop(bars)
    assert [bar.state for bar in bars] == ["done", "stopped"]
    bars = [rw.track(range(count)) for count in (10, 3)]
    loop(bars)
    assert [end(bar) for bar in bars] == [("stopped", 3, ""), ("done", 3, "")]


def test_a_slice_of_all_is_done_and_one_of_some_is_stopped():
    for bar, count in ((whole := rw.track(range(3)), 3), (some := rw.track(range(10)), 3)):
        for _ in itertools.islice(bar, count):
            pass
    assert (end(whole), end(some)) == (("done", 3, ""), ("stopped", 2, ""))


def test_a_break_at_the_last_item_stops_it_nevertheless():
    bar = rw.track(range(3))
    for i in enumerate(bar):
        if i[0] == 2:
            break
    assert end(bar) == ("stopped", 2, "")


def test_an_exception_at_the_last_item_of_all_makes_none_of_them_done():
    bars = [rw.track(range(3)) for _ in range(2)]
    with pytest.raises(ZeroDivisionError):
        list(map(lambda *items: 1 / (items[0] - 2), *bars))
    assert [bar.state for bar in bars] == ["stopped", "stopped"]
    bars = [rw.track(range(3)) for _ in range(2)]

    def work() -> None:
        for i, _ in zip(*bars, strict=False):
            1 / (i - 2)

    with pytest.raises(ZeroDivisionError):
        work()
    assert [bar.state for bar in bars] == ["stopped", "stopped"]


def test_an_iterator_has_no_part_in_what_a_later_one_does():
    bar = rw.track(range(5))
    stream = bar.stream
    old = iter(bar)
    next(old), next(old)
    for i in bar:
        if i == 1:
            next(old)
            assert (bar.state, bar.done) == ("running", 1)
        if i == 3:
            del old
            assert (bar.state, bar.done) == ("running", 3)
    assert (end(bar), len(stream.runs)) == (("done", 5, ""), 1)
    assert current_loop() is None


def test_nor_has_one_within_another_loop():
    outer = rw.track(range(1), "outer")
    for _ in outer:
        inner = rw.track(range(3), "inner")
        old = iter(inner)
        next(old)
        list(inner)
        del old
    assert rows(outer) == [("outer", 0, 1, 1, "done"), ("inner", 1, 2, 3, "done")]


def test_nor_has_one_of_async_for():
    async def run() -> None:
        class Again:
            def __aiter__(self) -> AsyncIterator[int]:
                return slowly(3)

        bar = rw.track(Again(), total=3)
        old = aiter(bar)
        await anext(old), await anext(old)
        async for i in bar:
            if i == 1:
                await anext(old)
                del old
                assert (bar.state, bar.done) == ("running", 1)
        assert end(bar) == ("done", 3, "")

    asyncio.run(run())


def test_it_can_be_iterated_again():
    bar = rw.track([1, 2])
    stream = bar.stream
    assert [list(bar), list(bar)] == [[1, 2], [1, 2]]
    assert (end(bar), len(stream.runs), rows(bar)) == (("done", 2, ""), 1, [("", 0, 2, 2, "done")])


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> LeftLoops:
    """Those of a notebook, whose cell the test ends."""
    made = LeftLoops()
    made._is_told = True
    monkeypatch.setattr(tracking, "get_left_loops", lambda: made)
    return made


def run(left: LeftLoops, cell: Callable[[], object]) -> None:
    try:
        cell()
    except Exception as error:
        left._explain(error)
    else:
        left._explain(None)


def test_an_error_of_the_outer_loop_is_none_of_an_inner_one_that_was_stopped_before(left: LeftLoops):
    outer = rw.track(range(3), "outer")

    def cell() -> None:
        for i in outer:
            [0][i]
            for j in rw.track(range(9), "inner"):
                if j == 3:
                    break

    outer.progress  # noqa: B018 (its rows)
    run(left, cell)
    assert [row[3:] for row in rows(outer)] == [(1, "failed"), (3, "stopped")]
    assert outer.stream.last is not None
    assert outer.stream.last["state"] == "failed"


def test_async_loops_are_told_likewise(left: LeftLoops):
    first, second = rw.track(slowly(9)), rw.track(slowly(9))

    async def work() -> None:
        async for i in first:
            if i == 2:
                break
        async for i in second:
            [0, 1][i]

    run(left, lambda: asyncio.run(work()))
    assert (first.state, second.state, second.error) == (
        "stopped",
        "failed",
        "IndexError: list index out of range",
    )


def test_of_two_loops_at_one_place_that_which_the_exception_left_has_failed(left: LeftLoops):
    bars = [rw.track(range(9), f"epoch {i}") for i in range(3)]

    def cell() -> None:
        for i, bar in enumerate(bars):
            try:
                for j in bar:
                    if i == 0:
                        break
                    [0, 1][j]
            except IndexError:
                if i == 2:
                    raise

    run(left, cell)
    assert [(bar.state, bar.done) for bar in bars] == [("stopped", 0), ("stopped", 2), ("failed", 2)]


def test_an_exception_in_what_a_map_calls_is_told(left: LeftLoops):
    bar = rw.track([2, 1, 0])
    run(left, lambda: list(map(lambda item: 1 / item, bar)))
    assert (bar.state, bar.done, bar.error) == ("failed", 2, "ZeroDivisionError: division by zero")


def test_what_an_exception_has_left_before_it_became_another_has_failed_by_the_first(left: LeftLoops):
    first, second = rw.track([2, 1, 0]), rw.track([2, 1, 0])

    def cell() -> None:
        try:
            for item in first:
                1 / item
        except ZeroDivisionError as error:
            raise RuntimeError("it did not work") from error

    async def job() -> None:
        for item in second:
            1 / item

    async def jobs() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(job())

    run(left, cell)
    run(left, lambda: asyncio.run(jobs()))
    told = ("failed", 2, "ZeroDivisionError: division by zero")
    assert [(bar.state, bar.done, bar.error) for bar in (first, second)] == [told, told]


@pytest.fixture
def notebook(left: LeftLoops, monkeypatch: pytest.MonkeyPatch) -> LeftLoops:
    """One in which a cell runs, without its displays."""
    monkeypatch.setattr(tracking.notebook, "is_here", lambda: True)
    monkeypatch.setattr(tracking, "display_once", lambda _: None)
    return left


def test_one_that_an_exception_does_not_end_is_ended_with_its_cell(notebook: LeftLoops, sent: Recorder):
    bars = [rw.track([2, 1, 0]) for _ in range(3)]
    kept: list[Exception] = []
    other = iter(rw.track([1, 2], "another"))
    next(other)

    def cell() -> None:
        assert sum(1 / item for item in bars[0] if item) == 1.5
        try:
            sum(1 / item for item in bars[1])
        except ZeroDivisionError as error:
            kept.append(error)
        sum(1 / item for item in bars[2])

    run(notebook, cell)
    assert [bar.state for bar in bars] == ["done", "running", "failed"]
    assert (bars[2].done, bars[2].error) == (2, "ZeroDivisionError: division by zero")
    assert next(other) == 2
    kept.clear()
    gc.collect()
    assert [bar.state for bar in bars] == ["done", "stopped", "failed"]


def test_of_one_that_its_frame_has_by_a_name_only_that_it_is_over_is_known(
    notebook: LeftLoops, sent: Recorder
):
    bar = rw.track([2, 1, 0])

    def cell() -> None:
        items = iter(bar)
        for _ in items:
            break
        1 / 0  # noqa: B018

    try:
        cell()
    except ZeroDivisionError as error:
        notebook._explain(error)
        assert (bar.state, bar.done, bar.error) == ("stopped", 0, "")


def test_one_that_is_dropped_at_the_end_of_the_program_is_silent():
    code = "import realtime_widgets as rw\nbar = rw.track(range(3))\nit = iter(bar)\nnext(it)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_one_that_nobody_is_seen_to_leave_is_stopped(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tracking, "places_above", lambda _: [])
    bar = rw.track(range(3))
    for _ in bar:
        break
    assert end(bar) == ("stopped", 0, "")


# Loops within loops


def test_inner_loops_have_rows_below_and_take_them_over():
    outer = rw.track(range(100), "Epochs")
    for _ in outer:
        for _ in rw.track(range(5), "Train"):
            for _ in rw.track(range(2), "Layers"):
                pass
        for _ in rw.track(range(3), "Test"):
            pass
    assert rows(outer) == [
        ("Epochs", 0, 1, 100, "done"),
        ("Train", 1, 100, 5, "done"),
        ("Layers", 2, 500, 2, "done"),
        ("Test", 1, 100, 3, "done"),
    ]
    assert current_loop() is None


def test_an_inner_loop_that_fails_closes_its_nesting():
    outer = rw.track(range(3), "outer")
    for _ in outer:
        try:
            for _ in rw.track(range(2), "inner"):
                raise ValueError("x")
        except ValueError:
            pass
        for _ in rw.track(range(2), "next"):
            break
    assert rows(outer) == [
        ("outer", 0, 1, 3, "done"),
        ("inner", 1, 3, 0, "stopped"),
        ("next", 1, 3, 0, "stopped"),
    ]


def test_an_exception_through_both_ends_both():
    outer = rw.track(range(3), "outer")

    def work() -> None:
        for _ in outer:
            for i in rw.track(range(9), "inner"):
                if i == 5:
                    raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        work()
    assert [row[3:] for row in rows(outer)] == [(0, "stopped"), (5, "stopped")]
    assert current_loop() is None
    after = rw.track([1], "after")
    list(after)
    assert rows(after) == [("after", 0, 1, 1, "done")]


def test_a_loop_of_another_thread_is_its_own():
    seen: list[object] = []
    for _ in rw.track(range(1), "outer"):

        def work() -> None:
            bar = rw.track(range(3), "inner")
            seen.extend([list(bar), rows(bar)])

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert seen == [[0, 1, 2], [("inner", 0, 1, 3, "done")]]


def test_one_whose_card_stands_elsewhere_stays_there(sent: Recorder):
    inner = rw.track(range(3), "inner")
    card = inner.progress
    for _ in rw.track(range(1), "outer"):
        list(inner)
    assert (card.done, rows(inner)) == (3, [("inner", 0, 1, 3, "done")])


# `async for`


async def slowly(count: int, error: BaseException | None = None) -> AsyncIterator[int]:
    for i in range(count):
        await asyncio.sleep(0)
        yield i
    if error is not None:
        raise error


def test_async_items_come_as_they_are():
    async def run() -> tuple[Any, ...]:
        bar = rw.track(slowly(5), "a", total=5)
        return [i async for i in bar], end(bar)

    assert asyncio.run(run()) == ([0, 1, 2, 3, 4], ("done", 5, ""))


def test_async_loops_end_like_others_and_at_once():
    async def run() -> list[tuple[Any, ...]]:
        bars = [rw.track(slowly(9)), rw.track(slowly(9)), rw.track(slowly(2, OSError("lost")))]
        async for i in bars[0]:
            if i == 3:
                break
        try:
            async for i in bars[1]:
                if i == 2:
                    raise ValueError("x")
        except ValueError:
            pass
        try:
            async for _ in bars[2]:
                pass
        except OSError:
            pass
        return [end(bar) for bar in bars]

    stopped, failed, lost = asyncio.run(run())
    assert (stopped, lost) == (("stopped", 3, ""), ("failed", 2, "OSError: lost"))
    assert failed == ("stopped", 2, "")


def test_a_task_that_is_cancelled_stops_it():
    async def run() -> tuple[Any, ...]:
        async def never() -> AsyncIterator[int]:
            yield 1
            await asyncio.sleep(3600)

        bar = rw.track(never())
        begun = asyncio.Event()

        async def work() -> None:
            async for _ in bar:
                begun.set()

        task = asyncio.create_task(work())
        await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return end(bar)

    assert asyncio.run(run()) == ("stopped", 1, "")


def test_tasks_within_a_loop_have_a_row_each():
    async def run() -> list[Any]:
        outer = rw.track(range(2), "round")

        async def job() -> None:
            async for _ in rw.track(slowly(3), "job"):
                pass

        for _ in outer:
            await asyncio.gather(job(), job(), job())
        return rows(outer)

    assert asyncio.run(run()) == [("round", 0, 1, 2, "done"), *[("job", 1, 2, 3, "done")] * 3]


# Its stream, its card


def test_its_stream_can_be_followed_while_it_runs():
    bar = rw.track(range(3), "a")
    stream = bar.stream
    sampled = threading.Event()
    undo = stream.listen(lambda: len(stream) > 2 and sampled.set())
    for i in bar:
        if i == 1:
            assert sampled.wait(30), "the sampler looks at it"
    undo()
    assert stream.last is not None
    assert (stream.last["done"], stream.complete, stream.number_fields) == (
        3,
        True,
        ("done", "rate", "elapsed"),
    )


def test_its_card_says_the_same_and_what_is_set(sent: Recorder):
    bar = rw.track(range(3), "a", unit="files", description="first")
    card = bar.progress
    assert bar.progress is card
    for _ in bar:
        bar.description = "loss 0.31"
    assert (card.done, card.state, card.description, bar.title) == (3, "done", "loss 0.31", "a")
    sent.wait_for(
        lambda frame: any(
            {"done": 3, "state": "done", "note": "loss 0.31", "unit": "files"}.items()
            <= body["rows"][0].items()
            for body in bodies(frame, card)
        )
    )
    assert (bar.rate, bar.remaining) == (card.rate, None)
    assert repr(bar) == "track('a', 3 of 3, done)"


def test_outside_a_notebook_nothing_is_made(sent: Recorder, capfd: pytest.CaptureFixture[str]):
    assert list(rw.track(range(1000), "a")) == list(range(1000))
    assert (sent.frames, capfd.readouterr()) == ([], ("", ""))


def test_a_forked_child_iterates_in_peace():
    bar = rw.track(range(3), "outer")
    stream = bar.stream
    for _ in bar:
        child = os.fork()
        if child == 0:
            inner = rw.track(range(5), "inner")
            ok = sum(inner) == 10 and inner.state == "done" and current_loop() is None
            os._exit(0 if ok else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (bar.state, stream.complete) == ("done", True)


# What is refused


@pytest.mark.parametrize(
    ("items", "hint"), [(5, r"pass range\(5\)"), (None, "pass a list, a loader, a generator")]
)
def test_what_cannot_be_iterated_over_is_said_at_once(items: Any, hint: str):
    with pytest.raises(WrongType, match=hint):
        rw.track(items)


def test_the_wrong_kind_of_loop_is_named():
    with pytest.raises(WrongType, match="is iterated by `async for`"):
        iter(rw.track(slowly(1)))
    with pytest.raises(WrongType, match="is iterated by `for`"):
        rw.track([1]).__aiter__()


@pytest.mark.parametrize("take", [copy.copy, copy.deepcopy, pickle.dumps])
def test_it_is_neither_copied_nor_pickled(take: Callable[[Any], object]):
    with pytest.raises(WrongType, match=r"track\('a', 0 of 1, waiting\) can be neither copied nor pickled"):
        take(rw.track([1], "a"))


def test_what_was_meant_is_named():
    with pytest.raises(WrongType, match=r"a loop cannot be called 100: .* total=100"):
        rw.track([1], 100)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="total= of a progress bar cannot be -1"):
        rw.track([1], total=-1)
    with pytest.raises(TypeError, match="did you mean 'total'"):
        rw.track([1], totla=1)  # type: ignore[call-arg]


def test_one_that_is_iterated_within_two_loops_is_on_both_cards_as_it_was_there():
    val = rw.track([1, 2, 3], "val")
    first, second = rw.track([1, 2], "A"), rw.track([1], "B")
    for outer in (first, second):
        outer.progress  # noqa: B018 (its rows)
        for _ in outer:
            for each in val:
                if outer is second and each == 2:
                    break
    assert [rows(outer)[1] for outer in (first, second)] == [
        ("val", 1, 2, 3, "done"),
        ("val", 1, 1, 1, "stopped"),
    ]


def test_it_is_true_unless_there_is_nothing():
    assert [bool(rw.track(items)) for items in (iter(()), [1], [])] == [True, True, False]
    with pytest.raises(TypeError):
        len(rw.track(iter(())))


def test_a_misspelled_attribute_is_named_in_reading_and_in_setting():
    bar = rw.track([1])
    with pytest.raises(AttributeError, match="did you mean 'description'"):
        bar.descripton  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match="did you mean 'description'"):
        bar.descripton = "x"  # type: ignore[attr-defined]


# In a notebook


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with running_kernel() as made:
        made.run("import realtime_widgets as rw, ipywidgets as ipw, os", cell="begin")
        yield made


VIEW = "application/vnd.jupyter.widget-view+json"


def views(shown: list[dict[str, Any]]) -> int:
    return sum(VIEW in each for each in shown)


def cards(kernel: Kernel) -> int:
    found = kernel.value(
        "sum(type(w).__name__ == 'CardOfLoop' for w in ipw.widgets.widget._instances.values())"
    )
    assert isinstance(found, int)
    return found


def test_the_running_cell_shows_one_card_and_its_next_run_replaces_it(kernel: Kernel):
    code = "for _ in rw.track(range(3), 'a'):\n    for _ in rw.track(range(2), 'b'): pass"
    for _ in range(4):
        assert views(kernel.run(code, cell="a")) == 1
    assert cards(kernel) == 1


def test_loops_one_after_the_other_have_a_card_each(kernel: Kernel):
    code = "for _ in range(3):\n    for _ in rw.track(range(2), 'b'): pass"
    assert views(kernel.run(code, cell="a")) == 3


POOL = """
from concurrent.futures import ThreadPoolExecutor
def job(i):
    for _ in rw.track(range(3), f'job {i}'): pass
"""


@pytest.mark.parametrize(
    "code",
    [
        "for _ in rw.track(range(1), 'outer'):\n    with ThreadPoolExecutor(4) as pool: list(pool.map(job, range(300)))",
        "with ThreadPoolExecutor(4) as pool: list(pool.map(job, range(300)))",
        "with ThreadPoolExecutor(1) as pool: list(pool.map(job, range(300)))",
        "with rw.Progress('jobs'), ThreadPoolExecutor(4) as pool: list(pool.map(job, range(300)))",
    ],
)
def test_loops_of_threads_have_rows_on_one_card_of_the_cell_that_started_them(kernel: Kernel, code: str):
    assert views(kernel.run(POOL + code, cell="a")) == 1
    assert cards(kernel) <= 1


def test_the_job_of_a_pool_that_ends_the_cell_is_seen_to_have_failed(kernel: Kernel):
    code = """
from concurrent.futures import ThreadPoolExecutor
def risky(i):
    for _ in rw.track(range(3), f'job {i}'):
        if i == 7: raise ValueError('seven')
with ThreadPoolExecutor(2) as pool: list(pool.map(risky, range(100)))
"""
    with pytest.raises(AssertionError, match="seven"):
        kernel.run(code, cell="a")
    while not kernel.run("print(1)", cell="b"):
        pass
    cards = "[w for w in ipw.widgets.widget._instances.values() if type(w).__name__ == 'CardOfLoop']"
    said = kernel.value(
        f"[(r.title, r.error) for w in {cards} for r in w._rows.said()[0] if r.state == 'failed']"
    )
    assert said == [("job 7", "ValueError: seven")]


def test_loops_that_run_beside_each_other_have_one_card(kernel: Kernel):
    code = """
import asyncio
async def job(i):
    for _ in rw.track(range(3), f'job {i}'): await asyncio.sleep(0)
await asyncio.gather(*map(job, range(300)))
"""
    assert views(kernel.run(code, cell="a")) == 1


def test_loops_one_after_the_other_have_no_more_cards_than_can_be_read(kernel: Kernel):
    code = "for i in range(300):\n    for _ in rw.track(range(2), f'job {i}'): pass"
    for _ in range(2):
        assert views(kernel.run(code, cell="a")) == MOST_CARDS


def test_a_card_that_is_shown_is_not_shown_twice(kernel: Kernel):
    kernel.run("bar = rw.track(range(3), 'a')\ndisplay(rw.Dashboard([bar.progress]))", cell="a")
    assert views(kernel.run("for _ in bar: pass", cell="b")) == 0
    code = "with rw.Progress('a', total=2) as p:\n    p.update(2)"
    assert views(kernel.run(code, cell="c")) == 1
    assert views(kernel.run("p = rw.Progress('a', total=2); display(p)\nwith p: p.update(2)", cell="d")) == 1


def test_the_end_of_a_cell_tells_how_it_failed(kernel: Kernel):
    with pytest.raises(AssertionError, match="division by zero"):
        kernel.run("bar = rw.track(range(3), 'a')\nfor i in bar:\n    if i == 1: 1 / 0", cell="a")
    while not kernel.run(
        "print(1)", cell="b"
    ):  # what is asked before the kernel is through with the error is refused
        pass
    assert kernel.value("bar.state, bar.done, bar.error") == (
        "failed",
        1,
        "ZeroDivisionError: division by zero",
    )


@pytest.mark.parametrize(
    "body",
    [
        "with contextlib.nullcontext():\n  if i == 1: 1 / 0",
        "try:\n  if i == 1: 1 / 0\n finally: pass",
        "for j in rw.track(range(2), 'b'):\n  if i == 1: 1 / 0",
    ],
)
def test_it_does_so_through_blocks_and_loops(kernel: Kernel, body: str):
    code = f"import contextlib\nbar = rw.track(range(3), 'a')\nfor i in bar:\n {body}"
    with pytest.raises(AssertionError, match="division by zero"):
        kernel.run(code, cell="a")
    while not kernel.run("print(1)", cell="b"):
        pass
    assert kernel.value("bar.state, bar.done") == ("failed", 1)


def test_a_fork_of_the_kernel_shows_nothing(kernel: Kernel):
    code = """
child = os.fork()
if child == 0:
    for _ in rw.track(range(3), 'a'): pass
    os._exit(0)
print(os.waitpid(child, 0)[1])
"""
    shown = kernel.run(code, cell="a")
    assert [each for each in shown if VIEW in each] == []
    assert "".join(each.get("stream", "") for each in shown).strip() == "0"
