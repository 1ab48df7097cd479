"""What users pass as an image or a file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from realtime_widgets.errors import MissingDependency, UsageError, WrongType
from realtime_widgets.widgets import chat_attachments
from realtime_widgets.widgets.chat_attachments import MAX_BYTES, file_of, image_of
from support.images import PNG


class Figure:
    """As one of matplotlib: it can be saved to a file."""

    def savefig(self, target: Any, *, format: str, dpi: int, bbox_inches: str) -> None:
        assert (format, bbox_inches) == ("png", "tight")
        target.write(b"\x89PNG drawn at %d" % dpi)


class Picture:
    """As one of PIL: it has bands, and can be saved to a file."""

    def getbands(self) -> tuple[str, ...]:
        return ("R", "G", "B")

    def save(self, target: Any, *, format: str) -> None:
        assert format == "PNG"
        target.write(PNG)


class Plotly:
    """As one of plotly, with and without what draws it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def to_image(self, *, format: str, scale: int) -> bytes:
        if self.error is not None:
            raise self.error
        return b"\x89PNG"


def test_images_are_files_paths_bytes_pictures_and_figures(tmp_path: Path) -> None:
    body = PNG
    path = tmp_path / "plot.png"
    path.write_bytes(body)
    assert image_of(path, None) == image_of(str(path), None) == ("plot.png", body)
    assert image_of(path, "other.png").name == "other.png"
    assert image_of(memoryview(body), None) == ("image.png", body)
    assert image_of(b"no image", None).name == "file"
    assert image_of(Picture(), None) == ("image.png", PNG)
    assert image_of(Figure(), None).body.endswith(b"144")
    assert image_of(Plotly(), "loss.png") == ("loss.png", b"\x89PNG")


def test_open_files_are_read_and_go_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("é")
    with (tmp_path / "a.csv").open() as text, (tmp_path / "a.csv").open("rb") as raw:
        assert file_of(text, None) == file_of(raw, None) == ("a.csv", "é".encode())
    assert image_of(io.BytesIO(PNG), None) == ("image.png", PNG)
    drawn = io.BytesIO()
    drawn.write(PNG)  # as fig.savefig(drawn) does
    assert image_of(drawn, None) == ("image.png", PNG)
    with pytest.raises(UsageError, match="10 MB are the most"):
        file_of(io.BytesIO(bytes(MAX_BYTES + 9)), "large.bin")


def test_axes_are_drawn_with_their_figure() -> None:
    class Axes:
        figure = Figure()

    assert image_of(Axes(), None).body.endswith(b"144")


def test_a_path_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.csv").write_text("x")
    assert file_of("~/a.csv", None) == ("a.csv", b"x")


def test_files_are_paths_or_bytes_with_a_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x")
    assert file_of(tmp_path / "a.csv", None) == ("a.csv", b"x")
    assert file_of(bytearray(b"x"), "b.csv") == ("b.csv", b"x")


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: image_of(3, None), WrongType, "no image that can be sent"),
        (lambda: file_of(3, None), WrongType, "no file that can be sent"),
        (lambda: file_of(b"x", None), UsageError, "bytes without a name"),
        (lambda: file_of(b"", "x"), UsageError, "it is empty"),
        (lambda: file_of(b"x", " "), UsageError, "no name of a file"),
        (lambda: image_of("https://x.test/a.png", None), UsageError, "send the link as text"),
        (
            lambda: file_of("nowhere.csv", None),
            UsageError,
            "'nowhere.csv' cannot be sent: No such file.*, seen from",
        ),
        (lambda: file_of("a\0b", None), UsageError, "cannot be sent: embedded null byte"),
        (lambda: file_of("\ud800", None), UsageError, "cannot be sent: .*surrogates"),
        (lambda: file_of("~nobody-of-that-name/a.csv", None), UsageError, "cannot be sent"),
        (lambda: file_of(io.BytesIO(b"x"), None), UsageError, "bytes without a name"),
        (
            lambda: image_of(Plotly(ValueError("Kaleido is needed")), None),
            MissingDependency,
            "pip install kaleido",
        ),
    ],
)
def test_what_cannot_be_sent_is_refused(call: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call()


def test_what_a_library_cannot_draw_is_its_own_error() -> None:
    with pytest.raises(ValueError, match="bad figure"):
        image_of(Plotly(ValueError("bad figure")), None)


def test_what_is_too_large_is_not_even_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_attachments, "MAX_BYTES", 2**20)
    path = tmp_path / "big.bin"
    with path.open("wb") as file:
        file.truncate(2**20 + 1)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("it was read"))
    with pytest.raises(UsageError, match=r"1\.0 MB, and 1 MB are the most"):
        file_of(path, None)


def test_what_is_wrong_with_a_file_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    with pytest.raises(UsageError) as empty:
        file_of(tmp_path / "empty.csv", None)
    assert str(empty.value) == "'empty.csv' cannot be sent: it is empty"
    with pytest.raises(UsageError, match="No such file or directory; pass the path"):
        file_of(tmp_path / "none.csv", None)
    with pytest.raises(UsageError, match="No such file or directory, seen from"):
        file_of("none.csv", None)
