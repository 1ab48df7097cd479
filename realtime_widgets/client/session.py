"""The client session: the state of our protocol on one link.

It sends the hello, requests channels and answers the server's control messages. Every link has a new one.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any, Final

from ..errors import BadMessage
from ..protocol.envelope import Message, new_envelope, write
from ..protocol.limits import MAX_NAME_LENGTH
from ..protocol.positions import to_wire
from ..runtime.scheduling import Clock
from ..streams.gaps import Position
from .address import identity
from .masking import Mask
from .sansio.outbox import Outbox
from .sansio.recovery import Recovery
from .timeout import Timeout
from .transports.base import Transport

if TYPE_CHECKING:
    from .receiver import Receiver

HELLO: Final = {"version": 1, "batch": True, "recovery": True, "acks": True}
"""Our hello: we read frames that are arrays of envelopes, recover missing messages, and read acknowledgements."""


HELLO_TIMEOUT: Final = 1.0
"""Seconds that a server has to send its hello before we assume that it does not acknowledge messages."""


class Session:
    """The state of our protocol on one link.

    Args:
        transport: the link.
        outbox: what users send over it.
        sender: our name at the server, the same on every link.
        clock: for the timeout of the hello.
        confirmed: is called when the server has confirmed channels, or turns out to confirm none.
        mask: knows the secrets of the connection, which the server's words may repeat; None: there are none.
    """

    def __init__(
        self,
        transport: Transport,
        outbox: Outbox,
        sender: str,
        clock: Clock,
        confirmed: Callable[[], object] = lambda: None,
        mask: Mask | None = None,
    ) -> None:
        self.transport = transport
        self._outbox = outbox
        self._sender = sender
        self._clock = clock
        self._confirmed = confirmed
        self._mask = mask or Mask()
        self._hello_timeout: Timeout | None = None
        self.known = False
        """Whether the server has answered our hello."""
        self._hello_sent = False
        self._hello: dict[str, Any] | None = None
        self._served: weakref.ref[Receiver] | None = None
        self._asked: set[str] = set()
        self._paused: frozenset[str] = frozenset()
        self._confirms = True  # whether the server confirms subscriptions, as far as we know
        self._heads = False  # it does so by saying from where on it sends each channel, else by an ack
        self._unconfirmed: dict[str, str | int | None] = {}  # channels, and the request that asked for each
        # Keeps the functions, so that no later one gets the identity of one of them.
        self._on_connect_called: dict[Hashable, object] = {}

    def serve(self, receiver: Receiver) -> None:
        """Make this the receiver of our envelopes: a later one gets the server's hello, and requests channels anew."""
        if self._served is not None and self._served() is receiver:
            return
        late, self._served = self._served is not None, weakref.ref(receiver)
        if not late:
            return
        receiver.reopen(self.transport)
        if self._hello is not None:
            receiver.recovery.hear(self._hello)
        if self._asked and not self.transport.one_way:
            self.say("unsubscribe", {"streams": sorted(self._asked)})
            self._asked = set()
            self._unconfirmed.clear()

    def send_hello(self, max_size: int) -> None:
        """Send the hello, once.

        Args:
            max_size: bytes of the largest frame that we accept.
        """
        if not self._hello_sent and not self.transport.one_way:
            self.say("hello", {**HELLO, "max_size": max_size, "client": self._sender})
            self._hello_sent = True
            self._hello_timeout = Timeout(self._clock, HELLO_TIMEOUT, self.assume_no_acks)

    def assume_no_acks(self) -> None:
        """Assume that the server does not acknowledge, unless it has said hello, on this link or an earlier one."""
        if self.known:
            return
        if self._outbox.acks is None:
            self._outbox.set_acks(False)
            self.transport.wake()
        self._confirms = False
        self._confirm(self._unconfirmed)

    def end(self) -> None:
        """Stop the timer: the link has ended."""
        if self._hello_timeout is not None:
            self._hello_timeout.cancel()

    def ask_for(self, channels: set[str], recovery: Recovery) -> None:
        """Subscribe to channels that were not requested on this link, from the last position that was read."""
        new = channels - self._asked - self._paused
        if new:
            positions = to_wire(recovery.positions(new))
            recent = {
                channel: count
                for channel in new - positions.keys()
                if (count := recovery.recent.get(channel))
            }
            more = {"positions": positions, "recent": recent}
            request = self.say(
                "subscribe", {"streams": sorted(new)} | {name: each for name, each in more.items() if each}
            )
            self._asked |= new
            if (
                self._confirms and not self.transport.one_way
            ):  # else it hears nothing; the address says which it sends
                self._unconfirmed.update(dict.fromkeys(new, request))

    def is_confirmed(self, channels: set[str]) -> bool:
        """Whether the server has confirmed these channels, as far as they were requested and it confirms any.

        What is published on one after that is sent to us, or after a lost link known to be missing.
        """
        return channels.isdisjoint(self._unconfirmed)

    def _confirm(self, channels: Iterable[str]) -> None:
        """Note that the server has confirmed channels, or never will."""
        done = [channel for channel in channels if channel in self._unconfirmed]
        for channel in done:
            del self._unconfirmed[channel]
        if done:
            self._confirmed()

    def _confirm_request(self, id: str | int | None) -> None:
        self._confirm([channel for channel, request in self._unconfirmed.items() if request == id])

    def drop(self, channels: set[str]) -> None:
        """Unsubscribe from channels."""
        if gone := channels & self._asked:
            self.say("unsubscribe", {"streams": sorted(gone)})
            self._asked -= gone
            self._confirm(gone)  # nobody waits for them any more

    def pause(self, channels: frozenset[str], recovery: Recovery) -> None:
        """Unsubscribe for now from these channels, and no others, where they can resume later from a position."""
        may = recovery.can_ask or not self.known  # before its hello it is assumed to be as it was
        self._paused = frozenset(recovery.positions(channels)) if may else frozenset()
        self.drop(set(self._paused))

    def ask_history(self, channel: str, after: Position) -> None:
        """Ask the server for the messages after a position."""
        message = new_envelope("history", {}, channel=channel)
        message.epoch, message.offset = after
        self.transport.say(write(message))

    def claim_on_connect(self, fn: Callable[..., object]) -> bool:
        """Return whether to call a function of `on_connect=`: once per link, however often its cell runs."""
        key = identity(fn)
        if key in self._on_connect_called:
            return False
        self._on_connect_called[key] = fn
        return True

    def answer(self, message: Message) -> BadMessage | None:
        """Handle a control message of the server; returns the error that it reports, if it does."""
        data = message.data if isinstance(message.data, dict) else {}
        if message.type == "ping":
            self.say("pong", {}, _echoed(message.id))
        elif message.type == "hello":
            self.known = True
            self._hello = data
            self._outbox.set_acks(data.get("acks") is True)
            self.transport.wake()
            self._heads = data.get("recovery") is True
            self._confirms = self._heads or data.get("acks") is True
            if not self._confirms:
                self._confirm(self._unconfirmed)
        elif message.type == "ack":
            self._outbox.acknowledge(message.id, _position(data))
            if (
                not self._heads
            ):  # else that comes next: only with its place can a channel be followed through a cut
                self._confirm_request(message.id)
        elif message.type == "history" and self._heads and message.channel is not None:
            self._confirm([message.channel])
        elif message.type == "error" and self.known:  # before its hello, the type could mean anything
            said = self._mask.known(str(data.get("message") or repr(message.data)))
            left_out = data.get("streams")
            if isinstance(left_out, list):  # there was no room for them; they may be requested again
                self._asked.difference_update(name for name in left_out if isinstance(name, str))
            self._outbox.refuse(data.get("id"), said)
            self._confirm_request(data.get("id"))
            return BadMessage(f"the server turned something down: {said}")
        return None

    def say(self, kind: str, data: Any, id: str | int | None = None) -> str | int | None:
        """Send a control message; returns its id."""
        message = new_envelope(kind, data, id=id)
        self.transport.say(write(message))
        return message.id


def _echoed(id: str | int | None) -> str | int | None:
    """Return the id of a server's message for our answer to it; None: it has none, or one that is absurdly long."""
    size = len(id) if isinstance(id, str) else (id or 0).bit_length()
    return id if size <= MAX_NAME_LENGTH else None


def _position(data: dict[str, Any]) -> Position | None:
    """Return the position of a message that the server gives; None: it gives none."""
    epoch, offset = data.get("epoch"), data.get("offset")
    return Position(epoch, offset) if isinstance(epoch, str) and isinstance(offset, int) else None
