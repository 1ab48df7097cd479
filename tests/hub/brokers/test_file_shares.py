"""Shares of a file: who gives way when it is full, and that they are what is in the file whatever was done to it."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from realtime_widgets.hub.brokers import database as module
from realtime_widgets.hub.brokers.base import NotKept
from realtime_widgets.hub.brokers.database import Database
from realtime_widgets.hub.brokers.file_shares import FileShares
from realtime_widgets.hub.policies import Retention
from realtime_widgets.protocol.envelope import encode_data, new_envelope


class Clock:
    """Seconds since the epoch."""

    def __init__(self) -> None:
        self.now = 1e9

    def __call__(self) -> float:
        return self.now


def place(file: Database, channel: str, size: int) -> None:
    data = msgspec.Raw(encode_data("x" * size))
    file.place(channel, new_envelope("x", data, channel=channel), data, None)


def sizes(shares: FileShares) -> dict[str, int]:
    assert shares._shares is not None
    families = shares._shares._families.values()
    return {channel: size for family in families for channel, size in family.channels.items()}


def test_who_fills_the_file_gives_way_and_not_those_who_were_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 2 * 2**20)
    clock = Clock()
    file = Database(tmp_path / "hub.db", Retention(1000, None), clock)
    with file.transaction():
        for _ in range(20):
            place(file, "lobby", 1000)
    for number in range(200):
        clock.now += 1
        with file.transaction():
            for _ in range(5):
                place(file, f"eve:{number}", 10_000)
    assert file.size <= 2 * 2**20
    assert len(file.read("lobby", 0, 10**9)) == 20
    assert not file.read("eve:0", 0, 10**9)
    assert len(file.read("eve:199", 0, 10**9)) == 5, "the newest of them is there"
    file.close()


@pytest.mark.parametrize("seed", range(10))
def test_they_are_what_is_in_the_file_whatever_was_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
):
    chance, clock = random.Random(seed), Clock()
    monkeypatch.setattr(module, "MAX_FILE_BYTES", chance.choice((150_000, 250_000)))
    monkeypatch.setattr(module, "MAX_CHANNELS", 25)
    file = Database(
        tmp_path / "hub.db", Retention(chance.choice((20, 50)), chance.choice((None, 600.0))), clock
    )
    compared = 0
    for _ in range(150):
        clock.now += chance.choice((0.0, 1.0, 30.0))
        try:
            with file.transaction():
                for _ in range(chance.randrange(8)):
                    place(file, f"{chance.choice('abc')}:{chance.randrange(12)}", chance.randrange(8000))
                if chance.random() < 0.1:
                    raise NotKept("of the test")
        except NotKept:
            pass
        if file._shares._shares is not None:
            kept = sizes(file._shares)
            file._shares.forget()
            file._shares.next()
            assert kept == sizes(file._shares)
            compared += 1
    assert compared >= 10, "it was full"
    file.close()


def test_nobody_gives_way_where_there_is_nothing(tmp_path: Path):
    file = Database(tmp_path / "hub.db", Retention(5, None), Clock())
    assert file._shares.next() is None
    file.close()
