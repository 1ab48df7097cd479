"""The table of files, within a file of SQLite: its room beside that of messages, and what was taken back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from realtime_widgets.hub.brokers import database as module
from realtime_widgets.hub.brokers.base import NotKept
from realtime_widgets.hub.brokers.database import Database
from realtime_widgets.hub.brokers.file_store import PART, NoRoom, StoredFile
from realtime_widgets.hub.file_limits import Bounds
from realtime_widgets.hub.policies import Retention
from realtime_widgets.protocol.envelope import encode_data, new_envelope

BOUNDS = Bounds(10**7, 10**8, 10**9)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Database]:
    file = Database(tmp_path / "hub.db", Retention(1000, None))
    yield file
    file.close()


def put(file: Database, id: str, size: int = 10, age: float | None = None, uploader: str = "anna") -> None:
    stored = StoredFile(id, "lobby", uploader, "x", "text/plain", size)
    for part in range(stored.parts):
        with file.transaction():
            file.files.write(id, part, b"x" * min(PART, size - part * PART))
    with file.transaction():
        file.files.add(stored, age, BOUNDS)


def place(file: Database, channel: str, size: int) -> None:
    data = msgspec.Raw(encode_data("x" * size))
    with file.transaction():
        file.place(channel, new_envelope("x", data, channel=channel), data, None)


def count(path: Path, table: str) -> int:
    with sqlite3.connect(path) as found:
        return int(found.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_files_take_no_room_of_messages(file: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 400_000)
    for _ in range(10):
        place(file, "a", 10_000)
    put(file, "large", 4 * PART)
    with file.transaction():
        file.files.write("on its way", 0, b"x" * PART)
    place(file, "a", 10_000)
    assert len(file.read("a", 0, 10**9)) == 11
    for _ in range(60):
        place(file, "a", 10_000)
    assert 10 < len(file.read("a", 0, 10**9)) < 45, "messages still have a bound of their own"
    assert file.files.find("large") is not None


def test_what_is_taken_back_is_not_counted(file: Database):
    put(file, "a", 5000)

    def fail() -> None:
        with file.transaction():
            file.files.add(StoredFile("b", "lobby", "anna", "x", "text/plain", 9000), None, BOUNDS)
            file.files.remove("a")
            raise NotKept("the disk is full")

    with pytest.raises(NotKept):
        fail()
    assert file.files.find("a") is not None
    assert file.files.find("b") is None
    assert file.files.size == 5000
    with file.transaction():
        assert file.files.used("anna") == 5000


def test_one_that_has_no_room_leaves_what_is_there(file: Database):
    put(file, "a", 5000)
    with pytest.raises(NoRoom), file.transaction():
        file.files.add(StoredFile("b", "lobby", "anna", "x", "text/plain", 10**8), None, BOUNDS)
    assert file.files.find("a") is not None


def test_the_next_process_finds_what_was_added_and_nothing_of_what_was_begun(tmp_path: Path):
    path = tmp_path / "hub.db"
    file = Database(path, Retention(1000, None))
    put(file, "a", 2 * PART)
    with file.transaction():
        file.files.write("begun", 0, b"x")
    file.close()
    assert count(path, "file_parts") == 3
    file = Database(path, Retention(1000, None))
    assert count(path, "file_parts") == 2
    assert file.files.size == 2 * PART
    assert file.files.read("a", 1) == b"x" * PART
    file.close()


def test_a_file_of_an_earlier_version_gets_a_table(tmp_path: Path):
    path = tmp_path / "hub.db"
    Database(path, Retention(1000, None)).close()
    with sqlite3.connect(path) as old:
        for table in ("files", "file_parts", "uploaders"):
            old.execute(f"DROP TABLE {table}")
    file = Database(path, Retention(1000, None))
    put(file, "a")
    assert file.files.find("a") is not None
    file.close()


def test_what_is_too_old_goes_with_any_transaction(tmp_path: Path):
    path, now = tmp_path / "hub.db", [1000.0]
    file = Database(path, Retention(1000, None), lambda: now[0])
    for number in range(25):
        put(file, str(number), age=10.0)
    put(file, "stays", age=None)
    now[0] += 10
    assert file.files.find("3") is None, "at once, for who asks"
    for left in (16, 6, 1, 1):
        place(file, "a", 1)
        assert count(path, "files") == count(path, "file_parts") == left
    assert file.files.size == 4096
    assert count(path, "uploaders") == 1
    file.close()
