"""Widgets in real JupyterLab: what a person sees, does and relies on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.axe import KEPT, judged
from support.lab import Lab
from support.labbook import Notebook
from support.page_helpers import (
    all_of,
    clipped,
    heard,
    ill_fitting,
    last_ts,
    listen,
    red_columns,
    wait_until_heard,
    wait_until_moved,
    widgets,
)
from support.servers import wait_for

pytestmark = pytest.mark.browser

FEED = """
import math, threading, time
import ipywidgets, numpy as np
import realtime_widgets as rw

stream = rw.Stream("feed")
feeding = threading.Event(); feeding.set()

def feed():
    while True:
        if feeding.is_set():
            t = time.time()
            stream.append(ts=t, cpu=0.5 + 0.4 * math.sin(t), memory=0.3)
        time.sleep(0.05)

threading.Thread(target=feed, daemon=True).start()
"""


def opened(page: Page, lab: Lab, *cells: str) -> Notebook:
    notebook = Notebook.open(page, lab, lab.write([FEED, *cells]))
    notebook.set_theme(dark=False)  # the server remembers what an earlier test chose
    notebook.run_all()
    for i in range(len(cells) + 1):
        for output in notebook.outputs(i):
            assert output["output_type"] != "error", output
    return notebook


def test_the_theme_is_followed_live_and_can_be_fixed(page: Page, lab: Lab) -> None:
    notebook = opened(
        page,
        lab,
        "ipywidgets.VBox([rw.LiveChart(stream, title='auto'), rw.LiveChart(stream, title='fixed', theme='light')])",
    )
    auto, fixed = all_of(page, "chart", 2)
    colour = "(root) => getComputedStyle(root).color"
    expect(auto).to_have_attribute("data-rw-state", "live")
    assert auto.evaluate(colour) == fixed.evaluate(colour)
    notebook.set_theme(dark=True)
    expect(page.locator(".rw-host[data-rw-auto][data-rw-theme='dark']")).to_have_count(1)
    expect(page.locator(".rw-host:not([data-rw-auto])[data-rw-theme='light']")).to_have_count(1)
    assert auto.evaluate(colour) != fixed.evaluate(colour)
    wait_until_moved(auto)


def test_everything_fits_a_cell_of_320_pixels_in_japanese(page: Page, lab: Lab) -> None:
    page.set_viewport_size({"width": 1000, "height": 1500})
    notebook = opened(
        page,
        lab,
        """
options = dict(locale="ja", format="percentage")
narrow = ipywidgets.VBox([
    rw.MetricCard("サーバー全体の平均CPU使用率", stream, field="cpu", icon="🖥️", thresholds={0.0: "warning"}, **options),
    rw.MetricCard("応答なし", **options),
    rw.LiveChart({"中央演算処理装置の使用率": (stream, "cpu"), "主記憶装置の使用率": (stream, "memory")}, title="資源の使用状況", tz="Asia/Tokyo", **options),
], layout=ipywidgets.Layout(width="320px"))
narrow
""",
    )
    card, empty = all_of(page, "metric", 2)
    chart = widgets(page, "chart")
    expect(card).to_contain_text("警告")
    expect(empty).to_contain_text("データ待ち")
    expect(empty.locator(".rw-value")).to_have_text("—")
    expect(chart).to_have_attribute("data-rw-state", "live")
    expect(chart.locator(".rw-time")).to_contain_text("JST")
    for root in (card, empty, chart):
        assert clipped(root) == []
        assert root.bounding_box()["width"] <= 320  # type: ignore[index]
        assert root.get_attribute("lang") == "ja"
    notebook.screenshot("narrow-japanese-light")
    notebook.set_theme(dark=True)
    wait_until_moved(chart)
    notebook.screenshot("narrow-japanese-dark")


NUMBERS = """
def two(before, now):
    numbers = rw.Stream("numbers")
    numbers.extend({"ts": [time.time() - 30, time.time()], "value": [before, now]})
    return numbers

