"""Turns of clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator

import pytest

from realtime_widgets.hub import turns
from realtime_widgets.hub.turns import Turn, Turns


async def turns_of_another(steps: int) -> int:
    """Return how often another task had its turn while a client took many steps that wait for nothing."""
    had = 0

    async def other() -> None:
        nonlocal had
        while True:
            had += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    mine = Turn(Turns(), "me")
    for _ in range(steps):
        if mine.over:
            await mine.give()
    task.cancel()
    return had


def test_others_have_their_turn_between_the_steps_of_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(turns, "TURN", 0.0)
    assert asyncio.run(turns_of_another(100)) >= 99


def test_a_client_that_is_served_quickly_is_not_interrupted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(turns, "TURN", 1e9)
    assert asyncio.run(turns_of_another(100)) == 0


def test_what_comes_after_a_while_begins_a_turn_of_its_own():
    async def main() -> None:
        mine = Turn(Turns(), "me")
        mine._began -= 10
        assert mine.over
        mine.begin()
        assert not mine.over

    asyncio.run(main())


def queued(line: Turns, done: list[str], *names: str, uses: bool = False) -> None:
    def step(name: str) -> Callable[[], bool]:
        def run() -> bool:
            done.append(name)
            return uses

        return run

    for name in names:
        line.queue(name[0], step(name))


def test_clients_take_turns_however_much_each_has(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(turns, "TURN", 1e9)

    async def main() -> list[str]:
        line, done = Turns(), list[str]()
        queued(line, done, "a1", "a2", "a3", "a4", "b1", "c1", "b2")
        await asyncio.sleep(0)
        return done

    assert asyncio.run(main()) == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]


@pytest.mark.parametrize(("turn", "uses"), [(0.0, False), (1e9, True)])
def test_one_turn_is_all_that_two_iterations_of_the_loop_have(
    monkeypatch: pytest.MonkeyPatch, turn: float, uses: bool
):
    """Either the time is over, or a step says that it means work for others. Then who does not wait is served."""
    monkeypatch.setattr(turns, "TURN", turn)

    async def main() -> list[int]:
        line, done = Turns(), list[str]()
        queued(line, done, "a1", "b1", "a2", uses=uses)
        counts = []
        for _ in range(6):
            await asyncio.sleep(0)
            counts.append(len(done))
        return counts

    assert asyncio.run(main()) == [1, 1, 2, 2, 3, 3]


def test_who_says_little_waits_for_one_turn_of_who_says_much(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(turns, "TURN", 0.0)

    async def main() -> int:
        line, done = Turns(), list[str]()
        queued(line, done, *(f"a{number}" for number in range(1000)))
        await line.wait("bystander")
        return len(done)

    assert asyncio.run(main()) <= 2


def test_a_turn_that_nobody_waits_for_any_more_is_the_next_ones(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(turns, "TURN", 1e9)

    async def main() -> None:
        line = Turns()
        gone, there = (asyncio.create_task(line.wait("a")) for _ in range(2))
        await asyncio.sleep(0)
        gone.cancel()
        await there
        assert gone.cancelled()
        await asyncio.sleep(0)
        assert not line._moving
        assert not line._waiting

    asyncio.run(main())


def test_who_has_gone_takes_nobodys_turn(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(turns, "TURN", 1e9)

    async def main() -> None:
        line = Turns()
        coming = [Turn(line, "a") for _ in range(4)]
        tasks = [
            asyncio.create_task(turn.come(lambda gone=gone: gone))  # type: ignore[misc]
            for turn, gone in zip(coming, (True, True, False, False), strict=True)
        ]
        line.use("a", 2e9)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert [task.done() for task in tasks] == [True, True, True, False]
        await tasks[3]

    asyncio.run(main())


@pytest.mark.parametrize(("length", "turns_taken"), [(1e9, 0), (0.0, 10)])
def test_steps_are_done_in_one_turn_or_in_many(
    monkeypatch: pytest.MonkeyPatch, length: float, turns_taken: int
):
    monkeypatch.setattr(turns, "TURN", length)

    def steps() -> Generator[None, None, str]:
        for _ in range(10):
            yield
        return "done"

    async def main() -> None:
        line, others = Turns(), 0
        going = asyncio.create_task(Turn(line, "a").through(steps()))
        await asyncio.sleep(0)
        while not going.done():
            others += 1
            await line.wait("bystander")
        assert await going == "done"
        assert min(others, 10) == turns_taken

    asyncio.run(main())
