"""Server: a JupyterLab of the demo's own, on this machine only, behind a random token."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import TimedOut, UsageError

START_LIMIT: Final = 120.0
"""Seconds a server may take until it answers; a cold disk needs 20."""

STOP_LIMIT: Final = 10.0
"""Seconds a server may take to end its kernels."""

ANSWER_LIMIT: Final = 60.0
"""Seconds a request may take: a kernel is started within one."""

# The demo shows no prompts and fetches nothing from the network.
_QUIET_SETTINGS: Final = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}


@dataclass(frozen=True, slots=True)
class Server:
    """A running JupyterLab: its process, where it is, and the token that opens it."""

    process: subprocess.Popen[bytes]
    url: str
    token: str

    def address(self, notebook: str) -> str:
        """Where a browser finds a notebook of its folder."""
        return f"{self.url}/lab/tree/{urllib.parse.quote(notebook)}?token={self.token}"

    def wait_until_it_answers(self) -> None:
        """Wait until it takes requests.

        Raises:
            UsageError: it has ended.
            TimedOut: it is still not there.
        """
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise UsageError(
                    f"the demo cannot start: JupyterLab stopped with status {self.process.returncode}; "
                    "see its messages above"
                )
            try:
                self.request("GET", "/api/status", limit=5.0)
                return
            except OSError:
                time.sleep(0.1)
        raise TimedOut(
            f"the demo cannot start: JupyterLab did not answer within {START_LIMIT:.0f} s; see its messages above"
        )

    def start_kernel(self, notebook: str, kernel: str) -> str:
        """Start the kernel of a notebook, which every page that opens it will join; returns its id.

        Raises:
            OSError: there is no such kernel, or it does not start.
        """
        session = {"path": notebook, "name": notebook, "type": "notebook", "kernel": {"name": kernel}}
        return str(self.request("POST", "/api/sessions", session)["kernel"]["id"])

    def save(self, notebook: str, content: dict[str, Any]) -> None:
        """Write a notebook as a page does: where its cells are marked as trusted, the server signs it.

        Raises:
            OSError: it cannot be written.
        """
        body = {"type": "notebook", "format": "json", "content": content}
        self.request("PUT", f"/api/contents/{urllib.parse.quote(notebook)}", body)

    def request(self, method: str, path: str, body: Any = None, limit: float = ANSWER_LIMIT) -> Any:
        """Return what it answers.

        Raises:
            OSError: no answer, or a refusal.
        """
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
        )
        # No proxy: the server is on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=limit) as answer:
            return json.load(answer)


@contextmanager
def running_server(folder: Path, port: int | None) -> Iterator[Server]:
    """Start a JupyterLab, and end it and its kernels afterwards.

    Args:
        folder: what it serves.
        port: of the loopback interface; None: any free one.

    Raises:
        UsageError: the port is taken.
    """
    port = _free_port(port)
    token = secrets.token_urlsafe(24)
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
    if _can_encrypt():
        options["KernelManager.transport_encryption"] = (
            "auto"  # else kernels say at their start that they do not
        )
    with tempfile.TemporaryDirectory(prefix="realtime-widgets-") as own:
        overrides = Path(own) / "labconfig" / "default_setting_overrides.json"
        overrides.parent.mkdir()
        overrides.write_text(json.dumps(_QUIET_SETTINGS))
        config = [own, *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *(f"--{key}={value}" for key, value in options.items())],
            # The token is in the environment: every user of the machine can read a command line.
            env=os.environ
            | {
                "JUPYTER_TOKEN": token,
                "JUPYTER_CONFIG_PATH": os.pathsep.join(config),
                # What a user has open in other labs is not opened here, nor the other way round.
                "JUPYTERLAB_WORKSPACES_DIR": str(Path(own) / "workspaces"),
            },
            stdin=subprocess.DEVNULL,
            # Not reached by the terminal's Ctrl-C, at which a Jupyter server asks for confirmation.
            start_new_session=True,
        )
        try:
            yield Server(process, f"http://127.0.0.1:{port}", token)
        finally:
            _end(process)


def _can_encrypt() -> bool:
    from jupyter_client.manager import KernelManager

    return hasattr(KernelManager, "transport_encryption")


def connection_file(kernel: str) -> Path:
    """Where the address and the key of a kernel of this user's servers are."""
    from jupyter_core.paths import jupyter_runtime_dir

    return Path(jupyter_runtime_dir()) / f"kernel-{kernel}.json"


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()  # a Jupyter server ends its kernels on this
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()  # kernels notice that by themselves
        process.wait()


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