requests, money = two(9_000, 10_000), two(1_000_000.5, -12_345_678.9)
CARDS = [
    (requests, dict(unit="requests per second")),
    (money, dict(unit="€", precision=2)),
    (two(0.3, 0.1 + 0.2), dict(good="down")),
    (two(1e6, 123_456_789_012.25), {}),
    (two(3e10, 3.1536e10 - 6e6), dict(format="duration", good="up")),
    (two(2**30, 1.5 * 2**30), dict(format="bytes", unit="/s", precision=9)),
    (two(0.0003, 0.0004), dict(format="percentage", change="relative")),
]

def column(locale, width):
    shared = dict(locale=locale, layout={"width": f"{width}px"})
    return ipywidgets.VBox([
        *(rw.MetricCard("Card", stream=stream, **settings, **shared) for stream, settings in CARDS),
        rw.MetricCard("Title " * 2000, **shared),
        *(
            rw.LiveChart(stream, title="Title", height=80, **settings, **shared)
            for stream, settings in CARDS[:2]
            if width > 120
        ),
    ])
"""


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_numbers_are_whole_and_can_be_read_in_any_width(page: Page, lab: Lab, locale: str) -> None:
    page.set_viewport_size({"width": 1400, "height": 2400})
    board = f"ipywidgets.HBox([column({locale!r}, width) for width in (120, 160, 220, 320)])"
    notebook = opened(page, lab, NUMBERS, board)
    expect(page.locator(".rw-metric .rw-trend:visible")).to_have_count(28)
    expect(page.locator(".rw-chart .rw-reading .rw-number")).to_have_count(6)
    for root in page.locator(".rw-root").all():
        assert ill_fitting(root) == []
        assert clipped(root) == []
    for title in page.locator(".rw-title").filter(has_text="Title Title").all():
        assert title.evaluate("(el) => el.getBoundingClientRect().height") < 50
    short = page.locator(".rw-value[aria-label]").filter(has_text="€").first
    expect(short).to_have_attribute("aria-label", "−€12,345,678.90")
    notebook.screenshot(f"numbers-{locale}")


def test_help_is_read_by_pointing_and_by_keys_and_no_card_clips_it(page: Page, lab: Lab) -> None:
    page.set_viewport_size({"width": 1000, "height": 900})
    notebook = opened(
        page,
        lab,
        """
said = "The share of <b>requests</b> that were answered within 100 ms. " * 6
rw.Dashboard([rw.MetricCard("Answered", stream, field="cpu", help=said, reduce="mean", compare=0.4)],
             layout={"width": "320px"})
""",
    )
    card = widgets(page, "metric")
    expect(card).to_contain_text("mean · 60 s")
    expect(card.locator(".rw-trend")).to_contain_text("vs 0.4")
    help, layer = card.get_by_role("button", name="About Answered"), page.locator(".rw-help-text")
    expect(help).to_have_accessible_description(
        ("The share of <b>requests</b> that were answered within 100 ms. " * 6).strip()
    )
    help.hover()
    expect(layer).to_contain_text("<b>requests</b>")
    assert clipped(layer) == []
    box, root = layer.bounding_box(), card.bounding_box()
    assert box is not None
    assert root is not None
    assert box["y"] < root["y"] or box["y"] + box["height"] > root["y"] + root["height"]
    notebook.screenshot("help-light")
    layer.hover()  # on the way there it stays
    expect(layer).to_be_visible()
    page.mouse.move(900, 850)
    expect(layer).to_have_count(0)
    help.focus()
    expect(layer).to_be_visible()
    help.blur()
    notebook.set_theme(dark=True)
    help.focus()
    expect(layer).to_have_attribute("data-rw-theme", "dark")
    notebook.screenshot("help-dark")
    page.keyboard.press("Escape")
    expect(layer).to_have_count(0)


def test_a_sum_falls_as_its_records_leave_the_window_while_nothing_comes(page: Page, lab: Lab) -> None:
    notebook = opened(
        page, lab, "total = rw.MetricCard('Total', reduce='sum', window=3, stale_after=600)\ntotal"
    )
    value = widgets(page, "metric").locator(".rw-value")
    expect(value).to_have_text("—")
    notebook.execute("total.update(5); total.update(2)")
    expect(value).to_have_text("7")
    expect(value).to_have_text("0")
    assert notebook.execute("print(total.value)").strip() == "0.0"


def test_the_values_of_a_legend_have_room_beside_the_names_in_a_narrow_cell(page: Page, lab: Lab) -> None:
    opened(
        page,
        lab,
        """
