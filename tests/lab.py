"""A real JupyterLab and a real Chromium, for browser tests and benchmarks.

`running_lab()` starts a server of its own (temporary folders, loopback, random token, nothing fetched from outside)
and always ends it. `running_browser()` starts the system's Chromium. `Notebook` is one open notebook in one page:
run it, talk to its kernel, look at it. Every wait is for a condition, with `LIMIT` seconds as the last resort.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import nbformat
from playwright.sync_api import Browser, Locator, Page, sync_playwright

import realtime_widgets

LIMIT = 60.0
"""Seconds after which a condition that has not come true counts as a failure."""

ARTIFACTS = Path(__file__).resolve().parents[1] / "artifacts"

CHROMIUM_ARGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Nothing but the server under test may be reached: a page that needs the outside fails here, not at a user's.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]

QUIET_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
}


# The server -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lab:
    """A running JupyterLab: its address, its token, the folder it serves and the file it logs to."""

    url: str
    token: str
    root: Path
    log: Path

    def add(self, notebook: str | Path) -> str:
        """Copy a notebook into the served folder; returns its name there."""
        source = Path(notebook)
        shutil.copy(source, self.root / source.name)
        return source.name

    def write(self, cells: Sequence[str], name: str | None = None) -> str:
        """Write a notebook with one code cell per source; returns its name in the served folder."""
        name = name or f"notebook-{uuid.uuid4().hex[:8]}.ipynb"
        write_notebook(self.root / name, cells)
        return name

    def sessions(self) -> list[dict[str, Any]]:
        """What the server says of its open notebooks and their kernels."""
        return self._request("GET", "/api/sessions").json()

    def shutdown_kernels(self) -> None:
        """End every kernel, so that what one test leaves behind does not slow the next."""
        for session in self.sessions():
            self._request("DELETE", f"/api/sessions/{session['id']}")

    def _request(self, method: str, path: str) -> httpx.Response:
        headers = {"Authorization": f"token {self.token}"}
        response = httpx.request(method, self.url + path, headers=headers, trust_env=False, timeout=LIMIT)
        return response.raise_for_status()


@contextmanager
def running_lab(notebooks: Iterable[str | Path] = ()) -> Iterator[Lab]:
    """Start a JupyterLab that serves a temporary folder holding copies of `notebooks`, and end it afterwards."""
    with tempfile.TemporaryDirectory(prefix="rw-lab-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        root = home / "root"
        root.mkdir()
        token, port = secrets.token_hex(16), free_port()
        lab = Lab(f"http://127.0.0.1:{port}", token, root, home / "jupyter.log")
        for notebook in notebooks:
            lab.add(notebook)
        with lab.log.open("wb") as log:
            process = subprocess.Popen(
                _lab_command(root, port, token),
                cwd=root,
                env=_lab_environment(home),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            _wait_until_ready(lab, process)
            yield lab
        finally:
            end_process_group(process)


def _lab_command(root: Path, port: int, token: str) -> list[str]:
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.open_browser": False,
        "ServerApp.root_dir": root,
        "ServerApp.allow_root": True,
        "ServerApp.terminals_enabled": False,
        "IdentityProvider.token": token,
        "LabApp.expose_app_in_browser": True,
        "LabApp.news_url": "",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
    }
    return [sys.executable, "-m", "jupyterlab", *(f"--{key}={value}" for key, value in options.items())]


def _lab_environment(home: Path) -> dict[str, str]:
    """The caller's environment, with every folder that Jupyter and IPython write to moved under `home`."""
    folders = {
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "IPYTHONDIR": home / "ipython",
    }
    for folder in folders.values():
        folder.mkdir()
    overrides = home / "config" / "labconfig" / "default_setting_overrides.json"
    overrides.parent.mkdir()
    overrides.write_text(json.dumps(QUIET_SETTINGS))
    # Warnings are errors in the tests, not in the server: its own are not ours to mend.
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONWARNINGS"}
    # The kernels import the very package that this process has.
    kept["PYTHONPATH"] = str(Path(realtime_widgets.__file__).resolve().parents[1])
    return kept | {key: str(folder) for key, folder in folders.items()}


def _wait_until_ready(lab: Lab, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + LIMIT
    while True:
        if process.poll() is not None:
            raise RuntimeError(f"JupyterLab ended with status {process.returncode}:\n{_tail(lab.log)}")
        try:
            lab._request("GET", "/api/status")
            return
        except httpx.HTTPError as error:
            if time.monotonic() > deadline:
                raise RuntimeError(
                    f"JupyterLab did not answer within {LIMIT:.0f} s:\n{_tail(lab.log)}"
                ) from error
            time.sleep(0.1)


def _tail(log: Path, lines: int = 40) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def end_process_group(process: subprocess.Popen[Any], patience: float = 15.0) -> None:
    """Ask politely (a Jupyter server ends its kernels then), and kill the whole group when that takes too long."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def free_port() -> int:
    """A loopback port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_notebook(path: str | Path, cells: Sequence[str]) -> Path:
    """Write a Python notebook with one code cell per source."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        },
    )
    path = Path(path)
    nbformat.write(notebook, path)
    return path


# The browser ----------------------------------------------------------------------------------------------------


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Start the system's Chromium, headless."""
    names = ("chromium", "chromium-browser", "google-chrome")
    executable = next((path for name in names if (path := shutil.which(name))), None)
    if executable is None:
        raise RuntimeError("no Chromium on PATH: install it (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=CHROMIUM_ARGS, timeout=LIMIT * 1000
        )
        try:
            yield browser
        finally:
            browser.close()


def screenshot(page: Page, name: str) -> Path:
    """Save what the page shows as artifacts/<name>.png."""
    ARTIFACTS.mkdir(exist_ok=True)
    path = ARTIFACTS / f"{name}.png"
    page.screenshot(path=path)
    return path


# A notebook in the browser --------------------------------------------------------------------------------------

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
        page.goto(
            f"{lab.url}/lab/workspaces/w-{uuid.uuid4().hex[:8]}/tree/{name}?token={lab.token}",
            timeout=LIMIT * 1000,
        )
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
        self.evaluate(
            "await window.jupyterapp.commands.execute('apputils:change-theme', { theme: argument });", theme
        )
        # The name changes with the request, the flag once the style sheet is loaded.
        self.wait_for(
            "return document.body.dataset.jpThemeName === argument[0]"
            " && document.body.dataset.jpThemeLight === argument[1];",
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
