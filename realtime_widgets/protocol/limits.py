"""Limits: the largest frames, data and names that clients and hubs send each other."""

from __future__ import annotations

from typing import Final

MAX_FRAME_BYTES: Final = 1024 * 1024
"""Of a frame, in either direction: what most WebSocket libraries accept by default."""

MAX_DATA_BYTES: Final = MAX_FRAME_BYTES - 4096
"""Of a message's data: the rest of its envelope fits into the difference, however it is encoded."""

MAX_RECENT: Final = 1_000_000
"""Messages of the past that a subscription is sent; no history has more."""

MAX_NAME_LENGTH: Final = 200
"""Characters of the name of a channel or type, and of an id."""
