"""The notebooks in real JupyterLab, from top to bottom, as a reader runs them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from support.lab import LIMIT, Lab
from support.labbook import Notebook
from support.page_helpers import clipped, seen, wait_until_it_fits, wait_until_moved, widgets
from support.servers import wait_for

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
WIDE = {"width": 1280, "height": 2600}
NARROW = {"width": 560, "height": 3600}


@pytest.fixture
def errors(page: Page) -> Iterator[list[str]]:
    """What the page could not do; nothing, at the end of a test."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    yield found
    assert found == []


def opened(page: Page, lab: Lab, name: str) -> Notebook:
    """The notebook, run to its end without an error."""
    page.set_viewport_size(WIDE)
    notebook = Notebook.open(page, lab, lab.add(NOTEBOOKS / name))
    notebook.set_theme(dark=False)
    notebook.run_all()
    cells = int(notebook.evaluate("return panelOf(path).content.widgets.length;"))
    for i in range(cells):
        if notebook.evaluate("return panelOf(path).content.widgets[argument].model.type;", i) == "code":
            for output in notebook.outputs(i):
                assert output["output_type"] != "error", output
                assert output.get("name") != "stderr", output
    return notebook


def photographed(notebook: Notebook, name: str, moving: Locator) -> None:
    """Pictures in light, dark and narrow, of widgets that go on and stay within their frames."""
    page = notebook.page
    notebook.screenshot(f"{name}-light")
    notebook.set_theme(dark=True)
    expect(page.locator(".rw-host[data-rw-theme='dark']").first).to_be_visible()
    wait_until_moved(moving)
    notebook.screenshot(f"{name}-dark")
    page.set_viewport_size(NARROW)
    wait_until_moved(moving)
    for root in page.locator(".rw-root[data-rw-widget]:visible").all():
        wait_until_it_fits(root)
    notebook.screenshot(f"{name}-narrow")


def value_of(page: Page, title: str) -> Locator:
    return widgets(page, "metric").filter(has_text=title).locator(".rw-value")


def test_the_dashboard_follows_the_hub_through_its_end_and_back(
    page: Page, lab: Lab, errors: list[str]
) -> None:
    notebook = opened(page, lab, "01_live_dashboard.ipynb")
    indicator = widgets(page, "connection")
    expect(widgets(page, "dashboard").locator("visible=true")).to_have_count(
        1
    )  # and two rows of cards, without headers
    expect(widgets(page, "metric")).to_have_count(6)
    expect(indicator).to_have_attribute("data-rw-state", "connected")
    for root in (*widgets(page, "metric").all(), *widgets(page, "chart").all()[:2]):
        expect(root).to_have_attribute("data-rw-state", "live")
        wait_until_moved(root, 2)
    assert int((value_of(page, "Active users").text_content() or "").strip()) >= 1
    # The second user publishes ten messages a second.
    expect(value_of(page, "Requests")).to_have_text(re.compile(r"^[1-9]\d\d\s?/min$"))
    memory = float(notebook.execute("import psutil; print(psutil.virtual_memory().percent)"))
    shown = float((value_of(page, "Memory").text_content() or "").rstrip("%"))
    assert abs(shown - memory) < 10
    expect(widgets(page, "events")).to_contain_text("joined")
    photographed(notebook, "01", widgets(page, "chart").first)
    page.set_viewport_size(WIDE)

    notebook.execute("from realtime_widgets.hub import embedded_hub; hub = embedded_hub(); hub.stop()")
    expect(seen(indicator)).to_have_attribute("data-rw-state", "reconnecting")
    expect(indicator).to_contain_text(re.compile("nothing listens there"))
    card = widgets(page, "metric").filter(has_text="Memory")
    for root in (card, widgets(page, "chart").first, widgets(page, "events")):
        expect(seen(root)).to_have_attribute("data-rw-state", "disconnected")
    notebook.screenshot("01-hub-gone-dark")
    notebook.set_theme(dark=False)
    notebook.screenshot("01-hub-gone-light")
    notebook.execute("hub.start()")
    indicator.get_by_role("button", name=re.compile("now", re.I)).click()
    expect(indicator).to_have_attribute("data-rw-state", "connected")
    for root in (card, widgets(page, "chart").first):
        expect(seen(root)).to_have_attribute("data-rw-state", "live")
        wait_until_moved(root)
    expect(seen(widgets(page, "events"))).to_have_attribute("data-rw-state", "live")


