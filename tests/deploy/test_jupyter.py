"""The entry of docs/deploy.md for jupyter-server-proxy, in a real Jupyter server, and a hub of a notebook behind it."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator

import httpx
import pytest

import realtime_widgets as rw
from realtime_widgets.hub import Hub
from support.deployment import DEPLOY
from support.lab import serving
from support.ports import free_port
from support.servers import LIMIT, wait_for

TOKEN = secrets.token_hex(16)
"""Jupyter's."""

NAME = "jupyter.example.org"


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory, child_env: dict[str, str]) -> Iterator[str]:
    """Its address, without the scheme."""
    home = tmp_path_factory.mktemp("jupyter")
    port = free_port()
    options = {
        "config": DEPLOY / "jupyter_server_config.py",
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.open_browser": False,
        "ServerApp.root_dir": home,
        "ServerApp.allow_root": True,
        "ServerApp.allow_remote_access": True,  # by the name that it has for others
        "ServerApp.jpserver_extensions": "{'jupyter_server_proxy': True}",
        "IdentityProvider.token": TOKEN,
    }
    command = [sys.executable, "-m", "jupyter_server", *(f"--{key}={each}" for key, each in options.items())]
    folders = {f"JUPYTER_{kind}_DIR": str(home / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    kept = {key: value for key, value in child_env.items() if key not in ("PYTHONWARNINGS", "PYTHONSAFEPATH")}
    place = f"127.0.0.1:{port}"
    with serving(command, f"http://{place}/api/status?token={TOKEN}", home, kept | folders):
        yield place


def numbers(stream: rw.Stream) -> list[int]:
    return [int(number) for number in stream.read()["n"]] if len(stream) else []


def heard(place: str) -> None:
    """Publish by a WebSocket, by HTTP and from a script, and hear all of it both ways."""
    with (
        rw.connect(f"ws://{place}/ws/dashboard", auth=TOKEN) as client,
        rw.connect(f"http://{place}/sse/x", auth=TOKEN) as events,
    ):
        streams = [client.stream("x"), events.stream("x")]
        client.wait_until(timeout=LIMIT)
        events.wait_until(timeout=LIMIT)
        client.publish("x", {"n": 1})
        wait_for(lambda: [numbers(each) for each in streams] == [[1], [1]])
        answer = httpx.post(
            f"http://{place}/publish/x",
            json={"n": 2},
            headers={"Authorization": f"token {TOKEN}" if "proxy/" not in place else f"Bearer {TOKEN}"},
            trust_env=False,
            timeout=LIMIT,
        )
        assert answer.status_code == 200
        publisher = rw.Publisher(f"http://{place}", "x", token=TOKEN)
        publisher.append(n=3)
        publisher.close()
        wait_for(lambda: [numbers(each) for each in streams] == [[1, 2, 3], [1, 2, 3]])


def test_the_hub_of_its_entry_is_started_and_reached_with_the_token_of_jupyter(jupyter: str):
    heard(f"{jupyter}/realtime-widgets")


def test_a_hub_of_a_notebook_is_reached_by_its_port_when_it_has_the_same_token(jupyter: str):
    with Hub(token=TOKEN) as hub:
        heard(f"{jupyter}/proxy/{hub.port}")


def test_nobody_else_comes_in_and_only_by_its_name(jupyter: str):
    def status(**headers: str) -> tuple[int, str]:
        answer = httpx.get(
            f"http://{jupyter}/realtime-widgets/history/y",
            headers=headers,
            trust_env=False,
            timeout=LIMIT,
            follow_redirects=False,
        )
        return answer.status_code, answer.text

    known = {"Authorization": f"token {TOKEN}"}
    assert status(**known)[0] == 200
    assert status(**known, Host=NAME)[0] == 200
    assert status(**known, Host=NAME, Origin=f"https://{NAME}")[0] == 200
    assert status(**known, Host=NAME, Origin="https://evil.example")[0] == 403
    found, text = status(**known, Host="evil.example")
    assert (found, '"code":"host"' in text) == (403, True)
    assert status(Host=NAME)[0] in (302, 403)
    assert status(Host=NAME, Authorization="token other")[0] in (302, 403)
