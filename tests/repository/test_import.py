"""`import realtime_widgets` opens nothing, starts nothing, and costs hardly more than what it stands on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

Run = Callable[[str], str]

HEAVY = [
    "plotly",
    "websockets",
    "httpx",
    "starlette",
    "uvicorn",
    "pandas",
    "polars",
    "pyarrow",
    "nats",
    "redis",
    "psutil",
    "tzlocal",
    "jupyterlab",
]

BASELINE = "import ipywidgets, anywidget, numpy, msgspec"
OURS = "import realtime_widgets"
WITH_WIDGETS = f"{OURS} as rw; rw.LiveChart; rw.MetricCard"
RATIO = 1.2
ROUNDS, MAX_ROUNDS = 8, 40
"""Of fresh interpreters, one of each kind in turn. The least CPU time of each kind counts, from its start on: what
else the machine does hardly matters, and where it does, more rounds come nearer to the truth."""


@pytest.fixture(scope="module")
def run(child_env: dict[str, str]) -> Run:
    """Runs code in a fresh interpreter, with compiled files, as users have them; returns what it printed."""
    env = {key: value for key, value in child_env.items() if key != "PYTHONDONTWRITEBYTECODE"}
    # More of them spin for a while, which is counted for as long as the process goes on.
    env["OPENBLAS_NUM_THREADS"] = "1"

    def run(code: str) -> str:
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_importing_loads_nothing_heavy(run: Run):
    loaded = json.loads(run(f"{OURS}; import sys, json; print(json.dumps(sorted(sys.modules)))"))
    assert "realtime_widgets" in loaded
    assert set(loaded) & set(HEAVY) == set()


def test_widgets_and_what_they_stand_on_come_with_their_first_use(run: Run):
    libraries = {"ipywidgets", "anywidget", "traitlets", "comm", "IPython"}
    seen = json.loads(
        run(f"""
{OURS}, sys, json
before = sorted(sys.modules)
realtime_widgets.LiveChart
print(json.dumps([before, sorted(sys.modules)]))
""")
    )
    assert set(seen[0]) & libraries == set()  # for programs without a notebook, and where none is installed
    assert "ipywidgets" in seen[1]


def test_importing_opens_no_socket_and_starts_no_thread_and_no_process(run: Run):
    code = f"""
import sys, threading
{BASELINE}
seen = []
WATCHED = ("socket.", "subprocess.", "os.fork", "os.posix_spawn", "_thread.start_new_thread")
threads = threading.active_count()
sys.addaudithook(lambda event, args: seen.append(event) if event.startswith(WATCHED) else None)
{WITH_WIDGETS}
print(seen, threading.active_count() - threads)
"""
    assert run(code) == "[] 0\n"


def test_importing_costs_at_most_a_fifth_more_than_what_it_stands_on(run: Run):
    def cost(imports: str) -> float:
        return float(run(f"{imports}; import time; print(time.process_time())"))

    baseline, ours = cost(BASELINE), cost(WITH_WIDGETS)
    for done in range(1, MAX_ROUNDS):
        if done >= ROUNDS and ours / baseline <= RATIO:
            break
        baseline, ours = min(baseline, cost(BASELINE)), min(ours, cost(WITH_WIDGETS))
    assert ours / baseline <= RATIO, f"{ours:.3f} s, and {baseline:.3f} s for {BASELINE!r}"


def test_sources_come_with_their_first_use(run: Run):
    code = f"{OURS} as rw, sys; before = 'realtime_widgets.sources' in sys.modules; rw.sources; print(before)"
    assert run(code) == "False\n"
