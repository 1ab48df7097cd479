"""The connection: one socket to one server, kept open for all clients that want it.

Everything here runs on the I/O thread; other threads read `status`, which is a snapshot. What follows from what
is the table of `link`; here it is done:

    dial ── opened ──> read, write, beat ── lost ──> wait ──> dial …
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
import weakref
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from ..errors import BadMessage, LinkError, LinkLost, LinkRefused
from ..heartbeat import Heartbeat
from ..link import Event, Link, State, Status
from ..messages import Message, new_id, quote, write
from ..outbox import Delivery, Outbox
from ..reconnect import Reconnect
from ..runtime import Runtime
from ..scheduling import Timer
from .address import Address, identity
from .receiver import Decode, Receiver
from .websocket import explain, open_websocket

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from .client import Client

logger = logging.getLogger(__name__)

LINGER: Final = 10.0
"""Seconds that a connection stays open when nobody wants it any more: long enough to run a cell again."""

QUIET: Final = 10.0
"""Seconds between two log lines about bad frames: a server may send a thousand of them in a second."""

HELLO: Final = {"version": 1, "batch": True}
"""What we say first: that we read frames that are arrays of envelopes."""


_chance: Final = random.Random().random
"""Not the generator of the `random` module: that one is the user's, who may have seeded it."""


class Clock(Protocol):
    """Time, as an asyncio loop has it; a test may crank its own."""

    def time(self) -> float:
        """Seconds, never running backwards."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Call `callback(*args)` in `delay` seconds, on the I/O thread."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a connection is kept; those of the client that came last hold.

    Attributes:
        reconnect: the pace of attempts.
        heartbeat: seconds between two signs of life; None: none are sent, and silence means nothing.
        max_size: bytes of a frame; larger ones are left out.
    """

    reconnect: Reconnect
    heartbeat: float | None
    max_size: int


class Counters:
    """What has happened on a connection since it was made."""

    def __init__(self) -> None:
        self.connects = 0
        self.frames = 0
        self.messages = 0
        self.bytes = 0
        self.bad = 0
        self.sent = 0


