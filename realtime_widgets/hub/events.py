"""Events: what the hub says of itself, on the channel `events` and in the log, and never too often."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Final, Literal

logger = logging.getLogger(__name__)

Level = Literal["info", "warning", "error"]

CHANNEL: Final = "events"

BURST: Final = 10
"""Events of one kind that may come at once."""

REFILL_INTERVAL: Final = 2.0
"""Seconds until one more may."""

_LEVELS: Final = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class TokenBucket:
    """How often something may happen. Pure: told the time.

    Args:
        now: seconds of a monotonic clock.
    """

    def __init__(self, now: float) -> None:
        self._left = float(BURST)
        self._at = now
        self.skipped = 0
        """How often it could not since it last could."""

    def take(self, now: float) -> bool:
        """Return whether it may happen now, and count it."""
        self._left = min(BURST, self._left + (now - self._at) / REFILL_INTERVAL)
        self._at = now
        if self._left < 1:
            self.skipped += 1
            return False
        self._left -= 1
        return True


class Events:
    """Says what happens.

    Args:
        publish: takes the channel and the data of a message.
    """

    def __init__(self, publish: Callable[[str, dict[str, Any]], object]) -> None:
        self._publish = publish
        self._rations: dict[str, TokenBucket] = {}

    def say(self, kind: str, level: Level, text: str) -> None:
        """Say something, unless too much of its kind was said; the next one then tells how much was left out.

        Args:
            kind: what it shares its ration with.
            level: how grave it is.
            text: one sentence without secrets.
        """
        now = time.monotonic()
        ration = self._rations.setdefault(kind, TokenBucket(now))
        if not ration.take(now):
            return
        if ration.skipped:
            text = f"{text} (and {ration.skipped} more of this kind)"
            ration.skipped = 0
        logger.log(_LEVELS[level], "%s", text)
        self._publish(CHANNEL, {"level": level, "source": "hub", "message": text})
