"""The hub as its users hold it: how it starts, publishes and stops, and the one in this process."""

from __future__ import annotations

import asyncio
import gc
import http.client
import logging
import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psutil
import pytest

from realtime_widgets.client import Client
from realtime_widgets.errors import TimedOut, UsageError, WouldDeadlock, WrongType
from realtime_widgets.hub import Hub, embedded_hub, server, serving
from realtime_widgets.runtime import get_runtime
from support.scripted_client import LIMIT, client, handshake, run, small_socket, until

# Publishing


def test_it_is_published_from_a_thread_a_client_and_over_http_in_one_order_for_all(
    shared: Hub, web: httpx.Client
):
    async def main() -> None:
        async with client(shared) as one, client(shared) as other, client(shared) as writer:
            await one.hello("order")
            await other.hello("order", batch=False)
            await writer.hello()

            def from_a_thread() -> None:
                for i in range(100):
                    shared.publish("order", ["thread", i])

            def over_http() -> None:
                for i in range(20):
                    assert web.post("/publish/order", json=["http", i]).status_code == 200

            async def by_socket() -> None:
                for i in range(100):
                    await writer.say("publish", ["socket", i], channel="order")

            await asyncio.gather(asyncio.to_thread(from_a_thread), asyncio.to_thread(over_http), by_socket())
            seen = [await one.next() for _ in range(220)]
            assert seen == [await other.next() for _ in range(220)]
            assert [message["offset"] for message in seen] == list(range(1, 221))
            for source, count in (("thread", 100), ("http", 20), ("socket", 100)):
                assert [d[1] for m in seen if (d := m["data"])[0] == source] == list(range(count))

    run(main())


def test_the_hub_publishes_with_a_type_of_its_own_choice(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello("jobs")
            shared.publish("jobs", None, type="job_done")
            message = await one.next()
            assert (message["type"], message["channel"]) == ("job_done", "jobs")

    run(main())


def test_fields_are_a_record_as_those_of_a_stream_are(shared: Hub):
    with Client(shared.url, auth=shared.token) as ours:
        stream = ours.stream("training")
        ours.wait_until("connected", LIMIT)
        shared.publish("training", loss=0.5, step=1)
        ours.publish("training", loss=0.25, step=2).wait(LIMIT)
        until(lambda: len(stream) == 2)
        assert [(row["loss"], row["step"]) for row in stream.read().rows()] == [(0.5, 1), (0.25, 2)]
        for publish, option in ((shared.publish, "type"), (ours.publish, "volatile")):
            with pytest.raises(UsageError, match=r"both: data \(1\) and fields \(loss\); pass either"):
                publish("training", 1, loss=0.5)
            misspelled: Any = {f"{option}s": True}
            with pytest.raises(UsageError, match=f"did you mean '{option}'"):
                publish("training", 1, **misspelled)
            with pytest.raises(UsageError, match=r"nothing to publish: .*; pass publish\(channel, 0\.42\)"):
                publish("training")
        shared.publish("training", None)
        shared.publish("training", data=3)


def test_what_cannot_be_published_is_told_at_once(shared: Hub):
    with pytest.raises(WrongType, match="nothing that JSON has"):
        shared.publish("x", object())
    with pytest.raises(UsageError, match="is no name for a channel"):
        shared.publish("", 1)
    with pytest.raises(UsageError, match=r"the hub does not run; call start\(\) first"):
        Hub().publish("x", 1)


# Start and stop


def test_it_stops_at_once_with_clients_of_all_kinds_and_tells_them_to_come_back(
    caplog: pytest.LogCaptureFixture,
):
    async def main() -> None:
        hub = Hub().start()
        async with (
            client(hub) as one,
            client(hub) as other,
            client(hub, sock=small_socket(hub), max_queue=1, ping_interval=None) as stuck,
        ):
            await one.hello("events")
            await stuck.hello("big")
            for _ in range(60):
                hub.publish("big", "x" * 100_000)
            kept = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=LIMIT)
            kept.request("GET", "/health")
            assert kept.getresponse().read()
            half = socket.create_connection(("127.0.0.1", hub.port))
            half.send(b"POST /publish/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n")
            half.send(f"Authorization: Bearer {hub.token}\r\n\r\n1".encode())
            # Neither of the last two ever ends by itself, and all that is waited for is these two times:
            assert serving.DRAIN_TIMEOUT * 1.25 < 1
            await asyncio.wait_for(asyncio.to_thread(hub.stop), LIMIT)
            assert not any(
                connection.laddr.port == hub.port for connection in psutil.Process().net_connections("tcp")
            ), "all is closed, also what was not read"
            for each in (one, other):
                ended = await each.ended()
                assert ended.rcvd is not None
                assert ended.rcvd.code == 1012
            kept.close()
            half.close()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", hub.port))

    with caplog.at_level(logging.WARNING):
        run(main())
        gc.collect()
    assert {r.message for r in caplog.records if "did not read" not in r.message} == set()


