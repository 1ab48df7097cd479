"""The client: what its users are told, and what they may do to it."""

from __future__ import annotations

import asyncio
import functools
import gc
import importlib
import os
import subprocess
import sys
import threading
import weakref
from typing import Any

import pytest

from realtime_widgets.client import Client, decoders
from realtime_widgets.client.sansio import inbox
from realtime_widgets.client.sansio.backoff import Reconnect
from realtime_widgets.errors import (
    CallbackFailed,
    ConnectionRejected,
    RuntimeStopped,
    TimedOut,
    UsageError,
    WouldDeadlock,
    WrongType,
)
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.runtime import get_runtime
from support.servers import LIMIT, Server, wait_for

QUICK = Reconnect(0.01, 0.05)


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


def test_what_a_callback_of_one_client_raises_is_nothing_to_another_that_reads_otherwise(server: Server):
    with (
        Client(server.url, decode=decoders.json("type"), reconnect=QUICK) as bad,
        Client(server.url, decode=decoders.json("type", time="T"), reconnect=QUICK) as good,
    ):
        for each in (bad, good):
            each.wait_until("connected", LIMIT)
        stream = good.stream("trade")

        @bad.on_message
        def fail(message: Message) -> None:
            raise ValueError("in a callback")

        server.send({"type": "trade", "p": 1})
        wait_for(lambda: len(stream) == 1 and "in a callback" in str(bad.last_error))
        assert (good.last_error, bad.stats.bad) == (None, 0)


@pytest.mark.parametrize(
    ("decode", "said"),
    [
        (decoders.json, r"call it, decode=rw.decoders.json\(…\)"),
        (lambda: None, r"it will be called with a frame, and it takes \(\)"),
        (3, "pass a function"),
    ],
)
def test_what_cannot_decode_a_frame_is_refused_at_once(decode: Any, said: str):
    with pytest.raises(WrongType, match=said):
        Client("ws://127.0.0.1:1", decode=decode)


def test_what_one_client_cannot_read_is_nothing_to_another_of_the_same_server(server: Server):
    """A decoder that was put right, in a cell that is run again, has nothing of the one before it."""

    def wrong(frame: Any) -> Any:
        raise ValueError("leads nowhere")

    errors: dict[str, list[str]] = {"bad": [], "good": []}
    with (
        Client(server.url, decode=wrong, reconnect=QUICK) as bad,
        Client(server.url, decode=decoders.json("type"), reconnect=QUICK) as good,
    ):
        for name, each in (("bad", bad), ("good", good)):
            each.on_error(lambda error, name=name: errors[name].append(str(error)))
            each.wait_until("connected", LIMIT)
        stream = good.stream("trade")
        server.send(*({"type": "trade", "p": i} for i in range(5)))
        wait_for(lambda: len(stream) == 5 and len(errors["bad"]) == 5)
        assert "leads nowhere" in str(bad.last_error)
        assert (bad.status.unreadable, bad.stats.bad, bad.stats.messages) == (True, 5, 0)
        assert errors["good"] == []
        assert (good.last_error, stream.source.status.error) == (None, None)
        assert (good.status.unreadable, good.stats.bad, good.stats.messages) == (False, 0, 5)


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
    server.send({"type": "a", "data": 1})
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
    wait_for(lambda: 'raise ValueError("boom")' in caplog.text, "its traceback in the log")


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
    server.send({"type": "a", "data": 1})
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
    monkeypatch.setattr(inbox, "MAX_WAITING", 10)
    heard: list[int] = []
    go_on = threading.Event()

    @client.on_message
    def slow(message: Any) -> None:
        go_on.wait(LIMIT)
        heard.append(message.data)

    server.send({"type": "n", "data": 0})
    wait_for(lambda: client._handlers._draining and not client._handlers._inbox)
    server.send(*({"type": "n", "data": i} for i in range(1, 51)))
    wait_for(lambda: client.stats.messages == 51)
    go_on.set()
    wait_for(lambda: heard and heard[-1] == 50)
    assert heard == [0, *range(41, 51)]
    assert client.stats.dropped == 40


# When it connects


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


def test_what_on_connect_sends_is_the_first_that_a_server_hears(server: Server):
    def login(client: Client) -> None:
        client.send_raw("name")
        client.send_raw("password")

    server.stop()
    with Client(server.url, decode=len, on_connect=login, reconnect=QUICK) as client:
        client.send_raw("order 1")
        server.start()
        wait_for(lambda: len(server.frames) == 3)
        server.stop()
        client.wait_until("reconnecting", LIMIT)
        client.send_raw("order 2")
        server.start()
        wait_for(lambda: len(server.frames) == 6)
        assert server.frames == ["name", "password", "order 1", "name", "password", "order 2"]
        with Client(server.url, decode=len, on_connect=lambda c: c.send_raw("another")) as other:
            other.send_raw("order 3")  # over the same link, which is open
            wait_for(lambda: len(server.frames) == 8)
            assert server.frames[6:] == ["another", "order 3"]
        assert server.connections == 2


