"""Days in ten minutes: a full-rate notebook in a real JupyterLab, and whether anything grows.

    python benchmarks/soak.py [--minutes 10] [--warm-up 2] [--json FILE]

Needs Chromium. One page shows a chart of 16 × 100,000 points/s (1,000,000 each in view), 50 cards at 20 updates/s,
a log of 20 events/s, a chart with a threshold that is crossed ten times a minute, notifications (of the threshold, one
for each job of a loop without end, and one that each job updates), and the progress of that loop and of the hundred
steps of each job; a client of the embedded hub follows its metrics. Every half minute it reads the kernel's memory
(RSS), threads, open files and comms, and, after a collection, the heap of the page's scripts and the nodes and
listeners of its documents. After the warm-up the memories must grow by less than 1 MB a minute (a straight line
through the readings), nodes and listeners by less than 20, threads, files and comms not at all. Exits with 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from charts import surroundings
from lab_probe import PAGE
from screen import FEED, LAST_TS, START, chart

from support.lab import LIMIT, running_browser, running_lab
from support.labbook import Notebook

READ_INTERVAL = 30.0
MAX_GROWTH_MB = 1.0
"""MB a minute."""
MAX_GROWTH_NODES = 20.0
"""A minute; the lists of the page are never of quite the same length."""

SHOW = """
import itertools, math
push_points = push
client = rw.connect()
cards = [rw.Stream(f"card {i}", max_points=2000) for i in range(50)]
events = rw.Stream("events")
wave = rw.Stream("wave", max_points=2000)
news = rw.Notifications(max_history=100)
high = rw.Threshold(0.9, for_=0.5, hysteresis=0.2, severity="error", name="high", notify=news)
gone = rw.Absence(5, notify=news)
jobs = rw.track(itertools.count(), "Jobs")

def push(began, now):
    push_points(began, now)
    for stream in cards:
        stream.append(now, ts=now)
    events.append(level="info", source="soak", message=f"event at {now}")
    wave.append(height=math.sin(now * math.pi / 3), ts=now)

def work():
    for job in jobs:
        for step in rw.track(range(100), "Steps"):
            time.sleep(0.01)
        news.success(f"Job {job}")
        news.info("Jobs done", str(job), id="jobs")

threading.Thread(target=work, daemon=True).start()

ipywidgets.VBox([
    rw.LiveChart(stream, window=10, height=300), rw.EventLog(events), rw.LiveChart(client.stream("metrics")),
    rw.LiveChart(wave, window=30, height=200, thresholds=[high, gone]), news, jobs.progress,
    ipywidgets.Box([rw.MetricCard(each.name, each, layout={"width": "150px"}) for each in cards],
                   layout=ipywidgets.Layout(flex_flow="row wrap")),
])
"""

COMMS = "import comm; print(len(comm.get_comm_manager().comms))"


def read(notebook: Notebook, kernel: psutil.Process) -> dict[str, float]:
    """One reading."""
    session = notebook.page.context.new_cdp_session(notebook.page)
    session.send("HeapProfiler.collectGarbage")
    usage = session.send("Runtime.getHeapUsage")
    counts = session.send("Memory.getDOMCounters")
    session.detach()
    root = "document.querySelector('.rw-chart').dataset"
    return {
        "kernel MB": kernel.memory_info().rss / 1e6,
        "page MB": (usage["usedSize"] + usage.get("backingStorageSize", 0)) / 1e6,
        "nodes": counts["nodes"],
        "listeners": counts["jsEventListeners"],
        "threads": kernel.num_threads(),
        "files": kernel.num_fds(),
        "comms": int(notebook.execute(COMMS)),
        "age s": notebook.page.evaluate(f"Date.now() / 1000 - Number({root}.rwLastTs)"),
    }


def growth(minutes: list[float], values: list[float]) -> float:
    """Slope of a straight line through the readings, per minute."""
    return float(np.polyfit(minutes, values, 1)[0]) if len(minutes) > 1 else 0.0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="after the warm-up")
    parser.add_argument("--warm-up", type=float, default=2.0, metavar="MINUTES")
    parser.add_argument("--json", type=Path, help="write the raw numbers to this file, too")
    options = parser.parse_args()
    about = surroundings(["ours"])
    readings: list[dict[str, Any]] = []
    with running_lab() as lab, running_browser() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 2800}, locale="en-US")
        context.set_default_timeout(LIMIT * 1000)
        context.add_init_script(PAGE)
        show = chart(16, 100_000, 20).replace("rw.LiveChart(stream, window=10, height=300)", "") + SHOW
        start = START.format(every=0.05, jitter=False)
        notebook = Notebook.open(context.new_page(), lab, lab.write([FEED, show, start]))
        notebook.run_all()
        hook = LAST_TS.replace("COUNT", "56")
        notebook.wait_for(f"const hook = () => {{ {hook} }}; return hook();")
        kernel = psutil.Process(int(notebook.execute("print(os.getpid())")))
        notebook.page.wait_for_timeout(options.warm_up * 60_000)
        began = time.monotonic()
        while (minutes := (time.monotonic() - began) / 60) < options.minutes + 0.01:
            readings.append({"minutes": minutes, **read(notebook, kernel)})
            line = "  ".join(f"{name} {value:.1f}" for name, value in readings[-1].items())
            print(line, flush=True)
            due = began + len(readings) * READ_INTERVAL
            notebook.page.wait_for_timeout(max(0.0, due - time.monotonic()) * 1000)
        notebook.page.screenshot(path=Path(lab.root) / "soak.png")
    print(about["date"], about["machine"], sep=", ")
    held = True
    at = [reading["minutes"] for reading in readings]
    for name, most in (
        ("kernel MB", MAX_GROWTH_MB),
        ("page MB", MAX_GROWTH_MB),
        ("nodes", MAX_GROWTH_NODES),
        ("listeners", MAX_GROWTH_NODES),
        ("threads", 0.1),
        ("files", 0.1),
        ("comms", 0.1),
    ):
        slope = growth(at, [reading[name] for reading in readings])
        held = held and slope < most
        print(
            f"{'pass' if slope < most else 'FAIL'}  {name} grow by {slope:.2f} a minute (less than {most:g})"
        )
    if options.json:
        options.json.write_text(json.dumps({**about, "readings": readings}, indent=1) + "\n")
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
