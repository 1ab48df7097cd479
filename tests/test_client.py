"""The client: what its users are told, what they send, and what they may do to it."""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from realtime_widgets import inbox
from realtime_widgets.errors import (
    CallbackFailed,
    LinkRefused,
    NotSent,
    RuntimeStopped,
    TookTooLong,
    UsageError,
    WouldDeadlock,
    WrongType,
)
from realtime_widgets.gaps import Gap
from realtime_widgets.hub import Hub
from realtime_widgets.messages import Message
from realtime_widgets.network import Client
from realtime_widgets.outbox import MAX_MESSAGES, Delivery
from realtime_widgets.reconnect import Reconnect
from realtime_widgets.runtime import get_runtime
from servers import LIMIT, Server, wait_for

QUICK = Reconnect(0.01, 0.05)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        yield made


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    made = Client(server.url, reconnect=QUICK)
    made.wait_until("connected", LIMIT)
    wait_for(lambda: server.open)
    yield made
    made.disconnect()
    made.close()
    wait_for(lambda: not server.open)
    gc.collect()


def said(server: Server, kind: str) -> list[Any]:
    return [message for message in server.messages if message["type"] == kind]


# Being told


def test_messages_are_told_in_order_and_by_type(server: Server, client: Client):
    everything: list[Any] = []
    some: list[Any] = []
    client.on_message(lambda message: everything.append(message.data))
    client.on_message(lambda message: some.append(message.data), "b")
    server.send(
        *({"type": kind, "data": i} for i, kind in enumerate("abcab")),
        {"type": "ping"},
        {"type": "b", "data": 9},
    )
    wait_for(lambda: len(everything) == 6 and len(some) == 3)
    assert (everything, some) == ([0, 1, 2, 3, 4, 9], [1, 4, 9])


def test_decorators_come_plain_and_with_a_type_and_leave_the_function_callable(
    server: Server, client: Client
):
    heard: list[Any] = []

    @client.on_message
    def every(message: Any) -> str:
        heard.append(("every", message.data))
        return "called"

    @client.on_message(type="b")
    def only(message: Any) -> None:
        heard.append(("only", message.data))

    server.send({"type": "a", "data": 1}, {"type": "b", "data": 2})
    wait_for(lambda: len(heard) == 3)
    assert heard == [("every", 1), ("every", 2), ("only", 2)]
    assert every(Message("x")) == "called"


def test_what_was_removed_is_not_called_any_more(server: Server, client: Client):
    gone: list[Any] = []
    heard: list[Any] = []
    callback = client.on_message(gone.append)
    client.on_message(heard.append)
    callback.remove()
    callback.remove()
    server.send({"type": "a"})
    wait_for(lambda: heard)
    assert gone == []


def test_every_change_is_told_once_with_its_reason(server: Server, client: Client):
    states: list[str] = []
    errors: list[str] = []
    ends: list[Any] = []
    client.on_state(states.append)
    client.on_error(lambda error: errors.append(str(error)))
    client.on_disconnect(ends.append)
    server.close_all(1011, "out of memory")
    wait_for(lambda: states == ["reconnecting", "connected"])
    assert len(ends) == len(errors) == 1
    assert str(ends[0]) == errors[0]
    assert "(1011, 'out of memory')" in errors[0]
    client.disconnect()
    wait_for(lambda: states[-1] == "disconnected")
    wait_for(lambda: len(ends) == 2)
    assert ends[1] is None  # on purpose
    assert states == ["reconnecting", "connected", "disconnected"]


def test_a_callback_that_raises_stops_neither_the_others_nor_the_next(
    server: Server, client: Client, caplog: pytest.LogCaptureFixture
):
    heard: list[Any] = []

    @client.on_message
    def broken(message: Any) -> None:
        raise ValueError("boom")

    client.on_message(lambda message: heard.append(message.data))
    server.send({"type": "a", "data": 1}, {"type": "a", "data": 2})
    wait_for(lambda: heard == [1, 2])
    wait_for(lambda: client.last_error)
    assert isinstance(client.last_error, CallbackFailed)
    assert str(client.last_error) == "a callback of on_message raised ValueError: boom"
    assert client.state == "connected"
    assert 'raise ValueError("boom")' in caplog.text


def test_an_error_callback_that_raises_is_not_told_itself(
    server: Server, client: Client, caplog: pytest.LogCaptureFixture
):
    calls: list[Any] = []

    @client.on_error
    def broken(error: Any) -> None:
        calls.append(error)
        raise ValueError("again and again")

    server.send("nonsense")
    wait_for(lambda: "again and again" in caplog.text)
    server.send({"type": "a"})
    wait_for(lambda: client.stats.messages == 1)
    assert len(calls) == 1


