"""A backup: what a hub's file is at one moment, whatever the hub does, numbered under another epoch."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

import realtime_widgets as rw
from realtime_widgets.errors import UsageError
from realtime_widgets.hub.brokers.backup import back_up
from realtime_widgets.hub.brokers.database import Database
from realtime_widgets.hub.policies import Retention
from realtime_widgets.protocol.envelope import Message
from support.servers import wait_for


def numbers(stream: rw.Stream) -> list[int]:
    return [int(number) for number in stream.read()["n"]] if len(stream) else []


def publish(hub: rw.Hub, first: int, last: int) -> None:
    with rw.connect(hub) as client:
        client.wait_until()
        sent = [client.publish("x", {"n": n}) for n in range(first, last + 1)]
        wait_for(lambda: all(each.state == "acknowledged" for each in sent))


def test_a_hub_on_the_copy_has_what_there_was_and_who_knows_more_is_told(tmp_path: Path):
    """What came after the copy is lost, and its numbers are given again: nobody takes the new ones for the old."""
    hub = rw.Hub(broker=f"sqlite:///{tmp_path}/hub.db").start()
    with rw.connect(hub, reconnect=rw.Reconnect(initial=0.05, maximum=0.2)) as client:
        stream = client.stream("x")
        client.wait_until()
        publish(hub, 1, 3)
        back_up(tmp_path / "hub.db", tmp_path / "copy.db")
        publish(hub, 4, 6)
        wait_for(lambda: len(stream) == 6)
        hub.stop()
        # The machine is gone, and another has the copy.
        again = rw.Hub(hub.port, token=hub.token, broker=f"sqlite:///{tmp_path}/copy.db")
        with again:
            publish(again, 7, 12)  # as 4 to 9
            wait_for(lambda: numbers(stream)[-1:] == [12])
            assert numbers(stream)[:6] == [1, 2, 3, 4, 5, 6]
            assert set(numbers(stream)[6:]) >= set(range(7, 13))
            assert "epoch_changed" in {gap.reason for gap in stream.gaps}


def test_it_is_one_file_for_its_owner_and_replaces_the_last(tmp_path: Path):
    path, copy = tmp_path / "a ?#%.db", tmp_path / "copies" / "copy.db"
    copy.parent.mkdir()
    copy.write_text("the last one")
    file = Database(path, Retention(10, None))
    try:
        with file.transaction():
            file.place("x", Message("x"), b"1", None)  # type: ignore[arg-type]
        back_up(path, copy)
    finally:
        file.close()
    assert [each.name for each in copy.parent.iterdir()] == ["copy.db"]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    opened = Database(copy, Retention(10, None))
    try:
        (message,) = opened.read("x", 0, 1000)
        assert (message.epoch, message.offset) == opened.position("x")
    finally:
        opened.close()


def of_nothing(path: Path) -> None:
    pass


def of_another_program(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE x (y)")
    file.close()


def of_text(path: Path) -> None:
    path.write_text("text " * 1000)


@pytest.mark.parametrize("make", [of_nothing, of_another_program, of_text])
def test_what_is_no_file_of_a_hub_is_not_copied(make: Callable[[Path], None], tmp_path: Path):
    make(tmp_path / "hub.db")
    before = {each.name for each in tmp_path.iterdir()}
    with pytest.raises(UsageError, match="cannot be copied to "):
        back_up(tmp_path / "hub.db", tmp_path / "copy.db")
    assert {each.name for each in tmp_path.iterdir()} == before


def test_a_copy_that_cannot_be_is_refused(tmp_path: Path):
    Database(tmp_path / "hub.db", Retention(10, None)).close()
    with pytest.raises(UsageError, match="No such file or directory"):
        back_up(tmp_path / "hub.db", tmp_path / "nowhere" / "copy.db")
    with pytest.raises(UsageError, match="cannot be copied to itself"):
        back_up(tmp_path / "hub.db", tmp_path / "hub.db")
