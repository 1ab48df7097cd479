"""The store of a client: the streams it was asked for, and the truth about its connection."""

from __future__ import annotations

import gc
import time
import weakref

import pytest

from realtime_widgets.client import Client
from realtime_widgets.client.sansio.backoff import Reconnect
from realtime_widgets.errors import ConnectionLost, UsageError
from realtime_widgets.hub import Hub
from realtime_widgets.streams.store import StreamStore
from support.servers import LIMIT, Server, wait_for


def asked(server: Server) -> list[str]:
    """The channels that the server was asked for, in their order."""
    return [name for message in server.said("subscribe") for name in message["data"]["streams"]]


def test_it_holds_the_streams_of_its_client(client: Client):
    assert isinstance(client.store, StreamStore)
    assert list(client.store) == []
    stream = client.stream("cpu")
    assert client.store["cpu"] is client.store.get("cpu") is stream
    assert list(client.store) == ["cpu"]
    kept = weakref.ref(stream)
    del stream
    gc.collect()
    assert kept() is client.store["cpu"]


def test_a_name_that_is_new_is_asked_for_at_the_server(client: Client, server: Server):
    assert client.store["cpu"] is client.stream("cpu")
    client.store.subscribe("mem", "chart")
    wait_for(lambda: asked(server) == ["cpu", "mem"])
    assert client.store.subscribers("mem") == ("chart",)


def test_the_last_subscriber_to_leave_ends_the_channel(client: Client, server: Server):
    for who in ("chart", "card"):
        client.store.subscribe("cpu", who)
    wait_for(lambda: asked(server) == ["cpu"])
    client.store.unsubscribe("cpu", "chart")
    assert "cpu" in client.store
    client.store.unsubscribe("cpu", "card")
    assert "cpu" not in client.store
    wait_for(lambda: server.said("unsubscribe"))
    assert server.said("unsubscribe")[0]["data"] == {"streams": ["cpu"]}
    assert client.channels == set()


def test_to_unsubscribe_by_hand_lets_the_stream_go(client: Client):
    kept = weakref.ref(client.stream("cpu"))
    client.send("unsubscribe", {"streams": ["cpu"]})
    gc.collect()
    assert kept() is None
    assert list(client.store) == []


def test_what_a_hub_sends_is_in_it():
    with Hub() as hub, Client(hub.url, auth=hub.token) as client:
        client.store.subscribe("cpu", "card")
        client.wait_until("connected", LIMIT)
        wait_for(lambda: hub.publish("cpu", 0.5) or len(client.store.latest("cpu")))
        assert client.store.latest("cpu", 1)["value"].tolist() == [0.5]


def test_it_says_where_the_connection_stands(client: Client, server: Server):
    store = client.store
    assert (store.connected, store.connection_error) == (True, None)
    opened = store.last_heartbeat
    assert opened is not None
    assert abs(opened - time.time()) < 3600, "it is a time of day"
    wait_for(lambda: server.send({"type": "cpu", "data": 1}) or (store.last_heartbeat or 0.0) > opened)
    client.disconnect()
    assert not store.connected
    assert store.last_heartbeat is not None
    assert repr(store) == "<ClientStore: no streams; not connected>"


def test_it_says_why_there_is_no_connection():
    with Server() as gone:
        url = gone.url
    client = Client(url, reconnect=Reconnect(30, 30))
    try:
        assert (client.store.connected, client.store.last_heartbeat) == (False, None)
        wait_for(lambda: isinstance(client.store.connection_error, ConnectionLost))
    finally:
        client.disconnect()


@pytest.mark.parametrize("name", ["connected", "last_heartbeat", "connection_error"])
def test_what_the_connection_says_cannot_be_set(client: Client, name: str):
    with pytest.raises(UsageError, match=f"{name} of a client's store cannot be set"):
        setattr(client.store, name, None)


def test_it_lets_go_with_its_client(server: Server):
    client = Client(server.url)
    held = client.stream("cpu")
    store, kept = client.store, weakref.ref(client)
    client.close()
    assert list(store) == []
    assert held.name == "cpu"
    del client
    wait_for(lambda: (gc.collect(), kept() is None)[1])
    assert (store.connected, store.last_heartbeat, store.connection_error) == (False, None, None)
    with pytest.raises(UsageError, match="its client is gone"):
        store["cpu"]
