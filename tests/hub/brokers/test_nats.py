"""The NATS broker: streams and their epochs, a JetStream that lost something, and how a hub gets in, or does not."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from realtime_widgets import Publisher
from realtime_widgets.errors import UsageError
from realtime_widgets.hub import Hub
from realtime_widgets.hub.brokers import NotKept, TooLarge, linked, nats_link
from realtime_widgets.hub.brokers.dedup import Key, KeyReused
from realtime_widgets.hub.brokers.nats_streams import NOTES, stream_of
from realtime_widgets.hub.channels import encode_publication
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.streams.gaps import Position
from support.engines import Heard, brokers, follow, hasty, make, offsets, post, publish, standing, until
from support.faults import Proxy
from support.nats_server import NatsServer, nats_server
from support.scripted_client import client
from support.servers import LIMIT, plain, wait_for

__all__ = ["hasty"]  # the fixture


@pytest.fixture(scope="module")
def module_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    with nats_server(tmp_path_factory.mktemp("nats")) as made:
        yield made


@pytest.fixture
def server(module_server: NatsServer) -> NatsServer:
    """A NATS that has nothing."""
    module_server.clear()
    return module_server


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert "Traceback" not in caplog.text


def test_hubs_that_come_at_once_make_one_stream_for_each_channel(server: NatsServer):
    async def main() -> None:
        async with brokers(*[server.url] * 4) as made:
            names = [f"channel {number}" for number in range(40)]
            placed = [broker.publish(name, Message("t")) for name in names for broker in made]
            positions = await asyncio.gather(*placed)
            for first in range(0, len(positions), 4):
                four = positions[first : first + 4]
                assert len({position.epoch for position in four}) == 1
                assert sorted(position.offset for position in four) == [1, 2, 3, 4]
            assert len(await asyncio.to_thread(server.streams)) == 41

    asyncio.run(main())


def test_a_hub_follows_hundreds_of_channels(server: NatsServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(linked, "BEAT", 1.0)  # to make so many streams takes a while
    monkeypatch.setattr(nats_link, "ANSWER_TIMEOUT", 2.0)
    monkeypatch.setattr(linked, "PATIENCE", LIMIT)

    async def main() -> None:
        async with brokers(server.url, server.url) as (one, two):
            names = [f"channel {number}" for number in range(300)]
            heard = [Heard(one, name) for name in names]
            await asyncio.gather(*(one.position(name) for name in names))
            for _ in range(3):
                await asyncio.gather(*(two.publish(name, Message("t")) for name in names))
            await until(lambda: all(len(each.things) == 3 for each in heard))
            assert all(each.things == [1, 2, 3] for each in heard)

    asyncio.run(main())


def test_what_jetstream_has_lost_of_its_end_is_numbered_anew_under_another_epoch(tmp_path: Path):
    async def main() -> None:
        async with brokers(server.url, server.url) as (one, two):
            heard = await follow(one, two)
            await asyncio.gather(*publish(one, 30))
            before = await one.position("a")
            await asyncio.to_thread(server.stop)
            server.save()
            await asyncio.to_thread(server.start)
            await until(lambda: one.trouble is None and two.trouble is None)
            await asyncio.gather(*publish(one, 20))
            await until(lambda: all(len(each.things) == 50 for each in heard))
            lost = await one.position("a")
            assert lost == before._replace(offset=50)
            await asyncio.to_thread(server.stop, signal.SIGKILL)
            server.restore()
            placed = publish(one, 5) + publish(two, 5)
            await asyncio.to_thread(server.start)
            positions = await asyncio.gather(*placed)
            assert sorted(position.offset for position in positions) == offsets(31, 40)
            assert {position.epoch for position in positions} != {before.epoch}, "two hubs agree on the next"
            await until(lambda: all(len(each.things) == 61 for each in heard))
            assert [each.things for each in heard] == [[*offsets(1, 50), lost, *offsets(31, 40)]] * 2
            assert [m.offset for m in await two.read("a", 0, 10**6)] == offsets(31, 40), "none is told again"
            assert len(set(heard[0].epochs)) == 2

    with nats_server(tmp_path) as server:
        asyncio.run(main())


def test_a_message_is_known_after_nats_was_killed_and_by_its_digest(tmp_path: Path):
    async def main() -> None:
        async with brokers(server.url, history=1) as (one,):
            keys = [Key("me", "a", number) for number in range(50)]

            def send() -> list[asyncio.Future[Position]]:
                return [
                    one.publish("a", encode_publication("a", number), key) for number, key in enumerate(keys)
                ]

            first = await asyncio.gather(*send())
            await asyncio.to_thread(server.stop, signal.SIGKILL)
            await asyncio.to_thread(server.start)
            assert await asyncio.gather(*send()) == first
            with pytest.raises(KeyReused):
                await one.publish("a", encode_publication("a", "other"), keys[7])
            assert [m.offset for m in await one.read("a", 0, 10**6)] == [50], "its history is one message"

    with nats_server(tmp_path) as server:
        asyncio.run(main())


def test_a_stream_that_is_deleted_meanwhile_is_made_anew(server: NatsServer):
    async def main() -> None:
        async with brokers(server.url, server.url) as (one, two):
            heard = await follow(one, two)
            (before,) = await asyncio.gather(*publish(one))
            await until(lambda: len(heard[1].things) == 1)
            await asyncio.to_thread(server.api, f"STREAM.DELETE.{stream_of('a')}")
            (there,) = await asyncio.gather(*publish(two))
            assert there.offset == 1
            assert there.epoch != before.epoch
            await until(lambda: all(len(each.things) == 3 for each in heard))
            assert [each.things for each in heard] == [[1, before, 1]] * 2

    asyncio.run(main())


def test_how_much_is_kept_follows_the_settings_of_the_hub(server: NatsServer):
    async def kept(history: int, age: float | None) -> tuple[int, int]:
        async with brokers(server.url, history=history, age=age) as (one,):
            await asyncio.gather(*publish(one))
        config = (await asyncio.to_thread(server.api, f"STREAM.INFO.{stream_of('a')}"))["config"]
        return config["max_msgs"], config["max_age"] // 10**9

    async def main() -> None:
        assert await kept(5, None) == (1000, 0), "what NATS knows messages by that come again"
        assert await kept(5000, 3600.0) == (5000, 3600)
        assert await kept(5000, 1.0) == (5000, 300)

    asyncio.run(main())


def test_what_jetstream_refuses_has_no_number(tmp_path: Path):
    async def main() -> None:
        async with brokers(server.url) as (one,):
            heard = Heard(one)
            await asyncio.gather(*publish(one))
            with pytest.raises(
                TooLarge, match=r"refuses it \(its max_payload is 10,000 bytes; make it larger\)"
            ):
                await one.publish("a", encode_publication("a", "x" * 10_000))
            config = {"name": "full", "subjects": ["full"], "storage": "file", "max_bytes": 10**6}
            await asyncio.to_thread(server.api, "STREAM.CREATE.full", config)
            with pytest.raises(NotKept, match=r"refuses it \(maximum number of streams reached\)"):
                await publish(one, channel="b")[0]
            await asyncio.gather(*publish(one))
            assert heard.things == [1, 2]
            assert one.trouble is None

    config = """max_payload: 10000
        accounts { A { jetstream: {max_streams: 3}, users: [{user: hub, password: pw}] } }
        no_auth_user: hub"""
    with nats_server(tmp_path, config) as server:
        asyncio.run(main())


def test_a_jetstream_that_is_full_is_said_by_health_and_the_figure_alike(tmp_path: Path):
    (tmp_path / "js").mkdir()
    config = f'jetstream {{ store_dir: "{tmp_path}/js", max_file_store: 2MB, max_memory_store: 1MB }}'
    with nats_server(tmp_path, config, jetstream=False) as server, Hub(broker=server.url) as hub:
        statuses = []
        while not statuses or statuses[-1] == 200:
            statuses.append(post(hub, "x" * 100_000).status_code)
        assert statuses[-1] == 503
        assert len(statuses) > 5
        assert standing(hub) == ("full", "0")
        server.api(f"STREAM.PURGE.{stream_of('a')}")
        assert post(hub, 1).status_code == 200
        assert standing(hub) == ("ok", "1")


def test_what_is_too_large_for_nats_is_refused_for_ever_and_nothing_waits_for_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    with nats_server(tmp_path, "max_payload: 10000") as server, Hub(broker=server.url) as hub:
        assert "its max_payload is 10,000 bytes: larger messages, of which a hub takes up to" in caplog.text
        headers = {"Authorization": f"Bearer {hub.token}"}
        with httpx.Client(base_url=hub.address, headers=headers, trust_env=False, timeout=LIMIT) as web:
            answer = web.post("/publish/a", json="x" * 10_000)
            assert (answer.status_code, answer.json()["code"]) == (413, "size")
            assert "its max_payload is 10,000 bytes; make it larger" in answer.json()["message"]
            answer = web.post("/publish/a?many=1", json=[1, "x" * 10_000, 2])
            assert (answer.status_code, answer.json()["code"]) == (413, "size")
            assert "1 of 3 messages are not published, the others are:" in answer.json()["message"]
            assert [each["data"] for each in web.get("/history/a").json()["messages"]] == [1, 2]

            async def socket() -> None:
                async with client(hub) as one:
                    await one.hello("b", acks=True)
                    await one.say("publish", "x" * 10_000, channel="b", id="large")
                    error, _ = await one.heard("error")
                    assert (error["data"]["code"], error["data"]["id"]) == ("bad_data", "large")

            asyncio.run(socket())
            hub.publish("a", "x" * 10_000)
            wait_for(lambda: "a message of channel 'a' was not published" in caplog.text)
            assert "rw_hub_broker_up 1\n" in web.get("/metrics").text, "it keeps what it can"
        with Publisher(hub.address, "c", token=hub.token) as publisher:
            publisher.append(text="x" * 10_000)
            for number in range(50):
                publisher.append(value=number)
            assert publisher.flush(LIMIT)
            assert (publisher.stats.refused, publisher.stats.sent) == (1, 50)


def test_what_is_too_large_for_a_stream_is_refused_for_ever(server: NatsServer):
    async def main() -> None:
        async with brokers(server.url) as (one,):
            await asyncio.gather(*publish(one))
            told = await asyncio.to_thread(server.api, f"STREAM.INFO.{stream_of('a')}")
            config = told["config"] | {"max_msg_size": 10_000}
            await asyncio.to_thread(server.api, f"STREAM.UPDATE.{stream_of('a')}", config)
            with pytest.raises(TooLarge, match="message size exceeds maximum allowed"):
                await one.publish("a", encode_publication("a", "x" * 10_000))
            assert (await publish(one)[0]).offset == 2

    asyncio.run(main())


# The beginning


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (
            "nats://me:my-secret@127.0.0.1:{free}",
            r"^the hub cannot keep its messages at nats://127.*: connection refused; start a NATS there",
        ),
        ("tls://me:my-secret@127.0.0.1:{port}", r"it does not talk TLS, which tls:// asks for"),
        ("tls://127.0.0.1:{port}", r"it does not talk TLS, which tls:// asks for"),
        ("nats://127.0.0.1:{port}?tls_ca=/nowhere/ca.pem", r"no such file"),
    ],
)
def test_a_hub_that_cannot_begin_says_why_and_no_secret(
    server: NatsServer, url: str, says: str, caplog: pytest.LogCaptureFixture
):
    with Proxy(server.port) as proxy:
        free = proxy.port
    hub = Hub(broker=url.format(port=server.port, free=free))
    with pytest.raises(UsageError, match=says) as caught:
        hub.start()
    assert "secret" not in f"{caught.value}{hub!r}{hub._broker!r}{caplog.text}"


def test_it_gets_in_with_a_password_that_is_nowhere_said(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    config = 'authorization { user: "me", password: "p/a s:s@wörd" }'
    with nats_server(tmp_path, config) as server, caplog.at_level(logging.DEBUG):

        async def main(password: str) -> None:
            async with brokers(f"nats://me:{password}@127.0.0.1:{server.port}") as (one,):
                await asyncio.gather(*publish(one))
                await asyncio.to_thread(server.stop)
                await until(lambda: one.trouble)
                assert "rd" not in f"{one!r}{one._engine!r}{one.trouble}"

        with pytest.raises(
            UsageError, match=r"(?i)authorization violation; look at the user and the password"
        ):
            asyncio.run(main("s:s"))
        asyncio.run(main("p%2Fa%20s%3As%40w%C3%B6rd"))
        with pytest.raises(UsageError, match="start a NATS there"):
            asyncio.run(main("p%2Fa%20s%3As%40w%C3%B6rd"))
    assert "s:s" not in caplog.text
    assert "wörd" not in caplog.text


def test_it_talks_over_tls_and_to_the_server_of_several_that_is_there(tmp_path: Path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    config = f"""authorization {{ token: "t0ken" }}
        tls {{ cert_file: "{tmp_path}/cert.pem", key_file: "{tmp_path}/key.pem" }}"""

    async def main(server: NatsServer) -> None:
        with Proxy(server.port) as proxy:
            free = proxy.port
        urls = (
            f"tls://t0ken@localhost:{server.port}?tls_ca={tmp_path}/ca.pem",
            f"nats://t0ken@localhost:{free},localhost:{server.port}?tls_ca={tmp_path}/ca.pem",
        )
        async with brokers(*urls) as (one, two):
            heard = await follow(one, two)
            await asyncio.gather(*publish(one, 5), *publish(two, 5))
            await until(lambda: all(len(each.things) == 10 for each in heard))
        with pytest.raises(UsageError, match="certificate"):
            await make(f"tls://t0ken@localhost:{server.port}").open()

    with nats_server(tmp_path, config) as server:
        asyncio.run(main(server))


def test_a_nats_without_jetstream_is_refused(tmp_path: Path):
    with (
        nats_server(tmp_path, jetstream=False) as server,
        pytest.raises(UsageError, match=r"it has no JetStream for this user .*start it with nats-server -js"),
    ):
        Hub(broker=server.url).start()


PUBLISH = ["$JS.API.STREAM.>", "rw.>", "rw-note.>", "rw-canary.>", "rw-claims"]
OF_NOTES = ["$JS.API.STREAM.CREATE.rw-notes", "$JS.API.STREAM.INFO.>", "$JS.API.STREAM.MSG.GET.>"]
SUBSCRIBE = ["_INBOX.>", "rw-news.>", "rw-canary.>", "rw-claims"]


@pytest.mark.parametrize(
    ("publish_to", "subscribe_to", "says"),
    [
        (PUBLISH[1:], SUBSCRIBE, "publish to .\\$js.api.stream.info.rw-notes"),
        (
            [*OF_NOTES, *PUBLISH[1:]],
            SUBSCRIBE,
            "publish to .\\$js.api.stream.create.rw-trial",
        ),
        ([each for each in PUBLISH if each != "rw.>"], SUBSCRIBE, "publish to .rw.trial.none"),
        ([each for each in PUBLISH if each != "rw-note.>"], SUBSCRIBE, "publish to .rw-note.clock"),
        ([each for each in PUBLISH if each != "rw-canary.>"], SUBSCRIBE, "publish to .rw-canary.trial"),
        (PUBLISH, [each for each in SUBSCRIBE if each != "rw-news.>"], "subscription to .rw-news.trial"),
        (PUBLISH, [each for each in SUBSCRIBE if each != "rw-canary.>"], "subscription to .rw-canary.trial"),
    ],
)
def test_a_user_who_may_not_do_what_hubs_do_is_refused_at_the_start(
    tmp_path: Path, publish_to: list[str], subscribe_to: list[str], says: str
):
    def permissions(publish: list[str], subscribe: list[str]) -> str:
        return json.dumps({"publish": publish, "subscribe": subscribe})

    config = f"""authorization {{ users: [
        {{user: less, password: pw, permissions: {permissions(publish_to, subscribe_to)}}},
        {{user: hub, password: pw, permissions: {permissions(PUBLISH, SUBSCRIBE)}}}
    ] }}"""

    async def main() -> None:
        async with brokers(server.url.replace("//", "//hub:pw@")) as (one,):
            heard = await follow(one)
            await asyncio.gather(*publish(one))
            await one.amend("a", lambda had, now: had + b"x")
            assert heard[0].things == [1]
            assert await one.read("a", 0, 1000)

    with nats_server(tmp_path, config) as server:
        with pytest.raises(
            UsageError, match=rf"(?i)its user may not do what hubs do \(.*{says}.*\); allow it"
        ):
            Hub(broker=server.url.replace("//", "//less:pw@")).start()
        asyncio.run(main())


def test_an_old_nats_is_refused():
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"version":"2.8.4","headers":true,"max_payload":1048576}\r\n')
        while line := await reader.readline():
            if line == b"PING\r\n":
                writer.write(b"PONG\r\n")
            elif line.startswith((b"HPUB", b"PUB")):
                _, _, reply, *_ = line.split()
                writer.write(b"HMSG " + reply + b" 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n")

    with (
        plain(peer) as port,
        pytest.raises(UsageError, match=r"it has version 2.8.4; the hub takes nats-server 2.9 or newer"),
    ):
        Hub(broker=f"nats://127.0.0.1:{port}").start()


def test_notes_are_kept_in_one_stream(server: NatsServer):
    async def main() -> None:
        async with brokers(server.url, server.url) as made:
            for channel in ("a", "b", "\ud800"):
                await asyncio.gather(
                    *(broker.amend(channel, lambda note, _: note + b"x") for broker in made for _ in range(5))
                )
                seen: list[bytes] = []
                await made[1].amend(channel, lambda note, _, seen=seen: seen.append(note) or note)
                assert seen == [b"x" * 10]

    asyncio.run(main())
    assert server.streams() == [NOTES]
