"""Notebooks: which one the demo shows, and the copies that it runs.

The originals are only read. A copy remembers the text of the cells that it was made of: while its reader has not
changed them, a newer original replaces it; what somebody has changed stays as it is.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from ..errors import UsageError

COPIES: Final = "realtime-widgets-demo"
"""The folder in the current one that notebooks are copied to, for users to change."""

_NOTE: Final = "realtime_widgets"
"""The entry of a copy's metadata that says what it was made of."""


def find_notebook(target: Path | None) -> Path:
    """Return the notebook to show.

    Args:
        target: a notebook, or a folder whose first one (by name) is meant; None: the examples.

    Raises:
        UsageError: there is none.
    """
    if target is None:
        target = _examples()
    if target.is_dir():
        notebooks = sorted(target.glob("*.ipynb"))
        if not notebooks:
            raise UsageError(
                f"the demo cannot start: there is no notebook in {str(target)!r}; name another folder"
            )
        return notebooks[0].resolve()
    if target.suffix != ".ipynb" or not target.is_file():
        raise UsageError(
            f"the demo cannot start: {str(target)!r} is no notebook; name a file *.ipynb or a folder"
        )
    return target.resolve()


def _examples() -> Path:
    package = Path(__file__).resolve().parents[1]
    shipped = package / "notebooks"
    return shipped if shipped.is_dir() else package.parent / "notebooks"  # of a checkout


def copy_notebooks(notebook: Path, folder: Path) -> Path:
    """Copy a notebook and those beside it, except where its reader has changed a copy; returns the copy.

    Args:
        notebook: the one to show.
        folder: where to; made if it is missing. A notebook that is in there already is shown itself.

    Raises:
        UsageError: a notebook cannot be read, or the folder not be written to.
    """
    if notebook.parent == folder.resolve():
        return notebook
    try:
        folder.mkdir(exist_ok=True)
        for original in sorted(notebook.parent.glob("*.ipynb")):
            _copy(original, folder / original.name, needed=original == notebook)
    except OSError as error:
        raise UsageError(
            f"the demo cannot copy notebooks to {str(folder)!r}: {error}; run it in a folder that you can write to"
        ) from error
    return folder.resolve() / notebook.name


def _copy(original: Path, copy: Path, *, needed: bool) -> None:
    notebook = read_notebook(original) if needed else _read(original)
    if notebook is None:
        return
    text = _digest(notebook)
    there = _read(copy)
    if there is not None or copy.exists():
        now = None if there is None else _digest(there)
        if now == text:
            return
        if there is None or now != there.get("metadata", {}).get(_NOTE, {}).get("copy_of"):
            print(f"Keeping your {copy.name} in {copy.parent}; delete it to get the original.")
            return
    notebook.setdefault("metadata", {})[_NOTE] = {"copy_of": text}
    copy.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")


def read_notebook(path: Path) -> dict[str, Any]:
    """Return a notebook.

    Raises:
        UsageError: the file is none.
    """
    notebook = _read(path)
    if notebook is None:
        raise UsageError(f"the demo cannot start: {str(path)!r} holds no notebook; name another file")
    return notebook


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("cells"), list) else None


def _digest(notebook: dict[str, Any]) -> str:
    """A fingerprint of what a notebook says, whatever its cells have put out."""
    said = [[cell.get("cell_type"), "".join(cell.get("source", ""))] for cell in notebook["cells"]]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
