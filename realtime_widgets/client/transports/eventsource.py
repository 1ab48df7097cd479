"""The event source: a link over Server-Sent Events, one way, from opening the stream to its end.

It is a `base.Transport` as in `websocket`, but cannot send. What lives longer than one link, the id to resume from and
the delay that the server asks for, is in the connection's `LastEventId`. The library is `httpx`, as for `files`.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ...errors import BadMessage, ClientError, ConnectionLost, ConnectionRejected, shown
from ...protocol.heartbeat import Heartbeat
from ...protocol.sse import Decoder
from ...runtime.scheduling import Clock, Timer
from ...streams.gaps import Reason
from ..failures import MAX_RETRY_AFTER, explain_os, explain_status
from ..headers import merged, named
from ..masking import Mask, label_of
from ..proxies import explain_proxy
from ..redirects import Redirected, location_of
from ..sansio.delivery import Delivery
from ..sansio.last_event_id import LastEventId
from .base import Frames
from .decompression import CODINGS, Decompressor, NotCompressedAsSaid
from .handshake import unforeseen
from .web import agent, keep_out_of_the_log, trust

if TYPE_CHECKING:
    from httpx import AsyncClient, Response

OPEN_TIMEOUT: Final = 10.0
"""Seconds for the TCP connection and TLS; the response may take as long as any silence."""

IDLE_TIMEOUT: Final = 10.0
"""Seconds besides the heartbeat and its slack that a server may be silent: by default 45 in all."""


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
    ) -> None:
        after = response.headers.get("mercure-last-event-id")
        self.resumes = last_event_id.header is not None and (last_event_id.counted or after is not None)
        """Whether the server shows where it resumes."""
        self._trimmed = self.resumes and after is not None and after != last_event_id.last_id
        self._heartbeat = None if heartbeat is None else Heartbeat(heartbeat + IDLE_TIMEOUT, clock.time())
        self.heard_at = time.time()
        self._client = client
        self._response = response
        self._url = url
        self._last_event_id = last_event_id
        self._clock = clock
        self._complain = complain
        self._miss = miss
        self._mask = mask
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
        """End the link: there is no way to ask whether the peer is there, and a new link resumes where this one was."""
        self._abort(ConnectionLost(f"the stream of {self._url} is opened anew, because this machine slept"))

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
            if self._verdict is not None:
                return self._verdict
            error = self._reading.exception()
            if error is not None:
                return explain(error, self._url, mask=self._mask)
            return ConnectionLost(
                f"{self._url} ended the stream",
                routine=self._last_event_id.header is not None,
                # A server that sets `retry`, and sent something, is being polled at that interval; 0 is none.
                fruitful=self._delivered and bool(self._last_event_id.retry),
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
        if events:
            self._delivered = True
            deliver(list(events))
        self._last_event_id.last_id = self._decoder.last_id

    def _listen_for_silence(self) -> None:
        heartbeat = self._heartbeat
        if heartbeat is not None:
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


async def open_event_source(
    url: str,
    headers: Mapping[str, str],
    last_event_id: LastEventId,
    idle: float | None,
    proxy: str | None = None,
    *,
    place: str | None = None,
    authorized: bool = True,
    dropped: str | None = None,
) -> tuple[AsyncClient, Response]:
    """Return an open response with its client, to be closed by `close()`; raises what `explain` explains.

    Args:
        url: where; checked, and without credentials.
        headers: of the user; they replace ours.
        last_event_id: where to resume.
        idle: seconds that the response may take; None: no limit.
        proxy: to go through; None: none.
        place: where we wanted to go, for display; None: the url without its secrets.
        authorized: see `failures.explain_status`.
        dropped: see there.

    Raises:
        Redirected: the server sends us elsewhere.
        ConnectionRejected, ConnectionLost: the response is no stream of events.
    """
    import httpx

    keep_out_of_the_log()
    place = label_of(url) if place is None else place
    timeout = httpx.Timeout(OPEN_TIMEOUT, read=idle)
    client = httpx.AsyncClient(verify=trust(), trust_env=False, proxy=proxy, timeout=timeout)
    response = None
    try:
        ours = {
            "Accept": "text/event-stream",
            "Accept-Encoding": "identity",  # compression buffers events
            "Cache-Control": "no-store",
            "User-Agent": agent(),  # some servers reject those of libraries
        }
        resume = last_event_id.header
        said = merged(ours, headers)
        if resume is not None and (theirs := named(said, "last-event-id")) is not None:
            del said[theirs]  # where it began; it is further now
        pairs = [(name.encode(), value.encode()) for name, value in said.items()]
        if resume is not None:
            pairs.append((b"Last-Event-ID", resume))
        request = client.build_request("GET", url, headers=pairs)
        response = await client.send(request, stream=True)
        location = location_of(response.status_code, response.headers)
        if location is not None:
            raise Redirected(location)
        if response.status_code == 204:
            raise ConnectionRejected(f"{place} has nothing more to send (HTTP 204)")
        if response.status_code == 407 and proxy is not None:
            raise explain_proxy(407, place, proxy)
        if response.status_code != 200:
            raise explain_status(
                response.status_code,
                response.headers,
                place,
                "a stream of events",
                authorized=authorized,
                dropped=dropped,
            )
        kind = response.headers.get("content-type", "")
        if kind.partition(";")[0].strip().lower() != "text/event-stream":
            raise ConnectionRejected(
                f"{place} answered with {shown(kind or 'something of no type', 100)} instead of "
                "'text/event-stream'; check the address: for a WebSocket it begins with ws:// or wss://",
                may_heal=True,
            )
        coding = response.headers.get("content-encoding", "").strip().lower()
        if coding not in CODINGS:
            raise ConnectionRejected(
                f"{place} compresses its events ({coding:.100}), though we asked it not to; have the server, or "
                "a proxy before it, send them as they are"
            )
        # From here on our heartbeat judges silence: httpx would take a stall of our own for one of the server.
        response.request.extensions["timeout"]["read"] = None
    except BaseException:
        await close(client, response)
        raise
    return client, response


async def close(client: AsyncClient, response: Response | None) -> None:
    """Close a response and its connection."""
    try:
        if response is not None:
            await response.aclose()
    finally:
        await client.aclose()


def explain(
    error: BaseException,
    url: str,
    *,
    place: str | None = None,
    proxy: str | None = None,
    opening: bool = False,
    mask: Mask | None = None,
) -> ClientError:
    """Return the error for what happened: ConnectionRejected where a retry cannot help, else ConnectionLost.

    Args:
        error: what was raised.
        url: where we wanted to connect.
        place: the same, for display; None: the url without its secrets.
        proxy: that we went through; None: none.
        opening: there has been no answer yet.
        mask: knows the secrets of the connection; None: there are none.
    """
    import httpx

    if isinstance(error, ClientError):
        return error
    place = label_of(url) if place is None else place
    match error:
        case httpx.ReadTimeout():
            return ConnectionLost(f"no answer from {place}: it was silent for too long")
        case httpx.TimeoutException():
            return ConnectionLost(f"no connection to {place}: no answer within {OPEN_TIMEOUT:g} s")
        case httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return ConnectionRejected(f"no connection to {place}: it is no address for HTTP; check it")
        case httpx.RemoteProtocolError() | httpx.ReadError() if opening:
            return ConnectionLost(
                f"no connection to {place}: what listens there gave no answer that is HTTP; check the port, and "
                "whether it wants https:// or http://, or is a WebSocket (ws:// or wss://)"
            )
        case httpx.RemoteProtocolError() | httpx.ReadError() | httpx.WriteError():
            return ConnectionLost(f"the stream of {place} broke off")
        case NotCompressedAsSaid():
            return ConnectionLost(
                f"the stream of {place} broke off: what it sent is not packed as it said ({error})"
            )
        case httpx.ProxyError():
            status = re.match(r"\d{3}\b", str(error))
            return explain_proxy(int(status[0]) if status else None, place, proxy)
        case httpx.TransportError():
            cause = of_the_system(error)
            if cause is not None:
                return explain_os(cause, url, place)
            # Without the text of httpx, which may quote a header.
            return ConnectionLost(f"no connection to {place}: {type(error).__name__}")
    return unforeseen(error, place, mask or Mask())


def of_the_system(error: BaseException) -> OSError | None:
    """Return the original error of the system: httpx wraps errors of httpcore and anyio.

    It is what a traceback of ours may show as its cause: the text of a library's errors may have secrets. Our own
    errors are none of the system, whatever their bases; and an error may be its own cause.
    """
    found = None
    seen: set[int] = set()
    under: BaseException | None = error
    while under is not None and id(under) not in seen:
        seen.add(id(under))
        if isinstance(under, OSError) and not isinstance(under, ClientError):
            found = under
        group = under.exceptions[0] if isinstance(under, BaseExceptionGroup) else None
        under = group or under.__cause__ or under.__context__
    return found
