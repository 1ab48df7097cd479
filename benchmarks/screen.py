"""From the kernel to the screen in a real JupyterLab: many points, many widgets, high rates, and one update alone.

    python benchmarks/screen.py [--seconds 15] [--rounds 1] [--only M,L,cards-50] [--json FILE] [--check]

Needs Chromium. `charts.py` has the workload S beside plotly and Bokeh; here are

    S-60      4 series × 1,000 points/s over 10 s, pushed and sent 60 times a second
    M         4 × 10,000 points/s, 100,000 each in view, 20 times a second
    L, L-60   16 × 100,000 points/s, 1,000,000 each in view, 20 and 60 times a second
    cards-50  50 cards, each updated 20 times a second, all at once; cards-200: 200 of them
    labels-50 the same 50 values in ipywidgets.Label; cards-70 and labels-70 are there for what a card costs;
              all-70 has a page so high that all are on screen: what is not is not drawn
    loop      a chart and 50 cards of one stream, filled by a cell that does nothing else and never rests
    log       an event log of 10,000 events a second, 20 times a second
    log-html, log-output  the same in one ipywidgets.HTML of the newest 500 lines, and appended to an ipywidgets.Output
    alone     one card that is updated four times a second, at random moments
    label     the same in one ipywidgets.Label

Each has a browser and a kernel of its own, one after the other. Draws, ages, bytes, messages and CPU are those of
`charts.py`. *Latency*, of the two that are updated alone, is the age of a datum in the first animation frame that
shows it. The feeds prepare their values before they begin: what is measured is what becomes of them.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import charts
from charts import INTO_VIEW, _number, _progress, _wait_for, surroundings
from lab_probe import PAGE, Probe

from support.lab import LIMIT, Lab, running_browser, running_lab
from support.labbook import Notebook

FEED = """
import json, os, random, threading, time
from pathlib import Path
import ipywidgets, numpy as np
import realtime_widgets as rw

def feed(push, every, jitter=False):
    \"\"\"Calls push(from, to) with the times since the last call, and writes down how it gets on.\"\"\"
    start = last = time.time()
    pushes, spent, told = 0, 0.0, 0.0
    while True:
        now = time.time()
        before = time.perf_counter()
        push(last, now)
        spent += time.perf_counter() - before
        last, pushes = now, pushes + 1
        if now - told > 1:
            told = now
            Path("feed.tmp").write_text(json.dumps(dict(pid=os.getpid(), records=pushes, pushes=pushes, spent=spent,
                                                        seconds=now - start)))
            os.replace("feed.tmp", "feed.json")
        if every:
            time.sleep(random.uniform(0.15, 0.35) if jitter else every - (time.time() - start) % every)
"""

START = "threading.Thread(target=feed, args=(push, {every}, {jitter}), daemon=True).start()"
LOOP = "feed(push, 0)"

LAST_TS = """
const roots = [...document.querySelectorAll(".rw-root[data-rw-widget]")];
if (roots.length < COUNT) return false;
// The first that is on screen as a whole: what is off it is not drawn, and the notebook may scroll after a cell.
let watched = null;
const note = () => rwProbe.drawn(Number(watched.dataset.rwLastTs));
const observer = new MutationObserver(note);
const watch = () => {
  const { top: edge } = document.querySelector(".jp-WindowedPanel-outer").getBoundingClientRect();
  const boxes = roots.map((root) => root.getBoundingClientRect());
  const whole = boxes.findIndex(({ top, bottom }) => top >= edge && bottom <= innerHeight);
  const seen = roots[whole] ?? roots[0];
  if (seen === watched) return;
  watched = seen;
  observer.disconnect();
  observer.observe(watched, { attributeFilter: ["data-rw-last-ts"] });
};
watch();
setInterval(watch, 1000);
return true;
"""

LABEL = """
const labels = document.querySelectorAll(".widget-label");
if (labels.length < COUNT) return false;
const note = () => rwProbe.drawn(Number(labels[0].textContent));
new MutationObserver(note).observe(labels[0], { childList: true, characterData: true, subtree: true });
return true;
"""


LINES = """
const root = document.querySelector(".widget-html-content, .widget-output");
if (!root) return false;
const note = () => rwProbe.drawn(Number(root.textContent.trimEnd().split("at ").at(-1)));
new MutationObserver(note).observe(root, { childList: true, characterData: true, subtree: true });
return true;
"""


def chart(series: int, rate: int, fps: int) -> str:
    """A chart of `rate` points a second in each of its series, over ten seconds."""
    return f"""
