"""The upstream of a feed: where what fills its stream stands, said with every part."""

from __future__ import annotations

from typing import Any

import msgspec

from ..streams import Stream
from ..streams.upstream import Upstream, UpstreamStatus
from .feed import Feed, Payload


class UpstreamFeed:
    """A feed that says with every part where the upstream of its stream stands.

    Args:
        feed: what it adds to.
        source: the upstream.
    """

    def __init__(self, feed: Feed, source: Upstream[UpstreamStatus]) -> None:
        self.source = source
        self._feed = feed
        self._said: tuple[str, float] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._feed, name)  # its counters

    def resize(self, px: int) -> None:
        """See `Feed.resize`."""
        self._feed.resize(px)

    def changed(self) -> bool:
        """See `Feed.changed`."""
        return self._feed.changed() or self._status() != self._said

    def take(self, key: bool, now: float) -> Payload:
        """See `Feed.take`; `link` in the body is the state, and for how many seconds it has been that."""
        payload = self._feed.take(key, now)
        before, self._said = self._said, self._status()
        if payload.reading is not None and before == self._said:
            return payload  # a page counts on from what it knows
        state, since = self._said
        if (reading := payload.reading) is not None:
            body, columns = reading.body(), reading.columns()
            payload = msgspec.structs.replace(payload, body=body, columns=columns, reading=None)
        payload.body["link"] = {"state": state, "since_age": max(0.0, now - since)}
        return msgspec.structs.replace(payload, moved=True) if before not in (None, self._said) else payload

    def _status(self) -> tuple[str, float]:
        status = self.source.status
        return status.state, status.since


def with_upstream(feed: Feed) -> Feed:
    """Return a feed that also says where its stream's upstream stands; the feed itself where there is none."""
    stream = getattr(feed, "stream", None)
    source = stream.source if isinstance(stream, Stream) else None
    return feed if source is None else UpstreamFeed(feed, source)
