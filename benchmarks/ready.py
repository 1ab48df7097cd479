"""How soon widgets are whole: first shown, after a reload, in a second tab, in a New View, shown long after.

    python benchmarks/ready.py [--rounds 3] [--json FILE] [--check]

Needs Chromium. A thread feeds all of them 20 times a second, in a real JupyterLab. Of each group there is

    all   until the last widget of the group shows the present, counted from the first message about any of them on the
          page's websocket, before a model exists (first shown: its `comm_open`; else: the kernel's answer about the
          comms there are), so what JupyterLab and anywidget take to make the models is in it. Of a New View, and of
          widgets that are shown when none has had a view for a while (nothing is sent then): from the click.
    each  from the moment that a widget can begin until it shows the present, median and slowest of the group: from the
          `initialize` of its model; where that was there before (first shown: the models are made in a cell, and shown
          in a later one; New View; long after), from the `render` of its view
    span  from the first of these moments in the group to the last widget that shows the present

Beside them 200 of the smallest anywidget there can be, without data, and 200 `ipywidgets.Label`, until the last one
stands in the page. The median of the rounds counts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path

from charts import _number, surroundings
from screen import FEED, START, cards, chart, labels

from support.lab import LIMIT, Lab, running_browser, running_lab
from support.labbook import Notebook

PAGE = """
window.rwReady = { first: {}, made: {}, views: [], count: COUNT, all: null };
const now = () => performance.now();

// When the first message of each type came on the kernel's websocket.
const text = new TextDecoder();
window.WebSocket = class extends WebSocket {
  constructor(url, protocols) {
    super(url, protocols);
    if (!String(url).includes("/channels")) return;
    this.addEventListener("message", ({ data }) => {
      const found = text.decode(data).match(/"msg_type": ?"(comm_open)"|comm_info_reply|update_states/);
      if (found) rwReady.first[found[1] ?? "known"] ??= now();
    });
  }
};

// When each model was initialized and each view rendered: both ask for the page's front end in its slot, by a symbol,
// and then for the code of their kind.
const watch = (slot) => {
  const then = slot.promise.then.bind(slot.promise);
  let asked = null;
  slot.promise.then = (go) => {
    const at = now();
    return then((page) => { asked = at; go(page); asked = null; });
  };
  then((page) => {
    const { adopt, show, modules } = page;
    const { ready } = modules;
    modules.ready = (kind) => {
      const [at, defined] = [asked, ready.call(modules, kind)];
      if (at === null) return defined;
      return { then: (go) => defined.then(() => { asked = at; go(); asked = null; }) };
    };
    page.adopt = (model, signal) => {
      rwReady.made[model.get("_rw_id")] = asked ?? now();
      adopt.call(page, model, signal);
    };
    page.show = (model, el, signal) => {
      rwReady.views.push({ id: model.get("_rw_id"), at: now(), wall: Date.now(), el, live: null });
      show.call(page, model, el, signal);
    };
  });
};
const symbolFor = Symbol.for;
Symbol.for = (key) => {
  const symbol = symbolFor.call(Symbol, key);
  if (String(key).startsWith("realtime_widgets/") && !(symbol in globalThis)) {
    Object.defineProperty(globalThis, symbol, {
      configurable: true,
      set(value) {
        Object.defineProperty(globalThis, symbol, { value, writable: true, configurable: true });
        watch(value);
      },
    });
  }
  return symbol;
};

