"""In flight: a publisher waits when too much of what it has published is not known to be kept."""

from __future__ import annotations

import asyncio
from typing import Any

from realtime_widgets.hub.in_flight import InFlight


async def add(flight: InFlight, future: asyncio.Future[Any]) -> None:
    flight.note(future)
    await flight.room()


def test_a_publisher_waits_for_the_first_when_it_has_as_many_as_it_may():
    async def main() -> None:
        flight, loop = InFlight(3), asyncio.get_running_loop()
        futures: list[asyncio.Future[Any]] = [loop.create_future() for _ in range(4)]
        for future in futures[:2]:
            await asyncio.wait_for(add(flight, future), 60)
        assert not flight.full
        third = asyncio.ensure_future(add(flight, futures[2]))
        await asyncio.sleep(0)
        assert not third.done()
        futures[1].set_exception(OSError("the disk is full"))
        await asyncio.wait_for(third, 60)
        assert len(flight) == 2
        fourth = asyncio.ensure_future(add(flight, futures[3]))
        await asyncio.sleep(0)
        futures[0].cancel()
        await asyncio.wait_for(fourth, 60)
        assert futures[1].exception() is not None

    asyncio.run(main())


def test_what_is_done_at_once_takes_no_room():
    async def main() -> None:
        flight = InFlight(1)
        for _ in range(5):
            done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            done.set_result(1)
            await asyncio.wait_for(add(flight, done), 60)
        assert len(flight) == 0

    asyncio.run(main())
