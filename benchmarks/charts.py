"""Live charts in a real JupyterLab: ours beside plotly's `FigureWidget` and Bokeh's `ColumnDataSource.stream`.

    python benchmarks/charts.py [--rate 1000] [--seconds 20] [--rounds 1] [--only ours,bokeh] [--json FILE] [--check]

Needs Chromium, plotly, bokeh and jupyter_bokeh (without which Bokeh has no way into JupyterLab).

Workload S: 4 series × 1,000 points/s over a window of 10 s (40,000 points in view), pushed 20 times a second, 50
records each, from a thread of the kernel, so that no cell runs; with --rate 10000 workload M, 400,000 points in view.
Records are evenly spaced from the start on. A push takes along all records whose moment has come; one that comes too
late is therefore larger, and nothing is left out.

    empty   the notebook and the same thread, but nothing to show: the floor that the harness itself costs
    ours    Stream.extend(), LiveChart(window=10)
    plotly  FigureWidget, four scatter traces: each push assigns the x and y of the whole window in one batch_update()
            (there is no way to append)
    bokeh   ColumnDataSource.stream(rollover=10000), push_notebook(); canvas backend, bokehjs inline

All plots are as wide as the notebook, 300 px high and on the screen. Every contestant has a browser and a kernel of
its own, one after the other, on the same Jupyter server. With --rounds, the round of each that counts is the one during
which other programs took the least CPU.

A *draw* is a change of the newest time that is drawn. How it is known:

    ours    the attribute data-rw-last-ts, written by the function that draws the canvas
    plotly  the event plotly_afterplot, then the last x of the figure's full data
    bokeh   the plot view's signal `repainted`, then the last x that its first line holds

*Age* is the browser's clock minus that time (one machine, one clock), sampled once per animation frame after the
frame's callbacks have run: how old is what this frame shows. A push every 50 ms alone makes that 25 ms on average.
*Growth* is the median of the last third minus that of the first: a chart that falls behind grows without end.
Bytes and messages are those that reached the page on the kernel's websocket. CPU is in cores: user and system time
of the kernel, the Jupyter server and all processes of the browser. The heap is that of the page after a collection.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab_probe import PAGE, Probe

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT / "tests"), str(ROOT)]  # an installed realtime_widgets comes first

from support.lab import LIMIT, Lab, running_browser, running_lab  # noqa: E402
from support.labbook import Notebook  # noqa: E402

SERIES, WINDOW = 4, 10
INTO_VIEW = """
panelOf(path).content.widgets[1].node.querySelector(".jp-Cell-outputArea").scrollIntoView({ block: "start" });
"""
"""What is not on screen is not drawn, and running a cell may have scrolled elsewhere."""
WARM_UP = 8.0

FEED = """
import json, os, threading, time
from pathlib import Path
import numpy as np

NAMES = "abcd"

random = np.random.default_rng(1)

def values(ts):
    return {name: 3 * i + np.sin(ts * (i + 1)) + random.normal(0, 0.1, len(ts)) for i, name in enumerate(NAMES)}

def feed(push):
    start, sent, pushes, spent = time.time(), 0, 0, 0.0
    while True:
        due = int((time.time() - start) * RATE)
        if due > sent:
            ts = start + np.arange(sent + 1, due + 1) / RATE
            before = time.perf_counter()
            push(ts, values(ts))
            spent += time.perf_counter() - before
            sent, pushes = due, pushes + 1
        if pushes % 20 == 1:
            Path("feed.tmp").write_text(json.dumps(dict(pid=os.getpid(), records=sent, pushes=pushes, spent=spent,
                                                        seconds=time.time() - start)))
            os.replace("feed.tmp", "feed.json")
        time.sleep(0.05 - (time.time() - start) % 0.05)
"""

START = "# the chart is on the screen: go\nthreading.Thread(target=feed, args=(push,), daemon=True).start()"


@dataclass(frozen=True, slots=True)
class Contestant:
    """A chart library: the cell that shows its chart and defines `push(ts, values)`, and how its draws are seen.

    Args:
        packages: whose versions belong to the result.
        cell: Python.
        hook: JavaScript function body that returns false until there is something to hook into.
    """

    packages: tuple[str, ...]
    cell: str
    hook: str


CONTESTANTS = {
    "empty": Contestant((), "push = lambda ts, values: None", "return true;"),
    "ours": Contestant(
        ("realtime_widgets", "anywidget"),
        """
from realtime_widgets.streams import Stream
from realtime_widgets.widgets import LiveChart

s = Stream("s", max_points=2 * KEPT)

def push(ts, values):
    s.extend({"ts": ts, **values})

LiveChart(s, window=KEPT / 1000, height=300)
""".replace("KEPT / 1000", str(WINDOW)),
        """
const root = document.querySelector(".rw-root[data-rw-widget=chart]");
if (!root) return false;
const note = () => rwProbe.drawn(Number(root.dataset.rwLastTs));
new MutationObserver(note).observe(root, { attributeFilter: ["data-rw-last-ts"] });
return true;
""",
    ),
    "plotly": Contestant(
        ("plotly", "anywidget"),
        """
