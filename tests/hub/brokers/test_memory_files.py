"""Files in memory; what all stores have in common is in `test_file_store`."""

from __future__ import annotations

import asyncio

from realtime_widgets.hub.brokers.file_store import StoredFile
from realtime_widgets.hub.brokers.memory_files import MemoryFiles
from realtime_widgets.hub.file_limits import Bounds
from realtime_widgets.hub.policies import Retention


def test_nothing_is_left_of_files_that_are_gone():
    now = [1000.0]
    store = MemoryFiles(Retention(10, 5.0), lambda: now[0])

    async def main() -> None:
        for number in range(100):
            uploader = f"at {number % 7}"
            await store.write(str(number), 0, b"x")
            file = StoredFile(str(number), "room", uploader, "x", "text/plain", 1)
            await store.add(file, float(number % 10 + 1), Bounds(10, 50_000, 200_000))
        await store.write("given up", 0, b"x")
        await store.give_up("given up")
        assert store.size == 48 * 4096, "the others gave way"
        await store.remove("99")
        now[0] += 4.5
        assert await store.find("92") is None
        assert await store.find("94") is not None
        now[0] += 6
        assert await store.find("94") is None

    asyncio.run(main())
    assert store.size == 0
    assert not any([store._files, store._of, store._used, store._ranking, store._ends, store._begun])


def test_many_small_files_give_way_to_a_large_one_at_once():
    store = MemoryFiles(Retention(10, None), lambda: 0.0)

    async def main() -> None:
        bounds = Bounds(10**8, 10**8, 10**8)
        for number in range(20_000):
            await store.write(str(number), 0, b"x")
            await store.add(StoredFile(str(number), "room", f"at {number % 5000}", "x", "t", 1), None, bounds)
        await store.write("large", 0, b"x")
        await store.add(StoredFile("large", "room", "as anna", "x", "t", 10**8), None, bounds)

    asyncio.run(main())
    assert list(store._files) == ["large"]
    assert store._used == {"as anna": 10**8}
