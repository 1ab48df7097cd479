"""The goodbye: what a server that goes away says when it closes a WebSocket, so that not all come back at once."""

from __future__ import annotations

import re
from typing import Final

CLOSE_RESTART: Final = 1012
"""The close code of a service that restarts (https://www.iana.org/assignments/websocket)."""

_REASON: Final = re.compile(r"retry_after=(\d{1,9}(?:\.\d{1,9})?)", re.ASCII)


def to_reason(retry_after: float) -> str:
    """Return the reason that asks a client to come again after some seconds: `retry_after=1.25`."""
    return f"retry_after={retry_after:.2f}"


def retry_after_of(reason: str) -> float | None:
    """Return the seconds in the output of `to_reason`; None: it says something else."""
    match = _REASON.fullmatch(reason)
    return None if match is None else float(match[1])
