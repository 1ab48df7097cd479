"""What users send: what becomes of it, and when they know."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from realtime_widgets.client import Client
from realtime_widgets.client.sansio.backoff import Reconnect
from realtime_widgets.client.sansio.delivery import Delivery
from realtime_widgets.client.sansio.outbox import MAX_MESSAGES
from realtime_widgets.errors import SendFailed, UsageError, WouldDeadlock, WrongType
from realtime_widgets.hub import Hub
from realtime_widgets.runtime import get_runtime
from support.servers import LIMIT, Server, wait_for

QUICK = Reconnect(0.01, 0.05)


def test_a_message_has_an_id_and_a_time(server: Server, client: Client):
    delivery = client.send("order", {"n": 1}, channel="shop")
    wait_for(lambda: server.said("order"))
    (message,) = server.said("order")
    assert message["id"] == delivery.id
    assert message["channel"] == "shop"
    assert message["timestamp"] == int(message["timestamp"]) > 1.7e12
    wait_for(lambda: delivery.state == "sent")
    assert client.publish("shop", 1).id != delivery.id


def test_what_is_sent_before_there_is_a_connection_waits_in_its_order(server: Server):
    server.stop()
    client = Client(server.url, reconnect=QUICK)
    deliveries = [client.send("n", i) for i in range(MAX_MESSAGES + 1)]
    assert deliveries[-1].state == "failed", "at once"
    assert isinstance(deliveries[-1].error, SendFailed)
    assert {delivery.state for delivery in deliveries[:-1]} == {"queued"}
    assert (client.stats.waiting, client.stats.failed) == (MAX_MESSAGES, 1)
    server.start()
    wait_for(lambda: len(server.said("n")) == MAX_MESSAGES)
    assert [message["data"] for message in server.said("n")] == list(range(MAX_MESSAGES))
    assert server.types()[0] == "hello"
    client.disconnect()


def test_what_the_hub_has_is_acknowledged_with_its_place():
    with Hub() as hub, Client(hub.url, auth=hub.token) as client:
        stream = client.stream("n")
        first, second = client.publish("n", 1), client.publish("n", 2)
        second.wait(LIMIT)
        assert (first.state, second.state) == ("acknowledged", "acknowledged")
        assert first.position is not None
        assert second.position == (first.position.epoch, 2)
        wait_for(lambda: len(stream) == 2)

        async def main() -> None:
            await client.publish("n", 3)

        asyncio.run(main())
        assert (client.stats.sent, client.stats.acknowledged, client.stats.waiting) == (3, 3, 0)
        client.disconnect()


def test_what_the_hub_turns_down_has_failed_with_its_reason():
    with Hub() as hub, Client(hub.url, auth=hub.token) as client:
        delivery = client.send("nonsense", 1)
        with pytest.raises(
            SendFailed, match="the server turned it down: this hub does not know messages of type"
        ):
            delivery.wait(LIMIT)
        client.disconnect()


def test_a_delivery_cannot_be_waited_for_in_a_callback(client: Client):
    raised: list[BaseException] = []
    delivery = client.send("n")

    @client.on_state
    def wait(_: Any) -> None:
        try:
            Delivery("x", "y", waiter=delivery._waiter).wait(5)
        except BaseException as error:
            raised.append(error)

    client.disconnect()
    wait_for(lambda: raised)
    assert isinstance(raised[0], WouldDeadlock)


def test_what_is_volatile_waits_for_no_connection(server: Server):
    server.stop()
    client = Client(server.url, reconnect=QUICK)
    delivery = client.publish("cursor", [1, 2], volatile=True)
    assert "it is volatile" in str(delivery.error)
    server.start()
    client.wait_until("connected", LIMIT)
    assert client.publish("cursor", [3, 4], volatile=True).state != "failed"
    wait_for(lambda: server.said("publish"))
    assert [message["data"] for message in server.said("publish")] == [[3, 4]]
    client.disconnect()


def test_what_is_sent_right_after_connecting_again_waits_for_that(server: Server):
    server.stop()
    client = Client(server.url, reconnect=QUICK)
    for _ in range(10):
        client.disconnect()
        client.connect()
        deliveries = [client.publish("n", 1) for _ in range(5)]
        assert {delivery.state for delivery in deliveries} == {"queued"}
    server.start()
    wait_for(lambda: len(server.said("publish")) == 5)
    wait_for(lambda: {delivery.state for delivery in deliveries} == {"sent"})
    client.disconnect()


@pytest.mark.parametrize("type", ["ping", "pong", "error"])
def test_what_nobody_acknowledges_is_done_when_it_is_sent(type: str):
    with Hub() as hub, Client(hub.url, auth=hub.token) as client:
        client.publish("x", 1).wait(LIMIT)
        delivery = client.send(type, {})
        delivery.wait(LIMIT)
        assert delivery.state == "sent"
        client.disconnect()


def test_what_is_asked_for_first_is_said_first(server: Server, client: Client):
    """Also where the socket is just being written to, from the outbox that any thread fills."""
    wait_for(lambda: server.said("hello"))
    busy, go_on = threading.Event(), threading.Event()

    def stand_still() -> None:
        client._connection._session.say("ping", {})  # type: ignore[union-attr]
        busy.set()
        go_on.wait(LIMIT)

    get_runtime().call_soon(stand_still)
    busy.wait(LIMIT)
    stream = client.stream("x")
    client.publish("x", 1)
    go_on.set()
    wait_for(lambda: server.said("publish"))
    assert server.types() == ["hello", "ping", "subscribe", "publish"]
    del stream


def test_without_a_wish_to_be_connected_nothing_waits(server: Server, client: Client):
    client.disconnect()
    delivery = client.send("n")
    assert delivery.state == "failed"
    assert "is disconnected; call connect()" in str(delivery.error)


def test_what_was_sent_before_the_goodbye_still_goes_out(server: Server):
    client = Client(server.url)
    client.wait_until("connected", LIMIT)
    deliveries = [client.send("n", i) for i in range(100)]
    client.disconnect()
    wait_for(lambda: server.closed == [1000])
    assert [m["data"] for m in server.messages if m["type"] == "n"] == list(range(100))
    wait_for(lambda: {delivery.state for delivery in deliveries} == {"sent"})


def test_a_goodbye_does_not_wait_for_a_server_that_reads_nothing():
    async def deaf(socket: ServerConnection) -> None:
        socket.transport.pause_reading()
        await socket.wait_closed()

    with Server(deaf, close_timeout=0.1) as server:
        client = Client(server.url)
        client.wait_until("connected", LIMIT)
        session = client._connection._session
        assert session is not None

        def full() -> bool:  # the network takes no more
            return session.transport._socket.paused

        deliveries: list[Delivery] = []
        while not full():
            deliveries.append(client.send_raw(os.urandom(500_000)))  # which nothing compresses
            wait_for(lambda: deliveries[-1].state == "sent" or full())
        deliveries.append(client.send_raw("one more"))
        client.disconnect()
        wait_for(lambda: "queued" not in {delivery.state for delivery in deliveries})
        assert isinstance(deliveries[-1].error, SendFailed)
        assert client.stats.failed == 1


@pytest.mark.parametrize("data", [object(), {1, 2, object()}, {(1, 2): object()}])
def test_data_that_json_does_not_have_are_refused(client: Client, data: Any):
    with pytest.raises(UsageError, match="a message of type 'x' cannot be sent"):
        client.send("x", data)


def test_a_frame_that_cannot_be_written_is_refused_at_once(client: Client):
    with pytest.raises(UsageError, match="pass text that is Unicode"):
        client.send_raw("\ud800")


def test_frames_of_ones_own_go_out_as_they_are(server: Server, client: Client):
    client.send_raw("text")
    client.send_raw(b"\x00\xff")
    wait_for(lambda: b"\x00\xff" in server.frames)
    assert server.frames[-2:] == ["text", b"\x00\xff"]
    with pytest.raises(WrongType, match="pass text or bytes"):
        client.send_raw({"a": 1})  # type: ignore[arg-type]


def test_what_a_program_sends_last_goes_out(server: Server, child_env: dict[str, str]):
    code = f"""
