"""The last hop in Voila: a notebook as an application, a kernel for every reader."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from support.lab import LIMIT, PYTHON, serving, write_notebook
from support.page_helpers import FEED, wait_until_moved, widgets
from support.ports import free_port

pytestmark = pytest.mark.browser

CELLS = (
    FEED,
    "card = rw.MetricCard('n', stream, field='n')\nipywidgets.VBox([card, rw.LiveChart(stream)])",
    "card",
    "ipywidgets.Label(f'pid {os.getpid()}')",
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("voila")
    book, port = write_notebook(home / "app.ipynb", CELLS), free_port()
    command = [PYTHON, "-m", "voila", str(book), "--no-browser", f"--port={port}", "--token=''"]
    with serving(command, f"http://127.0.0.1:{port}/static/", home):
        yield f"http://127.0.0.1:{port}/"


def opened(browser: Browser, address: str) -> Page:
    page = browser.new_context(viewport={"width": 1000, "height": 1000}).new_page()
    page.set_default_timeout(LIMIT * 1000)
    page.goto(address, timeout=LIMIT * 1000)
    expect(widgets(page, "metric")).to_have_count(2)
    return page


def shows_live_data(page: Page) -> None:
    for root in (*widgets(page, "metric").all(), widgets(page, "chart")):
        expect(root).to_have_attribute("data-rw-state", "live")
        wait_until_moved(root, 10)


def pid(page: Page) -> int:
    return int((page.get_by_text("pid ").text_content() or "").split()[1])


def test_every_reader_has_live_data_of_a_kernel_of_his_own(browser: Browser, address: str) -> None:
    pages = [opened(browser, address) for _ in range(2)]
    for page in pages:
        shows_live_data(page)
    assert pid(pages[0]) != pid(pages[1])
    pages[0].screenshot(path=Path("artifacts") / "voila.png")
    for page in pages:
        page.context.close()


def test_a_reload_brings_live_data_again(browser: Browser, address: str) -> None:
    page = opened(browser, address)
    shows_live_data(page)
    page.reload()
    expect(widgets(page, "metric")).to_have_count(2)
    shows_live_data(page)
    page.context.close()


def test_a_killed_kernel_is_said_to_be_gone(browser: Browser, address: str) -> None:
    page = opened(browser, address)
    shows_live_data(page)
    os.kill(pid(page), signal.SIGKILL)
    expect(widgets(page, "chart")).to_have_attribute("data-rw-state", "kernel_gone")
    page.context.close()
