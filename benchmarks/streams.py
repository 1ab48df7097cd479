"""How fast streams take data, and how much memory they need, beside what is used today.

    python benchmarks/streams.py [--json results.json]

Each speed is the best of several runs, because other programs only ever make one slower; "first" is what it says.
Values are field values; the times that go with them are not counted. Times run on from batch to batch, as data has
them as a rule.
"""

from __future__ import annotations

import argparse
import collections
import datetime as dt
import json
import mmap
import platform
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from realtime_widgets.streams import Stream

BATCH = 10_000
MILLION = 1_000_000
FIELDS = ("a", "b", "c", "d")
MEGABYTE = 1e6


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    name: str
    value: float
    unit: str
    target: float | None = None
    at_most: bool = False

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        return (
            "pass" if (self.value <= self.target if self.at_most else self.value >= self.target) else "FAIL"
        )


def best_rate(work: Callable[[], object], amount: int, repeat: int = 5) -> float:
    """Return how much of `amount` per second `work` does at its best."""
    best = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return amount / best


def times(calls: int, fn: Callable[[], object]) -> Callable[[], None]:
    def work() -> None:
        for _ in range(calls):
            fn()

    return work


def batches(count: int) -> list[dict[str, np.ndarray]]:
    """Return tables whose times run on from one to the next; the values are the same in all."""
    ts = np.arange(BATCH, dtype=np.float64)
    columns = {name: np.random.default_rng(1).random(BATCH) for name in FIELDS}
    return [{"ts": ts + n * BATCH, **columns} for n in range(count)]


def filled(tables: list[dict[str, np.ndarray]]) -> Stream:
    stream = Stream(max_points=len(tables) * BATCH)
    for table in tables:
        stream.extend(table)
    return stream


def filling() -> list[Result]:
    """Fill empty streams with memory that the process has had before, and say how fast new memory can be written at
    all: the system brings it in page by page, and for a stream once more whenever its columns double. That is what
    makes the first one slow.
    """
    tables, amount = batches(100), MILLION * len(FIELDS)
    rates = {"Stream.extend, filling 1,000,000, again": best_rate(lambda: filled(tables), amount)}
    if hasattr(mmap, "MAP_PRIVATE"):
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS

        def write_once() -> None:
            for _ in range(1 + len(FIELDS)):
                np.frombuffer(mmap.mmap(-1, MILLION * 8, flags=flags))[:] = 1.0

        rates["  numpy alone, writing to new memory"] = best_rate(write_once, amount)
    return [Result(name, rate, "values/s") for name, rate in rates.items()]


def keeping(max_points: int, target: float | None) -> Result:
    """Extend a stream that is full."""
    calls, repeat, filled_by = 20, 5, max_points // BATCH
    tables = batches(filled_by + calls * repeat)
    stream, coming = filled(tables[:filled_by]), iter(tables[filled_by:])
    rate = best_rate(times(calls, lambda: stream.extend(next(coming))), calls * BATCH * len(FIELDS), repeat)
    return Result(f"Stream.extend, {max_points:,} points kept", rate, "values/s", target)


def extending() -> list[Result]:
    results = [*filling(), keeping(100_000, 50e6), keeping(MILLION, None)]
    calls = 20
    amount = calls * BATCH * len(FIELDS)
    [table] = batches(1)
    ts, *columns = table.values()
    deque: collections.deque[tuple[float, ...]] = collections.deque(maxlen=100_000)
    rows = list(zip(ts.tolist(), *(column.tolist() for column in columns), strict=True))
    rate = best_rate(times(calls, lambda: deque.extend(rows)), amount)
    results.append(Result("deque.extend, tuples made before", rate, "values/s"))

    def as_tuples() -> None:
        deque.extend(zip(ts.tolist(), *(column.tolist() for column in columns), strict=True))

    results.append(
        Result("deque.extend, tuples from arrays", best_rate(times(calls, as_tuples), amount), "values/s")
    )

    def to_lists() -> None:
        lists: dict[str, list[float]] = {name: [] for name in table}
        for row in rows:
            for name, value in zip(table, row, strict=True):
                lists[name].append(value)

    results.append(
        Result("list.append per field", best_rate(times(3, to_lists), 3 * BATCH * len(FIELDS)), "values/s")
    )
    return results + concatenating(table, calls, amount)


def concatenating(table: dict[str, np.ndarray], calls: int, amount: int) -> list[Result]:
    try:
        import pandas as pd
    except ImportError:
        return []
    more = pd.DataFrame(table)
    frame = pd.concat([more] * 10, ignore_index=True)

    def concat() -> None:
        nonlocal frame
        frame = pd.concat([frame, more], ignore_index=True).iloc[-100_000:]

    return [Result("pandas.concat, 100,000 rows kept", best_rate(times(calls, concat), amount), "values/s")]


