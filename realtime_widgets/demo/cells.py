"""Cells: a notebook's code run in a kernel as a page would run it, and what it puts out, as it is saved.

A page that opens the notebook afterwards joins the kernel: its widgets are models there, and the outputs name them.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ..errors import TimedOut

READY_LIMIT: Final = 60.0
"""Seconds that a kernel may take to answer."""

NUDGE_INTERVAL: Final = 0.5
"""Seconds until a kernel is asked again for a sign that it publishes."""

OUTPUTS: Final = frozenset({"stream", "display_data", "execute_result", "error"})


@contextmanager
def connected(connection: Path) -> Iterator[Any]:
    """Connect to a kernel; gives a `jupyter_client.BlockingKernelClient` that is heard.

    Args:
        connection: the file with its addresses and its key.

    Raises:
        TimedOut: it does not answer.
    """
    from jupyter_client.blocking.client import BlockingKernelClient

    client = BlockingKernelClient(connection_file=str(connection))
    client.load_connection_file()
    client.start_channels(stdin=False, hb=False)
    try:
        try:
            client.wait_for_ready(timeout=READY_LIMIT)
            _wait_until_it_is_heard(client)
        except (RuntimeError, queue.Empty) as error:
            raise TimedOut(f"the kernel did not answer within {READY_LIMIT:.0f} s") from error
        yield client
    finally:
        client.stop_channels()


def _wait_until_it_is_heard(client: Any) -> None:
    """Wait until what the kernel publishes arrives: its answers do so earlier, and outputs until then would be lost.

    It is asked to run nothing at all, because the first run takes a kernel seconds on a busy machine.

    Raises:
        queue.Empty: it does not.
    """
    deadline = time.monotonic() + READY_LIMIT
    asked = set()
    while True:
        asked.add(client.execute("pass", silent=True, store_history=False))
        try:
            while True:
                message = client.get_iopub_msg(timeout=NUDGE_INTERVAL)
                ended = message["content"].get("execution_state") == "idle"
                if ended and message["parent_header"].get("msg_id") in asked:
                    return
        except queue.Empty:
            if time.monotonic() > deadline:
                raise


def run_cells(client: Any, notebook: dict[str, Any], limit: float) -> str:
    """Run the code cells in their order and put the outputs into the notebook.

    Args:
        client: a `jupyter_client.BlockingKernelClient`.
        notebook: as read from its file; changed in place.
        limit: seconds, for all of them.

    Returns:
        `done`; `failed` where a cell raised: those after it have not been run; `busy` where the time was over: the
        cell that runs goes on running, without its further output, and those after it have not been run.
    """
    deadline = time.monotonic() + limit
    code = [cell for cell in notebook["cells"] if cell.get("cell_type") == "code"]
    for cell in code:
        cell["outputs"], cell["execution_count"] = [], None
        cell.setdefault("metadata", {})["trusted"] = True  # we have run it
    for cell in code:
        if not "".join(cell["source"]).strip():
            continue
        if not _run(client, cell, deadline):
            return "busy"
        if any(output["output_type"] == "error" for output in cell["outputs"]):
            return "failed"
    return "done"


def _run(client: Any, cell: dict[str, Any], deadline: float) -> bool:
    """Run a cell; returns whether it has ended in time."""
    content = {
        "code": "".join(cell["source"]),
        "silent": False,
        "store_history": True,
        "user_expressions": {},
        "allow_stdin": False,
        "stop_on_error": True,
    }
    # Of this cell, as pages say it: what it makes is replaced when a reader runs it again.
    request = client.session.msg("execute_request", content, metadata={"cellId": cell.get("id")})
    client.shell_channel.send(request)
    outputs = Outputs(cell["outputs"])
    while True:
        try:
            message = client.get_iopub_msg(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return False
        if message["parent_header"].get("msg_id") != request["header"]["msg_id"]:
            continue
        kind, said = message["msg_type"], message["content"]
        if kind == "execute_input":
            cell["execution_count"] = said["execution_count"]
        elif kind == "status" and said["execution_state"] == "idle":
            return True
        else:
            outputs.take(message)


class Outputs:
    """The outputs of a cell, as they are saved.

    Args:
        outputs: the list that they are put into.
    """

    def __init__(self, outputs: list[Any]) -> None:
        self._outputs = outputs
        self._shown: dict[str, dict[str, Any]] = {}
        self._clear = False

    def take(self, message: Any) -> None:
        """Take a message of the kernel's; what is no output changes nothing."""
        from nbformat.v4 import output_from_msg

        kind, said = message["msg_type"], message["content"]
        if kind == "clear_output":
            self._clear = True
            if not said.get("wait"):
                self._empty()
            return
        name = (said.get("transient") or {}).get("display_id")
        if kind == "update_display_data" and name in self._shown:
            self._shown[name].update(data=said["data"], metadata=said["metadata"])
        if kind not in OUTPUTS:
            return
        if self._clear:
            self._empty()
        output: Any = output_from_msg(message)  # type: ignore[no-untyped-call]
        last = self._outputs[-1] if self._outputs else None
        if kind == "stream" and last is not None and last.get("name") == output["name"]:
            last["text"] += output["text"]
            return
        self._outputs.append(output)
        if name is not None:
            self._shown[name] = output

    def _empty(self) -> None:
        self._outputs.clear()
        self._shown.clear()
        self._clear = False
