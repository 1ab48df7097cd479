"""A loop with a progress bar, in a real JupyterLab: `rw.track` beside `tqdm.notebook`.

    python benchmarks/progress.py [--items 1000000] [--seconds 10] [--rounds 5] [--json FILE] [--check]

Needs Chromium and tqdm. Two loops, each in a cell of the same kernel, by turns:

    quick   so many items that do nothing: what an item costs more than in a bare loop, the best of all rounds, ns
    paced   epochs of 1,000 items of a millisecond each, an inner bar within an outer one: messages a second that
            reach the page, their bytes, frames a second of the page (an empty loop without a bar: "bare"), CPU
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from lab_probe import PAGE, Probe

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

from support.lab import LIMIT, running_browser, running_lab
from support.labbook import Notebook

ITEM_NS = 1_000.0
"""What an item may cost, nanoseconds."""

BEGIN = """
import json, os, time
import realtime_widgets as rw
from tqdm.notebook import tqdm

def bare(items, title):
    return items

WAYS = {"bare": bare, "ours": rw.track, "tqdm": lambda items, title: tqdm(items, desc=title)}
print(json.dumps(os.getpid()))
"""

QUICK = """
items = range({items})
spent = {{}}
for name, way in WAYS.items():
    began = time.perf_counter()
    for _ in way(items, "Items"):
        pass
    spent[name] = (time.perf_counter() - began) / len(items) * 1e9
print(json.dumps(spent))
"""

PACED = """
end = time.monotonic() + {seconds} + 3
for epoch in WAYS["{name}"](range(1000), "Epochs"):
    if time.monotonic() > end:
        break
    for _ in WAYS["{name}"](range(1000), "Batches"):
        time.sleep(0.001)
"""

WAYS = ("bare", "ours", "tqdm")


def printed(notebook: Notebook, index: int) -> Any:
    texts = [output["text"] for output in notebook.outputs(index) if output["output_type"] == "stream"]
    for output in notebook.outputs(index):
        if output["output_type"] == "error":
            raise SystemExit("\n".join(output["traceback"]))
    return json.loads("".join("".join(text) for text in texts).splitlines()[-1])


def measure(items: int, seconds: float, rounds: int) -> dict[str, dict[str, float]]:
    """Return what was measured of each way."""
    paced = [PACED.format(seconds=seconds, name=name) for name in WAYS]
    with running_lab() as lab, running_browser() as browser:
        context = browser.new_context(viewport={"width": 1100, "height": 1000}, locale="en-US")
        context.add_init_script(PAGE)
        context.set_default_timeout(LIMIT * 1000)
        notebook = Notebook.open(
            context.new_page(), lab, lab.write([BEGIN, QUICK.format(items=items), *paced])
        )
        notebook.run_cell(0)
        probe = Probe(notebook.page, printed(notebook, 0))
        spent: list[dict[str, float]] = []
        for _ in range(rounds):
            notebook.run_cell(1, timeout=5 * LIMIT)
            spent.append(printed(notebook, 1))
        found: dict[str, dict[str, float]] = {}
        for i, name in enumerate(WAYS):
            notebook.run_cell(2 + i, wait=False)
            notebook.page.wait_for_timeout(2000)
            seen = probe.measure(seconds)
            notebook.wait_until_run(timeout=2 * LIMIT + seconds)
            best = min(each[name] for each in spent)
            bare = min(each["bare"] for each in spent)
            found[name] = {
                "item ns": best - bare if name != "bare" else best,
                "messages/s": seen["comms_per_s"],
                "bytes/s": seen["bytes_per_s"],
                "page fps": seen["frames_per_s"],
                "kernel cores": seen["cpu"]["kernel"],
                "browser cores": seen["cpu"]["browser"],
            }
            print(f"{name}: measured", file=sys.stderr, flush=True)
        context.close()
    return found


def table(found: dict[str, dict[str, float]]) -> str:
    names = list(next(iter(found.values())))
    rows = [
        f"| {way} | {' | '.join(f'{each[name]:,.2f}' for name in names)} |" for way, each in found.items()
    ]
    head = f"|  | {' | '.join(names)} |\n| --- |{' --: |' * len(names)}"
    return "\n".join([head, *rows])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument(
        "--check", action="store_true", help="exit with 1 when an item costs more than it may"
    )
    options = parser.parse_args()
    found = measure(options.items, options.seconds, options.rounds)
    print(table(found))
    cost = found["ours"]["item ns"]
    print(f"\nan item costs {cost:,.0f} ns of {ITEM_NS:,.0f}: {'pass' if cost <= ITEM_NS else 'FAIL'}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))
    return int(options.check and cost > ITEM_NS)


if __name__ == "__main__":
    sys.exit(main())
