"""The drain: who is sent away when, and what those hear who come meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import httpx
import pytest

from realtime_widgets.client import Client
from realtime_widgets.errors import UsageError
from realtime_widgets.hub import Hub
from realtime_widgets.hub.drain import MAX_SPREAD, RETURNS_PER_SECOND, Drain
from realtime_widgets.protocol.goodbye import retry_after_of
from realtime_widgets.protocol.sse import Decoder
from support.scripted_client import LIMIT, client, handshake, run, until


class Timely(asyncio.SelectorEventLoop):
    """A loop whose time goes on by itself when nothing is to be done."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self.now = max(self.now, self._scheduled[0]._when)  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


class Guest:
    def __init__(self, loop: asyncio.AbstractEventLoop, guests: list[Guest]) -> None:
        self.loop, self.guests, self.left_at = loop, guests, 0.0
        guests.append(self)

    def go(self, retry_after: float) -> None:
        self.guests.remove(self)
        self.left_at = self.loop.time() - 1000


def drained(seconds: float, count: int, meanwhile: Any = None) -> tuple[list[float], float]:
    """Return when each of some guests was sent away, and when it was over."""
    loop = Timely()
    there: list[Guest] = []
    guests = [Guest(loop, there) for _ in range(count)]

    async def main() -> None:
        drain = Drain()
        assert drain.left is None
        needed = asyncio.create_task(asyncio.sleep(1e6))
        if meanwhile is not None:
            loop.call_later(seconds / 2, meanwhile, drain, needed)
        await drain.run(seconds, lambda: there, {needed})
        assert drain.left is not None
        needed.cancel()

    try:
        loop.run_until_complete(main())
        return sorted(guest.left_at for guest in guests if guest not in there), loop.time() - 1000
    finally:
        loop.close()


def test_guests_are_sent_away_evenly_over_the_time():
    left_at, over = drained(10.0, 100)
    assert len(left_at) == 100
    gaps = [after - before for before, after in pairwise(left_at)]
    assert max(gaps) < 0.2
    assert left_at[-1] <= 10.0
    assert over == pytest.approx(10.0)


def test_nobody_there_is_waited_for_all_the_same_for_they_may_come():
    assert drained(10.0, 0) == ([], pytest.approx(10.0))


def test_it_ends_early_in_a_hurry_and_when_what_is_needed_ends():
    for meanwhile in (lambda drain, _: drain.hurry(), lambda _, needed: needed.cancel()):
        left_at, over = drained(10.0, 100, meanwhile)
        assert over == pytest.approx(5.0)
        assert 40 <= len(left_at) <= 60


# A hub


def test_clients_are_told_when_to_come_again_at_any_stop(hub: Hub):
    async def main() -> None:
        async with client(hub) as one:
            await one.hello()
            await asyncio.to_thread(hub.stop)
            ended = await one.ended()
            assert ended.rcvd is not None
            assert ended.rcvd.code == 1012
            wait = retry_after_of(ended.rcvd.reason)
            assert wait is not None
            assert wait <= 0.01, "a hundred come back in a second"

    run(main())


def test_while_it_drains_clients_go_and_others_are_told_to_come_later_and_posts_are_taken(hub: Hub):
    headers = {"Authorization": f"Bearer {hub.token}"}
    instance = hub._instance
    assert instance is not None

    async def main() -> None:
        async with client(hub) as one:
            await one.hello("x")
            stopping = threading.Thread(target=hub.stop, kwargs={"drain": 1000.0})
            stopping.start()
            ended = await one.ended()  # the only one: at once
            assert ended.rcvd is not None
            assert (ended.rcvd.code, retry_after_of(ended.rcvd.reason)) == (1012, 0.0)
        status, body = await asyncio.to_thread(handshake, hub)
        assert (status, json.loads(body)["code"]) == (503, "drain")
        async with httpx.AsyncClient(trust_env=False, headers=headers, timeout=LIMIT) as web:
            events = await web.get(f"{hub.address}/sse/x")
            assert events.status_code == 503
            assert 900 < int(events.headers["retry-after"]) <= 1002
            browser = await web.get(f"{hub.address}/sse/x", headers={"Accept": "text/event-stream"})
            assert browser.text.startswith("retry: ")
            assert (await web.post(f"{hub.address}/publish/x", json=1)).status_code == 200
        await asyncio.to_thread(hub.stop)  # again, and now at once
        await asyncio.to_thread(stopping.join, LIMIT)
        assert not stopping.is_alive()
        assert instance.serving.over

    run(main())


