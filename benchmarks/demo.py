"""How long after the command `realtime-widgets demo` its dashboard is live, beside a JupyterLab with an empty notebook.

    python benchmarks/demo.py [--rounds 3] [--json FILE] [--check]

Needs Chromium. In turns: the demo in an empty folder, until its address is printed, then until all six cards in the
page show a value and both charts are live, without a click; and `jupyter lab` with a notebook of no cells, until the
server answers, then until the page shows it with its kernel idle. Both have a browser that has never seen the page.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from charts import surroundings
from playwright.sync_api import Browser

from support.lab import LIMIT, running_browser, running_lab
from support.labbook import Notebook

PROMISED = 15.0
"""Seconds."""

LIVE = r"""() => {
  const live = (kind) => document.querySelectorAll(`.rw-root[data-rw-widget=${kind}][data-rw-state=live]`).length;
  const values = [...document.querySelectorAll(".rw-value")].slice(0, 6);
  return live("metric") >= 6 && live("chart") >= 2 && values.every((value) => /\d/.test(value.textContent));
}"""


def demo(browser: Browser) -> dict[str, float]:
    """The demo, from its command to live widgets."""
    with tempfile.TemporaryDirectory(prefix="rw-demo-") as folder:
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "realtime_widgets", "demo", "--no-browser"],
            cwd=folder,
            env=os.environ | {"JUPYTER_RUNTIME_DIR": f"{folder}/runtime"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        context = browser.new_context(viewport={"width": 1280, "height": 1400})
        try:
            assert process.stdout is not None
            address = next(
                found[1] for line in process.stdout if (found := re.search(r"Open (\S+) in a browser", line))
            )
            answered = time.monotonic()
            page = context.new_page()
            page.goto(address, timeout=LIMIT * 1000)
            page.wait_for_function(LIVE, timeout=LIMIT * 1000, polling=50)
            return {"address": answered - began, "live": time.monotonic() - began}
        finally:
            context.close()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=LIMIT)


def plain(browser: Browser) -> dict[str, float]:
    """A JupyterLab as it is, from its start to a notebook with its kernel."""
    began = time.monotonic()
    with running_lab() as lab:
        answered = time.monotonic()
        context = browser.new_context(viewport={"width": 1280, "height": 1400})
        try:
            Notebook.open(context.new_page(), lab, lab.write([]))
            return {"address": answered - began, "live": time.monotonic() - began}
        finally:
            context.close()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the raw numbers to this file, too")
    parser.add_argument("--check", action="store_true", help="exit with 1 when the promise is not kept")
    options = parser.parse_args()
    about = surroundings(["ours"])
    found: dict[str, list[dict[str, float]]] = {"realtime-widgets demo": [], "jupyter lab": []}
    with running_browser() as browser:
        for _ in range(options.rounds):
            for measure, results in zip((demo, plain), found.values(), strict=True):
                results.append(measure(browser))
                print(json.dumps(results[-1]), file=sys.stderr, flush=True)
    print(about["date"], about["machine"], f"load before: {about['load'][0]:.2f}", sep=", ", end="\n\n")
    print("| s | address | shown | slowest |\n| --- | --: | --: | --: |")
    for name, results in found.items():
        live = [each["live"] for each in results]
        address = statistics.median(each["address"] for each in results)
        print(f"| {name} | {address:.1f} | {statistics.median(live):.1f} | {max(live):.1f} |")
    held = statistics.median(each["live"] for each in found["realtime-widgets demo"]) <= PROMISED
    print(f"\n{'pass' if held else 'FAIL'}  live within {PROMISED:.0f} s of the command")
    if options.json:
        options.json.write_text(json.dumps({**about, "found": found}, indent=1) + "\n")
    return int(options.check and not held)


if __name__ == "__main__":
    sys.exit(main())
