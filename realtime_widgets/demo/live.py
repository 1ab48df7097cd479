"""Live: the demo as a whole. A server, a kernel in which the notebook's cells run, and a page that joins it."""

from __future__ import annotations

import contextlib
import html
import importlib.util
import os
import sys
import tempfile
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..errors import MissingDependency, TimedOut, UsageError
from .cells import connected, run_cells
from .notebooks import COPIES, copy_notebooks, find_notebook, read_notebook
from .server import Server, connection_file, running_server

RUN_LIMIT: Final = 8.0
"""Seconds that the cells may run before the page is opened: a cell that takes longer is shown while it runs."""

_SAID: Final = {
    "done": "",
    "failed": "A cell raised an error: the notebook shows it, and those after it have not been run.",
    "busy": "A cell is still running: those after it are yours to run.",
}

_REDIRECT: Final = """<!DOCTYPE html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={address}">
<title>realtime-widgets</title>
<p><a href="{address}">Open the notebook</a></p>
"""


def demo(target: Path | None = None, *, port: int | None = None, browser: bool = True) -> None:
    """Show a notebook with its cells running, until the process is interrupted.

    Args:
        target: a notebook, or a folder whose first one is shown; None: the examples. It is copied, and stays as it is.
        port: of the loopback interface; None: any free one.
        browser: open one if there is a display.

    Raises:
        MissingDependency: without JupyterLab or psutil.
        UsageError: no such notebook, a port that is taken, or the server has ended.
        TimedOut: the server does not answer.
    """
    _require("jupyterlab", "psutil")
    notebook = copy_notebooks(find_notebook(target), Path.cwd() / COPIES)
    with running_server(notebook.parent, port) as server:
        print(f"Starting JupyterLab for {notebook} ...", flush=True)
        try:
            server.wait_until_it_answers()
            if said := _run(server, notebook):
                print(said, flush=True)
            address = server.address(notebook.name)
            with _opened(address, browser=browser and _has_display()):
                print(f"Open {address} in a browser. Ctrl-C stops it.", flush=True)
                status = server.process.wait()
        except KeyboardInterrupt:
            print("\nStopping JupyterLab ...", flush=True)
            return
    raise UsageError(f"the demo ended: JupyterLab stopped with status {status}; see its messages above")


def _run(server: Server, notebook: Path) -> str:
    """Run the cells of a notebook in the kernel that its page will join; returns what there is to say about it."""
    content = read_notebook(notebook)
    kernel = content.get("metadata", {}).get("kernelspec", {}).get("name", "python3")
    try:
        found = server.start_kernel(notebook.name, kernel)
        with connected(connection_file(found)) as client:
            result = run_cells(client, content, RUN_LIMIT)
        server.save(notebook.name, content)
    except (OSError, TimedOut) as error:
        return f"The cells could not be run: {error}. Run them in the page."
    return _SAID[result]


def _require(*modules: str) -> None:
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingDependency(
            f"the demo cannot start: {' and '.join(missing)} not installed; "
            'run pip install "realtime-widgets[demo]"'
        )


def _has_display() -> bool:
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextlib.contextmanager
def _opened(address: str, *, browser: bool) -> Iterator[None]:
    """Open a browser at an address with a token, by way of a page that only this user can read.

    Browsers are started with what they shall open on their command line, which every user of the machine can read.
    """
    if not browser:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="realtime-widgets-") as folder:  # of mode 0700
        page = Path(folder) / "open.html"
        page.touch(0o600)
        page.write_text(_REDIRECT.format(address=html.escape(address)), "utf-8")
        webbrowser.open(page.as_uri())
        yield
