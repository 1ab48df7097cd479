"""Widgets in real JupyterLab for those who use a keyboard, a screen reader, or colours of their own.

All of it in one notebook, which shows every widget in every state that it can be in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import FAILED
from playwright.sync_api import Browser, Locator, Page, TimeoutError, expect

import support.client_stand_in
from support.axe import KEPT, judged
from support.lab import LIMIT, Lab, screenshot
from support.labbook import Notebook
from support.page_helpers import heard, listen, wait_until_heard

pytestmark = pytest.mark.browser

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
    rw.LiveChart(lines, title="several lines", thresholds=[rw.Threshold(0.9), rw.Threshold((0.2, 0.7))]),
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
    rw.MetricCard("alarm", lines, field="memory", thresholds=[rw.Threshold(0.3, severity="error")]),
    rw.MetricCard("failed", vague),
    rw.MetricCard("empty", empty),
    rw.MetricCard("stale", old, field="value", stale_after=0.1),
    rw.MetricCard("lost", lost, field="a"),
    rw.MetricCard("held", lines, field="cpu"),
    rw.MetricCard("", 7),
    rw.MetricCard("mean", lines, field="cpu", reduce="mean", compare="2min", help="What <b>this</b> is"),
    rw.MetricCard("compact", lines, field="cpu", format="compact", compare=0.123456, locale="ja", help="説明"),
]
vague.append(a=1, b=2)
story = rw.EventLog(title="log that says more")
story.stream.append(level="error", source="db", message="query failed", details="Traceback: ...", status=500)
story.stream.append(level="info", source="web", message="deployed\\nversion 1.4.2")
logs = [rw.EventLog(log, title="log"), rw.EventLog(empty, title="empty log"), rw.EventLog(log), story]
for chart in charts:
    chart.height = 100
for each in logs:
    each.layout.height = "180px"
for each in (charts[2], cards[10]):
    each.pause()
news = rw.Notifications(max_visible=8, auto_read=None)
for type in ("info", "success", "warning", "error", "warning"):
    news.notify("what " + type, "has happened", type=type, id=type, auto_remove=False)
news.info("see", action_url="https://example.test/", action_label="Open")
news.info("press", "javascript:", action_url="javascript:alert(1)")
news.info("or press", action_label="Retry").mark_read()
news.progress("going on")
news.progress("half")(0.5)
def bar(title, done=0, total=None):
    made = rw.Progress(title, total, description="loss 0.31")
    if done:
        made.update(done)
    return made

bars = [bar("waiting bar", 0, 10), bar("running bar", 3, 10), bar("endless bar", 3), bar("done bar", 10, 10),
        bar("failed bar", 3, 10), bar("stopped bar", 3, 10), bar("", 12), bar("held bar", 3, 10)]
bars[4].fail(ValueError("no room is left on the disk"))
bars[5].stop()
bars[6].total = 10
bars[7].pause()
def chat(title, **settings):
    return rw.Chat(user="anna", title=title, height=300, **settings)

talk, busy, ill, japanese, still = chat("talk"), chat("busy"), chat("ill"), chat("日本語", locale="ja"), chat("still")
talk.join("another room")
talk.send("not read yet", user="ken"); talk.send("nor this", user="mia")
talk.join("general")
talk.send("**bold**, `code`, [a link](https://example.test/), ~~struck~~", user="ken", metadata={"bot": False})
talk.send("```python\\nprint(1)\\n```\\n\\n| a | b |\\n|---|---|\\n| 1 | 2 |\\n\\n> quoted\\n\\n- [x] done", user="mia")
for reaction in ("👍", "+1"):
    talk.react(talk.messages[-1], reaction)
busy.send_file(b"x" * 2000, name="table.csv", text="the numbers", user="ken")
busy.send("mine"); busy.edit(busy.messages[-1], "mine, edited")
busy.send("no more"); busy.delete(busy.messages[-1])
growing = busy.streaming(user="helper")
growing.append("1. an answer\\n2. that gr")
def raising(message):
    raise ValueError("no answer")
ill.on_message(raising)
ill._asked("send", {"id": "page-key-1", "room": "general", "text": "a question"})
for key, state, why in (("key-failed", "failed", "no right"), ("key-queued", "queued", "")):
    ill._conversation.say("general", key, ill._talk._said(key, state, "text"), "sending")
    ill._conversation.settle("general", key, state, why)
ill.system("somebody has started")
japanese.send("こんにちは", user="健"); japanese.join("部屋"); japanese.send("読んでいません", user="健"); japanese.join("general")
chats = [talk, busy, ill, japanese, still, rw.Chat(rw.connect("ws://127.0.0.1:9/chats", reconnect=None), title="lost chat", height=200)]
nested = rw.track(range(2), "outer loop")
text = ipywidgets.Text(description="text")
display(rw.Dashboard(
    [*cards, *charts, *logs, *chats, *bars, nested.progress, news, rw.Notifications(locale="ja"),
     *map(rw.ConnectionIndicator, clients), text], title="board", connection=clients[1]
))
for i in nested:  # whose card stands on the board already
    for _ in rw.track(range(3), "inner loop"):
        pass
"""