def test_it_comes_back_on_the_same_port_with_the_same_token(hub: Hub):
    port, token, url = hub.port, hub.token, hub.url
    for _ in range(2):
        kept = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
        kept.request("GET", "/health")
        assert kept.getresponse().read()
        hub.stop()  # closes that connection; what remains of it must not hold the port
        hub.stop()
        assert not hub.running
        assert repr(hub) == "<Hub: stopped>"
        kept.close()
        assert hub.start() is hub
        assert hub.start() is hub
        assert hub.running
    assert handshake(hub)[0] == 101
    assert (hub.port, hub.token, hub.url) == (port, token, url)
    assert url == f"ws://127.0.0.1:{port}/ws/dashboard"
    assert repr(hub).startswith(f"<Hub: {url}, ")


def test_channels_are_numbered_on_after_a_stop(hub: Hub):
    def position() -> Any:
        headers = {"Authorization": f"Bearer {hub.token}"}
        url = f"{hub.address}/publish/x"
        return httpx.post(url, json=1, headers=headers, trust_env=False).json()

    before = position()
    hub.stop()
    hub.start()
    assert position() == before | {"offset": 2}


def test_several_threads_may_start_and_stop_it():
    hub = Hub()
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            assert set(pool.map(lambda _: hub.start(), range(8))) == {hub}
            assert handshake(hub)[0] == 101
            list(pool.map(lambda _: hub.stop(), range(8)))
            assert not hub.running


def tasks() -> set[str]:
    async def names() -> set[str]:
        return {repr(task.get_coro()) for task in asyncio.all_tasks() if task is not asyncio.current_task()}

    return get_runtime().run(names()).result(LIMIT)


def test_nothing_of_it_is_left_after_a_stop():
    get_runtime().call_soon(int)
    threads, before = threading.active_count(), tasks()

    async def main() -> None:
        with Hub() as hub:
            async with client(hub) as one:
                await one.hello("metrics", "events")
                hub.publish("alerts", 1)
                await one.heard("metrics_update")

    run(main())
    assert threading.active_count() == threads
    until(lambda: tasks() == before)


def test_a_taken_port_is_one_sentence_that_says_what_to_do(shared: Hub):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UsageError) as error:
            Hub(port).start()
    text = str(error.value)
    assert text.startswith(f"the hub cannot listen on port {port} of 127.0.0.1: ")
    assert text.endswith("; stop what uses it, choose another port, or port=0 for any free one")
    assert "\n" not in text
    with pytest.raises(
        UsageError, match=r"; pass an address of this machine as host=, such as 127\.0\.0\.1, or"
    ):
        Hub(shared.port, host="203.0.113.1").start()
    assert shared.running


def test_a_host_that_is_not_ours_is_one_sentence():
    with pytest.raises(UsageError, match=r"the hub cannot listen on 'nowhere\.invalid': "):
        Hub(host="nowhere.invalid").start()