def appending() -> list[Result]:
    calls = 50_000
    stream, fields, full = Stream(), Stream(), Stream(max_points=1000)
    aged = Stream(max_age=1.0)
    deque: collections.deque[tuple[float, float]] = collections.deque(maxlen=100_000)
    works: list[tuple[str, Callable[[], object], float | None]] = [
        ("Stream.append(0.42)", lambda: stream.append(0.42), 200_000),
        ("Stream.append(0.42), full", lambda: full.append(0.42), None),
        ("Stream.append(0.42), max_age", lambda: aged.append(0.42), None),
        ("Stream.append(cpu=0.4, mem=0.1)", lambda: fields.append(cpu=0.4, mem=0.1), None),
        ("Stream.append(cpu=0.4), mem left out", lambda: fields.append(cpu=0.4), None),
        ("deque.append((time.time(), 0.42))", lambda: deque.append((time.time(), 0.42)), None),
    ]
    return [
        Result(name, best_rate(times(calls, fn), calls, 3), "records/s", target) for name, fn, target in works
    ]


def followed() -> list[Result]:
    """Append while widgets follow the stream and a page shows them: CPU of the appending thread alone, so that what the
    thread of the pages does at the same time is not in it.
    """
    from realtime_widgets import LiveChart, MetricCard
    from realtime_widgets.browser.frame_loop import get_frame_loop

    calls, rounds = 20_000, 100
    streams = {"nobody follows": Stream(), "a chart and 4 cards follow": Stream()}
    _, watched = streams.values()
    widgets = [LiveChart(watched), *(MetricCard(f"{i}", watched) for i in range(4))]
    shown = {widget._rw_id: {"views": 1, "px": 200} for widget in widgets}
    get_frame_loop().receive({"rw": 1, "page": "p", "n": 1, "visible": True, "models": shown, "need": []})
    spent: dict[str, list[float]] = {name: [] for name in streams}
    for _ in range(rounds):
        for name, stream in streams.items():
            before = time.thread_time()
            for _ in range(calls):
                stream.append(0.42)
            spent[name].append((time.thread_time() - before) / calls * 1e9)
    parts = sum(widget.stats.sent for widget in widgets)
    for widget in widgets:
        widget.close()
    alone, together = (statistics.median(each) for each in spent.values())
    return [
        Result("append, nobody follows (thread CPU)", alone, "ns"),
        Result("append, a chart and 4 cards follow", together, "ns", 1.25 * alone, at_most=True),
        Result("  parts sent meanwhile", parts, "", 20),
    ]


def watched() -> list[Result]:
    """Append while thresholds watch the stream: CPU of the appending thread, in turns, as in `followed`."""
    from realtime_widgets import Threshold

    calls, rounds = 20_000, 100
    streams = {count: Stream() for count in (0, 1, 5, 20)}
    thresholds = [
        (Threshold(0.9 + i / 100), stream) for count, stream in streams.items() for i in range(count)
    ]
    for threshold, stream in thresholds:
        threshold.watch(stream, "value")
    spent: dict[int, list[float]] = {count: [] for count in streams}
    for _ in range(rounds):
        for count, stream in streams.items():
            before = time.thread_time()
            for _ in range(calls):
                stream.append(0.42)
            spent[count].append((time.thread_time() - before) / calls * 1e9)
    for threshold, _ in thresholds:
        threshold.close()
    of = {count: statistics.median(each) for count, each in spent.items()}
    return [
        *(Result(f"append, {count} thresholds watch", of[count], "ns") for count in (0, 1, 5)),
        Result("append, 20 thresholds watch", of[20], "ns", 1.1 * of[1], at_most=True),
    ]


def resident() -> float:
    """Return the memory this process holds, in MB; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * 4096 / MEGABYTE


def remembering() -> list[Result]:
    """Fill the first stream of this process, whose memory nothing has used before."""
    tables = batches(100)
    before, start = resident(), time.perf_counter()
    stream = filled(tables)
    rate = MILLION * len(FIELDS) / (time.perf_counter() - start)
    grown = resident() - before
    size = stream.stats.bytes / MEGABYTE
    del stream

    tracemalloc.start()
    filled(tables)
    peak = tracemalloc.get_traced_memory()[1] / MEGABYTE
    tracemalloc.reset_peak()
    base = tracemalloc.get_traced_memory()[0]
    rows = [{"ts": i + 0.5, **{name: i + 0.25 for name in FIELDS}} for i in range(100_000)]
    dicts = (tracemalloc.get_traced_memory()[0] - base) * 10 / MEGABYTE
    tracemalloc.stop()
    del rows
    return [
        Result("Stream.extend, filling 1,000,000, first", rate, "values/s"),
        Result("1 M records x 4 numbers: columns", size, "MB", 48, at_most=True),
        Result("  most while it grew (tracemalloc)", peak, "MB", 48, at_most=True),
        Result("  growth of the process (RSS)", grown, "MB"),
        Result("  as a list of dicts (from 100,000)", dicts, "MB"),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="write the results to this file, too")
    options = parser.parse_args()
    about = {
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
    }
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    results = [*remembering(), *extending(), *appending(), *followed(), *watched()]
    for r in results:
        target = f"{'<=' if r.at_most else '>='} {r.target:,.0f}" if r.target is not None else ""
        print(f"{r.name:<40}{r.value:>16,.1f} {r.unit:<10}{target:>16}  {r.verdict}".rstrip())
    if options.json is not None:
        lines = [{**asdict(r), "verdict": r.verdict} for r in results]
        options.json.write_text(json.dumps({**about, "results": lines}, indent=2) + "\n")
    return int(any(r.verdict == "FAIL" for r in results))


if __name__ == "__main__":
    sys.exit(main())
