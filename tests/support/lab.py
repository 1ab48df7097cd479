"""A real JupyterLab and a real Chromium, for browser tests and benchmarks.

`running_lab()` starts a server of its own (temporary folders, loopback, random token, nothing fetched from outside)
and always ends it; `running_browser()` starts the system's Chromium. `shared_lab()` and `shared_browser()` have one for
all processes of a run, each in a part of its own. What is done with the two is `labbook`'s. Every wait is for a condition, with `LIMIT`
seconds as the last resort.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import nbformat
from playwright.sync_api import Browser, Page, expect, sync_playwright

import realtime_widgets
from support.ports import free_port
from support.waking import woken

from .shared import locked, shared

LIMIT = 60.0
"""Seconds after which a condition that has not come true counts as a failure."""

ARTIFACTS = Path(__file__).resolve().parents[2] / "artifacts"

PYTHON = os.environ.get("RW_LAB_PYTHON", sys.executable)
"""Whose Jupyter is started, and whose kernels: `tests/matrix/run.py` has them of other versions."""
APP = os.environ.get("RW_LAB_APP", "lab")
"""Which front end: `lab` or `notebook`."""
WAKING = bool(os.environ.get("RW_LAB_WAKING"))
"""Whether the kernels are of a version that may overlook a request."""

CHROMIUM_ARGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Nothing but the server under test may be reached: a page that needs the outside fails here, not at a user's.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
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
    """A running JupyterLab: its address, its token and the folder it serves, or the part of it that is ours."""

    url: str
    token: str
    home: Path
    part: str = ""
    """Whose notebooks and kernels these are, where several processes share the server: a folder, ending in `/`."""

    @property
    def root(self) -> Path:
        """The folder that our notebooks are in."""
        return self.home / "root" / self.part

    def add(self, notebook: str | Path) -> str:
        """Copy a notebook into the served folder; returns its name there."""
        source = Path(notebook)
        shutil.copy(source, self.root / source.name)
        return self.part + source.name

    def write(self, cells: Sequence[str], name: str | None = None) -> str:
        """Write a notebook with one code cell per source; returns its name in the served folder."""
        name = name or f"notebook-{uuid.uuid4().hex[:8]}.ipynb"
        write_notebook(self.root / name, cells)
        return self.part + name

    def sessions(self) -> list[dict[str, Any]]:
        """What the server says of our open notebooks and their kernels."""
        every = self._request("GET", "/api/sessions").json()
        return [session for session in every if session["path"].startswith(self.part)]

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Meanwhile no other process changes the server's settings, which all pages have in common."""
        with locked(self.home / "settings.lock"):
            yield

    def shutdown_kernels(self) -> None:
        """End every kernel of ours, so that what one test leaves behind does not slow the next."""
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
        lab = Lab(f"http://127.0.0.1:{port}", token, home)
        for notebook in notebooks:
            lab.add(notebook)
        with (
            serving(
                _lab_command(root, port, token),
                f"{lab.url}/api/status?token={token}",
                root,
                _lab_environment(home),
            ),
            woken(home / "runtime") if WAKING else nullcontext(),
        ):
            yield lab


@contextmanager
def shared_lab(folder: Path, name: str) -> Iterator[Lab]:
    """The one JupyterLab of all processes of a run.

    Args:
        folder: which those processes have in common.
        name: of this process, and of its part of what is served.
    """
    with shared(folder, "lab", "support.lab:kept_lab") as found:
        lab = Lab(found["url"], found["token"], Path(found["home"]), f"{name}/")
        lab.root.mkdir()
        yield lab


@contextmanager
def kept_lab() -> Iterator[dict[str, str]]:
    """A JupyterLab, and where it is."""
    with running_lab() as lab:
        yield {"url": lab.url, "token": lab.token, "home": str(lab.home)}


@contextmanager
def serving(
    command: Sequence[str], url: str, folder: Path, env: dict[str, str] | None = None
) -> Iterator[None]:
    """Run a server in a folder until it answers at `url`, and end it and all that it started afterwards."""
    log = folder.parent / f"{folder.name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_ready(url, process, log)
        yield
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
        "JupyterNotebookApp.expose_app_in_browser": True,
    }
    module = {"lab": "jupyterlab", "notebook": "notebook"}[APP]
    return [PYTHON, "-m", module, *(f"--{key}={value}" for key, value in options.items())]


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
    if sys.executable == PYTHON:  # the kernels import the very package that this process has
        kept["PYTHONPATH"] = str(Path(realtime_widgets.__file__).resolve().parents[1])
    return kept | {key: str(folder) for key, folder in folders.items()}


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + LIMIT
    while True:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} ended with status {process.returncode}:\n{_tail(log)}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"{process.args} did not answer within {LIMIT:.0f} s:\n{_tail(log)}")
        try:
            if httpx.get(url, trust_env=False, timeout=LIMIT).status_code < 500:
                return
        except httpx.HTTPError:
            pass
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


def chromium() -> str:
    """Where the system's Chromium is."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        raise RuntimeError("no Chromium on PATH: install it (Debian: apt-get install chromium)")
    return found


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Start the system's Chromium, headless; what is expected of its pages may take `LIMIT` seconds."""
    expect.set_options(timeout=LIMIT * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=CHROMIUM_ARGS, timeout=LIMIT * 1000
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def shared_browser(folder: Path) -> Iterator[Browser]:
    """The one Chromium of all processes of a run: each has contexts of its own, and sees no others.

    Args:
        folder: which those processes have in common.
    """
    expect.set_options(timeout=LIMIT * 1000)
    with shared(folder, "chromium", "support.lab:kept_browser") as found, sync_playwright() as playwright:
        browser = playwright.chromium.connect(found["url"], timeout=LIMIT * 1000)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def kept_browser() -> Iterator[dict[str, str]]:
    """A Chromium, and where Playwright finds it."""
    with tempfile.TemporaryDirectory(prefix="rw-chromium-", ignore_cleanup_errors=True) as folder:
        options = {
            "executablePath": chromium(),
            "args": CHROMIUM_ARGS,
            "timeout": LIMIT * 1000,
            "host": "127.0.0.1",
            "port": free_port(),
            "wsPath": f"/{secrets.token_hex(16)}",
        }
        config = Path(folder) / "config.json"
        config.write_text(json.dumps(options))
        work = Path(folder) / "work"
        work.mkdir()
        command = [sys.executable, "-m", "playwright", "launch-server", "--browser", "chromium", "--config"]
        # What it writes goes with the folder: it is not asked to clean up, and Chromium ends when its pipe does.
        env = os.environ | {"TMPDIR": str(work)}
        with serving([*command, str(config)], f"http://127.0.0.1:{options['port']}/", work, env):
            yield {"url": f"ws://127.0.0.1:{options['port']}{options['wsPath']}"}


def screenshot(page: Page, name: str) -> Path:
    """Save what the page shows as artifacts/<name>.png."""
    ARTIFACTS.mkdir(exist_ok=True)
    path = ARTIFACTS / f"{name}.png"
    page.screenshot(path=path)
    return path