def test_a_training_loop_moves_its_charts_while_its_cell_is_busy(
    page: Page, lab: Lab, errors: list[str]
) -> None:
    page.set_viewport_size(WIDE)
    notebook = Notebook.open(page, lab, lab.add(NOTEBOOKS / "02_training.ipynb"))
    notebook.set_theme(dark=False)
    notebook.run_all(wait=False)
    chart = widgets(page, "chart").first
    wait_until_moved(chart, 20)
    step = widgets(page, "metric").filter(has_text="Step").locator(".rw-value")
    assert notebook.evaluate("return panelOf(path).rwRun.state;") == "running"
    assert 0 < int((step.text_content() or "").replace(",", "")) < 1_999
    notebook.wait_until_run()
    expect(step).to_have_text("1,499")  # of the second run
    for root in (chart, widgets(page, "metric").first):
        expect(root).to_have_attribute("data-rw-state", "idle")  # the loop is through
    for output in (*notebook.outputs(5), *notebook.outputs(9)):
        assert output["output_type"] == "stream", output
    assert notebook.outputs(7)[0]["data"]["text/plain"] == "['rate 0.02']"
    # One step in fifty has a validation loss: its card keeps the newest, its line connects them.
    last = widgets(page, "metric").filter(has_text=re.compile("Validation loss")).locator(".rw-value")
    for value in (last, *page.locator(".rw-reading, .rw-value").all()):
        expect(value).not_to_have_text("—")
    expect(
        widgets(page, "metric").filter(has_text="Best validation loss").locator(".rw-value")
    ).to_contain_text("0.0")
    notebook.screenshot("02-light")
    notebook.set_theme(dark=True)
    notebook.screenshot("02-dark")
    page.set_viewport_size(NARROW)
    for root in page.locator(".rw-root[data-rw-widget]:visible").all():
        wait_until_it_fits(root)
    notebook.screenshot("02-narrow")


def test_a_feed_of_ones_own_comes_back_by_itself(page: Page, lab: Lab, errors: list[str]) -> None:
    notebook = opened(page, lab, "03_your_own_feed.ipynb")
    said = notebook.outputs(5)
    assert "reconnecting - no connection to ws://127.0.0.1" in said[0]["text"]
    expect(widgets(page, "connection")).to_have_attribute("data-rw-state", "connected")
    for root in (widgets(page, "metric"), widgets(page, "chart")):
        expect(root).to_have_attribute("data-rw-state", "live")
        wait_until_moved(root)
    cores = int(notebook.execute("print(psutil.cpu_count())"))
    expect(widgets(page, "chart").locator(".rw-label")).to_have_count(cores)
    photographed(notebook, "03", widgets(page, "chart"))


def test_a_cell_that_is_run_five_times_leaves_one_connection_and_the_same_threads(
    page: Page, lab: Lab
) -> None:
    notebook = Notebook.open(
        page,
        lab,
        lab.write(
            [
                """
import threading
import realtime_widgets as rw
from realtime_widgets.hub import embedded_hub
heard = []
came = threading.Event()

def hear(message):
    heard.append(message.type)
    came.set()
""",
                """
client = rw.connect(auth=lambda: embedded_hub().token)
client.on_message(hear, type="ticks")
rw.Dashboard([rw.LiveChart(client.stream("ticks"))], title="again", connection=client)
""",
                """
client.wait_until("connected")
client.publish("ticks", 1)
came.wait(60)  # the thread of callbacks is there from the first message on
# Kernels have threads of their own, which come and go.
print(client.stats.connects, [t.name for t in threading.enumerate() if "realtime" in t.name])
""",
            ]
        ),
    )
    notebook.run_all()
    before = notebook.outputs(2)[0]["text"]
    for _ in range(5):
        notebook.run_cell(1)
    notebook.run_cell(2)
    assert notebook.outputs(2)[0]["text"] == before
    chart = widgets(page, "chart")
    expect(chart).to_have_attribute("data-rw-state", "live")
    notebook.execute(
        f"""
import time
deadline = time.monotonic() + {LIMIT}
while len(heard) < 2 and time.monotonic() < deadline: time.sleep(0.01)
client.publish("ticks", 2)
while len(heard) < 3 and time.monotonic() < deadline: time.sleep(0.01)
"""
    )
    assert notebook.execute("print(heard)") == "['ticks', 'ticks', 'ticks']\n"  # once each, not six times


def breaks(chart: Locator) -> int:
    """How often the lines of a chart end and begin again; only they have colours."""
    found: int = chart.locator("canvas").first.evaluate(
        """(canvas) => {
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            const drawn = [];
            for (let x = 0; x < width; x++) {
                let found = false;
                for (let y = 0; y < height && !found; y++) {
                    const i = 4 * (y * width + x);
                    const [red, green, blue, alpha] = data.subarray(i, i + 4);
                    found = alpha > 128 && Math.max(red, green, blue) - Math.min(red, green, blue) > 60;
                }
                drawn.push(found ? "x" : " ");
            }
            return drawn.join("").trim().split(/ {5,}/).length - 1;
        }"""
    )
    return found


