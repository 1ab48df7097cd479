"""The harness itself: if these fail, no other browser test means anything."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from support.lab import Lab
from support.labbook import Notebook

pytestmark = pytest.mark.browser


def test_a_notebook_runs_and_shows_what_it_printed(page: Page, lab: Lab) -> None:
    notebook = Notebook.open(page, lab, lab.write(["print(6*7)", "x = 5"]))
    notebook.run_all()
    assert notebook.wait_for_cell_outputs(0)[0]["text"] == "42\n"
    expect(notebook.output(0)).to_contain_text("42")
    assert notebook.execute("x + 1") == "6"
    assert notebook.screenshot("lab").stat().st_size > 0


def test_the_theme_follows_a_switch(page: Page, lab: Lab) -> None:
    notebook = Notebook.open(page, lab, lab.write(["1"]))
    notebook.set_theme(dark=True)
    assert page.evaluate("document.body.dataset.jpThemeLight") == "false"
    notebook.set_theme(dark=False)
    assert page.evaluate("document.body.dataset.jpThemeLight") == "true"


def test_a_reload_brings_the_notebook_back_with_its_kernel(page: Page, lab: Lab) -> None:
    notebook = Notebook.open(page, lab, lab.write(["marker = 'kept'"]))
    notebook.run_all()
    notebook.reload()
    assert notebook.execute("marker") == "'kept'"


def test_an_error_in_the_kernel_fails_the_test_that_caused_it(page: Page, lab: Lab) -> None:
    notebook = Notebook.open(page, lab, lab.write(["1/0"]))
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        notebook.execute("1/0")
    notebook.run_all()
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        notebook.wait_for_cell_outputs(0)
