"""Requests: what a client says, read and checked, and the complaint that says why it cannot be met. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..protocol.envelope import Message, read
from ..streams.text import well_formed

MAX_NAMED: Final = 4096
"""Channels that one request may name."""

MAX_NAMED_CHARACTERS: Final = 160_000
"""Characters of their names together: an answer that repeats them fits into a frame, however JSON spells them."""


MAX_RECENT: Final = 1_000_000
"""Messages of the past that a subscription may ask for."""


class Complaint(Exception):
    """Why a request was not met."""

    def __init__(
        self, code: str, text: str, channels: Sequence[str] = (), retry_after: float | None = None
    ) -> None:
        super().__init__(text)
        self.code = code
        self.retry_after = retry_after
        """Seconds after which it may be met; None: not known."""
        self.channels = channels
        """Channels left out because the client follows as many as it may."""


def read_frame(frame: str | bytes) -> tuple[list[Message], Complaint | None]:
    """Return the messages of a frame, and a complaint about those that could not be read."""
    try:
        messages, error = read(frame, requests=True)
        whole = error is None
    except RecursionError:
        messages, whole = [], False
    if whole:
        return messages, None
    # The frame is not quoted: it may be a secret that was sent to the wrong place.
    text = f'a frame of {len(frame):,} characters is no envelope; send {{"type": …, "data": …}}, or a list of those'
    return messages, Complaint("unreadable", text)


def recent_of(message: Message) -> dict[str, int]:
    """Return how many messages of the past a subscription asks for in its data, `{"recent": {"metrics": 100}, …}`.

    Raises:
        Complaint: these are no numbers of messages.
    """
    recent = message.data.get("recent", {})
    if not isinstance(recent, dict) or not all(
        type(count) is int and 0 <= count <= MAX_RECENT for count in recent.values()
    ):
        raise Complaint(
            "bad_request",
            f'how many recent messages is not said; send {{"recent": {{"metrics": 100}}}}, up to {MAX_RECENT:,} each',
        )
    return {well_formed(channel): count for channel, count in recent.items()}


def named_channels(message: Message) -> list[str]:
    """Return the channels that a request names in its data: `{"streams": ["metrics", …]}`.

    Raises:
        Complaint: it names none, or too many.
    """
    streams = message.data.get("streams") if isinstance(message.data, dict) else None
    if not isinstance(streams, list) or not all(isinstance(name, str) for name in streams):
        raise Complaint("bad_request", 'which channels is not said; send {"streams": ["metrics", …]} as data')
    if len(streams) > MAX_NAMED or sum(map(len, streams)) > MAX_NAMED_CHARACTERS:
        raise Complaint(
            "bad_request",
            f"a request that names {len(streams):,} channels is too large; name up to {MAX_NAMED:,}, "
            f"with {MAX_NAMED_CHARACTERS:,} characters together",
        )
    return [well_formed(name) for name in streams]
