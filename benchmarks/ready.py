"""How soon widgets are whole: when they are first shown, and after the page was reloaded; in a real JupyterLab.

    python benchmarks/ready.py [--rounds 3] [--json FILE] [--check]

Needs Chromium. A thread feeds all of them 20 times a second. *Shown* is the time from the first `comm_open` on the
page's websocket, before any model exists, until the last widget shows live data; *again* is the same after a reload,
from the kernel's first answer about the comms there are. Both include what JupyterLab and anywidget take to make the
models. Beside them as many `ipywidgets.Label`, until the last one stands in the page. The median of the rounds counts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any

from charts import _number, surroundings
from screen import FEED, START, cards, labels

from lab import LIMIT, Lab, running_browser, running_lab
from labbook import Notebook

# When the first message of each type came on the kernel's websocket, and since when so many elements are there.
PAGE = """
window.rwFirst = {};
const text = new TextDecoder();
window.WebSocket = class extends WebSocket {
  constructor(url, protocols) {
    super(url, protocols);
    if (!String(url).includes("/channels")) return;
    this.addEventListener("message", ({ data }) => {
      const found = text.decode(data).match(/"msg_type": ?"(comm_open)"|comm_info_reply|update_states/);
      if (found) rwFirst[found[1] ?? "known"] ??= performance.now();
    });
  }
};
window.rwReady = null;
const look = () => {
  const there = document.querySelectorAll("SELECTOR").length;
  if (there >= COUNT) window.rwReady ??= performance.now();
  else window.rwReady = null;
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""

LIVE = ".rw-root[data-rw-widget=metric][data-rw-state=live]"
SHOWN = {
    "1 card": (cards(1), LIVE, 1),
    "50 cards": (cards(50), LIVE, 50),
    "200 cards": (cards(200), LIVE, 200),
    "200 labels": (labels(200), ".widget-label", 200),
}
PROMISED = {"shown ms": 1000.0, "again ms": 1000.0}


def run(lab: Lab, name: str) -> dict[str, float]:
    """One life: shown, saved, reloaded."""
    cell, selector, count = SHOWN[name]
    try:
        with running_browser() as browser:
            context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
            context.set_default_timeout(LIMIT * 1000)
            context.add_init_script(PAGE.replace("SELECTOR", selector).replace("COUNT", str(count)))
            start = START.format(every=0.05, jitter=False)
            # Fed before they are shown: what is measured is the widgets, not the first record.
            made, shown = cell.rsplit("\nipywidgets.Box(", 1)
            cells = [FEED, f"{made}\nbox = ipywidgets.Box({shown}", start, "box"]
            notebook = Notebook.open(context.new_page(), lab, lab.write(cells))
            notebook.page.evaluate("window.rwFirst = {}")
            notebook.run_all()
            notebook.wait_for("return window.rwReady !== null;")
            found = {"shown ms": notebook.page.evaluate("rwReady - rwFirst.comm_open")}
            notebook.evaluate("await panelOf(path).context.save();")
            notebook.reload()
            notebook.wait_for("return window.rwReady !== null;")
            found["again ms"] = notebook.page.evaluate("rwReady - rwFirst.known")
            return found
    finally:
        lab.shutdown_kernels()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the raw numbers to this file, too")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a promise is not kept")
    options = parser.parse_args()
    about = surroundings(["ours"])
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in SHOWN}
    with running_lab() as lab:
        for number in range(options.rounds):
            for name, found in rounds.items():
                print(f"round {number + 1}: {name} …", file=sys.stderr, flush=True)
                found.append(run(lab, name))
    print(about["date"], about["machine"], f"load before: {about['load'][0]:.2f}", sep=", ", end="\n\n")
    print(f"|  | {' | '.join(PROMISED)} |\n| --- | --: | --: |")
    held = True
    for name, found in rounds.items():
        medians = {column: statistics.median(each[column] for each in found) for column in PROMISED}
        print(f"| {name} | {' | '.join(_number(value) for value in medians.values())} |")
        held = held and ("card" not in name or all(medians[each] <= PROMISED[each] for each in PROMISED))
    print(f"\n{'pass' if held else 'FAIL'}  cards within a second")
    if options.json:
        options.json.write_text(json.dumps({**about, "rounds": rounds}, indent=1) + "\n")
    return int(options.check and not held)


if __name__ == "__main__":
    sys.exit(main())
