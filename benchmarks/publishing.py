"""A training loop that hands its numbers over: `rw.Publisher` beside other ways to let them go.

    python benchmarks/publishing.py [--records 20000] [--steps 1000] [--rounds 5] [--json FILE] [--check]

A hub in a process of its own takes what comes. Each way by turns:

    call    so many records of three numbers, one after the other: what a call costs, the best of all rounds, µs
    loop    so many steps of a millisecond of arithmetic, a record after each: the CPU time of all threads, in that of
            the steps alone just before, the median of all rounds (without what a request is waited for)
"""

from __future__ import annotations

import argparse
import http.client
import json
import logging
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import realtime_widgets as rw

RATIO = 3.0
"""What a call may cost, in calls of a queue with a thread that reads it."""

SLOWER = 1.05
"""How much more CPU time a loop of steps of a millisecond may take."""

Call = Callable[[float, float, int], object]


@contextmanager
def a_queue(_: str, __: str) -> Iterator[Call]:
    """A dict for a thread that encodes it, as most trackers do."""
    waiting: queue.Queue[dict[str, float] | None] = queue.Queue()

    def read() -> None:
        while (record := waiting.get()) is not None:
            json.dumps(record)

    thread = threading.Thread(target=read)
    thread.start()
    yield lambda loss, acc, step: waiting.put({"loss": loss, "acc": acc, "step": step, "ts": time.time()})
    waiting.put(None)
    thread.join()


@contextmanager
def a_log(_: str, __: str) -> Iterator[Call]:
    """A line of `logging` in a file."""
    logger = logging.getLogger("benchmark")
    logger.propagate = False
    logger.setLevel("INFO")
    with tempfile.NamedTemporaryFile() as file:
        handler = logging.FileHandler(file.name)
        logger.addHandler(handler)
        yield lambda loss, acc, step: logger.info("loss=%s acc=%s step=%s", loss, acc, step)
        logger.removeHandler(handler)
        handler.close()


@contextmanager
def a_request(url: str, token: str) -> Iterator[Call]:
    """A request for each record, waited for, over one connection."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc)
    headers = {"Authorization": f"Bearer {token}"}

    def post(loss: float, acc: float, step: int) -> None:
        connection.request(
            "POST", "/publish/x", json.dumps({"loss": loss, "acc": acc, "step": step}), headers
        )
        connection.getresponse().read()

    yield post
    connection.close()


@contextmanager
def ours(url: str, token: str) -> Iterator[Call]:
    """`rw.Publisher`."""
    with rw.Publisher(url, "x", token=token, exit_timeout=60) as pub:
        yield lambda loss, acc, step: pub.append(loss=loss, acc=acc, step=step)
        pub.flush(60)
        if pub.stats.sent != pub.stats.appended:
            raise SystemExit(f"not all has arrived: {pub.stats}")


WAYS = {
    "a queue and a thread": a_queue,
    "a line of logging": a_log,
    "a request each": a_request,
    "rw.Publisher": ours,
}


def work(size: int) -> float:
    total = 0.0
    for i in range(size):
        total += i * 0.5
    return total


def size_of_a_millisecond() -> int:
    size, spent = 1000, 0.0
    while spent < 0.05:
        size *= 2
        began = time.perf_counter()
        work(size)
        spent = time.perf_counter() - began
    return max(1, int(size / spent / 1000))


def measure(url: str, token: str, records: int, steps: int, rounds: int) -> dict[str, dict[str, float]]:
    """Return what was measured of each way."""
    size = size_of_a_millisecond()
    calls: dict[str, list[float]] = {name: [] for name in WAYS}
    loops: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(rounds):
        for name, way in WAYS.items():
            share = 0.02 if way is a_request else 1.0  # it takes long enough
            count, turns = int(records * share), int(steps * share)
            with way(url, token) as call:
                began = time.perf_counter()
                for step in range(count):
                    call(0.5, 0.25, step)
                calls[name].append((time.perf_counter() - began) / count)
            began = time.process_time()
            for _ in range(turns):
                work(size)
            bare = time.process_time() - began
            with way(url, token) as call:
                began = time.process_time()
                for step in range(turns):
                    work(size)
                    call(0.5, 0.25, step)
                loops[name].append((time.process_time() - began) / bare)
        print(".", end="", file=sys.stderr, flush=True)
    return {
        name: {"call us": min(calls[name]) * 1e6, "loop": statistics.median(loops[name])} for name in WAYS
    }


@contextmanager
def a_hub() -> Iterator[tuple[str, str]]:
    token = "of-the-benchmark"
    command = [sys.executable, "-m", "realtime_widgets", "hub", "--port", "0"]
    env = os.environ | {"REALTIME_WIDGETS_TOKEN": token}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1], token
        finally:
            process.terminate()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--check", action="store_true", help="exit with 1 when it costs more than it may")
    options = parser.parse_args()
    with a_hub() as (url, token):
        found = measure(url, token, options.records, options.steps, options.rounds)
    print("\n|  | a call, µs | CPU of a loop of 1 ms steps |\n| --- | --: | --: |")
    for name, each in found.items():
        print(f"| {name} | {each['call us']:,.1f} | {each['loop']:.3f} |")
    ratio = found["rw.Publisher"]["call us"] / found["a queue and a thread"]["call us"]
    slower = found["rw.Publisher"]["loop"]
    good = ratio <= RATIO and slower <= SLOWER
    print(
        f"\na call costs {ratio:.2f} of {RATIO:g} calls of a queue, and the loop takes {slower:.3f} of {SLOWER:g} "
        f"times the CPU: {'pass' if good else 'FAIL'}"
    )
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))
    return int(options.check and not good)


if __name__ == "__main__":
    sys.exit(main())
