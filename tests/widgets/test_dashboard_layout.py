"""How the widgets of a dashboard stand in real JupyterLab: who shares a row, how high they are, and what that survives."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from support.lab import Lab
from support.labbook import Notebook
from support.page_helpers import FEED, all_of, seen, wait_until_it_fits, widgets

pytestmark = pytest.mark.browser

WIDE = {"width": 1280, "height": 1800}


def opened(page: Page, lab: Lab, *cells: str) -> Notebook:
    page.set_viewport_size(WIDE)
    notebook = Notebook.open(page, lab, lab.write([FEED, *cells]))
    notebook.set_theme(dark=False)
    notebook.run_all()
    for i in range(len(cells) + 1):
        for output in notebook.outputs(i):
            assert output["output_type"] != "error", output
    return notebook


def box(root: Locator) -> dict[str, int]:
    found = root.bounding_box()
    assert found is not None
    return {name: round(value) for name, value in found.items()}


def wait_for_width(root: Locator, least: int, most: int) -> None:
    root.page.wait_for_function(
        "([root, least, most]) => { const { width } = root.getBoundingClientRect(); return least <= width && width <= most; }",
        arg=[root.element_handle(), least, most],
    )


ROWS = """
card = lambda title, **settings: rw.MetricCard(title, stream, field="n", **settings)
rows = rw.Dashboard(
    [
        [card("a"), card("b with a title that needs two lines of a card of this width, or even three"), card("c")],
        [card("beside"), rw.LiveChart(stream, title="chart")],
        [[card("upper"), card("lower")], rw.LiveChart(stream, title="stacked")],
        rw.LiveChart(stream, title="across"),
    ],
    title="Rows",
)
rows.layout.width = "900px"
rows
"""


def test_rows_share_the_width_and_cards_keep_their_height_beside_charts(page: Page, lab: Lab) -> None:
    notebook = opened(page, lab, ROWS)
    a, b, c, beside, upper, lower = all_of(page, "metric", 6)
    chart, stacked, across = all_of(page, "chart", 3)
    expect(across).to_have_attribute("data-rw-state", "live")
    first = [box(root) for root in (a, b, c)]
    assert len({(each["y"], each["height"], each["width"]) for each in first}) == 1
    assert box(beside)["y"] == box(chart)["y"]
    assert box(beside)["height"] < box(chart)["height"] - 60
    assert (
        abs(2 * box(beside)["width"] - box(chart)["width"]) <= 16
    )  # two columns, and the margin between them
    assert box(upper)["x"] == box(lower)["x"]
    assert box(upper)["y"] == box(stacked)["y"]
    assert box(lower)["y"] + box(lower)["height"] == box(stacked)["y"] + box(stacked)["height"]
    assert abs(box(across)["width"] - sum(each["width"] for each in first) - 16) <= 2
    notebook.screenshot("dashboard-rows")

    notebook.execute("rows.layout.width = '320px'")
    every = [a, b, c, beside, chart, upper, lower, stacked, across]
    for root in every:
        wait_for_width(seen(root), 150, 320)
        wait_until_it_fits(root)
    for root in (chart, stacked, across):
        assert box(root)["width"] == 312
    assert [box(root)["y"] for root in every] == sorted(box(root)["y"] for root in every)
    notebook.screenshot("dashboard-rows-narrow")


def test_the_sign_of_a_lost_kernel_takes_no_place_in_the_grid(page: Page, lab: Lab) -> None:
    notebook = opened(
        page,
        lab,
        """
rw.Dashboard(
    [[rw.MetricCard("a", stream, field="n"), rw.MetricCard("b", stream, field="n")], [[rw.MetricCard("c", 1),
      ipywidgets.IntSlider()], rw.LiveChart(stream)]], title="Of a kernel that is started anew")
""",
    )
    roots = [*all_of(page, "metric", 3), *all_of(page, "chart", 1), *all_of(page, "dashboard", 1)]
    expect(widgets(page, "chart")).to_have_attribute("data-rw-state", "live")
    before = [(box(root)["x"], box(root)["width"]) for root in roots]
    notebook.evaluate("await panelOf(path).sessionContext.session.kernel.restart();")
    expect(page.locator(".rw-board.jupyter-widgets-disconnected")).to_have_count(1)
    notebook.screenshot("dashboard-kernel-gone")
    assert [(box(root)["x"], box(root)["width"]) for root in roots] == before


def test_the_header_is_one_line_and_is_not_there_without_anything_to_say(page: Page, lab: Lab) -> None:
    notebook = opened(
        page,
        lab,
        """
