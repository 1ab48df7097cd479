"""The last hop in real JupyterLab: whatever the page, the kernel or a cell does, what is shown is right again soon."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from support.lab import APP, Lab
from support.labbook import Notebook
from support.page_helpers import FEED, all_of, last_ts, wait_until_moved, widgets
from support.servers import wait_for

pytestmark = pytest.mark.browser

# In the words of `Page`: whether the browser says that the page is hidden, and no animation frames while it does.
HIDEABLE = """
let hidden = false;
Object.defineProperty(document, "visibilityState", { get: () => (hidden ? "hidden" : "visible") });
Object.defineProperty(document, "hidden", { get: () => hidden });
const real = window.requestAnimationFrame.bind(window);
let waiting = [];
window.requestAnimationFrame = (fn) => (hidden ? waiting.push(fn) : real(fn));
window.rwHide = (on) => {
  hidden = on;
  document.dispatchEvent(new Event("visibilitychange"));
  if (!on) for (const fn of waiting.splice(0)) real(fn);
};
"""


def opened(page: Page, lab: Lab, *cells: str) -> Notebook:
    notebook = Notebook.open(page, lab, lab.write([FEED, *cells]))
    notebook.run_all()
    for i in range(len(cells) + 1):
        for output in notebook.outputs(i):
            assert output["output_type"] != "error", output
    return notebook


def test_a_flood_of_prints_costs_the_picture_nothing_for_long(page: Page, lab: Lab) -> None:
    """Ten seconds in which Jupyter drops messages: the prints' own, and ours with them."""
    flood = """
end = time.time() + 10
while time.time() < end:
    for _ in range(50): print("x", flush=True)
    time.sleep(0.01)
"""
    notebook = opened(page, lab, "rw.MetricCard('n', stream, field='n')", "1")
    card = widgets(page, "metric")
    wait_until_moved(card)
    notebook.execute(flood)
    ended = float(notebook.execute("print(time.time())"))
    page.wait_for_function(
        "(ended) => Number(document.querySelector('.rw-metric').dataset.rwLastTs) > ended", arg=ended
    )
    wait_until_moved(card, 20)
    expect(card).to_have_attribute("data-rw-state", "live")


def test_a_second_tab_has_the_whole_picture_and_both_go_on(page: Page, lab: Lab) -> None:
    notebook = opened(
        page,
        lab,
        """
past = rw.Stream("past")
past.extend({"ts": time.time() - 500 + np.arange(100), "value": np.full(100, 7.0)})
rw.LiveChart([past, stream], window=600)
""",
    )
    first = widgets(page, "chart")
    wait_until_moved(first)
    notebook.evaluate("await panelOf(path).context.save();")
    other = page.context.new_page()
    second = Notebook.open(other, lab, notebook.name)
    chart = widgets(other, "chart")
    expect(chart).to_have_attribute("data-rw-state", "live")
    plot = chart.locator(".u-over").bounding_box()
    assert plot is not None
    other.mouse.move(plot["x"] + plot["width"] * 0.1, plot["y"] + plot["height"] / 2)
    expect(chart.locator(".rw-reading").first).to_have_text("7")
    wait_until_moved(chart)
    wait_until_moved(first)
    second.wait_in_kernel("rw.stats().pages == 2")
    other.close()


def test_a_hidden_page_is_sent_nothing_and_has_all_at_once_when_it_is_looked_at(page: Page, lab: Lab) -> None:
    """Watched by a thread of the kernel: a cell that looked would open the gate where cells hold words back."""
    page.add_init_script(HIDEABLE)
    notebook = opened(
        page,
        lab,
        """
import json, pathlib
chart = rw.LiveChart(stream)
watched = []

def watch():
    while True:
        watched.append((time.time(), chart.stats.sent, chart.stats.keyframes))
        if len(watched) % 10 == 0: pathlib.Path("watched").write_text(str(time.time()))
        time.sleep(0.1)

threading.Thread(target=watch, daemon=True).start()
chart
""",
    )
    chart = widgets(page, "chart")
    wait_until_moved(chart)
    page.evaluate("rwHide(true)")
    notebook.wait_in_kernel("not any(each.visible for each in chart._frame_loop.delivery.pages)")
    hidden = float(notebook.execute("print(time.time())")) + 0.5
    told = lab.root / "watched"
    wait_for(lambda: told.exists() and float(told.read_text() or "0") > hidden + 4)
    held = last_ts(chart)
    shown = page.evaluate("rwHide(false), Date.now() / 1000")
    wait_until_moved(chart, 20)
    samples = json.loads(notebook.execute("asked = time.time(); print(json.dumps((asked, watched)))"))
    asked, watched = samples[0], samples[1]
    while_hidden = [sample for sample in watched if hidden < sample[0] < shown]
    assert len({sent for _, sent, _ in while_hidden}) == 1
    assert held < hidden
    afterwards = [keyframes for at, _, keyframes in watched if shown < at < asked]
    # One to catch up, and again until the page has said that it has it.
    assert 1 <= afterwards[-1] - while_hidden[-1][2] <= 3


