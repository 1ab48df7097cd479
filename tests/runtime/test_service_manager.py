"""The service manager is told, where there is one, and nothing of it can fail."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from realtime_widgets.runtime.service_manager import tell


@pytest.mark.parametrize(
    "form",
    [
        "{}",
        pytest.param("@{}", marks=pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these")),
    ],
)
def test_it_is_told_at_its_socket(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    address = form.format(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address.replace("@", "\0"))
        manager.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        tell("READY=1")
        assert manager.recv(100) == b"READY=1"


@pytest.mark.parametrize("address", [None, "", "vsock:2:1234", "{}/nobody", "@nobody/{}", "/" + "x" * 200])
def test_where_there_is_none_nothing_happens(
    address: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    if address is not None:
        monkeypatch.setenv("NOTIFY_SOCKET", address.format(tmp_path))
    tell("READY=1")
