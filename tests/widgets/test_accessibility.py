"""Widgets in real JupyterLab for those who use a keyboard, a screen reader, or colours of their own.

All of it in one notebook, which shows every widget in every state that it can be in.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import FAILED
from playwright.sync_api import Browser, Locator, Page, expect

import support.client_stand_in
from support.lab import LIMIT, Lab, screenshot
from support.labbook import Notebook

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"

STAND_IN = Path(support.client_stand_in.__file__).read_text()

BOARD = """
import time
import ipywidgets, numpy as np
import realtime_widgets as rw
from realtime_widgets.errors import ConnectionLost

now, start = time.time(), time.monotonic()
lines, log, empty = rw.Stream("lines"), rw.Stream("log"), rw.Stream("empty")
old, words, vague = rw.Stream("old"), rw.Stream("words"), rw.Stream("vague")
lines.extend({"ts": now - np.arange(300)[::-1] / 5, "cpu": np.linspace(0, 1, 300), "memory": np.full(300, 0.4)})
for i in range(200):
    level = ("info", "warning", "error", "success", "debug", "strange")[i % 6]
    log.append(level=level, message=f"event {i}", source="server", ts=now)
old.append(1, ts=now - 3600)
words.append("text")
lost = rw.connect("ws://127.0.0.1:9/none", reconnect=None).stream("none")
problem = ConnectionLost("ws://host could not be reached: refused; it is tried again")

clients = [StandIn(status) for status in (
    Status("connecting", start),
    Status("connected", start),
    Status("connected", start - 9, error=problem, error_at=start - 10),
    Status("connected", start, error=problem, error_at=start, unreadable=True),
    Status("reconnecting", start),
    Status("reconnecting", start - 60, 3, start + 600, problem, start),
    Status("disconnected", start),
    Status("error", start, 1, None, problem, start),
)]
charts = [
    rw.LiveChart({"cpu": (lines, "cpu")}, title="one line"),
    rw.LiveChart(lines, title="several lines"),
    rw.LiveChart(lines, title="held"),
    rw.LiveChart(old, title="stale chart", stale_after=0.1),
    rw.LiveChart(empty, title="empty chart"),
    rw.LiveChart(words, title="failed chart"),
    rw.LiveChart(lost, title="lost chart"),
    rw.LiveChart(lines),
]
level = rw.MetricCard("level", thresholds={80: "warning", 95: "error"}, unit="%")
level.update(50)
said = rw.MetricCard("said")
said.update("running")
cards = [
    level, said,
    rw.MetricCard("rising", lines, field="cpu", good="up"),
    rw.MetricCard("rising, which is bad", lines, field="cpu", good="down"),
    rw.MetricCard("warning", lines, field="memory", thresholds={0.3: "warning"}),
    rw.MetricCard("alarm", lines, field="memory", thresholds={0.3: "error"}),
    rw.MetricCard("failed", vague),
    rw.MetricCard("empty", empty),
    rw.MetricCard("stale", old, field="value", stale_after=0.1),
    rw.MetricCard("lost", lost, field="a"),
    rw.MetricCard("held", lines, field="cpu"),
    rw.MetricCard("", 7),
]
vague.append(a=1, b=2)
logs = [rw.EventLog(log, title="log"), rw.EventLog(empty, title="empty log"), rw.EventLog(log)]
for chart in charts:
    chart.height = 100
for each in logs:
    each.layout.height = "180px"
for each in (charts[2], cards[10]):
    each.pause()
