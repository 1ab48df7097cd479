"""The connection: one socket to one server, kept open for all clients that want it.

Everything here runs on the I/O thread; other threads read `status`, which is a snapshot. What follows from what
is the table of `sansio.state`; here it is done:

    dial ── opened ──> read, write, ping ── lost ──> wait ──> dial …
"""

from __future__ import annotations

import asyncio
import logging
import random
import weakref
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Final

from ..errors import BadMessage, ClientError, ConnectionLost, ConnectionRejected, Unauthorized
from ..protocol.envelope import CONTROL, Message, new_id
from ..protocol.quoting import quote
from ..runtime import Runtime
from ..runtime.listeners import Listeners
from ..runtime.scheduling import Clock, Timer
from ..streams.gaps import Gap, Reason
from .address import Address, identity, is_one_way
from .dialing import Options, dial
from .log_limit import LogLimit, kind_of
from .masking import label_of
from .receiver import Decode, Receiver, Subscriber, Taken
from .sansio.delivery import size_of
from .sansio.last_event_id import LastEventId
from .sansio.state import ConnectionState, Event, State, Status
from .sending import Sending
from .session import Session
from .sleep import SleepDetector
from .stats import ConnectionCounters
from .transports.base import Frames, Transport
from .transports.handshake import explain

logger = logging.getLogger(__name__)

LINGER: Final = 10.0
"""Seconds that a connection stays open when nobody wants it any more: long enough to run a cell again."""

ON_CONNECT_GRACE: Final = 0.5
"""Seconds for which functions of `on_connect=` hold back what other clients of the same connection send; what their own
client sends waits for as long as they take."""


