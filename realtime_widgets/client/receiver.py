"""The receiver: what one connection receives, decoded in one way, as streams by channel and as messages.

All clients that decode alike share a receiver, and so its streams: a cell that is run again goes on with the records
that are there. Runs on the I/O thread.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple, Protocol

from ..errors import BadMessage, CallbackFailed, ClientError, RealtimeWidgetsError
from ..protocol.envelope import CONTROL, Message, channel_of, read
from ..protocol.quoting import quote
from ..protocol.sse import Data
from ..streams import Stream
from ..streams.gaps import Gap, Position, Reason
from ..streams.upstream import Upstream
from .masking import Mask
from .sansio.decoding import messages_of
from .sansio.records import are_records, record_of
from .sansio.recovery import Recovery
from .sansio.state import State, Status
from .transports.base import Transport

logger = logging.getLogger(__name__)

UNREADABLE_AFTER: Final = 3
"""Frames in a row that could not be read at all, after which it is said that nothing can."""

MAX_KEPT_FRAME: Final = 64 * 1024
"""Bytes of the largest frame whose exception is kept and logged with its traceback."""

MAX_SHOWN_OF_ERROR: Final = 400
"""Characters of an exception's message that are shown."""

MAX_MESSAGES: Final = 20_000
"""Messages that a stream of messages keeps, for whoever follows it next."""

Decode = Callable[[Any], Any]


class Taken(NamedTuple):
    """What became of frames.

    Attributes:
        messages: all that were in them.
        kept: those that are new, and gaps where something is missing.
        gaps: the latter.
        asks: channels to ask the server for, each from a position on.
    """

    messages: list[Message]
    kept: Sequence[Message | Gap]
    gaps: list[Gap]
    asks: list[tuple[str, Position]]


class Subscriber(Protocol):
    """A client as its connection serves it, on the I/O thread; what has an underscore is for that alone."""

    channels: set[str]
    """What the server is asked for."""
    paused: frozenset[str]
    """Channels that the server shall not send for now: callbacks have too much of them."""
    retired: bool
    """Whether a later run of its cell has replaced it."""
    on_connect: Any
    """A user's function, called whenever the link is up; None: there is none."""

    @property
    def shown(self) -> bool:
        """Whether something follows its status."""

    def _heard(self, status: Status, before: State | None, error: ClientError | None) -> None:
        """Take in what has become of the connection; `before`: its state until now, None if that is the same."""

    def _receive(self, things: Sequence[Message | Gap]) -> None:
        """Take in messages, and gaps where something is missing."""

    def _call_on_connect(self, link: int) -> None:
        """Have `on_connect` called for a link."""


