"""Stores of files: what all of them have in common, one test for each, and a model that all follow."""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from realtime_widgets.hub.brokers import make_broker
from realtime_widgets.hub.brokers.file_store import PART, FileStore, NoRoom, StoredFile
from realtime_widgets.hub.file_limits import Bounds, cost_of
from realtime_widgets.hub.policies import ChannelPolicy, Policies
from support.redis_server import RedisServer, redis_server

Test = Callable[[FileStore], Awaitable[object]]

BOUNDS = Bounds(1_000_000, 1_000_000, 2_000_000)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(params=["memory", "sqlite", "redis"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Test], None]:
    if request.param == "redis":
        server = request.getfixturevalue("redis")
        server.command("FLUSHALL")
        name = server.url
    else:
        name = {"memory": "memory", "sqlite": f"sqlite:///{tmp_path / 'hub.db'}"}[request.param]

    async def opened(test: Test) -> None:
        policies = {
            "chat:long": ChannelPolicy(history_age="2d"),
            "chat:ever": ChannelPolicy(history_age=None),
        }
        broker = make_broker(name, Policies({"chat:*": ChannelPolicy()} | policies, history_age=60))
        await broker.open()
        try:
            assert broker.files is not None
            await test(broker.files)
        finally:
            await broker.close()

    return lambda test: asyncio.run(opened(test))


def a_file(id: str, uploader: str = "as anna", size: int = 10, room: str = "lobby") -> StoredFile:
    return StoredFile(id, room, uploader, f"{id}.png", "image/png", size, 3, 5)


async def put(
    store: FileStore, file: StoredFile, age: float | None = 60.0, bounds: Bounds = BOUNDS, fill: bytes = b"x"
) -> None:
    for part in range(file.parts):
        await store.write(file.id, part, fill * min(PART, file.size - part * PART))
    await store.add(file, age, bounds)


def test_a_file_is_there_when_it_was_added_with_all_that_is_known_of_it(run: Callable[[Test], None]):
    async def test(store: FileStore) -> None:
        body = random.Random(1).randbytes(2 * PART + 5)
        file = StoredFile(
            "i" * 24, 'ro\0om "}\U0001f600', "as ann\0a}", 'na"me\U0001f600', "text/plain", len(body)
        )
        assert file.parts == 3
        for part in range(3):
            await store.write(file.id, part, body[part * PART : (part + 1) * PART])
        assert await store.find(file.id) is None, "before it is whole"
        await store.add(file, 60, BOUNDS)
        assert await store.find(file.id) == file
        assert b"".join([await store.read(file.id, part) or b"" for part in range(3)]) == body
        assert await store.read(file.id, 3) is None
        assert await store.used(file.uploader) == len(body)
        sized = a_file("j")
        await put(store, sized)
        assert await store.find("j") == sized

    run(test)


def test_of_a_file_that_is_not_there_nothing_is(run: Callable[[Test], None]):
    async def test(store: FileStore) -> None:
        assert await store.find("nothing") is None
        assert await store.read("nothing", 0) is None
        assert await store.used("nobody") == 0
        await store.remove("nothing")
        await store.give_up("nothing")

    run(test)


def test_a_file_that_was_removed_is_gone_and_its_room_is_free(run: Callable[[Test], None]):
    async def test(store: FileStore) -> None:
        bounds = Bounds(PART + 1, PART + 1, PART + 1)
        await put(store, a_file("a", size=PART + 1), None, bounds)
        await store.remove("a")
        await store.remove("a")
        assert await store.find("a") is None
        assert [await store.read("a", part) for part in range(2)] == [None, None]
        assert await store.used("as anna") == 0
        await put(store, a_file("b", size=PART + 1), None, bounds)
        assert await store.find("b") is not None

    run(test)


def test_who_has_too_much_is_refused_and_told_how_much_they_have(run: Callable[[Test], None]):
    async def test(store: FileStore) -> None:
        bounds = Bounds(10_000, 20_000, 100_000)
        await put(store, a_file("a", size=10_000), bounds=bounds)
        await put(store, a_file("b", size=1), bounds=bounds)
        with pytest.raises(NoRoom, match="14,096 bytes") as refused:
            await put(store, a_file("c", size=6_000), bounds=bounds)
        assert refused.value.used == 14_096
        await store.give_up("c")
        assert await store.find("c") is None
        await put(store, a_file("d", size=5_904), bounds=bounds)
        await put(store, a_file("e", "as bert", size=10_000), bounds=bounds)
        assert await store.used("as anna") == 20_000

    run(test)


