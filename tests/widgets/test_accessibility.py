"""Widgets in real JupyterLab for those who use a keyboard, a screen reader, or colours of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from support.lab import Lab
from support.labbook import Notebook
from support.page_helpers import widgets

pytestmark = pytest.mark.browser

LOOK = """
import time
import ipywidgets, numpy as np
import realtime_widgets as rw

lines, log = rw.Stream("lines"), rw.Stream("log")
now = time.time()
lines.extend({"ts": now - np.arange(300)[::-1] / 5, "cpu": np.random.default_rng(1).random(300), "memory": np.full(300, 0.4)})
for i in range(200):
    log.append(level=("info", "warning", "error")[i % 3], message=f"event {i}", source="server", ts=now)
"""


def opened(page: Page, lab: Lab, *cells: str) -> Notebook:
    notebook = Notebook.open(page, lab, lab.write([LOOK, *cells]))
    notebook.set_theme(dark=False)  # the server remembers what an earlier test chose
    notebook.run_all()
    for i in range(len(cells) + 1):
        for output in notebook.outputs(i):
            assert output["output_type"] != "error", output
    return notebook


# Keys ---------------------------------------------------------------------------------------------------------------

CELLS = """
const notebook = panelOf(path).content;
return [notebook.activeCellIndex, ...notebook.widgets.map(({ model }) => `${model.type} ${model.sharedModel.source}`)];
"""
FOCUSED = "(el) => el.getRootNode().activeElement === el"


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


@pytest.fixture
def typed_in(page: Page, lab: Lab) -> Iterator[tuple[Notebook, Locator]]:
    """A notebook with a board, and the log on it; what is typed there must leave its cells alone."""
    notebook = opened(
        page,
        lab,
        """
text = ipywidgets.Text(description="text")
rw.Dashboard([rw.LiveChart(lines, title="chart"), rw.EventLog(log, title="log"), text], title="board")
""",
        "'the last cell'",
    )
    notebook.cell(1)
    before = notebook.evaluate(CELLS)
    yield notebook, widgets(page, "events").get_by_role("log")
    assert notebook.evaluate(CELLS) == before


def test_keys_in_a_log_never_edit_the_notebook(page: Page, typed_in: tuple[Notebook, Locator]) -> None:
    _, log = typed_in
    log.focus()
    press(page, *"xddabmyrczv", "Escape", "Enter", "Space", "Delete", "Backspace", "Control+Backspace")
    press(page, "Shift+M", "Shift+Enter", "ArrowLeft", "ArrowDown", "j", "k", "Control+Shift+ArrowUp", "1", "0", "0")
    assert log.evaluate(FOCUSED), "the focus stays where it was"


def test_keys_in_a_log_do_what_they_do_in_a_browser(page: Page, typed_in: tuple[Notebook, Locator]) -> None:
    _, log = typed_in
    log.focus()
    top = log.evaluate("(el) => el.scrollTop")
    press(page, "ArrowUp", "PageUp")
    page.wait_for_function("([el, top]) => el.scrollTop < top - 100", arg=[log.element_handle(), top])
    press(page, "Shift+Tab")
    expect(widgets(page, "events").get_by_role("button", name="Pause")).to_be_focused()
    press(page, "Tab")
    expect(log).to_be_focused()
    press(page, "Tab", "Tab")
    assert not log.evaluate("(el) => el.contains(document.activeElement)")


def test_enter_and_space_press_buttons(page: Page, typed_in: tuple[Notebook, Locator]) -> None:
    chart = widgets(page, "chart")
    chart.get_by_role("button", name="Pause").focus()
    press(page, "Enter")
    expect(chart).to_have_attribute("data-rw-state", "paused")
    press(page, "Space")
    expect(chart).not_to_have_attribute("data-rw-state", "paused")
    name = chart.get_by_role("button", name="cpu")
    name.focus()
    press(page, "x", "d", "d", "Space")
    expect(name).to_have_attribute("aria-pressed", "false")
    expect(name).to_be_focused()


def test_keys_in_an_input_of_a_widget_are_typed(page: Page, typed_in: tuple[Notebook, Locator]) -> None:
    """Also where a host shows widgets in a shadow root, as marimo does."""
    root = widgets(page, "chart")
    root.evaluate(
        """(root) => {
            root.append(document.createElement("input"));
            const shadow = root.appendChild(document.createElement("div")).attachShadow({ mode: "open" });
            shadow.append(document.createElement("textarea"));
        }"""
    )
    for field in (root.locator("input"), root.locator("textarea")):
        field.focus()
        press(page, *"xdda", "ArrowLeft", "b", "Shift+M", "Escape")
        expect(field).to_have_value("xddbMa")
        expect(field).to_be_focused()


def test_the_host_keeps_its_own_keys(page: Page, typed_in: tuple[Notebook, Locator]) -> None:
    notebook, log = typed_in
    notebook.evaluate("panelOf(path).context.model.dirty = true;")
    log.focus()
    press(page, "Control+s")
    notebook.wait_for("return !panelOf(path).context.model.dirty;")


def test_widgets_of_others_on_a_board_hear_every_key(page: Page, typed_in: tuple[Notebook, Locator]) -> None:
    notebook, _ = typed_in
    field = page.get_by_role("textbox", name="text")
    field.focus()
    press(page, *"xab", "Enter")
    expect(field).to_have_value("xab")
    notebook.wait_in_kernel("text.value == 'xab'")
