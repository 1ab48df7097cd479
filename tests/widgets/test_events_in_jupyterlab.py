"""The event log in real JupyterLab: long histories, events that say more, and Python's own log."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from support.lab import Lab
from support.labbook import Notebook
from support.page_helpers import widgets

pytestmark = pytest.mark.browser

MAX_LINES = 300
"""Of js/src/lib/view/slice.ts."""

BUSY = """
import threading, time
import realtime_widgets as rw

stream = rw.Stream("events", max_points=100_000)
coming = threading.Event()
pushing = threading.Lock()
count = 0

def push(n):
    global count
    stream.extend({"level": ["info"] * n, "source": ["web"] * n, "message": [f"event {count + i}" for i in range(n)]})
    count += n

def keep_coming():
    while coming.wait():
        with pushing:
            if coming.is_set(): push(500)
        time.sleep(0.05)

threading.Thread(target=keep_coming, daemon=True).start()
push(100_000)
"""

IN_SIGHT = """(list) => {
    const edge = list.getBoundingClientRect().top;
    const rows = [...list.querySelectorAll(".rw-event")];
    const first = rows.find((row) => row.getBoundingClientRect().bottom > edge + 1);
    if (!first) return null;
    return [first.querySelector(".rw-message").textContent, Math.round(first.getBoundingClientRect().top - edge)];
}"""


def opened(page: Page, lab: Lab, *cells: str) -> Notebook:
    notebook = Notebook.open(page, lab, lab.write(list(cells)))
    notebook.set_theme(dark=False)
    notebook.run_all()
    for i in range(len(cells)):
        for output in notebook.outputs(i):
            assert output["output_type"] != "error", output
    return notebook


def test_a_hundred_thousand_events_take_some_hundred_lines_and_their_newest_are_seen(
    page: Page, lab: Lab
) -> None:
    notebook = opened(page, lab, BUSY, "rw.EventLog(stream, title='busy', max_rows=5000)")
    listing = page.get_by_role("log", name="busy")
    expect(listing.locator(".rw-message").last).to_have_text("event 99999")
    notebook.execute("coming.set()")
    page.wait_for_function(
        """([list, most]) => {
            if (list.querySelectorAll(".rw-event").length > most) throw new Error("too many lines");
            const newest = list.querySelector(".rw-event:last-of-type .rw-message")?.textContent ?? "";
            return Number(newest.split(" ")[1]) > 130000;
        }""",
        arg=[listing.element_handle(), MAX_LINES],
    )
    notebook.execute("coming.clear()")
    last = int(notebook.execute("with pushing: print(count)")) - 1
    newest = listing.locator(".rw-message").last
    expect(newest).to_have_text(f"event {last}")
    box, edge = newest.bounding_box(), listing.bounding_box()
    assert box is not None
    assert edge is not None
    assert box["y"] + box["height"] <= edge["y"] + edge["height"] + 2
    assert listing.locator(".rw-event").count() <= MAX_LINES


def test_a_reader_who_scrolls_up_stays_there_and_goes_back_as_far_as_the_stream_does(
    page: Page, lab: Lab
) -> None:
    notebook = opened(page, lab, BUSY, "rw.EventLog(stream, title='busy')")
    listing = page.get_by_role("log", name="busy")
    expect(listing.locator(".rw-message").last).to_have_text("event 99999")
    notebook.execute("coming.set()")
    listing.hover()
    page.mouse.wheel(0, -200)
    held = widgets(page, "events").get_by_role("button", name="Held")
    expect(held).to_contain_text("new")
    page.wait_for_function(  # what the wheel began has come to rest
        "(list) => { const was = list.rwTop; list.rwTop = list.scrollTop; return was === list.scrollTop; }",
        arg=listing.element_handle(),
        polling=500,
    )
    before = listing.evaluate(IN_SIGHT)
    seen = notebook.execute("print(count)")
    notebook.wait_in_kernel(f"count > {int(seen)} + 20_000")
    assert listing.evaluate(IN_SIGHT) == before
    notebook.execute("coming.clear()")

    number = int(before[0].split()[1])
    page.wait_for_function(  # older than any row that a page was sent
        f"""(list) => {{
            list.scrollTop = 0;
            const first = list.querySelector(".rw-message")?.textContent ?? "";
            if (list.querySelectorAll(".rw-event").length > {MAX_LINES}) throw new Error("too many lines");
            return Number(first.split(" ")[1]) < {number - 2000};
        }}""",
        arg=listing.element_handle(),
        polling=100,
    )
    held.click()
    expect(listing.locator(".rw-message").last).to_have_text(
        f"event {int(notebook.execute('print(count)')) - 1}"
    )


def test_lines_that_nobody_can_read_are_written_in_place_and_fill_what_is_in_sight(
    page: Page, lab: Lab
) -> None:
    notebook = opened(page, lab, BUSY, "rw.EventLog(stream, title='busy')")
    listing = page.get_by_role("log", name="busy")
    expect(listing.locator(".rw-message").last).to_have_text("event 99999")
    notebook.execute("coming.set()")
    page.wait_for_function(
        """(list) => {
            const newest = list.querySelector(".rw-event:last-of-type .rw-message").textContent;
            if (Number(newest.split(" ")[1]) < 105000) return false;
            if (list.rwFrom === undefined) {  // it is busy: from now on no line is made
                list.rwMade = 0;
                list.rwFrom = Number(newest.split(" ")[1]);
                new MutationObserver(() => (list.rwMade += 1)).observe(list, { childList: true });
            }
            const [first, edge] = [list.querySelector(".rw-event"), list.getBoundingClientRect().top];
            if (first.getBoundingClientRect().top > edge) throw new Error("there is room above the lines");
            if (list.rwMade) throw new Error(`lines were made ${list.rwMade} times`);
            return Number(newest.split(" ")[1]) > list.rwFrom + 20000;
        }""",
        arg=listing.element_handle(),
    )


def test_a_log_that_is_held_while_events_pour_in_can_be_read_back(page: Page, lab: Lab) -> None:
    notebook = opened(page, lab, BUSY, "rw.EventLog(stream, title='busy')")
    listing = page.get_by_role("log", name="busy")
    notebook.execute("coming.set()")
    notebook.wait_in_kernel("count > 120_000")
    listing.hover()
    widgets(page, "events").get_by_role("button", name="Pause").click()
    newest = listing.locator(".rw-message").last.text_content()
    assert newest is not None
    notebook.execute("coming.clear()")
    page.wait_for_function(  # older than any row that a page was sent, and without a gap
        f"""(list) => {{
            list.scrollTop = 0;
            const seen = [...list.querySelectorAll(".rw-message")].map((each) => Number(each.textContent.split(" ")[1]));
            const whole = seen.every((each, i) => i === 0 || each === seen[i - 1] + 1);
            return whole && seen[0] < {int(newest.split()[1]) - 2000};
        }}""",
        arg=listing.element_handle(),
        polling=100,
    )
    listing.evaluate("(list) => { list.scrollTop = list.scrollHeight; }")
    expect(listing.locator(".rw-message").last).to_have_text(newest)


def test_what_is_looked_for_is_found_in_all_that_the_stream_keeps(page: Page, lab: Lab) -> None:
    opened(page, lab, BUSY, "rw.EventLog(stream, title='busy')")
    log = widgets(page, "events")
    expect(log.locator(".rw-message").last).to_have_text("event 99999")
    log.get_by_role("button", name="Filter events").press("Enter")
    page.keyboard.type("event 1234")
    expect(log.locator(".rw-message")).to_have_text(
        ["event 1234", *(f"event {i}" for i in range(12340, 12350))]
    )
    expect(log.locator("mark").first).to_have_text("event 1234")


LOGGED = """
import logging
import realtime_widgets as rw

