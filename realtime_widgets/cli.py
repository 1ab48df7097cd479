"""The `realtime-widgets` command.

    realtime-widgets demo [NOTEBOOK or FOLDER] [--port N] [--no-browser]
    realtime-widgets hub [--port N] [--host HOST] [--hosts NAME...] [--origin ORIGIN]... [--no-token]
    realtime-widgets --version

`demo` opens the notebooks in a JupyterLab of its own: on this machine only, behind a random token, ended by Ctrl-C.
`hub` runs a hub of its own, with the token of REALTIME_WIDGETS_TOKEN or a random one, until Ctrl-C.
A user's mistake is reported in one sentence on stderr and by a status other than 0, never by a traceback.
"""

from __future__ import annotations

import argparse
import contextlib
import html
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import webbrowser
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Literal

from . import __version__
from .errors import MissingDependency, RealtimeWidgetsError, TimedOut, UsageError, did_you_mean

COMMANDS = ("demo", "hub")

TOKEN = "REALTIME_WIDGETS_TOKEN"
"""The environment variable with the hub's token: every user of the machine can read a command line."""

DEMO_FOLDER = "realtime-widgets-demo"
"""The folder in the current one that the notebooks of an installed package are copied to, for users to change."""

START_LIMIT = 120.0
"""Seconds a server may take until it answers; a cold disk needs 20."""

STOP_LIMIT = 10.0
"""Seconds a server may take to end its kernels."""

# The demo shows no prompts and fetches nothing from the network.
_QUIET_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}