@pytest.fixture(scope="module")
def board(browser: Browser, lab: Lab) -> Iterator[Notebook]:
    context = browser.new_context(viewport={"width": 1280, "height": 5000}, locale="en-US")
    context.set_default_timeout(LIMIT * 1000)
    notebook = Notebook.open(context.new_page(), lab, lab.write([STAND_IN, BOARD, "'the last cell'"]))
    notebook.set_theme(dark=False)  # the server remembers what an earlier test chose
    notebook.run_all()
    for output in notebook.outputs(1):
        assert output["output_type"] != "error", output
    try:  # the board is higher than what a page is sent unasked
        notebook.page.wait_for_function(
            """() => {
                const waiting = document.querySelector(".rw-root[data-rw-state=loading]");
                waiting?.scrollIntoView({ block: "center" });
                return !waiting && document.querySelectorAll(".rw-root").length === 53;
            }"""
        )
    except TimeoutError as error:
        screenshot(notebook.page, "the board")
        seen = notebook.page.eval_on_selector_all(".rw-root", "(all) => all.map((el) => el.dataset.rwState)")
        raise AssertionError(f"the board is not whole: {len(seen)} widgets, {Counter(seen)}") from error
    for fold in notebook.page.locator(".rw-fold").all():
        fold.scroll_into_view_if_needed()  # of what is not looked at, nothing is sent
        fold.press("Enter")
    expect(notebook.page.locator(".rw-fields")).to_be_attached()
    yield notebook
    context.close()
    lab.shutdown_kernels()


@pytest.fixture
def page(request: pytest.FixtureRequest, board: Notebook) -> Iterator[Page]:
    yield board.page
    if request.node.stash.get(FAILED, False):
        screenshot(board.page, request.node.name)
    if board.page.evaluate("document.body.dataset.jpThemeLight") == "false":
        board.set_theme(dark=False)
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


@pytest.mark.parametrize("look", ["light", "dark", "forced, light", "forced, dark"])
def test_every_widget_in_every_state_keeps_the_rules(page: Page, board: Notebook, look: str) -> None:
    if look.startswith("forced"):
        page.emulate_media(forced_colors="active", color_scheme="dark" if "dark" in look else "light")
    hidden = page.get_by_role("figure", name="several lines").get_by_role("button", name="cpu")
    hidden.click()
    expect(hidden).to_have_attribute("aria-pressed", "false")
    board.set_theme(dark="dark" in look)
    expect(page.locator(f".rw-host[data-rw-theme='{look.replace(', ', '-')}']")).to_have_count(53)
    verdict = judged(page)
    hidden.click()
    assert verdict == KEPT


# What those who listen hear -------------------------------------------------------------------------------------------


def test_changes_are_announced_once_and_numbers_never(page: Page, board: Notebook) -> None:
    assert page.locator("[data-rw-announcer]").evaluate_all(
        "(all) => all.map((el) => el.getAttribute('aria-live'))"
    ) == [
        "polite",
        "assertive",
    ]
    listen(page)
    board.execute("for value in range(60, 94): level.update(value)")
    wait_until_heard(page, "level:")
    board.execute(
        "level.update(97); clients[1].become('error', time.monotonic(), 1, None, problem, time.monotonic())"
    )
    wait_until_heard(page, "Error, 97", "failed")
    board.execute("level.update(50); clients[1].become('connected', time.monotonic())")
    wait_until_heard(page, "Normal", "Connected")
    own = [text for text in heard(page) if "level" in text or "ws://host/ws" in text]
    assert sorted(own) == sorted(
        [
            "polite en level: Warning, 93%",
            "assertive en level: Error, 97%",
            "assertive en ws://host/ws: Connection failed: "  # once, though two indicators follow the client
            "ws://host could not be reached: refused; it is tried again",
            "polite en ws://host/ws: Connected",
            "polite en level: Normal, 50%",
        ]
    )


