"""How many schedules the random models run, from which seed, and how one that failed is run again.

A run takes a share of them from a fresh seed, which its header names; `RW_MODELS=full` (`make models`) has them all.
The seed of a schedule that failed is kept in artifacts/: the next run tries it before any other.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

ARTIFACTS = Path(__file__).resolve().parents[2] / "artifacts"

BLOCKS = 10
"""Each is a test of its own."""

SHARE = 10
"""One schedule in so many is run when not all are."""

FULL = os.environ.get("RW_MODELS") == "full"


def seed_of_run() -> int:
    """That of `RW_MODEL_SEED`, or a fresh one, the same in all processes that are started from here on."""
    return int(os.environ.setdefault("RW_MODEL_SEED", str(secrets.randbelow(10**6))))


class Schedules:
    """Those of one test, by their seeds; fixture `schedules` has it."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item
        self._current: int | None = None
        self._kept = ARTIFACTS / f"{item.name.partition('[')[0]}.seeds"

    def count(self, number: int) -> int:
        """How many are run of so many."""
        return number if FULL else number // SHARE

    def seeds(self, block: int, number: int) -> Iterator[int]:
        """One by one: the new ones of a block of so many, and before those of the first what failed in a run before."""
        first = (seed_of_run() * BLOCKS + block) * number
        before = self._failed_before() if block == 0 else []
        for seed in (*before, *range(first, first + self.count(number))):
            self._current = seed
            yield seed

    def failed(self) -> str:
        """Keep what was tried last for the next run; returns what the reader of the failure is to know."""
        settings = f"RW_MODEL_SEED={seed_of_run()}" + (" RW_MODELS=full" if FULL else "")
        said = f'Again: {settings} .venv/bin/pytest "{self._item.nodeid}"'
        if self._current is None:
            return said
        if self._current not in self._failed_before():
            ARTIFACTS.mkdir(exist_ok=True)
            with self._kept.open("a") as file:
                file.write(f"{self._current}\n")
        return f"{said}\nSchedule {self._current} is kept in artifacts/{self._kept.name}: the next run begins with it."

    def _failed_before(self) -> list[int]:
        return [int(line) for line in self._kept.read_text().split()] if self._kept.exists() else []
