"""The client: what users hold of a connection, from any thread.

Clients of the same address share one connection; what is a client's own are its callbacks and its wish to be
connected. Everything it does is handed over to the I/O thread, and nothing here waits but the waits.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from copy import copy
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import Any, cast, overload

from ..errors import (
    ClientError,
    NamesNearest,
    RuntimeStopped,
    TimedOut,
    UsageError,
    WrongType,
    did_you_mean,
    named_keywords,
    reject_what_cannot_be_called,
    shown,
)
from ..protocol.envelope import CONTROL, UNANSWERED, Message, new_envelope, write
from ..protocol.limits import MAX_RECENT
from ..runtime.listeners import Listeners
from ..streams import Stream
from ..streams.amounts import to_count
from ..streams.gaps import Gap
from ..streams.intake import MISSING, data_or_record
from . import decoders
from .address import Address, Given
from .body import body_of
from .connection import Connection
from .dialing import checked_options
from .handlers import Callback, Handlers
from .loops import Loop, Loops
from .names import channels_of, check_unicode, checked_channel, checked_name
from .pool import Pool, get_pool
from .receiver import Decode
from .sansio.backoff import FOREVER, Reconnect
from .sansio.delivery import Delivery
from .sansio.inbox import CallbackKind, Inbox, Overflow, checked_overflow
from .sansio.state import STATES, State, Status
from .stats import ClientStats
from .store import ClientStore
from .waits import Awaitable, RuntimeWaiter, Waits

_here = threading.local()
"""Where `on_connect` runs: the outbox of the link that is being greeted, and which link it is."""

logger = logging.getLogger(__name__)


@named_keywords
class Client(NamesNearest):
    """A connection to a server of messages; get it through `rw.connect()`, which has the arguments.

    It is kept as long as somebody holds it or one of its streams, or it has callbacks. In a notebook a cell that is
    run again replaces the clients and the callbacks that its last run made, and goes on with their connection and
    their streams.
    """

    def __init__(
        self,
        url: Given[str],
        *,
        post: Any = None,
        auth: Given[str | None] = None,
        headers: Given[Mapping[str, str]] | None = None,
        decode: Decode | None = None,
        protocols: Iterable[str] = (),
        reconnect: Reconnect | None = FOREVER,
        heartbeat: float | None = 25.0,
        subscribe: Iterable[str] = (),
        on_connect: Callable[[Client], object] | None = None,
        max_size: int = 4 * 1024 * 1024,
        overflow: Overflow | Mapping[str, Overflow] = "drop_oldest",
        pool: Pool | None = None,
    ) -> None:
        address = Address(url, auth, headers, protocols)
        if post is not None:
            address = replace(address, body=body_of(post, url))
            reconnect = (
                None if reconnect is FOREVER else reconnect
            )  # to ask again is to ask for another answer
        self._address = address
        self._options = checked_options(reconnect, heartbeat, max_size)
        for name, fn, given in (("decode", decode, "a frame"), ("on_connect", on_connect, "the client")):
            if fn is not None:
                reject_what_cannot_be_called(f"{name}= cannot be", fn, given)
        if decode is decoders.json:
            raise WrongType(
                "decode= cannot be rw.decoders.json, which makes decoders: call it, decode=rw.decoders.json(…)"
            )
        if isinstance(subscribe, str) or not isinstance(subscribe, Iterable):
            raise WrongType(
                f"subscribe={subscribe!r} is no list of channels: pass one, such as subscribe=['metrics']"
            )
        self.on_connect = on_connect
        """Called with the client whenever it is connected; None: nothing is."""
        self.channels = {checked_channel(channel) for channel in subscribe}
        """What the server is asked for."""
        self.paused: frozenset[str] = frozenset()
        """Channels that the server shall not send, because this client's callbacks have too much of them."""
        self._pool = pool or get_pool()
        self._runtime = self._pool.runtime
        self._connection, self._receiver = self._pool.receiver(self._address, self._options, decode)
        self._inbox = Inbox(*checked_overflow(overflow))
        hold = weakref.WeakMethod(self._pause)  # or its own handlers would keep it
        self._handlers = Handlers(
            self._runtime,
            self._inbox,
            partial(self._connection.trouble, receiver=self._receiver),
            lambda channels: hold_back(channels) if (hold_back := hold()) is not None else None,
            self._connection.address.mask,
        )
        self._loops = Loops(
            self._runtime,
            self._address.label,
            checked_overflow(overflow),
            answer=self._address.body is not None,
            complain=partial(self._connection.trouble, receiver=self._receiver),
        )
        self._listeners = Listeners(f"the client of {self._address.label}")
        self._waits = Waits()
        self._waiter = RuntimeWaiter(self._runtime)
        self._store = ClientStore(self)
        self._lock = threading.Lock()  # of who is kept because of callbacks
        self._apart: Status | None = Status()  # what is said while it does not want the connection
        self._closed = False
        self.retired = False
        """Whether a later run of its cell has replaced it: then it keeps nothing open."""
        self._pool.replaced.add(self, Client._retire)
        self._join()

    # Using it

    @property
    def store(self) -> ClientStore:
        """Its streams by channel, with their subscribers, and where the connection stands."""
        return self._store

    def connect(self) -> None:
        """Connect after `disconnect()` or an error; while it waits for its next attempt: try now.

        Does nothing while it is connected, or tries to be.
        """
        self._check()
        self._loops.reopen()
        if self._apart is None:
            self._connection.sending.admit()
            self._runtime.call_soon(self._connection.connect)
        else:
            self._join()

    def disconnect(self) -> None:
        """Want the connection no more: it is closed when no other client wants it."""
        self._leave(linger=False)

    def stream(self, channel: str, *, max_points: int | None = 100_000, recent: int = 0) -> Stream:
        """Return the stream that a channel fills; the server is asked for the channel.

        A message whose data are a mapping is a record with its fields, anything else is the field `value`; the
        time is that of the message. Asking again returns the same stream.

        Args:
            channel: its name.
            max_points: most records kept; None: no limit. Whoever asks first decides.
            recent: messages of the past to begin with, up to so many, of which a hub sends those that it has kept.
                Whoever asks first decides; who asks for more later is warned. Over Server-Sent Events nothing can be
                asked for: there `?recent=` in the address says it.
        """
        self._check()
        recent = min(to_count(recent, f"recent= of the stream {shown(channel)}"), MAX_RECENT)
        stream = self._store.adopt(
            channel, self._receiver.stream(checked_channel(channel), max_points, recent)
        )
        self._want({channel})
        if recent and self._connection.sending.one_way:
            logger.warning(
                "recent=%d of the stream %r is not said to %s: over Server-Sent Events nothing can be asked for; "
                "write ?recent=%d into the address",
                recent,
                channel,
                self._address.label,
                recent,
            )
        return stream

    def message_stream(
        self, channel: str, *, recent: int = 0, asks: bool = True, passing: bool = False
    ) -> Stream:
        """Return the stream of a channel's messages as they come: each is a record with the field `message`.

        For protocols whose messages are of several types; see `stream` for data. Asking again returns the same stream,
        which is fed for as long as somebody holds it.

        Args:
            channel: its name, or the type of messages that name none.
            recent: messages of the past to begin with; whoever asks first decides.
            asks: whether the server is asked for it; False: it sends this by itself.
            passing: whether nobody minds what is missing of it, such as who typed a while ago: then the log is silent.

        Raises:
            UsageError: the client has a decoder, or was closed.
        """
        self._check()
        if self._receiver.decode is not None:
            raise UsageError(
                f"the client of {self.label} has no messages of {shown(channel)}: it was given decode=, which makes "
                "records of whatever comes; connect without it"
            )
        recent = min(to_count(recent, f"recent= of the messages of {shown(channel)}"), MAX_RECENT)
        stream = self._receiver.message_stream(checked_channel(channel), recent, asks=asks, passing=passing)
        if asks and self._apart is None:
            self._hand_over(self._connection.ask_for, {channel})
        return stream

    def send(
        self,
        type: str,
        data: Any = None,
        *,
        channel: str | None = None,
        volatile: bool = False,
        id: str | None = None,
        expires: bool = True,
    ) -> Delivery:
        """Send a message, at once or when there is a connection; the delivery says what becomes of it.

        While there is none 256 messages of together 1 MiB may wait for 120 s; what finds no room has failed when this
        returns. A server that answers (our hub does) is sent it again until it has, and takes it once.

        `subscribe` and `unsubscribe`, with `{"streams": [...]}`, hold on every connection from now on; a channel whose
        stream somebody holds, or that another client has asked for, goes on.

        Args:
            type: what it is.
            data: anything that JSON has.
            channel: the topic it belongs to; None: none.
            volatile: send it now or not at all, such as a cursor's place.
            id: by which a server that answers knows it when it is sent again, for some minutes; None: a new one.
            expires: whether it fails when it has waited for 120 s; False: it waits for as long as it takes, and of one
                that finds no room only who has sent it is told.

        Raises:
            UsageError: when the data are nothing that JSON has.
        """
        self._check()
        if not isinstance(type, str):
            raise WrongType(f"a message cannot be sent: its type is {type!r}; pass a text")
        if channel is not None:
            checked_name(channel)
        wish: set[str] | None = None
        if type in ("subscribe", "unsubscribe") and self._receiver.decode is None:
            wish = channels_of(data)
            if wish is not None and type == "unsubscribe":
                # That goes out in its order with what else is asked for; what is left asks for the server's answer.
                data = {**data, "streams": []}
        message = new_envelope(type, data, id=id, channel=channel)
        try:
            raw = write(message)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise UsageError(
                f"a message of type {type!r} cannot be sent: {error}; pass dicts, lists, texts and numbers"
            ) from error
        if wish is not None and type == "subscribe":
            self._want(wish)
        elif wish is not None:
            self._store.release(wish)
            self._unwant(wish)
        return self._send(
            Delivery(
                raw,
                str(message.id),
                volatile=volatile,
                wants_ack=type not in UNANSWERED,
                expires=expires,
                waiter=self._waiter,
            )
        )

    def _want(self, channels: set[str]) -> None:
        if not channels <= self.channels:
            self.channels = self.channels | channels
            if self._apart is None:
                self._runtime.call_soon(self._connection.ask_for, self.channels)

    def _unwant(self, channels: set[str]) -> None:
        self.channels = self.channels - channels
        if self._apart is None:
            self._hand_over(self._connection.drop, channels)

    def send_raw(self, raw: str | bytes, *, volatile: bool = False) -> Delivery:
        """Send a frame as it is, for servers that speak another protocol; see `send`.

        Args:
            raw: the frame, text or bytes.
            volatile: send it now or not at all, such as a cursor's place.

        Raises:
            UsageError: when it is no frame.
        """
        if not isinstance(raw, str | bytes):
            raise WrongType(f"a frame cannot be sent: it is {raw!r:.200}; pass text or bytes")
        if isinstance(raw, str):
            check_unicode(raw, "a frame cannot be sent")
        return self._send(Delivery(raw, volatile=volatile, waiter=self._waiter))

    def publish(
        self, channel: str, data: Any = MISSING, *, volatile: bool = False, **fields: Any
    ) -> Delivery:
        """Have the server hand data to everybody who has asked for a channel, this client included; see `send`.

        Args:
            channel: a name of 1 to 200 characters.
            data: anything that JSON can express.
            volatile: see `send`.
            **fields: a record, instead of `data`: `client.publish("training", loss=0.42, step=5)`.
        """
        made = data_or_record(data, fields, ("volatile",))
        return self.send("publish", made, channel=checked_channel(channel), volatile=volatile)

    # Files of a chat's messages

    def upload_file(self, room: str, name: str, body: bytes) -> dict[str, Any]:
        """Have the hub keep a file for a message in a room, and return what to say of it; waits until it is there.

        Args:
            room: of the chat.
            name: of the file; the hub cleans it.
            body: its bytes.

        Returns:
            `id`, `url` (the link for the message), `name`, `type` and `size`; of an image `width` and `height`, too.

        Raises:
            ClientError: it was not taken; ConnectionLost: it may be, if it is tried again.
            WouldDeadlock: in a callback.
        """
        from .files import upload

        return upload(self._address, room, name, body)

    def download_file(self, link: str) -> bytes:
        """Return the bytes of a file of a message; waits until they are there.

        Args:
            link: of the message, `/files/` and an id. Nothing else is fetched.

        Raises:
            ClientError: it cannot be had; ConnectionLost: it may be, if it is tried again.
            WouldDeadlock: in a callback.
        """
        from .files import download

        return download(self._address, link)[1]

    # Being told

    @overload
    def on_message(
        self, fn: None = None, /, *, type: str | None = None
    ) -> Callable[[Callable[[Message], object]], Callback]: ...
    @overload
    def on_message(self, fn: Callable[[Message], object], /, type: str | None = None) -> Callback: ...
    def on_message(self, fn: Callable[[Message], object] | None = None, /, type: str | None = None) -> Any:
        """Call `fn(message)` for every message, on the callback thread; also a decorator, plain or with a type.

        Args:
            fn: what to call.
            type: only for messages of this type; None: for all.
        """
        if fn is None:
            return lambda fn: self._add("message", fn, type)
        return self._add("message", fn, type)

    def on_gap(self, fn: Callable[[Gap], object], /) -> Callback:
        """Call `fn(gap)` wherever messages of a channel are missing, on the callback thread and in their order; also
        a decorator.
        """
        return self._add("gap", fn)

    def on_state(self, fn: Callable[[State], object], /) -> Callback:
        """Call `fn(state)` whenever the state has changed, on the callback thread; also a decorator."""
        return self._add("state", fn)

    def on_error(self, fn: Callable[[ClientError], object], /) -> Callback:
        """Call `fn(error)` for everything that goes wrong, on the callback thread; also a decorator."""
        return self._add("error", fn)

    def on_disconnect(self, fn: Callable[[ClientError | None], object], /) -> Callback:
        """Call `fn(why)` whenever a connection has ended, on the callback thread; None: on purpose, or the server had
        no more to say.
        """
        return self._add("disconnect", fn)

    def __iter__(self) -> Iterator[Message]:
        """Loop over the messages as they come: `for message in client:`; any thread, and as many loops as you like.

        A loop begins with the next message, and with the first of all where no other loop has taken one: of what
        came before it 1,000 messages are kept (1 MiB), or nothing when there were more; of an answer to `post=` as many
        as of what waits for a slow loop, 10,000 (64 MiB), beyond which the oldest are dropped, or as `overflow=` says
        (for `lossless` the server is not told to wait: 100,000). That it was too slow is said once in `last_error`.

        It ends when the connection has ended for good: when the client is closed or disconnected, or the server ends a
        stream of events that is not reconnected. A client that reconnects for ever never ends it.

        Raises:
            ConnectionRejected, ConnectionLost: when the client has given up, after what came before.
            WouldDeadlock: in a callback.
            UsageError: when the client is closed.
        """
        return self._loop()

    def __aiter__(self) -> AsyncIterator[Message]:
        """Loop over the messages as they come, in a coroutine of any event loop; see `__iter__`."""
        return self._loop()

    def wait_until(self, state: State = "connected", timeout: float | None = 10.0) -> None:
        """Wait for a state; any thread.

        `connected` is reached when the server has also confirmed the channels that this client has asked for until
        then, streams included: what is published on them from here on arrives, or is a gap. A server that confirms
        nothing, as foreign ones do, is given a second.

        Args:
            state: one of `connecting`, `connected`, `reconnecting`, `disconnected`, `error`.
            timeout: seconds; None: for ever.

        Raises:
            TimedOut: when it has not come by then.
            UsageError: when the client is closed, also while it waits.
            ConnectionRejected, ConnectionLost: when the client has given up, and `error` was not what was waited for.
            WouldDeadlock: in a callback.
        """
        try:
            self._runtime.wait(self._future(state), timeout)
        except TimedOut as error:
            why = f" ({self.last_error})" if self.last_error and state == "connected" else ""
            if state == self.state == "connected":
                raise TimedOut(
                    f"the client of {self.label} is connected, but the server has not confirmed all its channels after "
                    f"{timeout} s{why}; allow more with timeout="
                ) from error
            raise TimedOut(
                f"the client of {self.label} is not {state} after {timeout} s: it is {self.state}{why}; "
                "allow more with timeout="
            ) from error

    def until(self, state: State = "connected") -> Awaitable:
        """Wait like `wait_until`, in a coroutine of any event loop: `await client.until("connected")`."""
        return Awaitable(self._future(state), self)

    # Looking at it

    @property
    def state(self) -> State:
        """`connecting`, `connected`, `reconnecting`, `disconnected` (on purpose) or `error` (gave up)."""
        return self.status.state

    @property
    def status(self) -> Status:
        """State, attempts and errors, all of one moment."""
        return self._apart or self._receiver.status

    @property
    def reconnect_attempts(self) -> int:
        """Attempts to reconnect since the connection last held for 5 s."""
        return self.status.attempts

    @property
    def last_error(self) -> ClientError | None:
        """What went wrong last, with the connection, a message or a callback; None: nothing so far.

        It has none of the secrets that the client connects with: `***` stands for them, and what it was raised from is
        left out where that has one.
        """
        return self.status.error

    @property
    def label(self) -> str:
        """The address, without credentials and query."""
        return self._address.label

    @property
    def stats(self) -> ClientStats:
        """Counters."""
        counters, outbox = self._connection.counters, self._connection.outbox
        return ClientStats(
            **{name: getattr(counters, name) for name in ("connects", "frames", "bytes")},
            messages=self._receiver.messages,
            bad=counters.bad + self._receiver.bad,
            duplicates=self._receiver.recovery.duplicates,
            gaps=self._receiver.recovery.gaps,
            dropped=self._inbox.dropped + self._loops.dropped,
            channels={name: copy(stats) for name, stats in list(self._inbox.stats.items())},
            sent=outbox.sent,
            acknowledged=outbox.acknowledged,
            waiting=len(outbox),
            failed=outbox.failed,
        )

    @property
    def shown(self) -> bool:
        """Whether something, an indicator as a rule, follows its status."""
        return bool(self._listeners.fns)

    def listen(self, fn: Callable[[], object], /) -> Callable[[], None]:
        """Call `fn()` whenever the status may have changed; returns the undo. For machinery: it must be quick."""
        return self._listeners.add(fn)

    @property
    def acknowledges(self) -> bool | None:
        """Whether the server answers that it has what it is sent; None: that is not known yet."""
        return self._connection.outbox.acks

    @property
    def generation(self) -> int:
        """How often it was asked for a connection: what was sent before it was the last time may be let go of yet."""
        return self._connection.outbox.generation

    @property
    def one_way(self) -> bool:
        """Whether nothing can be sent: its address is one of Server-Sent Events."""
        return self._connection.sending.one_way

    # Ending it

    @property
    def closed(self) -> bool:
        """Whether it was let go of, for good."""
        return self._closed

    def close(self) -> None:
        """Let the connection go: the last one of its users closes it, after some seconds. Twice is fine."""
        if not self._closed:
            self._closed = True
            self._store.release()
            self._forget_callbacks()
            self._loops.close()
            self._leave()
            self._hand_over(self._end_waits)
            self._hand_over(self._listeners.tell)  # one that had been told to disconnect hears nothing else

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        status = self.status
        told = status.state in ("reconnecting", "error") or status.unreadable
        said = f": {status.error}" if status.error and told else ""
        return f"<Client of {self.label}: {status.state}{said}>"

    # For the connection, on the I/O thread

    def _heard(self, status: Status, before: State | None, error: ClientError | None) -> None:
        """Take in what has become of the connection; `before`: its state until now, None if that is the same."""
        self._end_waits()
        self._listeners.tell()
        if before is not None and status.state in ("disconnected", "error"):
            self._loops.end(error if status.state == "error" else None)
        elif before is not None:
            self._loops.reopen()  # another client of the same connection may have had it connect again
        if before is not None:
            self._handlers.tell("state", status.state)
            if before == "connected":
                self._handlers.tell("disconnect", error)
        if error is not None:
            self._handlers.tell("error", error)

    def _receive(self, things: Sequence[Message | Gap]) -> None:
        """Take in messages, and gaps where something is missing."""
        if things and self._loops.wants:
            self._loops.put([thing for thing in things if isinstance(thing, Gap) or self._is_told(thing)])
        if self._handlers.wants("message") or self._handlers.wants("gap"):
            for is_gap, those in groupby(things, lambda thing: isinstance(thing, Gap)):
                if is_gap:
                    self._handlers.tell("gap", *those)
                else:
                    messages = cast("Iterable[Message]", those)
                    self._handlers.tell("message", *filter(self._is_told, messages))

    def _is_told(self, message: Message) -> bool:
        """Whether a message is for users, and not about the link."""
        foreign = self._receiver.decode is not None
        return foreign or message.type not in CONTROL or bool(message.channel)

    def _pause(self, channels: frozenset[str]) -> None:
        """Have channels held back at the server, and no others."""
        self.paused = channels
        self._connection.pause(self._receiver)

    def _call_on_connect(self, link: int) -> None:
        """Have `on_connect` called; what it sends goes out before all that waits."""
        self._handlers.call_first("on_connect", self._run_on_connect, link)

    def _run_on_connect(self, link: int) -> None:
        outbox = self._connection.outbox
        try:
            if self.on_connect is not None and self._apart is None and outbox.is_current(link):
                _here.on_connect = outbox, link
                self.on_connect(self)
        finally:
            _here.on_connect = None
            self._hand_over(self._connection.on_connect_done, self, link)

    # Its own

    def _check(self) -> None:
        if self._closed:
            raise self._closed_error

    @property
    def _closed_error(self) -> UsageError:
        return UsageError(
            f"the client of {self.label} cannot be used: it was closed; call rw.connect() again"
        )

    def _loop(self) -> Loop:
        self._runtime.check_wait()
        self._check()
        return self._loops.begin(self)

    def _join(self) -> None:
        self._apart = None
        self._connection.sending.admit()  # what is sent next waits, though the I/O thread has not heard of it yet
        # From the garbage collector: hands over, and takes no lock.
        self._orphaned = weakref.finalize(self, _orphan, self._connection, weakref.ref(self._receiver))
        self._orphaned.atexit = False
        if self._connection.status.state in ("disconnected", "error"):
            # Said at once, and true in a moment: who looks right after connect() must not see the old state.
            self._connection.status = Status("connecting", time.monotonic())
        self._runtime.call_soon(self._connection.join, self, self._receiver, self._options)

    def _leave(self, *, linger: bool = True) -> None:
        if self._apart is not None:
            return
        status = self._connection.status
        self._apart = Status("disconnected", time.monotonic(), error=status.error, error_at=status.error_at)
        self._orphaned.detach()
        connection, receiver = self._connection, self._receiver
        generation = connection.outbox.generation

        def leave() -> None:
            connection.leave(self, receiver, linger=linger, generation=generation)
            self._heard(self.status, status.state if status.state != "disconnected" else None, None)

        self._hand_over(leave)

    def _retire(self) -> None:
        """Give way to what the next run of its cell makes: its callbacks and loops end; what shows it goes on.

        A loop over an answer is let finish: what asked, such as a bot, may have done so long after its cell had run.
        """
        if self._address.body is not None and self._loops:
            return
        self._loops.end(None)
        self._forget_callbacks()
        self._store.release()
        self.on_connect = None
        self.retired = True
        if self._apart is None:
            self._orphaned.detach()
            self._hand_over(partial(self._connection.orphan, weakref.ref(self._receiver), retired=True))

    def _send(self, delivery: Delivery) -> Delivery:
        self._check()
        if self._apart is not None:
            delivery.fail(
                f"a message was not sent: the client of {self.label} is disconnected; call connect()"
            )
        else:
            outbox, link = getattr(_here, "on_connect", None) or (None, None)
            if outbox is self._connection.outbox:
                delivery.sent_on_connect = link
            delivery.sender = id(self)
            self._connection.sending.put(delivery)
        return delivery

    def _future(self, state: State) -> Future[None]:
        if state not in STATES:
            raise UsageError(
                f"there is no state {state!r} to wait for{did_you_mean(str(state), STATES)}; "
                f"it is one of {', '.join(STATES)}"
            )
        if state != "disconnected":  # which a closed client is
            self._check()
        future: Future[None] = Future()
        self._runtime.call_soon(self._wait, state, future)
        return future

    def _last_heard(self) -> float | None:
        return self._connection.heard_at

    def _wait(self, state: State, future: Future[None]) -> None:
        self._waits.add(state, future)
        self._end_waits()

    def _end_waits(self) -> None:
        """End the waits for the state that is reached; on a closed client all the others too."""
        self._waits.resolve(
            self.status,
            confirmed=self._connection.is_confirmed(self.channels | self._receiver.message_channels),
            ended=self._connection.ended if self._apart is None else None,
        )
        if self._closed:
            self._waits.fail(self._closed_error)

    def _add(self, kind: CallbackKind, fn: Callable[..., object], type: str | None = None) -> Callback:
        reject_what_cannot_be_called(f"on_{kind}() cannot call", fn)
        self._check()
        callback = Callback(kind, fn, type, self._remove)
        with self._lock:
            self._handlers.add(callback)
            self._pool.kept.add(self)
        self._pool.replaced.add(callback, Callback.remove)
        return callback

    def _remove(self, callback: Callback) -> None:
        with self._lock:
            self._handlers.remove(callback)
            if not self._handlers:
                self._pool.kept.discard(self)

    def _forget_callbacks(self) -> None:
        with self._lock:
            self._handlers.clear()
            self._pool.kept.discard(self)

    def _hand_over(self, fn: Callable[..., object], *args: Any) -> None:
        """Have the I/O thread do it; when that has stopped, so has every connection."""
        with contextlib.suppress(RuntimeStopped):
            self._runtime.call_soon(fn, *args)


def _orphan(connection: Connection, receiver: Any) -> None:
    connection._soon(lambda: connection.orphan(receiver))