rw.configure(max_fps={fps})
names = [f"s{{i:02}}" for i in range({series})]
noise = np.random.default_rng(1).normal(size=({series}, {2 * rate})) + 8 * np.arange({series})[:, None]
stream = rw.Stream("s", max_points={int(rate * 10.5)})
sent = 0

def push(began, now):
    global sent
    count = int(round((now - began) * {rate}))
    at = sent % {rate}
    stream.extend({{"ts": np.linspace(began, now, count + 1)[1:],
                   **{{name: noise[i, at : at + count] for i, name in enumerate(names)}}}})
    sent += count

rw.LiveChart(stream, window=10, height=300)
"""


def cards(count: int) -> str:
    """Cards with a stream each."""
    return f"""
streams = [rw.Stream(f"s{{i}}", max_points=2000) for i in range({count})]

def push(began, now):
    for i, stream in enumerate(streams):
        stream.append(now % 100 + i, ts=now)  # digits that change, as those of a label do

ipywidgets.Box([rw.MetricCard(f"card {{i}}", each, layout={{"width": "150px"}}) for i, each in enumerate(streams)],
               layout=ipywidgets.Layout(flex_flow="row wrap"))
"""


def chart_and_cards(count: int) -> str:
    """A chart and cards of one stream."""
    return f"""
names = [f"f{{i}}" for i in range({count})]
stream = rw.Stream("s", max_points=100_000)
values = dict.fromkeys(names, 0.5)

def push(began, now):
    stream.append(values, ts=now)

chart = rw.LiveChart(stream, y="f0", window=10)
cards = [rw.MetricCard(name, stream, field=name, layout={{"width": "150px"}}) for name in names]
ipywidgets.VBox([chart, ipywidgets.Box(cards, layout=ipywidgets.Layout(flex_flow="row wrap"))])
"""


def labels(count: int) -> str:
    """What users have today: a value is a trait."""
    return f"""
labels = [ipywidgets.Label("0") for _ in range({count})]

def push(began, now):
    for label in labels:
        label.value = repr(now)

ipywidgets.Box(labels, layout=ipywidgets.Layout(flex_flow="row wrap"))
"""


LOG_RATE = 10_000
"""Events a second."""

LOG = f"""
stream = rw.Stream("events")

