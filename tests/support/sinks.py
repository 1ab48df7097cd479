"""Sinks: what a channel's messages are put into."""

from __future__ import annotations

from collections.abc import Callable

from realtime_widgets.protocol.envelope import Message


def into(frames: list[str]) -> Callable[[Message, str], None]:
    """A sink that keeps the frames."""
    return lambda _, frame: frames.append(frame)
