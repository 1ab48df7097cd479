"""The bytes of a chat's files, and those that come in from pages piece by piece."""

from __future__ import annotations

import base64

import pytest

from realtime_widgets.widgets import chat_files
from realtime_widgets.widgets.chat_files import MAX_INCOMING, ChatFiles, Incoming


def test_of_too_many_bytes_the_file_goes_that_was_not_used_for_longest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chat_files, "MAX_KEPT", 10)
    files = ChatFiles()
    for name in "abc":
        files.put(name, b"123")
    assert files.get("a") == b"123"
    files.put("d", b"12")
    assert [files.get(name) for name in "abcd"] == [b"123", None, b"123", b"12"]
    files.put("a", b"1234567890123")  # one there is, however large
    assert [name for name in "abcd" if files.get(name)] == ["a"]


def piece(body: bytes) -> str:
    return base64.b64encode(body).decode()


def test_a_file_is_whole_when_all_pieces_are_there_in_their_order() -> None:
    incoming = Incoming(100)
    assert incoming.take("x", 6, 0, piece(b"abc")) is None
    assert incoming.take("x", 6, 0, piece(b"abc")) is None  # begun anew
    assert incoming.take("x", 6, 4, piece(b"e")) is None  # what does not follow is passed over
    assert incoming.take("x", 6, 3, piece(b"def")) == b"abcdef"
    assert incoming.take("x", 6, 3, piece(b"def")) is None


@pytest.mark.parametrize(
    ("size", "at", "data"),
    [
        (0, 0, piece(b"a")),
        (101, 0, piece(b"a")),
        (2, 0, "no base64!"),
        (2, 0, 7),
        (2, 0, piece(b"abc")),
        (2, 1, piece(b"a")),
    ],
)
def test_what_cannot_be_is_passed_over(size: int, at: int, data: object) -> None:
    incoming = Incoming(100)
    assert incoming.take("x", size, at, data) is None
    assert incoming.take("y", 1, 0, piece(b"a")) == b"a"


def test_files_that_come_in_are_few() -> None:
    incoming = Incoming(100)
    for n in range(MAX_INCOMING + 1):
        incoming.take(f"{n}", 2, 0, piece(b"a"))
    assert incoming.take("0", 2, 1, piece(b"b")) is None  # given up
    assert incoming.take("1", 2, 1, piece(b"b")) == b"ab"