rw.LiveChart(stream, y=["cpu", "memory"], legend=("last", "min", "max", "mean"), layout={"width": "240px"})
""",
    )
    chart = widgets(page, "chart")
    expect(chart).to_have_attribute("data-rw-state", "live")
    expect(chart.locator("tbody .rw-label")).to_have_text(["cpu", "memory"])
    expect(chart.locator("thead .rw-time")).to_be_hidden()  # there is no room for it beside "Last"
    for label in chart.locator("tbody .rw-label").all():
        assert label.evaluate(
            "(el) => el.clientWidth >= el.scrollWidth && el.getBoundingClientRect().width > 10"
        )
    mean = chart.locator("tbody tr").first.locator("td").last
    beyond = mean.evaluate(  # at once: the values go on, and with them the widths of their columns
        """(cell) => {
  cell.scrollIntoView({ block: "nearest", inline: "end" });
  const [box, legend] = [cell, cell.closest(".rw-legend")].map((el) => el.getBoundingClientRect());
  return [legend.left - box.left, box.right - legend.right];
}"""
    )
    assert max(beyond) <= 1


def test_a_burst_ends_on_its_last_value_and_leaves_prints_alone(page: Page, lab: Lab) -> None:
    notebook = opened(
        page,
        lab,
        "card = rw.MetricCard('burst'); card",
        "for i in range(12_000): card.update(i)\nprint('the print survives')",
    )
    expect(widgets(page, "metric").locator(".rw-value")).to_have_text("11,999")
    assert notebook.outputs(2)[0]["text"] == "the print survives\n"


def test_a_reloaded_page_has_the_whole_picture_again(page: Page, lab: Lab) -> None:
    notebook = opened(
        page,
        lab,
        """
past = rw.Stream("past")
past.extend({"ts": time.time() - 500 + np.arange(100), "value": np.full(100, 7.0)})  # long before any page
chart = rw.LiveChart([past, stream], window=600)
chart
""",
    )
    expect(widgets(page, "chart")).to_have_attribute("data-rw-state", "live")
    notebook.evaluate("await panelOf(path).context.save();")
    notebook.reload()
    chart = widgets(page, "chart")
    expect(chart).to_have_attribute("data-rw-state", "live")
    wait_until_moved(chart)
    plot = chart.locator(".u-over").bounding_box()
    assert plot is not None
    page.mouse.move(plot["x"] + plot["width"] * 0.1, plot["y"] + plot["height"] / 2)
    expect(chart.locator(".rw-reading").first).to_have_text("7")  # what is drawn there, 450 s ago


def test_one_widget_shown_twice_moves_in_both_places(page: Page, lab: Lab) -> None:
    opened(page, lab, "chart = rw.LiveChart(stream, y='cpu'); chart", "chart")
    for chart in all_of(page, "chart", 2):
        wait_until_moved(chart)


def test_the_reader_can_hold_the_picture_read_values_and_hide_lines(page: Page, lab: Lab) -> None:
    opened(page, lab, "rw.LiveChart(stream, title='held', format='percentage')")
    chart = widgets(page, "chart")
    wait_until_moved(chart)
    chart.get_by_role("button", name="Pause").click()
    expect(chart).to_have_attribute("data-rw-state", "paused")
    held = last_ts(chart)
    plot = chart.locator(".u-over").bounding_box()
    assert plot is not None
    page.mouse.move(plot["x"] + 2, plot["y"] + plot["height"] / 2)  # where the line begins
    expect(chart.locator(".rw-reading").nth(1)).to_have_text("30.0%")
    assert last_ts(chart) == held
    line = chart.get_by_role("button", name="cpu")
    line.click()
    expect(line).to_have_attribute("aria-pressed", "false")
    chart.get_by_role("button", name="Resume").click()
    wait_until_moved(chart)
    assert last_ts(chart) > held


def test_a_log_fits_its_rows_and_follows_when_it_is_resized(page: Page, lab: Lab) -> None:
    notebook = opened(
        page,
        lab,
        """
