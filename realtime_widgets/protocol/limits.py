"""Limits: how large what clients and hubs send each other may be."""

from __future__ import annotations

from typing import Final

MAX_FRAME_BYTES: Final = 1024 * 1024
"""Of a frame, in either direction: what most WebSocket libraries accept unless told otherwise."""

MAX_DATA_BYTES: Final = MAX_FRAME_BYTES - 4096
"""Of a message's data: the rest of its envelope fits into what is left, however it is spelled."""

MAX_NAME_LENGTH: Final = 200
"""Characters of the name of a channel or type, and of an id."""
