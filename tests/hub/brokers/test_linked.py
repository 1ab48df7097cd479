"""The linked brokers: hubs that are one, and an engine that is paused, cut off, killed, or comes back with less."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import realtime_widgets as rw
from realtime_widgets.hub import Hub
from realtime_widgets.hub.brokers import NotKept, OutOfReach, linked
from realtime_widgets.hub.brokers.dedup import Key, KeyReused
from realtime_widgets.hub.brokers.linked import LinkedBroker
from realtime_widgets.hub.channels import encode_publication
from realtime_widgets.streams.gaps import Position
from support.engines import (
    EngineServer,
    Heard,
    brokers,
    deafen,
    engine_server,
    follow,
    hasty,
    make,
    offsets,
    publish,
    until,
)
from support.faults import Proxy
from support.faulty_engine import FaultyEngine
from support.memory_engine import MemoryEngine
from support.scripted_client import client
from support.servers import LIMIT, wait_for
from support.timeless import Timeless

__all__ = ["hasty"]  # the fixture


@pytest.fixture(scope="module", params=["redis", "nats"])
def module_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EngineServer]:
    with engine_server(request.param, tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.fixture
def server(module_server: EngineServer) -> EngineServer:
    """An engine that has nothing."""
    module_server.clear()
    return module_server


@pytest.fixture
def own(
    request: pytest.FixtureRequest, module_server: EngineServer, tmp_path: Path
) -> Iterator[EngineServer]:
    """An engine that may be killed; all that it has answered outlives it."""
    with engine_server(module_server.engine, tmp_path, safe=True) as made:
        yield made


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert "Traceback" not in caplog.text


def established(hub: Hub) -> bool:
    """Whether a hub misses nothing of the channel a any more."""
    assert isinstance(hub._broker, linked.LinkedBroker)
    followed = hub._broker._followed.get("a")
    return followed is not None and followed.established


def test_all_hubs_see_one_order_and_acknowledge_what_all_have(server: EngineServer):
    async def main() -> None:
        async with brokers(server.url, server.url) as (one, two):
            heard = await follow(one, two)
            placed = []
            for i in range(300):
                placed += publish(one) + publish(two)
                if i % 7 == 0:
                    await asyncio.sleep(0)
            positions = await asyncio.gather(*placed)
            assert sorted(position.offset for position in positions) == offsets(1, 600)
            assert [p.offset for p in positions[::2]] == sorted(p.offset for p in positions[::2])
            await until(lambda: all(len(each.things) >= 600 for each in heard))
            assert [each.things for each in heard] == [offsets(1, 600)] * 2
            assert await one.position("a") == await two.position("a") == max(positions)
            assert [m.offset for m in await two.read("a", 595, 10**6)] == offsets(596, 600)

    asyncio.run(main())


def test_what_one_hub_has_published_another_recognizes(server: EngineServer):
    async def main() -> None:
        async with brokers(server.url, server.url) as (one, two):
            (heard,) = await follow(two)
            first = await one.publish("a", encode_publication("a", 1), Key("me", "a", "x"))
            assert await two.publish("a", encode_publication("a", 1), Key("me", "a", "x")) == first
            assert heard.things == [1], "also who is told the position of a first has been handed it"
            with pytest.raises(KeyReused):
                await two.publish("a", encode_publication("a", 2), Key("me", "a", "x"))

    asyncio.run(main())


def test_who_comes_while_others_publish_misses_nothing(server: EngineServer):
    async def main() -> None:
        async with brokers(server.url, server.url) as (one, two):
            going = True

            async def talk() -> None:
                while going:
                    await asyncio.gather(*publish(two, 5))

            talking = asyncio.create_task(talk())
            for _ in range(20):
                heard = Heard(one)
                there = await one.position("a")
                await until(lambda heard=heard: len(heard.things) > 10)
                heard.leave()
                first = heard.things[0]
                assert heard.things == offsets(first, first + len(heard.things) - 1)
                assert first <= there.offset + 1
            going = False
            await talking

    asyncio.run(main())


def test_names_of_channels_may_be_anything(server: EngineServer):
    async def main() -> None:
        async with brokers(server.url) as (one,):
            names = [
                ".",
                "*",
                "a.b",
                ">",
                "}",
                "{",
                "{}x",
                "a b",
                "%7D",
                "äöü",
                "x" * 200,
                "\n",
            ]
            heard = [Heard(one, name) for name in names]
            for name in names:
                await asyncio.gather(*publish(one, 2, name))
            assert [each.things for each in heard] == [[1, 2]] * len(names)

    asyncio.run(main())


def test_who_has_heard_more_elsewhere_is_not_told_that_it_is_lost(
    server: EngineServer, monkeypatch: pytest.MonkeyPatch
):
    """A client that comes from another hub may be ahead of this one, which has not had its news yet."""

    async def main() -> None:
        async with brokers(server.url, server.url) as (one, two):
            (heard,) = await follow(one)
            await asyncio.gather(*publish(two, 5))
            await until(lambda: heard.things == offsets(1, 5))
            late: list[tuple[bytes, bytes]] = []
            monkeypatch.setattr(one, "_hear", lambda name, data: late.append((name, data)))
            *_, last = await asyncio.gather(*publish(two, 5))
            assert heard.things == offsets(1, 5)
            assert await one.position("a", last) == last
            assert heard.things == offsets(1, 10)
            await until(lambda: len(late) >= 5)
            for news in late:
                LinkedBroker._hear(one, *news)
            assert heard.things == offsets(1, 10)
            for never in (last._replace(offset=1000), Position("another", 1), Position("", 0)):
                assert await one.position("a", never) == last
            assert await two.position("a", last._replace(offset=1000)) == last

    asyncio.run(main())


def test_who_has_heard_of_another_epoch_elsewhere_is_told_so_once(
    server: EngineServer, monkeypatch: pytest.MonkeyPatch
):
    async def main() -> None:
        async with brokers(server.url, server.url) as (one, two):
            heard = await follow(one, two)
            *_, before = await asyncio.gather(*publish(one, 3))
            await until(lambda: all(each.things == offsets(1, 3) for each in heard))
            await asyncio.to_thread(server.clear)
            *_, last = await asyncio.gather(*publish(two, 5))
            assert last.epoch != before.epoch
            assert await one.position("a", last) == last
            assert heard[0].things == [*offsets(1, 3), before, *offsets(last.offset - 4, last.offset)]

    asyncio.run(main())


@pytest.mark.parametrize("when", [0.0, 0.01, 0.3, 0.49, 0.51, 0.7, 0.99, 1.0, 1.49])
def test_a_link_that_goes_deaf_is_given_up_within_two_beats(when: float, monkeypatch: pytest.MonkeyPatch):
    """Whenever that is between two words of the hub to itself; by a clock that goes on by itself."""
    monkeypatch.setattr(linked, "BEAT", 1.0)
    loop = Timeless()

    async def main() -> float:
        way = FaultyEngine(MemoryEngine(10, 60.0, loop.time, lambda *_: None))
        broker = LinkedBroker(way)
        await broker.open()
        broker.subscribe("x", lambda _: None)
        await asyncio.sleep(5.0 + when)
        (before,) = way._links
        way.deafen()
        began = loop.time()
        while before in way._links:
            await asyncio.sleep(0.01)
        took = loop.time() - began
        await broker.close()
        return took

    assert 0.9 <= loop.run_until_complete(main()) <= 2 * linked.BEAT + 0.02
    loop.close()


def test_a_link_that_is_deaf_without_a_word_is_noticed(server: EngineServer):
    async def main() -> None:
        async with brokers(server.url, server.url) as (one, two):
            heard = await follow(one, two)
            await asyncio.gather(*publish(two, 10))
            deaf = one._link
            assert deaf is not None
            await until(lambda: len(heard[0].things) == 10)
            await deafen(server, deaf)
            await asyncio.gather(*publish(two, 10))
            await until(lambda: one._link is not deaf)
            await until(lambda: all(len(each.things) >= 20 for each in heard))
            assert [each.things for each in heard] == [offsets(1, 20)] * 2

    asyncio.run(main())


@pytest.mark.parametrize("direction", ["both", "down"])
def test_a_black_hole_is_noticed_and_nothing_is_published_twice(server: EngineServer, direction: str):
    async def main() -> None:
        with Proxy(server.port) as proxy:
            async with brokers(proxy.to(server.url), server.url) as (one, two):
                heard = await follow(one, two)
                await asyncio.gather(*publish(one, 10))
                await asyncio.to_thread(proxy.half_open, direction=direction)
                waiting = publish(one, 10)
                await asyncio.gather(*publish(two, 30))
                await until(lambda: one.trouble)
                assert heard[0].things == offsets(1, 10)
                await asyncio.to_thread(proxy.heal)
                await asyncio.gather(*waiting)
                await until(lambda: all(len(each.things) >= 50 for each in heard))
                assert [each.things for each in heard] == [offsets(1, 50)] * 2
                assert one.trouble is None

    asyncio.run(main())


def test_an_engine_that_is_paused_loses_nothing(server: EngineServer):
    async def main() -> None:
        async with brokers(server.url, server.url) as (one, two):
            heard = await follow(one, two)
            placed = publish(one, 10)
            await asyncio.gather(*placed)
            server.pause()
            placed += publish(one, 50) + publish(two, 50)
            try:
                await until(lambda: one.trouble and two.trouble)
            finally:
                server.resume()
            positions = await asyncio.gather(*placed)
            assert sorted(position.offset for position in positions) == offsets(1, 110)
            await until(lambda: all(len(each.things) >= 110 for each in heard))
            assert [each.things for each in heard] == [offsets(1, 110)] * 2

    asyncio.run(main())


def test_what_the_history_lost_meanwhile_is_a_gap(server: EngineServer):
    async def main() -> None:
        with Proxy(server.port) as proxy:
            async with brokers(proxy.to(server.url), server.url, history=5) as (one, two):
                heard = Heard(one)
                (first,) = await asyncio.gather(*publish(one))
                await asyncio.to_thread(proxy.half_open)
                await asyncio.gather(*publish(two, 20))
                await until(lambda: one.trouble)
                await asyncio.to_thread(proxy.heal)
                await until(lambda: len(heard.things) == 7)
                assert heard.things == [1, first, *offsets(17, 21)]

    asyncio.run(main())


def test_an_engine_that_was_stopped_goes_on_where_it_was(own: EngineServer):
    async def main() -> None:
        async with brokers(own.url, own.url) as (one, two):
            heard = await follow(one, two)
            placed = []
            for number in (signal.SIGTERM, signal.SIGKILL):
                placed += publish(one, 50) + publish(two, 50)
                await asyncio.sleep(0.002)
                await asyncio.to_thread(own.stop, number)
                placed += publish(one, 50)
                await asyncio.to_thread(own.start)
                await asyncio.gather(*placed)
            await until(lambda: all(len(each.things) >= 300 for each in heard))
            assert [each.things for each in heard] == [offsets(1, 300)] * 2
            assert len({*heard[0].epochs, *heard[1].epochs}) == 1

    asyncio.run(main())


def test_an_engine_that_comes_back_empty_has_another_epoch(own: EngineServer):
    async def main() -> None:
        async with brokers(own.url, own.url) as (one, two):
            heard = await follow(one, two)
            await asyncio.gather(*publish(one, 10))
            before = await one.position("a")
            await until(lambda: len(heard[1].things) == 10)
            await asyncio.to_thread(own.clear)
            await asyncio.gather(*publish(two, 5))
            await until(lambda: all(len(each.things) == 16 for each in heard))
            assert [each.things for each in heard] == [[*offsets(1, 10), before, *offsets(1, 5)]] * 2
            assert len(set(heard[0].epochs)) == 2

    asyncio.run(main())


def test_what_is_not_taken_in_time_has_failed_and_the_hub_goes_on(
    server: EngineServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(linked, "PATIENCE", 0.6)

    async def main() -> None:
        with Proxy(server.port) as proxy:
            url = proxy.to(server.url)
            async with brokers(url) as (one,):
                (heard,) = await follow(one)
                await asyncio.gather(*publish(one))
                await asyncio.to_thread(proxy.down)
                await until(lambda: one.trouble)
                with pytest.raises(NotKept, match=rf"^{url} cannot be reached \(.*\); start "):
                    await publish(one)[0]
                with pytest.raises(OutOfReach, match="cannot be reached"):
                    await one.position("other")
                with pytest.raises(OutOfReach, match="cannot be reached"):
                    await one.read("a", 0, 100)
                assert (await one.position("a")).offset == 1, "what was handed on is known"
                await asyncio.to_thread(proxy.up)
                await until(lambda: one.trouble is None)
                await asyncio.gather(*publish(one))
                assert heard.things == [1, 2]

    asyncio.run(main())


def test_a_message_that_the_engine_may_have_is_not_said_to_be_lost(
    server: EngineServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(linked, "PATIENCE", 0.6)

    async def main() -> None:
        with Proxy(server.port) as proxy:
            async with brokers(proxy.to(server.url), server.url) as (one, two):
                (heard,) = await follow(two)
                await asyncio.gather(*publish(one))
                await asyncio.to_thread(proxy.half_open, direction="down")
                with pytest.raises(NotKept, match="whether it has the message is not known"):
                    await publish(one)[0]
                assert heard.things == [1, 2]

    asyncio.run(main())


def test_messages_are_kept_for_as_long_as_they_shall_be(server: EngineServer):
    async def main() -> None:
        async with brokers(server.url, age=0.3) as (one,):
            heard = Heard(one)
            await asyncio.gather(*publish(one, 3))
            async with asyncio.timeout(LIMIT):
                while await one.read("a", 0, 10**6):
                    await asyncio.sleep(0.01)
            (there,) = await asyncio.gather(*publish(one))
            assert there.offset == 4
            assert [m.offset for m in await one.read("a", 0, 10**6)] == [4]
            assert heard.things == offsets(1, 4)

    asyncio.run(main())


def test_a_hub_that_was_stopped_starts_again_on_another_event_loop(server: EngineServer):
    broker = make(server.url, 10)

    async def main(first: int) -> None:
        await broker.open()
        (heard,) = await follow(broker)
        await asyncio.gather(*publish(broker, 3))
        assert heard.things == offsets(first, first + 2)
        heard.leave()
        await broker.close()

    for first in (1, 4, 7):
        asyncio.run(main(first))


def test_a_client_is_told_what_the_engine_lost_and_stays(server: EngineServer):
    with Hub(broker=server.url) as hub, Hub(broker=server.url) as other:
        one = rw.connect(hub, subscribe=["a"])
        try:
            stream = one.stream("a")
            one.wait_until("connected", LIMIT)
            wait_for(lambda: established(hub))
            other.publish("a", 1)
            wait_for(lambda: len(stream) == 1)
            server.clear()
            other.publish("a", 2)
            wait_for(lambda: len(stream) == 2)
            assert [gap.reason for gap in stream.gaps] == ["epoch_changed"]
            assert stream.gaps[0].until is not None
            assert stream.gaps[0].until.offset == 0
            assert one.stats.connects == 1
        finally:
            one.close()


def test_a_client_is_told_what_the_history_lost_while_its_hub_was_cut_off(server: EngineServer):
    with (
        Proxy(server.port) as proxy,
        Hub(broker=proxy.to(server.url), history=5) as hub,
        Hub(broker=server.url, history=5) as other,
    ):
        one = rw.connect(hub, subscribe=["a"])
        try:
            stream = one.stream("a")
            one.wait_until("connected", LIMIT)
            wait_for(lambda: established(hub))
            other.publish("a", 1)
            wait_for(lambda: len(stream) == 1)
            proxy.half_open()
            for number in range(2, 22):
                other.publish("a", number)
            wait_for(lambda: hub._broker.trouble)
            proxy.heal()
            wait_for(lambda: len(stream) == 6)
            assert [int(number) for number in stream.read()["value"]] == [1, *offsets(17, 21)]
            assert [
                (gap.reason, gap.after.offset, gap.until.offset)
                for gap in stream.gaps
                if gap.after and gap.until
            ] == [("trimmed", 1, 16)]
            assert one.stats.connects == 1
        finally:
            one.close()


def test_clients_whose_wishes_cannot_be_met_are_sent_to_try_again_and_health_is_true(
    server: EngineServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(linked, "PATIENCE", 0.5)
    with Proxy(server.port) as proxy, Hub(broker=proxy.to(server.url)) as hub:

        def health() -> str:
            return str(httpx.get(f"{hub.address}/health", trust_env=False, timeout=LIMIT).json()["broker"])

        async def main() -> None:
            async with client(hub) as stays, client(hub) as comes:
                await stays.hello("a", recovery=True)
                await comes.hello()
                assert health() == "ok"
                await asyncio.to_thread(proxy.down)
                await until(lambda: "the hub cannot reach its broker:" in caplog.text)
                assert health() == "unreachable"
                await comes.say("subscribe", {"streams": ["b"]})
                assert (await comes.ended()).rcvd.code == 3010
                assert await stays.settled() is not None, "who has all stays"
                await asyncio.to_thread(proxy.up)
                await until(lambda: health() == "ok")
                hub.publish("a", 1)
                assert (await stays.heard("a"))[0]["offset"] == 1

        asyncio.run(main())
        wait_for(lambda: "could not reach its broker for" in caplog.text)
    assert caplog.text.count("the hub cannot reach its broker:") == 1
