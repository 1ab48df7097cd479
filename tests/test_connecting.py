"""`rw.connect()`: from an address, a hub or nothing to a client that follows; client and hub together."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

import realtime_widgets as rw
from realtime_widgets.errors import ConnectionRejected, UsageError, WrongType
from realtime_widgets.hub import embedded_hub
from support.servers import LIMIT, wait_for


@pytest.fixture
def hub() -> Iterator[rw.Hub]:
    with rw.Hub() as made:
        yield made


def test_without_an_address_there_is_a_hub_in_this_process():
    with rw.connect() as client:
        client.wait_until("connected", LIMIT)
        assert client.label == embedded_hub().url
        metrics = client.stream("metrics")
        wait_for(lambda: len(metrics))
        (record,) = metrics.latest(1).rows()
        assert set(record) == {
            "ts",
            "activeUsers",
            "requestsPerMinute",
            "errorRate",
            "avgResponseTime",
            "systemLoad",
            "memoryUsage",
        }
        assert record["activeUsers"] >= 1
        assert 0 < record["memoryUsage"] < 1
        assert abs(record["ts"] - time.time()) < LIMIT


def test_all_who_name_no_address_share_one_connection():
    with rw.connect() as one, rw.connect() as other:
        one.wait_until("connected", LIMIT)
        other.wait_until("connected", LIMIT)
        assert one.stream("anything") is other.stream("anything")
        assert one.stats.connects == other.stats.connects


def test_a_hub_can_be_named_instead_of_its_address_and_token(hub: rw.Hub):
    with rw.connect(hub) as client:
        ticks = client.stream("ticks")
        client.wait_until("connected", LIMIT)
        wait_for(lambda: client.publish("ticks", {"price": 7}).state != "failed" and len(ticks))
        assert ticks.latest(1).rows()[0]["price"] == 7


def test_a_wrong_token_is_turned_down_for_good(hub: rw.Hub):
    with rw.connect(hub.url, auth="not-this-one") as client:
        with pytest.raises(ConnectionRejected, match=r"turned the token down \(HTTP 401\)"):
            client.wait_until("connected", LIMIT)
        assert client.state == "error"
        assert "not-this-one" not in f"{client!r} {client.last_error} {client.status}"


def test_what_is_published_reaches_every_follower_in_order(hub: rw.Hub):
    with rw.connect(hub) as one, rw.connect(hub, headers={"X-Name": "other"}) as other:
        streams = [client.stream("numbers") for client in (one, other)]
        for client in (one, other):
            client.wait_until("connected", LIMIT)
        # Who subscribed later gets what is published later: a first record shows that both have.
        wait_for(lambda: hub.publish("numbers", -1) or all(len(stream) for stream in streams))
        for i in range(200):
            one.publish("numbers", i)
        for stream in streams:
            wait_for(lambda stream=stream: stream.latest(1).rows()[0]["value"] == 199)
            values = [row["value"] for row in stream.read().rows() if row["value"] >= 0]
            assert values == list(range(200))


def test_messages_travel_in_arrays_when_many_wait(hub: rw.Hub):
    with rw.connect(hub) as client:
        stream = client.stream("many")
        client.wait_until("connected", LIMIT)
        wait_for(lambda: hub.publish("many", -1) or len(stream))
        before = client.stats
        for i in range(2_000):
            hub.publish("many", i)
        wait_for(lambda: stream.latest(1).rows()[0]["value"] == 1_999)
        after = client.stats
        assert after.messages - before.messages >= 2_000
        assert after.frames - before.frames < 1_000


def test_a_hub_that_stops_and_starts_again_is_followed_again_with_no_word(hub: rw.Hub):
    states: list[str] = []
    with rw.connect(hub) as client:
        stream = client.stream("metrics")
        client.wait_until("connected", LIMIT)
        client.on_state(states.append)
        wait_for(lambda: len(stream))
        hub.stop()
        client.wait_until("reconnecting", LIMIT)
        assert "(1012" in str(client.last_error) or "nothing listens" in str(client.last_error)
        seen = stream.last_seq
        hub.start()
        client.wait_until("connected", LIMIT)
        wait_for(lambda: stream.last_seq > seen)
        wait_for(lambda: len(states) >= 2)
        assert states == ["reconnecting", "connected"]


def test_a_hub_that_says_what_it_cannot_do_is_heard(hub: rw.Hub):
    with rw.connect(hub) as client:
        client.wait_until("connected", LIMIT)
        client.send("no such thing")
        wait_for(lambda: client.last_error)
        assert str(client.last_error).startswith("the server turned something down:")
        assert client.state == "connected"


def test_neither_hub_nor_client_starts_a_thread_of_its_own(hub: rw.Hub):
    with rw.connect(hub) as client:
        client.on_message(lambda message: None)
        client.stream("metrics")
        client.wait_until("connected", LIMIT)
    names = {thread.name for thread in threading.enumerate() if thread is not threading.main_thread()}
    ours = {"realtime_widgets I/O", "realtime_widgets callbacks"}
    assert {name for name in names if "realtime" in name and "names" not in name} <= ours


@pytest.mark.parametrize(
    "address", ["ftp://localhost:1", "localhost:8000", "ws://", "ws://x:port", "ws://x/#y"]
)
def test_an_address_that_is_none_is_refused_at_once(address: str):
    with pytest.raises(UsageError, match="cannot connect to"):
        rw.connect(address)


def test_what_is_no_address_at_all_is_refused_at_once():
    with pytest.raises(WrongType, match="pass an address such as"):
        rw.connect(8000)  # type: ignore[arg-type]


def test_a_misspelled_keyword_names_the_nearest():
    with pytest.raises(TypeError, match=r"connect\(\) .* no keyword 'heartbaet'; did you mean 'heartbeat'"):
        rw.connect("ws://127.0.0.1:1/", heartbaet=5)  # type: ignore[call-arg]
    with pytest.raises(
        TypeError, match=r"^Reconnect cannot .* no keyword 'max_atempts'; did you mean 'max_attempts'"
    ):
        rw.Reconnect(max_atempts=5)  # type: ignore[call-arg]
