"""A chat in a real JupyterLab: `rw.Chat` beside Panel's `ChatInterface`.

    python benchmarks/chat.py [--rounds 3] [--only ours,panel] [--json FILE] [--check]

Needs Chromium and panel. Nothing comes from the network: Panel's scripts are inline (`pn.extension(inline=True)`), its
style sheets come from this machine, as they do from its CDN elsewhere (`PANEL_CDN_ROOT`); inline they would be sent
again with every message, 400 kB each. Its updates go over pyviz_comms: in a `pn.ipywidget` those of a thread never
arrive. The font of its small icons has no other place than a CDN, and is missing. Else all settings are those that a
user finds; `ours-60`, which has to be named with --only, sends 60 times a second in place of 20.

In every round the two take turns, each with a page, a notebook and a kernel of its own, in one JupyterLab and one
browser; medians of the rounds. In a chat 420 px high:

    stream-50, stream-200  one answer of 500 tokens of 6 characters, in paragraphs of 50, at 50 and 200 tokens/s from a
              thread: `with chat.streaming() as m: m.append(token)`, `message = chat.stream(token, message=message)`
    answer-50, answer-200  the same as the answer to what is typed, from a generator: `on_message`, `callback`
    busy-50   stream-50 for 250 tokens while a cell computes and never rests
    thousand  a thousand messages at once: `send` for each; Panel, which takes 0.15 s and more for each `send` to a chat
              that is shown, makes its messages first and is given all in one (`chat.objects = [...]`)
    append    ten messages a second for 10 s, with the thousand there, from a thread
    scroll    up from the newest of those, 30 px with each of 180 frames

A *draw* is an animation frame that shows another newest token, or message, than the one before; *age* is the time from
right before its append in Python to the first frame that shows it, by the clock of the machine, of every token. The
frame is asked after its callbacks have run. What is late at the source counts from the late append; *appends/s* says
how many there were. Bytes are those that reached the page on the kernel's websocket. *shown* counts from the beginning
of the cell to the frame in which the end of the last message is within the chat; a chat that stays elsewhere for 10 s
is scrolled there, *by hand*. Nodes are the elements of the cell's output, in shadow roots, too; *frame ms* is the 95th
percentile between two animation frames. CPU is in cores.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import charts
from charts import INTO_VIEW, _number
from chat_probe import CHAT, ages, intervals, quantile, running_cdn
from lab_probe import PAGE, Probe
from playwright.sync_api import Browser, TimeoutError

from support.lab import LIMIT, Lab, running_browser, running_lab
from support.labbook import Notebook

TOKENS = 500
BUSY_TOKENS = 250
MESSAGES = 1000
APPENDS = 100
SETTLED = 1.5
"""Seconds that a text may be late within which what is measured a second is measured."""
PATIENCE = 10.0
"""Seconds after which a chat that holds a thousand messages and does not show the last is scrolled to its end."""
SLOWEST = 300.0
"""Seconds that a thousand messages may take."""

COMMON = f"""
import json, os, threading, time
from pathlib import Path