def numbers_in(log: Locator, word: str) -> list[int]:
    """The numbers that follow a word in the rows of a log."""
    texts = log.locator(".rw-message").all_text_contents()
    return [int(match[1]) for text in texts if (match := re.search(rf"{word} (\d+)", text))]


def holes(numbers: list[int]) -> list[int]:
    """How many are left out, wherever some are."""
    return [after - before - 1 for before, after in pairwise(numbers) if after != before + 1]


def test_connections_make_good_what_a_cut_has_missed_and_show_what_is_lost(
    page: Page, lab: Lab, errors: list[str]
) -> None:
    page.set_viewport_size(WIDE)
    notebook = Notebook.open(page, lab, lab.add(NOTEBOOKS / "04_connections.ipynb"))
    notebook.set_theme(dark=False)
    for cell in (1, 3, 5):
        notebook.run_cell(cell)
    said = re.fullmatch(r"readings (\d+) to (\d+): (\d+) of them, 0 gaps\n", notebook.outputs(5)[0]["text"])
    assert said is not None
    first, last, count = map(int, said.groups())
    assert count == last - first + 1
    chart, log, lost = widgets(page, "chart"), widgets(page, "events").first, page.locator(".rw-lost")
    expect(log).to_contain_text(f"reading {last}")
    wait_until_moved(chart)
    assert breaks(chart) == 0
    assert numbers_in(log, "reading")[0] == first
    assert holes(numbers_in(log, "reading")) == []
    expect(lost).to_have_count(0)

    notebook.run_cell(7, wait=False)
    for root in (widgets(page, "connection").last, chart, log):
        expect(root).to_have_attribute("data-rw-state", "disconnected")
    notebook.screenshot("04-away-light")
    notebook.wait_until_run()
    expect(lost).to_have_text(re.compile(r"^\d+ messages missing: no longer in the server’s history$"))
    missed = int((lost.text_content() or "").split()[0])
    assert missed >= 15  # of the forty the hub has kept twenty-five
    assert notebook.outputs(7)[0]["text"].startswith(f"{missed} messages, numbers ")
    expect(seen(widgets(page, "events").nth(1))).to_contain_text(
        f"{missed} messages of channel 'machine' missing"
    )
    for root in (chart, log):
        expect(root).to_have_attribute("data-rw-state", "live")
    wait_until_moved(chart)
    assert breaks(chart) == 1
    assert holes(numbers_in(log, "reading")) == [missed]
    notebook.screenshot("04-gap-light")

    notebook.run_cell(9)
    states = "".join(output["text"] for output in notebook.outputs(9) if output["output_type"] == "stream")
    assert states.startswith("acknowledged Position(epoch=")
    assert "['queued', 'queued', 'queued'] failed\n" in states
    assert states.endswith("['acknowledged', 'acknowledged', 'acknowledged'] [2, 3, 4]\n")
    notes = seen(widgets(page, "events").filter(has_text="Notes")).locator(".rw-message")
    written = [f"number {n}, written without a server" for n in (1, 2, 3)]
    expect(notes).to_have_text(["written while connected", *written])
    last = int(notebook.execute("print(machine.stats.sent + machine.stats.waiting)"))
    expect(seen(log)).to_contain_text(f"reading {last}")
    wait_until_moved(chart)
    assert breaks(chart) == 1
    assert holes(numbers_in(log, "reading")) == [missed]
    expect(lost).to_have_count(1)