log = rw.EventLog(title="log of Python")
logger = logging.getLogger("app.db")
logger.setLevel("INFO")
logger.propagate = False
logger.addHandler(log.logging_handler())
logger.warning("slow: %s s", 2.4)
try:
    {}["user"]
except KeyError:
    logger.exception("query failed")
log.stream.append(level="error", source="web", message="GET returned 500", html="<img src=x onerror=alert(1)>")
log
"""


def test_a_traceback_that_was_logged_opens_by_keys_and_closes_again(page: Page, lab: Lab) -> None:
    notebook = opened(page, lab, LOGGED, "'another cell'")
    log = widgets(page, "events")
    expect(log.locator(".rw-message")).to_have_text(["slow: 2.4 s", "query failed", "GET returned 500"])
    listing = page.get_by_role("log", name="log of Python")
    listing.focus()
    page.keyboard.press("Tab")  # one stop for all of them, the newest
    button = log.locator(".rw-fold").last
    expect(button).to_be_focused()
    box = button.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 24
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(log.locator(".rw-said-of")).to_have_text("<img src=x onerror=alert(1)>")
    expect(log.locator("img")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(log.locator(".rw-details")).to_have_count(0)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    expect(log.locator(".rw-whole")).to_contain_text("KeyError: 'user'")
    expect(log.locator(".rw-fold").first).to_be_focused()
    notebook.execute("logger.info('and on')")
    expect(log.locator(".rw-message").last).to_have_text("and on")
    expect(log.locator(".rw-whole")).to_contain_text("KeyError: 'user'")
    assert notebook.evaluate("return panelOf(path).content.widgets.length;") == 2


def test_a_cell_that_is_run_again_logs_once(page: Page, lab: Lab) -> None:
    notebook = opened(page, lab, LOGGED)
    notebook.run_cell(0)
    log = widgets(page, "events")
    expect(log.locator(".rw-message")).to_have_text(["slow: 2.4 s", "query failed", "GET returned 500"])
    assert notebook.execute("print(len(logger.handlers))").strip() == "1"