_REDIRECT = """<!DOCTYPE html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={address}">
<title>realtime-widgets</title>
<p><a href="{address}">Open the notebook</a></p>
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status.

    Args:
        argv: the arguments after the program's name; None: those of this process.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and not arguments[0].startswith("-") and arguments[0] not in COMMANDS:
        hint = did_you_mean(arguments[0], COMMANDS) or f"; it has {', '.join(COMMANDS)}"
        print(f"realtime-widgets has no command {arguments[0]!r}{hint}", file=sys.stderr)
        return 2
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 0
    try:
        if options.command == "hub":
            hub(
                options.port,
                host=options.host,
                hosts=options.hosts,
                origins=options.origin,
                token=not options.no_token,
            )
        else:
            demo(options.target, port=options.port, browser=not options.no_browser)
    except RealtimeWidgetsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="realtime-widgets", description="Live charts, metric cards and streams for Jupyter notebooks."
    )
    parser.add_argument("--version", action="version", version=f"realtime-widgets {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command")
    command = commands.add_parser("demo", help="open the example notebooks in JupyterLab")
    command.add_argument(
        "target",
        nargs="?",
        type=Path,
        help=f"a notebook, or a folder with some (default: the examples, copied to ./{DEMO_FOLDER})",
    )
    command.add_argument("--port", type=int, help="port to listen on (default: any free one)")
    command.add_argument("--no-browser", action="store_true", help="do not open a browser")
    command = commands.add_parser(
        "hub",
        help="run a hub that clients connect to",
        description=f"The token is that of ${TOKEN}, or random.",
    )
    command.add_argument(
        "--port", type=int, default=8000, help="port to listen on, 0 for any free one (default: 8000)"
    )
    command.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    command.add_argument(
        "--origin",
        action="append",
        default=[],
        help="a page that may connect, such as http://localhost:3000; repeatable",
    )
    command.add_argument(
        "--hosts",
        action="extend",
        nargs="+",
        default=[],
        metavar="NAME",
        help="other names that clients reach it by, such as hub.example.org behind a reverse proxy; repeatable",
    )
    command.add_argument("--no-token", action="store_true", help="let in everybody on this machine")
    return parser


def demo(target: Path | None = None, *, port: int | None = None, browser: bool = True) -> None:
    """Open notebooks in JupyterLab and wait until Ctrl-C or SIGTERM.

    Args:
        target: a notebook, or a folder whose first one is opened; None: the examples.
        port: of the loopback interface; None: any free one.
        browser: open one if there is a display.

    Raises:
        MissingDependency: without JupyterLab or psutil.
        UsageError: no such notebook, or a port that is taken.
    """
    _require("jupyterlab", "psutil")
    notebook = find_notebook(target)
    port = _free_port(port)
    token = secrets.token_urlsafe(24)
    base = f"http://127.0.0.1:{port}"
    address = f"{base}/lab/tree/{urllib.parse.quote(notebook.name)}?token={token}"
    with _interruptible(), _server(notebook.parent, port, token) as server:
        print(f"Starting JupyterLab for {notebook} ...", flush=True)
        try:
            _wait_until_it_answers(server, base, token)
            with _opened(address, browser=browser and _has_display()):
                print(f"Open {address} in a browser. Ctrl-C stops it.", flush=True)
                status = server.wait()
        except KeyboardInterrupt:
            print("\nStopping JupyterLab ...", flush=True)
            return
    raise UsageError(f"the demo ended: JupyterLab stopped with status {status}; see its messages above")


def hub(port: int, *, host: str, hosts: Sequence[str], origins: Sequence[str], token: bool) -> None:
    """Run a hub and wait until Ctrl-C or SIGTERM.

    Args:
        port: to listen on; 0: any free one.
        host: to listen on.
        hosts: other names that clients reach it by.
        origins: pages that may connect.
        token: ask for one: that of the environment, or a random one.

    Raises:
        UsageError: the port is taken, or one of these is out of its range.
    """
    from .hub import Hub

    given = (os.environ.get(TOKEN) or None) if token else None
    auth: Literal["token"] | None = "token" if token else None
    server = Hub(port, host=host, hosts=hosts, origins=origins, token=given, auth=auth)
    try:
        with _interruptible(), server:
            shown = f'os.environ["{TOKEN}"]' if given else f'"{server.token}"'
            given_as = f", auth={shown}" if token else ""
            print(f"The hub listens on {server.url}", flush=True)
            print(f'Connect with rw.connect("{server.url}"{given_as}). Ctrl-C stops it.', flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        print("\nThe hub has stopped.", flush=True)


def find_notebook(target: Path | None) -> Path:
    """Return the notebook to open; the examples of an installed package are copied first.

    Args:
        target: a notebook, or a folder whose first one (by name) is meant; None: the examples.

    Raises:
        UsageError: there is none.
    """
    if target is None:
        target = _examples()
    if target.is_dir():
        notebooks = sorted(target.glob("*.ipynb"))
        if not notebooks:
            raise UsageError(
                f"the demo cannot start: there is no notebook in {str(target)!r}; name another folder"
            )
        return notebooks[0].resolve()
    if target.suffix != ".ipynb" or not target.is_file():
        raise UsageError(
            f"the demo cannot start: {str(target)!r} is no notebook; name a file *.ipynb or a folder"
        )
    return target.resolve()


def _examples() -> Path:
    package = Path(__file__).resolve().parent
    shipped = package / "notebooks"
    if shipped.is_dir():
        return copy_examples(shipped, Path.cwd() / DEMO_FOLDER)
    return package.parent / "notebooks"  # a checkout: opened in place


def copy_examples(source: Path, target: Path) -> Path:
    """Copy notebooks into `target` (made if missing); a file that is there already stays as it is."""
    target.mkdir(exist_ok=True)
    for notebook in sorted(source.glob("*.ipynb")):
        copy = target / notebook.name
        if not copy.exists():
            shutil.copyfile(notebook, copy)
        elif copy.read_bytes() != notebook.read_bytes():
            print(f"Keeping your {copy.name} in {target}; delete it to get the original.")
    return target


def _require(*modules: str) -> None:
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingDependency(
            f"the demo cannot start: {' and '.join(missing)} not installed; "
            'run pip install "realtime-widgets[demo]"'
        )


def _free_port(wanted: int | None) -> int:
    with socket.socket() as probe:
        # As the server does it: closed connections in TIME_WAIT do not make a port taken.
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted or 0))
        except (OSError, OverflowError) as error:
            raise UsageError(
                f"the demo cannot listen on port {wanted}: {error}; choose another, or leave --port out"
            ) from error
        return int(probe.getsockname()[1])


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


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM (and a closed terminal) end the process the way Ctrl-C does."""

    def interrupt(_signum: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP"):
        numbers.append(signal.SIGHUP)
    # SIGINT too: a process started in the background by a shell ignores it otherwise.
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _server(folder: Path, port: int, token: str) -> Iterator[subprocess.Popen[bytes]]:
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.open_browser": False,
        "ServerApp.root_dir": folder,
        "ServerApp.log_level": "ERROR",
        "LabApp.log_level": "ERROR",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options["ServerApp.allow_root"] = True
    with tempfile.TemporaryDirectory(prefix="realtime-widgets-") as config:
        overrides = Path(config) / "labconfig" / "default_setting_overrides.json"
        overrides.parent.mkdir()
        overrides.write_text(json.dumps(_QUIET_SETTINGS))
        paths = [config, *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *(f"--{key}={value}" for key, value in options.items())],
            # The token is in the environment: every user of the machine can read a command line.
            env=os.environ | {"JUPYTER_TOKEN": token, "JUPYTER_CONFIG_PATH": os.pathsep.join(paths)},
            stdin=subprocess.DEVNULL,
            # Not reached by the terminal's Ctrl-C, at which a Jupyter server asks for confirmation.
            start_new_session=True,
        )
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()  # a Jupyter server ends its kernels on this
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_until_it_answers(server: subprocess.Popen[bytes], base: str, token: str) -> None:
    # No proxy: the server is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(f"{base}/api/status", headers={"Authorization": f"token {token}"})
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise UsageError(
                f"the demo cannot start: JupyterLab stopped with status {server.returncode}; see its messages above"
            )
        try:
            with opener.open(request, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimedOut(
        f"the demo cannot start: JupyterLab did not answer within {START_LIMIT:.0f} s; see its messages above"
    )
