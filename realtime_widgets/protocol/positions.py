"""Positions: places in channels, converted to and from JSON, `{"metrics": ["c4f1", 17]}`, and text, `c4f1:17`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..streams.gaps import Position


def to_wire(positions: Mapping[str, Position]) -> dict[str, Any]:
    """Return positions by channel as JSON: `{"metrics": ["c4f1", 17]}`."""
    return {channel: list(position) for channel, position in positions.items()}


def from_wire(data: Any) -> dict[str, Position]:
    """Return the positions in the output of `to_wire`; invalid entries are left out."""
    if not isinstance(data, dict):
        return {}
    return {channel: Position(*each) for channel, each in data.items() if _is_position(each)}


def to_text(position: Position) -> str:
    """Return a position as text, for ids and queries: `c4f1:17`."""
    return f"{position.epoch}:{position.offset}"


def from_text(text: str) -> Position | None:
    """Return the position in the output of `to_text`; None: there is none."""
    epoch, _, offset = text.rpartition(":")
    if epoch and offset.isascii() and offset.isdigit() and len(offset) <= 15:
        return Position(epoch, int(offset))
    return None


def _is_position(each: Any) -> bool:
    return (
        isinstance(each, list)
        and len(each) == 2
        and isinstance(each[0], str)
        and type(each[1]) is int
        and each[1] >= 0
    )