few, many = rw.Stream("few"), rw.Stream("many")
few.extend({"level": ["info", "error"], "message": ["one", "two"]})
def more(n): many.extend({"level": ["info"] * n, "source": ["web"] * n, "message": ["text that wraps in a narrow log"] * n})
more(50)
log = rw.EventLog(many, title="many", height=200)
ipywidgets.VBox([rw.EventLog(few, title="few"), log])
""",
    )
    small, large = all_of(page, "events", 2)
    expect(large.locator(".rw-event")).to_have_count(50)
    rows = small.locator(".rw-log").bounding_box()
    last = small.locator(".rw-event").last.bounding_box()
    assert rows is not None
    assert last is not None
    assert abs(rows["y"] + rows["height"] - last["y"] - last["height"]) < 1
    listing = large.locator(".rw-log")
    assert listing.bounding_box()["height"] == 200  # type: ignore[index]
    for i, width in enumerate(("320px", "500px", "240px")):
        notebook.execute(f"log.layout.width = {width!r}; more(5)")
        expect(large.locator(".rw-event")).to_have_count(55 + 5 * i)
        page.wait_for_function(
            "(list) => list.scrollHeight - list.scrollTop - list.clientHeight < 2",
            arg=listing.element_handle(),
        )
    notebook.execute("log.height = 100")
    expect(listing).to_have_css("height", "100px")
    listing.press("PageUp")
    jump = large.get_by_role("button", name="Held")
    box, edge = jump.bounding_box(), listing.bounding_box()
    assert box is not None
    assert edge is not None
    assert box["y"] >= edge["y"] + edge["height"]  # it covers no row
    notebook.execute("more(3)")
    expect(jump).to_have_text("Held · 3 new")
    jump.press("Enter")
    expect(listing).to_be_focused()
    expect(jump).to_be_hidden()


LONG = """
events = rw.Stream("events")
text = "text that is much longer than a line of the log has room for, in a dashboard as well as in a cell of its own; " * 3
def more(n=1): events.extend({"level": ["info", "error"] * n, "source": ["web", "db"] * n, "message": ["short", text] * n})
def keep_coming():
    while True:
        more()
        time.sleep(0.2)
more(120)
threading.Thread(target=keep_coming, daemon=True).start()
rw.Dashboard([[rw.LiveChart(stream, height=500)], [rw.LiveChart(stream, height=500)]])
"""
LAST = "rw.Dashboard([[rw.LiveChart(stream), rw.EventLog(events, title='beside', height=240)]])"


@pytest.fixture
def long(page: Page, lab: Lab) -> Notebook:
    """A notebook of several screens that ends with two busy logs, one in a dashboard; both are drawn and follow."""
    notebook = opened(page, lab, LONG, "rw.EventLog(events, title='alone')", LAST)
    for i, name in ((2, "alone"), (3, "beside")):
        notebook.cell(i)
        follows(page, name)
    return notebook


def follows(page: Page, name: str) -> None:
    listing = page.get_by_role("log", name=name)
    expect(listing.locator(".rw-event").nth(59)).to_be_attached()
    page.wait_for_function(
        "(list) => list.clientHeight > 0 && list.scrollHeight - list.scrollTop - list.clientHeight < 2",
        arg=listing.element_handle(),
    )
    expect(page.get_by_role("group", name=name).get_by_role("button", name="Held")).to_be_hidden()


def test_a_log_that_nobody_scrolls_follows_whatever_becomes_of_its_cell_and_its_window(
    page: Page, long: Notebook
) -> None:
    for _ in range(4):
        for i in (0, 3, 1, 2):
            long.cell(i)
    for i, name in ((2, "alone"), (3, "beside")):
        for width, height in ((900, 700), (1200, 1400), (1280, 900)):
            page.set_viewport_size({"width": width, "height": height})
        for _ in range(3):
            long.output(1).screenshot()  # it is higher than the window, which Chromium makes larger for it
        long.cell(i)
        follows(page, name)


def test_a_log_stays_where_the_reader_scrolls_up_to_by_whatever_means(page: Page, long: Notebook) -> None:
    listing = page.get_by_role("log", name="beside")
    held = page.get_by_role("group", name="beside").get_by_role("button", name="Held")
    long.cell(3)
    listing.evaluate("(list) => list.scrollIntoView({ block: 'center' })")

    listing.hover()
    page.mouse.wheel(0, -60)
    expect(held).to_be_visible()
    listing.press("End")
    follows(page, "beside")

    listing.press("PageUp")
    expect(held).to_be_visible()
    held.click()
    follows(page, "beside")

    box = listing.bounding_box()
    assert box is not None
    for i in range(4):  # on text as between two lines, where browsers select nothing and scroll nothing
        page.mouse.move(box["x"] + 100, box["y"] + box["height"] / 2 + 5 * i)
        page.mouse.down()
        page.mouse.move(box["x"] + 100, box["y"] - 40, steps=4)
        expect(held).to_be_visible()
        page.mouse.up()
        held.click()
        follows(page, "beside")

    page.wait_for_function(  # as a search in the page does, once the layout has come to rest
        "([list, button]) => { if (button.hidden) list.scrollTop = 0; return !button.hidden; }",
        arg=[listing.element_handle(), page.locator(".rw-jump").last.element_handle()],
        polling=100,
    )
    assert listing.evaluate("(list) => list.scrollTop") == 0


def test_what_is_typed_into_the_filter_of_a_log_stays_there(page: Page, lab: Lab) -> None:
    notebook = opened(
        page,
        lab,
        """
