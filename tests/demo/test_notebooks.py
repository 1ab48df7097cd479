"""Which notebook the demo shows, and what becomes of the copies."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from realtime_widgets.demo.notebooks import copy_notebooks, find_notebook, read_notebook
from realtime_widgets.errors import UsageError


def notebook(*sources: str, **metadata: Any) -> str:
    cells = [{"cell_type": "code", "source": source, "outputs": [], "metadata": {}} for source in sources]
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def sources(path: Path) -> list[str]:
    return [cell["source"] for cell in read_notebook(path)["cells"]]


@pytest.fixture
def original(tmp_path: Path) -> Path:
    """A notebook with another one beside it."""
    folder = tmp_path / "originals"
    folder.mkdir()
    (folder / "b.ipynb").write_text(notebook("b"))
    (folder / "c.txt").write_text("no notebook")
    (folder / "a.ipynb").write_text(notebook("a", kernelspec={"name": "python3"}))
    return folder / "a.ipynb"


# Finding


def test_a_folder_means_its_first_notebook(tmp_path: Path):
    for name in ("02_b.ipynb", "01_a.ipynb", "00.txt"):
        (tmp_path / name).write_text(notebook())
    assert find_notebook(tmp_path) == (tmp_path / "01_a.ipynb").resolve()
    assert find_notebook(tmp_path / "02_b.ipynb").name == "02_b.ipynb"


def test_a_folder_without_notebooks_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="there is no notebook in"):
        find_notebook(tmp_path)


def test_a_file_that_is_no_notebook_is_refused(tmp_path: Path):
    (tmp_path / "a.py").write_text("")
    with pytest.raises(UsageError, match="is no notebook"):
        find_notebook(tmp_path / "a.py")


def test_the_examples_are_found_without_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert find_notebook(None).name == "01_live_dashboard.ipynb"


# Copying


def test_all_notebooks_of_the_folder_are_copied_and_the_originals_stay(original: Path, tmp_path: Path):
    before = {path: path.read_bytes() for path in original.parent.iterdir()}
    copy = copy_notebooks(original, tmp_path / "copies")
    assert copy == (tmp_path / "copies" / "a.ipynb").resolve()
    assert sorted(path.name for path in copy.parent.iterdir()) == ["a.ipynb", "b.ipynb"]
    assert (sources(copy), sources(copy.parent / "b.ipynb")) == (["a"], ["b"])
    assert read_notebook(copy)["metadata"]["kernelspec"] == {"name": "python3"}
    assert {path: path.read_bytes() for path in original.parent.iterdir()} == before


def test_a_newer_original_replaces_a_copy_that_nobody_has_changed(
    original: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    copy = copy_notebooks(original, tmp_path / "copies")
    ran = read_notebook(copy)
    ran["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1"}]
    copy.write_text(json.dumps(ran))
    original.write_text(notebook("newer"))
    copy_notebooks(original, tmp_path / "copies")
    assert sources(copy) == ["newer"]
    assert capsys.readouterr().out == ""


def test_a_copy_that_somebody_has_changed_stays_and_is_named(
    original: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    copy = copy_notebooks(original, tmp_path / "copies")
    changed = read_notebook(copy)
    changed["cells"][0]["source"] = "mine"
    copy.write_text(json.dumps(changed))
    (copy.parent / "b.ipynb").write_text("not even a notebook")
    copy_notebooks(original, tmp_path / "copies")
    assert sources(copy) == ["mine"]
    assert (copy.parent / "b.ipynb").read_text() == "not even a notebook"
    said = capsys.readouterr().out.splitlines()
    assert [line.split(" in ")[0] for line in said] == ["Keeping your a.ipynb", "Keeping your b.ipynb"]


def test_outputs_of_a_copy_that_is_up_to_date_are_left_alone(original: Path, tmp_path: Path):
    copy = copy_notebooks(original, tmp_path / "copies")
    ran = read_notebook(copy)
    ran["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1"}]
    copy.write_text(json.dumps(ran))
    copy_notebooks(original, tmp_path / "copies")
    assert read_notebook(copy) == ran


def test_a_notebook_among_the_copies_is_shown_itself(original: Path):
    assert copy_notebooks(original, original.parent) == original


def test_a_file_that_holds_no_notebook_is_one_sentence(original: Path, tmp_path: Path):
    original.write_text("[1]")
    with pytest.raises(UsageError, match=r"'.*a\.ipynb' holds no notebook"):
        copy_notebooks(original, tmp_path / "copies")


def test_one_that_is_only_beside_it_is_left_out(original: Path, tmp_path: Path):
    (original.parent / "b.ipynb").write_text("{")
    copy = copy_notebooks(original, tmp_path / "copies")
    assert [path.name for path in copy.parent.iterdir()] == ["a.ipynb"]


def test_a_folder_that_cannot_be_made_is_one_sentence(original: Path, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot copy notebooks to .*; run it in a folder"):
        copy_notebooks(original, tmp_path / "file" / f"copies{os.sep}")
