"""The file of a hub as the system has it: who can read it, and whether it is still there."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from realtime_widgets.hub.brokers.disk_file import DiskFile, is_open_to_others, make_private


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


def test_it_is_open_to_others_where_they_get_at_it(public: Path):
    path = public / "hub.db"
    make_private(path)
    assert not is_open_to_others(path)
    path.chmod(0o644)
    assert is_open_to_others(path)
    public.chmod(0o750)
    assert not is_open_to_others(path)


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
    assert not disk.is_gone()
    lose(Path(f"{path}{after}"))
    assert disk.is_gone()


def test_one_that_is_put_back_is_there_again(path: Path):
    path.write_bytes(b"")
    disk = DiskFile(path)
    away = path.rename(path.with_name("away"))
    assert disk.is_gone()
    away.rename(path)
    assert not disk.is_gone()


def test_what_was_not_there_is_not_missed(path: Path):
    path.write_bytes(b"")
    disk = DiskFile(path)
    Path(f"{path}-wal").write_bytes(b"")
    assert not disk.is_gone()
