"""Chat publications: what a hub reads again of what it has said in rooms. Pure; `chat/` reads them for clients."""

from __future__ import annotations

from typing import Any, Final

from .chat import Part

PUBLISHED: Final = frozenset(
    [
        "message",
        "user_joined",
        "user_left",
        "message_edited",
        "message_deleted",
        "reaction",
        "typing_start",
        "typing_stop",
        "message_growing",
        "read",
    ]
)
"""The types of what is published in rooms."""


class User(Part):
    """Somebody."""

    id: str
    username: str = ""


class ChatMessage(Part):
    """A message; `timestamp` is in milliseconds since the epoch, `type` one of `Kind` where our hub has sent it."""

    id: str
    room_id: str
    user_id: str
    username: str = ""
    content: str = ""
    timestamp: float | None = None
    type: str = "text"
    metadata: dict[str, Any] | None = None
