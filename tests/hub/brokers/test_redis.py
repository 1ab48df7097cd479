"""The Redis broker: hubs that are one, and a Redis that is paused, cut off, killed, or comes back with less."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import trustme

import realtime_widgets as rw
from realtime_widgets.errors import UsageError
from realtime_widgets.hub import Hub
from realtime_widgets.hub.brokers import NotKept, OutOfReach, redis, redis_link
from realtime_widgets.hub.brokers.dedup import Key, KeyReused
from realtime_widgets.hub.brokers.redis import RedisBroker
from realtime_widgets.hub.brokers.redis_link import Address
from realtime_widgets.hub.channels import encode_publication
from realtime_widgets.hub.policies import Retention
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.streams.gaps import Position
from support.faults import Proxy
from support.redis_server import RedisServer, free_port, redis_server
from support.scripted_client import client
from support.servers import LIMIT, plain, wait_for


@pytest.fixture(scope="module")
def module_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as made:
        yield made


@pytest.fixture
def server(module_server: RedisServer) -> RedisServer:
    """A Redis that has nothing."""
    module_server.command("FLUSHALL")
    return module_server


@pytest.fixture
def own(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that may be killed; all that it has answered is on the disk."""
    with redis_server(tmp_path, appendonly="yes", appendfsync="always") as made:
        yield made


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deafness is noticed ten times as soon."""
    monkeypatch.setattr(redis, "BEAT", 0.1)
    monkeypatch.setattr(redis_link, "ANSWER_TIMEOUT", 0.3)


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert "Traceback" not in caplog.text


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(LIMIT):
        while not condition():
            await asyncio.sleep(0.002)


@asynccontextmanager
async def brokers(
    *urls: str, history: int = 1000, age: float | None = None
) -> AsyncIterator[list[RedisBroker]]:
    made = [RedisBroker(Address(url), Retention(history, age)) for url in urls]
    try:
        for one in made:
            await one.open()
        yield made
    finally:
        for one in made:
            await one.close()


class Heard:
    """What a sink of a broker was handed: offsets, and gaps as the positions before them."""

    def __init__(self, broker: RedisBroker, channel: str = "a") -> None:
        self.things: list[int | Position] = []
        self.epochs: list[str] = []
        self.leave = broker.subscribe(channel, self._take)

    def _take(self, message: Message) -> None:
        position = Position(message.epoch or "", message.offset or 0)
        if message.type == "gap":
            self.things.append(position)
        else:
            self.things.append(position.offset)
            self.epochs.append(position.epoch)


async def follow(*brokers: RedisBroker) -> list[Heard]:
    """Listen at brokers; returns when none of them misses anything any more."""
    heard = [Heard(broker) for broker in brokers]
    for broker in brokers:
        await broker.position("a")
    return heard


def publish(
    broker: RedisBroker, count: int = 1, channel: str = "a", first: int = 0
) -> list[Awaitable[Position]]:
    return [broker.publish(channel, encode_publication(channel, first + i)) for i in range(count)]


def offsets(first: int, last: int) -> list[int]:
    return list(range(first, last + 1))


# Hubs that are one


def test_all_hubs_see_one_order_and_acknowledge_what_all_have(server: RedisServer):
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


def test_what_one_hub_has_published_another_recognizes(server: RedisServer):
    async def main() -> None:
        async with brokers(server.url, server.url) as (one, two):
            (heard,) = await follow(two)
            first = await one.publish("a", encode_publication("a", 1), Key("me", "a", "x"))
            assert await two.publish("a", encode_publication("a", 1), Key("me", "a", "x")) == first
            assert heard.things == [1], "also who is told the position of a first has been handed it"
            with pytest.raises(KeyReused):
                await two.publish("a", encode_publication("a", 2), Key("me", "a", "x"))

    asyncio.run(main())


def test_who_comes_while_others_publish_misses_nothing(server: RedisServer):
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


def test_databases_of_one_redis_know_nothing_of_each_other(server: RedisServer):
    async def main() -> None:
        async with brokers(server.url, server.url[:-1] + "1") as (one, two):
            heard = await follow(one, two)
            await asyncio.gather(*publish(one, 3), *publish(two, 2))
            await asyncio.gather(*publish(one), *publish(two))
            assert [each.things for each in heard] == [offsets(1, 4), offsets(1, 3)]

    asyncio.run(main())


def test_names_of_channels_may_be_anything(server: RedisServer):
    async def main() -> None:
        async with brokers(server.url) as (one,):
            names = ["}", "{", "{}x", "a b", "%7D", "äöü", "x" * 200, "\n"]
            heard = [Heard(one, name) for name in names]
            for name in names:
                await asyncio.gather(*publish(one, 2, name))
            assert [each.things for each in heard] == [[1, 2]] * len(names)

    asyncio.run(main())


# Links that are lost, or deaf


def test_who_has_lost_its_link_is_handed_just_what_it_missed(server: RedisServer):
    async def main() -> None:
        async with brokers(server.url, server.url) as (one, two):
            heard = await follow(one, two)
            placed = []
            for i in range(10):
                placed += publish(one, 10) + publish(two, 10)
                await asyncio.sleep(0.005)
                kind = "pubsub" if i % 2 else "normal"
                await asyncio.to_thread(server.command, "CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
            positions = await asyncio.gather(*placed)
            assert sorted(position.offset for position in positions) == offsets(1, 200)
            await until(lambda: all(len(each.things) >= 200 for each in heard))
            assert [each.things for each in heard] == [offsets(1, 200)] * 2

    asyncio.run(main())


def test_a_link_that_is_deaf_without_a_word_is_noticed(server: RedisServer):
    async def main() -> None:
        async with brokers(server.url, server.url) as (one, two):
            heard = await follow(one, two)
            await asyncio.gather(*publish(two, 10))
            deaf = one._link
            assert deaf is not None
            topics = len(server.command("PUBSUB", "CHANNELS"))
            await deaf._tell("UNSUBSCRIBE", [])  # from all: Redis says nothing to it any more
            await until(lambda: len(server.command("PUBSUB", "CHANNELS")) < topics or one._link is not deaf)
            await asyncio.gather(*publish(two, 10))
            await until(lambda: all(len(each.things) >= 20 for each in heard))
            assert [each.things for each in heard] == [offsets(1, 20)] * 2
            await until(lambda: one._link is not deaf)

    asyncio.run(main())


@pytest.mark.parametrize("direction", ["both", "down"])
def test_a_black_hole_is_noticed_and_nothing_is_published_twice(server: RedisServer, direction: str):
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


def test_a_redis_that_is_paused_loses_nothing(server: RedisServer):
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


def test_a_redis_that_makes_clients_wait_is_asked_again_and_publishes_once(server: RedisServer):
    async def main() -> None:
        async with brokers(server.url) as (one,):
            heard = Heard(one)
            await asyncio.gather(*publish(one, 10))
            await asyncio.to_thread(server.command, "CLIENT", "PAUSE", 1500, "ALL")
            await asyncio.gather(*publish(one, 10))
            assert heard.things == offsets(1, 20)

    asyncio.run(main())


def test_what_the_history_lost_meanwhile_is_a_gap(server: RedisServer):
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


# A Redis that ends


def test_a_redis_that_was_stopped_goes_on_where_it_was(own: RedisServer):
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


def test_a_redis_that_comes_back_empty_has_another_epoch(own: RedisServer):
    async def main() -> None:
        async with brokers(own.url, own.url) as (one, two):
            heard = await follow(one, two)
            await asyncio.gather(*publish(one, 10))
            before = await one.position("a")
            await until(lambda: len(heard[1].things) == 10)
            await asyncio.to_thread(own.command, "FLUSHALL")
            await asyncio.gather(*publish(two, 5))
            await until(lambda: all(len(each.things) == 16 for each in heard))
            assert [each.things for each in heard] == [[*offsets(1, 10), before, *offsets(1, 5)]] * 2
            assert len(set(heard[0].epochs)) == 2

    asyncio.run(main())


def test_what_a_redis_has_lost_of_its_end_is_numbered_anew_under_another_epoch(own: RedisServer):
    async def main() -> None:
        async with brokers(own.url, own.url) as (one, two):
            heard = await follow(one, two)
            for number in range(50):  # what is published together is lost together
                await asyncio.gather(*publish(one, first=number))
            before = await one.position("a")
            await until(lambda: len(heard[1].things) == 50)
            await asyncio.to_thread(own.stop, signal.SIGKILL)
            (log,) = own.folder.glob("appendonlydir/*.incr.aof")
            with log.open("r+b") as file:
                file.truncate(log.stat().st_size * 2 // 3)
            placed = publish(one, 5)
            await asyncio.to_thread(own.start)
            positions = await asyncio.gather(*placed)
            base = positions[0].offset - 1
            assert 10 < base < 50, "some of its messages are left"
            await until(lambda: all(len(each.things) == 56 for each in heard))
            assert [each.things for each in heard] == [
                [*offsets(1, 50), before, *offsets(base + 1, base + 5)]
            ] * 2
            assert {position.epoch for position in positions} == {heard[1].epochs[-1]} != {before.epoch}
            assert [m.offset for m in await two.read("a", 0, 10**6)] == offsets(base + 1, base + 5), (
                "none is told again"
            )

    asyncio.run(main())


# What cannot be kept


def test_what_redis_does_not_take_in_time_has_failed_and_the_hub_goes_on(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(redis, "PATIENCE", 0.6)

    async def main() -> None:
        with Proxy(server.port) as proxy:
            url = proxy.to(server.url)
            async with brokers(url) as (one,):
                (heard,) = await follow(one)
                await asyncio.gather(*publish(one))
                await asyncio.to_thread(proxy.down)
                await until(lambda: one.trouble)
                with pytest.raises(NotKept, match=rf"^{url} cannot be reached \(.*\); start Redis"):
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


def test_a_message_that_redis_may_have_is_not_said_to_be_lost(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(redis, "PATIENCE", 0.6)

    async def main() -> None:
        with Proxy(server.port) as proxy:
            async with brokers(proxy.to(server.url), server.url) as (one, two):
                (heard,) = await follow(two)
                await asyncio.to_thread(proxy.half_open, direction="down")
                with pytest.raises(NotKept, match="whether it has the message is not known"):
                    await publish(one)[0]
                assert heard.things == [1]

    asyncio.run(main())


def test_what_redis_refuses_has_no_number(server: RedisServer):
    async def main() -> None:
        async with brokers(server.url) as (one,):
            heard = Heard(one)
            await asyncio.gather(*publish(one))
            await asyncio.to_thread(server.command, "CONFIG", "SET", "maxmemory", 1)
            try:
                with pytest.raises(NotKept, match=r"refuses it .*maxmemory"):
                    await publish(one)[0]
            finally:
                await asyncio.to_thread(server.command, "CONFIG", "SET", "maxmemory", 0)
            await asyncio.gather(*publish(one))
            assert heard.things == [1, 2]
            assert one.trouble is None

    asyncio.run(main())


def test_messages_are_kept_for_as_long_as_they_shall_be(server: RedisServer):
    async def main() -> None:
        async with brokers(server.url, age=0.3) as (one,):
            heard = Heard(one)
            await asyncio.gather(*publish(one, 3))
            keys = server.command("KEYS", "rw:*")
            assert all(server.command("PTTL", key) > 0 for key in keys)
            async with asyncio.timeout(LIMIT):
                while await one.read("a", 0, 10**6):
                    await asyncio.sleep(0.01)
            (there,) = await asyncio.gather(*publish(one))
            assert there.offset == 4
            assert [m.offset for m in await one.read("a", 0, 10**6)] == [4]
            assert heard.things == offsets(1, 4)

    asyncio.run(main())


# The beginning


def test_a_hub_that_was_stopped_starts_again_on_another_event_loop(server: RedisServer):
    broker = RedisBroker(Address(server.url), Retention(10, None))

    async def main(first: int) -> None:
        await broker.open()
        (heard,) = await follow(broker)
        await asyncio.gather(*publish(broker, 3))
        assert heard.things == offsets(first, first + 2)
        heard.leave()
        await broker.close()

    for first in (1, 4, 7):
        asyncio.run(main(first))


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (
            "redis://:my-secret@127.0.0.1:{free}/0",
            r"^the hub cannot keep its messages at redis://127.*/0: connection refused; start a Redis",
        ),
        ("redis://:my-secret@127.0.0.1:{port}/0", r"invalid username-password pair|without any password"),
        ("redis://127.0.0.1:{port}/99", r"/99: .*DB index is out of range"),
        ("unix:///nowhere/redis.sock", r"unix:///nowhere/redis.sock: .*no such file"),
    ],
)
def test_a_hub_that_cannot_begin_says_why_and_no_secret(
    server: RedisServer, url: str, says: str, caplog: pytest.LogCaptureFixture
):
    with Proxy(server.port) as proxy:
        free = proxy.port
    hub = Hub(broker=url.format(port=server.port, free=free))
    with pytest.raises(UsageError, match=says) as caught:
        hub.start()
    assert "secret" not in f"{caught.value}{hub!r}{hub._broker!r}{caplog.text}"


def test_it_gets_in_with_a_password_that_is_nowhere_said(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    with redis_server(tmp_path, requirepass="p/a s:s@wörd") as server, caplog.at_level(logging.DEBUG):

        async def main() -> None:
            url = f"redis://:p%2Fa%20s%3As%40w%C3%B6rd@127.0.0.1:{server.port}/0"
            async with brokers(url) as (one,):
                await asyncio.gather(*publish(one))
                await asyncio.to_thread(server.stop)
                await until(lambda: one.trouble)
                assert "rd" not in f"{one!r}{one._address!r}{one.trouble}"

        asyncio.run(main())
        with pytest.raises(UsageError, match="start a Redis there"):
            asyncio.run(main())
    assert "s:s" not in caplog.text
    assert "wörd" not in caplog.text


def test_it_talks_over_tls_and_over_a_socket_of_the_system(tmp_path: Path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    secure = free_port()
    options = {
        "tls_port": str(secure),
        "tls_cert_file": "cert.pem",
        "tls_key_file": "key.pem",
        "tls_ca_cert_file": "ca.pem",
        "tls_auth_clients": "no",
        "unixsocket": "redis.sock",
    }

    async def main() -> None:
        urls = (
            f"rediss://localhost:{secure}/0?ssl_ca_certs={tmp_path}/ca.pem",
            f"unix://{tmp_path}/redis.sock?db=0",
        )
        async with brokers(*urls) as (one, two):
            heard = await follow(one, two)
            await asyncio.gather(*publish(one, 5), *publish(two, 5))
            await until(lambda: all(len(each.things) == 10 for each in heard))
            with pytest.raises(UsageError, match="certificate"):
                await RedisBroker(Address(f"rediss://localhost:{secure}/0"), Retention(10, None)).open()

    with redis_server(tmp_path, **options):
        asyncio.run(main())


def test_an_old_redis_is_refused():
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            if line in (b"CLIENT\r\n", b"SELECT\r\n"):
                writer.write(b"+OK\r\n")
            elif line == b"PING\r\n":
                writer.write(b"+PONG\r\n")
            elif line == b"INFO\r\n":
                writer.write(b"$22\r\nredis_version:6.0.16\r\n\r\n")

    with (
        plain(peer) as port,
        pytest.raises(UsageError, match=r"it has version 6.0.16; the hub takes Redis 7 or newer, or Valkey"),
    ):
        Hub(broker=f"redis://127.0.0.1:{port}").start()


def test_a_redis_that_may_throw_messages_away_is_warned_of(
    server: RedisServer, caplog: pytest.LogCaptureFixture
):
    async def main() -> None:
        async with brokers(server.url):
            pass

    asyncio.run(main())
    assert not caplog.records
    for name, value in (("maxmemory", 10**9), ("maxmemory-policy", "allkeys-lru")):
        server.command("CONFIG", "SET", name, value)
    try:
        asyncio.run(main())
    finally:
        for name, value in (("maxmemory", 0), ("maxmemory-policy", "noeviction")):
            server.command("CONFIG", "SET", name, value)
    assert "may throw messages away when its memory is full (maxmemory-policy allkeys-lru)" in caplog.text


# The hub around it


def test_a_client_is_told_what_redis_lost_and_stays(server: RedisServer):
    with Hub(broker=server.url) as hub, Hub(broker=server.url) as other:
        one = rw.connect(hub, subscribe=["a"])
        try:
            stream = one.stream("a")
            one.wait_until("connected", LIMIT)
            wait_for(lambda: server.command("PUBSUB", "NUMSUB", "rw:0:{a}")[1])
            other.publish("a", 1)
            wait_for(lambda: len(stream) == 1)
            server.command("FLUSHALL")
            other.publish("a", 2)
            wait_for(lambda: len(stream) == 2)
            assert [gap.reason for gap in stream.gaps] == ["epoch_changed"]
            assert stream.gaps[0].until is not None
            assert stream.gaps[0].until.offset == 0
            assert one.stats.connects == 1
        finally:
            one.close()


def test_a_client_is_told_what_the_history_lost_while_its_hub_was_cut_off(server: RedisServer):
    with (
        Proxy(server.port) as proxy,
        Hub(broker=proxy.to(server.url), history=5) as hub,
        Hub(broker=server.url, history=5) as other,
    ):
        one = rw.connect(hub, subscribe=["a"])
        try:
            stream = one.stream("a")
            one.wait_until("connected", LIMIT)
            wait_for(lambda: server.command("PUBSUB", "NUMSUB", "rw:0:{a}")[1])
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
    server: RedisServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(redis, "PATIENCE", 0.5)
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