events = rw.Stream("events")
events.extend({"level": ["info", "error", "error"], "source": ["web", "xdd", "db"], "message": ["a", "b", "c"]})
rw.EventLog(events, title="Events")
""",
        "'another cell'",
    )
    log = widgets(page, "events")
    cells = notebook.evaluate("return panelOf(path).content.widgets.length;")
    log.get_by_role("button", name="Filter events: Events").press("Enter")
    page.keyboard.type("XDD")  # in JupyterLab: cut the cell, delete the next
    expect(log.locator(".rw-note")).to_have_text("1 of 3 shown")
    expect(log.locator(".rw-message")).to_have_text(["b"])
    assert notebook.evaluate("return panelOf(path).content.widgets.length;") == cells
    expect(log.locator(".rw-search")).to_have_css("outline-style", "solid")
    page.keyboard.press("Escape")
    log.get_by_role("button", name="Error").press("Space")
    expect(log.locator(".rw-message")).to_have_text(["b", "c"])
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(log.get_by_role("button", name="Filter events")).to_be_focused()
    expect(log.get_by_role("button", name="Filter events")).to_have_css(
        "outline", "rgb(29, 95, 209) solid 2px"
    )


def test_stale_data_and_a_dead_kernel_are_said_to_be_so(page: Page, lab: Lab) -> None:
    notebook = opened(
        page,
        lab,
        "ipywidgets.VBox([rw.LiveChart(stream, stale_after=2), rw.MetricCard('cpu', stream, field='cpu', stale_after=2)])",
    )
    chart, card = widgets(page, "chart"), widgets(page, "metric")
    expect(chart).to_have_attribute("data-rw-state", "live")
    listen(page)
    notebook.execute("feeding.clear()")
    for root in (chart, card):
        expect(root).to_have_attribute("data-rw-state", "stale")
        expect(root.locator(".rw-status")).to_contain_text("Last data")
    notebook.screenshot("stale-light")
    notebook.execute("feeding.set()")
    expect(card).to_have_attribute("data-rw-state", "live")
    expect(card.locator(".rw-status")).to_be_hidden()
    lab.shutdown_kernels()
    for root in (chart, card):
        expect(root).to_have_attribute("data-rw-state", "kernel_gone")
        expect(root.locator(".rw-status")).to_have_text("Kernel stopped: run the cell again")
        expect(root.locator(".rw-status")).to_have_css("color", "rgb(138, 90, 0)")  # no alarm
    expect(chart.locator(".rw-pause")).to_be_hidden()
    notebook.screenshot("kernel-gone-light")
    wait_until_heard(page, "Kernel")
    assert judged(page) == KEPT
    told = heard(page)
    assert told[0] in ("polite en Chart and cpu: No new data", "polite en cpu and Chart: No new data")
    assert (
        told[-1].replace("cpu and Chart", "Chart and cpu")
        == "assertive en Chart and cpu: Kernel stopped: run the cell again"
    )
    assert len(told) <= 3, "and perhaps that they were live in between"


def test_gaps_are_drawn_as_gaps(page: Page, lab: Lab) -> None:
    """A NaN in the data leaves pixels of background between two lines."""
    opened(
        page,
        lab,
        """