// Since when each view shows live data, not older than its place (but for two pushes), and all of them something.
const look = () => {
  for (const view of rwReady.views) {
    const root = view.live === null && view.el.querySelector("[data-rw-state=live]");
    if (root && root.dataset.rwLastTs * 1000 >= view.wall - 100) view.live = now();
  }
  if (document.querySelectorAll("SELECTOR").length >= rwReady.count) rwReady.all ??= now();
  else rwReady.all = null;
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""

# When each widget could begin, and when it was live in the newest of its views.
EACH = """(fromModel) => {
  const newest = Object.fromEntries(rwReady.views.map((view) => [view.id, view]));
  return Object.values(newest).map(({ id, at, live }) => [fromModel ? rwReady.made[id] : at, live]);
}"""

# Whether nothing is sent of any widget any more.
UNSEEN = """
from realtime_widgets.browser.frame_loop import get_frame_loop

def unseen():
    delivery, widgets = get_frame_loop().delivery, getattr(shown, "children", [shown])
    return {delivery.mode(widget._rw_id, time.monotonic()).value for widget in widgets} == {"off"}
"""
LIVE = ".rw-root[data-rw-widget][data-rw-state=live]"
BARE = """
import anywidget

class Bare(anywidget.AnyWidget):
    _esm = 'export default { render({ el }) { el.className = "bare"; el.textContent = "0"; } };'

bare = [Bare(layout={"width": "150px"}) for _ in range(200)]

def push(began, now):
    pass

ipywidgets.Box(bare, layout=ipywidgets.Layout(flex_flow="row wrap"))
"""
SHOWN = {
    "1 card": (cards(1), LIVE, 1),
    "1 chart": (chart(4, 1000, 20), LIVE, 1),
    "50 cards": (cards(50), LIVE, 50),
    "200 cards": (cards(200), LIVE, 200),
    "200 anywidgets": (BARE, ".bare", 200),
    "200 labels": (labels(200), ".widget-label", 200),
}
ALL_SEEN = 14_000
"""CSS pixels in which two hundred cards are seen at once, also in half of the width beside the notebook: what is not on
screen is not drawn."""
PROMISED = {50: 500.0, 200: 1000.0}
"""Up to so many widgets → milliseconds in which each of them shows the present."""


def run(lab: Lab, name: str) -> dict[str, dict[str, float]]:
    """One life: shown, saved, reloaded, opened in a second tab, shown once more."""
    cell, selector, count = SHOWN[name]
    found = {}

    def measured(notebook: Notebook, since: str) -> dict[str, float]:
        notebook.wait_for("return rwReady.all !== null && rwReady.views.every(({ live }) => live !== null);")
        page = notebook.page
        first, there = page.evaluate(f"[rwReady.first.{since}, rwReady.all]")
        begun, live = zip(*page.evaluate(EACH, since == "known") or [(there, there)], strict=True)
        times = {"all": max(there, *live) - first}
        each = [end - start for start, end in zip(begun, live, strict=True)]
        if max(each) > 0:
            times |= {
                "each p50": statistics.median(each),
                "each max": max(each),
                "span": max(live) - min(begun),
            }
        return times

    try:
        with running_browser() as browser:
            context = browser.new_context(viewport={"width": 1280, "height": ALL_SEEN}, locale="en-US")
            context.set_default_timeout(LIMIT * 1000)
            context.add_init_script(PAGE.replace("SELECTOR", selector).replace("COUNT", str(count)))
            start = START.format(every=0.05, jitter=False)
            # Fed before they are shown: what is measured is the widgets, not the first record.
            made, shown = cell.strip().rsplit("\n\n", 1)
            cells = [FEED, f"{made}\nshown = {shown}", start, "shown"]
            path = lab.write(cells)
            notebook = Notebook.open(context.new_page(), lab, path)
            notebook.page.evaluate("rwReady.first = {}")
            notebook.run_all()
            found["shown"] = measured(notebook, "comm_open")
            notebook.evaluate("await panelOf(path).context.save();")
            notebook.reload()
            found["reloaded"] = measured(notebook, "known")
            tab = Notebook.open(context.new_page(), lab, path)
            found["second tab"] = measured(tab, "known")
            tab.page.close()
            notebook.page.evaluate(f"rwReady.count = {2 * count}; rwReady.all = null")
            notebook.evaluate(
                "panelOf(path).content.activeCellIndex = 3; rwReady.first.clicked = performance.now();"
                "await window.jupyterapp.commands.execute('notebook:create-output-view');"
            )
            found["New View"] = measured(notebook, "clicked")
            notebook.evaluate(
                "const { commands, shell } = window.jupyterapp; shell.currentWidget.close();"
                "shell.activateById(panelOf(path).id); await commands.execute('notebook:clear-all-cell-outputs');"
                "rwReady.views = [];"
            )
            if selector == LIVE:
                notebook.execute(UNSEEN)
                notebook.wait_in_kernel("unseen()")
            notebook.page.evaluate(
                f"rwReady.count = {count}; rwReady.all = null; rwReady.first.clicked = performance.now()"
            )
            notebook.run_cell(3, wait=False)
            found["long after"] = measured(notebook, "clicked")
            return found
    finally:
        lab.shutdown_kernels()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(SHOWN), help="groups, separated by commas")
    parser.add_argument("--json", type=Path, help="write the raw numbers to this file, too")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a promise is not kept")
    options = parser.parse_args()
    about = surroundings(["ours"])
    rounds: dict[str, list[dict[str, dict[str, float]]]] = {name: [] for name in options.only.split(",")}
    with running_lab() as lab:
        for number in range(options.rounds):
            for name, found in rounds.items():
                print(f"round {number + 1}: {name} …", file=sys.stderr, flush=True)
                found.append(run(lab, name))
                print(json.dumps(found[-1]), file=sys.stderr, flush=True)
    print(about["date"], about["machine"], f"load before: {about['load'][0]:.2f}", sep=", ", end="\n\n")
    columns = ("all", "each p50", "each max", "span")
    print(f"| ms |  | {' | '.join(columns)} |\n| --- | --- |{' --: |' * len(columns)}")
    held = True
    for name, found in rounds.items():
        for occasion in found[0]:
            medians = {
                column: statistics.median(each[occasion][column] for each in found)
                for column in columns
                if column in found[0][occasion]
            }
            cells = [_number(medians[column]) if column in medians else "–" for column in columns]
            print(f"| {name} | {occasion} | {' | '.join(cells)} |")
            limit = next(ms for most, ms in PROMISED.items() if SHOWN[name][2] <= most)
            held = held and medians.get("each max", 0.0) <= limit
    print(
        f"\n{'pass' if held else 'FAIL'}  each of up to 50 widgets within half a second, each of 200 within one"
    )
    if options.json:
        options.json.write_text(json.dumps({**about, "rounds": rounds}, indent=1) + "\n")
    return int(options.check and not held)


if __name__ == "__main__":
    sys.exit(main())
