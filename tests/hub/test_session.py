"""The session, over real sockets: what a client says and what it hears for that."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from realtime_widgets.hub import Hub, flush, session, turns
from realtime_widgets.hub.limits import Limits
from realtime_widgets.protocol.limits import MAX_DATA_BYTES
from support import hostile
from support.hostile import frame
from support.scripted_client import Answer, client, run

# Clients that say hello


def test_a_hello_is_answered_with_what_the_hub_can_do(shared: Hub):
    async def main() -> None:
        async with client(shared) as one, client(shared) as other:
            await one.say("hello", {"version": 1, "batch": True}, id="h1")
            answer = await one.next()
            assert answer["id"] == "h1"
            named = answer["data"].pop("client")
            can = {"version": 1, "batch": True, "recovery": True, "acks": True, "heartbeat": 25}
            assert answer["data"] == can
            assert isinstance(answer["timestamp"], int)
            assert named
            assert (await other.hello())["data"]["client"] != named

    run(main())


def test_after_a_hello_a_client_gets_exactly_what_it_subscribes_to(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello("cpu")
            for channel in ("alerts", "memory", "cpu"):
                await one.say("publish", 1, channel=channel)
            assert [message["channel"] for message in await one.settled()] == ["cpu"]

    run(main())


def test_a_message_has_everything_that_is_known_of_it(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello("alerts", "mine")
            before = time.time() * 1000
            await one.say("publish", 0, channel="mine", id="x" * 201)
            assert (await one.next())["data"]["code"] == "bad_request"
            await one.say("publish", {"title": "日本"}, channel="alerts", id="a1")
            await one.say("publish", [1, None], channel="mine")
            alert, mine = await one.next(), await one.next()
            assert alert.keys() == {"type", "data", "timestamp", "id", "channel", "epoch", "offset"}
            assert (alert["type"], alert["channel"]) == ("alert", "alerts")
            assert (alert["data"], alert["id"]) == ({"title": "日本"}, "a1")
            assert before - 1 <= alert["timestamp"] <= time.time() * 1000 + 1
            assert (mine["type"], mine["channel"], mine["data"]) == ("mine", "mine", [1, None])
            assert mine["id"]
            assert mine["epoch"] == alert["epoch"]
            assert mine["offset"] == 1

    run(main())


def test_who_unsubscribes_gets_no_more(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello("a", "b")
            await one.say("unsubscribe", {"streams": ["a", "never subscribed"]})
            await one.say("publish", 1, channel="a")
            await one.say("publish", 2, channel="b")
            assert [message["data"] for message in await one.settled()] == [2]

    run(main())


def test_subscribing_twice_gives_every_message_once(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello("twice", "twice")
            await one.say("subscribe", {"streams": ["twice"]})
            await one.say("publish", 1, channel="twice")
            assert len(await one.settled()) == 1

    run(main())


def test_several_waiting_messages_come_as_one_frame_to_those_who_read_arrays(shared: Hub):
    async def main() -> None:
        async with client(shared) as reads, client(shared) as reads_not:
            await reads.hello("burst")
            await reads_not.hello("burst", batch=False)
            for i in range(500):
                shared.publish("burst", i)
            for one in (reads, reads_not):
                assert [(await one.next())["data"] for _ in range(500)] == list(range(500))
            arrays = [frame for frame in reads.frames if isinstance(frame, list)]
            assert arrays
            assert all(len(array) > 1 for array in arrays)
            assert all(isinstance(frame, dict) for frame in reads_not.frames)

    run(main())


def test_a_client_may_send_several_messages_in_one_frame(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            words: list[Answer] = [
                {"type": "hello", "data": {"batch": True}},
                {"type": "subscribe", "data": {"streams": ["x"]}},
                {"type": "publish", "channel": "x", "data": 5},
                {"type": "ping", "id": "p"},
            ]
            await one.ws.send(json.dumps(words).encode())
            assert [(await one.next())["type"] for _ in range(3)] == ["hello", "x", "pong"]

    run(main())


def words_of_all_kinds(chance: random.Random, count: int) -> list[tuple[bytes, dict[str, Any]]]:
    """Frames of a client, and what is answered first to each."""
    found: list[tuple[bytes, dict[str, Any]]] = []
    for number in range(count):
        id = f"{number}"
        match chance.choice("pppppppplgsuxbj"):
            case "p":
                said = {"type": "publish", "data": number, "channel": "order", "id": id}
                found.append((frame(json.dumps(said).encode()), {"type": "ack", "id": id}))
            case "l":  # a large one, which waits for its turn
                said = {"type": "publish", "data": "x" * 5000, "channel": "order", "id": id}
                found.append((frame(json.dumps(said).encode()), {"type": "ack", "id": id}))
            case "g":
                found.append((hostile.said("ping", {}, id=id), {"type": "pong", "id": id}))
            case "s" | "u" as kind:
                named = "subscribe" if kind == "s" else "unsubscribe"
                found.append((hostile.said(named, {"streams": ["other"]}, id=id), {"type": "ack", "id": id}))
            case "x":
                found.append((hostile.said("publish", 1, channel="metrics", id=id), {"type": "error"}))
            case "b":
                found.append(
                    (frame(f'{{"type":"ping","id":"{id}"}}'.encode(), 2), {"type": "pong", "id": id})
                )
            case "j":
                found.append((frame(b"no JSON"), {"type": "error"}))
    return found


@pytest.mark.parametrize("seed", range(20))
def test_what_comes_in_one_burst_is_done_in_order(shared: Hub, seed: int, monkeypatch: pytest.MonkeyPatch):
    """Whether it is published in the turn in which it came, or has to wait; and whatever is between."""
    chance = random.Random(seed)
    if chance.random() < 0.5:
        monkeypatch.setattr(turns, "TURN", 0.0)
    words = words_of_all_kinds(chance, 300)

    async def main() -> None:
        async with client(shared) as one:
            await one.hello(acks=True)
            one.ws.transport.write(b"".join(wire for wire, _ in words))
            for number, (_, answer) in enumerate(words):
                heard = await one.next()
                assert {key: heard[key] for key in answer} == answer, number

    run(main())


@pytest.mark.parametrize("broker", ["memory", "sqlite"])
def test_who_reads_is_not_taken_for_slow_however_large_a_burst(broker: str, tmp_path: Path):
    """Three megabytes at once, of messages that go through the queue, or do not; and clients that cannot recover."""
    name = "memory" if broker == "memory" else f"sqlite:///{tmp_path / 'hub.db'}"
    with Hub(broker=name, limits=Limits(messages=None)) as hub:

        async def main() -> None:
            async with client(hub) as one, client(hub) as other:
                await one.hello("burst")
                await other.hello(acks=True)
                for size in (3000, 20_000):
                    count = 3_000_000 // size
                    data = [f"{number}:".ljust(size, "x") for number in range(count)]
                    other.ws.transport.write(
                        b"".join(hostile.said("publish", each, channel="burst") for each in data)
                    )
                    assert [(await one.next())["data"] for _ in data] == data

        run(main())


def test_what_many_follow_is_written_to_all_before_more_is_published():
    """However large: to write to a part of them in each turn is for what is small."""
    followers = flush.AT_ONCE * 2 + 50
    limits = Limits(connects=None, connections=None, connections_each=None)
    with Hub(limits=limits) as hub:

        async def main() -> None:
            async with contextlib.AsyncExitStack() as opened:
                clients = [await opened.enter_async_context(client(hub)) for _ in range(followers)]
                await asyncio.gather(*(one.hello("large") for one in clients))
                data = [f"{number}:".ljust(400_000, "x") for number in range(3)]
                for each in data:
                    hub.publish("large", each)
                for one in clients:
                    assert [(await one.next())["data"] for _ in data] == data

        run(main())


def test_a_burst_is_sent_on_in_few_frames(shared: Hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(turns, "TURN", 0.0)  # that is many turns
    monkeypatch.setattr(flush, "HOLD", 1e9)

    async def main() -> None:
        async with client(shared) as one, client(shared) as other:
            await one.hello("burst")
            await other.hello()
            burst = [hostile.said("publish", number, channel="burst") for number in range(100)]
            other.ws.transport.write(b"".join(burst))
            before = len(one.frames)
            assert [(await one.next())["data"] for _ in range(100)] == list(range(100))
            assert len(one.frames) - before <= 3  # one, unless the burst came in parts

    run(main())


@pytest.mark.parametrize("size", [10, 5000])
def test_bytes_are_counted_and_not_characters(hub: Hub, size: int):
    """Of a frame that is taken at once, and of one that waits for its turn."""

    async def main() -> None:
        assert hub._instance is not None
        runtime, tally = hub._instance.runtime, hub._instance.state.tally

        async def counted() -> tuple[int, int]:
            return tally.received_bytes["websocket"], tally.sent_bytes["websocket"]

        async with client(hub) as one, client(hub) as other:
            await one.hello("x")
            await other.hello()
            await one.settled()
            before = await asyncio.wrap_future(runtime.run(counted()))  # on its thread: between two writes
            said = json.dumps({"type": "publish", "channel": "x", "data": "☃" * size}, ensure_ascii=False)
            await other.ws.send(said)
            heard = await one.next()
            assert heard["data"] == "☃" * size
            received, sent = await asyncio.wrap_future(runtime.run(counted()))
            assert received - before[0] == len(said.encode())
            frame = json.dumps(heard, ensure_ascii=False, separators=(",", ":")).encode()
            assert sent - before[1] == len(frame)

    run(main())


@pytest.mark.parametrize("size", [10, 5000])
@pytest.mark.parametrize("coding", ["utf-16", "latin-1"])
def test_a_text_that_is_no_utf8_ends_the_connection(shared: Hub, coding: str, size: int):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello("x")
            said = json.dumps({"type": "publish", "channel": "x", "data": "é" * size}, ensure_ascii=False)
            one.ws.transport.write(frame(said.encode(coding)))
            assert (await one.ended()).rcvd.code == 1007
            assert len(one.frames) == 2, "a hello and a pong"

    run(main())


def test_a_ping_is_answered_with_its_id(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello()
            await one.say("ping", {}, id=17)
            pong = await one.next()
            assert (pong["type"], pong["id"], pong["data"]) == ("pong", 17, {})
            await one.say("pong", {})
            assert await one.settled() == [], "a pong is swallowed"

    run(main())


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "nonsense", "id": "o"}, "unknown_type"),
        ({"type": "ack", "id": "o"}, "unknown_type"),
        ({"type": "subscribe", "topics": ["metrics"], "id": "o"}, "bad_request"),
        ({"type": "subscribe", "data": None, "id": "o"}, "bad_request"),
        ({"type": "subscribe", "data": {"streams": "metrics"}, "id": "o"}, "bad_request"),
        ({"type": "subscribe", "data": {"streams": [5]}, "id": "o"}, "bad_request"),
        ({"type": "unsubscribe", "data": [], "id": "o"}, "bad_request"),
        ({"type": "subscribe", "data": {"streams": [""]}, "id": "o"}, "bad_channel"),
        ({"type": "subscribe", "data": {"streams": ["ok", "x" * 201]}, "id": "o"}, "bad_channel"),
        ({"type": "publish", "data": 1, "id": "o"}, "bad_channel"),
        ({"type": "publish", "data": 1, "channel": "ping", "id": "o"}, "bad_channel"),
        ({"type": "publish", "data": 1, "channel": "x" * 201, "id": "o"}, "bad_channel"),
        ({"type": "publish", "data": 1, "channel": "", "id": "o"}, "bad_channel"),
        ({"type": "publish", "data": 1, "channel": "metrics", "id": "o"}, "bad_channel"),
        ({"type": "publish", "data": 1, "channel": "events", "id": "o"}, "bad_channel"),
        ({"type": "publish", "data": 1, "channel": "metrics_update", "id": "o"}, "bad_channel"),
    ],
)
def test_what_is_not_allowed_is_answered_by_an_error_and_the_connection_goes_on(
    shared: Hub, message: Answer, code: str
):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello()
            await one.ws.send(json.dumps(message))
            error = await one.next()
            assert error["type"] == "error"
            assert error.keys() >= {"timestamp", "id"}
            text = error["data"].pop("message")
            assert error["data"] == {"code": code, "id": "o"}
            assert text
            assert await one.settled() == []

    run(main())


@pytest.mark.parametrize(
    "frame",
    [
        "{",
        "3",
        '"x"',
        "[1]",
        '{"data": 1}',
        '{"type": 5}',
        '{"type": ["ticker"], "price": 1}',
        '{"type": "ticker", "price": 1}',
        '{"type": "publish", "channel": "x", "payload": 1}',
        b"\xff\xfd",
        "[" * 100_000,
        '{"type":"x","data":1e99',
    ],
)
def test_what_cannot_be_read_is_answered_by_an_error_that_does_not_repeat_it(shared: Hub, frame: str | bytes):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello()
            await one.ws.send(frame)
            error = await one.next()
            assert (error["type"], error["data"]["code"], error["data"]["id"]) == (
                "error",
                "unreadable",
                None,
            )
            assert len(error["data"]["message"]) < 200
            assert await one.settled() == []

    run(main())


def test_one_bad_envelope_in_an_array_costs_only_itself(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello("x")
            await one.ws.send(
                '[{"type": "publish", "channel": "x", "data": 1}, {"type": 5}, {"type": "ping"}]'
            )
            assert [(await one.next())["type"] for _ in range(3)] == ["x", "pong", "error"]

    run(main())


def test_a_frame_is_no_larger_than_its_reader_takes_and_what_is_larger_stays_alone(shared: Hub):
    async def main() -> None:
        async with client(shared) as one, client(shared) as publisher:
            await one.hello("x", max_size=2000)
            await publisher.hello()
            for size in (10, 800, 800, 5000, *[10] * 100, 5000, 300):
                await publisher.say("publish", "é" * (size // 2), channel="x")
            await publisher.settled()
            one.frames.clear()
            assert len(await one.settled()) == 106
            sizes = [len(json.dumps(frame, ensure_ascii=False).encode()) for frame in one.frames]
            assert max(len(frame) for frame in one.frames if isinstance(frame, list)) > 5, "still together"
            for frame, size in zip(one.frames, sizes, strict=True):
                assert size < 2500 or isinstance(frame, dict)  # of JSON with spaces

    run(main())


def test_an_error_is_not_answered_by_an_error(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello()
            await one.say("error", {"code": "any"})
            assert await one.settled() == []

    run(main())


def test_a_client_may_follow_128_channels(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello(*(f"c{i}" for i in range(128)))
            await one.say("unsubscribe", {"streams": ["c1"]})
            await one.say("subscribe", {"streams": ["c0", "d", "e", "f"]}, id="s")
            error = await one.next()
            text = error["data"].pop("message")
            assert error["data"] == {"code": "too_many_channels", "id": "s", "streams": ["e", "f"]}
            assert "these would make 130: 'e' and 1 more not followed; unsubscribe from others first" in text
            for channel in ("c1", "c127", "d", "e"):
                await one.say("publish", 1, channel=channel)
            assert [message["channel"] for message in await one.settled()] == ["c127", "d"]

    run(main())


# Clients that know nothing of hello


def test_a_client_of_the_catalogue_gets_the_channels_of_its_path(shared: Hub):
    async def main() -> None:
        async with client(shared) as one, client(shared) as publisher:
            await publisher.hello()
            await one.say("subscribe", {"streams": ["metrics", "alerts", "events"]})
            await one.heard("metrics_update")
            await publisher.say("publish", {"title": "t"}, channel="alerts")
            await publisher.say("publish", 1, channel="other")
            alert, _ = await one.heard("alert")
            assert alert["data"] == {"title": "t"}

    run(main())


def test_a_client_that_says_nothing_gets_the_channels_of_its_path_after_a_while(
    shared: Hub, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(session, "HELLO_TIMEOUT", 0.01)

    async def main() -> None:
        async with client(shared) as one:
            assert (await one.next())["channel"] in ("metrics", "events")
            shared.publish("alerts", 5)
            assert (await one.heard("alert"))[0]["data"] == 5

    run(main())


def test_without_a_hello_there_are_no_arrays_and_no_words_of_the_hub_alone(shared: Hub):
    async def main() -> None:
        async with client(shared) as one:
            await one.say("subscribe", {"streams": ["other"]})
            await one.ws.send("what is this")
            await one.say("nonsense")
            await one.say("unsubscribe", {"streams": ["alerts"]})
            await one.settled()
            shared.publish("other", 0)
            for i in range(200):
                shared.publish("alerts", i)
            alerts = [(await one.heard("alert"))[0]["data"] for _ in range(200)]
            assert alerts == list(range(200))
            await one.say("ping", {}, id="p")
            assert (await one.heard("pong"))[0]["id"] == "p"
            assert all(isinstance(frame, dict) for frame in one.frames)
            assert {frame["type"] for frame in one.frames} <= {
                "metrics_update",
                "alert",
                "system_event",
                "pong",
            }

    run(main())


def test_a_hello_that_comes_late_counts_all_the_same(shared: Hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(session, "HELLO_TIMEOUT", 0.01)

    async def main() -> None:
        async with client(shared) as one:
            await one.next()  # its path has decided
            await one.hello("x")
            for channel in ("alerts", "x"):
                await one.say("publish", 1, channel=channel)
            assert [message["channel"] for message in await one.settled()] == ["x"]

    run(main())


# Limits


def test_the_largest_message_fits_into_the_frames_that_most_clients_take(shared: Hub):
    async def main() -> None:
        name = "\x01" * 200  # each of which JSON spells with six characters
        async with client(shared, max_size=1024 * 1024) as one:
            await one.hello(name)
            shared.publish(name, "a" * (MAX_DATA_BYTES - 2), type=name)
            assert len((await one.next())["data"]) == MAX_DATA_BYTES - 2
            await one.say("publish", "a" * (MAX_DATA_BYTES - 1), channel="x")
            assert (await one.next())["data"]["code"] == "bad_data"

    run(main())