def test_a_start_on_a_thread_of_ours_would_deadlock_and_begins_nothing(hub: Hub):
    runtime, fresh = get_runtime(), Hub()
    for call in (fresh.start, hub.stop):
        with pytest.raises(WouldDeadlock):
            runtime.submit(call).result(LIMIT)
    assert runtime.submit(hub.start).result(LIMIT) is hub, "what runs need not be waited for"
    assert hub.running
    assert not fresh.running
    assert fresh.port == 0


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"port": -1}, "cannot listen on port -1"),
        ({"port": 65536}, "cannot listen on port 65536"),
        ({"port": True}, "cannot listen on port True"),
        ({"port": "8000"}, "cannot listen on port '8000'"),
        ({"broker": "kafka"}, "there is no broker 'kafka': there are 'memory'"),
        ({"auth": "basic"}, "auth='basic' is not known"),
        ({"auth": None, "host": "0.0.0.0"}, "a hub on '0.0.0.0' cannot do without a token"),
        ({"auth": None, "token": "t"}, "either tokens or auth=None"),
        ({"token": ""}, "this token cannot be used"),
        ({"origins": "http://a"}, "it must be a list"),
        ({"origins": ["http://a/"]}, "'http://a/' is no origin"),
        ({"origins": 5}, "origins=5 cannot be used: it must be a list"),
        ({"origins": None}, "origins=None cannot be used: it must be a list"),
        ({"hosts": "hub.example.org"}, r"it must be a list; pass \['hub.example.org'\]"),
        ({"hosts": ["http://hub.example.org"]}, "'http://hub.example.org' is no host"),
        ({"host": 5}, "host=5 cannot be used: it must be text"),
        ({"host": None}, "host=None cannot be used: it must be text"),
        ({"host": b"127.0.0.1"}, "host=b'127.0.0.1' cannot be used"),
        ({"broker": 5}, "cannot have broker=5: it must be text"),
        ({"auth": True}, "auth=True is not known"),
        ({"token": 5}, "this token cannot be used"),
        ({"history": "all"}, "history= of the hub cannot be 'all'"),
        ({"history": -1}, "history= of the hub cannot be -1: pass 0 or more"),
        ({"history_age": "5 parsecs"}, "history_age= of the hub cannot be '5 parsecs'"),
        ({"history_age": float("nan")}, "history_age= of the hub cannot be nan"),
        ({"prot": 8000}, "Hub cannot be called like this: it has no keyword 'prot'; did you mean 'port'"),
        ({"orgins": []}, "did you mean 'origins'"),
    ],
)
def test_arguments_out_of_their_range_are_told_when_it_is_made(options: dict[str, Any], complaint: str):
    with pytest.raises(UsageError, match=complaint):
        Hub(**options)


def test_a_misspelled_keyword_is_a_type_error_and_its_value_stays_secret():
    with pytest.raises(TypeError) as error:
        Hub(tokne="s3cret")  # type: ignore[call-arg]
    assert "s3cret" not in str(error.value)