text = ipywidgets.Text(description="text")
rw.Dashboard(
    [*cards, *charts, *logs, *map(rw.ConnectionIndicator, clients), text], title="board", connection=clients[1]
)
"""


@pytest.fixture(scope="module")
def board(browser: Browser, lab: Lab) -> Iterator[Notebook]:
    context = browser.new_context(viewport={"width": 1280, "height": 2400}, locale="en-US")
    context.set_default_timeout(LIMIT * 1000)
    notebook = Notebook.open(context.new_page(), lab, lab.write([STAND_IN, BOARD, "'the last cell'"]))
    notebook.set_theme(dark=False)  # the server remembers what an earlier test chose
    notebook.run_all()
    for output in notebook.outputs(1):
        assert output["output_type"] != "error", output
    notebook.page.wait_for_function(
        "() => document.querySelectorAll('.rw-root').length === 33"
        " && !document.querySelector('.rw-root[data-rw-state=loading]')"
    )
    notebook.page.add_script_tag(path=AXE)
    # What says how far the page goes: without it the rules about contrast find nothing in sight, and judge nothing.
    notebook.page.add_style_tag(content="html, body, #main { height: 100vh; overflow: visible !important; }")
    yield notebook
    context.close()
    lab.shutdown_kernels()


@pytest.fixture
def page(request: pytest.FixtureRequest, board: Notebook) -> Iterator[Page]:
    yield board.page
    if request.node.stash.get(FAILED, False):
        screenshot(board.page, request.node.name)
    board.page.emulate_media(forced_colors="none", color_scheme="light", media="screen")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


# Keys ---------------------------------------------------------------------------------------------------------------

CELLS = """
const notebook = panelOf(path).content;
return [notebook.activeCellIndex, ...notebook.widgets.map(({ model }) => `${model.type} ${model.sharedModel.source}`)];
"""


@pytest.fixture
def log(page: Page, board: Notebook) -> Iterator[Locator]:
    """A log on the board, with the notebook in command mode; what is typed must leave the cells alone."""
    board.cell(1)
    before = board.evaluate(CELLS)
    log = page.get_by_role("log", name="log", exact=True)
    log.focus()
    yield log
    assert board.evaluate(CELLS) == before


def test_keys_in_a_widget_never_edit_the_notebook(page: Page, log: Locator) -> None:
    press(page, *"xddabmyrczv", "Escape", "Enter", "Space", "Delete", "Backspace", "Control+Backspace")
    press(page, "Shift+M", "Shift+Enter", "ArrowLeft", "ArrowDown", *"jk100", "Control+Shift+ArrowUp")
    expect(log).to_be_focused()


def test_keys_in_a_log_do_what_they_do_in_a_browser(page: Page, log: Locator) -> None:
    top = log.evaluate("(el) => el.scrollTop")
    press(page, "ArrowUp", "PageUp")
    page.wait_for_function("([el, top]) => el.scrollTop < top - 100", arg=[log.element_handle(), top])
    press(page, "Shift+Tab")
    assert not log.evaluate("(el) => el.contains(document.activeElement)")
    press(page, "Tab")
    expect(log).to_be_focused()
    press(page, "Tab", "Tab")
    assert not log.evaluate("(el) => el.contains(document.activeElement)")


def test_enter_and_space_press_buttons(page: Page, log: Locator) -> None:
    chart = page.get_by_role("figure", name="one line")
    chart.get_by_role("button", name="Pause").focus()
    press(page, "Enter")
    expect(chart).to_have_attribute("data-rw-state", "paused")
    press(page, "x", "d", "d", "Space")
    expect(chart).to_have_attribute("data-rw-state", "live")


@pytest.mark.parametrize("field", ["input", "textarea"])
def test_what_is_typed_into_a_field_of_a_widget_stands_there(page: Page, log: Locator, field: str) -> None:
    """Also within a shadow root, in which marimo shows widgets."""
    made = page.get_by_role("figure", name="one line").evaluate_handle(
        """(root, tag) => {
            const box = root.appendChild(document.createElement("div"));
            const place = tag === "input" ? box : box.attachShadow({ mode: "open" });
            return place.appendChild(document.createElement(tag));
        }""",
        field,
    )
    made.as_element().focus()
    press(page, *"xdda", "ArrowLeft", "b", "Shift+M", "Escape", "Control+Backspace", "y")
    assert made.evaluate("(el) => [el.value, el.getRootNode().activeElement === el]") == ["ya", True]
    made.evaluate("(el) => el.remove()")


def test_the_host_keeps_its_own_keys(page: Page, board: Notebook, log: Locator) -> None:
    board.evaluate("panelOf(path).context.model.dirty = true;")
    press(page, "Control+s")
    board.wait_for("return !panelOf(path).context.model.dirty;")


def test_widgets_of_others_on_a_board_hear_every_key(page: Page, board: Notebook, log: Locator) -> None:
    field = page.get_by_role("textbox", name="text")
    field.focus()
    press(page, *"xab", "Enter")
    expect(field).to_have_value("xab")
    board.wait_in_kernel("text.value == 'xab'")


# Rules of the W3C, as far as a machine can judge ----------------------------------------------------------------------

JUDGED = """
async () => {
  const { violations, incomplete, passes } = await axe.run({ include: [[".rw-host"], [".rw-board"]] });
  const told = (results) =>
    results.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
  const short = ({ any }) => any.some(({ data }) => data?.messageKey === "shortTextContent"); // a single digit
  for (const each of incomplete) each.nodes = each.nodes.filter((node) => !short(node));
  const contrast = passes.find(({ id }) => id === "color-contrast")?.nodes ?? [];
  const seen = new Set(contrast.map(({ target }) => document.querySelector(target.at(-1))?.closest(".rw-root")));
  const roots = [...document.querySelectorAll(".rw-root")];
  const unseen = roots.filter((root) => root.innerText.trim() && !seen.has(root));
  return { wrong: told(violations), unsure: told(incomplete), unseen: unseen.map(({ outerHTML }) => outerHTML) };
}
"""


@pytest.mark.parametrize("look", ["light", "dark", "forced, light", "forced, dark"])
def test_every_widget_in_every_state_keeps_the_rules(page: Page, board: Notebook, look: str) -> None:
    if look.startswith("forced"):
        page.emulate_media(forced_colors="active", color_scheme="dark" if "dark" in look else "light")
    hidden = page.get_by_role("figure", name="several lines").get_by_role("button", name="cpu")
    hidden.click()
    expect(hidden).to_have_attribute("aria-pressed", "false")
    board.set_theme(dark="dark" in look)
    expect(page.locator(f".rw-host[data-rw-theme='{look.replace(', ', '-')}']")).to_have_count(33)
    judged = page.evaluate(JUDGED)
    hidden.click()
    board.set_theme(dark=False)
    assert judged == {"wrong": [], "unsure": [], "unseen": []}