class Connection:
    """One shared socket.

    Args:
        runtime: whose I/O thread it lives on.
        address: where to.
        options: how to keep it.
        clock: None: the loop's.
        active: set that holds it for as long as it is wanted.
    """

    def __init__(
        self,
        runtime: Runtime,
        address: Address,
        options: Options,
        *,
        active: set[Connection],
        clock: Clock | None = None,
    ) -> None:
        self.address = address
        self.status = Status()
        self.counters = Counters()
        self.outbox = Outbox()
        self.speaks_hello = False
        """Whether the server has answered our hello."""
        self._runtime = runtime
        self._options = options
        self._active = active
        self._own_clock = clock
        self._link = Link(options.reconnect)
        self._receivers: weakref.WeakValueDictionary[Hashable, Receiver] = weakref.WeakValueDictionary()
        self._url = address.label
        self._task: asyncio.Task[None] | None = None
        self._socket: ClientConnection | None = None
        self._channels: set[str] = set()  # that the server has been asked for, on this link
        self._introduced = False  # we have said hello on this link
        self._greeted: set[Hashable] = set()  # functions of on_connect= that have run on this link
        self._frames: list[str | bytes] = []  # that came and are not delivered yet
        self._urgent: deque[str | None] = deque()  # before the outbox; None: a ping of the protocol's own
        self._to_write: asyncio.Event | None = None
        self._heartbeat: Heartbeat | None = None
        self._verdict: LinkError | None = None
        self._retry: Timer | None = None
        self._beat: Timer | None = None
        self._linger: Timer | None = None
        self._logged: dict[str, float] = {}

    # For the pool and the clients

    def receiver(self, decode: Decode | None) -> Receiver:
        """Return the receiver that decodes like this; call it with the pool's lock held, from any thread."""
        key = identity(decode)
        receiver = self._receivers.get(key)
        if receiver is None:
            receiver = self._receivers[key] = Receiver(self, decode)
            # From the garbage collector, on any thread and with any lock held: hands over, and takes no lock.
            weakref.finalize(receiver, self._soon, self.review).atexit = False
        return receiver

    def join(self, client: Client, receiver: Receiver, options: Options) -> None:
        """Take in a client that wants a receiver, and connect if there is no connection."""
        self._options = options
        self._link.policy = options.reconnect
        receiver.clients.add(client)
        self.review()
        self.connect()
        if self._link.state == "connected":
            self._introduce()
            self.ask_for(client.channels)
            self._greet(client)

    def leave(self, client: Client, receiver: Receiver, *, goodbye: bool, linger: bool = True) -> None:
        """Let a client go.

        Args:
            client: who.
            receiver: what it had.
            goodbye: it was closed, and its streams with it; else they go on for as long as somebody holds one.
            linger: stay open for a while when it was the last.
        """
        receiver.clients.discard(client)
        receiver.orphaned = not goodbye
        self.review(linger=linger)

    def orphan(self, receiver: weakref.ref[Receiver]) -> None:
        """Note that a client went without a goodbye, which leaves its streams to those who hold them."""
        left = receiver()
        if left is not None:
            left.orphaned = True
        self.review()

    def connect(self) -> None:
        """Connect, or try again now."""
        self._fire("connect")

    def ask_for(self, channels: set[str]) -> None:
        """Ask the server for channels that it has not been asked for on this link."""
        new = channels - self._channels
        if new and self._link.state == "connected" and self._speaks_envelopes():
            self._channels |= new
            self._say("subscribe", {"streams": sorted(new)})

    def send(self, delivery: Delivery) -> None:
        """Send a message, or have it wait for the connection."""
        if self._link.state in ("disconnected", "error"):
            delivery.fail(
                f"a message was not sent: there is no connection to {self._url}; call connect() first"
            )
            self.outbox.failed += 1
        else:
            self.outbox.put(delivery)
        if delivery.error is not None:
            self.trouble(delivery.error)
        elif self._to_write is not None:
            self._to_write.set()

    def trouble(self, error: LinkError) -> None:
        """Note an error that leaves the link as it is; told to the clients, and to the log now and then."""
        now = self._clock.time()
        self._link.trouble(error, now)
        kind = type(error).__name__
        if now - self._logged.get(kind, -QUIET) >= QUIET:
            self._logged[kind] = now
            # Where the user's own code failed they need the traceback, whatever an indicator says.
            level = logging.WARNING if error.__cause__ is not None else self._level
            logger.log(level, "%s", error, exc_info=error.__cause__)
        self._publish(error=error)

    def review(self, *, linger: bool = True) -> None:
        """Stay open for as long as anybody wants it."""
        if any(receiver.wanted for receiver in self._living()):
            self._active.add(self)
            self._linger = _cancelled(self._linger)
        elif not linger:
            self._release()
        elif self._linger is None:
            self._linger = self._clock.call_later(LINGER, self._release)

    def close(self) -> None:
        """End it at once: the program ends."""
        self._release()

    # What the link's table says

    @property
    def _clock(self) -> Clock:
        return self._own_clock or asyncio.get_running_loop()

    def _fire(self, event: Event, error: LinkError | None = None) -> None:
        before = self._link.state
        now = self._clock.time()
        match self._link.fire(event, now, error=error, chance=_chance()):
            case "dial":
                self._retry = _cancelled(self._retry)
                self._verdict = None
                self._task = asyncio.get_running_loop().create_task(self._attempt())
            case "wait":
                assert self._link.retry_at is not None
                self._retry = self._clock.call_later(self._link.retry_at - now, self._fire, "due")
            case "close":
                self._retry = _cancelled(self._retry)
                if self._task is not None and self._task is not asyncio.current_task():
                    self._task.cancel()
                self._task = None
                self._fail_all()
        if before != self._link.state:
            self._log(before, error)
        self._publish(before, error)

    def _publish(self, before: State | None = None, error: LinkError | None = None) -> None:
        self.status = self._link.status
        changed = before is not None and before != self.status.state
        for client in self._clients():
            client._heard(self.status, before if changed else None, error)

    def _log(self, before: State, error: LinkError | None) -> None:
        state = self._link.state
        if state == "error":
            logger.error("%s", error or "gave up")
        elif state == "reconnecting":
            # Once: a server that accepts and closes at once would fill the log.
            logger.log(self._level if self._link.attempts <= 1 else logging.INFO, "%s; trying again", error)
        else:
            logger.info("%s: %s → %s", self._url, before, state)

    @property
    def _level(self) -> int:
        """How loud the log is: a cell that shows an indicator needs no red line of the same under it."""
        return logging.INFO if any(client.shown for client in self._clients()) else logging.WARNING

    def _release(self) -> None:
        self._linger = _cancelled(self._linger)
        self._active.discard(self)
        self._fire("disconnect")

    def _fail_all(self) -> None:
        for delivery in self.outbox.take():
            delivery.fail(f"a message was not sent: the connection to {self._url} was closed before")
            self.outbox.failed += 1

    # One attempt, and what it leads to

    async def _attempt(self) -> None:
        task = asyncio.current_task()
        try:
            error = await self._connected()
        except asyncio.CancelledError:
            raise
        except LinkError as said:
            error = said
        except Exception as raised:
            error = explain(raised, self._url)
        if self._task is task:  # else it was ended on purpose, and another may be on its way
            self._fire("refused" if isinstance(error, LinkRefused) else "lost", error)

    async def _connected(self) -> LinkError:
        """Open a socket and read it to its end; returns why it ended."""
        url, headers = await self.address.resolve(self._runtime)
        socket = await open_websocket(url, headers, self.address.protocols, self._options.max_size)
        writer = asyncio.create_task(self._write(socket))

        def over() -> None:
            writer.cancel()
            if self._socket is socket:
                self._socket = None
                self._beat = _cancelled(self._beat)

        try:
            self._opened(socket)
            recv = socket.recv
            while True:
                frame = await recv()
                if not self._frames:
                    # recv() only suspends when there is nothing left to read: what came at once goes on at once.
                    asyncio.get_running_loop().call_soon(self._deliver)
                self._frames.append(frame)
        except asyncio.CancelledError:
            over()  # before the goodbye, which takes its time: another link may be open by then
            await socket.close()
            raise
        except Exception as ended:
            self._deliver()
            return self._verdict or explain(ended, self._url)
        finally:
            over()

    def _opened(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.counters.connects += 1
        self.speaks_hello = False
        self._channels.clear()
        self._greeted.clear()
        self._urgent.clear()
        if self._options.heartbeat is not None:
            self._heartbeat = Heartbeat(self._options.heartbeat, self._clock.time())
            self._beat_later()
        self._introduced = False
        self._introduce()
        self._fire("opened")
        self.ask_for({channel for receiver in self._living() for channel in receiver.channels})
        for client in self._clients():
            self._greet(client)

    def _introduce(self) -> None:
        """Say hello, when the first client that wants envelopes is there."""
        if not self._introduced and self._speaks_envelopes():
            self._introduced = True
            self._say("hello", HELLO)

    def _greet(self, client: Client) -> None:
        """Have a client say what a server wants to hear first: once per link, however often its cell was run."""
        key = identity(client.on_connect)
        if client.on_connect is not None and key not in self._greeted:
            self._greeted.add(key)
            client._greet()

    def _deliver(self) -> None:
        frames, self._frames = self._frames, []
        if not frames:
            return
        if self._heartbeat is not None:
            self._heartbeat.heard = self._clock.time()
        self.counters.frames += len(frames)
        self.counters.bytes += sum(map(len, frames))
        limit = self._options.max_size
        if max(map(len, frames)) > limit:
            for frame in frames:
                if len(frame) > limit:
                    self._complain(
                        BadMessage(
                            f"a message was skipped: its frame has {len(frame):,} bytes, more than {limit:,}; "
                            f"raise max_size= (it begins {quote(frame)})"
                        )
                    )
            frames = [frame for frame in frames if len(frame) <= limit]
        for receiver in self._living():
            messages = receiver.take(frames, self._complain)
            self.counters.messages += len(messages)
            if receiver.decode is None:
                for message in messages:
                    if message.type in _ANSWERS:
                        self._answer(message)
            for client in list(receiver.clients):
                client._receive(messages)

    def _complain(self, error: LinkError) -> None:
        self.counters.bad += 1
        self.trouble(error)

    def _answer(self, message: Message) -> None:
        """What the server says of the link itself."""
        if message.type == "ping":
            self._say("pong", {}, message.id)
        elif message.type == "hello":
            self.speaks_hello = True
        elif message.type == "error" and self.speaks_hello:
            data = message.data if isinstance(message.data, dict) else {}
            self._complain(
                BadMessage(f"the server turned something down: {data.get('message') or message.data!r}")
            )

    # Writing

    def _say(self, kind: str, data: Any, id: str | int | None = None) -> None:
        self._urgent.append(write(envelope(kind, data, id)))
        if self._to_write is not None:
            self._to_write.set()

    async def _write(self, socket: ClientConnection) -> None:
        """Send what there is to send, in its order, until the socket ends."""
        from websockets.exceptions import ConnectionClosed

        self._to_write = asyncio.Event()
        self._to_write.set()
        try:
            while True:
                await self._to_write.wait()
                self._to_write.clear()
                await self._write_all(socket)
        except ConnectionClosed:
            pass  # the reader knows, and what was not sent stays first

    async def _write_all(self, socket: ClientConnection) -> None:
        while True:
            if self._urgent:
                raw = self._urgent.popleft()
                if raw is None:
                    asyncio.ensure_future(await socket.ping()).add_done_callback(self._ponged)
                else:
                    await socket.send(raw)
            elif (delivery := self.outbox.first) is not None:
                await socket.send(delivery.raw)
                self.outbox.sent(delivery)
                self.counters.sent += 1
            else:
                return

    # Signs of life

    def _beat_later(self) -> None:
        if self._heartbeat is not None:
            delay = self._heartbeat.due - self._clock.time()
            self._beat = self._clock.call_later(max(0.0, delay), self._beat_now)

    def _beat_now(self) -> None:
        if self._heartbeat is None or self._socket is None:
            return
        beat, gone = self._heartbeat.check(self._clock.time())
        if gone:
            silence = self._clock.time() - self._heartbeat.heard
            self._verdict = LinkLost(f"nothing was heard from {self._url} for {silence:.0f} s")
            self._socket.transport.abort()
            return
        if beat:
            self._urgent.append(None)  # which every WebSocket server answers, whatever it talks about
            if self._speaks_envelopes():
                self._say("ping", {})
            elif self._to_write is not None:
                self._to_write.set()
        self._beat_later()

    def _ponged(self, answer: asyncio.Future[float]) -> None:
        if self._heartbeat is not None and not answer.cancelled() and answer.exception() is None:
            self._heartbeat.heard = self._clock.time()

    # Who is there

    def _living(self) -> list[Receiver]:
        # Other threads may add one meanwhile: the references are copied in one step.
        return [receiver for ref in self._receivers.valuerefs() if (receiver := ref()) is not None]

    def _clients(self) -> list[Client]:
        return [client for receiver in self._living() for client in list(receiver.clients)]

    def _speaks_envelopes(self) -> bool:
        return any(receiver.decode is None for receiver in self._living())

    def _soon(self, fn: Callable[..., object]) -> None:
        try:
            self._runtime.call_soon(fn)
        except RuntimeError:
            pass  # it has stopped, and all connections with it


_ANSWERS: Final = frozenset({"ping", "hello", "error"})


def envelope(kind: str, data: Any, id: str | int | None = None, channel: str | None = None) -> Message:
    """Return a message of ours, with the time and an id."""
    return Message(kind, data, float(round(time.time() * 1000)), new_id() if id is None else id, channel)


def _cancelled(timer: Timer | None) -> Timer | None:
    """Cancel a timer, if there is one; returns what takes its place."""
    if timer is not None:
        timer.cancel()
    return None