USERS = ["Anna", "Ben", "Chen", "Dora", "Emil"]
MESSAGES = [(USERS[i // 3 % 5], f"m{{i:04}}: the *quick* brown fox jumps over the **lazy** dog, and `so on`")
            for i in range({MESSAGES})]

def token(i):
    return f"t{{i:04}}" + ("\\n\\n" if i % 50 == 49 else " ")

def paced(count, rate, appended):
    \"\"\"Yields numbers at a pace, and notes when.\"\"\"
    start = time.time()
    for i in range(count):
        time.sleep(max(0, start + i / rate - time.time()))
        appended.append(time.time())
        yield i

def written(name, appended):
    Path("new.json").write_text(json.dumps(appended))
    os.replace("new.json", name)

def stream(name, count, rate):
    appended = []
    grow(token(i) for i in paced(count, rate, appended))
    written(name, appended)

def append(name, count, rate):
    appended = []
    for i in paced(count, rate, appended):
        say(USERS[i % 5], f"t{{i:04}} is what one of us says")
    written(name, appended)

def answer(*_):
    name, count, rate = asked
    appended = []
    for i in paced(count, rate, appended):
        yield token(i)
    written(name, appended)

def in_thread(*args):
    threading.Thread(target=args[0], args=args[1:], daemon=True).start()

def thousand(name):
    began = time.time()
    say_all(MESSAGES)
    written(name, [began])

print(os.getpid())
"""

OURS = """
import realtime_widgets as rw
chat = rw.Chat(user="me", height=420)
chat.on_message(answer)

def grow(tokens):
    with chat.streaming() as message:
        for each in tokens:
            message.append(each)

def say(user, text):
    chat.send(text, user=user)

def say_all(messages):
    for user, text in messages:
        chat.send(text, user=user)

chat
"""

PANEL = """
import panel as pn
pn.extension(inline=True)
pn.config.inline = False  # of the style sheets of messages, which would be sent again and again
chat = pn.chat.ChatInterface(height=420, user="me", callback=answer)

def grow(tokens):
    message = None
    for each in tokens:
        if message is None:
            message = chat.stream(each, user="bot")
        else:
            chat.stream(each, message=message)

def say(user, text):
    chat.send(text, user=user, respond=False)

def say_all(messages):
    chat.objects = [pn.chat.ChatMessage(text, user=user) for user, text in messages]

chat
"""

CONTESTANTS = {
    "ours": ("realtime_widgets", OURS),
    "panel": ("panel", PANEL),
    "ours-60": ("realtime_widgets", OURS.replace("chat =", "rw.configure(max_fps=60)\nchat =", 1)),
}
USUAL = ["ours", "panel"]
BUSY = "end = time.time() + {seconds}\nwhile time.time() < end:\n    sum(range(1000))"
STREAMS = {
    "stream-50": (TOKENS, 50),
    "stream-200": (TOKENS, 200),
    "answer-50": (TOKENS, 50),
    "answer-200": (TOKENS, 200),
    "busy-50": (BUSY_TOKENS, 50),
}
SCENARIOS = (*STREAMS, "thousand", "append", "scroll")

PROMISES = (
    ("stream-50", "age p95 ms", "<=", 1.0),
    ("stream-50", "bytes each", "<=", 0.5),
    ("stream-200", "age p95 ms", "<=", 0.5),
    ("stream-200", "bytes each", "<=", 0.2),
    ("stream-200", "page fps", ">=", 1.0),
    ("answer-50", "age p95 ms", "<=", 1.0),
    ("answer-50", "bytes each", "<=", 0.75),
    ("answer-200", "age p95 ms", "<=", 0.5),
    ("answer-200", "page fps", ">=", 1.2),
    ("busy-50", "age p95 ms", "<=", 0.5),
    ("thousand", "shown ms", "<=", 0.1),
    ("thousand", "bytes", "<=", 0.2),
    ("thousand", "nodes", "<=", 1.0),
    ("append", "age p95 ms", "<=", 0.1),
    ("append", "page fps", ">=", 1.5),
    ("scroll", "frame ms", "<=", 0.5),
)
"""(scenario, column, relation, how many times Panel's)."""


class Visit:
    """One page with one chat, fed by its kernel."""

    def __init__(self, browser: Browser, lab: Lab, name: str, cdn: str) -> None:
        self._folder = lab.root
        self._context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
        self._context.set_default_timeout(LIMIT * 1000)
        self._context.add_init_script(PAGE + CHAT)
        first = f"import os\nos.environ['PANEL_CDN_ROOT'] = {cdn!r}\n{COMMON}"
        cells = [first, CONTESTANTS[name][1], *("" for _ in SCENARIOS)]
        cells[2:] = [self._cell(scenario) for scenario in SCENARIOS]
        self.notebook = Notebook.open(self._context.new_page(), lab, lab.write(cells))
        self.page = self.notebook.page
        self.notebook.run_cell(0)
        pid = int("".join(self.notebook.wait_for_cell_outputs(0)[0]["text"]))
        self.notebook.run_cell(1)
        self.notebook.wait_for_cell_outputs(1)
        self.notebook.wait_for("return rwChat.begin(argument);", name.partition("-")[0])
        self._probe = Probe(self.page, pid)

    @staticmethod
    def _cell(scenario: str) -> str:
        how, _, _ = scenario.partition("-")
        if scenario in STREAMS:
            count, rate = STREAMS[scenario]
            about = f"{scenario + '.json'!r}, {count}, {rate}"
            if how == "answer":
                return f"asked = {about}"
            start = f"in_thread(stream, {about})"
            return f"{start}\n{BUSY.format(seconds=count / rate + 1)}" if how == "busy" else start
        if scenario == "append":
            return f"in_thread(append, 'append.json', {APPENDS}, 10)"
        return "thousand('thousand.json')" if scenario == "thousand" else "pass"

    def close(self) -> None:
        self._context.close()

    def _written(self, scenario: str) -> list[float]:
        file = self._folder / f"{scenario}.json"
        deadline = time.monotonic() + SLOWEST
        while not file.exists():
            if time.monotonic() > deadline:
                raise RuntimeError(f"the kernel did not come to the end of {scenario}")
            self.page.wait_for_timeout(50)
        found: list[float] = json.loads(file.read_text())
        file.unlink()
        return found

    def _start(self, scenario: str, wanted: str = "") -> None:
        self.page.evaluate("([wanted]) => { rwProbe.reset(); rwChat.reset(wanted); }", [wanted])
        self.notebook.run_cell(2 + SCENARIOS.index(scenario), wait=False)
        self.notebook.evaluate(INTO_VIEW)
        if scenario.startswith("answer"):
            self.notebook.wait_until_run()
            written = self.notebook.output(1).locator("textarea").first
            written.fill("Please")
            written.press("Enter")

    def follow(self, scenario: str) -> dict[str, float]:
        """Have tokens or messages come, and see when each is drawn."""
        count, rate = STREAMS.get(scenario, (APPENDS, 10))
        self._start(scenario)
        found = self._probe.measure(count / rate + SETTLED)
        appended = self._written(scenario)
        self.notebook.wait_for(f"return rwChat.last === {count - 1};", timeout=SLOWEST)
        self.notebook.wait_until_run()
        seen = self.page.evaluate("rwChat.read()")
        times = ages(appended, seen["seen"])
        span = (seen["seen"][-1][1] - 1000 * appended[0]) / 1000
        frames = intervals(seen["frames"])
        return {
            "appends/s": (count - 1) / (appended[-1] - appended[0]),
            "draws/s": len(seen["seen"]) / span,
            "age p50 ms": quantile(times, 50),
            "age p95 ms": quantile(times, 95),
            "page fps": found["frames_per_s"],
            "frame ms": quantile(frames, 95),
            "bytes each": self.page.evaluate("rwProbe.read()")["bytes"] / count,
            "kernel cores": found["cpu"]["kernel"],
            "browser cores": found["cpu"]["browser"],
        }

    def thousand(self) -> dict[str, float]:
        """Have a thousand messages shown."""
        self._start("thousand", f"m{MESSAGES - 1:04}")
        (began,) = self._written("thousand")
        by_hand = 0
        try:
            self.notebook.wait_for("return rwChat.shown !== null;", timeout=PATIENCE)
        except TimeoutError:
            by_hand = 1
            self.notebook.wait_for("rwChat.toEnd(); return rwChat.shown !== null;", timeout=SLOWEST)
        self.notebook.wait_until_run(SLOWEST)
        shown = self.page.evaluate("rwChat.shown")
        self.page.wait_for_timeout(2000)  # what comes after it belongs to it
        return {
            "shown ms": shown - 1000 * began,
            "bytes": self.page.evaluate("rwProbe.read()")["bytes"],
            "nodes": self.page.evaluate("rwChat.nodes()"),
            "by hand": by_hand,
        }

    def scroll(self) -> dict[str, float]:
        """Scroll up."""
        times = self.page.evaluate("rwChat.scroll(30, 180)")
        return {"frame ms": quantile(intervals(times), 95), "frame max ms": max(intervals(times))}


def run(browser: Browser, lab: Lab, name: str, cdn: str) -> dict[str, dict[str, float]]:
    """Return what was measured of one contestant, by scenario."""
    visit = Visit(browser, lab, name, cdn)
    try:
        found = {scenario: visit.follow(scenario) for scenario in STREAMS}
        return found | {
            "thousand": visit.thousand(),
            "append": visit.follow("append"),
            "scroll": visit.scroll(),
        }
    finally:
        visit.close()
        lab.shutdown_kernels()


# Reporting ------------------------------------------------------------------------------------------------------


def medians(rounds: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Return the median of each figure."""
    return {
        scenario: {column: statistics.median(each[scenario][column] for each in rounds) for column in figures}
        for scenario, figures in rounds[0].items()
    }


def tables(found: dict[str, dict[str, dict[str, float]]]) -> str:
    """Markdown: a table for what is drawn again and again, one for each of the others."""
    groups = ((*STREAMS, "append"), ("thousand",), ("scroll",))
    return "\n\n".join(_table(found, group) for group in groups)


def _table(found: dict[str, dict[str, dict[str, float]]], scenarios: tuple[str, ...]) -> str:
    columns = list(next(iter(found.values()))[scenarios[0]])
    lines = [["", *columns], ["---", *("--:" for _ in columns)]]
    for scenario in scenarios:
        for name, figures in found.items():
            lines.append([f"{scenario}, {name}", *(_number(figures[scenario][each]) for each in columns)])
        if set(USUAL) <= found.keys():
            ratios = (
                found["ours"][scenario][each] / (found["panel"][scenario][each] or 1) for each in columns
            )
            lines.append(["ours ÷ panel", *(f"×{_number(each)}" for each in ratios)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def verdicts(found: dict[str, dict[str, dict[str, float]]]) -> list[tuple[str, bool]]:
    """What we promise, and whether it holds."""
    if not set(USUAL) <= found.keys():
        return []
    checks = []
    for scenario, column, relation, times in PROMISES:
        ours, theirs = found["ours"][scenario][column], found["panel"][scenario][column]
        held = ours <= times * theirs if relation == "<=" else ours >= times * theirs
        text = f"{scenario}: {column} {_number(ours)} {relation} {times} × Panel's {_number(theirs)}"
        checks.append((text, held))
    return checks


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", type=lambda text: text.split(","), default=USUAL, metavar="NAMES")
    parser.add_argument("--json", type=Path, help="write the raw numbers to this file, too")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a promise is not kept")
    options = parser.parse_args()
    if unknown := set(options.only) - CONTESTANTS.keys():
        parser.error(
            f"no contestant is called {', '.join(sorted(unknown))}: there are {', '.join(CONTESTANTS)}"
        )

    about = charts.surroundings(["ours"])
    packages = (CONTESTANTS[name][0] for name in options.only)
    about["versions"] |= {
        package: charts._version(package) for package in (*packages, "bokeh", "pyviz_comms")
    }
    rounds: dict[str, list[dict[str, dict[str, float]]]] = {name: [] for name in options.only}
    with running_cdn() as cdn, running_lab() as lab, running_browser() as browser:
        for number in range(options.rounds):
            for name, each in rounds.items():
                print(f"round {number + 1}: {name} …", file=sys.stderr, flush=True)
                each.append(run(browser, lab, name, cdn))
    found = {name: medians(each) for name, each in rounds.items()}
    print(about["date"], about["machine"], f"load before: {about['load'][0]:.2f}", sep=", ")
    print(", ".join(f"{name} {version}" for name, version in about["versions"].items()), end="\n\n")
    print(tables(found), end="\n\n")
    checks = verdicts(found)
    for text, held in checks:
        print(f"{'pass' if held else 'FAIL'}  {text}")
    if options.json:
        options.json.write_text(json.dumps({**about, "found": found, "rounds": rounds}, indent=1) + "\n")
    return int(options.check and not all(held for _, held in checks))


if __name__ == "__main__":
    sys.exit(main())