def test_the_end_of_a_loop_is_announced_and_no_percentage(page: Page, board: Notebook) -> None:
    listen(page)
    board.execute("for _ in range(3): bars[1].update()")
    board.execute("bars[1].update(4)")
    wait_until_heard(page, "running bar: Done")
    board.execute("bars[2].update(5); bars[2].fail(OSError('the disk is full'))")
    wait_until_heard(page, "endless bar: Failed")
    own = [text for text in heard(page) if " bar: " in text]
    assert own[0].startswith("polite en running bar: Done: took ")
    assert own[1:] == ["assertive en endless bar: Failed: OSError: the disk is full"]


# The focus ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dark", [False, True])
def test_the_focus_is_seen(page: Page, board: Notebook, dark: bool) -> None:
    """JupyterLab has rules for focused buttons, too."""
    board.set_theme(dark=dark)
    chart = page.get_by_role("figure", name="several lines")
    for element in (
        chart.locator(".rw-head .rw-button").first,
        chart.locator(".rw-plot"),
        chart.locator(".rw-legend .rw-button").first,
        page.get_by_role("log", name="log", exact=True),
    ):
        element.focus()
        press(page, "Shift+Tab", "Tab")
        expect(element).to_be_focused()
        ring = "(el) => { const { outline } = getComputedStyle(el); return outline; }"
        colour = "rgb(125, 176, 255)" if dark else "rgb(29, 95, 209)"
        assert element.evaluate(ring) == f"{colour} solid 2px"
    board.screenshot(f"focus-{'dark' if dark else 'light'}")


def test_the_focus_stays_where_the_picture_is_made_anew(page: Page, board: Notebook) -> None:
    line = page.get_by_role("figure", name="several lines").get_by_role("button", name="memory")
    line.focus()
    made = line.element_handle()
    board.execute("charts[1].format = 'percentage'")
    page.wait_for_function("(el) => !el.isConnected", arg=made)
    expect(line).to_be_focused()


# Colours of the system ------------------------------------------------------------------------------------------------

INKS = """
(canvas) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const inks = new Map();
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] < 255) continue;
    const ink = [data[i], data[i + 1], data[i + 2]].join();
    inks.set(ink, (inks.get(ink) ?? 0) + 1);
  }
  return [...inks].sort((a, b) => b[1] - a[1]).map(([ink]) => ink);
}
"""


def test_canvases_take_the_colours_of_the_system_and_give_them_back(page: Page, board: Notebook) -> None:
    chart = page.get_by_role("figure", name="one line")

    def wait_for_ink(ink: str) -> list[str]:
        page.wait_for_function(
            f"(ink) => ({INKS})(document.querySelector('[aria-label=\"one line\"] canvas')).includes(ink)",
            arg=ink,
        )
        inks: list[str] = chart.locator("canvas").evaluate(INKS)
        return inks

    before = wait_for_ink("41,75,251")
    board.set_theme(dark=True)  # which has no say any more
    for scheme, ink in (("light", "0,0,0"), ("dark", "255,255,255")):
        page.emulate_media(forced_colors="active", color_scheme=scheme)
        assert not set(wait_for_ink(ink)) & set(before)
        board.screenshot(f"forced-colors-{scheme}")
    board.set_theme(dark=False)
    page.emulate_media(forced_colors="none", color_scheme="light")
    wait_for_ink("41,75,251")


def test_levels_have_a_border_where_colours_are_forced(page: Page) -> None:
    page.emulate_media(forced_colors="active", color_scheme="dark")
    border = "(el) => { const { borderInlineStart } = getComputedStyle(el); return borderInlineStart; }"
    found = [
        page.get_by_role("group", name=name, exact=True).evaluate(border)
        for name in ("warning", "alarm", "said")
    ]
    assert found == [f"{look} rgb(255, 255, 255)" for look in ("6px double", "6px solid", "1px solid")]


# Languages that run from right to left, and paper ---------------------------------------------------------------------


