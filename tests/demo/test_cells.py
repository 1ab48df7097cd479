"""Cells that run in a real kernel without a page, and what is saved of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

from realtime_widgets.demo import cells
from realtime_widgets.demo.cells import Outputs, connected, run_cells
from realtime_widgets.errors import TimedOut

LONG = 60.0


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """A client of a kernel."""
    manager = KernelManager()
    manager.start_kernel()
    try:
        with connected(Path(manager.connection_file)) as found:
            yield found
    finally:
        manager.shutdown_kernel(now=True)


def notebook(*sources: str) -> dict[str, Any]:
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": [source], "outputs": ["old"]}
        for i, source in enumerate(sources)
    ]
    return {"cells": [{"cell_type": "markdown", "source": "# Title", "metadata": {}}, *cells]}


def outputs(made: dict[str, Any]) -> list[Any]:
    return [cell["outputs"] for cell in made["cells"] if cell["cell_type"] == "code"]


def test_cells_run_in_order_and_have_their_outputs_and_numbers(client: Any):
    made = notebook("x = 20\nprint('a'); print('b')", "", "x + 1")
    assert run_cells(client, made, LONG) == "done"
    (printed,), nothing, (value,) = outputs(made)
    assert printed == {"output_type": "stream", "name": "stdout", "text": "a\nb\n"}
    assert nothing == []
    assert value["output_type"] == "execute_result"
    assert value["data"]["text/plain"] == "21"
    first, second, third = made["cells"][1:]
    assert third["execution_count"] == first["execution_count"] + 1
    assert second["execution_count"] is None
    assert all(cell["metadata"]["trusted"] for cell in (first, second, third))


def test_an_error_ends_the_run_and_is_saved(client: Any):
    made = notebook("1 / 0", "print('never')")
    assert run_cells(client, made, LONG) == "failed"
    (error,), after = outputs(made)
    assert (error["output_type"], error["ename"]) == ("error", "ZeroDivisionError")
    assert after == []


def test_the_kernel_is_told_which_cell_runs(client: Any):
    made = notebook("print(get_ipython().get_parent()['metadata']['cellId'])")
    run_cells(client, made, LONG)
    assert outputs(made)[0][0]["text"] == "c0\n"


def test_input_is_refused_rather_than_waited_for(client: Any):
    made = notebook("input()")
    assert run_cells(client, made, LONG) == "failed"
    assert outputs(made)[0][0]["ename"] == "StdinNotImplementedError"


def test_a_cell_that_takes_too_long_goes_on_and_those_after_it_wait(client: Any):
    made = notebook(
        "import threading\ngo = threading.Event()\nprint('begun')", "go.wait(60)\nended = True", "1"
    )
    assert run_cells(client, {"cells": made["cells"][:2]}, LONG) == "done"
    assert run_cells(client, {"cells": made["cells"][2:]}, 0.2) == "busy"
    assert outputs(made)[1:] == [[], []]
    client.control_channel.send(client.session.msg("interrupt_request", {}))
    assert run_cells(client, notebook("'the kernel is free again'"), LONG) == "done"


def test_a_kernel_that_does_not_answer_is_said_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    manager = KernelManager(connection_file=str(tmp_path / "kernel.json"))
    manager.write_connection_file()  # of no kernel
    monkeypatch.setattr(cells, "READY_LIMIT", 0.2)
    with pytest.raises(TimedOut, match="did not answer"), connected(tmp_path / "kernel.json"):
        pass


# Outputs by values


def display(text: str, name: str | None = None, kind: str = "display_data") -> dict[str, Any]:
    content = {
        "data": {"text/plain": text},
        "metadata": {},
        "transient": {"display_id": name} if name else {},
    }
    return {"msg_type": kind, "header": {"msg_type": kind}, "content": content}


def clear(wait: bool) -> dict[str, Any]:
    return {"msg_type": "clear_output", "header": {"msg_type": "clear_output"}, "content": {"wait": wait}}


def texts(messages: list[dict[str, Any]]) -> list[str]:
    made: list[Any] = []
    outputs = Outputs(made)
    for message in messages:
        outputs.take(message)
    return [output["data"]["text/plain"] for output in made]


def test_what_is_displayed_under_a_name_is_updated_in_its_place():
    update = display("c", "one", "update_display_data")
    assert texts([display("a", "one"), display("b"), update]) == ["c", "b"]
    assert texts([update]) == []


def test_outputs_are_cleared_at_once_or_with_the_next():
    assert texts([display("a"), clear(False)]) == []
    assert texts([display("a"), clear(True)]) == ["a"]
    assert texts([display("a"), clear(True), display("b"), display("c")]) == ["b", "c"]