class Receiver:
    """One way to read what a connection receives.

    Args:
        connection: whose frames they are; kept as long as the receiver.
        decode: a user's function from a frame to None, one or several messages; None: our envelope.
        mask: knows the secrets of the connection; None: there are none.
    """

    def __init__(self, connection: Upstream[Status], decode: Decode | None, mask: Mask | None = None) -> None:
        self._connection = connection
        self._mask = mask or Mask()
        self.decode = decode
        self.clients: weakref.WeakSet[Subscriber] = weakref.WeakSet()
        """Those who want it."""
        self.recovery = Recovery(envelopes=decode is None)
        """Where reading stands in its channels."""
        self.orphaned = False
        """Whether a client went without a goodbye: then its streams are fed for as long as somebody holds one."""
        self.retired = False
        """The same of a client that a later run of its cell replaced, until one that came after it says goodbye."""
        self.messages = 0
        """In the frames so far."""
        self.bad = 0
        """Frames, messages and records so far that could not be used."""
        self._error: ClientError | None = None
        self._error_at = 0.0
        # Frames since the last one that gave a message, without those that had nothing to give.
        self._unread = 0
        self._lock = threading.Lock()  # of the next line, which any thread may add to
        self._streams: weakref.WeakValueDictionary[str, Stream] = weakref.WeakValueDictionary()
        self._message_streams: weakref.WeakValueDictionary[str, Stream] = weakref.WeakValueDictionary()
        self._asked_for: set[str] = set()  # those of them that the server has to be asked for
        self.passing: set[str] = set()
        """Channels of which nobody minds what is missing."""

    @property
    def status(self) -> Status:
        """Where the link stands that fills its streams, whether what arrives can be read, and what went wrong last,
        with the link or in reading. What others cannot read is nothing to its clients.
        """
        status = self._connection.status
        if self._error is not None and (status.error_at is None or status.error_at <= self._error_at):
            status = replace(status, error=self._error, error_at=self._error_at)
        return replace(status, unreadable=True) if self.unreadable else status

    def trouble(self, error: ClientError, now: float) -> None:
        """Note what went wrong in reading, or with what was read; `now`: seconds of a monotonic clock."""
        self._error, self._error_at = error, now

    @property
    def unreadable(self) -> bool:
        """Whether the last frames could not be read at all; one that can is enough to end it."""
        return self._unread >= UNREADABLE_AFTER

    def listen(self, fn: Callable[[], object], /) -> Callable[[], None]:
        """Call `fn()` whenever the status may have changed; returns the undo."""
        return self._connection.listen(fn)

    @property
    def wanted(self) -> bool:
        """Whether anybody would miss it."""
        return any(not client.retired for client in self.clients) or (
            (self.orphaned or self.retired) and bool(self._streams or self._message_streams)
        )

    @property
    def channels(self) -> set[str]:
        """What its server is asked for: what its clients have named, and what fills a stream that somebody holds."""
        with self._lock:
            streams = set(self._streams) | (set(self._message_streams) & self._asked_for)
        return streams.union(*(client.channels for client in self.clients))

    @property
    def message_channels(self) -> set[str]:
        """Those of them whose messages somebody holds whole."""
        with self._lock:
            return set(self._message_streams) & self._asked_for

    @property
    def paused(self) -> frozenset[str]:
        """Channels that the server shall not send for now: callbacks of clients have too much of them."""
        return frozenset[str]().union(*(client.paused for client in self.clients))

    def stream(self, channel: str, max_points: int | None, recent: int = 0) -> Stream:
        """Return the stream of a channel, made when nobody has one; then it begins with some messages of the past."""
        with self._lock:
            stream = self._streams.get(channel)
            if stream is None:
                stream = self._streams[channel] = Stream(channel, max_points=max_points)
                self.recovery.recent[channel] = recent
                stream.source = self  # who holds the stream holds what fills it
            elif recent > self.recovery.recent.get(channel, 0):
                logger.warning(
                    "the stream %r is there already, and began without recent=%d: that adds nothing now; close the "
                    "client, or ask for it where the stream is first asked for",
                    channel,
                    recent,
                )
            return stream

    def message_stream(self, channel: str, recent: int, *, asks: bool, passing: bool = False) -> Stream:
        """Return the stream of a channel's messages, each a record with the field `message`, made when there is none.

        Args:
            channel: its name.
            recent: messages of the past to begin with.
            asks: whether the server has to be asked for it.
            passing: whether nobody minds what is missing of it.
        """
        with self._lock:
            stream = self._message_streams.get(channel)
            if stream is None:
                stream = Stream(channel, fields={"message": "object"}, max_points=MAX_MESSAGES)
                self._message_streams[channel] = stream
                self.recovery.recent[channel] = max(recent, self.recovery.recent.get(channel, 0))
                stream.source = self
            if asks:
                self._asked_for.add(channel)
            if passing:
                self.passing.add(channel)
            return stream

    def reopen(self, transport: Transport) -> list[Gap]:
        """Begin with a new link; returns what is missing now, which the streams have been told."""
        self._unread = 0
        return self._mark(
            self.recovery.reopen(time.time(), one_way=transport.one_way, resumes=transport.resumes)
        )

    def miss(self, reason: Reason) -> list[Gap]:
        """Note that the link does not go on where the last one ended; returns what is missing, like `reopen`."""
        return self._mark(self.recovery.miss(reason, time.time()))

    def _mark(self, gaps: list[Gap]) -> list[Gap]:
        for gap in gaps:
            for stream in (self._streams.get(gap.channel), self._message_streams.get(gap.channel)):
                if stream is not None:
                    stream.mark_gap(gap)
        return gaps

    def take(
        self, frames: Iterable[str | bytes], complain: Callable[[ClientError], None], now: float
    ) -> Taken:
        """Put what came into the streams.

        Args:
            frames: in the order they came.
            complain: gets every frame and record that could not be used; the others go on.
            now: seconds of a monotonic clock.
        """
        messages: list[Message] = []
        for frame in frames:
            some, failed = self._read(frame, complain)
            messages += some
            if some:
                self._unread = 0
            elif failed:
                self._unread += 1
        self.messages += len(messages)
        kept, asks = self.recovery.process(messages, now, time.time())
        gaps = [] if kept is messages else [one for one in kept if isinstance(one, Gap)]
        found: dict[Stream, list[Message | Gap]] = {}
        kind: str = ""  # of the message before: as a rule that of the next
        channel: str | None = ""
        those: list[Message | Gap] | None = None
        for one in kept:
            if isinstance(one, Gap):
                stream = self._streams.get(one.channel)
                kind, channel, those = "", one.channel, None
            elif one.channel == channel and one.type == kind:
                if those is not None:
                    those.append(one)
                continue
            else:
                stream = self._stream_of(one)
                kind, channel, those = one.type, one.channel, None
            if stream is not None:
                those = found.setdefault(stream, [])
                those.append(one)
        for stream, each in found.items():
            _fill(stream, each, complain)
        if self._message_streams:
            self._fill_message_streams(kept)
        return Taken(messages, kept, gaps, asks)

    def _fill_message_streams(self, kept: Iterable[Message | Gap]) -> None:
        for one in kept:
            if isinstance(one, Gap):
                if (stream := self._message_streams.get(one.channel)) is not None:
                    stream.mark_gap(one)
            elif (stream := self._message_streams.get(channel_of(one))) is not None:
                stream.append({"message": one}, ts=None if one.timestamp is None else one.timestamp / 1000)

    def _stream_of(self, message: Message) -> Stream | None:
        """Return who gets a message; None when nobody follows its channel, or it is about the link."""
        if self.decode is None and message.channel is None and message.type in CONTROL:
            return None
        return self._streams.get(channel_of(message))

    def _read(
        self, frame: str | bytes, complain: Callable[[ClientError], None]
    ) -> tuple[list[Message], bool]:
        """Return the messages of a frame, and whether something in it could not be used."""
        if self.decode is None:
            messages, error = read(str(frame) if isinstance(frame, Data) else frame)
            if error is not None:
                complain(error)
            return messages, error is not None
        found: list[Message] = []
        try:
            for message in messages_of(self.decode(frame)):
                found.append(message)
            return found, False
        except BadMessage as error:
            complain(error)
        except BaseException as error:  # sys.exit() in it must not end the I/O thread
            wrong = CallbackFailed(
                f"decode() raised {self._mask.error(error, MAX_SHOWN_OF_ERROR)}; "
                f"the frame was {quote(frame)}, and the rest of it is left out"
            )
            if max(len(frame), len(str(error))) <= MAX_KEPT_FRAME:  # an exception keeps its frame
                wrong.__cause__ = error
            complain(wrong)
        return found, True