client = rw.connect()
board = rw.Dashboard(rw.MetricCard("a", stream, field="n"), title="Title", connection=client)
bare = rw.Dashboard(rw.MetricCard("b", stream, field="n"))
display(board, bare)
""",
    )
    header, other = all_of(page, "dashboard", 2)
    indicator = widgets(page, "connection")
    expect(indicator).to_have_attribute("data-rw-state", "connected")
    parts = [header.locator(".rw-title"), header.get_by_role("button"), indicator]
    middles = [box(part)["y"] + box(part)["height"] / 2 for part in parts]
    assert max(middles) - min(middles) <= 2
    assert [box(part)["x"] for part in parts] == sorted(box(part)["x"] for part in parts)
    for root in (header, indicator):
        assert root.evaluate("(root) => getComputedStyle(root).borderTopWidth") == "0px"
    expect(header.get_by_role("button")).to_have_text("Pause all")
    expect(other).to_be_hidden()
    notebook.execute("bare.pause()")
    expect(other.get_by_role("button", name="Resume all")).to_be_visible()
    notebook.execute("bare.resume(); bare.title = 'Late'")
    expect(other.locator(".rw-title")).to_have_text("Late")


SIZES = """
steps = rw.Stream("steps")
start = time.time()
steps.append(ts=start - 20, value=0)
steps.append(ts=start, value=123456.789)
row = [rw.MetricCard(f"{width} px", steps, stale_after=600) for width in range(120, 320, 10)]
for card, width in zip(row, range(120, 320, 10)):
    card.layout.width = f"{width}px"
ipywidgets.VBox(row)
"""


def test_other_digits_and_a_pause_make_no_card_higher_or_lower(page: Page, lab: Lab) -> None:
    notebook = opened(page, lab, SIZES)
    every = all_of(page, "metric", 20)
    trends = widgets(page, "metric").locator(".rw-trend")
    for root in every:
        expect(seen(root).locator(".rw-trend")).to_contain_text("+123")
    in_two = [trend.get_attribute("data-rw-lines") for trend in trends.all()]
    assert {"2", None} == set(in_two)
    before = [box(root)["height"] for root in every]

    notebook.execute("steps.append(ts=start + 1, value=7)")
    for root in every:
        expect(seen(root).locator(".rw-trend")).not_to_contain_text("+123")
    assert [trend.get_attribute("data-rw-lines") for trend in trends.all()] == in_two
    assert [box(root)["height"] for root in every] == before

    notebook.execute("for card in row: card.paused = True")
    for root in every:
        expect(seen(root)).to_have_attribute("data-rw-state", "paused")
        wait_until_it_fits(root)
    assert [box(root)["height"] for root in every] == before
    notebook.screenshot("cards-paused")

    notebook.execute("for card in row: card.paused = False; card.layout.width = '320px'")
    for root in every:
        wait_for_width(seen(root), 300, 320)
        expect(root.locator(".rw-trend:not([data-rw-lines])")).to_be_visible()


NEIGHBOURS = """
log = rw.Stream("log")
log.extend({"level": ["info"] * 50, "message": [f"line {i}" for i in range(50)]})
high = rw.LiveChart(stream, title="high", height=420)
rw.Dashboard([[rw.LiveChart(stream, title="chart"), high], [rw.LiveChart(stream, title="beside"),
              rw.EventLog(log, height=500)]])
"""


def test_a_chart_is_as_high_as_what_stands_beside_it(page: Page, lab: Lab) -> None:
    notebook = opened(
        page, lab, NEIGHBOURS, "rw.LiveChart(stream, title='of a layout', layout={'height': '400px'})"
    )
    charts = dict(zip(["chart", "high", "beside", "of a layout"], all_of(page, "chart", 4), strict=True))

    def plots(*heights: int) -> None:
        page.wait_for_function(
            """([roots, heights]) => roots.every((root, i) => {
                const [canvas, plot] = [root.querySelector("canvas"), root.querySelector(".rw-plot")];
                if (!canvas || canvas.closest(".uplot").offsetHeight !== plot.offsetHeight) return false;
                const left = root.getBoundingClientRect().bottom - plot.getBoundingClientRect().bottom;
                return left < 16 && root.offsetHeight === heights[i];
            })""",
            arg=[[root.element_handle() for root in charts.values()], list(heights)],
        )

    high = box(charts["high"])["height"]
    listing = box(widgets(page, "events").first)["height"]
    assert min(high, listing) > 420
    plots(high, high, listing, 392)
    notebook.screenshot("chart-beside-a-higher-one")
    notebook.execute("high.height = 240")
    natural = high - 180
    plots(natural, natural, listing, 392)