def test_what_happens_is_told_in_its_order(server: Server):
    client = Client(server.url, reconnect=QUICK)
    told: list[Any] = []
    go_on = threading.Event()

    @client.on_message
    def slow(message: Any) -> None:
        go_on.wait(LIMIT)
        told.append(message.data)

    client.on_disconnect(lambda error: told.append("lost"))
    client.wait_until("connected", LIMIT)
    server.send({"type": "n", "data": 1}, {"type": "n", "data": 2})
    wait_for(lambda: client.stats.messages == 2)
    server.close_all()
    wait_for(lambda: client.stats.connects == 2)
    server.send({"type": "n", "data": 3})
    wait_for(lambda: client.stats.messages == 3)
    go_on.set()
    wait_for(lambda: len(told) == 4)
    assert told == [1, 2, "lost", 3]
    client.close()


def test_callbacks_that_are_too_slow_miss_the_oldest_and_it_is_counted(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(inbox, "WAITING", 10)
    heard: list[int] = []
    go_on = threading.Event()

    @client.on_message
    def slow(message: Any) -> None:
        go_on.wait(LIMIT)
        heard.append(message.data)

    server.send({"type": "n", "data": 0})
    wait_for(lambda: client._audience._draining and not client._audience._inbox)
    server.send(*({"type": "n", "data": i} for i in range(1, 51)))
    wait_for(lambda: client.stats.messages == 51)
    go_on.set()
    wait_for(lambda: heard and heard[-1] == 50)
    assert heard == [0, *range(41, 51)]
    assert client.stats.dropped == 40


# Sending


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
            ("hello", {"version": 1, "batch": True, "recovery": True, "acks": True}),
            ("subscribe", {"streams": ["a", "b"]}),
            ("subscribe", {"streams": ["c"]}),
        ]
        client.disconnect()


def test_everything_is_asked_for_again_after_a_reconnect(server: Server, client: Client):
    held = [client.stream("x"), client.stream("y")]
    wait_for(
        lambda: (
            {name for message in said(server, "subscribe") for name in message["data"]["streams"]}
            == {"x", "y"}
        )
    )
    server.frames.clear()
    server.close_all()
    wait_for(lambda: said(server, "subscribe"))
    assert server.types()[:2] == ["hello", "subscribe"]
    assert said(server, "subscribe")[0]["data"] == {"streams": ["x", "y"]}
    assert [stream.name for stream in held] == ["x", "y"]


def test_on_connect_runs_on_every_connection(server: Server):
    greetings: list[Any] = []

    def greet(client: Client) -> None:
        greetings.append(client)
        client.send_raw("I want everything")

    with Client(server.url, decode=lambda frame: None, on_connect=greet, reconnect=QUICK) as client:
        wait_for(lambda: server.frames == ["I want everything"])
        server.close_all()
        wait_for(lambda: server.frames == ["I want everything"] * 2)
        assert greetings == [client, client]
        client.disconnect()


def test_on_connect_runs_once_per_connection_however_often_its_cell_does(server: Server):
    space: dict[str, Any] = {"Client": Client, "url": server.url, "made": []}
    source = (
        "made.append(Client(url, decode=len, on_connect=lambda c: c.send_raw('want')))\n"
        "made[-1].wait_until('connected')\n"
    )
    for _ in range(3):
        exec(source, space)
    made = space["made"]
    wait_for(lambda: server.frames)  # by way of the callback thread
    made[-1].send_raw("end")
    wait_for(lambda: "end" in server.frames)
    assert server.frames == ["want", "end"]
    for client in made:
        client.disconnect()


def test_a_message_has_an_id_and_a_time(server: Server, client: Client):
    delivery = client.send("order", {"n": 1}, channel="shop")
    wait_for(lambda: said(server, "order"))
    (message,) = said(server, "order")
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
    assert isinstance(deliveries[-1].error, NotSent)
    assert {delivery.state for delivery in deliveries[:-1]} == {"queued"}
    assert (client.stats.waiting, client.stats.failed) == (MAX_MESSAGES, 1)
    server.start()
    wait_for(lambda: len(said(server, "n")) == MAX_MESSAGES)
    assert [message["data"] for message in said(server, "n")] == list(range(MAX_MESSAGES))
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
            NotSent, match="the server turned it down: this hub does not know messages of type"
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
    wait_for(lambda: said(server, "publish"))
    assert [message["data"] for message in said(server, "publish")] == [[3, 4]]
    client.disconnect()


