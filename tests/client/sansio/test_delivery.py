"""What becomes of one message: how it is shown, waited for and awaited."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from realtime_widgets.client.sansio.delivery import Delivery
from realtime_widgets.client.waits import RuntimeWaiter
from realtime_widgets.errors import SendFailed, TimedOut
from realtime_widgets.runtime import get_runtime


def test_a_delivery_says_what_became_of_it():
    delivery = Delivery("x", "id7")
    assert repr(delivery) == "<Delivery id7: queued>"
    delivery.fail("no room")
    assert repr(delivery) == "<Delivery id7: failed, no room>"
    assert repr(Delivery(b"x")) == "<Delivery of a raw frame: queued>"


WAITER = RuntimeWaiter(get_runtime())


def later(fn: Callable[..., Any], *args: Any) -> threading.Timer:
    timer = threading.Timer(0.02, fn, args)
    timer.start()
    return timer


def test_it_can_be_waited_for_on_any_thread_and_awaited():
    good, bad = Delivery("x", "1", waiter=WAITER), Delivery("x", "2", waiter=WAITER)
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
    delivery = Delivery("x", "1", waiter=WAITER)
    with pytest.raises(TimedOut, match="is not known after 0 s: it still waits for a connection; allow more"):
        delivery.wait(0)

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(delivery, 0)

    asyncio.run(main())
    delivery.resolve("acknowledged")
    delivery.wait(0)
