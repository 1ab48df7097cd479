"""How fast streams take data, and how much memory they need, beside what is used today.

    python benchmarks/streams.py [--json results.json]

Each speed is the best of several runs, because other programs only ever make one slower. Values are field values; the
times that go with them are not counted.
"""

from __future__ import annotations

import argparse
import collections
import datetime as dt
import json
import platform
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from realtime_widgets.streams import Stream

BATCH = 10_000
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


def extending() -> list[Result]:
    ts = np.arange(BATCH, dtype=np.float64)
    columns = {name: np.random.default_rng(1).random(BATCH) for name in FIELDS}
    table = {"ts": ts, **columns}
    calls, amount = 20, 20 * BATCH * len(FIELDS)
    results = []
    for max_points, target in ((100_000, 50e6), (1_000_000, None)):
        stream = Stream(max_points=max_points)
        times(max_points // BATCH, lambda stream=stream: stream.extend(table))()  # so that it is full
        rate = best_rate(times(calls, lambda stream=stream: stream.extend(table)), amount)
        results.append(Result(f"Stream.extend, {max_points:,} points kept", rate, "values/s", target))

    deque: collections.deque[tuple[float, ...]] = collections.deque(maxlen=100_000)
    rows = list(zip(ts.tolist(), *(column.tolist() for column in columns.values()), strict=True))
    rate = best_rate(times(calls, lambda: deque.extend(rows)), amount)
    results.append(Result("deque.extend, tuples made before", rate, "values/s"))

    def as_tuples() -> None:
        deque.extend(zip(ts.tolist(), *(column.tolist() for column in columns.values()), strict=True))

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
        ("deque.append((time.time(), 0.42))", lambda: deque.append((time.time(), 0.42)), None),
    ]
    return [
        Result(name, best_rate(times(calls, fn), calls, 3), "records/s", target) for name, fn, target in works
    ]


def resident() -> float:
    """Return the memory this process holds, in MB; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * 4096 / MEGABYTE


def remembering() -> list[Result]:
    ts = np.arange(BATCH, dtype=np.float64)
    table = {"ts": ts, **{name: ts + 0.5 for name in FIELDS}}
    before = resident()
    stream = Stream(max_points=1_000_000)
    for _ in range(100):
        stream.extend(table)
    grown = resident() - before
    size = stream.stats.bytes / MEGABYTE
    del stream

    tracemalloc.start()
    stream = Stream(max_points=1_000_000)
    for _ in range(100):
        stream.extend(table)
    peak = tracemalloc.get_traced_memory()[1] / MEGABYTE
    tracemalloc.reset_peak()
    base = tracemalloc.get_traced_memory()[0]
    rows = [{"ts": i + 0.5, **{name: i + 0.25 for name in FIELDS}} for i in range(100_000)]
    dicts = (tracemalloc.get_traced_memory()[0] - base) * 10 / MEGABYTE
    tracemalloc.stop()
    del rows
    return [
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
    results = [*remembering(), *extending(), *appending()]
    for r in results:
        target = f"{'<=' if r.at_most else '>='} {r.target:,.0f}" if r.target is not None else ""
        print(f"{r.name:<40}{r.value:>16,.1f} {r.unit:<10}{target:>16}  {r.verdict}".rstrip())
    if options.json is not None:
        lines = [{**asdict(r), "verdict": r.verdict} for r in results]
        options.json.write_text(json.dumps({**about, "results": lines}, indent=2) + "\n")
    return int(any(r.verdict == "FAIL" for r in results))


if __name__ == "__main__":
    sys.exit(main())
