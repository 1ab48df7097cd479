"""Hub state: what all clients of a running hub share, and the tasks that publish posted messages and metrics."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from ..errors import RealtimeWidgetsError, SendFailed
from ..protocol.envelope import Message
from ..protocol.limits import MAX_NAME_LENGTH
from ..runtime import Runtime
from ..sources.machine import next_due
from ..streams.gaps import Position
from .brokers.base import Broker, Kind, NotKept, OutOfReach
from .brokers.memory import size_of
from .channels import METRICS, Channels, FrameSink, encode_publication
from .chat import Chat
from .drain import Leaving
from .events import Events
from .file_limits import FileLimits
from .files import Files
from .flush import Flush, Stretch
from .in_flight import InFlight
from .limits import Connections, Limits, Senders
from .metrics import Metrics
from .policies import Policies, about, presence_of
from .presence import Presence
from .rate_limit import ConnectionRateLimiter
from .receiving import Receiving
from .tally import Tally
from .traffic import Traffic
from .turns import Turns

logger = logging.getLogger(__name__)

METRICS_INTERVAL: Final = 1.0
"""Seconds between two messages of metrics."""

MAX_POSTED_BYTES: Final = 64 * 1024 * 1024
"""Bytes of messages that other threads have posted and that are not published yet."""

USUAL: Final = Limits()

USUAL_FILES: Final = FileLimits()

NO_POLICIES: Final = Policies()


class HubState:
    """One per run of a hub; all but `post` on the I/O thread.

    Args:
        runtime: whose I/O thread it runs on.
        broker: that keeps the channels.
        limits: of what its clients may ask.
        policies: of its channels.
        files: of how much is kept of the files of chat messages; None: nothing.

    Raises:
        MissingDependency: psutil is not installed.
    """

    def __init__(
        self,
        runtime: Runtime,
        broker: Broker,
        limits: Limits = USUAL,
        policies: Policies = NO_POLICIES,
        files: FileLimits | None = USUAL_FILES,
    ) -> None:
        self.tally = Tally()
        self.turns = Turns()
        stretch = Stretch(self.turns)
        self.flush = Flush(self.tally, self.turns, stretch)
        self.channels = Channels(broker, policies, stretch)
        self.presence = Presence(self.channels)
        self.chat = Chat(self.channels)
        self.files = Files(broker.files, files)
        self.receiving = Receiving()
        self.chat.forgotten = self._forget_files
        self._forgetting: set[asyncio.Task[None]] = set()
        self.traffic = Traffic()
        self.events = Events(self._tell)
        self.rate_limiter = ConnectionRateLimiter(limits.connects)
        self.limits = limits
        self.connections = Connections(limits)
        self.senders = Senders(limits)
        self.sessions: set[object] = set()
        """The connected clients."""
        self.streams: set[Leaving] = set()
        """The event streams that can be ended."""
        self.turn_away: Callable[[], float | None] = lambda: None
        """Returns the seconds after which a client may come again, when the hub is about to stop; None: it is not."""
        self.since = time.monotonic()
        self._metrics = Metrics()
        self._measured = -math.inf  # when the metrics were last published
        self._troubled: tuple[float, Kind] | None = None  # since when the broker has been in what trouble
        self._runtime = runtime
        self._lock = threading.Lock()
        self._posted: deque[Message] = deque()
        self._bytes = 0
        self._woken = False
        self._wake = asyncio.Event()
        self._wanted = asyncio.Event()

    def subscribe(self, channel: str, sink: FrameSink, member: str) -> Callable[[], None]:
        """Have a client follow a channel, see `Channels.subscribe`; the first one that follows the metrics gets them at
        once.

        It gets them with all others when they were published within the last second: else each subscription would be a
        message to everybody.
        """
        first = not self.channels.followed(channel)
        undo = self.channels.subscribe(channel, sink)
        if channel == METRICS and first and time.monotonic() - self._measured >= METRICS_INTERVAL:
            self._wanted.set()
        return self._noted(channel, member, undo)

    def _noted(self, channel: str, member: str, undo: Callable[[], None]) -> Callable[[], None]:
        """Note that a client is there, if others are told; returns the undo of that, too."""
        policy, watched = self.channels.policies.of(channel), about(channel)
        if policy.presence and len(presence_of(channel)) <= MAX_NAME_LENGTH:
            assert isinstance(policy.leave_delay, float)
            leave = self.presence.enter(channel, member, policy.leave_delay)
        elif watched is not None:
            leave = self.presence.watch(watched)
        else:
            return undo

        def both() -> None:
            undo()
            leave()

        return both

    def post(self, message: Message) -> None:
        """Queue a message to be published; from any thread, returns at once.

        Raises:
            SendFailed: the queue is full.
        """
        size = size_of(message)
        with self._lock:
            if self._bytes + size > MAX_POSTED_BYTES:
                raise SendFailed(
                    f"a message was not published: {len(self._posted):,} others ({self._bytes:,} bytes) wait for "
                    "the I/O thread, which is the most there may be; publish less at a time"
                )
            self._posted.append(message)
            self._bytes += size
            wake, self._woken = not self._woken, True
        if wake:
            self._runtime.call_soon(self._wake.set)

    def _tell(self, channel: str, data: Any) -> None:
        try:
            self.post(encode_publication(channel, data))
        except RealtimeWidgetsError:
            pass  # the queue is full, or the runtime has stopped; the event is in the log

    async def run(self) -> None:
        """Publish posted messages, and the metrics once a second, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._publish_posted())
            group.create_task(self._publish_metrics())
            group.create_task(self.presence.run())
            group.create_task(self.chat.run())

    def _forget_files(self, room: str, who: str, metadata: dict[str, Any]) -> None:
        """Forget the files of a message that was deleted, when there is time for that."""

        async def forget() -> None:
            try:
                await self.files.forgotten(room, who, metadata)
            except (NotKept, OutOfReach) as error:
                self.events.log(
                    "files", "warning", "a file of a message that was deleted is kept", str(error)
                )

        task = asyncio.create_task(forget())
        self._forgetting.add(task)
        task.add_done_callback(self._forgetting.discard)

    async def _publish_posted(self) -> None:
        in_flight = InFlight()
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                with self._lock:
                    self._woken = False
                while self._posted:
                    in_flight.note(self._publish(self._next_posted()))
                    await in_flight.room()
                    await self.channels.rest()
        finally:
            while self._posted:  # at the end: a broker that closes finishes what it was given
                self._publish(self._next_posted())

    def _next_posted(self) -> Message:
        with self._lock:
            message = self._posted.popleft()
            self._bytes -= size_of(message)
        return message

    def _publish(self, message: Message) -> asyncio.Future[Position]:
        begun = time.monotonic()
        placed = self.channels.publish(message)
        if placed.done():
            self._check(message.channel, begun, placed)
        else:
            placed.add_done_callback(partial(self._check, message.channel, begun))
        return placed

    def _check(self, channel: str | None, begun: float, placed: asyncio.Future[Position]) -> None:
        if placed.cancelled():
            return
        error = placed.exception()
        if error is None:
            self.tally.publish("hub", time.monotonic() - begun)
        elif self._troubled is None:  # which was said, once
            text = f"a message of channel {channel!r} was not published: {error}"
            if self.events.log("unpublished", "error", text) is not None and not isinstance(error, NotKept):
                logger.error("it is no failure that we know", exc_info=error)

    async def _publish_metrics(self) -> None:
        due = time.monotonic()
        while True:
            due = next_due(due, time.monotonic(), METRICS_INTERVAL)
            while await self._wanted_before(due):
                await self._measure()
            self._look_after_broker()
            await self._measure()

    def _look_after_broker(self) -> None:
        trouble, before = self.channels.trouble, self._troubled
        if trouble is not None and (before is None or before[1] != trouble.kind):
            self._troubled = (time.monotonic() if before is None else before[0]), trouble.kind
            cannot = "reach its broker" if trouble.kind == "unreachable" else "keep messages"
            self.events.log(
                "broker", "error", f"the hub cannot {cannot}", trouble.why
            )  # nobody would hear it
        elif trouble is None and before is not None:
            self._troubled = None
            could_not = "reach its broker" if before[1] == "unreachable" else "keep messages"
            seconds = max(1, round(time.monotonic() - before[0]))
            self.events.say("broker", "warning", f"the hub could not {could_not} for {seconds} s")

    async def _wanted_before(self, due: float) -> bool:
        try:
            async with asyncio.timeout_at(due):  # the loop's clock is the monotonic one
                await self._wanted.wait()
        except TimeoutError:
            return False
        self._wanted.clear()
        return True

    async def _measure(self) -> None:
        # Also without subscribers: the next one is then told of the last second, not of the last hour.
        metrics: dict[str, Any] = self._metrics.measure(
            len(self.sessions), self.traffic.figures(time.monotonic())
        )
        if self.channels.followed(METRICS):
            self._measured = time.monotonic()
            self._publish(encode_publication(METRICS, metrics))