def test_a_foreign_server_leaves_one_gap_for_each_reconnect(server: Server):
    client = Client(server.url, reconnect=QUICK, decode=lambda raw: {"channel": "n", "data": int(raw)})
    stream = client.stream("n")
    gaps: list[Gap] = []
    client.on_gap(gaps.append)
    client.wait_until("connected", LIMIT)
    for turn in range(3):
        server.send(str(turn))
        wait_for(lambda turn=turn: len(stream) == turn + 1)
        server.close_all()
        wait_for(lambda turn=turn: client.stats.connects == turn + 2)
        wait_for(lambda turn=turn: len(gaps) == turn + 1)
        assert stream.missing is not None
    server.send("3")
    wait_for(lambda: len(stream) == 4)
    assert [(gap.seq, gap.reason) for gap in stream.gaps] == [(n, "unknown_source") for n in (1, 2, 3)]
    assert stream.missing is None
    assert client.stats.gaps == 3
    client.disconnect()


def test_a_foreign_server_that_numbers_is_checked_by_its_numbers(server: Server):
    def decode(raw: Any) -> Any:
        number = int(raw)
        return {"channel": "n", "data": number, "epoch": "day 1", "offset": number}

    client = Client(server.url, reconnect=QUICK, decode=decode)
    stream = client.stream("n")
    client.wait_until("connected", LIMIT)
    server.send("1", "2", "2", "5")
    wait_for(lambda: len(stream) == 3)
    server.close_all()
    wait_for(lambda: client.stats.connects == 2)
    server.send("6", "9")
    wait_for(lambda: len(stream) == 5)
    assert stream.read()["value"].tolist() == [1, 2, 5, 6, 9]
    assert [(gap.seq, gap.reason, gap.missed) for gap in stream.gaps] == [(2, "lost", 2), (4, "lost", 2)]
    assert (client.stats.duplicates, client.stats.gaps) == (1, 2)
    client.disconnect()


def test_who_joins_a_link_that_is_open_recovers_like_the_first():
    """The receiver before has gone, and what the server said in its hello with it."""
    with Hub() as hub:
        first = Client(hub.url, auth=hub.token, reconnect=QUICK)
        held = first.stream("x")
        first.publish("x", 0)
        wait_for(lambda held=held: len(held) == 1)
        first.close()
        before = weakref.ref(first._receiver)
        del first, held
        wait_for(lambda: (gc.collect(), before() is None)[1], "the end of the receiver before")
        client = Client(hub.url, auth=hub.token, reconnect=QUICK)
        stream = client.stream("x")
        heard: list[Message] = []
        client.on_message(heard.append)
        wait_for(lambda: client._receiver.recovery.positions(["x"]), "where the channel stands")
        assert client.stats.connects == 1, "it is the same link"
        client.publish("x", 1).wait(LIMIT)
        wait_for(lambda: len(stream) == 1)
        hub.stop()
        client.wait_until("reconnecting", LIMIT)
        hub.start()
        for i in range(2, 6):
            hub.publish("x", i)
        wait_for(lambda: len(stream) == 5)
        assert stream.read()["value"].tolist() == [1, 2, 3, 4, 5]
        assert stream.gaps == ()
        wait_for(lambda: len(heard) == 5)
        assert [message.type for message in heard] == ["x"] * 5
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
    wait_for(lambda: len(said(server, "publish")) == 5)
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


def test_a_client_that_is_dropped_goes_without_the_collector(server: Server):
    gc.disable()
    try:
        client = Client(server.url)
        client.wait_until("connected", LIMIT)
        dropped = weakref.ref(client)
        del client
        wait_for(lambda: dropped() is None)
    finally:
        gc.enable()


