"""One notebook, open in one page of a real JupyterLab: run it, talk to its kernel, look at it."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from support.lab import APP, LIMIT, Lab, screenshot
from support.servers import wait_for

# The panel of this notebook, found by path: several notebooks may share one page.
_PANEL = """
const panelOf = (path) => {
  for (const widget of window.jupyterapp?.shell.widgets("main") ?? []) {
    if (widget.context?.path === path && widget.content?.widgets) return widget;
  }
  return null;
};
"""

_IDLE = """
const kernel = panelOf(path)?.sessionContext.session?.kernel;
return kernel?.connectionStatus === "connected" && kernel.status === "idle";
"""

_RUN_ALL = """
const panel = panelOf(path);
window.jupyterapp.shell.activateById(panel.id);
const run = { state: "running" };
panel.rwRun = run;
window.jupyterapp.commands.execute("notebook:run-all-cells").then(
  () => { run.state = "done"; },
  (error) => { run.state = `failed: ${error}`; },
);
"""

_RUN_CELL = """
const panel = panelOf(path);
window.jupyterapp.shell.activateById(panel.id);
panel.content.deselectAll();
panel.content.activeCellIndex = argument;
const run = { state: "running" };
panel.rwRun = run;
window.jupyterapp.commands.execute("notebook:run-cell").then(
  () => { run.state = "done"; },
  (error) => { run.state = `failed: ${error}`; },
);
"""

_OUTPUTS = """
const cell = panelOf(path).content.widgets[argument];
return cell.model.sharedModel.outputs;
"""

_EXECUTE = """
const kernel = panelOf(path).sessionContext.session.kernel;
const future = kernel.requestExecute({ code: argument, store_history: false, stop_on_error: false });
const reply = { text: "", error: null };
future.onIOPub = ({ header, content }) => {
  if (header.msg_type === "stream") reply.text += content.text;
  if (header.msg_type === "execute_result") reply.text += content.data["text/plain"] ?? "";
  if (header.msg_type === "error") reply.error = `${content.ename}: ${content.evalue}`;
};
await future.done;
return reply;
"""


class Notebook:
    """One notebook, open in one page of JupyterLab, with its kernel idle."""

    def __init__(self, page: Page, lab: Lab, name: str) -> None:
        self.page = page
        self.lab = lab
        self.name = name

    @classmethod
    def open(cls, page: Page, lab: Lab, name: str) -> Notebook:
        """Open `name` (a file in the served folder) in a workspace of its own and wait for its kernel."""
        notebook = cls(page, lab, name)
        places = {"lab": f"lab/workspaces/w-{uuid.uuid4().hex[:8]}/tree", "notebook": "notebooks"}
        page.goto(f"{lab.url}/{places[APP]}/{name}?token={lab.token}", timeout=LIMIT * 1000)
        notebook.wait_until_open()
        return notebook

    def reload(self) -> None:
        """Reload the page, as a user does, and wait until the notebook is there again."""
        self.page.reload(timeout=LIMIT * 1000)
        self.wait_until_open(idle=False)

    def wait_until_open(self, *, idle: bool = True) -> None:
        """Wait until the notebook is shown and, unless told otherwise, its kernel is idle."""
        self.wait_for("return panelOf(path)?.context.isReady && panelOf(path).sessionContext.isReady;")
        self.dismiss_dialogs()
        if idle:
            self.wait_until_idle()

    def wait_until_idle(self, timeout: float = LIMIT) -> None:
        """Wait until the kernel is connected and has nothing to do."""
        self.wait_for(_IDLE, timeout=timeout)

    def dismiss_dialogs(self) -> None:
        """Close whatever JupyterLab asks, with the answer that changes nothing."""
        while (dialog := self.page.locator(".jp-Dialog").first).count():
            reject = dialog.locator("button.jp-mod-reject")
            (reject if reject.count() else dialog.locator("button.jp-mod-accept")).first.click()
            dialog.wait_for(state="detached", timeout=LIMIT * 1000)

    def run_all(self, *, wait: bool = True, timeout: float = LIMIT) -> None:
        """Run every cell; with `wait=False` return as soon as they are queued."""
        self.evaluate(_RUN_ALL)
        if wait:
            self.wait_until_run(timeout)

    def run_cell(self, index: int, *, wait: bool = True, timeout: float = LIMIT) -> None:
        """Run one cell; with `wait=False` return as soon as it is queued."""
        self.evaluate(_RUN_CELL, index)
        if wait:
            self.wait_until_run(timeout)

    def wait_until_run(self, timeout: float = LIMIT) -> None:
        """Wait until the last `run_all` or `run_cell` is through."""
        self.wait_for("return panelOf(path).rwRun.state !== 'running';", timeout=timeout)
        state = self.evaluate("return panelOf(path).rwRun.state;")
        if state != "done":
            raise AssertionError(f"running {self.name} {state}")

    def execute(self, code: str) -> str:
        """Run code in the notebook's kernel without a cell; returns what it printed and its value's repr."""
        reply = self.evaluate(_EXECUTE, code)
        if reply["error"]:
            raise AssertionError(f"the kernel raised {reply['error']}; it ran {code!r}")
        return str(reply["text"])

    def wait_in_kernel(self, condition: str) -> None:
        """Wait until an expression is true in the kernel, in short cells: some kernels hear pages only between two."""
        wait_for(lambda: self.execute(f"print(bool({condition}))").strip() == "True", condition)

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """The outputs of a cell as they would be saved (nbformat)."""
        return self.evaluate(_OUTPUTS, index)

    def wait_for_cell_outputs(self, index: int, timeout: float = LIMIT) -> list[dict[str, Any]]:
        """Wait until a cell has outputs, and return them; a traceback among them fails at once."""
        self.wait_for(
            "return panelOf(path).content.widgets[argument].model.sharedModel.outputs.length > 0;",
            index,
            timeout=timeout,
        )
        outputs = self.outputs(index)
        for output in outputs:
            if output["output_type"] == "error":
                raise AssertionError("\n".join(output["traceback"]))
        return outputs

    def cell(self, index: int) -> Locator:
        """The cell's element, scrolled to (JupyterLab does not draw what is far away)."""
        self.evaluate(
            "const panel = panelOf(path); panel.content.activeCellIndex = argument;"
            "await panel.content.scrollToItem(argument);",
            index,
        )
        return self.page.locator(f".jp-Cell[data-windowed-list-index='{index}']").first

    def output(self, index: int) -> Locator:
        """The element that holds a cell's outputs."""
        return self.cell(index).locator(".jp-Cell-outputArea")

    def set_theme(self, *, dark: bool) -> None:
        """Switch JupyterLab to its dark or light theme."""
        theme = "JupyterLab Dark" if dark else "JupyterLab Light"
        with self.lab.alone():
            self.evaluate(
                "await window.jupyterapp.commands.execute('apputils:change-theme', { theme: argument });",
                theme,
            )
            # The name changes with the request, the flag once the style sheet is loaded.
            self.wait_for(
                "return document.body.dataset.jpThemeName === argument[0]"
                " && document.body.dataset.jpThemeLight === argument[1]"
                # A picture taken under the curtain that JupyterLab draws meanwhile shows nothing.
                " && !document.getElementById('jupyterlab-splash');",
                [theme, "false" if dark else "true"],
            )

    def screenshot(self, name: str) -> Path:
        """Save what the page shows as artifacts/<name>.png."""
        return screenshot(self.page, name)

    def evaluate(self, body: str, argument: object = None) -> Any:
        """Run an async function body in the page; it sees `panelOf(path)`, `path` and `argument`."""
        return self.page.evaluate(f"async ([path, argument]) => {{ {_PANEL} {body} }}", [self.name, argument])

    def wait_for(self, body: str, argument: object = None, *, timeout: float = LIMIT) -> None:
        """Wait until a function body (see `evaluate`, but not async) returns something true."""
        self.page.wait_for_function(
            f"([path, argument]) => {{ {_PANEL} {body} }}",
            arg=[self.name, argument],
            timeout=timeout * 1000,
            polling=50,
        )
