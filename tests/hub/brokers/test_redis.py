"""The Redis broker: hubs that are one, and a Redis that is paused, cut off, killed, or comes back with less."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from realtime_widgets.errors import UsageError
from realtime_widgets.hub import Hub
from realtime_widgets.hub.brokers import NotKept
from realtime_widgets.hub.brokers.redis import RedisBroker
from realtime_widgets.hub.brokers.redis_link import Address
from realtime_widgets.hub.policies import Retention
from support.engines import Heard, brokers, follow, hasty, offsets, post, publish, standing, until
from support.faults import Proxy
from support.ports import free_port
from support.redis_server import RedisServer, redis_server
from support.servers import plain, wait_for

__all__ = ["hasty"]  # the fixture


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
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert "Traceback" not in caplog.text


def test_databases_of_one_redis_know_nothing_of_each_other(server: RedisServer):
    async def main() -> None:
        async with brokers(server.url, server.url[:-1] + "1") as (one, two):
            heard = await follow(one, two)
            await asyncio.gather(*publish(one, 3), *publish(two, 2))
            await asyncio.gather(*publish(one), *publish(two))
            assert [each.things for each in heard] == [offsets(1, 4), offsets(1, 3)]

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


def test_a_redis_that_makes_clients_wait_is_asked_again_and_publishes_once(server: RedisServer):
    async def main() -> None:
        async with brokers(server.url) as (one,):
            heard = Heard(one)
            await asyncio.gather(*publish(one, 10))
            await asyncio.to_thread(server.command, "CLIENT", "PAUSE", 1500, "ALL")
            await asyncio.gather(*publish(one, 10))
            assert heard.things == offsets(1, 20)

    asyncio.run(main())


# A Redis that ends


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


@pytest.mark.parametrize(
    ("setting", "value", "kind"), [("maxmemory", 1, "full"), ("min-replicas-to-write", 3, "refusing")]
)
def test_what_redis_refuses_is_said_by_health_and_the_figure_alike_and_once_in_the_log(
    server: RedisServer, caplog: pytest.LogCaptureFixture, setting: str, value: int, kind: str
):
    with Hub(broker=server.url) as hub:
        assert post(hub, 0).status_code == 200
        server.command("CONFIG", "SET", setting, value)
        try:
            for _ in range(5):
                assert post(hub, 1).status_code == 503
                hub.publish("a", 2)
            assert standing(hub) == (kind, "0")
            wait_for(lambda: "the hub cannot keep messages: redis://" in caplog.text)
        finally:
            server.command("CONFIG", "SET", setting, 0)
        assert post(hub, 3).status_code == 200
        assert standing(hub) == ("ok", "1")
        wait_for(lambda: "the hub could not keep messages for" in caplog.text)
    assert caplog.text.count("the hub cannot keep messages:") == 1


# The beginning


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
                assert "rd" not in f"{one!r}{one._engine!r}{one.trouble}"

        asyncio.run(main())
        with pytest.raises(UsageError, match="start a Redis there"):
            asyncio.run(main())
        server.start()
        for wrong in ("", ":wrong@"):
            with pytest.raises(UsageError, match="look at the user and the password in its address"):
                Hub(broker=f"redis://{wrong}127.0.0.1:{server.port}/0").start()
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


def test_a_cluster_is_refused(tmp_path: Path):
    with (
        redis_server(tmp_path, cluster_enabled="yes", cluster_port=str(free_port())) as server,
        pytest.raises(UsageError, match=r"it is a Redis Cluster, .*; name a Redis that has them all"),
    ):
        Hub(broker=f"redis://127.0.0.1:{server.port}").start()


def test_a_replica_is_refused_and_its_primary_named(server: RedisServer, tmp_path: Path):
    with redis_server(tmp_path, replicaof=f"127.0.0.1 {server.port}") as replica:
        says = rf"it is a replica, .*; name its primary, 127.0.0.1:{server.port}$"
        with pytest.raises(UsageError, match=says):
            Hub(broker=replica.url).start()
        replica.command("REPLICAOF", "NO", "ONE")
        with Hub(broker=replica.url):
            pass


@pytest.mark.parametrize(
    ("without", "says"),
    [
        ("-eval", "run the 'eval' command"),
        ("-xadd", "can't run this command"),
        ("-subscribe", "run the 'subscribe' command"),
        ("resetchannels", "channel"),
        ("resetkeys ~others:*", "one of the keys"),
    ],
)
def test_a_user_who_may_not_do_what_hubs_do_is_refused_at_the_start(
    server: RedisServer, without: str, says: str
):
    rules = "reset on >pw ~rw:* &rw:* +@all -@admin -@dangerous +info"
    url = f"redis://hub:pw@127.0.0.1:{server.port}"

    async def main() -> None:
        async with brokers(url) as (one,):
            heard = await follow(one)
            await asyncio.gather(*publish(one))
            await one.amend("a", lambda had, now: had + b"x")
            assert heard[0].things == [1]

    try:
        server.command("ACL", "SETUSER", "hub", *rules.split())
        asyncio.run(main())
        server.command("ACL", "SETUSER", "hub", *without.split())
        with pytest.raises(UsageError, match=rf"it does not do what hubs ask of it \(.*{says}.*; a user for"):
            Hub(broker=url).start()
    finally:
        server.command("ACL", "DELUSER", "hub")


def test_a_redis_that_is_full_is_warned_of_and_leaves_nothing_of_the_trial(
    server: RedisServer, caplog: pytest.LogCaptureFixture
):
    async def main() -> None:
        async with brokers(server.url):
            pass

    server.command("CONFIG", "SET", "maxmemory", 1)
    try:
        asyncio.run(main())
    finally:
        server.command("CONFIG", "SET", "maxmemory", 0)
    assert (
        "it takes no messages at present (command not allowed when used memory > 'maxmemory'" in caplog.text
    )
    asyncio.run(main())
    assert all(0 < server.command("PTTL", key) <= 1000 for key in server.command("KEYS", "rw:*trial*"))


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