@pytest.mark.parametrize("policy", ["lossless", {"n": "lossless"}])
def test_a_lossless_channel_is_held_back_at_the_hub_and_nothing_of_it_is_lost(
    policy: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(inbox, "HELD", 20)
    with Hub() as hub, Client(hub.url, auth=hub.token, overflow=policy) as client:
        heard: list[int] = []
        go_on = threading.Event()

        @client.on_message
        def slow(message: Any) -> None:
            go_on.wait(LIMIT)
            heard.append(message.data)

        client.stream("n")
        client.wait_until("connected", LIMIT)
        wait_for(lambda: client._receiver.recovery.positions(["n"]))
        for i in range(500):
            hub.publish("n", i)
        wait_for(lambda: client.held == {"n"})
        for i in range(500, 900):
            hub.publish("n", i)
        go_on.set()
        wait_for(lambda: len(heard) >= 900)
        assert heard == list(range(900))
        stats = client.stats
        assert (stats.dropped, stats.gaps, stats.channels["n"].dropped) == (0, 0, 0)
        assert stats.channels["n"].held >= 1
        client.disconnect()


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
        assert isinstance(deliveries[-1].error, NotSent)
        assert client.stats.failed == 1


@pytest.mark.parametrize("data", [object(), {1, 2, object()}, {(1, 2): 3}])
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


# Who one is


def test_url_token_and_headers_are_asked_for_at_every_attempt(server: Server):
    tokens = iter(["one", "two", "three"])

    async def headers() -> dict[str, str]:
        return {"X-Asked": "yes"}

    client = Client(lambda: server.url, auth=lambda: next(tokens), headers=headers, reconnect=QUICK)
    client.wait_until("connected", LIMIT)
    wait_for(lambda: server.open)
    server.close_all()
    wait_for(lambda: server.connections == 2)
    assert [each["Authorization"] for each in server.headers] == ["Bearer one", "Bearer two"]
    assert [each["X-Asked"] for each in server.headers] == ["yes", "yes"]
    client.disconnect()


def test_a_token_that_cannot_be_had_is_tried_again(server: Server):
    answers = iter([ValueError("the token service sleeps"), "token"])

    def token() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = Client(server.url, auth=token, reconnect=QUICK)
    client.wait_until("connected", LIMIT)
    assert "the function that gives the auth raised ValueError: the token service sleeps" in str(
        client.last_error
    )
    client.disconnect()


def test_no_secret_is_ever_shown(server: Server, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")
    url = server.url.replace("ws://", "ws://user:canary@") + "?token=canary"
    shown = []
    for code in (1011, 4500):
        client = Client(url, auth="canary", headers={"X-Key": "canary"}, reconnect=QUICK)
        client.wait_until("connected", LIMIT)
        wait_for(lambda: server.open)
        server.close_all(code)
        wait_for(lambda client=client: client.last_error)
        shown += [repr(client), client.label, repr(client.status), str(client.last_error), repr(client.stats)]
        client.disconnect()
        wait_for(lambda: not server.open)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("realtime_widgets")]
    assert ours
    assert "canary" not in " ".join(shown + ours)


# Waiting


def test_a_wait_that_takes_too_long_says_where_it_stands():
    client = Client("ws://127.0.0.1:1/", reconnect=QUICK)
    client.wait_until("reconnecting", LIMIT)
    with pytest.raises(
        TookTooLong,
        match=r"not connected after 0\.05 s: it is reconnecting \(no connection to .*nothing listens",
    ):
        client.wait_until("connected", timeout=0.05)
    client.disconnect()


def test_a_wait_ends_when_the_client_has_given_up():
    client = Client("ws://127.0.0.1:1/", reconnect=None)
    with pytest.raises(ConnectionError, match="nothing listens there"):
        client.wait_until("connected", LIMIT)
    client.wait_until("error", LIMIT)


def test_there_is_no_waiting_for_a_state_that_does_not_exist(client: Client):
    with pytest.raises(UsageError, match="did you mean 'connected'"):
        client.wait_until("conected")  # type: ignore[arg-type]


def test_a_wait_in_a_callback_raises_instead_of_hanging(server: Server, client: Client):
    raised: list[BaseException] = []

    @client.on_message
    def wait(message: Any) -> None:
        try:
            client.wait_until("disconnected")
        except WouldDeadlock as error:
            raised.append(error)

    server.send({"type": "a"})
    wait_for(lambda: raised)


def test_it_can_be_awaited_in_any_loop(server: Server):
    client = Client(server.url)

    async def use() -> str:
        await asyncio.wait_for(client.until("connected"), LIMIT)
        return client.state

    assert asyncio.run(use()) == "connected"
    client.disconnect()


def test_an_interrupted_wait_leaves_the_client_as_it_was(server: Server, client: Client, monkeypatch: Any):
    runtime = get_runtime()

    def interrupted(future: Any, timeout: float | None) -> None:
        future.cancel()
        raise KeyboardInterrupt

    monkeypatch.setattr(runtime, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        client.wait_until("disconnected", LIMIT)
    monkeypatch.undo()
    server.close_all()
    wait_for(lambda: client.stats.connects == 2)
    client.wait_until("connected", LIMIT)


# Its end


def test_what_was_closed_says_so(server: Server):
    with Client(server.url) as client:
        client.wait_until("connected", LIMIT)
    client.close()
    assert client.state == "disconnected"
    for use in (
        client.connect,
        lambda: client.send("x"),
        lambda: client.stream("x"),
        lambda: client.on_state(print),
    ):
        with pytest.raises(UsageError, match="it was closed; call rw"):
            use()


def test_hands_of_several_threads_leave_it_sound(server: Server):
    client = Client(server.url, reconnect=QUICK)

    def hammer() -> None:
        for _ in range(50):
            client.connect()
            client.stream("x")
            client.send("n")
            client.disconnect()

    threads = [threading.Thread(target=hammer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    client.connect()
    client.wait_until("connected", LIMIT)
    stream = client.stream("x")
    wait_for(lambda: server.open == 1)
    server.send({"type": "x", "data": 1})
    wait_for(lambda: len(stream))
    client.disconnect()
    wait_for(lambda: server.open == 0)


def test_two_wishes_about_the_pace_leave_the_later_one(server: Server):
    one = Client(server.url, reconnect=Reconnect(max_attempts=0))
    one.wait_until("connected", LIMIT)
    other = Client(server.url, reconnect=QUICK)
    other.wait_until("connected", LIMIT)
    wait_for(lambda: server.open)
    server.close_all()
    wait_for(lambda: server.connections == 2)
    for client in (one, other):
        client.disconnect()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"reconnect": 5}, "pass rw.Reconnect"),
        ({"heartbeat": 0}, "heartbeat=0"),
        ({"max_size": 0}, "max_size=0"),
        ({"subscribe": "metrics"}, "pass a list"),
        ({"subscribe": [7]}, "7 is no channel"),
        ({"decode": 7}, "decode is 7"),
        ({"on_connect": "x"}, "on_connect is 'x'"),
    ],
)
def test_options_that_cannot_be_are_refused(wrong: dict[str, Any], words: str):
    with pytest.raises(UsageError, match=words):
        Client("ws://127.0.0.1:1/", **wrong)


