"""The file of a hub as the system has it: who can read it, and whether it is still there."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from realtime_widgets.hub.brokers.disk_file import DiskFile, make_private, warn_if_open_to_others


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hub.db"


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user can enter."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


def test_what_is_made_is_its_owners_and_what_is_there_stays_as_it_is(path: Path):
    before = os.umask(0o022)
    try:
        make_private(path)
        assert mode(path) == 0o600
        path.write_bytes(b"x")
        path.chmod(0o640)
        make_private(path)
    finally:
        os.umask(before)
    assert (mode(path), path.read_bytes()) == (0o640, b"x")


def test_where_nothing_can_be_made_nothing_is_said(path: Path):
    make_private(path / "below")
    assert not path.exists()


def test_a_file_that_others_get_at_is_warned_of(public: Path, caplog: pytest.LogCaptureFixture):
    path = public / "hub.db"
    make_private(path)
    warn_if_open_to_others(path)
    assert not caplog.records
    path.chmod(0o644)
    warn_if_open_to_others(path)
    assert f"every user of this machine can read {str(path)!r}" in caplog.text
    del caplog.records[:]
    public.chmod(0o750)
    warn_if_open_to_others(path)
    assert not caplog.records


@pytest.mark.parametrize("after", ["", "-wal"])
@pytest.mark.parametrize(
    "lose",
    [
        lambda path: path.unlink(),
        lambda path: (path.with_name("new").write_bytes(b""), path.with_name("new").replace(path)),
        lambda path: path.rename(path.with_name("old")),
    ],
)
def test_a_file_that_was_removed_moved_or_replaced_is_gone(
    path: Path, after: str, lose: Callable[[Path], object]
):
    for each in ("", "-wal"):
        Path(f"{path}{each}").write_bytes(b"")
    disk = DiskFile(path)
    Path(f"{path}{after}").write_bytes(b"longer")
    assert not disk.missing()
    lose(Path(f"{path}{after}"))
    assert disk.missing()


def test_one_that_is_put_back_is_there_again(path: Path):
    path.write_bytes(b"")
    disk = DiskFile(path)
    away = path.rename(path.with_name("away"))
    assert disk.missing()
    away.rename(path)
    assert not disk.missing()


def test_what_was_not_there_is_not_missed(path: Path):
    path.write_bytes(b"")
    disk = DiskFile(path)
    Path(f"{path}-wal").write_bytes(b"")
    assert not disk.missing()