@pytest.mark.parametrize("cell", ["time.sleep(wait)", "while time.time() < began + wait: pass"])
def test_a_cell_that_blocks_for_twenty_seconds_stops_nothing_that_is_shown(
    page: Page, lab: Lab, cell: str
) -> None:
    notebook = opened(
        page,
        lab,
        "wait = 0; card = rw.MetricCard('n', stream, field='n'); card",
        f"began = time.time()\n{cell}",
    )
    card = widgets(page, "metric")
    wait_until_moved(card)
    notebook.execute("wait = 20")
    notebook.run_cell(2, wait=False)
    states = page.evaluate(
        """async () => {
            const root = document.querySelector('.rw-metric');
            const seen = new Set();
            let moved = 0, last = root.dataset.rwLastTs;
            const end = performance.now() + 15000;
            while (performance.now() < end) {
                await new Promise((done) => setTimeout(done, 25));
                seen.add(root.dataset.rwState);
                if (root.dataset.rwLastTs !== last) { moved += 1; last = root.dataset.rwLastTs; }
            }
            return { seen: [...seen], moved };
        }"""
    )
    assert notebook.evaluate("return panelOf(path).rwRun.state;") == "running"
    assert states["seen"] == ["live"]
    assert states["moved"] > 100
    notebook.wait_until_run()


def test_a_word_that_waited_for_a_cell_does_not_take_back_what_later_ones_have_said(
    page: Page, lab: Lab
) -> None:
    """A page's first word waits in the main shell, where a kernel with subshells has heard those after it."""
    notebook = opened(page, lab, "card = rw.MetricCard('n', stream, field='n'); card", "time.sleep(5)")
    mode = notebook.execute("""
from realtime_widgets.browser.frame_loop import get_frame_loop
print(get_frame_loop().delivery.mode(card._rw_id, time.monotonic()).value)
""")
    assert mode.strip() in ("live", "blind")  # never "off"
    wait_until_moved(widgets(page, "metric"), 20)


def test_a_click_reaches_the_kernel_during_a_cell_where_the_kernel_lets_it_and_after_it_elsewhere(
    page: Page, lab: Lab
) -> None:
    notebook = opened(
        page,
        lab,
        "import ipykernel; wait = 0; chart = rw.LiveChart(stream); chart",
        "time.sleep(wait)\nprint(chart.paused)",
    )
    chart = widgets(page, "chart")
    wait_until_moved(chart)
    major = int(notebook.execute("print(ipykernel.version_info[0]); chart.pause(); wait = 20"))
    expect(chart).to_have_attribute("data-rw-state", "paused")
    notebook.run_cell(2, wait=False)
    notebook.wait_for("return panelOf(path).content.widgets[2].model.sharedModel.execution_count === null;")
    chart.get_by_role("button", name="Resume").click()
    if major >= 7:
        expect(chart).to_have_attribute("data-rw-state", "live")
        wait_until_moved(chart)
        assert notebook.evaluate("return panelOf(path).rwRun.state;") == "running"
    notebook.wait_until_run()
    assert notebook.outputs(2)[0]["text"] == f"{major < 7}\n"
    expect(chart).to_have_attribute("data-rw-state", "live")


def test_a_killed_kernel_is_said_to_be_gone_and_its_successor_shows_live_data(page: Page, lab: Lab) -> None:
    notebook = opened(page, lab, "rw.MetricCard('n', stream, field='n')")
    card = widgets(page, "metric")
    wait_until_moved(card)
    notebook.evaluate(
        "panelOf(path).sessionContext.session.kernel.requestExecute("
        "{ code: 'import os, signal; os.kill(os.getpid(), signal.SIGKILL)' });"
    )
    expect(card).to_have_attribute("data-rw-state", "kernel_gone")
    # By the host, which knows it within seconds; silence is only "not responding".
    expect(card.locator(".rw-status")).to_have_text("Kernel stopped: run the cell again")
    notebook.wait_until_open()
    notebook.run_all()
    fresh = widgets(page, "metric")
    expect(fresh).to_have_count(1)
    expect(fresh).to_have_attribute("data-rw-state", "live")
    wait_until_moved(fresh)


def shows_the_present(page: Page, count: int) -> None:
    """So many cards are live, each with what came within the last seconds."""
    cards = widgets(page, "metric")
    expect(cards).to_have_count(count)
    for each in cards.all():
        expect(each).to_have_attribute("data-rw-state", "live")
    page.wait_for_function(
        "[...document.querySelectorAll('.rw-metric')].every((root) => Number(root.dataset.rwLastTs) > Date.now() / 1000 - 5)"
    )