_chance: Final = random.Random().random
"""Not the generator of the `random` module: that one is the user's, who may have seeded it."""


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
        self.counters = ConnectionCounters()
        self._listeners = Listeners(f"the link to {address.label}")
        self._runtime = runtime
        self._options = options
        self._active = active
        self._own_clock = clock
        self._state = ConnectionState(options.reconnect)
        self._receivers: weakref.WeakValueDictionary[Hashable, Receiver] = weakref.WeakValueDictionary()
        self._url = address.label
        self._place = address.label
        """Where the attempt under way leads: a function may give another address at every attempt."""
        self._sender = new_id()
        self._last_event_id = LastEventId()
        self.sending = Sending(
            runtime,
            address.label,
            one_way=isinstance(address.url, str) and is_one_way(address.url),
            clock=clock,
            loop=lambda: self._clock,
            wake=self._wake,
            complain=self.trouble,
        )
        self.outbox = self.sending.outbox
        self._task: asyncio.Task[None] | None = None
        self._session: Session | None = None  # while the link is up
        self._heard_at: float | None = None  # over the last link
        self._retry: Timer | None = None
        self._linger: Timer | None = None
        self._sleep_detector = SleepDetector(lambda: self._clock, self._slept)
        self._log_limit = LogLimit()
        self.ended: ConnectionLost | None = None
        """How the server has ended the stream regularly, which is not asked for again; None: it has not."""
        self._reached: set[str] = set()
        """Where there was a connection: what is wrong there now may heal."""

    # For the pool and the clients

    def receiver(self, decode: Decode | None) -> Receiver:
        """Return the receiver that decodes like this; call it with the pool's lock held, from any thread."""
        key = identity(decode)
        receiver = self._receivers.get(key)
        if receiver is None:
            receiver = self._receivers[key] = Receiver(self, decode, self.address.mask)
            # From the garbage collector, on any thread and with any lock held: hands over, and takes no lock. It keeps
            # nothing alive: a function of the user's, such as `auth=`, may lead to the client that has the receiver.
            weakref.finalize(receiver, _review, weakref.ref(self)).atexit = False
        return receiver

    def listen(self, fn: Callable[[], object], /) -> Callable[[], None]:
        """Call `fn()` whenever the status may have changed, on the I/O thread; returns the undo."""
        return self._listeners.add(fn)

    @property
    def heard_at(self) -> float | None:
        """When anything last came from the server, seconds since the epoch; None: never. Any thread."""
        session = self._session
        return self._heard_at if session is None else session.transport.heard_at

    def is_confirmed(self, channels: set[str]) -> bool:
        """Whether the link is up and its server has confirmed these channels, or confirms none."""
        return self._session is not None and self._session.is_confirmed(channels)

    def join(self, client: Subscriber, receiver: Receiver, options: Options) -> None:
        """Take in a client that wants a receiver, and connect if there is no connection."""
        self._options = options
        self._state.policy = options.reconnect
        receiver.clients.add(client)
        self.review()
        self.connect()
        if self._session is not None:
            self._send_hello(self._session, [client], client.channels)

    def leave(
        self,
        client: Subscriber,
        receiver: Receiver,
        *,
        linger: bool = True,
        generation: int | None = None,
    ) -> None:
        """Let a client go that said so, and what those had that it replaced.

        Args:
            client: who.
            receiver: what it had.
            linger: stay open for a while when it was the last.
            generation: of the outbox, when it wanted to go: what has been put in since is for the next link.
        """
        receiver.clients.discard(client)
        receiver.retired = False
        self.pause(receiver)  # what it alone had no room for
        self.review(linger=linger, generation=generation)

    def orphan(self, receiver: weakref.ref[Receiver], *, retired: bool = False) -> None:
        """Note that a client went without a goodbye, which leaves its streams to those who hold them.

        Args:
            receiver: what it had.
            retired: a later run of its cell replaced it.
        """
        left = receiver()
        if left is not None:
            left.retired = left.retired or retired
            left.orphaned = left.orphaned or not retired
            self.pause(left)
        self.review()

    def connect(self) -> None:
        """Connect, or try again now."""
        self._fire("connect")

    def ask_for(self, channels: set[str]) -> None:
        """Ask the server for channels that it has not been asked for on this link."""
        envelopes = self._envelopes()
        if self._session is not None and envelopes is not None and not self._session.transport.one_way:
            self._session.ask_for(channels, envelopes.recovery)

    def drop(self, channels: set[str]) -> None:
        """Have the server not send channels any more that nobody wants."""
        envelopes = self._envelopes()
        if self._session is not None and envelopes is not None:
            self._session.drop(channels - envelopes.channels)

    def pause(self, receiver: Receiver) -> None:
        """Have the server send the channels that all callbacks have room for, and only those."""
        session = self._session
        if session is not None and receiver is self._envelopes():
            session.pause(receiver.paused, receiver.recovery)
            session.ask_for(receiver.channels, receiver.recovery)

    def on_connect_done(self, client: Subscriber, link: int) -> None:
        """Go on with what waits: a function of `on_connect=` has run."""
        self.outbox.end_on_connect(link, id(client))
        self._wake()

    def _share(self, link: int) -> None:
        """Have what other clients send wait no longer for functions of `on_connect=`."""
        self.outbox.share(link)
        self._wake()

    def trouble(self, error: ClientError, receiver: Receiver | None = None) -> None:
        """Note an error that leaves the link as it is; told to the clients, and to the log now and then.

        Args:
            error: what is wrong.
            receiver: whose reading has failed, which is nothing to the clients of others; None: it is the link's.
        """
        now = self._clock.time()
        kind, cause = kind_of(error), error.__cause__
        error = self.address.mask.cleaned(error)
        if self._log_limit.allows(kind, now):
            # Where the user's own code failed they need the traceback, whatever an indicator says.
            level = logging.WARNING if cause is not None else self._level
            logger.log(
                level, "%s%s", error, f"\n{self.address.mask.traceback(cause)}" if cause is not None else ""
            )
        # After the log: who sees it there looks into that.
        (self._state if receiver is None else receiver).trouble(error, now)
        self._publish(error=error, receiver=receiver)

    def review(self, *, linger: bool = True, generation: int | None = None) -> None:
        """Stay open for as long as anybody wants it; see `leave` for the arguments."""
        if any(receiver.wanted for receiver in self._living()):
            self._active.add(self)
            self._sleep_detector.on()
            self._linger = _cancelled(self._linger)
        elif not linger or self.address.body is not None:  # nobody else can have its answer
            self._release(generation)
        elif self._linger is None:
            self._linger = self._clock.call_later(LINGER, self._release)

    def close(self) -> None:
        """End it at once: the program ends."""
        self._release()

    # What the state's table says

    @property
    def _clock(self) -> Clock:
        return self._own_clock or asyncio.get_running_loop()

    def _fire(self, event: Event, error: ClientError | None = None, generation: int | None = None) -> None:
        before = self._state.state
        now = self._clock.time()
        error = None if error is None else self.address.mask.cleaned(error)
        match self._state.fire(event, now, error=error, chance=_chance()):
            case "dial":
                self.sending.admit()
                self.ended = None
                self._retry = _cancelled(self._retry)
                self._task = asyncio.get_running_loop().create_task(self._attempt())
            case "wait":
                assert self._state.retry_at is not None
                self._retry = self._clock.call_later(self._state.retry_at - now, self._fire, "due")
            case "close":
                self._retry = _cancelled(self._retry)
                self.sending.stop()
                self._hang_up(generation)
        if before != self._state.state:
            self._log(before, error)
        self._publish(before, error)

    def _publish(
        self, before: State | None = None, error: ClientError | None = None, receiver: Receiver | None = None
    ) -> None:
        self.status = self._state.status
        changed = before is not None and before != self.status.state
        if changed:
            self._listeners.tell()
        for client in self._clients() if receiver is None else list(receiver.clients):
            client._heard(self.status, before if changed else None, error)

    def _log(self, before: State, error: ClientError | None) -> None:
        state = self._state.state
        if state == "error":
            logger.error("%s", error or "gave up")
        elif state == "reconnecting":
            # Once: a server that accepts and closes at once would fill the log.
            routine = self._state.attempts > 1 or (isinstance(error, ConnectionLost) and error.routine)
            logger.log(logging.INFO if routine else self._level, "%s; trying again", error)
        else:
            logger.info("%s: %s → %s", self._url, before, state)

    @property
    def _level(self) -> int:
        """How loud the log is: a cell that shows an indicator needs no red line of the same under it."""
        return logging.INFO if any(client.shown for client in self._clients()) else logging.WARNING

    def _release(self, generation: int | None = None) -> None:
        self._linger = _cancelled(self._linger)
        self._sleep_detector.off()
        self._active.discard(self)
        self._fire("disconnect", generation=generation)

    def _hang_up(self, generation: int | None) -> None:
        """End the link or the attempt; what waits to be sent still goes out where there is a link."""
        task, self._task = self._task, None
        session, self._session = self._session, None
        waiting = self.sending.close(generation)
        if session is not None:
            session.transport.end_with(waiting)
        else:
            self.outbox.give_up(waiting, f"the connection to {self._url} was closed before")
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    def _wake(self) -> None:
        """Have what was put into the outbox sent."""
        if self._session is not None:
            self._session.transport.wake()

    def _slept(self) -> None:
        """The machine has slept: a link may be dead by now, and what was to be tried later is due."""
        logger.info("%s: this machine seems to have slept; checking", self._url)
        if self._session is not None:
            self._session.transport.probe()
        elif self._state.retry_at is not None:
            self._fire("connect")

    # One attempt, and what it leads to

    async def _attempt(self) -> None:
        task = asyncio.current_task()
        try:
            error = await self._connected()
        except asyncio.CancelledError:
            raise
        except ClientError as said:
            error = said.with_traceback(None)  # which would keep the frames of the attempt
        except Exception as raised:
            error = explain(raised, self._url)
        may_heal = isinstance(error, ConnectionRejected) and error.may_heal and self.address.body is None
        if may_heal and self._place in self._reached:
            error = ConnectionLost(f"{error}; there was a connection before")
        if isinstance(error, ConnectionLost) and self._last_event_id.retry is not None:
            error.retry_after = max(error.retry_after or 0.0, self._last_event_id.retry)
        if self._task is not task:
            return  # it was ended on purpose, and another may be on its way
        if self._linger is not None:
            self._release()  # nobody wants it any more
        elif isinstance(error, ConnectionLost) and error.ended and not self._asks_again:
            self._end(error)
        elif isinstance(error, ConnectionLost) and error.fruitful and self.address.body is not None:
            self._fire("exhausted", error)  # what was asked again would come twice
        else:
            self._fire("refused" if isinstance(error, ConnectionRejected) else "lost", error)

    @property
    def _asks_again(self) -> bool:
        """Whether a stream that has ended is asked for anew: an answer to what was posted is complete then."""
        return self._options.reconnect is not None and self.address.body is None

    def _end(self, how: ConnectionLost) -> None:
        """Take in that the server has ended the stream, and that this was all."""
        count = self.counters.frames
        for receiver in self._living() if self.address.body is not None else ():
            if not receiver.messages:
                why = f"none of its {count:,} events gave a message" if count else "it has no events"
                self.trouble(
                    BadMessage(f"the answer of {self._url} is empty: {why}; check decode="), receiver
                )
        self.ended = how
        self._fire("ended")

    async def _connected(self) -> ClientError:
        """Open a socket and keep it to its end; returns why it ended."""
        transport: Transport | None = None
        try:
            transport = await self._dial()
        except Unauthorized:
            if not self.address.may_change:
                raise
        if transport is None:
            transport = await self._dial()  # once: a token may expire between its making and its use
        self._reached.add(self._place)
        session = Session(transport, self.outbox, self._sender, self._clock, self._publish, self.address.mask)
        self.counters.connects += 1
        self._heard_at = transport.heard_at
        self._fire("opened")
        self._session = session
        if not transport.one_way:
            self.outbox.link()
        self._reopen(transport)
        channels = set[str]().union(*(receiver.channels for receiver in self._living()))
        self._send_hello(session, self._clients(), channels)
        self._publish()  # where nothing is to be confirmed, nobody need wait for it
        try:
            return await transport.run(
                deliver=lambda frames: self._deliver(session, frames),
                on_heartbeat=lambda: self._on_heartbeat(session),
            )
        finally:
            self._heard_at = transport.heard_at
            if self._session is session:
                self._session = None
                self.outbox.unlink()
            session.end()

    def _reopen(self, transport: Transport) -> None:
        """Have the receivers begin with a new link; a method, because a coroutine would keep the last of them."""
        for receiver in self._living():
            gaps = receiver.reopen(transport)
            self._tell(receiver, gaps, gaps)

    def _miss(self, reason: Reason) -> None:
        """Have the receivers know that the link did not go on where it should."""
        for receiver in self._living():
            gaps = receiver.miss(reason)
            self._tell(receiver, gaps, gaps)

    async def _dial(self) -> Transport:
        url, headers = await self.address.resolve(self._runtime)
        self._place = label_of(url)
        self.sending.turn(one_way=is_one_way(url))  # a function may give either
        return await dial(
            url,
            headers,
            self.address.protocols,
            self._options,
            place=self._url,
            clock=self._clock,
            outbox=self.outbox,
            last_event_id=self._last_event_id,
            complain=self._complain,
            miss=self._miss,
            mask=self.address.mask,
            body=self.address.body,
        )

    def _send_hello(self, session: Session, clients: list[Subscriber], channels: set[str]) -> None:
        """Have said what a server wants to hear first."""
        envelopes = self._envelopes()
        if envelopes is not None and session.transport.one_way:
            session.serve(envelopes)
        elif envelopes is None:
            session.assume_no_acks()
        else:
            session.serve(envelopes)
            session.send_hello(self._options.max_size)
            session.pause(envelopes.paused, envelopes.recovery)
            session.ask_for(channels, envelopes.recovery)
        for client in clients:
            if client.on_connect is not None and session.claim_on_connect(client.on_connect):
                link = self.outbox.begin_on_connect(id(client))
                self._clock.call_later(ON_CONNECT_GRACE, self._share, link)
                client._call_on_connect(link)

    def _on_heartbeat(self, session: Session) -> None:
        if self._envelopes() is not None:
            session.say("ping", {})

    def _deliver(self, session: Session, frames: Frames) -> None:
        self.counters.frames += len(frames)
        sizes = [size_of(frame) for frame in frames]
        self.counters.bytes += sum(sizes)
        limit = self._options.max_size
        if max(sizes) > limit:
            for frame, size in zip(frames, sizes, strict=True):
                if size > limit:
                    self._complain(
                        BadMessage(
                            f"a message was skipped: its frame has {size:,} bytes, more than {limit:,}; "
                            f"raise max_size= (it begins {quote(frame)})"
                        )
                    )
            frames = [frame for frame, size in zip(frames, sizes, strict=True) if size <= limit]
        for receiver in self._living():
            unreadable = receiver.unreadable
            taken = receiver.take(frames, partial(self._complain_of, receiver), self._clock.time())
            if receiver.unreadable != unreadable:
                self._publish(receiver=receiver)
            if receiver.decode is None:
                self._answer(session, receiver, taken)
            self._tell(receiver, taken.kept, taken.gaps)

    def _answer(self, session: Session, receiver: Receiver, taken: Taken) -> None:
        """Do what the server says of the link itself, and ask it for what is missing."""
        if taken.messages and taken.messages[0].type != "hello":
            session.assume_no_acks()  # who knows the word answers it before all else
        known = session.known
        for message in taken.messages:
            if message.type in CONTROL and (error := session.answer(message)) is not None:
                self._complain_of(receiver, error)
        if session.known and not known:
            self.pause(receiver)  # whether that can be is known now
        for channel, position in taken.asks:
            session.ask_history(channel, position)

    def _tell(self, receiver: Receiver, things: Sequence[Message | Gap], gaps: list[Gap]) -> None:
        if receiver.wanted:
            self._log_gaps([gap for gap in gaps if gap.channel not in receiver.passing])
        for client in list(receiver.clients):
            client._receive(things)

    def _log_gaps(self, gaps: list[Gap]) -> None:
        """Say what is missing, in one line for each reason: a server may have hundreds of channels."""
        for reason in dict.fromkeys(gap.reason for gap in gaps):
            first, *others = (gap for gap in gaps if gap.reason == reason)
            more = f", and of {len(others):,} other channels" if others else ""
            logger.log(self._level, "%s: %s%s", self._url, first, more)

    def _complain_of(self, receiver: Receiver, error: ClientError) -> None:
        receiver.bad += 1
        self.trouble(error, receiver)

    def _complain(self, error: ClientError) -> None:
        self.counters.bad += 1
        self.trouble(error)

    # Who is there

    def _living(self) -> list[Receiver]:
        # Other threads may add one meanwhile: the references are copied in one step.
        return [receiver for ref in self._receivers.valuerefs() if (receiver := ref()) is not None]

    def _clients(self) -> list[Subscriber]:
        return [client for receiver in self._living() for client in list(receiver.clients)]

    def _envelopes(self) -> Receiver | None:
        """The receiver of our envelope; None: nobody wants it, so it is not spoken."""
        return next((receiver for receiver in self._living() if receiver.decode is None), None)

    def _soon(self, fn: Callable[..., object]) -> None:
        try:
            self._runtime.call_soon(fn)
        except RuntimeError:
            pass  # it has stopped, and all connections with it


def _review(connection: weakref.ref[Connection]) -> None:
    """Have a connection see, if it is still there, whether anybody wants it."""
    if (it := connection()) is not None:
        it._soon(it.review)


def _cancelled(timer: Timer | None) -> Timer | None:
    """Cancel a timer, if there is one; returns what takes its place."""
    if timer is not None:
        timer.cancel()
    return None
