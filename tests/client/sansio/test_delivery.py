"""What becomes of one message: how it is shown, waited for and awaited."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from realtime_widgets.client.sansio.delivery import Delivery, size_of
from realtime_widgets.client.waits import RuntimeWaiter
from realtime_widgets.errors import SendFailed, TimedOut
from realtime_widgets.runtime import get_runtime


def test_a_delivery_says_what_became_of_it():
    delivery = Delivery("x", "id7")
    assert repr(delivery) == "<Delivery id7: queued>"
    delivery.fail("no room")
    assert repr(delivery) == "<Delivery id7: failed, no room>"
    assert repr(Delivery(b"x")) == "<Delivery of a raw frame: queued>"


def waiter() -> RuntimeWaiter:
    return RuntimeWaiter(get_runtime())  # of now: tests before may have stopped another


def later(fn: Callable[..., Any], *args: Any) -> threading.Timer:
    timer = threading.Timer(0.02, fn, args)
    timer.start()
    return timer


def test_it_can_be_waited_for_on_any_thread_and_awaited():
    good, bad = Delivery("x", "1", waiter=waiter()), Delivery("x", "2", waiter=waiter())
    timers = [later(good.resolve, "acknowledged"), later(bad.fail, "no")]
    good.wait(30)
    with pytest.raises(SendFailed, match="no"):
        bad.wait(30)

    async def main() -> None:
        await good
        with pytest.raises(SendFailed, match="no"):
            await bad

    asyncio.run(main())
    for timer in timers:
        timer.join()


def test_a_wait_that_was_given_up_changes_nothing():
    delivery = Delivery("x", "1", waiter=waiter())
    with pytest.raises(TimedOut, match="is not known after 0 s: it still waits for a connection; allow more"):
        delivery.wait(0)

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(delivery, 0)

    asyncio.run(main())
    delivery.resolve("acknowledged")
    delivery.wait(0)


def test_whatever_takes_coroutines_takes_it_any_number_of_times():
    good, bad = Delivery("x", "1", waiter=waiter()), Delivery("x", "2", waiter=waiter())

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(good), asyncio.create_task(good), asyncio.ensure_future(good)]
            failing = asyncio.create_task(bad)
            given_up = asyncio.create_task(good)
            assert "Delivery" in repr(given_up)
            await asyncio.sleep(0)
            given_up.cancel()
            timers = [later(good.resolve, "acknowledged"), later(bad.fail, "no")]
            with pytest.raises(SendFailed, match="no"):
                await failing
        assert await asyncio.gather(*tasks) == [None] * 3  # only one of them is the group's
        assert given_up.cancelled()
        assert await asyncio.gather(good, asyncio.create_task(good)) == [None, None]
        for timer in timers:
            timer.join()

    asyncio.run(main())
    asyncio.run(good)
    assert good.state == "acknowledged"


def test_the_size_of_a_frame_is_that_of_its_bytes():
    assert [size_of(frame) for frame in ("abc", b"abc", "äb", "€", "\ud800")] == [3, 3, 3, 3, 1]


def test_who_asks_is_told_once_its_state_is_final():
    delivery = Delivery("x", "1")
    told: list[str] = []
    delivery.on_done(lambda: told.append(delivery.state))
    assert told == []
    delivery.fail("no")
    delivery.on_done(lambda: told.append("late"))
    assert told == ["failed", "late"]
    assert not delivery.refused  # nobody turned it down
