"""The session: what has been said on one link in our envelope.

Hello, the channels that were asked for, the answers to what the server says of the link itself. It begins anew with
every link.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import Any, Final

from ..errors import BadMessage
from ..messages import Message, new_id, write
from .transport import Transport

HELLO: Final = {"version": 1, "batch": True}
"""What we say first: that we read frames that are arrays of envelopes."""


def envelope(kind: str, data: Any, id: str | int | None = None, channel: str | None = None) -> Message:
    """Return a message of ours, with the time and an id."""
    return Message(kind, data, float(round(time.time() * 1000)), new_id() if id is None else id, channel)


class Session:
    """What has been said on one link.

    Args:
        transport: the link.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self._known = False  # the server has answered our hello
        self._introduced = False
        self._asked: set[str] = set()
        self._greeted: set[Hashable] = set()

    def introduce(self) -> None:
        """Say hello, once."""
        if not self._introduced:
            self._introduced = True
            self.say("hello", HELLO)

    def ask_for(self, channels: set[str]) -> None:
        """Ask the server for channels that it has not been asked for."""
        new = channels - self._asked
        if new:
            self._asked |= new
            self.say("subscribe", {"streams": sorted(new)})

    def greet(self, key: Hashable) -> bool:
        """Return whether a function of `on_connect=` is yet to be called: once per link, however often its cell
        runs.
        """
        if key in self._greeted:
            return False
        self._greeted.add(key)
        return True

    def answer(self, message: Message) -> BadMessage | None:
        """Answer what the server says of the link itself; returns what it complains of, if it does."""
        if message.type == "ping":
            self.say("pong", {}, message.id)
        elif message.type == "hello":
            self._known = True
        elif message.type == "error" and self._known:  # before, the word could mean anything
            data = message.data if isinstance(message.data, dict) else {}
            return BadMessage(f"the server turned something down: {data.get('message') or message.data!r}")
        return None

    def say(self, kind: str, data: Any, id: str | int | None = None) -> None:
        """Send a message of the link's own."""
        self.transport.say(write(envelope(kind, data, id)))