def test_an_on_connect_that_comes_late_does_not_greet_another_link(server: Server):
    go_on = threading.Event()

    def greet(client: Client) -> None:
        go_on.wait(LIMIT)
        client.send_raw("name")

    with Client(server.url, decode=len, on_connect=greet, reconnect=QUICK) as client:
        client.wait_until("connected", LIMIT)
        client.send_raw("order")
        wait_for(lambda: server.open)
        server.close_all()
        wait_for(lambda: client.stats.connects == 2)
        go_on.set()
        wait_for(lambda: "order" in server.frames)
        assert server.frames == ["name", "order"]


def test_on_connect_of_each_client_runs_though_others_went_before(server: Server):
    """What tells functions apart must not be taken for that of one that is gone."""
    decode = len
    with Client(server.url, decode=decode):
        for i in range(10):
            client = Client(
                server.url, decode=decode, on_connect=functools.partial(Client.send_raw, raw=str(i))
            )
            wait_for(lambda i=i: str(i) in server.frames, f"the greeting of client {i}")
            client.close()
            del client
    assert server.connections == 1


def test_a_goodbye_leaves_the_streams_of_others_to_those_who_hold_them(server: Server):
    left = Client(server.url)
    stream = left.stream("x")
    closed = Client(server.url)
    wait_for(lambda: server.said("subscribe"))
    del left
    gc.collect()
    closed.close()
    with Client(server.url, decode=len):  # the connection itself is wanted, anyway
        server.send({"type": "x", "data": 1})
        wait_for(lambda: len(stream) == 1)
        wait_for(lambda: get_runtime().run(asyncio.sleep(0)).result(LIMIT) is None)
        assert stream.source.wanted


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
        TimedOut,
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

    server.send({"type": "a", "data": 1})
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
        assert not client.closed
    client.close()
    assert client.closed
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
    one = Client(server.url, reconnect=None)
    one.wait_until("connected", LIMIT)
    other = Client(server.url, reconnect=QUICK)
    other.wait_until("connected", LIMIT)
    wait_for(lambda: server.open)
    server.close_all()
    wait_for(lambda: server.connections == 2)
    for client in (one, other):
        client.disconnect()


async def later(*_: object) -> None:
    """Would have to be awaited."""


@pytest.mark.parametrize("register", ["on_message", "on_state", "on_error", "on_gap"])
def test_a_callback_that_would_never_run_is_refused(client: Client, register: str):
    with pytest.raises(
        UsageError, match=rf"{register}\(\) cannot call .* a coroutine function: pass a plain one"
    ):
        getattr(client, register)(later)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"reconnect": 5}, "pass rw.Reconnect"),
        ({"heartbeat": 0}, "heartbeat=0"),
        ({"max_size": 0}, "max_size=0"),
        ({"subscribe": "metrics"}, "no list of channels"),
        ({"subscribe": 7}, "no list of channels"),
        ({"subscribe": [7]}, "7 is no channel"),
        ({"decode": 7}, "decode= cannot be 7: pass a function"),
        ({"on_connect": "x"}, "on_connect= cannot be 'x'"),
        ({"decode": later}, "a coroutine function: pass a plain one"),
    ],
)
def test_options_that_cannot_be_are_refused(wrong: dict[str, Any], words: str):
    with pytest.raises(UsageError, match=words):
        Client("ws://127.0.0.1:1/", **wrong)


def test_a_reload_of_the_code_meets_the_same_connection(server: Server, client: Client):
    names = [name for name in sys.modules if name.startswith("realtime_widgets.client")]
    before = {name: dict(sys.modules[name].__dict__) for name in names}
    try:
        for name in sorted(names, key=len, reverse=True):
            importlib.reload(sys.modules[name])
        again = sys.modules["realtime_widgets.client.client"].Client(server.url)
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
    server.send({"type": "x", "data": 1})
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


def test_a_refused_client_says_why_wherever_it_is_looked_at():
    from http import HTTPStatus

    with Server(
        process_request=lambda connection, _: connection.respond(HTTPStatus.UNAUTHORIZED, "")
    ) as server:
        client = Client(server.url, auth="wrong")
        with pytest.raises(ConnectionRejected):
            client.wait_until("connected", LIMIT)
        assert "HTTP 401" in repr(client)
        client.connect()  # the reader presses "Retry": it is asked once more
        client.wait_until("error", LIMIT)
        client.close()


# Not waiting for others


