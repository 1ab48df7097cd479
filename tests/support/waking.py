"""Kernels that may overlook a request, woken again and again.

ipykernel 7.0 to 7.3 sends its replies past the stream that its requests are read with (ipykernel #1554, mended in 7.4).
A request that comes at that moment is not read until somebody connects, so somebody does.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import zmq

INTERVAL = 2.0
"""Seconds between two connections to a kernel."""


@contextmanager
def woken(runtime: Path) -> Iterator[None]:
    """Meanwhile every kernel that has its connection file in this folder of Jupyter's is connected to, and left again."""
    ended = threading.Event()
    thread = threading.Thread(target=_wake, args=(runtime, ended), name="waking", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _wake(runtime: Path, ended: threading.Event) -> None:
    with zmq.Context() as context:
        while not ended.wait(INTERVAL):
            for file in runtime.glob("kernel-*.json"):
                try:
                    found = json.loads(file.read_text())
                except (FileNotFoundError, json.JSONDecodeError):  # it is just being ended, or begun
                    continue
                with context.socket(zmq.DEALER) as socket:
                    socket.linger = 0
                    with socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED) as monitor:
                        socket.connect(f"tcp://{found['ip']}:{found['shell_port']}")
                        monitor.poll(timeout=1000)
                        socket.disable_monitor()