def test_a_widget_shown_long_after_it_was_made_has_the_whole_picture(page: Page, lab: Lab) -> None:
    notebook = opened(page, lab, "card = rw.MetricCard('n', stream, field='n')", "1")
    notebook.wait_in_kernel("stream.last_seq > 100")
    notebook.evaluate("panelOf(path).content.widgets[2].model.sharedModel.setSource('card');")
    notebook.run_cell(2)
    shows_the_present(page, 1)
    expect(widgets(page, "metric").locator(".rw-trend")).to_contain_text("last 60 s")


@pytest.mark.skipif(APP != "lab", reason="only JupyterLab has a New View for Output")
def test_a_new_view_for_an_output_has_the_whole_picture(page: Page, lab: Lab) -> None:
    notebook = opened(page, lab, "rw.MetricCard('n', stream, field='n')")
    wait_until_moved(widgets(page, "metric"))
    notebook.evaluate(
        "const panel = panelOf(path); panel.content.activeCellIndex = 1;"
        "await window.jupyterapp.commands.execute('notebook:create-output-view');"
    )
    shows_the_present(page, 2)


@pytest.mark.skipif(APP != "lab", reason="only JupyterLab has two notebooks in one page")
def test_two_notebooks_in_one_page_live_side_by_side_and_one_that_is_opened_again_too(
    page: Page, lab: Lab
) -> None:
    first = opened(page, lab, "rw.MetricCard('n', stream, field='n')")
    name = lab.write([FEED, "rw.MetricCard('n', stream, field='n')"])
    first.evaluate(
        "await window.jupyterapp.commands.execute('docmanager:open', { path: argument, options: { mode: 'split-right' } });",
        name,
    )
    second = Notebook(page, lab, name)
    second.wait_until_open()
    second.run_all()
    shows_the_present(page, 2)
    for card in all_of(page, "metric", 2):
        wait_until_moved(card)
    assert len({entry["kernel"]["id"] for entry in lab.sessions()}) == 2
    second.evaluate("await panelOf(path).context.save(); panelOf(path).close();")
    expect(widgets(page, "metric")).to_have_count(1)
    wait_until_moved(widgets(page, "metric"))
    first.evaluate("await window.jupyterapp.commands.execute('docmanager:open', { path: argument });", name)
    second.wait_until_open(idle=False)
    expect(widgets(page, "metric").filter(visible=True)).to_have_count(1)
    wait_until_moved(widgets(page, "metric").filter(visible=True), 10)


def test_a_widget_that_is_scrolled_away_and_back_has_the_present_at_once(page: Page, lab: Lab) -> None:
    notebook = opened(page, lab, "rw.MetricCard('n', stream, field='n')", *["print('\\n' * 60)"] * 6)
    wait_until_moved(widgets(page, "metric"))
    notebook.cell(7)
    expect(widgets(page, "metric")).not_to_be_in_viewport()
    notebook.wait_in_kernel("stream.last_seq > 200")
    notebook.cell(1)
    expect(widgets(page, "metric")).to_be_in_viewport()
    shows_the_present(page, 1)
    wait_until_moved(widgets(page, "metric"))


def test_in_a_page_of_many_cards_those_near_the_screen_are_kept_up_to_date_and_the_rest_is_not_sent(
    page: Page, lab: Lab
) -> None:
    """JupyterLab's panels cut off what is beyond them: a margin of the page alone says nothing there."""
    notebook = opened(
        page,
        lab,
        "from ipywidgets import Layout, VBox\n"
        "from realtime_widgets.browser.frame_loop import get_frame_loop\n"
        "cards = [rw.MetricCard(f'card {i}', stream, field='n') for i in range(60)]\n"
        "rules, states = get_frame_loop().delivery, [[]]\n"
        "def note():  # between cells, which hold messages back\n"
        "    while True:\n"
        "        time.sleep(0.1)\n"
        "        modes = [rules.mode(card._rw_id, time.monotonic()).value for card in cards]\n"
        "        if set(modes) <= {'live', 'near', 'off'}: states[0] = modes\n"
        "threading.Thread(target=note, daemon=True).start()\n"
        "VBox(cards, layout=Layout(overflow='visible'))",
    )
    notebook.evaluate(
        "panelOf(path).content.widgets[1].node.querySelector('.jp-Cell-outputArea').scrollIntoView();"
    )
    ranks = "['live', 'near', 'off'].index"
    notebook.wait_in_kernel(f"len(set(states[0])) == 3 and states[0] == sorted(states[0], key={ranks})")
    drawn = (
        "() => [...document.querySelectorAll('.rw-metric')].filter((card) => card.dataset.rwLastTs).length"
    )
    assert page.evaluate(drawn) >= int(notebook.execute("print(60 - states[0].count('off'))"))
    last = widgets(page, "metric").last
    last.scroll_into_view_if_needed()
    wait_until_moved(last)
    notebook.wait_in_kernel("(states[0][0], states[0][-1]) == ('off', 'live')")


