"""Dialing: opens a link to an address, over a WebSocket or Server-Sent Events, with the options of a connection."""

from __future__ import annotations

import math
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import ClientError, ConnectionRejected, UsageError, WrongType
from ..protocol.heartbeat import ANSWER_TIMEOUT
from ..runtime.scheduling import Clock
from ..streams.gaps import Reason
from .address import is_one_way
from .credentials import has_credentials, of_url
from .headers import named
from .masking import Mask, label_of, origin_of
from .proxies import proxy_for
from .redirects import MAX_REDIRECTS, Redirected, check_post, next_url, same_origin
from .sansio.backoff import Reconnect, is_number
from .sansio.last_event_id import LastEventId
from .sansio.outbox import Outbox
from .transports.base import Transport
from .transports.event_request import explain as explain_http
from .transports.event_request import of_the_system, open_event_source
from .transports.eventsource import IDLE_TIMEOUT, THINKING_TIMEOUT, EventSource
from .transports.handshake import explain, open_websocket
from .transports.websocket import WebSocketTransport


@dataclass(frozen=True, slots=True)
class Options:
    """The settings of a connection; those of the latest client apply.

    Attributes:
        reconnect: the delays between attempts, and their number; None: a single attempt.
        heartbeat: seconds between two pings; None: none are sent, and silence does not end a link.
        max_size: bytes of a frame; larger ones are skipped.
    """

    reconnect: Reconnect | None
    heartbeat: float | None
    max_size: int


def checked_options(reconnect: Any, heartbeat: Any, max_size: Any) -> Options:
    """Return the options that a user gave.

    Raises:
        UsageError: when one is out of its range, or of another type.
    """
    if reconnect is not None and not isinstance(reconnect, Reconnect):
        raise WrongType(f"reconnect is {reconnect!r}: pass rw.Reconnect(…), or None for a single attempt")
    if heartbeat is not None:
        if not is_number(heartbeat):
            raise WrongType(f"heartbeat={heartbeat!r} is no number: pass seconds above 0, or None for none")
        if not 0 < heartbeat < math.inf:
            raise UsageError(
                f"heartbeat={heartbeat!r} cannot be kept: pass seconds above 0, or None for none"
            )
    if not is_number(max_size):
        raise WrongType(f"max_size={max_size!r} is no number: pass bytes, 1 or more")
    if not 1 <= max_size < math.inf:
        raise UsageError(f"max_size={max_size!r} leaves no frame: pass bytes, 1 or more")
    return Options(reconnect, None if heartbeat is None else float(heartbeat), int(max_size))


@dataclass(frozen=True, slots=True)
class Hop:
    """One request: to the address itself, or to one that it redirects to.

    Attributes:
        url: where.
        headers: of the user; none where another origin than theirs is asked.
        place: the address for display, and where it redirects.
        dropped: the origin for which the headers were dropped; None: they were not.
        body: what is posted; None: nothing.
    """

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    place: str
    dropped: str | None = None
    body: bytes | None = field(default=None, repr=False)

    @property
    def authorized(self) -> bool:
        """Whether it has credentials, as far as names tell."""
        query = urllib.parse.urlsplit(self.url).query
        return named(self.headers, "authorization") is not None or has_credentials(query)

    def follow(self, location: str, status: int) -> Hop:
        """Return the next request; raises ConnectionRejected where we do not go."""
        url = next_url(self.url, location, self.place)
        if self.body is not None:
            check_post(self.url, url, status, self.place)
        origin = origin_of(url)
        place = f"{self.place.partition(' (redirected')[0]} (redirected to {origin})"
        if same_origin(self.url, url):
            return Hop(url, self.headers, place, self.dropped, self.body)
        return Hop(url, {}, place, origin if self.headers or self.dropped else None)


async def dial(
    url: str,
    headers: Mapping[str, str],
    protocols: Iterable[str],
    options: Options,
    *,
    place: str,
    clock: Clock,
    outbox: Outbox,
    last_event_id: LastEventId,
    complain: Callable[[ClientError], object],
    miss: Callable[[Reason], object],
    mask: Mask,
    body: bytes | None = None,
) -> Transport:
    """Open a link, following redirects.

    Args:
        url, headers, protocols: of this attempt.
        options: of the connection.
        place: the address for display.
        clock: for the heartbeat.
        outbox: what is sent over it, if it is a WebSocket.
        last_event_id: where it resumes, if it is a stream of Server-Sent Events.
        complain: is called with errors about data that cannot be used.
        miss: is called with the reason when something is missing before what is delivered next.
        mask: is told the secrets of proxies and of where redirects lead.
        body: what is posted; None: nothing.

    Raises:
        ConnectionLost, ConnectionRejected: why it could not be opened.
    """
    heartbeat, max_size = options.heartbeat, options.max_size
    hop = Hop(url, headers, label_of(url), body=body)
    if body is not None:
        last_event_id = LastEventId()  # it asks anew, and resumes nothing
    for _ in range(MAX_REDIRECTS + 1):
        mask.learn(of_url(hop.url))
        try:
            if not is_one_way(hop.url):
                return WebSocketTransport(
                    await _open_websocket(hop, protocols, max_size, mask),
                    place,
                    outbox=outbox,
                    clock=clock,
                    heartbeat=heartbeat,
                    mask=mask,
                )
            client, response = await _open_event_source(hop, options, last_event_id, mask)
            return EventSource(
                client,
                response,
                place,
                last_event_id=last_event_id,
                clock=clock,
                heartbeat=heartbeat,
                max_size=max_size,
                complain=complain,
                miss=miss,
                mask=mask,
                posted=body is not None,
            )
        except Redirected as elsewhere:
            location, status = elsewhere.location, elsewhere.status
        hop = hop.follow(location, status)
    raise ConnectionRejected(
        f"no connection to {label_of(url)}: it sends us from one address to another without end; check it"
    )


async def _open_websocket(hop: Hop, protocols: Iterable[str], max_size: int, mask: Mask) -> Any:
    proxy = proxy_for(hop.url)
    mask.learn(of_url(proxy))
    try:
        return await open_websocket(hop.url, hop.headers, protocols, max_size, proxy)
    except (Redirected, ClientError):
        raise
    except Exception as error:
        raise explain(
            error,
            hop.url,
            place=hop.place,
            authorized=hop.authorized,
            dropped=hop.dropped,
            proxy=proxy,
            mask=mask,
        ) from of_the_system(error)


async def _open_event_source(hop: Hop, options: Options, last_event_id: LastEventId, mask: Mask) -> Any:
    idle = None if options.heartbeat is None else options.heartbeat + ANSWER_TIMEOUT + IDLE_TIMEOUT
    if idle is not None and hop.body is not None:
        idle = max(idle, THINKING_TIMEOUT)
    proxy = proxy_for(hop.url)
    mask.learn(of_url(proxy))
    try:
        return await open_event_source(
            hop.url,
            hop.headers,
            last_event_id,
            idle,
            proxy,
            place=hop.place,
            authorized=hop.authorized,
            dropped=hop.dropped,
            body=hop.body,
        )
    except (Redirected, ClientError):
        raise
    except Exception as error:
        raise explain_http(
            error, hop.url, place=hop.place, proxy=proxy, opening=True, mask=mask
        ) from of_the_system(error)
