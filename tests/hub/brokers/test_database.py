"""The database: what is in the file, what of it is too old or too much, and what cannot be opened."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from realtime_widgets.errors import UsageError
from realtime_widgets.hub.brokers import database as module
from realtime_widgets.hub.brokers.base import KEPT_NOTE_AGE, NOTE_AGE, NotKept
from realtime_widgets.hub.brokers.database import Database
from realtime_widgets.hub.brokers.dedup import Key, KeyReused
from realtime_widgets.hub.policies import Kept, Retention
from realtime_widgets.protocol.envelope import Message, encode_data
from realtime_widgets.streams.gaps import Position


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hub.db"


@pytest.fixture
def file(path: Path, clock: Clock) -> Iterator[Database]:
    file = Database(path, Retention(3, 10.0), clock)
    yield file
    file.close()


def place(file: Database, channel: str, data: Any = 1, key: Key | None = None) -> Position:
    with file.transaction():
        return file.place(channel, Message("t", id="m"), msgspec.Raw(encode_data(data)), key)[0]


def offsets(file: Database, channel: str, after: int = 0, most: int = 10**6) -> list[int | None]:
    return [message.offset for message in file.read(channel, after, most)]


def test_each_channel_is_numbered_from_one_and_goes_on_in_the_next_process(path: Path, clock: Clock):
    file = Database(path, Retention(3, None), clock)
    epoch = file.position("a").epoch
    assert [place(file, channel) for channel in "aabab"] == [(epoch, n) for n in (1, 2, 1, 3, 2)]
    file.close()
    again = Database(path, Retention(3, None), clock)
    assert again.position("a") == (epoch, 3)
    assert place(again, "b") == (epoch, 3)
    assert offsets(again, "a") == [1, 2, 3]
    again.close()


def test_a_message_comes_back_as_it_was(file: Database):
    data = {"text": "日本語 \ud83d", "n": [1, None, True, 1e300]}
    message = Message("kind", None, 12.5, 2**70, "else")
    with file.transaction():
        _, numbered = file.place("a\0é", message, msgspec.Raw(encode_data(data)), None)
    (found,) = file.read("a\0é", 0, 10**6)
    assert numbered is not None
    for name in ("type", "timestamp", "id", "channel", "epoch", "offset"):
        assert getattr(found, name) == getattr(numbered, name), name
    assert found.channel == "a\0é"
    assert msgspec.json.decode(found.data) == {"text": "日本語 \ufffd", "n": [1, None, True, 1e300]}


def test_so_many_are_kept_for_so_long(file: Database, clock: Clock):
    for second in range(5):
        clock.now = 1000.0 + second
        place(file, "a")
    assert offsets(file, "a") == [3, 4, 5]
    assert offsets(file, "a", after=3) == [4, 5]
    assert offsets(file, "a", most=1) == [3], "one at least"
    assert offsets(file, "a", after=5) == offsets(file, "b") == []
    clock.now = 1013.5
    assert offsets(file, "a") == [5], "before anything else is written, too"
    place(file, "b")
    assert file._file.execute("SELECT count(*) FROM messages").fetchone() == (2,)
    clock.now = 1020.0
    assert offsets(file, "a") == []
    assert file.position("a").offset == 5


def test_a_shorter_history_holds_for_what_is_there(path: Path, clock: Clock):
    file = Database(path, Retention(5, None), clock)
    for _ in range(5):
        place(file, "a")
    file.close()
    shorter = Database(path, Retention(2, None), clock)
    assert offsets(shorter, "a") == [4, 5]
    shorter.close()


def test_what_comes_again_is_recognized_by_the_next_process_too_for_five_minutes(path: Path, clock: Clock):
    file = Database(path, Retention(3, None), clock)
    first = place(file, "a", 1, Key("me", "a", "x"))
    file.close()
    file = Database(path, Retention(3, None), clock)
    assert place(file, "a", 1, Key("me", "a", "x")) == first
    assert place(file, "a", 1, Key("you", "a", "x")).offset == 2
    with pytest.raises(KeyReused):
        place(file, "a", 2, Key("me", "a", "x"))
    assert offsets(file, "a") == [1, 2]
    clock.now += module.MAX_AGE
    assert place(file, "a", 2, Key("me", "a", "x")).offset == 3
    file.close()


def test_so_many_are_recognized(file: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_KNOWN", 20)
    for n in range(25):
        clock.now += 1
        place(file, "a", n, Key("me", "a", n))
    assert file._file.execute("SELECT count(*) FROM known").fetchone()[0] <= 20
    assert place(file, "a", 24, Key("me", "a", 24)).offset == 25
    assert place(file, "a", 0, Key("me", "a", 0)).offset == 26


def test_all_histories_have_one_bound(path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch):
    file = Database(path, Retention(10**6, None), clock)
    for n in range(3000):
        clock.now += 0.001
        place(file, "ab"[n % 2], "x" * 500)
    whole = file.size
    monkeypatch.setattr(module, "MAX_FILE_BYTES", whole * 3 // 4)
    place(file, "c")
    assert 0.5 * whole < file.size <= 0.75 * whole
    kept = [offsets(file, channel) for channel in "ab"]
    assert all(len(each) > 700 for each in kept), "both gave way"
    assert all(each[-1] == 1500 for each in kept), "with their oldest"
    assert offsets(file, "c") == [1]
    file.close()


def test_of_large_messages_most_stay_when_there_is_no_more_room(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 20 * 2**20)
    file = Database(path, Retention(1000, None), clock)
    for _ in range(50):
        clock.now += 1
        place(file, "a", "x" * (2**20 - 4096))
    kept = offsets(file, "a", most=10**9)
    assert kept == list(range(kept[0] or 0, 51))
    assert len(kept) >= 9
    file.close()


def test_what_is_kept_has_no_holes_where_the_clock_was_set_back(file: Database, clock: Clock):
    place(file, "a")
    clock.now -= 500
    place(file, "a")
    assert offsets(file, "a") == [1, 2]
    clock.now += 10.0
    assert offsets(file, "a") == [], "the first is older than the second, which is too old"
    place(file, "a")
    assert offsets(file, "a") == [3]


def test_it_knows_how_much_there_is_without_counting(
    file: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "MAX_CHANNELS", 20)
    monkeypatch.setattr(module, "MAX_KNOWN", 20)
    for n in range(100):
        clock.now += n % 7 * 20  # some were recognized for long enough
        place(file, f"{n % 30}", n, Key("me", "a", n % 40) if n % 3 else None)
    facts = file._facts

    def fail() -> None:
        with file.transaction():
            for n in range(100, 150):
                file.place(f"{n}", Message("t"), msgspec.Raw(b"1"), Key("me", "a", n))
            file._file.execute("SELECT * FROM nothing")

    with pytest.raises(NotKept):
        fail()
    assert file._facts == facts
    counted = [
        file._file.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("channels", "known")
    ]
    assert [facts.channels, facts.known] == counted
    assert file._file.execute("SELECT epoch FROM meta").fetchone() == (facts.epoch,)


def test_channels_beyond_the_bound_are_forgotten_and_begin_anew_under_another_epoch(
    file: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "MAX_CHANNELS", 20)
    first = place(file, "0")
    for n in range(1, 30):
        clock.now += 1
        place(file, f"{n}")
    assert file._file.execute("SELECT count(*) FROM channels").fetchone()[0] <= 20
    assert file._file.execute(
        "SELECT count(*) FROM messages WHERE channel NOT IN (SELECT id FROM channels)"
    ).fetchone() == (0,)
    again = place(file, "0")
    assert again.offset == 1
    assert again.epoch != first.epoch, "or who has read it would take it for what was before"
    assert place(file, "29").offset == 2


def test_who_names_many_channels_has_only_those_forgotten(
    file: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "MAX_CHANNELS", 50)
    first = place(file, "training")
    for n in range(500):
        clock.now += 1
        place(file, f"presence:lobby:{n}")
        place(file, f"team:eve:{n}")
    assert file.position("training") == first


def test_what_was_rolled_back_was_never_numbered(file: Database):
    place(file, "a")

    def fail() -> None:
        with file.transaction():
            file.place("a", Message("t"), msgspec.Raw(b"1"), Key("me", "a", 1))
            file.place("new", Message("t"), msgspec.Raw(b"1"), None)
            file._file.execute("SELECT * FROM nothing")

    with pytest.raises(NotKept, match="cannot be written to"):
        fail()
    assert file.position("a").offset == 1
    assert file.position("new").offset == 0
    assert place(file, "a", 1, Key("me", "a", 1)).offset == 2


def test_a_file_has_one_hub(file: Database, path: Path):
    with pytest.raises(UsageError, match="another hub does; stop that one"):
        Database(path, Retention(3, None))
    link = path.with_name("link.db")
    link.symlink_to(path)
    with pytest.raises(UsageError, match="another hub does; stop that one"):
        Database(link, Retention(3, None))
    place(file, "a")
    with sqlite3.connect(path) as reader:  # for whom makes a copy
        assert reader.execute("SELECT count(*) FROM messages").fetchone() == (1,)
    reader.close()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.mkdir(), "it is a folder"),
        (
            lambda path: path.write_bytes(b"no database, but long enough to be looked at" * 100),
            "not a database",
        ),
        (lambda path: _with(path, "CREATE TABLE users (name)"), "another program"),
        (
            lambda path: (
                Database(path, Retention(1, None)).close(),
                _with(path, "PRAGMA user_version = 99"),
            ),
            "a later version",
        ),
    ],
)
def test_what_is_no_file_of_a_hub_is_refused_and_left_alone(path: Path, make: Any, says: str):
    make(path)
    before = None if path.is_dir() else path.read_bytes()
    for _ in range(2):  # and the lock is let go
        with pytest.raises(UsageError, match=says):
            Database(path, Retention(3, None))
    assert path.is_dir() or path.read_bytes() == before


def test_its_files_are_its_owners_alone(path: Path):
    before = os.umask(0o022)
    try:
        file = Database(path, Retention(3, None))
        place(file, "a")
        modes = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
        file.close()
    finally:
        os.umask(before)
    assert modes.keys() >= {"hub.db", "hub.db-wal", "hub.db-shm", "hub.db-lock"}
    assert set(modes.values()) == {0o600}


def test_a_file_that_was_there_keeps_its_mode(path: Path):
    Database(path, Retention(3, None)).close()
    path.chmod(0o640)
    Database(path, Retention(3, None)).close()
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(UsageError, match=r"there is no folder '.*nowhere'; make it first"):
        Database(tmp_path / "nowhere" / "hub.db", Retention(3, None))


def _with(path: Path, statement: str) -> None:
    file = sqlite3.connect(path)
    file.execute(statement)
    file.commit()
    file.close()


def test_what_is_too_old_of_a_channel_that_fell_silent_is_deleted_as_others_speak(path: Path, clock: Clock):
    retention = Retention(100, None, {"short*": Kept(100, 10.0)})
    file = Database(path, retention, clock)
    for number in range(20):
        place(file, f"short {number}", 1)
    place(file, "long", 1)
    clock.now += 11
    for number in range(10):
        place(file, "long", number)
    (count,) = file._file.execute("SELECT count(*) FROM messages").fetchone()
    assert count == 11
    assert file.position("short 3").offset == 1
    file.close()


def test_a_note_is_kept_for_its_age_after_its_last_change_and_by_the_next_process(path: Path, clock: Clock):
    def noted(file: Database, channel: str, note: bytes | None, age: float) -> bytes:
        found: list[bytes] = []
        with file.transaction():
            file.amend(channel, lambda had, _: found.append(had) or (had if note is None else note), age)
        return found[0]

    file = Database(path, Retention(3, None), clock)
    assert noted(file, "day", b"x", NOTE_AGE) == noted(file, "year", b"y", KEPT_NOTE_AGE) == b""
    file.close()
    file = Database(path, Retention(3, None), clock)
    clock.now += NOTE_AGE - 1
    assert noted(file, "day", None, NOTE_AGE) == b"x"
    clock.now += 1
    place(file, "a")
    assert noted(file, "day", None, NOTE_AGE) == b"", "who only looked has not kept it for longer"
    clock.now += KEPT_NOTE_AGE - NOTE_AGE - 1
    assert noted(file, "year", b"z", KEPT_NOTE_AGE) == b"y"
    clock.now += KEPT_NOTE_AGE - 1
    place(file, "a")
    assert noted(file, "year", None, KEPT_NOTE_AGE) == b"z"
    clock.now += 1
    place(file, "a")
    assert noted(file, "year", None, KEPT_NOTE_AGE) == b""
    file.close()
