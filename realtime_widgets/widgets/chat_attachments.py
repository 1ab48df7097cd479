"""Attachments: what users pass as an image or a file, as bytes with a name."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..errors import MissingDependency, UsageError, WrongType, shown
from ..protocol.file_names import cleaned_name
from ..protocol.file_types import Kind, kind_of

MAX_BYTES: Final = 10 * 1024 * 1024
"""Bytes of a file, unless the hub takes less."""

DPI: Final = 144
"""Dots per inch of a figure: sharp on screens with two pixels for one."""


class Attachment(NamedTuple):
    """A file to be sent."""

    name: str
    body: bytes


def image_of(image: Any, name: str | None) -> Attachment:
    """Return an image as a file: a path and bytes as they are, figures and pictures as PNG.

    Args:
        image: a path, bytes, an open file, or an object of matplotlib, plotly or PIL.
        name: of the file; None: that of the path, else one that fits.

    Raises:
        WrongType: it is none of these.
        UsageError: there is no such file, or it is too large.
        MissingDependency: plotly needs another library for it.
    """
    if isinstance(image, str | os.PathLike):
        return file_of(image, name)
    if isinstance(image, bytes | bytearray | memoryview):
        return _named(image, name)
    if callable(getattr(image, "read", None)) and not callable(getattr(image, "getbands", None)):
        return _named(image, name or _name_of(image))
    if callable(getattr(getattr(image, "figure", None), "savefig", None)):  # axes of matplotlib
        image = image.figure
    for drawn in (_matplotlib, _plotly, _pil):
        if (body := drawn(image)) is not None:
            return _checked(Attachment(name or "image.png", body))
    raise WrongType(
        f"{shown(image)} is no image that can be sent: pass a path, bytes, or a figure or picture of matplotlib, "
        "plotly or PIL (of an array: PIL.Image.fromarray(…))"
    )


def file_of(file: Any, name: str | None) -> Attachment:
    """Return a file: of a path, or bytes or an open file with a name.

    Raises:
        WrongType: it is neither.
        UsageError: there is no such file, it is too large, or bytes come without a name.
    """
    if isinstance(file, str | os.PathLike):
        if re.match(r"https?:", str(file)):
            raise UsageError(f"{shown(str(file))} is no file here: send the link as text, or fetch it first")
        try:
            path = Path(file).expanduser()
            size = path.stat().st_size
            body = path.read_bytes() if size <= MAX_BYTES else b""
        except (OSError, ValueError, RuntimeError) as error:  # or what is no path, or nobody's home
            why = getattr(error, "strerror", None) or error
            seen = "" if os.path.isabs(file) else f", seen from {shown(os.getcwd())}"
            raise UsageError(
                f"{shown(str(file))} cannot be sent: {why}{seen}; pass the path of a file that can be read"
            ) from error
        _check_size(path.name, size)
        return _checked(Attachment(name or path.name, body))
    if callable(getattr(file, "read", None)):
        name, opened = name or _name_of(file), file
        file = opened.read(MAX_BYTES + 1)
        if not file and callable(getattr(opened, "seek", None)):  # it was written to, and stands at its end
            opened.seek(0)
            file = opened.read(MAX_BYTES + 1)
        file = file.encode(errors="replace") if isinstance(file, str) else file
    if not isinstance(file, bytes | bytearray | memoryview):
        raise WrongType(
            f"{shown(file)} is no file that can be sent: pass a path, or bytes with name=…, such as those of "
            "df.to_csv().encode()"
        )
    if name is None:
        raise UsageError("bytes without a name are not sent: pass name='results.csv'")
    return _checked(Attachment(name, bytes(file)))


def _named(image: Any, name: str | None) -> Attachment:
    """Return bytes, or an open file, by a name that says what they are where there is none."""
    found = file_of(image, name or "image")
    return found if name else Attachment(cleaned_name("", judged(found.body).type), found.body)


def judged(body: bytes) -> Kind:
    """Return what bytes are, by nothing but them."""
    steps = kind_of(body)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Kind = end.value
            return found


def _name_of(file: Any) -> str | None:
    """Return the name of an open file; None: it has none."""
    name = getattr(file, "name", None)
    return Path(name).name if isinstance(name, str) else None


def _checked(attachment: Attachment) -> Attachment:
    name: Any = attachment.name  # whatever a user has passed
    if not isinstance(name, str) or not name.strip():
        raise UsageError(
            f"name={shown(attachment.name)} is no name of a file: pass one such as 'results.csv'"
        )
    if not attachment.body:
        raise UsageError(f"{shown(attachment.name)} cannot be sent: it is empty")
    _check_size(attachment.name, len(attachment.body))
    return attachment


def _check_size(name: str, size: int) -> None:
    if size > MAX_BYTES:
        raise UsageError(
            f"{shown(name)} cannot be sent: it has {size / 2**20:,.1f} MB, and {MAX_BYTES // 2**20} MB are the most; "
            "send a smaller one, or a link to it"
        )


def _matplotlib(image: Any) -> bytes | None:
    return _saved(
        lambda target: image.savefig(target, format="png", dpi=DPI, bbox_inches="tight"), image, "savefig"
    )


def _pil(image: Any) -> bytes | None:
    return _saved(lambda target: image.save(target, format="PNG"), image, "getbands", "save")


def _saved(save: Callable[[io.BytesIO], object], image: Any, *has: str) -> bytes | None:
    if not all(callable(getattr(image, name, None)) for name in has):
        return None
    target = io.BytesIO()
    save(target)
    return target.getvalue()


def _plotly(image: Any) -> bytes | None:
    if not callable(getattr(image, "to_image", None)):
        return None
    try:
        return bytes(image.to_image(format="png", scale=2))
    except (ValueError, ImportError, RuntimeError) as error:
        if "kaleido" not in str(error).lower():
            raise
        raise MissingDependency(
            "a plotly figure cannot be made an image: kaleido is not installed here; run: pip install kaleido"
        ) from error