def test_a_page_that_finds_no_carrier_loads_the_front_end_over_the_widgets_own_comm(
    page: Page, lab: Lab
) -> None:
    opened(page, lab, "from realtime_widgets.browser.frame_loop import get_frame_loop", "1")
    notebook = Notebook(page, lab, lab.sessions()[0]["path"])
    notebook.execute(
        "card = rw.MetricCard('n', stream, field='n')\n"
        "while get_frame_loop()._carrier is None: time.sleep(0.01)\n"
        "get_frame_loop()._carrier.close(); get_frame_loop()._carrier._rw_carrier = 'nobody'"
    )
    notebook.evaluate("await panelOf(path).context.save();")
    page.evaluate(
        "() => { for (const key of Object.getOwnPropertySymbols(globalThis))"
        " if (String(key.description).startsWith('realtime_widgets/')) delete globalThis[key]; }"
    )
    notebook.reload()
    notebook.evaluate(
        "const panel = panelOf(path);"
        "panel.content.widgets[2].model.sharedModel.setSource('card'); panel.content.activeCellIndex = 2;"
    )
    notebook.run_cell(2)
    card = widgets(page, "metric")
    expect(card).to_have_attribute("data-rw-state", "live")
    wait_until_moved(card, 10)
    notebook.wait_in_kernel("any(each.route == card._rw_id for each in get_frame_loop().delivery.pages)")


def test_a_log_fetches_the_events_that_a_burst_left_out(page: Page, lab: Lab) -> None:
    notebook = opened(
        page,
        lab,
        "events = rw.Stream('events'); log = rw.EventLog(events, max_rows=2000); log",
        "events.extend({'message': [f'event {i}' for i in range(1500)]})",
    )
    log = widgets(page, "events")
    expect(log.locator(".rw-message").last).to_have_text("event 1499")
    log.get_by_role("button", name="Filter").press("Enter")
    page.keyboard.type("event")
    expect(log.locator(".rw-note")).to_have_text("1,500 of 1,500 shown")
    page.wait_for_function(  # once the list has come to rest
        """(list) => {
            list.scrollTop = 0;
            return list.querySelector(".rw-message").textContent === "event 0";
        }""",
        arg=log.locator(".rw-log").element_handle(),
        polling=200,
    )
    expect(log.locator(".rw-missed")).to_have_count(0)
    assert notebook.execute("print(log.stats.dropped)").strip() == "0"


def test_two_hundred_cards_become_live_and_share_their_messages(page: Page, lab: Lab) -> None:
    page.set_viewport_size({"width": 1280, "height": 7000})  # all on screen: what is far from it is not sent
    notebook = opened(
        page,
        lab,
        """
cards = [rw.MetricCard(f"card {i}", stream, field="n", layout={"width": "150px"}) for i in range(200)]
ipywidgets.Box(cards, layout=ipywidgets.Layout(flex_flow="row wrap"))
""",
    )
    expect(widgets(page, "metric")).to_have_count(200)
    page.wait_for_function(
        "[...document.querySelectorAll('.rw-metric')].every((root) => root.dataset.rwState === 'live')"
    )
    found = notebook.execute("before = rw.stats(); time.sleep(5); print(rw.stats().frames - before.frames)")
    assert int(found) <= 5 * 30  # one message for all of them


def test_widgets_may_be_fed_shown_and_closed_from_any_thread_at_once(page: Page, lab: Lab) -> None:
    notebook = opened(
        page,
        lab,
        """
errors, done = [], []

def churn(k):
    try:
        own = rw.Stream(f"own {k}")
        for i in range(5):
            chart = rw.LiveChart([own, stream])
            for j in range(200): own.append(j)
            chart.close()
        done.append(k)
    except BaseException as error:
        errors.append(repr(error))

shown = [rw.LiveChart(stream), rw.MetricCard("n", stream, field="n")]
ipywidgets.VBox(shown)
""",
        """
threads = [threading.Thread(target=churn, args=(k,)) for k in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join(120)
print(errors, sorted(done))
""",
    )
    assert notebook.outputs(2)[0]["text"] == "[] [0, 1, 2, 3]\n"
    for root in (widgets(page, "chart").first, widgets(page, "metric")):
        wait_until_moved(root)
    notebook.wait_in_kernel("rw.stats().widgets == 2")