def test_our_own_client_comes_back_to_the_next_run_when_it_was_asked_to(hub: Hub):
    with Client(hub.url, auth=hub.token) as ours:
        ours.wait_until("connected", LIMIT)
        hub.stop(drain=0.05)
        until(lambda: ours.state == "reconnecting")
        assert "retry_after" not in str(ours.last_error)
        hub.start()
        ours.wait_until("connected", LIMIT)


# Streams of events


class Listener:
    """One that follows a channel by Server-Sent Events."""

    def __init__(self, answer: httpx.Response) -> None:
        self._chunks = answer.aiter_bytes()
        self._decoder = Decoder()

    async def hears(self) -> None:
        """Wait until the stream has begun."""
        while not self._decoder.feed(await anext(self._chunks)):
            pass

    async def told(self) -> float:
        """Return the seconds that it was told to wait, once the stream has come to a good end."""
        self._decoder.retry = None
        async for chunk in self._chunks:
            self._decoder.feed(chunk)
        assert self._decoder.retry is not None
        return self._decoder.retry / 1000


@contextlib.asynccontextmanager
async def listening(hub: Hub, count: int) -> AsyncIterator[list[Listener]]:
    headers = {"Authorization": f"Bearer {hub.token}", "Accept": "text/event-stream"}
    async with (
        httpx.AsyncClient(trust_env=False, headers=headers, timeout=LIMIT) as web,
        contextlib.AsyncExitStack() as stack,
    ):
        found = []
        for _ in range(count):
            answer = await stack.enter_async_context(web.stream("GET", f"{hub.address}/sse/x"))
            assert answer.status_code == 200
            found.append(Listener(answer))
        await asyncio.gather(*(one.hears() for one in found))
        yield found


def test_streams_of_events_end_well_at_any_stop_and_each_is_told_another_time(hub: Hub):
    async def main() -> None:
        async with listening(hub, 20) as listeners:
            _, *told = await asyncio.gather(asyncio.to_thread(hub.stop), *(one.told() for one in listeners))
            assert len(set(told)) > 10
            assert all(0 <= seconds <= 0.2 for seconds in told), "a hundred come back in a second"

    run(main())


def test_streams_of_events_are_sent_away_one_after_the_other_too(hub: Hub):
    async def main() -> None:
        async with listening(hub, 2) as listeners, client(hub) as socket:
            await socket.hello()
            stopping = threading.Thread(target=hub.stop, kwargs={"drain": 3000.0})
            stopping.start()
            ends = [asyncio.create_task(one.told()) for one in listeners]
            ends.append(asyncio.create_task(socket.ended()))
            done, left = await asyncio.wait(ends, timeout=LIMIT, return_when=asyncio.FIRST_COMPLETED)
            assert len(done) == 1
            for one in done - {ends[2]}:
                assert await one == 0.0, "to another hub at once, if there is one"
            assert len(left) == 2, "one in a thousand seconds"
            await asyncio.to_thread(hub.stop)
            await asyncio.gather(*left)
            await asyncio.to_thread(stopping.join, LIMIT)

    run(main())


def test_our_own_client_of_events_comes_back_when_it_was_asked_to_and_has_missed_nothing(hub: Hub):
    with Client(f"{hub.address}/sse/x", auth=hub.token) as ours:
        stream = ours.stream("x")
        ours.wait_until("connected", LIMIT)
        for number in range(3):
            hub.publish("x", number)
            until(lambda number=number: len(stream) == number + 1)
            hub.stop()
            until(lambda: ours.state == "reconnecting")
            hub.start()
            ours.wait_until("connected", LIMIT)


def test_who_comes_while_it_drains_is_told_another_time_than_the_others():
    async def main() -> None:
        drain = Drain()
        assert drain.turn_away() is None
        hurry = asyncio.create_task(drain.run(10.0, list, ()))
        await asyncio.sleep(0)
        told = [drain.turn_away() or 0.0 for _ in range(10_000)]
        assert told[0] > 10
        assert told[100] - told[0] == pytest.approx(100 / RETURNS_PER_SECOND, abs=0.5)
        assert max(told) <= 11.0 + MAX_SPREAD
        drain.hurry()
        await hurry

    loop = Timely()
    loop.run_until_complete(main())
    loop.close()


@pytest.mark.parametrize("drain", [-1, "soon", True, float("nan"), None])
def test_a_drain_that_is_no_time_is_refused(hub: Hub, drain: Any):
    with pytest.raises(UsageError, match="drain="):
        hub.stop(drain=drain)
    assert hub.running
