"""The last hop in marimo: one process for several people, and only what is displayed has a model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from support.lab import LIMIT, PYTHON, serving
from support.page_helpers import FEED, wait_until_moved, widgets
from support.ports import free_port

pytestmark = pytest.mark.browser

APP = """
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    import realtime_widgets as rw
    import shared
    return mo, rw, shared


@app.cell
def _(rw, shared):
    card = rw.MetricCard("n", shared.stream, field="n")
    card
    return (card,)


@app.cell
def _(card, mo, rw, shared):
    chart, log = rw.LiveChart(shared.stream), rw.EventLog(shared.stream)
    ids = " ".join(each._rw_id for each in (card, chart, log))
    mo.vstack([chart, log, mo.md(f"ids {ids}")])
    return


if __name__ == "__main__":
    app.run()
"""


@contextmanager
def marimo(home: Path) -> Iterator[str]:
    (home / "shared.py").write_text(FEED)
    (home / "app.py").write_text(APP)
    port = free_port()
    command = [PYTHON, "-m", "marimo", "run", "app.py", "--headless", "--no-token", f"--port={port}"]
    with serving(command, f"http://127.0.0.1:{port}/health", home):
        yield f"http://127.0.0.1:{port}/"


def opened(browser: Browser, address: str) -> tuple[Page, set[str]]:
    """A person's page, and the addresses of all parts that its socket has brought."""
    page = browser.new_context(viewport={"width": 1000, "height": 1200}).new_page()
    page.set_default_timeout(LIMIT * 1000)
    got: set[str] = set()

    def note(frame: str | bytes) -> None:
        text = frame if isinstance(frame, str) else frame.decode(errors="replace")
        got.update(re.findall(r'\\*"to\\*":\s*\\*"([0-9a-f]{32}-\d+)', text))

    page.on("websocket", lambda socket: socket.on("framereceived", note))
    page.goto(address, timeout=LIMIT * 1000)
    return page, got


def shows_live_data(page: Page) -> None:
    for kind in ("metric", "chart", "events"):
        expect(widgets(page, kind)).to_have_attribute("data-rw-state", "live")
        wait_until_moved(widgets(page, kind), 10)


def ids(page: Page) -> set[str]:
    found = page.get_by_text(re.compile("^ids ")).last.text_content() or ""
    return set(found.split()[1:])


def test_several_people_share_a_stream_and_nobody_gets_the_parts_of_another(
    browser: Browser, tmp_path: Path
) -> None:
    with marimo(tmp_path) as address:
        people = [opened(browser, address) for _ in range(3)]
        for page, _ in people:
            shows_live_data(page)
        own = [ids(page) for page, _ in people]
        assert len(set.union(*own)) == 9
        for mine, (_, got) in zip(own, people, strict=True):
            assert got == mine
        people[0][0].screenshot(path=Path("artifacts") / "marimo.png")
        people[0][0].context.close()
        people[1][0].reload()
        expect(widgets(people[1][0], "metric")).to_have_count(1)
        for page, _ in people[1:]:
            shows_live_data(page)
        for page, _ in people[1:]:
            page.context.close()


def test_a_server_that_ends_is_said_to_be_gone(browser: Browser, tmp_path: Path) -> None:
    with marimo(tmp_path) as address:
        page, _ = opened(browser, address)
        shows_live_data(page)
    expect(widgets(page, "chart")).to_have_attribute("data-rw-state", "kernel_gone")
    page.context.close()
