"""Turns of clients."""

from __future__ import annotations

import asyncio

import pytest

from realtime_widgets.hub import turns
from realtime_widgets.hub.turns import Turns


async def turns_of_another(steps: int) -> int:
    """Return how often another task had its turn while a client took many steps that wait for nothing."""
    had = 0

    async def other() -> None:
        nonlocal had
        while True:
            had += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    mine = Turns()
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
