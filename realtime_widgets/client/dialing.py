"""Dialing: opens a link to an address, over a WebSocket or Server-Sent Events, with the options of a connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ClientError, UsageError, WrongType
from ..protocol.heartbeat import ANSWER_TIMEOUT
from ..runtime.scheduling import Clock
from ..streams.gaps import Reason
from .address import is_one_way
from .sansio.backoff import Reconnect
from .sansio.last_event_id import LastEventId
from .sansio.outbox import Outbox
from .transports.base import Transport
from .transports.eventsource import IDLE_TIMEOUT, EventSource, open_event_source
from .transports.eventsource import explain as explain_http
from .transports.handshake import explain, open_websocket
from .transports.websocket import WebSocketTransport


@dataclass(frozen=True, slots=True)
class Options:
    """The settings of a connection; those of the latest client apply.

    Attributes:
        reconnect: the delays between attempts, and their number.
        heartbeat: seconds between two pings; None: none are sent, and silence does not end a link.
        max_size: bytes of a frame; larger ones are skipped.
    """

    reconnect: Reconnect
    heartbeat: float | None
    max_size: int


def checked_options(reconnect: Any, heartbeat: float | None, max_size: int) -> Options:
    """Return the options that a user gave.

    Raises:
        UsageError: when one is out of its range.
    """
    if reconnect is None:
        reconnect = Reconnect(max_attempts=0)
    if not isinstance(reconnect, Reconnect):
        raise WrongType(f"reconnect is {reconnect!r}: pass rw.Reconnect(…), or None for a single attempt")
    if heartbeat is not None and not heartbeat > 0:
        raise UsageError(f"heartbeat={heartbeat!r} cannot be kept: pass seconds above 0, or None for none")
    if not max_size >= 1:
        raise UsageError(f"max_size={max_size!r} leaves no frame: pass bytes, 1 or more")
    return Options(reconnect, None if heartbeat is None else float(heartbeat), int(max_size))


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
) -> Transport:
    """Open a link.

    Args:
        url, headers, protocols: of this attempt.
        options: of the connection.
        place: the address for display.
        clock: for the heartbeat.
        outbox: what is sent over it, if it is a WebSocket.
        last_event_id: where it resumes, if it is a stream of Server-Sent Events.
        complain: is called with errors about data that cannot be used.
        miss: is called with the reason when something is missing before what is delivered next.

    Raises:
        ConnectionLost, ConnectionRejected: why it could not be opened.
    """
    heartbeat, max_size = options.heartbeat, options.max_size
    if not is_one_way(url):
        try:
            socket = await open_websocket(url, headers, protocols, max_size)
        except Exception as error:
            raise explain(error, url) from error
        return WebSocketTransport(socket, place, outbox=outbox, clock=clock, heartbeat=heartbeat)
    idle = None if heartbeat is None else heartbeat + ANSWER_TIMEOUT + IDLE_TIMEOUT
    try:
        client, response = await open_event_source(url, headers, last_event_id, idle)
    except Exception as error:
        raise explain_http(error, url) from error
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
    )
