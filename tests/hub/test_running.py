"""Running hubs: a cell that is run again takes the port of the hub that it made before."""

from __future__ import annotations

import gc
import logging
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from realtime_widgets.client import Client
from realtime_widgets.errors import RuntimeStopped, UsageError
from realtime_widgets.hub import Hub, Rights
from realtime_widgets.hub.running import find_running
from realtime_widgets.runtime import get_runtime
from support.scripted_client import LIMIT, handshake, until


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [text for text in caplog.messages if "takes its place" in text]


def test_a_cell_that_is_run_again_has_its_port_again_and_clients_go_on(caplog: pytest.LogCaptureFixture):
    hub = before = Hub().start()
    with Client(hub.url, auth=hub.token) as ours:
        stream = ours.stream("loss")
        ours.wait_until("connected", LIMIT)
        hub.publish("loss", 1)
        until(lambda: len(stream) == 1)
        again = Hub(port=hub.port)
        assert before.running, "until the other starts"
        hub = again.start()
        try:
            assert (hub.running, before.running) == (True, False)
            assert (hub.url, hub.token) == (before.url, before.token)
            until(lambda: ours.stats.connects == 2 and ours.state == "connected")
            hub.publish("loss", 2)
            until(lambda: list(stream.read()["value"]) == [1, 2])
            with pytest.raises(UsageError, match="the hub does not run"):
                before.publish("loss", 3)
            before.stop()
            assert hub.running
        finally:
            hub.stop()
    place = f"the hub that this process had on port {hub.port} was stopped"
    assert told(caplog) == [f"{place}: another one, with the same token, takes its place"]
    assert find_running(get_runtime(), "127.0.0.1", hub.port) is None


def test_a_hub_that_nobody_holds_is_found_too(caplog: pytest.LogCaptureFixture):
    port = Hub(token="first").start().port
    gc.collect()
    with Hub(port, token="second") as hub:
        assert hub.token == "second"
        assert handshake(hub)[0] == 101
        assert handshake(hub, Authorization="Bearer first")[0] == 401
    assert ["with another token" in text for text in told(caplog)] == [True]


@pytest.mark.parametrize(
    ("before", "after"),
    [({}, {"host": "0.0.0.0"}), ({"host": "0.0.0.0"}, {}), ({"auth": None}, {}), ({}, {"auth": None})],
)
def test_what_overlaps_is_taken_over(before: dict[str, Any], after: dict[str, Any]):
    with Hub(**before) as earlier, Hub(earlier.port, **after) as hub:
        assert (hub.running, earlier.running) == (True, False)
        assert (hub.token is None) == ("auth" in after)
        assert hub.token is None or earlier.token in (hub.token, None)


@pytest.mark.parametrize("broker", ["sqlite:////nowhere/at/all/hub.db", "redis://127.0.0.1:1/0"])
def test_a_hub_that_cannot_keep_anything_takes_no_place(broker: str):
    with Hub() as earlier:
        with pytest.raises(UsageError, match="cannot"):
            Hub(earlier.port, broker=broker).start()
        assert earlier.running
        earlier.publish("x", 1)


def test_the_same_file_goes_from_one_to_the_other(tmp_path: Path):
    broker = f"sqlite:///{tmp_path / 'hub.db'}"
    (tmp_path / "link.db").symlink_to(tmp_path / "hub.db")
    with Hub(broker=broker) as first:
        httpx.post(f"{first.address}/publish/x?token={first.token}", json=1, trust_env=False, timeout=LIMIT)
        with Hub(first.port, broker=f"sqlite:///{tmp_path / 'link.db'}") as second:
            assert not first.running
            kept = httpx.get(
                f"{second.address}/history/x?token={second.token}", trust_env=False, timeout=LIMIT
            )
            assert [message["data"] for message in kept.json()["messages"]] == [1]


def test_a_token_that_gives_less_now_is_not_the_hubs_own():
    with (
        Hub(token="a-token") as earlier,
        Hub(earlier.port, tokens={"a-token": Rights(subscribe=["x"])}) as hub,
    ):
        assert hub.token != "a-token"
        headers = {"Authorization": "Bearer a-token"}
        answer = httpx.post(f"{hub.address}/publish/x", json=1, headers=headers, trust_env=False)
        assert answer.status_code == 403


def test_a_file_goes_on_with_what_was_published(tmp_path: Path):
    broker = f"sqlite:///{tmp_path / 'hub.db'}"
    with Hub(broker=broker) as earlier:
        with Client(earlier.url, auth=earlier.token) as writer:
            writer.publish("x", 1).wait(LIMIT)
        with Hub(earlier.port, broker=broker) as hub, Client(hub.url, auth=hub.token) as reader:
            stream = reader.stream("x", recent=10)
            until(lambda: len(stream) == 1)
            assert list(stream.read()["value"]) == [1]


def test_one_that_drains_is_waited_for_no_longer():
    earlier = Hub().start()
    draining = threading.Thread(target=earlier.stop, kwargs={"drain": 1000.0})
    draining.start()
    until(lambda: not earlier.running)
    begun = time.monotonic()
    with Hub(earlier.port) as hub:
        assert hub.token == earlier.token
        assert time.monotonic() - begun < LIMIT
    draining.join(LIMIT)
    assert not draining.is_alive()


def test_of_several_that_start_at_once_one_runs(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.CRITICAL)
    with Hub() as earlier:
        hubs = [Hub(earlier.port) for _ in range(4)]
        threads = [threading.Thread(target=_start, args=(hub,)) for hub in hubs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT)
        running = [hub for hub in hubs if hub.running]
        assert len(running) == 1
        assert handshake(running[0])[0] == 101
        running[0].stop()


def _start(hub: Hub) -> None:
    try:
        hub.start(LIMIT)
    except (UsageError, RuntimeStopped):  # another was quicker
        pass
