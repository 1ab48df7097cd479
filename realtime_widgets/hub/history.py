"""The history page: some of the kept messages of a channel, from a position on, in either direction.

    GET /history/cpu?since=c4f1:17&limit=100     the messages after 17, the oldest first
    GET /history/cpu?since=c4f1:17&reverse=1     those before 17, the newest first; without since from the newest on

    {"channel": "cpu", "epoch": "c4f1", "offset": 230, "messages": [{…}, …],
     "next": "c4f1:117", "more": true, "reason": null}

`offset` is the newest of the channel, `next` the `since` of the next page, `more` whether there is anything on it
now. A `reason` that is not null says why the page does not go on right from `since`: what came next is kept no more
(`trimmed`), or the channel is numbered anew (`epoch_changed`). A channel on which nobody has published is empty.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..errors import did_you_mean, shown
from ..protocol.envelope import Message, write
from ..protocol.positions import from_text, to_text
from ..streams.gaps import Position, Reason
from .channels import Channels
from .turns import Turn

DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 300
"""Messages of one page."""

MAX_PAGE_BYTES: Final = 256 * 1024
"""Bytes of one page; at least one message there is, however large."""

_CHUNK: Final = 64 * 1024
_SWITCH: Final = {"1": True, "true": True, "": True, "0": False, "false": False}


class BadQuery(Exception):
    """What is wrong with the query of a request, in one sentence."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which page.

    Attributes:
        since: after which position, or before it; None: from the end.
        limit: messages at most.
        reverse: the newest first.
    """

    since: Position | None = None
    limit: int = DEFAULT_LIMIT
    reverse: bool = False


def read_query(given: Mapping[str, str]) -> Query:
    """Return what a query asks for.

    Raises:
        BadQuery: it cannot be read.
    """
    known = ("since", "limit", "reverse")
    for name in given:
        if name not in known:
            raise BadQuery(f"a page of history has no {shown(name)}{did_you_mean(name, known)}")
    since = None
    if "since" in given and (since := from_text(given["since"])) is None:
        raise BadQuery("since= is no position; send the epoch and the offset of a message, such as c4f1:17")
    limit = given.get("limit", str(DEFAULT_LIMIT))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 10 and 1 <= int(limit) <= MAX_LIMIT):
        raise BadQuery(f"limit= must be 1 to {MAX_LIMIT}")
    reverse = _SWITCH.get(given.get("reverse", "0").lower())
    if reverse is None:
        raise BadQuery("reverse= must be 1 or 0")
    return Query(since, int(limit), reverse)


async def page_of(channels: Channels, channel: str, query: Query, turn: Turn) -> list[bytes]:
    """Return a page as JSON in UTF-8, in parts, so that not all is sent in one turn.

    Args:
        channels: of the hub.
        channel: which.
        query: which page of it.
        turn: of who asks.
    """
    since = query.since
    there = await channels.position(channel, since)
    reason: Reason | None = None
    highest = there.offset + query.reverse  # the newest is before the one that comes next
    if since is not None and (since.epoch != there.epoch or since.offset > highest):
        since, reason = None, "epoch_changed"
    if query.reverse:
        messages, lost, more = await _before(channels, channel, there, since, query.limit, turn)
    else:
        messages, lost, more = await _after(channels, channel, there, since, query.limit, turn)
    if lost and since is not None:
        reason = "trimmed"
    listed: list[str] = []
    for number, message in enumerate(messages):
        if turn.over:
            await turn.give()
        listed += (",", write(message)) if number else (write(message),)
    return _written(channel, there, messages, listed, since, reason, more, reverse=query.reverse)


_Found = tuple[list[Message], bool, bool]
"""Messages, whether others should have come before them, and whether others come after them."""


async def _after(
    channels: Channels, channel: str, there: Position, since: Position | None, limit: int, turn: Turn
) -> _Found:
    begin = after = 0 if since is None else since.offset
    found: list[Message] = []
    size = 0
    while after < there.offset and len(found) < limit and size < MAX_PAGE_BYTES:
        if turn.over:
            await turn.give()
        chunk = await channels.read(channel, after, _CHUNK)
        if not chunk:
            break
        found += chunk[: limit - len(found)]
        size += sum(len(memoryview(message.data)) for message in chunk)
        after = found[-1].offset or 0
    first = (found[0].offset or 0) if found else there.offset + 1
    return found, first > begin + 1, bool(found) and after < there.offset


async def _before(
    channels: Channels, channel: str, there: Position, since: Position | None, limit: int, turn: Turn
) -> _Found:
    last = there.offset if since is None else since.offset - 1
    after = max(0, last - limit)
    found: deque[tuple[Message, int]] = deque()
    size = 0
    while after < last:
        if turn.over:
            await turn.give()
        chunk = await channels.read(channel, after, _CHUNK)
        if not chunk:
            break
        for message in chunk:
            after = message.offset or 0
            if after > last:
                break
            found.append((message, len(memoryview(message.data))))
            size += found[-1][1]
        while size > MAX_PAGE_BYTES and len(found) > 1:
            size -= found.popleft()[1]
    messages = [message for message, _ in reversed(found)]
    oldest = await channels.read(channel, 0, 1)
    more = bool(messages and oldest) and (oldest[0].offset or 0) < (messages[-1].offset or 0)
    return messages, not messages and last > 0, more


def _written(
    channel: str,
    there: Position,
    messages: list[Message],
    listed: list[str],
    since: Position | None,
    reason: Reason | None,
    more: bool,
    *,
    reverse: bool,
) -> list[bytes]:
    if messages:
        next = Position(there.epoch, messages[-1].offset or 0)
    elif reverse:
        next = since or Position(there.epoch, there.offset + 1)
    else:
        next = there
    head = {"channel": channel, "epoch": there.epoch, "offset": there.offset}
    tail = {"next": to_text(next), "more": more, "reason": reason}
    # The messages are JSON already.
    listed[:0] = [f'{json.dumps(head)[:-1]}, "messages": [']
    listed.append(f"], {json.dumps(tail)[1:]}")
    parts, begin, size = [], 0, 0
    for end, text in enumerate(listed, 1):
        size += len(text)
        if size >= _CHUNK or end == len(listed):
            parts.append("".join(listed[begin:end]).encode())
            begin, size = end, 0
    return parts
