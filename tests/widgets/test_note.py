"""The note beside a widget, for when the page has no model of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from realtime_widgets import Dashboard, LiveChart, MetricCard, Stream
from realtime_widgets.widgets.note import note
from support.kernel import running_kernel
from support.lab import Lab
from support.labbook import Notebook
from support.page_helpers import widgets
from support.recorder import Recorder


def test_it_names_the_widget_in_text(sent: Recorder):
    assert "MetricCard “&lt;b&gt;CPU&lt;/b&gt;” was live here. Run this cell again" in note(
        MetricCard("<b>CPU</b>")
    )
    assert "LiveChart was live here" in note(LiveChart(Stream("s")))
    assert "Dashboard was live here" in note(Dashboard([MetricCard("a")]))


def test_it_is_in_japanese_where_the_widget_or_the_system_is(sent: Recorder, monkeypatch: pytest.MonkeyPatch):
    assert 'lang="ja"' in note(MetricCard("負荷", locale="ja"))
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert "再実行" in note(MetricCard("負荷"))
    assert 'data-waiting="MetricCard “負荷” はカーネルの応答を待っています' in note(MetricCard("負荷"))


def test_it_comes_before_the_output_of_the_widget():
    with running_kernel() as kernel:
        before, shown = kernel.run("import realtime_widgets as rw\nrw.LiveChart(rw.Stream(), title='T')")
    assert "LiveChart “T” was live here" in before["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in shown


def test_outside_a_notebook_there_is_none(sent: Recorder, capsys: pytest.CaptureFixture[str]):
    MetricCard("a")._repr_mimebundle_()
    assert capsys.readouterr().out == ""


def test_half_a_surrogate_in_a_title_does_not_keep_a_widget_from_being_shown(sent: Recorder):
    assert note(MetricCard("half \ud83d")).encode().startswith(b'<div class="rw-gone"')


@pytest.mark.browser
def test_it_stands_for_a_widget_whose_kernel_was_restarted(page: Page, lab: Lab):
    cells = ["import realtime_widgets as rw\ncard = rw.MetricCard('CPU', 3); card", "rw.Dashboard([card])"]
    notebook = Notebook.open(page, lab, lab.write(cells))
    notebook.run_all()
    live, notes = widgets(page, "metric"), page.locator(".rw-gone")
    expect(live).to_have_count(2)
    expect(notes).to_have_count(2)
    for i in range(2):
        expect(notes.nth(i)).to_be_hidden()
    notebook.evaluate("await panelOf(path).context.save();")
    notebook.evaluate("await panelOf(path).sessionContext.session.kernel.restart();")
    for i in range(2):
        expect(live.nth(i)).to_have_attribute("data-rw-state", "kernel_gone")
        expect(live.nth(i).locator(".rw-status")).to_have_text("Kernel stopped: run the cell again")
    notebook.reload()
    expect(notes.first).to_be_visible()
    expect(notes.first).to_have_text("MetricCard “CPU” was live here. Run this cell again to see it.")
    expect(page.get_by_text("model not found")).to_have_count(2)
    for error in page.get_by_text("model not found").all():
        expect(error).to_be_hidden()
    notebook.screenshot("kernel-restarted-and-reloaded")


@pytest.mark.browser
def test_it_says_what_it_waits_for_while_a_cell_holds_the_kernel_and_makes_way_for_the_widget(
    page: Page, lab: Lab, tmp_path: Path
):
    cells = [
        "import pathlib, time\nimport realtime_widgets as rw\nrw.MetricCard('CPU', 3)",
        f"while not pathlib.Path({str(tmp_path / 'end')!r}).exists(): time.sleep(0.05)",
    ]
    notebook = Notebook.open(page, lab, lab.write(cells))
    notebook.run_cell(0)
    expect(widgets(page, "metric")).to_be_visible()
    notebook.evaluate("await panelOf(path).context.save();")
    notebook.run_cell(1, wait=False)
    page.reload()
    waiting = page.locator(".rw-gone")
    expect(waiting).to_be_visible()
    said = waiting.evaluate("element => getComputedStyle(element, '::before').content")
    assert said == (
        '"MetricCard “CPU” is waiting for the kernel; while a cell runs, until that ends. '
        'If it does not appear then, run this cell again."'
    )
    expect(page.get_by_text("was live here")).to_be_hidden()
    (tmp_path / "end").touch()
    expect(widgets(page, "metric")).to_be_visible()
    expect(waiting).to_be_hidden()


@pytest.mark.browser
def test_it_waits_for_nothing_once_its_widget_is_closed(page: Page, lab: Lab):
    notebook = Notebook.open(
        page, lab, lab.write(["import realtime_widgets as rw\ncard = rw.MetricCard('a', 3); card"])
    )
    notebook.run_cell(0)
    expect(widgets(page, "metric")).to_be_visible()
    notebook.execute("card.close()")
    expect(page.get_by_text("MetricCard “a” was live here")).to_be_visible()