def test_a_page_that_runs_from_right_to_left_has_all_of_it_the_other_way_round(
    page: Page, board: Notebook
) -> None:
    card = page.get_by_role("group", name="rising", exact=True)
    chart, log = (
        page.get_by_role("figure", name="several lines"),
        page.get_by_role("log", name="log", exact=True),
    )
    pairs = [  # what stands before what
        (chart.locator(".rw-title"), chart.locator(".rw-status")),
        (chart.locator(".rw-legend .rw-button").first, chart.locator(".rw-time").last),
        (log.locator(".rw-at").last, log.locator(".rw-grade").last),
    ]

    def order() -> list[bool]:
        boxes = [(a.bounding_box(), b.bounding_box()) for a, b in pairs]
        return [a["x"] < b["x"] for a, b in boxes if a and b]

    assert order() == [True, True, True]
    page.evaluate("document.documentElement.dir = 'rtl'")
    try:
        assert order() == [False, False, False]
        value, root = card.locator(".rw-value").bounding_box(), card.bounding_box()
        assert value is not None
        assert root is not None
        assert root["x"] + root["width"] - value["x"] - value["width"] < 20
        assert card.locator(".rw-trend").evaluate("(el) => getComputedStyle(el).direction") == "ltr", (
            "+0.5, not 0.5+"
        )
        board.screenshot("right-to-left")
    finally:
        page.evaluate("document.documentElement.dir = ''")


def test_on_paper_a_log_is_whole_and_nothing_can_be_pressed(page: Page) -> None:
    log = page.get_by_role("log", name="log", exact=True)
    page.emulate_media(media="print")
    shown = "(el) => [el, el.closest('.rw-root'), el.closest('.rw-host')].map((each) => each.offsetHeight)"
    within = log.evaluate("(el) => el.scrollHeight")
    assert within > 2000
    assert min(log.evaluate(shown)) >= within
    for button in page.locator(".rw-head .rw-button, .rw-action").all():
        expect(button).to_be_hidden()
    chart = page.get_by_role("figure", name="one line")
    assert chart.evaluate("(el) => getComputedStyle(el).printColorAdjust") == "exact"


def test_nothing_turns_for_those_who_want_no_motion(page: Page) -> None:
    turning = (
        "() => document.getAnimations().filter(({ effect }) => effect.target.closest('.rw-host')).length"
    )
    assert page.evaluate(turning) > 0
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(turning) == 0
    page.emulate_media(reduced_motion="no-preference")


# Several builds in one page -------------------------------------------------------------------------------------------


def test_styles_are_bound_to_the_widgets_of_their_build(page: Page) -> None:
    rules, build = page.evaluate(
        """() => {
            const style = document.querySelector("style[data-rw]");
            const rules = [...style.sheet.cssRules].map((rule) => rule.selectorText ?? rule.name ?? rule.cssText);
            return [rules, style.dataset.rw];
        }"""
    )
    bound = f'[data-rw-build="{build}"]'
    assert [rule for rule in rules if rule != bound and not rule.endswith(f"-{build}")] == []
    assert rules.count(bound) >= 1
    looks = page.evaluate(
        """() => {
            const found = [];
            for (const root of document.querySelectorAll(".rw-chart, .rw-metric, .rw-events")) {
                const host = root.closest(".rw-host").cloneNode(true);
                host.dataset.rwBuild = "another";
                document.body.append(host); // as if another build had made it, whose styles are not here
                for (const el of host.querySelectorAll(".rw-root, .rw-title, .uplot, .uplot *")) {
                    const { padding, display, position, border, maxWidth } = getComputedStyle(el);
                    if (!el.matches("canvas")) found.push([padding, position, maxWidth].join());
                }
                host.remove();
            }
            return [...new Set(found)];
        }"""
    )
    assert looks == ["0px,static,none"]


def test_the_styles_of_another_build_change_nothing(page: Page) -> None:
    """Its sheet as it would be with other colours, sizes and margins, after ours."""
    look = """
        [...document.querySelectorAll(".rw-board, .rw-board *")].map((el) => {
            const { color, padding, margin, fontSize, display, width, animationName } = getComputedStyle(el);
            return [color, padding, margin, fontSize, display, width, animationName].join();
        }).join(";")
    """
    page.get_by_role("figure", name="held").scroll_into_view_if_needed()
    before, after = page.evaluate(
        f"""() => {{
            const ours = document.querySelector("style[data-rw]");
            const other = document.createElement("style");
            other.textContent = ours.textContent.replaceAll(ours.dataset.rw, "another")
                .replace(/\\b\\d+px/g, "77px").replace(/#[0-9a-f]{{3,6}}\\b/g, "#f0f").replaceAll("flex", "block");
            const before = {look};
            document.head.append(other);
            const after = {look};
            const changed = other.textContent.includes("77px") && other.sheet.cssRules.length;
            other.remove();
            return [before, changed && after];
        }}"""
    )
    assert after == before