import plotly.graph_objects as go

figure = go.FigureWidget(layout=dict(height=300, margin=dict(l=40, r=20, t=20, b=30)))
for name in NAMES:
    figure.add_scatter(x=[], y=[], name=name, mode="lines")
x, kept = np.empty(0), {name: np.empty(0) for name in NAMES}

def push(ts, values):
    global x
    x = np.append(x, ts)[-KEPT:]
    for name in NAMES:
        kept[name] = np.append(kept[name], values[name])[-KEPT:]
    with figure.batch_update():
        for trace in figure.data:
            trace.x, trace.y = x, kept[trace.name]

figure
""",
        """
const plot = document.querySelector(".js-plotly-plot");
if (!plot?.on || !plot._fullData) return false;
plot.on("plotly_afterplot", () => {
  const x = plot._fullData[0]?.x;
  if (x?.length) rwProbe.drawn(x[x.length - 1]);
});
return true;
""",
    ),
    "bokeh": Contestant(
        ("bokeh", "jupyter_bokeh"),
        """
from bokeh.io import output_notebook, push_notebook, show
from bokeh.models import ColumnDataSource
from bokeh.palettes import Category10
from bokeh.plotting import figure
from bokeh.resources import INLINE

output_notebook(INLINE, hide_banner=True)
source = ColumnDataSource({"ts": [], **{name: [] for name in NAMES}})
plot = figure(height=300, sizing_mode="stretch_width", output_backend="canvas")
for name, color in zip(NAMES, Category10[4]):
    plot.line("ts", name, source=source, color=color, legend_label=name)
handle = show(plot, notebook_handle=True)

def push(ts, values):
    source.stream({"ts": ts, **values}, rollover=KEPT)
    push_notebook(handle=handle)
""",
        """
