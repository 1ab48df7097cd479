"""The demo's JupyterLab: where it is, and what it says when it cannot be."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from realtime_widgets.demo.server import Server, connection_file, running_server
from realtime_widgets.errors import UsageError


def test_a_notebook_has_an_address_with_the_token():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        server = Server(process, "http://127.0.0.1:1", "abc")
        assert (
            server.address("my notebook.ipynb") == "http://127.0.0.1:1/lab/tree/my%20notebook.ipynb?token=abc"
        )


def test_a_server_that_ends_instead_of_answering_is_one_sentence():
    with subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"]) as process:
        process.wait()
        with pytest.raises(UsageError, match="JupyterLab stopped with status 3"):
            Server(process, "http://127.0.0.1:1", "abc").wait_until_it_answers()


def test_a_taken_port_is_refused_before_anything_is_started(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(UsageError, match=f"cannot listen on port {port}: .*; choose another"),
            running_server(tmp_path, port),
        ):
            pass


def test_kernels_are_found_where_jupyter_keeps_their_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    assert connection_file("k-1") == tmp_path / "kernel-k-1.json"