def _fill(stream: Stream, those: Sequence[Message | Gap], complain: Callable[[ClientError], None]) -> None:
    """Append messages, and mark gaps where they are."""
    messages: list[Message] = []
    for one in those:
        if isinstance(one, Gap):
            fill(stream, messages, complain)
            messages = []
            stream.mark_gap(one)
        else:
            messages.append(one)
    fill(stream, messages, complain)


def fill(stream: Stream, messages: list[Message], complain: Callable[[ClientError], None]) -> None:
    """Append the data of messages to a stream, as the records that they are."""
    records: list[dict[str, Any]] = []
    times: list[float | None] = []
    plain = stream.fields.keys()
    for message in messages:
        timestamp = message.timestamp
        for data in message.data if are_records(message.data) else (message.data,):
            try:
                record, ts = record_of(data, plain)
            except Exception as error:  # a user's decoder may have put anything into it
                _complain_of(stream, error, complain)
                continue
            if record:
                records.append(record)
                times.append(ts if ts is not None or timestamp is None else timestamp / 1000)
    if not records:
        return
    try:
        if len(records) == 1:
            stream.append(records[0], ts=times[0])
        else:
            stream.extend(_columns(records), ts=times)
    except Exception:
        _fill_each(stream, records, times, complain)


def _fill_each(
    stream: Stream,
    records: list[dict[str, Any]],
    times: list[float | None],
    complain: Callable[[ClientError], None],
) -> None:
    """Append one by one: a record that cannot be used must not cost those beside it."""
    for record, ts in zip(records, times, strict=True):
        try:
            stream.append(record, ts=ts)
        except Exception as error:
            _complain_of(stream, error, complain)


def _complain_of(stream: Stream, error: Exception, complain: Callable[[ClientError], None]) -> None:
    said = error if isinstance(error, RealtimeWidgetsError) else Mask().error(error)
    complain(BadMessage(f"a message of channel {stream.name!r} is no record: {said}"))


def _columns(records: list[dict[str, Any]]) -> Any:
    """Records that are alike as columns, which is the quick way in; others as they are."""
    first = records[0]
    if set(map(len, records)) == {len(first)}:
        try:
            return {name: [record[name] for record in records] for name in first}
        except KeyError:
            pass
    return records