const views = Object.values(window.Bokeh?.index ?? {});
const plot = views.find((view) => view.repainted && view.computed_renderer_views?.length);
if (!plot) return false;
const line = plot.computed_renderer_views.find((view) => view.glyph);
plot.repainted.connect(() => {
  const x = line.glyph.x;
  if (x?.length) rwProbe.drawn(x[x.length - 1]);
});
return true;
""",
    ),
}


# Running --------------------------------------------------------------------------------------------------------


def run(lab: Lab, name: str, rate: int, seconds: float) -> dict[str, Any]:
    """Shows one contestant in a browser of its own and measures it."""
    contestant = CONTESTANTS[name]
    fed = lab.root / "feed.json"
    fed.unlink(missing_ok=True)
    try:
        with running_browser() as browser:
            context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
            context.set_default_timeout(LIMIT * 1000)
            context.add_init_script(PAGE)
            notebook = Notebook.open(
                context.new_page(),
                lab,
                lab.write([f"RATE, KEPT = {rate}, {rate * WINDOW}\n{FEED}", contestant.cell, START]),
            )
            notebook.run_cell(0)
            notebook.run_cell(1)
            if contestant.hook != CONTESTANTS["empty"].hook:
                notebook.wait_for_cell_outputs(1)  # or its traceback
            notebook.wait_for(f"const hook = () => {{ {contestant.hook} }}; return hook();")
            notebook.run_cell(2)
            notebook.evaluate(INTO_VIEW)
            before = _wait_for(fed)
            notebook.page.wait_for_timeout(WARM_UP * 1000)
            load = os.getloadavg()
            found = Probe(notebook.page, before["pid"]).measure(seconds)
            after = json.loads(fed.read_text())
            return {"load": load, "chromium": browser.version, **found, "feed": _progress(before, after)}
    finally:
        lab.shutdown_kernels()


def _wait_for(file: Path) -> dict[str, Any]:
    deadline = time.monotonic() + LIMIT
    while not file.exists():
        if time.monotonic() > deadline:
            raise RuntimeError(
                f"the kernel pushed nothing within {LIMIT:.0f} s: see the outputs of the notebook"
            )
        time.sleep(0.05)
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def _progress(before: dict[str, Any], after: dict[str, Any]) -> dict[str, float]:
    """What the thread in the kernel achieved, warm-up included."""
    seconds, pushes = after["seconds"] - before["seconds"], after["pushes"] - before["pushes"]
    return {
        "pushes_per_s": pushes / seconds,
        "records_per_s": (after["records"] - before["records"]) / seconds,
        "push_ms": 1000 * (after["spent"] - before["spent"]) / pushes,
    }


# Reporting ------------------------------------------------------------------------------------------------------


def figures(row: dict[str, Any], points: float) -> dict[str, float | None]:
    """The columns of the table; `points` a second, all series together."""
    return {
        "draws/s": row["draws_per_s"],
        "page fps": row["frames_per_s"],
        "age p50 ms": row["age_ms"]["p50"],
        "age p95 ms": row["age_ms"]["p95"],
        "growth ms": row["age_growth_ms"],
        "bytes/point": row["bytes_per_s"] / points,
        "messages/s": row["comms_per_s"],
        "kernel cores": row["cpu"]["kernel"],
        "server cores": row["cpu"]["server"],
        "browser cores": row["cpu"]["browser"],
        "heap MB": row["heap_mb"],
    }


def table(rows: dict[str, dict[str, Any]], points: float) -> str:
    """Markdown: the contestants, then how many times ours each of the others is."""
    lines = {name: figures(row, points) for name, row in rows.items()}
    names = list(next(iter(lines.values())))
    written = [["", *names], ["---", *("--:" for _ in names)]]
    for name, line in lines.items():
        written.append([name, *(_number(line[column]) for column in names)])
    for other in [name for name in ("plotly", "bokeh") if name in lines and "ours" in lines]:
        ratios = [_ratio(lines[other][column], lines["ours"][column], column) for column in names]
        written.append([f"{other} ÷ ours", *ratios])
    return "\n".join("| " + " | ".join(line) + " |" for line in written)


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _ratio(other: float | None, ours: float | None, column: str) -> str:
    if not other or not ours or column == "growth ms":
        return ""
    return f"×{_number(other / ours)}"


def verdicts(rows: dict[str, dict[str, Any]], rate: int) -> list[tuple[str, bool]]:
    """What we promise of our row, and whether it holds."""
    if "ours" not in rows:
        return []
    ours = figures(rows["ours"], SERIES * rate)
    dense = rate > 1000
    promised = [
        ("draws/s", ">=", 19.0),
        ("page fps", ">=", 58.0),
        ("age p50 ms", "<=", 55.0 if dense else 45.0),
        ("age p95 ms", "<=", 80.0 if dense else 75.0),
        ("bytes/point", "<=", 1.0 if dense else 8.0),
    ]
    if "bokeh" in rows:
        promised.append(("browser cores", "<=", 0.4 * rows["bokeh"]["cpu"]["browser"]))
    found = []
    for column, relation, target in promised:
        value = ours[column]
        held = value is not None and (value >= target if relation == ">=" else value <= target)
        found.append((f"{column} {_number(value)} {relation} {_number(target)}", held))
    return found


def surroundings(names: Sequence[str]) -> dict[str, Any]:
    """Date, machine and versions."""
    packages = {"jupyterlab", "ipykernel", "ipywidgets", *(p for n in names for p in CONTESTANTS[n].packages)}
    return {
        "date": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "machine": {"cpu": _cpu_model(), "cores": os.cpu_count(), "system": platform.platform()},
        "load": os.getloadavg(),
        "versions": {"python": platform.python_version(), **{p: _version(p) for p in sorted(packages)}},
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "checkout" if package == "realtime_widgets" else None


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next(
        (line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine()
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=int, default=1000, help="points a second in each series")
    parser.add_argument("--seconds", type=float, default=20.0, help="of measurement, after 8 of warm-up")
    parser.add_argument("--rounds", type=int, default=1, help="of which the quietest counts for each")
    parser.add_argument(
        "--only", type=lambda text: text.split(","), default=list(CONTESTANTS), metavar="NAMES"
    )
    parser.add_argument("--json", type=Path, help="write the raw numbers to this file, too")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a promise is not kept")
    options = parser.parse_args()
    if unknown := set(options.only) - CONTESTANTS.keys():
        parser.error(
            f"no contestant is called {', '.join(sorted(unknown))}: there are {', '.join(CONTESTANTS)}"
        )

    about = surroundings(options.only)
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in options.only}
    with running_lab() as lab:
        for number in range(options.rounds):
            for name, found in rounds.items():
                print(f"round {number + 1}: {name} …", file=sys.stderr, flush=True)
                found.append(run(lab, name, options.rate, options.seconds))
    rows = {name: min(found, key=lambda row: row["cpu"]["others"]) for name, found in rounds.items()}
    about["versions"]["chromium"] = next(iter(rows.values()))["chromium"]
    print(about["date"], about["machine"], f"load before: {about['load'][0]:.2f}", sep=", ")
    print(", ".join(f"{name} {version}" for name, version in about["versions"].items()), end="\n\n")
    print(table(rows, SERIES * options.rate), end="\n\n")
    for name, row in rows.items():
        feed, others = row["feed"], row["cpu"]["others"]
        print(f"{name}: {feed['pushes_per_s']:.1f} pushes/s of {feed['push_ms']:.1f} ms;", end=" ")
        print(f"other programs took {others:.2f} cores meanwhile")
    checks = verdicts(rows, options.rate)
    for text, held in checks:
        print(f"{'pass' if held else 'FAIL'}  {text}")
    if options.json:
        options.json.write_text(json.dumps({**about, "rows": rows, "rounds": rounds}, indent=1) + "\n")
    return int(options.check and not all(held for _, held in checks))


if __name__ == "__main__":
    sys.exit(main())
