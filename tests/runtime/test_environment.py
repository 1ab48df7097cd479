"""Secrets of the environment: a variable, or a file that another names."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from realtime_widgets.errors import UsageError
from realtime_widgets.runtime.environment import secret_of

NAME, FILE = "RW_TEST_SECRET", "RW_TEST_SECRET_FILE"


def test_it_is_in_the_variable(monkeypatch: pytest.MonkeyPatch):
    assert secret_of(NAME) is None
    monkeypatch.setenv(NAME, "canary")
    assert secret_of(NAME) == "canary"
    monkeypatch.setenv(FILE, "")
    assert secret_of(NAME) == "canary"
    monkeypatch.setenv(NAME, "")
    assert secret_of(NAME) is None


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_it_is_in_a_file_without_the_end_of_its_line(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").write_bytes(f" ca nary{end}".encode())
    monkeypatch.setenv(FILE, str(tmp_path / "file"))
    assert secret_of(NAME) == " ca nary"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "RW_TEST_SECRET_FILE cannot be used: No such file or directory: "),
        (b"\n", "RW_TEST_SECRET_FILE cannot be used: there is nothing in "),
        (b"canary\xff", "RW_TEST_SECRET_FILE cannot be used: it is no text: "),
    ],
)
def test_a_file_without_one_is_refused(
    content: bytes | None, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    if content is not None:
        (tmp_path / "file").write_bytes(content)
    monkeypatch.setenv(FILE, str(tmp_path / "file"))
    with pytest.raises(UsageError) as refused:
        secret_of(NAME)
    assert str(refused.value).startswith(complaint)
    assert "canary" not in str(refused.value)
    assert "canary" not in "".join(traceback.format_exception(refused.value))


def test_both_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(NAME, "canary")
    monkeypatch.setenv(FILE, str(tmp_path))
    with pytest.raises(UsageError, match="RW_TEST_SECRET cannot be used: RW_TEST_SECRET_FILE is set, too; "):
        secret_of(NAME)
