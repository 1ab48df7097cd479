"""A real kernel and its cells, without a page: what a front end asks, and what is displayed."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

LIMIT = 60


class Kernel:
    """Runs code as cells of a notebook do."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self._client = client

    def run(self, code: str, cell: str | None = None, session: str | None = None) -> list[dict[str, Any]]:
        """Run a cell and return what it displays, by MIME type; text that is printed is under `stream`.

        Args:
            code: what is in the cell.
            cell: its id; None: the front end gives none, as older ones do.
            session: the front end that asks; None: always the same.
        """
        client = self._client
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        message = client.session.msg("execute_request", content)
        if cell is not None:
            message["metadata"] = {"cellId": cell}
        if session is not None:
            message["header"]["session"] = session
        client.shell_channel.send(message)
        shown: list[dict[str, Any]] = []
        while True:
            said = client.get_iopub_msg(timeout=LIMIT)
            if said["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            match said["msg_type"], said["content"]:
                case "status", {"execution_state": "idle"}:
                    return shown
                case "error", {"traceback": lines}:
                    raise AssertionError("\n".join(lines))
                case "stream", {"text": text}:
                    shown.append({"stream": text})
                case "display_data" | "execute_result", {"data": data}:
                    shown.append(data)

    def value(self, expression: str) -> Any:
        """Return the value of an expression, as far as its repr tells."""
        printed = self.run(f"print(repr(({expression})))", cell="values")
        return ast.literal_eval("".join(each.get("stream", "") for each in printed))

    def wait_for(self, expression: str, expected: Any) -> None:
        """Wait until an expression has a value, asking again in cells.

        What a thread of the kernel is just using counts as held, and is looked at again with the next cell.
        """
        end = time.monotonic() + LIMIT
        while (found := self.value(expression)) != expected:
            assert time.monotonic() < end, f"{expression} is {found}, not {expected}"


@contextmanager
def running_kernel() -> Iterator[Kernel]:
    """A kernel of its own; it ends with the block."""
    manager, client = start_new_kernel()
    try:
        yield Kernel(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