gap = rw.Stream("gap")
ts = np.linspace(0, 10, 101)
gap.extend({"ts": ts, "value": np.where((ts > 4) & (ts < 6), np.nan, 1.0)})
rw.LiveChart(gap, window=10, theme="light", colors=["#ff0000"])
""",
    )
    chart = widgets(page, "chart")
    expect(chart).to_have_attribute("data-rw-last-ts", "10")

    found = red_columns(chart)
    assert found["span"] > 400
    assert found["missing"] / found["span"] == pytest.approx(0.2, abs=0.03)


def test_a_chart_follows_the_width_of_its_cell_and_its_buckets_with_it(page: Page, lab: Lab) -> None:
    notebook = opened(
        page,
        lab,
        """
dense = rw.Stream("dense")
dense.extend({"ts": time.time() - np.linspace(60, 0, 60_000), "value": np.random.default_rng(1).normal(size=60_000)})
box = ipywidgets.VBox([rw.LiveChart(dense, window=60)], layout=ipywidgets.Layout(width="300px"))
box
""",
    )
    chart = widgets(page, "chart")
    expect(chart).to_have_attribute("data-rw-state", "live")
    canvas = chart.locator("canvas").first

    def in_kernel(condition: str) -> None:
        notebook.wait_in_kernel(f"box.children[0]._lines[0].{condition}")

    expect(canvas).to_have_js_property("clientWidth", canvas.evaluate("(el) => el.parentElement.clientWidth"))
    narrow = canvas.bounding_box()
    in_kernel("_layout.step > 0.02")  # the width that was assumed gave 0.02; the page has told its own
    notebook.execute("box.layout.width = '800px'")
    page.wait_for_function(
        "(w) => document.querySelector('.rw-chart canvas').clientWidth > 2 * w", arg=narrow["width"]
    )  # type: ignore[index]
    notebook.wait_for("return document.querySelector('.rw-chart').offsetWidth > 700;")
    in_kernel("_layout.step <= 0.02")
    assert clipped(chart) == []


def test_windows_in_points_and_several_streams_share_one_chart(page: Page, lab: Lab) -> None:
    notebook = opened(
        page,
        lab,
        """
fast, slow = rw.Stream("fast"), rw.Stream("slow")
for i in range(500): fast.append(i, ts=1000 + i / 10)
for i in range(5): slow.append(-i, ts=1000 + i * 10)
rw.LiveChart([fast, slow], window=rw.points(200), title="two streams")
""",
    )
    chart = widgets(page, "chart")
    expect(chart).to_have_attribute("data-rw-last-ts", "1049.9")
    assert chart.locator(".rw-label").all_text_contents() == ["fast", "slow"]
    assert chart.locator(".rw-reading").all_text_contents() == ["499", "−4"]
    notebook.execute("fast.append(7, ts=1060)")
    expect(chart).to_have_attribute("data-rw-last-ts", "1060")
    expect(chart.locator(".rw-reading").first).to_have_text("7")
    notebook.execute("slow.clear(); fast.clear()")
    expect(chart).to_have_attribute("data-rw-state", "no_data")


def test_values_are_read_at_a_place_of_the_chart_by_pointer_and_by_keys(page: Page, lab: Lab) -> None:
    opened(
        page,
        lab,
        """