def test_a_stop_that_takes_too_long_says_what_it_waits_for_and_goes_on(
    hub: Hub, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(server, "STOP_PATIENCE", 0.05)
    busy, go_on = threading.Event(), threading.Event()

    def block() -> None:
        busy.set()
        go_on.wait(LIMIT)

    get_runtime().call_soon(block)
    busy.wait(LIMIT)
    try:
        with pytest.raises(
            TimedOut, match=r"after 0\.2 s the I/O thread has not begun with it.*goes on stopping"
        ):
            hub.stop(0.2)
        assert "the hub has not stopped after 0.05 s: the I/O thread has not begun" in caplog.text
    finally:
        go_on.set()
    until(lambda: not hub.running)
    hub.stop()
    assert not hub.running
    assert hub.start().running


@pytest.mark.parametrize("timeout", [0, -1, "5", None, True])
def test_a_stop_waits_for_some_time(hub: Hub, timeout: Any):
    with pytest.raises(UsageError, match="cannot stop within timeout="):
        hub.stop(timeout)
    assert hub.running


@pytest.mark.parametrize(("channel", "type"), [("metrics", None), ("events", None), ("x", "metrics_update")])
def test_on_its_own_channels_the_hub_publishes_alone(shared: Hub, channel: str, type: str | None):
    with pytest.raises(UsageError, match=r"cannot publish: .* is the hub's own channel"):
        shared.publish(channel, 1, type=type)


def test_a_hub_under_other_names_answers_to_them():
    with Hub(hosts=["hub.example.org"]) as hub:
        assert handshake(hub, Host="hub.example.org", Origin="https://hub.example.org")[0] == 101
        status, body = handshake(hub, Host="evil.example")
        assert status == 403
        assert "hosts=['evil.example']" in body


def test_text_that_no_socket_can_carry_stops_nothing(hub: Hub):
    async def main() -> None:
        async with client(hub) as one:
            await one.hello("x", "x\ufffd")
            for text in ("\ud800", "a\x00\udfff"):
                hub.publish("x", {text: [text]})
                hub.publish("x\ud800", text, type=text)
            hub.publish("x", "the end")
            seen = []
            while (message := await one.next())["data"] != "the end":
                seen.append(message)
            assert [m["channel"] for m in seen] == ["x", "x\ufffd"] * 2
            assert seen[2]["data"] == {"a\x00\ufffd": ["a\x00\ufffd"]}

    run(main())


def test_a_hub_that_has_not_started_has_no_address_unless_its_port_was_given():
    with pytest.raises(UsageError, match=r"call start\(\) first"):
        _ = Hub().url
    assert Hub(8123).url == "ws://127.0.0.1:8123/ws/dashboard"
    assert Hub(8123, host="::1").address == "http://[::1]:8123"
    assert Hub(8123, host="0.0.0.0").address == "http://127.0.0.1:8123"


def test_a_token_of_ones_own_is_kept_and_never_shown():
    hub = Hub(token="my-own-token")
    assert hub.token == "my-own-token"
    with hub:
        assert handshake(hub)[0] == 101
        assert "my-own-token" not in repr(hub)
    assert Hub().token != Hub().token


def test_it_listens_on_ipv6_where_there_is_one():
    try:
        hub = Hub(host="::1").start()
    except UsageError:
        pytest.skip("no IPv6 here")
    try:
        answer = httpx.get(f"{hub.address}/health", trust_env=False)
        assert answer.status_code == 200
    finally:
        hub.stop()


# The embedded hub


def test_the_embedded_hub_is_the_same_one_ever_after():
    hub = embedded_hub()
    assert hub.running
    assert embedded_hub() is hub
    hub.stop()
    assert embedded_hub() is hub
    assert hub.running
    hub.stop()


def in_a_process(code: str, child_env: dict[str, str], *flags: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, *flags, "-c", code], env=child_env, capture_output=True, text=True, timeout=2 * LIMIT
    )
    return done.returncode, done.stdout, done.stderr


def test_importing_the_hub_imports_no_server(child_env: dict[str, str]):
    code = (
        "import sys, realtime_widgets.hub\n"
        "print({'starlette', 'uvicorn', 'websockets', 'psutil', 'httpx'} & set(sys.modules))\n"
    )
    assert in_a_process(code, child_env) == (0, "set()\n", "")


STOPPING = """
import asyncio, logging, threading, time
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from realtime_widgets.hub import Hub, embedded_hub
from realtime_widgets.runtime import get_runtime
logging.basicConfig(level=logging.WARNING)

async def main():
    hub = embedded_hub()
    headers = {"Authorization": f"Bearer {hub.token}"}
    async with connect(hub.url, additional_headers=headers, proxy=None) as one:
        await one.send('{"type": "hello"}')
        await one.recv()
        async with connect(hub.url, additional_headers=headers, proxy=None) as other:
            await asyncio.to_thread(get_runtime().stop)  # what does not end in time it logs
            for each in (one, other):
                try:
                    await each.recv()
                except ConnectionClosed as error:
                    print(error.rcvd.code)
    assert not hub.running
    fresh = embedded_hub()
    assert fresh is not hub and fresh.running
    port = hub.port
    assert hub.start().port == port

asyncio.run(main())
print("the end")
"""


def test_when_the_runtime_stops_the_clients_are_told_and_the_next_hub_is_a_fresh_one(
    child_env: dict[str, str],
):
    assert in_a_process(STOPPING, child_env, "-W", "error") == (0, "1012\n1012\nthe end\n", "")


FORKING = """
import os, sys
from realtime_widgets.hub import embedded_hub
hub = embedded_hub()
there, here = os.pipe()
pid = os.fork()
if pid == 0:
    assert not hub.running
    assert embedded_hub() is not hub and embedded_hub().port != hub.port
    embedded_hub().stop()
    os.close(here)
    os.read(there, 1)  # lives on while its parent stops and starts
    os._exit(0)
port = hub.port
for _ in range(2):
    hub.stop()
    assert hub.start().port == port
os.close(here)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_a_hub_of_its_own_and_does_not_hold_its_parents_port(child_env: dict[str, str]):
    assert in_a_process(FORKING, child_env, "-W", "ignore") == (0, "", "")
