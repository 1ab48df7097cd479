"""The event request: asks for a stream of events, by a GET or by posting a question, up to the head of the answer.

The library is `httpx`; no other module but `eventsource`, which reads the rest, knows it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ...errors import ClientError, ConnectionLost, ConnectionRejected, shown
from ..failures import explain_os, explain_status
from ..headers import merged, named
from ..masking import Mask, label_of
from ..proxies import explain_proxy
from ..redirects import Redirected, location_of
from ..refusals import MAX_READ, said_in
from ..sansio.last_event_id import LastEventId
from .decompression import CODINGS, NotCompressedAsSaid
from .handshake import unforeseen
from .web import agent, keep_out_of_the_log, trust

if TYPE_CHECKING:
    from httpx import AsyncClient, Response

OPEN_TIMEOUT: Final = 10.0
"""Seconds for the TCP connection and TLS; the response may take as long as any silence."""

REFUSAL_TIMEOUT: Final = 5.0
"""Seconds in which what a server says of a failure is read."""


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
    body: bytes | None = None,
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
        body: JSON that is posted; None: it is a GET.

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
        if body is not None:
            ours["Content-Type"] = "application/json"
        resume = last_event_id.header
        said = merged(ours, headers)
        if resume is not None and (theirs := named(said, "last-event-id")) is not None:
            del said[theirs]  # where it began; it is further now
        pairs = [(name.encode(), value.encode()) for name, value in said.items()]
        if resume is not None:
            pairs.append((b"Last-Event-ID", resume))
        request = client.build_request("GET" if body is None else "POST", url, headers=pairs, content=body)
        response = await client.send(request, stream=True)
        location = location_of(response.status_code, response.headers)
        if location is not None:
            raise Redirected(location, response.status_code)
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
                said=await _refusal(response),
            )
        kind = response.headers.get("content-type", "")
        if kind.partition(";")[0].strip().lower() != "text/event-stream":
            todo = (
                "check the address: for a WebSocket it begins with ws:// or wss://"
                if body is None
                else 'ask for a stream, as servers of language models want by "stream": true in post='
            )
            raise ConnectionRejected(
                f"{place} answered with {shown(kind or 'something of no type', 100)} instead of "
                f"'text/event-stream'; {todo}",
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


async def _refusal(response: Response) -> str | None:
    """Return what a server says of a failure in its answer; None: nothing that we understand."""
    kind, coding = (response.headers.get(f"content-{name}", "").lower() for name in ("type", "encoding"))
    if "json" not in kind or coding not in ("", "identity"):
        return None
    raw = bytearray()
    try:
        async with asyncio.timeout(REFUSAL_TIMEOUT):
            async for chunk in response.aiter_raw():
                raw += chunk
                if len(raw) > MAX_READ:
                    break
    except Exception:  # it broke off, or takes its time: the status has been said
        pass
    return said_in(bytes(raw))


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
