"""Events: what happens to the hub, published on the channel `events` and logged, at a limited rate."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Final, Literal

from .channels import EVENTS

logger = logging.getLogger(__name__)

HubEventLevel = Literal["info", "warning", "error"]

BURST: Final = 10
"""Events of one kind that may be published at once."""

REFILL_INTERVAL: Final = 2.0
"""Seconds until one more may be."""

_LEVELS: Final = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class TokenBucket:
    """Limits how often something may happen: a burst, then once per interval. Pure: told the time.

    Args:
        now: seconds of a monotonic clock.
    """

    def __init__(self, now: float) -> None:
        self._left = float(BURST)
        self._at = now
        self.skipped = 0
        """How often it was not allowed since it last was."""

    def take(self, now: float) -> bool:
        """Return whether it may happen now, and count that."""
        self._left = min(BURST, self._left + (now - self._at) / REFILL_INTERVAL)
        self._at = now
        if self._left < 1:
            self.skipped += 1
            return False
        self._left -= 1
        return True


class Events:
    """Publishes and logs events.

    Args:
        publish: takes the channel and the data of a message.
    """

    def __init__(self, publish: Callable[[str, dict[str, Any]], object]) -> None:
        self._publish = publish
        self._buckets: dict[str, TokenBucket] = {}

    def say(self, kind: str, level: HubEventLevel, text: str, detail: str = "") -> None:
        """Publish and log an event, unless too many of its kind came; the next one then says how many were left out.

        Args:
            kind: events of one kind share a token bucket.
            level: how severe it is.
            text: one sentence without secrets, and without text of clients: it goes to everybody.
            detail: what is only logged; without secrets.
        """
        told = self.log(kind, level, text, detail)
        if told is not None:
            self._publish(EVENTS, {"level": level, "source": "hub", "message": told})

    def log(self, kind: str, level: HubEventLevel, text: str, detail: str = "") -> str | None:
        """Log an event like `say`, and publish nothing; returns its text, None if it was left out."""
        now = time.monotonic()
        bucket = self._buckets.setdefault(kind, TokenBucket(now))
        if not bucket.take(now):
            return None
        if bucket.skipped:
            text = f"{text} (and {bucket.skipped} more of this kind)"
            bucket.skipped = 0
        logger.log(_LEVELS[level], "%s%s", text, detail and f": {detail}")
        return text
