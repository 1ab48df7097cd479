"""What waits for an engine: its order, its bounds, and for how long."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from realtime_widgets.hub.brokers import NotKept, TooLarge, jobs
from realtime_widgets.hub.brokers.engine import Refused
from realtime_widgets.hub.brokers.jobs import Job, Jobs
from support.timeless import Timeless


class Told:
    """Jobs whose commands are numbers, and what was told of them."""

    def __init__(self) -> None:
        self.jobs = Jobs("Redis", "redis://x", lambda: "it sleeps")
        self.landed: list[tuple[int, Any]] = []
        self.failed: list[tuple[int, str]] = []

    def add(self, *numbers: int, size: int = 0, patience: float | None = None) -> None:
        for number in numbers:
            job = Job(
                lambda number=number: (number,),
                lambda answer, number=number: self.landed.append((number, answer)),
                lambda why, number=number: self.failed.append((number, str(why))),
                size,
            )
            self.jobs.add(job, patience)

    async def take(self) -> list[int]:
        return [job.command()[0] for job in await self.jobs.take()]


def test_jobs_are_taken_and_told_in_their_order():
    async def main() -> None:
        told = Told()
        waiting = asyncio.create_task(told.take())
        await asyncio.sleep(0)
        told.add(1, 2, 3)
        assert await waiting == [1, 2, 3]
        told.add(4)
        told.jobs.land(["a", Refused("no"), "c"])
        assert told.landed == [(1, "a"), (3, "c")]
        assert told.failed == [(2, "redis://x refuses it (no)")]
        assert await told.take() == [4]

    asyncio.run(main())


def test_what_is_refused_for_its_size_will_never_be_kept():
    async def main() -> None:
        errors: list[NotKept] = []
        queue = Jobs("NATS", "nats://x", lambda: "it sleeps")
        for _ in range(2):
            queue.add(Job(lambda: None, errors.append, errors.append))
        await queue.take()
        larger = Refused("it is too large")
        larger.too_large = True
        queue.land([larger, Refused("no")])
        assert [type(error) for error in errors] == [TooLarge, NotKept]
        assert str(errors[0]) == "nats://x refuses it (it is too large)"

    asyncio.run(main())


def test_what_was_not_answered_is_sent_again_before_all_others():
    async def main() -> None:
        told = Told()
        told.add(1, 2)
        await told.take()
        told.add(3)
        told.jobs.put_back()
        assert await told.take() == [1, 2, 3]
        assert len(told.jobs) == 3

    asyncio.run(main())


def test_a_job_that_waits_for_too_long_is_given_up_and_not_sent_again():
    async def main() -> None:
        told = Told()
        told.add(1)
        told.add(2, patience=0.01)
        await told.take()
        told.add(3, patience=0.01)
        while len(told.failed) < 2:
            await asyncio.sleep(0.001)
        assert told.failed == [
            (2, "redis://x cannot be reached (it sleeps), and whether it has the message is not known; "
             "start Redis, or look at the network"),
            (3, "redis://x cannot be reached (it sleeps); start Redis, or look at the network"),
        ]  # fmt: skip
        told.jobs.put_back()
        assert await told.take() == [1]

    asyncio.run(main())


def test_what_is_given_up_is_let_go_of_also_while_the_engine_takes_nothing():
    loop = Timeless()

    async def main() -> None:
        told = Told()
        told.add(1)
        for number in range(2, 302):
            told.add(number, patience=5.0)
            await asyncio.sleep(0.1)
            assert len(told.jobs) <= 1 + 50 + 5, "those of five seconds, and a little more"
        assert [number for number, _ in told.failed] == list(range(2, 2 + len(told.failed))), "in their order"
        await asyncio.sleep(5.3)
        assert len(told.failed) == 300
        assert not any(each._callback == told.jobs._look for each in loop._scheduled), (
            "none of the rest is late ever"
        )
        assert await told.take() == [1]
        told.jobs.end()
        told.add(302, patience=5.0)
        told.jobs.end()
        assert told.failed[-1] == (302, "the hub has stopped")
        await asyncio.sleep(10)
        assert len(told.failed) == 302

    loop.run_until_complete(main())
    loop.close()


def test_an_answer_that_comes_late_is_taken_in_and_nobody_is_told_twice():
    async def main() -> None:
        told = Told()
        told.add(1, patience=0.01)
        await told.take()
        while not told.failed:
            await asyncio.sleep(0.001)
        told.jobs.land(["a"])
        assert told.landed == [(1, "a")]
        assert len(told.failed) == 1

    asyncio.run(main())


def test_what_is_sent_at_once_is_bounded_but_for_a_single_job():
    async def main() -> None:
        told = Told()
        size = jobs.MAX_BATCH_BYTES
        told.add(1, size=2 * size)
        told.add(2, 3, size=size // 2)
        told.add(4, size=1)
        for batch in ([1], [2, 3], [4]):
            assert await told.take() == batch
            told.jobs.land(batch)
        told.add(*range(jobs.MAX_BATCH + 1))
        assert len(await told.take()) == jobs.MAX_BATCH

    asyncio.run(main())


def test_what_waits_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "MAX_BYTES", 100)

    async def main() -> None:
        told = Told()
        told.add(1, 2, 3, size=40)
        assert told.failed == [(3, "2 messages wait for redis://x already, which is the most there may be")]
        await told.take()
        told.jobs.land([None, None])
        told.add(4, 5, size=50)
        assert len(told.failed) == 1

    asyncio.run(main())


def test_all_are_told_when_the_hub_stops():
    async def main() -> None:
        told = Told()
        told.add(1)
        await told.take()
        told.add(2, patience=60)
        told.jobs.end()
        assert told.failed == [(1, "the hub has stopped"), (2, "the hub has stopped")]
        assert not len(told.jobs)

    asyncio.run(main())


def test_an_answer_that_cannot_be_read_takes_none_away_from_the_others(caplog: pytest.LogCaptureFixture):
    async def main() -> None:
        told = Told()
        told.add(1)
        told.jobs.add(
            Job(lambda: (2,), lambda answer: answer.nothing, lambda why: told.failed.append((2, why)))
        )
        told.add(3)
        await told.take()
        told.jobs.land(["a", "b", "c"])
        assert told.landed == [(1, "a"), (3, "c")]
        assert [number for number, _ in told.failed] == [2]

    asyncio.run(main())
    assert "an answer of redis://x cannot be read" in caplog.text
