"""The unit of docs/deploy.md: as systemd reads it, and what it runs, as it runs it."""

from __future__ import annotations

import inspect
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from realtime_widgets.hub import Hub, Limits
from support.deployment import UNIT, arguments, command_of_unit, option, settings_of_unit, shown
from support.hub_process import hub
from support.ports import free_port
from support.servers import LIMIT

TOKEN = "canary-token"

ACCEPTED = 15
"""The exposure that `systemd-analyze security` may find, of 100: what is left is the network and a folder."""


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit as an instance, of a program that this machine has."""
    path = tmp_path / UNIT.replace("@", "@8001")
    path.write_text(shown(UNIT, {command_of_unit()[0]: sys.executable}))
    return path


def analyzed(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    assert program is not None, "there is no systemd-analyze: .ci/system installs it"
    return subprocess.run([program, *arguments], capture_output=True, text=True)


def test_systemd_understands_all_of_it(unit: Path):
    found = analyzed("verify", "--man=no", str(unit))
    assert (found.returncode, found.stderr) == (0, "")
    unit.write_text(unit.read_text().replace("NoNewPrivileges=", "NoMorePrivileges="))
    assert "NoMorePrivileges" in analyzed("verify", "--man=no", str(unit)).stderr


def test_what_it_may_do_is_little(unit: Path):
    def found(limit: int) -> int:
        return analyzed("security", "--offline=true", f"--threshold={limit}", str(unit)).returncode

    assert found(ACCEPTED) == 0
    assert found(0) != 0


def hear_all(client: ClientConnection) -> None:
    """Hear what there is, until the connection is closed."""
    while True:
        client.recv(LIMIT)


def test_it_does_what_it_says(tmp_path: Path, child_env: dict[str, str]):
    """As systemd does it: credentials in a folder, the unit's environment, a socket to tell when it is ready."""
    unit = settings_of_unit()
    credentials = {"token": TOKEN, "broker": f"sqlite:///{tmp_path}/hub.db"}
    assert [one.partition(":")[0] for one in unit["LoadCredential"]] == list(credentials)
    for name, text in credentials.items():
        (tmp_path / name).write_text(f"{text}\n")
    environment = dict(one.replace("%d", str(tmp_path)).split("=", 1) for one in unit["Environment"])
    assert unit["Type"] == ["notify"]
    port = free_port()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(LIMIT)
        environment["NOTIFY_SOCKET"] = str(tmp_path / "notify")
        words = arguments(command_of_unit(), port=str(port), drain="2")
        with hub(*words, env=child_env | environment) as (process, url, _):
            assert manager.recv(100) == b"READY=1"
            assert not any(TOKEN in word for word in psutil.Process(process.pid).cmdline())
            headers = {"Authorization": f"Bearer {TOKEN}", "Host": option(words, "--hosts")}
            address = f"http://127.0.0.1:{port}"
            answer = httpx.post(f"{address}/publish/x", json=1, headers=headers, trust_env=False)
            assert answer.status_code == 200
            with connect(
                url, additional_headers={"Authorization": f"Bearer {TOKEN}"}, proxy=None, close_timeout=1
            ) as client:
                process.send_signal(signal.SIGTERM)
                assert manager.recv(100) == b"STOPPING=1"
                with pytest.raises(ConnectionClosed) as closed:
                    hear_all(client)
                assert closed.value.rcvd is not None
                assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1012, "retry_after=0.00")
                # It is sent away while the hub still works, and others are told to come later.
                refused = httpx.get(f"{address}/sse/x", headers=headers, trust_env=False)
                assert (refused.status_code, refused.json()["code"]) == (503, "drain")
            output, errors = process.communicate(timeout=LIMIT)
            assert (process.returncode, errors) == (0, "")
            assert TOKEN not in output
    assert (tmp_path / "hub.db").exists()


def test_it_has_time_to_end_and_room_for_all_clients():
    unit = settings_of_unit()
    rest = inspect.signature(Hub.stop).parameters["timeout"].default
    assert float(option(command_of_unit(), "--drain")) + rest <= float(unit["TimeoutStopSec"][0])
    connections = Limits().connections
    assert connections is not None
    assert int(unit["LimitNOFILE"][0]) >= 2 * connections
