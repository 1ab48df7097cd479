"""The link under a dashboard is cut, in a real browser: what a person sees meanwhile and after."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, expect

from realtime_widgets.hub import Hub
from support.faults import Proxy
from support.lab import Lab
from support.labbook import Notebook
from support.page_helpers import red_columns, widgets
from support.servers import wait_for

pytestmark = pytest.mark.browser

CUT = 20.0
"""Seconds that the link is down."""

WINDOW = 60.0
"""Seconds that the chart shows."""

DASHBOARD = """
import realtime_widgets as rw

client = rw.connect({url!r}, auth={token!r}, reconnect=rw.Reconnect(0.1, 0.5))
load, log = client.stream("load"), client.stream("log")
card = rw.MetricCard("Load", load, window=5)
chart = rw.LiveChart(load, window={window}, theme="light", colors=["#ff0000"])
rw.Dashboard([card, chart, rw.EventLog(log)], columns=1, title="Under a link that is cut", connection=client)
"""


@contextmanager
def publishing(hub: Hub) -> Iterator[None]:
    """A load ten times a second and a line of log every second, whoever hears them."""
    over = threading.Event()

    def publish() -> None:
        for i in range(10**9):
            hub.publish("load", 0.5 + 0.4 * math.sin(i / 7))
            if i % 10 == 0:
                hub.publish("log", {"level": "info", "source": "hub", "message": f"line {i // 10}"})
            if over.wait(0.1):
                return

    thread = threading.Thread(target=publish, name="a test's publisher")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def seconds(chart: Locator, what: str) -> float:
    """How many seconds of a chart's line are `missing` within it, or `free` behind it."""
    found = red_columns(chart)
    return WINDOW * float(found[what]) / float(found["width"])


def cut(proxy: Proxy, page: Page) -> None:
    """Cut the link for `CUT` seconds; in the last of them the widgets must say so, and the chart show it."""
    begun = time.monotonic()
    proxy.down()
    for kind in ("metric", "chart", "events"):
        expect(widgets(page, kind)).to_have_attribute("data-rw-state", "disconnected")

    wait_for(lambda: seconds(widgets(page, "chart"), "free") > 0.6 * CUT, "the room behind a line that ended")
    wait_for(lambda: time.monotonic() - begun >= CUT)
    proxy.up()
    for kind in ("metric", "chart", "events"):
        expect(widgets(page, kind)).to_have_attribute("data-rw-state", "live")
    wait_for(lambda: seconds(widgets(page, "chart"), "free") < 0.3 * CUT, "the line going on")


@pytest.mark.parametrize(("history", "whole"), [(2_000, True), (50, False)])
def test_a_link_that_is_cut_for_20_seconds_leaves_a_break_until_it_is_whole_again(
    page: Page, lab: Lab, history: int, whole: bool
) -> None:
    with Hub(history=history) as hub, Proxy(hub.port) as proxy, publishing(hub):
        cell = DASHBOARD.format(url=proxy.to(hub.url), token=hub.token, window=WINDOW)
        notebook = Notebook.open(page, lab, lab.write([cell]))
        notebook.set_theme(dark=False)
        notebook.run_all()
        chart, log = widgets(page, "chart"), widgets(page, "events")
        expect(chart).to_have_attribute("data-rw-state", "live")
        wait_for(lambda: red_columns(chart)["span"] > 20, "a line that can be cut")
        try:
            cut(proxy, page)
            if whole:
                wait_for(lambda: red_columns(chart)["missing"] == 0, "the line without a break")
                expect(log.locator(".rw-lost")).to_have_count(0)
                assert notebook.execute("print(client.stats.gaps)").strip() == "0"
            else:
                # Of the 20 seconds the hub has kept the last five.
                wait_for(
                    lambda: seconds(chart, "missing") > 0.4 * CUT, "the break before what the hub has kept"
                )
                expect(log.locator(".rw-lost")).to_have_count(0)  # of twenty lines it has kept all
                said = notebook.execute("print(load.gaps[-1])").strip()
                assert "no longer in the server's history" in said
            notebook.screenshot(f"cut-{'whole' if whole else 'broken'}")
        finally:
            notebook.execute("client.close()")
