"""The demo as its user meets it: a command, an address, live widgets without a click, and nothing left behind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, expect

from realtime_widgets.demo import live
from support.lab import LIMIT
from support.page_helpers import wait_until_moved, widgets

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


@contextlib.contextmanager
def running_demo(folder: Path, env: dict[str, str], *arguments: str) -> Iterator[tuple[Any, list[str], str]]:
    """Run the command in a folder; gives the process, the lines before the address, and the address."""
    runtime = folder / "runtime"
    with subprocess.Popen(
        [sys.executable, "-m", "realtime_widgets", "demo", *arguments, "--no-browser"],
        stdout=subprocess.PIPE,
        cwd=folder,
        env=env | {"JUPYTER_RUNTIME_DIR": str(runtime)},
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            lines: list[str] = []
            for line in process.stdout:
                if found := re.fullmatch(
                    r"Open (http://127\.0\.0\.1:\S+) in a browser\. Ctrl-C stops it\.\n", line
                ):
                    yield process, lines, found[1]
                    return
                lines.append(line)
            raise AssertionError(f"no address; it said {lines}")
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(LIMIT)
            finally:
                process.kill()


def notebook(path: Path, *sources: str) -> Path:
    cells = [
        {
            "cell_type": "code",
            "id": f"c{i}",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for i, source in enumerate(sources)
    ]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_a_browser_needs_a_display(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not live._has_display()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert live._has_display()


def test_a_browser_is_not_given_the_token_on_its_command_line(monkeypatch: pytest.MonkeyPatch):
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    address = "http://127.0.0.1:1/lab?a=1&token=SECRET"
    with live._opened(address, browser=True):
        (shown,) = opened
        page = Path(urllib.request.url2pathname(urllib.parse.urlsplit(shown).path))
        assert "SECRET" not in shown
        assert "url=http://127.0.0.1:1/lab?a=1&amp;token=SECRET" in page.read_text()
        if os.name == "posix":
            assert page.stat().st_mode & 0o077 == 0
            assert page.parent.stat().st_mode & 0o077 == 0
    assert not page.exists()
    with live._opened(address, browser=False):
        assert len(opened) == 1


def get(url: str) -> Any:
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=LIMIT)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_serves_until_it_is_interrupted_and_leaves_no_process(
    tmp_path: Path, child_env: dict[str, str], number: signal.Signals
):
    original = notebook(tmp_path / "my notebook.ipynb", "import os", "print(6 * 7)", "1 / 0", "never = 1")
    before = original.read_bytes()
    with running_demo(tmp_path, child_env, str(original)) as (process, lines, address):
        copy = tmp_path / "realtime-widgets-demo" / "my notebook.ipynb"
        assert lines == [
            f"Starting JupyterLab for {copy.resolve()} ...\n",
            "A cell raised an error: the notebook shows it, and those after it have not been run.\n",
        ]
        assert "/lab/tree/my%20notebook.ipynb?token=" in address
        with get(address) as answer:
            assert answer.status == 200
        started = psutil.Process(process.pid).children(recursive=True)
        assert len(started) >= 2  # the server and the kernel
        process.send_signal(number)
        assert "Stopping JupyterLab" in process.stdout.read()
        assert process.wait(LIMIT) == 0
    ended, left = psutil.wait_procs(started, LIMIT)
    assert (len(ended), left) == (len(started), [])
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", urllib.parse.urlsplit(address).port)) != 0
    printed, error, after = (json.loads(copy.read_text())["cells"][i]["outputs"] for i in (1, 2, 3))
    assert printed[0]["text"] == ["42\n"]
    assert error[0]["ename"] == "ZeroDivisionError"
    assert after == []
    assert original.read_bytes() == before


@pytest.mark.browser
def test_the_dashboard_of_the_demo_is_live_without_a_click(
    browser: Browser, tmp_path: Path, child_env: dict[str, str]
):
    before = {path: path.read_bytes() for path in NOTEBOOKS.iterdir()}
    context = browser.new_context(viewport={"width": 1280, "height": 1600}, locale="en-US")
    context.set_default_timeout(LIMIT * 1000)
    try:
        with running_demo(tmp_path, child_env, str(NOTEBOOKS)) as (_, lines, address):
            assert [line.split()[0] for line in lines] == [
                "Starting"
            ]  # and nothing of cells that could not be run
            page = context.new_page()
            page.goto(address, timeout=LIMIT * 1000)
            expect(widgets(page, "metric")).to_have_count(6)
            expect(widgets(page, "connection")).to_have_attribute("data-rw-state", "connected")
            for root in (*widgets(page, "metric").all(), *widgets(page, "chart").all()[:2]):
                expect(root).to_have_attribute("data-rw-state", "live")
            wait_until_moved(widgets(page, "chart").first)
            expect(page.locator(".jp-OutputArea-output[data-mime-type*='stderr']")).to_have_count(0)
    finally:
        context.close()
    assert {path: path.read_bytes() for path in NOTEBOOKS.iterdir()} == before