def test_a_slow_function_of_one_client_holds_up_no_other():
    """Neither its token nor its greeting nor what it sends."""
    go_on, stuck = threading.Event(), threading.Event()

    def slow(*_: Any) -> str:
        stuck.set()
        go_on.wait(LIMIT)
        return "late"

    with Server() as server, Server() as other, Server() as third:
        try:
            with Client(server.url) as first:
                first.on_message(slow)
                first.wait_until("connected", LIMIT)
                server.send({"type": "x", "data": 1})
                wait_for(stuck.is_set)
                token = Client(third.url, auth=slow)
                greeting = Client(other.url, on_connect=slow)
                greeted: list[Client] = []
                with Client(other.url, auth=lambda: "t", on_connect=greeted.append) as second:
                    second.wait_until("connected", LIMIT)
                    wait_for(lambda: greeted == [second])
                    second.publish("x", 1)
                    wait_for(lambda: other.said("publish"))
                with Client(other.url) as beside:  # on the connection of the slow greeting
                    beside.wait_until("connected", LIMIT)
                    beside.publish("x", 2)
                    wait_for(lambda: len(other.said("publish")) == 2)
                    greeting.publish("x", 3)
                    assert greeting.stats.waiting >= 1
        finally:
            go_on.set()
        wait_for(lambda: len(other.said("publish")) == 3)
        for client in (greeting, token):
            client.close()


def test_functions_of_one_client_are_called_one_at_a_time_and_its_greeting_first(server: Server):
    inside: list[str] = []
    calls: list[str] = []
    go_on = threading.Event()

    def note(what: str) -> None:
        inside.append(what)
        assert len(inside) == 1
        calls.append(what)
        if what == "greeting 1":
            go_on.wait(LIMIT)
        inside.remove(what)

    def greet(_: Any) -> None:
        note(f"greeting {1 + sum(call.startswith('greeting') for call in calls)}")

    with Client(server.url, on_connect=greet, reconnect=QUICK) as client:
        client.on_message(lambda message: note(f"message {message.data}"))
        client.wait_until("connected", LIMIT)
        wait_for(lambda: calls == ["greeting 1"])
        server.send(*({"type": "x", "data": i} for i in (1, 2)))
        wait_for(lambda: client.stats.messages == 2)
        assert calls == ["greeting 1"]
        go_on.set()
        wait_for(lambda: calls == ["greeting 1", "message 1", "message 2"])
        server.close_all()
        wait_for(lambda: calls[-1] == "greeting 2")


# A closed client


def test_a_closed_client_cannot_be_waited_for(server: Server):
    client = Client(server.url)
    client.close()
    for wait in (client.wait_until, client.until):
        with pytest.raises(UsageError, match=r"it was closed; call rw\.connect"):
            wait("connected")
    client.wait_until("disconnected", LIMIT)  # which it is


@pytest.mark.parametrize("disconnected", [False, True])
def test_who_waits_for_a_client_that_is_closed_meanwhile_is_woken(disconnected: bool):
    client = Client("ws://127.0.0.1:1/", reconnect=Reconnect(3600, 3600))
    if disconnected:
        client.disconnect()

    async def main() -> None:
        waiting = asyncio.ensure_future(client.until("connected"))
        await asyncio.sleep(0)
        wait_for(lambda: client._waits._waits)
        client.close()
        with pytest.raises(UsageError, match="it was closed"):
            await asyncio.wait_for(waiting, LIMIT)

    asyncio.run(main())


def test_what_is_awaited_keeps_the_client(server: Server):
    async def main() -> None:
        waiting = Client(server.url).until("connected")
        gc.collect()
        await asyncio.wait_for(waiting, LIMIT)

    asyncio.run(main())


# Sending


def test_a_frame_may_be_volatile_too(server: Server, client: Client):
    assert client.send_raw("now", volatile=True).state in ("queued", "sent")
    wait_for(lambda: "now" in server.frames)
    server.stop()
    client.wait_until("reconnecting", LIMIT)
    late = client.send_raw("late", volatile=True)
    assert (late.state, "it is volatile" in str(late.error)) == ("failed", True)


def test_what_is_published_can_be_a_task(server: Server, client: Client):
    async def main() -> None:
        tasks = [asyncio.create_task(client.publish("x", i)) for i in range(3)]
        done, _ = await asyncio.wait(tasks, timeout=LIMIT)
        assert done == set(tasks)

    asyncio.run(main())
    assert [message["data"] for message in server.said("publish")] == [0, 1, 2]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda client: client.publish("\ud800", 1), "is no channel: 'utf-8' codec"),
        (lambda client: client.stream("\ud800"), "is no channel: 'utf-8' codec"),
        (lambda client: client.send("x", channel=5), "5 is no channel"),
        (lambda client: client.send(5), "its type is 5"),
        (lambda client: client.send("x", object()), "a message of type 'x' cannot be sent"),
        (lambda client: client.send_raw("\ud800", volatile=True), "a frame cannot be sent"),
    ],
)
def test_what_cannot_be_sent_is_refused_when_it_is_given(client: Client, call: Any, words: str):
    with pytest.raises(UsageError, match=words):
        call(client)


def test_a_wish_that_cannot_be_sent_is_no_wish(server: Server, client: Client):
    with pytest.raises(UsageError, match="cannot be sent"):
        client.send("subscribe", {"streams": ["a"], "more": object()})
    assert client.channels == set()


def test_a_misspelled_keyword_names_the_nearest(server: Server):
    with pytest.raises(TypeError, match=r"^Client cannot be called like this: .* did you mean 'heartbeat'"):
        Client(server.url, heartbaet=5)  # type: ignore[call-arg]