def test_where_there_is_no_more_room_the_oldest_of_who_has_most_give_way(run: Callable[[Test], None]):
    async def test(store: FileStore) -> None:
        bounds = Bounds(20_000, 50_000, 60_000)
        await put(store, a_file("old", "as bert", 10_000), bounds=bounds)
        for number in range(4):
            await put(store, a_file(f"anna{number}", size=10_000), bounds=bounds)
        await put(store, a_file("new", "as carl", 20_000), bounds=bounds)
        there = [
            await store.find(id) is not None for id in ("old", "anna0", "anna1", "anna2", "anna3", "new")
        ]
        assert there == [True, False, True, True, True, True]
        assert await store.read("anna0", 0) is None
        assert await store.used("as anna") == 30_000

    run(test)


def test_files_end_with_their_age_and_others_stay(run: Callable[[Test], None]):
    async def test(store: FileStore) -> None:
        bounds = Bounds(10_000, 10_000, 20_000)
        await put(store, a_file("soon", size=10_000), 0.05, bounds)
        await put(store, a_file("later", "as bert", 4096), 60, bounds)
        await put(store, a_file("never", "as bert", 4096), None, bounds)
        async with asyncio.timeout(60):
            while await store.find("soon") is not None:
                await asyncio.sleep(0.01)
        assert await store.used("as anna") == 0
        assert await store.used("as bert") == 8192
        await put(store, a_file("again", size=10_000), 60, bounds)
        assert [await store.find(id) is not None for id in ("later", "never", "again")] == [True, True, True]

    run(test)


def test_their_age_is_that_of_the_messages_of_their_room(run: Callable[[Test], None]):
    async def test(store: FileStore) -> None:
        found = [store.age(channel) for channel in ("chat:lobby", "chat:long", "chat:ever")]
        assert found == [60.0, 2 * 24 * 3600.0, None]

    run(test)


class Model:
    """What a store should be, as plainly as can be."""

    def __init__(self) -> None:
        self.files: OrderedDict[str, StoredFile] = OrderedDict()

    def used(self, uploader: str) -> int:
        return sum(cost_of(file.size) for file in self.files.values() if file.uploader == uploader)

    def add(self, file: StoredFile, bounds: Bounds) -> bool:
        if self.used(file.uploader) + cost_of(file.size) > bounds.per_user:
            return False
        while sum(cost_of(each.size) for each in self.files.values()) + cost_of(file.size) > bounds.total:
            largest = max(
                {each.uploader for each in self.files.values()}, key=lambda who: (self.used(who), who)
            )
            del self.files[next(id for id, each in self.files.items() if each.uploader == largest)]
        self.files[file.id] = file
        return True


def test_they_do_what_the_model_does_whatever_is_asked(run: Callable[[Test], None]):
    async def test(store: FileStore) -> None:
        rng, model = random.Random(11), Model()
        bounds = Bounds(30_000, 60_000, 150_000)
        for number in range(250):
            id = f"f{number}"
            file = a_file(id, f"as {rng.choice('abcdé')}", rng.choice([1, 4096, 5000, 20_000, 30_000]))
            if rng.random() < 0.75:
                try:
                    await put(store, file, rng.choice([None, 1000.0]), bounds)
                    refused = None
                except NoRoom as error:
                    refused = error.used
                    await store.give_up(id)
                used = model.used(file.uploader)
                assert refused == (None if model.add(file, bounds) else used)
            else:
                gone = f"f{rng.randrange(number + 1)}"
                await store.remove(gone)
                model.files.pop(gone, None)
            for each in {f"f{rng.randrange(number + 1)}" for _ in range(5)}:
                assert await store.find(each) == model.files.get(each)
            assert await store.used(file.uploader) == model.used(file.uploader)
        assert [await store.find(f"f{n}") for n in range(250)] == [
            model.files.get(f"f{n}") for n in range(250)
        ]
        if store.size is not None:
            assert store.size == sum(cost_of(file.size) for file in model.files.values())

    run(test)
