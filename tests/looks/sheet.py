"""The contact sheet: every widget in every state, in real JupyterLab, by theme and width, on one page.

    python tests/looks/sheet.py [--states live,error] [--views light,dark-320] [--out FOLDER]

Needs Chromium. One kernel makes the states of `states.py`; for each view a page of its own joins it, and each state has a
picture. `index.html` in the folder (artifacts/looks) shows them all. A state that has not come about is shown as it is,
and said; the program then ends with 1.
"""

from __future__ import annotations

import argparse
import html
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "tests"), str(ROOT)]  # an installed realtime_widgets comes first

from looks.states import SETUP, STATES  # noqa: E402
from playwright.sync_api import Browser, Error, Page  # noqa: E402

from support.lab import ARTIFACTS, LIMIT, Lab, running_browser, running_lab  # noqa: E402
from support.labbook import Notebook  # noqa: E402

PATIENCE = 40.0
"""Seconds that a state may take to come about: a lost kernel is known after 15."""


@dataclass(frozen=True, slots=True)
class View:
    """How a page is looked at."""

    width: int
    """Of the outputs, CSS pixels."""
    dark: bool = False
    forced: bool = False
    scale: float = 1.0


VIEWS = {
    "light": View(900),
    "dark": View(900, dark=True),
    "forced": View(900, forced=True),
    "light-320": View(320),
    "dark-320": View(320, dark=True),
    "forced-320": View(320, forced=True),
    "light-150%": View(600, scale=1.5),
    "dark-150%": View(600, dark=True, scale=1.5),
}

GONE = "kernel gone"
"""A state that all widgets of a page reach together: the last picture of each page."""


class Sheet:
    """The pictures taken so far, and what was not as it should be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[str] = []

    def take(self, notebook: Notebook, index: int, state: str, view: str, expected: tuple[str, str]) -> None:
        """Takes the picture of a cell's output when its state has come about, or when that takes too long."""
        kind, wanted = expected
        output = notebook.output(index)
        found = output.locator(f".rw-root[data-rw-widget='{kind}'][data-rw-state='{wanted}']").first
        try:
            found.wait_for(timeout=PATIENCE * 1000)
        except Error:
            self.problems.append(f"{state}, {view}: no {kind} has become {wanted}")
        _settle(notebook.page)
        output.locator(".rw-board").first.screenshot(
            path=self.folder / _file(state, view), animations="disabled"
        )

    def write(self, states: list[str], views: list[str]) -> Path:
        """Writes the page that shows them all."""
        rows = "".join(
            f"<tr><th scope=row>{html.escape(state)}</th>{''.join(self._cell(state, view) for view in views)}</tr>\n"
            for state in states
        )
        heads = "".join(f"<th scope=col>{html.escape(view)}</th>" for view in views)
        said = "".join(f"<li>{html.escape(problem)}</li>" for problem in self.problems)
        page = self.folder / "index.html"
        page.write_text(
            _PAGE.format(
                at=time.strftime("%Y-%m-%d %H:%M"),
                heads=heads,
                rows=rows,
                problems=f"<ul>{said}</ul>" if said else "",
            ),
            "utf-8",
        )
        return page

    def _cell(self, state: str, view: str) -> str:
        file = _file(state, view)
        if not (self.folder / file).exists():
            return "<td></td>"
        alt = html.escape(f"{state}, {view}")
        return f'<td><a href="{file}"><img src="{file}" alt="{alt}" width="{VIEWS[view].width}"></a></td>'


_PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>Looks</title>
<style>
  body {{ font: 14px system-ui, sans-serif; margin: 16px; background: #8a8f98; }}
  table {{ border-collapse: separate; border-spacing: 12px; }}
  th {{ text-align: start; vertical-align: top; position: sticky; left: 0; top: 0; background: #8a8f98; padding: 4px; }}
  td {{ vertical-align: top; }}
  img {{ display: block; height: auto; }}
</style>
<h1>Every widget in every state</h1>
<p>Taken {at} in JupyterLab. A picture opens at its full size.</p>
{problems}
<table><thead><tr><td></td>{heads}</tr></thead><tbody>
{rows}</tbody></table>
</html>
"""


def _file(state: str, view: str) -> str:
    return f"{state} {view}.png".replace(" ", "-").replace("%", "")


def _settle(page: Page) -> None:
    """Waits until what has changed is drawn: widgets draw in animation frames, lines of cards within a second."""
    page.evaluate(
        "() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 1200))"
    )


def photograph(browser: Browser, lab: Lab, path: str, sheet: Sheet, states: list[str], view: str) -> None:
    """Opens the notebook in a page of its own, which joins the kernel, and takes the pictures of a view."""
    look = VIEWS[view]
    context = browser.new_context(
        viewport={"width": look.width + 560, "height": 2400},
        device_scale_factor=look.scale,
        forced_colors="active" if look.forced else "none",
        locale="en-US",
    )
    context.set_default_timeout(LIMIT * 1000)
    try:
        page = context.new_page()
        notebook = Notebook.open(page, lab, path)
        notebook.set_theme(dark=look.dark)
        page.add_style_tag(content=f".jp-OutputArea-output > .rw-board {{ width: {look.width}px; }}")
        for state in states:
            index = 1 + list(STATES).index(state)
            sheet.take(notebook, index, state, view, STATES[state].expected)
            print(f"{view}: {state}", file=sys.stderr, flush=True)
    finally:
        context.close()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--states", default=",".join(STATES), help="separated by commas")
    parser.add_argument("--views", default=",".join(VIEWS), help="separated by commas")
    parser.add_argument("--out", type=Path, default=ARTIFACTS / "looks")
    options = parser.parse_args()
    states, views = options.states.split(","), options.views.split(",")
    options.out.mkdir(parents=True, exist_ok=True)
    for before in options.out.glob("*.png"):
        before.unlink()
    sheet = Sheet(options.out)
    with running_lab() as lab, running_browser() as browser:
        path = lab.write([SETUP, *(state.code for state in STATES.values())], "looks.ipynb")
        context = browser.new_context(viewport={"width": 1320, "height": 1400}, locale="en-US")
        page = context.new_page()
        notebook = Notebook.open(page, lab, path)
        notebook.run_all(timeout=2 * LIMIT)
        for i, name in enumerate(["setup", *STATES]):
            for output in notebook.outputs(i):
                if output["output_type"] == "error":
                    raise SystemExit("\n".join([f"the state {name!r} cannot be made:", *output["traceback"]]))
        notebook.evaluate("await panelOf(path).context.save();")
        for view in views:
            photograph(browser, lab, path, sheet, states, view)
        notebook.set_theme(dark=False)
        lab.shutdown_kernels()
        index = 1 + list(STATES).index("live")
        for view in [view for view in views if view in ("light", "dark")]:
            notebook.set_theme(dark=VIEWS[view].dark)
            sheet.take(notebook, index, GONE, view, ("chart", "kernel_gone"))
        context.close()
    shown = [*states, GONE] if {"light", "dark"} & set(views) else states
    print(f"The contact sheet: {sheet.write(shown, views)}")
    for problem in sheet.problems:
        print(problem, file=sys.stderr)
    return int(bool(sheet.problems))


if __name__ == "__main__":
    sys.exit(main())
