"""The link to NATS: addresses and their secrets, requests and news, and how its end is told."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

import pytest

from realtime_widgets.errors import MissingDependency, UsageError
from realtime_widgets.hub.brokers import make_broker, nats_link
from realtime_widgets.hub.brokers.engine import LinkLost
from realtime_widgets.hub.brokers.nats_link import Address, Connection
from realtime_widgets.hub.policies import Policies
from support.nats_server import NatsServer, nats_server
from support.servers import plain


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    with nats_server(tmp_path_factory.mktemp("nats")) as made:
        yield made


@pytest.mark.parametrize(
    ("url", "place", "servers", "credentials"),
    [
        ("nats://host", "nats://host", ["nats://host:4222"], {}),
        (
            "nats://me:p%40ss@host:7",
            "nats://host:7",
            ["nats://host:7"],
            {"user": "me", "password": "p@ss"},
        ),
        ("tls://t0ken@[::1]?replicas=3", "tls://[::1]", ["nats://[::1]:4222"], {"token": "t0ken"}),
        ("nats://a,b:5", "nats://a,b:5", ["nats://a:4222", "nats://b:5"], {}),
    ],
)
def test_an_address_is_read_and_shown_without_its_secrets(
    url: str, place: str, servers: list[str], credentials: dict[str, str]
):
    address = Address(url)
    assert address.place == place
    assert address.servers == servers
    assert address._credentials == credentials
    assert address.secure == url.startswith("tls")
    assert address.replicas == (3 if "replicas" in url else 1)
    assert repr(address) == f"<Address {place}>"
    assert place in repr(make_broker(url, Policies(history=10, history_age=None)))


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nats://", "it has a host"),
        ("nats://a,,b", "it has a host"),
        ("nats://host/name", "nothing but a '\\?' follows the host"),
        ("nats://host:port", "broker='nats://host:port': that is no address"),
        ("nats://host?timeout=1", "it has 'timeout' after its '\\?'"),
        ("nats://host?replicas=0", "replicas are 1 to 5"),
        ("nats://me:pa/ss@host", "broker='nats://host': that is no address of a NATS; pass"),
        ("nats://me:pa?ss@host", "escape what is special"),
        ("nats://me:pa#ss@host", "escape what is special"),
        ("nats://me:pa[ss@host", "escape what is special"),
    ],
)
def test_what_is_no_address_is_refused_without_its_secrets(url: str, says: str):
    with pytest.raises(UsageError, match=says) as caught:
        make_broker(url, Policies(history=10, history_age=None))
    assert "ss@" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_without_nats_py_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "nats.aio.client", None)
    with pytest.raises(MissingDependency, match=r'pip install "realtime-widgets\[nats\]"'):
        make_broker("nats://me:secret@host", Policies(history=10, history_age=None))


def test_errors_are_told_without_secrets_and_in_words_of_the_system():
    address = Address("nats://me:p%40ss%20word@host")
    assert address.explain(ValueError("nats: p@ss word,\n p%40ss%20word")) == "***, ***"
    assert address.explain(ConnectionRefusedError(111, "Connect call failed")) == "connection refused"


def test_requests_are_answered_and_it_is_told_when_nobody_does(server: NatsServer):
    async def main() -> None:
        connection = Connection(Address(server.url))
        await connection.connect()
        async with connection.patience():
            answers = [await connection.ask(subject) for subject in ("$JS.API.INFO", "nobody")]
            (info, nobody) = await asyncio.gather(*answers)
        assert b'"streams"' in info.data
        assert (info.nobody, nobody.nobody) == (False, True)
        await connection.close()
        await connection.close()
        with pytest.raises(LinkLost):
            await connection.ask("nobody")

    asyncio.run(main())


def test_news_are_heard_with_their_epochs_and_offsets_until_they_are_left(server: NatsServer):
    async def main() -> None:
        one = Connection(Address(server.url))
        await one.connect()
        await one.follow([b"x.*", b"y.*"])
        assert [await one.hear() for _ in range(2)] == [
            (b"subscribe", b"x.*", b""),
            (b"subscribe", b"y.*", b""),
        ]
        await one._publish("x.e", b"body", "", {"Nats-Sequence": "7"})
        assert await one.hear() == (b"message", b"x.*", b"e 7 body")
        await one.leave([b"x.*"])
        await one.say("x.e")
        await one.say("y.e")
        assert await one.hear() == (b"message", b"y.*", b"e 0 ")
        assert one.heard == 4
        await one.close()

    asyncio.run(main())


def test_a_topic_is_confirmed_when_nats_has_the_subscription():
    lines: list[bytes] = []

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"version":"2.9.10","headers":true,"max_payload":1048576}\r\n')
        while line := await reader.readline():
            lines.append(line)
            if line == b"PING\r\n":
                writer.write(b"PONG\r\n")

    async def main(port: int) -> None:
        connection = Connection(Address(f"nats://127.0.0.1:{port}"))
        await connection.connect()
        try:
            for number in range(20):
                del lines[:]
                await connection.follow([b"news.%d" % number, b"news.more.%d" % number])
                *before, last = [line.split()[0] for line in lines]
                assert last == b"PING"
                assert before.count(b"SUB") >= 2
        finally:
            await connection.close()

    with plain(peer) as port:
        asyncio.run(main(port))


def test_a_task_that_is_cancelled_ends_also_in_the_moment_of_its_answer(server: NatsServer):
    # As when a link is lost: until all its tasks have ended there is no other. Python 3.11 swallows it there.
    async def go(whole: bool) -> None:
        connection = Connection(Address(server.url))
        await connection.connect()
        ping = connection._client._send_ping

        async def send_ping(answer: asyncio.Future[bool]) -> None:
            await ping(answer)
            answer.add_done_callback(lambda _: task.cancel())
            if not whole:
                answer.set_exception(OSError("broken"))

        connection._client._send_ping = send_ping  # type: ignore[method-assign]
        task = asyncio.create_task(connection.follow([b"topic"]))
        with pytest.raises(asyncio.CancelledError):
            await task
        await connection.close()

    for whole in (True, False):
        asyncio.run(go(whole))


def test_the_end_is_told_to_all_who_wait(server: NatsServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(nats_link, "ANSWER_TIMEOUT", 0.2)

    async def main() -> None:
        connection = Connection(Address(server.url))
        await connection.connect()
        await connection.follow([b"silent"])
        await connection.hear()
        hearing = asyncio.create_task(connection.hear())
        with pytest.raises(LinkLost, match=r"no answer within 0.2 s"):
            async with connection.patience():
                await (await connection.ask("silent"))  # we follow it ourselves, and do not answer
        assert (await hearing)[0] == b"message"
        hearing = asyncio.create_task(connection.hear())
        waiting = await connection.ask("silent")
        await hearing
        hearing = asyncio.create_task(connection.hear())
        await asyncio.to_thread(server.stop)
        for each in (waiting, hearing):
            with pytest.raises(LinkLost):
                await each
        await connection.close()
        await asyncio.to_thread(server.start)

    asyncio.run(main())


async def hear_all(connection: Connection) -> None:
    while True:
        await connection.hear()


def test_a_link_with_too_many_news_is_given_up(server: NatsServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(nats_link, "MAX_NEWS_BYTES", 1000)

    async def main() -> None:
        connection = Connection(Address(server.url))
        await connection.connect()
        await connection.follow([b"x"])
        await connection._publish("x", b"x" * 2000, "", None)
        with pytest.raises(LinkLost, match="too slow for its news"):
            await hear_all(connection)
        await connection.close()

    asyncio.run(main())
