"""The upstream of a feed: where what fills its stream stands, how often data come, and in which zone."""

from __future__ import annotations

from typing import Any

import msgspec

from ..streams import Stream
from ..streams.upstream import Upstream, UpstreamStatus
from .feed import Feed, Payload


class UpstreamFeed:
    """A feed that says with every part how its stream is filled.

    The body of a part gets `age`, the seconds since data arrived; `quiet_after`, see `Stream.quiet_after`; with each
    keyframe, and when it changes, `zone`, see `Stream.written_in`; and where there is an upstream `link`: its state,
    for how many seconds it has been that, and why nothing of what arrives can be read, if so.

    Args:
        feed: what it adds to.
        stream: whose records it has.
    """

    def __init__(self, feed: Feed, stream: Stream) -> None:
        self.source: Upstream[UpstreamStatus] | None = stream.source
        self._stream = stream
        self._feed = feed
        self._said: tuple[str, float, str] | None = None
        self._complete = stream.complete
        self._quiet_after: float | None = None
        self._zone: str | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._feed, name)  # its counters

    def resize(self, px: int) -> None:
        """See `Feed.resize`."""
        self._feed.resize(px)

    def changed(self) -> bool:
        """See `Feed.changed`."""
        return self._feed.changed() or self._status() != self._said or self._stream.complete != self._complete

    def take(self, key: bool, now: float) -> Payload:
        """See `Feed.take`."""
        payload = self._feed.take(key, now)
        before, self._said = self._said, self._status()
        complete, self._complete = self._complete, self._stream.complete
        quiet_after, zone = self._stream.quiet_after, self._stream.written_in
        reading = payload.reading
        if reading is not None:
            if before == self._said and quiet_after == self._quiet_after and zone == self._zone:
                return payload  # a page counts on from what it knows
            payload = msgspec.structs.replace(
                payload, body=reading.body(), columns=reading.columns(), reading=None
            )
        payload.body.setdefault("age", self._stream.age)
        payload.body["quiet_after"] = quiet_after
        if payload.key or zone != self._zone:
            payload.body["zone"] = zone
        self._quiet_after, self._zone = quiet_after, zone
        if self._said is not None:
            state, since, unreadable = self._said
            payload.body["link"] = {"state": state, "since_age": max(0.0, now - since)}
            if unreadable:
                payload.body["link"]["unreadable"] = unreadable
        moved = before not in (None, self._said) or complete != self._complete
        return msgspec.structs.replace(payload, moved=True) if moved else payload

    def _status(self) -> tuple[str, float, str] | None:
        if self.source is None:
            return None
        status = self.source.status
        unreadable = status.state == "connected" and status.unreadable
        return status.state, status.since, str(status.error) if unreadable else ""


def with_upstream(feed: Feed) -> Feed:
    """Return a feed that also says how its stream is filled; the feed itself where it has no stream."""
    stream = getattr(feed, "stream", None)
    return UpstreamFeed(feed, stream) if isinstance(stream, Stream) else feed
