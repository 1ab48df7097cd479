"""Notifications in real JupyterLab: what is before somebody's eyes, for how long, and what is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from support.lab import Lab
from support.labbook import Notebook
from support.page_helpers import clipped, heard, listen, wait_until_heard, widgets

pytestmark = pytest.mark.browser

CELL = """
import time
import realtime_widgets as rw

n = rw.Notifications()
n
"""

HOSTILE = """
corpus = [
    "<img src=x onerror=window.rwBroken=1>", "<script>window.rwBroken=1</script>", "<svg/onload=window.rwBroken=1>",
    "</style><style>*{display:none}</style>", "{{constructor.constructor('window.rwBroken=1')()}}", "&lt;b&gt;",
    "javascript:window.rwBroken=1", "half \\ud800 of a pair", "\\u202egnp.exe", "a\\0b\\x1b[31mc", "x" * 3000,
]
addresses = [
    "javascript:window.rwBroken=1", "JAVASCRIPT:window.rwBroken=1", " \\tjavascript:window.rwBroken=1",
    "java\\nscript:window.rwBroken=1", "data:text/html,<script>opener.rwBroken=1</script>", "vbscript:x",
    "file:///etc/passwd", "//evil.test", "https://x.test/\\"onclick=\\"window.rwBroken=1", "\\ud800", "x" * 3000,
]
for text, address in zip(corpus, addresses):
    hub.publish("notifications", {"title": text, "message": text, "type": "error", "id": text,
                                  "actionUrl": address, "actionLabel": text})
