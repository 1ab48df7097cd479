"""A hub's Server-Sent Events: for our client, and for everything else that reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from realtime_widgets.client import Client
from realtime_widgets.hub import Hub, sse
from realtime_widgets.hub.sse import positions_of
from realtime_widgets.protocol.sse import Data, Decoder
from realtime_widgets.streams.gaps import Position
from support.servers import LIMIT, wait_for


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(history=5) as hub:
        yield hub


class Reader:
    """Reads one answer."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.raw = b""
        self._chunks = response.iter_raw()
        self._decoder = Decoder()
        self._waiting: list[Data] = []

    def next(self) -> tuple[dict[str, Any], str]:
        while not self._waiting:
            chunk = next(self._chunks)
            self.raw += chunk
            self._waiting += self._decoder.feed(chunk)
        data = self._waiting.pop(0)
        return json.loads(data), data.event_id

    def data(self, count: int) -> list[Any]:
        found: list[Any] = []
        while len(found) < count:
            message, _ = self.next()
            if message["type"] not in ("hello", "history"):
                found.append(message["data"])
        return found


@contextmanager
def reading(hub: Hub, path: str, **headers: str) -> Iterator[Reader]:
    headers = {"Authorization": f"Bearer {hub.token}"} | headers
    with (
        httpx.Client(base_url=hub.address, trust_env=False, timeout=LIMIT) as web,
        web.stream("GET", path, headers=headers) as response,
    ):
        yield Reader(response)


def post(hub: Hub, channel: str, *data: Any) -> None:
    headers = {"Authorization": f"Bearer {hub.token}"}
    with httpx.Client(base_url=hub.address, headers=headers, trust_env=False, timeout=LIMIT) as web:
        for each in data:
            assert web.post(f"/publish/{channel}", json=each).status_code == 200


def test_its_events_are_envelopes_with_the_positions_as_their_id(hub: Hub):
    with reading(hub, "/sse/x,y") as reader:
        assert reader.response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert reader.response.headers["cache-control"] == "no-store"
        heads = [reader.next() for _ in range(3)]
        assert [message["type"] for message, _ in heads] == ["hello", "history", "history"]
        post(hub, "y", 5)
        message, id = reader.next()
        assert (message["type"], message["channel"], message["data"], message["offset"]) == ("y", "y", 5, 1)
        assert id == f"{message['epoch']}:0,{message['epoch']}:1"


def test_the_last_id_brings_what_was_missed(hub: Hub):
    with reading(hub, "/sse/x,y") as reader:
        post(hub, "x", 1)
        while (found := reader.next())[0]["type"] != "x":
            pass
        id = found[1]
    post(hub, "x", 2, 3)
    post(hub, "y", 4)
    with reading(hub, "/sse/x,y", **{"Last-Event-ID": id}) as reader:
        assert sorted(reader.data(3)) == [2, 3, 4]
    post(hub, "x", *range(10))
    with reading(hub, "/sse/x,y", **{"Last-Event-ID": id}) as reader:
        head = reader.next()[0]
        while head["type"] != "history" or head["channel"] != "x":
            head = reader.next()[0]
        assert head["data"] == {"after": 8, "reason": "trimmed"}


@pytest.mark.parametrize("id", ["nonsense", "a:1", "a:1,b:2,c:3", "", ":1,:2"])
def test_an_id_that_is_none_of_ours_begins_with_what_is_new(hub: Hub, id: str):
    post(hub, "x", 1)
    with reading(hub, "/sse/x,y", **{"Last-Event-ID": id}) as reader:
        assert reader.next()[0]["type"] == "hello"
        found = [reader.next()[0] for _ in range(2)]
        assert all(message["data"]["reason"] is None for message in found)


def test_who_comes_late_may_ask_for_what_came_before(hub: Hub):
    post(hub, "x", *range(5))
    with reading(hub, "/sse/x?recent=2") as events:
        assert events.data(2) == [3, 4]
        post(hub, "x", 5)
        assert events.data(1) == [5]
    with reading(hub, "/sse/x?recent=100") as events:
        assert events.data(5) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("recent", ["-1", "many", "1000001", "1e3", "%D9%A1", ""])
def test_a_number_of_messages_that_is_none_is_refused(hub: Hub, recent: str):
    with reading(hub, f"/sse/x?recent={recent}") as answer:
        assert answer.response.status_code == 400
        assert b"recent= must be a number of messages" in answer.response.read()


def test_an_id_is_read_as_it_was_written():
    assert positions_of(["x", "y"], "e:1,f:20") == {"x": Position("e", 1), "y": Position("f", 20)}
    assert positions_of(["x", "y"], ",f:20") == {"y": Position("f", 20)}
    assert positions_of(["x"], None) == {}


def test_a_comma_within_a_name_is_not_one_between_names(hub: Hub):
    with reading(hub, "/sse/a%2Cb,c%20d") as reader:
        channels = {reader.next()[0].get("channel") for _ in range(3)}
        assert channels == {None, "a,b", "c d"}


@pytest.mark.parametrize(
    ("path", "status"),
    [("/sse/", 400), ("/sse/x,", 400), ("/sse/x,x", 400), ("/sse/hello", 400)],
)
def test_channels_that_cannot_be_are_refused(hub: Hub, path: str, status: int):
    with reading(hub, path) as reader:
        assert reader.response.status_code == status


def test_nobody_gets_in_without_the_token(hub: Hub):
    with reading(hub, "/sse/x", Authorization="Bearer wrong") as reader:
        assert reader.response.status_code == 401
    with reading(hub, f"/sse/x?token={hub.token}", Authorization="") as reader:
        assert reader.next()[0]["type"] == "hello"


def test_silence_is_filled_with_comments(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sse, "KEEPALIVE_INTERVAL", 0.02)
    with reading(hub, "/sse/x") as reader:
        chunks = reader.response.iter_raw()
        seen = b""
        while seen.count(b"\n:\n\n") < 3:
            seen += next(chunks)


def test_who_leaves_is_forgotten(hub: Hub):
    assert hub._instance is not None
    sessions = hub._instance.state.sessions
    with reading(hub, "/sse/x") as reader:
        reader.next()
        assert len(sessions) == 1
    wait_for(lambda: not sessions)


def test_who_does_not_read_is_cut_off(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sse, "WRITE_TIMEOUT", 0.1)
    assert hub._instance is not None
    sessions = hub._instance.state.sessions
    with reading(hub, "/sse/x") as reader:
        reader.next()
        data = "x" * 500_000
        for _ in range(40):
            hub.publish("x", data)
        wait_for(lambda: not sessions, "the end of a client that does not read")


def test_our_client_recovers_over_it(hub: Hub):
    with Client(f"{hub.address}/sse/x", auth=hub.token) as client:
        stream = client.stream("x")
        client.wait_until("connected", LIMIT)
        post(hub, "x", 1, 2)
        wait_for(lambda: len(stream) == 2)
        hub.stop()
        client.wait_until("reconnecting", LIMIT)
        hub.start()
        post(hub, "x", 3)
        wait_for(lambda: len(stream) == 3)
        assert stream.read()["value"].tolist() == [1, 2, 3]
        hub.stop()
        client.wait_until("reconnecting", LIMIT)
        assert client.stats.gaps == 0
        with Hub(hub.port, token=hub.token) as another:
            another.publish("x", 4)
            wait_for(lambda: len(stream) == 4)
            assert [gap.reason for gap in stream.gaps] == ["epoch_changed"]
            client.disconnect()