def test_connections_to_foreign_servers_go_on_where_they_can_and_say_where_they_cannot(
    page: Page, lab: Lab, errors: list[str]
) -> None:
    notebook = opened(page, lab, "04_connections.ipynb")
    told = seen(notebook.output(17).locator(".rw-root[data-rw-widget='events']"))
    expect(told).to_contain_text("messages of channel 'BTCUSDT' missing")
    shown = told.locator(".rw-message").all_text_contents()
    assert sum("may be missing: the connection was lost" in text for text in shown) == 2
    assert sum(bool(re.match(r"\d+ messages of channel 'BTCUSDT' missing", text)) for text in shown) == 1
    for cell in (13, 15):
        chart = notebook.output(cell).locator(".rw-root[data-rw-widget='chart']")
        expect(chart).to_have_attribute("data-rw-state", "live")
        wait_until_moved(chart)
        assert breaks(chart) == 1
    for cell, labels in ((13, 1), (15, 1), (19, 3)):
        expect(notebook.output(cell).locator(".rw-label")).to_have_count(labels)
        for root in notebook.output(cell).locator(".rw-root[data-rw-last-ts]").all():
            wait_until_moved(root)
    expect(notebook.output(23)).to_contain_text("40 records")

    log = notebook.output(21).locator(".rw-root[data-rw-widget='events']")
    edits = numbers_in(seen(log), "edit")
    assert holes(edits) == []
    notebook.wait_in_kernel(f"wiki.stats.connects >= 4 and len(changes) >= {len(edits) + 10}")
    expect(seen(log)).to_contain_text(f"edit {edits[0] + len(edits) + 9}")
    assert holes(numbers_in(log, "edit")) == []
    expect(log).to_have_attribute("data-rw-state", "live")

    for look in ("light", "dark", "narrow"):
        notebook.set_theme(dark=look != "light")
        page.set_viewport_size(NARROW if look == "narrow" else WIDE)
        for cell in (3, 13, 21):
            output = notebook.output(cell)
            # What is out of sight is not drawn: it has its new width in a moment.
            wait_until_moved(output.locator(".rw-root[data-rw-last-ts]").last)
            for root in output.locator(".rw-root[data-rw-widget]:visible").all():
                wait_until_it_fits(root)
            notebook.screenshot(f"04-{cell}-{look}")


def test_alerts_come_while_the_machine_works_and_stay_on_record(
    page: Page, lab: Lab, errors: list[str]
) -> None:
    notebook = opened(page, lab, "05_alerts.ipynb")
    assert "state='raised'" in notebook.outputs(5)[-1]["data"]["text/plain"]
    notebook.wait_in_kernel("silent.state == 'raised'")
    known = "{item.title: item for item in news.items}"
    notebook.wait_in_kernel(f"'The sensor is silent' in {known}")
    types = "print(*sorted((item.title, item.type, item.count) for item in news.items if 'busy' not in item.title), sep='\\n')"
    assert notebook.execute(types).splitlines() == [
        "('A run waits for you', 'info', 1)",
        "('Disk', 'warning', 3)",
        "('Keys', 'success', 1)",
        "('The sensor is silent', 'error', 1)",
        "('Upload', 'success', 1)",
        "('loader', 'error', 1)",
    ]
    assert notebook.execute("any('busy' in item.title for item in news.items)") == "True"
    panel = seen(widgets(page, "notifications"))
    expect(panel).to_contain_text("shard 7 could not be read")
    panel.get_by_role("button", name="Go on").click()
    notebook.wait_in_kernel(f"not {known}['A run waits for you'].shown")
    panel.get_by_role("button", name="History").click()
    expect(panel.locator(".rw-notice").filter(has_text="A run waits for you")).to_be_visible()
    expect(seen(widgets(page, "events"))).to_contain_text("raised at")
    expect(widgets(page, "events")).to_contain_text("41 files found")
    bars = seen(widgets(page, "progress")).get_by_role("progressbar")
    expect(bars).to_have_count(2)
    for bar in bars.all():
        assert bar.get_attribute("aria-valuenow") == bar.get_attribute("aria-valuemax")
    photographed(notebook, "05", widgets(page, "chart"))


def test_people_and_programs_chat(page: Page, lab: Lab, errors: list[str]) -> None:
    notebook = opened(page, lab, "06_chat.ipynb")
    chats = widgets(page, "chat")
    expect(chats).to_have_count(4)
    echo, anna, ken, mia = (seen(chats.nth(i)) for i in range(4))
    expect(echo).to_contain_text("step 5 is done")
    echo.get_by_role("textbox").fill("typed by hand")
    echo.get_by_role("textbox").press("Enter")
    expect(echo).to_contain_text("You said typed by hand, and I can only say it again.")
    for each in (anna, ken, mia):
        seen(each)
        picture = each.get_by_role("img", name="a bright spot in the middle")
        expect(picture).to_be_visible()
        expect(each).to_contain_text("runs.csv")
    expect(seen(ken)).to_contain_text("loss 0.031")
    seen(mia).get_by_role("textbox").fill("I am new here")
    mia.get_by_role("textbox").press("Enter")
    for each in (anna, ken):
        expect(seen(each)).to_contain_text("I am new here")
    for dark in (False, True):
        notebook.set_theme(dark=dark)
        expect(page.locator(f".rw-host[data-rw-theme='{'dark' if dark else 'light'}']").first).to_be_visible()
        notebook.screenshot(f"06-{'dark' if dark else 'light'}")
    page.set_viewport_size(NARROW)
    for root in page.locator(".rw-root[data-rw-widget]:visible").all():
        # A table that is too wide is moved sideways in a box of its own.
        seen(root)
        wait_for(lambda root=root: not [name for name in clipped(root) if not name.startswith("rw-md-")])
    notebook.screenshot("06-narrow")