still = rw.Stream("still")
still.extend({"ts": 1000.0 + np.arange(61), "low": np.arange(61.0), "high": np.full(61, 60.0)})
ipywidgets.VBox([rw.LiveChart(still, title="one"), rw.LiveChart(still, y="low", title="other")])
""",
    )
    one, other = all_of(page, "chart", 2)
    expect(other.locator("canvas")).to_be_visible()
    plot = one.locator(".u-over").bounding_box()
    assert plot is not None
    page.mouse.move(plot["x"] + plot["width"] / 2, plot["y"] + plot["height"] - 2)
    tip = page.locator("body > .rw-tip")
    expect(tip.locator(".rw-tip-row")).to_have_text(["high60", "low30"])
    expect(tip.locator("[data-rw-near]")).to_have_text("low30")
    expect(other.locator(".rw-reading")).to_have_text("30")  # the crosshair runs through both
    box = tip.bounding_box()
    assert box is not None
    assert min(box["x"], box["y"]) >= 0
    page.mouse.move(1, 1)
    expect(tip).to_have_count(0)
    expect(other.locator(".rw-reading")).to_have_text("60")

    one.locator(".rw-plot").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(tip.locator(".rw-tip-row")).to_have_text(["high60", "low9"])
    expect(one.get_by_role("status").filter(has_text="low 9")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(tip).to_have_count(0)

    name = one.locator("[data-rw-trace=low]")
    name.focus()
    page.keyboard.press("Shift+Enter")
    expect(one.locator("[data-rw-trace=high]")).to_have_attribute("aria-pressed", "false")
    expect(name).to_have_attribute("aria-pressed", "true")
    one.get_by_role("button", name="Table of values").click()
    expect(one.get_by_role("columnheader")).to_have_text(["Time", "low"])
    expect(one.get_by_role("row")).to_have_count(62)
    one.get_by_role("button", name="Chart").click()
    expect(one.locator("canvas")).to_be_visible()


def test_settings_changed_in_python_show_at_once(page: Page, lab: Lab) -> None:
    notebook = opened(page, lab, "chart = rw.LiveChart(stream, title='before'); chart")
    chart = widgets(page, "chart")
    expect(chart.locator(".rw-title")).to_have_text("before")
    notebook.execute("chart.title = 'after'; chart.height = 120; chart.pause()")
    expect(chart.locator(".rw-title")).to_have_text("after")
    expect(chart).to_have_attribute("data-rw-state", "paused")
    notebook.execute("chart.resume()")
    expect(chart).to_have_attribute("data-rw-state", "live")
    expect(chart.locator(".uplot")).to_have_css("height", "120px")
    notebook.execute("chart.format = 'percentage'; chart.precision = 3; chart.unit = 'of all'")
    expect(chart.locator("[data-rw-trace=memory]")).to_contain_text("30.000% of all")
    notebook.execute("chart.close()")
    expect(chart).to_have_count(0)


def test_a_cell_that_is_run_again_replaces_its_widgets(page: Page, lab: Lab) -> None:
    code = (
        "rw.Dashboard([rw.MetricCard('CPU', stream, field='cpu'), ipywidgets.HBox([rw.LiveChart(stream)])])"
    )
    notebook = opened(page, lab, code, "kept = rw.MetricCard('kept', stream, field='cpu'); kept")
    for _ in range(6):
        notebook.run_cell(1)
    notebook.run_cell(2)
    expect(widgets(page, "chart")).to_have_count(1)
    wait_until_moved(widgets(page, "chart"))
    wait_until_moved(widgets(page, "metric").last)
    served = "rw.stats().widgets"
    assert notebook.execute(f"print({served})").strip() == "7", (
        "the kept card, and by `__` and `___` two dashboards"
    )
    for result in "123":
        notebook.execute(result)
    assert notebook.execute(f"print({served})").strip() == "4"
    wait_until_moved(widgets(page, "chart"))


ALERT = """
import itertools, pathlib
folder = pathlib.Path({folder!r})
machine = rw.Stream("machine")
hot = rw.Threshold(0.9, for_=1, hysteresis=0.1, severity="error")
hot.on_change(lambda event: (folder / event.state).touch())

def measure():
    for i in itertools.count():
        calm = 0.2 if i % 2 else 0.7  # so that the line of the threshold is within reach
        machine.append(cpu=0.95 if (folder / "load").exists() else calm)
        time.sleep(0.2)