def test_a_reload_of_the_code_meets_the_same_connection(server: Server, client: Client):
    names = [name for name in sys.modules if name.startswith("realtime_widgets.network")]
    before = {name: dict(sys.modules[name].__dict__) for name in names}
    try:
        for name in sorted(names, key=len, reverse=True):
            importlib.reload(sys.modules[name])
        again = sys.modules["realtime_widgets.network.client"].Client(server.url)
        again.wait_until("connected", LIMIT)
        assert server.connections == 1
        streams = again.stream("x"), client.stream("x")
        server.send({"type": "x", "data": 1})
        wait_for(lambda: all(len(stream) for stream in streams))
        again.disconnect()
    finally:
        for name, content in before.items():
            sys.modules[name].__dict__.update(content)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_makes_its_own(server: Server, client: Client):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        said = ""
        try:
            try:
                client.send("x")
            except RuntimeStopped as error:
                said = str(error)
            own = Client(server.url)
            own.wait_until("connected", LIMIT)
            said += f" | {own.state}"
        finally:
            os.write(writer, said.encode())
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        heard = pipe.read()
    os.waitpid(child, 0)
    assert "make clients anew" in heard
    assert heard.endswith("| connected")
    server.send({"type": "x"})
    wait_for(lambda: client.stats.messages == 1)  # the parent's goes on


def test_a_program_ends_quickly_and_says_goodbye(server: Server, child_env: dict[str, str]):
    code = f"""
import realtime_widgets as rw
client = rw.connect({server.url!r})
client.on_message(print)
stream = client.stream("x")
client.wait_until("connected", {LIMIT})
waiting = rw.connect("ws://127.0.0.1:1/")
waiting.wait_until("reconnecting", {LIMIT})
import logging; logging.disable()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=child_env, capture_output=True, text=True, timeout=LIMIT
    )
    assert done.returncode == 0
    assert [line for line in done.stderr.splitlines() if "trying again" not in line] == []
    wait_for(lambda: server.closed)
    assert server.closed == [1000]


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


def test_a_refused_client_says_why_wherever_it_is_looked_at():
    from http import HTTPStatus

    with Server(
        process_request=lambda connection, _: connection.respond(HTTPStatus.UNAUTHORIZED, "")
    ) as server:
        client = Client(server.url, auth="wrong")
        with pytest.raises(LinkRefused):
            client.wait_until("connected", LIMIT)
        assert "HTTP 401" in repr(client)
        client.connect()  # the reader presses "Retry": it is asked once more
        client.wait_until("error", LIMIT)
        client.close()