import realtime_widgets as rw
client = rw.connect({server.url!r})
client.wait_until("connected", {LIMIT})
for i in range(50):
    client.send("n", i)
"""
    subprocess.run([sys.executable, "-c", code], env=child_env, timeout=LIMIT, check=True)
    wait_for(lambda: server.closed)
    assert [m["data"] for m in server.messages if m["type"] == "n"] == list(range(50))


def test_what_a_one_way_address_does_not_take_would_never_be_taken():
    with Hub() as hub:
        url = hub.url.replace("ws://", "http://").replace("/ws/", "/sse/")
        with Client(url, auth=hub.token) as client:
            client.wait_until("connected", LIMIT)
            delivery = client.send("x", 1)
            assert (delivery.state, delivery.refused) == ("failed", True)
    with Client("ws://127.0.0.1:9/") as client:
        client.disconnect()
        delivery = client.send("x", 1)
        assert (delivery.state, delivery.refused) == ("failed", False)


def test_of_what_would_wait_for_ever_and_finds_no_room_only_its_sender_is_told(
    caplog: pytest.LogCaptureFixture,
):
    with Client("ws://127.0.0.1:9/") as client:
        for n in range(MAX_MESSAGES):
            client.send("x", n)
        delivery = client.send("x", "one more", expires=False)
        assert "256 others" in str(delivery.error)
        client.send("x", "and one")
        wait_for(lambda: "a message was not sent" in caplog.text)
        assert caplog.text.count("a message was not sent") == 1
