"""Files of messages: links, what is forgotten with a message, and what a hub without files says."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from realtime_widgets.hub.brokers.base import NotKept, OutOfReach
from realtime_widgets.hub.brokers.file_store import PART, StoredFile
from realtime_widgets.hub.brokers.memory_files import MemoryFiles
from realtime_widgets.hub.file_limits import FileLimits
from realtime_widgets.hub.files import MAX_LINKS, FileRefused, Files, ids_in, link_of
from realtime_widgets.hub.policies import ChannelPolicy, Policies
from realtime_widgets.hub.turns import Turn, Turns

IDS = [f"{n:024d}" for n in range(30)]


@pytest.mark.parametrize(
    ("metadata", "ids"),
    [
        ({"url": f"/files/{IDS[0]}"}, IDS[:1]),
        ({"file": {"url": f"/files/{IDS[0]}", "name": "x"}}, IDS[:1]),
        ({"files": [{"url": f"/files/{id}"} for id in IDS[:3]] * 2}, IDS[:3]),
        ([f"/files/{id}" for id in IDS], IDS[:MAX_LINKS]),
        (f"/files/{IDS[0]}", IDS[:1]),
        ({"url": f"https://evil.example/files/{IDS[0]}"}, []),
        ({"url": f"/files/{IDS[0]}/../x"}, []),
        ({"url": f"/files/{IDS[0]}\n"}, []),
        ({"url": "/files/" + "ä" * 24}, []),
        ({"url": "/files/"}, []),
        (None, []),
        (3, []),
        ({1: None, "\ud800": float("nan"), "x": object()}, []),
        ({"x": ["y"] * 100_000 + [f"/files/{IDS[0]}"]}, []),
    ],
)
def test_the_links_of_a_message_are_found_wherever_its_metadata_have_them(metadata: Any, ids: list[str]):
    assert ids_in(metadata) == ids


def test_what_is_nested_without_end_is_looked_through_up_to_a_bound():
    deep: list[Any] = [f"/files/{IDS[0]}"]
    for _ in range(100_000):
        deep = [deep]
    assert ids_in(deep) == []
    circle: list[Any] = []
    circle.append(circle)
    assert ids_in(circle) == []


class Store(MemoryFiles):
    """One that may fail, as an engine does."""

    trouble: Exception | None = None

    def __init__(self, age: float = 60.0) -> None:
        of_chat = {"chat:*": ChannelPolicy(), "chat:long": ChannelPolicy(history_age=500.0)}
        policies = Policies(of_chat, history_age=age)
        super().__init__(policies.retention(None), lambda: 1000.0)
        self.ages: list[float | None] = []

    async def add(self, file: StoredFile, age: float | None, *args: Any) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.ages.append(age)
        await super().add(file, age, *args)

    async def used(self, uploader: str) -> int:
        if self.trouble is not None:
            raise self.trouble
        return await super().used(uploader)

    async def find(self, id: str) -> StoredFile | None:
        if self.trouble is not None:
            raise self.trouble
        return await super().find(id)


async def put(files: Files, room: str = "lobby", who: str = "as anna", body: bytes = b"x") -> StoredFile:
    return await files.add(room, who, "a.txt", body, Turn(Turns(), who))


def test_with_a_message_go_the_files_that_its_author_uploaded_for_its_room():
    async def main() -> None:
        files = Files(Store(), FileLimits())
        own, elsewhere = await put(files), await put(files, "other")
        of_bert = await put(files, who="as bert")
        metadata = {"files": [link_of(each) for each in (own, elsewhere, of_bert)], "more": link_of(own)}
        assert await files.forgotten("lobby", "as anna", metadata) == 1
        assert [await files.find(each.id) for each in (own, elsewhere, of_bert)] == [None, elsewhere, of_bert]
        for anything in (None, 7, "x", [], {"url": 1}, {"url": "/files/x"}):
            assert await files.forgotten("lobby", "as anna", anything) == 0
        await files.remove(of_bert.id)
        await files.remove("nothing")
        assert await files.find(of_bert.id) is None

    asyncio.run(main())


def test_names_with_half_a_character_are_those_of_the_same_client_and_room():
    async def main() -> None:
        files = Files(Store(), FileLimits())
        file = await put(files, "room\ud800", "as \udfff")
        assert file.room == "room\ufffd"
        assert await files.forgotten("room\ud800", "as \udfff", {"url": link_of(file)}) == 1

    asyncio.run(main())


def test_a_file_is_kept_for_as_long_as_the_messages_of_its_room_unless_told():
    async def main() -> None:
        store = Store()
        await put(Files(store, FileLimits()))
        await put(Files(store, FileLimits()), "long")
        await put(Files(store, FileLimits(age=7)), "long")
        await put(Files(store, FileLimits(age=None)))
        assert store.ages == [60.0, 500.0, 7.0, None]

    asyncio.run(main())


def test_no_id_is_like_another_or_can_be_guessed():
    async def main() -> None:
        files = Files(Store(), FileLimits())
        ids = [(await put(files)).id for _ in range(200)]
        assert len(set(ids)) == 200
        assert all(len(set(chars)) > 20 for chars in zip(*ids, strict=True)), "each character is drawn"
        assert await files.find(ids[0].swapcase()) is None

    asyncio.run(main())


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (Files(Store(), None), "this hub takes none"),
        (
            Files(None, FileLimits()),
            "this hub's broker keeps none; one with 'memory', 'sqlite:///…' or 'redis://…'",
        ),
    ],
)
def test_a_hub_without_files_says_so_and_has_none(files: Files, says: str):
    async def main() -> None:
        for asked in (put(files), files.check("as anna", 1)):
            with pytest.raises(FileRefused, match=says) as refusal:
                await asked
            assert (refusal.value.status, refusal.value.code) == (501, "files")
        assert await files.find(IDS[0]) is None
        assert await files.forgotten("lobby", "as anna", {"url": f"/files/{IDS[0]}"}) == 0
        await files.remove(IDS[0])
        assert files.size is None

    asyncio.run(main())


@pytest.mark.parametrize("trouble", [NotKept("the disk is full", "full"), OutOfReach("Redis is away")])
def test_what_the_store_says_is_told_and_nothing_is_left(trouble: Exception):
    async def main() -> None:
        store = Store()
        files = Files(store, FileLimits())
        store.trouble = trouble
        for asked in (put(files, body=b"x" * (PART + 1)), files.check("as anna", 1)):
            with pytest.raises(FileRefused, match=f"the hub could not keep the file: {trouble}") as refusal:
                await asked
            assert (refusal.value.status, refusal.value.code) == (503, "not_kept")
        assert not store._begun
        with pytest.raises(OutOfReach, match=str(trouble)):
            await files.find(IDS[0])

    asyncio.run(main())
