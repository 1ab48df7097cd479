"""The image of docs/deploy.md, and how it is run: what its files say is done here, for there is no Docker.

What is not done: the image is not built, and nothing is run as its user or in its file system.
"""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from realtime_widgets.hub import Hub
from support.deployment import arguments, option, shown
from support.hub_process import hub
from support.ports import free_port

TOKEN = "canary-token"


@pytest.fixture(scope="module")
def image() -> dict[str, str]:
    """What the Dockerfile says: instruction → its text, of which each is there once."""
    text = re.sub(r"\\\n\s*", "", shown("Dockerfile"))
    lines = [line.partition(" ") for line in text.splitlines() if line and line[0] != "#"]
    found = {name: rest for name, _, rest in lines}
    assert len(found) == len(lines)
    return found


@pytest.fixture(scope="module")
def service() -> dict[str, Any]:
    """What compose.yaml says of the hub."""
    found: dict[str, Any] = yaml.safe_load(shown("compose.yaml"))["services"]["hub"]
    return found


def health(image: dict[str, str], port: int) -> int:
    """The status of the health check, run by this Python."""
    words = json.loads(image["HEALTHCHECK"].partition("CMD ")[2])
    assert words[0] == "python"
    command = [sys.executable, *(word.replace(":8000/", f":{port}/") for word in words[1:])]
    return subprocess.run(command, stderr=subprocess.DEVNULL).returncode


def test_it_installs_what_there_is(image: dict[str, str]):
    name, extras = re.findall(r'pip install --no-cache-dir "([\w-]+)\[(.*?)\]"', image["RUN"])[0]
    there = importlib.metadata.metadata(name).get_all("Provides-Extra")
    assert set(extras.split(",")) <= set(there)


def test_its_user_is_not_root_and_has_the_folder(image: dict[str, str], service: dict[str, Any]):
    assert re.findall(r"--uid (\d+) .*?(\w+) +&& +install .*?--owner=(\w+)", image["RUN"]) == [
        (image["USER"], "hub", "hub")
    ]
    assert int(image["USER"]) > 0
    assert image["VOLUME"] in image["RUN"]
    assert image["VOLUME"] in image["CMD"]
    assert [one.partition(":")[2] for one in service["volumes"]] == [image["VOLUME"]]
    assert f"chown {image['USER']} token" in shown("compose.yaml")


@pytest.mark.parametrize("composed", [False, True])
def test_what_it_runs_is_a_hub_that_is_healthy(
    composed: bool,
    image: dict[str, str],
    service: dict[str, Any],
    tmp_path: Path,
    child_env: dict[str, str],
):
    port = free_port()
    entry = json.loads(image["ENTRYPOINT"])
    assert entry[:2] == ["realtime-widgets", "hub"]
    assert option(entry, "--port") == image["EXPOSE"]
    command = [*entry, *(service["command"] if composed else json.loads(image["CMD"]))]
    broker = option(command, "--broker").replace(image["VOLUME"], str(tmp_path))
    words = arguments(command, port=str(port), drain="0", broker=broker)
    environment = dict(service["environment"]) if composed else {}
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    for name, path in environment.items():
        environment[name] = path.replace("/run/secrets", str(tmp_path))
    assert health(image, port) != 0
    with hub(*words, env=child_env | environment) as (_, _, connect):
        assert health(image, port) == 0
        token = TOKEN if composed else connect.split('"')[3]
        headers = {"Authorization": f"Bearer {token}"}
        if composed:
            headers["Host"] = option(command, "--hosts")
        answer = httpx.post(f"http://127.0.0.1:{port}/publish/x", json=1, headers=headers, trust_env=False)
        assert answer.status_code == 200
    assert (tmp_path / "hub.db").exists()


def test_its_secret_is_a_file(service: dict[str, Any]):
    (secret,) = service["secrets"]
    assert secret in yaml.safe_load(shown("compose.yaml"))["secrets"]
    assert service["environment"] == {"REALTIME_WIDGETS_TOKEN_FILE": f"/run/secrets/{secret}"}


def test_it_has_time_to_end(image: dict[str, str], service: dict[str, Any]):
    rest = inspect.signature(Hub.stop).parameters["timeout"].default
    drain = float(option(json.loads(image["ENTRYPOINT"]), "--drain"))
    assert drain + rest <= float(service["stop_grace_period"].removesuffix("s"))


def test_only_this_machine_reaches_the_port(image: dict[str, str], service: dict[str, Any]):
    (port,) = service["ports"]
    assert re.fullmatch(rf"127\.0\.0\.1:\d+:{image['EXPOSE']}", port)


def test_nothing_of_its_folder_is_sent_to_be_built():
    assert [line for line in shown(".dockerignore").splitlines() if line[0] != "#"] == ["*"]
    assert "COPY" not in shown("Dockerfile")
