"""Fixtures: a server and clients; for the browser tests one JupyterLab and one Chromium, a fresh context each.

A failing browser test leaves `<test>.png` and `<test>.console.txt` in artifacts/.
"""

from __future__ import annotations

import gc
import os
import re
import signal
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

import realtime_widgets
from realtime_widgets.client import Client
from realtime_widgets.client.pool import Pool
from realtime_widgets.client.sansio.backoff import Reconnect
from realtime_widgets.runtime import get_runtime
from support import schedules as schedules_of_models
from support.fake_clock import FakeClock
from support.servers import LIMIT, Server, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

    from support.lab import Lab
    from support.recorder import Recorder

# No example has a time limit: a busy machine is no defect.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

FAILED = pytest.StashKey[bool]()


def pytest_configure() -> None:
    schedules_of_models.seed_of_run()  # before any worker starts: they inherit it
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as shells have it of what runs in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> str:
    share = "all" if schedules_of_models.FULL else f"one in {schedules_of_models.SHARE}"
    return f"random models: {share} of the schedules, RW_MODEL_SEED={schedules_of_models.seed_of_run()}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Last, because Playwright keeps an event loop running in this thread and asyncio.run() then refuses.
    # Workers take the tests one by one in this order, so it holds in each of them.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    # The make words have vitest run beside us: its word comes whole, and before our summary, which is the last.
    if beside := os.environ.get("RW_BESIDE"):
        log = terminalreporter.config.rootpath / beside
        for _ in range(1200):
            if log.exists():
                break
            time.sleep(0.1)
        terminalreporter.section("vitest")
        terminalreporter.write_line(log.read_text() if log.exists() else "it has not ended in two minutes")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
        if report.failed and (tried := getattr(item, "funcargs", {}).get("schedules")):
            report.sections.append(("random model", tried.failed()))
    return report


@pytest.fixture
def schedules(request: pytest.FixtureRequest) -> schedules_of_models.Schedules:
    """The seeds that a random model tries; one that fails is kept."""
    return schedules_of_models.Schedules(request.node)


# The network


@pytest.fixture
def server() -> Iterator[Server]:
    """A WebSocket server that remembers what it hears."""
    with Server() as made:
        yield made


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    """A client that is connected to it."""
    made = Client(server.url, reconnect=Reconnect(0.01, 0.05))
    made.wait_until("connected", LIMIT)
    wait_for(lambda: server.open)
    yield made
    made.disconnect()
    made.close()
    wait_for(lambda: not server.open)
    gc.collect()


@pytest.fixture
def fake_clock() -> FakeClock:
    """A clock that is turned by hand."""
    return FakeClock()


@pytest.fixture
def pool(fake_clock: FakeClock) -> Pool:
    """Connections that live by it."""
    return Pool(get_runtime(), clock=fake_clock)


@pytest.fixture
def connect(pool: Pool) -> Iterator[Callable[..., Client]]:
    """Makes clients of those, and ends them."""
    made: list[Client] = []

    def connect(url: Any, **options: Any) -> Client:
        client = Client(url, pool=pool, **options)
        made.append(client)
        return client

    yield connect
    for client in made:
        client.disconnect()
    wait_for(lambda: not pool.open, "the end of all connections")


# Widgets and browsers


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """What widgets send from here on, through a scheduler of their own."""
    from realtime_widgets.browser import frame_loop
    from realtime_widgets.runtime import get_runtime
    from realtime_widgets.widgets import base
    from support.recorder import Recorder

    recorder = Recorder()
    made = frame_loop.FrameLoop(get_runtime(), recorder)
    monkeypatch.setattr(base, "get_frame_loop", lambda: made)
    monkeypatch.setattr(frame_loop, "get_frame_loop", lambda: made)
    return recorder


@pytest.fixture(scope="session")
def child_env() -> dict[str, str]:
    """The environment of a child process that imports the very package this process tests."""
    package = Path(realtime_widgets.__file__).resolve().parents[1]
    return os.environ | {"PYTHONPATH": str(package), "PYTHONSAFEPATH": "1"}


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One JupyterLab for the whole run, also when two processes share it."""
    from support.lab import running_lab, shared_lab

    worker = os.environ.get("PYTEST_XDIST_WORKER")
    with shared_lab(run_folder(tmp_path_factory), worker) if worker else running_lab() as server:
        yield server


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One Chromium for the whole run, also when two processes share it."""
    from support.lab import running_browser, shared_browser

    worker = os.environ.get("PYTEST_XDIST_WORKER")
    with shared_browser(run_folder(tmp_path_factory)) if worker else running_browser() as chromium:
        yield chromium


def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the processes of a run have in common."""
    return tmp_path_factory.getbasetemp().parent


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Browser, lab: Lab) -> Iterator[Page]:
    """A page in a context of its own (cookies, storage); its kernels end with it."""
    from support.lab import ARTIFACTS, LIMIT, screenshot

    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    context.set_default_timeout(LIMIT * 1000)
    page = context.new_page()
    console: list[str] = []

    def note(message: ConsoleMessage) -> None:
        console.append(f"[{message.type}] {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: console.append(f"[uncaught] {error}"))
    try:
        yield page
    finally:
        if request.node.stash.get(FAILED, False):
            name = re.sub(r"[^\w.-]+", "-", request.node.name)
            screenshot(page, name)
            (ARTIFACTS / f"{name}.console.txt").write_text("\n".join(console))
        context.close()
        lab.shutdown_kernels()
