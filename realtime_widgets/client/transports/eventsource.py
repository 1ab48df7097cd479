"""The event source: a link over Server-Sent Events, one way, from the head of the answer (`event_request`) to its end.

It is a `base.Transport` as in `websocket`, but cannot send. What lives longer than one link, the id to resume from and
the delay that the server asks for, is in the connection's `LastEventId`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ...errors import BadMessage, ClientError, ConnectionLost
from ...protocol.heartbeat import ANSWER_TIMEOUT, Heartbeat
from ...protocol.sse import Data, Decoder
from ...runtime.scheduling import Clock, Timer
from ...streams.gaps import Reason
from ..failures import MAX_RETRY_AFTER
from ..masking import Mask
from ..refusals import failure_in
from ..sansio.delivery import Delivery
from ..sansio.last_event_id import LastEventId
from .base import Frames
from .decompression import Decompressor
from .event_request import close, explain

if TYPE_CHECKING:
    from httpx import AsyncClient, Response

IDLE_TIMEOUT: Final = 10.0
"""Seconds besides the heartbeat and its slack that a server may be silent: by default 45 in all."""

THINKING_TIMEOUT: Final = 600.0
"""Seconds that a server may take for the first event of an answer to what was posted, and no less than for others: a
language model reads a long question for minutes where it has no more than a CPU."""

LAST: Final = "[DONE]"
"""The data of the event that ends the answer of a language model: that was all, whatever becomes of the link."""


class EventSource:
    """An open stream of events.

    Args:
        client: that opened it; closed with it.
        response: the open response.
        url: where it comes from, for errors.
        last_event_id: where it resumes; kept up to date.
        clock: for the silence.
        heartbeat: seconds within which the server sends something; None: silence does not end the link.
        max_size: bytes of a line and of an event; larger ones are skipped.
        complain: is called with an error for each of those.
        miss: is called with the reason when events are missing before those that are delivered next.
        mask: knows the secrets of the connection; None: there are none.
        posted: it is the answer to what was posted. Then it may take its time to begin, `LAST` ends it and is not
            delivered, and an event that reports a failure is one.
    """

    one_way = True

    def __init__(
        self,
        client: AsyncClient,
        response: Response,
        url: str,
        *,
        last_event_id: LastEventId,
        clock: Clock,
        heartbeat: float | None,
        max_size: int,
        complain: Callable[[ClientError], object],
        miss: Callable[[Reason], object],
        mask: Mask | None = None,
        posted: bool = False,
    ) -> None:
        after = response.headers.get("mercure-last-event-id")
        self.resumes = last_event_id.header is not None and (last_event_id.counted or after is not None)
        """Whether the server shows where it resumes."""
        self._trimmed = self.resumes and after is not None and after != last_event_id.last_id
        self._silence = None if heartbeat is None else heartbeat + IDLE_TIMEOUT
        first = self._silence
        if posted and first is not None:
            first = max(first, THINKING_TIMEOUT - ANSWER_TIMEOUT)
        self._heartbeat = None if first is None else Heartbeat(first, clock.time())
        self.heard_at = time.time()
        self._client = client
        self._response = response
        self._url = url
        self._last_event_id = last_event_id
        self._clock = clock
        self._complain = complain
        self._miss = miss
        self._mask = mask
        self._posted = posted
        self._complete = False
        self._max_size = max_size
        self._decompressor = Decompressor(response.headers.get("content-encoding", ""))
        self._decoder = Decoder(last_event_id.last_id, max_line=max_size, max_event=max_size)
        self._timer: Timer | None = None
        self._verdict: ClientError | None = None
        self._reading: asyncio.Task[None] | None = None
        self._delivered = False

    def say(self, raw: str) -> None:
        """Do nothing: nothing can be sent."""

    def wake(self) -> None:
        """Do nothing: nothing waits."""

    def end_with(self, deliveries: list[Delivery]) -> None:
        """Do nothing: nothing waits."""
        assert not deliveries

    def probe(self) -> None:
        """End the link: there is no way to ask whether the peer is there, and a new link resumes where this one was.

        The rest of an answer has no other link, and is waited for.
        """
        if not self._posted:
            self._abort(
                ConnectionLost(f"the stream of {self._url} is opened anew, because this machine slept")
            )

    async def run(
        self, deliver: Callable[[Frames], object], on_heartbeat: Callable[[], object]
    ) -> ClientError:
        """Read until the stream ends; returns why it did.

        Args:
            deliver: gets the events that came at once.
            on_heartbeat: not called.
        """
        self._last_event_id.reopen()
        if self._trimmed:
            self._miss("trimmed")
        self._reading = asyncio.create_task(self._read(deliver))
        self._listen_for_silence()
        try:
            await asyncio.wait({self._reading})
            error = self._verdict or self._reading.exception()
            if error is not None:
                lost = explain(error, self._url, mask=self._mask)
                if isinstance(lost, ConnectionLost) and self._posted:
                    lost.fruitful = self._delivered
                return lost
            return ConnectionLost(
                f"{self._url} ended the stream",
                routine=self._last_event_id.header is not None,
                # A server that sets `retry`, and sent something, is being polled at that interval; 0 is none.
                fruitful=self._delivered and bool(self._last_event_id.retry),
                ended=True,
            )
        finally:
            self._reading.cancel()
            if self._timer is not None:
                self._timer.cancel()
            await close(self._client, self._response)

    async def _read(self, deliver: Callable[[Frames], object]) -> None:
        async for chunk in self._response.aiter_raw():
            self.heard_at = time.time()
            if self._heartbeat is not None:
                self._heartbeat.heard = self._clock.time()
            for piece in self._decompressor.feed(chunk):
                self._take_in(piece, deliver)
            if self._complete:
                return

    def _take_in(self, piece: bytes, deliver: Callable[[Frames], object]) -> None:
        before = self._decoder.oversized
        events = self._decoder.feed(piece)
        for _ in range(self._decoder.oversized - before):
            self._complain(
                BadMessage(
                    f"a message was skipped: its event has more than {self._max_size:,} bytes; raise max_size="
                )
            )
        if self._decoder.retry is not None:
            self._last_event_id.retry = min(self._decoder.retry / 1000, MAX_RETRY_AFTER)
        for event_id in (*(event.event_id for event in events), self._decoder.last_id):
            reason = self._last_event_id.note(event_id)
            if reason is not None and self.resumes:
                self._miss(reason)
        failure = None
        if self._posted and events:
            events, failure = self._answered(events)
        if events:
            self._delivered = True
            deliver(list(events))
        self._last_event_id.last_id = self._decoder.last_id
        if failure is not None:
            raise ConnectionLost(f"{self._url} broke its answer off: {failure}")

    def _answered(self, events: list[Data]) -> tuple[list[Data], str | None]:
        """Return the events of an answer before its end, and what the server says of a failure that ended it."""
        if self._silence is not None and not self._delivered:  # it has begun
            self._heartbeat = Heartbeat(self._silence, self._clock.time())
            self._listen_for_silence()
        for i, event in enumerate(events):
            if event.strip() == LAST:
                self._complete = True
                return events[:i], None
            if (failure := failure_in(event, event.event)) is not None:
                return events[:i], failure
        return events, None

    def _listen_for_silence(self) -> None:
        heartbeat = self._heartbeat
        if heartbeat is not None:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._clock.call_later(max(0.0, heartbeat.due - self._clock.time()), self._check)

    def _check(self) -> None:
        assert self._heartbeat is not None
        now = self._clock.time()
        _, gone = self._heartbeat.check(now)
        if gone:
            silence = now - self._heartbeat.heard
            self._abort(ConnectionLost(f"nothing was heard from {self._url} for {silence:.0f} s"))
        else:
            self._listen_for_silence()

    def _abort(self, why: ClientError) -> None:
        self._verdict = why
        if self._reading is not None:
            self._reading.cancel()
