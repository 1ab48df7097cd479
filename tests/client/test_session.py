"""The session: what is said on a link, and what is answered there."""

from __future__ import annotations

from typing import Any

from realtime_widgets.client import Client
from support.fake_clock import FakeClock
from support.servers import LIMIT, Server, wait_for
from support.states import settled


def test_the_servers_ping_is_answered_with_its_id(connect: Any):
    with Server() as server:
        client = connect(server.url)
        settled(client, "connected")
        wait_for(lambda: server.open)
        server.send({"type": "ping", "data": {}, "id": "p7"})
        wait_for(lambda: "pong" in server.types())
        assert server.messages[-1]["id"] == "p7"


def test_hello_is_said_when_the_first_who_wants_envelopes_comes(connect: Any):
    with Server() as server:
        foreign = connect(server.url, decode=lambda frame: None)
        settled(foreign, "connected")
        ours = connect(server.url, subscribe=["x"])
        settled(ours, "connected")
        wait_for(lambda: len(server.frames) == 2)
        assert server.types() == ["hello", "subscribe"]


def ordered(server: Server, connect: Any) -> tuple[Client, Any]:
    """A client and what it has sent, to a server that has not said hello."""
    client = connect(server.url)
    settled(client, "connected")
    delivery = client.send("order", 1)
    wait_for(lambda: server.said("order"))
    assert not delivery.done
    return client, delivery


def test_a_stall_is_not_taken_for_a_server_that_does_not_answer(connect: Any, fake_clock: FakeClock):
    """Its hello waits to be read, and with it the word that it acknowledges."""
    with Server() as server:
        client, delivery = ordered(server, connect)
        fake_clock.stall(5)
        assert not delivery.done
        server.send({"type": "hello", "data": {"acks": True}})
        wait_for(lambda: client.stats.frames)
        fake_clock.turn(5)
        assert not delivery.done
        server.send({"type": "ack", "id": delivery.id, "data": {}})
        delivery.wait(LIMIT)
        assert delivery.state == "acknowledged"


def test_a_server_that_says_no_hello_does_not_answer(connect: Any, fake_clock: FakeClock):
    with Server() as server:
        _, delivery = ordered(server, connect)
        fake_clock.turn(1)
        delivery.wait(LIMIT)
        assert delivery.state == "sent"


def test_hello_comes_first_then_what_is_wanted(server: Server):
    with Client(server.url, subscribe=["b", "a"]) as client:
        client.wait_until("connected", LIMIT)
        wait_for(lambda: len(server.frames) == 2)
        client.stream("c")
        client.stream("a")  # asked for already
        wait_for(lambda: len(server.frames) == 3)
        said = [(message["type"], message["data"]) for message in server.messages]
        assert said[0][1].pop("client")
        assert said == [
            ("hello", {"version": 1, "batch": True, "recovery": True, "acks": True, "max_size": 4 * 2**20}),
            ("subscribe", {"streams": ["a", "b"]}),
            ("subscribe", {"streams": ["c"]}),
        ]
        client.disconnect()


def test_everything_is_asked_for_again_after_a_reconnect(server: Server, client: Client):
    held = [client.stream("x"), client.stream("y")]
    wait_for(
        lambda: (
            {name for message in server.said("subscribe") for name in message["data"]["streams"]}
            == {"x", "y"}
        )
    )
    server.frames.clear()
    server.close_all()
    wait_for(lambda: server.said("subscribe"))
    assert server.types()[:2] == ["hello", "subscribe"]
    assert server.said("subscribe")[0]["data"] == {"streams": ["x", "y"]}
    assert [stream.name for stream in held] == ["x", "y"]