"""


@pytest.fixture
def notebook(page: Page, lab: Lab) -> Notebook:
    opened = Notebook.open(page, lab, lab.write([CELL, "'the last cell'"]))
    opened.set_theme(dark=False)
    opened.run_all()
    for output in opened.outputs(0):
        assert output["output_type"] != "error", output
    expect(panel(page)).to_contain_text("No notifications")
    return opened


def panel(page: Page) -> Locator:
    return widgets(page, "notifications").first


def rows(page: Page) -> Locator:
    return panel(page).locator(".rw-notice")


def become(page: Page, visibility: str) -> None:
    """The page is another tab's, or comes back."""
    page.evaluate(
        """(visibility) => {
            Object.defineProperty(document, "visibilityState", { configurable: true, get: () => visibility });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        visibility,
    )


def test_time_counts_only_before_somebodys_eyes(page: Page, notebook: Notebook) -> None:
    become(page, "hidden")
    notebook.execute("n.info('while hidden', duration=1)")
    notebook.wait_in_kernel("time.time() - n.items[0].ts > 3")
    become(page, "visible")
    expect(rows(page)).to_have_count(1)
    notebook.wait_in_kernel("not n.items[0].shown")
    expect(rows(page)).to_have_count(0)
    expect(panel(page)).to_contain_text("Nothing new · 1 in the history")

    notebook.execute("n.info('under the pointer', duration=60)")
    expect(rows(page)).to_have_count(1)
    rows(page).hover()
    notebook.execute("n.info('with the pointer near', duration=1)")
    notebook.wait_in_kernel("time.time() - n.items[0].ts > 3")
    assert notebook.execute("print(n.items[0].shown)").strip() == "True"
    page.mouse.move(0, 0)
    notebook.wait_in_kernel("not n.items[0].shown")

    notebook.execute("n.info('with the focus there', duration=1)")
    expect(rows(page)).to_have_count(2)
    panel(page).get_by_role("button", name="Do not disturb").focus()
    page.keyboard.press("Tab")
    expect(rows(page).first.get_by_role("button")).to_be_focused()
    notebook.wait_in_kernel("time.time() - n.items[0].ts > 3")
    assert notebook.execute("print(n.items[0].shown)").strip() == "True"
    notebook.cell(1).get_by_role("textbox").click()
    notebook.wait_in_kernel("not n.items[0].shown")


def test_what_is_scrolled_away_waits(page: Page, lab: Lab) -> None:
    # Many outputs, because Notebook 7 cuts a long one short.
    notebook = Notebook.open(page, lab, lab.write([CELL, *["print('\\n' * 60)"] * 6, "'the last cell'"]))
    notebook.run_all()
    expect(panel(page)).to_contain_text("No notifications")
    notebook.cell(7).scroll_into_view_if_needed()
    expect(panel(page)).not_to_be_in_viewport()
    notebook.execute("n.info('below', duration=1)")
    notebook.wait_in_kernel("time.time() - n.items[0].ts > 4")
    assert notebook.execute("print(n.items[0].shown)").strip() == "True"
    panel(page).scroll_into_view_if_needed()
    notebook.wait_in_kernel("not n.items[0].shown")


def test_fifty_that_came_while_nobody_looked_are_one_line_and_a_reload_keeps_all(
    page: Page, notebook: Notebook
) -> None:
    badge = panel(page).locator(".rw-badge")
    become(page, "hidden")
    notebook.execute(
        "for i in range(50): n.notify(f'n{i}', type='error' if i == 7 else 'info', duration=600)"
    )
    become(page, "visible")
    expect(panel(page)).to_contain_text("50 came while you were away")
    expect(rows(page)).to_have_count(5)
    expect(badge).to_have_text("50")
    notebook.wait_in_kernel("n.unread_count == 45")  # five were seen for three seconds
    expect(badge).to_have_text("45")
    expect(panel(page)).to_contain_text("+1 more")  # the error
    panel(page).get_by_role("button", name="Show all").click()
    expect(rows(page)).to_have_count(50)
    notebook.evaluate("await panelOf(path).context.save();")
    notebook.reload()
    expect(badge).to_have_text("45", timeout=60_000)
    panel(page).get_by_role("button", name="History").click()
    expect(rows(page)).to_have_count(50)
    expect(rows(page).first).to_contain_text("n49")
    panel(page).get_by_role("button", name="Clear all").click()
    expect(rows(page)).to_have_count(0)
    notebook.wait_in_kernel("len(n.items) == 0")
    panel(page).get_by_role("button", name="Undo").click()
    notebook.wait_in_kernel("len(n.items) == 50 and n.unread_count == 45")
    expect(badge).to_have_text("45")


def test_a_busy_cell_notifies_and_what_its_reader_does_meanwhile_counts(
    page: Page, lab: Lab, tmp_path: Path
) -> None:
    end = tmp_path / "end"
    busy = (
        f"n.error('first'); n.warning('second')\n"
        f"import pathlib\nwhile not pathlib.Path({str(end)!r}).exists(): time.sleep(0.05)"
    )
    notebook = Notebook.open(page, lab, lab.write([CELL, busy]))
    notebook.run_all(wait=False)
    expect(rows(page)).to_have_count(2)
    rows(page).first.get_by_role("button", name="Dismiss: second").click()
    expect(rows(page)).to_have_count(1)
    end.touch()
    notebook.wait_until_run()
    notebook.wait_in_kernel("[(i.title, i.shown) for i in n.items] == [('second', False), ('first', True)]")
    expect(rows(page)).to_have_count(1)


def test_nothing_from_the_network_is_anything_but_text(page: Page, lab: Lab) -> None:
    connected = (
        "hub = rw.Hub(port=0).start(); client = rw.connect(hub); client.wait_until('connected', 30)\n"
        "m = rw.Notifications(client, max_visible=20)\nm"
    )
    notebook = Notebook.open(page, lab, lab.write([CELL, connected]))
    notebook.run_all()
    other = widgets(page, "notifications").nth(1)
    expect(other).to_contain_text("No notifications")
    notebook.execute(HOSTILE)
    expect(other.locator(".rw-notice")).to_have_count(11)
    assert page.evaluate("window.rwBroken === undefined")
    links = other.locator("a").evaluate_all("(all) => all.map(({ href }) => new URL(href).protocol)")
    assert links == ["https:"]
    assert other.locator("img, script, svg:not(.rw-glyph), style, iframe").count() == 0
    assert clipped(other) == []
    notebook.execute("hub.stop()")


def test_errors_are_announced_at_once_and_the_others_politely(page: Page, notebook: Notebook) -> None:
    listen(page)
    notebook.execute("n.error('Loader', 'worker 3 died'); n.success('Saved')")
    wait_until_heard(page, "Saved", "worker 3 died")
    assert sorted(heard(page)) == [
        "assertive en Notifications: Error: Loader – worker 3 died",
        "polite en Notifications: Success: Saved",
    ]
    assert page.evaluate("document.activeElement?.closest('.rw-root')") is None  # no focus is stolen


def test_what_stands_below_stays_where_it_is_when_notifications_leave(page: Page, notebook: Notebook) -> None:
    """Until the reader does something in the panel: he may be writing there."""
    below = notebook.cell(1)

    def top() -> float:
        box = below.bounding_box()
        assert box is not None
        return box["y"]

    empty = top()
    notebook.execute("n.info('one', 'of two lines', duration=600)")
    expect(rows(page)).to_have_count(1)
    assert abs(top() - empty) < 2  # there was room for one
    notebook.execute("for i in range(4): n.info(f'n{i}', 'of two lines', duration=600)")
    expect(rows(page)).to_have_count(5)
    full = top()
    assert full > empty + 50
    notebook.execute("for each in n.items: n.dismiss(each.id)")
    expect(rows(page)).to_have_count(0)
    assert top() == full
    panel(page).get_by_role("button", name="Mark all as read").click()
    page.wait_for_function(
        "(top) => document.querySelectorAll('.jp-Notebook .jp-Cell')[1].getBoundingClientRect().y < top - 50",
        arg=full,
    )
    assert abs(top() - empty) < 2
    place = panel(page).locator(".rw-empty").evaluate("(el) => getComputedStyle(el).position")
    assert place == "static"  # by its own style sheet, not by that of a log
