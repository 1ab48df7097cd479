"""Limits: by values, and what clients over real sockets are told."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from realtime_widgets.client import Client
from realtime_widgets.errors import UsageError
from realtime_widgets.hub import Hub, Limits, Rights, limits, protocols, session, turns
from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.limits import Connections, MessageRate, Senders
from realtime_widgets.hub.state import HubState
from realtime_widgets.protocol import heartbeat
from realtime_widgets.runtime import get_runtime
from support.scripted_client import LIMIT, client, run, until

ANNA = Rights(subscribe=["*"], publish=["*"], name="anna")
BERT = Rights(subscribe=["*"], publish=["*"], name="bert")


# Pure


def test_a_burst_is_free_and_what_is_beyond_it_takes_its_time():
    rate = MessageRate(Limits(messages=10, burst=5), 100.0)
    assert [rate.take(1, 100.0) for _ in range(6)] == [0, 0, 0, 0, 0, 0.1]
    assert rate.take(3, 100.0) == pytest.approx(0.4)
    assert rate.wait(100.3) == pytest.approx(0.1)
    assert rate.wait(100.4) == 0
    assert rate.take(0, 1e6) == 0
    assert rate.take(6, 1e6) == pytest.approx(0.1), "no more than a burst is saved up"


def test_a_large_message_counts_as_several():
    rate = MessageRate(Limits(messages=1, burst=10), 0.0)
    assert rate.take(1, 0.0, limits.PORTION) == 0
    assert rate.take(2, 0.0, 8 * limits.PORTION + 1) == 0, "nine, and one before"
    assert rate.take(1, 0.0, 100) == 1.0
    assert rate.take(3, 0.0, 100) == 4.0, "many small ones count each"


def test_nobody_waits_longer_than_a_debt_may_be():
    rate = MessageRate(Limits(messages=10, burst=1), 0.0)
    assert rate.take(10**6, 0.0) == limits.MAX_DEBT
    assert rate.take(10**6, 1.0) == limits.MAX_DEBT
    assert rate.wait(1.0 + limits.MAX_DEBT) == 0.0
    assert MessageRate(Limits(messages=10, burst=1000), 0.0).take(10**6, 0.0) == 100.0, "for a burst"


def test_who_must_wait_is_not_taken_for_silent(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(session, "HEARTBEAT_INTERVAL", 0.2)
    monkeypatch.setattr(heartbeat, "ANSWER_TIMEOUT", 0.2)
    with Hub(limits=Limits(messages=20, burst=20)) as hub:

        async def main() -> None:
            async with client(hub) as one, client(hub) as other:
                await one.hello()
                await other.hello()
                await one.ws.send(json.dumps([{"type": "ping", "data": {}}] * 100))
                await one.heard("error")
                await other.say("ping", {}, id="a")
                await other.say("ping", {}, id="z")  # it is read when more may be sent
                while (await other.next()).get("id") != "z":
                    pass

        run(main())


def test_without_a_limit_nobody_waits():
    assert MessageRate(Limits(messages=None), 0.0).take(10**9, 0.0) == 0


def test_each_sender_has_a_rate_of_their_own_and_there_is_an_end_to_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "MAX_SENDERS", 2)
    senders = Senders(Limits(messages=1, burst=1))
    senders.of("anna", 0.0).take(2, 0.0)
    assert senders.of("bert", 0.0).wait(0.0) == 0
    assert senders.of("anna", 0.0).wait(0.0) == 1
    senders.of("carl", 0.0)
    assert list(senders._recent) == ["anna", "carl"]


def test_a_sender_who_is_connected_is_not_forgotten(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "MAX_SENDERS", 2)
    senders = Senders(Limits(messages=1, burst=1))
    held = senders.of("anna", 0.0)
    for other in ("bert", "carl", "dora"):
        senders.of(other, 0.0)
    assert senders.of("anna", 0.0) is held
    assert set(senders._rates) == {"anna", "dora"}


def test_connections_are_counted_for_all_and_for_each():
    connections = Connections(Limits(connections=3, connections_each=2))
    for who in ("anna", "anna"):
        assert connections.complaint_about(who) is None
        connections.enter(who)
    assert "this client" in (connections.complaint_about("anna") or "")
    connections.enter("bert")
    assert "the hub" in (connections.complaint_about("carl") or "")
    connections.leave("anna")
    assert connections.complaint_about("anna") is None
    for who in ("anna", "bert"):
        connections.leave(who)
    assert not connections._open


@pytest.mark.parametrize(
    "options",
    [
        {"messages": 0},
        {"messages": -1},
        {"messages": "many"},
        {"burst": 0},
        {"burst": None},
        {"connections": 0},
        {"connections": 1.5},
        {"connections_each": True},
        {"channels": 0},
        {"channels": 1.5},
        {"frame_bytes": 4095},
        {"frame_bytes": 2**20 + 1},
        {"frame_bytes": None},
        {"handshake": 0},
        {"handshake": 61},
        {"handshake": float("inf")},
        {"handshake": None},
    ],
)
def test_a_limit_out_of_its_range_is_refused(options: dict[str, Any]):
    with pytest.raises(UsageError, match="of the limits"):
        Limits(**options)


def test_limits_are_limits():
    with pytest.raises(UsageError, match=r"pass rw.Limits"):
        Hub(limits=1000)  # type: ignore[arg-type]


# Messages


def test_a_client_that_sends_too_much_is_told_and_read_later_and_nothing_is_lost():
    with Hub(limits=Limits(messages=500, burst=10)) as hub:

        async def main() -> None:
            async with client(hub) as fast, client(hub) as bystander:
                await fast.hello()
                await bystander.hello("x")
                for number in range(200):
                    await fast.say("publish", number, channel="x")
                error, _ = await fast.heard("error")
                assert error["data"]["code"] == "too_fast"
                assert 0 < error["data"]["retry_after"] < 1
                assert await fast.settled() == [], "told once"
                assert [(await bystander.heard("x"))[0]["data"] for _ in range(200)] == list(range(200))

        run(main())


@pytest.mark.parametrize("body", ["1", "[" + ",".join(["1"] * 100) + "]"])
def test_what_is_large_counts_as_several_however_it_comes(body: str):
    """A hundred kilobytes, of one message or of a hundred, are as many as twenty-five small ones."""
    body = body.ljust(25 * limits.PORTION)
    allowed = Limits(messages=0.01, burst=200)
    with Hub(tokens={"anna": ANNA, "bert": BERT}, limits=allowed) as hub:
        many = body[0] == "["
        for _ in range(4 if many else 10):
            answer = httpx.post(
                f"{hub.address}/publish/x?many={int(many)}",
                content=body,
                headers={"Authorization": "Bearer anna"},
                trust_env=False,
            )
        assert answer.status_code == 429
        if many:
            return

        async def main() -> None:
            async with client(hub, additional_headers={"Authorization": "Bearer bert"}) as one:
                await one.hello()
                for _ in range(9):
                    await one.say("publish", "x" * 24 * limits.PORTION, channel="x")
                assert (await one.heard("error"))[0]["data"]["code"] == "too_fast"

        run(main())


@pytest.mark.parametrize("request_type", ["subscribe", "unsubscribe"])
def test_each_channel_that_a_request_names_counts_like_a_message(request_type: str):
    with Hub(limits=Limits(messages=100, burst=50)) as hub:

        async def main() -> None:
            async with client(hub) as one:
                await one.hello()
                await one.say(request_type, {"streams": [f"c{number}" for number in range(100)]})
                await one.say("ping", {})
                error, _ = await one.heard("error")
                assert error["data"]["code"] == "too_fast"

        run(main())


def test_our_own_client_can_publish_any_number_at_once():
    with Hub(limits=Limits(messages=1000, burst=10)) as hub, Client(hub.url, auth=hub.token) as ours:
        ours.wait_until("connected", LIMIT)  # before it there is room for 256
        deliveries = [ours.publish("x", number) for number in range(500)]
        deliveries[-1].wait(LIMIT)
        assert deliveries[-1].position is not None
        assert deliveries[-1].position.offset == 500
        assert ours.stats.connects == 1


def test_a_client_has_one_rate_over_all_its_connections_and_requests():
    tokens = {"anna": ANNA, "anna-too": ANNA, "bert": BERT}
    with Hub(tokens=tokens, limits=Limits(messages=0.01, burst=10)) as hub:

        def of(token: str | None) -> Any:
            return client(hub, additional_headers={"Authorization": f"Bearer {token}"})

        async def post(token: str | None) -> int:
            headers = {"Authorization": f"Bearer {token}"}
            async with httpx.AsyncClient(trust_env=False, headers=headers, timeout=LIMIT) as web:
                return (await web.post(f"{hub.address}/publish/x", json=1)).status_code

        async def is_slowed(token: str | None) -> bool:
            async with of(token) as one:
                await one.say("hello", {"version": 1}, id=1)
                await one.heard("hello")
                await one.say("ping", {})
                found = await one.next()
                return found["type"] == "error" and found["data"]["code"] == "too_fast"

        async def main() -> None:
            for token, other in (("anna", "anna-too"), (hub.token, hub.token)):  # by name, by address
                async with of(token) as one, of(other) as two:
                    await one.hello()
                    await two.hello()
                    for number in range(20):
                        await one.say("publish", number, channel="x")
                    await one.heard("error")
                    await two.say("ping", {})
                    error, _ = await two.heard("error")
                    assert error["data"]["code"] == "too_fast"
                    assert await post(other) == 429
                assert await is_slowed(token), "who comes again is as they were"
                if token == "anna":
                    assert not await is_slowed("bert")
                    assert await post("bert") == 200

        run(main())


def test_what_is_posted_counts_with_what_is_sent_and_who_only_listens_is_not_slowed():
    with Hub(limits=Limits(messages=0.01, burst=10)) as hub:
        headers = {"Authorization": f"Bearer {hub.token}"}

        async def main() -> None:
            async with (
                client(hub) as one,
                httpx.AsyncClient(trust_env=False, headers=headers, timeout=LIMIT) as web,
            ):
                await one.hello()
                many = await web.post(f"{hub.address}/publish/x?many=1", json=list(range(20)))
                assert many.status_code == 200
                await one.say("ping", {})
                error, _ = await one.heard("error")
                assert error["data"]["code"] == "too_fast"
                async with web.stream("GET", f"{hub.address}/sse/x?recent=1") as events:
                    async for line in events.aiter_lines():
                        assert "too_fast" not in line
                        if line.startswith("data: ") and json.loads(line[6:])["type"] == "x":
                            break

        run(main())


def test_posts_that_are_too_many_are_told_when_to_come_again():
    with Hub(tokens={"anna": ANNA, "bert": BERT}, limits=Limits(messages=0.01, burst=5)) as hub:

        def post(token: str, body: str, path: str = "x") -> httpx.Response:
            headers = {"Authorization": f"Bearer {token}"}
            return httpx.post(f"{hub.address}/publish/{path}", content=body, headers=headers, trust_env=False)

        assert post("anna", "[1,2,3,4,5,6,7,8]", "x?many=1").status_code == 200
        again = post("anna", "1")
        assert (again.status_code, again.json()["code"]) == (429, "too_fast")
        assert 200 <= int(again.headers["retry-after"]) <= 300
        for _ in range(6):
            assert post("bert", "{").status_code == 400
        assert post("bert", "1").status_code == 429, "what cannot be read counts, too"


def test_requests_under_way_count_as_connections():
    with Hub(limits=Limits(connections_each=1)) as hub:
        with socket.create_connection(("127.0.0.1", hub.port), LIMIT) as slow:
            head = f"POST /publish/x HTTP/1.1\r\nHost: 127.0.0.1:{hub.port}\r\nContent-Length: 1\r\n"
            slow.sendall(f"{head}Authorization: Bearer {hub.token}\r\n\r\n".encode())
            assert hub._instance is not None
            connections = hub._instance.state.connections
            until(lambda: connections._count == 1)
            headers = {"Authorization": f"Bearer {hub.token}"}
            other = httpx.post(f"{hub.address}/publish/x", json=1, headers=headers, trust_env=False)
            assert (other.status_code, other.json()["code"]) == (503, "full")
            slow.sendall(b"1")
            assert slow.recv(4096).startswith(b"HTTP/1.1 200")
        until(lambda: connections._count == 0)


class Flooding:
    """A connection with one frame of very many messages, as a `session.ClientTransport`."""

    outlet = None

    def __init__(self, count: int) -> None:
        self.frames = [json.dumps([{"type": "pong", "data": {}}] * count)]
        self.aborted = False

    def listen(self, take: Callable[[bytes], bool]) -> None: ...

    async def receive(self) -> str | None:
        return self.frames.pop() if self.frames else None

    async def send(self, frame: str) -> None: ...

    async def close(self, code: int, reason: str) -> None: ...

    def abort(self) -> None:
        self.aborted = True


@pytest.mark.parametrize(("turn", "least", "most"), [(0.0, 5000, 11_000), (1e9, 0, 50)])
def test_whoever_floods_the_hub_leaves_others_their_turn_between_any_two_messages(
    monkeypatch: pytest.MonkeyPatch, turn: float, least: int, most: int
):
    monkeypatch.setattr(turns, "TURN", turn)

    async def main() -> None:
        state, had = HubState(get_runtime(), MemoryBroker()), 0

        async def bystander() -> None:
            nonlocal had
            while True:
                had += 1
                await asyncio.sleep(0)

        other = asyncio.create_task(bystander())
        await session.HubSession(state, Flooding(5000), ()).run()
        other.cancel()
        assert least <= had <= most

    run(main())


# Connections


def test_more_connections_than_one_client_may_have_are_turned_away():
    with Hub(tokens={"anna": ANNA, "bert": BERT}, limits=Limits(connections_each=2)) as hub:

        def of(token: str) -> Any:
            return client(hub, additional_headers={"Authorization": f"Bearer {token}"})

        async def main() -> None:
            async with of("anna") as one:
                async with of("anna") as two:
                    await one.hello()
                    await two.hello()
                    with pytest.raises(InvalidStatus) as refused:
                        async with of("anna"):
                            pass
                    assert refused.value.response.status_code == 503
                    assert refused.value.response.headers["Retry-After"] == "10"
                    assert json.loads(refused.value.response.body)["code"] == "full"
                    headers = {"Authorization": "Bearer anna"}
                    events = await asyncio.to_thread(
                        httpx.get, f"{hub.address}/sse/x", headers=headers, trust_env=False
                    )
                    assert events.status_code == 503
                    async with of("bert") as other:
                        await other.hello()
                state = hub._instance.state  # type: ignore[union-attr]
                await asyncio.to_thread(until, lambda: state.connections._count == 1)
                async with of("anna") as again:
                    await again.hello()

        run(main())


# Requests that do not end


@pytest.mark.parametrize(
    ("timeout", "begun"),
    [
        ("handshake", ""),
        ("handshake", "POST /publish/x HTTP/1.1\r\nHost: x\r\nX-Slow: "),
        (
            "BODY_TIMEOUT",
            "POST /publish/x HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100\r\n{auth}\r\n\r\n[1",
        ),
    ],
)
def test_a_request_that_does_not_come_to_an_end_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, timeout: str, begun: str
):
    monkeypatch.setattr(protocols, "BODY_TIMEOUT", 0.05)
    with Hub(limits=Limits(handshake=0.1 if timeout == "handshake" else 60)) as hub:
        text = begun.format(host=f"127.0.0.1:{hub.port}", auth=f"Authorization: Bearer {hub.token}")
        with socket.create_connection(("127.0.0.1", hub.port), LIMIT) as slow:
            slow.sendall(text.encode())
            try:
                assert slow.recv(1) == b""
            except ConnectionResetError:
                pass


def test_a_stream_and_a_socket_are_not_cut_off_for_being_long(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(protocols, "BODY_TIMEOUT", 0.05)

    async def main(hub: Hub) -> None:
        headers = {"Authorization": f"Bearer {hub.token}"}
        async with (
            client(hub) as one,
            httpx.AsyncClient(trust_env=False, headers=headers, timeout=LIMIT) as web,
        ):
            await one.hello()
            async with web.stream("GET", f"{hub.address}/sse/x") as answer:
                body = answer.aiter_text()
                await anext(body)
                # Others come and are cut off by the same timers in the meantime, one after the other.
                for _ in range(3):
                    with socket.create_connection(("127.0.0.1", hub.port), LIMIT) as idle:
                        assert await asyncio.to_thread(_ended, idle)
                assert await one.settled() == []
                hub.publish("x", "still there")
                while "still there" not in await anext(body):
                    pass

    with Hub(limits=Limits(handshake=0.1)) as hub:
        run(main(hub))


def _ended(idle: socket.socket) -> bool:
    try:
        return idle.recv(1) == b""
    except ConnectionResetError:
        return True
