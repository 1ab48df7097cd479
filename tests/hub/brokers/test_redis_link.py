"""The link to Redis: addresses and their secrets, answers and refusals, and how its end is told."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from realtime_widgets.errors import MissingDependency, UsageError
from realtime_widgets.hub.brokers import make_broker
from realtime_widgets.hub.brokers.engine import LinkLost
from realtime_widgets.hub.brokers.redis_link import NAME, Address, RedisLink
from realtime_widgets.hub.brokers.redis_scripts import Script
from realtime_widgets.hub.policies import Policies
from support.redis_server import RedisServer, redis_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as made:
        yield made


@pytest.mark.parametrize(
    ("url", "place", "options"),
    [
        ("redis://host", "redis://host", {"host": "host", "db": 0}),
        (
            "redis://me:p%40ss@host:7/3",
            "redis://host:7/3",
            {"port": 7, "db": 3, "password": "p@ss", "username": "me"},
        ),
        (
            "rediss://:pw@[::1]/0?ssl_ca_certs=/ca.pem",
            "rediss://[::1]/0",
            {"host": "::1", "ssl_ca_certs": "/ca.pem"},
        ),
        ("unix:///run/redis.sock?db=2", "unix:///run/redis.sock", {"path": "/run/redis.sock", "db": 2}),
    ],
)
def test_an_address_is_read_and_shown_without_its_secrets(url: str, place: str, options: dict[str, Any]):
    address = Address(url)
    assert address.place == place
    assert address._options.items() >= options.items()
    assert address.database == options.get("db", 0)
    assert repr(address) == f"<Address {place}>"
    assert place in repr(make_broker(url, Policies(history=10, history_age=None)))


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("redis://", "it has a host"),
        ("redis://host/name", "it has a host, and after it at most the number of a database"),
        ("redis://host:port/0", "broker='redis://host:port/0': that is no address"),
        ("redis://host?socket_timeout=1", "it has 'socket_timeout' after its '\\?'"),
        ("redis://:pa/ss@host/0", "broker='redis://host/0': that is no address of a Redis; pass"),
        ("redis://:pa?ss@host/0", "escape what is special"),
        ("redis://:pa#ss@host/0", "escape what is special"),
        ("redis://:pa[ss@host/0", "escape what is special"),
        ("unix://run/redis.sock", "three slashes"),
        ("unix:///", "three slashes"),
    ],
)
def test_what_is_no_address_is_refused_without_its_secrets(url: str, says: str):
    with pytest.raises(UsageError, match=says) as caught:
        make_broker(url, Policies(history=10, history_age=None))
    assert "ss@" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_without_redis_py_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "redis.asyncio.connection", None)
    with pytest.raises(MissingDependency, match=r'pip install "realtime-widgets\[redis\]"'):
        make_broker("redis://:secret@host/0", Policies(history=10, history_age=None))


def test_errors_are_told_without_secrets_and_in_words_of_the_system():
    address = Address("redis://:p%40ss%20word@host/0")
    assert address.explain(ValueError("p@ss word,\n p%40ss%20word")) == "***, ***"
    error = ValueError("Error 111 connecting")
    error.__context__ = ConnectionRefusedError(111, "refused")
    assert address.explain(error) == "connection refused"


def test_answers_come_in_order_and_a_refusal_is_one(server: RedisServer):
    async def main() -> None:
        link = await RedisLink.open(Address(server.url))
        script = Script("return ARGV[1]", "098e0f0d1448c0a81dafe820f66d460eb09263da")
        answers = await link.run(
            [("SET", "x", 1), ("INCRBY", "x", "y"), (script, 0, "a"), (script, 0, "b"), ("GET", "x")]
        )
        assert answers[0] == b"OK"
        assert "not an integer" in str(answers[1])
        assert answers[2:] == [b"a", b"b", b"1"]
        assert await link.run([(script, 0, b"c" * 100_000)]) == [b"c" * 100_000]
        assert await link.check() is None
        await link.close()
        await link.close()

    asyncio.run(main())


def test_news_are_heard_and_the_end_is_told_at_both_connections(server: RedisServer):
    async def main() -> None:
        link = await RedisLink.open(Address(server.url))
        await link.follow([b"a", b"b"])
        await link.leave([b"b"])
        await link.run([("PUBLISH", "a", "x"), ("PUBLISH", "b", "y")])
        kinds = [(await link.hear())[:2] for _ in range(4)]
        news = (b"message", b"a")
        assert [each for each in kinds if each != news] == [
            (b"subscribe", b"a"),
            (b"subscribe", b"b"),
            (b"unsubscribe", b"b"),
        ]
        assert link.heard == 4
        listed = server.command("CLIENT", "LIST")
        assert listed.count(b"name=" + NAME.encode()) == 2
        server.command("CLIENT", "KILL", "TYPE", "pubsub")
        with pytest.raises(LinkLost):
            await link.hear()
        server.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        with pytest.raises(LinkLost):
            await link.run([("PING",)])
        await link.close()

    asyncio.run(main())


def test_scripts_that_redis_has_forgotten_end_the_link(server: RedisServer):
    async def main() -> None:
        link = await RedisLink.open(Address(server.url))
        script = Script("return 1", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")
        await link.run([(script, 0)])
        server.command("SCRIPT", "FLUSH")
        with pytest.raises(LinkLost):
            await link.run([(script, 0)])
        await link.close()

    asyncio.run(main())