threading.Thread(target=measure, daemon=True).start()
ipywidgets.VBox([
    rw.MetricCard("CPU", machine, field="cpu", format="percentage", thresholds=[hot]),
    rw.LiveChart(machine, y="cpu", title="CPU", format="percentage", thresholds=[hot]),
])
"""


def test_a_threshold_fires_while_a_cell_is_busy_and_card_and_chart_say_so(
    page: Page, lab: Lab, tmp_path: Path
) -> None:
    busy = f"import pathlib\nwhile not pathlib.Path({str(tmp_path / 'end')!r}).exists(): sum(range(10_000))"
    notebook = Notebook.open(page, lab, lab.write([FEED, ALERT.format(folder=str(tmp_path)), busy]))
    notebook.set_theme(dark=False)
    notebook.run_cell(0)
    notebook.run_cell(1)
    card, chart = widgets(page, "metric"), widgets(page, "chart")
    expect(card).to_have_attribute("data-rw-state", "live")
    expect(chart).to_have_attribute("data-rw-state", "live")
    level = card.locator(".rw-level")
    expect(level).to_be_hidden()
    wait_until_moved(chart)
    wait_for(
        lambda: (red := red_columns(chart))["span"] > 0.8 * red["width"], "its line goes across the plot"
    )
    expect(chart.locator(".rw-said").first).to_have_text(re.compile(r"Error: ≥ 90\.0%$"))
    notebook.run_cell(2, wait=False)
    (tmp_path / "load").touch()
    wait_for((tmp_path / "raised").exists, "the function is called during the cell")
    expect(level).to_have_text("Error: ≥ 90.0% for 1 s")
    assert notebook.evaluate("return panelOf(path).rwRun.state;") == "running"
    (tmp_path / "load").unlink()
    wait_for((tmp_path / "cleared").exists, "and when it is over")
    expect(level).to_be_hidden()
    assert notebook.evaluate("return panelOf(path).rwRun.state;") == "running"
    (tmp_path / "end").touch()
    notebook.wait_until_run()


GATED = """
import pathlib, time
import realtime_widgets as rw

for epoch in rw.track(range(3), "Epochs"):
    for batch in rw.track(range(1000), "Batches"):
        while batch in (250, 750) and not pathlib.Path(f"{epoch}-{batch}.gate").exists():
            time.sleep(0.01)
"""
"""A cell that waits twice in each epoch until the test has seen its bars: it cannot end before they have moved."""


def test_bars_move_while_a_cell_runs_and_end_exactly(page: Page, lab: Lab) -> None:
    name = lab.write([GATED, "print('the last')"])
    notebook = Notebook.open(page, lab, name)
    notebook.run_cell(0, wait=False)
    outer, inner = (page.get_by_role("progressbar", name=title) for title in ("Epochs", "Batches"))
    for epoch in range(3):
        expect(outer).to_have_attribute("aria-valuenow", str(epoch))
        for batch in (250, 750):
            expect(inner).to_have_attribute("aria-valuenow", str(batch))
            assert notebook.evaluate("return panelOf(path).rwRun.state;") == "running"
            (lab.root / f"{epoch}-{batch}.gate").touch()
    notebook.wait_until_run()
    expect(widgets(page, "progress")).to_have_attribute("data-rw-state", "idle")
    rows = page.locator(".rw-task")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("3 / 3")
    expect(rows.nth(1)).to_contain_text("×3")
    expect(rows.nth(1)).to_contain_text("1,000 / 1,000")
    for bar in (outer, inner):
        assert bar.evaluate("(el) => el.firstChild.style.inlineSize") == "100%"
    # Run again, the cell has one card again.
    notebook.run_cell(0)
    expect(widgets(page, "progress")).to_have_count(1)
    assert notebook.execute("print(rw.stats().widgets)").strip() == "1"


def test_a_loop_that_fails_says_so_where_it_is(page: Page, lab: Lab) -> None:
    code = "import realtime_widgets as rw\nfor i in rw.track(range(10), 'Batches'):\n    if i == 3: 1 / 0"
    notebook = Notebook.open(page, lab, lab.write([code, "1"]))
    notebook.run_cell(0)
    expect(page.locator(".rw-task[data-rw-task=failed]")).to_contain_text(
        "ZeroDivisionError: division by zero"
    )
    expect(page.get_by_role("progressbar", name="Batches")).to_have_attribute("aria-valuenow", "3")
