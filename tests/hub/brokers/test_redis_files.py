"""Files of hubs that share a Redis: each hub has those of all; what all stores have in common is in `test_file_store`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from realtime_widgets.hub import FileLimits, Hub
from realtime_widgets.hub.brokers import make_broker
from realtime_widgets.hub.brokers.base import NotKept
from realtime_widgets.hub.brokers.file_store import PART, FileStore, StoredFile
from realtime_widgets.hub.file_limits import Bounds
from realtime_widgets.hub.policies import Policies
from support.redis_server import RedisServer, redis_server
from support.scripted_client import LIMIT

BOUNDS = Bounds(10**7, 10**7, 10**7)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis(server: RedisServer) -> RedisServer:
    server.clear()
    return server


def test_two_hubs_have_the_same_files_and_one_bound(redis: RedisServer):
    limits = FileLimits(max_size=400_000, per_user=1_000_000, total=1_000_000)
    with ExitStack() as stack:
        one, other = (
            stack.enter_context(Hub(broker=redis.url, token="the-same-token-here", files=limits))
            for _ in "ab"
        )
        headers = {"Authorization": "Bearer the-same-token-here"}
        webs = [
            stack.enter_context(
                httpx.Client(base_url=hub.address, headers=headers, trust_env=False, timeout=LIMIT)
            )
            for hub in (one, other)
        ]
        bodies = [bytes([n]) * 400_000 for n in range(3)]
        answers = [webs[n % 2].post("/files/lobby?name=a", content=body) for n, body in enumerate(bodies)]
        assert [answer.status_code for answer in answers] == [200, 200, 413]
        assert "has 800,000 of yours: one of 400,000 does not fit" in answers[2].json()["message"]
        for n, answer in enumerate(answers[:2]):
            for web in webs:
                assert web.get(answer.json()["url"]).content == bodies[n]


def test_hubs_that_upload_at_once_never_have_more_than_there_is_room_for(redis: RedisServer):
    async def main() -> None:
        brokers = [make_broker(redis.url, Policies()) for _ in range(2)]
        for broker in brokers:
            await broker.open()
        stores: list[FileStore] = [broker.files for broker in brokers if broker.files is not None]
        bounds = Bounds(50_000, 10**6, 200_000)

        async def put(store: FileStore, id: str) -> None:
            await store.write(id, 0, b"x" * 50_000)
            await store.add(StoredFile(id, "lobby", f"as {id}", "x", "t", 50_000), 60.0, bounds)

        await asyncio.gather(*(put(stores[n % 2], f"f{n}") for n in range(40)))
        there = [f"f{n}" for n in range(40) if await stores[0].find(f"f{n}") is not None]
        assert len(there) == 4
        assert [await stores[1].read(id, 0) for id in there] == [b"x" * 50_000] * 4
        for broker in brokers:
            await broker.close()

    asyncio.run(main())
    assert redis.command("HGET", "rw:{%files}:facts", "bytes") == b"200000"
    assert len(redis.command("KEYS", "rw:{%files}:part:*")) == 4


def test_nothing_stays_for_ever_of_files_that_end(redis: RedisServer):
    async def main() -> None:
        broker = make_broker(redis.url, Policies())
        await broker.open()
        assert broker.files is not None
        await broker.files.write("begun", 0, b"x")
        await broker.files.write("a", 0, b"x")
        await broker.files.add(StoredFile("a", "lobby", "anna", "x", "t", 1), 100.0, BOUNDS)
        await broker.close()

    asyncio.run(main())
    keys = redis.command("KEYS", "rw:{%files}*")
    assert len(keys) == 7
    assert all(0 < redis.command("PTTL", key) <= 600_000 for key in keys)


def test_a_file_without_an_end_has_none_and_keeps_the_index(redis: RedisServer):
    async def main() -> None:
        broker = make_broker(redis.url, Policies())
        await broker.open()
        assert broker.files is not None
        for id, age in (("a", None), ("b", 100.0)):
            await broker.files.write(id, 0, b"x")
            await broker.files.add(StoredFile(id, "lobby", f"as {id}", "x", "t", 1), age, BOUNDS)
        await broker.close()

    asyncio.run(main())
    ending = {key for key in redis.command("KEYS", "rw:{%files}*") if redis.command("PTTL", key) != -1}
    assert ending == {b"rw:{%files}:part:b:0"}


def test_a_file_that_is_added_twice_is_there_once(redis: RedisServer):
    async def main() -> None:
        broker = make_broker(redis.url, Policies())
        await broker.open()
        assert broker.files is not None
        await broker.files.write("a", 0, b"x")
        for _ in range(2):  # the answer to the first was lost
            await broker.files.add(StoredFile("a", "lobby", "anna", "x", "t", 1), 100.0, BOUNDS)
        assert await broker.files.used("anna") == 4096
        with pytest.raises(NotKept, match="a part of it is there no more"):
            await broker.files.add(StoredFile("b", "lobby", "anna", "x", "t", PART + 1), 100.0, BOUNDS)
        await broker.close()

    asyncio.run(main())


def test_a_channel_that_is_called_as_the_index_is_another_key(redis: RedisServer):
    async def main() -> None:
        broker = make_broker(redis.url, Policies())
        await broker.open()
        assert broker.files is not None
        await broker.files.write("a", 0, b"x")
        await broker.files.add(StoredFile("a", "lobby", "anna", "x", "t", 1), 100.0, BOUNDS)
        for channel in ("%files", "%files}:index", "files"):
            assert (await broker.position(channel)).offset == 0
            await broker.amend(channel, lambda note, now: b"note")
        assert await broker.files.find("a") is not None
        await broker.close()

    asyncio.run(main())