def push(began, now):
    n = int({LOG_RATE} * (now - began))
    stream.extend({{"ts": np.linspace(began, now, n), "level": ["info", "warning"] * (n // 2) + ["info"] * (n % 2),
                   "source": ["web"] * n, "message": [f"request {{i}} was answered" for i in range(n)]}})

rw.EventLog(stream, height=400)
"""

LOG_HTML = f"""
from collections import deque
lines, shown = deque(maxlen=500), ipywidgets.HTML(layout={{"height": "400px", "overflow": "auto"}})

def push(began, now):
    lines.extend(f"info web request {{i}} was answered at {{now!r}}" for i in range(int({LOG_RATE} * (now - began))))
    shown.value = "<pre>" + "\\n".join(lines) + "</pre>"

shown
"""

LOG_OUTPUT = f"""
shown = ipywidgets.Output(layout={{"height": "400px", "overflow": "auto"}})

def push(began, now):
    lines = (f"info web request {{i}} was answered at {{now!r}}" for i in range(int({LOG_RATE} * (now - began))))
    shown.append_stdout("\\n".join(lines) + "\\n")

shown
"""


@dataclass(frozen=True, slots=True)
class Workload:
    """What is shown and how it is fed.

    Args:
        cell: Python; shows something and defines `push(from, to)`.
        every: seconds between two pushes.
        points: a second, all series together; for bytes per point.
        promised: (column, relation, target).
        hook: JavaScript that tells the probe of every draw.
        count: how many widgets there must be.
        jitter: push at random moments instead.
        height: of the page, CSS pixels.
        loop: push without a rest, in a cell that runs.
    """

    cell: str
    every: float
    points: float
    promised: tuple[tuple[str, str, float], ...] = ()
    hook: str = LAST_TS
    count: int = 1
    jitter: bool = False
    loop: bool = False
    height: int = 900


def _promises(
    draws: float, p50: float | None, p95: float, **more: float
) -> tuple[tuple[str, str, float], ...]:
    found = [("draws/s", ">=", draws), ("age p95 ms", "<=", p95)]
    if p50 is not None:
        found.append(("age p50 ms", "<=", p50))
    if "fps" in more:
        found.append(("page fps", ">=", more["fps"]))
    if "bytes" in more:
        found.append(("bytes/point", "<=", more["bytes"]))
    if "kernel" in more:
        found.append(("kernel cores", "<=", more["kernel"]))
    return tuple(found)


def _few_messages(fps: float, p95: float) -> tuple[tuple[str, str, float], ...]:
    return (("messages/s", "<=", 25), ("page fps", ">=", fps), ("age p95 ms", "<=", p95))


ALL_SEEN = 2600
"""CSS pixels in which seventy cards are seen at once."""

WORKLOADS = {
    "S-60": Workload(chart(4, 1000, 60), 1 / 60, 4e3, _promises(57, None, 40)),
    "M": Workload(chart(4, 10_000, 20), 0.05, 4e4, _promises(19, 55, 80, bytes=1)),
    "L": Workload(chart(16, 100_000, 20), 0.05, 1.6e6, _promises(19, 60, 90, fps=57, bytes=0.1, kernel=0.15)),
    "L-60": Workload(chart(16, 100_000, 60), 1 / 60, 1.6e6, _promises(50, None, 60)),
    "cards-50": Workload(cards(50), 0.05, 1e3, _few_messages(58, 120), count=50),
    "cards-200": Workload(cards(200), 0.05, 4e3, _few_messages(55, 120), count=200),
    "labels-50": Workload(labels(50), 0.05, 1e3, hook=LABEL, count=50),
    "cards-70": Workload(
        cards(70), 0.05, 1400, (("bytes/point", "<=", 60), ("age p95 ms", "<=", 120)), count=70
    ),
    "labels-70": Workload(labels(70), 0.05, 1400, hook=LABEL, count=70),
    "all-70": Workload(cards(70), 0.05, 1400, (("age p95 ms", "<=", 120),), count=70, height=ALL_SEEN),
    "loop": Workload(chart_and_cards(50), 0, 1, (("draws/s", ">=", 15),), count=51, loop=True),
    "log": Workload(
        LOG, 0.05, LOG_RATE, (("draws/s", ">=", 19), ("page fps", ">=", 57), ("age p95 ms", "<=", 75))
    ),
    "log-html": Workload(LOG_HTML, 0.05, LOG_RATE, hook=LINES),
    "log-output": Workload(LOG_OUTPUT, 0.05, LOG_RATE, hook=LINES),
    "alone": Workload(cards(1), 0.25, 4, jitter=True),
    "label": Workload(labels(1), 0.25, 4, hook=LABEL, jitter=True),
}
WARM_UP = 12.0
CARD = {"kernel cores": 0.4, "browser cores": 0.6}
"""How much of what a label costs a card may."""
SMOOTHER = 1.5
SMOOTH = 57.0
"""How many times as smooth a page of cards is to be as one of labels; with so many frames a second it is smooth."""
ISOLATED = 1.3
"""How many times as long as a label's one update of a card may take."""


def run(lab: Lab, name: str, seconds: float) -> dict[str, Any]:
    """Shows one workload in a browser of its own and measures it."""
    work = WORKLOADS[name]
    fed = lab.root / "feed.json"
    fed.unlink(missing_ok=True)
    try:
        with running_browser() as browser:
            context = browser.new_context(viewport={"width": 1280, "height": work.height}, locale="en-US")
            context.set_default_timeout(LIMIT * 1000)
            context.add_init_script(PAGE)
            start = LOOP if work.loop else START.format(every=work.every, jitter=work.jitter)
            notebook = Notebook.open(context.new_page(), lab, lab.write([FEED, work.cell, start]))
            notebook.run_cell(0)
            notebook.run_cell(1)
            notebook.wait_for_cell_outputs(1)
            hook = work.hook.replace("COUNT", str(work.count))
            notebook.wait_for(f"const hook = () => {{ {hook} }}; return hook();")
            notebook.run_cell(2, wait=not work.loop)
            notebook.evaluate(INTO_VIEW)
            before = _wait_for(fed)
            notebook.page.wait_for_timeout(WARM_UP * 1000)
            # One update alone is seen four times a second: more of them are needed for a median.
            found = Probe(notebook.page, before["pid"]).measure(seconds * (4 if work.jitter else 1))
            after = json.loads(fed.read_text())
            return {"chromium": browser.version, **found, "feed": _progress(before, after)}
    finally:
        lab.shutdown_kernels()


def figures(name: str, row: dict[str, Any]) -> dict[str, float | None]:
    """The columns of the table."""
    found = charts.figures(row, WORKLOADS[name].points)
    found["latency p50 ms"] = row["latency_ms"]["p50"] if WORKLOADS[name].jitter else None
    return found


def verdicts(rows: dict[str, dict[str, float | None]]) -> list[tuple[str, bool]]:
    """What we promise, and whether it holds."""
    found = []
    for name, row in rows.items():
        for column, relation, target in WORKLOADS[name].promised:
            value = row[column]
            held = value is not None and (value >= target if relation == ">=" else value <= target)
            found.append((f"{name}: {column} {_number(value)} {relation} {_number(target)}", held))
    for column in (*CARD, "page fps") if {"cards-70", "labels-70"} <= rows.keys() else ():
        ours, theirs = rows["cards-70"][column], rows["labels-70"][column]
        if ours is None or theirs is None:
            continue
        least = min(SMOOTH, SMOOTHER * theirs)
        held = ours <= CARD[column] * theirs if column in CARD else ours >= least
        wanted = f"<= {CARD[column]} ×" if column in CARD else f">= {_number(least)}, beside"
        found.append((f"70 cards: {column} {_number(ours)} {wanted} 70 labels' {_number(theirs)}", held))
    if {"log", "log-html"} <= rows.keys():
        ours, theirs = rows["log"]["browser cores"], rows["log-html"]["browser cores"]
        if ours is not None and theirs is not None:
            text = f"a log: browser cores {_number(ours)} <= those of one text, {_number(theirs)}"
            found.append((text, ours <= theirs))
    if "alone" in rows and "label" in rows:
        ours, theirs = rows["alone"]["latency p50 ms"], rows["label"]["latency p50 ms"]
        if ours is not None and theirs is not None:
            text = f"alone: {_number(ours)} ms <= {ISOLATED} × a label's {_number(theirs)} ms"
            found.append((text, ours <= ISOLATED * theirs))
    return found


def table(rows: dict[str, dict[str, float | None]]) -> str:
    """Markdown."""
    names = list(next(iter(rows.values())))
    written = [["", *names], ["---", *("--:" for _ in names)]]
    written += [[name, *(_number(row[column]) for column in names)] for name, row in rows.items()]
    return "\n".join("| " + " | ".join(line) + " |" for line in written)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=15.0, help="of measurement, after 12 of warm-up")
    parser.add_argument("--rounds", type=int, default=1, help="of which the quietest counts for each")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(WORKLOADS), metavar="NAMES")
    parser.add_argument("--json", type=Path, help="write the raw numbers to this file, too")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a promise is not kept")
    options = parser.parse_args()
    if unknown := set(options.only) - WORKLOADS.keys():
        parser.error(f"no workload is called {', '.join(sorted(unknown))}: there are {', '.join(WORKLOADS)}")

    about = surroundings(["ours"])
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in options.only}
    with running_lab() as lab:
        for number in range(options.rounds):
            for name, found in rounds.items():
                print(f"round {number + 1}: {name} …", file=sys.stderr, flush=True)
                found.append(run(lab, name, options.seconds))
    raw = {name: min(found, key=lambda row: row["cpu"]["others"]) for name, found in rounds.items()}
    rows = {name: figures(name, row) for name, row in raw.items()}
    print(about["date"], about["machine"], f"load before: {about['load'][0]:.2f}", sep=", ")
    print(", ".join(f"{name} {version}" for name, version in about["versions"].items()), end="\n\n")
    print(table(rows), end="\n\n")
    for name, row in raw.items():
        feed, others = row["feed"], row["cpu"]["others"]
        print(f"{name}: {feed['pushes_per_s']:.1f} pushes/s of {feed['push_ms']:.2f} ms;", end=" ")
        print(f"other programs took {others:.2f} cores meanwhile")
    checks = verdicts(rows)
    for text, held in checks:
        print(f"{'pass' if held else 'FAIL'}  {text}")
    if options.json:
        options.json.write_text(json.dumps({**about, "rows": raw, "rounds": rounds}, indent=1) + "\n")
    return int(options.check and not all(held for _, held in checks))


if __name__ == "__main__":
    sys.exit(main())
